"""How payments in cash are rounded where small coins are gone: the step and the rule, by country.

Public rules of central banks and consumer laws, as data. Only the payable is rounded, never a line and never
the tax; what is paid by card is not rounded. Knows the rule of a place and nothing of tenders.
"""

from __future__ import annotations

from posapp.domain.money import Mode, round_to_step
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class CashRounding:
    """Cash in `currency` goes in steps of `step_minor`; `mode` says what happens to the rest."""

    currency: str
    step_minor: int
    mode: Mode = "half_up"

    def rounded(self, amount_minor: int) -> int:
        """The amount as it is paid in cash; a refund rounds as its sale did."""
        return round_to_step(amount_minor, self.step_minor, self.mode)


_EURO = CashRounding("EUR", 5)

#: By ISO 3166 country. Half of a step goes up, but for New Zealand (most shops round 5 cents down, in favour
#: of the customer; the Reserve Bank leaves it to the shop: "NZ-up") and Chile (law 20.956: 5 pesos go down).
CASH_ROUNDING: dict[str, CashRounding] = {
    "AE": CashRounding("AED", 25),
    "AU": CashRounding("AUD", 5),
    "BE": _EURO,
    "CA": CashRounding("CAD", 5),
    "CH": CashRounding("CHF", 5),
    "CL": CashRounding("CLP", 10, "half_down"),
    "CZ": CashRounding("CZK", 100),
    "DK": CashRounding("DKK", 50),
    "EE": _EURO,
    "FI": _EURO,
    "HU": CashRounding("HUF", 500),
    "IE": _EURO,
    "IL": CashRounding("ILS", 10),
    "IT": _EURO,
    "LI": CashRounding("CHF", 5),
    "LT": _EURO,
    "MY": CashRounding("MYR", 5),
    "NL": _EURO,
    "NO": CashRounding("NOK", 100),
    "NZ": CashRounding("NZD", 10, "half_down"),
    "NZ-up": CashRounding("NZD", 10),
    "SE": CashRounding("SEK", 100),
    "SG": CashRounding("SGD", 5),
    "SK": _EURO,
}


def cash_rounding(place: str) -> CashRounding | None:
    """The rule of a country ("CH") or, where a currency has but one rule, of a currency ("CHF")."""
    found = CASH_ROUNDING.get(place)
    if found is not None:
        return found
    return next((rule for rule in CASH_ROUNDING.values() if rule.currency == place), None)
