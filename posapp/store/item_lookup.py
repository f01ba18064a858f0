"""Looking items up away from the scan: by part of a name, with what is left of them.

Both files are opened with the first question, by the thread that asks it: most tills never look anything up
in a shift.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from posapp.domain.catalog import Item
from posapp.flows.intents import Stock
from posapp.flows.ports import Clock
from posapp.store.catalog_place import CatalogPlace
from posapp.store.search import CatalogSearch
from posapp.store.stock import StockReader


class ItemLookup:
    """Names and stock of one till (a NameSearch); used by one thread."""

    def __init__(self, catalogue: CatalogPlace, ledger: Path, clock: Clock) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self._names: CatalogSearch | None = None
        self._stock = StockReader(catalogue, ledger)

    def search(self, text: str, limit: int) -> tuple[Item, ...]:
        """Items that the text is a part of, best first."""
        if self._names is None:
            self._names = CatalogSearch(self._catalogue, self._clock)
        return self._names.search(text, limit)

    def stock(self, skus: Sequence[str]) -> Mapping[str, Stock] | None:
        """What is left of items, by SKU; None where the shop keeps no stock."""
        return self._stock.figures(skus)

    def close(self) -> None:
        """Let the files go."""
        self._stock.close()
        if self._names is not None:
            self._names.close()
