"""Kinds of the order layer one by one: tiers, each multiple, caps, deposits, lines, floors, payers' order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.terms.basket import Basket, BasketLine, LineTax, Traits, Uses
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import (
    Condition,
    Deposit,
    EachUnit,
    GoodsSet,
    Having,
    Kind,
    Limits,
    Needs,
    Off,
    OrderOff,
    PriceBook,
    Promotion,
    SpendTier,
    Stack,
    Step,
)

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TAX = (LineTax("19", 190_000, included=True),)


def basket(*lines: tuple[str, int, int]) -> Basket:
    made = (
        BasketLine(no, sku, qty, unit, Traits(tags=frozenset({f"of:{sku[0]}"})), TAX)
        for no, (sku, qty, unit) in enumerate(lines, 1)
    )
    return Basket(tuple(made), "EUR", AT)


def order(kind: Kind, name: str = "o", **more: object) -> Promotion:
    return Promotion(name, "order", kind, **more)  # type: ignore[arg-type]


def sku(*values: str) -> GoodsSet:
    return Having("sku", frozenset(values))


def taken(priced_for: Basket, *promotions: Promotion, policy: Policy = Policy()) -> dict[str, int]:
    priced = price(priced_for, promotions, policy)
    assert priced.is_proven
    return {each.promotion_id: each.amount_minor for each in priced.discounts}


STEPS = (Step(10_000, Off(minor=1_000)), Step(20_000, Off(minor=3_000)), Step(30_000, Off(ppm=200_000)))


@pytest.mark.parametrize(
    ("unit", "off"), [(9_999, None), (10_000, 1_000), (19_999, 1_000), (20_000, 3_000), (30_001, 6_000)]
)
def test_the_highest_step_that_is_reached(unit: int, off: int | None) -> None:
    assert taken(basket(("a", 1, unit)), order(SpendTier("amount", STEPS))) == (
        {} if off is None else {"o": off}
    )


@pytest.mark.parametrize(
    ("tier", "limits", "off"),
    [
        (SpendTier("amount", (Step(3_000, Off(minor=500)),), every=True), Limits(), 1_500),
        (SpendTier("amount", (Step(3_000, Off(minor=500)),), every=True), Limits(per_order=2), 1_000),
        (SpendTier("amount", (Step(3_000, Off(minor=500)),), every=True, cap_minor=1_200), Limits(), 1_200),
        (SpendTier("amount", (Step(3_000, Off(minor=500)),), every=True), Limits(max_minor=700), 700),
        (SpendTier("qty", (Step(2, Off(minor=100)),)), Limits(), 100),
        (SpendTier("qty", (Step(2, Off(minor=100), more_minor=30),)), Limits(), 160),
        (SpendTier("qty", (Step(4, Off(ppm=333_333)),)), Limits(), 3_333),
        (SpendTier("amount", (Step(2_500, Off(minor=100)),), per="line"), Limits(), 200),
        (OrderOff(Off(ppm=100_000), cap_minor=300, per="line"), Limits(), 600),
        (OrderOff(Off(minor=1_000), units="cheapest", count=2), Limits(), 1_000),
        (OrderOff(Off(ppm=500_000), units="cheapest", count=3), Limits(), 3_500),
        (OrderOff(Off(ppm=500_000), units="dearest", count=3), Limits(), 4_000),
        (OrderOff(Off(ppm=500_000)), Limits(max_units=1), 1_500),
        (OrderOff(Off(price_minor=8_000)), Limits(), 2_000),
        (OrderOff(Off(minor=99_999)), Limits(), 10_000),
        (OrderOff(Off(ppm=900_000)), Limits(floor_ppm=400_000), 6_000),
        (OrderOff(Off(ppm=900_000)), Limits(floor_minor=2_400), 1_200),
    ],
)
def test_amounts(tier: Kind, limits: Limits, off: int) -> None:
    goods = basket(("a", 2, 3_000), ("b", 2, 2_000))
    assert taken(goods, order(tier, limits=limits)) == {"o": off}


def test_thresholds_on_the_list_or_after_the_items() -> None:
    goods = basket(("a", 1, 10_000))
    item = Promotion("i", "item", EachUnit(Off(minor=500)))
    tier = order(SpendTier("amount", STEPS))
    assert taken(goods, item, tier) == {"i": 500, "o": 1_000}
    # After the items the threshold is missed with the item's right: it is better left alone.
    strict = replace(tier, needs=Needs(judged_on="after_items"))
    assert taken(goods, item, strict) == {"o": 1_000}
    small = replace(strict, kind=SpendTier("amount", (Step(10_000, Off(minor=400)),)))
    assert taken(goods, item, small) == {"i": 500}


def test_conditions_after_the_items() -> None:
    goods = basket(("a", 1, 10_000), ("b", 1, 5_000))
    item = Promotion("i", "item", EachUnit(Off(minor=500)), sku("a"))
    needs = Needs(conditions=(Condition(sku("a"), min_minor=9_800),), judged_on="after_items")
    assert taken(goods, item, order(OrderOff(Off(minor=600)), needs=needs)) == {"o": 600}
    assert taken(goods, item, order(OrderOff(Off(minor=400)), needs=needs)) == {"i": 500}
    upper = Needs(conditions=(Condition(sku("a"), max_minor=9_800),), judged_on="after_items")
    assert taken(goods, item, order(OrderOff(Off(minor=600)), needs=upper)) == {"i": 500, "o": 600}


def test_a_share_after_the_items_may_be_worth_less_than_before() -> None:
    # 100 off a or 100 off b (one right, once): on b no order share is lost.
    goods = basket(("a", 1, 10_000), ("b", 1, 10_000))
    item = Promotion("i", "item", EachUnit(Off(minor=100)), limits=Limits(max_units=1))
    half = order(OrderOff(Off(ppm=500_000)), on=sku("a"))
    priced = price(goods, (item, half))
    assert priced.is_proven
    assert [each.paid_minor for each in priced.lines] == [5_000, 9_900]


def test_the_same_base_and_never_below_zero() -> None:
    goods = basket(("a", 1, 10_000))
    tens = [order(OrderOff(Off(ppm=100_000)), f"o{n}") for n in range(3)]
    assert taken(goods, *tens) == {"o0": 1_000, "o1": 1_000, "o2": 1_000}
    left = Policy(percent_of="left")
    assert taken(goods, *tens, policy=left) == {"o0": 1_000, "o1": 900, "o2": 810}
    # 400 - 380 - 50: the third gets what is there.
    big = order(OrderOff(Off(minor=9_500)), "z", stack=Stack(priority=9))
    late = order(OrderOff(Off(minor=1_250)), "a")
    assert taken(goods, big, late) == {"z": 9_500, "a": 500}


def test_a_deposit_counts_for_more_than_was_paid() -> None:
    goods = replace(basket(("a", 1, 10_000)), deposits={"o": 1_000})
    deposit = order(Deposit(paid_minor=500, worth_minor=800))
    assert taken(goods, deposit) == {"o": 600}
    assert taken(goods, replace(deposit, limits=Limits(per_order=1))) == {"o": 300}
    assert taken(basket(("a", 1, 10_000)), deposit) == {}


def test_locked_prices_and_lines_get_nothing_else() -> None:
    goods = basket(("a", 1, 10_000), ("b", 1, 5_000), ("c", 1, 1_000))
    locked = replace(goods, lines=(*goods.lines[:2], replace(goods.lines[2], is_locked=True)))
    book = Promotion("book", "price", PriceBook({"a": 9_000}, locks=True))
    assert taken(locked, book, order(OrderOff(Off(ppm=100_000)))) == {"book": 1_000, "o": 500}


def test_what_a_campaign_has_left() -> None:
    goods = replace(basket(("a", 1, 10_000)), uses={"o": Uses(campaign_minor=4_700)})
    assert taken(goods, order(OrderOff(Off(minor=900)), limits=Limits(campaign_minor=5_000))) == {"o": 300}


def test_alike_goods_by_themselves() -> None:
    goods = basket(("a1", 1, 6_000), ("a2", 1, 5_000), ("b1", 1, 12_000), ("c1", 1, 9_000))
    tier = order(SpendTier("amount", (Step(10_000, Off(minor=1_000)),)), same="tag:of:")
    assert taken(goods, tier) == {"o": 2_000}


@pytest.mark.parametrize(("per", "off"), [("order", 15), ("unit", 17), ("line", 16), ("rate", 15)])
def test_shares_rounded_by_unit_line_or_rate(per: str, off: int) -> None:
    goods = basket(("a", 3, 25), ("b", 1, 75))
    policy = Policy(order_percent_per=per)  # type: ignore[arg-type]
    priced = price(goods, (order(OrderOff(Off(ppm=100_000))),), policy)
    assert priced.discount_minor == off
    assert sum(line.paid_minor for line in priced.lines) == 150 - off


@pytest.mark.parametrize(
    ("sharing", "paid"),
    [
        ("largest_remainder", [1_000 - 334, 1_000 - 333, 1_000 - 333]),
        ("last_takes_rest", [1_000 - 333, 1_000 - 333, 1_000 - 334]),
        ("truncate_from_end", [1_000 - 334, 1_000 - 333, 1_000 - 333]),
        ("equal_per_unit", [1_000 - 334, 1_000 - 333, 1_000 - 333]),
    ],
)
def test_shared_as_the_policy_says(sharing: str, paid: list[int]) -> None:
    goods = basket(("a", 1, 1_000), ("b", 1, 1_000), ("c", 1, 1_000))
    priced = price(goods, (order(OrderOff(Off(minor=1_000))),), Policy(sharing=sharing))  # type: ignore[arg-type]
    assert [line.paid_minor for line in priced.lines] == paid


def test_floors_of_goods_are_kept_and_others_pay_instead() -> None:
    goods = basket(("a", 1, 1_000), ("b", 1, 1_000))
    floored = replace(goods, lines=(replace(goods.lines[0], floor_minor=900), goods.lines[1]))
    priced = price(floored, (order(OrderOff(Off(minor=600))),))
    assert [line.paid_minor for line in priced.lines] == [900, 500]


def test_what_is_taken_back_takes_no_part() -> None:
    goods = basket(("a", 1, 10_000), ("empty", 4, -25))
    priced = price(goods, (order(OrderOff(Off(ppm=100_000))),))
    assert [line.paid_minor for line in priced.lines] == [9_000, -100]
