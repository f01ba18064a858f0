"""Backups that were made."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Text

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """The list of backups."""
    op.create_table(
        "backup",
        Column("made_at_ms", BigInteger, primary_key=True, autoincrement=False),
        Column("name", Text, nullable=False),
        Column("size_bytes", BigInteger, nullable=False),
        Column("hub_id", Text, nullable=False),
        Column("terminals", BigInteger, nullable=False),
    )
