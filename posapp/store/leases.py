"""Leases in the ledger: granted by the hub, spent by sales in their own transaction, closed for good.

A sale that was stored is never refused for its leases; what it gave away under one is counted, whatever is
left. A closed lease stays closed, also where a hub that was put back brings it again, and a ledger that
begins a new life has none: its other self may have spent them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

import msgspec

from posapp.domain.facts import Fact, TransactionCompleted
from posapp.domain.member_facts import LeaseClosed, MemberIdentified
from posapp.domain.members.leases import Lease, LeaseKind
from posapp.store.engine import Connection
from posapp.store.settings import get_setting, put_setting
from posapp.values import dataclass

#: What an outage costs at most as the hub said it last: the store's, this till's.
WORST: Final = "lease_worst"
#: A closed lease is kept so long after its end: the clock of no hub is wrong by more.
_KEPT_MS: Final = 24 * 3_600_000

_PUT: Final = (
    "INSERT INTO lease VALUES (?1, ?2, ?3, ?4, 0, 'open', ?5, ?6, ?7) ON CONFLICT (lease_id) DO UPDATE "
    "SET amount = ?3, until_ms = ?4, body = ?5, key_id = ?6, signature = ?7 "
    "WHERE state = 'open' AND kind = ?2"
)
_STEP: Final = (
    "INSERT INTO code_step VALUES (?1, ?2) ON CONFLICT (member_id) DO UPDATE SET step = max(step, ?2)"
)


@dataclass(frozen=True, slots=True)
class GrantedLease:
    """A lease with the text that the hub signed for it."""

    lease: Lease
    body: str
    key_id: str
    signature: str


@dataclass(frozen=True, slots=True)
class HeldLeases:
    """Open leases, closed ones (id and spent) that are remembered, and what an outage can cost at most."""

    open: tuple[Lease, ...] = ()
    closed: tuple[tuple[str, int], ...] = ()
    worst_minor: tuple[int, int] = (0, 0)
    epoch: int = 0


def note_rights(connection: Connection, fact: Fact) -> bool:
    """Count what a fact gives away, closes or takes of rights; whether leases are otherwise now.

    Touches no table for a sale without rights.
    """
    kind = type(fact)
    if kind is TransactionCompleted:
        return _spend(connection, cast("TransactionCompleted", fact))
    if kind is MemberIdentified:
        identified = cast("MemberIdentified", fact)
        if identified.step is not None:
            connection.execute(_STEP, (identified.member_id, identified.step))
    elif kind is LeaseClosed:
        closed = cast("LeaseClosed", fact)
        connection.execute("UPDATE lease SET state = 'closed' WHERE lease_id = ?", (closed.lease_id,))
        return True
    return False


def spends_of(sale: TransactionCompleted) -> tuple[tuple[int, str], ...]:
    """What a sale gave away without asking, as (amount, lease id): points, or minor units."""
    member = sale.member
    spends = []
    if member is not None and member.points_lease_id and member.points_used > 0:
        spends.append((member.points_used, member.points_lease_id))
    spends += [(each.amount_minor, each.lease_id) for each in sale.coupons if each.lease_id]
    spends += [(each.amount_minor, each.lease_id) for each in sale.tenders if each.lease_id]
    return tuple(spends)


def _spend(connection: Connection, sale: TransactionCompleted) -> bool:
    spends = spends_of(sale)
    if spends:
        connection.executemany("UPDATE lease SET spent = spent + ? WHERE lease_id = ?", spends)
    return bool(spends)


def held_leases(connection: Connection) -> HeldLeases:
    """The leases of this ledger."""
    rows = connection.execute(
        "SELECT lease_id, kind, amount, until_ms, spent, state FROM lease ORDER BY lease_id"
    ).fetchall()
    return HeldLeases(
        tuple(Lease(row[0], cast("LeaseKind", row[1]), *row[2:5]) for row in rows if row[5] == "open"),
        tuple((str(row[0]), int(row[4])) for row in rows if row[5] == "closed"),
        _worst(connection),
        int(connection.execute("SELECT epoch FROM till").fetchone()[0]),
    )


def take_leases(
    connection: Connection,
    granted: Sequence[GrantedLease],
    *,
    epoch: int,
    worst_minor: tuple[int, int],
    now_ms: int,
) -> None:
    """Take all leases that the hub says this till may use; those it does not name are closed.

    Nothing is taken where the ledger has begun another life since it asked (`epoch`).
    """
    if connection.execute("SELECT epoch FROM till").fetchone()[0] != epoch:
        return
    rows: list[tuple[Any, ...]] = [
        (
            each.lease.lease_id,
            each.lease.kind,
            each.lease.amount,
            each.lease.until_ms,
            each.body,
            each.key_id,
            each.signature,
        )
        for each in granted
    ]
    connection.executemany(_PUT, rows)
    named = msgspec.json.encode([each.lease.lease_id for each in granted]).decode()
    connection.execute(
        "UPDATE lease SET state = 'closed' WHERE lease_id NOT IN (SELECT value FROM json_each(?))", (named,)
    )
    connection.execute("DELETE FROM lease WHERE state = 'closed' AND until_ms < ?", (now_ms - _KEPT_MS,))
    put_setting(connection, WORST, msgspec.json.encode(worst_minor))


def drop_leases(connection: Connection) -> None:
    """This ledger is not the one that they were granted to, or not surely."""
    connection.execute("DELETE FROM lease")


def _worst(connection: Connection) -> tuple[int, int]:
    value = get_setting(connection, WORST)
    try:
        return (0, 0) if value is None else msgspec.json.decode(value, type=tuple[int, int])
    except msgspec.MsgspecError:
        return 0, 0
