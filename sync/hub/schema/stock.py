"""Tables of stock: every move that the hub has heard of, once, and what is left of each item.

A level is what was counted last and every move since, so that it could be made again from the moves.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text

from sync.hub.schema.events import METADATA


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


#: `move_id` is the fact's own id: a sale's is its transaction, `line_no` the line of it. `quantity` is what
#: was added in pieces or grams (below 0: taken), of a count what was found.
STOCK_MOVE = Table(
    "stock_move",
    METADATA,
    _key("store_id"),
    _key("move_id"),
    Column("line_no", BigInteger, primary_key=True, autoincrement=False),
    _text("sku"),
    _number("quantity"),
    *(_text(name) for name in ("unit", "reason", "terminal_id", "reference")),
    _number("at_ms"),
    Index("stock_move_by_item", "store_id", "sku", "at_ms"),
    sqlite_with_rowid=False,
)
#: Only items that were counted have a level. `counted_by` is the move that did it; `changed_at_ms` is of the
#: hub's clock.
STOCK_LEVEL = Table(
    "stock_level",
    METADATA,
    _key("store_id"),
    _key("sku"),
    _number("sellable"),
    _text("unit"),
    _number("counted_at_ms"),
    _text("counted_by"),
    _number("changed_at_ms"),
    sqlite_with_rowid=False,
)
