"""Hands out what is new in a stream, page by page, behind an opaque cursor.

Revisions are given inside the one write transaction at a time that this database allows, so their order
is the order of commits and no reader can overtake a writer. A cursor of another database, or one ahead
of this one, means that the hub was restored: the stream then starts anew.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from sync.hub.tables import ITEM, STORE
from sync.protocol.messages import Change, FeedPage
from sync.protocol.versions import KNOWN_STREAMS, SETTINGS_KEY, STREAM_CATALOGUE, STREAM_SETTINGS

_CURSOR: Final = re.compile(r"([0-9a-f]{1,32}):([0-9]{1,18})")


class BadCursorError(ValueError):
    """A cursor that no hub has given out."""


class UnknownCursorError(Exception):
    """A cursor of another life of this hub; the stream has to start anew."""


class UnknownStreamError(Exception):
    """A stream that this hub does not have."""


def read_feed(
    connection: Connection, feed_id: str, *, store_id: str, stream: str, after: str | None, limit: int
) -> FeedPage:
    """The changes of a store's stream after a cursor, at most `limit` of them."""
    if stream not in KNOWN_STREAMS:
        raise UnknownStreamError(stream)
    position = 0 if after is None else _position(after, feed_id)
    if stream not in (STREAM_SETTINGS, STREAM_CATALOGUE):
        if position:
            raise UnknownCursorError(stream)
        return FeedPage((), f"{feed_id}:0", False)
    row = connection.execute(
        select(STORE.c.settings_rev, STORE.c.catalogue_rev, STORE.c.settings).where(
            STORE.c.store_id == store_id
        )
    ).one()
    newest = row.settings_rev if stream == STREAM_SETTINGS else row.catalogue_rev
    if position > newest:
        raise UnknownCursorError(stream)
    if stream == STREAM_SETTINGS:
        change = Change("upsert", SETTINGS_KEY, newest, msgspec.Raw(row.settings))
        changes: tuple[Change, ...] = (change,) if position < newest else ()
        more = False
    else:
        changes, more = _item_changes(connection, store_id, position=position, limit=limit)
        newest = changes[-1].rev if more else newest
    return FeedPage(changes, f"{feed_id}:{newest}", more)


def _position(cursor: str, feed_id: str) -> int:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise BadCursorError("no cursor of this hub")
    if match[1] != feed_id:
        raise UnknownCursorError(match[1])
    return int(match[2])


def _item_changes(
    connection: Connection, store_id: str, *, position: int, limit: int
) -> tuple[tuple[Change, ...], bool]:
    query = (
        select(ITEM.c.sku, ITEM.c.rev, ITEM.c.deleted, ITEM.c.body)
        .where(ITEM.c.store_id == store_id, ITEM.c.rev > position)
        .order_by(ITEM.c.rev)
        .limit(limit + 1)
    )
    rows = connection.execute(query).all()
    changes = tuple(
        Change("delete", row.sku, row.rev)
        if row.deleted
        else Change("upsert", row.sku, row.rev, msgspec.Raw(row.body))
        for row in rows[:limit]
    )
    return changes, len(rows) > limit
