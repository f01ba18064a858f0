"""Items by the sets that promotions speak of, out of the till's file of items and prices.

Looked through beside the scans, by the thread that looks for next best steps; it holds the file for itself.
Items named by SKU are read one by one; others are found by what stands in their row, a few of each value.
Whether a set holds an item is for the one who asks: here only what narrows it down is used.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final

from posapp.domain.catalog import Item
from posapp.domain.pricing.goods.index import asked_values
from posapp.domain.pricing.terms.promotion import GoodsSet
from posapp.store.catalog import ITEM_BY_SKU, to_item
from posapp.store.catalog_place import CatalogPlace
from posapp.store.engine import Connection, open_reader
from posapp.store.troubles import UNFIT, DatabaseError

#: So many items are looked at for a set, and so many words of it.
_ITEMS_MAX: Final = 24
_WORDS_MAX: Final = 8
#: Rows that say what promotions pick an item by; the value is looked for as JSON spells it.
_HAVING: Final = (
    "SELECT key FROM document WHERE stream = 'catalogue' AND deleted = 0 AND instr(body, ?) LIMIT ?"
)


class GoodsShelf:
    """The goods of one till (a Shelf); used by one thread."""

    def __init__(self, catalogue: CatalogPlace) -> None:
        self._hold = catalogue.hold(open_reader, patient=True)

    def goods_of(self, of: GoodsSet, at_ms: int) -> Sequence[Item]:
        """Some items that may be in a set, priced at a time; none where the file cannot be read now."""
        asked = asked_values(of)
        if asked is None:
            return ()
        try:
            with self._hold as connection:
                skus = _skus(connection, asked)
                rows = [connection.execute(ITEM_BY_SKU, (sku,)).fetchone() for sku in skus]
        except (DatabaseError, *UNFIT):
            return ()  # a hint less; a scan says by itself that the file cannot be read
        return [to_item(row, at_ms) for row in rows if row is not None]

    def close(self) -> None:
        """Let the file go."""
        self._hold.close()


def _skus(connection: Connection, asked: Iterable[tuple[str, Iterable[str]]]) -> list[str]:
    """The first SKUs of each value, in an order that is always the same."""
    found: dict[str, None] = {}
    for what, values in asked:
        for value in sorted(values)[: _ITEMS_MAX if what == "sku" else _WORDS_MAX]:
            if len(found) >= _ITEMS_MAX:
                break
            if what == "sku":
                found[value] = None
            elif what in ("category", "brand", "tag"):
                spelled = _spelled(value)
                rows = connection.execute(_HAVING, (spelled, _ITEMS_MAX))
                found.update((str(sku), None) for (sku,) in rows)
    return list(found)[:_ITEMS_MAX]


def _spelled(value: str) -> bytes:
    """A text as the hub's JSON has it."""
    return json.dumps(value, ensure_ascii=False).encode()
