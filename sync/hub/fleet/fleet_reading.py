"""What the fleet page shows of tills and stores: one question for a page of them, however many there are.

A till counts as online while its last report is fresh. Tills that the shop file names no longer are left out
unless they are asked for. Knows no words and no colours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from sync.hub.doubts.lists import behind
from sync.hub.doubts.settling import open_exceptions, open_quarantine
from sync.hub.fleet.status_board import CLOCK_OFF_MS
from sync.hub.fleet.store_labels import StoreLabels
from sync.hub.fleet.till_reading import key_states
from sync.hub.schema.events import STORE, TERMINAL
from sync.hub.schema.status import TERMINAL_STATUS

PAGE_ROWS: Final = 100
#: Three rounds of a till that reports every ten seconds.
ONLINE_WITHIN_MS: Final = 30_000
#: A queue whose oldest record is older than this is worth a look even though the till is online.
QUEUE_OLD_MS: Final = 10 * 60_000
_PRINTER_FINE: Final = ("", "ready", "unknown", "none")

FILTERS: Final = ("all", "trouble", "online", "silent", "queue", "printer", "clock", "open", "removed")
SORTS: Final = ("worst", "place", "queue", "seen")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tills to show: text in their names, a filter, an order, a page (from 1), one store or all."""

    text: str = ""
    filter: str = "all"
    sort: str = "place"
    page: int = 1
    store_id: str | None = None


@dataclass(frozen=True, slots=True)
class Till:
    """One till as it is; times are epoch milliseconds of the hub's clock, None for never."""

    store_id: str
    store_name: str
    terminal_id: str
    is_set_up: bool
    is_online: bool
    last_seen_ms: int | None
    clock_offset_ms: int
    queue_length: int
    oldest_ms: int | None
    app_version: str
    printer: str
    printer_detail: str
    system: str
    items: int
    catalogue_updated_ms: int | None
    set_aside: int
    quarantined: int
    exceptions: int
    key: str

    @property
    def has_clock_off(self) -> bool:
        """Whether its clock makes dates and codes doubtful."""
        return self.last_seen_ms is not None and abs(self.clock_offset_ms) > CLOCK_OFF_MS

    def has_old_queue(self, now_ms: int) -> bool:
        """Whether sales have waited at it for long."""
        return (
            bool(self.queue_length) and self.oldest_ms is not None and now_ms - self.oldest_ms > QUEUE_OLD_MS
        )

    @property
    def needs_printer(self) -> bool:
        """Whether somebody has to go to its printer."""
        return self.printer not in _PRINTER_FINE


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over all tills that are set up, of a store or of the hub."""

    tills: int
    online: int
    to_send: int
    oldest_ms: int | None
    printers: int
    clocks: int
    quarantined: int
    exceptions: int


@dataclass(frozen=True, slots=True)
class StoreRow:
    """One store in the list of stores."""

    store_id: str
    name: str
    figures: Figures


def _counts(rows: Select[Any]) -> Any:
    """How many open ones there are by terminal."""
    found = rows.subquery()
    return (
        select(found.c.store_id, found.c.terminal_id, func.count().label("count"))
        .group_by(found.c.store_id, found.c.terminal_id)
        .subquery()
    )


class _Query:
    """The tables that tills are read from, joined, and what may be asked of them."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self.status = TERMINAL_STATUS.c
        self.lines = _counts(open_quarantine())
        self.doubts = _counts(open_exceptions())
        self.source = (
            TERMINAL.outerjoin(TERMINAL_STATUS, _same_place(TERMINAL_STATUS.c))
            .outerjoin(self.lines, _same_place(self.lines.c))
            .outerjoin(self.doubts, _same_place(self.doubts.c))
        )
        # An age below zero (the hub's clock was set back) is no reason to call a till silent.
        self.is_online = func.coalesce(self.status.last_seen_ms, 0) >= self.now_ms - ONLINE_WITHIN_MS
        self.has_printer_trouble = func.coalesce(self.status.printer, "").not_in(_PRINTER_FINE)
        self.has_clock_off = func.abs(func.coalesce(self.status.clock_offset_ms, 0)) > CLOCK_OFF_MS
        self.quarantined = func.coalesce(self.lines.c.count, 0)
        self.exceptions = func.coalesce(self.doubts.c.count, 0)

    @property
    def has_old_queue(self) -> ColumnElement[bool]:
        return and_(self.status.queue_length > 0, self.status.oldest_ms < self.now_ms - QUEUE_OLD_MS)

    @property
    def badness(self) -> Any:
        """How urgently a till needs someone: sales that wait weigh most, one that was never seen nothing."""
        is_lost = and_(self.status.last_seen_ms.is_not(None), ~self.is_online)
        waits = self.quarantined + self.exceptions > 0
        weights = (
            (self.has_old_queue, 16),
            (is_lost, 8),
            (self.has_printer_trouble, 4),
            (self.has_clock_off, 2),
            (waits, 1),
        )
        terms = [case((condition, weight), else_=0) for condition, weight in weights]
        return sum(terms[1:], terms[0])

    def conditions(self, wanted: Wanted, named: list[str]) -> list[ColumnElement[bool]]:
        is_set_up = TERMINAL.c.is_set_up == (0 if wanted.filter == "removed" else 1)
        found: list[ColumnElement[bool]] = [is_set_up]
        if wanted.store_id is not None:
            found.append(TERMINAL.c.store_id == wanted.store_id)
        if wanted.text:
            columns = (
                TERMINAL.c.store_id,
                TERMINAL.c.terminal_id,
                *(self.status[name] for name in ("app_version", "printer_detail", "system")),
            )
            holds = [column.icontains(wanted.text, autoescape=True) for column in columns]
            found.append(or_(*holds, TERMINAL.c.store_id.in_(named)))
        by_filter: dict[str, ColumnElement[bool]] = {
            "online": self.is_online,
            "silent": ~self.is_online,
            "trouble": self.badness > 0,
            "queue": self.has_old_queue,
            "printer": self.has_printer_trouble,
            "clock": self.has_clock_off,
            "open": self.quarantined + self.exceptions > 0,
        }
        if wanted.filter in by_filter:
            found.append(by_filter[wanted.filter])
        return found

    def tills(self) -> Select[Any]:
        return select(
            TERMINAL.c.store_id,
            TERMINAL.c.terminal_id,
            TERMINAL.c.is_set_up,
            *(column for column in TERMINAL_STATUS.c if column.name not in ("store_id", "terminal_id")),
            self.quarantined.label("lines"),
            self.exceptions.label("doubts"),
        ).select_from(self.source)

    def order(self, sort: str) -> list[Any]:
        place = [TERMINAL.c.store_id, TERMINAL.c.terminal_id]
        if sort == "worst":
            oldest = func.coalesce(case((self.status.queue_length > 0, self.status.oldest_ms)), self.now_ms)
            return [self.badness.desc(), oldest, *place]
        if sort == "queue":
            return [func.coalesce(self.status.queue_length, 0).desc(), *place]
        if sort == "seen":
            return [func.coalesce(self.status.last_seen_ms, 0), *place]
        return place


