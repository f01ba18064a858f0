"""The wedge without Qt: strokes go in as they arrive, scans and a person's keys come out.

Joins what a key may be, whose it is and what time it has, and says when to look again though no key came.
Whoever owns the timer calls `look`; a timer that is late means that keys may be waiting outside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from posapp.ui.bursts import BurstDetector, Decision, Scan
from posapp.ui.event_clock import EventClock
from posapp.ui.spelling import Speller, WedgeSettings
from posapp.ui.strokes import Stroke, StrokeReader

STALL_MS = 3
"""A hold timer this late means that the window stood still and keys may be waiting outside."""
AGAIN_MS, SOON_MS = 8, 2
UNKNOWN_GAP_MS = 5
"""Taken for the gap between two keys without a time when the window stood still between them."""


class KeyGate:
    """One keyboard's door; `check` says whether a text is a known payload."""

    def __init__(self, check: Callable[[str], bool], settings: WedgeSettings | None = None) -> None:
        self._speller = Speller(check, settings)
        self._detector = BurstDetector(check, self._speller)
        self._reader = StrokeReader()
        self._clock = EventClock()
        self._since_ms = 0
        self._unknown_ms = 0  # of keys without a time: how long the window stood still between them
        self._waited = False
        self._late = False
        self.due_ms: int | None = None
        """When `look` is to be called, in the clock of the arrivals; None: not at all."""

    def configure(self, settings: WedgeSettings) -> None:
        """How the scanners are set, from now on."""
        self._speller.settings = settings

    def feed(self, stroke: Stroke, arrived_ms: int) -> list[Decision]:
        """Take one stroke; what is decided comes back in order, scans with times of the arrivals' clock."""
        if stroke.event_ms == 0 and self._stood_still(arrived_ms):
            self._unknown_ms += arrived_ms - self._since_ms - UNKNOWN_GAP_MS
        at_ms = self._clock.at(stroke.event_ms, arrived_ms - self._unknown_ms)
        key = self._reader.read(stroke, at_ms)
        decided = self._detector.feed(key)
        if key.kind in ("char", "end"):
            self._since_ms = arrived_ms
        return self._told(decided)

    def _stood_still(self, arrived_ms: int) -> bool:
        """Whether the timer should have rung before this key and did not, or was late."""
        return self.due_ms is not None and (self._late or arrived_ms - self.due_ms > STALL_MS)

    def look(self, now_ms: int) -> list[Decision]:
        """The timer rang: decide what is held, unless the window stood still and keys wait outside."""
        if self.due_ms is None or now_ms < self.due_ms:
            return []
        if not self._waited:  # keys may have come in the very same turn of the loop
            self._waited = True
            self._late = now_ms - self.due_ms > STALL_MS
            self.due_ms = now_ms + (AGAIN_MS if self._late else SOON_MS)
            return []
        self._since_ms = now_ms
        return self.expire()

    def expire(self) -> list[Decision]:
        """Decide what is held, now."""
        return self._told(self._detector.expire())

    def interrupt(self) -> list[Decision]:
        """A pointer is pressed: a person's keys that are still held go first."""
        return self._told(self._detector.interrupt())

    def _told(self, decided: list[Decision]) -> list[Decision]:
        hold_ms = self._detector.hold_ms()
        self._waited = self._late = False
        self.due_ms = None if hold_ms is None else self._since_ms + hold_ms
        return [
            replace(each, at_ms=self._clock.monotonic(each.at_ms) + self._unknown_ms)
            if isinstance(each, Scan)
            else each
            for each in decided
        ]
