"""What of the item layer the order layer has to watch, and how far below the best items it is worth looking.

Which sums of goods may cross a threshold, which shares do not fall on all alike, what may run dry: from the
rights' own numbers, without any search. The argument that this is enough stands where the two are combined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field, replace

from posapp.domain.pricing.applications import LinePart, Lot
from posapp.domain.pricing.basket import PPM_OF_ALL, BasketLine
from posapp.domain.pricing.order_layer import OrderRight, reduction
from posapp.domain.pricing.policy import Policy
from posapp.domain.pricing.promotion import Deposit, Off, OrderOff, SpendTier
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Goods:
    """What is priced: the lines, their lots after the price layer, and the place of each line number."""

    lines: Sequence[BasketLine]
    lots: Sequence[Lot]
    places: dict[int, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts to watch, the window, and an upper bound of the order layer by the parts' reductions.

    Not `is_sure` where even the sums of a line do not tell: which of its units is the cheapest, or dry.
    """

    parts: tuple[LinePart, ...]
    window: int
    is_sure: bool
    most: Callable[[int, tuple[int, ...]], int]


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
class _Watched:
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
    #: Conditions by part: what the part comes to before the items, and the bounds it has to keep.
    needs: list[tuple[int, int, int | None, int | None]] = field(default_factory=list)
    takes_all: bool = False
    slope: int = 0


@dataclass(slots=True)
class _Parts:
    """Parts being collected, each once."""

    found: dict[tuple[frozenset[int], bool], int] = field(default_factory=dict)
    tops: list[int | None] = field(default_factory=list)
    is_sure: bool = True

    def add(self, line_nos: frozenset[int], *, is_low: bool = True, top: int | None = None) -> int:
        """The part's place; a reduction above `top` counts as that (the highest of all who ask for it)."""
        place = self.found.setdefault((line_nos, is_low), len(self.found))
        if place == len(self.tops):
            self.tops.append(top)
        elif self.tops[place] is not None:
            known = self.tops[place]
            self.tops[place] = None if top is None or known is None else max(known, top)
        return place

    def add_lines(self, line_nos: frozenset[int], blind: frozenset[int]) -> None:
        """Each line by itself; of the blind ones only the units could tell."""
        for line_no in sorted(line_nos):
            self.add(frozenset({line_no}), is_low=False)
        self.is_sure = self.is_sure and not line_nos & blind


