"""The catalogue as it is read: items at the scan with the price in force, and rows of the other streams.

Every question goes over a hold of the file's place, which writes nothing and steps aside while the file is
replaced. What the hub sent stays in its spelling until somebody asks. How rows come in is not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, TypeVar

import msgspec

from posapp.domain.catalog import Item
from posapp.domain.pricing.items.prices import PriceAnswer
from posapp.domain.pricing.terms.basket import Traits
from posapp.flows.intents import CatalogueStatus
from posapp.flows.ports import CatalogueUnreadable
from posapp.store.catalog_place import CatalogPlace
from posapp.store.engine import Connection, open_reader
from posapp.store.price_rows import listed_rows, read_rows
from posapp.store.troubles import UNFIT, DatabaseError
from sync.protocol.messages import TraitsBody

Answer = TypeVar("Answer")

#: How much of the file a reader maps into memory at most.
MAP_BYTES: Final = 1 << 30

_ITEM: Final = (
    "SELECT item.sku, names, unit, tax_category, price.prices, "
    "(SELECT body FROM document WHERE stream = 'catalogue' AND key = item.sku AND deleted = 0), "
    "(SELECT body FROM document WHERE stream = 'prices' AND key = item.sku AND deleted = 0) FROM "
)
#: A price that was taken away is none.
_PRICED: Final = " LEFT JOIN price ON price.sku = item.sku AND price.deleted = 0 WHERE "
_BY_KEY: Final = _ITEM + "code CROSS JOIN item USING (item_no)" + _PRICED + "code_key = ?"
#: Asks for an item by its SKU, in a row as `to_item` takes it.
ITEM_BY_SKU: Final = _ITEM + "item" + _PRICED + "item.sku = ? AND item.deleted = 0"
#: Asks for an item by its number in the file, in a row as `to_item` takes it.
ITEM_BY_NUMBER: Final = _ITEM + "item" + _PRICED + "item_no = ? AND item.deleted = 0"
#: An item is as new as its name or its price.
_STATUS: Final = (
    "SELECT coalesce(max(rows) FILTER (WHERE stream = 'catalogue'), 0), max(updated_ms) FROM stream "
    "WHERE stream IN ('catalogue', 'prices')"
)

_names: Final = msgspec.json.Decoder(dict[str, str]).decode
_prices: Final = msgspec.json.Decoder(list[tuple[int, int]]).decode


def read_status(connection: Connection) -> CatalogueStatus:
    """How many items there are, and since when."""
    items, updated_ms = connection.execute(_STATUS).fetchone()
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
    """An item from its row (of one of the questions above), priced at a moment."""
    price_minor, since_ms = _price(row, at_ms)
    item = Item(row[0], _names(row[1]), row[2], row[3], price_minor, since_ms)
    return item if row[5] is None else replace(item, traits=_traits(bytes(row[5])))


def _price(row: tuple[Any, ...], at_ms: int) -> tuple[int | None, int | None]:
    if row[4] is None:
        return None, None
    rows = None if row[6] is None else read_rows(row[0], bytes(row[6]))
    return price_at(row[4], at_ms) if rows is None else rows.price_at(at_ms)


@lru_cache(maxsize=4096)
def _traits(body: bytes) -> Traits:
    try:
        told = msgspec.json.decode(body, type=TraitsBody)
    except msgspec.DecodeError:
        # Goods that cannot be sorted into sets are still goods.
        return Traits()
    return Traits(told.category, told.brand, frozenset(told.tags))


def with_next_price(item: Item, row: tuple[Any, ...], at_ms: int) -> Item:
    """The item with the first price that is still to come, where there is one."""
    rows = None if row[6] is None else read_rows(row[0], bytes(row[6]))
    if rows is not None:
        next_minor, next_ms = rows.coming(at_ms)
        return item if next_ms is None else replace(item, next_price_minor=next_minor, next_price_ms=next_ms)
    coming = () if row[4] is None else (each for each in _prices(row[4]) if each[0] > at_ms)
    from_ms, minor = next(iter(coming), (None, None))
    return item if from_ms is None else replace(item, next_price_minor=minor, next_price_ms=from_ms)


class SqliteCatalogReader:
    """Items at the scan (a CatalogReader), and rows of other streams; used by one thread."""

    def __init__(self, place: CatalogPlace) -> None:
        """Open the file; raises DatabaseError where that cannot be."""
        self._hold = place.hold(lambda path: open_reader(path, mmap_bytes=MAP_BYTES))
        with self._hold:
            return

    def by_key(self, key: str, at_ms: int) -> Item | None:
        """The item that a look-up key belongs to, priced at a time."""
        row = self._ask(lambda held: held.execute(_BY_KEY, (key,)).fetchone())
        return None if row is None else to_item(row, at_ms)

    def by_sku(self, sku: str, at_ms: int) -> Item | None:
        """The item with this SKU, priced at a time."""
        row = self._ask(lambda held: held.execute(ITEM_BY_SKU, (sku,)).fetchone())
        return None if row is None else to_item(row, at_ms)

    def why_price(self, sku: str, at_ms: int, *, level: str | None = None) -> PriceAnswer | None:
        """Why an item costs what it does, for a member of a level or (None) for anybody; None: no price.

        Raises CatalogueUnreadable.
        """
        row = self._ask(lambda held: held.execute(ITEM_BY_SKU, (sku,)).fetchone())
        if row is None or row[4] is None:
            return None
        rows = (None if row[6] is None else read_rows(sku, bytes(row[6]))) or listed_rows(
            sku, _prices(row[4])
        )
        return rows.why(at_ms, level=level)

    def document(self, stream: str, key: str) -> bytes | None:
        """The row of a stream as the hub sent it (JSON), or None; raises CatalogueUnreadable."""
        question = "SELECT body FROM document WHERE stream = ? AND key = ? AND deleted = 0"
        row = self._ask(lambda held: held.execute(question, (stream, key)).fetchone())
        return None if row is None else bytes(row[0])

    def documents(self, stream: str) -> tuple[tuple[str, bytes], ...]:
        """All rows of a stream by key, as the hub sent them (JSON); raises CatalogueUnreadable."""
        question = "SELECT key, body FROM document WHERE stream = ? AND deleted = 0 ORDER BY key"
        rows = self._ask(lambda held: held.execute(question, (stream,)).fetchall())
        return tuple((key, bytes(body)) for key, body in rows)

    def _ask(self, question: Callable[[Connection], Any]) -> Any:
        try:
            with self._hold as connection:
                return question(connection)
        except (DatabaseError, *UNFIT) as error:
            raise CatalogueUnreadable(str(error)) from error

    def status(self) -> CatalogueStatus:
        """How many items there are, and since when; nothing where the file cannot tell."""
        try:
            with self._hold as connection:
                return read_status(connection)
        except (DatabaseError, *UNFIT):
            return CatalogueStatus()

    def close(self) -> None:
        """Let the file go."""
        self._hold.close()
