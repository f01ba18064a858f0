"""Promotions one after the other, each on what the earlier ones left, as most other systems compute them.

For chains that declare it, and to give another system's published results. The order is that of priority or,
where the policy leaves it free, the one that is best for the customer, looked for within a limit of states.
Only the item and order layers are done here; prices before them and points after them are the engine's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from posapp.domain.pricing.basket import BasketLine
from posapp.domain.pricing.policy import Policy
from posapp.domain.pricing.promotion import Condition, GoodsSet, Promotion
from posapp.domain.pricing.sequence_effects import effect
from posapp.domain.pricing.sequence_goods import Goods, Unit

Holds = Callable[[GoodsSet, BasketLine], bool]


@dataclass(frozen=True, slots=True)
class Taken:
    """One promotion's effect: what it takes off each unit (by place in the flat list of units)."""

    promotion: Promotion
    shares: tuple[tuple[int, int], ...]
    applications: int
    base_minor: int
    gifts: tuple[tuple[str, int], ...] = ()

    @property
    def amount_minor(self) -> int:
        """All that falls off."""
        return sum(amount for _, amount in self.shares)


@dataclass(frozen=True, slots=True)
class Sequenced:
    """What was taken, in the order in which it was computed; the states looked at; whether none is better."""

    taken: tuple[Taken, ...]
    states: int
    is_proven: bool


@dataclass(frozen=True, slots=True)
class _State:
    """Where a sequence stands: left of each unit, what units are gone, which groups and layers have begun."""

    left: tuple[int, ...]
    gone: frozenset[int]
    groups: frozenset[str]
    order_begins: tuple[int, ...] | None
    taken: tuple[Taken, ...]
    is_closed: bool = False

    @property
    def left_minor(self) -> int:
        return sum(self.left)


def in_sequence(
    lines: Sequence[BasketLine],
    prices: Sequence[Sequence[int]],
    promotions: Sequence[Promotion],
    policy: Policy,
    holds: Holds,
) -> Sequenced:
    """Compute promotions that are open (gates are judged before) one after the other.

    `prices` are each line's units after the price layer. Conditions that are judged "after_items" are judged
    on what is left when the promotion's turn comes. Locked lines take no part.
    """
    units = [
        Unit(place, price, line.unit_minor)
        for place, (line, of_line) in enumerate(zip(lines, prices, strict=True))
        for price in of_line
    ]
    run = _Run(lines, units, policy, holds)
    begin = _State(tuple(unit.base_minor for unit in units), frozenset(), frozenset(), None, ())
    ordered = _by_priority(promotions)
    listed = run.all_of(begin, ordered)
    if policy.sequence_order == "priority":
        return Sequenced(listed.taken, run.states, is_proven=True)
    run.best = listed
    run.look_for_better(begin, ordered)
    return Sequenced(run.best.taken, run.states, is_proven=run.states < policy.states_max)


def _by_priority(promotions: Sequence[Promotion]) -> list[Promotion]:
    """High first, then as listed; one that goes with no other comes before all."""
    return sorted(promotions, key=lambda one: (not one.stack.alone, -one.stack.priority))


class _Run:
    """One basket's sequences: what never changes in them, and the best one found."""

    def __init__(
        self, lines: Sequence[BasketLine], units: Sequence[Unit], policy: Policy, holds: Holds
    ) -> None:
        self.lines = lines
        self.units = units
        self.policy = policy
        self.holds = holds
        self.begins = [unit.base_minor for unit in units]
        self.unlocked = [place for place, unit in enumerate(units) if not lines[unit.line].is_locked]
        self.states = 0
        self.best: _State | None = None

    def all_of(self, state: _State, promotions: Sequence[Promotion]) -> _State:
        """Every promotion in this order, those that do nothing left out."""
        for promotion in promotions:
            state = self.after(state, promotion) or state
        return state

    def look_for_better(self, state: _State, rest: Sequence[Promotion]) -> None:
        """Every order of the rest; the first of equally good ones is kept."""
        nexts = []
        for promotion in rest:
            if self.states >= self.policy.states_max:
                return
            after = self.after(state, promotion)
            if after is not None:
                nexts.append((promotion, after))
        if self.best is None or state.left_minor < self.best.left_minor:
            self.best = state
        if state.left_minor == 0:
            return
        for promotion, after in nexts:
            if self.states >= self.policy.states_max:
                return
            self.look_for_better(after, [other for other in rest if other is not promotion])

    def after(self, state: _State, promotion: Promotion) -> _State | None:
        """The state after a promotion, or None where it may not or takes nothing."""
        self.states += 1
        stack = promotion.stack
        if state.is_closed or (stack.alone and state.taken):
            return None
        if stack.group and stack.group in state.groups:
            return None
        order_begins = state.order_begins
        if promotion.layer == "order" and order_begins is None:
            order_begins = state.left
        begins = order_begins if promotion.layer == "order" and order_begins else self.begins
        goods = Goods(
            self.lines,
            self.units,
            list(state.left),
            begins,
            self.policy,
            self.holds,
            [place for place in self.unlocked if place not in state.gone],
        )
        if promotion.needs.judged_on == "after_items" and not self._met(promotion, goods):
            return None
        found = effect(promotion, goods)
        if found is None:
            return None
        left = list(state.left)
        for unit, amount in found.shares.items():
            left[unit] -= amount
        shares = tuple(sorted((unit, amount) for unit, amount in found.shares.items() if amount))
        taken = Taken(promotion, shares, found.applications, found.base_minor, found.gifts)
        is_exclusive = self.policy.stacking == "exclusive"
        return _State(
            tuple(left),
            state.gone | found.used if is_exclusive else state.gone,
            state.groups | {stack.group} if stack.group else state.groups,
            order_begins,
            (*state.taken, taken),
            is_closed=stack.alone or self.policy.stacking == "single",
        )

    def _met(self, promotion: Promotion, goods: Goods) -> bool:
        met = [self._holds_one(condition, goods) for condition in promotion.needs.conditions]
        return not met or (any(met) if promotion.needs.match == "any" else all(met))

    def _holds_one(self, condition: Condition, goods: Goods) -> bool:
        found = [unit for unit in self.unlocked if goods.has(condition.of, unit)]
        amount = sum(goods.with_tax(unit, condition.tax) for unit in found)
        items = len({self.lines[self.units[unit].line].sku for unit in found})
        return (
            (condition.min_qty is None or len(found) >= condition.min_qty)
            and (condition.max_qty is None or len(found) <= condition.max_qty)
            and (condition.min_minor is None or amount >= condition.min_minor)
            and (condition.max_minor is None or amount <= condition.max_minor)
            and (condition.min_items is None or items >= condition.min_items)
        )
