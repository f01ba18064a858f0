"""An item as a till needs it at the scan: what it is, how it is measured, what it costs now."""

from __future__ import annotations

from posapp.domain.pricing.terms.basket import Traits
from posapp.domain.quantity import Unit
from posapp.domain.shop import Words
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """A sellable thing; `price_minor` is per piece or per kilogram and in force at the look-up.

    `price_minor` is None where no price is in force yet; such an item is known but not sellable. The next
    price and when it begins are told where somebody looks the item up, not at the scan. Promotions pick
    it by its `traits`.
    """

    sku: str
    names: Words
    unit: Unit
    tax_category: str
    price_minor: int | None
    price_since_ms: int | None = None
    next_price_minor: int | None = None
    next_price_ms: int | None = None
    traits: Traits = Traits()
