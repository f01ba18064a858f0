"""What tills' facts say about members' rights, read out of envelopes, and whether they say anything.

Only the fields that rights need are read. A body that cannot be read says nothing: the event itself is kept,
and the ingest has told somebody.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec

from sync.protocol.codec import SEQ_MAX
from sync.protocol.envelope import Envelope

SALE_KIND: Final = "TransactionCompleted"
VOIDED_KIND: Final = "TransactionVoided"
JOINED_KIND: Final = "MemberJoined"
RELEASED_KIND: Final = "RightsReleased"
CLOSED_KIND: Final = "LeaseClosed"
RETURN_KIND: Final = "ReturnCompleted"
#: Events that may touch rights.
RIGHTS_KINDS: Final = (SALE_KIND, VOIDED_KIND, JOINED_KIND, RELEASED_KIND, CLOSED_KIND, RETURN_KIND)
#: Goods that were sold for a gift card's value are no spend, and are paid for when it is used.
GIFT_TENDER: Final = "gift"

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
_Word = Annotated[str, msgspec.Meta(max_length=64)]
_Points = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
_Amount = Annotated[int, msgspec.Meta(ge=-(10**15), le=10**15)]
_Time = Annotated[int, msgspec.Meta(ge=-SEQ_MAX, le=SEQ_MAX)]


class SaleMember(msgspec.Struct, gc=False):
    """Whose sale it is, and its points."""

    member_id: _Id
    points_earned: _Points = 0
    points_used: _Points = 0
    points_minor: _Amount = 0
    points_lease_id: _Word = ""


class UsedCoupon(msgspec.Struct, gc=False):
    """A coupon that a sale used up."""

    coupon_id: _Id
    amount_minor: _Amount = 0
    lease_id: _Word = ""


class SoldLine(msgspec.Struct, gc=False):
    """What one line paid."""

    amount_minor: _Amount
    paid_minor: _Amount | None = None
    gift_card: str = ""


class PaidTender(msgspec.Struct, gc=False):
    """A tender, of which only gift cards' leases matter here."""

    tender_no: _Points
    kind: str
    amount_minor: _Amount
    lease_id: _Word = ""


class Sale(msgspec.Struct, gc=False):
    """A completed sale as far as rights are concerned."""

    transaction_id: _Id
    completed_at_ms: _Time
    operator_id: _Word = ""
    member: SaleMember | None = None
    coupons: list[UsedCoupon] = []
    lines: list[SoldLine] = []
    tenders: list[PaidTender] = []

    @property
    def spend_minor(self) -> int:
        """What was paid for goods, cards' value left aside."""
        paid = [
            line.amount_minor if line.paid_minor is None else line.paid_minor
            for line in self.lines
            if not line.gift_card
        ]
        return sum(paid)


class ReturnedLine(msgspec.Struct, gc=False):
    """What is given back for one line."""

    amount_minor: _Amount
    gift_card: str = ""


class Return(msgspec.Struct, gc=False):
    """Goods that came back, as far as rights are concerned."""

    return_id: _Id
    sale_id: _Id
    completed_at_ms: _Time
    member_id: _Word = ""
    points_back: _Points = 0
    points_taken: _Points = 0
    coupons_back: list[_Id] = []
    lines: list[ReturnedLine] = []

    @property
    def spend_minor(self) -> int:
        """What of the spend is undone."""
        return sum(line.amount_minor for line in self.lines if not line.gift_card)

    @property
    def needs_sale(self) -> bool:
        """Whether it cannot be folded before its sale."""
        return bool(self.member_id or self.points_back or self.points_taken or self.coupons_back)


class Voided(msgspec.Struct, gc=False):
    """A sale that was given up."""

    transaction_id: _Id


class Joined(msgspec.Struct, gc=False):
    """Somebody joined under an id of a till's making."""

    join_id: _Id
    member_id: _Id


class Released(msgspec.Struct, gc=False):
    """A sale does not use what is held for it."""

    transaction_id: _Id
    hold_id: _Word = ""


class Closed(msgspec.Struct, gc=False):
    """A till gives nothing more away under a lease."""

    lease_id: _Id
    spent: _Points
    at_ms: _Time = 0


RightsFact = Sale | Return | Voided | Joined | Released | Closed
_DECODERS: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    SALE_KIND: msgspec.json.Decoder(Sale),
    VOIDED_KIND: msgspec.json.Decoder(Voided),
    JOINED_KIND: msgspec.json.Decoder(Joined),
    RELEASED_KIND: msgspec.json.Decoder(Released),
    CLOSED_KIND: msgspec.json.Decoder(Closed),
    RETURN_KIND: msgspec.json.Decoder(Return),
}


def rights_fact(envelope: Envelope) -> RightsFact | None:
    """What an event says about rights, None where it cannot be read or no column would hold it."""
    decoder = _DECODERS.get(envelope.kind)
    if decoder is None:
        return None
    try:
        fact: RightsFact = decoder.decode(envelope.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return None if "\0" in "".join(_ids(fact)) else fact


def _ids(fact: RightsFact) -> list[str]:
    match fact:
        case Sale():
            member = [] if fact.member is None else [fact.member.member_id, fact.member.points_lease_id]
            coupons = [one.coupon_id + one.lease_id for one in fact.coupons]
            tenders = [one.lease_id for one in fact.tenders]
            return [fact.transaction_id, fact.operator_id, *member, *coupons, *tenders]
        case Return():
            return [fact.return_id, fact.sale_id, fact.member_id, *fact.coupons_back]
        case Released():
            return [fact.transaction_id, fact.hold_id]
        case Voided():
            return [fact.transaction_id]
        case Joined():
            return [fact.join_id, fact.member_id]
        case Closed():
            return [fact.lease_id]


#: How a till's sale without a member, coupons and a hold ends, its receipt number left aside.
_NOBODYS: Final = b'"member":null,"coupons":[],"hold_id":""'
_END_BYTES: Final = 200


def may_touch_rights(kind: str, line: bytes) -> bool:
    """Whether an event may have to do with rights, by a look at its bytes that costs next to nothing.

    Of a sale: it names a member, a coupon, a hold or a gift card. It may say yes for nothing; a no is right
    for whoever spells fields' names without escapes.
    """
    if kind != SALE_KIND:
        return kind in RIGHTS_KINDS and kind != VOIDED_KIND
    if _NOBODYS not in line[-_END_BYTES:] and (
        b'"member_id"' in line
        or b'"coupon_id"' in line
        or line.count(b'"hold_id"') != line.count(b'"hold_id":""')
    ):
        return True
    return b'"gift"' in line or line.count(b'"gift_card"') != line.count(b'"gift_card":""')
