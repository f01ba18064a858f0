"""How somebody becomes a member, and how two members turn out to be one.

A till may have taken somebody in under an id of its own while it was offline, and the hub may have known them
by their phone for years. Then there is one member, and every id that was ever theirs leads to them: facts
keep the id that they were written with. A wish to join is never turned away for what stands in it, since the
person has gone; what cannot be taken is left out and said in the member's history.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, select, update

from posapp.domain.members.masks import normalised_phone
from posapp.domain.members.member_codes import is_member_id
from sync.hub.database import Database, upsert
from sync.hub.goods.shop_admin import store_ids
from sync.hub.jobs import Effect, Handler, Job, enqueue
from sync.hub.loyalty.accounts import Account, Cause, account_of
from sync.hub.loyalty.coupons import move_coupons
from sync.hub.loyalty.holds import terms
from sync.hub.loyalty.member_changes import (
    Told,
    agree,
    bind_alias,
    card_of,
    change_member,
    make_member,
    name_of,
    word_of,
)
from sync.hub.loyalty.member_stream import forget_stores, hold_stores, refresh_member, tell_revoked
from sync.hub.loyalty.members import (
    NEVER_MS,
    Member,
    MemberError,
    add_store,
    by_reference,
    canonical,
    hold_member,
    member_of,
    note,
    references,
    stores_of,
)
from sync.hub.loyalty.points import move_points
from sync.hub.loyalty.programme_rows import calling_code
from sync.hub.schema.members import (
    BLOCKED,
    BY_ALIAS,
    BY_CARD,
    BY_PHONE,
    MEMBER,
    MEMBER_CONSENT,
    MEMBER_JOIN,
    MEMBER_REF,
    MERGED,
)
from sync.hub.schema.points import MEMBER_SPEND
from sync.hub.schema.rights import RIGHTS_HOLD
from sync.protocol.loyalty import JoinRequest

#: Job: what came under another id while it became one of a member's is theirs.
MOVE_JOB: Final = "member-move"
#: A fact that was being folded when an id became somebody's is folded by then.
_MOVE_AFTER_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Joined:
    """Who somebody is; `is_merged` where they were a member already."""

    member_id: str
    is_merged: bool


# ------------------------------------------------------------------ joining
def join(
    connection: Connection, request: JoinRequest, *, store_id: str, terminal_id: str, now_ms: int
) -> Joined:
    """Take somebody in, or find out who they are; the same wish again has the same answer."""
    known = connection.execute(
        select(MEMBER_JOIN.c.member_id, MEMBER_JOIN.c.is_merged).where(
            MEMBER_JOIN.c.store_id == store_id, MEMBER_JOIN.c.join_id == request.join_id
        )
    ).one_or_none()
    if known is not None:
        return Joined(canonical(connection, known.member_id), bool(known.is_merged))
    member_id, is_merged, left_out = _who(connection, request, store_id, now_ms)
    place = {"store_id": store_id, "terminal_id": terminal_id}
    consents = {purpose: text for purpose, text in request.consents.items() if _is_consent(purpose, text)}
    if len(consents) < len(request.consents):
        left_out.append("consents")
    agree(connection, member_id, consents, source="till", now_ms=now_ms, store_id=store_id)
    if _take_alias(connection, member_id, request.member_id, now_ms) is False:
        left_out.append("id")
    first = upsert(connection, MEMBER_JOIN).values(
        join_id=request.join_id, given_id=request.member_id, member_id=member_id, is_merged=int(is_merged),
        at_ms=now_ms, **place,
    )  # fmt: skip
    connection.execute(first.on_conflict_do_nothing())
    detail: dict[str, Any] = {"join_id": request.join_id, "given_id": request.member_id}
    detail |= {"left_out": left_out} if left_out else {}
    note(connection, member_id, "known" if is_merged else "joined", now_ms=now_ms, detail=detail, **place)
    add_store(connection, store_id, member_id, now_ms)
    refresh_member(connection, member_id, now_ms)
    return Joined(member_id, is_merged)


def _who(
    connection: Connection, request: JoinRequest, store_id: str, now_ms: int
) -> tuple[str, bool, list[str]]:
    """Whose wish it is, whether they were a member before, and what of it was left out."""
    left_out: list[str] = []
    phone = normalised_phone(request.phone, calling_code(connection))
    if not phone:
        left_out.append("phone")
    told = Told(phone=phone or None, name=_taken(name_of, request.name, "name", left_out))
    found = by_reference(connection, BY_PHONE, phone) if phone else ""
    if not found:
        joined_at_ms = request.at_ms if 0 < request.at_ms <= now_ms else now_ms
        # Of two tills with one phone the second waits here for the first, and finds it taken.
        member_id = _made(connection, told, store_id, now_ms, joined_at_ms)
        if member_id:
            card = _taken(card_of, request.card_no, "card", left_out)
            if card and by_reference(connection, BY_CARD, card):
                left_out.append("card")
            elif card:
                change_member(connection, member_id, Told(cards=(card,)), now_ms=now_ms)
            return member_id, False, left_out
        found = by_reference(connection, BY_PHONE, phone)
    member = hold_member(connection, found)
    if told.name and not member.name:
        change_member(connection, member.member_id, Told(name=told.name), now_ms=now_ms)
    whose = by_reference(connection, BY_CARD, _spelt(request.card_no)) if request.card_no else ""
    if request.card_no and whose != member.member_id:
        # Whoever knows a phone number must not get a card with which that member's points can be spent.
        card = _taken(card_of, request.card_no, "card", left_out)
        if card and (whose or request.proof not in terms(connection).spending):
            left_out.append("card")
        elif card:
            change_member(connection, member.member_id, Told(cards=(card,)), now_ms=now_ms)
    return member.member_id, True, left_out


def _made(connection: Connection, told: Told, store_id: str, now_ms: int, joined_at_ms: int) -> str:
    """Somebody new, or "" where their phone became somebody else's just now."""
    with connection.begin_nested() as attempt:
        try:
            return make_member(connection, told, store_id=store_id, now_ms=now_ms, joined_at_ms=joined_at_ms)
        except MemberError as trouble:
            if trouble.word != "phone_taken":
                raise
            attempt.rollback()
            return ""


