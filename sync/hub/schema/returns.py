"""Tables of goods that came back: the return, its lines, its tenders and taxes, and each piece once.

A piece stands in `return_unit` under the return that the hub heard of first; a second one is an exception for
a person, since both tills have given money back. Returns are few beside sales, so no table is cut by month.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table, Text

from sync.hub.schema.events import METADATA


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _number_key(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


GOODS_RETURN: Final = Table(
    "goods_return",
    METADATA,
    _key("store_id"),
    _key("return_id"),
    *(_text(name) for name in ("business_date", "terminal_id", "event_id", "receipt_number")),
    *(
        _text(name)
        for name in ("sale_id", "sale_receipt", "shift_id", "operator_id", "currency", "member_id")
    ),
    *(_number(name) for name in ("epoch", "seq", "completed_at_ms", "goods_minor", "kept_minor")),
    *(_number(name) for name in ("tax_added_minor", "rounding_minor", "total_minor")),
    *(_number(name) for name in ("points_back", "points_taken")),
    Index("goods_return_by_day", "store_id", "business_date", "terminal_id"),
    Index("goods_return_by_sale", "store_id", "sale_id"),
    sqlite_with_rowid=False,
)
RETURN_LINE: Final = Table(
    "return_line",
    METADATA,
    _key("store_id"),
    _key("return_id"),
    _number_key("line_no"),
    *(_text(name) for name in ("sku", "names", "unit", "reason", "disposition")),
    *(_number(name) for name in ("quantity", "amount_minor", "is_faulty")),
    sqlite_with_rowid=False,
)
REFUND_TENDER: Final = Table(
    "refund_tender",
    METADATA,
    _key("store_id"),
    _key("return_id"),
    _number_key("tender_no"),
    *(_text(name) for name in ("tender_id", "kind", "reference")),
    _number("amount_minor"),
    sqlite_with_rowid=False,
)
REFUND_TAX: Final = Table(
    "refund_tax",
    METADATA,
    _key("store_id"),
    _key("return_id"),
    _key("rate_id"),
    *(_number(name) for name in ("ppm", "included", "taxable_minor", "tax_minor")),
    sqlite_with_rowid=False,
)
#: The piece `unit_no` (from 0) of a line of a sale, and the return that it came back with.
RETURN_UNIT: Final = Table(
    "return_unit",
    METADATA,
    _key("store_id"),
    _key("sale_id"),
    _number_key("line_no"),
    _number_key("unit_no"),
    _text("return_id"),
    sqlite_with_rowid=False,
)
