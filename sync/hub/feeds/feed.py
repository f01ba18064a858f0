"""Hands out what is new in a stream, page by page, behind an opaque cursor.

Revisions are committed in their order (see `streams`), so no reader overtakes a writer. A cursor of another
life of this hub, one ahead of it, and one from before tombstones that are gone are told apart from those that
nobody gave out: with the former a stream starts anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from sync.hub.feeds.streams import cursor_of
from sync.hub.schema.feeds import FEED_ROW, STREAM_HEAD
from sync.protocol.messages import Change, FeedPage
from sync.protocol.versions import KNOWN_STREAMS

#: Bodies of one page; at least one row goes out, however large.
PAGE_MAX_BYTES: Final = 4 * 1024 * 1024
_ROWS_AT_ONCE: Final = 500
_CURSOR: Final = re.compile(r"([0-9a-f]{1,32}):([0-9]{1,18})(?::([0-9]{1,18}))?")


class BadCursorError(ValueError):
    """A cursor that no hub has given out."""


class UnknownCursorError(Exception):
    """A cursor that this hub cannot go on from; the stream has to start anew."""


class UnknownStreamError(Exception):
    """A stream that this hub does not have."""


@dataclass(frozen=True, slots=True)
class _Position:
    """What a follower has seen; `begun_at` is what was forgotten when it began, where that matters."""

    rev: int
    begun_at: int | None


def read_feed(
    connection: Connection, feed_id: str, *, store_id: str, stream: str, after: str | None, limit: int
) -> FeedPage:
    """The changes of a store's stream after a cursor, at most `limit` of them."""
    if stream not in KNOWN_STREAMS:
        raise UnknownStreamError(stream)
    head = connection.execute(
        select(STREAM_HEAD.c.rev, STREAM_HEAD.c.forgotten_through).where(
            STREAM_HEAD.c.store_id == store_id, STREAM_HEAD.c.stream == stream
        )
    ).one_or_none()
    newest, forgotten = (0, 0) if head is None else (int(head.rev), int(head.forgotten_through))
    position = _Position(0, None) if after is None else _position(after, feed_id)
    # Who has seen nothing misses no tombstone, and neither does one that began after they were gone.
    missed = 0 < position.rev < forgotten and position.begun_at != forgotten
    if position.rev > newest or missed:
        raise UnknownCursorError(stream)
    query = (
        select(FEED_ROW.c.key, FEED_ROW.c.rev, FEED_ROW.c.deleted, FEED_ROW.c.body)
        .where(FEED_ROW.c.store_id == store_id, FEED_ROW.c.stream == stream, FEED_ROW.c.rev > position.rev)
        .order_by(FEED_ROW.c.rev)
        .limit(limit + 1)
    )
    with connection.execute(query, execution_options={"yield_per": min(limit + 1, _ROWS_AT_ONCE)}) as rows:
        changes, more = _bounded(rows, limit)
    # The head was read first: up to it everything was there to be read.
    seen = changes[-1].rev if more else max(newest, changes[-1].rev if changes else 0)
    cursor = cursor_of(feed_id, seen)
    return FeedPage(changes, f"{cursor}:{forgotten}" if seen < forgotten else cursor, more)


def _position(cursor: str, feed_id: str) -> _Position:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise BadCursorError("no cursor of this hub")
    if match[1] != feed_id:
        raise UnknownCursorError(match[1])
    return _Position(int(match[2]), None if match[3] is None else int(match[3]))


def _bounded(rows: Iterable[Any], limit: int) -> tuple[tuple[Change, ...], bool]:
    """The changes that fit on a page, and whether there are more."""
    changes: list[Change] = []
    size = 0
    for key, rev, deleted, body in rows:
        size += len(body)
        if len(changes) == limit or (changes and size > PAGE_MAX_BYTES):
            return tuple(changes), True
        changes.append(
            Change("delete", key, rev) if deleted else Change("upsert", key, rev, msgspec.Raw(body))
        )
    return tuple(changes), False
