"""Tries a basket against the live promotions of a store: the answer is the one that its tills would give.

What a person typed becomes lines as a till makes them, priced by the same engine with the same promotions and
price lists. Every discount is told, what lost and why, what one more piece would bring. Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from posapp.domain.cart import CartLine
from posapp.domain.cart_prices import basket_line, policy_of
from posapp.domain.pricing.answers.engine import PriceCache, price
from posapp.domain.pricing.answers.explaining import explained
from posapp.domain.pricing.items.prices import PriceAnswer
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Code, Member
from posapp.domain.pricing.terms.priced import PricedBasket
from posapp.domain.quantity import Quantity, quantity_max
from sync.hub.fleet.live_prices import Goods, LiveStore, goods_of_store, sku_of
from sync.hub.goods.price_lists import answer_of

LINES_MOST: Final = 200
_WORD_MOST_CHARS: Final = 64
#: Stands for a member of no level.
ANY_MEMBER: Final = "*"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person typed: lines of "SKU pieces" (grams for goods by weight), and under which conditions.

    `level` is a member's ("*": a member of none, "": no member), `at` the shop's own time, None for now.
    """

    goods: str
    level: str = ""
    codes: tuple[str, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """A line that is no goods: its number, a fixed word ("unknown", "no_price", "quantity", "many", "none")
    and what it said."""

    line: int
    why: str
    text: str


@dataclass(frozen=True, slots=True)
class Trial:
    """The answer: the basket with its prices, how each line is said, and why each price is what it is."""

    basket: Basket
    priced: PricedBasket
    quantities: dict[int, Quantity]
    prices: dict[int, PriceAnswer]


def try_basket(connection: Connection, live: LiveStore, asked: Asked, now_ms: int) -> Trial | list[Trouble]:
    """The basket with its prices, or every line that has to be mended."""
    at = live.facts.now(now_ms) if asked.at is None else asked.at.replace(tzinfo=live.facts.zone)
    wanted, troubles = _wanted(asked.goods)
    found = {text: sku_of(connection, live.shop.store_id, text) for _no, text, _quantity in wanted}
    goods = goods_of_store(connection, live.shop.store_id, sorted(set(found.values())))
    lines: list[BasketLine] = []
    trial_quantities: dict[int, Quantity] = {}
    prices: dict[int, PriceAnswer] = {}
    for no, text, number in wanted:
        item = goods.get(found[text])
        if item is None:
            troubles.append(Trouble(no, "unknown", text))
            continue
        answer = (
            None if item.prices is None else answer_of(live.facts, item.prices, at, level=asked.level or None)
        )
        if answer is None:
            troubles.append(Trouble(no, "no_price", text))
        elif not 1 <= number <= quantity_max(item.item.unit):
            troubles.append(Trouble(no, "quantity", text))
        else:
            line_no = len(lines) + 1
            quantity = Quantity(number, item.item.unit)
            lines.append(_line(line_no, item, quantity, answer, live))
            trial_quantities[line_no], prices[line_no] = quantity, answer
    if troubles:
        return sorted(troubles, key=lambda one: one.line)
    basket = Basket(
        lines=tuple(lines),
        currency=live.shop.currency,
        at=at,
        store_id=live.shop.store_id,
        region=live.shop.region,
        member=Member("trial", asked.level.replace(ANY_MEMBER, "")) if asked.level else None,
        codes=tuple(Code(code) for code in asked.codes),
    )
    cache, policy = PriceCache(), policy_of(live.shop)
    priced = price(basket, live.index, policy, cache)
    return Trial(basket, explained(basket, live.index, policy, priced, cache=cache), trial_quantities, prices)


def _wanted(text: str) -> tuple[list[tuple[int, str, int]], list[Trouble]]:
    """Line numbers, words and quantities (0: no number) out of what was typed."""
    wanted: list[tuple[int, str, int]] = []
    troubles: list[Trouble] = []
    for no, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words:
            continue
        number = words.pop() if len(words) > 1 and _is_number(words[-1]) else "1"
        name = " ".join(words)
        if len(name) > _WORD_MOST_CHARS:
            troubles.append(Trouble(no, "unknown", name[:_WORD_MOST_CHARS]))
        else:
            wanted.append((no, name, int(number)))
    if len(wanted) > LINES_MOST:
        return [], [Trouble(LINES_MOST + 1, "many", str(LINES_MOST))]
    if not wanted and not troubles:
        troubles.append(Trouble(1, "none", ""))
    return wanted, troubles


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 7


def _line(line_no: int, goods: Goods, quantity: Quantity, answer: PriceAnswer, live: LiveStore) -> BasketLine:
    item = goods.item
    return basket_line(
        CartLine(
            line_no=line_no,
            sku=item.sku,
            names=item.names,
            code="",
            quantity=quantity,
            unit_price_minor=answer.amount_minor,
            tax_category=item.tax_category,
            price_reason="list",
            traits=goods.traits,
        ),
        live.shop,
    )


def codes_of(text: str) -> tuple[str, ...]:
    """Coupon words out of what was typed, each once."""
    words: Sequence[str] = text.replace(",", " ").split()
    return tuple(dict.fromkeys(word[:_WORD_MOST_CHARS] for word in words))[:20]
