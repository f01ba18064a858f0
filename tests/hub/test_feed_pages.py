"""A follower of any stream ends with the hub's rows, whatever was put, deleted, forgotten and asked when."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.hub.database import Database
from sync.hub.feeds import feed
from sync.hub.feeds.feed import BadCursorError, UnknownCursorError, UnknownStreamError, read_feed
from sync.hub.feeds.streams import (
    changed_rows,
    forget_tombstones,
    heads,
    held_bodies,
    hold_streams,
    put_rows,
)
from sync.protocol.messages import FeedPage
from sync.protocol.versions import KNOWN_STREAMS, STREAM_ORDERS, STREAM_RECALLS

KEYS = st.sampled_from(["a", "b", "c", "d", "ä", "é" * 40])
BODIES = st.one_of(st.none(), st.integers(0, 9).map(lambda number: b'{"n":%d}' % number))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.lists(st.tuples(KEYS, BODIES), max_size=5)),
        st.tuples(st.just("forget"), st.just(())),
        st.tuples(st.just("pull"), st.integers(1, 3)),
        st.tuples(st.just("begin"), st.just(())),
    ),
    max_size=25,
)
#: Every example has a store of its own, so that the database is opened once.
STORES = (f"P{number}" for number in itertools.count(1))


class Till:
    """Rows as a follower keeps them; it lets go of all when it starts anew."""

    def __init__(self, database: Database, store_id: str) -> None:
        self._database = database
        self._store_id = store_id
        self.begin()

    def begin(self) -> None:
        """Start with nothing."""
        self.rows: dict[str, bytes] = {}
        self.cursor: str | None = None

    def pull(self, limit: int) -> bool:
        """Take a page; whether there is more."""
        try:
            page = page_of(self._database, self._store_id, after=self.cursor, limit=limit)
        except UnknownCursorError:
            self.begin()
            return True
        for change in page.changes:
            if change.kind == "delete":
                self.rows.pop(change.key, None)
            else:
                self.rows[change.key] = bytes(change.body)
        self.cursor = page.next_cursor
        return page.more


def page_of(
    database: Database,
    store_id: str,
    *,
    stream: str = STREAM_RECALLS,
    after: str | None = None,
    limit: int = 9,
) -> FeedPage:
    with database.reading() as connection:
        return read_feed(
            connection, database.feed_id, store_id=store_id, stream=stream, after=after, limit=limit
        )


@given(steps=STEPS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_follower_always_converges(hub_database: Database, steps: list[tuple[str, Any]]) -> None:
    store_id = next(STORES)
    held: dict[str, bytes] = {}
    till = Till(hub_database, store_id)
    for now_ms, (act, argument) in enumerate(steps, 1):
        if act == "pull":
            till.pull(argument)
        elif act == "begin":
            till.begin()
        else:
            with hub_database.writing() as connection:
                if act == "forget":
                    forget_tombstones(connection, store_id, now_ms)
                else:
                    put_rows(connection, store_id, STREAM_RECALLS, argument, now_ms)
                    # A neighbour's stream and another store's rows are nobody else's business.
                    put_rows(connection, store_id, STREAM_ORDERS, argument[:1], now_ms)
                    put_rows(connection, f"{store_id}x", STREAM_RECALLS, argument[:2], now_ms)
            for key, body in argument if act == "put" else ():
                held.pop(key, None)
                if body is not None:
                    held[key] = body
    asked = 0
    while till.pull(2):
        asked += 1
        assert asked < 20, "a follower must arrive"
    assert till.rows == held
    with hub_database.reading() as connection:
        assert heads(connection, store_id)[STREAM_RECALLS] == till.cursor
        assert held_bodies(connection, store_id, STREAM_RECALLS, [*held, "x"]) == held
    assert page_of(hub_database, store_id, after=till.cursor) == FeedPage((), till.cursor or "", False)


def put(database: Database, *rows: tuple[str, bytes | None], now_ms: int = 1) -> None:
    with database.writing() as connection:
        put_rows(connection, "S1", STREAM_RECALLS, rows, now_ms)


def test_who_missed_tombstones_starts_anew_and_then_goes_on(hub_database: Database) -> None:
    put(hub_database, ("a", b"1"), ("b", b"1"), ("c", b"1"))
    old = page_of(hub_database, "S1", limit=1).next_cursor
    put(hub_database, ("a", None), ("b", None))
    seen = page_of(hub_database, "S1").next_cursor
    with hub_database.writing() as connection:
        assert forget_tombstones(connection, "S1", 1) == 0, "made just now"
        assert forget_tombstones(connection, "S1", 2) == 2
        assert forget_tombstones(connection, "S1", 2) == 0
    with pytest.raises(UnknownCursorError):
        page_of(hub_database, "S1", after=old)
    assert page_of(hub_database, "S1", after=seen).changes == ()
    put(hub_database, ("d", b"1"))
    first = page_of(hub_database, "S1", limit=1)
    assert [change.key for change in first.changes] == ["c"]
    second = page_of(hub_database, "S1", after=first.next_cursor, limit=1)
    assert [change.key for change in second.changes] == ["d"], "who begins now is not sent back for ever"
    put(hub_database, ("d", None))
    with hub_database.writing() as connection:
        forget_tombstones(connection, "S1", 2)
    with pytest.raises(UnknownCursorError):
        page_of(hub_database, "S1", after=first.next_cursor, limit=1)


@pytest.mark.parametrize(
    ("cursor", "error"),
    [
        ("", BadCursorError),
        ("junk", BadCursorError),
        ("{}:1:", BadCursorError),
        ("{}:1:2:3", BadCursorError),
        ("{}:-1", BadCursorError),
        ("00ff:1", UnknownCursorError),
        ("{}:2", UnknownCursorError),
    ],
)
def test_cursors_are_told_apart(hub_database: Database, cursor: str, error: type[Exception]) -> None:
    put(hub_database, ("a", b"1"))
    with pytest.raises(error):
        page_of(hub_database, "S1", after=cursor.format(hub_database.feed_id))


def test_a_page_is_bounded_in_bytes_too(hub_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "PAGE_MAX_BYTES", 100)
    body = msgspec.json.encode({"x": "y" * 60})
    put(hub_database, ("a", body), ("b", body), ("c", msgspec.json.encode("z" * 300)), ("d", b"1"))
    sizes = []
    after, more = None, True
    while more:
        page = page_of(hub_database, "S1", after=after)
        after, more = page.next_cursor, page.more
        sizes.append(len(page.changes))
    assert sizes == [1, 1, 1, 1]


def test_rows_that_do_not_change_take_no_revision(hub_database: Database) -> None:
    put(hub_database, ("a", b"1"), ("b", b"1"))
    rows = [("a", b"1"), ("b", b"2"), ("c", b"1"), ("c", b"3"), ("d", None)]
    with hub_database.writing() as connection:
        assert changed_rows(connection, "S1", STREAM_RECALLS, rows) == [("b", b"2"), ("c", b"3")]
        assert put_rows(connection, "S1", STREAM_RECALLS, [], 2) == 0
        before = heads(connection, "S1")
        hold_streams(connection, "S1", KNOWN_STREAMS)
        assert heads(connection, "S1") == before


def test_a_stream_that_nobody_knows_is_refused(hub_database: Database) -> None:
    with pytest.raises(ValueError, match="no stream"), hub_database.writing() as connection:
        put_rows(connection, "S1", "weather", [("a", b"1")], 1)
    with pytest.raises(UnknownStreamError):
        page_of(hub_database, "S1", stream="weather")
