"""What to do where hub and terminal remember differently, since one of them was restored or copied.

Pure rules. The hub's word is taken for what it holds: what it lost is sent again. A ledger that knows less
than the hub heard of it goes on with new numbers in a new epoch. What was sent before stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from sync.engine.ports import Beginning, Held, Reason
from sync.protocol.messages import EpochMark, StatusReply
from sync.protocol.versions import EPOCH_MARKS_MAX


@dataclass(frozen=True, slots=True)
class Healing:
    """What has to be done: take these marks, go on with new numbers, both, or nothing."""

    marks: tuple[EpochMark, ...] | None = None
    beginning: Beginning | None = None


def heal(held: Held, reply: StatusReply, *, is_first: bool, forked_epoch: int | None = None) -> Healing:
    """Compare a ledger with its hub's reply.

    `is_first` says that this is the first reply since the ledger was opened. `forked_epoch` is the epoch
    in which the hub found other content at a place of ours.
    """
    marks = tuple(_agreed(mark, reply) for mark in held.marks)
    is_news = marks != held.marks or held.hub_id != reply.hub_id
    beginning = _beginning(held, reply, is_first=is_first, forked_epoch=forked_epoch)
    return Healing(marks if is_news else None, beginning)


def _agreed(mark: EpochMark, reply: StatusReply) -> EpochMark:
    """What the hub holds of what it had said to hold; only an answer to these very lines adds to it."""
    epochs = [said.epoch for said in reply.marks]
    said = next((said for said in reply.marks if said.epoch == mark.epoch), None)
    if said is None and len(epochs) >= EPOCH_MARKS_MAX and mark.epoch < min(epochs):
        return mark  # so many lives ago that it was left out
    acked = 0 if said is None else min(mark.acked_through, said.acked_through)
    return EpochMark(mark.epoch, acked, 0 if said is None else min(acked, said.backed_up_through))


def _beginning(
    held: Held, reply: StatusReply, *, is_first: bool, forked_epoch: int | None
) -> Beginning | None:
    own = {mark.epoch for mark in held.marks}
    hub_epoch = max((mark.epoch for mark in reply.marks), default=0)
    has_more = any(mark.epoch == held.epoch and mark.acked_through > held.seq for mark in reply.marks)
    # Only once a run: two copies at work at once would drive each other from epoch to epoch.
    has_later = is_first and any(mark.epoch > held.epoch and mark.epoch not in own for mark in reply.marks)
    reason: Reason
    if has_more or has_later:
        reason = "restored"
    elif forked_epoch == held.epoch:
        reason = "forked"
    elif is_first and (reply.receipt_seq > held.receipt_seq or reply.shift_number > held.shift_number):
        reason = "set_up"
    else:
        return None
    return Beginning(reason, held.epoch, hub_epoch, reply.receipt_seq, reply.shift_number)
