"""All item choices of a tiny basket, one by one: a stand-in for the item search that cannot be wrong.

Knows unit-wise promotions and N together, which is enough to make every kind of reduction the order layer
may meet. Every choice is listed, whatever it is worth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import combinations

from posapp.domain.pricing.goods.runs import runs_of
from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.orders.layer import off_of
from posapp.domain.pricing.terms.applications import (
    Application,
    Frontier,
    FrontierPoint,
    ItemChoice,
    LinePart,
    Lot,
    Right,
    TakenUnit,
)
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import EachUnit, NFor

Unit = tuple[Lot, int]


def all_choices(lots: Sequence[Lot], rights: Sequence[Right], policy: Policy) -> list[ItemChoice]:
    """Every way to use the rights on the units, the empty one first."""
    units = [
        (lot, index) for lot in lots if not lot.is_locked for index in range(lot.first, lot.first + lot.count)
    ]
    found = [*_ways(units, rights, policy)]
    return sorted(found, key=lambda choice: -choice.value_minor)


def _ways(units: list[Unit], rights: Sequence[Right], policy: Policy) -> Iterator[ItemChoice]:
    for applications in _rest(units, rights, policy):
        yield ItemChoice(tuple(applications), sum(each.amount_minor for each in applications), 1)


def _rest(units: list[Unit], rights: Sequence[Right], policy: Policy) -> Iterator[list[Application]]:
    if not units:
        yield []
        return
    first, others = units[0], units[1:]
    yield from _rest(others, rights, policy)
    for right in rights:
        kind = right.promotion.kind
        if not holds(right.promotion.on, first[0].line):
            continue
        size = kind.n if isinstance(kind, NFor) else 1
        fellows = [unit for unit in others if holds(right.promotion.on, unit[0].line)]
        for group in combinations(fellows, size - 1):
            made = _application(right, [first, *group], policy)
            if made is not None:
                left = [unit for unit in others if unit not in group]
                for rest in _rest(left, rights, policy):
                    yield [made, *rest]


def _application(right: Right, group: Sequence[Unit], policy: Policy) -> Application | None:
    kind = right.promotion.kind
    assert isinstance(kind, EachUnit | NFor)
    prices = [lot.price_minor for lot, _ in group]
    gains = [min(price, off_of(kind.off, price, 1, policy)) for price in prices]
    if isinstance(kind, NFor) and kind.off.price_minor is not None:
        amount = max(0, sum(prices) - kind.off.price_minor)
        gains = [0] * len(prices)
    else:
        amount = sum(gains)
    if amount <= 0:
        return None
    ordered = sorted(zip(group, gains, strict=True), key=lambda pair: (pair[0][0].line.line_no, pair[0][1]))
    return Application(
        right.promotion,
        tuple(TakenUnit(lot.line.line_no, index, lot.price_minor, gain) for (lot, index), gain in ordered),
        amount,
        is_unitwise=isinstance(kind, EachUnit),
        code=right.code,
    )


class BruteItems:
    """The item layer by listing; `frontier` gives only what it must, the smallest that is still correct."""

    def solve(self, lots: Sequence[Lot], rights: Sequence[Right], policy: Policy) -> ItemChoice:
        return all_choices(lots, rights, policy)[0]

    def frontier(
        self, lots: Sequence[Lot], rights: Sequence[Right], policy: Policy, *,
        parts: Sequence[LinePart], window_minor: int,
    ) -> Frontier:  # fmt: skip
        places = {lot.line.line_no: at for at, lot in enumerate(lots)}
        choices = all_choices(lots, rights, policy)
        best = choices[0].value_minor
        kept: list[FrontierPoint] = []
        for choice in choices:
            if choice.value_minor < best - window_minor:
                break
            runs = runs_of(lots, places, list(enumerate(choice.applications)), policy)
            fell = [0] * len(lots)
            for run in runs:
                fell[run.at] += (run.price_minor - run.base_minor) * run.count
            sums = tuple(sum(fell[places[no]] for no in part.line_nos) for part in parts)
            if not any(_beats(other.reductions_minor, sums, parts) for other in kept):
                kept.append(FrontierPoint(choice.value_minor, sums, partial(_itself, choice)))
        return Frontier(tuple(kept), len(choices))

    def touched(self, lots: Sequence[Lot], rights: Sequence[Right]) -> frozenset[int]:
        return frozenset(
            lot.line.line_no for lot in lots if any(holds(right.promotion.on, lot.line) for right in rights)
        )


def _beats(one: tuple[int, ...], other: tuple[int, ...], parts: Sequence[LinePart]) -> bool:
    """Whether the earlier choice (worth no less) is as good for every part."""
    return all(
        (a <= b) if part.is_counted_low else (a == b) for a, b, part in zip(one, other, parts, strict=True)
    )


def _itself(choice: ItemChoice) -> ItemChoice:
    return choice
