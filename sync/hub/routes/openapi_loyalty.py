"""The routes of members, coupons, points and gift cards as they are described for integrators."""

from __future__ import annotations

from typing import Any, Final

from sync.hub.fleet.answers import ROWS_MOST
from sync.hub.fleet.member_answers import (
    AdjustRequest,
    BatchList,
    BatchState,
    BatchTold,
    BlockRequest,
    CardRequest,
    CodesRequest,
    CodeStrip,
    CouponState,
    IssueReply,
    IssueRequest,
    MemberDone,
    MemberPage,
    MembersReply,
    MembersRequest,
    MemberState,
    MergeRequest,
    PointsMonths,
    PointsState,
    ProgrammeReply,
    ReasonRequest,
    VoidReply,
    VoidRequest,
)
from sync.hub.fleet.reward_pages import CompensationList, CouponPage, LeaseList, PointsPage
from sync.hub.routes.openapi_words import FLEET, TERMINAL, Described, query
from sync.hub.routes.rewards_lists import COUPON_STATES
from sync.protocol.loyalty import (
    FIND_MEMBER,
    FIND_SALE,
    GIFT_HOLD,
    GIFT_TELL,
    HOLD,
    JOIN,
    LEASES,
    FindReply,
    FindRequest,
    FindSaleRequest,
    GiftHoldRequest,
    GiftReply,
    GiftTellRequest,
    HoldReply,
    HoldRequest,
    JoinReply,
    JoinRequest,
    LeasesReply,
    LeasesRequest,
)

_OFTEN: Final = {"429": "Searched too often; see Retry-After."}

#: What tills ask.
_TILLS: Final = (
    Described("post", f"{TERMINAL}/{HOLD}",
              "Keep just these coupons and points for a sale; its fact uses them.", HoldReply, HoldRequest),
    Described("post", f"{TERMINAL}/{GIFT_TELL}", "What may be used of a gift card.", GiftReply,
              GiftTellRequest),
    Described("post", f"{TERMINAL}/{GIFT_HOLD}", "Keep up to an amount of a gift card for a sale.",
              GiftReply, GiftHoldRequest),
    Described("post", f"{TERMINAL}/{LEASES}",
              "How much a till may give away while it cannot ask, each grant signed.", LeasesReply,
              LeasesRequest),
    Described("post", f"{TERMINAL}/{FIND_SALE}", "A sale by its receipt's number, with what came back of it.",
              {"type": "object"}, FindSaleRequest),
    Described("post", f"{TERMINAL}/{FIND_MEMBER}", "Who somebody is, as far as a till may know.", FindReply,
              FindRequest, statuses=_OFTEN),
    Described("post", f"{TERMINAL}/{JOIN}", "Somebody wants to be a member; they may be one already.",
              JoinReply, JoinRequest),
)  # fmt: skip

_MEMBERS: Final = f"{FLEET}/members"
_ONE: Final = f"{_MEMBERS}/{{member_id}}"
_BATCHES: Final = f"{FLEET}/coupon-batches"
_COUPONS: Final = f"{FLEET}/coupons"
_NOBODY: Final = {"404": "No such member, coupon, batch or store."}
_TAKEN: Final = _NOBODY | {"409": "A phone, card or id is another member's."}
_ANY_OBJECT: Final = {"type": "object"}
#: Documents are read as text, not as a program's numbers; to who writes them they are objects.
_PROGRAMME: Final = {
    "type": "object", "required": ["programme"], "additionalProperties": False,
    "properties": {"programme": _ANY_OBJECT},
}  # fmt: skip
_FIND_QUERY: Final = (
    query("by", "By what to look.", {"enum": ["phone", "id", "card", "name", "tail"]}),
    query("text", "What to look for.", {"type": "string", "maxLength": 200}),
)


_STORE: Final = query("store", "Of one store only.", {"type": "string", "maxLength": 64})
_PAGE: Final = (
    query("after", "What `next` of the page before said.", {"type": "string"}),
    query("limit", "Rows of a page.", {"type": "integer", "minimum": 1, "maximum": ROWS_MOST}),
)


