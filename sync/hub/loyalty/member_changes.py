"""What may be told of a member, and how it is put in the place of what was known.

Texts of people are taken as they were told but for the spaces around them; what cannot be is said in a
sentence, and then nothing was changed. A phone and a card lead to one member only.
"""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, delete, select, update

from posapp.domain.members.masks import normalised_card, normalised_name, normalised_phone, phone_tail
from posapp.domain.members.member_codes import CARD_MAX_CHARS, is_member_id, new_member_id
from sync.hub.database import upsert
from sync.hub.loyalty.members import Member, MemberError, by_external_id, by_reference, known_member
from sync.hub.loyalty.programme_rows import calling_code
from sync.hub.schema.members import ACTIVE, BY_ALIAS, BY_CARD, BY_PHONE, MEMBER, MEMBER_CONSENT, MEMBER_REF

NAME_MOST_CHARS: Final = 60
WORD_MOST_CHARS: Final = 64
TAGS_MOST: Final = 50
_CARD: Final = re.compile(rf"[0-9A-Z]{{4,{CARD_MAX_CHARS}}}")


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a member; None leaves a thing as it is. `consents` are versions by purpose."""

    member_id: str = ""
    external_id: str | None = None
    phone: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    level: str | None = None
    level_until_ms: int | None = None
    tags: tuple[str, ...] | None = None
    cards: tuple[str, ...] | None = field(default=None, repr=False)
    is_linked: bool | None = None
    consents: Mapping[str, str] | None = None


# ------------------------------------------------------------------ spellings
def phone_of(connection: Connection, text: str) -> str:
    """A phone number in its normal spelling, "" for none; raises MemberError."""
    return spelt_phone(text, calling_code(connection) if text.strip() else "")


def spelt_phone(text: str, code: str) -> str:
    """The same with the calling code of numbers that name none."""
    if not text.strip():
        return ""
    found = normalised_phone(text, code)
    if not found:
        raise MemberError("bad_phone", "a phone number has 7 to 15 digits, with + and a country before them")
    return found


def card_of(text: str) -> str:
    """A card number as it is compared; raises MemberError."""
    found = normalised_card(text)
    if not _CARD.fullmatch(found):
        raise MemberError("bad_card", f"a card number has 4 to {CARD_MAX_CHARS} letters and digits")
    return found


def name_of(text: str) -> str:
    """A name without spaces around it; raises MemberError for one that is too long or cannot be shown."""
    found = unicodedata.normalize("NFC", text.strip())
    if len(found) > NAME_MOST_CHARS or not found.isprintable():
        raise MemberError(
            "bad_name", f"a name has at most {NAME_MOST_CHARS} signs, all of which can be shown"
        )
    return found


def word_of(text: str, what: str) -> str:
    """A level, tag or id of another system; raises MemberError."""
    found = text.strip()
    if len(found) > WORD_MOST_CHARS or not found.isprintable():
        raise MemberError(
            "bad_word", f"{what} has at most {WORD_MOST_CHARS} signs, all of which can be shown"
        )
    return found


def tags_of(tags: Sequence[str]) -> tuple[str, ...]:
    """Tags in order, each once; raises MemberError."""
    found = tuple(sorted({word for tag in tags if (word := word_of(tag, "a tag"))}))
    if len(found) > TAGS_MOST:
        raise MemberError("bad_tags", f"a member has at most {TAGS_MOST} tags")
    return found


# ------------------------------------------------------------------ changes
def make_member(
    connection: Connection, told: Told, *, store_id: str = "", now_ms: int, joined_at_ms: int | None = None
) -> str:
    """Somebody new with the id that was told, or a fresh one; raises MemberError.

    Their phone and cards have to be nobody's yet.
    """
    member_id = told.member_id or new_member_id(secrets.token_bytes(8))
    if not (is_member_id(member_id) and member_id.startswith("M")):
        raise MemberError("bad_id", f"{member_id!r} is no member id: M and 12 digits and capitals")
    values: dict[str, Any] = {
        "member_id": member_id, "status": ACTIVE, "merged_into": "", "name": "", "name_key": "", "phone": "",
        "phone_tail": "", "level": "", "tags": "[]", "joined_store": store_id, "external_id": "",
        "level_since_ms": now_ms, "level_until_ms": 0, "codes_from_ms": 0, "codes_given_to_ms": 0,
        "is_linked": 0, "joined_at_ms": now_ms if joined_at_ms is None else joined_at_ms,
        "changed_at_ms": now_ms, "version": 0,
    }  # fmt: skip
    row = upsert(connection, MEMBER).values(**values).on_conflict_do_nothing()
    if connection.execute(row.returning(MEMBER.c.member_id)).first() is None:
        raise MemberError("id_taken", f"{member_id} is known already")
    change_member(connection, member_id, told, now_ms=now_ms)
    return member_id


def change_member(connection: Connection, member_id: str, told: Told, *, now_ms: int) -> tuple[str, ...]:
    """Put what was told in the place of what was known, of a member that is held; which things changed.

    Raises MemberError, also where a phone or card is another member's. An "" takes a phone or name away.
    """
    before = known_member(connection, member_id)
    values: dict[str, Any] = {}
    if told.phone is not None and (phone := phone_of(connection, told.phone)) != before.phone:
        _change_phone(connection, before, phone, now_ms)
        values |= {"phone": phone, "phone_tail": phone_tail(phone)}
    if told.name is not None and (name := name_of(told.name)) != before.name:
        values |= {"name": name, "name_key": normalised_name(name)}
    if told.level is not None and (level := word_of(told.level, "a level")) != before.level:
        values |= {"level": level, "level_since_ms": now_ms}
    if told.level_until_ms is not None and told.level_until_ms != before.level_until_ms:
        values["level_until_ms"] = told.level_until_ms
    if told.tags is not None and (tags := tags_of(told.tags)) != before.tags:
        values["tags"] = json.dumps(tags, ensure_ascii=False)
    if told.external_id is not None:
        external_id = word_of(told.external_id, "an id of another system")
        if external_id != before.external_id:
            if external_id and by_external_id(connection, external_id):
                raise MemberError("external_id_taken", f"{external_id!r} is another member's")
            values["external_id"] = external_id
    if told.is_linked is not None and told.is_linked != before.is_linked:
        values["is_linked"] = int(told.is_linked)
    changed = [name for name in values if name not in ("phone_tail", "name_key", "level_since_ms")]
    new = [_bind(connection, member_id, BY_CARD, card_of(card), now_ms) for card in told.cards or ()]
    if any(new):
        changed.append("cards")
    if told.consents and agree(connection, member_id, told.consents, source="told", now_ms=now_ms):
        changed.append("consents")
    if changed:
        values |= {"changed_at_ms": now_ms, "version": MEMBER.c.version + 1}
        connection.execute(update(MEMBER).where(MEMBER.c.member_id == member_id).values(**values))
    return tuple(dict.fromkeys(changed))


def _change_phone(connection: Connection, before: Member, phone: str, now_ms: int) -> None:
    if phone:
        _bind(connection, before.member_id, BY_PHONE, phone, now_ms)
    if before.phone:
        # The number may be somebody else's tomorrow.
        mine = (MEMBER_REF.c.kind == BY_PHONE, MEMBER_REF.c.key == before.phone)
        connection.execute(delete(MEMBER_REF).where(*mine, MEMBER_REF.c.member_id == before.member_id))


def _bind(connection: Connection, member_id: str, kind: str, key: str, now_ms: int) -> bool:
    """Let a phone, card or id lead to a member; whether that is new. Raises MemberError where it is taken."""
    statement = upsert(connection, MEMBER_REF).values(
        kind=kind, key=key, member_id=member_id, made_at_ms=now_ms
    )
    new = statement.on_conflict_do_nothing().returning(MEMBER_REF.c.member_id)
    if connection.execute(new).first() is not None:
        return True
    if by_reference(connection, kind, key) != member_id:
        raise MemberError(
            f"{kind}_taken", f"this {kind} is another member's; merge the two, or take it off there"
        )
    return False


def bind_alias(connection: Connection, member_id: str, alias: str, now_ms: int) -> bool:
    """Let another id stand for a member; whether that is new. Raises MemberError where it is another's."""
    return _bind(connection, member_id, BY_ALIAS, alias, now_ms)


