"""Goods and the promotions they fit: the same as asking each set, in whatever order both became known."""

from __future__ import annotations

from random import Random

import pytest

from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.items import set_cache
from posapp.domain.pricing.items.set_cache import SetCache, sets_of
from posapp.domain.pricing.terms.basket import BasketLine, Traits
from posapp.domain.pricing.terms.promotion import (
    AllOf,
    AnyOf,
    Bundle,
    Every,
    Except,
    GoodsSet,
    Having,
    Off,
    Part,
    Priced,
    Promotion,
)


def any_set(random: Random, depth: int = 2) -> GoodsSet:
    pick = random.randrange(8 if depth else 5)
    if pick == 0:
        return random.choice((Every(), Priced(None, 40), Priced(30, None), Priced(20, 60)))
    if pick < 5:
        what = random.choice(("sku", "category", "brand", "tag"))
        return Having(what, frozenset(random.sample("abcdefgh", random.randint(0, 5))))  # type: ignore[arg-type]
    if pick == 5:
        return Except(any_set(random, depth - 1))
    sets = tuple(any_set(random, depth - 1) for _ in range(random.randint(1, 3)))
    return AnyOf(sets) if pick == 6 else AllOf(sets)


def any_line(random: Random, line_no: int) -> BasketLine:
    traits = Traits(
        tuple(random.sample("abcdefgh", random.randint(0, 2))),
        random.choice("abcdefgh "),
        frozenset(random.sample("abcdefgh", random.randint(0, 2))),
    )
    return BasketLine(line_no, random.choice("abcdefgh"), 1, random.randint(1, 80), traits)


def test_goods_fit_what_their_sets_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(150):
        random = Random(seed)
        monkeypatch.setattr(set_cache, "VALUES_MAX", random.choice((2, 64)))
        cache = SetCache()
        lines: list[BasketLine] = []
        promotions: list[Promotion] = []
        for n in range(25):
            if random.random() < 0.5:
                lines.append(any_line(random, n))
                cache.place(lines[-1])
            else:
                kind = Bundle((Part(any_set(random)), Part(any_set(random))), Off(minor=1))
                promotions.append(Promotion(f"p{random.randrange(5)}", "item", kind))
                cache.token(promotions[-1])
        for line in lines:
            fits = cache.slots[cache.place(line)]
            for promotion in promotions:
                held = tuple(n for n, goods in enumerate(sets_of(promotion)) if holds(goods, line))
                assert fits.get(cache.token(promotion), ()) == held


def test_equal_promotions_have_one_number_and_others_of_the_id_their_own() -> None:
    cache = SetCache()
    one, same = (Promotion("p", "item", Bundle((Part(Every()),), Off(minor=1))) for _ in range(2))
    other = Promotion("p", "item", Bundle((Part(Every()),), Off(minor=2)))
    assert cache.token(one) == cache.token(same)
    assert cache.token(other) != cache.token(one)
