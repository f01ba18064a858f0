"""What the terminal is doing while goods come back: finding the sale, choosing pieces, giving back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from posapp.domain.return_facts import ReturnCompleted
from posapp.domain.returns import ReturnQuote, WishedPieces
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Returning:
    """Goods come back: first the sale is looked for, then its pieces are chosen by line.

    `ask_id` is the question under way about the receipt `asked`. `found` is what the chosen pieces come to,
    `staying` the goods of the sale that no shop takes back, `gift_left` what is on gift cards it sold.
    """

    ask_id: str = ""
    asked: str = ""
    returns: tuple[ReturnCompleted, ...] = ()
    wishes: Mapping[int, WishedPieces] = field(default_factory=dict)
    found: ReturnQuote | None = None
    marked: int | None = None
    staying: frozenset[str] = frozenset()
    gift_left: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Returned:
    """A return is stored: what goes back, and the slip."""

    fact: ReturnCompleted
    job_ids: tuple[str, ...] = ()
    printed: bool = False
