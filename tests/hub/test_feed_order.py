"""A follower that polls while many write misses no row; the feed that everybody writes first does.

The naive one takes its numbers from a sequence and remembers the highest seen: a number taken early and
committed late is never looked at again. It stands beside ours, under the same load, to show that this test
can find what it looks for.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from sync.hub.database import Database
from sync.hub.feeds.feed import read_feed
from sync.hub.feeds.streams import put_rows
from sync.protocol.versions import STREAM_MEMBERS

WRITERS = 8
COMMITS = 40
NOW_MS = 1_780_000_000_000

Write = Callable[[int, list[str], float], None]
Read = Callable[[], list[str]]


def follow_while_writing(write: Write, read: Read, *, seed: int) -> tuple[list[str], list[str]]:
    """Keys written, and keys that one follower saw, in the order in which it saw them."""
    done = threading.Event()
    seen: list[str] = []

    def follow() -> None:
        last = False
        while not last:
            # One more look after the last commit: what is missed then is missed for ever.
            last = done.is_set()
            found = read()
            seen.extend(found)
            last = last and not found

    def work(writer: int) -> list[str]:
        chance = random.Random(seed * 1_000 + writer)
        written = []
        for number in range(COMMITS):
            keys = [f"{writer}-{number}-{part}" for part in range(chance.randint(1, 4))]
            write(writer, keys, chance.choice((0.0, 0.0, 0.001, 0.003)))
            written += keys
        return written

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        follower = pool.submit(follow)
        try:
            written = [key for keys in pool.map(work, range(WRITERS)) for key in keys]
        finally:
            done.set()
        follower.result(60)
    return written, seen


def dawdle(pause_s: float) -> None:
    """Let others overtake between taking a number and committing it."""
    if pause_s:
        threading.Event().wait(pause_s)


class Follower:
    """Reads a store's stream page by page, from where it stopped."""

    def __init__(self, database: Database, stream: str = STREAM_MEMBERS, store_id: str = "S1") -> None:
        self._database = database
        self._place = {"store_id": store_id, "stream": stream}
        self.cursor: str | None = None
        self.revs: list[int] = []

    def __call__(self) -> list[str]:
        with self._database.reading() as connection:
            page = read_feed(connection, self._database.feed_id, after=self.cursor, limit=7, **self._place)
        self.cursor = page.next_cursor
        self.revs += [change.rev for change in page.changes]
        return [change.key for change in page.changes]


def test_a_follower_misses_nothing_under_eight_writers(hub_database: Database) -> None:
    def write(_writer: int, keys: list[str], pause_s: float) -> None:
        with hub_database.writing() as connection:
            put_rows(connection, "S1", STREAM_MEMBERS, [(key, b"1") for key in keys], NOW_MS)
            dawdle(pause_s)

    follower = Follower(hub_database)
    written, seen = follow_while_writing(write, follower, seed=1)
    assert sorted(seen) == sorted(written), "each once"
    assert follower.revs == sorted(set(follower.revs))


def test_writers_of_several_streams_do_not_wait_for_each_other_for_ever(hub_database: Database) -> None:
    streams = ("members", "orders")

    def write(writer: int, keys: list[str], pause_s: float) -> None:
        with hub_database.writing() as connection:
            for stream in streams[: 1 + writer % 2]:
                put_rows(connection, "S1", stream, [(key, b"1") for key in keys], NOW_MS)
            dawdle(pause_s)

    written, seen = follow_while_writing(write, Follower(hub_database), seed=2)
    assert sorted(seen) == sorted(written)


def test_a_watermark_over_a_sequence_loses_rows(hub_database: Database) -> None:
    """The planted mutant: without it the tests above could be blind."""
    many_write_at_once = hub_database.dialect == "postgresql"
    kind = "bigserial" if many_write_at_once else "INTEGER"
    with hub_database.writing() as connection:
        connection.execute(text(f"CREATE TABLE naive (rev {kind} PRIMARY KEY, key text NOT NULL)"))

    def write(_writer: int, keys: list[str], pause_s: float) -> None:
        with hub_database.writing() as connection:
            for key in keys:
                connection.execute(text("INSERT INTO naive (key) VALUES (:key)"), {"key": key})
            dawdle(pause_s)

    watermark = 0

    def read() -> list[str]:
        nonlocal watermark
        with hub_database.reading() as connection:
            rows = connection.execute(
                text("SELECT rev, key FROM naive WHERE rev > :mark ORDER BY rev LIMIT 7"), {"mark": watermark}
            ).all()
        watermark = rows[-1].rev if rows else watermark
        return [row.key for row in rows]

    written, seen = follow_while_writing(write, read, seed=1)
    assert len(seen) == len(set(seen))
    if many_write_at_once:
        assert set(seen) < set(written), "the naive feed must be seen to lose rows here"
    else:
        assert set(seen) == set(written), "SQLite's one writer at a time hides the mistake"
