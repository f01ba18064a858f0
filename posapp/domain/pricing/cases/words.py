"""Why a basket costs what it does, in sentences: each line, each discount, what lost and by how much.

For people at a desk who try a case; the till has its own words in every language.
"""

from __future__ import annotations

from collections.abc import Iterator

from posapp.domain.pricing.cases.reading import Case
from posapp.domain.pricing.cases.running import paid_by_cards
from posapp.domain.pricing.documents.reading_values import Money
from posapp.domain.pricing.terms.priced import Discount, Lost, NextStep, PricedBasket
from posapp.domain.shop import Words

_LOST = {
    "beaten": "another choice gives more",
    "condition": "its condition is not met",
    "group": "another of its group is used",
    "alone": "it goes with no other promotion",
    "limit": "its limit is reached",
    "no_code": "its code was not shown",
    "locked": "the goods' price is locked",
    "saves_nothing": "it would save nothing",
}


def signed(money: Money, minor: int) -> str:
    """The decimal text of minor units, with a minus where they are below zero."""
    return f"-{money.text(-minor)}" if minor < 0 else money.text(minor)


def sentences(case: Case, priced: PricedBasket) -> Iterator[str]:
    """What happened, in the order of the layers; then what did not, and what is one step away."""

    def text(minor: int) -> str:
        return signed(case.money, minor)

    for line in priced.lines:
        quantity = case.quantities.get(line.line_no, str(line.quantity))
        own = f"{quantity} × {line.sku}: {text(line.list_minor)}"
        if line.paid_minor == line.list_minor:
            yield f"{own}."
        else:
            off = line.list_minor - line.paid_minor
            yield f"{own}, less {text(off)} is {text(line.paid_minor)}."
    for discount in priced.discounts:
        yield _taken(discount, case)
    for gift in priced.gifts:
        where = "lies in the basket" if gift.in_basket else "is to be given"
        yield f"{gift.quantity} × {gift.sku} is a gift of {gift.promotion_id} and {where}."
        if gift.code:
            yield f"Code {gift.code} is used by {gift.promotion_id}."
    for tax in priced.taxes:
        how = "is in the price of" if tax.included else "comes on top of"
        yield f"Tax {tax.rate_id}: {text(tax.tax_minor)} {how} {text(tax.taxable_minor)} net."
    if priced.rounding_minor:
        way = "up" if priced.rounding_minor > 0 else "down"
        yield f"Paid in cash it is rounded {way} by {text(abs(priced.rounding_minor))}."
    for code, paid in paid_by_cards(case, priced):
        yield f"Gift card {code}".rstrip() + f" pays {text(paid)}."
    for lost in priced.lost:
        yield _not_taken(lost, case)
    for code in _of_nothing(case):
        yield f"Code {code} is of no promotion here."
    for step in priced.next_steps:
        yield _step(step, case)
    for unread in case.unread:
        yield f"{unread.promotion_id or 'A promotion'} cannot be read and was left out: {unread.problem}"
    if not priced.is_proven:
        yield f"The work limit of {case.policy.states_max} states was reached: there may be a better choice."


def _of_nothing(case: Case) -> Iterator[str]:
    """The codes that were shown and that no promotion asks for."""
    words = {word.casefold() for each in case.promotions for word in each.needs.codes}
    batches = {each.needs.batch for each in case.promotions if each.needs.batch}
    for code in case.basket.codes:
        if code.code.casefold() not in words and code.batch not in batches:
            yield code.code


def _name(promotion_id: str, names: Words) -> str:
    words = names.get("en") or names.get("") or next(iter(names.values()), "")
    return f"{promotion_id} ({words})" if words else promotion_id


def _taken(discount: Discount, case: Case) -> str:
    text = case.money.text
    times = f", applied {discount.applications} times" if discount.applications > 1 else ""
    code = f" with code {discount.code}" if discount.code else ""
    points = f" for {discount.points} points" if discount.points else ""
    places = ", ".join(f"{text(amount)} on line {line_no}" for line_no, amount in discount.lines)
    paid = ""
    if [party for party, _, _ in discount.funding] != ["store"]:
        parts = (f"{party} {name}".rstrip() + f" {text(part)}" for party, name, part in discount.funding)
        paid = f" Paid by {', '.join(parts)}."
    name = _name(discount.promotion_id, discount.names)
    return f"{name} takes {text(discount.amount_minor)} off{code}{points}{times}: {places}.{paid}"


def _not_taken(lost: Lost, case: Case) -> str:
    text = case.money.text
    why = _LOST.get(lost.reason, lost.reason)
    by = f" ({', '.join(lost.by)})" if lost.by else ""
    parts = [f"{_name(lost.promotion_id, lost.names)} is not used: {why}{by}."]
    if lost.missing_qty:
        verb = "is" if lost.missing_qty == 1 else "are"
        parts.append(f"{lost.missing_qty} more of its goods {verb} missing.")
    if lost.missing_minor:
        parts.append(f"Goods for {text(lost.missing_minor)} more are missing.")
    if lost.would_give_minor:
        parts.append(f"By itself it would give {text(lost.would_give_minor)}.")
    return " ".join(parts)


def _step(step: NextStep, case: Case) -> str:
    text = case.money.text
    skus = ", ".join(step.skus[:5])
    what = f"{step.add_qty} more" if step.add_qty else f"goods for {text(step.add_minor)} more"
    of = f" of {skus}" if skus else ""
    if step.is_new and step.skus:
        others = f" (or of {', '.join(step.skus[1:5])})" if step.skus[1:] else ""
        what, of = f"{step.add_qty} × {step.skus[0]} at {text(step.unit_minor)}{others}", ""
    return f"Add {what}{of} and save {text(step.saves_minor)} by {_name(step.promotion_id, step.names)}."
