"""What to do where hub and terminal remember differently, since one of them was restored or copied.

Pure rules. Where the hub lost nothing, nothing changes. Where it lost anything, its word alone is not enough:
the places of an epoch may be filled by another copy of this ledger, or ours may have come as forks at the
places of others. Only a chain that is the same at both ends proves that our lines are there; an epoch
without that proof is sent again from its beginning. That a hub lost something can be hidden too, where other
copies filled its places again: a proven epoch, though, is a witness for all that was sent before it. A ledger
that knows less than the hub heard of it goes on with new numbers in a new epoch. What was sent before stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sync.engine.ports import RECEIPTS_SKIPPED, SHIFTS_SKIPPED, Beginning, Held, Reason
from sync.protocol.messages import EpochMark, StatusReply
from sync.protocol.versions import EPOCH_MARKS_MAX

#: The chain's head after a line of the ledger, by epoch and seq, or None where that line is not there.
ChainOf = Callable[[int, int], bytes | None]

#: A copy goes on elsewhere when it has used so many tenths of its numbers and another one works above it.
_TENTHS_USED: Final = 9


@dataclass(frozen=True, slots=True)
class Healing:
    """What has to be done: take these marks, go on with new numbers, both, or nothing.

    `is_doubt` says that the marks were taken back on a suspicion alone.
    """

    marks: tuple[EpochMark, ...] | None = None
    beginning: Beginning | None = None
    is_doubt: bool = False


def heal(
    held: Held,
    reply: StatusReply,
    chain_of: ChainOf,
    *,
    is_first: bool,
    forked_epoch: int | None = None,
    may_doubt: bool = False,
) -> Healing:
    """Compare a ledger with its hub's reply.

    `is_first` says that this is the first reply since the ledger was opened. `forked_epoch` is the epoch
    in which the hub found other content at a place of ours. `may_doubt`: nothing was sent again on a mere
    suspicion since the ledger was opened or the hub was away.
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
    has_lost = has_lost or held.hub_id not in ("", reply.hub_id)
    is_doubt = may_doubt and not has_lost and _is_doubtful(marks, said, chain_of)
    if has_lost or is_doubt:
        marks = tuple(
            mark if _is_proven(said.get(mark.epoch), chain_of) else _nothing(mark) for mark in marks
        )
    is_news = marks != held.marks or held.hub_id != reply.hub_id
    beginning = _beginning(held, reply, is_first=is_first, forked_epoch=forked_epoch)
    return Healing(marks if is_news else None, beginning, is_doubt)


def _less(mark: EpochMark, said: EpochMark) -> EpochMark:
    """What the hub still says of what it had said; only an answer to these very lines adds to it."""
    acked = min(mark.acked_through, said.acked_through)
    return EpochMark(mark.epoch, acked, min(acked, said.backed_up_through))


def _is_proven(said: EpochMark | None, chain_of: ChainOf) -> bool:
    if said is None:
        return False
    head = chain_of(said.epoch, said.acked_through)
    return head is not None and head.hex() == said.chain


def _is_doubtful(marks: tuple[EpochMark, ...], said: dict[int, EpochMark], chain_of: ChainOf) -> bool:
    """Whether what came last is not what the hub holds there: other copies may stand where ours was."""
    last = next((mark for mark in reversed(marks) if mark.acked_through), None)
    heard = None if last is None else said.get(last.epoch)
    # A hub that does not know the chain has said nothing against it.
    return heard is not None and bool(heard.chain) and not _is_proven(heard, chain_of)


def _nothing(mark: EpochMark) -> EpochMark:
    return EpochMark(mark.epoch, 0, 0)


def _beginning(
    held: Held, reply: StatusReply, *, is_first: bool, forked_epoch: int | None
) -> Beginning | None:
    own = {mark.epoch: mark.acked_through for mark in held.marks}
    hub_epoch = max((mark.epoch for mark in reply.marks), default=0)
    has_more = any(mark.epoch == held.epoch and mark.acked_through > held.seq for mark in reply.marks)
    has_others = any(mark.epoch > held.epoch and mark.epoch not in own for mark in reply.marks)
    # Those others began above all that the hub had heard of, this epoch with it, once it heard of it.
    is_vetted = own.get(held.epoch, 0) > 0
    has_higher = reply.receipt_seq > held.receipt_seq or reply.shift_number > held.shift_number
    reason: Reason
    # Of an epoch not heard of, only once a run: two copies would drive each other from epoch to epoch.
    if has_more or (is_first and has_others and not is_vetted):
        reason = "restored"
    elif forked_epoch == held.epoch:
        reason = "forked"
    elif has_others and is_vetted:
        # The numbers right after the hub's are another copy's; ours are our own for as long as they last.
        if not _is_used_up(held.receipt_seq, reply.receipt_seq, RECEIPTS_SKIPPED) and not _is_used_up(
            held.shift_number, reply.shift_number, SHIFTS_SKIPPED
        ):
            return None
        reason = "restored"
    elif is_first and has_higher:
        reason = "set_up"
    else:
        return None
    return Beginning(reason, held.epoch, hub_epoch, reply.receipt_seq, reply.shift_number)


def _is_used_up(ours: int, theirs: int, step: int) -> bool:
    """Whether numbers come near those of another copy, which has begun at a multiple of `step` above ours."""
    is_shared = theirs // step == ours // step
    return theirs > ours and (is_shared or ours % step >= step * _TENTHS_USED // 10)
