"""Questions of the terminal about rights as the hub is asked them, and its replies as the till's answers.

Each question carries the answer that it gets where the hub does not answer in time, so that nothing that
waits ever waits for nothing. Knows no threads and no sockets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from posapp.domain.members.programme import Programme
from posapp.domain.members.terms import GiftCard, MemberCard
from posapp.domain.return_facts import ReturnCompleted
from posapp.exchange.kept_facts import return_of_body, sale_of_body
from posapp.exchange.members import gift_card_of, member_of, refused_of, why_of
from posapp.flows.intents import Intent
from posapp.flows.member_answers import GiftCardAnswered, MembersFound, RightsAnswered, SaleFound
from posapp.flows.member_effects import AskGiftCard, FindMember, FindSale, HoldGift, HoldRights
from posapp.store.returns import FoundSale
from posapp.values import dataclass
from sync.protocol.loyalty import (
    FindReply,
    FindRequest,
    FindSaleReply,
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


class RightsLink(Protocol):
    """The way to the hub: each call is bounded in time and raises LinkError or LinkClosed."""

    def find_members(self, request: FindRequest) -> FindReply: ...
    def join(self, request: JoinRequest) -> JoinReply: ...
    def hold(self, request: HoldRequest) -> HoldReply: ...
    def tell_gift(self, request: GiftTellRequest) -> GiftReply: ...
    def hold_gift(self, request: GiftHoldRequest) -> GiftReply: ...
    def leases(self, request: LeasesRequest) -> LeasesReply: ...
    def find_sale(self, request: FindSaleRequest) -> FindSaleReply: ...
    def is_granted(self, lease: str, key_id: str, signature: str) -> bool: ...
    def last_heard(self) -> tuple[int | None, int | None]: ...
    def close(self) -> None: ...


class ReturnsKnown(Protocol):
    """What this till itself took back of a sale, by its transaction id; asked on the worker's thread."""

    def __call__(self, sale_id: str) -> tuple[ReturnCompleted, ...] | None:
        """None where it cannot be read now."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question under its id, how the hub is asked it, and the answer where it does not answer."""

    ask_id: str
    ask: Callable[[RightsLink], Intent]
    unanswered: Intent


#: Questions that go to the hub alone.
HubEffect = HoldRights | AskGiftCard | HoldGift
_NO_ANSWER: Final = "no_answer"


def finding(effect: FindMember, known: Sequence[MemberCard], programme: Programme) -> Question:
    """The question for members; where it is not answered the till has whom it knows itself."""

    def ask(link: RightsLink) -> Intent:
        reply = link.find_members(FindRequest(effect.by, effect.text))
        cards = tuple(member_of(body, programme) for body in reply.members)
        return MembersFound(effect.ask_id, cards, "yes", reply.more)

    return Question(effect.ask_id, ask, MembersFound(effect.ask_id, tuple(known), _NO_ANSWER))


def question_of(effect: HubEffect, *, currency: str) -> Question:
    """The question that an effect asks; `currency` is the shop's, for amounts of gift cards."""
    match effect:
        case HoldRights():
            return _holding(effect)
        case AskGiftCard():
            return _gift(
                effect.ask_id,
                effect.card_id,
                lambda link: link.tell_gift(GiftTellRequest(effect.card_id)),
            )
        case HoldGift():
            request = GiftHoldRequest(
                effect.hold_id, effect.transaction_id, effect.card_id, effect.amount_minor, currency,
                effect.undone,
            )  # fmt: skip
            return _gift(effect.hold_id, effect.card_id, lambda link: link.hold_gift(request))


def _holding(effect: HoldRights) -> Question:
    request = HoldRequest(
        hold_id=effect.hold_id,
        transaction_id=effect.transaction_id,
        member_id=effect.member_id,
        proof=effect.proof,
        step=effect.step,
        coupons=effect.coupons,
        points=effect.points,
        undone=effect.undone,
    )

    def ask(link: RightsLink) -> Intent:
        reply = link.hold(request)
        return RightsAnswered(
            hold_id=effect.hold_id,
            answered=True,
            until_ms=reply.until_ms,
            coupons=reply.coupons,
            refused=tuple(refused_of(each) for each in reply.refused),
            points=reply.points,
            points_why=why_of(reply.points_why),
            points_free=reply.points_free,
        )

    return Question(effect.hold_id, ask, RightsAnswered(effect.hold_id, answered=False))


def _gift(ask_id: str, card_id: str, put: Callable[[RightsLink], GiftReply]) -> Question:
    def ask(link: RightsLink) -> Intent:
        reply = put(link)
        return GiftCardAnswered(ask_id, gift_card_of(reply), reply.why, reply.held_minor)

    return Question(ask_id, ask, GiftCardAnswered(ask_id, GiftCard(card_id), _NO_ANSWER))


def sale_known(effect: FindSale, known: FoundSale | None, why: str) -> SaleFound:
    """What this till knows of a sale, with the reason why nobody else was asked."""
    if known is None:
        return SaleFound(effect.ask_id, None, why=why)
    return SaleFound(effect.ask_id, known.sale, known.returns, why)


def sale_finding(effect: FindSale, known: FoundSale | None, returned: ReturnsKnown) -> Question:
    """The question for a sale: also where this till made it, goods may have come back at another one.

    What came back here and is not sent yet counts too, whoever made the sale.
    """

    def ask(link: RightsLink) -> Intent:
        reply = link.find_sale(FindSaleRequest(effect.receipt))
        told = (return_of_body(bytes(body)) for body in reply.returns)
        returns = tuple(each for each in told if each is not None)
        sale = None if known is None else known.sale
        found = sale_of_body(bytes(reply.sale)) or sale
        if found is None:
            return SaleFound(effect.ask_id, None, why="unknown")
        mine = returned(found.transaction_id)
        if mine is None:
            # A till that cannot read what it gave back already would give it back again.
            return SaleFound(effect.ask_id, None, why=_NO_ANSWER)
        return SaleFound(effect.ask_id, found, FoundSale(found, mine).with_returns(returns).returns)

    return Question(effect.ask_id, ask, sale_known(effect, known, _NO_ANSWER))
