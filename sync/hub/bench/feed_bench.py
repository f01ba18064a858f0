"""Whether a follower misses rows while many processes write one stream, and how fast pages are served.

Every row is a key of its own, so that each can be looked for. Beside it, on PostgreSQL, stands the feed that
everybody writes first, which takes numbers from a sequence and remembers the highest seen: unless that one is
seen to lose rows, the load proves nothing.
"""

from __future__ import annotations

import multiprocessing
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg
from sqlalchemy import Connection, text

from sync.hub.bench.postgres_server import PostgresServer, postgres_programs
from sync.hub.bench.report import aim, fdatasync_ms, folder_on_disk, machine
from sync.hub.database import Database, read_location
from sync.hub.feeds.feed import read_feed
from sync.hub.feeds.streams import put_rows
from sync.protocol import codec
from sync.protocol.versions import FEED_PAGE_MAX, STREAM_PRICES

STORE_ID: Final = "B1"
NOW_MS: Final = 1_780_000_000_000
#: Rows of one commit, on average.
COMMIT_ROWS: Final = 250
#: The naive feed is shown on fewer rows, in more commits: it loses them soon enough.
NAIVE_ROWS: Final = 40_000
NAIVE_COMMIT_ROWS: Final = 40
#: Fewer are no proof that the load can find what it looks for.
NAIVE_LOST_AIM: Final = 0.001
_DATABASE: Final = "poshub_bench_feed"
_IDLE_S: Final = 0.002
_WITHIN_S: Final = 900.0

Write = Callable[[Connection, list[int]], None]
Read = Callable[[], list[int]]


@dataclass(frozen=True, slots=True)
class _Load:
    """How much is written by how many, in commits of how many rows on average."""

    rows: int
    writers: int
    commit_rows: int
    seed: int


@dataclass(frozen=True, slots=True)
class _Followed:
    """What one follower saw of a load: rows never seen, seen again, and the time that the writers took."""

    missed: int
    doubled: int
    seconds: float


def bench_feed(database: str | None, *, rows: int, writers: int, seed: int) -> dict[str, Any]:
    """Follow a stream on SQLite, and on PostgreSQL where one is given or can be started."""
    result: dict[str, Any] = {"name": "feed", "machine": machine(), "seed": seed}
    result |= {"figures": {"rows": rows, "writers": writers}, "baselines": {}, "aims": []}
    load = _Load(rows, writers, COMMIT_ROWS, seed)
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="poshub-bench-", dir=folder_on_disk()))
        )
        result["baselines"]["fdatasync_ms"] = round(fdatasync_ms(folder), 3)
        for named in _databases(database, folder, stack):
            with _opened(named) as hub:
                _measure(hub, named, load, result)
    return result


def _databases(database: str | None, folder: Path, stack: ExitStack) -> Iterator[Path | str]:
    dialect = None if database is None else read_location(database).dialect
    if dialect != "postgresql":
        yield folder / "hub.db"
    if dialect == "postgresql":
        yield stack.enter_context(_database_of(str(database)))
    elif dialect is None and postgres_programs() is not None:
        server = stack.enter_context(PostgresServer(shared_buffers="256MB"))
        yield stack.enter_context(_database_of(server.url()))


@contextmanager
def _database_of(url: str) -> Iterator[str]:
    """A database of a server, dropped afterwards."""
    location = read_location(url)
    plain = location.url.set(drivername="postgresql")
    with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {_DATABASE} TEMPLATE template0 ENCODING 'UTF8'".encode())
        try:
            yield plain.set(database=_DATABASE).render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP DATABASE {_DATABASE} WITH (FORCE)".encode())


@contextmanager
def _opened(named: Path | str) -> Iterator[Database]:
    hub = Database(named)
    try:
        yield hub
    finally:
        hub.close()


def _measure(hub: Database, named: Path | str, load: _Load, result: dict[str, Any]) -> None:
    dialect, figures, aims = hub.dialect, result["figures"], result["aims"]
    followed = _follow(_Follower(hub), hub, named, load, naive=False)
    figures[f"{dialect}_missed"] = followed.missed
    figures[f"{dialect}_doubled"] = followed.doubled
    figures[f"{dialect}_written_rows_per_s"] = round(load.rows / followed.seconds)
    once = (load.rows - followed.missed - followed.doubled) / load.rows
    aims.append(aim(f"{dialect}_rows_seen_once_share", 1.0, once, gated=True))
    for what, rate in _serve(hub).items():
        figures[f"{dialect}_{what}"] = round(rate)
    if dialect != "postgresql":
        return
    with hub.writing() as connection:
        connection.execute(text("CREATE TABLE naive (rev bigserial PRIMARY KEY, row bigint NOT NULL)"))
    naive_load = _Load(min(load.rows, NAIVE_ROWS), load.writers, NAIVE_COMMIT_ROWS, load.seed)
    naive = _follow(_NaiveFollower(hub), hub, named, naive_load, naive=True)
    share = naive.missed / naive_load.rows
    result["baselines"] |= {
        "naive_rows": naive_load.rows,
        "naive_missed": naive.missed,
        "naive_missed_share": round(share, 4),
    }
    aims.append(aim("naive_missed_share", NAIVE_LOST_AIM, share, gated=True))


