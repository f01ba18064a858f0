"""Tax over the lines of a sale: included in prices or added to them, per receipt or per line.

All arithmetic is exact (fractions of integers) up to the one rounding that the shop's rule names,
half up. Where several rates fall on the same goods they stand beside each other, never on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from posapp.domain.facts import TaxLine
from posapp.domain.money import round_half_up
from posapp.domain.shop import TaxRate, TaxRules

_MILLION = 1_000_000


@dataclass(slots=True)
class _RateSum:
    """Running sums of one rate: exact until rounded where the rule is per receipt."""

    rate: TaxRate
    gross: int = 0
    exact_tax: Fraction = Fraction(0)
    exact_tax_of_all: Fraction = Fraction(0)
    rounded_tax: int = 0
    rounded_tax_of_all: int = 0


def tax_lines(lines: Sequence[tuple[int, str]], rules: TaxRules) -> tuple[TaxLine, ...]:
    """Tax per rate over (amount in minor units, tax category) pairs, in the order of the rates.

    With included tax, taxable + tax = what the shopper pays for those goods wherever one rate
    falls on them; with added tax, taxable is the sum of the amounts.
    """
    # Lines of a category share their rates, so one fraction does for all of them.
    by_category: dict[str, list[int]] = {}
    for amount, category in lines:
        by_category.setdefault(category, []).append(amount)
    sums = {rate.rate_id: _RateSum(rate) for rate in rules.rates}
    met: set[str] = set()
    for category, amounts in by_category.items():
        rates = rules.rates_of(category)
        divisor = _MILLION + (sum(rate.ppm for rate in rates) if rules.price_includes else 0)
        gross = sum(amounts)
        exact = [Fraction(gross * rate.ppm, divisor) for rate in rates]
        rounded = [0] * len(rates)
        if rules.rounding == "line":
            rounded = [
                sum(round_half_up(Fraction(amount * rate.ppm, divisor)) for amount in amounts)
                for rate in rates
            ]
        for rate, exact_tax, rounded_tax in zip(rates, exact, rounded, strict=True):
            running = sums[rate.rate_id]
            met.add(rate.rate_id)
            running.gross += gross
            running.exact_tax += exact_tax
            running.exact_tax_of_all += sum(exact, Fraction(0))
            running.rounded_tax += rounded_tax
            running.rounded_tax_of_all += sum(rounded)
    return tuple(_tax_line(sums[rate.rate_id], rules) for rate in rules.rates if rate.rate_id in met)


def _tax_line(running: _RateSum, rules: TaxRules) -> TaxLine:
    per_line = rules.rounding == "line"
    tax = running.rounded_tax if per_line else round_half_up(running.exact_tax)
    of_all = running.rounded_tax_of_all if per_line else round_half_up(running.exact_tax_of_all)
    return TaxLine(
        rate_id=running.rate.rate_id,
        names=running.rate.names,
        ppm=running.rate.ppm,
        included=rules.price_includes,
        taxable_minor=running.gross - (of_all if rules.price_includes else 0),
        tax_minor=tax,
    )


def tax_added(taxes: Sequence[TaxLine]) -> int:
    """What the taxes add to the price of the goods, in minor units."""
    return sum(tax.tax_minor for tax in taxes if not tax.included)
