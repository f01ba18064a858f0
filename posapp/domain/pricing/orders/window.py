"""The items and the order layer together: the best item choice is not always best for the basket.

Why this is exact. Let V be the most that the items can take off, and O(x) what the order layer takes off
after a choice x. What a right of the order layer takes depends on x only through the sums of its own goods,
so choices with the same sums are equal for it, and of two choices whose sums are the same, or lower in the
reduction wherever that is the better side, the one of more value is never worse: the frontier of B(x) against
those sums holds a best choice. No right takes more than M, the most it could on any sums that can be reached,
so a choice of less value than V - (ΣM - O(x*)), with x* the best by items alone, cannot win: that is the
window. Rights whose sums cannot cross a threshold, and a share of all that the items touch (what is left
grows with what it is of), leave x* best and need no window. Two and more such shares may round against each
other by a cent a piece, which is a window of a few cents. Where rights may run dry, or goods have floors,
their sums are watched too, by line where only the units can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from posapp.domain.pricing.goods.runs import Run, runs_of
from posapp.domain.pricing.orders.bound import Ceiling
from posapp.domain.pricing.orders.by_line import taken_off
from posapp.domain.pricing.orders.by_unit import ByUnit, by_unit
from posapp.domain.pricing.orders.layer import OrderEffect, OrderRight
from posapp.domain.pricing.orders.plan import Plan, planned
from posapp.domain.pricing.orders.watch import Goods, Reach
from posapp.domain.pricing.terms.applications import Application, Frontier, ItemChoice, LinePart, Lot, Right
from posapp.domain.pricing.terms.policy import Policy
from posapp.values import dataclass

#: Where the items' best is not proven nothing is known of the basket's parts.
_UNKNOWN: tuple[tuple[frozenset[int], int], ...] = ()
#: So far below the first value that might be better a window goes at first.
_NEAR = 64
#: Making a choice and settling it costs as much as so many states.
_LOOK = 50
#: So many of them are not counted.
_LOOKS_FREE = 256


class ItemSolver(Protocol):
    """The item layer as it is asked here."""

    def solve(self, lots: Sequence[Lot], rights: Sequence[Right], policy: Policy) -> ItemChoice:
        """The choice of most value."""

    def frontier(
        self,
        lots: Sequence[Lot],
        rights: Sequence[Right],
        policy: Policy,
        *,
        parts: Sequence[LinePart],
        window_minor: int,
    ) -> Frontier:
        """All choices inside the window that no other beats in value and parts."""

    def touched(self, lots: Sequence[Lot], rights: Sequence[Right]) -> frozenset[int]:
        """Numbers of the lines that an item right may touch."""


@dataclass(frozen=True, slots=True)
class Combined:
    """The chosen items and what the order layer did after them, on runs that are not changed any more."""

    goods: Goods
    choice: ItemChoice
    slots: tuple[Application, ...]
    runs: list[Run]
    effects: tuple[OrderEffect, ...]
    saving_minor: int
    states: int
    is_proven: bool

    @property
    def taken_minor(self) -> int:
        """What the order layer takes off."""
        return sum(effect.amount_minor for effect in self.effects)


def combine(
    goods: Goods,
    rights: Sequence[Right],
    orders: Sequence[OrderRight],
    policy: Policy,
    items: ItemSolver,
    *,
    at_least: int = 0,
    ceiling: Ceiling | None = None,
) -> Combined:
    """The best combination of both layers, proven where neither search came to its limit.

    Who only wants to know whether more is saved than `at_least` may be told any choice that saves less. The
    `ceiling` may be handed in where it is known for these goods and rights.
    """
    choice = items.solve(goods.lots, rights, policy)
    best = settle(goods, choice, orders, policy)
    if not orders or not choice.value_minor:
        return best
    window, components = choice.value_minor, _UNKNOWN
    if choice.is_proven:
        ceiling = ceiling or Ceiling(goods, choice, policy)
        window, components = ceiling.window(orders, max(best.saving_minor, at_least - 1)), choice.components
        if window < 0:
            return best
    reach = Reach(items.touched(goods.lots, rights), choice.value_minor, components, window)
    plan = planned(goods, orders, reach, best.taken_minor, policy)
    if plan is None:
        return best
    units = None
    if not plan.is_sure:
        # Where the lines do not tell, their units do.
        plan, units = _finer(plan, by_unit(goods, orders, reach), best.taken_minor, policy)
    window = min(plan.window, reach.window, best.saving_minor + plan.window - at_least)
    if window < 0:
        return best
    lots = goods.lots if units is None else units.goods.lots
    states, is_proven = best.states, choice.is_proven and plan.is_sure
    # A near window first: what is found there makes the whole one smaller.
    near = _NEAR + (ceiling.nearest(orders, max(best.saving_minor, at_least - 1)) if ceiling else 0)
    looks = most = max(_LOOKS_FREE, policy.states_max // _LOOK)
    while True:
        near = min(near, window)
        frontier = items.frontier(lots, rights, policy, parts=plan.parts, window_minor=near)
        states += frontier.states
        best, looks = _better(frontier, plan, orders, best, policy, units=units, looks=looks)
        if choice.is_proven and ceiling is not None:
            window = min(window, ceiling.window(orders, max(best.saving_minor, at_least - 1)))
        if near >= window or not frontier.is_proven or not looks:
            break
        if states > policy.states_max:
            is_proven = False
            break
        near *= 4
    states += _LOOK * max(0, most - looks - _LOOKS_FREE)
    is_proven = is_proven and frontier.is_proven and looks > 0
    if choice.is_proven and not is_proven and ceiling is not None:
        # What the search could not tell the bound may.
        is_proven = ceiling.window(orders, max(best.saving_minor, at_least - 1)) < 0
    return replace(best, states=states, is_proven=is_proven)


def _finer(plan: Plan, units: ByUnit | None, taken: int, policy: Policy) -> tuple[Plan, ByUnit | None]:
    """The plan for single units, where there is one that is sure."""
    finer = None if units is None else planned(units.goods, units.orders, units.reach, taken, policy)
    if finer is None or units is None or not finer.is_sure:
        return plan, None
    return units.told(finer), units


def _better(
    frontier: Frontier, plan: Plan, orders: Sequence[OrderRight], best: Combined, policy: Policy,
    *, units: ByUnit | None, looks: int,
) -> tuple[Combined, int]:  # fmt: skip
    """The best so far, or a point of a frontier that saves more; and how many may yet be looked at."""
    bounded = [
        (-point.value_minor - plan.most(point.value_minor, point.reductions_minor), n)
        for n, point in enumerate(frontier.points)
    ]
    for bound, n in sorted(bounded):
        if -bound <= best.saving_minor or not looks:
            break
        looks -= 1
        choice = frontier.points[n].choice
        other = settle(best.goods, choice if units is None else units.whole(choice), orders, policy)
        if other.saving_minor > best.saving_minor:
            best = other
    return best, looks


def settle(goods: Goods, choice: ItemChoice, orders: Sequence[OrderRight], policy: Policy) -> Combined:
    """What a choice of items comes to with the order layer on top."""
    firsts: dict[tuple[str, str], int] = {}
    slots: list[Application] = []
    numbered: list[tuple[int, Application]] = []
    for application in choice.applications:
        key = (application.promotion.promotion_id, application.code)
        if key not in firsts:
            firsts[key] = len(slots)
            slots.append(application)
        numbered.append((firsts[key], application))
    runs = runs_of(goods.lots, goods.places, numbered, policy)
    effects = taken_off(runs, orders, len(slots), goods.lines, policy) if orders else []
    saving = choice.value_minor + sum(effect.amount_minor for effect in effects)
    return Combined(
        goods, choice, tuple(slots), runs, tuple(effects), saving, choice.states, choice.is_proven
    )
