"""What one promotion of a sequence takes off the units as they stand, under the conventions of the policy.

Works on what earlier promotions left and decides nothing about order or stacking: it is told which units are
open. Which units a group takes follows `Policy.takes`; nothing here looks for the best combination.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from posapp.domain.money import round_div
from posapp.domain.pricing.sequences.goods import Goods, trait
from posapp.domain.pricing.sequences.groups import (
    Group,
    bundle_groups,
    in_order,
    n_groups,
    nth_groups,
    reward_groups,
)
from posapp.domain.pricing.terms.basket import PPM_OF_ALL
from posapp.domain.pricing.terms.policy import Sharing
from posapp.domain.pricing.terms.promotion import (
    Bundle,
    Condition,
    Deposit,
    EachUnit,
    NFor,
    Nth,
    Off,
    OrderOff,
    Promotion,
    QtyTier,
    Reward,
    SpendTier,
    Step,
)
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Effect:
    """What a promotion takes off each unit (by place), how often it applied, and on what amount."""

    shares: dict[int, int]
    used: frozenset[int]
    applications: int
    base_minor: int
    gifts: tuple[tuple[str, int], ...] = ()

    @property
    def amount_minor(self) -> int:
        """All that falls off."""
        return sum(self.shares.values())


def effect(promotion: Promotion, goods: Goods) -> Effect | None:
    """What a promotion of the item or order layer does now, or None where it takes nothing off."""
    found: list[Effect] = []
    for units in _alike(promotion, goods):
        match promotion.kind:
            case OrderOff() | SpendTier() | Deposit():
                one = _on_order(promotion, units, goods)
            case _:
                one = _on_items(promotion, units, goods)
        if one is not None:
            found.append(one)
    if not found:
        return None
    shares = {unit: amount for one in found for unit, amount in one.shares.items()}
    whole = Effect(
        _at_most(promotion.limits.max_minor, shares, goods),
        frozenset(unit for one in found for unit in one.used),
        sum(one.applications for one in found),
        sum(one.base_minor for one in found),
        tuple(gift for one in found for gift in one.gifts),
    )
    return whole if whole.amount_minor or whole.gifts else None


def _at_most(most: int | None, shares: dict[int, int], goods: Goods) -> dict[int, int]:
    if most is None or sum(shares.values()) <= most:
        return shares
    parts = goods.shared_by(most, list(shares), list(shares.values()))
    return dict(zip(shares, parts, strict=True))


def _alike(promotion: Promotion, goods: Goods) -> list[list[int]]:
    """The units a promotion acts on at once: all of its set, or those of each value of `same`."""
    units = goods.of_set(promotion)
    if not promotion.same:
        return [units]
    found: dict[tuple[str, ...], list[int]] = {}
    for unit in units:
        found.setdefault(trait(goods, unit, promotion.same), []).append(unit)
    alike = [(value, units) for value, units in found.items() if units]
    return [units for value, units in alike if _meets_alike(promotion, goods, value)]


def _meets_alike(promotion: Promotion, goods: Goods, value: tuple[str, ...]) -> bool:
    """Whether the conditions hold on the goods of one value by themselves."""
    among = [unit for unit in goods.unlocked if trait(goods, unit, promotion.same) == value]
    return meets(promotion, goods, among)


def meets(promotion: Promotion, goods: Goods, among: Sequence[int]) -> bool:
    """Whether a promotion's conditions hold on these units."""
    needs = promotion.needs
    met = [_holds_one(promotion, condition, goods, among) for condition in needs.conditions]
    return not met or (any(met) if needs.match == "any" else all(met))


def _holds_one(promotion: Promotion, condition: Condition, goods: Goods, among: Sequence[int]) -> bool:
    found = [unit for unit in among if goods.has(condition.of, unit)]
    is_left = promotion.needs.judged_on == "after_items"
    amount = sum(goods.with_tax(unit, condition.tax, is_left=is_left) for unit in found)
    items = len({goods.lines[goods.units[unit].line].sku for unit in found})
    return (
        (condition.min_qty is None or len(found) >= condition.min_qty)
        and (condition.max_qty is None or len(found) <= condition.max_qty)
        and (condition.min_minor is None or amount >= condition.min_minor)
        and (condition.max_minor is None or amount <= condition.max_minor)
        and (condition.min_items is None or items >= condition.min_items)
    )


