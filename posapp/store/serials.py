"""Which pieces with a serial number were sold here and stayed sold, asked over a connection that only reads.

Also which gift cards paid under which lease. Knows only this till's own ledger: what another till sold is
not seen here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from posapp.store.engine import Connection, open_reader
from posapp.store.troubles import UNFIT, DatabaseError

_SOLD_AT: Final = (
    "SELECT completed_at_ms FROM serial_sold JOIN retail_transaction USING (receipt_seq) "
    "WHERE gtin14 = ?1 AND serial = ?2 AND receipt_seq > coalesce("
    "(SELECT max(receipt_seq) FROM serial_back WHERE gtin14 = ?1 AND serial = ?2), 0) "
    "ORDER BY receipt_seq DESC LIMIT 1"
)


class SqliteSoldReader:
    """Pieces sold (a SoldReader); used by one thread. The file is opened with the first question."""

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger
        self._connection: Connection | None = None

    def sold_at_ms(self, gtin14: str, serial: str) -> int | None:
        """When this piece was last sold, or None."""
        try:
            if self._connection is None:
                self._connection = open_reader(self._ledger)
            row = self._connection.execute(_SOLD_AT, (gtin14, serial)).fetchone()
        except (DatabaseError, *UNFIT):
            # A ledger that cannot be read stops the commit of the sale anyway, and says so there.
            return None
        return None if row is None else int(row[0])

    def gift_used(self, lease_id: str, card_id: str) -> bool:
        """Whether a sale stored here took this gift card under this lease."""
        return self.sold_at_ms(lease_id, card_id) is not None

    def close(self) -> None:
        """Let the file go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
