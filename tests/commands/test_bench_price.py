"""The benchmark of prices on a small shop: the same every time, judged, and others' rules never better."""

from __future__ import annotations

import pytest

from posapp.commands import bench_price
from posapp.commands.bench_price_greedy import RULES, greedy_saving
from posapp.commands.bench_price_shop import CLASSES, price_basket, price_shop
from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.goods.index import PromotionIndex


def test_a_shop_and_its_baskets_are_the_same_for_the_same_seed() -> None:
    one, other = price_shop(2_000, 300, 7), price_shop(2_000, 300, 7)
    assert one == other
    assert price_basket(one, 12, 3) == price_basket(other, 12, 3)
    assert price_shop(2_000, 300, 8) != one


def test_what_others_do_is_never_better_and_sometimes_worse() -> None:
    shop = price_shop(1_000, 400, 1)
    index = PromotionIndex(shop.promotions)
    worse = dict.fromkeys(RULES, 0)
    for seed in range(12):
        basket = price_basket(shop, 8, seed)
        promotions = index.touching(basket)
        best = price(basket, promotions).discount_minor
        for rule in RULES:
            got = greedy_saving(basket, promotions, rule)
            assert got <= best
            worse[rule] += got < best
    assert all(worse.values())


def test_it_tells_all_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_price, "GOODS", 1_000)
    monkeypatch.setattr(bench_price, "PROMOTIONS", 200)
    monkeypatch.setattr(bench_price, "SPARSE", 50)
    monkeypatch.setattr(bench_price, "TIMES", 2)
    monkeypatch.setattr(bench_price, "A_ROUND", 1)
    document = bench_price.bench_price(rounds=1, seed=1).document()
    figures = document["figures"]
    pytest.importorskip("highspy")
    assert figures["proven_share"] == 1
    assert figures["differing_from_judge"] == 0
    for least, most in CLASSES:
        assert figures[f"lines_{least}_{most}_full_p50_ms"] > 0
        assert figures[f"lines_{least}_{most}_search_p50_ms"] > 0
    for form in ("", "python_"):
        for programme in ("highs", "highs_textbook"):
            alone, whole, old = (
                figures[f"{form}{what}{programme}_ratio"] for what in ("search_alone_", "whole_", "")
            )
            # The solver is a part of what it takes with its programme.
            assert whole >= old > 0
            assert alone > 0
    assert {aim["key"] for aim in document["aims"]} <= figures.keys()
    for density in ("dense", "sparse"):
        for rule in RULES:
            assert 0 <= document["baselines"][f"{density}_{rule}_worse_share"] <= 1
