"""Makes the catalogue's file of one store out of its streams, packed as it travels.

The file is what a till that has pulled every row would have: the same tables, the same spelling, the cursors
of the moment it was read. All rows are read in one transaction that locks nobody out, piece by piece, so
that memory does not grow with the catalogue. Where the result is kept is known elsewhere.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any, Final

import msgspec
import pysqlite3.dbapi2
import zstandard
from sqlalchemy import Connection, select

from posapp.domain.search_text import search_text
from sync.hub.database import Database
from sync.hub.feeds.streams import heads
from sync.hub.jobs import AbandonedError
from sync.hub.schema.feeds import FEED_ROW
from sync.protocol.catalog_file import CATALOG_FILE_VERSION, CATALOG_SCHEMA, CATALOG_TABLES
from sync.protocol.messages import ItemBody, PriceBody, PriceRowsBody
from sync.protocol.versions import SNAPSHOT_STREAMS, STREAM_CATALOGUE, STREAM_PRICES

PIECE_BYTES: Final = 1024 * 1024
ZSTD_LEVEL: Final = 3
PLAIN_NAME: Final = "catalog.db"
PACKED_NAME: Final = "catalog.db.zst"
#: A stream's first life; a till counts on from there when one begins anew.
_LIFE: Final = 1
_ROWS_AT_ONCE: Final = 2_000
_LOOK_EVERY_S: Final = 0.2

_encode: Final = msgspec.json.Encoder().encode
_item_of: Final = msgspec.json.Decoder(ItemBody).decode
_price_of: Final = msgspec.json.Decoder(PriceBody).decode


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """A packed file and what its manifest says of it; `cursors` by stream, `counts` by table."""

    path: Path
    sha256: str
    length: int
    plain_sha256: str
    plain_length: int
    cursors: dict[str, str]
    counts: dict[str, int]


class BuildFailedError(Exception):
    """The file could not be made, and why."""


def build_file(database: Database, store_id: str, folder: Path, now_ms: int) -> BuiltFile:
    """Make a store's file in an empty folder; raises BuildFailedError where it is not sound."""
    plain = folder / PLAIN_NAME
    with closing(pysqlite3.dbapi2.connect(str(plain), isolation_level=None)) as file:
        with database.reading() as connection:
            cursors = {
                stream: cursor
                for stream, cursor in heads(connection, store_id).items()
                if stream in SNAPSHOT_STREAMS
            }
            _fill(file, connection, store_id, cursors, now_ms)
        verdict = file.execute("PRAGMA quick_check").fetchone()[0]
        if verdict != "ok":
            raise BuildFailedError(f"the file is not sound: {verdict}")
        counts = {
            table: int(file.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608
            for table in CATALOG_TABLES
        }
    sha256, length, plain_sha256 = _pack(plain, folder / PACKED_NAME)
    plain_length = plain.stat().st_size
    plain.unlink()
    return BuiltFile(folder / PACKED_NAME, sha256, length, plain_sha256, plain_length, cursors, counts)


class OwnProcess:
    """Builds in a process of its own, so that a hub that serves meanwhile keeps its processor."""

    def __init__(self) -> None:
        self._abandoned = threading.Event()

    def abandon(self) -> None:
        """Give up what is being built."""
        self._abandoned.set()

    def build(self, database: Database, store_id: str, folder: Path, now_ms: int) -> BuiltFile:
        """As `build_file`; raises AbandonedError when it was given up."""
        spawned = multiprocessing.get_context("spawn")
        here, there = spawned.Pipe(duplex=False)
        arguments = (there, database.location.named, store_id, folder, now_ms)
        process = spawned.Process(target=_build_and_tell, args=arguments, name="hub-snapshot", daemon=True)
        process.start()
        there.close()
        try:
            while not here.poll(_LOOK_EVERY_S):
                if self._abandoned.is_set():
                    raise AbandonedError
            told = here.recv()
        except EOFError as trouble:
            raise BuildFailedError("the building process died") from trouble
        finally:
            process.kill()
            process.join()
            here.close()
        if not isinstance(told, BuiltFile):
            raise BuildFailedError(str(told))
        return told


def _build_and_tell(pipe: Pipe, named: str, store_id: str, folder: Path, now_ms: int) -> None:
    database = Database(named, make=False)
    try:
        pipe.send(build_file(database, store_id, folder, now_ms))
    except BuildFailedError as trouble:
        pipe.send(str(trouble))
    finally:
        database.close()


# ---------------------------------------------------------------------- filling
def _fill(
    file: pysqlite3.dbapi2.Connection,
    connection: Connection,
    store_id: str,
    cursors: dict[str, str],
    now_ms: int,
) -> None:
    for pragma in (
        "page_size = 4096",
        # Whatever goes wrong, the file is thrown away: nothing has to be undone or outlive a power cut.
        "journal_mode = OFF",
        "synchronous = OFF",
        "locking_mode = EXCLUSIVE",
        "cache_size = -65536",
        f"user_version = {CATALOG_FILE_VERSION}",
    ):
        file.execute(f"PRAGMA {pragma}")
    file.execute("BEGIN")
    for statement in CATALOG_SCHEMA:
        file.execute(statement)
    for stream, cursor in cursors.items():
        rows = _rows(connection, store_id, stream)
        counted: Counter[str] = Counter()
        if stream == STREAM_CATALOGUE:
            _put_items(file, rows, counted)
        elif stream == STREAM_PRICES:
            _put_prices(file, rows, counted)
        else:
            _put_documents(file, stream, rows, counted)
        file.execute(
            "INSERT INTO stream VALUES (?, ?, ?, ?, ?, ?)",
            (stream, cursor, _LIFE, counted["rows"], counted["unreadable"], now_ms),
        )
    file.execute("COMMIT")
    # The plain form, which needs no file beside it to be opened.
    file.execute("PRAGMA journal_mode = DELETE")


def _rows(connection: Connection, store_id: str, stream: str) -> Iterator[Any]:
    query = (
        select(FEED_ROW.c.key, FEED_ROW.c.rev, FEED_ROW.c.body)
        .where(FEED_ROW.c.store_id == store_id, FEED_ROW.c.stream == stream, FEED_ROW.c.deleted == 0)
        .order_by(FEED_ROW.c.rev)
    )
    with connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE}) as result:
        yield from result


