"""A till: it sells without a network, keeps every sale on its own disk and tells the hub afterwards."""

from __future__ import annotations

__version__ = "0.1.0"