def _mine(method: str, path: str, text: str, gives: Any, takes: Any = None, **more: Any) -> Described:
    return Described(method, path, text, gives, takes, by_person=True, **({"statuses": _NOBODY} | more))


#: What the retailer's own system asks and does.
_RETAILER: Final = (
    _mine("get", _MEMBERS, "Members who are found.", MemberPage, further=_FIND_QUERY),
    _mine("put", _MEMBERS, "Make and change members, all or none.", MembersReply, MembersRequest,
          statuses=_TAKEN),
    _mine("get", _ONE, "A member; any of their ids will do.", MemberState),
    _mine("post", f"{_ONE}/export", "Everything about one member, on record.", _ANY_OBJECT, ReasonRequest),
    _mine("post", f"{_ONE}/merge", "Make two members one; the id in the path is kept.", MemberDone,
          MergeRequest),
    _mine("post", f"{_ONE}/block", "Let a member spend nothing, or something again.", MemberDone,
          BlockRequest),
    _mine("post", f"{_ONE}/revoke-codes", "Take back every code that was handed out.", MemberDone,
          ReasonRequest),
    _mine("post", f"{_ONE}/remove-card", "Take a card off.", MemberDone, CardRequest),
    _mine("post", f"{_ONE}/erase", "Let nothing lead to the person any more; sums stay by the id.",
          MemberDone, ReasonRequest),
    _mine("post", f"{_ONE}/codes", "Codes for the member's app to show, a strip ahead of time.", CodeStrip,
          CodesRequest),
    _mine("get", f"{_ONE}/points", "A member's points and the newest entries.", PointsState),
    _mine("post", f"{_ONE}/points", "Give points or take some, once for a key.", PointsState, AdjustRequest),
    _mine("get", f"{FLEET}/points/months", "Points of all members by month.", PointsMonths),
    _mine("get", _BATCHES, "Coupon batches with the states of their coupons.", BatchList),
    _mine("put", _BATCHES, "Make a batch or change it.", BatchState, BatchTold),
    _mine("post", f"{_BATCHES}/{{batch}}/issue", "Issue coupons, once for a key.", IssueReply, IssueRequest,
          statuses=_TAKEN),
    _mine("post", f"{_COUPONS}/void", "Make coupons worthless.", VoidReply, VoidRequest),
    _mine("get", f"{_COUPONS}/{{coupon_id}}", "A coupon, its history and its code.", CouponState),
    _mine("get", f"{_BATCHES}/{{batch}}/coupons", "Coupons of a batch, by id.", CouponPage,
          further=(*_PAGE, query("state", "In this state only.", {"enum": list(COUPON_STATES)}))),
    _mine("get", f"{_ONE}/points/entries", "Every entry of a member's points, the newest first.", PointsPage,
          further=_PAGE),
    _mine("get", f"{FLEET}/leases", "What tills may still give away offline, and the worst loss by store.",
          LeaseList, further=(_STORE,)),
    _mine("get", f"{FLEET}/compensations", "What sales gave away that was not there.", CompensationList,
          further=(_STORE, query("state", "To do (usual) or done.", {"enum": ["open", "settled"]}))),
    _mine("get", f"{FLEET}/programme", "The loyalty programme that holds.", ProgrammeReply),
    _mine("put", f"{FLEET}/programme", "Let a loyalty programme hold from now on.", ProgrammeReply,
          _PROGRAMME),
)  # fmt: skip

LOYALTY: Final = (*_TILLS, *_RETAILER)
LOYALTY_TYPES: Final[tuple[Any, ...]] = (
    FindReply, FindRequest, FindSaleRequest, GiftHoldRequest, GiftReply, GiftTellRequest, HoldReply,
    HoldRequest, JoinReply, JoinRequest, LeasesReply, LeasesRequest, AdjustRequest, BatchList, BatchState,
    BatchTold, BlockRequest, CardRequest, CodesRequest, CodeStrip, CouponState, IssueReply, IssueRequest,
    MemberDone, MemberPage, MembersReply, MembersRequest, MemberState, MergeRequest, PointsMonths,
    PointsState, ProgrammeReply, ReasonRequest, VoidReply, VoidRequest, CouponPage, PointsPage, LeaseList,
    CompensationList,
)  # fmt: skip
