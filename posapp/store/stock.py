"""What may still be sold of an item as far as this till knows: the hub's figure less its own unsent sales.

Selling never asks here; only whoever looks an item up does, away from the scan. What other tills sold is in
the hub's figure once both have heard of it. Used by one thread.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from posapp.exchange.shop_rules import read_stock
from posapp.flows.intents import Stock
from posapp.store.catalog_place import CatalogPlace
from posapp.store.engine import Connection, open_reader
from posapp.store.troubles import UNFIT, DatabaseError
from sync.protocol.versions import STREAM_STOCK

_IS_KEPT: Final = "SELECT EXISTS (SELECT 1 FROM document WHERE stream = ? AND deleted = 0)"
_FIGURE: Final = "SELECT body FROM document WHERE stream = ? AND key = ? AND deleted = 0"
#: Lines of goods are part 1 of a sale, and stand in the order of receipts.
_UNSENT: Final = (
    "SELECT what, sum(number) FROM transaction_line WHERE part = 1 AND line_id >= 65536 * "
    "(1 + (SELECT coalesce(max(receipt_seq), 0) FROM retail_transaction "
    "WHERE journal_no <= (SELECT acked_no FROM till))) "
    "AND what IN (SELECT value FROM json_each(?)) GROUP BY what"
)


class StockReader:
    """Figures of items by SKU."""

    def __init__(self, catalogue: CatalogPlace, ledger: Path) -> None:
        self._hold = catalogue.hold(open_reader, patient=True)
        self._ledger_path = ledger
        self._ledger: Connection | None = None

    def figures(self, skus: Sequence[str]) -> dict[str, Stock] | None:
        """The figures of those that have one; None where the shop keeps no stock, or it cannot be read."""
        try:
            with self._hold as connection:
                if not connection.execute(_IS_KEPT, (STREAM_STOCK,)).fetchone()[0]:
                    return None
                rows = {sku: connection.execute(_FIGURE, (STREAM_STOCK, sku)).fetchone() for sku in skus}
            if self._ledger is None:
                self._ledger = open_reader(self._ledger_path)
            unsent: dict[str, int] = dict(self._ledger.execute(_UNSENT, (json.dumps(list(skus)),)))
        except (DatabaseError, *UNFIT):
            return None
        found = {sku: read_stock(bytes(row[0])) for sku, row in rows.items() if row is not None}
        return {
            sku: Stock(figure.sellable - unsent.get(sku, 0), figure.as_of_ms)
            for sku, figure in found.items()
            if figure is not None
        }

    def close(self) -> None:
        """Let the files go."""
        self._hold.close()
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None
