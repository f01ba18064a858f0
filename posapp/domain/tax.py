"""Tax over the lines of a sale that are taxed by category: included in prices or added to them.

Only says which rates fall on which goods; the sums are those of `posapp.domain.pricing.goods.taxes`, the one
place where tax is computed. Where several rates fall on the same goods they stand beside each other here.
"""

from __future__ import annotations

from collections.abc import Sequence

from posapp.domain.facts import TaxLine
from posapp.domain.pricing.goods.taxes import TaxedLine, tax_sums
from posapp.domain.pricing.terms.basket import LineTax
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.shop import TaxRules


def taxes_of(category_id: str, rules: TaxRules) -> tuple[LineTax, ...]:
    """The rates that fall on goods of a tax category."""
    return tuple(
        LineTax(rate.rate_id, rate.ppm, rules.price_includes) for rate in rules.rates_of(category_id)
    )


def tax_lines(lines: Sequence[tuple[int, str]], rules: TaxRules) -> tuple[TaxLine, ...]:
    """Tax per rate over (amount in minor units, tax category) pairs, in the order of the rates.

    With included tax, taxable + tax = what the shopper pays for those goods wherever one rate
    falls on them; with added tax, taxable is the sum of the amounts.
    """
    by_category: dict[str, list[int]] = {}
    for amount, category in lines:
        by_category.setdefault(category, []).append(amount)
    goods: list[TaxedLine] = []
    # Sorted, so that the order in which goods were scanned decides nothing.
    for category in sorted(by_category):
        taxes, amounts = taxes_of(category, rules), by_category[category]
        parts = amounts if rules.rounding == "line" else [sum(amounts)]
        goods += [TaxedLine(0, amount, taxes) for amount in parts]
    sums = {each.rate_id: each for each in tax_sums(goods, Policy(tax_rounding=rules.rounding)).sums}
    return tuple(
        TaxLine(
            rate_id=rate.rate_id,
            names=rate.names,
            ppm=rate.ppm,
            included=rules.price_includes,
            taxable_minor=sums[rate.rate_id].taxable_minor,
            tax_minor=sums[rate.rate_id].tax_minor,
        )
        for rate in rules.rates
        if rate.rate_id in sums
    )


def tax_added(taxes: Sequence[TaxLine]) -> int:
    """What the taxes add to the price of the goods, in minor units."""
    return sum(tax.tax_minor for tax in taxes if not tax.included)
