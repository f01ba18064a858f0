"""Folds what tills sold and moved into what is left of each item: exactly once, in whatever order it comes.

A level is the newest count and the sum of the moves after it; what happened before a count is in the count
already, however late it is heard of. An item that nobody counted has no level. Selling never waits for this:
it is done by a job, and a level below nothing is no refusal but something to count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, and_, bindparam, delete, exists, func, or_, select

from sync.hub.database import insert_rows
from sync.hub.doubts.exception_list import note_exception
from sync.hub.doubts.settling import settle_stock_counts
from sync.hub.feeds.streams import hold_streams, put_rows
from sync.hub.goods.stock_facts import MOVED_KIND, STOCK_KINDS, Move, moves_of
from sync.hub.jobs import Handler, Job, enqueue, handler_of
from sync.hub.schema.events import EVENT
from sync.hub.schema.feeds import JOB
from sync.hub.schema.stock import STOCK_LEVEL, STOCK_MOVE
from sync.protocol.versions import STREAM_STOCK

STOCK_JOB: Final = "stock"
#: Events read at once: the lines of a sale are many.
_EVENTS_AT_ONCE: Final = 500
_KEYS_AT_ONCE: Final = 5_000
#: Moves of items that nobody counted are kept this long for a count that comes late.
UNCOUNTED_KEPT_MS: Final = 30 * 86_400_000


class _Range(msgspec.Struct):
    """The body of a job: places in a terminal's order whose events are to be folded."""

    terminal_id: str
    epoch: int
    first: int
    last: int


_ENCODER: Final = msgspec.json.Encoder()
#: Whether a store has counted something, or may have: what waits to be folded may be its first count.
_HAS_USE: Final = select(
    or_(
        exists().where(STOCK_LEVEL.c.store_id == bindparam("store")),
        exists().where(JOB.c.store_id == bindparam("store"), JOB.c.kind == STOCK_JOB),
    )
)
#: A place in a terminal's order and the event there: forks share a place.
_Place = tuple[int, str]


@dataclass(slots=True)
class Level:
    """What is left of an item, and the count that it goes by."""

    sellable: int
    unit: str
    counted_at_ms: int
    counted_by: str


def wish_for_stock(
    connection: Connection, place: tuple[str, str, int], seqs: Sequence[int], *, only_sold: bool
) -> None:
    """Have the events of these places folded soon; part of the transaction that stored them.

    `only_sold`: none of them is more than a sale or a return, of no use to a shop that counts nothing.
    """
    store_id, terminal_id, epoch = place
    if not seqs or (only_sold and not connection.execute(_HAS_USE, {"store": store_id}).scalar()):
        return
    first, last = min(seqs), max(seqs)
    body = _ENCODER.encode(_Range(terminal_id, epoch, first, last))
    enqueue(connection, store_id, STOCK_JOB, f"{terminal_id}:{epoch}:{first}-{last}", body)


def stock_handler(now_ms: Callable[[], int]) -> Handler:
    """How a stock job is done; `now_ms` gives the hub's time."""

    def work(connection: Connection, job: Job) -> None:
        wanted = msgspec.json.decode(job.body, type=_Range)
        # Whoever folds first holds the others up, so that nobody folds the same events at the same time.
        hold_streams(connection, job.store_id, (STREAM_STOCK,))
        # A shop that never counted anything has no use for its sales here, and pays nothing for them.
        kinds = STOCK_KINDS if _counts_stock(connection, job.store_id) else (MOVED_KIND,)
        after: _Place | None = (wanted.first - 1, "")
        while after is not None:
            moves, after = _page(connection, job.store_id, wanted, after, kinds)
            fold(connection, job.store_id, moves, now_ms())

    return handler_of(work)


def _counts_stock(connection: Connection, store_id: str) -> bool:
    query = select(STOCK_LEVEL.c.sku).where(STOCK_LEVEL.c.store_id == store_id).limit(1)
    return connection.execute(query).first() is not None


