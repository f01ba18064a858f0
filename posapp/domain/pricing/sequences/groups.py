"""Which units a promotion of a sequence puts together, in the order that the policy declares.

One group is one application: the units that take part and those of them that are reduced. Groups are formed
one after the other and nothing is tried twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from posapp.domain.pricing.sequences.goods import Goods, trait
from posapp.domain.pricing.terms.basket import PPM_OF_ALL
from posapp.domain.pricing.terms.promotion import Bundle, NFor, Nth, Off, Reward
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """One application: `reduced` of its `units` get `off`, each or (`together`) all as one."""

    units: tuple[int, ...]
    reduced: tuple[int, ...]
    off: Off
    together: bool = False


def in_order(units: Sequence[int], goods: Goods) -> list[int]:
    """Units in the order in which the policy takes them; "best" takes the dearest first."""
    if goods.policy.takes == "listed":
        return list(units)
    return sorted(units, key=lambda unit: goods.left[unit], reverse=goods.policy.takes != "cheapest")


def _chunks(units: Sequence[int], n: int, goods: Goods, differ: str) -> list[list[int]]:
    """Full groups of n in the given order; with `differ` no two of a group have the same value."""
    if not differ:
        return [list(units[at : at + n]) for at in range(0, len(units) - n + 1, n)]
    rest, found = list(units), list[list[int]]()
    while True:
        chunk: list[int] = []
        seen: set[tuple[str, ...]] = set()
        for unit in rest:
            value = trait(goods, unit, differ)
            if value not in seen:
                seen.add(value)
                chunk.append(unit)
            if len(chunk) == n:
                break
        if len(chunk) < n:
            return found
        found.append(chunk)
        rest = [unit for unit in rest if unit not in chunk]


def _balanced(units: Sequence[int], n: int, goods: Goods, differ: str, cheap: int = 0) -> list[list[int]]:
    """Groups of n different ones from the values that have most units, and what is left over beside them.

    The first `cheap` of a group are the cheapest that may come next, the others the dearest, so that what
    is reduced is spread over the groups. A unit that is left joins a group that has none of its value.
    """
    of_value: dict[tuple[str, ...], list[int]] = {}
    for unit in units:
        of_value.setdefault(trait(goods, unit, differ), []).append(unit)
    for own in of_value.values():
        own.sort(key=lambda unit: goods.left[unit])
    begun = sorted(of_value, key=lambda value: -len(of_value[value]))
    groups: list[list[int]] = []
    while True:
        group: list[int] = []
        values: list[tuple[str, ...]] = []
        while len(group) < n:
            free = [value for value, own in of_value.items() if own and value not in values]
            if not free:
                break
            most = max(len(of_value[value]) for value in free)
            fits = [unit for value in free if len(of_value[value]) == most for unit in of_value[value]]
            fits.sort(key=lambda unit: goods.left[unit])
            group.append(fits[0] if len(group) < cheap else fits[-1])
            values.append(trait(goods, group[-1], differ))
        if len(group) < n:
            break
        groups.append(group)
        for unit, value in zip(group, values, strict=True):
            of_value[value].remove(unit)
    for value in begun:
        for group in groups:
            if of_value[value] and all(trait(goods, unit, differ) != value for unit in group):
                group.append(of_value[value].pop())
    return groups


def nth_groups(kind: Nth, units: Sequence[int], goods: Goods, *, differ: str) -> list[Group]:
    """Groups of n, `count` of each reduced; with takes "cheapest" the cheapest of all the units are."""
    ordered = in_order(units, goods)
    if goods.policy.takes == "cheapest" and kind.which == "cheapest" and not differ:
        times = len(ordered) // kind.n
        reduced, others = ordered[: times * kind.count], ordered[times * kind.count :][::-1]
        with_them = kind.n - kind.count
        return [
            Group((*others[at * with_them : (at + 1) * with_them], *mine), mine, kind.off)
            for at in range(times)
            for mine in [tuple(reduced[at * kind.count : (at + 1) * kind.count])]
        ]
    groups = []
    balances = bool(differ) and goods.policy.differing == "balanced"
    for chunk in (
        _balanced(ordered, kind.n, goods, differ, kind.count)
        if balances
        else _chunks(ordered, kind.n, goods, differ)
    ):
        by_price = sorted(chunk, key=lambda unit: goods.left[unit], reverse=kind.which == "dearest")
        # A group that others joined may be large enough to count twice.
        times = len(chunk) // kind.n
        used = chunk if len(chunk) == times * kind.n else by_price[: times * kind.n]
        groups.append(Group(tuple(used), tuple(by_price[: times * kind.count]), kind.off))
    return groups


def n_groups(kind: NFor, units: Sequence[int], goods: Goods, *, differ: str) -> list[Group]:
    """Groups of n: together for a price, or each unit of them reduced."""
    together = kind.off.price_minor is not None
    ordered = in_order(units, goods)
    if differ and goods.policy.differing == "balanced" and not together:
        chunks = _balanced(ordered, kind.n, goods, differ)
    else:
        chunks = _chunks(ordered, kind.n, goods, differ)
    return [Group(tuple(chunk), tuple(chunk), kind.off, together) for chunk in chunks]


def bundle_groups(kind: Bundle, units: Sequence[int], goods: Goods, most: int | None) -> list[Group]:
    """The parts again and again while each finds its units; the part with the fewest chooses first."""
    free = in_order(units, goods)
    groups: list[Group] = []
    while most is None or len(groups) < most:
        taken: list[int] = []
        for part in sorted(kind.parts, key=lambda part: sum(goods.has(part.of, u) for u in free)):
            fits = [u for u in free if u not in taken and goods.has(part.of, u)]
            if len(fits) < part.qty:
                return groups
            taken += fits[: part.qty]
        if not taken:
            return groups
        groups.append(Group(tuple(sorted(taken)), tuple(sorted(taken)), kind.off, kind.off.ppm is None))
        free = [unit for unit in free if unit not in taken]
    return groups


def reward_groups(
    kind: Reward, units: Sequence[int], goods: Goods, most: int | None
) -> tuple[list[Group], tuple[tuple[str, int], ...]]:
    """What is bought and what is given for it, again and again; gifts that lie in no basket are told."""
    free, groups, told = list(units), list[Group](), 0
    while most is None or len(groups) + told < most:
        found = _one_reward(kind, free, goods, len(groups) + told)
        if found is None:
            break
        bought, got = found
        if not got:
            if not kind.adds or kind.off.ppm != PPM_OF_ALL or not goods.left:
                break
            if not bought:
                # Nothing is used up: as often as is said.
                told = 1 if most is None else most - len(groups)
                break
            told += 1
        else:
            groups.append(Group(tuple(sorted((*bought, *got))), tuple(sorted(got)), kind.off))
        free = [unit for unit in free if unit not in bought and unit not in got]
    gifts = ((kind.adds[0], told * kind.get.qty),) if told else ()
    return groups, gifts


def _one_reward(
    kind: Reward, free: Sequence[int], goods: Goods, before: int
) -> tuple[list[int], list[int]] | None:
    """Units bought and got of one application; None where not enough is bought."""
    takes = goods.policy.takes
    if goods.policy.reward_first == "bought" and not kind.cheaper:
        found = _bought_first(kind, in_order(free, goods), goods, before)
        # What would be bought may be the only reward there is: then that is kept for it.
        if found is not None and found[1]:
            return found
    dearest = sorted(free, key=lambda unit: goods.left[unit], reverse=True)
    orders = {
        "best": (dearest, dearest[::-1]),
        "dearest": (dearest, dearest[::-1]),
        "cheapest": (dearest[::-1], dearest),
        "listed": (list(free), list(free)),
    }
    gets, buys = (dearest, dearest) if kind.cheaper else orders[takes]
    if takes == "cheapest" and not kind.cheaper:
        # What can be no reward is bought first, so that as many rewards as may be are left.
        buys = sorted(buys, key=lambda unit: goods.has(kind.get.of, unit))
    can_get = [unit for unit in gets if goods.has(kind.get.of, unit)]
    # Rewards are tried from the first of their order on, until what is left can still pay for them.
    starts = range(len(can_get) - kind.get.qty + 1)
    for start in (*starts, None):
        got = can_get[start : start + kind.get.qty] if start is not None else []
        least = max((goods.left[unit] for unit in got), default=0) if kind.cheaper else 0
        rest = [unit for unit in buys if unit not in got and goods.left[unit] >= least]
        bought = _bought(kind, rest, goods, before)
        if bought is not None:
            return bought, got
    return None


def _bought_first(
    kind: Reward, free: Sequence[int], goods: Goods, before: int
) -> tuple[list[int], list[int]] | None:
    """What is bought chooses first, what is got of the rest, both in the order of the policy."""
    bought = _bought(kind, free, goods, before)
    if bought is None:
        return None
    can_get = [unit for unit in free if unit not in bought and goods.has(kind.get.of, unit)]
    return bought, can_get[: kind.get.qty] if len(can_get) >= kind.get.qty else []


def _bought(kind: Reward, rest: Sequence[int], goods: Goods, before: int) -> list[int] | None:
    taken: list[int] = []
    for nth, part in enumerate(kind.buy):
        fits = [u for u in rest if u not in taken and goods.has(part.of, u)]
        if len(fits) < part.qty + (kind.over if nth == 0 else 0):
            return None
        taken += fits[: part.qty]
    if kind.buy_minor is not None:
        of_set = [u for u in rest if goods.has(kind.buy_of, u)]
        amount, wanted = 0, kind.buy_minor
        for unit in of_set:
            if amount >= wanted:
                break
            amount += goods.units[unit].base_minor
            taken.append(unit)
        if amount < wanted:
            return None
    return taken
