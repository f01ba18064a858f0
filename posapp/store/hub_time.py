"""The hub's time as a till keeps it: heard at every contact, kept in the ledger, read where codes are judged.

How it is reckoned is the domain's rule (`domain.members.clock`). What is kept through a restart is written
now and then, not at every contact: a time some minutes old is as good a floor.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from posapp.domain.members.clock import HubClock, HubTime
from posapp.domain.members.programme import CodeRules
from posapp.store.engine import open_reader
from posapp.store.settings import read_clock
from posapp.store.troubles import UNFIT, DatabaseError
from posapp.store.writer import LedgerWriter

#: How old what is kept may get, and by how much the difference of the clocks may move unwritten.
_KEEP_EVERY_MS: Final = 300_000
_MOVED_MS: Final = 2_000


def steady_ms() -> int:
    """Milliseconds that nobody can set; they go on while the computer sleeps, where the system tells them."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    return time.monotonic_ns() // 1_000_000


def wall_ms() -> int:
    """The computer's own clock, epoch milliseconds."""
    return time.time_ns() // 1_000_000


class HubTimeKeeper:
    """The hub's time for one till; may be asked and told from any thread."""

    def __init__(
        self,
        writer: LedgerWriter,
        rules: Callable[[], CodeRules],
        *,
        wall: Callable[[], int] = wall_ms,
        steady: Callable[[], int] = steady_ms,
    ) -> None:
        """`rules` are the programme's as they are now; nothing is known before `load`."""
        self._writer = writer
        self._rules = rules
        self._wall = wall
        self._steady = steady
        self._clock = self._kept = HubClock()

    def load(self, ledger: Path) -> None:
        """Take up what another run of the till heard; nothing where the ledger cannot be read."""
        try:
            connection = open_reader(ledger)
            try:
                self._clock = self._kept = read_clock(connection)
            finally:
                connection.close()
        except (DatabaseError, *UNFIT):
            return

    def told(self, hub_ms: int) -> None:
        """The hub said its time just now."""
        clock = self._clock.told(hub_ms, wall_ms=self._wall(), steady_ms=self._steady())
        self._clock = clock
        has_moved = abs(clock.offset_ms - self._kept.offset_ms) >= _MOVED_MS
        if has_moved or clock.floor_ms - self._kept.floor_ms >= _KEEP_EVERY_MS:
            self._kept = clock
            self._writer.keep_clock(clock.floor_ms, clock.offset_ms)

    def now(self) -> HubTime:
        """The hub's time now, and by how much it may be wrong."""
        return self._clock.at(wall_ms=self._wall(), steady_ms=self._steady(), rules=self._rules())
