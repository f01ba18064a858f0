"""Sends what waits in the outbox, oldest first, one batch in flight, and moves the acknowledgement.

The bytes are the host's own; nothing is decoded, changed or left out here. A reply that lags behind
what was sent is normal after a lost answer; a reply behind what was once acknowledged is told.
"""

from __future__ import annotations

from dataclasses import dataclass

from sync.engine.link import Link, LinkError
from sync.engine.ports import OutboxPort

BATCH_EVENTS = 500
BATCH_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pushed:
    """What one push did: `sent` events went out; `acked_through` is None where nothing waited."""

    sent: int
    acked_through: int | None


class Pusher:
    """Pushes one batch at a time; a batch that is too large for the way is halved."""

    def __init__(self, link: Link, outbox: OutboxPort) -> None:
        self._link = link
        self._outbox = outbox
        self._batch_events = BATCH_EVENTS

    def push_once(self) -> Pushed:
        """Send the oldest batch and acknowledge what the hub holds; raises LinkError.

        Where the hub did not get further although events were sent, LinkError says so: it would
        not get further by sending the same at once again.
        """
        batch = self._outbox.pending(self._batch_events, BATCH_BYTES)
        if not batch:
            return Pushed(0, None)
        first_seq = batch[0][0]
        try:
            reply = self._link.push(
                [line for _seq, line in batch], epoch=self._outbox.epoch, first_seq=first_seq
            )
        except LinkError as trouble:
            if trouble.too_large and self._batch_events > 1:
                self._batch_events = max(1, min(self._batch_events, len(batch)) // 2)
                return Pushed(0, first_seq - 1)
            raise
        if reply.acked_through < first_seq:
            raise LinkError("look", "hub_behind")
        # A hub cannot hold what was never sent; such a number would throw unsent sales away.
        acked_through = min(reply.acked_through, batch[-1][0])
        self._outbox.acknowledge(acked_through)
        self._batch_events = min(BATCH_EVENTS, self._batch_events * 2)
        return Pushed(len(batch), acked_through)
