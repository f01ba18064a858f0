"""The normal form: lots by falling price, and for each the rules that may take its units.

From promotions and their limits to automata: what cannot come about in this basket (too few units, a limit
nobody reaches) is left out here, so that the search only sees what ties units together. Knows
nothing of how the best is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from posapp.domain.pricing.goods.reductions import floor_of, off_gain
from posapp.domain.pricing.goods.sets import values_of
from posapp.domain.pricing.items.group_rules import GroupShape, group_rule, slots_of
from posapp.domain.pricing.items.price_layer import minor_max, units_max
from posapp.domain.pricing.items.rules import FreeRule, LimitedRule, Rule, Spot, TierRule, tier_ends
from posapp.domain.pricing.items.set_cache import ONLY, Eligible, Made, Reached, SetCache
from posapp.domain.pricing.terms.applications import Lot, Right
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import (
    Bundle,
    EachUnit,
    Limits,
    NFor,
    Nth,
    Off,
    QtyTier,
    Reward,
)


class NormalForm:
    """Open lots by falling price (then by line), their numbers, and the rules that may take units of each."""

    __slots__ = ("eligible", "is_frontier", "lots", "numbers")

    def __init__(self, lots: list[Lot], numbers: list[int], *, is_frontier: bool) -> None:
        #: Whether other answers than the best are asked for: no step may then stand for a higher one.
        self.is_frontier = is_frontier
        self.lots = lots
        self.numbers = numbers
        self.eligible: list[list[Eligible]] = [[] for _ in lots]


def normal_form(
    lots: Sequence[Lot],
    rights: Sequence[Right],
    policy: Policy,
    cache: SetCache,
    *,
    is_frontier: bool = False,
) -> NormalForm:
    """All rules that can do anything in this basket, on the lots that they reach."""
    open_lots = cache.open_lots(lots)
    numbers = [cache.lot(lot) for lot in open_lots.lots]
    form = NormalForm(open_lots.lots, numbers, is_frontier=is_frontier)
    eligible = form.eligible
    # Tills may have loaded them in another order; what is cut short must be the same all the same.
    for right in sorted(rights, key=_id_of):
        promotion = right.promotion
        reached = open_lots.reached(promotion)
        mine = reached[0]
        if not mine or not reached[2]:
            continue
        reach = tuple([numbers[position] for position in mine])
        token = cache.token(promotion)
        key = (token, right.uses_max, right.left_minor, right.code, is_frontier)
        known = cache.made.get(key)
        if known is None or known[0] != reach:
            known = (reach, cache.numbered(rules_on(form, reached, token, right, policy, cache)))
            cache.made[key] = known
        for _, pairs in known[1]:
            for n, pair in pairs:
                eligible[mine[n]].append(pair)
    return form


def rules_on(
    form: NormalForm, reach: Reached, token: int, right: Right, policy: Policy, cache: SetCache
) -> Made:
    """The rules of a right on the lots that it reaches."""
    promotion = right.promotion
    kind = promotion.kind
    limits = promotion.limits
    positions = reach[0]
    lots = form.lots
    name: tuple[object, ...] = (token, right.code)
    is_unlimited = limits is NO_LIMITS or limits == NO_LIMITS
    if is_unlimited and isinstance(kind, EachUnit) and right.uses_max is None and right.left_minor is None:
        free = cache.free.get(name)
        if free is None:
            free = cache.free[name] = FreeRule(right, policy.percent_mode, kind.off, name)
        return [(free, [(n, (free, _plain_spot(lots[position]))) for n, position in enumerate(positions)])]
    spots: dict[int, Spot] = {}
    has_floor = limits.floor_minor is not None or limits.floor_ppm is not None
    for position, slots in zip(positions, reach[1], strict=True):
        lot = lots[position]
        line = lot.line
        floor = floor_of(limits, lot.price_minor, line.floor_minor) if has_floor else line.floor_minor
        if not promotion.differ:
            spots[position] = Spot(slots, lot.price_minor, floor, lot.of_line or line.line_no)
            continue
        values = values_of(promotion.differ, line)
        if values:
            spots[position] = Spot(slots, lot.price_minor, floor, lot.of_line or line.line_no, values[0])
    rules: _Rules = []
    if isinstance(kind, EachUnit):
        rules = _unitwise((kind.off,), form, spots, right, name, policy)
    elif isinstance(kind, QtyTier):
        rules = _qty_tier(kind, form, spots, right, name, policy)
    elif isinstance(kind, Nth | NFor | Bundle | Reward):
        shape = _shape(kind, form, spots, right, policy) if spots else None
        if shape is not None:
            rules = [(group_rule(right, policy.percent_mode, shape), spots)]
    order = {position: n for n, position in enumerate(positions)}
    made: Made = []
    for rule, taken in rules:
        if isinstance(rule, FreeRule):
            rule = cache.free.setdefault(rule.key, rule)
        made.append((rule, [(order[position], (rule, spot)) for position, spot in taken.items()]))
    return made


def _id_of(right: Right) -> str:
    return right.promotion.promotion_id


def _plain_spot(lot: Lot) -> Spot:
    return Spot(ONLY, lot.price_minor, lot.line.floor_minor, lot.of_line or lot.line.line_no)


NO_LIMITS = Limits()


def _pieces(form: NormalForm, positions: Iterable[int]) -> int:
    lots = form.lots
    return sum([lots[position].count for position in positions])


_Rules = list[tuple[Rule, dict[int, Spot]]]


def _unitwise(
    offs: tuple[Off, ...], form: NormalForm, spots: dict[int, Spot], right: Right,
    key: tuple[object, ...], policy: Policy,
) -> _Rules:  # fmt: skip
    """The first slot of a spot says which of the reductions is its own; limits hold for all together."""
    mode = policy.percent_mode
    units = units_max(right)
    if units is not None and units >= _pieces(form, spots):
        units = None
    per_line = _per_line(form, spots, right)
    minor = minor_max(right)
    if minor is not None:
        most = sum(
            form.lots[n].count * off_gain(offs[spot.slots[0]], spot.base, mode) for n, spot in spots.items()
        )
        minor = None if most <= minor else minor
    if units is None and minor is None and per_line is None:
        if len(offs) == 1:
            return [(FreeRule(right, mode, offs[0], key), spots)]
        return [
            (
                FreeRule(right, mode, off, (*key, "step", step)),
                {position: spot for position, spot in spots.items() if spot.slots[0] == step},
            )
            for step, off in enumerate(offs)
            if any(spot.slots[0] == step for spot in spots.values())
        ]
    if per_line is not None and units is None and minor is None:
        by_line: dict[int, dict[int, Spot]] = {}
        for position, spot in spots.items():
            by_line.setdefault(spot.line_no, {})[position] = spot
        return [
            (
                LimitedRule(right, mode, offs=offs, units=per_line, minor=None, per_line=None),
                reached,
            )
            for reached in by_line.values()
        ]
    return [(LimitedRule(right, mode, offs=offs, units=units, minor=minor, per_line=per_line), spots)]


def _per_line(form: NormalForm, spots: dict[int, Spot], right: Right) -> int | None:
    """How many units of a line it reduces at most; None where no line has more."""
    per_line = right.promotion.limits.max_units_per_line
    if per_line is None:
        return None
    of_line: dict[int, int] = {}
    for position, spot in spots.items():
        of_line[spot.line_no] = of_line.get(spot.line_no, 0) + form.lots[position].count
    return per_line if max(of_line.values(), default=0) > per_line else None


def _qty_tier(
    kind: QtyTier, form: NormalForm, spots: dict[int, Spot], right: Right, key: tuple[object, ...],
    policy: Policy,
) -> _Rules:  # fmt: skip
    steps = tuple(sorted(kind.steps, key=lambda step: step.least))
    if kind.counts != "used":
        return _counted(kind, form, spots, right, key, policy)
    pieces = _pieces(form, spots)
    within = tuple(step for step in steps if step.least <= pieces)
    if not within:
        return []
    mode = policy.percent_mode
    most = right.promotion.limits.max_units
    units = most if most is None or most < pieces else None
    minor, per_line = minor_max(right), _per_line(form, spots, right)
    ends: tuple[int | None, ...] = (*[step.least for step in within[1:]], None)
    # Where money runs out, a lower step that is held on to would share it out otherwise.
    if not form.is_frontier and minor is None:
        ends = tier_ends(within, list(spots.values()), mode, bool(right.promotion.stack.agrees))
    rule = TierRule(right, mode, steps=within, ends=ends, units=units, minor=minor, per_line=per_line)
    return [(rule, spots)]


def _counted(
    kind: QtyTier, form: NormalForm, spots: dict[int, Spot], right: Right, key: tuple[object, ...],
    policy: Policy,
) -> _Rules:  # fmt: skip
    """Tiers that count the basket, the line or the item: the step is known before the search."""
    count_of: dict[object, int] = {}

    def word(position: int) -> object:
        line = form.lots[position].line
        if kind.counts == "line":
            return form.lots[position].of_line or line.line_no
        return line.sku if kind.counts == "sku" else ""

    for position in spots:
        name = word(position)
        count_of[name] = count_of.get(name, 0) + form.lots[position].count
    reached_spots: dict[int, Spot] = {}
    for position, spot in spots.items():
        reached = [n for n, step in enumerate(kind.steps) if step.least <= count_of[word(position)]]
        if reached:
            best = max(reached, key=lambda n: kind.steps[n].least)
            reached_spots[position] = spot._replace(slots=(best,))
    if not reached_spots:
        return []
    offs = tuple([step.off for step in kind.steps])
    return _unitwise(offs, form, reached_spots, right, key, policy)


def _shape(
    kind: Nth | NFor | Bundle | Reward, form: NormalForm, spots: dict[int, Spot], right: Right, policy: Policy
) -> GroupShape | None:
    """The automaton's numbers for this basket; None where no group can come about."""
    slots = slots_of(kind)
    lots = form.lots
    for number, slot in enumerate(slots):
        mine = [position for position, spot in spots.items() if number in spot.slots]
        if slot.amount is not None:
            if sum(lots[n].count * lots[n].price_minor for n in mine) < slot.amount:
                return None
        elif _pieces(form, mine) < (1 if slot.is_open else slot.pieces):
            return None
    off = kind.off
    price = amount = None
    if isinstance(kind, NFor | Bundle):
        price = off.price_minor
        amount = off.minor if isinstance(kind, Bundle) else None
    pieces = sum(1 if slot.is_open or slot.amount is not None else slot.pieces for slot in slots)
    if _pieces(form, spots) < pieces:
        return None
    limits = right.promotion.limits
    minor = minor_max(right)
    known = [most for most in (limits.per_order, right.uses_max) if most is not None]
    paid: int | None = None
    if limits.max_units is not None:
        if isinstance(kind, Nth | Reward):
            paid = limits.max_units
        else:
            known.append(limits.max_units // pieces)
    groups: int | None = min(known, default=None)
    if groups is not None and groups >= _pieces(form, spots) // pieces:
        groups = None
    if groups == 0 or paid == 0:
        return None
    over = kind.over if isinstance(kind, Reward) else 0
    is_cheaper, is_differing = isinstance(kind, Reward) and kind.cheaper, bool(right.promotion.differ)
    return GroupShape(
        slots, price, amount, form.is_frontier or _needs_sums(right, spots, price, amount, pieces),
        per_group=policy.percent_per == "application", groups_max=groups, paid_max=paid, minor_max=minor,
        over=over, is_cheaper=is_cheaper, is_differing=is_differing,
        is_over_chosen=bool(over) and (is_cheaper or is_differing),
        per_line=_per_line(form, spots, right), are_whole=isinstance(kind, NFor | Bundle),
    )  # fmt: skip


def _needs_sums(
    right: Right, spots: dict[int, Spot], price: int | None, amount: int | None, pieces: int
) -> bool:
    """Whether what a whole group gets off may depend on its own units beyond their prices' sum."""
    if price is None and amount is None:
        return False
    if minor_max(right) is not None or any(spot.floor > 0 for spot in spots.values()):
        return True
    if amount is None:
        return False
    return bool(right.promotion.stack.agrees) or amount > pieces * min(spot.base for spot in spots.values())
