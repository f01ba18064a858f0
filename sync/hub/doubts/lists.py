"""Exceptions and quarantined lines as lists for people and programs: those that wait, those that are settled.

People turn pages, the worst or the newest first; programs go through by a cursor, the oldest first, which no
row that is settled meanwhile shifts. What settling is, `settling` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Select, and_, case, func, or_, select

from sync.hub.doubts.exception_list import Kind
from sync.hub.doubts.settling import (
    IS_EXCEPTION_SETTLED,
    IS_LINE_SETTLED,
    LINE_KEY,
    SETTLED_FIELDS,
    LineRow,
    handle_of,
    line_of,
    line_rows,
    settled_of,
)
from sync.hub.schema.events import EXCEPTION, QUARANTINE
from sync.hub.schema.status import SETTLED_EXCEPTION, SETTLED_LINE

PAGE_ROWS: Final = 100


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    """One exception; `outcome` is "" while it waits."""

    store_id: str
    kind: str
    key: str
    terminal_id: str
    detail: Mapping[str, Any]
    noted_at_ms: int
    outcome: str = ""
    settled_by: str = ""
    note: str = ""
    settled_at_ms: int | None = None

    @property
    def handle(self) -> str:
        """How a page names it."""
        return handle_of([self.store_id, self.kind, self.key])


@dataclass(frozen=True, slots=True)
class Sought:
    """What to show: settled ones or those that wait, a text to find, a store, a kind, a page (from 1).

    `worst_first` puts the kinds that endanger most before others; else the newest come first.
    """

    is_settled: bool = False
    text: str = ""
    store_id: str = ""
    kind: str = ""
    page: int = 1
    worst_first: bool = False


#: Of kinds, the one that a person should look at first: what may be lost or forged, then money, then chores.
WORST_FIRST: Final[tuple[Kind, ...]] = (
    "tampered",
    "lines_missing",
    "signature_wrong",
    "lease_overspent",
    "chain_broken",
    "fork",
    "duplicate_transaction",
    "returned_twice",
    "sale_doubtful",
    "compensation",
    "clock_off",
    "stock_count",
)


def exceptions(connection: Connection, sought: Sought) -> tuple[list[ExceptionRow], int]:
    """A page of exceptions, and how many there are on all pages."""
    column = EXCEPTION.c
    source = EXCEPTION.outerjoin(SETTLED_EXCEPTION, IS_EXCEPTION_SETTLED)
    conditions = _conditions(sought, SETTLED_EXCEPTION.c.outcome, column.store_id)
    if sought.kind:
        conditions.append(column.kind == sought.kind)
    if sought.text:
        places = (column.store_id, column.terminal_id, column.key, SETTLED_EXCEPTION.c.note)
        conditions.append(or_(*(place.icontains(sought.text, autoescape=True) for place in places)))
    total = connection.execute(select(func.count()).select_from(source).where(*conditions)).scalar_one()
    query = _exceptions().where(*conditions).order_by(*_order(sought), *_EXCEPTION_KEY)
    rows = connection.execute(_paged(query, sought.page))
    return [_exception(row) for row in rows], int(total)


_EXCEPTION_KEY: Final = [EXCEPTION.c[name] for name in ("store_id", "kind", "key")]


def _exceptions() -> Select[Any]:
    fields = (SETTLED_EXCEPTION.c[name] for name in SETTLED_FIELDS)
    return select(EXCEPTION, *fields).select_from(
        EXCEPTION.outerjoin(SETTLED_EXCEPTION, IS_EXCEPTION_SETTLED)
    )


def _order(sought: Sought) -> list[Any]:
    newest = EXCEPTION.c.noted_at_ms.desc()
    if not sought.worst_first:
        return [newest]
    ranks = {kind: rank for rank, kind in enumerate(WORST_FIRST)}
    return [case(ranks, value=EXCEPTION.c.kind, else_=len(ranks)), newest]


def quarantined(connection: Connection, sought: Sought) -> tuple[list[LineRow], int]:
    """A page of quarantined lines, newest first, and how many there are on all pages."""
    column = QUARANTINE.c
    source = QUARANTINE.outerjoin(SETTLED_LINE, IS_LINE_SETTLED)
    conditions = _conditions(sought, SETTLED_LINE.c.outcome, column.store_id)
    if sought.text:
        places = (column.store_id, column.terminal_id, column.reason, SETTLED_LINE.c.note)
        conditions.append(or_(*(place.icontains(sought.text, autoescape=True) for place in places)))
    total = connection.execute(select(func.count()).select_from(source).where(*conditions)).scalar_one()
    query = line_rows().where(*conditions).order_by(column.received_at_ms.desc(), *LINE_KEY)
    return [line_of(row) for row in connection.execute(_paged(query, sought.page))], int(total)


def _conditions(sought: Sought, outcome: Any, store_column: Any) -> list[Any]:
    found = [outcome.is_not(None) if sought.is_settled else outcome.is_(None)]
    return [*found, store_column == sought.store_id] if sought.store_id else found


def _paged(query: Select[Any], page: int) -> Select[Any]:
    return query.limit(PAGE_ROWS).offset((page - 1) * PAGE_ROWS)


def _exception(row: Any) -> ExceptionRow:
    try:
        detail = msgspec.json.decode(row.detail, type=dict[str, Any])
    except msgspec.DecodeError:
        detail = {"detail": row.detail}
    return ExceptionRow(
        row.store_id, row.kind, row.key, row.terminal_id, detail, row.noted_at_ms, *settled_of(row)
    )


# ---------------------------------------------------------------------- for programs
def exceptions_after(
    connection: Connection, sought: Sought, after: tuple[int, str, str, str] | None, limit: int
) -> list[ExceptionRow]:
    """The next exceptions, the oldest first; `after` is (noted_at_ms, store, kind, key) of the last one."""
    conditions = _conditions(sought, SETTLED_EXCEPTION.c.outcome, EXCEPTION.c.store_id)
    if sought.kind:
        conditions.append(EXCEPTION.c.kind == sought.kind)
    places = [EXCEPTION.c.noted_at_ms, *_EXCEPTION_KEY]
    query = _exceptions().where(*conditions, *behind(places, after))
    return [_exception(row) for row in connection.execute(query.order_by(*places).limit(limit))]


def quarantined_after(
    connection: Connection, sought: Sought, after: tuple[int, str, str, int, int, bytes] | None, limit: int
) -> list[LineRow]:
    """The next quarantined lines, the oldest first; `after` is (received_at_ms, *key) of the last one."""
    conditions = _conditions(sought, SETTLED_LINE.c.outcome, QUARANTINE.c.store_id)
    places = [QUARANTINE.c.received_at_ms, *LINE_KEY]
    query = line_rows().where(*conditions, *behind(places, after))
    return [line_of(row) for row in connection.execute(query.order_by(*places).limit(limit))]


def behind(columns: list[Any], after: tuple[Any, ...] | None) -> list[Any]:
    """What comes behind a row in the order of some columns, as conditions; everything where there is none."""
    if after is None:
        return []
    found: list[Any] = []
    for at, (column, value) in enumerate(zip(columns, after, strict=True)):
        same = [one == said for one, said in zip(columns[:at], after[:at], strict=True)]
        found.append(and_(*same, column > value))
    return [or_(*found)]
