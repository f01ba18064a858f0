"""A catalogue of the version before in today's form: an updated till sells on before it has met its hub.

Items and prices are taken over as they are, of a life that is over, and the streams have no cursors: whatever
the hub sends replaces them, and what it no longer has goes. Knows the first version of the file only, whose
items carried their prices in a column of their own; others are begun anew.
"""

from __future__ import annotations

from typing import Final

from posapp.store.engine import Connection
from sync.protocol.catalog_file import CATALOG_SCHEMA

_ASIDE: Final = ("ALTER TABLE item RENAME TO former_item", "ALTER TABLE state RENAME TO former_state")
#: Life 1 ended; the streams are at life 2.
_OVER: Final = (
    "INSERT INTO item SELECT item_no, sku, names, unit, tax_category, codes, 1, 0, deleted FROM former_item",
    "INSERT INTO price SELECT sku, prices, 1, 0, 0 FROM former_item WHERE deleted = 0 ORDER BY sku",
    "INSERT INTO stream SELECT 'catalogue', NULL, 2, items, 0, updated_ms FROM former_state",
    (
        "INSERT INTO stream SELECT 'prices', NULL, 2, (SELECT count(*) FROM price), 0, updated_ms "
        "FROM former_state"
    ),
    "DROP TABLE former_item",
    "DROP TABLE former_state",
)


def carry_over(connection: Connection) -> None:
    """Give a file of the former version today's tables, in its caller's transaction; raises DatabaseError."""
    for statement in _ASIDE:
        connection.execute(statement)
    for statement in CATALOG_SCHEMA:
        # Codes and search texts are kept as they were then.
        if not statement.startswith(("CREATE TABLE code ", "CREATE TABLE search ")):
            connection.execute(statement)
    for statement in _OVER:
        connection.execute(statement)
