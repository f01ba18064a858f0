"""How a hub's process collects garbage: seldom, and never again through what it was started with.

A batch of sales makes thousands of rows that hold nothing but texts and numbers. At the usual thresholds the
collector looks through them, and through every library, some fifteen times a batch and finds nothing.
"""

from __future__ import annotations

import gc
from typing import Final

#: New containers until the youngest are looked at: those of some six batches.
_YOUNG: Final = 50_000


def collect_seldom() -> None:
    """To be called once all is loaded, by a process that does nothing but serve."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
