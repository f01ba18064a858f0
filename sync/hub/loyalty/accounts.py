"""Accounts of points: what a member has, one conditional update at a time, and an entry for every change.

Sums of entries are the account's figures; what is held for open sales is part of what is active and no entry.
Nothing here knows which buckets points lie in, nor why they change.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, update

from sync.hub.database import upsert_for
from sync.hub.schema.points import POINTS_ACCOUNT, POINTS_ENTRY

#: Kinds of entries.
EARNED: Final = "earned"
RIPENED: Final = "ripened"
USED: Final = "used"
BACK: Final = "back"
TAKEN: Final = "taken"
ENDED: Final = "expired"
ADJUSTED: Final = "adjusted"
MOVED: Final = "moved"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an account changes: a sale, a return or a person's act, where it was, and who did it at the hub."""

    source_id: str
    store_id: str = ""
    terminal_id: str = ""
    who: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A member's points; those that are held are active ones."""

    active: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0

    @property
    def free(self) -> int:
        """What may be used in a sale that does not hold any of it yet."""
        return max(0, self.active - self.held - self.debt)


@dataclass(frozen=True, slots=True)
class Delta:
    """How much an entry changes of an account."""

    active: int = 0
    pending: int = 0
    debt: int = 0


# ------------------------------------------------------------------ the account
WHOSE: Final = POINTS_ACCOUNT.c.member_id == bindparam("whose")
_ACCOUNT: Final = select(*(POINTS_ACCOUNT.c[name] for name in Account.__slots__)).where(WHOSE)
_TAKE: Final = update(POINTS_ACCOUNT).where(WHOSE).values(changed_at_ms=POINTS_ACCOUNT.c.changed_at_ms)
_HOLD: Final = (
    update(POINTS_ACCOUNT)
    .where(
        WHOSE,
        POINTS_ACCOUNT.c.active - POINTS_ACCOUNT.c.held - POINTS_ACCOUNT.c.debt >= bindparam("more"),
    )
    .values(held=POINTS_ACCOUNT.c.held + bindparam("more"), changed_at_ms=bindparam("now_ms"))
)
_LET_GO: Final = (
    update(POINTS_ACCOUNT)
    .where(WHOSE, POINTS_ACCOUNT.c.held >= bindparam("less"))
    .values(held=POINTS_ACCOUNT.c.held - bindparam("less"), changed_at_ms=bindparam("now_ms"))
)
#: Takes `points` of which `kept` were held; no row where they are not there.
SPEND: Final = (
    update(POINTS_ACCOUNT)
    .where(
        WHOSE,
        POINTS_ACCOUNT.c.held >= bindparam("kept"),
        POINTS_ACCOUNT.c.active - POINTS_ACCOUNT.c.held + bindparam("kept") >= bindparam("points"),
    )
    .values(
        active=POINTS_ACCOUNT.c.active - bindparam("points"),
        held=POINTS_ACCOUNT.c.held - bindparam("kept"),
        changed_at_ms=bindparam("now_ms"),
    )
)
_MOVE: Final = (
    update(POINTS_ACCOUNT)
    .where(WHOSE)
    .values(
        **{name: POINTS_ACCOUNT.c[name] + bindparam(f"d_{name}") for name in ("active", "pending", "debt")},
        changed_at_ms=bindparam("now_ms"),
    )
)
_ENTER: Final = insert(POINTS_ENTRY)


def account_of(connection: Connection, member_id: str) -> Account:
    """A member's points; of somebody without an account they are 0."""
    row = connection.execute(_ACCOUNT, {"whose": member_id}).one_or_none()
    return Account() if row is None else Account(*map(int, row))


def accounts_of(connection: Connection, member_ids: Iterable[str]) -> dict[str, Account]:
    """The points of several, by member; whoever has no account is left out."""
    columns = (POINTS_ACCOUNT.c[name] for name in ("member_id", *Account.__slots__))
    query = select(*columns).where(POINTS_ACCOUNT.c.member_id.in_(tuple(member_ids)))
    return {whose: Account(*map(int, figures)) for whose, *figures in connection.execute(query)}


def has_account(connection: Connection, member_id: str) -> bool:
    """Whether this id ever had to do with points."""
    return connection.execute(_ACCOUNT, {"whose": member_id}).first() is not None


def take_accounts(connection: Connection, member_ids: Iterable[str]) -> None:
    """Let nobody else change these accounts until the transaction ends; made where there are none."""
    for member_id in sorted(set(member_ids)):
        if connection.execute(_TAKE, {"whose": member_id}).rowcount == 0:
            first = dict.fromkeys(("active", "pending", "held", "debt", "changed_at_ms"), 0)
            made = upsert_for(connection.dialect.name, POINTS_ACCOUNT).values(member_id=member_id, **first)
            connection.execute(made.on_conflict_do_nothing())
            connection.execute(_TAKE, {"whose": member_id})


def hold(connection: Connection, member_id: str, points: int, now_ms: int) -> bool:
    """Keep points for a sale, all or none; whether they are. One conditional update."""
    return connection.execute(_HOLD, {"whose": member_id, "more": points, "now_ms": now_ms}).rowcount == 1


def let_go(connection: Connection, member_id: str, points: int, now_ms: int) -> bool:
    """Let go of points that were kept; whether they were."""
    return connection.execute(_LET_GO, {"whose": member_id, "less": points, "now_ms": now_ms}).rowcount == 1


def change(connection: Connection, member_id: str, delta: Delta, now_ms: int) -> None:
    """Change an account that is taken; the entry is the caller's."""
    values = {"d_active": delta.active, "d_pending": delta.pending, "d_debt": delta.debt}
    connection.execute(_MOVE, {"whose": member_id, "now_ms": now_ms} | values)


def enter(
    connection: Connection,
    cause: Cause,
    kind: str,
    member_id: str,
    delta: Delta,
    now_ms: int,
    line_no: int = 0,
) -> None:
    """Add an entry, which must be new: once per (source, kind, line)."""
    entry = {
        "source_id": cause.source_id,
        "kind": kind,
        "line_no": line_no,
        "member_id": member_id,
        "month": month_of(now_ms),
        "store_id": cause.store_id,
        "terminal_id": cause.terminal_id,
        "who": cause.who,
        "note": cause.note,
        "active": delta.active,
        "pending": delta.pending,
        "debt": delta.debt,
        "at_ms": now_ms,
    }
    connection.execute(_ENTER, entry)


def month_of(at_ms: int) -> str:
    """The month that an entry of this time belongs to (UTC)."""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m}"


def is_entered(connection: Connection, source_id: str, kind: str) -> bool:
    """Whether a source's change of a kind was made already."""
    query = select(POINTS_ENTRY.c.kind).where(
        POINTS_ENTRY.c.source_id == source_id, POINTS_ENTRY.c.kind == kind
    )
    return connection.execute(query.limit(1)).first() is not None


def keep_more(connection: Connection, member_id: str, points: int) -> None:
    """Let points of an account that is taken be held that were held elsewhere."""
    more = update(POINTS_ACCOUNT).where(WHOSE).values(held=POINTS_ACCOUNT.c.held + points)
    connection.execute(more, {"whose": member_id})
