"""How far each terminal's epochs are held, and the numbers that a terminal has used.

The progress row is what orders the batches of one terminal and epoch: whoever writes holds its lock until
the commit. On SQLite the one writer's lock does that already.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, bindparam, case, select, update

from sync.hub.database import upsert, upsert_for
from sync.hub.schema.events import PROGRESS, TERMINAL_NUMBERS
from sync.protocol.chain import CHAIN_START

Place = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Progress:
    """The contiguous end of what is held, the chain's head there (None: not known), and the backup's mark."""

    acked_through: int = 0
    backed_up_through: int = 0
    chain: bytes | None = CHAIN_START


_AT: Final = (
    PROGRESS.c.store_id == bindparam("at_store"),
    PROGRESS.c.terminal_id == bindparam("at_terminal"),
    PROGRESS.c.epoch == bindparam("at_epoch"),
)
_LOCK: Final = (
    select(PROGRESS.c.acked_through, PROGRESS.c.backed_up_through, PROGRESS.c.chain)
    .where(*_AT)
    .with_for_update()
)
_SAVE: Final = (
    update(PROGRESS)
    .where(*_AT)
    .values(
        acked_through=bindparam("acked"),
        backed_up_through=bindparam("backed_up"),
        chain=bindparam("head"),
        received_at_ms=bindparam("now_ms"),
    )
)


def lock_progress(connection: Connection, place: Place) -> Progress:
    """The progress of an epoch, made where it is a new one, and locked until the transaction ends."""
    row = connection.execute(_LOCK, _at(place)).one_or_none()
    if row is None:
        first = dict(zip(("store_id", "terminal_id", "epoch"), place, strict=True))
        connection.execute(
            upsert(connection, PROGRESS)
            .values(**first, acked_through=0, received_at_ms=0, backed_up_through=0)
            .on_conflict_do_nothing()
        )
        row = connection.execute(_LOCK, _at(place)).one()
    chain = None if row.chain is None else bytes(row.chain)
    # A hub of before kept no chains: of what it holds the head is not known until a terminal tells it.
    return Progress(row.acked_through, row.backed_up_through, chain if row.acked_through else CHAIN_START)


def save_progress(connection: Connection, place: Place, progress: Progress, *, now_ms: int) -> None:
    """Write down how far an epoch is held now."""
    values = {
        "acked": progress.acked_through,
        "backed_up": progress.backed_up_through,
        "head": progress.chain,
        "now_ms": now_ms,
    }
    connection.execute(_SAVE, _at(place) | values)


def raise_numbers(
    connection: Connection, store_id: str, terminal_id: str, *, receipt_seq: int, shift_number: int
) -> None:
    """Remember the highest numbers that a terminal has used; lower ones change nothing."""
    if not receipt_seq and not shift_number:
        return
    used = {"receipt_seq": receipt_seq, "shift_number": shift_number}
    connection.execute(
        _raise(connection.dialect.name), {"store_id": store_id, "terminal_id": terminal_id} | used
    )


@lru_cache(maxsize=4)
def _raise(dialect: str) -> Any:
    # Put together once: that takes longer than to run it.
    row = upsert_for(dialect, TERMINAL_NUMBERS)
    higher = {
        name: case(
            (row.excluded[name] > TERMINAL_NUMBERS.c[name], row.excluded[name]),
            else_=TERMINAL_NUMBERS.c[name],
        )
        for name in ("receipt_seq", "shift_number")
    }
    return row.on_conflict_do_update(index_elements=["store_id", "terminal_id"], set_=higher)


def _at(place: Place) -> dict[str, Any]:
    return dict(zip(("at_store", "at_terminal", "at_epoch"), place, strict=True))
