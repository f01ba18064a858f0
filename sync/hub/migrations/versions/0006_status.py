"""What terminals say of themselves, what people settled, statements, who may look."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, LargeBinary, Text

revision = "0006"
down_revision = "0005"


def _text(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, nullable=False) for name in names)


def _number(*names: str) -> tuple[Column[int], ...]:
    return tuple(Column(name, BigInteger, nullable=False) for name in names)


def _key(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, primary_key=True) for name in names)


def upgrade() -> None:
    """Add the tables of the fleet page."""
    op.create_table(
        "terminal_status",
        *_key("store_id", "terminal_id"),
        *_number("last_seen_ms", "clock_offset_ms"),
        Column("clock_off_since_ms", BigInteger),
        *_number("epoch", "seq", "queue_length"),
        Column("oldest_ms", BigInteger),
        *_text("app_version", "printer", "printer_detail", "system"),
        *_number("items"),
        Column("catalogue_updated_ms", BigInteger),
        *_number("quarantined"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "settled_exception",
        *_key("store_id", "kind", "key"),
        *_text("outcome", "settled_by", "note"),
        *_number("settled_at_ms"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "settled_line",
        *_key("store_id", "terminal_id"),
        *(Column(name, BigInteger, primary_key=True, autoincrement=False) for name in ("epoch", "seq")),
        Column("line_sha256", LargeBinary, primary_key=True),
        *_text("outcome", "settled_by", "note"),
        *_number("settled_at_ms"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fleet_record",
        *_key("store_id", "record_id"),
        *_number("at_ms"),
        *_text("who", "act", "subject", "note"),
        sqlite_with_rowid=False,
    )
    op.create_index("fleet_record_by_time", "fleet_record", ["at_ms"])
    op.create_table(
        "statement",
        *_key("store_id", "statement_id"),
        *_text("first_day", "last_day"),
        *_number("complete", "made_at_ms"),
        *_text("made_by", "key_id"),
        *(Column(name, LargeBinary, nullable=False) for name in ("content", "signature")),
    )
    op.create_table("fleet_admin", *_key("name"), *_text("password_hash"), *_number("changed_at_ms"))
    op.create_table(
        "fleet_session",
        Column("token_sha256", LargeBinary, primary_key=True),
        *_text("name"),
        *_number("begun_at_ms", "seen_at_ms"),
    )
    op.create_table("fleet_sign_in_tries", *_key("subject"), *_number("tries", "last_ms"))
