"""What an order promotion takes off by what the items took off its goods, for a certificate.

Lines that no order promotion tells apart are one part. Of each promotion: ranges of what may have fallen off
its part (and the parts of its conditions), and what it takes there. Where its amount does not follow from
sums, the most that it can take stands there for all, which is an upper bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from posapp.domain.pricing.goods.gates import unmet
from posapp.domain.pricing.orders.layer import OrderRight, in_order
from posapp.domain.pricing.orders.watch import Goods, most_of
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import Condition, OrderOff, SpendTier
from posapp.values import dataclass

#: What it takes in one range: up to which reduction, amount, share in ppm.
_Step = tuple[int, int, int]
#: Bounds of the reduction of some lines: lines, from, to.
_Need = tuple[frozenset[int], int, int]
#: Of a tier for each multiple no more steps than these are written down.
_STEPS_MAX = 400


@dataclass(frozen=True, slots=True)
class _Law:
    """One promotion: its goods before the items, the most it takes, its steps, bounds of its conditions."""

    right: OrderRight
    lines: frozenset[int]
    before: int
    most: int
    steps: tuple[_Step, ...]
    needs: tuple[_Need, ...]

    @property
    def is_flat(self) -> bool:
        """Whether it takes the same whatever the items do."""
        return not self.needs and len(self.steps) == 1 and not self.steps[0][2]


@dataclass(frozen=True, slots=True)
class Laws:
    """The part of each line that the items touch, how many parts there are, and the promotions' laws."""

    parts: Mapping[int, int]
    count: int
    orders: tuple[dict[str, Any], ...]
    rights: tuple[OrderRight, ...]


def laws_of(
    goods: Goods,
    orders: Sequence[OrderRight],
    touched: frozenset[int],
    highest: Callable[[frozenset[int]], int],
    policy: Policy,
) -> Laws:
    """The laws of order promotions in their turn; `highest` is what the items take off lines at most."""
    laws = [_law(goods, right, touched, highest, policy) for right in in_order(orders)]
    laws = [law for law in laws if law.most]
    told: list[_Law] = []
    for law in laws:
        wanted = sum([other.most for other in laws if other.lines & law.lines])
        is_dry = wanted > law.before - min(law.before, highest(law.lines))
        if law.lines & touched and (is_dry or not law.is_flat):
            told.append(law)
    sets = [law.lines for law in told] + [lines for law in told for lines, _, _ in law.needs]
    names: dict[tuple[bool, ...], int] = {}
    parts = {
        line: names.setdefault(tuple([line in some for some in sets]), len(names)) for line in sorted(touched)
    }

    def of(lines: Iterable[int]) -> list[int]:
        return sorted({parts[line] for line in lines if line in parts})

    tables = []
    for law in laws:
        mine = of(law.lines) if law in told else []
        needs = [[of(lines), first, last] for lines, first, last in law.needs]
        falls, first = [], 0
        for last, minor, ppm in law.steps:
            falls.append([[[mine, first, last], *needs], minor, ppm, law.before, law.most])
            first = last + 1
        tables.append({"id": law.right.promotion_id, "falls": falls})
    return Laws(parts, len(names), tuple(tables), tuple([law.right for law in laws]))


def _law(
    goods: Goods,
    right: OrderRight,
    touched: frozenset[int],
    highest: Callable[[frozenset[int]], int],
    policy: Policy,
) -> _Law:
    most = most_of(goods, right, policy)
    lines = _line_nos(goods, right.places)
    before = _amount(goods, right.places)
    if not _is_plain(right, policy):
        return _Law(right, lines, before, most, ((before, most, 0),), ())
    needs: list[_Need] = []
    if right.promotion.needs.match == "all":
        for condition, places in right.conditions:
            mine = _line_nos(goods, places)
            needed = condition
            if mine & touched:
                # What falls off may change its amount; pieces stay.
                needed = replace(condition, min_minor=None, max_minor=None)
                # Goods that a price book locked count in conditions all the same.
                need = _need(condition, mine, _amount(goods, places, with_locked=True))
                needs += [need] if need is not None else []
            if not _holds(goods, right, needed):
                most = 0
    top = min(before, highest(lines)) if lines & touched else 0
    return _Law(right, lines, before, most, _steps(right, before, top, most), tuple(needs))


