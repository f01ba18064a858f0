"""What must hold of a priced cart, computed anew from the answer and the rules alone.

Sums of lines, units, discounts, payers, taxes and tenders; no unit below zero or below a floor; every limit
kept. Each check yields sentences, none where all is well. Returns are checked next door.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.priced import Discount, PricedBasket
from posapp.domain.pricing.terms.promotion import EachUnit, PointsPay, Promotion, QtyTier, Reward
from posapp.domain.shop import CashRules, TenderType
from posapp.domain.tenders import Payment, TenderRefusal, take
from tests.simulation.cart_drawings import Cart

_CASH = TenderType("cash", "cash", {}, True)
_CARD = TenderType("card", "recorded", {}, False)


# ------------------------------------------------------------------ sums
def sums(cart: Cart, priced: PricedBasket) -> Iterator[str]:
    """Units, lines, discounts and payers add up, and lines to the total."""
    lines = cart.basket.lines
    if [(each.line_no, each.sku, each.quantity) for each in priced.lines] != [
        (each.line_no, each.sku, each.quantity) for each in lines
    ]:
        yield "other lines than the basket's"
        return
    taken: dict[int, int] = {}
    by_line: dict[tuple[int, int], int] = {}
    for line, each in zip(lines, priced.lines, strict=True):
        if sum(run.count for run in each.runs) != each.quantity or min(run.count for run in each.runs) < 1:
            yield f"line {each.line_no}: not its units"
        if sum(run.count * run.paid_minor for run in each.runs) != each.paid_minor:
            yield f"line {each.line_no}: units are not the line"
        for run in each.runs:
            if run.paid_minor < 0 or any(part <= 0 for _, part in run.shares):
                yield f"line {each.line_no}: below nothing"
            if run.paid_minor + sum(part for _, part in run.shares) != line.unit_minor:
                yield f"line {each.line_no}: a unit's shares are not its reduction"
            if run.shares and line.is_locked:
                yield f"line {each.line_no}: locked"
            if run.paid_minor < min(line.floor_minor, line.unit_minor):
                yield f"line {each.line_no}: below its floor"
            for place, part in run.shares:
                taken[place] = taken.get(place, 0) + part * run.count
                key = (place, each.line_no)
                by_line[key] = by_line.get(key, 0) + part * run.count
    if taken != {place: each.amount_minor for place, each in enumerate(priced.discounts)}:
        yield "what units gave is not what discounts took"
    for place, discount in enumerate(priced.discounts):
        if dict(discount.lines) != {line_no: part for (at, line_no), part in by_line.items() if at == place}:
            yield f"{discount.promotion_id}: not its lines"
        yield from _paid_by(discount, _of(cart, discount))
    goods = sum(line.quantity * line.unit_minor for line in lines)
    paid = sum(each.paid_minor for each in priced.lines)
    if (priced.goods_minor, priced.discount_minor) != (goods, goods - paid):
        yield "goods less discounts are not the lines"
    step = cart.policy.cash_step_minor
    if paid + priced.tax_added_minor + priced.rounding_minor != priced.total_minor:
        yield "lines, tax and rounding are not the total"
    if priced.total_minor % max(step, 1) or abs(priced.rounding_minor) >= max(step, 1):
        yield "rounded by more than a step, or not at all"


def _of(cart: Cart, discount: Discount) -> Promotion:
    return next(each for each in cart.promotions if each.promotion_id == discount.promotion_id)


def _paid_by(discount: Discount, promotion: Promotion) -> Iterator[str]:
    if sum(part for _, _, part in discount.funding) != discount.amount_minor:
        yield f"{discount.promotion_id}: payers do not pay it all"
    told = {(party, name): part for party, name, part in discount.funding}
    for each in promotion.funding:
        part = told.pop((each.party, each.name), 0)
        if abs(part * 1_000_000 - discount.amount_minor * each.ppm) >= 1_000_000:
            yield f"{discount.promotion_id}: {each.party} pays {part}"
    if told:
        yield f"{discount.promotion_id}: paid by strangers"


def taxes(cart: Cart, priced: PricedBasket) -> Iterator[str]:
    """Net and included tax are the price of each line; the sums are those of their lines."""
    if cart.policy.tax_rounding in ("net_total", "net_document"):
        return
    left = {each.line_no: each.paid_minor for each in priced.lines}
    nets: dict[int, int] = {}
    added = 0
    for each in priced.taxes:
        if each.taxable_minor != sum(net for _, net, _ in each.line_shares):
            yield f"{each.rate_id}: nets are not its base"
        if each.tax_minor != sum(tax for _, _, tax in each.line_shares):
            yield f"{each.rate_id}: lines are not its tax"
        added += 0 if each.included else each.tax_minor
        for line_no, net, tax in each.line_shares:
            left[line_no] -= tax if each.included else 0
            if nets.setdefault(line_no, net) != net:
                yield f"{each.rate_id}: another net on line {line_no}"
    if added != priced.tax_added_minor:
        yield "added tax is not the sum of its rates"
    yield from (f"line {n}: net and tax are not the price" for n, net in nets.items() if left[n] != net)
    yield from (f"line {n}: a net of {net}" for n, net in nets.items() if net < 0)


def tenders(cart: Cart, priced: PricedBasket, dice: Random) -> Iterator[str]:
    """Some by card, the rest in cash: what was given less the change is the total, with cash's rounding."""
    # The till reads every mode of rounding, its shop's file only three of them.
    rules = CashRules(cart.policy.cash_step_minor, cart.policy.cash_mode, (), 0, 0)  # type: ignore[arg-type]
    payment = Payment(priced.total_minor - priced.rounding_minor)
    by_card = dice.choice((0, 0, dice.randint(0, max(0, payment.total_minor))))
    if 0 < by_card < payment.total_minor:
        taken = take(payment, _CARD, by_card, rules)
        if isinstance(taken, TenderRefusal) or taken[1]:
            yield "a card is refused, or pays more than it pays"
            return
        payment = taken[0]
    taken = take(payment, _CASH, max(0, payment.total_minor) + dice.randint(50, 5000), rules)
    if isinstance(taken, TenderRefusal) or not taken[1]:
        yield "cash does not pay it"
        return
    paid = taken[0]
    if len(paid.tenders) == 1 and paid.rounding_minor != priced.rounding_minor:
        yield "cash is rounded otherwise at the till"
    if paid.paid_minor - paid.change_minor != paid.total_minor + paid.rounding_minor or paid.change_minor < 0:
        yield "tenders less change are not the total"


