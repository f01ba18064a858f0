"""What of the item layer the order layer has to watch, and how far below the best items it is worth looking.

Which sums of goods may cross a threshold, which shares do not fall on all alike, what may run dry: from the
rights' own numbers, without any search. The argument that this is enough stands where the two are combined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field

from posapp.domain.pricing.orders.layer import OrderRight
from posapp.domain.pricing.orders.watch import (
    Goods,
    Reach,
    Watched,
    crosses,
    is_monotone,
    most_at,
    picks_units,
    reduction_at,
    steps_of,
    top_of,
    watch_of,
)
from posapp.domain.pricing.terms.applications import LinePart
from posapp.domain.pricing.terms.basket import PPM_OF_ALL
from posapp.domain.pricing.terms.policy import Policy
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts to watch, the window, and an upper bound of the order layer by the parts' reductions.

    Not `is_sure` where even the sums of a line do not tell: which of its units is the cheapest, or dry.
    """

    parts: tuple[LinePart, ...]
    window: int
    is_sure: bool
    most: Callable[[int, tuple[int, ...]], int]


@dataclass(slots=True)
class _Parts:
    """Parts being collected, each once."""

    found: dict[tuple[frozenset[int], bool], int] = field(default_factory=dict)
    tops: list[int | None] = field(default_factory=list)
    steps: list[tuple[int, ...] | None] = field(default_factory=list)
    is_sure: bool = True

    def add(
        self,
        line_nos: frozenset[int],
        *,
        is_low: bool = True,
        top: int | None = None,
        steps: tuple[int, ...] | None = None,
    ) -> int:
        """The part's place; a reduction above `top` counts as that (the highest of all who ask for it)."""
        place = self.found.setdefault((line_nos, is_low), len(self.found))
        if place == len(self.tops):
            self.tops.append(top)
            self.steps.append(steps)
            return place
        known_steps = self.steps[place]
        self.steps[place] = None if steps is None or known_steps is None else (*known_steps, *steps)
        if self.tops[place] is None:
            return place
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
    watched = [watch_of(goods, right, reach, policy) for right in orders]
    parts = _Parts()
    several = frozenset(lot.line.line_no for lot in goods.lots if lot.line.quantity > 1)
    shares_of_all = 0
    slopes = 0
    for each in watched:
        if not each.touched and not _varies(each.right, goods, touched):
            continue
        _watch_conditions(each, goods, reach, parts)
        if each.is_fine:
            parts.add_lines(each.touched, several if picks_units(each.right, policy) else frozenset())
            continue
        crossing = crosses(each, policy)
        if crossing or (each.slope and not touched <= each.lines):
            each.part = parts.add(
                each.touched, is_low=is_monotone(each.right), top=top_of(each), steps=steps_of(each)
            )
        elif each.slope:
            each.takes_all = True
            shares_of_all += 1
            slopes += each.slope
    is_dry = _watch_dry(goods, watched, touched, parts, several, policy)
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
    # Several shares are rounded against each other, and what runs dry is no step.
    is_stepped = not is_dry and sum(1 for each in watched if each.slope) < 2
    kept = tuple(
        LinePart(lines, is_low, top, steps if is_stepped else None)
        for (lines, is_low), top, steps in zip(parts.found, parts.tops, parts.steps, strict=True)
    )
    pieces = {
        line_no: (lot.price_minor, parts.found.get((frozenset({line_no}), False), -1))
        for lot in goods.lots
        if lot.count == 1 and (line_no := lot.line.line_no)
    }
    return Plan(
        kept, window, parts.is_sure, lambda value, reduced: _most(watched, value, reduced, policy, pieces)
    )


