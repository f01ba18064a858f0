"""Earning: goods that earn nothing, and the most that one order earns."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from posapp.domain.pricing.documents.policy_reading import read_policy
from posapp.domain.pricing.documents.reading_values import Money, Node
from posapp.domain.pricing.orders.points import earned, earns
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Traits
from posapp.domain.pricing.terms.policy import PointsRules, Policy
from posapp.domain.pricing.terms.priced import PricedLine, UnitRun
from posapp.domain.pricing.terms.promotion import Every, Having, PointsAdd, PointsTimes, Promotion
from tests.domain.pricing.test_points_to_the_last import AT

SMOKE = Having("tag", frozenset({"smoke"}))


def line(line_no: int, unit_minor: int, quantity: int = 1, *tags: str) -> BasketLine:
    """A line of a basket."""
    return BasketLine(line_no, f"S{line_no}", quantity, unit_minor, Traits(tags=frozenset(tags)))


def points(rules: PointsRules, *lines: BasketLine, promotions: tuple[Promotion, ...] = ()) -> int:
    """What the lines earn at their list prices."""
    basket = Basket(lines=lines, currency="CNY", at=AT)
    priced = [
        PricedLine(
            each.line_no,
            each.sku,
            each.quantity,
            each.unit_minor * each.quantity,
            each.unit_minor * each.quantity,
            (UnitRun(each.quantity, each.unit_minor, ()),),
        )
        for each in lines
    ]
    return earned(basket, priced, promotions, Policy(points=rules), [0] * len(lines))


def promotion(kind: Any) -> Promotion:
    """A promotion of points for all goods."""
    return Promotion("P", "points", kind, Every())


def test_goods_that_are_left_out_earn_nothing_not_even_by_promotions() -> None:
    rules = PointsRules(1, 100, but=SMOKE)
    goods = (line(1, 1_050), line(2, 5_000, 2, "smoke"))
    assert points(rules, *goods) == 10
    assert points(rules, *goods, promotions=(promotion(PointsTimes(2_000_000)),)) == 21
    assert points(rules, *goods, promotions=(promotion(PointsAdd(5, "unit", 0)),)) == 15
    assert points(rules, goods[1], promotions=(promotion(PointsAdd(5, "order", 0)),)) == 0


def test_rounding_line_by_line_knows_them_as_well() -> None:
    rules = PointsRules(1, 100, "half_up", per="line", but=SMOKE)
    assert points(rules, line(1, 150), line(2, 150), line(3, 150, 1, "smoke")) == 4


def test_one_order_earns_at_most_so_many() -> None:
    rules = PointsRules(1, 100, most=30)
    assert points(rules, line(1, 3_000)) == 30
    assert points(rules, line(1, 3_100)) == 30
    assert points(rules, line(1, 2_900), promotions=(promotion(PointsAdd(5, "order", 0)),)) == 30
    assert points(dataclasses.replace(rules, most=0), line(1, 3_100)) == 31


def test_a_line_earns_unless_it_is_left_out() -> None:
    assert earns(PointsRules(1), line(1, 1, 1, "smoke"))
    assert not earns(PointsRules(1, but=SMOKE), line(1, 1, 1, "smoke"))
    assert earns(PointsRules(1, but=SMOKE), line(1, 1))


@pytest.mark.parametrize(
    ("document", "rules"),
    [
        ({"points": 1}, PointsRules(1)),
        ({"points": 1, "except": {"tag": ["smoke"]}, "most": 500}, PointsRules(1, but=SMOKE, most=500)),
    ],
)
def test_policies_say_it_by_words(document: dict[str, Any], rules: PointsRules) -> None:
    assert read_policy(Node({"points": document}, "policy", Money("CNY", 2))).points == rules
