"""The catalogue's own file: items with their codes and prices, as the hub sent them.

Replaceable, so it is apart from the ledger and less strictly synced. Written by the link in small
pieces, each whole; read at the scan over a connection that writes nothing. A damaged file is put aside
at the start and had again from the hub.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from posapp.domain.catalog import Item
from posapp.domain.search_text import search_text
from posapp.exchange.incoming import Unreadable, read_item
from posapp.flows.intents import CatalogueStatus
from posapp.flows.ports import CatalogueUnreadable, Clock
from posapp.store.engine import Connection, open_catalog, open_reader
from posapp.store.troubles import UNFIT, DatabaseError
from sync.protocol.messages import Change, ItemBody

LOGGER = logging.getLogger(__name__)

#: Rows in one transaction: a sale on the same disk never waits longer than for these.
CHUNK_ROWS: Final = 500

_VERSION: Final = 1
_SCHEMA: Final = (
    """CREATE TABLE item (
        item_no INTEGER NOT NULL PRIMARY KEY,
        sku TEXT NOT NULL UNIQUE,
        names TEXT NOT NULL,
        unit TEXT NOT NULL,
        tax_category TEXT NOT NULL,
        prices TEXT NOT NULL,
        codes TEXT NOT NULL,
        life INTEGER NOT NULL,
        rev INTEGER NOT NULL,
        deleted INTEGER NOT NULL)""",
    """CREATE TABLE code (
        code_key TEXT NOT NULL PRIMARY KEY,
        item_no INTEGER NOT NULL) WITHOUT ROWID""",
    # Narrow on purpose: a search reads this table from end to end.
    "CREATE TABLE search (item_no INTEGER NOT NULL PRIMARY KEY, folded TEXT NOT NULL)",
    """CREATE TABLE state (
        one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
        feed TEXT,
        life INTEGER NOT NULL,
        items INTEGER NOT NULL,
        unreadable INTEGER NOT NULL,
        updated_ms INTEGER)""",
    "INSERT INTO state VALUES (1, NULL, 1, 0, 0, NULL)",
)
_TABLES: Final = ("item", "code", "search", "state")
#: Questions that a sound file answers at once: one from each end of what a scan and a search read.
_PROBES: Final = (
    "SELECT life + items + unreadable FROM state",
    "SELECT count(*) FROM (SELECT sku, prices FROM item WHERE item_no = (SELECT max(item_no) FROM item))",
    "SELECT count(*) FROM (SELECT code_key FROM code ORDER BY code_key LIMIT 1)",
    "SELECT count(*) FROM (SELECT folded FROM search ORDER BY item_no LIMIT 1)",
)
#: Primary result codes of a file that is wrong in itself: a table missing, malformed, no database.
_DAMAGED: Final = (1, 11, 26)
_ITEM: Final = "SELECT sku, names, unit, tax_category, prices FROM item"

_encode: Final = msgspec.json.Encoder().encode
_names: Final = msgspec.json.Decoder(dict[str, str]).decode
_prices: Final = msgspec.json.Decoder(list[tuple[int, int]]).decode


class CatalogFile:
    """The catalogue as the link writes it; used by one thread."""

    def __init__(self, connect: Callable[[], Connection], clock: Clock) -> None:
        self._connection = connect()
        self._clock = clock
        try:
            prepare(self._connection)
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def cursor(self) -> str | None:
        """How far the catalogue's stream was applied."""
        feed = self._connection.execute("SELECT feed FROM state").fetchone()[0]
        return None if feed is None else str(feed)

    def status(self) -> CatalogueStatus:
        """How many items there are, and since when."""
        return read_status(self._connection)

    def apply_catalogue(self, changes: Sequence[Change], cursor: str | None) -> CatalogueStatus:
        """Apply changes in small transactions, the cursor with the last of them.

        Applying the same again changes nothing. Without a cursor the stream began anew: revisions
        seen so far count no more, items stay until they are replaced.
        """
        chunks = [changes[start : start + CHUNK_ROWS] for start in range(0, len(changes), CHUNK_ROWS)]
        for number, chunk in enumerate(chunks or [()], 1):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._apply(chunk)
                if number >= len(chunks):
                    self._connection.execute(
                        "UPDATE state SET feed = ?1, life = life + (?1 IS NULL), updated_ms = ?2",
                        (cursor, self._clock.now_ms()),
                    )
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        return self.status()

    def _apply(self, changes: Sequence[Change]) -> None:
        life = self._connection.execute("SELECT life FROM state").fetchone()[0]
        for change in changes:
            if change.kind == "delete":
                self._put(change, None, life)
                continue
            item = read_item(change)
            if isinstance(item, Unreadable) or item.sku != change.key:
                self._connection.execute("UPDATE state SET unreadable = unreadable + 1")
            else:
                self._put(change, item, life)

    def _put(self, change: Change, item: ItemBody | None, life: int) -> None:
        run = self._connection.execute
        known = run(
            "SELECT item_no, life, rev, codes, deleted FROM item WHERE sku = ?", (change.key,)
        ).fetchone()
        if known is not None and (known[1], known[2]) >= (life, change.rev):
            return
        if known is not None:
            self._forget_codes(known[0], known[3])
        if item is None:
            row: tuple[Any, ...] = ("{}", "pcs", "", "[]", "", life, change.rev, 1)
        else:
            prices = _encode(sorted(item.prices)).decode()
            names, codes = _encode(item.names).decode(), " ".join(item.codes)
            row = (names, item.unit, item.tax_category, prices, codes, life, change.rev, 0)
        if known is None:
            item_no = run(
                "INSERT INTO item VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (change.key, *row)
            ).lastrowid
        else:
            item_no = known[0]
            run(
                "UPDATE item SET names = ?, unit = ?, tax_category = ?, prices = ?, codes = ?, life = ?, "
                "rev = ?, deleted = ? WHERE item_no = ?",
                (*row, item_no),
            )
        was = known is not None and not known[4]
        if item is None:
            run("DELETE FROM search WHERE item_no = ?", (item_no,))
        else:
            # Where two items claim one code the newer revision has it, as the hub reported.
            self._connection.executemany(
                "INSERT INTO code VALUES (?1, ?2) ON CONFLICT (code_key) DO UPDATE SET item_no = ?2",
                [(key, item_no) for key in item.codes],
            )
            run(
                "INSERT OR REPLACE INTO search VALUES (?, ?)",
                (item_no, search_text(item.sku, item.names.values(), item.pinyin, item.codes)),
            )
        if was != (item is not None):
            run("UPDATE state SET items = items + ?", (1 if item is not None else -1,))

    def _forget_codes(self, item_no: int, codes: str) -> None:
        self._connection.executemany(
            "DELETE FROM code WHERE code_key = ? AND item_no = ?",
            [(key, item_no) for key in codes.split(" ")],
        )


