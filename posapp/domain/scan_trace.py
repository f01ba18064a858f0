"""How a scan came in by the keyboard, before anything of it was mended."""

from __future__ import annotations

from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class ScanTrace:
    """What the keys said.

    `typed` is the text by the PC's own keyboard layout; `terminator` the control character that ended it,
    "" where silence did; `separator` the guise of a group separator: "Alt", "F8", "Ctrl" or "" for the
    character itself; `twofold` tells that the scan before this one was ended twice.
    """

    typed: str
    terminator: str = ""
    separator: str = ""
    twofold: bool = False
