"""What other systems do instead of a search: one promotion after the other by a rule, each on what is left.

"priority" takes promotions in their stated order, each as often as it goes; "value" always takes the single
application that is worth most, "value_per_unit" the one worth most for each unit that it uses up. The order
layer on top is chosen as well as it can be, so that only the items make the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from posapp.domain.pricing.answers.engine import PriceCache, case_of
from posapp.domain.pricing.goods.reductions import off_gain
from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.orders.layer import OrderRight
from posapp.domain.pricing.orders.window import settle
from posapp.domain.pricing.terms.applications import Application, ItemChoice, Lot, TakenUnit
from posapp.domain.pricing.terms.basket import Basket
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import (
    Bundle,
    EachUnit,
    GoodsSet,
    NFor,
    Nth,
    Off,
    Promotion,
    QtyTier,
    Reward,
)

RULES = ("priority", "value", "value_per_unit")
#: A unit that nobody took yet: its lot and its number in the line.
Unit = tuple[Lot, int]
#: Units of an application with what each brings, and what the whole is worth.
Made = tuple[list[tuple[Unit, int]], int]


def greedy_saving(basket: Basket, promotions: Sequence[Promotion], rule: str) -> int:
    """What falls off in all where the items are chosen by a rule."""
    policy = Policy()
    world = case_of(basket, promotions, policy, PriceCache()).world(frozenset())
    items = [right.promotion for right in world.items]
    choice = _chosen(world.goods.lots, items, rule)
    best = 0
    groups: dict[str, list[OrderRight | None]] = {}
    for right in world.orders:
        groups.setdefault(right.promotion.stack.group or right.promotion_id, [None]).append(right)
    alike = [members for name, members in groups.items() if len(members) > 2]
    always = [members[1] for members in groups.values() if len(members) == 2]
    for some in product(*alike):
        orders = [right for right in (*always, *some) if right is not None]
        best = max(best, settle(world.goods, choice, orders, policy).saving_minor)
    return best


def _chosen(lots: Sequence[Lot], promotions: Sequence[Promotion], rule: str) -> ItemChoice:
    units = [(lot, index) for lot in lots for index in range(lot.first, lot.first + lot.count)]
    units.sort(key=lambda unit: (-unit[0].price_minor, unit[0].line.line_no, unit[1]))
    used: dict[str, int] = {}
    found: list[Application] = []
    ordered = sorted(promotions, key=lambda each: (-each.stack.priority, each.promotion_id))
    while True:
        best: tuple[int, int, Promotion, Made] | None = None
        for promotion in ordered:
            made = _application(promotion, units, used.get(promotion.promotion_id, 0))
            if made is None or made[1] <= 0:
                continue
            # In millionths, so that whole numbers tell.
            worth = made[1] * 1_000_000 // (len(made[0]) if rule == "value_per_unit" else 1)
            if best is None or worth > best[0]:
                best = (worth, made[1], promotion, made)
            if rule == "priority":
                break
        if best is None:
            break
        _, amount, promotion, made = best
        used[promotion.promotion_id] = used.get(promotion.promotion_id, 0) + 1
        gone = {(unit[0].line.line_no, unit[1]) for unit, _ in made[0]}
        units = [unit for unit in units if (unit[0].line.line_no, unit[1]) not in gone]
        taken = tuple(
            sorted(
                TakenUnit(lot.line.line_no, index, lot.price_minor, gain) for (lot, index), gain in made[0]
            )
        )
        found.append(Application(promotion, taken, amount))
    return ItemChoice(tuple(found), sum(one.amount_minor for one in found), 0)


def _application(promotion: Promotion, units: Sequence[Unit], times: int) -> Made | None:
    """The application that is worth most on what is left, its dearest units first; None where none goes."""
    kind, limits = promotion.kind, promotion.limits
    if limits.per_order is not None and times >= limits.per_order:
        return None
    mine = _of(promotion.on, units)
    if isinstance(kind, EachUnit):
        if limits.max_units is not None and times >= limits.max_units:
            return None
        return _reduced(mine[:1], kind.off) if mine else None
    if isinstance(kind, Nth):
        if len(mine) < kind.n:
            return None
        paid = kind.n - kind.count
        return _with(mine[:paid], _reduced(mine[paid : kind.n], kind.off))
    if isinstance(kind, NFor):
        return _together(mine[: kind.n], kind.off) if len(mine) >= kind.n else None
    if isinstance(kind, QtyTier):
        steps = [step for step in kind.steps if step.least <= len(mine)]
        return _reduced(mine, max(steps, key=lambda step: step.least).off) if steps and not times else None
    if isinstance(kind, Bundle):
        whole = _parts([(part.of, part.qty) for part in kind.parts], units)
        return _together(whole, kind.off) if whole else None
    if isinstance(kind, Reward):
        whole = _parts([(kind.get.of, 1), *((part.of, part.qty) for part in kind.buy)], units)
        return _with(whole[1:], _reduced(whole[:1], kind.off)) if whole else None
    return None


def _of(goods: GoodsSet, units: Sequence[Unit]) -> list[Unit]:
    return [unit for unit in units if holds(goods, unit[0].line)]


def _parts(wanted: Sequence[tuple[GoodsSet, int]], units: Sequence[Unit]) -> list[Unit]:
    """The dearest units of each part; nothing where one cannot be had."""
    left = list(units)
    found: list[Unit] = []
    for goods, count in wanted:
        mine = _of(goods, left)[:count]
        if len(mine) < count:
            return []
        found += mine
        left = [unit for unit in left if unit not in mine]
    return found


def _reduced(units: Sequence[Unit], off: Off) -> Made:
    gains = [off_gain(off, lot.price_minor, "half_up") for lot, _ in units]
    return list(zip(units, gains, strict=True)), sum(gains)


def _with(paid: Sequence[Unit], made: Made) -> Made:
    return [*((unit, 0) for unit in paid), *made[0]], made[1]


def _together(units: Sequence[Unit], off: Off) -> Made:
    if off.price_minor is None:
        return _reduced(units, off)
    whole = sum(lot.price_minor for lot, _ in units)
    return [(unit, 0) for unit in units], max(0, whole - off.price_minor)