def open_catalog_file(path: Path, clock: Clock) -> CatalogFile:
    """Open the catalogue for the link, making it if it is missing; a damaged one is put aside."""
    try:
        return CatalogFile(lambda: open_catalog(path), clock)
    except (DatabaseError, *UNFIT) as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None and code & 0xFF not in _DAMAGED:
            raise
        LOGGER.warning("the catalogue is damaged, put aside and begun anew: %s", error)
        for ending in ("", "-wal", "-shm"):
            part = path.with_name(path.name + ending)
            if part.exists():
                part.replace(path.with_name(f"{path.name}.damaged{ending}"))
        return CatalogFile(lambda: open_catalog(path), clock)


def prepare(connection: Connection) -> None:
    """Give a new file its tables; one of another version is emptied, since it can be had again."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == _VERSION:
        for probe in _PROBES:
            connection.execute(probe).fetchone()[0]
        return
    connection.execute("BEGIN IMMEDIATE")
    for table in _TABLES:
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in _SCHEMA:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version={_VERSION}")
    connection.execute("COMMIT")


def read_status(connection: Connection) -> CatalogueStatus:
    """How many items there are, and since when."""
    items, updated_ms = connection.execute("SELECT items, updated_ms FROM state").fetchone()
    return CatalogueStatus(items, updated_ms)


def price_at(prices: str, at_ms: int) -> tuple[int | None, int | None]:
    """The price in force at a moment and since when: the newest that is not in the future."""
    price_minor = since_ms = None
    for from_ms, minor in _prices(prices):
        if from_ms > at_ms:
            break
        price_minor, since_ms = minor, from_ms
    return price_minor, since_ms


def to_item(row: tuple[Any, ...], at_ms: int) -> Item:
    """An item from its row, priced at a moment."""
    price_minor, since_ms = price_at(row[4], at_ms)
    return Item(row[0], _names(row[1]), row[2], row[3], price_minor, since_ms)


_BY_KEY: Final = (
    "SELECT sku, names, unit, tax_category, prices FROM code CROSS JOIN item USING (item_no) "
    "WHERE code_key = ?"
)
_BY_SKU: Final = _ITEM + " WHERE sku = ? AND deleted = 0"


class SqliteCatalogReader:
    """Items at the scan (a CatalogReader); used by one thread."""

    def __init__(self, path: Path) -> None:
        self._connection = open_reader(path, mmap_bytes=1 << 30)

    def by_key(self, key: str, at_ms: int) -> Item | None:
        """The item that a look-up key belongs to, priced at a time."""
        row = self._row(_BY_KEY, key)
        return None if row is None else to_item(row, at_ms)

    def by_sku(self, sku: str, at_ms: int) -> Item | None:
        """The item with this SKU, priced at a time."""
        row = self._row(_BY_SKU, sku)
        return None if row is None else to_item(row, at_ms)

    def _row(self, question: str, value: str) -> Any:
        try:
            return self._connection.execute(question, (value,)).fetchone()
        except (DatabaseError, *UNFIT) as error:
            raise CatalogueUnreadable(str(error)) from error

    def status(self) -> CatalogueStatus:
        """How many items there are, and since when; nothing where the file cannot tell."""
        try:
            return read_status(self._connection)
        except (DatabaseError, *UNFIT):
            return CatalogueStatus()

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()
