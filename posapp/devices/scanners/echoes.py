"""One scan that arrives by two channels is one scan.

A scanner that types and sends on a serial line at once, or two that see the same pack in the same moment,
deliver a code twice. The second is left out only when it comes from another source than the first and within
a moment; each scan can be echoed once by each other source, so a real second scan always counts.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from posapp.devices.scanners.texts import scanned_text

ECHO_MS: Final = 150
#: A time further than this from now was told by another clock.
_OTHER_CLOCK_MS: Final = 5000


@dataclass(slots=True)
class _Scan:
    label: str
    source: str
    at_ms: int
    echoed_by: set[str] = field(default_factory=set)


class Echoes:
    """The scans of the last moment."""

    def __init__(self) -> None:
        self._scans: deque[_Scan] = deque()

    def is_echo(self, text: str, source: str, *, at_ms: int, now_ms: int) -> bool:
        """Whether this scan was delivered before by another source; remembers it where not.

        `at_ms` is when it was read and `now_ms` is now, by the same clock; a time that cannot be one
        of that clock is not believed. A text with and one without AIM identifier are the same code.
        """
        if not 0 <= now_ms - at_ms <= _OTHER_CLOCK_MS:
            at_ms = now_ms
        while self._scans and self._scans[0].at_ms < now_ms - _OTHER_CLOCK_MS - ECHO_MS:
            self._scans.popleft()
        label = scanned_text(text.strip()).label
        for scan in self._scans:
            same = scan.label == label and scan.source != source and abs(scan.at_ms - at_ms) <= ECHO_MS
            if same and source not in scan.echoed_by:
                scan.echoed_by.add(source)
                return True
        self._scans.append(_Scan(label, source, at_ms))
        return False
