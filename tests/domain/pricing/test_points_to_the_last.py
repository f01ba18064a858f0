"""Points at their ends: spent once, on the units of their own discount, and given back with those units."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.answers.refunds import Sale, next_units, refund
from posapp.domain.pricing.orders.points import payable, points_of_units
from posapp.domain.pricing.orders.settling import check_sums
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Member
from posapp.domain.pricing.terms.policy import PointsRules, Policy
from posapp.domain.pricing.terms.priced import PricedBasket
from posapp.domain.pricing.terms.promotion import (
    EachUnit,
    GoodsSet,
    Having,
    Limits,
    Needs,
    Off,
    OrderOff,
    PointsAdd,
    PointsPay,
    Promotion,
    Stack,
)

AT = datetime(2026, 3, 2, tzinfo=UTC)


def basket(*lines: tuple[str, int, int], points: int = 0) -> Basket:
    made = (BasketLine(no, sku, qty, unit) for no, (sku, qty, unit) in enumerate(lines, 1))
    return Basket(tuple(made), "CNY", AT, member=Member("m"), points=points, points_wanted=None)


def sku(*values: str) -> GoodsSet:
    return Having("sku", frozenset(values))


def taken(goods: Basket, *promotions: Promotion, policy: Policy = Policy()) -> dict[str, tuple[int, int]]:
    """Amount and points of each discount."""
    priced = price(goods, promotions, policy)
    return {each.promotion_id: (each.amount_minor, each.points) for each in priced.discounts}


def test_a_point_is_spent_once() -> None:
    goods = basket(("a", 1, 1000), ("b", 1, 1000), points=1200)
    first = Promotion("first", "points", PointsPay(1, 1), sku("a"), stack=Stack(priority=1))
    second = Promotion("second", "points", PointsPay(1, 1), sku("b"))
    assert taken(goods, second, first) == {"first": (1000, 1000), "second": (200, 200)}
    assert taken(replace(goods, points=900), second, first) == {"first": (900, 900)}
    # Points that a reward costs are not there to pay with.
    reward = Promotion("reward", "item", EachUnit(Off(minor=100)), sku("a"), needs=Needs(points=1100))
    priced = price(goods, (reward, second))
    assert {each.promotion_id: each.points for each in priced.discounts} == {"reward": 0, "second": 100}
    assert priced.points_used == 1200


def test_points_pay_all_of_what_may_be_paid() -> None:
    pay = Promotion("pay", "points", PointsPay(1, 1), sku("a"))
    goods = basket(("a", 2, 500), ("b", 1, 70), points=10_000)
    assert price(goods, (pay,)).total_minor == 70
    assert taken(goods, replace(pay, limits=Limits(floor_minor=120))) == {"pay": (760, 760)}
    assert taken(goods, replace(pay, limits=Limits(floor_ppm=333_333))) == {"pay": (666, 666)}
    assert taken(goods, replace(pay, limits=Limits(max_minor=33))) == {"pay": (33, 33)}
    locked = replace(goods, lines=(replace(goods.lines[0], is_locked=True), goods.lines[1]))
    assert taken(locked, pay) == {}
    assert taken(locked, replace(pay, on=sku("a", "b"))) == {"pay": (70, 70)}


@pytest.mark.parametrize(
    ("kind", "wanted", "cap"),
    [
        (PointsPay(0, 10), 5, 100),
        (PointsPay(10, 0), 5, 100),
        (PointsPay(1, 1), -5, 100),
        (PointsPay(1, 1), 5, -100),
        (PointsPay(10, 10), 5, -100),
    ],
)
def test_nothing_is_paid_with_nothing(kind: PointsPay, wanted: int, cap: int) -> None:
    assert payable(kind, wanted, cap) == (0, 0)


def test_points_belong_to_the_units_that_they_paid_for() -> None:
    goods = basket(("a", 2, 1000), ("b", 1, 600), points=300)
    off = Promotion("off", "item", EachUnit(Off(minor=400)), sku("b"))
    pay = Promotion("pay", "points", PointsPay(1, 1))
    priced = price(goods, (off, pay))
    # 300 on 1000, 1000 and what is left of 600; the 400 that fell off b are no points.
    assert points_of_units(priced.lines, 1, 300) == {1: (137, 136), 2: (27,)}
    assert points_of_units(priced.lines, 0, 10) == {1: (0, 0), 2: (10,)}
    assert points_of_units((), 0, 0) == {}


def test_points_added_by_the_unit_keep_to_their_limit_and_goods() -> None:
    goods = basket(("a", 3, 100), ("b", 2, 450))
    add = Promotion("add", "points", PointsAdd(2, "unit"), sku("a"))
    assert price(goods, (add,)).points_earned == 6
    assert price(goods, (replace(add, limits=Limits(per_order=2)),)).points_earned == 4
    assert price(goods, (replace(add, on=sku("c")),)).points_earned == 0
    once = replace(add, kind=PointsAdd(9))
    assert price(goods, (once,)).points_earned == 9
    assert price(goods, (replace(once, on=sku("c")),)).points_earned == 0
    each = replace(add, kind=PointsAdd(5, "amount", 400), on=sku("b"))
    assert price(goods, (each,)).points_earned == 10
    assert price(goods, (replace(each, kind=PointsAdd(5, "amount", 0)),)).points_earned == 0


@pytest.mark.parametrize(
    ("rules", "earned"),
    [
        (PointsRules(1, 100), 7),
        (PointsRules(1, 100, base="list"), 9),
        (PointsRules(1, 100, base="before_points"), 8),
        (PointsRules(3, 100, "half_up"), 22),
        (PointsRules(3, 100, "ceiling"), 23),
        (PointsRules(1, 100, "half_up", "before_points", "line"), 9),
        (PointsRules(0, 100), 0),
    ],
)
def test_what_is_earned_is_of_the_base_that_is_declared(rules: PointsRules, earned: int) -> None:
    goods = basket(("a", 1, 650), ("b", 1, 260), points=110)
    off = Promotion("off", "item", EachUnit(Off(minor=60)), sku("b"))
    pay = Promotion("pay", "points", PointsPay(1, 1))
    policy = Policy(points=rules)
    priced = price(goods, (off, pay), policy)
    assert priced.total_minor == 740
    assert priced.points_earned == earned


def test_points_come_back_with_their_units_and_earned_ones_go() -> None:
    goods = basket(("a", 1, 1000), ("b", 2, 500), points=700)
    pay = Promotion("pay", "points", PointsPay(1, 1), sku("b"))
    cost = Promotion("cost", "item", EachUnit(Off(minor=90)), sku("a"), needs=Needs(points=60))
    policy = Policy(points=PointsRules(1, 10))
    priced = price(goods, (pay, cost), policy)
    assert (priced.total_minor, priced.points_used, priced.points_earned) == (910 + 360, 700, 127)
    sale = Sale(goods, priced, policy)
    back = [refund(sale, [unit]) for unit in ((1, 0), (2, 0), (2, 1))]
    assert [each.points_back for each in back] == [60, 320, 320]
    assert [each.points_taken for each in back] == [91, 18, 18]
    assert refund(sale, [(2, 0), (1, 0)]).points_back == 380


@pytest.mark.parametrize("quantities", [{1: 0}, {1: -1}, {1: 3}, {9: 1}])
def test_there_must_be_so_many_pieces_to_come_back(quantities: dict[int, int]) -> None:
    priced = price(basket(("a", 2, 1000)), ())
    assert next_units(priced, {1: 2}) == ((1, 0), (1, 1))
    with pytest.raises(ValueError, match="pieces that can come back"):
        next_units(priced, quantities)


def test_priced_again_a_unit_that_cost_nothing_gives_nothing_back() -> None:
    goods = basket(("a", 1, 1000), ("b", 1, 500))
    free = Promotion("free", "item", EachUnit(Off(ppm=1_000_000)), sku("b"))
    policy = Policy(refund="reprice")
    priced = price(goods, (free,), policy)
    sale = Sale(goods, priced, policy, lambda left: price(left, (free,), policy))
    back = refund(sale, [(2, 0), (1, 0)])
    assert [(unit.line_no, unit.amount_minor) for unit in back.units] == [(2, 0), (1, 1000)]
    assert refund(sale, [(2, 0)]).total_minor == 0


@pytest.mark.parametrize("limits", [Limits(floor_ppm=400_000), Limits(floor_minor=1200)])
def test_no_unit_of_a_line_falls_below_a_floor_of_the_order_layer(limits: Limits) -> None:
    goods = basket(("a", 2, 3000), ("b", 1, 100))
    one = Promotion("one", "item", EachUnit(Off(minor=1500)), sku("a"), limits=Limits(max_units=1))
    most = Promotion("most", "order", OrderOff(Off(minor=9900)), sku("a"), limits=limits)
    priced = price(goods, (one, most))
    # By what is left the cheaper unit would pay 700 of 2100 and come to 800.
    assert [each.unit_shares for each in priced.lines] == [(1200, 1200), (100,)]


# ------------------------------------------------------------------ sums that are looked at
def answered() -> tuple[Basket, PricedBasket]:
    goods = basket(("a", 2, 1000), ("b", 1, 600))
    return goods, price(goods, (Promotion("o", "order", OrderOff(Off(minor=100))),))


def test_a_right_answer_is_let_through() -> None:
    check_sums(*answered())


def wrong(priced: PricedBasket) -> dict[str, PricedBasket]:
    """The answer with one sum that does not hold, by the words that tell of it."""
    discount, line = priced.discounts[0], priced.lines[0]
    run = line.runs[0]
    short = replace(discount, lines=((1, 70),))
    below = replace(line, runs=(replace(run, paid_minor=-1),), quantity=run.count, paid_minor=line.paid_minor)
    return {
        "its lines are not its amount": replace(priced, discounts=(short,)),
        "its payers do not pay its amount": replace(
            priced, discounts=(replace(discount, funding=(("store", "", 99),)),)
        ),
        "its units are not its quantity": replace(priced, lines=(replace(line, quantity=3), priced.lines[1])),
        "list less discounts is not what is paid": replace(
            priced, lines=(replace(line, paid_minor=line.paid_minor + 1), priced.lines[1])
        ),
        "a unit is below zero": replace(priced, lines=(below, priced.lines[1])),
        "goods less discounts is not": replace(priced, discount_minor=99),
        "lines, tax and rounding are not the total": replace(priced, rounding_minor=1),
    }


@pytest.mark.parametrize("words", sorted(wrong(answered()[1])))
def test_an_answer_whose_sums_do_not_hold_is_never_given(words: str) -> None:
    goods, priced = answered()
    with pytest.raises(ArithmeticError, match=words):
        check_sums(goods, wrong(priced)[words])
