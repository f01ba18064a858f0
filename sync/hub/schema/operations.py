"""Tables about the hub as a whole: backups that were made of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from sync.hub.schema.events import METADATA

#: A backup that this hub made: the file's name, its size, and how many epochs of terminals it holds.
BACKUP = Table(
    "backup",
    METADATA,
    Column("made_at_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("hub_id", Text, nullable=False),
    Column("terminals", BigInteger, nullable=False),
)
