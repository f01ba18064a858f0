"""Gifts that lie in no line and the codes they use; coupons that nobody showed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.answers.explaining import explained
from posapp.domain.pricing.answers.refunds import Sale, refund
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Code
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import Gift, Lost
from posapp.domain.pricing.terms.promotion import (
    Condition,
    EachUnit,
    Every,
    GoodsSet,
    Having,
    Limits,
    Needs,
    Off,
    Part,
    Priced,
    Promotion,
    Reward,
)
from tests.domain.pricing.adversarial_baskets import AT

BUY = Part(Having("sku", frozenset({"A"})))
CUP = Part(Having("sku", frozenset({"CUP"})))
COUPON = Promotion(
    "cup", "item", Reward((BUY,), CUP, Off(ppm=1_000_000), adds=("CUP",)),
    needs=Needs(frozenset({"C0"})), limits=Limits(per_order=1),
)  # fmt: skip


@pytest.mark.parametrize("choose", ["best", "sequence"])
def test_a_gift_that_is_to_be_given_says_its_code(choose: str) -> None:
    basket = Basket((BasketLine(1, "A", 2, 100),), "CNY", AT, codes=(Code("C0"),))
    priced = price(basket, [COUPON], Policy(choose=choose))  # type: ignore[arg-type]
    assert priced.gifts == (Gift("cup", "CUP", 1, in_basket=False, code="C0"),)
    assert priced.discounts == ()


def test_one_in_the_basket_has_it_on_its_discount() -> None:
    lines = (BasketLine(1, "A", 2, 100), BasketLine(2, "CUP", 1, 30))
    priced = price(Basket(lines, "CNY", AT, codes=(Code("C0"),)), [COUPON])
    assert priced.gifts == (Gift("cup", "CUP", 1, in_basket=True),)
    assert [each.code for each in priced.discounts] == ["C0"]


BAG = Part(Having("sku", frozenset({"BAG"})))
WITH_EVERY = Promotion(
    "bag", "item", Reward((), BAG, Off(ppm=1_000_000), adds=("BAG",)), limits=Limits(per_order=2)
)


@pytest.mark.parametrize("choose", ["best", "sequence"])
@pytest.mark.parametrize("code", ["", "B0"])
def test_a_gift_with_every_order_needs_no_goods_of_its_own(choose: str, code: str) -> None:
    promotion = replace(WITH_EVERY, needs=Needs(frozenset({code} - {""})))
    codes = (Code(code),) if code else ()
    basket = Basket((BasketLine(1, "A", 1, 100),), "CNY", AT, codes=codes)
    policy = Policy(choose=choose)  # type: ignore[arg-type]
    assert price(basket, [promotion], policy).gifts == (Gift("bag", "BAG", 2, in_basket=False, code=code),)
    assert price(replace(basket, lines=()), [promotion], policy).gifts == ()
    if code:
        assert price(replace(basket, codes=()), [promotion], policy).gifts == ()


def test_a_condition_holds_for_it_too() -> None:
    needs = Needs(conditions=(Condition(min_minor=200),))
    promotion = replace(WITH_EVERY, needs=needs)
    for pieces, gifts in ((1, 0), (2, 2)):
        basket = Basket((BasketLine(1, "A", pieces, 100),), "CNY", AT)
        assert sum(gift.quantity for gift in price(basket, [promotion]).gifts) == gifts


def test_the_coupon_of_a_gift_comes_back_with_the_last_piece() -> None:
    basket = Basket((BasketLine(1, "A", 2, 100),), "CNY", AT, codes=(Code("C0"),))
    sale = Sale(basket, price(basket, [COUPON]), Policy(), lambda left: price(left, [COUPON]))
    assert refund(sale, [(1, 0)]).coupons_back == ()
    assert refund(sale, [(1, 1)], earlier=[[(1, 0)]]).coupons_back == ("C0",)


@pytest.mark.parametrize("on", [Every(), Having("sku", frozenset({"A"})), Priced(1, 500)])
@pytest.mark.parametrize("coupon", [{"codes": frozenset({"X1"})}, {"batch": "b"}])
def test_coupons_that_nobody_showed_are_told_when_their_goods_are_there(on: GoodsSet, coupon: Any) -> None:
    promotion = Promotion("p", "item", EachUnit(Off(minor=10)), on, needs=Needs(**coupon))
    basket = Basket((BasketLine(1, "A", 1, 100),), "CNY", AT)
    for at_hand in ([promotion], PromotionIndex([promotion])):
        told = explained(basket, at_hand, Policy(), price(basket, at_hand))
        assert told.lost == (Lost("p", {}, "no_code", 10),)
    other = replace(basket, lines=(BasketLine(1, "B", 1, 900),))
    lost = explained(other, [promotion], Policy(), price(other, [promotion])).lost
    assert bool(lost) == isinstance(on, Every)


def test_a_word_opens_coupons_of_whatever_goods() -> None:
    part = Promotion(
        "p", "item", EachUnit(Off(minor=1)), Having("sku", frozenset({"A"})), needs=Needs(frozenset({"Ab"}))
    )
    index = PromotionIndex([part, replace(part, promotion_id="q")])
    assert index.opens("AB")
    index.remove("p")
    index.replace(replace(part, promotion_id="q", version=2))
    assert index.opens("aB")
    index.replace(replace(part, promotion_id="q", enabled=False))
    assert not index.opens("Ab")
