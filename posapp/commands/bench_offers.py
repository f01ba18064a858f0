"""Live promotions for the catalogues of the benchmarks: a made-up shop's, told of these goods by SKU.

A benchmark's catalogue knows no categories and no brands, so sets of those are spelled out: what is measured
is the same density, some three promotions to a line, whatever the number of goods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from posapp.commands.bench_price_shop import PriceShop, price_basket, price_shop
from posapp.commands.bench_shop import codes_of
from posapp.domain.codes import normalise
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.terms.promotion import Bundle, GoodsSet, Having, Part, Promotion, Reward

#: Goods that the promotions of a large catalogue are about.
SHELF = 20_000


@dataclass(frozen=True, slots=True)
class Offers:
    """Promotions, and codes of goods as they lie in baskets of that shop."""

    index: PromotionIndex
    codes: list[str]


def offers_of(goods: Path, count: int, wanted: int, seed: int) -> Offers:
    """So many promotions on a shelf of this catalogue (fewer where it is smaller), and codes to scan."""
    codes = codes_of(goods, SHELF, seed)
    live = count * len(codes) // SHELF
    shop = price_shop(len(codes), live, seed)
    skus = [normalise(code).key for code in codes]
    index = PromotionIndex(_told(each, shop, skus) for each in shop.promotions)
    chosen: dict[str, None] = {}
    number = 0
    while len(chosen) < min(wanted, len(codes)):
        basket = price_basket(shop, 60, f"{seed} {number}")
        chosen |= dict.fromkeys(codes[int(line.sku[1:])] for line in basket.lines)
        number += 1
    return Offers(index, list(chosen)[:wanted])


def _told(promotion: Promotion, shop: PriceShop, skus: Sequence[str]) -> Promotion:
    def told(goods: GoodsSet) -> GoodsSet:
        if not isinstance(goods, Having):
            return goods
        if goods.what == "sku":
            return Having("sku", frozenset(skus[int(sku[1:])] for sku in goods.values))
        found = (
            skus[number]
            for number, traits in enumerate(shop.traits)
            if not goods.values.isdisjoint((*traits.category, traits.brand, *traits.tags))
        )
        return Having("sku", frozenset(found))

    def part(each: Part) -> Part:
        return Part(told(each.of), each.qty)

    kind = promotion.kind
    if isinstance(kind, Bundle):
        kind = replace(kind, parts=tuple(map(part, kind.parts)))
    elif isinstance(kind, Reward):
        kind = replace(kind, buy=tuple(map(part, kind.buy)), get=part(kind.get), buy_of=told(kind.buy_of))
    return replace(promotion, kind=kind, on=told(promotion.on))
