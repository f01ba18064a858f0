"""Paying with points: caps, steps, none that buys nothing; earning: times, adds, bases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.orders.points import payable
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Member
from posapp.domain.pricing.terms.policy import PointsRules, Policy
from posapp.domain.pricing.terms.promotion import (
    Having,
    PointsAdd,
    PointsPay,
    PointsTimes,
    Promotion,
    Stack,
)

BASKET = Basket(
    (BasketLine(1, "a", 2, 1000), BasketLine(2, "b", 1, 555)),
    "CNY",
    datetime(2026, 3, 2, tzinfo=UTC),
    member=Member("m"),
    points=10_000,
    points_wanted=None,
)
RULES = Policy(points=PointsRules(1, 100))


@pytest.mark.parametrize(
    ("kind", "wanted", "cap", "paid"),
    [
        (PointsPay(100, 100), 1300, 5000, (1300, 1300)),
        (PointsPay(100, 100), 9999, 5000, (5000, 5000)),
        (PointsPay(100, 100, step_points=500), 1300, 5000, (1000, 1000)),
        (PointsPay(100, 1), 250, 5000, (200, 2)),
        (PointsPay(3, 2), 100, 9, (14, 9)),
        (PointsPay(100, 1), 99, 5000, (0, 0)),
        (PointsPay(1, 100), 7, 350, (3, 300)),
        (PointsPay(1, 100), 7, 0, (0, 0)),
    ],
)
def test_whole_steps_and_none_that_buys_nothing(
    kind: PointsPay, wanted: int, cap: int, paid: tuple[int, int]
) -> None:
    assert payable(kind, wanted, cap) == paid


@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 7), st.integers(0, 300), st.integers(0, 300))
def test_no_other_number_of_points_pays_more(
    points: int, worth: int, step: int, wanted: int, cap: int
) -> None:
    used, amount = payable(PointsPay(points, worth, step), wanted, cap)
    ways = [(n, n * worth // points) for n in range(0, wanted + 1, step) if n * worth // points <= cap]
    most = max(pays for _, pays in ways)
    assert amount == most
    assert used == min(n for n, pays in ways if pays == most)


def test_points_pay_up_to_their_share_of_what_is_due_and_of_the_balance() -> None:
    pay = Promotion("pay", "points", PointsPay(100, 100, cap_ppm=500_000))
    priced = price(BASKET, (pay,))
    assert (priced.points_used, priced.total_minor) == (1277, 2555 - 1277)
    assert price(replace(BASKET, points=300), (pay,)).points_used == 300
    assert price(replace(BASKET, points_wanted=200), (pay,)).points_used == 200
    assert price(replace(BASKET, points_wanted=0), (pay,)).points_used == 0
    # Of a group only one is used, of two others both, while points last.
    two = (replace(pay, promotion_id="z"), pay)
    assert len(price(BASKET, two).discounts) == 2
    grouped = tuple(replace(each, stack=Stack(group="g")) for each in two)
    assert [each.promotion_id for each in price(BASKET, grouped).discounts] == ["pay"]


def test_earning_multiplies_adds_and_rounds() -> None:
    assert price(BASKET, (), RULES).points_earned == 25
    by_line = replace(RULES, points=replace(RULES.points, per="line", mode="half_up"))
    assert price(BASKET, (), by_line).points_earned == 26
    double = Promotion("x2", "points", PointsTimes(2_000_000), Having("sku", frozenset({"a"})))
    triple = replace(double, promotion_id="x3", kind=PointsTimes(3_000_000))
    assert price(BASKET, (double,), RULES).points_earned == 45
    assert price(BASKET, (double, triple), RULES).points_earned == 65
    for kind, more in (
        (PointsAdd(7), 7),
        (PointsAdd(7, "unit"), 21),
        (PointsAdd(7, "amount", 1000), 14),
    ):
        added = Promotion("add", "points", kind)
        assert price(BASKET, (added,), RULES).points_earned == 25 + more


def test_points_earn_none_unless_the_rules_say_so() -> None:
    pay = Promotion("pay", "points", PointsPay(100, 100, cap_ppm=500_000))
    assert price(BASKET, (pay,), RULES).points_earned == 12
    before = replace(RULES, points=replace(RULES.points, base="before_points"))
    assert price(BASKET, (pay,), before).points_earned == 25
