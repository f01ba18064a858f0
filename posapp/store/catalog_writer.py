"""The catalogue's own file as the link writes it: items, prices and the rows of other streams.

Replaceable, so it is apart from the ledger and less strictly synced. Rows come in small transactions, each
whole, and go in only where they are newer than what is there; a deleted row stays as a mark of how new it
is. A damaged file is put aside at the start and had again from the hub.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from posapp.domain.search_text import search_text
from posapp.exchange.incoming import Unreadable, read_item, read_price
from posapp.flows.intents import CatalogueStatus
from posapp.flows.ports import Clock
from posapp.store.catalog import read_status
from posapp.store.catalog_place import DAMAGED, SIDE_FILES, CatalogPlace, Opener
from posapp.store.engine import Blob, Connection, open_catalog
from posapp.store.troubles import UNFIT, DatabaseError
from sync.protocol.catalog_file import CATALOG_FILE_VERSION, CATALOG_SCHEMA, CATALOG_TABLES
from sync.protocol.messages import Change, ItemBody, PriceRowsBody, TraitsBody
from sync.protocol.versions import STREAM_CATALOGUE, STREAM_MEMBERS, STREAM_PRICES

LOGGER = logging.getLogger(__name__)

#: Rows in one transaction: a sale on the same disk never waits longer than for these.
CHUNK_ROWS: Final = 500

#: Between two transactions the disk is the sales': syncs of the catalogue's log hold up theirs.
REST_S: Final = 0.05

#: Questions that a sound file answers at once: one from each end of what a scan and a search read.
_PROBES: Final = (
    "SELECT coalesce(sum(life + rows + unreadable), 0) FROM stream",
    "SELECT count(*) FROM (SELECT sku, names FROM item WHERE item_no = (SELECT max(item_no) FROM item))",
    "SELECT count(*) FROM (SELECT code_key FROM code ORDER BY code_key LIMIT 1)",
    "SELECT count(*) FROM (SELECT folded FROM search ORDER BY item_no LIMIT 1)",
    "SELECT count(*) FROM (SELECT prices, deleted FROM price ORDER BY sku LIMIT 1)",
    "SELECT count(*) FROM (SELECT body FROM document ORDER BY stream, key LIMIT 1)",
)
#: The version of the file whose goods are carried over, and tables of earlier versions.
_FORMER_VERSION: Final = 1
_FORMER_TABLES: Final = ("state",)

_PUT_PRICE: Final = """
    INSERT INTO price VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (sku) DO UPDATE
    SET prices = ?2, life = ?3, rev = ?4, deleted = ?5 WHERE (life, rev) < (?3, ?4)
"""
_PUT_DOCUMENT: Final = """
    INSERT INTO document VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (stream, key) DO UPDATE
    SET body = ?3, life = ?4, rev = ?5, deleted = ?6 WHERE (life, rev) < (?4, ?5)
