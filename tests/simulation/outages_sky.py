"""Time of the outage campaign: one that everybody's clocks follow, so that only their errors differ."""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulation.network_world import Sky


@dataclass
class OutageSky(Sky):
    """Time goes on by a millisecond with every look at it, on both clocks alike."""

    def now_ms(self) -> int:
        self.pass_by(1)
        return self.now_ms_

    def monotonic_ms(self) -> int:
        self.pass_by(1)
        return self.ticks

    def pass_by(self, ms: int) -> None:
        """Let time go by."""
        self.now_ms_ += ms
        self.ticks += ms
