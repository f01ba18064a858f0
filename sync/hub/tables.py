"""The hub's tables: what came from tills as exact bytes, what is read out of it, what goes down.

Every key starts with the store, so that the same schema can be split by store one day. Amounts are
integer minor units, times epoch milliseconds. Rows read out of events have no foreign keys: they are
made from the event in the same transaction and could be made again.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

METADATA = MetaData()


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _number_key(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


# --- the hub and its stores ---------------------------------------------------------------------
#: `feed_id` names this database's feeds: a cursor of another one is not understood here.
HUB = Table(
    "hub",
    METADATA,
    Column("one", Integer, CheckConstraint("one = 1", name="one_row"), primary_key=True, autoincrement=False),
    _text("feed_id"),
)
STORE = Table(
    "store",
    METADATA,
    _key("store_id"),
    _number("settings_rev"),
    _bytes("settings"),
    _number("catalogue_rev"),
    _number("changed_at_ms"),
)
TERMINAL = Table(
    "terminal",
    METADATA,
    Column("store_id", Text, ForeignKey("store.store_id"), primary_key=True),
    _key("terminal_id"),
    Column("device_key_sha256", LargeBinary),
    Column("enrolled_at_ms", BigInteger),
    Column("is_set_up", Integer, nullable=False, server_default=text("1")),
)

# --- what came from tills -----------------------------------------------------------------------
_PLACE = ("store_id", "terminal_id", "epoch", "seq")


def _place() -> tuple[Column[str], Column[str], Column[int], Column[int]]:
    return _key("store_id"), _key("terminal_id"), _number_key("epoch"), _number_key("seq")


PROGRESS = Table(
    "progress",
    METADATA,
    _key("store_id"),
    _key("terminal_id"),
    _number_key("epoch"),
    _number("acked_through"),
    _number("received_at_ms"),
    sqlite_with_rowid=False,
)
EVENT = Table(
    "event",
    METADATA,
    *_place(),
    _text("event_id"),
    _text("kind"),
    _text("business_date"),
    _number("occurred_at_ms"),
    _number("received_at_ms"),
    _bytes("line"),
    UniqueConstraint("store_id", "event_id", name="event_once"),
)
QUARANTINE = Table(
    "quarantine",
    METADATA,
    *_place(),
    _text("reason"),
    _number("received_at_ms"),
    _bytes("line"),
)
FORK_ALARM = Table(
    "fork_alarm",
    METADATA,
    *_place(),
    Column("line_sha256", LargeBinary, primary_key=True),
    _text("reason"),
    _number("received_at_ms"),
    _bytes("line"),
)

# --- read out of sales --------------------------------------------------------------------------
RETAIL_TRANSACTION = Table(
    "retail_transaction",
    METADATA,
    _key("store_id"),
    _key("transaction_id"),
    _text("terminal_id"),
    _number("epoch"),
    _number("seq"),
    *(_text(name) for name in ("receipt_number", "shift_id", "business_date", "operator_id", "currency")),
    *(_number(name) for name in ("opened_at_ms", "completed_at_ms", "goods_minor", "tax_added_minor")),
    *(_number(name) for name in ("rounding_minor", "total_minor", "tendered_minor", "change_minor")),
    Index("retail_transaction_by_day", "store_id", "terminal_id", "business_date"),
    sqlite_with_rowid=False,
)
SALE_LINE = Table(
    "sale_line",
    METADATA,
    _key("store_id"),
    _key("transaction_id"),
    _number_key("line_no"),
    *(_text(name) for name in ("sku", "names", "code", "unit", "tax_category", "price_reason")),
    *(_number(name) for name in ("quantity", "unit_price_minor", "amount_minor")),
    sqlite_with_rowid=False,
)
TENDER_LINE = Table(
    "tender_line",
    METADATA,
    _key("store_id"),
    _key("transaction_id"),
    _number_key("tender_no"),
    *(_text(name) for name in ("tender_id", "kind", "reference")),
    _number("amount_minor"),
    sqlite_with_rowid=False,
)
TAX_LINE = Table(
    "tax_line",
    METADATA,
    _key("store_id"),
    _key("transaction_id"),
    _key("rate_id"),
    *(_number(name) for name in ("ppm", "included", "taxable_minor", "tax_minor")),
    sqlite_with_rowid=False,
)

# --- what goes down -----------------------------------------------------------------------------
#: `body` is the row as it travels; `rev` is the place in the store's catalogue stream.
ITEM = Table(
    "item",
    METADATA,
    _key("store_id"),
    _key("sku"),
    _number("rev"),
    _number("deleted"),
    _bytes("body"),
    Index("item_by_rev", "store_id", "rev", unique=True),
)
ITEM_CODE = Table(
    "item_code",
    METADATA,
    _key("store_id"),
    _key("key"),
    _text("sku"),
    _text("spelling"),
    Index("item_code_by_sku", "store_id", "sku"),
    sqlite_with_rowid=False,
)
PRICE = Table(
    "price",
    METADATA,
    _key("store_id"),
    _key("sku"),
    _number_key("effective_from_ms"),
    _number("price_minor"),
    sqlite_with_rowid=False,
)
REFUSED_ROW = Table(
    "refused_row",
    METADATA,
    _key("store_id"),
    _number_key("row_no"),
    _text("reason"),
    _text("content"),
    ForeignKeyConstraint(["store_id"], ["store.store_id"]),
)
