"""How much of an item: whole pieces, or grams of weighed goods.

A price is per piece or per kilogram; the extended amount is rounded once, half up.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from posapp.domain.money import round_half_up
from posapp.values import dataclass

Unit = Literal["pcs", "g"]

#: Largest quantity one line may carry; a typing slip is not a sale of ten million apples.
PIECES_MAX = 9_999
GRAMS_MAX = 999_999


@dataclass(frozen=True, slots=True)
class Quantity:
    """Pieces (`unit` "pcs") or grams (`unit` "g"); `value` is always a positive integer."""

    value: int
    unit: Unit = "pcs"

    def __post_init__(self) -> None:
        if not 1 <= self.value <= quantity_max(self.unit):
            raise ValueError(f"{self.value} {self.unit} is no sellable quantity")

    @property
    def pieces(self) -> int:
        """How many pieces a shopper would count: weighed goods are one piece."""
        return self.value if self.unit == "pcs" else 1


def quantity_max(unit: Unit) -> int:
    """Largest value a quantity of this unit may have."""
    return PIECES_MAX if unit == "pcs" else GRAMS_MAX


def extended_amount(quantity: Quantity, unit_price_minor: int) -> int:
    """Amount of a line in minor units: price per piece or per kilogram times the quantity."""
    if quantity.unit == "pcs":
        return quantity.value * unit_price_minor
    return round_half_up(Fraction(quantity.value * unit_price_minor, 1000))