def _same_place(columns: Any) -> ColumnElement[bool]:
    return and_(columns.store_id == TERMINAL.c.store_id, columns.terminal_id == TERMINAL.c.terminal_id)


def tills(
    connection: Connection, wanted: Wanted, labels: StoreLabels, *, language: str, now_ms: int
) -> tuple[list[Till], int]:
    """A page of tills, and how many there are on all pages."""
    labels.read(connection)
    query = _Query(now_ms)
    conditions = query.conditions(wanted, labels.ids_named(wanted.text) if wanted.text else [])
    total = connection.execute(select(func.count()).select_from(query.source).where(*conditions)).scalar_one()
    rows = connection.execute(
        query.tills()
        .where(*conditions)
        .order_by(*query.order(wanted.sort))
        .limit(PAGE_ROWS)
        .offset((wanted.page - 1) * PAGE_ROWS)
    ).all()
    keys = key_states(connection, [(row.store_id, row.terminal_id) for row in rows])
    return [_till(row, labels.of(row.store_id, language).name, keys, now_ms) for row in rows], int(total)


def tills_after(
    connection: Connection,
    wanted: Wanted,
    labels: StoreLabels,
    *,
    after: tuple[str, str] | None,
    limit: int,
    now_ms: int,
) -> list[Till]:
    """The next tills by store and terminal; `after` are those of the last one."""
    labels.read(connection)
    query = _Query(now_ms)
    places = [TERMINAL.c.store_id, TERMINAL.c.terminal_id]
    conditions = [*query.conditions(wanted, []), *behind(places, after)]
    rows = connection.execute(query.tills().where(*conditions).order_by(*places).limit(limit)).all()
    keys = key_states(connection, [(row.store_id, row.terminal_id) for row in rows])
    return [_till(row, labels.of(row.store_id, "").name, keys, now_ms) for row in rows]


