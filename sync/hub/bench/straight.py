"""The same rows written straight into a database of the same schema: what the hub is held against.

No request, no check, nothing recognised as known: the fastest that a program on the same machine could do,
and the two ways that programs usually take.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table, delete

from sync.hub.bench.sales import SHOP, START_MS, STORE_ID
from sync.hub.bench.served import BATCH_SALES, EPOCH
from sync.hub.database import Database, insert_rows
from sync.hub.goods.shop_admin import put_shop
from sync.hub.intake.ingest import Batch, ingest
from sync.hub.schema.events import EVENT, RETAIL_TRANSACTION, SALE_LINE, TAX_LINE, TENDER_LINE

#: A statement of PostgreSQL takes at most 65,535 parameters.
_PARAMETERS_MAX: Final = 60_000
TABLES: Final = (EVENT, RETAIL_TRANSACTION, SALE_LINE, TENDER_LINE, TAX_LINE)
Rows = list[tuple[Table, list[tuple[Any, ...]]]]


class RowMaker:
    """Makes the rows that the hub makes of lines, by the hub's own code in a small database of its own."""

    def __init__(self, path: Path) -> None:
        self._model = Database(path)
        with self._model.writing() as connection:
            put_shop(connection, SHOP, show_pins=False, now_ms=START_MS)

    def close(self) -> None:
        """Close the database."""
        self._model.close()

    def batches(self, terminal_id: str, lines: Sequence[bytes]) -> list[Rows]:
        """The rows of the terminal's next lines, batch by batch."""
        return [
            self._rows(terminal_id, lines[at : at + BATCH_SALES]) for at in range(0, len(lines), BATCH_SALES)
        ]

    def _rows(self, terminal_id: str, lines: Sequence[bytes]) -> Rows:
        with self._model.writing() as connection:
            for table in TABLES:
                connection.execute(delete(table))
            ingest(connection, Batch(STORE_ID, terminal_id, EPOCH, None, lines), now_ms=START_MS)
            return [(table, [tuple(row) for row in connection.execute(table.select())]) for table in TABLES]


def insert_batches(database: Database, batches: Sequence[Rows]) -> float:
    """Seconds to write the batches, a transaction each: binary COPY on PostgreSQL, executemany on SQLite."""
    start = time.perf_counter()
    for batch in batches:
        with database.writing() as connection:
            for table, rows in batch:
                insert_rows(connection, table, rows)
    return time.perf_counter() - start


def insert_values(database: Database, batches: Sequence[Rows]) -> float:
    """Seconds to write the batches with one INSERT of many rows per table, as much as a statement takes."""
    start = time.perf_counter()
    for batch in batches:
        with database.writing() as connection:
            raw: Any = connection.connection.driver_connection
            with raw.cursor() as cursor:
                for table, rows in batch:
                    _insert_values(cursor, table, rows)
    return time.perf_counter() - start


def _insert_values(cursor: Any, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    width = len(table.columns)
    one = f"({','.join(['%s'] * width)})"
    step = _PARAMETERS_MAX // width
    for at in range(0, len(rows), step):
        some = rows[at : at + step]
        statement = f"INSERT INTO {table.name} VALUES {','.join([one] * len(some))}"  # noqa: S608
        cursor.execute(statement, [value for row in some for value in row])
