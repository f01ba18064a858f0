"""The plainest report of a terminal: its numbers and its queue, and nothing of its devices."""

from __future__ import annotations

from sync.engine.ports import Clock, OutboxPort
from sync.protocol.messages import StatusReply, StatusReport


class QueueStatus:
    """A StatusPort that knows the queue only."""

    def __init__(self, outbox: OutboxPort, clock: Clock, *, app_version: str = "") -> None:
        self._outbox = outbox
        self._clock = clock
        self._app_version = app_version

    def report(self) -> StatusReport:
        """The report as of now."""
        held = self._outbox.held()
        waiting, oldest_ms = self._outbox.backlog()
        return StatusReport(
            epoch=held.epoch,
            seq=held.seq,
            queue_length=waiting,
            oldest_ms=oldest_ms,
            clock_ms=self._clock.now_ms(),
            app_version=self._app_version,
        )

    def heard(self, reply: StatusReply) -> None:
        """Nobody here wants to know."""