# ------------------------------------------------------------------ items
def _on_items(promotion: Promotion, units: list[int], goods: Goods) -> Effect | None:
    limits, policy = promotion.limits, goods.policy
    groups, gifts = _groups(promotion, units, goods)
    # An application that takes nothing off uses no unit.
    groups = [group for group in groups if any(goods.room(unit, promotion) for unit in group.reduced)]
    whole = all(len(group.reduced) == 1 for group in groups) and isinstance(
        promotion.kind, EachUnit | QtyTier
    )
    if whole:
        kept = [group.reduced[0] for group in groups]
        best = sorted(kept, key=lambda unit: -_unit_gain(promotion, unit, goods))
        kept = best if policy.takes == "best" else in_order(kept, goods)
        allowed = set(_limited(promotion, kept, goods))
        groups = [group for group in groups if group.reduced[0] in allowed]
    else:
        groups = _within_lines(promotion, groups, goods)
    if limits.max_units is not None:
        count, fitting = 0, []
        for group in groups:
            count += len(group.reduced)
            if count <= limits.max_units:
                fitting.append(group)
        groups = fitting
        rest = max(0, limits.max_units - sum(len(group.reduced) for group in groups))
        gifts = tuple((sku, min(quantity, rest)) for sku, quantity in gifts if rest)
    gains = _gains(promotion, groups, goods, as_one=whole)
    shares: dict[int, int] = {}
    used: set[int] = set()
    applications = base = 0
    for group, parts in zip(groups, gains, strict=True):
        amount = sum(parts.values())
        if amount <= 0:
            continue
        applications += 1
        used.update(group.units)
        base += sum(goods.left[unit] for unit in group.units)
        shares.update(_shared_in(promotion, group, parts, goods))
    if not applications and not gifts:
        return None
    return Effect(shares, frozenset(used), applications or len(gifts), base, gifts)


def _within_lines(promotion: Promotion, groups: list[Group], goods: Goods) -> list[Group]:
    """The groups that reduce no more units of a line than a promotion's limit lets them, the first first."""
    most = promotion.limits.max_units_per_line
    if most is None:
        return groups
    of_line: Counter[int] = Counter()
    fitting: list[Group] = []
    for group in groups:
        more = Counter([goods.units[unit].line for unit in group.reduced])
        if all(of_line[line] + count <= most for line, count in more.items()):
            of_line += more
            fitting.append(group)
    return fitting


def _shared_in(promotion: Promotion, group: Group, parts: dict[int, int], goods: Goods) -> dict[int, int]:
    """Where an application's value falls: on all that took part, or on those it reduced."""
    if goods.policy.share_over == "reduced" or len(group.units) == len(parts) == 1:
        return parts
    # No share brings a unit below a floor; its own reduction always has room.
    rooms = [goods.room(unit, promotion) for unit in group.units]
    return dict(zip(group.units, goods.shared(sum(parts.values()), group.units, rooms), strict=True))


def _limited(promotion: Promotion, units: Sequence[int], goods: Goods) -> list[int]:
    """The first units that a promotion's limits let it take."""
    limits = promotion.limits
    most = min((each for each in (limits.max_units, limits.per_order) if each is not None), default=None)
    of_line: dict[int, int] = {}
    kept: list[int] = []
    for unit in units:
        line = goods.units[unit].line
        if limits.max_units_per_line is not None and of_line.get(line, 0) >= limits.max_units_per_line:
            continue
        if most is not None and len(kept) >= most:
            break
        of_line[line] = of_line.get(line, 0) + 1
        kept.append(unit)
    return kept


