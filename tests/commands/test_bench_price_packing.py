"""The textbook's programme says what the engine says; where groups are too many it says that."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from posapp.commands import bench_price_packing
from posapp.commands.bench_price_packing import TooManyGroupsError, packed, packing_of
from posapp.commands.bench_price_shop import price_basket, price_shop
from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.promotion import Having, NFor, Off, Promotion


def test_groups_one_by_one_come_to_the_same() -> None:
    pytest.importorskip("highspy")
    shop = price_shop(400, 120, 5)
    found = PromotionIndex(shop.promotions)
    for seed in range(8):
        basket = price_basket(shop, 4 + seed, seed)
        verdict = packed(basket, found.touching(basket))
        assert verdict.is_proven
        assert verdict.saving_minor == price(basket, found).discount_minor


def test_each_unit_is_in_one_group_at_most_and_each_group_has_a_column() -> None:
    kind = NFor(2, Off(price_minor=300))
    pair = Promotion("two", "item", kind, Having("sku", frozenset({"a"})))
    basket = Basket((BasketLine(1, "a", 4, 200),), "CNY", datetime(2026, 11, 22, tzinfo=UTC))
    written = packing_of(basket, [pair])
    # Six pairs of four units; each unit stands in three of them.
    assert written.costs == [100] * 6
    assert [len(terms) for _, most, terms in written.rows if most == 1] == [3] * 4


def test_too_many_groups_are_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_price_packing, "GROUPS_MAX", 3)
    shop = price_shop(400, 120, 5)
    basket = price_basket(shop, 12, 1)
    with pytest.raises(TooManyGroupsError):
        packing_of(basket, PromotionIndex(shop.promotions).touching(basket))