def _taken(read: Callable[[str], str], text: str, what: str, left_out: list[str]) -> str | None:
    if not text.strip():
        return None
    try:
        return read(text)
    except MemberError:
        left_out.append(what)
        return None


def _is_consent(purpose: str, version: str) -> bool:
    try:
        return bool(word_of(purpose, "a purpose") and word_of(version, "a version"))
    except MemberError:
        return False


def _spelt(card: str) -> str:
    try:
        return card_of(card)
    except MemberError:
        return ""


def _take_alias(connection: Connection, member_id: str, alias: str, now_ms: int) -> bool | None:
    """Let an id of a till's making be this member's; False where it cannot be, None for none."""
    if not alias or alias == member_id:
        return None
    if not (is_member_id(alias) and alias.startswith("T")):
        return False
    try:
        bind_alias(connection, member_id, alias, now_ms)
    except MemberError:
        return False
    move_rights(connection, alias, member_id, now_ms)
    enqueue(connection, "", MOVE_JOB, alias, run_at_ms=now_ms + _MOVE_AFTER_MS)
    return True


# ------------------------------------------------------------------ merging
def merge(connection: Connection, keep_id: str, other_id: str, *, who: str, now_ms: int) -> Member:
    """Make two members one: the other's ids, phones, cards, coupons and points are the kept one's.

    Raises MemberError. What the kept one has told stands; the other's fills what was empty.
    """
    first, second = sorted((canonical(connection, keep_id), canonical(connection, other_id)))
    if first == second:
        raise MemberError("same", f"{keep_id} and {other_id} are one member already")
    held = {one.member_id: one for one in (hold_member(connection, first), hold_member(connection, second))}
    keep, other = held.get(canonical(connection, keep_id)), held.get(canonical(connection, other_id))
    if keep is None or other is None:
        raise MemberError("busy", "one of them was merged just now; look again")
    stores = stores_of(connection, other.member_id)
    connection.execute(
        update(MEMBER)
        .where(MEMBER.c.member_id == other.member_id)
        .values(
            status=MERGED, merged_into=keep.member_id, name="", name_key="", phone="", phone_tail="",
            external_id="", tags="[]", changed_at_ms=now_ms, version=MEMBER.c.version + 1,
        )
    )  # fmt: skip
    into = {"merged_into": keep.member_id}
    connection.execute(update(MEMBER).where(MEMBER.c.merged_into == other.member_id).values(**into))
    theirs = MEMBER_REF.c.member_id == other.member_id
    connection.execute(update(MEMBER_REF).where(theirs).values(member_id=keep.member_id))
    bind_alias(connection, keep.member_id, other.member_id, now_ms)
    _fill(connection, keep, other, now_ms)
    move_rights(connection, other.member_id, keep.member_id, now_ms)
    enqueue(connection, "", MOVE_JOB, other.member_id, run_at_ms=now_ms + _MOVE_AFTER_MS)
    for store_id in stores:
        add_store(connection, store_id, keep.member_id, now_ms)
    detail = {"other": other.member_id}
    note(connection, keep.member_id, "merged", who=who, now_ms=now_ms, detail=detail)
    # Streams are held after every account, the two members' together.
    is_revoked = bool(other.codes_from_ms) or BLOCKED in (other.status, keep.status)
    hold_stores(connection, store_ids(connection) if is_revoked else stores_of(connection, keep.member_id))
    forget_stores(connection, other.member_id, now_ms)
    refresh_member(connection, keep.member_id, now_ms)
    if is_revoked:
        # A code under the other id is the same person's.
        from_ms = NEVER_MS if BLOCKED in (keep.status, other.status) else other.codes_from_ms
        tell_revoked(connection, other.member_id, from_ms, now_ms)
    return hold_member(connection, keep.member_id)


