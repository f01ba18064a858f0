"""Brings a catalogue file into the hub: what changed gets a new revision, everything else stays still.

The file is the truth about the items it names, and silent about all others. A code belongs to one item:
whoever had it first in the file, or before it, keeps it, and the other spelling is reported. Work is
done in chunks of one transaction each, so that tills are served in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, select

from posapp.domain.codes import GTIN_LENGTHS
from sync.hub.database import Database, insert_rows
from sync.hub.feeds.snapshots import want_snapshot
from sync.hub.feeds.streams import Row, held_bodies, hold_streams, put_rows
from sync.hub.goods.catalogue_rows import (
    CatalogueFile,
    Columns,
    Record,
    RefusedRow,
    RowReader,
    RowRefusedError,
    RowRules,
    read_columns,
)
from sync.hub.goods.pinyin import initials
from sync.hub.goods.price_lists import Prices, list_rows, listed_prices, price_body
from sync.hub.goods.store_facts import one_store
from sync.hub.schema.events import ITEM_CODE, REFUSED_ROW
from sync.protocol.messages import ItemBody, PriceBody
from sync.protocol.versions import STREAM_CATALOGUE, STREAM_PRICES

#: Larger ones write fewer pages twice, and keep tills that push waiting for longer (about 0.3 s).
CHUNK_ITEMS: Final = 8_000
#: Codes of one question to the database.
_CODES_AT_ONCE: Final = 5_000
REFUSED_KEPT: Final = 10_000
CONTENT_MAX_CHARS: Final = 500


@dataclass(slots=True)
class ImportReport:
    """What became of a file; `imported` items are new or changed, codes are counted whether new or not."""

    rows: int = 0
    imported: int = 0
    unchanged: int = 0
    gtins: int = 0
    internal_wrong_check_digit: int = 0
    internal_other: int = 0
    collisions: int = 0
    refused: int = 0


@dataclass(slots=True)
class _Changes:
    """What a chunk changes: rows of the two streams, and the codes of the items among them."""

    items: list[Row] = field(default_factory=list)
    prices: list[Row] = field(default_factory=list)
    codes: list[tuple[str, str, str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to read the file: columns in order for a file without header, or own headings by field."""

    columns: tuple[str, ...] = ()
    renamed: dict[str, str] = field(default_factory=dict)
    language: str = "en"


