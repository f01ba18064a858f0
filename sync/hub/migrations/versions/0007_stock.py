"""Moves of stock and what is left."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Text

revision = "0007"
down_revision = "0006"


def _text(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, nullable=False) for name in names)


def _number(*names: str) -> tuple[Column[int], ...]:
    return tuple(Column(name, BigInteger, nullable=False) for name in names)


def _key(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, primary_key=True) for name in names)


def upgrade() -> None:
    """Add moves and levels; sales from before are in no level, since nothing was counted yet."""
    op.create_table(
        "stock_move",
        *_key("store_id", "move_id"),
        Column("line_no", BigInteger, primary_key=True, autoincrement=False),
        *_text("sku"),
        *_number("quantity"),
        *_text("unit", "reason", "terminal_id", "reference"),
        *_number("at_ms"),
        sqlite_with_rowid=False,
    )
    op.create_index("stock_move_by_item", "stock_move", ["store_id", "sku", "at_ms"])
    op.create_table(
        "stock_level",
        *_key("store_id", "sku"),
        *_number("sellable"),
        *_text("unit"),
        *_number("counted_at_ms"),
        *_text("counted_by"),
        *_number("changed_at_ms"),
        sqlite_with_rowid=False,
    )
