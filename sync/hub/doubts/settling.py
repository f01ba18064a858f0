"""What waits for a person at the hub, exceptions and quarantined lines, and how it is settled.

Nothing is ever removed: settling adds a row that says who, when and why, and the same thing is settled once.
Knows no pages; a handle is how a page names one of them, and says nothing that the reader may not see.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, cast

import msgspec
from sqlalchemy import BindParameter, Connection, Select, and_, case, exists, func, or_, select

from sync.hub.database import upsert
from sync.hub.doubts.exception_list import Kind, stored_key
from sync.hub.doubts.record import put_on_record
from sync.hub.schema.events import EXCEPTION, QUARANTINE
from sync.hub.schema.status import SETTLED_EXCEPTION, SETTLED_LINE
from sync.protocol.codec import SEQ_MAX

PAGE_ROWS: Final = 100
NOTE_MOST_CHARS: Final = 300
_KEYS_AT_ONCE: Final = 5_000

LineKey = tuple[str, str, int, int, bytes]
ExceptionKey = tuple[str, str, str]
#: A store or a terminal: its id, or the parameter that stands for it; None for all.
Place = str | BindParameter[Any] | None
#: As handles may say them: nothing that a database could not hold.
_Word = Annotated[str, msgspec.Meta(max_length=300, pattern=r"^[^\x00]*$")]
_Number = Annotated[int, msgspec.Meta(ge=0, le=SEQ_MAX)]

_SETTLED = ("outcome", "settled_by", "note", "settled_at_ms")


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
        return _handle([self.store_id, self.kind, self.key])


@dataclass(frozen=True, slots=True)
class LineRow:
    """One quarantined line without its bytes; `outcome` is "" while it waits."""

    store_id: str
    terminal_id: str
    epoch: int
    seq: int
    line_sha256: bytes
    reason: str
    received_at_ms: int
    length: int
    outcome: str = ""
    settled_by: str = ""
    note: str = ""
    settled_at_ms: int | None = None

    @property
    def key(self) -> LineKey:
        """Its key at the hub."""
        return self.store_id, self.terminal_id, self.epoch, self.seq, self.line_sha256

    @property
    def handle(self) -> str:
        """How a page names it."""
        return _handle([self.store_id, self.terminal_id, self.epoch, self.seq, self.line_sha256])


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
    "chain_broken",
    "fork",
    "duplicate_transaction",
    "sale_doubtful",
    "clock_off",
    "stock_count",
)


# ---------------------------------------------------------------------- those that wait
_IS_EXCEPTION_SETTLED: Final = and_(
    SETTLED_EXCEPTION.c.store_id == EXCEPTION.c.store_id,
    SETTLED_EXCEPTION.c.kind == EXCEPTION.c.kind,
    SETTLED_EXCEPTION.c.key == EXCEPTION.c.key,
)
_IS_LINE_SETTLED: Final = and_(
    *(
        SETTLED_LINE.c[name] == QUARANTINE.c[name]
        for name in ("store_id", "terminal_id", "epoch", "seq", "line_sha256")
    )
)


def open_exceptions(
    store_id: Place = None, terminal_id: Place = None, kind: Kind | None = None
) -> Select[Any]:
    """Store and terminal of each exception that waits, of all or of one store, terminal or kind."""
    query = select(EXCEPTION.c.store_id, EXCEPTION.c.terminal_id).where(
        ~exists().where(_IS_EXCEPTION_SETTLED)
    )
    if kind is not None:
        query = query.where(EXCEPTION.c.kind == kind)
    return _of_place(query, EXCEPTION.c, store_id, terminal_id)


def open_quarantine(store_id: Place = None, terminal_id: Place = None) -> Select[Any]:
    """Store and terminal of each quarantined line that waits, of all or of one store or terminal."""
    query = select(QUARANTINE.c.store_id, QUARANTINE.c.terminal_id).where(~exists().where(_IS_LINE_SETTLED))
    return _of_place(query, QUARANTINE.c, store_id, terminal_id)


def count_open(connection: Connection) -> tuple[int, int]:
    """How many exceptions and how many quarantined lines wait at this hub."""
    found = [
        connection.execute(select(func.count()).select_from(rows.subquery())).scalar_one()
        for rows in (open_exceptions(), open_quarantine())
    ]
    return int(found[0]), int(found[1])


def _of_place(query: Select[Any], columns: Any, store_id: Place, terminal_id: Place) -> Select[Any]:
    if store_id is not None:
        query = query.where(columns.store_id == store_id)
    return query if terminal_id is None else query.where(columns.terminal_id == terminal_id)


# ---------------------------------------------------------------------- lists
def exceptions(connection: Connection, sought: Sought) -> tuple[list[ExceptionRow], int]:
    """A page of exceptions, and how many there are on all pages."""
    column = EXCEPTION.c
    source = EXCEPTION.outerjoin(SETTLED_EXCEPTION, _IS_EXCEPTION_SETTLED)
    conditions = _conditions(sought, SETTLED_EXCEPTION.c.outcome, column.store_id)
    if sought.kind:
        conditions.append(column.kind == sought.kind)
    if sought.text:
        places = (column.store_id, column.terminal_id, column.key, SETTLED_EXCEPTION.c.note)
        conditions.append(or_(*(place.icontains(sought.text, autoescape=True) for place in places)))
    total = connection.execute(select(func.count()).select_from(source).where(*conditions)).scalar_one()
    query = (
        select(EXCEPTION, *(SETTLED_EXCEPTION.c[name] for name in _SETTLED))
        .select_from(source)
        .where(*conditions)
        .order_by(*_order(sought), column.store_id, column.kind, column.key)
    )
    rows = connection.execute(_paged(query, sought.page))
    return [_exception(row) for row in rows], int(total)


def _order(sought: Sought) -> list[Any]:
    newest = EXCEPTION.c.noted_at_ms.desc()
    if not sought.worst_first:
        return [newest]
    ranks = {kind: rank for rank, kind in enumerate(WORST_FIRST)}
    return [case(ranks, value=EXCEPTION.c.kind, else_=len(ranks)), newest]


def quarantined(connection: Connection, sought: Sought) -> tuple[list[LineRow], int]:
    """A page of quarantined lines, newest first, and how many there are on all pages."""
    column = QUARANTINE.c
    source = QUARANTINE.outerjoin(SETTLED_LINE, _IS_LINE_SETTLED)
    conditions = _conditions(sought, SETTLED_LINE.c.outcome, column.store_id)
    if sought.text:
        places = (column.store_id, column.terminal_id, column.reason, SETTLED_LINE.c.note)
        conditions.append(or_(*(place.icontains(sought.text, autoescape=True) for place in places)))
    total = connection.execute(select(func.count()).select_from(source).where(*conditions)).scalar_one()
    query = _lines().where(*conditions).order_by(column.received_at_ms.desc(), *_LINE_KEY)
    return [_line(row) for row in connection.execute(_paged(query, sought.page))], int(total)


def one_line(connection: Connection, key: LineKey) -> tuple[LineRow, bytes] | None:
    """A quarantined line and its exact bytes, or None."""
    row = connection.execute(_lines().where(*_at_line(key))).one_or_none()
    if row is None:
        return None
    content = connection.execute(select(QUARANTINE.c.line).where(*_at_line(key))).scalar_one()
    return _line(row), bytes(content)


def _conditions(sought: Sought, outcome: Any, store_column: Any) -> list[Any]:
    found = [outcome.is_not(None) if sought.is_settled else outcome.is_(None)]
    return [*found, store_column == sought.store_id] if sought.store_id else found


_LINE_KEY: Final = [QUARANTINE.c[name] for name in ("store_id", "terminal_id", "epoch", "seq", "line_sha256")]


def _lines() -> Select[Any]:
    return select(
        *_LINE_KEY,
        QUARANTINE.c.reason,
        QUARANTINE.c.received_at_ms,
        func.length(QUARANTINE.c.line).label("length"),
        *(SETTLED_LINE.c[name] for name in _SETTLED),
    ).select_from(QUARANTINE.outerjoin(SETTLED_LINE, _IS_LINE_SETTLED))


def _at_line(key: LineKey) -> list[Any]:
    return [column == value for column, value in zip(_LINE_KEY, key, strict=True)]


def _paged(query: Select[Any], page: int) -> Select[Any]:
    return query.limit(PAGE_ROWS).offset((page - 1) * PAGE_ROWS)


def _exception(row: Any) -> ExceptionRow:
    try:
        detail = msgspec.json.decode(row.detail, type=dict[str, Any])
    except msgspec.DecodeError:
        detail = {"detail": row.detail}
    return ExceptionRow(
        row.store_id, row.kind, row.key, row.terminal_id, detail, row.noted_at_ms, *_settled(row)
    )


def _line(row: Any) -> LineRow:
    return LineRow(
        row.store_id,
        row.terminal_id,
        row.epoch,
        row.seq,
        bytes(row.line_sha256),
        row.reason,
        row.received_at_ms,
        row.length,
        *_settled(row),
    )


def _settled(row: Any) -> tuple[str, str, str, int | None]:
    return row.outcome or "", row.settled_by or "", row.note or "", row.settled_at_ms


# ---------------------------------------------------------------------- settling
def settle_exceptions(
    connection: Connection, keys: Sequence[ExceptionKey], *, who: str, note: str, now_ms: int
) -> int:
    """Settle exceptions with a note, on record; how many were still waiting and exist."""
    done = 0
    for store_id, kind, key in sorted(set(keys)):
        at_key = (EXCEPTION.c.store_id == store_id, EXCEPTION.c.kind == kind, EXCEPTION.c.key == key)
        if connection.execute(select(EXCEPTION.c.kind).where(*at_key)).first() is None:
            continue
        fields = {"store_id": store_id, "kind": kind, "key": key}
        if _settle(connection, SETTLED_EXCEPTION, fields, who=who, note=note, now_ms=now_ms):
            subject = f"{kind} {key}"
            _record(connection, store_id, "exception_settled", subject, who=who, note=note, now_ms=now_ms)
            done += 1
    return done


def settle_clock(connection: Connection, store_id: str, key: str, *, now_ms: int) -> None:
    """A clock that was off is right again: its exception settles itself."""
    _settle_by_itself(connection, store_id, "clock_off", key, now_ms)


def settle_stock_counts(connection: Connection, store_id: str, keys: Sequence[str], *, now_ms: int) -> None:
    """Items were counted again: their exceptions settle themselves, where there are any."""
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        noted = select(EXCEPTION.c.key).where(
            EXCEPTION.c.store_id == store_id,
            EXCEPTION.c.kind == "stock_count",
            EXCEPTION.c.key.in_([stored_key(key) for key in keys[start : start + _KEYS_AT_ONCE]]),
        )
        for key in connection.execute(noted).scalars().all():
            _settle_by_itself(connection, store_id, "stock_count", key, now_ms)


def _settle_by_itself(connection: Connection, store_id: str, kind: str, key: str, now_ms: int) -> None:
    fields = {"store_id": store_id, "kind": kind, "key": key}
    _settle(connection, SETTLED_EXCEPTION, fields, who="", note="", now_ms=now_ms, outcome="by_itself")


def settle_lines(
    connection: Connection,
    keys: Sequence[LineKey],
    *,
    who: str,
    note: str,
    now_ms: int,
    outcome: str = "settled",
) -> int:
    """Settle quarantined lines with a note, on record; how many were still waiting and exist."""
    done = 0
    for key in sorted(set(keys)):
        if connection.execute(select(QUARANTINE.c.seq).where(*_at_line(key))).first() is None:
            continue
        fields = dict(zip(("store_id", "terminal_id", "epoch", "seq", "line_sha256"), key, strict=True))
        if _settle(connection, SETTLED_LINE, fields, who=who, note=note, now_ms=now_ms, outcome=outcome):
            act = "line_read" if outcome == "read" else "line_settled"
            _record(connection, key[0], act, line_name(key), who=who, note=note, now_ms=now_ms)
            done += 1
    return done


def line_name(key: LineKey) -> str:
    """How a quarantined line is called on record."""
    return f"{key[1]} {key[2]}:{key[3]} {key[4].hex()[:12]}"


def _settle(
    connection: Connection,
    table: Any,
    fields: Mapping[str, Any],
    *,
    who: str,
    note: str,
    now_ms: int,
    outcome: str = "settled",
) -> bool:
    """Whether this was the one that settled it: of two people at once one hears that it was done already."""
    values = {"outcome": outcome, "settled_by": who, "note": note[:NOTE_MOST_CHARS], "settled_at_ms": now_ms}
    settled = upsert(connection, table).values(**fields, **values).on_conflict_do_nothing()
    # Psycopg tells no count of rows for this.
    return connection.execute(settled.returning(table.c.store_id)).first() is not None


def _record(
    connection: Connection, store_id: str, act: str, subject: str, *, who: str, note: str, now_ms: int
) -> None:
    put_on_record(connection, store_id, who=who, act=act, subject=subject, note=note, now_ms=now_ms)


# ---------------------------------------------------------------------- handles
def _handle(parts: list[Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).rstrip(b"=").decode()


def exception_key(handle: str) -> ExceptionKey | None:
    """The exception that a page named, or None where the handle is none."""
    return cast(ExceptionKey | None, _read_handle(handle, tuple[_Word, _Word, _Word]))


def line_key(handle: str) -> LineKey | None:
    """The quarantined line that a page named, or None where the handle is none."""
    kind = tuple[_Word, _Word, _Number, _Number, bytes]
    return cast(LineKey | None, _read_handle(handle, kind))


def _read_handle(handle: str, kind: Any) -> Any:
    try:
        plain = base64.urlsafe_b64decode(handle.encode("ascii") + b"=" * (-len(handle) % 4))
        return msgspec.json.decode(plain, type=kind)
    except (ValueError, msgspec.DecodeError):
        return None
