"""What the fleet page shows of one till: its keys, how far each of its epochs has come, its last batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select, tuple_

from sync.hub.schema.events import EVENT, PROGRESS
from sync.hub.schema.trust import ACTIVE, DEVICE_KEY, NEXT, RETIRED, REVOKED

BATCHES_MOST: Final = 20
MARKS_MOST: Final = 50
_EVENTS_LOOKED_AT: Final = 4_000
#: Of several keys the one that says most about whether the till gets in.
_BEST_FIRST: Final = (ACTIVE, NEXT, REVOKED, RETIRED)


@dataclass(frozen=True, slots=True)
class Mark:
    """How far one epoch of a till has come."""

    epoch: int
    acked_through: int
    backed_up_through: int
    received_at_ms: int
    chain: str


@dataclass(frozen=True, slots=True)
class BatchSeen:
    """Records that arrived together."""

    epoch: int
    first_seq: int
    last_seq: int
    records: int
    received_at_ms: int


def key_states(connection: Connection, places: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The state of the key of each terminal, given as (store, terminal); those without a key are left out."""
    key = DEVICE_KEY.c
    rows = connection.execute(
        select(key.store_id, key.terminal_id, key.state).where(
            tuple_(key.store_id, key.terminal_id).in_(list(places))
        )
    )
    found: dict[tuple[str, str], str] = {}
    for store_id, terminal_id, state in rows:
        held = found.get((store_id, terminal_id))
        if held is None or _BEST_FIRST.index(state) < _BEST_FIRST.index(held):
            found[store_id, terminal_id] = state
    return found


def marks(connection: Connection, store_id: str, terminal_id: str) -> list[Mark]:
    """How far each epoch is held, the one heard last first."""
    rows = connection.execute(
        select(PROGRESS)
        .where(PROGRESS.c.store_id == store_id, PROGRESS.c.terminal_id == terminal_id)
        .order_by(PROGRESS.c.received_at_ms.desc(), PROGRESS.c.epoch.desc())
        .limit(MARKS_MOST)
    )
    return [
        Mark(
            row.epoch,
            row.acked_through,
            row.backed_up_through,
            row.received_at_ms,
            bytes(row.chain or b"").hex(),
        )
        for row in rows
    ]


def last_batches(connection: Connection, store_id: str, terminal_id: str, epoch: int) -> list[BatchSeen]:
    """The last records of an epoch by when they arrived, newest first."""
    event = EVENT.c
    rows = connection.execute(
        select(event.seq, event.received_at_ms)
        .where(event.store_id == store_id, event.terminal_id == terminal_id, event.epoch == epoch)
        .order_by(event.seq.desc())
        .limit(_EVENTS_LOOKED_AT)
    )
    seqs_at: dict[int, list[int]] = {}
    for seq, received_at_ms in rows:
        seqs_at.setdefault(received_at_ms, []).append(seq)
    newest = sorted(seqs_at.items(), reverse=True)[:BATCHES_MOST]
    return [BatchSeen(epoch, min(seqs), max(seqs), len(seqs), at_ms) for at_ms, seqs in newest]