def _window(
    watched: Sequence[Watched], touched: frozenset[int], value: int, taken: int, policy: Policy
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
                most = reduction_at(each, min(each.before, each.before - value + window), policy)
                reach += min(most, each.most)
            else:
                reach += each.most
        if reach - taken >= window:
            break
        window = reach - taken
    return window


def _most(
    watched: Sequence[Watched], value: int, reduced: tuple[int, ...], policy: Policy,
    pieces: dict[int, tuple[int, int]],
) -> int:  # fmt: skip
    """No more falls off in the order layer where the items take off a value, and so much of the parts.

    `pieces` are the prices before the items and the parts (-1: none) of lines of one piece.
    """
    total = 0
    prices = {}
    if any(each.groups for each in watched):
        prices = {
            line_no: price - (reduced[part] if part >= 0 else 0) for line_no, (price, part) in pieces.items()
        }
    for each in watched:
        if each.needs and each.right.promotion.needs.match == "all" and not _may_hold(each, reduced):
            continue
        if each.part is not None:
            total += reduction_at(each, each.before - reduced[each.part], policy)
        elif each.takes_all:
            total += reduction_at(each, each.before - value, policy)
        elif each.groups:
            total += most_at(each, prices, policy)
        else:
            total += each.most
    return total


def _may_hold(each: Watched, reduced: tuple[int, ...]) -> bool:
    """Whether its conditions hold where the parts are reduced by so much."""
    return all(
        (low is None or before - reduced[part] >= low) and (high is None or before - reduced[part] <= high)
        for part, before, low, high in each.needs
    )


def _varies(right: OrderRight, goods: Goods, touched: frozenset[int]) -> bool:
    """Whether its conditions are about goods that the items touch."""
    return any(goods.lines[at].line_no in touched for _, places in right.conditions for at in places)


def _watch_conditions(each: Watched, goods: Goods, reach: Reach, parts: _Parts) -> None:
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
            # The last reduction with which it still holds, and the last with which it does not yet.
            steps = [before - low] if low is not None else []
            steps += [before - high - 1] if high is not None else []
            lines = frozenset([lot.line.line_no for lot in falls])
            part = parts.add(lines, is_low=not may_hold, top=top, steps=tuple(steps))
            each.needs.append((part, before, low, high))


def _watch_dry(
    goods: Goods,
    watched: Sequence[Watched],
    touched: frozenset[int],
    parts: _Parts,
    several: frozenset[int],
    policy: Policy,
) -> bool:
    """Rights that may find less than they want: what the items take off such goods may be for nothing."""
    has_floor = any(lot.line.floor_minor for lot in goods.lots)
    is_even = policy.sharing == "largest_remainder" and policy.share_by == "gross" and not has_floor
    limits_of = [each.right.promotion.limits for each in watched]
    is_even = is_even and not any(limits.floor_ppm or limits.floor_minor for limits in limits_of)
    left = _left_at_least(watched) if is_even else {}
    is_dry = False
    for each in watched:
        is_near = any(other.touched and other.lines & each.lines for other in watched)
        if not is_near or (not each.is_fine and each.most <= left.get(id(each), -1)):
            continue
        limits = each.right.promotion.limits
        floors = sum(
            lot.count * max(lot.line.floor_minor, limits.floor_minor or 0)
            + lot.count * -(-lot.price_minor * (limits.floor_ppm or 0) // PPM_OF_ALL)
            for lot in goods.lots
            if lot.line.line_no in each.lines
        )
        wanted = sum(
            other.before if other.is_fine else other.most for other in watched if other.lines & each.lines
        )
        if wanted <= each.least - floors:
            continue
        is_dry = True
        # Where nothing is left to take, a share of more is not made up for by what the items take off.
        for other in watched:
            if other.slope and other.part is None and not other.is_fine and other.touched:
                other.part = parts.add(other.touched, is_low=is_monotone(other.right))
        if floors or has_floor or any(_overlaps(each, other) for other in watched):
            # Amounts go to lines first: only floors make a difference between units of a line.
            parts.add_lines(touched, several if floors or has_floor else frozenset())
        elif each.touched and not touched <= each.lines:
            parts.add(each.touched)
    return is_dry


def _left_at_least(watched: Sequence[Watched]) -> dict[int, int]:
    """What each finds at least when its turn comes, where no goods have floors.

    Amounts are shared out by what is left: of goods in common no larger share goes to an earlier right than
    of its own goods, but for the rounding of each line.
    """
    order = sorted(watched, key=lambda each: (-each.right.promotion.stack.priority, each.right.promotion_id))
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


def _overlaps(one: Watched, other: Watched) -> bool:
    """Whether neither holds the other and they have goods in common."""
    common = one.lines & other.lines
    return bool(common) and common not in (one.lines, other.lines)
