"""What to do where hub and terminal remember differently, since one of them was restored or copied.

Pure rules. Where the hub lost nothing, nothing changes. Where it lost anything, its word alone is not enough:
the places of an epoch may be filled by another copy of this ledger, or ours may have come as forks at the
places of others. Only a chain that is the same at both ends proves that our lines are there; an epoch
without that proof is sent again from its beginning. A ledger that knows less than the hub heard of it goes
on with new numbers in a new epoch. What was sent before stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sync.engine.ports import Beginning, Held, Reason
from sync.protocol.messages import EpochMark, StatusReply
from sync.protocol.versions import EPOCH_MARKS_MAX

#: The chain's head after a line of the ledger, by epoch and seq, or None where that line is not there.
ChainOf = Callable[[int, int], bytes | None]


@dataclass(frozen=True, slots=True)
class Healing:
    """What has to be done: take these marks, go on with new numbers, both, or nothing."""

    marks: tuple[EpochMark, ...] | None = None
    beginning: Beginning | None = None


def heal(
    held: Held,
    reply: StatusReply,
    chain_of: ChainOf,
    *,
    is_first: bool,
    forked_epoch: int | None = None,
) -> Healing:
    """Compare a ledger with its hub's reply.

    `is_first` says that this is the first reply since the ledger was opened. `forked_epoch` is the epoch
    in which the hub found other content at a place of ours.
    """
    said = {mark.epoch: mark for mark in reply.marks}
    # So many lives ago that a full list has no room for them.
    unsaid_before = min(said) if len(said) >= EPOCH_MARKS_MAX else 0
    marks = tuple(
        mark
        if mark.epoch < unsaid_before and mark.epoch not in said
        else _less(mark, said.get(mark.epoch, EpochMark(mark.epoch, 0, 0)))
        for mark in held.marks
    )
    has_lost = any(
        now.acked_through < before.acked_through for now, before in zip(marks, held.marks, strict=True)
    )
    if has_lost or held.hub_id not in ("", reply.hub_id):
        marks = tuple(
            mark if _is_proven(said.get(mark.epoch), chain_of) else _nothing(mark) for mark in marks
        )
    is_news = marks != held.marks or held.hub_id != reply.hub_id
    beginning = _beginning(held, reply, is_first=is_first, forked_epoch=forked_epoch)
    return Healing(marks if is_news else None, beginning)


def _less(mark: EpochMark, said: EpochMark) -> EpochMark:
    """What the hub still says of what it had said; only an answer to these very lines adds to it."""
    acked = min(mark.acked_through, said.acked_through)
    return EpochMark(mark.epoch, acked, min(acked, said.backed_up_through))


def _is_proven(said: EpochMark | None, chain_of: ChainOf) -> bool:
    if said is None:
        return False
    head = chain_of(said.epoch, said.acked_through)
    return head is not None and head.hex() == said.chain


def _nothing(mark: EpochMark) -> EpochMark:
    return EpochMark(mark.epoch, 0, 0)


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
