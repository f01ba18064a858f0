"""Tries a basket against the live promotions of a store: the answer is the one that its tills would give.

What a person typed becomes lines as a till makes them, priced by the same engine with the same promotions and
price lists. Every discount is told, what lost and why, what one more piece would bring. Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from posapp.domain.cart import CartLine
from posapp.domain.cart_prices import NO_EARNING, basket_line, policy_of
from posapp.domain.pricing.answers.engine import PriceCache, price
from posapp.domain.pricing.answers.explaining import explained
from posapp.domain.pricing.goods.index import asked_values
from posapp.domain.pricing.items.prices import PriceAnswer
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Code, Member
from posapp.domain.pricing.terms.priced import PricedBasket
from posapp.domain.pricing.terms.promotion import GoodsSet
from posapp.domain.quantity import Quantity, quantity_max
from sync.hub.fleet.live_prices import Goods, LiveStore, goods_of_store, sku_of
from sync.hub.goods.price_lists import answer_of
from sync.hub.loyalty.coupons import coupon_of
from sync.hub.loyalty.programme_admin import programme_of_store

LINES_MOST: Final = 200
#: Items of a set that are looked at for what might be added.
_SHELF_MOST: Final = 24
_WORD_MOST_CHARS: Final = 64
#: Stands for a member of no level.
ANY_MEMBER: Final = "*"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person typed: lines of "SKU pieces" (grams for goods by weight), and under which conditions.

    `level` is a member's ("*": a member of none, "": no member), `tags` what the member has besides, `orders`
    how many the member made before, `points` what may be spent; the last two as they were typed. `at` is the
    shop's own time, None for now.
    """

    goods: str
    level: str = ""
    codes: tuple[str, ...] = ()
    at: datetime | None = None
    tags: tuple[str, ...] = ()
    orders: str = ""
    is_staff: bool = False
    points: str = ""

    @property
    def member(self) -> Member | None:
        """Who buys; None where nothing was said of a member."""
        if not (self.level or self.tags or self.orders or self.is_staff or self.points):
            return None
        before = int(self.orders) if self.orders else None
        level = self.level.replace(ANY_MEMBER, "")
        return Member("trial", level, frozenset(self.tags), before, self.is_staff)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What cannot be tried: a line's number (0: another field), a fixed word ("unknown", "no_price",
    "quantity", "many", "none", "orders", "points") and what it said."""

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
    for why, text in (("orders", asked.orders), ("points", asked.points)):
        if text and not _is_number(text):
            troubles.append(Trouble(0, why, text))
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
        member=asked.member,
        codes=tuple(_code(connection, code) for code in asked.codes),
        points=int(asked.points or 0),
        points_wanted=None if asked.points else 0,
    )
    programme = programme_of_store(connection, live.facts)
    earning = programme.points if asked.member is not None and programme.is_on else NO_EARNING
    cache, policy = PriceCache(), policy_of(live.shop, earning)
    priced = price(basket, live.index, policy, cache)

    def goods_that_fit(of: GoodsSet) -> list[BasketLine]:
        return list(_shelf(connection, live, asked.level or None, of, at))

    told = explained(basket, live.index, policy, priced, cache=cache, goods=goods_that_fit)
    return Trial(basket, told, trial_quantities, prices)


def _code(connection: Connection, text: str) -> Code:
    """A word that many may use, or the id of a single-use coupon, which stands for its batch."""
    one = coupon_of(connection, text)
    return Code(text, "" if one is None else one.batch)


def _shelf(
    connection: Connection, live: LiveStore, level: str | None, of: GoodsSet, at: datetime
) -> Iterator[BasketLine]:
    """Goods that a set names by SKU, one piece of each, as the tills would sell them now."""
    asked = asked_values(of) or []
    skus = sorted({sku for what, values in asked if what == "sku" for sku in values})[:_SHELF_MOST]
    for number, item in enumerate(goods_of_store(connection, live.shop.store_id, skus).values(), 1):
        answer = None if item.prices is None else answer_of(live.facts, item.prices, at, level=level)
        if answer is not None and item.item.unit == "pcs":
            yield _line(number, item, Quantity(1, "pcs"), answer, live)


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
    """Words out of what was typed, coupons or a member's tags, each once."""
    words: Sequence[str] = text.replace(",", " ").split()
    return tuple(dict.fromkeys(word[:_WORD_MOST_CHARS] for word in words))[:20]