def _till(row: Any, store_name: str, keys: Mapping[tuple[str, str], str], now_ms: int) -> Till:
    seen_ms = row.last_seen_ms
    return Till(
        store_id=row.store_id,
        store_name=store_name,
        terminal_id=row.terminal_id,
        is_set_up=bool(row.is_set_up),
        is_online=seen_ms is not None and now_ms - seen_ms <= ONLINE_WITHIN_MS,
        last_seen_ms=seen_ms,
        clock_offset_ms=row.clock_offset_ms or 0,
        queue_length=row.queue_length or 0,
        oldest_ms=row.oldest_ms,
        app_version=row.app_version or "",
        printer=row.printer or "",
        printer_detail=row.printer_detail or "",
        system=row.system or "",
        items=row.items or 0,
        catalogue_updated_ms=row.catalogue_updated_ms,
        set_aside=row.quarantined or 0,
        quarantined=row.lines,
        exceptions=row.doubts,
        key=keys.get((row.store_id, row.terminal_id), "none"),
    )


def _figure_columns(query: _Query) -> list[Any]:
    def count(condition: Any) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    status = query.status
    return [
        func.count(),
        count(query.is_online),
        func.coalesce(func.sum(status.queue_length), 0),
        func.min(case((status.queue_length > 0, status.oldest_ms))),
        count(query.has_printer_trouble),
        count(query.has_clock_off),
        func.coalesce(func.sum(query.quarantined), 0),
        func.coalesce(func.sum(query.exceptions), 0),
    ]


def _figures(values: Any) -> Figures:
    # PostgreSQL gives sums as decimals.
    return Figures(*(None if value is None else int(value) for value in values))  # type: ignore[arg-type]


def figures(connection: Connection, *, now_ms: int, store_id: str | None = None) -> Figures:
    """Sums over all tills, or over a store's."""
    query = _Query(now_ms)
    conditions = query.conditions(Wanted(store_id=store_id), [])
    columns = _figure_columns(query)
    sums = _figures(connection.execute(select(*columns).select_from(query.source).where(*conditions)).one())
    # Some exceptions are a store's, as a count of stock is, and no till's.
    waiting = select(func.count()).select_from(open_exceptions(store_id).subquery())
    return replace(sums, exceptions=int(connection.execute(waiting).scalar_one()))


def stores(
    connection: Connection, labels: StoreLabels, *, text: str, page: int, language: str, now_ms: int
) -> tuple[list[StoreRow], int]:
    """A page of stores, and how many there are on all pages."""
    labels.read(connection)
    conditions: list[Any] = []
    if text:
        conditions = [
            or_(
                STORE.c.store_id.icontains(text, autoescape=True),
                STORE.c.store_id.in_(labels.ids_named(text)),
            )
        ]
    total = connection.execute(select(func.count()).select_from(STORE).where(*conditions)).scalar_one()
    ids = list(
        connection.execute(
            select(STORE.c.store_id)
            .where(*conditions)
            .order_by(STORE.c.store_id)
            .limit(PAGE_ROWS)
            .offset((page - 1) * PAGE_ROWS)
        ).scalars()
    )
    query = _Query(now_ms)
    sums = connection.execute(
        select(TERMINAL.c.store_id, *_figure_columns(query))
        .select_from(query.source)
        .where(TERMINAL.c.store_id.in_(ids), TERMINAL.c.is_set_up == 1)
        .group_by(TERMINAL.c.store_id)
    )
    found = {row[0]: _figures(row[1:]) for row in sums}
    nothing = Figures(0, 0, 0, None, 0, 0, 0, 0)
    doubts = open_exceptions().subquery()
    waiting: dict[str, int] = {
        row[0]: int(row[1])
        for row in connection.execute(
            select(doubts.c.store_id, func.count())
            .where(doubts.c.store_id.in_(ids))
            .group_by(doubts.c.store_id)
        )
    }
    return [
        StoreRow(
            store_id,
            labels.of(store_id, language).name,
            replace(found.get(store_id, nothing), exceptions=waiting.get(store_id, 0)),
        )
        for store_id in ids
    ], int(total)


def one_till(
    connection: Connection,
    store_id: str,
    terminal_id: str,
    labels: StoreLabels,
    *,
    language: str,
    now_ms: int,
) -> Till | None:
    """One till, set up or not, or None."""
    labels.read(connection)
    query = _Query(now_ms)
    row = connection.execute(
        query.tills().where(TERMINAL.c.store_id == store_id, TERMINAL.c.terminal_id == terminal_id)
    ).one_or_none()
    if row is None:
        return None
    keys = key_states(connection, [(store_id, terminal_id)])
    return _till(row, labels.of(store_id, language).name, keys, now_ms)
