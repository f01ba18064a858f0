"""Codes from pictures: several decoders, and a proof before any text is believed."""

from __future__ import annotations

import os

# Small products of matrices gain nothing from threads that OpenBLAS keeps spinning; numpy reads this once.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
