"""What an order promotion takes off at each value of the items, for a certificate: steps of a plain function.

Exact where its goods are all that the items touch; else the most that it can take, which is an upper bound.
"""

from __future__ import annotations

from collections.abc import Iterable

from posapp.domain.pricing.orders.layer import OrderRight
from posapp.domain.pricing.orders.watch import Goods, most_of
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import Condition, OrderOff, SpendTier
from posapp.values import dataclass

#: Up to which value it holds, amount, share in ppm of a base less the value, the base, the cap.
Segment = list[int]


@dataclass(frozen=True, slots=True)
class _Law:
    """Goods before the items, and whether their amount falls with the value of the items."""

    before: int
    moves: bool


def falls_of(
    goods: Goods, right: OrderRight, touched: frozenset[int], most_value: int, policy: Policy
) -> list[Segment]:
    """The steps up to the most that the items may take off."""
    most = most_of(goods, right, policy)
    flat = [[most_value, most, 0, 0, most]]
    if not _is_plain(right, policy) or not touched <= _line_nos(goods, right.places):
        return flat
    before = _amount(goods, right.places)
    ends = {most_value}
    needs: list[tuple[Condition, _Law]] = []
    for condition, places in right.conditions:
        lines = _line_nos(goods, places)
        # Goods that a price book locked count in conditions all the same.
        law = _Law(_amount(goods, places, with_locked=True), touched <= lines)
        if condition.tax != "as_priced" or (touched & lines and not law.moves):
            continue
        needs.append((condition, law))
        ends |= _turns(law.before, (condition.min_minor, (condition.max_minor or -1) + 1))
    kind = right.promotion.kind
    if isinstance(kind, SpendTier):
        leasts = [step.least for step in kind.steps]
        if kind.every:
            leasts = [
                times for least in leasts for times in range(least or 1, before + 1, least or before + 1)
            ]
        ends |= _turns(before, leasts)
    return [
        _segment(right, needs, before, end, most)
        for end in sorted(end for end in ends if 0 <= end <= most_value)
    ]


def _turns(before: int, amounts: Iterable[int | None]) -> set[int]:
    """Values of the items up to which an amount is still reached."""
    return {before - amount for amount in amounts if amount}


def _segment(
    right: OrderRight, needs: list[tuple[Condition, _Law]], before: int, value: int, most: int
) -> Segment:
    """What holds at a value (and below it down to the next step)."""
    for condition, law in needs:
        amount = law.before - value if law.moves else law.before
        low, high = condition.min_minor or 0, condition.max_minor
        if right.promotion.needs.match == "all" and (amount < low or (high is not None and amount > high)):
            return [value, 0, 0, 0, 0]
    kind = right.promotion.kind
    if isinstance(kind, OrderOff):
        if kind.off.ppm is not None:
            return [value, 0, kind.off.ppm, before, most]
        return [value, most, 0, 0, most]
    assert isinstance(kind, SpendTier)
    measure = before if right.promotion.needs.judged_on == "list" else before - value
    reached = [step for step in kind.steps if step.least <= measure]
    if not reached:
        return [value, 0, 0, 0, 0]
    step = max(reached, key=lambda one: one.least)
    times = measure // step.least if kind.every and step.least else 1
    if right.promotion.limits.per_order is not None:
        times = min(times, right.promotion.limits.per_order)
    if step.off.ppm is not None:
        return [value, 0, min(1_000_000, step.off.ppm * times), before, most]
    return [value, (step.off.minor or 0) * times, 0, 0, most]


def _is_plain(right: OrderRight, policy: Policy) -> bool:
    """Whether its amount follows from one sum: no lines, units or prices of their own."""
    kind, limits = right.promotion.kind, right.promotion.limits
    if policy.percent_of != "base" or policy.order_percent_per != "order" or policy.percent_mode != "half_up":
        return False
    if len(right.groups) != 1 or limits.max_units is not None:
        return False
    if isinstance(kind, OrderOff):
        return kind.units == "all" and kind.off.price_minor is None
    return isinstance(kind, SpendTier) and kind.by == "amount"


def _line_nos(goods: Goods, places: frozenset[int]) -> frozenset[int]:
    return frozenset(goods.lines[at].line_no for at in places)


def _amount(goods: Goods, places: frozenset[int], *, with_locked: bool = False) -> int:
    return sum(
        lot.price_minor * lot.count
        for lot in goods.lots
        if goods.places[lot.line.line_no] in places and (with_locked or not lot.is_locked)
    )