# ---------------------------------------------------------------------- following
class _Follower:
    """Reads our stream from where it stopped."""

    def __init__(self, hub: Database) -> None:
        self._hub = hub
        self._cursor: str | None = None

    def __call__(self) -> list[int]:
        with self._hub.reading() as connection:
            page = read_feed(
                connection,
                self._hub.feed_id,
                store_id=STORE_ID,
                stream=STREAM_PRICES,
                after=self._cursor,
                limit=FEED_PAGE_MAX,
            )
        self._cursor = page.next_cursor
        return [int(change.key) for change in page.changes]


class _NaiveFollower:
    """Reads what has a higher number than the highest seen: the mistake."""

    def __init__(self, hub: Database) -> None:
        self._hub = hub
        self._mark = 0

    def __call__(self) -> list[int]:
        query = text("SELECT rev, row FROM naive WHERE rev > :mark ORDER BY rev LIMIT :limit")
        with self._hub.reading() as connection:
            found = connection.execute(query, {"mark": self._mark, "limit": FEED_PAGE_MAX}).all()
        self._mark = found[-1].rev if found else self._mark
        return [row.row for row in found]


def _follow(read: Read, hub: Database, named: Path | str, load: _Load, *, naive: bool) -> _Followed:
    """Follow while the writers write, and once more after the last commit."""
    writers = _Writers(hub, named, load, naive=naive)
    seen = bytearray(load.rows)
    doubled = 0
    idle = threading.Event()
    writers.begin()
    start = time.perf_counter()
    seconds = 0.0
    try:
        last = False
        while not last:
            # One more look after the last commit: what is missed then is missed for ever.
            last = not writers.are_writing()
            if last and not seconds:
                seconds = time.perf_counter() - start
            found = read()
            for row in found:
                doubled += seen[row]
                seen[row] = 1
            last = last and not found
            if not found:
                idle.wait(_IDLE_S)
    finally:
        writers.end()
    return _Followed(seen.count(0), doubled, seconds)


# ---------------------------------------------------------------------- writing
class _Writers:
    """Those who write at once: processes on PostgreSQL, threads of the one process that a SQLite hub is."""

    def __init__(self, hub: Database, named: Path | str, load: _Load, *, naive: bool) -> None:
        self._finished: list[int] = []
        self._works: Sequence[threading.Thread | BaseProcess]
        if hub.dialect == "sqlite":
            self._works = [
                threading.Thread(target=self._write_here, args=(hub, writer, load), daemon=True)
                for writer in range(load.writers)
            ]
        else:
            self._works = [
                multiprocessing.get_context("spawn").Process(
                    target=_write_there, args=(named, writer, load, naive), daemon=True
                )
                for writer in range(load.writers)
            ]

    def begin(self) -> None:
        """Let all of them write."""
        for work in self._works:
            work.start()

    def are_writing(self) -> bool:
        """Whether any is not done."""
        return any(work.is_alive() for work in self._works)

    def end(self) -> None:
        """Wait for all of them; raises RuntimeError where one failed."""
        for work in self._works:
            work.join(_WITHIN_S)
        ended = [work.exitcode == 0 for work in self._works if isinstance(work, BaseProcess)]
        if not all(ended) or len(ended) + len(self._finished) < len(self._works):
            raise RuntimeError("a writer failed")

    def _write_here(self, hub: Database, writer: int, load: _Load) -> None:
        _write(hub, writer, load, _put_rows)
        self._finished.append(writer)


def _write_there(named: Path | str, writer: int, load: _Load, naive: bool) -> None:
    with _opened(named) as hub:
        _write(hub, writer, load, _put_naive if naive else _put_rows)


def _write(hub: Database, writer: int, load: _Load, put: Write) -> None:
    """Write one writer's share, in commits of different sizes."""
    chance = random.Random(load.seed * 1_000 + writer)
    first = load.rows * writer // load.writers
    end = load.rows * (writer + 1) // load.writers
    while first < end:
        until = min(end, first + chance.randint(1, 2 * load.commit_rows - 1))
        with hub.writing() as connection:
            put(connection, list(range(first, until)))
        first = until


def _put_rows(connection: Connection, rows: list[int]) -> None:
    bodies = [
        (str(row), msgspec.json.encode({"sku": str(row), "prices": [[0, 100 + row % 9_900]]})) for row in rows
    ]
    put_rows(connection, STORE_ID, STREAM_PRICES, bodies, NOW_MS)


def _put_naive(connection: Connection, rows: list[int]) -> None:
    connection.execute(text("INSERT INTO naive (row) SELECT unnest(CAST(:rows AS bigint[]))"), {"rows": rows})


# ---------------------------------------------------------------------- serving
def _serve(hub: Database) -> dict[str, float]:
    """Pages and rows a second when a new till pulls everything, packed as they travel."""
    cursor: str | None = None
    more = True
    pages = rows = 0
    start = time.perf_counter()
    while more:
        with hub.reading() as connection:
            page = read_feed(
                connection,
                hub.feed_id,
                store_id=STORE_ID,
                stream=STREAM_PRICES,
                after=cursor,
                limit=FEED_PAGE_MAX,
            )
        codec.compress(codec.encode_message(page))
        cursor, more = page.next_cursor, page.more
        pages += 1
        rows += len(page.changes)
    taken = time.perf_counter() - start
    return {"served_pages_per_s": pages / taken, "served_rows_per_s": rows / taken}
