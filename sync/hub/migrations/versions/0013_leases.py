"""What tills may give away without asking: limits, leases, what was spent under them, losses to work off."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, CheckConstraint, Column, Index, MetaData, Table, Text

revision = "0013"
down_revision = "0012"

METADATA = MetaData()


def _key(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, primary_key=True) for name in names)


def _text(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, nullable=False) for name in names)


def _number(*names: str) -> tuple[Column[int], ...]:
    return tuple(Column(name, BigInteger, nullable=False) for name in names)


Table(
    "lease_limit",
    METADATA,
    *_key("store_id", "kind"),
    *_number("terminal_amount", "store_amount", "valid_hours", "changed_at_ms"),
    *_text("owner"),
    CheckConstraint("terminal_amount >= 0 AND store_amount >= 0 AND valid_hours > 0", name="lease_limit_is"),
    sqlite_with_rowid=False,
)
Table("lease_store", METADATA, *_key("store_id"), *_number("version"), sqlite_with_rowid=False)
Table(
    "lease",
    METADATA,
    *_key("store_id", "lease_id"),
    *_text("terminal_id", "kind", "state", "body", "key_id", "signature"),
    *_number("epoch", "amount", "settled", "spent", "granted_at_ms", "until_ms", "closed_at_ms"),
    Index("lease_by_state", "store_id", "state", "until_ms"),
    CheckConstraint("amount > 0 AND settled >= 0 AND spent >= 0", name="lease_is"),
    sqlite_with_rowid=False,
)
Table(
    "lease_spend",
    METADATA,
    *_key("store_id", "lease_id", "transaction_id", "part"),
    *_number("amount", "at_ms"),
    sqlite_with_rowid=False,
)
Table(
    "compensation",
    METADATA,
    *_key("store_id", "transaction_id", "kind", "right_id"),
    *_text("terminal_id", "operator_id", "lease_id", "owner", "exception_key"),
    *_number("amount_minor", "points", "noted_at_ms"),
    Index("compensation_by_time", "noted_at_ms"),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    """Make the tables; nothing was granted before."""
    METADATA.create_all(op.get_bind())
