"""Writes rows of streams so that no follower can miss one, and tells where each stream stands.

A revision is taken by changing the stream's head, and the head stays locked until the transaction ends: the
next writer of the same stream waits, so revisions are committed in their order and whoever has seen one has
seen all before it. Writers of several streams take them in the order of `KNOWN_STREAMS`, or they could wait
for each other for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection, delete, func, select, update

from sync.hub.database import insert_rows, upsert
from sync.hub.schema.events import HUB
from sync.hub.schema.feeds import FEED_ROW, STREAM_HEAD
from sync.protocol.versions import KNOWN_STREAMS

#: Keys of one question to the database.
_KEYS_AT_ONCE: Final = 5_000

Row = tuple[str, bytes | None]


def put_rows(connection: Connection, store_id: str, stream: str, rows: Iterable[Row], now_ms: int) -> int:
    """Give each row (its key, its JSON body or None to delete it) a new revision; how many there were.

    Of rows of one key the last counts. Bodies are taken as they are: who does not know whether a row changed
    asks `changed_rows` first.
    """
    latest = dict(rows)
    if not latest:
        return 0
    first = _take(connection, store_id, stream, len(latest)) - len(latest) + 1
    numbered = [
        (store_id, stream, key, rev, int(body is None), now_ms, body or b"")
        for rev, (key, body) in enumerate(latest.items(), first)
    ]
    insert_rows(connection, FEED_ROW, numbered, replace=True)
    return len(latest)


def changed_rows(connection: Connection, store_id: str, stream: str, rows: Iterable[Row]) -> list[Row]:
    """Those of the rows that differ from what the stream holds; the stream is held from here on."""
    latest = dict(rows)
    hold_streams(connection, store_id, (stream,))
    held = held_bodies(connection, store_id, stream, tuple(latest))
    return [(key, body) for key, body in latest.items() if held.get(key) != body]


def hold_streams(connection: Connection, store_id: str, streams: Iterable[str]) -> None:
    """Let nobody else write these streams of a store until the transaction ends."""
    wanted = set(streams)
    for stream in KNOWN_STREAMS:
        if stream in wanted:
            _take(connection, store_id, stream, 0)


def held_bodies(connection: Connection, store_id: str, stream: str, keys: Sequence[str]) -> dict[str, bytes]:
    """The bodies that a stream holds for these keys; keys that it does not hold, or no more, are left out."""
    held: dict[str, bytes] = {}
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        query = select(FEED_ROW.c.key, FEED_ROW.c.body).where(
            FEED_ROW.c.store_id == store_id,
            FEED_ROW.c.stream == stream,
            FEED_ROW.c.deleted == 0,
            FEED_ROW.c.key.in_(keys[start : start + _KEYS_AT_ONCE]),
        )
        held.update((key, bytes(body)) for key, body in connection.execute(query))
    return held


def heads(connection: Connection, store_id: str) -> dict[str, str]:
    """Where each stream of a store stands: the cursor of a follower that has seen everything."""
    feed_id = connection.execute(select(HUB.c.feed_id)).scalar_one()
    query = select(STREAM_HEAD.c.stream, STREAM_HEAD.c.rev).where(STREAM_HEAD.c.store_id == store_id)
    revs = {row.stream: row.rev for row in connection.execute(query)}
    return {stream: cursor_of(feed_id, revs.get(stream, 0)) for stream in KNOWN_STREAMS}


def cursor_of(feed_id: str, rev: int) -> str:
    """The cursor of a follower that has seen a stream up to a revision."""
    return f"{feed_id}:{rev}"


def forget_tombstones(connection: Connection, store_id: str, before_ms: int) -> int:
    """Remove tombstones made before a time (epoch milliseconds); how many there were.

    Followers that have not seen them start their stream anew.
    """
    forgotten = 0
    for stream in KNOWN_STREAMS:
        old = (
            FEED_ROW.c.store_id == store_id,
            FEED_ROW.c.stream == stream,
            FEED_ROW.c.deleted == 1,
            FEED_ROW.c.changed_at_ms < before_ms,
        )
        if connection.execute(select(FEED_ROW.c.rev).where(*old).limit(1)).first() is None:
            continue
        hold_streams(connection, store_id, (stream,))
        newest = connection.execute(select(func.max(FEED_ROW.c.rev)).where(*old)).scalar_one()
        forgotten += connection.execute(delete(FEED_ROW).where(*old)).rowcount
        head = (STREAM_HEAD.c.store_id == store_id, STREAM_HEAD.c.stream == stream)
        # A clock that went back must not lower it.
        higher = update(STREAM_HEAD).where(*head, STREAM_HEAD.c.forgotten_through < newest)
        connection.execute(higher.values(forgotten_through=newest))
    return forgotten


def _take(connection: Connection, store_id: str, stream: str, count: int) -> int:
    """Take `count` revisions of a stream, which is held from here on; returns the last of them."""
    if stream not in KNOWN_STREAMS:
        raise ValueError(f"there is no stream {stream!r}")
    statement = upsert(connection, STREAM_HEAD).values(
        store_id=store_id, stream=stream, rev=count, forgotten_through=0
    )
    taken = statement.on_conflict_do_update(
        index_elements=["store_id", "stream"], set_={"rev": STREAM_HEAD.c.rev + count}
    ).returning(STREAM_HEAD.c.rev)
    return int(connection.execute(taken).scalar_one())