class CatalogueImport:
    """One import of one file into one store; `on_refused` gets every row that was not taken whole."""

    def __init__(
        self,
        database: Database,
        store_id: str,
        rules: RowRules,
        *,
        now_ms: int,
        on_refused: Callable[[RefusedRow], None] = lambda _row: None,
        chunk_items: int = CHUNK_ITEMS,
    ) -> None:
        self._database = database
        self._store_id = store_id
        self._rules = rules
        self._now_ms = now_ms
        self._on_refused = on_refused
        self._chunk_items = chunk_items
        self._seen: dict[str, int] = {}
        self._deferred: list[Record] = []
        self._refused: list[RefusedRow] = []
        self._encoder = msgspec.json.Encoder()
        self.report = ImportReport()

    def run(
        self,
        file: CatalogueFile,
        options: ImportOptions,
        on_bytes: Callable[[int], object] | None = None,
    ) -> ImportReport:
        """Import the file, telling how far it got; raises ColumnsError before anything is written."""
        chunk: list[Record] = []
        for record in self._records(file, options, on_bytes):
            chunk.append(record)
            if len(chunk) >= self._chunk_items:
                self._store(chunk)
                chunk = []
        self._store(chunk)
        # A code may have moved from an item further down the file: now that one has let go of it.
        again, self._deferred = self._deferred, []
        for start in range(0, len(again), self._chunk_items):
            self._store(again[start : start + self._chunk_items], last=True)
        self._keep_refused()
        return self.report

    # ------------------------------------------------------------------ from rows to records
    def _records(
        self, file: CatalogueFile, options: ImportOptions, on_bytes: Callable[[int], object] | None
    ) -> Iterator[Record]:
        columns, skipped = self._columns(file, options)
        reader = RowReader(columns, self._rules)
        last_rows = _last_rows(file, columns, skipped) if columns.has_sku else {}
        open_items: dict[str, Record] = {}
        for row_no, cells in file.rows(on_bytes):
            if row_no <= skipped or cells in ([""], []):
                continue
            self.report.rows += 1
            record: Record | None = None
            try:
                record = self._joined(reader.record(row_no, cells), open_items, columns)
            except RowRefusedError as refusal:
                self._refuse(row_no, str(refusal), "\t".join(cells))
            for sku, finished in self._finished(record, cells, columns, last_rows, open_items, row_no):
                self._seen[sku] = finished.row_no
                yield finished

    def _columns(self, file: CatalogueFile, options: ImportOptions) -> tuple[Columns, int]:
        if options.columns:
            return read_columns(options.columns, renamed={}, language=options.language), 0
        with closing(file.rows()) as rows:
            row_no, header = next(rows, (1, [""]))
        return read_columns(header, renamed=options.renamed, language=options.language), row_no

    def _joined(self, record: Record, open_items: dict[str, Record], columns: Columns) -> Record:
        """The record, joined to earlier rows of its SKU; raises RowRefusedError where they disagree."""
        if not columns.has_sku:
            earlier_row = self._seen.get(record.sku)
            if earlier_row is not None:
                raise RowRefusedError(f"the same code stands in row {earlier_row}")
            for code in record.codes:
                self._count(code.kind == "gtin", code.text)
            return record
        known = open_items.get(record.sku)
        if known is not None:
            for what, shown in (("names", "name"), ("tax_category", "tax category"), ("unit", "unit")):
                if getattr(record, what) != getattr(known, what):
                    raise RowRefusedError(f"row {known.row_no} of the same SKU has another {shown}")
        for code in record.codes:
            self._count(code.kind == "gtin", code.text)
        if known is None:
            open_items[record.sku] = record
            return record
        held = {code.key for code in known.codes}
        known.codes.extend(code for code in record.codes if code.key not in held)
        if record.prices is not None:
            known.prices = (known.prices or {}) | record.prices
        return known

    def _finished(
        self,
        record: Record | None,
        cells: list[str],
        columns: Columns,
        last_rows: dict[str, int],
        open_items: dict[str, Record],
        row_no: int,
    ) -> Iterator[tuple[str, Record]]:
        """The item that is complete with this row, if any; a refused last row completes one too."""
        if not columns.has_sku:
            if record is not None:
                yield record.sku, record
            return
        place = columns.places["sku"]
        sku = cells[place].strip() if place < len(cells) else ""
        if last_rows.get(sku, row_no) <= row_no and sku in open_items:
            yield sku, open_items.pop(sku)

    def _count(self, is_gtin: bool, text: str) -> None:
        if is_gtin:
            self.report.gtins += 1
        elif text.isascii() and text.isdigit() and len(text) in GTIN_LENGTHS:
            self.report.internal_wrong_check_digit += 1
        else:
            self.report.internal_other += 1

    # ------------------------------------------------------------------ from records to rows
    def _store(self, records: list[Record], *, last: bool = False) -> None:
        if not records:
            return
        with self._database.writing() as connection:
            hold_streams(connection, self._store_id, (STREAM_CATALOGUE, STREAM_PRICES))
            skus = [record.sku for record in records]
            items = held_bodies(connection, self._store_id, STREAM_CATALOGUE, skus)
            prices = held_bodies(connection, self._store_id, STREAM_PRICES, skus)
            priced = self._priced(connection, skus)
            owners = self._owners(connection, [code.key for record in records for code in record.codes])
            owned: defaultdict[str, list[str]] = defaultdict(list)
            for key, (sku, _spelling) in owners.items():
                owned[sku].append(key)
            changes = _Changes()
            for record in records:
                for key in owned.get(record.sku, ()):
                    # Let go of here, so another item of this chunk may have it.
                    if all(code.key != key for code in record.codes):
                        del owners[key]
                if self._settle_codes(record, owners, last=last):
                    price = priced(record.sku, self._prices(record, prices.get(record.sku)))
                    held = items.get(record.sku), prices.get(record.sku)
                    self._compare(record, price, held, changes)
            self._write(connection, changes)

    def _priced(self, connection: Connection, skus: Sequence[str]) -> Callable[[str, Prices], bytes | None]:
        """What goes down for an item with these prices of the file, beside the chain's lists."""
        lists = list_rows(connection, skus)
        store = one_store(connection, self._store_id)
        if store is None or not lists:
            return lambda sku, prices: self._encoder.encode(PriceBody(sku, prices)) if prices else None
        return lambda sku, prices: price_body(store, sku, prices, lists.get(sku, ()), self._now_ms)

    def _compare(
        self, record: Record, price: bytes | None, held: tuple[bytes | None, bytes | None], changes: _Changes
    ) -> None:
        """Note what of a record differs from what is held."""
        held_item, held_prices = held
        item = self._encoder.encode(self._body(record))
        if item != held_item:
            changes.items.append((record.sku, item))
            changes.codes.extend((self._store_id, code.key, record.sku, code.text) for code in record.codes)
        if price != held_prices:
            changes.prices.append((record.sku, price))
        if item == held_item and price == held_prices:
            self.report.unchanged += 1
        else:
            self.report.imported += 1

    def _settle_codes(self, record: Record, owners: dict[str, tuple[str, str]], *, last: bool) -> bool:
        """Drop the codes that belong to others; whether the record goes on now."""
        taken = [code for code in record.codes if owners.get(code.key, (record.sku, ""))[0] != record.sku]
        if taken and not last and any(owners[code.key][0] not in self._seen for code in taken):
            self._deferred.append(record)
            return False
        spellings = []
        for code in taken:
            owner, spelling = owners[code.key]
            self.report.collisions += 1
            spellings.append(f"{code.text!r} is {spelling!r} of item {owner!r}")
        record.codes = [code for code in record.codes if code not in taken] if taken else record.codes
        for code in record.codes:
            owners.setdefault(code.key, (record.sku, code.text))
        if not taken:
            return True
        reason = "collision: " + "; ".join(spellings)
        # Where the code itself was the SKU it is the same article in another spelling, not a second one.
        if not record.codes and record.sku in {code.text for code in taken}:
            self._refuse(record.row_no, reason, record.sku)
            return False
        self._note(RefusedRow(record.row_no, f"{reason} (item kept without it)", record.sku))
        return True

    def _prices(self, record: Record, held: bytes | None) -> tuple[tuple[int, int], ...]:
        known = listed_prices(held)
        return known if record.prices is None else merged_prices(known, record.prices, self._now_ms)

    def _body(self, record: Record) -> ItemBody:
        return ItemBody(
            sku=record.sku,
            names=record.names,
            pinyin=" ".join(filter(None, (initials(name) for name in record.names.values()))),
            unit=record.unit,
            tax_category=record.tax_category,
            codes=tuple(code.key for code in record.codes),
            category=record.category,
            brand=record.brand,
            tags=record.tags,
        )

    def _owners(self, connection: Connection, keys: list[str]) -> dict[str, tuple[str, str]]:
        owners: dict[str, tuple[str, str]] = {}
        for start in range(0, len(keys), _CODES_AT_ONCE):
            query = select(ITEM_CODE.c.key, ITEM_CODE.c.sku, ITEM_CODE.c.spelling).where(
                ITEM_CODE.c.store_id == self._store_id,
                ITEM_CODE.c.key.in_(keys[start : start + _CODES_AT_ONCE]),
            )
            owners |= {key: (sku, spelling) for key, sku, spelling in connection.execute(query)}
        return owners

    def _write(self, connection: Connection, changes: _Changes) -> None:
        forget_codes(connection, self._store_id, [sku for sku, _body in changes.items])
        insert_rows(connection, ITEM_CODE, changes.codes)
        put_rows(connection, self._store_id, STREAM_CATALOGUE, changes.items, self._now_ms)
        put_rows(connection, self._store_id, STREAM_PRICES, changes.prices, self._now_ms)

    # ------------------------------------------------------------------ what was not taken
    def _refuse(self, row_no: int, reason: str, content: str) -> None:
        self.report.refused += 1
        shown = content[:CONTENT_MAX_CHARS].encode("utf-8", "backslashreplace").decode()
        self._note(RefusedRow(row_no, reason, shown))

    def _note(self, row: RefusedRow) -> None:
        self._on_refused(row)
        if len(self._refused) < REFUSED_KEPT:
            self._refused.append(row)

    def _keep_refused(self) -> None:
        reasons: dict[int, RefusedRow] = {row.row_no: row for row in reversed(self._refused)}
        rows = [(self._store_id, row.row_no, row.reason, row.content) for row in reasons.values()]
        with self._database.writing() as connection:
            want_snapshot(connection, self._store_id, self._now_ms)
            connection.execute(delete(REFUSED_ROW).where(REFUSED_ROW.c.store_id == self._store_id))
            insert_rows(connection, REFUSED_ROW, rows)


