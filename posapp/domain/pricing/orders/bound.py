"""The most that items and order layer take off together, from a few numbers: what is worth looking for.

Let the items take off B, of V at most. Parts of the basket that have nothing to do with each other are solved
one by one; those that lie wholly in the goods of an order promotion give at least B less all the others'
best, so its goods come to no more than they did before, less that. A threshold beyond is out of reach there.
Between thresholds the sum grows with B (shares of less than all; some cents for rounding), so only B = V and
the last B below each threshold need a look. Says nothing of which choice it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from posapp.domain.pricing.orders.layer import OrderRight, reduction
from posapp.domain.pricing.orders.watch import Goods, is_monotone, most_of, needs_units, slope_of
from posapp.domain.pricing.terms.applications import ItemChoice
from posapp.domain.pricing.terms.basket import PPM_OF_ALL
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import Condition, SpendTier

#: Of a tier for each multiple no more thresholds than this are looked at one by one.
_STEPS_MAX = 40


@dataclass(slots=True)
class _Fall:
    """One order right: the most it ever takes, and how that hangs on what the items take off.

    `tops` are the last values of the items below a threshold; above `holds_to` a condition fails for sure.
    """

    right: OrderRight
    most: int
    before: int
    pieces: int
    out: int
    slope: int
    tops: tuple[int, ...]
    holds_to: int | None
    is_steady: bool
    #: What was asked for, by the items' value.
    known: dict[int, int] = field(default_factory=dict)

    def at(self, value: int, policy: Policy) -> int:
        """The most it takes where the items take off so much."""
        if self.holds_to is not None and value > self.holds_to:
            return 0
        if self.is_steady:
            return self.most
        known = self.known.get(value)
        if known is None:
            known = self.known[value] = self._at(value, policy)
        return known

    def _at(self, value: int, policy: Policy) -> int:
        amount = self.before - max(0, value - self.out)
        judged = self.before if self.right.promotion.needs.judged_on == "list" else amount
        base = self.before if policy.percent_of == "list" else amount
        taken = reduction(self.right, base=base, measure=judged, pieces=self.pieces, policy=policy)[0]
        return min(taken, self.most)


class Ceiling:
    """Bounds of both layers for one best choice of the items; the choice must be proven."""

    def __init__(self, goods: Goods, choice: ItemChoice, policy: Policy) -> None:
        self._goods = goods
        self._value = choice.value_minor
        self._components = choice.components or ((frozenset(goods.places), choice.value_minor),)
        self._policy = policy
        self._falls: dict[int, _Fall] = {}
        self._sums = goods.sums
        self._out_of: dict[frozenset[int], int] = {}

    def most(self, orders: Sequence[OrderRight]) -> int:
        """No choice takes off more with these."""
        falls, slack = self._ready(orders)
        whole = sum([fall.most for fall in falls]) + slack
        best = 0
        for top in self._tops(falls):
            if top + whole <= best:
                break
            best = max(best, top + slack + sum([fall.at(top, self._policy) for fall in falls]))
        return best

    def window(self, orders: Sequence[OrderRight], saved: int) -> int:
        """How far below their best the items may be where more than `saved` is had; below 0: nowhere."""
        falls, slack = self._ready(orders)
        whole = sum([fall.most for fall in falls]) + slack
        tops = self._tops(falls)
        found = -1
        for top, below in zip(tops, [*tops[1:], -1], strict=True):
            if top + whole <= saved:
                break
            if top + slack + sum([fall.at(top, self._policy) for fall in falls]) > saved:
                more = slack + sum([fall.at(below + 1, self._policy) for fall in falls])
                found = self._value - max(below + 1, saved + 1 - more)
        return found

    def nearest(self, orders: Sequence[OrderRight], saved: int) -> int:
        """How far below their best the items must be at least for more than `saved`; 0 for nowhere."""
        falls, slack = self._ready(orders)
        for top in self._tops(falls):
            if top + slack + sum([fall.at(top, self._policy) for fall in falls]) > saved:
                return self._value - top
        return 0

    def _ready(self, orders: Sequence[OrderRight]) -> tuple[list[_Fall], int]:
        """What each takes, and the cents that shares may be rounded apart by."""
        falls = [self._falls.get(id(right)) or self._fall(right) for right in orders]
        slopes = [fall.slope for fall in falls if fall.slope and not fall.is_steady]
        if sum(slopes) > PPM_OF_ALL:
            # Less off the items might be more in all: they are taken to be at their most.
            return [_at_most(fall) if fall.slope else fall for fall in falls], 0
        # A share alone never falls by more than what it is of, but where halves go both ways.
        is_odd = self._policy.percent_mode in ("half_even", "half_odd")
        return falls, len(slopes) if is_odd else max(0, len(slopes) - 1)

    def _tops(self, falls: Sequence[_Fall]) -> list[int]:
        """Values of the items to look at, the highest first."""
        value = self._value
        tops = {value}
        for fall in falls:
            if fall.tops:
                tops.update([top for top in fall.tops if 0 <= top < value])
            if fall.holds_to is not None and 0 <= fall.holds_to < value:
                tops.add(fall.holds_to)
        return sorted(tops, reverse=True) if len(tops) > 1 else [value]

    def _fall(self, right: OrderRight) -> _Fall:
        before = sum([self._sums.amounts[at] for at in right.places])
        pieces = sum([self._sums.pieces[at] for at in right.places])
        out = self._outside(right.places)
        kind = right.promotion.kind
        is_steady = out >= self._value or needs_units(right, self._policy) or not is_monotone(right)
        tops: list[int] = []
        is_after = right.promotion.needs.judged_on != "list"
        if isinstance(kind, SpendTier) and kind.by == "amount" and is_after:
            for step in kind.steps:
                times = before // step.least if kind.every and step.least > 0 else 1
                # A share for each multiple may grow faster than what it is of.
                is_steady = is_steady or times > _STEPS_MAX or (kind.every and step.off.minor is None)
                tops += [out + before - step.least * n for n in range(1, min(times, _STEPS_MAX) + 1)]
        most = most_of(self._goods, right, self._policy) if right.most_minor is None else right.most_minor
        fall = _Fall(
            right, most, before, pieces, out, slope_of(right), () if is_steady else tuple(tops),
            self._holds_to(right), is_steady,
        )  # fmt: skip
        self._falls[id(right)] = fall
        return fall

    def _outside(self, places: frozenset[int]) -> int:
        """The most that comes from parts of the basket which do not lie wholly in these goods."""
        known = self._out_of.get(places)
        if known is None:
            line_nos = {self._goods.lines[at].line_no for at in places}
            known = sum([value for lines, value in self._components if not lines <= line_nos])
            self._out_of[places] = known
        return known

    def _holds_to(self, right: OrderRight) -> int | None:
        """Where the items take off more, a condition fails for sure."""
        if right.promotion.needs.match != "all":
            return None
        known = [self._condition(condition, places) for condition, places in right.conditions]
        return min([top for top in known if top is not None], default=None)

    def _condition(self, condition: Condition, places: frozenset[int]) -> int | None:
        if condition.min_minor is None or condition.tax != "as_priced":
            return None
        before = sum([self._sums.whole[at] for at in places])
        return self._outside(places) + before - condition.min_minor


def _at_most(fall: _Fall) -> _Fall:
    return replace(fall, slope=0, tops=(), is_steady=True, known={})