"""
_IS_NOWS: Final = "EXISTS (SELECT 1 FROM price WHERE sku = ?1 AND life = ?2 AND rev = ?3)"
#: The rows of price lists, where several speak of an item: most have none.
_FORGET_ROWS: Final = f"DELETE FROM document WHERE stream = 'prices' AND key = ?1 AND {_IS_NOWS}"  # noqa: S608
_PUT_ROWS: Final = f"INSERT INTO document SELECT 'prices', ?1, ?4, 0, 0, 0 WHERE {_IS_NOWS}"
_COUNT_PRICES: Final = (
    "SELECT count(*) FROM price WHERE sku IN (SELECT value FROM json_each(?1)) AND deleted = 0 AND life > 0"
)
_COUNT_DOCUMENTS: Final = (
    "SELECT count(*) FROM document WHERE stream = ?2 AND key IN (SELECT value FROM json_each(?1)) "
    "AND deleted = 0"
)

_encode: Final = msgspec.json.Encoder().encode


class CatalogFile:
    """The catalogue as the link writes it; used by one thread."""

    def __init__(self, place: CatalogPlace, clock: Clock, *, opener: Opener = open_catalog) -> None:
        self.place = place
        self._hold = place.hold(opener, patient=True)
        self._clock = clock
        self._looked_through: dict[str, int] = {}
        self._hurried = threading.Event()
        try:
            with self._hold as connection:
                prepare(connection)
        except BaseException:
            self._hold.close()
            raise

    def hurry(self) -> None:
        """Make no more rests: the till is closing."""
        self._hurried.set()

    def close(self) -> None:
        """Let the file go."""
        self._hold.close()

    def cursor(self, stream: str) -> str | None:
        """How far a stream was applied."""
        with self._hold as connection:
            row = connection.execute("SELECT cursor FROM stream WHERE stream = ?", (stream,)).fetchone()
        return None if row is None or row[0] is None else str(row[0])

    def status(self) -> CatalogueStatus:
        """How many items there are, and since when."""
        with self._hold as connection:
            return read_status(connection)

    def apply(self, stream: str, changes: Sequence[Change], cursor: str | None) -> None:
        """Apply changes of a stream in small transactions, the cursor with the last of them.

        Applying the same again changes nothing. Without a cursor the stream began anew: revisions
        seen so far count no more, rows stay until they are replaced.
        """
        if stream != STREAM_CATALOGUE:
            # Neighbours share pages of the file. Items keep their order: one may take over another's code.
            changes = sorted(changes, key=lambda change: change.key)
        chunks = [changes[start : start + CHUNK_ROWS] for start in range(0, len(changes), CHUNK_ROWS)]
        for number, chunk in enumerate(chunks or [()], 1):
            if number > 1:
                self._hurried.wait(REST_S)
            is_last = number >= len(chunks)
            # Taken and given back for each chunk: whoever replaces the file waits for one at most.
            with self._hold as connection:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    _apply_chunk(connection, stream, chunk)
                    if is_last:
                        _end(connection, stream, cursor, self._clock.now_ms())
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise

    def forget_older(self, stream: str) -> bool:
        """Delete rows that did not come again since a stream began anew; whether there were any.

        For when the last page of it has come: the hub has no such rows any more.
        """
        with self._hold as connection:
            row = connection.execute("SELECT life FROM stream WHERE stream = ?", (stream,)).fetchone()
        life = 1 if row is None else row[0]
        # Looked for from end to end, so once: whatever comes from now on is of this life.
        if life == 1 or self._looked_through.get(stream) == life:
            return False
        after, found = "", False
        while True:
            with self._hold as connection:
                keys = [
                    key for (key,) in connection.execute(_older(stream), (stream, after, life, CHUNK_ROWS))
                ]
            if not keys:
                break
            gone = [Change("delete", key, 0) for key in keys]
            self.apply(stream, gone, self.cursor(stream))
            after, found = keys[-1], True
        self._looked_through[stream] = life
        return found

    def apply_catalogue(self, changes: Sequence[Change], cursor: str | None) -> CatalogueStatus:
        """Apply changes of items; what there is then."""
        self.apply(STREAM_CATALOGUE, changes, cursor)
        return self.status()


def _older(stream: str) -> str:
    """Asks for keys of older lives: stream, key that they follow, life, how many."""
    if stream == STREAM_CATALOGUE:
        where = "SELECT sku FROM item WHERE ?1 IS NOT NULL AND sku > ?2 AND life < ?3"
    elif stream == STREAM_PRICES:
        # Life 0: prices of items whose hub has no prices stream.
        where = "SELECT sku FROM price WHERE ?1 IS NOT NULL AND sku > ?2 AND life > 0 AND life < ?3"
    else:
        where = "SELECT key FROM document WHERE stream = ?1 AND key > ?2 AND life < ?3"
    return where + " AND deleted = 0 ORDER BY 1 LIMIT ?4"


def _end(connection: Connection, stream: str, cursor: str | None, now_ms: int) -> None:
    connection.execute(
        "UPDATE stream SET cursor = ?2, life = life + (?2 IS NULL), updated_ms = ?3 WHERE stream = ?1",
        (stream, cursor, now_ms),
    )


def _apply_chunk(connection: Connection, stream: str, changes: Sequence[Change]) -> None:
    connection.execute("INSERT OR IGNORE INTO stream VALUES (?, NULL, 1, 0, 0, NULL)", (stream,))
    life = connection.execute("SELECT life FROM stream WHERE stream = ?", (stream,)).fetchone()[0]
    if stream == STREAM_CATALOGUE:
        more, unreadable = _put_items(connection, changes, life)
    elif stream == STREAM_PRICES:
        more, unreadable = _put_prices(connection, changes, life)
    else:
        more, unreadable = _put_documents(connection, stream, changes, life)
    if more or unreadable:
        connection.execute(
            "UPDATE stream SET rows = rows + ?, unreadable = unreadable + ? WHERE stream = ?",
            (more, unreadable, stream),
        )


def _put_prices(connection: Connection, changes: Sequence[Change], life: int) -> tuple[int, int]:
    rows: list[tuple[Any, ...]] = []
    listed: list[tuple[Any, ...]] = []
    for change in changes:
        at = (change.key, life, change.rev)
        if change.kind == "delete":
            rows.append((change.key, "[]", life, change.rev, 1))
            listed.append((*at, None))
            continue
        price = read_price(change)
        if not isinstance(price, Unreadable) and price.sku == change.key:
            rows.append((change.key, _encode(sorted(price.prices)).decode(), life, change.rev, 0))
            listed.append((*at, Blob(_encode(PriceRowsBody(price.rows))) if price.rows else None))
    keys = (_encode([row[0] for row in rows]).decode(),)
    before = connection.execute(_COUNT_PRICES, keys).fetchone()[0]
    connection.executemany(_PUT_PRICE, rows)
    # Only beside the price that they came with: one that is newer brought its own.
    connection.executemany(_FORGET_ROWS, [row[:3] for row in listed])
    connection.executemany(_PUT_ROWS, [row for row in listed if row[3] is not None])
    after = connection.execute(_COUNT_PRICES, keys).fetchone()[0]
    return after - before, len(changes) - len(rows)


def _put_documents(
    connection: Connection, stream: str, changes: Sequence[Change], life: int
) -> tuple[int, int]:
    rows = [
        (stream, change.key, Blob(), life, change.rev, 1)
        if change.kind == "delete"
        else (stream, change.key, Blob(change.body), life, change.rev, 0)
        for change in changes
    ]
    keys = (_encode([change.key for change in changes]).decode(), stream)
    before = connection.execute(_COUNT_DOCUMENTS, keys).fetchone()[0]
    connection.executemany(_PUT_DOCUMENT, rows)
    return connection.execute(_COUNT_DOCUMENTS, keys).fetchone()[0] - before, 0


def _put_items(connection: Connection, changes: Sequence[Change], life: int) -> tuple[int, int]:
    more = unreadable = 0
    for change in changes:
        item = None if change.kind == "delete" else read_item(change)
        if isinstance(item, Unreadable) or (item is not None and item.sku != change.key):
            unreadable += 1
        else:
            more += _put_item(connection, change, item, life)
    return more, unreadable


def _put_item(connection: Connection, change: Change, item: ItemBody | None, life: int) -> int:
    """Put one item where it is newer; how many items more there are then."""
    run = connection.execute
    known = run("SELECT item_no, life, rev, codes, deleted FROM item WHERE sku = ?", (change.key,)).fetchone()
    if known is not None and (known[1], known[2]) >= (life, change.rev):
        return 0
    if known is not None:
        _forget_codes(connection, known[0], known[3])
    if item is None:
        row: tuple[Any, ...] = ("{}", "pcs", "", "", life, change.rev, 1)
    else:
        names, codes = _encode(item.names).decode(), " ".join(item.codes)
        row = (names, item.unit, item.tax_category, codes, life, change.rev, 0)
    if known is None:
        item_no = run("INSERT INTO item VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", (change.key, *row)).lastrowid
    else:
        item_no = known[0]
        run(
            "UPDATE item SET names = ?, unit = ?, tax_category = ?, codes = ?, life = ?, rev = ?, "
            "deleted = ? WHERE item_no = ?",
            (*row, item_no),
        )
    if item is None:
        run("DELETE FROM search WHERE item_no = ?", (item_no,))
        _put_traits(connection, change.key, None)
    else:
        # Where two items claim one code the newer revision has it, as the hub reported.
        connection.executemany(
            "INSERT INTO code VALUES (?1, ?2) ON CONFLICT (code_key) DO UPDATE SET item_no = ?2 "
            "WHERE (SELECT (life, rev) < (?3, ?4) FROM item WHERE item.item_no = code.item_no) IS NOT FALSE",
            [(key, item_no, life, change.rev) for key in item.codes],
        )
        folded = search_text(item.sku, item.names.values(), item.pinyin, item.codes)
        run("INSERT OR REPLACE INTO search VALUES (?, ?)", (item_no, folded))
        _put_own_prices(connection, item)
        _put_traits(connection, change.key, item.traits)
    was = known is not None and not known[4]
    return (item is not None) - was


def _put_traits(connection: Connection, sku: str, traits: TraitsBody | None) -> None:
    """What promotions pick the item by, in a row of its own: most items have none."""
    if traits is None:
        connection.execute("DELETE FROM document WHERE stream = ? AND key = ?", (STREAM_CATALOGUE, sku))
        return
    connection.execute(
        "INSERT OR REPLACE INTO document VALUES (?, ?, ?, 0, 0, 0)",
        (STREAM_CATALOGUE, sku, Blob(_encode(traits))),
    )


def _put_own_prices(connection: Connection, item: ItemBody) -> None:
    """Prices that come in an item's body, as hubs of before sent them.

    They are of life 0, older than any row of the prices stream, and a row of that stream is never touched.
    """
    if item.prices:
        connection.execute(
            "INSERT INTO price VALUES (?1, ?2, 0, 0, 0) ON CONFLICT (sku) DO UPDATE SET prices = ?2 "
            "WHERE life = 0",
            (item.sku, _encode(sorted(item.prices)).decode()),
        )
    else:
        connection.execute("DELETE FROM price WHERE sku = ? AND life = 0", (item.sku,))


def _forget_codes(connection: Connection, item_no: int, codes: str) -> None:
    connection.executemany(
        "DELETE FROM code WHERE code_key = ? AND item_no = ?",
        [(key, item_no) for key in codes.split(" ")],
    )


def open_catalog_file(place: CatalogPlace, clock: Clock) -> CatalogFile:
    """Open the catalogue for the link, making it if it is missing; a damaged one is put aside."""
    try:
        return CatalogFile(place, clock)
    except (DatabaseError, *UNFIT) as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None and code & 0xFF not in DAMAGED:
            raise
        LOGGER.warning("the catalogue is damaged, put aside and begun anew: %s", error)
        _put_aside(place.path)
        return CatalogFile(place, clock)


def _put_aside(path: Path) -> None:
    for ending in ("", *SIDE_FILES):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.replace(path.with_name(f"{path.name}.damaged{ending}"))


def _forget_members(connection: Connection) -> None:
    """Members have a file of their own: what a till of before put here is taken out, once."""
    of_before = (STREAM_MEMBERS,)
    if connection.execute("SELECT 1 FROM stream WHERE stream = ?", of_before).fetchone() is None:
        return
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("DELETE FROM document WHERE stream = ?", of_before)
    connection.execute("DELETE FROM stream WHERE stream = ?", of_before)
    connection.execute("COMMIT")
    connection.execute("PRAGMA secure_delete=OFF")


def prepare(connection: Connection) -> None:
    """Give a new file its tables; the former version's goods are kept, any other's can be had again."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == CATALOG_FILE_VERSION:
        for probe in _PROBES:
            connection.execute(probe).fetchone()[0]
        _forget_members(connection)
        return
    connection.execute("BEGIN IMMEDIATE")
    if version == _FORMER_VERSION:
        from posapp.store.catalog_former import carry_over

        carry_over(connection)
    else:
        for table in (*CATALOG_TABLES, *_FORMER_TABLES):
            connection.execute(f"DROP TABLE IF EXISTS {table}")
        for statement in CATALOG_SCHEMA:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version={CATALOG_FILE_VERSION}")
    connection.execute("COMMIT")
