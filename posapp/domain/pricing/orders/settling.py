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

_LAYER_ORDER = ("price", "item", "order", "points")


@dataclass(frozen=True, slots=True)
class Effect:
    """What a slot of the runs stands for."""

    promotion: Promotion
    code: str = ""
    applications: int = 1
    base_minor: int = 0
    points: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """What the search hands over: runs, the effect of each of their slots, gifts, its own account."""

    runs: Sequence[Run]
    effects: Mapping[int, Effect]
    gifts: tuple[Gift, ...] = ()
    states: int = 0
    is_proven: bool = True


def answer(basket: Basket, settled: Settled, policy: Policy) -> PricedBasket:
    """The priced basket, without points earned and explanations."""
    merged, order = _merged(settled.effects)
    kept = _numbered(settled, merged, order)
    lines = _lines(basket, settled.runs, merged, kept)
    discounts = _discounts(basket, settled.runs, settled.effects, merged, kept)
    taxes = tax_sums(taxed_lines(basket, lines, policy), policy)
    goods = sum(line.list_minor for line in lines)
    off = sum(discount.amount_minor for discount in discounts)
    due = goods - off + taxes.added_minor
    total = due
    if policy.cash_step_minor > 1:
        step = policy.cash_step_minor
        total = round_div(due, step, policy.cash_mode) * step
        if policy.cash_to == "largest_tax" and taxes.sums:
            taxes, due = with_rounding(taxes, total - due), total
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
        points_used=sum(discount.points for discount in discounts),
        is_proven=settled.is_proven,
        states=settled.states,
    )
    check_sums(basket, priced)
    return priced


def _merged(effects: Mapping[int, Effect]) -> tuple[dict[int, int], list[int]]:
    """Slots of one promotion and code are one discount: slot to its first, and the firsts in layer order."""
    firsts: dict[tuple[str, str], int] = {}
    merged: dict[int, int] = {}
    for slot in sorted(effects, key=lambda n: (_LAYER_ORDER.index(effects[n].promotion.layer), abs(n))):
        key = (effects[slot].promotion.promotion_id, effects[slot].code)
        merged[slot] = firsts.setdefault(key, slot)
    return merged, list(firsts.values())


def _numbered(settled: Settled, merged: Mapping[int, int], order: Sequence[int]) -> dict[int, int]:
    """The place among the discounts of each slot that took anything."""
    took = {merged[slot] for run in settled.runs for slot, part in run.shares if part}
    return {slot: place for place, slot in enumerate(slot for slot in order if slot in took)}


def _lines(
    basket: Basket, runs: Sequence[Run], merged: Mapping[int, int], kept: Mapping[int, int]
) -> tuple[PricedLine, ...]:
    of_line: list[list[UnitRun]] = [[] for _ in basket.lines]
    for run in runs:
        shares: dict[int, int] = {}
        for slot, part in run.shares:
            place = kept[merged[slot]]
            shares[place] = shares.get(place, 0) + part
        unit = UnitRun(run.count, run.left_minor, tuple(sorted(shares.items())))
        mine = of_line[run.at]
        if mine and (mine[-1].paid_minor, mine[-1].shares) == (unit.paid_minor, unit.shares):
            mine[-1] = UnitRun(mine[-1].count + unit.count, unit.paid_minor, unit.shares)
        else:
            mine.append(unit)
    return tuple(
        PricedLine(
            line.line_no,
            line.sku,
            line.quantity,
            line.amount_minor,
            sum(unit.paid_minor * unit.count for unit in units),
            tuple(units),
        )
        for line, units in zip(basket.lines, of_line, strict=True)
    )


def _discounts(
    basket: Basket,
    runs: Sequence[Run],
    effects: Mapping[int, Effect],
    merged: Mapping[int, int],
    kept: Mapping[int, int],
) -> tuple[Discount, ...]:
    of_lines: list[dict[int, int]] = [{} for _ in kept]
    for run in runs:
        for slot, part in run.shares:
            lines = of_lines[kept[merged[slot]]]
            lines[run.at] = lines.get(run.at, 0) + part * run.count
    discounts = []
    for first, place in kept.items():
        mine = [effect for slot, effect in effects.items() if merged[slot] == first]
        promotion = mine[0].promotion
        amount = sum(of_lines[place].values())
        discounts.append(
            Discount(
                promotion.promotion_id,
                promotion.version,
                promotion.names,
                promotion.layer,
                rule_word(promotion),
                amount,
                tuple(
                    (basket.lines[at].line_no, part) for at, part in sorted(of_lines[place].items()) if part
                ),
                funded(promotion, amount),
                sum(effect.applications for effect in mine),
                mine[0].code,
                sum(effect.base_minor for effect in mine),
                sum(effect.points for effect in mine),
                promotion.gl_code,
                promotion.needs.points,
            )
        )
    return tuple(discounts)


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
    return amount_minor * sum(each.ppm for each in promotion.funding if each.party == "store")


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
    of_lines: dict[int, int] = {line.line_no: 0 for line in basket.lines}
    taken_back = {line.line_no for line in basket.lines if line.unit_minor < 0}
    for discount in priced.discounts:
        if sum(part for _, part in discount.lines) != discount.amount_minor:
            raise ArithmeticError(f"{discount.promotion_id}: its lines are not its amount")
        if sum(part for _, _, part in discount.funding) != discount.amount_minor:
            raise ArithmeticError(f"{discount.promotion_id}: its payers do not pay its amount")
        for line_no, part in discount.lines:
            of_lines[line_no] += part
    for line in priced.lines:
        if sum(run.count for run in line.runs) != line.quantity:
            raise ArithmeticError(f"line {line.line_no}: its units are not its quantity")
        if line.list_minor - of_lines[line.line_no] != line.paid_minor:
            raise ArithmeticError(f"line {line.line_no}: list less discounts is not what is paid")
        for run in line.runs:
            if run.paid_minor < 0 and line.line_no not in taken_back:
                raise ArithmeticError(f"line {line.line_no}: a unit is below zero")
    paid = sum(line.paid_minor for line in priced.lines)
    if priced.goods_minor - priced.discount_minor != paid:
        raise ArithmeticError("goods less discounts is not what the lines pay")
    if paid + priced.tax_added_minor + priced.rounding_minor != priced.total_minor:
        raise ArithmeticError("lines, tax and rounding are not the total")
