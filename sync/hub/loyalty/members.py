"""Members as rows: who they are, which ids are theirs, by what they are found, which stores know them.

The ground of the other files of this room: nothing here writes a stream or knows of points and coupons, so
that those may ask whose an id is. Phone and card numbers are compared in one spelling. Whoever changes a
member tells the stores afterwards (`member_stream`), last in the transaction.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Select, insert, select, update

from posapp.domain.members.masks import normalised_card, normalised_name, normalised_phone
from sync.hub.database import upsert
from sync.hub.loyalty.programme_rows import calling_code
from sync.hub.schema.members import (
    ACTIVE,
    BLOCKED,
    BY_ALIAS,
    BY_CARD,
    BY_PHONE,
    MEMBER,
    MEMBER_EVENT,
    MEMBER_REF,
    MEMBER_STORE,
)

FOUND_MOST: Final = 20
#: A time that no code reaches.
NEVER_MS: Final = 253_402_300_799_000
_TAIL: Final = re.compile(r"[0-9]{4}")


class MemberError(ValueError):
    """What is wrong with what was told of a member; `word` is fixed, the text is for people."""

    def __init__(self, word: str, sentence: str) -> None:
        super().__init__(sentence)
        self.word = word


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the hub knows them; times in epoch milliseconds, `phone` in its normal spelling."""

    member_id: str
    status: str
    merged_into: str
    name: str = field(repr=False)
    phone: str = field(repr=False)
    level: str
    level_since_ms: int
    level_until_ms: int
    tags: tuple[str, ...]
    external_id: str
    is_linked: bool
    codes_from_ms: int
    codes_given_to_ms: int
    joined_at_ms: int
    joined_store: str
    changed_at_ms: int
    version: int

    @property
    def is_there(self) -> bool:
        """Whether this is somebody: neither another name of a member nor erased."""
        return self.status in (ACTIVE, BLOCKED)


# ------------------------------------------------------------------ reading
def canonical(connection: Connection, member_id: str) -> str:
    """Whose id this is today; an id that nobody knows is its own."""
    query = select(MEMBER_REF.c.member_id).where(MEMBER_REF.c.kind == BY_ALIAS, MEMBER_REF.c.key == member_id)
    return connection.execute(query).scalar_one_or_none() or member_id


def member_of(connection: Connection, member_id: str) -> Member | None:
    """The member with this very id, in whatever state, or None."""
    row = connection.execute(select(MEMBER).where(MEMBER.c.member_id == member_id)).one_or_none()
    return None if row is None else _member(row)


def known_member(connection: Connection, member_id: str) -> Member:
    """The member that an id stands for today; raises MemberError where nobody is."""
    found = member_of(connection, canonical(connection, member_id))
    if found is None or not found.is_there:
        raise MemberError("unknown", f"there is no member {member_id!r}")
    return found


def hold_member(connection: Connection, member_id: str) -> Member:
    """The same, and nobody else changes them until the transaction ends; raises MemberError."""
    while True:
        found = canonical(connection, member_id)
        held = update(MEMBER).where(MEMBER.c.member_id == found).values(version=MEMBER.c.version)
        connection.execute(held)
        # Whoever held them before may have merged them into another.
        if canonical(connection, member_id) == found:
            return known_member(connection, found)


def hold_members(connection: Connection, member_ids: Iterable[str]) -> None:
    """Nobody else changes these members until the transaction ends; who holds several calls this first."""
    for member_id in sorted(set(member_ids)):
        held = update(MEMBER).where(MEMBER.c.member_id == member_id).values(version=MEMBER.c.version)
        connection.execute(held)


def by_reference(connection: Connection, kind: str, key: str) -> str:
    """The id that a phone, card or other id leads to, "" where it leads nowhere."""
    query = select(MEMBER_REF.c.member_id).where(MEMBER_REF.c.kind == kind, MEMBER_REF.c.key == key)
    return connection.execute(query).scalar_one_or_none() or ""


def whose_references(connection: Connection, kind: str, keys: Iterable[str]) -> dict[str, str]:
    """The ids that these phones, cards or other ids lead to; those that lead nowhere are left out."""
    query = select(MEMBER_REF.c.key, MEMBER_REF.c.member_id)
    query = query.where(MEMBER_REF.c.kind == kind, MEMBER_REF.c.key.in_(tuple(keys)))
    return {row.key: row.member_id for row in connection.execute(query)}


def canonical_ids(connection: Connection, member_ids: Iterable[str]) -> dict[str, str]:
    """Whose each of these ids is today; one that nobody knows is its own."""
    wanted = tuple(dict.fromkeys(member_ids))
    found = whose_references(connection, BY_ALIAS, wanted)
    return {member_id: found.get(member_id, member_id) for member_id in wanted}


def members_of(connection: Connection, member_ids: Iterable[str]) -> dict[str, Member]:
    """The members with these very ids, in whatever state, by id."""
    query = select(MEMBER).where(MEMBER.c.member_id.in_(tuple(member_ids)))
    return {row.member_id: _member(row) for row in connection.execute(query)}


