"""A stored sale as the refund engine reads it: its units with what each paid, its taxes by line.

The fact of a sale says what every rate came to in all and not on which goods it fell; that is found again by
the shop's tax categories, or, where those have changed since, by the amounts themselves. What is shared out
adds up to the fact's own figures, whatever they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import combinations
from typing import cast

from posapp.domain.facts import SaleLine, TaxLine, TransactionCompleted
from posapp.domain.money import Mode, allocate
from posapp.domain.pricing.answers.refunds import Sale, UnitName, points_by_unit
from posapp.domain.pricing.terms.basket import Basket
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import Discount, Gift, PricedBasket, PricedLine, TaxSum, UnitRun
from posapp.domain.shop import GIFT_CATEGORY, CashRules, TaxRules

#: Kinds of goods of which every mixture is tried to find what a rate fell on.
_KINDS_MAX = 10
#: Nothing is priced again, so no day counts.
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def pieces_of(line: SaleLine) -> int:
    """How many pieces of a line may come back one by one; what was weighed or priced whole is one."""
    return 1 if line.unit == "g" or line.price_reason == "code" else line.quantity


def paid_minor(line: SaleLine) -> int:
    """What a line paid after all discounts, before added tax."""
    return line.amount_minor if line.paid_minor is None else line.paid_minor


def priced_sale(sale: TransactionCompleted, tax: TaxRules, cash: CashRules) -> Sale:
    """The sale as the refund engine reads it, under the conventions of the till."""
    priced = _priced_basket(sale, _tax_sums(sale, tax))
    mode = "half_up" if cash.rounding == "nearest" else cash.rounding
    policy = Policy(
        tax_mode="included" if all(each.included for each in sale.taxes) else "added",
        cash_step_minor=cash.step_minor,
        cash_mode=cast("Mode", mode),
    )
    otherwise = sum(tender.amount_minor for tender in sale.tenders if tender.kind != "cash")
    basket = Basket(lines=(), currency=sale.currency, at=_NO_TIME)
    return Sale(basket, priced, policy, otherwise_minor=otherwise)


def sold_points(sale: TransactionCompleted) -> dict[UnitName, tuple[int, int]]:
    """Points (used, earned) of each piece of a stored sale: what its return gives back and takes.

    The same at the till and at the hub, since it is read from nothing but the fact; all pieces together come
    to the sale's own points.
    """
    return points_by_unit(_priced_basket(sale, ()))


def _priced_basket(sale: TransactionCompleted, taxes: tuple[TaxSum, ...]) -> PricedBasket:
    member = sale.member
    return PricedBasket(
        lines=tuple(_priced_line(line) for line in sale.lines),
        discounts=tuple(
            Discount(
                each.promotion_id, each.version, each.names, each.layer, each.rule, each.amount_minor,
                each.lines, each.funding, each.applications, each.code, each.base_minor, each.points,
            )
            for each in sale.discounts
        ),
        taxes=taxes,
        goods_minor=sale.goods_minor,
        discount_minor=sale.discount_minor,
        tax_added_minor=sale.tax_added_minor,
        rounding_minor=sale.rounding_minor,
        total_minor=sale.total_minor,
        gifts=tuple(
            Gift(each.promotion_id, each.sku, each.quantity, False, each.code) for each in sale.gifts
        ),
        points_earned=0 if member is None else member.points_earned,
        points_used=0 if member is None else member.points_used,
        silent=() if member is None else member.silent,
    )  # fmt: skip


def _priced_line(line: SaleLine) -> PricedLine:
    pieces, paid = pieces_of(line), paid_minor(line)
    runs = tuple(
        UnitRun(run.count, run.paid_minor, tuple((number - 1, share) for number, share in run.shares))
        for run in line.runs
    )
    if sum(run.count for run in runs) != pieces:
        # Nothing fell off it, or what is told of its units is not of these pieces: each pays the same.
        parts = allocate(paid, [1] * pieces)
        runs = tuple(UnitRun(1, part) for part in parts)
    return PricedLine(line.line_no, line.sku, pieces, line.amount_minor, paid, runs)


# ------------------------------------------------------------------ taxes
def _tax_sums(sale: TransactionCompleted, rules: TaxRules) -> tuple[TaxSum, ...]:
    """The taxes with what of each falls on which line; by rate the parts are the fact's own tax."""
    of_rate = [_goods_of(sale, tax, rules) for tax in sale.taxes]
    parts: list[dict[int, int]] = []
    for tax, lines in zip(sale.taxes, of_rate, strict=True):
        shares = allocate(tax.tax_minor, [max(0, paid_minor(line)) for line in lines])
        parts.append({line.line_no: part for line, part in zip(lines, shares, strict=True)})
    included: dict[int, int] = {}
    for tax, by_line in zip(sale.taxes, parts, strict=True):
        for line_no, part in by_line.items() if tax.included else ():
            included[line_no] = included.get(line_no, 0) + part
    paid = {line.line_no: paid_minor(line) for line in sale.lines}
    return tuple(
        TaxSum(
            tax.rate_id,
            tax.ppm,
            tax.included,
            tax.taxable_minor,
            tax.tax_minor,
            tuple((no, paid[no] - included.get(no, 0), part) for no, part in by_line.items()),
        )
        for tax, by_line in zip(sale.taxes, parts, strict=True)
    )


def _goods_of(sale: TransactionCompleted, tax: TaxLine, rules: TaxRules) -> Sequence[SaleLine]:
    """The lines that a rate fell on."""
    of_kind: dict[str, list[SaleLine]] = {}
    for line in sale.lines:
        if line.tax_category != GIFT_CATEGORY:
            of_kind.setdefault(line.tax_category, []).append(line)
    named = [kind for kind in of_kind if tax.rate_id in {rate.rate_id for rate in rules.rates_of(kind)}]
    # Several rates in one price leave each other's rounding open, by a minor unit each.
    fits = tax.taxable_minor + (tax.tax_minor if tax.included else 0)
    slack = len(sale.taxes) - 1 if tax.included else 0
    others = sum(each.tax_minor for each in sale.taxes if each.included and each is not tax)

    def is_of(kinds: Sequence[str]) -> bool:
        paid = sum(paid_minor(line) for kind in kinds for line in of_kind[kind])
        return abs(paid - fits) <= slack or (tax.included and 0 <= paid - fits <= others + slack)

    if named and (is_of(named) or len(of_kind) == len(named)):
        chosen = named
    else:
        mixtures = (mixture for size in range(1, len(of_kind) + 1) for mixture in combinations(of_kind, size))
        exact = (
            mixture
            for mixture in mixtures
            if sum(paid_minor(line) for kind in mixture for line in of_kind[kind]) == fits
        )
        chosen = list(next(exact, ()) if len(of_kind) <= _KINDS_MAX else ()) or named or list(of_kind)
    return [line for line in sale.lines if line.tax_category in set(chosen)]
