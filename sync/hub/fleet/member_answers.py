"""What programs of the retailer say and hear about members, coupons, points and the programme, as JSON.

One neutral schema, whatever system is at the other end: ids are texts, times epoch milliseconds, points
whole points, amounts minor units of the currency. Fields may be added; readers ignore what they do not know.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec

from sync.hub.loyalty.coupons import Batch, CouponRow
from sync.hub.loyalty.members import Member
from sync.hub.loyalty.points_reading import Entry, Month

MEMBERS_MOST: Final = 500
COUPONS_MOST: Final = 10_000
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[^\x00]*$")]
_MaybeId = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[^\x00]*$")]
_Text = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00]*$")]
_Reason = Annotated[str, msgspec.Meta(max_length=300, pattern=r"^[^\x00]*$")]
_Time = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_000)]
_Points = Annotated[int, msgspec.Meta(ge=-1_000_000_000, le=1_000_000_000)]


# ------------------------------------------------------------------ members
class MemberTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member to be made or changed, found by `member_id`, else `external_id`, else `phone`.

    What is left out or null stays as it is; an "" takes a name or phone away. `cards` are added. `consents`
    are versions of texts by purpose; "" takes one back.
    """

    member_id: _MaybeId = ""
    external_id: _Text | None = None
    phone: _Text | None = None
    name: _Text | None = None
    level: _Text | None = None
    level_until_ms: _Time | None = None
    tags: Annotated[tuple[_Text, ...], msgspec.Meta(max_length=50)] | None = None
    cards: Annotated[tuple[_Text, ...], msgspec.Meta(max_length=20)] | None = None
    is_linked: bool | None = None
    consents: Annotated[dict[_Text, _Text], msgspec.Meta(max_length=50)] | None = None


class MembersRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Members to put, all or none; `stores` are those whose tills know them from now on."""

    members: Annotated[tuple[MemberTold, ...], msgspec.Meta(min_length=1, max_length=MEMBERS_MOST)]
    stores: tuple[_Id, ...] = ()


class MemberFate(msgspec.Struct, frozen=True):
    """Who was put: `fate` is "made", "changed" or "unchanged"."""

    member_id: str
    fate: str


class MembersReply(msgspec.Struct, frozen=True):
    """Those who were put, in the order of the request."""

    members: tuple[MemberFate, ...]


class MemberState(msgspec.Struct, frozen=True):
    """A member as the hub knows them; `former_ids` lead to them as well."""

    member_id: str
    status: str
    name: str
    phone: str
    level: str
    level_until_ms: int
    tags: tuple[str, ...]
    external_id: str
    is_linked: bool
    joined_at_ms: int
    joined_store: str
    codes_from_ms: int
    version: int
    cards: tuple[str, ...] = ()
    former_ids: tuple[str, ...] = ()
    points: int = 0
    pending: int = 0


class MemberPage(msgspec.Struct, frozen=True):
    """Members who were found; `more` where there are more than those."""

    members: tuple[MemberState, ...]
    more: bool


class MergeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who turned out to be the same person: the id in the path is kept."""

    other_id: _Id


class BlockRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a member may spend nothing from now on, and why."""

    blocked: bool
    reason: _Reason = ""


class ReasonRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why something is done; it goes on record, so it should name nobody."""

    reason: _Reason = ""


class CardRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A card to be taken off."""

    card: _Text


class CodesRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Codes for an app to show, from a time on (0: now)."""

    from_ms: _Time = 0
    count: Annotated[int, msgspec.Meta(ge=1, le=1_500)] = 120


class StripCode(msgspec.Struct, frozen=True):
    """A code and when an app shows it: from, and up to but not at."""

    text: str
    from_ms: int
    until_ms: int


class CodeStrip(msgspec.Struct, frozen=True):
    """Codes one after the other; none where all of that time were taken back."""

    codes: tuple[StripCode, ...]


class MemberDone(msgspec.Struct, frozen=True):
    """Whose state changed; codes of before `codes_from_ms` do not count."""

    member_id: str
    status: str
    codes_from_ms: int


# ------------------------------------------------------------------ points
class PointsEntry(msgspec.Struct, frozen=True):
    """One change of an account: by how much what is active, pending and owed changed, and for what."""

    source_id: str
    kind: str
    store_id: str
    terminal_id: str
    who: str
    note: str
    active: int
    pending: int
    debt: int
    at_ms: int


class PointsState(msgspec.Struct, frozen=True):
    """A member's points, and the newest entries; `held` ones are active and kept for open sales."""

    member_id: str
    active: int
    pending: int
    held: int
    debt: int
    entries: tuple[PointsEntry, ...]


class AdjustRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Points to give, or below 0 to take; the same key again gives the same answer and nothing else."""

    points: _Points
    reason: _Reason
    idempotency_key: _Id


class PointsMonth(msgspec.Struct, frozen=True):
    """A month (UTC): what came, was used and ended in it, and what stood at its end."""

    month: str
    issued: int
    redeemed: int
    expired: int
    active: int
    pending: int
    debt: int


class PointsMonths(msgspec.Struct, frozen=True):
    """Every month in which something happened."""

    months: tuple[PointsMonth, ...]


# ------------------------------------------------------------------ coupons
class BatchTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A batch, which a promotion asks for by `needs.coupon.batch`; `until_ms` 0: no end."""

    batch: _Id
    names: Annotated[dict[_Text, _Text], msgspec.Meta(min_length=1, max_length=20)]
    value_minor: Annotated[int, msgspec.Meta(ge=0, le=10**12)] = 0
    store_id: _MaybeId = ""
    until_ms: _Time = 0
    reissue_days: Annotated[int, msgspec.Meta(ge=0, le=3_660)] = 7


class BatchState(msgspec.Struct, frozen=True):
    """A batch with how many of its coupons are in each state."""

    batch: str
    names: dict[str, str]
    value_minor: int
    store_id: str
    until_ms: int
    reissue_days: int
    states: dict[str, int]


class BatchList(msgspec.Struct, frozen=True):
    """All batches by name."""

    batches: tuple[BatchState, ...]


class CouponWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A coupon to be issued: an id of the caller's or "", a member or "" for a bearer."""

    coupon_id: _MaybeId = ""
    member_id: _MaybeId = ""


class IssueRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Coupons to issue; the same key again gives the same answer and nothing else."""

    coupons: Annotated[tuple[CouponWanted, ...], msgspec.Meta(min_length=1, max_length=COUPONS_MOST)]
    idempotency_key: _Id


class IssueReply(msgspec.Struct, frozen=True):
    """The coupons' ids in the order of the request."""

    coupon_ids: tuple[str, ...]


class VoidRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Coupons to make worthless."""

    coupon_ids: Annotated[tuple[_Id, ...], msgspec.Meta(min_length=1, max_length=COUPONS_MOST)]


class VoidReply(msgspec.Struct, frozen=True):
    """How many were voided; of the others the fixed word why they could not be."""

    voided: int
    refused: dict[str, str]


class CouponEvent(msgspec.Struct, frozen=True):
    """One step of a coupon's life."""

    kind: str
    transaction_id: str
    store_id: str
    terminal_id: str
    who: str
    at_ms: int


class CouponState(msgspec.Struct, frozen=True):
    """A coupon as it stands; `code` is what its paper or app shows, "" where it cannot be used any more."""

    coupon_id: str
    batch: str
    state: str
    member_id: str
    store_id: str
    value_minor: int
    until_ms: int
    locked_by: str
    redeemed_by: str
    code: str
    history: tuple[CouponEvent, ...]


# ------------------------------------------------------------------ the programme
class ProgrammeReply(msgspec.Struct, frozen=True):
    """The programme that holds, without keys, all defaults written out."""

    rev: int
    programme: dict[str, Any]


class ProgrammeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A programme that is to hold from now on, as `poshub programme show` prints one."""

    programme: msgspec.Raw


def member_state(
    member: Member, *, cards: tuple[str, ...], former_ids: tuple[str, ...], points: int, pending: int
) -> MemberState:
    """A member as programs hear of them."""
    shared = {name: getattr(member, name) for name in MemberState.__struct_fields__ if hasattr(member, name)}
    return MemberState(**shared, cards=cards, former_ids=former_ids, points=points, pending=pending)


def points_entry(entry: Entry) -> PointsEntry:
    """An entry as programs hear of it."""
    return PointsEntry(**{name: getattr(entry, name) for name in PointsEntry.__struct_fields__})


def points_month(month: Month) -> PointsMonth:
    """A month as programs hear of it."""
    return PointsMonth(**{name: getattr(month, name) for name in PointsMonth.__struct_fields__})


def batch_state(batch: Batch, states: dict[str, int]) -> BatchState:
    """A batch as programs hear of it."""
    shared = {name: getattr(batch, name) for name in BatchState.__struct_fields__ if name != "states"}
    return BatchState(**shared, states=states)


def coupon_state(row: CouponRow, code: str, history: tuple[CouponEvent, ...]) -> CouponState:
    """A coupon as programs hear of it."""
    shared = {
        name: getattr(row, name) for name in CouponState.__struct_fields__ if name not in ("code", "history")
    }
    return CouponState(**shared, code=code, history=history)
