"""What the world tells the terminal about members' rights: answers to questions, and what the hub sent."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from posapp.domain.facts import TransactionCompleted
from posapp.domain.members.leases import Lease
from posapp.domain.members.programme import Programme
from posapp.domain.members.terms import GiftCard, MemberCard, Why
from posapp.domain.return_facts import ReturnCompleted
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class ProgrammeSent:
    """The rules of members as the hub has them now; `unreadable` says why a newer document was not taken."""

    programme: Programme
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class LeasesChanged:
    """What this till may give away without asking, with what its stored sales spent of it.

    `worst_minor` is what an outage of the whole store can cost at most, as the hub said.
    """

    leases: tuple[Lease, ...]
    worst_minor: int = 0
    terminal_worst_minor: int = 0


@dataclass(frozen=True, slots=True)
class MembersFound:
    """Answer to FindMember. `asked_hub`: "yes", "no" (not reached or not needed), or "no_answer"."""

    ask_id: str
    cards: tuple[MemberCard, ...] = field(repr=False)
    asked_hub: Literal["yes", "no", "no_answer"] = "no"
    more: bool = False


@dataclass(frozen=True, slots=True)
class MembersChanged:
    """Members of this till were received anew or taken away; who is at the till may look otherwise now."""


@dataclass(frozen=True, slots=True)
class JoinKept:
    """A wish to join is durable, or why it is not."""

    join_id: str
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class JoinAnswered:
    """The hub has a wish to join: the member as it knows them, merged with whom it knew by this phone."""

    join_id: str
    card: MemberCard = field(repr=False)
    is_merged: bool = False


@dataclass(frozen=True, slots=True)
class RightsAnswered:
    """What the hub keeps for a sale until `until_ms`, or that it did not answer (`answered` False).

    `refused` are (coupon id, why, when it was used or until when it is locked in epoch ms, None unknown).
    """

    hold_id: str
    answered: bool
    until_ms: int = 0
    coupons: tuple[str, ...] = ()
    refused: tuple[tuple[str, Why, int | None], ...] = ()
    points: int = 0
    points_why: Why = ""
    points_free: int = 0


@dataclass(frozen=True, slots=True)
class GiftCardAnswered:
    """A gift card as the hub has it; `ask_id` is that of the question or the hold.

    `why` is "" where all is well, "no_answer", "unknown", "inactive", "blocked", "expired" or "balance".
    """

    ask_id: str
    card: GiftCard
    why: str = ""
    held_minor: int = 0


@dataclass(frozen=True, slots=True)
class SaleFound:
    """Answer to FindSale: the sale with its earlier returns, or why not ("unknown", "no_answer")."""

    ask_id: str
    sale: TransactionCompleted | None
    returns: tuple[ReturnCompleted, ...] = ()
    why: str = ""


MemberAnswer = (
    ProgrammeSent | LeasesChanged | MembersFound | MembersChanged | JoinKept | JoinAnswered | RightsAnswered
    | GiftCardAnswered | SaleFound
)  # fmt: skip
