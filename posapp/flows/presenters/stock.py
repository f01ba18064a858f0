"""What is said of an item that somebody looks up: how many are left here, and its next price.

What is left is the hub's figure less what this till sold and has not sent; it never keeps anybody from
selling. While the hub is not heard, the figure is told with its age.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from posapp.domain.catalog import Item
from posapp.flows.formatting import MINUS, weight
from posapp.flows.intents import Stock
from posapp.flows.presenters.words import Scene

#: A figure is told without its age where the hub was heard this long ago at most.
FRESH_MS: Final = 5 * 60_000


def found_words(scene: Scene, item: Item, stock: Mapping[str, Stock] | None) -> list[str]:
    """The parts of the second row: the SKU, what is left (not where no stock is kept), the next price."""
    words = [item.sku]
    if stock is not None:
        words.append(_left(scene, item, stock.get(item.sku)))
    if item.next_price_minor is not None and item.next_price_ms is not None:
        day = f"{scene.local(item.next_price_ms):%m-%d}"
        words.append(scene.t("{price} from {day}", price=scene.amount(item.next_price_minor), day=day))
    return words


def _left(scene: Scene, item: Item, stock: Stock | None) -> str:
    if stock is None:
        return scene.t("— here")
    sign = MINUS if stock.sellable < 0 else ""
    amount = weight(abs(stock.sellable)) if item.unit == "g" else str(abs(stock.sellable))
    link = scene.desk.link
    age_ms = scene.now_ms - max(stock.as_of_ms, link.last_received_ms or 0)
    if link.state == "online" or age_ms <= FRESH_MS:
        return scene.t("{n} here", n=sign + amount)
    return scene.t("{n} here, {age} ago", n=sign + amount, age=scene.speech.age(age_ms // 1000))
