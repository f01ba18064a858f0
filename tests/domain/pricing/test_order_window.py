"""Items and order layer together against every item choice of tiny baskets, listed one by one."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from posapp.domain.pricing.goods.gates import Open
from posapp.domain.pricing.items.price_layer import price_lots
from posapp.domain.pricing.orders.layer import OrderRight, order_right
from posapp.domain.pricing.orders.watch import Goods
from posapp.domain.pricing.orders.window import combine, settle
from posapp.domain.pricing.terms.applications import Right
from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import (
    Condition,
    EachUnit,
    Every,
    GoodsSet,
    Having,
    Limits,
    Needs,
    NFor,
    Off,
    OrderOff,
    Promotion,
    SpendTier,
    Stack,
    Step,
)
from tests.domain.pricing.brute_items import BruteItems, all_choices

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SKUS = "abcd"


def basket_of(*lines: tuple[str, int, int]) -> Basket:
    return Basket(
        tuple(BasketLine(no, sku, qty, unit) for no, (sku, qty, unit) in enumerate(lines, 1)), "CNY", AT
    )


def goods_of(basket: Basket) -> Goods:
    return Goods(
        basket.lines, price_lots(basket.lines, ()), {line.line_no: n for n, line in enumerate(basket.lines)}
    )


def sku(*values: str) -> Having:
    return Having("sku", frozenset(values))


def after(*conditions: Condition) -> Needs:
    return Needs(conditions=conditions, judged_on="after_items")


def a_set(rng: random.Random) -> GoodsSet:
    return Every() if rng.random() < 0.4 else sku(*rng.sample(SKUS, rng.randint(1, 3)))


def an_item(rng: random.Random, number: int) -> Right:
    off = rng.choice([Off(ppm=rng.choice([100_000, 333_333, 500_000])), Off(minor=rng.randint(1, 40))])
    if rng.random() < 0.4:
        kind: EachUnit | NFor = NFor(2, rng.choice([Off(price_minor=rng.randint(20, 120)), off]))
    else:
        kind = EachUnit(off)
    return Right(Promotion(f"i{number}", "item", kind, a_set(rng)))


def an_order(rng: random.Random, number: int, basket: Basket) -> OrderRight:
    total = sum(line.amount_minor for line in basket.lines)
    near = rng.randint(max(1, total // 3), total + 5)
    off = rng.choice(
        [Off(ppm=rng.choice([50_000, 100_000, 250_000])), Off(minor=rng.randint(1, total // 2 + 2))]
    )
    cap = rng.randint(1, total) if rng.random() < 0.3 else None
    needs = Needs(judged_on="after_items")
    if rng.random() < 0.4:
        bound = {rng.choice(["min_minor", "max_minor"]): near}
        needs = after(Condition(a_set(rng), **bound))  # type: ignore[arg-type]
    if rng.random() < 0.5:
        low = rng.randint(1, near)
        steps = (
            Step(low, Off(minor=rng.randint(1, 20))),
            Step(low + rng.randint(1, 60), Off(minor=rng.randint(15, 60))),
        )
        kind: OrderOff | SpendTier = SpendTier("amount", steps, cap_minor=cap)
        if rng.random() < 0.4:
            kind = SpendTier("amount", steps[:1], every=True, cap_minor=cap)
    else:
        per = "line" if rng.random() < 0.1 else "order"
        units = "cheapest" if rng.random() < 0.1 else "all"
        kind = OrderOff(off, cap, per=per, units=units)  # type: ignore[arg-type]
    limits = Limits(floor_ppm=rng.choice([None, None, None, 400_000]))
    promotion = Promotion(
        f"o{number}",
        "order",
        kind,
        a_set(rng),
        needs=needs,
        limits=limits,
        stack=Stack(priority=rng.randint(0, 1)),
    )
    return order_right(promotion, basket, Open())


def check(seed: int, policy: Policy) -> tuple[bool, bool]:
    """One random basket; (whether the window found more than the best items, whether anything fell off)."""
    rng = random.Random(seed)
    lines = [(rng.choice(SKUS), rng.randint(1, 2), rng.randint(5, 90)) for _ in range(rng.randint(1, 3))]
    basket = basket_of(*lines)
    goods = goods_of(basket)
    rights = [an_item(rng, n) for n in range(rng.randint(1, 3))]
    orders = [an_order(rng, n, basket) for n in range(rng.randint(1, 3))]
    every = [settle(goods, choice, orders, policy) for choice in all_choices(goods.lots, rights, policy)]
    best = max(each.saving_minor for each in every)
    found = combine(goods, rights, orders, policy, BruteItems())
    assert found.saving_minor == best if found.is_proven else found.saving_minor <= best, seed
    assert found.saving_minor == sum(line.amount_minor for line in basket.lines) - sum(
        run.left_minor * run.count for run in found.runs
    )
    return best > every[0].saving_minor, best > 0


@pytest.mark.parametrize("block", range(4))
def test_equal_to_every_item_choice_on_tiny_baskets(block: int) -> None:
    results = [check(seed, Policy()) for seed in range(block * 100, block * 100 + 100)]
    # The window has something to find, and not only there.
    assert sum(more for more, _ in results) >= 2
    assert sum(some for _, some in results) >= 85
