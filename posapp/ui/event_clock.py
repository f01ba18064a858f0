"""Makes one unbroken time of the times that key events carry, and tells it in the till's own clock.

The window system counts milliseconds from a moment of its own: in 32 bits that begin anew, and from zero
after a restart of its server. An event can only arrive after it happened, so the smallest difference ever
seen between arrival and event is what the two clocks differ by.
"""

from __future__ import annotations

_WRAP_MS = 1 << 32
LOST_MS = 60_000
"""No window stands still this long: a larger delay means that one of the clocks was set anew."""
RENEW_MS = 600_000
"""Clocks drift: what was the smallest difference this long ago counts no more."""


class EventClock:
    """Turns event times and arrivals, both in milliseconds, into one rising time."""

    def __init__(self) -> None:
        self._shift_ms = 0
        self._last_ms: int | None = None
        self._arrived_ms = 0
        self._offsets: list[int] = []  # the smallest of this period and of the one before
        self._period_ms = 0

    def at(self, event_ms: int, arrived_ms: int) -> int:
        """The time of an event; 0 for an event that carries none. Gaps of it are those between events."""
        last_ms, passed_ms = self._last_ms, max(0, arrived_ms - self._arrived_ms)
        if event_ms == 0:
            at_ms = arrived_ms if last_ms is None else last_ms + passed_ms
        else:
            at_ms = event_ms + self._shift_ms
            if last_ms is not None and at_ms < last_ms:
                wrapped = last_ms - at_ms > _WRAP_MS // 2
                # Began anew: how much time went by only the arrivals tell.
                ahead_ms = _WRAP_MS if wrapped else last_ms + passed_ms - at_ms
                self._shift_ms += ahead_ms
                at_ms += ahead_ms
                if not wrapped:
                    self._offsets.clear()
        self._last_ms, self._arrived_ms = at_ms, arrived_ms
        self._learn(arrived_ms - at_ms, arrived_ms)
        return at_ms

    def monotonic(self, at_ms: int) -> int:
        """A time that `at` gave, in the clock of the arrivals."""
        return at_ms + (min(self._offsets) if self._offsets else 0)

    def _learn(self, offset_ms: int, arrived_ms: int) -> None:
        if self._offsets and offset_ms - min(self._offsets) > LOST_MS:
            self._offsets.clear()
        if not self._offsets:
            self._offsets, self._period_ms = [offset_ms], arrived_ms
        elif arrived_ms - self._period_ms > RENEW_MS:
            self._offsets, self._period_ms = [offset_ms, self._offsets[0]], arrived_ms
        else:
            self._offsets[0] = min(self._offsets[0], offset_ms)
