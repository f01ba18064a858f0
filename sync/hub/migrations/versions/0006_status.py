"""What terminals say of themselves, exceptions to work off, statements."""

from __future__ import annotations

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Nothing yet."""