def _groups(
    promotion: Promotion, units: list[int], goods: Goods
) -> tuple[list[Group], tuple[tuple[str, int], ...]]:
    kind, most = promotion.kind, promotion.limits.per_order
    match kind:
        case EachUnit():
            return [Group((unit,), (unit,), kind.off) for unit in units], ()
        case QtyTier():
            return _tiers(promotion, kind, units, goods), ()
        case Nth():
            return nth_groups(kind, units, goods, differ=promotion.differ)[:most], ()
        case NFor():
            return n_groups(kind, units, goods, differ=promotion.differ)[:most], ()
        case Bundle():
            return bundle_groups(kind, units, goods, most), ()
        case Reward():
            return reward_groups(kind, units, goods, most)
        case _:
            return [], ()


def _tiers(promotion: Promotion, kind: QtyTier, units: list[int], goods: Goods) -> list[Group]:
    counted = range(len(goods.units)) if kind.counts == "basket" else units
    of_set = [unit for unit in counted if goods.has(promotion.on, unit)]
    groups = []
    for unit in units:
        line = goods.units[unit].line
        if kind.counts == "line":
            count = sum(1 for other in of_set if goods.units[other].line == line)
        elif kind.counts == "sku":
            sku = goods.lines[line].sku
            count = sum(1 for other in of_set if goods.lines[goods.units[other].line].sku == sku)
        else:
            count = len(of_set)
        step = highest(kind.steps, count)
        if step is not None:
            groups.append(Group((unit,), (unit,), step.off))
    return groups


def highest(steps: Iterable[Step], reached: int) -> Step | None:
    """The highest step that is reached."""
    return max((step for step in steps if step.least <= reached), key=lambda step: step.least, default=None)


