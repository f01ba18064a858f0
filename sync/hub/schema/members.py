"""Tables of members: who they are, by what they are found, which stores know them, what became of them.

The only tables of the hub with names, phone and card numbers besides the files that a shop puts in; facts,
accounts and coupons hold ids. What is erased here is gone from the hub, and sums stay right by the id.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from sync.hub.schema.events import METADATA

#: States of a member. A merged one is another name of `merged_into`; an erased one is an id and nothing else.
ACTIVE: Final = "active"
BLOCKED: Final = "blocked"
MERGED: Final = "merged"
ERASED: Final = "erased"

#: By what a member is found: a phone number and a card number as they were told, another id of theirs.
BY_PHONE: Final = "phone"
BY_CARD: Final = "card"
BY_ALIAS: Final = "alias"


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


#: One row; `document` is JSON as the owner wrote it, without keys, which the hub adds on the way out.
#: `lookup_key` is made with the table and stays: by it tills find phones and cards that they cannot read.
PROGRAMME: Final[Table] = Table(
    "programme",
    METADATA,
    Column("one", Integer, primary_key=True, autoincrement=False),
    _number("rev"),
    Column("document", LargeBinary, nullable=False),
    _text("lookup_key"),
    _number("changed_at_ms"),
)
#: `phone` is in its normal spelling, "" for none; `name_key` is what a name is searched by; `tags` is a JSON
#: list. `version` counts changes by people. Codes of times up to `codes_given_to_ms` were
#: handed out ahead; those from before `codes_from_ms` are taken nowhere.
MEMBER: Final[Table] = Table(
    "member",
    METADATA,
    _key("member_id"),
    *(_text(name) for name in ("status", "merged_into", "name", "name_key", "phone", "phone_tail")),
    *(_text(name) for name in ("level", "tags", "joined_store", "external_id")),
    *(_number(name) for name in ("level_since_ms", "level_until_ms", "codes_from_ms", "codes_given_to_ms")),
    *(_number(name) for name in ("is_linked", "joined_at_ms", "changed_at_ms", "version")),
    Index("member_by_tail", "phone_tail"),
    Index("member_by_name", "name_key"),
    Index("member_by_external_id", "external_id"),
    Index("member_by_merged_into", "merged_into"),
)
#: What leads to a member, each to one only.
MEMBER_REF: Final[Table] = Table(
    "member_ref",
    METADATA,
    _key("kind"),
    _key("key"),
    _text("member_id"),
    _number("made_at_ms"),
    Index("member_ref_by_member", "member_id"),
    sqlite_with_rowid=False,
)
#: Which text somebody agreed to for a purpose, when and where; `withdrawn_at_ms` is 0 while they do.
MEMBER_CONSENT: Final[Table] = Table(
    "member_consent",
    METADATA,
    _key("member_id"),
    _key("purpose"),
    *(_text(name) for name in ("text_version", "store_id", "source")),
    *(_number(name) for name in ("agreed_at_ms", "withdrawn_at_ms")),
    sqlite_with_rowid=False,
)
#: The stores whose tills know a member; `seen_at_ms` is when they last had to do with each other.
MEMBER_STORE: Final[Table] = Table(
    "member_store",
    METADATA,
    _key("store_id"),
    _key("member_id"),
    *(_number(name) for name in ("since_ms", "seen_at_ms")),
    Index("member_store_by_member", "member_id"),
    sqlite_with_rowid=False,
)
#: Wishes to join as tills sent them, without what somebody told: asked again, the answer is the same.
MEMBER_JOIN: Final[Table] = Table(
    "member_join",
    METADATA,
    _key("store_id"),
    _key("join_id"),
    *(_text(name) for name in ("terminal_id", "given_id", "member_id")),
    *(_number(name) for name in ("is_merged", "at_ms")),
    Index("member_join_by_member", "member_id"),
    sqlite_with_rowid=False,
)
#: What became of a member, only ever added to; `detail` is JSON without personal data.
MEMBER_EVENT: Final[Table] = Table(
    "member_event",
    METADATA,
    _key("member_id"),
    _key("event_id"),
    *(_text(name) for name in ("kind", "store_id", "terminal_id", "who", "detail")),
    _number("at_ms"),
    sqlite_with_rowid=False,
)
#: An answer to a change that a program asked for under a key of its own: asked again, it is the same.
ASKED_ONCE: Final[Table] = Table(
    "asked_once",
    METADATA,
    _key("who"),
    _key("idempotency_key"),
    _text("asked_sha256"),
    Column("answer", LargeBinary, nullable=False),
    _number("at_ms"),
    sqlite_with_rowid=False,
)

TABLES: Final[tuple[Any, ...]] = (
    PROGRAMME, MEMBER, MEMBER_REF, MEMBER_CONSENT, MEMBER_STORE, MEMBER_JOIN, MEMBER_EVENT, ASKED_ONCE,
)  # fmt: skip