def unbind_card(connection: Connection, member_id: str, card: str) -> bool:
    """Take a card off a member; whether they had it."""
    mine = (MEMBER_REF.c.kind == BY_CARD, MEMBER_REF.c.key == normalised_card(card))
    done = connection.execute(delete(MEMBER_REF).where(*mine, MEMBER_REF.c.member_id == member_id))
    return done.rowcount == 1


def agree(
    connection: Connection,
    member_id: str,
    consents: Mapping[str, str],
    *,
    source: str,
    now_ms: int,
    store_id: str = "",
) -> bool:
    """Write down which texts a member agreed to, by purpose; "" takes a consent back. Whether any is new."""
    known = {
        row.purpose: row.text_version
        for row in connection.execute(
            select(MEMBER_CONSENT).where(
                MEMBER_CONSENT.c.member_id == member_id, MEMBER_CONSENT.c.withdrawn_at_ms == 0
            )
        )
    }
    changed = False
    for purpose, version in consents.items():
        purpose, version = word_of(purpose, "a purpose"), word_of(version, "a version")
        if not purpose or known.get(purpose, "") == version:
            continue
        changed = True
        mine = (MEMBER_CONSENT.c.member_id == member_id, MEMBER_CONSENT.c.purpose == purpose)
        if not version:
            connection.execute(update(MEMBER_CONSENT).where(*mine).values(withdrawn_at_ms=now_ms))
            continue
        told = {
            "text_version": version, "store_id": store_id, "source": source, "agreed_at_ms": now_ms,
            "withdrawn_at_ms": 0,
        }  # fmt: skip
        statement = upsert(connection, MEMBER_CONSENT).values(member_id=member_id, purpose=purpose, **told)
        connection.execute(
            statement.on_conflict_do_update(index_elements=["member_id", "purpose"], set_=told)
        )
    return changed
