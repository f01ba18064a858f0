"""Made-up shops with thousands of live promotions, and baskets in them: the same for the same seed.

What is published about prices is measured on these. Goods lie in categories of 50, brands of 20 and themes;
promotions are of every kind that a judge can write as a linear programme, on a few goods, a brand, a category
or all. A shop's density is its promotions by goods: 5,000 on 20,000 touch some 3.3 promotions a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from posapp.domain.pricing.terms.basket import Basket, BasketLine, Code, Traits
from posapp.domain.pricing.terms.promotion import (
    AllOf,
    Bundle,
    Condition,
    EachUnit,
    Every,
    GoodsSet,
    Having,
    Kind,
    Layer,
    Limits,
    Needs,
    NFor,
    Nth,
    Off,
    OrderOff,
    Part,
    Priced,
    Promotion,
    QtyTier,
    Reward,
    SpendTier,
    Stack,
    Step,
)

A_CATEGORY, A_BRAND, A_THEME = 50, 20, 40
#: Lines of a basket, from and to, as they are reported.
CLASSES = ((1, 9), (10, 20), (21, 40), (41, 60))
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PRICES = (190, 250, 290, 350, 490, 590, 690, 890, 990, 1290, 1590, 1990, 2590, 3990, 5990, 12900)
COUPONS = ("SPRING", "LETTER", "WELCOME")


@dataclass(frozen=True, slots=True)
class PriceShop:
    """Goods (traits and price by number) and the live promotions."""

    traits: tuple[Traits, ...]
    prices: tuple[int, ...]
    promotions: tuple[Promotion, ...]


def price_shop(goods: int, promotions: int, seed: int) -> PriceShop:
    """A shop with so many SKUs and live promotions."""
    random = Random(f"{seed} shop")
    themes = max(1, goods // (A_THEME * 2))
    traits = []
    prices = []
    for number in range(goods):
        tags = frozenset({f"t{random.randrange(themes)}"}) if random.random() < 0.5 else frozenset()
        brand = f"b{_brand(number, goods)}"
        traits.append(Traits((f"d{number // 1000}", f"c{number // A_CATEGORY}"), brand, tags))
        prices.append(random.choice(PRICES))
    made = [_promotion(random, number, goods) for number in range(promotions)]
    return PriceShop(tuple(traits), tuple(prices), (*made, *_for_all()))


def _brand(number: int, goods: int) -> int:
    """Two of a brand lie beside each other, the next two in other categories of the same department."""
    department, place = divmod(number, 1000)
    brands = min(1000, goods) // A_BRAND
    return department * brands + place // 2 % brands


def price_basket(shop: PriceShop, lines: int, seed: object) -> Basket:
    """A basket of so many lines: goods of a few categories, most of them once."""
    random = Random(f"{seed} basket")
    wanted = max(1, lines // 5)
    categories = [random.randrange(len(shop.traits) // A_CATEGORY) for _ in range(wanted)]
    chosen: list[int] = []
    while len(chosen) < lines:
        number = random.choice(categories) * A_CATEGORY + random.randrange(A_CATEGORY)
        if random.random() < 0.2:
            number = random.randrange(len(shop.traits))
        if number not in chosen:
            chosen.append(number)
    made = []
    for line_no, number in enumerate(chosen, 1):
        pieces = 1 if random.random() < 0.7 else random.choice((2, 2, 2, 3, 3, 4, 6))
        line = BasketLine(line_no, f"s{number}", pieces, shop.prices[number], shop.traits[number])
        made.append(line)
    codes = tuple(Code(code) for code in COUPONS if random.random() < 0.2)
    return Basket(tuple(made), "CNY", AT, codes=codes)


# ------------------------------------------------------------------ promotions
def _promotion(random: Random, number: int, goods: int) -> Promotion:
    category = random.randrange(goods // A_CATEGORY)
    on = _goods(random, category, goods)
    limits, stack, layer = Limits(), Stack(priority=random.randrange(10)), "item"
    kind: Kind
    draw = random.random()
    if draw < 0.30:
        kind = EachUnit(_off(random))
        if random.random() < 0.15:
            tag = f"g{category % 3}"
            stack = Stack(tags=frozenset({tag}), agrees=frozenset({tag}), priority=stack.priority)
    elif draw < 0.40:
        kind = EachUnit(_off(random, most=500_000))
        limits = Limits(max_units=random.choice((1, 2, 3)))
    elif draw < 0.54:
        kind = Nth(random.choice((2, 2, 2, 3)), Off(ppm=random.choice((500_000, 500_000, 1_000_000))))
        limits = Limits(per_order=random.choice((None, None, None, 1, 2)))
    elif draw < 0.68:
        kind = _n_for(random)
        if kind.off.price_minor is not None:
            on = _worth(on, kind.off.price_minor // kind.n)
    elif draw < 0.78:
        other = Having("sku", frozenset(_skus(random, category, 4)))
        off = _bundle_off(random)
        each = (off.price_minor or 0) // 2
        kind = Bundle((Part(_worth(_few(on, random, category), each)), Part(_worth(other, each))), off)
    elif draw < 0.86:
        get = Part(_worth(Having("sku", frozenset(_skus(random, category, 9))), 250, 1_990))
        off = random.choice((Off(ppm=1_000_000), Off(ppm=500_000), Off(price_minor=100)))
        kind = Reward((Part(_few(on, random, category), random.choice((1, 2))),), get, off)
        limits = Limits(per_order=random.choice((None, 1, 2)))
    elif draw < 0.94:
        kind = QtyTier((Step(2, Off(ppm=100_000)), Step(random.choice((3, 4)), Off(ppm=200_000))))
    else:
        kind, layer = (
            SpendTier("amount", (Step(5_000, Off(minor=300)), Step(10_000, Off(minor=900)))),
            "order",
        )
        on = Having("category", frozenset({f"c{category}"}))
    return Promotion(f"p{number}", _layer(layer), kind, on, limits=limits, stack=stack)


def _layer(word: str) -> Layer:
    return "order" if word == "order" else "item"


def _goods(random: Random, category: int, goods: int) -> GoodsSet:
    draw = random.random()
    if draw < 0.7:
        return Having("sku", frozenset(_skus(random, category, random.randint(1, 12))))
    if draw < 0.9:
        number = category * A_CATEGORY + random.randrange(A_CATEGORY)
        return Having("brand", frozenset({f"b{_brand(number, goods)}"}))
    return Having("category", frozenset({f"c{category}"}))


def _worth(goods: GoodsSet, least_minor: int, most_minor: int | None = None) -> GoodsSet:
    """Only goods of a price that the offer is meant for: up to twice what a piece costs in it."""
    if not least_minor:
        return goods
    return AllOf((goods, Priced(least_minor, 2 * least_minor if most_minor is None else most_minor)))


def _few(on: GoodsSet, random: Random, category: int) -> GoodsSet:
    """A set of single goods: a bundle of two whole categories is no bundle."""
    is_few = isinstance(on, Having) and on.what == "sku"
    return on if is_few else Having("sku", frozenset(_skus(random, category, 5)))


def _skus(random: Random, category: int, count: int) -> list[str]:
    return [f"s{category * A_CATEGORY + place}" for place in random.sample(range(A_CATEGORY), count)]


def _off(random: Random, most: int = 300_000) -> Off:
    if random.random() < 0.75:
        return Off(
            ppm=random.choice(
                [ppm for ppm in (50_000, 100_000, 150_000, 200_000, 300_000, 500_000) if ppm <= most]
            )
        )
    return Off(minor=random.choice((20, 50, 100, 150)))


def _n_for(random: Random) -> NFor:
    n = random.choice((2, 2, 3, 3, 4, 5))
    if random.random() < 0.5:
        return NFor(n, Off(ppm=random.choice((150_000, 200_000, 300_000))))
    return NFor(n, Off(price_minor=n * random.choice((200, 300, 500, 900, 1500))))


def _bundle_off(random: Random) -> Off:
    if random.random() < 0.5:
        return Off(ppm=random.choice((100_000, 200_000, 250_000)))
    return Off(price_minor=random.choice((500, 900, 1500, 2900, 4900)))


def _for_all() -> list[Promotion]:
    """What every shop has for all goods, whatever its size: two tiers of the shop, three coupons."""
    tier = SpendTier("amount", (Step(20_000, Off(minor=1_500)), Step(40_000, Off(minor=4_000))))
    after = Needs(conditions=(Condition(),), judged_on="after_items")
    shop = Promotion("shop-tier", "order", tier, needs=after, stack=Stack(group="shop"))
    every = SpendTier("amount", (Step(15_000, Off(minor=1_000)),), every=True, cap_minor=5_000)
    often = Promotion("shop-every", "order", every, needs=after, stack=Stack(group="shop"))
    return [
        shop,
        often,
        _coupon("SPRING", OrderOff(Off(ppm=80_000), cap_minor=5_000), 0),
        _coupon("LETTER", OrderOff(Off(minor=2_000)), 15_000),
        _coupon("WELCOME", OrderOff(Off(minor=500)), 5_000),
    ]


def _coupon(code: str, kind: Kind, least_minor: int) -> Promotion:
    needs = Needs(
        frozenset({code}), conditions=(Condition(Every(), min_minor=least_minor),), judged_on="after_items"
    )
    return Promotion(f"coupon-{code.lower()}", "order", kind, needs=needs, stack=Stack(group="coupon"))
