"""Tables of what people look at and do at the hub: how tills are, what was settled, statements, accounts.

What terminals say of themselves is overwritten every few seconds and may be lost; what people did is kept.
Accounts and sessions belong to the hub as a whole and are small; everything else starts with the store.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from sync.hub.schema.events import METADATA


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _number_key(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


#: The last report of each terminal. `last_seen_ms` is the hub's time, `clock_offset_ms` the terminal's clock
#: minus the hub's, `clock_off_since_ms` when that was found too much (null while it is right).
TERMINAL_STATUS = Table(
    "terminal_status",
    METADATA,
    _key("store_id"),
    _key("terminal_id"),
    _number("last_seen_ms"),
    _number("clock_offset_ms"),
    Column("clock_off_since_ms", BigInteger),
    *(_number(name) for name in ("epoch", "seq", "queue_length")),
    Column("oldest_ms", BigInteger),
    *(_text(name) for name in ("app_version", "printer", "printer_detail", "system")),
    _number("items"),
    Column("catalogue_updated_ms", BigInteger),
    _number("quarantined"),
    sqlite_with_rowid=False,
)

_SETTLED = ("outcome", "settled_by", "note")

#: What became of exceptions and of quarantined lines; those without a row wait for a person.
SETTLED_EXCEPTION = Table(
    "settled_exception",
    METADATA,
    *(_key(name) for name in ("store_id", "kind", "key")),
    *(_text(name) for name in _SETTLED),
    _number("settled_at_ms"),
    sqlite_with_rowid=False,
)
SETTLED_LINE = Table(
    "settled_line",
    METADATA,
    *(_key(name) for name in ("store_id", "terminal_id")),
    *(_number_key(name) for name in ("epoch", "seq")),
    Column("line_sha256", LargeBinary, primary_key=True),
    *(_text(name) for name in _SETTLED),
    _number("settled_at_ms"),
    sqlite_with_rowid=False,
)

#: Who did what and when; only ever added to. Acts that concern no one store stand under store "".
FLEET_RECORD = Table(
    "fleet_record",
    METADATA,
    _key("store_id"),
    _key("record_id"),
    _number("at_ms"),
    *(_text(name) for name in ("who", "act", "subject", "note")),
    Index("fleet_record_by_time", "at_ms"),
    sqlite_with_rowid=False,
)

#: `content` is the exact text that was signed.
STATEMENT = Table(
    "statement",
    METADATA,
    _key("store_id"),
    _key("statement_id"),
    *(_text(name) for name in ("first_day", "last_day")),
    _number("complete"),
    _number("made_at_ms"),
    *(_text(name) for name in ("made_by", "key_id")),
    _bytes("content"),
    _bytes("signature"),
)

FLEET_ADMIN = Table(
    "fleet_admin",
    METADATA,
    _key("name"),
    _text("password_hash"),
    _number("changed_at_ms"),
)
FLEET_SESSION = Table(
    "fleet_session",
    METADATA,
    Column("token_sha256", LargeBinary, primary_key=True),
    _text("name"),
    _number("begun_at_ms"),
    _number("seen_at_ms"),
)
#: Tries to sign in since the last success; `subject` is a name or an address.
FLEET_SIGN_IN_TRIES = Table(
    "fleet_sign_in_tries",
    METADATA,
    _key("subject"),
    _number("tries"),
    _number("last_ms"),
)
