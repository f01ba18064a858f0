"""Keys of devices, one-time codes, the hub's own secret; the shared secrets of before open nothing any more.

A terminal that was enrolled before is enrolled anew: its old key was a secret that the hub could check, not
a pair of keys of which it knows the public one.
"""

from __future__ import annotations

import secrets

from alembic import op
from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, LargeBinary, Text

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables, and the secret once for this hub."""
    op.create_table(
        "enrol_code",
        Column("store_id", Text, primary_key=True),
        Column("code_sha256", LargeBinary, primary_key=True),
        Column("terminal_id", Text, nullable=False),
        Column("made_at_ms", BigInteger, nullable=False),
        Column("expires_at_ms", BigInteger, nullable=False),
        Column("used_at_ms", BigInteger),
        Column("key_id", Text),
    )
    op.create_index("enrol_code_by_hash", "enrol_code", ["code_sha256"])
    op.create_table(
        "device_key",
        Column("store_id", Text, primary_key=True),
        Column("key_id", Text, primary_key=True),
        Column("terminal_id", Text, nullable=False),
        Column("public_key", LargeBinary, nullable=False),
        Column("state", Text, nullable=False),
        Column("made_at_ms", BigInteger, nullable=False),
        Column("last_used_at_ms", BigInteger),
        Column("ended_at_ms", BigInteger),
    )
    op.create_index("device_key_by_terminal", "device_key", ["store_id", "terminal_id"])
    op.create_index("device_key_by_id", "device_key", ["key_id"])
    table = op.create_table(
        "hub_secret",
        Column(
            "one", Integer, CheckConstraint("one = 1", name="one_row"), primary_key=True, autoincrement=False
        ),
        Column("secret", LargeBinary, nullable=False),
    )
    op.bulk_insert(table, [{"one": 1, "secret": secrets.token_bytes(32)}])
    op.drop_column("terminal", "device_key_sha256")
    op.drop_column("terminal", "enrolled_at_ms")
