"""From runs of units to the whole answer: lines, discounts with their lines and payers, tax, totals.

Nothing is computed a second time: what a line pays is what its units were left with, and what a discount took
is what it took off them. Every sum that must hold is looked at before the answer leaves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from posapp.domain.money import round_div
from posapp.domain.pricing.goods.runs import Run
from posapp.domain.pricing.goods.sharing import share
from posapp.domain.pricing.goods.taxes import tax_sums, taxed_lines, with_rounding
from posapp.domain.pricing.orders.points import earned, earns
from posapp.domain.pricing.terms.basket import PPM_OF_ALL, Basket
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import Discount, Gift, PricedBasket, PricedLine, UnitRun
from posapp.domain.pricing.terms.promotion import (
    Bundle,
    Deposit,
    EachUnit,
    NFor,
    Nth,
    Off,
    OrderOff,
    PriceBook,
    Promotion,
    QtyTier,
    Reward,
    SpendTier,
)
from posapp.values import dataclass

_LAYERS = {"price": 0, "item": 1, "order": 2, "points": 3}


@dataclass(frozen=True, slots=True)
class Effect:
    """What a slot of the runs stands for."""

    promotion: Promotion
    code: str
    applications: int
    base_minor: int = 0
    points: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """What the search hands over: runs, the effect of each of their slots, gifts, its own account.

    `effects` come layer by layer where nothing else was declared. `points_cost` is what the promotions that
    were used cost in points, `earning` are those that say what is earned, each with the code that opened it.
    """

    runs: Sequence[Run]
    effects: Mapping[int, Effect]
    gifts: tuple[Gift, ...] = ()
    states: int = 0
    is_proven: bool = True
    points_cost: int = 0
    earning: tuple[tuple[Promotion, str], ...] = ()


#: By promotion (which is held) and code, what was told of it last: all that it was made of, and the value.
Told = dict[tuple[int, str], tuple[Promotion, tuple[object, ...], Discount]]
#: Discounts kept at most; then the memory begins anew.
TOLD_MAX = 4_000


def answer(basket: Basket, settled: Settled, policy: Policy, told: Told | None = None) -> PricedBasket:
    """The priced basket, without explanations; discounts that are as they were `told` are the same values."""
    fallen = _fallen(settled.runs)
    places, of_place = _numbered(settled.effects, fallen)
    lines = _lines(basket, settled.runs, places)
    discounts = _discounts(basket, settled.effects, fallen, of_place, {} if told is None else told)
    taxes = tax_sums(taxed_lines(basket, lines, policy), policy)
    goods = sum([line.list_minor for line in lines])
    off = sum([discount.amount_minor for discount in discounts])
    due = goods - off + taxes.added_minor
    total = due
    if policy.cash_step_minor > 1:
        step = policy.cash_step_minor
        total = round_div(due, step, policy.cash_mode) * step
        if policy.cash_to == "largest_tax" and taxes.sums:
            taxes, due = with_rounding(taxes, total - due), total
    points, earned_by = _earned(basket, lines, discounts, settled.earning, policy)
    priced = PricedBasket(
        lines=lines,
        discounts=discounts,
        taxes=taxes.sums,
        goods_minor=goods,
        discount_minor=off,
        tax_added_minor=taxes.added_minor,
        rounding_minor=total - due,
        total_minor=total,
        gifts=settled.gifts,
        points_earned=points,
        points_used=sum([discount.points for discount in discounts]) + settled.points_cost,
        is_proven=settled.is_proven,
        states=settled.states,
        silent=_silent(basket, policy) if points else (),
        earned_by=earned_by,
    )
    check_sums(basket, priced)
    return priced


def _silent(basket: Basket, policy: Policy) -> tuple[int, ...]:
    return tuple([line.line_no for line in basket.lines if not earns(policy.points, line)])


def _earned(
    basket: Basket, lines: Sequence[PricedLine], discounts: Sequence[Discount],
    earning: Sequence[tuple[Promotion, str]], policy: Policy,
) -> tuple[int, tuple[str, ...]]:  # fmt: skip
    """Points that are earned, and the codes without which they would be fewer."""
    if not earning and not policy.points.points:
        return 0, ()
    by_points = dict.fromkeys([line.line_no for line in lines], 0)
    for discount in discounts:
        if discount.points:
            for line_no, part in discount.lines:
                by_points[line_no] += part
    paid = list(by_points.values())
    points = earned(basket, lines, [each for each, _ in earning], policy, paid)
    needed = list(earning)
    for pair in [pair for pair in earning if pair[1]]:
        # One by one: of two that reach the same limit only one is used up.
        others = [each for each in needed if each is not pair]
        if earned(basket, lines, [each for each, _ in others], policy, paid) == points:
            needed = others
    return points, tuple(dict.fromkeys([code for _, code in needed if code]))


def _fallen(runs: Sequence[Run]) -> dict[int, dict[int, int]]:
    """By slot and place of the line: what it took off."""
    fallen: dict[int, dict[int, int]] = {}
    for run in runs:
        at, count = run.at, run.count
        for slot, part in run.shares:
            of_slot = fallen.get(slot)
            if of_slot is None:
                of_slot = fallen[slot] = {}
            of_slot[at] = of_slot.get(at, 0) + part * count
    return fallen


def _numbered(
    effects: Mapping[int, Effect], fallen: Mapping[int, object]
) -> tuple[dict[int, int], list[list[int]]]:
    """By slot its place among the discounts, and the slots of each: those of one promotion and code are one.

    They go layer by layer; what took nothing has no place.
    """
    slots = list(effects)
    layers = [_LAYERS[effect.promotion.layer] for effect in effects.values()]
    if layers != sorted(layers):
        slots.sort(key=lambda slot: (_LAYERS[effects[slot].promotion.layer], abs(slot)))
    together: dict[tuple[str, str], list[int]] = {}
    for slot in slots:
        effect = effects[slot]
        together.setdefault((effect.promotion.promotion_id, effect.code), []).append(slot)
    of_place = [mine for mine in together.values() if not fallen.keys().isdisjoint(mine)]
    return {slot: place for place, mine in enumerate(of_place) for slot in mine}, of_place


def _lines(basket: Basket, runs: Sequence[Run], places: Mapping[int, int]) -> tuple[PricedLine, ...]:
    of_line: list[list[UnitRun]] = [[] for _ in basket.lines]
    paid = [0] * len(of_line)
    # Where every slot took something it is its own place.
    is_other = any(slot != place for slot, place in places.items())
    for run in runs:
        shares = run.shares
        if is_other and shares:
            shares = tuple([(places[slot], part) for slot, part in shares])
        if len(shares) > 1:
            last = -1
            for place, _ in shares:
                if place <= last:
                    shares = _in_places(shares)
                    break
                last = place
        at, count, left = run.at, run.count, run.left_minor
        paid[at] += left * count
        mine = of_line[at]
        if mine and mine[-1].paid_minor == left and mine[-1].shares == shares:
            mine[-1] = UnitRun(mine[-1].count + count, left, shares)
        else:
            mine.append(UnitRun(count, left, shares))
    return tuple(
        [
            PricedLine(
                line.line_no, line.sku, line.quantity, line.quantity * line.unit_minor, amount, tuple(units)
            )
            for line, units, amount in zip(basket.lines, of_line, paid, strict=True)
        ]
    )


def _in_places(shares: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """Each place once, in their order."""
    summed: dict[int, int] = {}
    for place, part in shares:
        summed[place] = summed.get(place, 0) + part
    return tuple(sorted(summed.items()))


def _discounts(
    basket: Basket, effects: Mapping[int, Effect], fallen: Mapping[int, dict[int, int]],
    of_place: Sequence[Sequence[int]], told: Told,
) -> tuple[Discount, ...]:  # fmt: skip
    discounts = []
    lines = basket.lines
    if len(told) > TOLD_MAX:
        told.clear()
    for slots in of_place:
        effect = effects[slots[0]]
        promotion = effect.promotion
        of_lines = fallen.get(slots[0], {})
        if len(slots) > 1:
            effect = _together([effects[slot] for slot in slots])
            of_lines = {}
            for slot in slots:
                for at, part in fallen.get(slot, {}).items():
                    of_lines[at] = of_lines.get(at, 0) + part
        by_line = tuple([(lines[at].line_no, part) for at, part in sorted(of_lines.items()) if part])
        made_of = by_line, effect.applications, effect.base_minor, effect.points
        known = told.get((id(promotion), effect.code))
        if known is None or known[1] != made_of:
            made = _discount(effect, by_line, sum(of_lines.values()))
            known = told[id(promotion), effect.code] = promotion, made_of, made
        discounts.append(known[2])
    return tuple(discounts)


def _discount(effect: Effect, by_line: tuple[tuple[int, int], ...], amount: int) -> Discount:
    promotion = effect.promotion
    return Discount(
        promotion.promotion_id,
        promotion.version,
        promotion.names,
        promotion.layer,
        rule_word(promotion),
        amount,
        by_line,
        funded(promotion, amount),
        effect.applications,
        effect.code,
        effect.base_minor,
        effect.points,
        promotion.gl_code,
        # Who pays with points is not asked for more of them.
        promotion.needs.points if promotion.layer != "points" else 0,
    )


def _together(effects: Sequence[Effect]) -> Effect:
    first = effects[0]
    return Effect(
        first.promotion, first.code, sum([each.applications for each in effects]),
        sum([each.base_minor for each in effects]), sum([each.points for each in effects]),
    )  # fmt: skip


def funded(promotion: Promotion, amount_minor: int) -> tuple[tuple[str, str, int], ...]:
    """Who pays how much of an amount, by largest remainder of the declared shares."""
    if len(promotion.funding) == 1:
        only = promotion.funding[0]
        return ((only.party, only.name, amount_minor),) if amount_minor else ()
    parts = share(amount_minor, [each.ppm for each in promotion.funding])
    return tuple(
        (each.party, each.name, part) for each, part in zip(promotion.funding, parts, strict=True) if part
    )


def store_cost(promotion: Promotion, amount_minor: int) -> int:
    """What an amount costs the store, in millionths of a minor unit: a measure for ties, never shown."""
    if len(promotion.funding) == 1:
        only = promotion.funding[0]
        return amount_minor * only.ppm if only.party == "store" else 0
    return amount_minor * sum([each.ppm for each in promotion.funding if each.party == "store"])


def rule_word(promotion: Promotion) -> str:
    """The kind of a promotion in the words of its document."""
    kind = promotion.kind
    if isinstance(kind, EachUnit):
        return _off_word(kind.off, "pct", "amount", "fixed_unit")
    if isinstance(kind, OrderOff):
        return _off_word(kind.off, "order_pct", "order_amount", "order_price")
    if isinstance(kind, NFor):
        return _off_word(kind.off, "n_pct", "n_amount", "n_for")
    if isinstance(kind, Reward):
        return "gift" if kind.off.ppm == PPM_OF_ALL else _off_word(kind.off, "reward", "reward", "pwp")
    return _WORDS.get(type(kind), "points_pay")


_WORDS: dict[type, str] = {
    PriceBook: "price_book",
    Nth: "nth",
    Bundle: "bundle",
    QtyTier: "qty_tier",
    SpendTier: "spend_tier",
    Deposit: "deposit",
}


def _off_word(off: Off, share_word: str, amount_word: str, price_word: str) -> str:
    if off.ppm is not None:
        return share_word
    return amount_word if off.minor is not None else price_word


def check_sums(basket: Basket, priced: PricedBasket) -> None:
    """Raise ArithmeticError where a sum does not hold: an answer that is wrong is never given."""
    of_lines = dict.fromkeys([line.line_no for line in basket.lines], 0)
    taken_back = {line.line_no for line in basket.lines if line.unit_minor < 0}
    for discount in priced.discounts:
        amount = 0
        for line_no, part in discount.lines:
            of_lines[line_no] += part
            amount += part
        if amount != discount.amount_minor:
            raise ArithmeticError(f"{discount.promotion_id}: its lines are not its amount")
        if sum([part for _, _, part in discount.funding]) != amount:
            raise ArithmeticError(f"{discount.promotion_id}: its payers do not pay its amount")
    paid = 0
    for line in priced.lines:
        count = 0
        for run in line.runs:
            count += run.count
            if run.paid_minor < 0 and line.line_no not in taken_back:
                raise ArithmeticError(f"line {line.line_no}: a unit is below zero")
        if count != line.quantity:
            raise ArithmeticError(f"line {line.line_no}: its units are not its quantity")
        if line.list_minor - of_lines[line.line_no] != line.paid_minor:
            raise ArithmeticError(f"line {line.line_no}: list less discounts is not what is paid")
        paid += line.paid_minor
    if priced.goods_minor - priced.discount_minor != paid:
        raise ArithmeticError("goods less discounts is not what the lines pay")
    if paid + priced.tax_added_minor + priced.rounding_minor != priced.total_minor:
        raise ArithmeticError("lines, tax and rounding are not the total")
