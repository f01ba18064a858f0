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
from sqlalchemy import BindParameter, Connection, Select, and_, exists, func, select

from sync.hub.database import upsert
from sync.hub.doubts.exception_list import Kind, stored_key
from sync.hub.doubts.record import put_on_record
from sync.hub.schema.events import EXCEPTION, QUARANTINE
from sync.hub.schema.status import SETTLED_EXCEPTION, SETTLED_LINE
from sync.protocol.codec import SEQ_MAX

NOTE_MOST_CHARS: Final = 300
_KEYS_AT_ONCE: Final = 5_000

LineKey = tuple[str, str, int, int, bytes]
ExceptionKey = tuple[str, str, str]
#: A store or a terminal: its id, or the parameter that stands for it; None for all.
Place = str | BindParameter[Any] | None
#: As handles may say them: nothing that a database could not hold.
_Word = Annotated[str, msgspec.Meta(max_length=300, pattern=r"^[^\x00]*$")]
_Number = Annotated[int, msgspec.Meta(ge=0, le=SEQ_MAX)]

SETTLED_FIELDS = ("outcome", "settled_by", "note", "settled_at_ms")


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
        return handle_of([self.store_id, self.terminal_id, self.epoch, self.seq, self.line_sha256])


# ---------------------------------------------------------------------- those that wait
IS_EXCEPTION_SETTLED: Final = and_(
    SETTLED_EXCEPTION.c.store_id == EXCEPTION.c.store_id,
    SETTLED_EXCEPTION.c.kind == EXCEPTION.c.kind,
    SETTLED_EXCEPTION.c.key == EXCEPTION.c.key,
)
IS_LINE_SETTLED: Final = and_(
    *(
        SETTLED_LINE.c[name] == QUARANTINE.c[name]
        for name in ("store_id", "terminal_id", "epoch", "seq", "line_sha256")
    )
)


def open_exceptions(
    store_id: Place = None, terminal_id: Place = None, kind: Kind | None = None
) -> Select[Any]:
    """Store and terminal of each exception that waits, of all or of one store, terminal or kind."""
    query = select(EXCEPTION.c.store_id, EXCEPTION.c.terminal_id).where(~exists().where(IS_EXCEPTION_SETTLED))
    if kind is not None:
        query = query.where(EXCEPTION.c.kind == kind)
    return _of_place(query, EXCEPTION.c, store_id, terminal_id)


def open_quarantine(store_id: Place = None, terminal_id: Place = None) -> Select[Any]:
    """Store and terminal of each quarantined line that waits, of all or of one store or terminal."""
    query = select(QUARANTINE.c.store_id, QUARANTINE.c.terminal_id).where(~exists().where(IS_LINE_SETTLED))
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


# ---------------------------------------------------------------------- lines
def one_line(connection: Connection, key: LineKey) -> tuple[LineRow, bytes] | None:
    """A quarantined line and its exact bytes, or None."""
    row = connection.execute(line_rows().where(*_at_line(key))).one_or_none()
    if row is None:
        return None
    content = connection.execute(select(QUARANTINE.c.line).where(*_at_line(key))).scalar_one()
    return line_of(row), bytes(content)


LINE_KEY: Final = [QUARANTINE.c[name] for name in ("store_id", "terminal_id", "epoch", "seq", "line_sha256")]


def line_rows() -> Select[Any]:
    """Quarantined lines without their bytes, with how they were settled."""
    return select(
        *LINE_KEY,
        QUARANTINE.c.reason,
        QUARANTINE.c.received_at_ms,
        func.length(QUARANTINE.c.line).label("length"),
        *(SETTLED_LINE.c[name] for name in SETTLED_FIELDS),
    ).select_from(QUARANTINE.outerjoin(SETTLED_LINE, IS_LINE_SETTLED))


def _at_line(key: LineKey) -> list[Any]:
    return [column == value for column, value in zip(LINE_KEY, key, strict=True)]


def line_of(row: Any) -> LineRow:
    """A row of `line_rows`."""
    return LineRow(
        row.store_id,
        row.terminal_id,
        row.epoch,
        row.seq,
        bytes(row.line_sha256),
        row.reason,
        row.received_at_ms,
        row.length,
        *settled_of(row),
    )


def settled_of(row: Any) -> tuple[str, str, str, int | None]:
    """How a row was settled: outcome, by whom, note, when."""
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
def handle_of(parts: list[Any]) -> str:
    """What stands for a key on a page and in an address."""
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