def _chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    source = iter(rows)
    while chunk := list(islice(source, _ROWS_AT_ONCE)):
        yield chunk


def _put_items(file: Any, rows: Iterable[Any], counted: Counter[str]) -> None:
    item_no = 0
    file.execute("CREATE TEMP TABLE found (code_key TEXT NOT NULL, item_no INTEGER NOT NULL)")
    for chunk in _chunks(rows):
        items, codes, texts, traits = [], [], [], []
        for key, rev, body in chunk:
            try:
                item = _item_of(body)
            except msgspec.DecodeError:
                counted["unreadable"] += 1
                continue
            item_no += 1
            names = _encode(item.names).decode()
            spelled = " ".join(item.codes)
            items.append((item_no, key, names, item.unit, item.tax_category, spelled, _LIFE, rev, 0))
            codes += [(code, item_no) for code in item.codes]
            texts.append((item_no, search_text(key, item.names.values(), item.pinyin, item.codes)))
            if item.traits is not None:
                traits.append((STREAM_CATALOGUE, key, _encode(item.traits), 0, 0, 0))
        file.executemany("INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", items)
        file.executemany("INSERT INTO found VALUES (?, ?)", codes)
        file.executemany("INSERT INTO search VALUES (?, ?)", texts)
        file.executemany("INSERT INTO document VALUES (?, ?, ?, ?, ?, ?)", traits)
    counted["rows"] = item_no
    # In the order of the keys a table fills up page by page. Of two items the newer has the code.
    file.execute("INSERT INTO code SELECT code_key, max(item_no) FROM found GROUP BY code_key")
    file.execute("DROP TABLE found")


def _put_prices(file: Any, rows: Iterable[Any], counted: Counter[str]) -> None:
    for chunk in _chunks(rows):
        prices, listed = [], []
        for key, rev, body in chunk:
            try:
                price = _price_of(body)
            except msgspec.DecodeError:
                counted["unreadable"] += 1
                continue
            prices.append((key, _encode(sorted(price.prices)).decode(), _LIFE, rev, 0))
            if price.rows:
                listed.append((STREAM_PRICES, key, _encode(PriceRowsBody(price.rows)), 0, 0, 0))
        file.executemany("INSERT INTO price VALUES (?, ?, ?, ?, ?)", prices)
        file.executemany("INSERT INTO document VALUES (?, ?, ?, ?, ?, ?)", listed)
        counted["rows"] += len(prices)


def _put_documents(file: Any, stream: str, rows: Iterable[Any], counted: Counter[str]) -> None:
    for chunk in _chunks(rows):
        file.executemany(
            "INSERT INTO document VALUES (?, ?, ?, ?, ?, ?)",
            [(stream, key, bytes(body), _LIFE, rev, 0) for key, rev, body in chunk],
        )
        counted["rows"] += len(chunk)


# ---------------------------------------------------------------------- packing
def _pack(plain: Path, packed: Path) -> tuple[str, int, str]:
    """Compress a file; the SHA-256 and length of the frame, and the SHA-256 of what is in it."""
    outer, inner = hashlib.sha256(), hashlib.sha256()
    length = 0
    compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_content_size=True)
    with plain.open("rb") as source, packed.open("wb") as target:
        frame = compressor.compressobj(size=plain.stat().st_size)
        while True:
            piece = source.read(PIECE_BYTES)
            inner.update(piece)
            done = frame.compress(piece) if piece else frame.flush()
            outer.update(done)
            target.write(done)
            length += len(done)
            if not piece:
                return outer.hexdigest(), length, inner.hexdigest()
