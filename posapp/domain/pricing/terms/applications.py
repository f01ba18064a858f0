"""What the item layer is asked and what it answers: the values between its search and the engine.

Handed in are priced units and the promotions whose gates are open; handed back are applications, each with
the units that took part. Groups, coupons of a group, `alone` and the order layer are the engine's: it asks
again with fewer rights. A unit takes part in at most one application of a kind that makes groups; promotions
that agree are computed on it one after the other, unit-wise kinds first, each on what the earlier ones left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from posapp.domain.pricing.terms.basket import BasketLine
from posapp.domain.pricing.terms.promotion import Promotion
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Lot:
    """Units `first` to `first + count - 1` of a line, all at one price after the price layer.

    `is_locked`: the item layer leaves them alone. `book` is the price book that gave the price. `of_line` is
    the number of the line that it counts with, where lines were taken apart (0: its own).
    """

    line: BasketLine
    first: int
    count: int
    price_minor: int
    is_locked: bool = False
    book: Promotion | None = None
    of_line: int = 0


@dataclass(frozen=True, slots=True)
class Right:
    """An item promotion whose gate is open, and the code it would use.

    `uses_max` is how often it may still be applied and `left_minor` what it may still take off, where that
    is less than its own limits say.
    """

    promotion: Promotion
    uses_max: int | None = None
    left_minor: int | None = None
    code: str = ""


class TakenUnit(NamedTuple):
    """One unit of an application: its price before it, and what of the reduction is the unit's own.

    `role`: "each" (unit-wise), "group", "buy" (qualifies) or "get" (rewarded). No share of the group's brings
    it below `floor_minor`.
    """

    line_no: int
    index: int  # type: ignore[assignment] # a unit's number, not tuple's way to look something up
    price_minor: int
    gain_minor: int
    role: str = "group"
    floor_minor: int = 0


@dataclass(frozen=True, slots=True)
class Application:
    """A promotion applied `times` times: units in the order of line and index, gains adding up to the amount.

    Unit-wise kinds come as one application over all their units and every unit keeps its gain
    (`is_unitwise`); of the others each group is an application, whose amount is shared out by
    `price_minor` over all its units, above their floors.
    """

    promotion: Promotion
    units: tuple[TakenUnit, ...]
    amount_minor: int
    times: int = 1
    is_unitwise: bool = False
    code: str = ""


@dataclass(frozen=True, slots=True)
class FreeGift:
    """A gift that lies in no line: the promotion that gives it, how many pieces, and the code it used."""

    promotion: Promotion
    quantity: int
    code: str = ""


@dataclass(frozen=True, slots=True)
class ItemChoice:
    """The best combination, or where `is_proven` is False the best that was found within the limit."""

    applications: tuple[Application, ...]
    value_minor: int
    states: int
    is_proven: bool = True
    gifts: tuple[FreeGift, ...] = ()
    #: Parts of the basket that have nothing to do with each other: their lines, and the most they give.
    components: tuple[tuple[frozenset[int], int], ...] = ()


@dataclass(frozen=True, slots=True)
class LinePart:
    """Lines whose reduction the order layer counts.

    `is_counted_low`: the less falls off them the better for the order layer (a threshold from below, a
    share of what is left); False where that is not sure, then every different reduction is kept.
    """

    line_nos: frozenset[int]
    is_counted_low: bool = True
    #: A reduction above this counts as this: nothing more is lost by it.
    most_minor: int | None = None
    #: The last reductions before something changes: of several between two of these, all else the same, the
    #: one of most value is best. None where each counts.
    steps: tuple[int, ...] | None = None
    #: Parts of one number here are as good as each other: whichever bears what, all else is the same.
    alike: int = 0


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """A choice's value, and how much of it falls on each of the parts; the choice is made when asked for."""

    value_minor: int
    reductions_minor: tuple[int, ...]
    making: Callable[[], ItemChoice]

    @property
    def choice(self) -> ItemChoice:
        """The choice itself, made anew at each asking."""
        return self.making()


@dataclass(frozen=True, slots=True)
class Frontier:
    """Choices no other one beats in value and parts, best value first; all within the window if proven."""

    points: tuple[FrontierPoint, ...]
    states: int
    is_proven: bool = True
