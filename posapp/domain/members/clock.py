"""The hub's time as a till has it, and how far it may be wrong: what codes and leases are judged by.

A till's wall clock may be set to anything, so it is believed only as far as it was compared: what counts is
the hub's time at the last contact, carried on by a clock that nobody can set. That clock has to run on while
the computer sleeps. After a restart the wall clock and the difference told last have to do, and are trusted
less. Refuses to read any clock itself.
"""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.members.programme import CodeRules
from posapp.values import dataclass

#: What a clock of a computer gains or loses: 50 parts of a million, more than four seconds a day.
DRIFT_PPM = 50


@dataclass(frozen=True, slots=True)
class HubTime:
    """The hub's time, epoch milliseconds, and by how much it may be wrong to either side."""

    now_ms: int
    unsure_ms: int


@dataclass(frozen=True, slots=True)
class HubClock:
    """What was heard of the hub's time: kept by the till, all but the last two through a restart.

    `floor_ms` is the latest that the hub ever said, `offset_ms` what it was ahead of the wall clock at the
    last contact. `told_ms` is what it said then, and `told_at_ms` the steady clock of this run at that moment
    (None: no contact in this run).
    """

    floor_ms: int = 0
    offset_ms: int = 0
    told_ms: int = 0
    told_at_ms: int | None = None

    def told(self, hub_ms: int, *, wall_ms: int, steady_ms: int) -> HubClock:
        """This clock after the hub said its time."""
        return HubClock(max(self.floor_ms, hub_ms), hub_ms - wall_ms, hub_ms, steady_ms)

    def after_restart(self) -> HubClock:
        """What of it counts in another run of the program."""
        return replace(self, told_ms=0, told_at_ms=None)

    def at(self, *, wall_ms: int, steady_ms: int, rules: CodeRules) -> HubTime:
        """The hub's time now, never before the latest that it said."""
        if self.told_at_ms is None:
            return HubTime(max(self.floor_ms, wall_ms + self.offset_ms), rules.slack_unsure_s * 1000)
        passed_ms = max(0, steady_ms - self.told_at_ms)
        unsure_ms = rules.slack_s * 1000 + passed_ms * DRIFT_PPM // 1_000_000
        return HubTime(max(self.floor_ms, self.told_ms + passed_ms), unsure_ms)
