"""Price books in a sequence: one of a group, and what goes alone goes without them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import (
    EachUnit,
    Every,
    GoodsSet,
    Having,
    Kind,
    Off,
    OrderOff,
    PriceBook,
    Promotion,
    Stack,
)

BASKET = Basket(
    (BasketLine(1, "A", 1, 1000), BasketLine(2, "B", 1, 1000)), "EUR", datetime(2026, 11, 22, tzinfo=UTC)
)
ALONE = Stack(alone=True)


def book(name: str, minor: int, stack: Stack = Stack(), on: GoodsSet = Every()) -> Promotion:
    return Promotion(name, "price", PriceBook(off=Off(minor=minor)), on, stack=stack)


def item(name: str, minor: int, stack: Stack = Stack()) -> Promotion:
    return Promotion(name, "item", EachUnit(Off(minor=minor)), stack=stack)


def order(name: str, minor: int, stack: Stack = Stack()) -> Promotion:
    kind: Kind = OrderOff(Off(minor=minor))
    return Promotion(name, "order", kind, stack=stack)


def taken(promotions: list[Promotion], **policy: Any) -> dict[str, int]:
    answer = price(BASKET, promotions, Policy(choose="sequence", **policy))
    return {each.promotion_id: each.amount_minor for each in answer.discounts}


def of(group: str, priority: int = 0) -> Stack:
    return Stack(group=group, priority=priority)


def test_books_of_no_group_go_before_all_else() -> None:
    assert taken([item("i", 100), book("b", 50), order("o", 30)]) == {"b": 100, "i": 200, "o": 30}


@pytest.mark.parametrize("other", [item, order])
def test_what_goes_alone_goes_without_books(other: Any) -> None:
    promotions = [book("b", 400), item("i", 10), other("alone", 100, ALONE)]
    assert list(taken(promotions)) == ["alone"]
    assert taken(promotions, sequence_order="free") == {"b": 800, "i": 20}
    dear = [book("b", 1), other("alone", 100, ALONE)]
    assert list(taken(dear, sequence_order="free")) == ["alone"]


def test_a_book_that_goes_alone() -> None:
    promotions = [book("b", 40, ALONE), item("i", 10), order("o", 5), book("c", 60)]
    assert taken(promotions) == {"b": 80}
    assert taken(promotions, sequence_order="free") == {"c": 120, "i": 20, "o": 5}
    # One that does nothing here is nobody's rival.
    nothing = replace(promotions[0], on=Having("sku", frozenset({"X"})))
    assert taken([nothing, item("i", 10)]) == {"i": 20}
    above = Promotion("b", "price", PriceBook({"A": 2000}), stack=ALONE)
    assert taken([above, item("i", 10)]) == {"i": 20}


@pytest.mark.parametrize("other", [item, order])
def test_a_book_and_another_of_its_group(other: Any) -> None:
    promotions = [other("x", 300, of("g")), book("b", 50, of("g"))]
    assert taken(promotions) == {"b": 100}
    assert list(taken(promotions, sequence_order="free")) == ["x"]
    assert set(taken([promotions[0], book("b", 50, of("h"))])) == {"b", "x"}


def test_work_is_limited_in_states_over_all_choices_of_books() -> None:
    promotions = [book(f"b{n}", n, of(f"g{n // 2}")) for n in range(40)]
    policy = Policy(choose="sequence", sequence_order="free", states_max=50)
    answer = price(BASKET, promotions, policy)
    assert (answer.is_proven, answer.states < 100) == (False, True)
    assert price(BASKET, promotions[:4], policy).is_proven


def test_one_book_of_a_group() -> None:
    promotions = [book("b", 50, of("g")), book("c", 70, of("g"), on=Having("sku", frozenset({"A"})))]
    assert taken(promotions) == {"b": 100}
    assert taken([promotions[0], replace(promotions[1], stack=of("g", 1))]) == {"c": 70}
    assert taken(promotions[::-1]) == {"c": 70}
    assert taken(promotions[::-1], of_group="best") == {"b": 100}
    assert taken(promotions[::-1], sequence_order="free") == {"b": 100}
    nothing = replace(promotions[0], on=Having("sku", frozenset({"X"})))
    assert taken([nothing, promotions[1]]) == {"c": 70}