def _need(condition: Condition, lines: frozenset[int], before: int) -> _Need | None:
    """The bounds of what may fall off, where the amount tells them."""
    low, high = condition.min_minor, condition.max_minor
    if condition.tax != "as_priced" or (low is None and high is None):
        return None
    return lines, 0 if high is None else max(0, before - high), before - (low or 0)


def _holds(goods: Goods, right: OrderRight, condition: Condition) -> bool:
    """Whether it holds at the amounts before the items."""
    amounts = [_amount(goods, frozenset({at}), with_locked=True) for at in range(len(goods.lines))]
    return unmet(replace(right.promotion.needs, conditions=(condition,)), goods.lines, amounts) is None


def _steps(right: OrderRight, before: int, top: int, most: int) -> tuple[_Step, ...]:
    """What it takes where its goods are reduced by so much, up to the most that is possible."""
    kind = right.promotion.kind
    ends = {before}
    if isinstance(kind, SpendTier) and right.promotion.needs.judged_on != "list":
        for least in [step.least for step in kind.steps if step.least > 0]:
            times = range(1, before // least + 1) if kind.every else [1]
            if len(times) > _STEPS_MAX:
                return ((before, most, 0),)
            ends |= {before - least * n for n in times}
    steps: list[_Step] = []
    for end in sorted(end for end in ends if end >= 0):
        minor, ppm = _taken(right, before, end)
        if steps and steps[-1][1:] == (minor, ppm):
            steps.pop()
        steps.append((end, minor, ppm))
        if end >= top:
            break
    return tuple(steps)


def _taken(right: OrderRight, before: int, reduction: int) -> tuple[int, int]:
    """Amount and share at a reduction of its goods (and below it down to the next step)."""
    kind, limits = right.promotion.kind, right.promotion.limits
    if isinstance(kind, OrderOff):
        return kind.off.minor or 0, kind.off.ppm or 0
    assert isinstance(kind, SpendTier)
    measure = before if right.promotion.needs.judged_on == "list" else before - reduction
    reached = [step for step in kind.steps if step.least <= measure]
    if not reached:
        return 0, 0
    step = max(reached, key=lambda one: one.least)
    times = measure // step.least if kind.every and step.least else 1
    times = times if limits.per_order is None else min(times, limits.per_order)
    return (step.off.minor or 0) * times, min(1_000_000, (step.off.ppm or 0) * times)


def _is_plain(right: OrderRight, policy: Policy) -> bool:
    """Whether its amount follows from one sum: no lines, units or prices of their own."""
    kind, limits = right.promotion.kind, right.promotion.limits
    if policy.percent_of != "base" or policy.order_percent_per != "order" or policy.percent_mode != "half_up":
        return False
    if len(right.groups) != 1 or limits.max_units is not None or limits.max_units_per_line is not None:
        return False
    if isinstance(kind, OrderOff):
        return kind.units == "all" and kind.off.price_minor is None
    return (
        isinstance(kind, SpendTier)
        and kind.by == "amount"
        and all(step.off.price_minor is None for step in kind.steps)
    )


def _line_nos(goods: Goods, places: frozenset[int]) -> frozenset[int]:
    return frozenset(goods.lines[at].line_no for at in places)


def _amount(goods: Goods, places: frozenset[int], *, with_locked: bool = False) -> int:
    return sum(
        lot.price_minor * lot.count
        for lot in goods.lots
        if goods.places[lot.line.line_no] in places and (with_locked or not lot.is_locked)
    )
