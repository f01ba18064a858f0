"""Statements for the period close: what the hub holds of a store's days, whether all of it is in, signed.

A statement is a text of JSON, kept and handed out exactly as it was signed. What a till sends later does not
change one: another is made.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, insert, select

from sync.hub.doubts.record import put_on_record
from sync.hub.fleet.statement_content import Statement, compose
from sync.hub.schema.status import STATEMENT
from sync.hub.trust.hub_keys import public_keys, signing_key
from sync.protocol.signing import is_signed, sign
from sync.protocol.trust import from_text, to_text

DAYS_MOST: Final = 400
SHOWN_MOST: Final = 50
_SIGNED: Final = b"posapp statement 1\0"


class SignedStatement(msgspec.Struct, frozen=True):
    """A statement as a file: its exact text, and the hub's signature over it."""

    statement: str
    key_id: str
    public_key: str
    signature: str


@dataclass(frozen=True, slots=True)
class Made:
    """A statement as it is kept."""

    statement_id: str
    first_day: str
    last_day: str
    complete: bool
    made_at_ms: int
    made_by: str
    key_id: str
    content: bytes
    signature: bytes


# ---------------------------------------------------------------------- made, kept, handed out
def make_statement(
    connection: Connection, store_id: str, days: tuple[str, str], *, hub_id: str, who: str, now_ms: int
) -> str:
    """Make, sign and keep a statement over business days (first, last); returns its id.

    Raises LookupError where there is no such store.
    """
    said = compose(connection, store_id, days, hub_id=hub_id, now_ms=now_ms)
    content = msgspec.json.encode(said, order="deterministic")
    key_id, private_key = signing_key(connection)
    statement_id = f"{days[1]}-{secrets.token_hex(4)}"
    connection.execute(
        insert(STATEMENT).values(
            store_id=store_id,
            statement_id=statement_id,
            first_day=days[0],
            last_day=days[1],
            complete=int(said.complete),
            made_at_ms=now_ms,
            made_by=who,
            key_id=key_id,
            content=content,
            signature=sign(private_key, _SIGNED + content),
        )
    )
    note = "complete" if said.complete else "not complete"
    put_on_record(
        connection, store_id, who=who, act="statement_made", subject=statement_id, note=note, now_ms=now_ms
    )
    return statement_id


def days_of(first: str, last: str) -> tuple[str, str] | None:
    """First and last day as ISO dates, or None where they are none or too far apart."""
    try:
        from_day, to_day = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return None
    if not 0 <= (to_day - from_day).days < DAYS_MOST:
        return None
    return from_day.isoformat(), to_day.isoformat()


def statements(connection: Connection, store_id: str) -> list[Made]:
    """The statements of a store, the newest first."""
    query = select(STATEMENT).where(STATEMENT.c.store_id == store_id)
    rows = connection.execute(query.order_by(STATEMENT.c.made_at_ms.desc()).limit(SHOWN_MOST))
    return [_made(row) for row in rows]


def one_statement(connection: Connection, store_id: str, statement_id: str) -> Made | None:
    """One statement, or None."""
    at_key = (STATEMENT.c.store_id == store_id, STATEMENT.c.statement_id == statement_id)
    row = connection.execute(select(STATEMENT).where(*at_key)).one_or_none()
    return None if row is None else _made(row)


def _made(row: Any) -> Made:
    return Made(
        row.statement_id,
        row.first_day,
        row.last_day,
        bool(row.complete),
        row.made_at_ms,
        row.made_by,
        row.key_id,
        bytes(row.content),
        bytes(row.signature),
    )


def read_content(content: bytes) -> Statement:
    """What a statement says; raises msgspec.DecodeError."""
    return msgspec.json.decode(content, type=Statement)


def signed_file(connection: Connection, made: Made) -> bytes:
    """A statement with its signature, as a file to hand on."""
    public_key = public_keys(connection).get(made.key_id, "")
    signed = SignedStatement(made.content.decode(), made.key_id, public_key, to_text(made.signature))
    return msgspec.json.format(msgspec.json.encode(signed), indent=2) + b"\n"


def verified(file: bytes, keys: Mapping[str, str]) -> Statement | str:
    """What a signed file says where one of these keys (by name, as they travel) signed it, else why not."""
    try:
        signed = msgspec.json.decode(file, type=SignedStatement)
        said = read_content(signed.statement.encode())
    except (msgspec.DecodeError, UnicodeError) as trouble:
        return f"not a statement: {trouble}; take the file as it was written by --output or downloaded"
    key = from_text(keys.get(signed.key_id, ""))
    if not key:
        return f"signed by the key {signed.key_id!r}, which is none of this hub's"
    signature = from_text(signed.signature)
    if signature is None or not is_signed(key, _SIGNED + signed.statement.encode(), signature):
        return "the signature does not fit: the statement was changed, or another key signed it"
    return said
