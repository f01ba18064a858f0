"""What would make a sale cheaper, and which promotions a line lost to others: found beside the scans.

Both mean pricing the basket again and again, so this runs on a worker with an engine memory of its own and
answers with an intent. Pure but for the goods that it asks the shelf for: the same question over the same
goods has the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from posapp.domain.cart import CartLine
from posapp.domain.cart_prices import basket_line, policy_of
from posapp.domain.catalog import Item
from posapp.domain.pricing.answers.explaining import explained
from posapp.domain.pricing.terms.basket import BasketLine
from posapp.domain.pricing.terms.promotion import GoodsSet
from posapp.domain.quantity import Quantity
from posapp.domain.shop import Shop
from posapp.flows.effects import ExplainPrices
from posapp.flows.intents import PricesExplained
from posapp.flows.ports import Shelf


def answer(ask: ExplainPrices, shelf: Shelf) -> PricesExplained:
    """The answer to a question about just these prices."""
    prices, shop = ask.prices, ask.shop
    if prices.own.promotion is not None:
        # The index knows nothing of the member's own lists: without them every answer would be wrong.
        return PricesExplained(prices, ask.line_no, (), ())
    on = tuple(line for line in prices.basket.lines if line.line_no == ask.line_no)

    def goods(of: GoodsSet) -> Sequence[BasketLine]:
        items = shelf.goods_of(of, prices.at_ms)
        return [
            _line(number, item, shop)
            for number, item in enumerate(items, 1)
            if item.price_minor is not None and item.unit == "pcs"
        ]

    policy = policy_of(shop, prices.earning)
    told = explained(prices.basket, ask.promotions, policy, prices.priced, lost_on=on, goods=goods)
    return PricesExplained(prices, ask.line_no, told.lost, told.next_steps)


def _line(line_no: int, item: Item, shop: Shop) -> BasketLine:
    """One piece of an item that does not lie in the basket, as the till would sell it."""
    assert item.price_minor is not None
    return basket_line(
        CartLine(
            line_no=line_no,
            sku=item.sku,
            names=item.names,
            code="",
            quantity=Quantity(1, item.unit),
            unit_price_minor=item.price_minor,
            tax_category=item.tax_category,
            price_reason="list",
            traits=item.traits,
        ),
        shop,
    )
