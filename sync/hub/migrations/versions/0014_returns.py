"""Goods that came back, and sales found by the number on their receipt."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text

revision = "0014"
down_revision = "0013"

METADATA = MetaData()


def _key(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, primary_key=True) for name in names)


def _number_key(*names: str) -> tuple[Column[int], ...]:
    return tuple(Column(name, BigInteger, primary_key=True, autoincrement=False) for name in names)


def _text(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, nullable=False) for name in names)


def _number(*names: str) -> tuple[Column[int], ...]:
    return tuple(Column(name, BigInteger, nullable=False) for name in names)


Table(
    "goods_return",
    METADATA,
    *_key("store_id", "return_id"),
    *_text("business_date", "terminal_id", "event_id", "receipt_number"),
    *_text("sale_id", "sale_receipt", "shift_id", "operator_id", "currency", "member_id"),
    *_number("epoch", "seq", "completed_at_ms", "goods_minor", "kept_minor"),
    *_number("tax_added_minor", "rounding_minor", "total_minor", "points_back", "points_taken"),
    Index("goods_return_by_day", "store_id", "business_date", "terminal_id"),
    Index("goods_return_by_sale", "store_id", "sale_id"),
    sqlite_with_rowid=False,
)
Table(
    "return_line",
    METADATA,
    *_key("store_id", "return_id"),
    *_number_key("line_no"),
    *_text("sku", "names", "unit", "reason", "disposition"),
    *_number("quantity", "amount_minor", "is_faulty"),
    sqlite_with_rowid=False,
)
Table(
    "refund_tender",
    METADATA,
    *_key("store_id", "return_id"),
    *_number_key("tender_no"),
    *_text("tender_id", "kind", "reference"),
    *_number("amount_minor"),
    sqlite_with_rowid=False,
)
Table(
    "refund_tax",
    METADATA,
    *_key("store_id", "return_id", "rate_id"),
    *_number("ppm", "included", "taxable_minor", "tax_minor"),
    sqlite_with_rowid=False,
)
Table(
    "return_unit",
    METADATA,
    *_key("store_id", "sale_id"),
    *_number_key("line_no", "unit_no"),
    *_text("return_id"),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    """Make the tables, and the way from a receipt's number to its sale."""
    METADATA.create_all(op.get_bind())
    op.create_index("retail_transaction_by_receipt", "retail_transaction", ["store_id", "receipt_number"])