def _page(
    connection: Connection, store_id: str, wanted: _Range, after: _Place, kinds: Sequence[str]
) -> tuple[list[Move], _Place | None]:
    """The moves in the next events, forks included, and the event to go on after (None: there is no more).

    What cannot be read moves nothing.
    """
    seq, event_id = after
    query = (
        select(EVENT.c.seq, EVENT.c.event_id, EVENT.c.line, EVENT.c.received_at_ms)
        .where(
            EVENT.c.store_id == store_id,
            EVENT.c.terminal_id == wanted.terminal_id,
            EVENT.c.epoch == wanted.epoch,
            EVENT.c.seq.between(seq, wanted.last),
            EVENT.c.kind.in_(kinds),
            or_(EVENT.c.seq > seq, EVENT.c.event_id > event_id),
        )
        .order_by(EVENT.c.seq, EVENT.c.event_id)
        .limit(_EVENTS_AT_ONCE)
    )
    rows = connection.execute(query).all()
    place = (store_id, wanted.terminal_id)
    moves: list[Move] = []
    for row in rows:
        moves += moves_of(connection, bytes(row.line), place, int(row.received_at_ms))
    return moves, (int(rows[-1].seq), rows[-1].event_id) if len(rows) == _EVENTS_AT_ONCE else None


def fold(connection: Connection, store_id: str, moves: Iterable[Move], now_ms: int) -> int:
    """Take moves into the levels, those that are known already not again; how many were new."""
    # Whoever changes levels writes this stream, so it is also what they queue up for.
    hold_streams(connection, store_id, (STREAM_STOCK,))
    fresh = _unknown(connection, store_id, moves)
    if not fresh:
        return 0
    insert_rows(
        connection,
        STOCK_MOVE,
        [
            (store_id, move.move_id, move.line_no, move.sku, move.quantity, move.unit, move.reason,
             move.terminal_id, move.reference, move.at_ms)
            for move in fresh
        ],
    )  # fmt: skip
    by_sku: defaultdict[str, list[Move]] = defaultdict(list)
    for move in fresh:
        by_sku[move.sku].append(move)
    held = levels(connection, store_id, tuple(by_sku))
    changed: dict[str, Level] = {}
    for sku, told in by_sku.items():
        before = held.get(sku)
        after = _folded(connection, store_id, before, told)
        if after is not None and after != before:
            changed[sku] = after
    _write(connection, store_id, held, changed, now_ms)
    return len(fresh)


def _unknown(connection: Connection, store_id: str, moves: Iterable[Move]) -> list[Move]:
    latest: dict[tuple[str, int], Move] = {}
    for move in moves:
        latest.setdefault((move.move_id, move.line_no), move)
    ids = list({move_id for move_id, _line_no in latest})
    known: set[tuple[str, int]] = set()
    for start in range(0, len(ids), _KEYS_AT_ONCE):
        query = select(STOCK_MOVE.c.move_id, STOCK_MOVE.c.line_no).where(
            STOCK_MOVE.c.store_id == store_id, STOCK_MOVE.c.move_id.in_(ids[start : start + _KEYS_AT_ONCE])
        )
        known.update((move_id, int(line_no)) for move_id, line_no in connection.execute(query))
    return [move for key, move in latest.items() if key not in known]


def levels(connection: Connection, store_id: str, skus: Sequence[str] | None = None) -> dict[str, Level]:
    """The levels of these items (all by default); an item that nobody counted is left out."""
    query = select(STOCK_LEVEL).where(STOCK_LEVEL.c.store_id == store_id).order_by(STOCK_LEVEL.c.sku)
    if skus is None:
        return {row.sku: _level(row) for row in connection.execute(query)}
    found: dict[str, Level] = {}
    for start in range(0, len(skus), _KEYS_AT_ONCE):
        some = query.where(STOCK_LEVEL.c.sku.in_(skus[start : start + _KEYS_AT_ONCE]))
        found.update((row.sku, _level(row)) for row in connection.execute(some))
    return found


