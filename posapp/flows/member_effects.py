"""What the terminal asks of the world about members' rights; answers come back as intents.

Each question has an id of its own, so that an answer that comes too late is known as such. Nothing here
spends anything: what is spent is in the facts of a sale.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from posapp.domain.member_facts import MemberJoined
from posapp.domain.members.terms import Joining, Proof
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class FindMember:
    """Find members by what was keyed: on this till, and at the hub where it is reached and the till has
    none (`at_hub`: ask it in any case, the till's word may be old). Answer: MembersFound."""

    ask_id: str
    by: Literal["id", "phone", "card", "name", "tail"]
    text: str = field(repr=False)
    at_hub: bool = False


@dataclass(frozen=True, slots=True)
class KeepJoin:
    """Store a wish to join and its fact in one transaction, and send it. Answers: JoinKept at once, and
    JoinAnswered when the hub has it."""

    joining: Joining = field(repr=False)
    fact: MemberJoined


@dataclass(frozen=True, slots=True)
class HoldRights:
    """Have the hub keep rights for a sale. Answer within five seconds: RightsAnswered.

    `undone` are questions that were taken back shortly before; one that is still on its way keeps nothing.
    """

    hold_id: str
    transaction_id: str
    member_id: str
    proof: Proof | Literal[""]
    step: int | None
    coupons: tuple[str, ...]
    points: int
    undone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskGiftCard:
    """Ask what is on a gift card. Answer within five seconds: GiftCardAnswered."""

    ask_id: str
    card_id: str


@dataclass(frozen=True, slots=True)
class HoldGift:
    """Have the hub keep an amount of a gift card for a sale (0: nothing any more). Answer within five
    seconds: GiftCardAnswered with the hold's id."""

    hold_id: str
    transaction_id: str
    card_id: str
    amount_minor: int
    undone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FindSale:
    """Find a stored sale by its receipt's number, here or at the hub. Answer: SaleFound."""

    ask_id: str
    receipt: str


MemberEffect = FindMember | KeepJoin | HoldRights | AskGiftCard | HoldGift | FindSale
