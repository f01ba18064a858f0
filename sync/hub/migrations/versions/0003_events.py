"""Events by their ids, forks kept beside what they fork from, chains, marks of backups."""

from __future__ import annotations

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Nothing yet."""
