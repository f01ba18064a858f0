"""Single-use coupons, points with their buckets and entries, what is held for open sales, facts folded."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary, MetaData, Table, Text, text

revision = "0011"
down_revision = "0010"

METADATA = MetaData()


def _key(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, primary_key=True) for name in names)


def _number_key(*names: str) -> tuple[Column[int], ...]:
    return tuple(Column(name, BigInteger, primary_key=True, autoincrement=False) for name in names)


def _text(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, nullable=False) for name in names)


def _number(*names: str) -> tuple[Column[int], ...]:
    return tuple(Column(name, BigInteger, nullable=False) for name in names)


def _some(name: str, column: str, condition: str) -> Index:
    return Index(name, column, sqlite_where=text(condition), postgresql_where=text(condition))


Table(
    "coupon_batch",
    METADATA,
    *_key("batch"),
    *_text("names", "store_id", "made_by"),
    *_number("value_minor", "until_ms", "reissue_days", "made_at_ms"),
    sqlite_with_rowid=False,
)
Table(
    "coupon",
    METADATA,
    *_key("coupon_id"),
    *_text("batch", "state", "member_id", "store_id", "locked_by", "redeemed_by", "at_store", "at_terminal"),
    *_number("value_minor", "until_ms", "locked_until_ms", "changed_at_ms", "changes"),
    Index("coupon_by_batch", "batch", "state"),
    Index("coupon_by_member", "member_id", "state"),
    Index("coupon_by_end", "state", "until_ms"),
    sqlite_with_rowid=False,
)
Table(
    "coupon_event",
    METADATA,
    *_key("coupon_id"),
    *_number_key("change_no"),
    *_text("kind", "transaction_id", "store_id", "terminal_id", "who"),
    *_number("at_ms"),
    sqlite_with_rowid=False,
)
Table(
    "points_account",
    METADATA,
    *_key("member_id"),
    *_number("active", "pending", "held", "debt", "changed_at_ms"),
    CheckConstraint("active >= 0 AND pending >= 0 AND debt >= 0", name="points_not_below_0"),
    CheckConstraint("held >= 0 AND held <= active", name="points_held_are_there"),
    sqlite_with_rowid=False,
)
Table(
    "points_bucket",
    METADATA,
    *_key("member_id", "source_id"),
    *_number_key("part"),
    *_text("state"),
    *_number("amount", "left_over", "due_ms", "ends_ms"),
    _some("points_bucket_by_due", "due_ms", "state <> 'empty'"),
    sqlite_with_rowid=False,
)
Table(
    "points_of_sale",
    METADATA,
    *_key("transaction_id"),
    *_number_key("part"),
    *_text("member_id"),
    *_number("points", "back", "ends_ms"),
    sqlite_with_rowid=False,
)
Table(
    "points_entry",
    METADATA,
    *_key("source_id", "kind"),
    *_number_key("line_no"),
    *_text("member_id", "month", "store_id", "terminal_id", "who", "note"),
    *_number("active", "pending", "debt", "at_ms"),
    Index("points_entry_by_member", "member_id", "at_ms"),
    Index("points_entry_by_month", "month", "kind"),
    sqlite_with_rowid=False,
)
Table(
    "member_spend",
    METADATA,
    *_key("member_id", "source_id"),
    *_text("sale_id", "store_id"),
    *_number("amount_minor", "at_ms", "closes_ms"),
    Index("member_spend_by_close", "closes_ms"),
    sqlite_with_rowid=False,
)
Table(
    "rights_hold",
    METADATA,
    *_key("store_id", "terminal_id", "hold_id"),
    *_text("transaction_id", "state", "member_id", "coupons", "who"),
    *_number("points", "made_at_ms", "until_ms", "ended_at_ms"),
    Column("reply", LargeBinary, nullable=False),
    Index("rights_hold_by_transaction", "store_id", "terminal_id", "transaction_id"),
    _some("rights_hold_by_end", "until_ms", "state = 'held'"),
    sqlite_with_rowid=False,
)
Table(
    "member_step",
    METADATA,
    *_key("member_id"),
    *_number_key("step"),
    *_text("transaction_id", "store_id", "terminal_id"),
    *_number("at_ms"),
    Index("member_step_by_time", "at_ms"),
    sqlite_with_rowid=False,
)
Table(
    "rights_fact",
    METADATA,
    *_key("source_id", "kind"),
    *_text("sale_id", "state", "store_id", "terminal_id"),
    *_number("at_ms"),
    Column("line", LargeBinary, nullable=False),
    _some("rights_fact_waiting", "sale_id", "state = 'waiting'"),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    """Make the tables; nothing of before is in them."""
    METADATA.create_all(op.get_bind())
