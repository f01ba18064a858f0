"""What people and programs of the retailer do with members: put them, block them, take their codes back.

Each act tells the stores that know the member, and goes into the member's history under the name of who did
it. Codes are handed out ahead of time: taken back are all that were, so new ones count from their end on.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, update

from sync.hub.loyalty.member_changes import Told, change_member, make_member, phone_of, unbind_card
from sync.hub.loyalty.member_stream import refresh_member, tell_revoked
from sync.hub.loyalty.members import (
    NEVER_MS,
    Member,
    MemberError,
    by_external_id,
    by_reference,
    canonical,
    hold_member,
    known_member,
    member_of,
    note,
    references,
)
from sync.hub.schema.members import ACTIVE, BLOCKED, BY_ALIAS, BY_PHONE, MEMBER


@dataclass(frozen=True, slots=True)
class PutMember:
    """Who was put: "made", "changed" or "unchanged"."""

    member_id: str
    fate: str


def put_member(connection: Connection, told: Told, *, who: str, now_ms: int) -> PutMember:
    """Make a member or change one, found by id, else by the other system's id, else by phone.

    Raises MemberError; nothing was changed then.
    """
    put = put_untold(connection, told, who=who, now_ms=now_ms)
    if put.fate == "changed":
        refresh_member(connection, put.member_id, now_ms)
    return put


def put_untold(connection: Connection, told: Told, *, who: str, now_ms: int) -> PutMember:
    """The same, and whoever asked tells the stores, last in the transaction."""
    found = _found(connection, told)
    if found:
        member = hold_member(connection, found)
        changed = change_member(connection, member.member_id, told, now_ms=now_ms)
        if changed:
            note(connection, member.member_id, "changed", who=who, now_ms=now_ms, detail={"what": changed})
        return PutMember(member.member_id, "changed" if changed else "unchanged")
    member_id = make_member(connection, told, now_ms=now_ms)
    note(connection, member_id, "made", who=who, now_ms=now_ms)
    return PutMember(member_id, "made")


def _found(connection: Connection, told: Told) -> str:
    if told.member_id:
        found = canonical(connection, told.member_id)
        return found if member_of(connection, found) is not None else ""
    if told.external_id and (found := by_external_id(connection, told.external_id)):
        return found
    phone = phone_of(connection, told.phone or "")
    found = by_reference(connection, BY_PHONE, phone) if phone else ""
    if found and told.external_id and known_member(connection, found).external_id:
        raise MemberError(
            "phone_taken", "this phone is another member's; merge the two, or take it off there"
        )
    return found


def take_card_off(connection: Connection, member_id: str, card: str, *, who: str, now_ms: int) -> None:
    """A card that was lost leads to nobody any more; raises MemberError where it was not theirs."""
    member = hold_member(connection, member_id)
    if not unbind_card(connection, member.member_id, card):
        raise MemberError("unknown_card", "this card is not this member's")
    note(connection, member.member_id, "card_off", who=who, now_ms=now_ms)
    refresh_member(connection, member.member_id, now_ms)


def block(connection: Connection, member_id: str, *, who: str, reason: str, now_ms: int) -> Member:
    """A member spends nothing and shows no code from now on, in any store; raises MemberError."""
    return _set_state(connection, member_id, BLOCKED, who=who, reason=reason, now_ms=now_ms)


def unblock(connection: Connection, member_id: str, *, who: str, reason: str, now_ms: int) -> Member:
    """A member is one like others again; codes from before stay taken back. Raises MemberError."""
    return _set_state(connection, member_id, ACTIVE, who=who, reason=reason, now_ms=now_ms)


def _set_state(
    connection: Connection, member_id: str, state: str, *, who: str, reason: str, now_ms: int
) -> Member:
    member = hold_member(connection, member_id)
    if member.status == state:
        return member
    from_ms = _codes_end(member, now_ms)
    values = {"status": state, "codes_from_ms": from_ms, "changed_at_ms": now_ms}
    row = update(MEMBER).where(MEMBER.c.member_id == member.member_id)
    connection.execute(row.values(**values, version=MEMBER.c.version + 1))
    kind = "blocked" if state == BLOCKED else "unblocked"
    note(connection, member.member_id, kind, who=who, now_ms=now_ms, detail={"reason": reason})
    _tell(connection, member.member_id, NEVER_MS if state == BLOCKED else from_ms, now_ms)
    return known_member(connection, member.member_id)


def revoke_codes(connection: Connection, member_id: str, *, who: str, reason: str, now_ms: int) -> int:
    """Take back every code that was handed out; from which time on codes count. Raises MemberError."""
    member = hold_member(connection, member_id)
    from_ms = _codes_end(member, now_ms)
    row = update(MEMBER).where(MEMBER.c.member_id == member.member_id)
    connection.execute(row.values(codes_from_ms=from_ms, changed_at_ms=now_ms, version=MEMBER.c.version + 1))
    note(connection, member.member_id, "codes_revoked", who=who, now_ms=now_ms, detail={"reason": reason})
    _tell(connection, member.member_id, NEVER_MS if member.status == BLOCKED else from_ms, now_ms)
    return from_ms


def _codes_end(member: Member, now_ms: int) -> int:
    return max(now_ms, member.codes_given_to_ms, member.codes_from_ms)


def _tell(connection: Connection, member_id: str, from_ms: int, now_ms: int) -> None:
    for known_as in (member_id, *references(connection, member_id)[BY_ALIAS]):
        tell_revoked(connection, known_as, from_ms, now_ms)
    refresh_member(connection, member_id, now_ms)
