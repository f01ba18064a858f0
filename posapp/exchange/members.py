"""Members, coupons, gift cards and leases as the hub sends them, turned into what the till works with.

Reads leniently: a word or a kind that this till does not know becomes the one that promises nothing, and a
body that cannot be read gives a reason, so that one bad row never stops a stream. Names of levels are the
programme's and come with it.
"""

from __future__ import annotations

from typing import Final, cast, get_args

from posapp.domain.members.leases import LEASE_KINDS, Lease
from posapp.domain.members.programme import Programme
from posapp.domain.members.terms import Coupon, GiftCard, Joining, MemberCard, Why
from posapp.exchange.incoming import Unreadable
from sync.protocol.codec import WireError, decode_message
from sync.protocol.loyalty import (
    REVOKED_PREFIX,
    CouponBody,
    GiftReply,
    JoinRequest,
    LeaseBody,
    MemberBody,
    RefusedRight,
    RevokedBody,
)
from sync.protocol.messages import Change

_WHYS: Final[frozenset[str]] = frozenset(get_args(Why))


def read_member(change: Change) -> MemberBody | RevokedBody | Unreadable:
    """What an upsert of the members stream carries: a member, or from when on codes of one count."""
    try:
        if change.key.startswith(REVOKED_PREFIX):
            revoked = decode_message(change.body, RevokedBody)
            is_its_own = change.key == REVOKED_PREFIX + revoked.member_id
            return revoked if is_its_own else Unreadable(change.key, "another member")
        body = decode_message(change.body, MemberBody)
    except WireError as error:
        return Unreadable(change.key, str(error))
    return body if body.member_id == change.key else Unreadable(change.key, "another member")


def member_of(body: MemberBody, programme: Programme) -> MemberCard:
    """A member as the till shows them; a level that the programme does not know has its id and no name."""
    level = programme.level(body.level)
    return MemberCard(
        member_id=body.member_id,
        name=body.name,
        phone_tail=body.phone_tail,
        level=body.level,
        level_names={} if level is None else level.names,
        tags=frozenset(body.tags),
        points=body.points,
        pending=body.pending,
        coupons=tuple(coupon_of(each) for each in body.coupons),
        orders_before=body.orders_before,
        is_linked=body.is_linked,
        is_blocked=body.is_blocked,
        codes_from_ms=body.codes_from_ms,
        as_of_ms=body.as_of_ms,
    )


def coupon_of(body: CouponBody) -> Coupon:
    """A coupon as the hub told it."""
    return Coupon(
        coupon_id=body.coupon_id,
        batch=body.batch,
        names=body.names,
        until_ms=body.until_ms,
        store_id=body.store_id,
        value_minor=body.value_minor,
        member_id=body.member_id,
    )


def why_of(word: str) -> Why:
    """The reason that a word of the hub's stands for; one that this till does not know is "unknown"."""
    return cast("Why", word) if word in _WHYS else "unknown"


def refused_of(refused: RefusedRight) -> tuple[str, Why, int | None]:
    """A coupon that the hub does not keep: which, why (never ""), and when it was used or is free again."""
    return refused.coupon_id, why_of(refused.why) or "unknown", refused.at_ms


def gift_card_of(reply: GiftReply) -> GiftCard:
    """A gift card as the hub told it; what is on one that it does not know is nobody's guess."""
    return GiftCard(
        card_id=reply.card_id,
        balance_minor=None if reply.why == "unknown" else reply.balance_minor,
        currency=reply.currency,
        is_active=reply.is_active,
    )


def read_lease(text: str) -> Lease | None:
    """The lease of a body's JSON; None for a kind or an amount that this till cannot use."""
    try:
        body = decode_message(text.encode(), LeaseBody)
    except (WireError, UnicodeEncodeError):
        return None
    if body.kind not in LEASE_KINDS or body.amount < 0 or not body.lease_id:
        return None
    return Lease(body.lease_id, body.kind, body.amount, body.until_ms)


def join_request(joining: Joining) -> JoinRequest:
    """A wish to join as it travels."""
    return JoinRequest(
        join_id=joining.join_id,
        member_id=joining.member_id,
        phone=joining.phone,
        name=joining.name,
        card_no=joining.card_no,
        consents=dict(joining.consents),
        at_ms=joining.at_ms,
        proof=joining.proof,
    )