def _fill(connection: Connection, keep: Member, other: Member, now_ms: int) -> None:
    """What the kept member did not have is the other's; consents that only the other gave are given."""
    values: dict[str, Any] = {
        "is_linked": int(keep.is_linked or other.is_linked),
        "joined_at_ms": min(keep.joined_at_ms, other.joined_at_ms),
        "codes_from_ms": max(keep.codes_from_ms, other.codes_from_ms),
        "codes_given_to_ms": max(keep.codes_given_to_ms, other.codes_given_to_ms),
        "changed_at_ms": now_ms,
        "version": MEMBER.c.version + 1,
    }
    if other.status == BLOCKED:
        values["status"] = BLOCKED
    if not keep.level and other.level:
        values |= {"level": other.level, "level_since_ms": other.level_since_ms}
        values["level_until_ms"] = other.level_until_ms
    connection.execute(update(MEMBER).where(MEMBER.c.member_id == keep.member_id).values(**values))
    told = Told(
        name=other.name if not keep.name else None,
        phone=other.phone if not keep.phone else None,
        external_id=other.external_id if not keep.external_id else None,
        tags=tuple(sorted({*keep.tags, *other.tags})),
    )
    change_member(connection, keep.member_id, replace(told, member_id=keep.member_id), now_ms=now_ms)
    consent = MEMBER_CONSENT.c
    given = connection.execute(
        select(consent.purpose, consent.text_version).where(
            consent.member_id == other.member_id,
            consent.withdrawn_at_ms == 0,
            consent.purpose.not_in(select(consent.purpose).where(consent.member_id == keep.member_id)),
        )
    )
    consents = {row.purpose: row.text_version for row in given}
    agree(connection, keep.member_id, consents, source="merged", now_ms=now_ms)


def move_rights(connection: Connection, from_id: str, to_id: str, now_ms: int) -> bool:
    """Coupons and points under one id are another's from now on, the same person; whether there were any."""
    coupons = move_coupons(connection, from_id, to_id, now_ms)
    had_points = account_of(connection, from_id) != Account()
    cause = Cause(f"{from_id}>{to_id}:{secrets.token_hex(6)}")
    move_points(connection, from_id, to_id, cause, now_ms)
    # What is held goes back to whoever has the points by then, and what was spent counts for their level.
    for table in (RIGHTS_HOLD, MEMBER_SPEND):
        theirs = update(table).where(table.c.member_id == from_id)
        connection.execute(theirs.values(member_id=to_id))
    return had_points or coupons > 0


def move_handler(database: Database, now_ms: Callable[[], int]) -> Handler:
    """Moves what was folded under an id while that became another's."""

    def prepare(job: Job) -> Effect:
        def effect(connection: Connection) -> None:
            member_id = canonical(connection, job.key)
            if member_id != job.key and move_rights(connection, job.key, member_id, now_ms()):
                refresh_member(connection, member_id, now_ms())

        return effect

    return Handler(prepare)


def former_ids(connection: Connection, member_id: str) -> tuple[str, ...]:
    """Every id that leads to a member, their own first."""
    found = canonical(connection, member_id)
    return (found, *references(connection, found)[BY_ALIAS])


def is_known(connection: Connection, member_id: str) -> bool:
    """Whether an id is somebody's, under whatever name."""
    return member_of(connection, canonical(connection, member_id)) is not None
