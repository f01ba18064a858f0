"""Sends what waits in the outbox, oldest first, one batch in flight, and moves the acknowledgement.

The bytes are the host's own; nothing is decoded, changed or left out here. A reply that lags behind
what was sent is normal after a lost answer; one behind what was once acknowledged is told.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sync.engine.link import Link, LinkError
from sync.engine.ports import Batch, OutboxPort
from sync.protocol.messages import PushReply

LOGGER = logging.getLogger(__name__)

BATCH_EVENTS = 500
BATCH_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pushed:
    """What one push did: `sent` events went out; `acked_through` is None where nothing waited.

    `forked_epoch` is the epoch in which the hub holds other content at a place of these events; `hub_id`
    names the life of the hub that answered, "" where it named none.
    """

    sent: int
    acked_through: int | None
    forked_epoch: int | None = None
    hub_id: str = ""


class Pusher:
    """Pushes one batch at a time; a batch that is too large for the way is halved."""

    def __init__(self, link: Link, outbox: OutboxPort) -> None:
        self._link = link
        self._outbox = outbox
        self._batch_events = BATCH_EVENTS

    def push_once(self) -> Pushed:
        """Send the oldest batch and acknowledge what the hub holds; raises LinkError.

        Where the hub holds less than it had said, LinkError says so: it would not get further by sending
        the same at once again. A hub that was put back from an old backup, or lost, may wait for lines that
        left this ledger because a newer backup had them: it is told not to.
        """
        batch = self._outbox.pending(self._batch_events, BATCH_BYTES)
        if batch is None:
            return Pushed(0, None)
        try:
            reply = self._sent(batch)
        except LinkError as trouble:
            if trouble.too_large and self._batch_events > 1:
                self._batch_events = max(1, min(self._batch_events, len(batch.lines)) // 2)
                return Pushed(0, batch.first_seq - 1)
            raise
        if reply.acked_through < batch.first_seq:
            raise LinkError("look", "hub_behind")
        # A hub cannot hold what was never sent; such a number would throw unsent sales away.
        acked_through = min(reply.acked_through, batch.first_seq + len(batch.lines) - 1)
        self._outbox.acknowledge(batch.epoch, acked_through, backed_up_through=reply.backed_up_through)
        self._batch_events = min(BATCH_EVENTS, self._batch_events * 2)
        forked_epoch = batch.epoch if reply.forked else None
        return Pushed(len(batch.lines), acked_through, forked_epoch, reply.hub_id)

    def tell_gone(self) -> None:
        """Tell the hub of epochs that it lacks lines of and that nothing is left of here; raises LinkError.

        A hub that was put back from an old backup would never hear of them otherwise.
        """
        for gone in self._outbox.gone_epochs():
            LOGGER.warning("the hub lacks lines of the epoch %s, which is gone here", gone.epoch)
            try:
                reply = self._link.push(
                    (), epoch=gone.epoch, first_seq=gone.next_seq, oldest_seq=gone.next_seq
                )
            except LinkError as trouble:
                if trouble.sort != "look":
                    raise
                # An older hub, perhaps: what can be sent must not wait for that.
                return
            acked_through = min(reply.acked_through, gone.next_seq - 1)
            self._outbox.acknowledge(gone.epoch, acked_through, backed_up_through=reply.backed_up_through)

    def _sent(self, batch: Batch) -> PushReply:
        reply = self._link.push(batch.lines, epoch=batch.epoch, first_seq=batch.first_seq, chain=batch.chain)
        if not batch.is_oldest or reply.acked_through >= batch.first_seq - 1:
            return reply
        LOGGER.warning(
            "the hub lacks %s lines that are gone here: only a newer backup of it has them",
            batch.first_seq - 1 - reply.acked_through,
        )
        return self._link.push(
            batch.lines,
            epoch=batch.epoch,
            first_seq=batch.first_seq,
            chain=batch.chain,
            oldest_seq=batch.first_seq,
        )
