"""Takes in what terminals say of themselves and answers how the hub stands to them.

Reports come every few seconds from thousands of tills, so those that arrive together are written together:
whoever gets the lock writes for all who wait. A report that is lost in a crash comes again with the next
round, so on PostgreSQL its commit does not wait for the disk. Texts from tills are cut and cleaned here, at
the door.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Select, bindparam, func, select, text

from sync.hub.database import Database, upsert
from sync.hub.doubts.exception_list import note_exception
from sync.hub.doubts.settling import open_exceptions, open_quarantine, settle_clock
from sync.hub.feeds.streams import cursor_of
from sync.hub.schema.events import PROGRESS, TERMINAL_NUMBERS
from sync.hub.schema.feeds import STREAM_HEAD
from sync.hub.schema.status import TERMINAL_STATUS
from sync.protocol.codec import SEQ_MAX
from sync.protocol.messages import EpochMark, StatusReply, StatusReport
from sync.protocol.versions import EPOCH_MARKS_MAX, KNOWN_STREAMS

#: A clock this far off makes time codes and business dates doubtful.
CLOCK_OFF_MS: Final = 120_000
TEXT_MOST_CHARS: Final = 120


class ReportError(ValueError):
    """A report that holds what no terminal can mean; the text names the field."""


@dataclass(slots=True)
class _Waiting:
    """A report on its way into the database."""

    store_id: str
    terminal_id: str
    report: StatusReport
    now_ms: int
    is_done: bool = False
    trouble: Exception | None = None


class StatusBoard:
    """The door for reports; safe to use from any thread."""

    def __init__(self, database: Database, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms
        self._waiting: list[_Waiting] = []
        self._list_lock = threading.Lock()
        self._write_lock = threading.Lock()

    def take(self, store_id: str, terminal_id: str, report: StatusReport) -> StatusReply:
        """Keep a report and answer it; raises ReportError."""
        mine = _Waiting(store_id, terminal_id, checked(report), self._now_ms())
        with self._list_lock:
            self._waiting.append(mine)
        with self._write_lock:
            if not mine.is_done:
                self._write_all()
        if mine.trouble is not None:
            raise mine.trouble
        with self._database.reading() as connection:
            return reply_to(
                connection, store_id, terminal_id, hub_id=self._database.feed_id, now_ms=self._now_ms()
            )

    def _write_all(self) -> None:
        with self._list_lock:
            taken, self._waiting = self._waiting, []
        try:
            with self._database.writing() as connection:
                if self._database.dialect == "postgresql":
                    connection.execute(text("SET LOCAL synchronous_commit = off"))
                write_reports(connection, taken)
        except Exception as trouble:
            for one in taken:
                one.trouble = trouble
            raise
        finally:
            for one in taken:
                one.is_done = True


def checked(report: StatusReport) -> StatusReport:
    """The report with its texts cut and cleaned; raises ReportError where a number is out of bounds."""
    changes: dict[str, Any] = {}
    for name in StatusReport.__struct_fields__:
        value = getattr(report, name)
        if isinstance(value, str):
            changes[name] = cleaned(value)
        elif value is not None and not 0 <= value <= SEQ_MAX:
            raise ReportError(f"{name} is out of bounds")
    return msgspec.structs.replace(report, **changes)


def cleaned(words: str) -> str:
    """A short text without control characters, which neither a database nor a page can hold whole."""
    return "".join(one for one in words if one.isprintable())[:TEXT_MOST_CHARS]


#: By database, put together once.
_PUT: Final[dict[str, Any]] = {}


def write_reports(connection: Connection, waiting: Sequence[_Waiting]) -> None:
    """Write reports down, the last one of each terminal, and note clocks that are off or right again."""
    newest = {(one.store_id, one.terminal_id): one for one in waiting}
    # In one order everywhere, so that two processes of the hub never wait for each other.
    rows = [_row(connection, newest[place]) for place in sorted(newest)]
    statement = _PUT.get(connection.dialect.name)
    if statement is None:
        row = upsert(connection, TERMINAL_STATUS)
        names = [column.name for column in TERMINAL_STATUS.c if not column.primary_key]
        changed = {name: row.excluded[name] for name in names}
        statement = row.on_conflict_do_update(index_elements=["store_id", "terminal_id"], set_=changed)
        _PUT[connection.dialect.name] = statement
    connection.execute(statement, rows)


_CLOCK_OFF_SINCE: Final = select(TERMINAL_STATUS.c.clock_off_since_ms).where(
    TERMINAL_STATUS.c.store_id == bindparam("store"), TERMINAL_STATUS.c.terminal_id == bindparam("terminal")
)


def _row(connection: Connection, one: _Waiting) -> dict[str, Any]:
    report = one.report
    offset_ms = report.clock_ms - one.now_ms
    since_ms = connection.execute(
        _CLOCK_OFF_SINCE, {"store": one.store_id, "terminal": one.terminal_id}
    ).scalar()
    is_off = abs(offset_ms) > CLOCK_OFF_MS
    if is_off and since_ms is None:
        since_ms = one.now_ms
        note_exception(
            connection,
            one.store_id,
            "clock_off",
            f"{one.terminal_id}:{since_ms}",
            terminal_id=one.terminal_id,
            detail={"clock_offset_ms": offset_ms},
            now_ms=one.now_ms,
        )
    elif not is_off and since_ms is not None:
        settle_clock(connection, one.store_id, f"{one.terminal_id}:{since_ms}", now_ms=one.now_ms)
        since_ms = None
    return {
        "store_id": one.store_id,
        "terminal_id": one.terminal_id,
        "last_seen_ms": one.now_ms,
        "clock_offset_ms": offset_ms,
        "clock_off_since_ms": since_ms,
        "epoch": report.epoch,
        "seq": report.seq,
        "queue_length": report.queue_length,
        "oldest_ms": report.oldest_ms,
        "app_version": report.app_version,
        "printer": report.printer,
        "printer_detail": report.printer_detail,
        "system": report.system,
        "items": report.items,
        "catalogue_updated_ms": report.catalogue_updated_ms,
        "quarantined": report.quarantined,
    }


_MARKS: Final = (
    select(PROGRESS.c.epoch, PROGRESS.c.acked_through, PROGRESS.c.backed_up_through, PROGRESS.c.chain)
    .where(PROGRESS.c.store_id == bindparam("store"), PROGRESS.c.terminal_id == bindparam("terminal"))
    # The newest: a terminal takes an epoch that is older than all of a full list for left out, not for lost.
    .order_by(PROGRESS.c.epoch.desc())
    .limit(EPOCH_MARKS_MAX)
)
_HERE: Final[dict[str, Any]] = {"store_id": bindparam("store"), "terminal_id": bindparam("terminal")}


def _number_of(name: str) -> Any:
    at_place = (TERMINAL_NUMBERS.c[column] == value for column, value in _HERE.items())
    return select(TERMINAL_NUMBERS.c[name]).where(*at_place).scalar_subquery()


def _count_of(waiting: Select[Any]) -> Any:
    return select(func.count()).select_from(waiting.subquery()).scalar_subquery()


#: Statements are put together once: that takes longer than the database does to answer them.
_FIGURES: Final = select(
    _number_of("receipt_seq").label("receipt_seq"),
    _number_of("shift_number").label("shift_number"),
    _count_of(open_quarantine(**_HERE)).label("quarantined"),
    _count_of(open_exceptions(**_HERE)).label("exceptions"),
)
_HEADS: Final = select(STREAM_HEAD.c.stream, STREAM_HEAD.c.rev).where(
    STREAM_HEAD.c.store_id == bindparam("store")
)


def reply_to(
    connection: Connection, store_id: str, terminal_id: str, *, hub_id: str, now_ms: int
) -> StatusReply:
    """How the hub stands to a terminal now."""
    place = {"store": store_id, "terminal": terminal_id}
    figures = connection.execute(_FIGURES, place).one()
    revs = {row.stream: row.rev for row in connection.execute(_HEADS, {"store": store_id})}
    return StatusReply(
        hub_id=hub_id,
        time_ms=now_ms,
        marks=tuple(
            EpochMark(epoch, acked, backed, "" if chain is None else bytes(chain).hex())
            for epoch, acked, backed, chain in connection.execute(_MARKS, place)
        ),
        receipt_seq=figures.receipt_seq or 0,
        shift_number=figures.shift_number or 0,
        heads={stream: cursor_of(hub_id, revs.get(stream, 0)) for stream in KNOWN_STREAMS},
        quarantined=figures.quarantined,
        exceptions=figures.exceptions,
    )
