"""One basket with its answer, and how other baskets and other promotions are priced beside it.

What explanations and next steps share: nothing of it is told, all of it comes from the engine itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from posapp.domain.pricing.answers.engine import PriceCache, price_among
from posapp.domain.pricing.goods.gates import Closed, Open, gate, unmet
from posapp.domain.pricing.terms.basket import Basket
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import PricedBasket
from posapp.domain.pricing.terms.promotion import Promotion
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Beside:
    """A basket, the promotions that touch it, its answer, and a memory for what is priced besides."""

    basket: Basket
    promotions: tuple[Promotion, ...]
    policy: Policy
    priced: PricedBasket
    cache: PriceCache

    @property
    def books(self) -> tuple[Promotion, ...]:
        """The promotions that are price books."""
        return tuple(each for each in self.promotions if each.layer == "price")

    def discounts(self, basket: Basket, promotions: Iterable[Promotion]) -> PricedBasket:
        """Priced without points: those are the shopper's own money."""
        without = replace(basket, points_wanted=0)
        return price_among(without, tuple(promotions), self.policy, self.cache)

    def opened(self, promotion: Promotion) -> Open | Closed:
        """The gate, with the conditions that are judged after items too."""
        opened = gate(promotion, self.basket)
        if isinstance(opened, Closed) or promotion.needs.judged_on != "after_items":
            return opened
        return unmet(promotion.needs, self.basket.lines, self.amounts()(promotion)) or opened

    def amounts(self) -> Callable[[Promotion], list[int]]:
        """What the lines come to as a promotion judges them: after the books, or after the items besides."""
        after_books = self._after(("price",))
        after_items = self._after(("price", "item"))
        return lambda each: after_items if each.needs.judged_on == "after_items" else after_books

    def _after(self, layers: Sequence[str]) -> list[int]:
        off: dict[int, int] = {}
        for discount in self.priced.discounts:
            if discount.layer in layers:
                for line_no, part in discount.lines:
                    off[line_no] = off.get(line_no, 0) + part
        return [line.amount_minor - off.get(line.line_no, 0) for line in self.basket.lines]
