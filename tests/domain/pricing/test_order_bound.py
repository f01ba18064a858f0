"""The bound of both layers against every item choice of tiny baskets; pieces per line in the order layer."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from posapp.domain.pricing.goods.gates import Open
from posapp.domain.pricing.items.items import ItemCache, solve_items
from posapp.domain.pricing.orders.bound import Ceiling
from posapp.domain.pricing.orders.layer import order_right
from posapp.domain.pricing.orders.window import settle
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import Every, Limits, Needs, Off, OrderOff, Promotion
from tests.domain.pricing.brute_items import all_choices
from tests.domain.pricing.test_order_window import SKUS, an_item, an_order, basket_of, goods_of


@pytest.mark.parametrize("block", range(4))
def test_nothing_saves_more_than_the_bound_and_nothing_better_lies_outside_the_window(block: int) -> None:
    tight = 0
    for seed in range(block * 60, block * 60 + 60):
        rng = random.Random(f"{seed} bound")
        lines = [(rng.choice(SKUS), rng.randint(1, 2), rng.randint(5, 90)) for _ in range(rng.randint(1, 3))]
        basket = basket_of(*lines)
        goods = goods_of(basket)
        rights = [an_item(rng, n) for n in range(rng.randint(1, 3))]
        orders = [an_order(rng, n, basket) for n in range(rng.randint(1, 3))]
        if rng.random() < 0.3:
            limits = replace(orders[0].promotion.limits, max_units_per_line=1, max_units=rng.randint(1, 3))
            orders[0] = replace(orders[0], promotion=replace(orders[0].promotion, limits=limits))
        policy = Policy(order_percent_per=rng.choice(["order", "order", "line", "unit"]))
        best = solve_items(goods.lots, rights, policy, ItemCache())
        ceiling = Ceiling(goods, best, policy)
        every = [settle(goods, choice, orders, policy) for choice in all_choices(goods.lots, rights, policy)]
        most = max(each.saving_minor for each in every)
        assert ceiling.most(orders) >= most, seed
        tight += ceiling.most(orders) == most
        saved = settle(goods, best, orders, policy).saving_minor
        window = ceiling.window(orders, saved)
        nearest = ceiling.nearest(orders, saved)
        for each in every:
            if each.saving_minor > saved:
                assert nearest <= best.value_minor - each.choice.value_minor <= window, seed
    assert tight >= 10


def test_of_each_line_no_more_pieces_than_stated_get_an_order_reduction() -> None:
    basket = basket_of(("a", 3, 100), ("b", 1, 50))
    promotion = Promotion(
        "o", "order", OrderOff(Off(ppm=500_000)), Every(), needs=Needs(), limits=Limits(max_units_per_line=1)
    )
    goods = goods_of(basket)
    choice = solve_items(goods.lots, [], Policy())
    done = settle(goods, choice, [order_right(promotion, basket, Open())], Policy())
    assert done.saving_minor == 75
    assert sorted((run.count, run.left_minor) for run in done.runs) == [(1, 25), (1, 50), (2, 100)]


def test_where_parts_have_no_room_by_themselves_their_sum_is_shared_together() -> None:
    basket = basket_of(("a", 1, 100), ("b", 1, 100))
    goods = goods_of(basket)
    lines = tuple(replace(line, floor_minor=floor) for line, floor in zip(basket.lines, (90, 0), strict=True))
    basket = replace(basket, lines=lines)
    goods = goods_of(basket)
    promotion = Promotion("o", "order", OrderOff(Off(ppm=400_000)), Every())
    policy = Policy(order_percent_per="line")
    done = settle(
        goods, solve_items(goods.lots, [], policy), [order_right(promotion, basket, Open())], policy
    )
    assert done.saving_minor == 80
    assert [run.left_minor for run in done.runs] == [90, 30]
