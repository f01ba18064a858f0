"""Gift cards: what is on them, every change of it, and what is kept for sales that are open."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, CheckConstraint, Column, Index, MetaData, Table, Text

revision = "0012"
down_revision = "0011"

METADATA = MetaData()


def _key(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, primary_key=True) for name in names)


def _text(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, nullable=False) for name in names)


def _number(*names: str) -> tuple[Column[int], ...]:
    return tuple(Column(name, BigInteger, nullable=False) for name in names)


Table(
    "gift_card",
    METADATA,
    *_key("card_id"),
    *_text("state", "currency", "batch"),
    *_number("balance_minor", "held_minor", "face_minor", "until_ms", "version"),
    *_number("made_at_ms", "changed_at_ms"),
    CheckConstraint("held_minor >= 0 AND held_minor <= balance_minor", name="gift_card_is_covered"),
    Index("gift_card_by_batch", "batch"),
)
Table(
    "gift_entry",
    METADATA,
    *_key("card_id"),
    Column("entry_no", BigInteger, primary_key=True, autoincrement=False),
    *_text("kind", "transaction_id", "part", "store_id", "terminal_id"),
    *_number("amount_minor", "balance_after", "at_ms"),
    Index("gift_entry_once", "card_id", "transaction_id", "part", unique=True),
    Index("gift_entry_by_transaction", "transaction_id"),
    sqlite_with_rowid=False,
)
Table(
    "gift_hold",
    METADATA,
    *_key("hold_id"),
    *_text("store_id", "terminal_id", "transaction_id", "card_id", "state"),
    *_number("amount_minor", "until_ms", "made_at_ms"),
    Index("gift_hold_by_sale", "transaction_id", "card_id"),
    Index("gift_hold_by_terminal", "store_id", "terminal_id", "state", "until_ms"),
)


def upgrade() -> None:
    """Make the tables."""
    METADATA.create_all(op.get_bind())
