"""A whole sale through every layer, to the cent on every line; and what is asked of any answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from posapp.domain.pricing.answers.engine import PriceCache, price
from posapp.domain.pricing.orders.points import points_of_units
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Code, LineTax, Member, Traits
from posapp.domain.pricing.terms.policy import PointsRules, Policy
from posapp.domain.pricing.terms.promotion import (
    EachUnit,
    Every,
    Except,
    Funding,
    Having,
    Needs,
    Nth,
    Off,
    OrderOff,
    PointsPay,
    PriceBook,
    Promotion,
    SpendTier,
    Stack,
    Step,
    Who,
)

AT = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)
VAT = (LineTax("13", 130_000, included=True),)


def line(no: int, sku: str, qty: int, unit: int, *tags: str, weighed: bool = False) -> BasketLine:
    return BasketLine(no, sku, qty, unit, Traits(tags=frozenset(tags)), VAT, is_weighed=weighed)


SALE = Basket(
    (
        line(1, "tee", 2, 7900, "clothing"),
        line(2, "socks", 1, 3900, "clothing"),
        line(3, "juice", 2, 1880),
        line(4, "apples", 1, 1749, weighed=True),
        line(5, "toast", 1, 1590),
        line(6, "bag", 1, 50),
        line(7, "jacket", 1, 39900, "clothing"),
    ),
    "CNY",
    AT,
    member=Member("m-1"),
    codes=(Code("TWENTY"),),
    points=1300,
    points_wanted=None,
)
NOT_BAG = Except(Having("sku", frozenset({"bag"})))
TEES = Having("sku", frozenset({"tee"}))
CLOTHES = Having("tag", frozenset({"clothing"}))
PROMOTIONS = (
    Promotion("member-jacket", "price", PriceBook({"jacket": 35900}), who=Who(members=True)),
    Promotion("tee-2nd-half", "item", Nth(2, Off(ppm=500_000)), TEES),
    Promotion("toast-markdown", "item", EachUnit(Off(minor=477)), Having("sku", frozenset({"toast"}))),
    Promotion(
        "clothing-50", "order", SpendTier("amount", (Step(50_000, Off(minor=5_000)),)), CLOTHES,
        stack=Stack(priority=10), funding=(Funding("brand", 333_333), Funding("store", 666_667)),
    ),
    Promotion(
        "coupon-20", "order", SpendTier("amount", (Step(20_000, Off(minor=2_000)),)), NOT_BAG,
        needs=Needs(codes=frozenset({"TWENTY"})), stack=Stack(group="coupon", priority=5),
    ),
    Promotion("points", "points", PointsPay(100, 100), NOT_BAG),
)  # fmt: skip


def test_the_sale_line_by_line() -> None:
    priced = price(SALE, PROMOTIONS)
    assert [each.paid_minor for each in priced.lines] == [10040, 3304, 3527, 1640, 1044, 50, 30417]
    assert priced.total_minor == 50022
    assert priced.is_proven
    assert {each.promotion_id: each.amount_minor for each in priced.discounts} == {
        "member-jacket": 4000,
        "tee-2nd-half": 3950,
        "toast-markdown": 477,
        "clothing-50": 5000,
        "coupon-20": 2000,
        "points": 1300,
    }
    assert [each.layer for each in priced.discounts] == ["price", "item", "item", "order", "order", "points"]
    assert priced.goods_minor - priced.discount_minor == 50022


def test_units_payers_and_points_add_up() -> None:
    priced = price(SALE, PROMOTIONS)
    for each in priced.lines:
        assert sum(each.unit_shares) == each.paid_minor
    clothing = next(each for each in priced.discounts if each.promotion_id == "clothing-50")
    assert clothing.funding == (("brand", "", 1667), ("store", "", 3333))
    coupon = next(each for each in priced.discounts if each.promotion_id == "coupon-20")
    assert coupon.code == "TWENTY"
    assert 6 not in dict(coupon.lines)
    slot, points = next((n, each) for n, each in enumerate(priced.discounts) if each.points)
    assert (points.points, priced.points_used) == (1300, 1300)
    shared = points_of_units(priced.lines, slot, 1300)
    assert sum(sum(each) for each in shared.values()) == 1300
    assert shared[6] == (0,)
    tax = priced.taxes[0]
    assert tax.taxable_minor + tax.tax_minor == priced.total_minor


def test_nothing_depends_on_the_order_of_promotions_or_on_the_cache() -> None:
    cache = PriceCache()
    first = price(SALE, PROMOTIONS, cache=cache)
    again = price(SALE, tuple(reversed(PROMOTIONS)), cache=cache)
    assert replace(again, states=0) == replace(first, states=0)


def test_a_coupon_that_saves_nothing_is_not_burned() -> None:
    bag = replace(SALE, lines=SALE.lines[5:6], points_wanted=0)
    assert price(bag, PROMOTIONS).discounts == ()
    # The same is saved by a promotion for all: the coupon stays with the shopper.
    free = Promotion(
        "twenty-for-all", "order", OrderOff(Off(minor=2_000)), NOT_BAG, stack=Stack(group="coupon")
    )
    used = {each.promotion_id for each in price(SALE, (*PROMOTIONS, free)).discounts}
    assert "twenty-for-all" in used
    assert "coupon-20" not in used


def test_of_coupons_that_save_the_same_the_one_that_ends_first() -> None:
    sooner = replace(PROMOTIONS[4], promotion_id="z-coupon", ends=datetime(2026, 12, 1, tzinfo=UTC))
    priced = price(SALE, (*PROMOTIONS, sooner))
    assert {each.promotion_id for each in priced.discounts if each.code} == {"z-coupon"}
    both = replace(sooner, stack=Stack(priority=5), ends=None)
    used = {each.promotion_id for each in price(SALE, (*PROMOTIONS, both)).discounts if each.code}
    assert used == {"coupon-20", "z-coupon"}


@pytest.mark.parametrize(("alone_minor", "is_used"), [(20_000, True), (1_000, False)])
def test_alone_is_with_no_other(alone_minor: int, is_used: bool) -> None:
    alone = Promotion("alone", "order", OrderOff(Off(minor=alone_minor)), stack=Stack(alone=True))
    used = [each.promotion_id for each in price(SALE, (*PROMOTIONS, alone)).discounts if not each.points]
    assert ("alone" in used) == is_used
    assert not is_used or used == ["alone"]


def test_of_a_group_the_best_member() -> None:
    rivals = tuple(
        Promotion(f"r{off}", "order", OrderOff(Off(minor=off)), stack=Stack(group="g"))
        for off in (700, 900, 800)
    )
    used = {each.promotion_id for each in price(SALE, (*PROMOTIONS, *rivals)).discounts}
    assert used & {"r700", "r800", "r900"} == {"r900"}
    # A member of a group may be an item promotion: the order one gives more here.
    item = Promotion("item", "item", EachUnit(Off(minor=100)), Every(), stack=Stack(group="g"))
    used = {each.promotion_id for each in price(SALE, (*PROMOTIONS, *rivals, item)).discounts}
    assert used & {"r900", "item"} == {"r900"}


def test_points_earned_and_cash_rounding() -> None:
    policy = Policy(points=PointsRules(1, 100), cash_step_minor=10)
    priced = price(SALE, PROMOTIONS, policy)
    assert priced.points_earned == 500
    assert (priced.rounding_minor, priced.total_minor) == (-2, 50020)
    before = price(SALE, PROMOTIONS, Policy(points=PointsRules(1, 100, base="before_points")))
    assert before.points_earned == 513


def test_in_sequence_the_answer_has_the_same_form() -> None:
    priced = price(SALE, PROMOTIONS, Policy(choose="sequence"))
    assert sum(each.paid_minor for each in priced.lines) == priced.total_minor
    assert {each.promotion_id for each in priced.discounts} >= {"clothing-50", "coupon-20", "member-jacket"}
