"""Lots and the promotions that reach them: the same as asking each set of each line."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.items.set_cache import SetCache, sets_of
from posapp.domain.pricing.terms.applications import Lot
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


def test_lots_are_reached_by_what_their_sets_hold() -> None:
    for seed in range(200):
        random = Random(seed)
        lines = [any_line(random, n) for n in range(1, 12)]
        lots = [
            Lot(line, 0, random.randint(0, 3), line.unit_minor, random.random() < 0.2) for line in lines
        ]  # fmt: skip
        cache = SetCache()
        found = cache.open_lots(lots)
        assert cache.open_lots(lots) is found
        prices = [lot.price_minor for lot in found.lots]
        assert prices == sorted(prices, reverse=True)
        assert {lot.line.line_no for lot in found.lots} == {
            lot.line.line_no for lot in lots if lot.count and not lot.is_locked
        }
        for _ in range(12):
            sets = [any_set(random) for _ in range(random.randint(1, 2))]
            kind = Bundle(tuple(Part(goods) for goods in sets), Off(minor=1))
            promotion = Promotion("p", "item", kind)
            assert sets_of(promotion) == sets
            positions, slots, is_enough = found.reached(promotion)
            held = {
                position: tuple(n for n, goods in enumerate(sets) if holds(goods, lot.line))
                for position, lot in enumerate(found.lots)
            }
            assert dict(zip(positions, slots, strict=True)) == {n: fits for n, fits in held.items() if fits}
            assert positions == sorted(positions)
            assert is_enough == (sum(found.lots[position].count for position in positions) >= len(sets))


def test_a_lot_is_known_by_all_that_counts_of_it() -> None:
    cache = SetCache()
    line = BasketLine(1, "a", 2, 100)
    lot = Lot(line, 0, 2, 100)
    same = Lot(BasketLine(1, "a", 2, 100), 0, 2, 100)
    assert cache.lot(lot) == cache.lot(lot) == cache.lot(same)
    others = [
        Lot(line, 1, 2, 100), Lot(line, 0, 1, 100), Lot(line, 0, 2, 90),
        Lot(replace(line, sku="b"), 0, 2, 100), Lot(replace(line, unit_minor=101), 0, 2, 100),
        Lot(replace(line, line_no=2), 0, 2, 100), Lot(replace(line, floor_minor=1), 0, 2, 100),
        Lot(replace(line, traits=Traits(brand="x")), 0, 2, 100),
    ]  # fmt: skip
    assert len({cache.lot(each) for each in (lot, *others)}) == 1 + len(others)


def test_equal_promotions_have_one_number_and_others_of_the_id_their_own() -> None:
    cache = SetCache()
    one, same = (Promotion("p", "item", Bundle((Part(Every()),), Off(minor=1))) for _ in range(2))
    other = Promotion("p", "item", Bundle((Part(Every()),), Off(minor=2)))
    assert cache.token(one) == cache.token(same)
    assert cache.token(other) != cache.token(one)