def planned(
    goods: Goods, orders: Sequence[OrderRight], reach: Reach, taken: int, policy: Policy
) -> Plan | None:
    """What has to be watched, or None where the best by items is the best of all."""
    touched, value = reach.touched, reach.value
    watched = [_watch(goods, right, reach, policy) for right in orders]
    parts = _Parts()
    several = frozenset(lot.line.line_no for lot in goods.lots if lot.line.quantity > 1)
    shares_of_all = 0
    slopes = 0
    for each in watched:
        if not each.touched and not _varies(each.right, goods, touched):
            continue
        _watch_conditions(each, goods, reach, parts)
        if each.is_fine:
            parts.add_lines(each.touched, several if _picks_units(each.right, policy) else frozenset())
            continue
        crossing = _crosses(each, policy)
        if crossing or (each.slope and not touched <= each.lines):
            each.part = parts.add(each.touched, is_low=is_monotone(each.right), top=_top(each))
        elif each.slope:
            each.takes_all = True
            shares_of_all += 1
            slopes += each.slope
    _watch_dry(goods, watched, touched, parts, several, policy)
    only_rounding = not parts.found
    if shares_of_all >= 2:
        parts.add(touched)
    if not parts.found:
        return None
    window = _window(watched, touched, value, taken, policy)
    if only_rounding and slopes < PPM_OF_ALL:
        window = min(window, -(-shares_of_all * PPM_OF_ALL // (PPM_OF_ALL - slopes)))
    if window <= 0:
        return None
    kept = tuple(
        LinePart(lines, is_low, top) for (lines, is_low), top in zip(parts.found, parts.tops, strict=True)
    )
    return Plan(kept, window, parts.is_sure, lambda value, reduced: _most(watched, value, reduced, policy))


def _window(
    watched: Sequence[_Watched], touched: frozenset[int], value: int, taken: int, policy: Policy
) -> int:
    """How much less than the most the items may give: never more than the order layer can then give more.

    What is about all that the items touch comes to no more than it does at their best and what they forgo:
    a threshold that lies beyond is out of reach, which makes the window smaller, and so on.
    """
    window = sum(each.most for each in watched) - taken
    while window > 0:
        reach = 0
        for each in watched:
            if touched <= each.lines and not each.is_fine and is_monotone(each.right):
                most = _reduction_at(each, min(each.before, each.before - value + window), policy)
                reach += min(most, each.most)
            else:
                reach += each.most
        if reach - taken >= window:
            break
        window = reach - taken
    return window


def _most(watched: Sequence[_Watched], value: int, reduced: tuple[int, ...], policy: Policy) -> int:
    """No more falls off in the order layer where the items take off a value, and so much of the parts."""
    total = 0
    for each in watched:
        if each.needs and each.right.promotion.needs.match == "all" and not _may_hold(each, reduced):
            continue
        if each.part is not None:
            total += _reduction_at(each, each.before - reduced[each.part], policy)
        elif each.takes_all:
            total += _reduction_at(each, each.before - value, policy)
        else:
            total += each.most
    return total


def _may_hold(each: _Watched, reduced: tuple[int, ...]) -> bool:
    """Whether its conditions hold where the parts are reduced by so much."""
    return all(
        (low is None or before - reduced[part] >= low) and (high is None or before - reduced[part] <= high)
        for part, before, low, high in each.needs
    )


def _reduction_at(each: _Watched, amount: int, policy: Policy) -> int:
    judged = each.before if each.right.promotion.needs.judged_on == "list" else amount
    base = each.before if policy.percent_of == "list" else amount
    return reduction(each.right, base=base, measure=judged, pieces=each.pieces, policy=policy)[0]


def most_of(goods: Goods, right: OrderRight, policy: Policy) -> int:
    """The most that a right can take off, whatever the items do."""
    return _watch(goods, right, _NOTHING, policy).most


_NOTHING = Reach(frozenset(), 0, (), 0)


def _watch(goods: Goods, right: OrderRight, reach: Reach, policy: Policy) -> _Watched:
    mine = [lot for lot in goods.lots if goods.places[lot.line.line_no] in right.places and not lot.is_locked]
    lines = frozenset(lot.line.line_no for lot in mine)
    before = sum(lot.price_minor * lot.count for lot in mine)
    may_fall = sum([lot.price_minor * lot.count for lot in mine if lot.line.line_no in reach.touched])
    each = _Watched(
        right, before, before - min(reach.highest(lines), may_fall), before - reach.lowest(lines),
        sum([lot.count for lot in mine]), lines=lines, touched=lines & reach.touched,
    )  # fmt: skip
    each.is_fine = needs_units(right, policy)
    each.slope = slope_of(right)
    each.most = min(before, _most_of(each, policy)) if right.most_minor is None else right.most_minor
    return each


def needs_units(right: OrderRight, policy: Policy) -> bool:
    """Whether only the single lines tell what falls off."""
    is_of_left = policy.percent_of == "left" and slope_of(right) > 0
    return len(right.groups) != 1 or _picks_units(right, policy) or is_of_left


def _picks_units(right: OrderRight, policy: Policy) -> bool:
    """Whether some units count and others do not, or each is rounded by itself."""
    kind = right.promotion.kind
    return (
        (isinstance(kind, OrderOff) and kind.units != "all")
        or right.promotion.limits.max_units is not None
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


def _most_of(each: _Watched, policy: Policy) -> int:
    """The most that it takes off on any sums up to those before the items."""
    kind = each.right.promotion.kind
    if each.is_fine:
        return each.before
    if not isinstance(kind, SpendTier):
        return _reduction_at(each, each.before, policy)
    most = 0
    for step in kind.steps:
        only = replace(each.right, promotion=replace(each.right.promotion, kind=replace(kind, steps=(step,))))
        most = max(most, _reduction_at(replace(each, right=only), each.before, policy))
    return most


def _crosses(each: _Watched, policy: Policy) -> bool:
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


def _top(each: _Watched) -> int | None:
    """A reduction of its goods from which on it takes nothing, whatever else falls off; None without one."""
    kind = each.right.promotion.kind
    if each.slope or not isinstance(kind, SpendTier) or not is_monotone(each.right):
        return None
    return each.before - min(step.least for step in kind.steps) + 1


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


def _varies(right: OrderRight, goods: Goods, touched: frozenset[int]) -> bool:
    """Whether its conditions are about goods that the items touch."""
    return any(goods.lines[at].line_no in touched for _, places in right.conditions for at in places)


def _watch_conditions(
    each: _Watched, goods: Goods, reach: Reach, parts: _Parts
) -> None:
    for condition, places in each.right.conditions:
        mine = [lot for lot in goods.lots if goods.places[lot.line.line_no] in places]
        before = sum(lot.price_minor * lot.count for lot in mine)
        falls = [lot for lot in mine if lot.line.line_no in reach.touched]
        lines = frozenset([lot.line.line_no for lot in mine])
        least = before - min(reach.highest(lines), sum([lot.price_minor * lot.count for lot in falls]))
        most = before - reach.lowest(lines)
        low, high = condition.min_minor, condition.max_minor
        if condition.tax != "as_priced":
            # Rounded line by line: only the lines can tell.
            for lot in falls if low is not None or high is not None else ():
                parts.add(frozenset({lot.line.line_no}), is_low=False)
            continue
        may_fail = low is not None and least < low <= most
        may_hold = high is not None and least <= high < most
        if may_fail or may_hold:
            top = None if may_hold or low is None else before - low + 1
            part = parts.add(frozenset(lot.line.line_no for lot in falls), is_low=not may_hold, top=top)
            each.needs.append((part, before, low, high))


def _watch_dry(
    goods: Goods,
    watched: Sequence[_Watched],
    touched: frozenset[int],
    parts: _Parts,
    several: frozenset[int],
    policy: Policy,
) -> None:
    """Rights that may find less than they want: what the items take off such goods may be for nothing."""
    has_floor = any(lot.line.floor_minor for lot in goods.lots)
    is_even = policy.sharing == "largest_remainder" and policy.share_by == "gross" and not has_floor
    limits_of = [each.right.promotion.limits for each in watched]
    is_even = is_even and not any(limits.floor_ppm or limits.floor_minor for limits in limits_of)
    left = _left_at_least(watched) if is_even else {}
    for each in watched:
        is_near = any(other.touched and other.lines & each.lines for other in watched)
        if not is_near or each.most <= left.get(id(each), -1):
            continue
        limits = each.right.promotion.limits
        floors = sum(
            lot.count * max(lot.line.floor_minor, limits.floor_minor or 0)
            + lot.count * -(-lot.price_minor * (limits.floor_ppm or 0) // PPM_OF_ALL)
            for lot in goods.lots
            if lot.line.line_no in each.lines
        )
        wanted = sum(other.most for other in watched if other.lines & each.lines)
        if wanted <= each.least - floors:
            continue
        # Where nothing is left to take, a share of more is not made up for by what the items take off.
        for other in watched:
            if other.slope and other.part is None and not other.is_fine and other.touched:
                other.part = parts.add(other.touched, is_low=is_monotone(other.right))
        if floors or has_floor or any(_overlaps(each, other) for other in watched):
            # Amounts go to lines first: only floors make a difference between units of a line.
            parts.add_lines(touched, several if floors or has_floor else frozenset())
        elif each.touched and not touched <= each.lines:
            parts.add(each.touched)


def _left_at_least(watched: Sequence[_Watched]) -> dict[int, int]:
    """What each finds at least when its turn comes, where no goods have floors.

    Amounts are shared out by what is left: of goods in common no larger share goes to an earlier right than
    of its own goods, but for the rounding of each line.
    """
    order = sorted(
        watched, key=lambda each: (-each.right.promotion.stack.priority, each.right.promotion_id)
    )
    left = {id(each): each.least for each in watched}
    for n, one in enumerate(order):
        mine = left[id(one)]
        most = min(one.most, mine)
        for other in order[n + 1 :]:
            common = len(one.lines & other.lines)
            if not common:
                continue
            had = left[id(other)]
            share = 0 if one.is_fine or not mine else had * (mine - most) // mine - common
            left[id(other)] = max(0, had - one.most, share)
    return left


def _overlaps(one: _Watched, other: _Watched) -> bool:
    """Whether neither holds the other and they have goods in common."""
    common = one.lines & other.lines
    return bool(common) and common not in (one.lines, other.lines)
