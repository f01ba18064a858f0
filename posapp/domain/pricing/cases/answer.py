"""The answer to a CASE as a JSON document: amounts as decimal texts in major units, every key always there.

Says what a priced basket says and computes nothing of it again; the sentences are those of `case_words`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from posapp.domain.pricing.answers.refunds import Refund, RefundedTax
from posapp.domain.pricing.cases.reading import Case
from posapp.domain.pricing.cases.running import paid_by_cards
from posapp.domain.pricing.cases.sums import allocated, rounded
from posapp.domain.pricing.cases.words import sentences, signed
from posapp.domain.pricing.documents.reading_values import Money, percent_text
from posapp.domain.pricing.terms.priced import Discount, Lost, NextStep, PricedBasket, PricedLine, TaxSum
from posapp.domain.pricing.terms.promotion import UnreadablePromotion

Document = dict[str, Any]


def answer(case: Case, priced: PricedBasket, certificate: Document | None = None) -> Document:
    """The document of a priced basket."""
    money = case.money
    cards = paid_by_cards(case, priced)
    return {
        "total": signed(money, priced.total_minor),
        "goods": signed(money, priced.goods_minor),
        "discount": signed(money, priced.discount_minor),
        "tax_added": signed(money, priced.tax_added_minor),
        "tax": [_tax(tax, money) for tax in priced.taxes],
        "rounding": signed(money, priced.rounding_minor),
        "lines": [_line(line, case) for line in priced.lines],
        "discounts": [_discount(each, case) for each in priced.discounts],
        "gifts": [
            {
                "promotion": gift.promotion_id,
                "sku": gift.sku,
                "qty": gift.quantity,
                "in_basket": gift.in_basket,
                **({"code": gift.code} if gift.code else {}),
            }
            for gift in priced.gifts
        ],
        "points_earned": priced.points_earned,
        "points_used": priced.points_used,
        "gift_cards": [{"code": code, "amount": signed(money, paid)} for code, paid in cards],
        "due": signed(money, priced.total_minor - sum(paid for _, paid in cards)),
        "lost": [_lost(lost, money) for lost in priced.lost],
        "next_steps": [_step(step, money) for step in priced.next_steps],
        "unread": unread(case.unread),
        "proven": priced.is_proven,
        "states": priced.states,
        "certificate": certificate,
        "explanation": list(sentences(case, priced)),
    } | _sums(case)


def _sums(case: Case) -> Document:
    """What was asked for besides the basket; no key where it was not."""
    found: Document = {}
    if case.sums.allocations:
        found["allocated"] = [
            [signed(case.money, part) for part in allocated(each, case.policy)]
            for each in case.sums.allocations
        ]
    if case.sums.roundings:
        found["rounded"] = [signed(case.money, rounded(each, case.policy)) for each in case.sums.roundings]
    return found


def _tax(tax: TaxSum | RefundedTax, money: Money) -> Document:
    return {
        "id": tax.rate_id,
        "rate": percent_text(tax.ppm),
        "included": tax.included,
        "taxable": signed(money, tax.taxable_minor),
        "amount": signed(money, tax.tax_minor),
    }


def _line(line: PricedLine, case: Case) -> Document:
    goods = next((each for each in case.basket.lines if each.line_no == line.line_no), None)
    return {
        "line": line.line_no,
        "sku": line.sku,
        "qty": case.quantities.get(line.line_no, line.quantity),
        "list": signed(case.money, line.list_minor),
        "amount": signed(case.money, line.paid_minor),
        "unit_shares": [signed(case.money, share) for share in line.unit_shares],
        "price_reason": goods.price_reason if goods else "",
    }


def _lost(lost: Lost, money: Money) -> Document:
    return {
        "promotion": lost.promotion_id,
        "reason": lost.reason,
        "would_give": signed(money, lost.would_give_minor),
        "missing_amount": signed(money, lost.missing_minor),
        "missing_qty": lost.missing_qty,
        "by": list(lost.by),
    }


def _step(step: NextStep, money: Money) -> Document:
    return {
        "promotion": step.promotion_id,
        "saves": signed(money, step.saves_minor),
        "add_qty": step.add_qty,
        "add_amount": signed(money, step.add_minor),
        "skus": list(step.skus),
        "new": step.is_new,
    }


def unread(promotions: Iterable[UnreadablePromotion]) -> list[Document]:
    """Promotions that could not be acted on, with what is wrong with them."""
    return [
        {"promotion": each.promotion_id, "path": each.path, "problem": each.problem} for each in promotions
    ]


def _discount(discount: Discount, case: Case) -> Document:
    money = case.money
    skus = {line.line_no: line.sku for line in case.basket.lines}
    return {
        "promotion": discount.promotion_id,
        "version": discount.version,
        "layer": discount.layer,
        "rule": discount.rule,
        "amount": signed(money, discount.amount_minor),
        "applications": discount.applications,
        "code": discount.code,
        "points": discount.points,
        "gl_code": discount.gl_code,
        "lines": [
            {"line": line_no, "sku": skus.get(line_no, ""), "amount": signed(money, amount)}
            for line_no, amount in discount.lines
        ],
        "funding": [
            {"party": party, "name": name, "amount": signed(money, amount)}
            for party, name, amount in discount.funding
        ],
    }


def refund_answer(case: Case, priced: PricedBasket, refund: Refund) -> Document:
    """The document of a refund: what would be given back, shown before anything is done."""
    money = case.money
    skus = {line.line_no: line.sku for line in priced.lines}
    given_up: dict[int, int] = {}
    for unit in refund.units:
        for place, amount in unit.discounts:
            given_up[place] = given_up.get(place, 0) + amount
    return {
        "how": refund.how,
        "total": signed(money, refund.total_minor),
        "amount": signed(money, refund.amount_minor),
        "kept_for_gifts": signed(money, refund.kept_minor),
        "rounding": signed(money, refund.rounding_minor),
        "tax": [_tax(tax, money) for tax in refund.taxes],
        "units": [
            {
                "line": unit.line_no,
                "sku": skus[unit.line_no],
                "unit": unit.index + 1,
                "amount": signed(money, unit.amount_minor),
            }
            for unit in refund.units
        ],
        "discounts": [
            {"promotion": priced.discounts[place].promotion_id, "amount": signed(money, amount)}
            for place, amount in sorted(given_up.items())
        ],
        "gifts_due": [
            {"promotion": gift.promotion_id, "sku": gift.sku, "qty": gift.quantity}
            for gift in refund.gifts_due
        ],
        "points_back": refund.points_back,
        "points_taken": refund.points_taken,
        "coupons_back": list(refund.coupons_back),
    }
