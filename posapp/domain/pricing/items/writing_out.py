"""From what was done with each unit to applications: units of unit-wise promotions together, groups apart.

Replays each rule's marks in the order of the search, so that the groups are those that were counted. Also
which gifts the till is to give that lie in no line. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from posapp.domain.pricing.goods.reductions import PPM_OF_ALL, floor_of
from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.goods.sharing import share
from posapp.domain.pricing.items.components import agree
from posapp.domain.pricing.items.group_rules import GroupRule
from posapp.domain.pricing.items.rules import Mark, Rule
from posapp.domain.pricing.items.set_cache import sets_of
from posapp.domain.pricing.items.tables import Step
from posapp.domain.pricing.items.units import NormalForm
from posapp.domain.pricing.terms.applications import Application, FreeGift, Lot, Right, TakenUnit
from posapp.domain.pricing.terms.promotion import Promotion, Reward

#: Line number, unit, price, and the slots that it fits.
_Free = tuple[int, int, int, tuple[int, ...]]
#: Line number, unit, price before, gain, role, floor.
Taken = tuple[int, int, int, int, str, int]
#: Of a rule: pieces bought over, open groups, a group that waits for the former (None: it had them).
Pending = tuple[tuple[Taken, ...], tuple[tuple[Taken, ...], ...], tuple[Taken, ...] | None]
NOTHING_PENDING: Pending = ((), (), ())


def applications_of(
    form: NormalForm, places: Sequence[tuple[int, int]], steps: Sequence[tuple[Step, ...]]
) -> tuple[Application, ...]:
    """All applications of a component; `places` are (position of the lot, unit of the line)."""
    by_rule: dict[int, tuple[Rule, list[tuple[int, Lot, Step]]]] = {}
    lots = form.lots
    for (position, index), done in zip(places, steps, strict=True):
        for step in done:
            rule = step.rule
            entry = by_rule.get(id(rule))
            if entry is None:
                entry = by_rule[id(rule)] = (rule, [])
            entry[1].append((index, lots[position], step))
    found: list[Application] = []
    for rule, taken in by_rule.values():
        if isinstance(rule, GroupRule):
            found.extend(_groups(rule, taken))
        else:
            units = tuple(
                sorted(
                    [
                        TakenUnit(lot.line.line_no, index, step.price, step.gain, "each")
                        for index, lot, step in taken
                    ]
                )
            )
            amount = sum([unit.gain_minor for unit in units])
            if amount > 0:
                found.append(Application(rule.promotion, units, amount, len(units), True, rule.right.code))
    return tuple(found)


def group_floor(rule: Rule, lot: Lot) -> int:
    """What a group's share never brings a unit of a lot below."""
    return floor_of(rule.promotion.limits, lot.price_minor, lot.line.floor_minor)


def with_unit(
    rule: GroupRule, pending: Pending, mark: Mark, unit: Taken
) -> tuple[Pending, tuple[Taken, ...]]:
    """What is pending after a unit, and the group that it ends: the first one has the pieces bought over."""
    over, groups, waiting = pending
    spot, _, ends = mark
    if spot < 0:
        over = (*over, unit)
        if waiting and len(over) == rule.shape.over:
            return ((), groups, None), (*waiting, *over)
        return (over, groups, waiting), ()
    group = (*groups[spot], unit) if spot < len(groups) else (unit,)
    groups = (*groups[:spot], *(() if ends else (group,)), *groups[spot + 1 :])
    if not ends:
        return (over, groups, waiting), ()
    if not rule.shape.is_over_chosen:
        return ((), groups, ()), (*group, *over)
    if waiting is None or waiting:
        return (over, groups, waiting), group
    if len(over) < rule.shape.over:
        return (over, groups, group), ()
    return ((), groups, None), (*group, *over)


def _groups(rule: GroupRule, taken: list[tuple[int, Lot, Step]]) -> list[Application]:
    slots = rule.shape.slots
    open_groups: list[list[Taken]] = []
    closed: list[list[Taken]] = []
    over: list[Taken] = []
    for index, lot, step in taken:
        assert step.mark is not None
        place, slot, ends = step.mark
        line, floor = lot.line.line_no, group_floor(rule, lot)
        if place < 0:
            over.append((line, index, step.price, 0, "buy", floor))
            continue
        if place == len(open_groups):
            open_groups.append([])
        open_groups[place].append((line, index, step.price, step.gain, slots[slot].role, floor))
        if ends:
            closed.append(open_groups.pop(place))
    found: list[Application] = []
    for group in closed + open_groups:
        made = group_application(rule, [*group, *over])
        if made is not None:
            over = []
            found.append(made)
    return found


