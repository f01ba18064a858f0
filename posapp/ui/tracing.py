"""What the keys of a scan said before anything was mended, for the test of a scanner."""

from __future__ import annotations

from collections.abc import Sequence

from posapp.flows.intents import ScanTrace
from posapp.ui.spelling import fold
from posapp.ui.strokes import GROUP_SEPARATOR, Key


def trace_of(keys: Sequence[Key], end: Key | None = None, *, twofold: bool = False) -> ScanTrace:
    """The trace of a scan's characters; `end` is its terminator, where one came."""
    typed, notes = fold(keys, us=False)
    separator = ""
    if GROUP_SEPARATOR in typed:
        guises = {key.guise for key in keys if key.text == GROUP_SEPARATOR}
        spelt = "alt" in notes or any(key.alt for key in keys)
        separator = "Alt" if spelt else next(iter(sorted(guises)), "")
    terminator = "" if end is None else end.text if end.text in ("\n", "\t") else "\r"
    return ScanTrace(typed, terminator, separator, twofold)
