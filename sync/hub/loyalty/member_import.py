"""Many members at once: lists of them as another system keeps them, put page by page.

Of a page, what is known already is read with a few questions; whoever is new goes in with all the others
that are, whoever is as they were told costs nothing, and only the rest goes the way of one member. What an
earlier one of the list said counts for a later one, so the outcome is that of putting them one by one.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Table, select

from posapp.domain.members.masks import normalised_name, phone_tail
from posapp.domain.members.member_codes import is_member_id, new_member_id
from sync.hub.database import count_anew, insert_rows, upsert
from sync.hub.loyalty.member_admin import PutMember, put_untold
from sync.hub.loyalty.member_changes import Told, card_of, name_of, spelt_phone, tags_of, word_of
from sync.hub.loyalty.member_stream import refresh_members
from sync.hub.loyalty.members import (
    Member,
    MemberError,
    canonical_ids,
    event_row,
    hold_members,
    members_of,
    references_of,
    whose_references,
)
from sync.hub.loyalty.programme_rows import calling_code
from sync.hub.schema.members import (
    ACTIVE,
    BLOCKED,
    BY_CARD,
    BY_PHONE,
    MEMBER,
    MEMBER_CONSENT,
    MEMBER_EVENT,
    MEMBER_REF,
    MEMBER_STORE,
)

#: Members of one question to the database.
PAGE: Final = 1_000
_BY_ID: Final = "id"
_BY_OTHER_ID: Final = "other"


@dataclass(frozen=True, slots=True)
class _Spelt:
    """What was told of a member in the spelling that is stored; None was not told."""

    told: Told
    phone: str | None
    name: str | None
    level: str | None
    external_id: str | None
    tags: tuple[str, ...] | None
    cards: tuple[str, ...]
    consents: dict[str, str]

    def leads(self) -> set[tuple[str, str]]:
        """What leads to a member or will."""
        found = {(BY_CARD, card) for card in self.cards}
        found |= {
            (kind, text)
            for kind, text in (
                (_BY_ID, self.told.member_id),
                (_BY_OTHER_ID, self.external_id),
                (BY_PHONE, self.phone),
            )
            if text
        }
        return found


@dataclass(slots=True)
class _Page:
    """What the hub knows of those that a page of a list may mean, as it was when the page began."""

    by_key: dict[tuple[str, str], str]
    members: dict[str, Member]
    cards: dict[str, frozenset[str]]
    consents: dict[str, dict[str, str]]
    #: Keys and members of which the page has spoken already.
    seen: set[tuple[str, str]] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    #: New ones that are not written yet.
    waiting: list[tuple[str, _Spelt]] = field(default_factory=list)


def put_members(connection: Connection, told: Sequence[Told], *, who: str, now_ms: int) -> list[PutMember]:
    """Put several, all or none; raises MemberError with the place of the first that cannot be."""
    code = calling_code(connection)
    done: list[PutMember] = []
    touched: set[str] = set()
    for start in range(0, len(told), PAGE):
        part = [_spelt(one, code, place) for place, one in enumerate(told[start : start + PAGE], start + 1)]
        page = _page(connection, part)
        # In one order: two lists that name the same members differently must not wait for each other.
        hold_members(connection, {found for one in part if (found := _meant(page, one))})
        for place, one in enumerate(part, start + 1):
            done.append(_put(connection, page, one, place, who=who, now_ms=now_ms))
        _write(connection, page, who=who, now_ms=now_ms)
        if start == 0 and len(told) > PAGE:
            count_anew(connection, MEMBER, MEMBER_REF, MEMBER_CONSENT)
        touched |= page.touched
    refresh_members(connection, touched, now_ms)
    return done


def add_stores(connection: Connection, stores: Iterable[str], member_ids: Sequence[str], now_ms: int) -> None:
    """From now on the tills of these stores know these members, who are canonical."""
    rows = [
        {"store_id": store_id, "member_id": member_id, "since_ms": now_ms, "seen_at_ms": now_ms}
        for store_id in sorted(set(stores))
        for member_id in sorted(set(member_ids))
    ]
    if rows:
        statement = upsert(connection, MEMBER_STORE)
        seen = statement.on_conflict_do_update(
            index_elements=["store_id", "member_id"], set_={"seen_at_ms": statement.excluded.seen_at_ms}
        )
        connection.execute(seen, rows)


# ------------------------------------------------------------------ one of a page
def _spelt(told: Told, code: str, place: int) -> _Spelt:
    try:
        return _Spelt(
            told,
            phone=None if told.phone is None else spelt_phone(told.phone, code),
            name=None if told.name is None else name_of(told.name),
            level=None if told.level is None else word_of(told.level, "a level"),
            external_id=(
                None if told.external_id is None else word_of(told.external_id, "an id of another system")
            ),
            tags=None if told.tags is None else tags_of(told.tags),
            cards=tuple(dict.fromkeys(map(card_of, told.cards or ()))),
            consents={
                purpose: word_of(version, "a version")
                for name, version in (told.consents or {}).items()
                if (purpose := word_of(name, "a purpose"))
            },
        )
    except MemberError as trouble:
        raise MemberError(trouble.word, f"member {place}: {trouble}") from trouble


def _put(connection: Connection, page: _Page, one: _Spelt, place: int, *, who: str, now_ms: int) -> PutMember:
    keys = one.leads()
    is_first = page.seen.isdisjoint(keys)
    page.seen |= keys
    if is_first and not any(key in page.by_key for key in keys):
        given = one.told.member_id
        if given and not (is_member_id(given) and given.startswith("M")):
            raise MemberError(
                "bad_id", f"member {place}: {given!r} is no member id: M and 12 digits and capitals"
            )
        member_id = given or new_member_id(secrets.token_bytes(8))
        page.waiting.append((member_id, one))
        return PutMember(member_id, "made")
    if is_first and (same := _is_as_told(page, one)):
        return PutMember(same, "unchanged")
    _write(connection, page, who=who, now_ms=now_ms)
    try:
        put = put_untold(connection, one.told, who=who, now_ms=now_ms)
    except MemberError as trouble:
        raise MemberError(trouble.word, f"member {place}: {trouble}") from trouble
    page.touched.add(put.member_id)
    return put


def _meant(page: _Page, one: _Spelt) -> str:
    """The id of a member who is likely to be changed by what was told, "" where there is none."""
    return "" if _is_as_told(page, one) else _named(page, one)


def _named(page: _Page, one: _Spelt) -> str:
    return (
        page.by_key.get((_BY_ID, one.told.member_id), "")
        if one.told.member_id
        else page.by_key.get((_BY_OTHER_ID, one.external_id or ""), "")
        or page.by_key.get((BY_PHONE, one.phone or ""), "")
    )


def _is_as_told(page: _Page, one: _Spelt) -> str:
    """The id of the member who is meant and of whom all of it is known already, "" where there is none."""
    found = _named(page, one)
    member = page.members.get(found)
    if member is None or not member.is_there or found in page.touched:
        return ""
    known = (member.phone, member.name, member.level, member.external_id, member.tags)
    told = (one.phone, one.name, one.level, one.external_id, one.tags)
    plain = (one.told.is_linked, one.told.level_until_ms)
    agreed = page.consents.get(found, {})
    is_same = (
        all(new is None or new == old for new, old in zip(told, known, strict=True))
        and all(
            new is None or new == old
            for new, old in zip(plain, (member.is_linked, member.level_until_ms), strict=True)
        )
        and page.cards.get(found, frozenset()).issuperset(one.cards)
        and all(agreed.get(purpose, "") == version for purpose, version in one.consents.items())
    )
    return found if is_same else ""


# ------------------------------------------------------------------ a page
def _page(connection: Connection, part: Sequence[_Spelt]) -> _Page:
    told: dict[str, set[str]] = {_BY_ID: set(), _BY_OTHER_ID: set(), BY_PHONE: set(), BY_CARD: set()}
    for kind, text in {key for one in part for key in one.leads()}:
        told[kind].add(text)
    by_key = {
        (kind, key): member_id
        for kind in (BY_PHONE, BY_CARD)
        for key, member_id in whose_references(connection, kind, told[kind]).items()
    }
    query = select(MEMBER.c.external_id, MEMBER.c.member_id).where(
        MEMBER.c.external_id.in_(told[_BY_OTHER_ID]), MEMBER.c.status.in_((ACTIVE, BLOCKED))
    )
    by_key |= {(_BY_OTHER_ID, row.external_id): row.member_id for row in connection.execute(query)}
    ids = canonical_ids(connection, told[_BY_ID])
    members = members_of(connection, {*ids.values(), *by_key.values()})
    by_key |= {(_BY_ID, text): found for text, found in ids.items() if text != found or found in members}
    cards = {
        member_id: frozenset(references[BY_CARD])
        for member_id, references in references_of(connection, members).items()
    }
    consents: dict[str, dict[str, str]] = {}
    query = select(MEMBER_CONSENT).where(
        MEMBER_CONSENT.c.member_id.in_(members), MEMBER_CONSENT.c.withdrawn_at_ms == 0
    )
    for row in connection.execute(query):
        consents.setdefault(row.member_id, {})[row.purpose] = row.text_version
    return _Page(by_key, members, cards, consents)


def _write(connection: Connection, page: _Page, *, who: str, now_ms: int) -> None:
    """Put in the new ones that wait; raises MemberError where one became somebody else meanwhile."""
    new, page.waiting = page.waiting, []
    if not new:
        return
    _take(connection, MEMBER, [_member_row(member_id, one, now_ms) for member_id, one in new])
    refs = [
        {"kind": kind, "key": key, "member_id": member_id, "made_at_ms": now_ms}
        for member_id, one in new
        for kind, key in sorted(one.leads())
        if kind in (BY_PHONE, BY_CARD)
    ]
    _take(connection, MEMBER_REF, sorted(refs, key=lambda row: (row["kind"], row["key"])))
    agreed = [
        (member_id, purpose, version, "", "told", now_ms, 0)
        for member_id, one in new
        for purpose, version in one.consents.items()
        if version
    ]
    insert_rows(connection, MEMBER_CONSENT, agreed)
    events = [event_row(member_id, "made", now_ms=now_ms, who=who) for member_id, _one in new]
    insert_rows(connection, MEMBER_EVENT, [tuple(row[name] for name in _EVENT_COLUMNS) for row in events])


_EVENT_COLUMNS: Final = tuple(MEMBER_EVENT.c.keys())


def _take(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    first = next(iter(table.primary_key.columns))
    statement = upsert(connection, table).on_conflict_do_nothing().returning(first)
    if len(connection.execute(statement, rows).all()) < len(rows):
        raise MemberError("taken", "somebody of these became a member just now; put them again")


def _member_row(member_id: str, one: _Spelt, now_ms: int) -> dict[str, Any]:
    name, phone, told = one.name or "", one.phone or "", one.told
    return {
        "member_id": member_id, "status": ACTIVE, "merged_into": "", "name": name,
        "name_key": normalised_name(name), "phone": phone, "phone_tail": phone_tail(phone),
        "level": one.level or "", "tags": json.dumps(one.tags or (), ensure_ascii=False), "joined_store": "",
        "external_id": one.external_id or "", "level_since_ms": now_ms,
        "level_until_ms": told.level_until_ms or 0, "codes_from_ms": 0, "codes_given_to_ms": 0,
        "is_linked": int(told.is_linked or False), "joined_at_ms": now_ms, "changed_at_ms": now_ms,
        "version": 1,
    }  # fmt: skip
