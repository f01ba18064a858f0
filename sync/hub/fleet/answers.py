"""What programs of the shop's IT hear of the fleet as JSON: tills, exceptions, quarantined lines, statements.

Times are epoch milliseconds of the hub's clock, None for never. Fields may be added; readers ignore what they
do not know. `next` is what to ask with `after` for the rest, "" at the end.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec

from sync.hub.doubts.lists import ExceptionRow
from sync.hub.doubts.settling import LineRow
from sync.hub.fleet.fleet_reading import Till
from sync.hub.fleet.statements import Made

ROWS_MOST: Final = 500
HANDLES_MOST: Final = 500


class Credentials(msgspec.Struct, frozen=True):
    """Name and password of an account of the fleet page."""

    name: Annotated[str, msgspec.Meta(max_length=100)]
    password: Annotated[str, msgspec.Meta(max_length=400)]


class PersonSession(msgspec.Struct, frozen=True):
    """A token for the header Authorization; it ends when it is idle or old."""

    token: str
    idle_ms: int
    valid_ms: int


class TillState(msgspec.Struct, frozen=True):
    """How a till is; `oldest_age_ms` is how long the oldest record in its queue has waited."""

    store_id: str
    terminal_id: str
    set_up: bool
    online: bool
    last_seen_ms: int | None
    queue_length: int
    oldest_age_ms: int | None
    clock_offset_ms: int
    app_version: str
    system: str
    printer: str
    printer_detail: str
    items: int
    catalogue_updated_ms: int | None
    set_aside: int
    quarantined: int
    exceptions: int
    key: str


class TillPage(msgspec.Struct, frozen=True):
    """Tills by store and terminal."""

    tills: tuple[TillState, ...]
    next: str
    time_ms: int


class Doubt(msgspec.Struct, frozen=True):
    """One exception; `outcome` is "" while it waits, else `settled` or `by_itself`."""

    handle: str
    store_id: str
    terminal_id: str
    kind: str
    key: str
    detail: dict[str, Any]
    noted_at_ms: int
    outcome: str
    settled_by: str
    note: str
    settled_at_ms: int | None


class DoubtPage(msgspec.Struct, frozen=True):
    """Exceptions, the oldest first."""

    exceptions: tuple[Doubt, ...]
    next: str


class Line(msgspec.Struct, frozen=True):
    """One quarantined line without its bytes; `outcome` is "" while it waits, else `settled` or `read`."""

    handle: str
    store_id: str
    terminal_id: str
    epoch: int
    seq: int
    reason: str
    received_at_ms: int
    length: int
    outcome: str
    settled_by: str
    note: str
    settled_at_ms: int | None


class LinePage(msgspec.Struct, frozen=True):
    """Quarantined lines, the oldest first."""

    lines: tuple[Line, ...]
    next: str


class SettleRequest(msgspec.Struct, frozen=True):
    """Which ones to settle, by their handles, and why."""

    handles: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=HANDLES_MOST)]
    note: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class SettleReply(msgspec.Struct, frozen=True):
    """How many were settled by this; others were settled before, or do not exist."""

    settled: int


class StatementRequest(msgspec.Struct, frozen=True):
    """First and last business day, such as 2026-11-22."""

    first_day: str
    last_day: str


class StatementMark(msgspec.Struct, frozen=True):
    """A statement that was made."""

    statement_id: str
    first_day: str
    last_day: str
    complete: bool
    made_at_ms: int
    made_by: str


class StatementList(msgspec.Struct, frozen=True):
    """The newest statements of a store, the newest first."""

    statements: tuple[StatementMark, ...]


def till_state(till: Till, now_ms: int) -> TillState:
    """A till as programs hear of it."""
    shared = {name: getattr(till, name) for name in TillState.__struct_fields__ if hasattr(till, name)}
    waits = till.queue_length > 0 and till.oldest_ms is not None
    age_ms = max(0, now_ms - till.oldest_ms) if waits and till.oldest_ms is not None else None
    return TillState(**shared, set_up=till.is_set_up, online=till.is_online, oldest_age_ms=age_ms)


def doubt(row: ExceptionRow) -> Doubt:
    """An exception as programs hear of it."""
    shared = {name: getattr(row, name) for name in Doubt.__struct_fields__ if name != "detail"}
    return Doubt(**shared, detail=dict(row.detail))


def line(row: LineRow) -> Line:
    """A quarantined line as programs hear of it."""
    return Line(**{name: getattr(row, name) for name in Line.__struct_fields__})


def statement_mark(made: Made) -> StatementMark:
    """A statement as programs hear of it."""
    return StatementMark(**{name: getattr(made, name) for name in StatementMark.__struct_fields__})
