"""The pricing port as it is: the engine with its memory, loaded with the first promotions.

The same basket always comes out the same; what is kept only makes it quicker. Used by one thread: whoever
explains prices beside the scans has an engine of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from posapp.domain.cart import Cart, CartLine
from posapp.domain.cart_prices import NO_EARNING, basket_line, listed_line, policy_of
from posapp.domain.price_facts import SetAside
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.goods.windows import Turns
from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.policy import PointsRules, Policy
from posapp.domain.pricing.terms.priced import PricedBasket, PricedLine
from posapp.domain.pricing.terms.promotion import Promotion
from posapp.domain.shop import Shop

#: Lines kept of sales that are over, so that the memory need not be cleared with every change.
_LINES_SPARE = 256
_PROBLEM_MAX_CHARS = 300


class EnginePricing:
    """Prices by the engine, with its memory of parts that were solved before; used by one thread."""

    def __init__(self) -> None:
        self._lines: dict[int, tuple[CartLine, Shop, BasketLine]] = {}
        self._plain: dict[int, tuple[BasketLine, PricedLine]] = {}
        self._cache: object = None
        self._turns = Turns()
        self._policy: tuple[Shop, PointsRules, Policy] | None = None
        self._faulty: dict[tuple[str, int], SetAside] = {}

    def faulty(self) -> tuple[SetAside, ...]:
        """Promotions that prices are made without since they could not be computed, in the order found."""
        return tuple(self._faulty.values())

    def lines(self, cart: Cart, shop: Shop) -> tuple[BasketLine, ...]:
        """The lines as promotions see them; one that stands as it stood is the same object."""
        held = self._lines
        found = []
        for line in cart.lines:
            known = held.get(id(line))
            if known is None or known[0] is not line or known[1] is not shop:
                known = held[id(line)] = (line, shop, basket_line(line, shop))
            found.append(known[2])
        if len(held) > len(found) + _LINES_SPARE:
            self._lines = {id(line): held[id(line)] for line in cart.lines}
        return tuple(found)

    def price(
        self,
        basket: Basket,
        promotions: PromotionIndex,
        shop: Shop,
        *,
        earning: PointsRules = NO_EARNING,
        own: Promotion | None = None,
    ) -> tuple[PricedBasket, datetime | None]:
        """The basket with its prices, and when the clock may change them."""
        touching = promotions.touching(basket) if len(promotions) else ()
        if own is not None:
            touching = (*touching, own)
        if self._faulty:
            touching = self._sound(touching)
        if not touching and not earning.points:
            return self._as_listed(basket), None
        # A till without promotions need not load the engine; with some it came with the index.
        from posapp.domain.pricing.answers.engine import PriceCache, price_among

        if not isinstance(self._cache, PriceCache):
            self._cache = PriceCache()
        if self._policy is None or self._policy[0] is not shop or self._policy[1] is not earning:
            self._policy = shop, earning, policy_of(shop, earning)
        policy = self._policy[2]
        try:
            priced = price_among(basket, touching, policy, self._cache)
        except Exception as fault:  # noqa: BLE001 - a fault of ours in one offer must not stop selling
            self._cache = None
            self._leave_out(basket, touching, policy, fault)
            return self.price(basket, promotions, shop, earning=earning, own=own)
        return priced, self._turns.next_of(touching, basket.at)

    def _sound(self, promotions: Sequence[Promotion]) -> tuple[Promotion, ...]:
        """Those of them that could be computed so far."""
        return tuple(each for each in promotions if (each.promotion_id, each.version) not in self._faulty)

    def _leave_out(
        self, basket: Basket, touching: Sequence[Promotion], policy: Policy, fault: Exception
    ) -> None:
        """Set aside what cannot be computed by itself; where each can, all that failed together."""
        from posapp.domain.pricing.answers.engine import PriceCache, price_among

        found: list[tuple[Promotion, Exception]] = []
        for each in touching:
            try:
                price_among(basket, (each,), policy, PriceCache())
            except Exception as own:  # noqa: BLE001 - which of them it is, is what is asked here
                found.append((each, own))
        for each, why in found or [(one, fault) for one in touching]:
            problem = f"could not be computed: {type(why).__name__}: {why}"[:_PROBLEM_MAX_CHARS]
            # Its document is not at hand; one record for each version and fault is what is wanted.
            mark = sha256(f"{each.promotion_id} {each.version} {problem}".encode()).hexdigest()
            self._faulty[each.promotion_id, each.version] = SetAside(
                each.promotion_id, each.version, mark, problem
            )

    def _as_listed(self, basket: Basket) -> PricedBasket:
        """The basket where no promotion touches it: what the engine says of it too, but for its taxes."""
        held = self._plain
        lines = []
        goods = 0
        for line in basket.lines:
            known = held.get(id(line))
            if known is None or known[0] is not line:
                known = held[id(line)] = (line, listed_line(line))
            lines.append(known[1])
            goods += known[1].list_minor
        if len(held) > len(lines) + _LINES_SPARE:
            self._plain = {id(line): held[id(line)] for line in basket.lines}
        return PricedBasket(tuple(lines), (), (), goods, 0, 0, 0, goods)