def _level(row: Any) -> Level:
    return Level(int(row.sellable), row.unit, int(row.counted_at_ms), row.counted_by)


def _folded(connection: Connection, store_id: str, before: Level | None, told: list[Move]) -> Level | None:
    counts = [move for move in told if move.is_count]
    newest = max(counts, key=lambda move: (move.at_ms, move.move_id), default=None)
    if newest is not None and (before is None or _is_newer(newest, before)):
        since = select(func.coalesce(func.sum(STOCK_MOVE.c.quantity), 0)).where(
            STOCK_MOVE.c.store_id == store_id,
            STOCK_MOVE.c.sku == newest.sku,
            STOCK_MOVE.c.at_ms > newest.at_ms,
            STOCK_MOVE.c.reason != "count",
        )
        moved = int(connection.execute(since).scalar_one())
        return Level(newest.quantity + moved, newest.unit, newest.at_ms, newest.move_id)
    if before is None:
        return None
    later = [move for move in told if not move.is_count and move.at_ms > before.counted_at_ms]
    sellable = before.sellable + sum(move.quantity for move in later)
    return Level(sellable, before.unit, before.counted_at_ms, before.counted_by)


def _is_newer(count: Move, level: Level) -> bool:
    return (count.at_ms, count.move_id) > (level.counted_at_ms, level.counted_by)


def _write(
    connection: Connection, store_id: str, held: dict[str, Level], changed: dict[str, Level], now_ms: int
) -> None:
    columns = [
        (store_id, sku, level.sellable, level.unit, level.counted_at_ms, level.counted_by, now_ms)
        for sku, level in changed.items()
    ]
    insert_rows(connection, STOCK_LEVEL, columns, replace=True)
    rows: list[tuple[str, bytes | None]] = []
    for sku, level in changed.items():
        body = {"sku": sku, "sellable": level.sellable, "unit": level.unit, "as_of_ms": now_ms}
        rows.append((sku, _ENCODER.encode(body)))
        was = held.get(sku)
        if level.sellable < 0 and (was is None or was.sellable >= 0 or was.counted_by != level.counted_by):
            # Named with its count: counted again and short again is a task of its own.
            note_exception(
                connection,
                store_id,
                "stock_count",
                f"{sku}:{level.counted_at_ms}",
                detail={"sku": sku, "sellable": level.sellable, "unit": level.unit},
                now_ms=now_ms,
            )
    put_rows(connection, store_id, STREAM_STOCK, rows, now_ms)
    counted = [
        f"{sku}:{was.counted_at_ms}" for sku, was in held.items() if _was_counted(was, changed.get(sku))
    ]
    settle_stock_counts(connection, store_id, counted, now_ms=now_ms)


def _was_counted(before: Level, after: Level | None) -> bool:
    return after is not None and after.counted_by != before.counted_by


def forget_moves(connection: Connection, store_id: str, now_ms: int) -> int:
    """Remove moves that no level needs any more; how many there were.

    What a count covers changes nothing, should it ever be told again. Moves of items that nobody counted
    stay for `UNCOUNTED_KEPT_MS`.
    """
    level = select(STOCK_LEVEL.c.sku).where(
        STOCK_LEVEL.c.store_id == store_id, STOCK_LEVEL.c.sku == STOCK_MOVE.c.sku
    )
    covered = level.where(STOCK_LEVEL.c.counted_at_ms >= STOCK_MOVE.c.at_ms).exists()
    old = and_(STOCK_MOVE.c.at_ms < now_ms - UNCOUNTED_KEPT_MS, ~level.exists())
    gone = delete(STOCK_MOVE).where(STOCK_MOVE.c.store_id == store_id, or_(covered, old))
    return int(connection.execute(gone).rowcount)
