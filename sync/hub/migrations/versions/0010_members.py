"""Members: who they are, by what they are found, which stores know them, what became of them."""

from __future__ import annotations

import secrets

from alembic import op
from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

revision = "0010"
down_revision = "0009"

METADATA = MetaData()


def _key(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, primary_key=True) for name in names)


def _text(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, nullable=False) for name in names)


def _number(*names: str) -> tuple[Column[int], ...]:
    return tuple(Column(name, BigInteger, nullable=False) for name in names)


def _bytes(*names: str) -> tuple[Column[bytes], ...]:
    return tuple(Column(name, LargeBinary, nullable=False) for name in names)


PROGRAMME = Table(
    "programme",
    METADATA,
    Column("one", Integer, primary_key=True, autoincrement=False),
    *_number("rev"),
    *_bytes("document"),
    *_text("lookup_key"),
    *_number("changed_at_ms"),
)
Table(
    "member",
    METADATA,
    *_key("member_id"),
    *_text("status", "merged_into", "name", "name_key", "phone", "phone_tail"),
    *_text("level", "tags", "joined_store", "external_id"),
    *_number("level_since_ms", "level_until_ms", "codes_from_ms", "codes_given_to_ms"),
    *_number("is_linked", "joined_at_ms", "changed_at_ms", "version"),
    Index("member_by_tail", "phone_tail"),
    Index("member_by_name", "name_key"),
    Index("member_by_external_id", "external_id"),
    Index("member_by_merged_into", "merged_into"),
)
Table(
    "member_ref",
    METADATA,
    *_key("kind", "key"),
    *_text("member_id"),
    *_number("made_at_ms"),
    Index("member_ref_by_member", "member_id"),
    sqlite_with_rowid=False,
)
Table(
    "member_consent",
    METADATA,
    *_key("member_id", "purpose"),
    *_text("text_version", "store_id", "source"),
    *_number("agreed_at_ms", "withdrawn_at_ms"),
    sqlite_with_rowid=False,
)
Table(
    "member_store",
    METADATA,
    *_key("store_id", "member_id"),
    *_number("since_ms", "seen_at_ms"),
    Index("member_store_by_member", "member_id"),
    sqlite_with_rowid=False,
)
Table(
    "member_join",
    METADATA,
    *_key("store_id", "join_id"),
    *_text("terminal_id", "given_id", "member_id"),
    *_number("is_merged", "at_ms"),
    Index("member_join_by_member", "member_id"),
    sqlite_with_rowid=False,
)
Table(
    "member_event",
    METADATA,
    *_key("member_id", "event_id"),
    *_text("kind", "store_id", "terminal_id", "who", "detail"),
    *_number("at_ms"),
    sqlite_with_rowid=False,
)
Table(
    "asked_once",
    METADATA,
    *_key("who", "idempotency_key"),
    *_text("asked_sha256"),
    *_bytes("answer"),
    *_number("at_ms"),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    """Make the tables, and a programme in which nothing is decided yet."""
    connection = op.get_bind()
    METADATA.create_all(connection)
    connection.execute(
        PROGRAMME.insert().values(
            one=1, rev=0, document=b"{}", lookup_key=secrets.token_hex(32), changed_at_ms=0
        )
    )
