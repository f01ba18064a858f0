"""What the terminal is doing about a member: finding one, showing the one whose sale it is, taking one in.

Phases lie over the open sale and never outlive it. What was keyed of a person is only here, for as long as
the sheet is open: nothing of it goes to the disk with the sale.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from posapp.domain.members.terms import MemberCard, Proof
from posapp.values import dataclass

FindBy = Literal["id", "phone", "card", "name", "tail"]


@dataclass(frozen=True, slots=True)
class MemberAsk:
    """A question about a member that is on its way for a sale: who it is ("attach"), or how they are now."""

    ask_id: str
    transaction_id: str
    purpose: Literal["attach", "refresh"]
    proof: Proof = "typed"
    tail: str = ""


@dataclass(frozen=True, slots=True)
class FindingMember:
    """A member is looked up by hand; goods are still taken.

    `asked` is what the question under way (`ask_id`) or the answer (`cards`) is about."""

    entry: str = field(default="", repr=False)
    ask_id: str = ""
    by: FindBy = "phone"
    asked: str = field(default="", repr=False)
    cards: tuple[MemberCard, ...] | None = field(default=None, repr=False)
    asked_hub: Literal["yes", "no", "no_answer"] = "no"
    more: bool = False


@dataclass(frozen=True, slots=True)
class ShowingMember:
    """The member whose sale it is, told on a sheet; goods are still taken.

    A card that was scanned here (`card_no`) is bound to them once their phone number is keyed, since the till
    knows no more of it than its end."""

    entry: str = field(default="", repr=False)
    card_no: str = field(default="", repr=False)
    join_id: str = ""


@dataclass(frozen=True, slots=True)
class JoiningMember:
    """Somebody becomes a member: their number, the texts they agree to. From `join_id` on it is being stored.

    `asked_hub` is whether the hub was asked if it knows the number."""

    phone: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    card_no: str = field(default="", repr=False)
    agreed: frozenset[str] = frozenset()
    asked_hub: Literal["yes", "no", "no_answer"] = "no"
    join_id: str = ""
    member_id: str = ""


MemberPhase = FindingMember | ShowingMember | JoiningMember
