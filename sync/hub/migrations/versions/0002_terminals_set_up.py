"""A terminal that the shop file names no longer is kept, but its key opens nothing."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add whether the shop file names a terminal; those of before are as the next `init` finds them."""
    op.add_column("terminal", Column("is_set_up", Integer, nullable=False, server_default=text("1")))
