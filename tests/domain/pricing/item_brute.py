"""Every assignment of units to item promotions, tried one by one: the judge of the search on tiny baskets.

Written from what the promotions mean and not from the automata: a unit goes through one stack, groups of a
promotion are chunks by falling price. Slow on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product

from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.terms.applications import Lot, Right
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import Bundle, EachUnit, NFor, Nth, Off, Promotion, QtyTier, Reward

#: Line, index, price, own floor, lot.
Unit = tuple[int, int, int, int, Lot]
#: Promotion's place and slot, in the order of computing.
Stack = tuple[tuple[int, int], ...]


def off(reduction: Off, price: int) -> int:
    if reduction.ppm is not None:
        gain = (2 * price * reduction.ppm + 1_000_000) // 2_000_000
    elif reduction.minor is not None:
        gain = reduction.minor
    else:
        gain = price - (reduction.price_minor or 0)
    return max(0, min(gain, price))


def slots_for(promotion: Promotion, lot: Lot) -> list[int]:
    kind = promotion.kind
    if isinstance(kind, Bundle):
        sets = [part.of for part in kind.parts]
    elif isinstance(kind, Reward):
        sets = [part.of for part in kind.buy]
        if kind.buy_minor is not None:
            sets.append(kind.buy_of)
        sets.append(kind.get.of)
    else:
        sets = [promotion.on]
    return [n for n, goods in enumerate(sets) if holds(goods, lot.line)]


def names(one: Promotion, other: Promotion) -> bool:
    return "*" in one.stack.agrees or bool(one.stack.agrees & other.stack.tags)


def is_group(promotion: Promotion) -> bool:
    return isinstance(promotion.kind, Nth | NFor | Bundle | Reward)


def stacks_for(promotions: Sequence[Promotion], lot: Lot) -> list[Stack]:
    order = sorted(
        range(len(promotions)),
        key=lambda n: (is_group(promotions[n]), -promotions[n].stack.priority, promotions[n].promotion_id),
    )
    options = [[None, *slots_for(promotions[n], lot)] for n in order]
    found: list[Stack] = []
    for choice in product(*options):
        stack = tuple((n, slot) for n, slot in zip(order, choice, strict=True) if slot is not None)
        chosen = [promotions[n] for n, _ in stack]
        if sum(map(is_group, chosen)) > 1:
            continue
        if all(names(a, b) and names(b, a) for i, a in enumerate(chosen) for b in chosen[i + 1 :]):
            found.append(stack)
    return found


def units_of(lots: Sequence[Lot]) -> list[Unit]:
    units = [
        (lot.line.line_no, index, lot.price_minor, lot.line.floor_minor, lot)
        for lot in lots
        if not lot.is_locked
        for index in range(lot.first, lot.first + lot.count)
    ]
    return sorted(units, key=lambda unit: (-unit[2], unit[0], unit[1]))


def floor(promotion: Promotion, unit: Unit) -> int:
    limits = promotion.limits
    return max(unit[3], limits.floor_minor or 0, -(-unit[2] * (limits.floor_ppm or 0) // 1_000_000))


def gains_of(
    units: Sequence[Unit], rights: Sequence[Right], assignment: Sequence[Stack]
) -> list[tuple[int, list[int], int]] | None:
    """(promotion's place, places of units, amount) of each application, None where it is not allowed."""
    left = [unit[2] for unit in units]
    used = [sum(m == n for stack in assignment for m, _ in stack) for n in range(len(rights))]
    caps = [cap(right) for right in rights]
    had: dict[object, int] = {}
    applications: list[tuple[int, list[int], int]] = []
    for place, stack in enumerate(assignment):
        for n, _ in stack:
            promotion = rights[n].promotion
            if is_group(promotion):
                continue
            count = counted(promotion, units, units[place], used[n])
            gain = unitwise(promotion, count, units[place], left[place], had, n)
            if gain is None:
                return None
            gain = min(gain, caps[n])
            caps[n] -= gain
            left[place] -= gain
            applications.append((n, [place], gain))
        del place
    for n, right in enumerate(rights):
        if is_group(right.promotion):
            chosen = [(place, slot) for place, stack in enumerate(assignment) for m, slot in stack if m == n]
            if chosen:
                groups = grouped(right, [(units[p], left[p], slot, p) for p, slot in chosen])
                if groups is None:
                    return None
                for places, amount in groups:
                    amount = min(amount, caps[n])
                    caps[n] -= amount
                    applications.append((n, places, amount))
    return [one for one in applications if one[2] > 0]


def cap(right: Right) -> int:
    known = [most for most in (right.promotion.limits.max_minor, right.left_minor) if most is not None]
    return min(known, default=1 << 60)


def counted(promotion: Promotion, units: Sequence[Unit], unit: Unit, used: int) -> int:
    """The pieces that a tier counts for a unit."""
    kind = promotion.kind
    if not isinstance(kind, QtyTier) or kind.counts == "used":
        return used
    alike = {
        "basket": lambda other: True,
        "line": lambda other: other[0] == unit[0],
        "sku": lambda other: other[4].line.sku == unit[4].line.sku,
    }[kind.counts]
    return sum(alike(other) for other in units if slots_for(promotion, other[4]))


def unitwise(
    promotion: Promotion, count: int, unit: Unit, left: int, had: dict[object, int], n: int
) -> int | None:
    kind, limits = promotion.kind, promotion.limits
    had[n] = had.get(n, 0) + 1
    had[n, unit[0]] = had.get((n, unit[0]), 0) + 1
    most = [m for m in (limits.per_order, limits.max_units) if m is not None]
    is_over = bool(most) and had[n] > min(most)
    per_line = limits.max_units_per_line
    is_over = is_over or (per_line is not None and had[n, unit[0]] > per_line)
    # Pieces that a tier counts as its own may lie beside those that get money off.
    if is_over and not (isinstance(kind, QtyTier) and kind.counts == "used"):
        return None
    if isinstance(kind, EachUnit):
        reduction = kind.off
    else:
        assert isinstance(kind, QtyTier)
        reached = [step for step in kind.steps if step.least <= count]
        if not reached:
            return None
        reduction = max(reached, key=lambda step: step.least).off
        if is_over:
            return 0
    return max(0, min(off(reduction, left), left - floor(promotion, unit)))


Chosen = tuple[Unit, int, int, int]


def grouped(right: Right, chosen: Sequence[Chosen]) -> list[tuple[list[int], int]] | None:
    promotion = right.promotion
    kind, limits = promotion.kind, promotion.limits
    groups = list(_chunks(kind, chosen) or ())
    if not groups:
        return None
    most = [m for m in (limits.per_order, right.uses_max) if m is not None]
    if isinstance(kind, NFor | Bundle) and limits.max_units is not None:
        pieces = kind.n if isinstance(kind, NFor) else sum(part.qty for part in kind.parts)
        most.append(limits.max_units // pieces)
    if most and len(groups) > min(most):
        return None
    found: list[tuple[list[int], int]] = []
    # Money off is counted unit by unit in the order of prices, whatever group they are in.
    paid_order = sorted(one[3] for group in groups for one in group if _is_reduced(kind, group, one))
    of_line: dict[int, int] = {}
    per_line = limits.max_units_per_line
    number_of = {one[3]: one[0][0] for group in groups for one in group}
    if per_line is not None:
        is_whole = isinstance(kind, NFor | Bundle)
        within = []
        for place in sorted(number_of) if is_whole else paid_order:
            number = number_of[place]
            of_line[number] = of_line.get(number, 0) + 1
            within += [place] if of_line[number] <= per_line else []
        if is_whole and max(of_line.values()) > per_line:
            return None
        paid_order = within
    paid = set(paid_order if limits.max_units is None else paid_order[: limits.max_units])
    for group in groups:
        room = [max(0, left - floor(promotion, unit)) for unit, left, _, _ in group]
        whole = kind.off.price_minor if isinstance(kind, NFor | Bundle) else None
        if whole is not None:
            amount = max(0, min(sum(one[1] for one in group) - whole, sum(room)))
        elif isinstance(kind, Bundle) and kind.off.minor is not None:
            amount = min(kind.off.minor, sum(room))
        else:
            amount = sum(
                min(off(kind.off, one[1]), free)
                for one, free in zip(group, room, strict=True)
                if _is_reduced(kind, group, one) and (one[3] in paid or isinstance(kind, NFor | Bundle))
            )
        found.append(([one[3] for one in group], amount))
    return found


def _is_reduced(kind: object, group: Sequence[Chosen], one: Chosen) -> bool:
    if isinstance(kind, Nth):
        place = group.index(one)
        return place >= kind.n - kind.count if kind.which == "cheapest" else place < kind.count
    if isinstance(kind, Reward):
        return one[2] == len(kind.buy) + (kind.buy_minor is not None)
    return True


def _chunks(kind: object, chosen: Sequence[Chosen]) -> Iterator[list[Chosen]] | None:
    if isinstance(kind, Nth | NFor):
        if len(chosen) % kind.n:
            return None
        return iter([list(chosen[n : n + kind.n]) for n in range(0, len(chosen), kind.n)])
    if isinstance(kind, Bundle):
        slots = [[one for one in chosen if one[2] == n] for n in range(len(kind.parts))]
        times = len(slots[0]) // kind.parts[0].qty
        if any(len(mine) != times * part.qty for mine, part in zip(slots, kind.parts, strict=True)):
            return None
        return iter(
            [
                [
                    one
                    for mine, part in zip(slots, kind.parts, strict=True)
                    for one in mine[t * part.qty :][: part.qty]
                ]
                for t in range(times)
            ]
        )
    assert isinstance(kind, Reward)
    return _rewards(kind, chosen)


def _rewards(kind: Reward, chosen: Sequence[Chosen]) -> Iterator[list[Chosen]] | None:
    get_slot = len(kind.buy) + (kind.buy_minor is not None)
    gets = [one for one in chosen if one[2] == get_slot]
    times = -(-len(gets) // kind.get.qty)
    if not times:
        return None
    ways = combinations([one for one in chosen if one[2] == 0], kind.over)
    return next((iter(groups) for over in ways if (groups := _with_over(kind, chosen, gets, over))), None)


def _with_over(
    kind: Reward, chosen: Sequence[Chosen], gets: Sequence[Chosen], over: Sequence[Chosen]
) -> list[list[Chosen]] | None:
    """The groups where these pieces are those bought over; which they are changes nothing that falls off."""
    get_slot = len(kind.buy) + (kind.buy_minor is not None)
    times = -(-len(gets) // kind.get.qty)
    groups: list[list[Chosen]] = [[] for _ in range(times)]
    for slot, part in enumerate(kind.buy):
        mine = [one for one in chosen if one[2] == slot and one not in over]
        if len(mine) != times * part.qty:
            return None
        for n, one in enumerate(mine):
            groups[n // part.qty].append(one)
    if kind.buy_minor is not None:
        at = sums = 0
        for one in (one for one in chosen if one[2] == get_slot - 1 and one not in over):
            if at == times:
                return None
            groups[at].append(one)
            sums += one[1]
            if sums >= kind.buy_minor:
                at, sums = at + 1, 0
        if at != times:
            return None
    for n, one in enumerate(gets):
        group = groups[n // kind.get.qty]
        if kind.cheaper and any(other[2] != get_slot and other[0][2] < one[0][2] for other in group):
            return None
        group.append(one)
    groups[0].extend(over)
    return [sorted(group, key=lambda one: one[3]) for group in groups]


def best_by_force(lots: Sequence[Lot], rights: Sequence[Right], policy: Policy = Policy()) -> int:
    """The most money that can fall off."""
    return max(sum(one[2] for one in found) for found in all_choices(lots, rights))


def all_choices(lots: Sequence[Lot], rights: Sequence[Right]) -> Iterator[list[tuple[int, list[int], int]]]:
    """Every allowed assignment's applications."""
    units = units_of(lots)
    promotions = [right.promotion for right in rights]
    options = [stacks_for(promotions, unit[4]) for unit in units]
    for assignment in product(*options):
        found = gains_of(units, rights, assignment)
        if found is not None:
            yield found


def size(lots: Sequence[Lot], rights: Sequence[Right]) -> int:
    """How many assignments there are."""
    promotions = [right.promotion for right in rights]
    total = 1
    for unit in units_of(lots):
        total *= len(stacks_for(promotions, unit[4]))
    return total
