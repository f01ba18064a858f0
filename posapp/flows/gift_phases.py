"""What the terminal is doing about a gift card: showing one to be loaded, and having the hub keep an amount.

The code of a card is worth what is on it, so no phase keeps more of it than its number.
"""

from __future__ import annotations

from posapp.domain.tenders import Payment
from posapp.flows.member_answers import GiftCardAnswered
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class CardInHand:
    """A gift card as it was scanned or keyed.

    `is_signed`: its own code was read, which says what it is sold for at most (`face_minor`, 0: it does not)
    and its last day (ISO, "" without one).
    """

    card_id: str
    is_signed: bool = False
    face_minor: int = 0
    valid_until: str = ""


@dataclass(frozen=True, slots=True)
class ShowingGiftCard:
    """A gift card is told on a sheet, to put money on it; goods are still taken.

    The hub is asked under `ask_id` ("" where it cannot be); `answer` is what it said."""

    card: CardInHand
    ask_id: str = ""
    answer: GiftCardAnswered | None = None
    entry: str = ""


@dataclass(frozen=True, slots=True)
class HoldingGift:
    """The hub is asked to keep an amount of a card for the open payment; nothing else happens meanwhile."""

    payment: Payment
    chosen: str
    card: CardInHand
    hold_id: str
    amount_minor: int
    asked_ms: int