def _unit_gain(promotion: Promotion, unit: int, goods: Goods) -> int:
    kind = promotion.kind
    off = kind.off if isinstance(kind, EachUnit) else Off(ppm=PPM_OF_ALL)
    if off.ppm is not None:
        return min(goods.room(unit, promotion), goods.share_base(unit, promotion) * off.ppm // PPM_OF_ALL)
    return _plain(off, unit, goods, promotion)


def _plain(off: Off, unit: int, goods: Goods, promotion: Promotion) -> int:
    wanted = off.minor if off.minor is not None else goods.left[unit] - (off.price_minor or 0)
    return max(0, min(goods.room(unit, promotion), wanted))


def _gains(
    promotion: Promotion, groups: Sequence[Group], goods: Goods, *, as_one: bool
) -> list[dict[int, int]]:
    """What each application takes off each of its reduced units, rounded as the policy says."""
    gains: list[dict[int, int]] = [{} for _ in groups]
    pools: dict[object, list[tuple[int, int, int]]] = {}
    for place, group in enumerate(groups):
        if group.together:
            rooms = {unit: goods.room(unit, promotion) for unit in group.reduced}
            sum_left = sum(goods.left[unit] for unit in group.reduced)
            wanted = (
                group.off.minor if group.off.minor is not None else sum_left - (group.off.price_minor or 0)
            )
            amount = max(0, min(wanted, sum(rooms.values())))
            parts = goods.shared(amount, group.reduced, list(rooms.values()))
            gains[place] = dict(zip(group.reduced, parts, strict=True))
            continue
        for unit in group.reduced:
            if group.off.ppm is None:
                gains[place][unit] = _plain(group.off, unit, goods, promotion)
                continue
            per = goods.policy.percent_per
            named = 0 if as_one and per == "application" else place
            key = (_pool(per, unit, named, goods), group.off.ppm)
            pools.setdefault(key, []).append((place, unit, group.off.ppm))
    for pool in pools.values():
        parts = percent(pool[0][2], [unit for _, unit, _ in pool], goods, promotion)
        for (place, unit, _), part in zip(pool, parts, strict=True):
            gains[place][unit] = part
    return gains


def _pool(per: str, unit: int, group: int, goods: Goods) -> object:
    line = goods.units[unit].line
    return {
        "unit": ("unit", unit),
        "line": ("line", line),
        "rate": ("rate", goods.lines[line].taxes),
        "application": ("application", group),
        "order": "order",
    }[per]


def percent(ppm: int, units: Sequence[int], goods: Goods, promotion: Promotion) -> tuple[int, ...]:
    """A share of what units come to, rounded once and shared out to them."""
    bases = [goods.share_base(unit, promotion) for unit in units]
    rooms = [goods.room(unit, promotion) for unit in units]
    amount = min(round_div(sum(bases) * ppm, PPM_OF_ALL, goods.policy.percent_mode), sum(rooms))
    # A share that were spread equally would be no share.
    how: Sharing = goods.policy.sharing if goods.policy.sharing != "equal_per_unit" else "largest_remainder"
    return goods.shared(amount, units, rooms, how)


# ------------------------------------------------------------------ order
def _on_order(promotion: Promotion, units: list[int], goods: Goods) -> Effect | None:
    kind = promotion.kind
    if isinstance(kind, OrderOff) and kind.units != "all":
        # What is free already is not the cheapest of what is paid.
        paid = [unit for unit in units if goods.left[unit]]
        by_price = sorted(paid, key=lambda unit: goods.left[unit], reverse=kind.units == "dearest")
        units = by_price[: kind.count]
    if isinstance(kind, OrderOff | SpendTier) and kind.per == "line":
        lines = sorted({goods.units[unit].line for unit in units})
        parts = [[unit for unit in units if goods.units[unit].line == line] for line in lines]
    else:
        parts = [units]
    shares: dict[int, int] = {}
    applications = 0
    for part in parts:
        times, taken = _of_part(promotion, part, goods)
        if taken:
            shares.update(taken)
            applications += times
    if not any(shares.values()):
        return None
    if isinstance(kind, OrderOff | SpendTier) and kind.per == "line":
        applications = 1
    return Effect(shares, frozenset(units), applications, sum(goods.left[unit] for unit in units))


def _of_part(promotion: Promotion, units: list[int], goods: Goods) -> tuple[int, dict[int, int]]:
    kind, cap, times = promotion.kind, None, 1
    match kind:
        case OrderOff():
            off, cap, more = kind.off, kind.cap_minor, 0
        case SpendTier():
            reached = (
                len(units) if kind.by == "qty" else sum(_judged(promotion, unit, goods) for unit in units)
            )
            step = highest(kind.steps, reached)
            if step is None:
                return 0, {}
            off, cap = step.off, kind.cap_minor
            more = step.more_minor * (reached - step.least)
            if kind.every:
                times = reached // max(step.least, 1)
                if promotion.limits.per_order is not None:
                    times = min(times, promotion.limits.per_order)
        case Deposit():
            off, more = Off(minor=max(0, kind.worth_minor - kind.paid_minor)), 0
        case _:
            return 0, {}
    if off.ppm is not None:
        return times, _percent_of_order(promotion, off.ppm * times, units, goods, cap)
    rooms = [goods.room(unit, promotion) for unit in units]
    left = sum(goods.left[unit] for unit in units)
    wanted = (off.minor or 0) * times + more if off.price_minor is None else left - off.price_minor
    amount = max(0, min(wanted, sum(rooms), cap if cap is not None else wanted))
    parts = goods.shared(amount, units, rooms)
    return times, dict(zip(units, parts, strict=True))


def _judged(promotion: Promotion, unit: int, goods: Goods) -> int:
    """What a threshold counts: the price the promotions began with, or what is left."""
    return goods.left[unit] if promotion.needs.judged_on == "after_items" else goods.units[unit].base_minor


def _percent_of_order(
    promotion: Promotion, ppm: int, units: list[int], goods: Goods, cap: int | None
) -> dict[int, int]:
    pools: dict[object, list[int]] = {}
    for unit in units:
        pools.setdefault(_pool(goods.policy.order_percent_per, unit, 0, goods), []).append(unit)
    shares: dict[int, int] = {}
    for pool in pools.values():
        shares.update(zip(pool, percent(ppm, pool, goods, promotion), strict=True))
    return _at_most(cap, shares, goods)
