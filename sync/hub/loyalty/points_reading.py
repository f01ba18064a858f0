"""Points as people read them: one member's account with its entries, and the whole chain's by month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, select

from sync.hub.loyalty.accounts import ENDED, MOVED
from sync.hub.schema.points import POINTS_ACCOUNT, POINTS_ENTRY

ENTRIES_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of an account: by how much what is active, pending and owed changed."""

    source_id: str
    kind: str
    line_no: int
    store_id: str
    terminal_id: str
    who: str
    note: str
    active: int
    pending: int
    debt: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Month:
    """What happened to all points in a month (UTC), and what was there at its end.

    `issued` are points that came, whatever for; `redeemed` those that left but by their end, `expired` those.
    """

    month: str
    issued: int
    redeemed: int
    expired: int
    active: int
    pending: int
    debt: int


@dataclass(frozen=True, slots=True)
class Sums:
    """All accounts together as they stand."""

    accounts: int
    active: int
    pending: int
    held: int
    debt: int


def entries_of(
    connection: Connection, member_id: str, *, after: tuple[int, str, str, int] | None = None, most: int
) -> list[Entry]:
    """A member's entries, the newest first; `after` is the key of the last one of the page before."""
    row = POINTS_ENTRY.c
    keys = (row.at_ms, row.source_id, row.kind, row.line_no)
    query = select(*(row[name] for name in Entry.__slots__)).where(row.member_id == member_id)
    if after is not None:
        at_ms, *rest = after
        later = (keys[1] > rest[0]) | (
            (keys[1] == rest[0]) & ((keys[2] > rest[1]) | ((keys[2] == rest[1]) & (keys[3] > rest[2])))
        )
        query = query.where((keys[0] < at_ms) | ((keys[0] == at_ms) & later))
    query = query.order_by(keys[0].desc(), *keys[1:]).limit(most)
    return [Entry(*one) for one in connection.execute(query)]


def sums(connection: Connection) -> Sums:
    """All accounts together."""
    account = POINTS_ACCOUNT.c
    names = ("active", "pending", "held", "debt")
    query = select(func.count(), *(func.coalesce(func.sum(account[name]), 0) for name in names))
    row: Any = connection.execute(query.select_from(POINTS_ACCOUNT)).one()
    return Sums(*(int(value) for value in row))


def months(connection: Connection) -> list[Month]:
    """Every month in which something happened, the first of them first."""
    row = POINTS_ENTRY.c
    total = row.active + row.pending - row.debt
    query = (
        select(
            row.month,
            row.kind,
            func.sum(row.active),
            func.sum(row.pending),
            func.sum(row.debt),
            func.sum(func.abs(total) + total),
            func.sum(func.abs(total) - total),
        )
        .where(row.kind != MOVED)
        .group_by(row.month, row.kind)
        .order_by(row.month)
    )
    found: dict[str, list[int]] = {}
    for month, kind, active, pending, debt, twice_come, twice_gone in connection.execute(query):
        sums_of = found.setdefault(month, [0] * 6)
        sums_of[0] += int(twice_come) // 2
        sums_of[2 if kind == ENDED else 1] += int(twice_gone) // 2
        for place, value in enumerate((active, pending, debt), 3):
            sums_of[place] += int(value)
    told: list[Month] = []
    standing = [0, 0, 0]
    for month, (issued, redeemed, expired, *changes) in found.items():
        standing = [before + change for before, change in zip(standing, changes, strict=True)]
        told.append(Month(month, issued, redeemed, expired, *standing))
    return told