def merged_prices(
    held: Iterable[tuple[int, int]], rows: Mapping[int, int], now_ms: int
) -> tuple[tuple[int, int], ...]:
    """Prices by their time (epoch milliseconds): those held and those of a file, less those that are over.

    A row replaces the price of the same time; one without a time (0) replaces the price in force.
    """
    merged = {since: minor for since, minor in held if since > now_ms or 0 not in rows} | dict(rows)
    in_force = max((since for since in merged if since <= now_ms), default=0)
    return tuple(sorted((since, minor) for since, minor in merged.items() if since >= in_force))


def _last_rows(file: CatalogueFile, columns: Columns, skipped: int) -> dict[str, int]:
    """The last row of every SKU that has more than one."""
    place = columns.places["sku"]
    seen: set[str] = set()
    last: dict[str, int] = {}
    for row_no, cells in file.rows():
        if row_no <= skipped or place >= len(cells):
            continue
        sku = cells[place].strip()
        if sku in seen:
            last[sku] = row_no
        seen.add(sku)
    return last


def forget_codes(connection: Connection, store_id: str, skus: Sequence[str]) -> None:
    """Take the codes of items away, so that they or others may have them."""
    if skus:
        mine = (ITEM_CODE.c.store_id == store_id, ITEM_CODE.c.sku.in_(skus))
        connection.execute(delete(ITEM_CODE).where(*mine))


def remove_items(connection: Connection, store_id: str, skus: Iterable[str], now_ms: int) -> int:
    """Take items out of the catalogue, leaving tombstones for the tills; how many there were."""
    wanted = sorted(set(skus))
    streams = (STREAM_CATALOGUE, STREAM_PRICES)
    hold_streams(connection, store_id, streams)
    forget_codes(connection, store_id, wanted)
    gone = [held_bodies(connection, store_id, stream, wanted) for stream in streams]
    for stream, held in zip(streams, gone, strict=True):
        put_rows(connection, store_id, stream, [(sku, None) for sku in held], now_ms)
    return len(gone[0])
