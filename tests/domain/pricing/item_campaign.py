"""The item search against every assignment of tiny baskets, by seed range; prints what differs.

    python -m tests.domain.pricing.item_campaign 0 100000

Begin again at the last seed that it printed. The tests run a short range of the same.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from random import Random

from posapp.domain.pricing.goods.runs import shares_of
from posapp.domain.pricing.goods.sharing import share
from posapp.domain.pricing.items.items import ItemCache, item_frontier, solve_items
from posapp.domain.pricing.terms.applications import FrontierPoint, ItemChoice, LinePart, Lot
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import Promotion
from tests.domain.pricing.item_brute import all_choices, best_by_force, floor, is_group, size, units_of
from tests.domain.pricing.item_cases import small_case

ASSIGNMENTS_MAX = 1_500


def wrong_choice(seed: int, assignments_max: int = ASSIGNMENTS_MAX) -> str | None:
    """What is wrong with the search's answer; "" where nothing is, None where the basket is too large."""
    lots, rights = small_case(seed)
    if size(lots, rights) > assignments_max:
        return None
    choice = solve_items(lots, rights)
    best = best_by_force(lots, rights)
    if choice.value_minor != best or not choice.is_proven:
        return f"{seed}: {choice.value_minor} where {best} is possible"
    return wrong_sums(choice, lots)


def wrong_sums(choice: ItemChoice, lots: Sequence[Lot]) -> str:
    """Whether applications add up, no unit is in two groups, and none pays less than nothing."""
    units = {unit[:2]: unit for unit in units_of(lots)}
    prices = {name: unit[2] for name, unit in units.items()}
    grouped: set[tuple[int, int]] = set()
    if choice.value_minor != sum(one.amount_minor for one in choice.applications):
        return "the value is not the sum"
    for one in choice.applications:
        if one.amount_minor <= 0 or one.amount_minor != sum(unit.gain_minor for unit in one.units):
            return f"{one.promotion.promotion_id} does not add up"
        if list(one.units) != sorted(one.units):
            return "units are not in order"
        shares = shares_of(one, Policy())
        for unit, part in zip(one.units, shares, strict=True):
            place = (unit.line_no, unit.index)
            if is_group(one.promotion):
                if place in grouped:
                    return f"{place} is in two groups"
                grouped.add(place)
            prices[place] -= part
            if part and unit.price_minor - part < floor(one.promotion, units[place]):
                return f"{place} is below its floor"
    return "" if min(prices.values(), default=0) >= 0 else "a unit pays less than nothing"


def wrong_frontier(seed: int, assignments_max: int = ASSIGNMENTS_MAX) -> str | None:
    """The same for the frontier: every point can be had, and nothing beats or is missing."""
    lots, rights = small_case(seed, units_max=5)
    if size(lots, rights) > assignments_max:
        return None
    random = Random(seed)
    numbers = [lot.line.line_no for lot in lots]
    parts = [
        LinePart(frozenset(random.sample(numbers, random.randint(1, len(numbers)))), random.random() < 0.7)
        for _ in range(random.randint(1, 2))
    ]
    window = random.choice((0, 5, 50, 10_000))
    promotions = [right.promotion for right in rights]
    possible = {_brute_point(lots, promotions, found, parts) for found in all_choices(lots, rights)}
    best = max(value for value, _ in possible)
    points = item_frontier(lots, rights, parts=parts, window_minor=window, cache=ItemCache()).points
    got = {(point.value_minor, point.reductions_minor) for point in points}
    if not got <= possible:
        return f"{seed}: {sorted(got - possible)} cannot be had"
    for point in points:
        if _choice_point(point, parts) != (point.value_minor, point.reductions_minor):
            return f"{seed}: the choice of {point.reductions_minor} is another"
    for value, reductions in possible:
        if value >= best - window and not any(_beats(one, (value, reductions), parts) for one in got):
            return f"{seed}: {value}, {reductions} is missing"
    return ""


_Point = tuple[int, tuple[int, ...]]


def _beats(one: _Point, other: _Point, parts: Sequence[LinePart]) -> bool:
    return one[0] >= other[0] and all(
        (a <= b) if part.is_counted_low else (a == b)
        for a, b, part in zip(one[1], other[1], parts, strict=True)
    )


def _choice_point(point: FrontierPoint, parts: Sequence[LinePart]) -> _Point:
    choice = point.choice
    reductions = [0] * len(parts)
    for one in choice.applications:
        for unit, amount in zip(one.units, shares_of(one, Policy()), strict=True):
            for n, part in enumerate(parts):
                reductions[n] += amount if unit.line_no in part.line_nos else 0
    return choice.value_minor, tuple(reductions)


def _brute_point(
    lots: Sequence[Lot], promotions: Sequence[Promotion], found: Sequence[tuple[int, list[int], int]],
    parts: Sequence[LinePart],
) -> _Point:  # fmt: skip
    units = units_of(lots)
    left = [unit[2] for unit in units]
    reductions = [0] * len(parts)
    for n, places, amount in found:
        ordered = sorted(places, key=lambda place: units[place][:2])
        by = [left[place] for place in ordered]
        rooms = [max(0, left[place] - floor(promotions[n], units[place])) for place in ordered]
        shares = share(amount, by, rooms=rooms if len(places) > 1 else None)
        for place, part in zip(ordered, shares, strict=True):
            # A group comes last on a unit, so only what stands before it lowers what it is shared by.
            left[place] -= part if len(places) == 1 else 0
            for n, asked in enumerate(parts):
                reductions[n] += part if units[place][0] in asked.line_nos else 0
    return sum(one[2] for one in found), tuple(reductions)


def main(begin: int, end: int) -> int:
    """Run a range; the number of wrong seeds."""
    wrong = tried = 0
    for seed in range(begin, end):
        for found in (wrong_choice(seed), wrong_frontier(seed)):
            tried += found is not None
            if found:
                wrong += 1
                print(found, flush=True)
        if seed % 5_000 == 0:
            print(f"at {seed}: {tried} tried, {wrong} wrong", flush=True)
    print(f"{tried} tried, {wrong} wrong")
    return wrong


if __name__ == "__main__":
    sys.exit(1 if main(int(sys.argv[1]), int(sys.argv[2])) else 0)
