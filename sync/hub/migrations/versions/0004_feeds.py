"""One table of rows for every stream, snapshots of the catalogue's file, jobs."""

from __future__ import annotations

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing yet."""
