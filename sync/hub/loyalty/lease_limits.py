"""How much leases of a kind may come to: for a terminal, for a store, for how long, and who bears losses.

A chain states it once for all stores; a store may have limits of its own. Where nothing is stated nothing is
granted, so that tills without a network spend nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, select

from posapp.domain.members.leases import LEASE_KINDS, LeaseKind
from sync.hub.database import upsert
from sync.hub.schema.leases import LEASE_LIMIT

#: The row of all stores that have none of their own.
ALL_STORES: Final = ""
AMOUNT_MAX: Final = 10**12
HOURS_MAX: Final = 24 * 31
OWNER_MAX_CHARS: Final = 100


@dataclass(frozen=True, slots=True)
class LeaseLimit:
    """Limits of one kind, in points or minor units; `owner` works losses off ("": the store's manager)."""

    kind: LeaseKind
    terminal_amount: int
    store_amount: int
    valid_hours: int = 24
    owner: str = ""
    store_id: str = ALL_STORES

    def problem(self) -> str:
        """What is wrong with it, as a sentence; "" where nothing is."""
        if self.kind not in LEASE_KINDS:
            return f"The kind is one of: {', '.join(LEASE_KINDS)}."
        if not 0 <= self.terminal_amount <= self.store_amount <= AMOUNT_MAX:
            return f"A terminal's amount is from 0 to its store's, a store's at most {AMOUNT_MAX}."
        if not 1 <= self.valid_hours <= HOURS_MAX:
            return f"A lease is valid for 1 to {HOURS_MAX} hours."
        if len(self.owner) > OWNER_MAX_CHARS or not self.owner.isprintable():
            return f"The owner has at most {OWNER_MAX_CHARS} printable signs."
        return ""


def put_limit(connection: Connection, limit: LeaseLimit, now_ms: int) -> None:
    """State a limit for all stores or for one; leases that are out stay as they are.

    Raises ValueError with the sentence what is wrong with it.
    """
    problem = limit.problem()
    if problem:
        raise ValueError(problem)
    values = {
        "terminal_amount": limit.terminal_amount,
        "store_amount": limit.store_amount,
        "valid_hours": limit.valid_hours,
        "changed_at_ms": now_ms,
        "owner": limit.owner,
    }
    key = [LEASE_LIMIT.c.store_id, LEASE_LIMIT.c.kind]
    row = upsert(connection, LEASE_LIMIT).values(store_id=limit.store_id, kind=limit.kind, **values)
    connection.execute(row.on_conflict_do_update(index_elements=key, set_=values))


def remove_limit(connection: Connection, store_id: str, kind: str) -> bool:
    """Have a store follow the chain again (or the chain grant nothing); whether there was such a limit."""
    row = delete(LEASE_LIMIT).where(LEASE_LIMIT.c.store_id == store_id, LEASE_LIMIT.c.kind == kind)
    return connection.execute(row).rowcount > 0


def all_limits(connection: Connection) -> list[LeaseLimit]:
    """Everything stated, the chain's limits first."""
    query = select(LEASE_LIMIT).order_by(LEASE_LIMIT.c.store_id, LEASE_LIMIT.c.kind)
    return [
        LeaseLimit(row.kind, row.terminal_amount, row.store_amount, row.valid_hours, row.owner, row.store_id)
        for row in connection.execute(query)
    ]


def limits_of(connection: Connection, store_id: str) -> dict[str, LeaseLimit]:
    """What holds for a store, by kind."""
    query = (
        select(LEASE_LIMIT)
        .where(LEASE_LIMIT.c.store_id.in_((ALL_STORES, store_id)))
        .order_by(LEASE_LIMIT.c.store_id)
    )
    return {
        row.kind: LeaseLimit(
            row.kind, row.terminal_amount, row.store_amount, row.valid_hours, row.owner, row.store_id
        )
        for row in connection.execute(query)
    }
