"""The hub's tables: what came from tills as exact bytes, what is read out of it, what goes down.

Every key starts with the store, so that the same schema can be split by store one day. Amounts are
integer minor units, times epoch milliseconds. Rows read out of events have no foreign keys: they are
made from the event in the same transaction and could be made again.
"""

from __future__ import annotations

from typing import Any, Final

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
    Column("is_set_up", Integer, nullable=False, server_default=text("1")),
)

# --- what came from tills -----------------------------------------------------------------------
#: Tables that grow with every sale: on PostgreSQL cut into one part per month of their business date, so the
#: date stands in their keys. It is the event's own and part of its bytes, so a replay carries the same one
#: and a key with the date in it is as unique as one without.
PARTITIONED: Final = (
    "event", "retail_transaction", "sale_line", "tender_line", "tax_line", "sale_line_pack",
    "price_modifier", "price_modifier_funding",
)  # fmt: skip
_BY_MONTH: Final[dict[str, Any]] = {"postgresql_partition_by": "RANGE (business_date)"}


def _place() -> tuple[Column[str], Column[str], Column[int], Column[int]]:
    return _key("store_id"), _key("terminal_id"), _number_key("epoch"), _number_key("seq")


def _day() -> Column[str]:
    """An ISO date, or "" where a terminal named none."""
    # Months are cut by the order of characters, not by that of some language.
    ordered = Text().with_variant(Text(collation="C"), "postgresql")
    return Column("business_date", ordered, primary_key=True)


#: `chain` is the hash chain's head at `acked_through`; null where no terminal has told one yet.
PROGRESS = Table(
    "progress",
    METADATA,
    _key("store_id"),
    _key("terminal_id"),
    _number_key("epoch"),
    _number("acked_through"),
    _number("received_at_ms"),
    Column("chain", LargeBinary),
    Column("backed_up_through", BigInteger, nullable=False, server_default=text("0")),
    sqlite_with_rowid=False,
)
#: `is_fork` is 1 where the event's place in its terminal's order was held by another one already.
EVENT = Table(
    "event",
    METADATA,
    _key("store_id"),
    _day(),
    _key("event_id"),
    _text("terminal_id"),
    _number("epoch"),
    _number("seq"),
    _text("kind"),
    _number("occurred_at_ms"),
    _number("received_at_ms"),
    _number("is_fork"),
    _bytes("line"),
    Index("event_by_place", "store_id", "terminal_id", "epoch", "seq"),
    **_BY_MONTH,
)
QUARANTINE = Table(
    "quarantine",
    METADATA,
    *_place(),
    Column("line_sha256", LargeBinary, primary_key=True),
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
#: The highest numbers that a terminal has used, as far as the hub has heard.
TERMINAL_NUMBERS = Table(
    "terminal_numbers",
    METADATA,
    _key("store_id"),
    _key("terminal_id"),
    _number("receipt_seq"),
    _number("shift_number"),
    sqlite_with_rowid=False,
)
#: What a person has to look at; `detail` is a JSON object whose fields depend on the kind.
EXCEPTION = Table(
    "exception",
    METADATA,
    _key("store_id"),
    _key("kind"),
    _key("key"),
    _text("terminal_id"),
    _text("detail"),
    _number("noted_at_ms"),
    sqlite_with_rowid=False,
)

# --- read out of sales --------------------------------------------------------------------------
RETAIL_TRANSACTION = Table(
    "retail_transaction",
    METADATA,
    _key("store_id"),
    _day(),
    _key("transaction_id"),
    _text("terminal_id"),
    _number("epoch"),
    _number("seq"),
    *(_text(name) for name in ("receipt_number", "shift_id", "operator_id", "currency")),
    *(_number(name) for name in ("opened_at_ms", "completed_at_ms", "goods_minor", "tax_added_minor")),
    *(_number(name) for name in ("rounding_minor", "total_minor", "tendered_minor", "change_minor")),
    Index("retail_transaction_by_day", "store_id", "terminal_id", "business_date"),
    Index("retail_transaction_by_receipt", "store_id", "receipt_number"),
    sqlite_with_rowid=False,
    **_BY_MONTH,
)
SALE_LINE = Table(
    "sale_line",
    METADATA,
    _key("store_id"),
    _day(),
    _key("transaction_id"),
    _number_key("line_no"),
    *(_text(name) for name in ("sku", "names", "code", "unit", "tax_category", "price_reason")),
    *(_number(name) for name in ("quantity", "unit_price_minor", "amount_minor")),
    sqlite_with_rowid=False,
    **_BY_MONTH,
)
TENDER_LINE = Table(
    "tender_line",
    METADATA,
    _key("store_id"),
    _day(),
    _key("transaction_id"),
    _number_key("tender_no"),
    *(_text(name) for name in ("tender_id", "kind", "reference")),
    _number("amount_minor"),
    sqlite_with_rowid=False,
    **_BY_MONTH,
)
TAX_LINE = Table(
    "tax_line",
    METADATA,
    _key("store_id"),
    _day(),
    _key("transaction_id"),
    _key("rate_id"),
    *(_number(name) for name in ("ppm", "included", "taxable_minor", "tax_minor")),
    sqlite_with_rowid=False,
    **_BY_MONTH,
)
#: Lines whose code named a very pack; dates are ISO days, "" where the code was silent.
SALE_LINE_PACK = Table(
    "sale_line_pack",
    METADATA,
    _key("store_id"),
    _day(),
    _key("transaction_id"),
    _number_key("line_no"),
    *(_text(name) for name in ("gtin14", "lot", "serial", "expires_on", "best_before_on", "sell_by_on")),
    Index("sale_line_pack_by_item", "store_id", "gtin14", "serial", "lot"),
    sqlite_with_rowid=False,
    **_BY_MONTH,
)

#: What a promotion took off a sale; `names` (by language) and `lines` (line number, amount) are JSON.
PRICE_MODIFIER = Table(
    "price_modifier",
    METADATA,
    _key("store_id"),
    _day(),
    _key("transaction_id"),
    _number_key("modifier_no"),
    *(_text(name) for name in ("promotion_id", "layer", "rule", "code", "gl_code", "names", "lines")),
    *(_number(name) for name in ("version", "amount_minor", "base_minor", "applications", "points")),
    sqlite_with_rowid=False,
    **_BY_MONTH,
)
#: Who pays how much of it.
PRICE_MODIFIER_FUNDING = Table(
    "price_modifier_funding",
    METADATA,
    _key("store_id"),
    _day(),
    _key("transaction_id"),
    _number_key("modifier_no"),
    _number_key("funding_no"),
    _text("party"),
    _text("name"),
    _number("amount_minor"),
    sqlite_with_rowid=False,
    **_BY_MONTH,
)

# --- what goes down -----------------------------------------------------------------------------
#: `item` and `price` are of the version before, whose hub may still run beside this one; what goes down lies
#: in `feed_row` now, and nothing writes these any more.
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