# ------------------------------------------------------------------ limits
def limits(cart: Cart, priced: PricedBasket) -> Iterator[str]:
    """No promotion does more than it may."""
    of = {each.promotion_id: each for each in cart.promotions}
    used = [of[each.promotion_id] for each in priced.discounts]
    money_off = [each for each in used if each.layer != "points"]
    of_groups = used if cart.policy.choose == "best" else money_off
    groups = [each.stack.group for each in of_groups if each.stack.group]
    if len(groups) != len(set(groups)):
        yield "two of a group"
    companies = {each.stack.alone_with or each.promotion_id for each in money_off}
    if any(each.stack.alone for each in money_off) and len(companies) > 1:
        yield "not alone"
    lines = {line.line_no: line for line in cart.basket.lines}
    for place, (discount, promotion) in enumerate(zip(priced.discounts, used, strict=True)):
        yield from _within(cart.basket, discount, promotion)
        yield from _units_within(place, priced, promotion, lines)
    if priced.points_used > cart.basket.points or priced.points_used < sum(
        d.points for d in priced.discounts
    ):
        yield "more points than there are"
    wanted = cart.basket.points_wanted
    if wanted is not None and sum(each.points for each in priced.discounts) > wanted:
        yield "more points than were wanted"


def _within(basket: Basket, discount: Discount, promotion: Promotion) -> Iterator[str]:
    name, bounds = promotion.promotion_id, promotion.limits
    uses = basket.uses.get(name)
    budget = bounds.campaign_minor
    if budget is not None:
        budget -= (uses.campaign_minor or 0) if uses else 0
    if not promotion.same:
        for most in (bounds.max_minor, budget):
            if most is not None and discount.amount_minor > most:
                yield f"{name}: takes {discount.amount_minor}, at most {most}"
        if promotion.layer == "item" and discount.applications > (bounds.per_order or discount.applications):
            yield f"{name}: applied too often"
    shown = {code.code.casefold() for code in basket.codes if code.uses_left > 0}
    if promotion.needs.is_coupon and discount.code.casefold() not in shown:
        yield f"{name}: without its code"
    if promotion.who.members and basket.member is None:
        yield f"{name}: not for strangers"
    kind = promotion.kind
    if isinstance(kind, PointsPay) and (
        discount.points % kind.step_points
        or discount.amount_minor > discount.points * kind.worth_minor // kind.points
    ):
        yield f"{name}: points are worth less"


def _units_within(
    place: int, priced: PricedBasket, promotion: Promotion, lines: dict[int, BasketLine]
) -> Iterator[str]:
    bounds, count = promotion.limits, 0
    for each in priced.lines:
        units = sum(run.count for run in each.runs if dict(run.shares).get(place))
        count += units
        if (
            _is_single(promotion)
            and bounds.max_units_per_line is not None
            and units > bounds.max_units_per_line
        ):
            yield f"{promotion.promotion_id}: too many units of a line"
        if bounds.floor_minor is not None or bounds.floor_ppm is not None:
            unit = lines[each.line_no].unit_minor
            floor = max(bounds.floor_minor or 0, -(-unit * (bounds.floor_ppm or 0) // 1_000_000))
            # What comes after it may go below: its own floor binds nobody else.
            low = [run.paid_minor for run in each.runs if [n for n, _ in run.shares] == [place]]
            if low and min(low) < min(floor, unit):
                yield f"{promotion.promotion_id}: below its floor"
    if (
        _is_single(promotion)
        and not promotion.same
        and bounds.max_units is not None
        and count > bounds.max_units
    ):
        yield f"{promotion.promotion_id}: too many units"


def _is_single(promotion: Promotion) -> bool:
    """Whether what is taken off a unit is its own, and no share of a group's."""
    return promotion.layer == "price" or isinstance(promotion.kind, EachUnit | QtyTier)


def gifts(cart: Cart, priced: PricedBasket) -> Iterator[str]:
    """A gift is of a promotion that gives away, and lies in the basket or is among what it adds."""
    of = {each.promotion_id: each.kind for each in cart.promotions}
    skus = {line.sku for line in cart.basket.lines}
    for gift in priced.gifts:
        kind = of[gift.promotion_id]
        if gift.quantity < 1 or not isinstance(kind, Reward) or kind.off.ppm != 1_000_000:
            yield "a gift of nobody"
        elif gift.sku not in (skus if gift.in_basket else kind.adds):
            yield "a gift that is none"
