"""The ledger's tables as SQLAlchemy sees them, for migrations and for reports that are not in a hurry.

Nothing on the way of a sale imports this file: loading SQLAlchemy takes longer than loading Qt. The
triggers that guard the append-only tables live in the migrations.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()


def _int(name: str, references: str | None = None, *, key: bool = False, null: bool = False) -> Column[int]:
    links = () if references is None else (ForeignKey(references),)
    # `autoincrement` off: SQLite numbers rows itself, and composite keys never number themselves.
    return Column(name, Integer, *links, primary_key=key, nullable=null, autoincrement=False)


def _text(name: str, *, key: bool = False, null: bool = False, unique: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=null, unique=unique)


def _blob(name: str, *, null: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=null)


_STATES = "state = 'queued' OR state = 'printing' OR state = 'printed'"

# --- what is now ------------------------------------------------------------------------------
TILL = Table(
    "till",
    METADATA,
    _int("one", key=True),
    *(_int(name) for name in ("epoch", "seq", "journal_no", "receipt_seq", "shift_number")),
    *(_int(name) for name in ("scan_no", "printed_through", "tidied")),
    _int("shift_no", "shift.shift_no", null=True),
    _blob("shift_totals", null=True),
    _int("acked_no"),
    _blob("chain"),
    _text("hub_id"),
    CheckConstraint("one = 1"),
)
EPOCH_MARK = Table(
    "epoch_mark",
    METADATA,
    _int("epoch", key=True),
    *(_int(name) for name in ("first_no", "acked_through", "backed_up_through")),
)
NUMBERS_SKIPPED = Table(
    "numbers_skipped",
    METADATA,
    _int("after_seq", key=True),
    _int("through_seq"),
    CheckConstraint("through_seq > after_seq"),
)
SHIFT = Table(
    "shift",
    METADATA,
    _int("shift_no", key=True),
    _text("shift_id", unique=True),
    _int("number"),
    *(_text(name) for name in ("business_date", "operator_id", "operator_name", "currency")),
    *(_int(name) for name in ("float_minor", "opened_at_ms", "first_receipt_seq", "first_journal_no")),
    _int("settled_at_ms", null=True),
    _text("settled_by", null=True),
    *(_int(name, null=True) for name in ("expected_minor", "counted_minor", "variance_minor")),
    _text("variance_reason", null=True),
    _blob("totals", null=True),
)
DRAFT = Table(
    "draft",
    METADATA,
    _int("draft_no", key=True),
    _text("transaction_id"),
    _text("state"),
    _text("label"),
    _int("suspended_ms"),
    _text("operator_name"),
    _int("goods_minor"),
    _int("pieces"),
    _blob("cart"),
    CheckConstraint("state IN ('open', 'parked')"),
)
PRINT_JOB = Table(
    "print_job",
    METADATA,
    _int("job_no", key=True),
    _text("job_id"),
    _text("kind"),
    _text("transaction_id", null=True),
    _text("state"),
    _int("queued_ms"),
    _blob("document"),
    CheckConstraint(_STATES),
)
SETTING = Table("setting", METADATA, _text("name", key=True), _blob("value"), sqlite_with_rowid=False)
CURSOR = Table("cursor", METADATA, _text("stream", key=True), _text("value"), sqlite_with_rowid=False)
OPERATOR_LOCK = Table(
    "operator_lock",
    METADATA,
    _text("operator_id", key=True),
    _int("wrong_pins"),
    _int("locked_until_ms"),
    sqlite_with_rowid=False,
)
LEASE = Table(
    "lease",
    METADATA,
    _text("lease_id", key=True),
    _text("kind"),
    *(_int(name) for name in ("amount", "until_ms", "spent")),
    *(_text(name) for name in ("state", "body", "key_id", "signature")),
    CheckConstraint("spent >= 0"),
    CheckConstraint("state IN ('open', 'closed')"),
    sqlite_with_rowid=False,
)
PENDING_JOIN = Table(
    "pending_join",
    METADATA,
    _int("join_no", key=True),
    _text("join_id", unique=True),
    _blob("body"),
)
CODE_STEP = Table("code_step", METADATA, _text("member_id", key=True), _int("step"), sqlite_with_rowid=False)
CLOCK = Table(
    "clock",
    METADATA,
    _int("one", key=True),
    _int("floor_ms"),
    _int("offset_ms"),
    CheckConstraint("one = 1"),
)

# --- what happened ----------------------------------------------------------------------------
JOURNAL = Table(
    "journal",
    METADATA,
    _int("journal_no", key=True),
    _int("epoch"),
    _int("seq"),
    _text("fact_id"),
    _text("kind"),
    _text("transaction_id", null=True),
    _int("shift_no", null=True),
    _int("at_ms"),
    _text("business_date"),
    _blob("body"),
    _blob("chain"),
)
RETAIL_TRANSACTION = Table(
    "retail_transaction",
    METADATA,
    _int("receipt_seq", key=True),
    _text("transaction_id", unique=True),
    _text("receipt_number"),
    _int("shift_no", "shift.shift_no"),
    _int("journal_no"),
    _int("job_no", null=True),
    _text("operator_id"),
    *(_int(name) for name in ("opened_at_ms", "completed_at_ms", "goods_minor", "tax_added_minor")),
    *(_int(name) for name in ("rounding_minor", "total_minor", "tendered_minor", "change_minor")),
    _int("voided_lines"),
    _int("discount_minor"),
    CheckConstraint("goods_minor - discount_minor + tax_added_minor + rounding_minor = total_minor"),
    CheckConstraint("tendered_minor - change_minor = total_minor"),
)
TRANSACTION_LINE = Table(
    "transaction_line",
    METADATA,
    _int("line_id", key=True),
    _int("receipt_seq", "retail_transaction.receipt_seq"),
    _int("part"),
    _int("line_no"),
    *(_text(name) for name in ("what", "names", "kind", "text")),
    *(_int(name) for name in ("number", "base_minor", "amount_minor")),
    *(_text(name) for name in ("category", "reason")),
    _int("paid_minor", null=True),
    _text("runs"),
    CheckConstraint("line_id = receipt_seq * 65536 + part * 16384 + line_no"),
    CheckConstraint("part BETWEEN 1 AND 3"),
    CheckConstraint("line_no BETWEEN 1 AND 16383"),
)
PRICE_MODIFIER = Table(
    "price_modifier",
    METADATA,
    _int("modifier_id", key=True),
    _int("receipt_seq", "retail_transaction.receipt_seq"),
    _int("modifier_no"),
    _text("promotion_id"),
    _int("version"),
    *(_text(name) for name in ("names", "layer", "rule")),
    _int("amount_minor"),
    *(_text(name) for name in ("lines", "funding")),
    _int("applications"),
    _text("code"),
    *(_int(name) for name in ("base_minor", "points")),
    _text("gl_code"),
    CheckConstraint("modifier_id = receipt_seq * 16384 + modifier_no"),
    CheckConstraint("modifier_no BETWEEN 1 AND 16383"),
    CheckConstraint("amount_minor > 0"),
)
SERIAL_SOLD = Table(
    "serial_sold",
    METADATA,
    _text("gtin14", key=True),
    _text("serial", key=True),
    _int("receipt_seq", "retail_transaction.receipt_seq", key=True),
    sqlite_with_rowid=False,
)
RETURN_TRANSACTION = Table(
    "return_transaction",
    METADATA,
    _int("receipt_seq", key=True),
    _text("return_id", unique=True),
    *(_text(name) for name in ("receipt_number", "sale_id", "sale_receipt")),
    _int("shift_no", "shift.shift_no"),
    _int("journal_no"),
    _int("job_no", null=True),
    _text("operator_id"),
    *(_int(name) for name in ("completed_at_ms", "goods_minor", "kept_minor", "tax_added_minor")),
    *(_int(name) for name in ("rounding_minor", "total_minor")),
    CheckConstraint("total_minor >= 0"),
    CheckConstraint("goods_minor - kept_minor + tax_added_minor + rounding_minor = total_minor"),
)
RETURN_LINE = Table(
    "return_line",
    METADATA,
    _int("line_id", key=True),
    _int("receipt_seq", "return_transaction.receipt_seq"),
    _int("line_no"),
    *(_text(name) for name in ("sku", "names", "unit")),
    *(_int(name) for name in ("quantity", "amount_minor")),
    *(_text(name) for name in ("reason", "disposition")),
    _int("is_faulty"),
    CheckConstraint("line_id = receipt_seq * 16384 + line_no"),
    CheckConstraint("line_no BETWEEN 1 AND 16383"),
)
RETURN_UNIT = Table(
    "return_unit",
    METADATA,
    _text("sale_id", key=True),
    *(_int(name, key=True) for name in ("line_no", "unit_no")),
    _int("receipt_seq", "return_transaction.receipt_seq"),
    sqlite_with_rowid=False,
)
SERIAL_BACK = Table(
    "serial_back",
    METADATA,
    _text("gtin14", key=True),
    _text("serial", key=True),
    _int("receipt_seq", "return_transaction.receipt_seq", key=True),
    sqlite_with_rowid=False,
)
REFUND_LINE = Table(
    "refund_line",
    METADATA,
    _int("receipt_seq", "return_transaction.receipt_seq", key=True),
    *(_int(name, key=True) for name in ("part", "line_no")),
    *(_text(name) for name in ("what", "names", "kind", "text")),
    *(_int(name) for name in ("number", "base_minor", "amount_minor")),
    CheckConstraint("part BETWEEN 2 AND 3"),
    sqlite_with_rowid=False,
)
SHIFT_COUNT = Table(
    "shift_count",
    METADATA,
    _int("shift_no", "shift.shift_no", key=True),
    _int("denomination_minor", key=True),
    _int("pieces"),
    sqlite_with_rowid=False,
)
OVERRIDE_GIVEN = Table(
    "override_given",
    METADATA,
    _int("override_no", key=True),
    _text("override_id", unique=True),
    _int("shift_no", null=True),
    *(_text(name) for name in ("permission", "operator_id", "approver_id", "reason")),
    _int("amount_minor"),
    _text("transaction_id", null=True),
    _int("at_ms"),
    CheckConstraint("approver_id <> operator_id"),
)
QUARANTINE = Table(
    "quarantine",
    METADATA,
    _int("quarantine_no", key=True),
    *(_text(name) for name in ("source", "source_key", "reason")),
    _int("at_ms"),
    _blob("body", null=True),
    UniqueConstraint("source", "source_key"),
)