def group_application(rule: GroupRule, group: list[Taken]) -> Application | None:
    """One group as an application, None where nothing falls off."""
    amount = sum(one[3] for one in group)
    if amount <= 0:
        return None
    units = sorted(group)
    if rule.shape.price is not None or rule.shape.amount is not None:
        gains: Sequence[int] = share(amount, [one[2] for one in units])
    else:
        gains = [one[3] for one in units]
    made = tuple(
        TakenUnit(line, index, price, gain, role, floor)
        for (line, index, price, _, role, floor), gain in zip(units, gains, strict=True)
    )
    return Application(rule.promotion, made, amount, code=rule.right.code)


def joined(found: list[Application]) -> tuple[Application, ...]:
    """Unit-wise applications of a promotion become one; all by promotion, then by their first unit."""
    parts: dict[int, list[Application]] = {}
    joined: list[Application] = []
    for one in found:
        if one.is_unitwise:
            parts.setdefault(id(one.promotion), []).append(one)
        else:
            joined.append(one)
    for same in parts.values():
        if len(same) == 1:
            joined.append(same[0])
            continue
        units = tuple(sorted(unit for one in same for unit in one.units))
        amount = sum(one.amount_minor for one in same)
        joined.append(replace(same[0], units=units, amount_minor=amount, times=len(units)))
    joined.sort(key=lambda one: (one.promotion.promotion_id, one.units[0][:2]))
    return tuple(joined)


def gifts_of(
    lots: Sequence[Lot], rights: Sequence[Right], applications: Sequence[Application]
) -> tuple[FreeGift, ...]:
    """Gifts that lie in no line: for each promotion that adds them, how many the units left over qualify for.

    A unit is left over where nothing was applied to it, or only what is unit-wise and agrees.
    """
    adding = [
        (right, right.promotion.kind)
        for right in rights
        if isinstance(right.promotion.kind, Reward)
        and right.promotion.kind.adds
        and right.promotion.kind.off.ppm == PPM_OF_ALL
    ]
    if not adding:
        return ()
    used: dict[tuple[int, int], list[tuple[Promotion, bool]]] = {}
    for one in applications:
        for unit in one.units:
            used.setdefault(unit[:2], []).append((one.promotion, one.is_unitwise))
    given: list[FreeGift] = []
    for right, kind in sorted(adding, key=lambda pair: pair[0].promotion.promotion_id):
        promotion = right.promotion
        taken = sum(one.promotion == promotion for one in applications)
        most = [limit for limit in (promotion.limits.per_order, right.uses_max) if limit is not None]
        left = min(most, default=None)
        if left is not None:
            left -= taken
        if any(holds(kind.get.of, lot.line) for lot in lots):
            # Goods of the reward lie in the basket: they are what is given.
            continue
        times = _times(lots, promotion, used, left)
        if times:
            given.append(FreeGift(promotion, times * kind.get.qty, right.code))
    return tuple(given)


def _times(
    lots: Sequence[Lot], promotion: Promotion,
    used: dict[tuple[int, int], list[tuple[Promotion, bool]]], most: int | None,
) -> int:  # fmt: skip
    """How often the units left over make up all that is to be bought; those it takes are marked as used."""
    kind = promotion.kind
    assert isinstance(kind, Reward)
    if not kind.buy and kind.buy_minor is None:
        # With every order, as often as is said; without an end it would be given for ever.
        return max(0, most or 0) if lots else 0
    sets = sets_of(promotion)
    free: list[_Free] = []
    for lot in sorted(lots, key=lambda one: (-one.price_minor, one.line.line_no, one.first)):
        if lot.is_locked:
            continue
        slots = tuple([number for number, goods in enumerate(sets) if holds(goods, lot.line)])
        for index in range(lot.first, lot.first + lot.count):
            had = used.get((lot.line.line_no, index), [])
            if slots and all(is_unitwise and agree(other, promotion) for other, is_unitwise in had):
                free.append((lot.line.line_no, index, lot.price_minor, slots))
    times = 0
    while most is None or times < most:
        taken = _one_time(kind, free)
        if not taken:
            break
        for one in taken:
            free.remove(one)
            used.setdefault(one[:2], []).append((promotion, False))
        times += 1
    return times


def _one_time(kind: Reward, free: Sequence[_Free]) -> list[_Free]:
    """Units that make up all parts once, the dearest first; nothing where they do not."""
    taken: list[_Free] = []
    asked = [(part.qty, 0) for part in kind.buy]
    if kind.buy_minor is not None:
        asked.append((0, kind.buy_minor))
    for slot, (pieces, amount) in enumerate(asked):
        for one in free:
            if pieces <= 0 and amount <= 0:
                break
            if slot in one[3] and one not in taken:
                taken.append(one)
                pieces -= 1
                amount -= one[2]
        if pieces > 0 or amount > 0:
            return []
    return taken