def by_external_id(connection: Connection, external_id: str) -> str:
    """The id of who another system knows by this id, "" for nobody."""
    query = select(MEMBER.c.member_id).where(
        MEMBER.c.external_id == external_id, MEMBER.c.status.in_((ACTIVE, BLOCKED))
    )
    return connection.execute(query.limit(1)).scalar_one_or_none() or ""


def references(connection: Connection, member_id: str) -> dict[str, tuple[str, ...]]:
    """What leads to a member, by kind."""
    return references_of(connection, (member_id,))[member_id]


def references_of(connection: Connection, member_ids: Iterable[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """What leads to each of these members, by kind."""
    wanted = tuple(member_ids)
    query = (
        select(MEMBER_REF.c.member_id, MEMBER_REF.c.kind, MEMBER_REF.c.key)
        .where(MEMBER_REF.c.member_id.in_(wanted))
        .order_by(MEMBER_REF.c.made_at_ms, MEMBER_REF.c.key)
    )
    found: dict[str, dict[str, tuple[str, ...]]] = {
        member_id: {BY_PHONE: (), BY_CARD: (), BY_ALIAS: ()} for member_id in wanted
    }
    for member_id, kind, key in connection.execute(query):
        found[member_id][kind] = (*found[member_id][kind], key)
    return found


def stores_of(connection: Connection, member_id: str) -> tuple[str, ...]:
    """The stores whose tills know a member, by their id."""
    query = select(MEMBER_STORE.c.store_id).where(MEMBER_STORE.c.member_id == member_id)
    return tuple(connection.execute(query.order_by(MEMBER_STORE.c.store_id)).scalars())


def found_members(
    connection: Connection, by: str, text: str, *, most: int = FOUND_MOST
) -> tuple[tuple[Member, ...], bool]:
    """Members by "id", "phone", "card", "name" or "tail" as keyed, and whether there are more."""
    query = _search(connection, by, text.strip())
    if query is None:
        return (), False
    query = query.where(MEMBER.c.status.in_((ACTIVE, BLOCKED)))
    rows = connection.execute(query.order_by(MEMBER.c.name_key, MEMBER.c.member_id).limit(most + 1)).all()
    return tuple(map(_member, rows[:most])), len(rows) > most


def _search(connection: Connection, by: str, text: str) -> Select[Any] | None:
    if by == "tail":
        return select(MEMBER).where(MEMBER.c.phone_tail == text) if _TAIL.fullmatch(text) else None
    if by == "name":
        key = normalised_name(text)
        return select(MEMBER).where(MEMBER.c.name_key.startswith(key, autoescape=True)) if key else None
    member_id = ""
    if by == "id":
        member_id = canonical(connection, text.upper())
    elif by == "phone":
        phone = normalised_phone(text, calling_code(connection))
        member_id = by_reference(connection, BY_PHONE, phone) if phone else ""
    elif by == "card":
        member_id = by_reference(connection, BY_CARD, normalised_card(text))
    return select(MEMBER).where(MEMBER.c.member_id == member_id) if member_id else None


def _member(row: Any) -> Member:
    fields = row._mapping
    shared = {name: fields[name] for name in Member.__slots__ if name not in ("tags", "is_linked")}
    return Member(tags=tuple(json.loads(fields["tags"])), is_linked=bool(fields["is_linked"]), **shared)


# ------------------------------------------------------------------ writing
def add_store(connection: Connection, store_id: str, member_id: str, now_ms: int) -> None:
    """From now on the tills of a store know a member, who is canonical; the stream is told elsewhere."""
    statement = upsert(connection, MEMBER_STORE).values(
        store_id=store_id, member_id=member_id, since_ms=now_ms, seen_at_ms=now_ms
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=["store_id", "member_id"], set_={"seen_at_ms": now_ms})
    )


def note(
    connection: Connection,
    member_id: str,
    kind: str,
    *,
    now_ms: int,
    who: str = "",
    store_id: str = "",
    terminal_id: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add to what became of a member; `detail` must hold nothing by which somebody could be reached."""
    place = {"store_id": store_id, "terminal_id": terminal_id}
    row = event_row(member_id, kind, now_ms=now_ms, who=who, detail=detail)
    connection.execute(insert(MEMBER_EVENT).values(**(row | place)))


def event_row(
    member_id: str, kind: str, *, now_ms: int, who: str, detail: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A line of a member's history that happened at no till."""
    return {
        "member_id": member_id,
        "event_id": f"{now_ms:015d}-{secrets.token_hex(6)}",
        "kind": kind,
        "store_id": "",
        "terminal_id": "",
        "who": who,
        "detail": json.dumps(dict(detail or {}), ensure_ascii=False, sort_keys=True),
        "at_ms": now_ms,
    }


def all_member_ids(connection: Connection, states: Iterable[str] = (ACTIVE, BLOCKED)) -> tuple[str, ...]:
    """The ids of all members in these states, by their ids."""
    query = select(MEMBER.c.member_id).where(MEMBER.c.status.in_(tuple(states)))
    return tuple(connection.execute(query.order_by(MEMBER.c.member_id)).scalars())
