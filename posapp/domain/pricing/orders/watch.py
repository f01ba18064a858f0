"""One order promotion and what of its amount hangs on the items: bounds of its goods, steps, slopes.

From the right's own numbers and from what is known of the items, without any search. What has to be watched
because of it is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from posapp.domain.pricing.orders.layer import OrderRight, off_of, reduction
from posapp.domain.pricing.terms.applications import Lot
from posapp.domain.pricing.terms.basket import PPM_OF_ALL, BasketLine
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import Deposit, Off, OrderOff, SpendTier, Step
from posapp.values import dataclass

#: With more multiples of a tier than this every reduction is looked at.
_MULTIPLES_MAX = 64


@dataclass(slots=True)
class Goods:
    """What is priced: the lines, their lots after the price layer, and the place of each line number."""

    lines: Sequence[BasketLine]
    lots: Sequence[Lot]
    places: dict[int, int]
    _sums: Sums | None = None

    @property
    def sums(self) -> Sums:
        """What the lines come to, counted once."""
        if self._sums is None:
            self._sums = sums_of(self.lines, self.lots, self.places)
        return self._sums


@dataclass(frozen=True, slots=True)
class Sums:
    """By place: what a line comes to, the same and its pieces without what is locked, and its open lots."""

    whole: list[int]
    amounts: list[int]
    pieces: list[int]
    lots: list[list[Lot]]


def sums_of(lines: Sequence[BasketLine], lots: Sequence[Lot], places: dict[int, int]) -> Sums:
    """What lines come to after the price layer."""
    whole, amounts, pieces = [0] * len(lines), [0] * len(lines), [0] * len(lines)
    free: list[list[Lot]] = [[] for _ in lines]
    for lot in lots:
        at = places[lot.line.line_no]
        amount = lot.price_minor * lot.count
        whole[at] += amount
        if not lot.is_locked:
            amounts[at] += amount
            pieces[at] += lot.count
            free[at].append(lot)
    return Sums(whole, amounts, pieces, free)


@dataclass(frozen=True, slots=True)
class Reach:
    """What the items can do: lines they touch, their best, parts of the basket by themselves, the window.

    Choices that take off less than `value` by more than `window` are not looked at.
    """

    touched: frozenset[int]
    value: int
    components: tuple[tuple[frozenset[int], int], ...]
    window: int

    def highest(self, lines: frozenset[int]) -> int:
        """No more falls off these lines."""
        if not self.components:
            return self.value
        return sum([value for mine, value in self.components if not lines.isdisjoint(mine)])

    def lowest(self, lines: frozenset[int]) -> int:
        """No less falls off these lines."""
        return max(0, sum([value for mine, value in self.components if mine <= lines]) - self.window)


@dataclass(slots=True)
class Watched:
    """One order right: its goods before the items, the least and the most they can come to, and what it takes
    off at most."""

    right: OrderRight
    before: int
    least: int
    highest: int
    pieces: int
    most: int = 0
    part: int | None = None
    lines: frozenset[int] = frozenset()
    touched: frozenset[int] = frozenset()
    is_fine: bool = False
    #: Line numbers of what it acts on by themselves, where all lines are of one piece.
    groups: tuple[tuple[int, ...], ...] = ()
    #: Conditions by part: what the part comes to before the items, and the bounds it has to keep.
    needs: list[tuple[int, int, int | None, int | None]] = field(default_factory=list)
    takes_all: bool = False
    slope: int = 0


def reduction_at(each: Watched, amount: int, policy: Policy) -> int:
    judged = each.before if each.right.promotion.needs.judged_on == "list" else amount
    base = each.before if policy.percent_of == "list" else amount
    return reduction(each.right, base=base, measure=judged, pieces=each.pieces, policy=policy)[0]


def most_of(goods: Goods, right: OrderRight, policy: Policy) -> int:
    """The most that a right can take off, whatever the items do."""
    if right.most_minor is not None:
        return right.most_minor
    if not needs_units(right, policy):
        before = sum([goods.sums.amounts[at] for at in right.places])
        pieces = sum([goods.sums.pieces[at] for at in right.places])
        return min(before, _most_by_sums(right, before, pieces, policy))
    return watch_of(goods, right, _NOTHING, policy).most


_NOTHING = Reach(frozenset(), 0, (), 0)


def watch_of(goods: Goods, right: OrderRight, reach: Reach, policy: Policy) -> Watched:
    mine = [lot for at in sorted(right.places) for lot in goods.sums.lots[at]]
    lines = frozenset(lot.line.line_no for lot in mine)
    before = sum(lot.price_minor * lot.count for lot in mine)
    may_fall = sum([lot.price_minor * lot.count for lot in mine if lot.line.line_no in reach.touched])
    each = Watched(
        right, before, before - min(reach.highest(lines), may_fall), before - reach.lowest(lines),
        sum([lot.count for lot in mine]), lines=lines, touched=lines & reach.touched,
    )  # fmt: skip
    each.is_fine = needs_units(right, policy)
    if each.is_fine and all(lot.line.quantity == 1 for lot in mine):
        open_at = {goods.places[lot.line.line_no]: lot.line.line_no for lot in mine}
        each.groups = tuple([tuple([open_at[at] for at in group if at in open_at]) for group in right.groups])
    each.slope = slope_of(right)
    if right.most_minor is not None:
        each.most = right.most_minor
    elif each.is_fine:
        each.most = min(before, _most_by_units(goods, right, mine, policy))
    else:
        each.most = min(before, _most_by_sums(right, before, each.pieces, policy))
    return each


def _most_by_units(goods: Goods, right: OrderRight, mine: Sequence[Lot], policy: Policy) -> int:
    """The most where single units or lines tell: of each group the units that it may be of, as they were.

    The items lower every unit, so the n dearest (or cheapest) never come to more than they did before.
    """
    kind, limits = right.promotion.kind, right.promotion.limits
    picked = kind.count if isinstance(kind, OrderOff) and kind.units != "all" else None
    known = [limit for limit in (picked, limits.max_units) if limit is not None]
    # Where a line gives no more than so many, dearer ones of others may be the cheapest.
    cheapest = isinstance(kind, OrderOff) and kind.units == "cheapest" and limits.max_units_per_line is None
    total = 0
    for group in right.groups:
        lots = [lot for lot in mine if goods.places[lot.line.line_no] in group]
        lots.sort(key=lambda lot: lot.price_minor if cheapest else -lot.price_minor)
        left = min(known, default=sum([lot.count for lot in lots]))
        base = pieces = 0
        for lot in lots:
            count = min(left - pieces, lot.count)
            base, pieces = base + count * lot.price_minor, pieces + count
        # Each piece may be rounded up by itself.
        total += _most_by_sums(right, base, pieces, policy)
        total += pieces if policy.order_percent_per != "order" else 0
    return total


def most_at(each: Watched, prices: dict[int, int], policy: Policy) -> int:
    """No more falls off where single pieces cost so much after the items (by line number, a piece each)."""
    right = each.right
    kind, limits = right.promotion.kind, right.promotion.limits
    if not isinstance(kind, OrderOff) or policy.percent_of == "list":
        return each.most
    known = [limit for limit in (kind.count if kind.units != "all" else None, limits.max_units) if limit]
    cheapest = kind.units == "cheapest" and limits.max_units_per_line is None
    total = 0
    for lines in each.groups:
        mine = sorted([prices[line_no] for line_no in lines], reverse=not cheapest)
        mine = mine[: min(known, default=len(mine))]
        total += _most_by_sums(right, sum(mine), len(mine), policy)
        total += len(mine) if policy.order_percent_per != "order" else 0
    return min(total, each.most)


def needs_units(right: OrderRight, policy: Policy) -> bool:
    """Whether only the single lines tell what falls off."""
    is_of_left = policy.percent_of == "left" and slope_of(right) > 0
    return len(right.groups) != 1 or picks_units(right, policy) or is_of_left


def picks_units(right: OrderRight, policy: Policy) -> bool:
    """Whether some units count and others do not, or each is rounded by itself."""
    kind = right.promotion.kind
    return (
        (isinstance(kind, OrderOff) and kind.units != "all")
        or right.promotion.limits.max_units is not None
        or right.promotion.limits.max_units_per_line is not None
        or (policy.order_percent_per != "order" and slope_of(right) > 0)
    )


def _offs(right: OrderRight) -> tuple[Off, ...]:
    kind = right.promotion.kind
    if isinstance(kind, OrderOff):
        return (kind.off,)
    return tuple(step.off for step in kind.steps) if isinstance(kind, SpendTier) else ()


def slope_of(right: OrderRight) -> int:
    """The largest share of its goods that falls off; a price for all is a share of all."""
    shares = [off.ppm if off.ppm is not None else PPM_OF_ALL for off in _offs(right) if off.minor is None]
    return max(shares, default=0)


def _most_by_sums(right: OrderRight, before: int, pieces: int, policy: Policy) -> int:
    """The most that it takes off on any sums up to those before the items."""
    kind = right.promotion.kind
    if not isinstance(kind, SpendTier):
        return reduction(right, base=before, measure=before, pieces=pieces, policy=policy)[0]
    measure = pieces if kind.by == "qty" else before
    steps = [step for step in kind.steps if step.least <= measure]
    return max([_most_of_step(right, step, measure, before, policy) for step in steps], default=0)


def _most_of_step(right: OrderRight, step: Step, measure: int, before: int, policy: Policy) -> int:
    """What a step takes off its goods before the items, were there no other."""
    kind, limits = right.promotion.kind, right.promotion.limits
    assert isinstance(kind, SpendTier)
    times = measure // step.least if kind.every and step.least > 0 else 1
    times = times if limits.per_order is None else min(times, limits.per_order)
    more = step.more_minor * (measure - step.least) if kind.by == "qty" else 0
    caps = (kind.cap_minor, limits.max_minor, right.budget_minor)
    amount = off_of(step.off, before, times, policy) + more
    return max(0, min([amount, *[cap for cap in caps if cap is not None]]))


def crosses(each: Watched, policy: Policy) -> bool:
    """Whether the items may carry its goods over a threshold (or past the price that it makes)."""
    kind = each.right.promotion.kind
    if isinstance(kind, Deposit) or each.right.promotion.needs.judged_on == "list":
        return False
    if not isinstance(kind, SpendTier) or kind.by == "qty":
        return False
    for step in kind.steps:
        if each.least < step.least <= each.highest:
            return True
        if kind.every and step.least > 0 and each.least // step.least != each.highest // step.least:
            return True
    return False


def top_of(each: Watched) -> int | None:
    """A reduction of its goods from which on it takes nothing, whatever else falls off; None without one."""
    kind = each.right.promotion.kind
    if each.slope or not isinstance(kind, SpendTier) or not is_monotone(each.right):
        return None
    return each.before - min(step.least for step in kind.steps) + 1


def steps_of(each: Watched) -> tuple[int, ...] | None:
    """The last reductions of its goods before another step holds; None where these are too many to tell."""
    kind = each.right.promotion.kind
    if not isinstance(kind, SpendTier) or kind.by == "qty":
        return ()
    if not kind.every:
        return tuple([each.before - step.least for step in kind.steps])
    least = kind.steps[0].least
    if len(kind.steps) > 1 or least <= 0 or each.slope or each.before // least > _MULTIPLES_MAX:
        return None
    return tuple([each.before - least * n for n in range(1, each.before // least + 1)])


def is_monotone(right: OrderRight) -> bool:
    """Whether it never takes less where its goods come to more: steps that grow, no upper bound."""
    kind = right.promotion.kind
    if isinstance(kind, SpendTier):
        steps = sorted(kind.steps, key=lambda step: step.least)
        if kind.every and len(steps) > 1:
            return False
        sizes = [(step.off.ppm is None, step.off.ppm or step.off.minor or 0) for step in steps]
        return sizes == sorted(sizes) and len({kind_of for kind_of, _ in sizes}) == 1
    return True
