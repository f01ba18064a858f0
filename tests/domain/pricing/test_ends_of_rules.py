"""Where a rule begins and ends: what planted faults showed that nothing else looked at."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.cases.reading import BadCase, read_case
from posapp.domain.pricing.cases.running import price_case, refund_of
from posapp.domain.pricing.documents.reading import read_promotion
from posapp.domain.pricing.orders.settling import check_sums
from posapp.domain.pricing.terms.priced import PricedBasket
from posapp.domain.pricing.terms.promotion import Promotion, UnreadablePromotion


def priced(**case: Any) -> PricedBasket:
    return price_case(read_case(json.dumps({"currency": "EUR", **case})))


def lines(*goods: tuple[str, str, int]) -> list[dict[str, Any]]:
    return [{"sku": sku, "unit_price": unit, "qty": qty} for sku, unit, qty in goods]


# ------------------------------------------------------------------ no wrong answer leaves
def test_an_answer_whose_sums_do_not_hold_never_leaves() -> None:
    ten = {"id": "ten", "kind": {"type": "pct", "pct": 10}}
    case = read_case(json.dumps({"currency": "EUR", "basket": lines(("a", "2.00", 2)), "promotions": [ten]}))
    right = price(case.basket, case.promotions)
    check_sums(case.basket, right)
    line, discount = right.lines[0], right.discounts[0]
    run = line.runs[0]
    below = replace(line, paid_minor=-1, runs=(replace(run, paid_minor=-1),))
    for wrong in (
        replace(right, total_minor=right.total_minor + 1),
        replace(right, goods_minor=right.goods_minor + 1),
        replace(right, lines=(replace(line, paid_minor=line.paid_minor + 1),)),
        replace(right, lines=(replace(line, runs=(replace(run, count=1),)),)),
        replace(right, discounts=(replace(discount, amount_minor=39),)),
        replace(right, discounts=(replace(discount, funding=(("store", "", 39),)),)),
        replace(right, lines=(below,)),
    ):
        with pytest.raises(ArithmeticError):
            check_sums(case.basket, wrong)


def test_a_unit_of_no_price_is_not_below_nothing() -> None:
    case = read_case(json.dumps({"currency": "EUR", "basket": lines(("a", "0.00", 1))}))
    right = price(case.basket, ())
    wrong = replace(right.lines[0], runs=(replace(right.lines[0].runs[0], paid_minor=-1),))
    with pytest.raises(ArithmeticError, match="below zero"):
        check_sums(case.basket, replace(right, lines=(wrong,)))


# ------------------------------------------------------------------ documents
def test_limits_begin_at_one_and_steps_may_begin_at_nothing() -> None:
    for name in ("per_order", "per_member", "per_day", "campaign", "max_units", "max_units_per_line"):
        document: dict[str, Any] = {"id": "p", "kind": {"type": "pct", "pct": 5}}
        assert isinstance(read_promotion(document | {"limits": {name: 1}}), Promotion), name
        assert isinstance(read_promotion(document | {"limits": {name: 0}}), UnreadablePromotion), name
    for every in (False, True):
        kind = {"type": "spend_tier", "every": every, "steps": [{"least": "0", "amount": "1"}]}
        assert isinstance(read_promotion({"id": "p", "kind": kind}), Promotion) is not every
    for priority, is_read in ((1_000_000, True), (1_000_001, False)):
        document = {"id": "p", "kind": {"type": "pct", "pct": 5}, "stack": {"priority": priority}}
        assert isinstance(read_promotion(document), Promotion) is is_read


def test_what_could_not_be_read_takes_no_part() -> None:
    case = read_case(json.dumps({"currency": "EUR", "basket": lines(("a", "2.00", 1))}))
    assert price(case.basket, [UnreadablePromotion("odd", "is odd")]).total_minor == 200


# ------------------------------------------------------------------ gifts, codes, points
def test_gifts_in_the_basket_are_counted_by_the_piece() -> None:
    gift = {
        "id": "g",
        "kind": {"type": "gift", "buy": [{"of": {"sku": ["a"]}}], "get": {"of": {"sku": ["b"]}}},
    }
    answer = priced(basket=lines(("a", "2.00", 3), ("b", "1.00", 2)), promotions=[gift])
    assert [(each.sku, each.quantity, each.in_basket) for each in answer.gifts] == [("b", 2, True)]
    assert answer.total_minor == 600


def test_a_price_by_a_coupon_names_its_code() -> None:
    book = {
        "id": "b", "kind": {"type": "price_book", "prices": {"a": "1.50"}}, "needs": {"coupon": {"code": "C"}}
    }  # fmt: skip
    answer = priced(basket=lines(("a", "2.00", 1)), promotions=[book], codes=["C"])
    assert [(each.promotion_id, each.code) for each in answer.discounts] == [("b", "C")]


def test_points_besides_are_for_goods_of_the_set_only() -> None:
    add = {"id": "p", "kind": {"type": "points_add", "points": 5}, "on": {"sku": ["a"]}}
    rules = {"points": {"points": 1, "for": "1"}}
    for sku, points in (("a", 2 + 5), ("b", 2)):
        answer = priced(basket=lines((sku, "2.00", 1)), promotions=[add], policy=rules, member="m")
        assert answer.points_earned == points
    assert priced(basket=lines(("a", "2.00", 1)), policy={"points": {"points": 0}}).points_earned == 0
    assert priced(basket=lines(("a", "2.00", 1)), policy={"points": {"points": 3}}).points_earned == 6


def test_points_do_not_pay_where_the_group_is_taken() -> None:
    off = {"id": "o", "kind": {"type": "order_amount", "amount": "1"}, "stack": {"group": "g"}}
    pay = {"id": "p", "kind": {"type": "points_pay", "points": 1, "worth": "0.01"}, "stack": {"group": "g"}}
    case = {"basket": lines(("a", "5.00", 1)), "member": "m", "points": 50}
    assert priced(**case, promotions=[off, pay]).total_minor == 400
    assert priced(**case, promotions=[pay]).total_minor == 450


# ------------------------------------------------------------------ returns
def test_a_code_of_two_promotions_comes_back_with_the_last_unit_of_both() -> None:
    promotions = [
        {
            "id": sku,
            "kind": {"type": "amount", "amount": "1"},
            "on": {"sku": [sku]},
            "needs": {"coupon": {"code": "C"}},
        }
        for sku in ("a", "b")
    ]
    document = {"currency": "EUR", "codes": ["C"], "promotions": promotions}
    case = read_case(json.dumps(document | {"basket": lines(("a", "5.00", 1), ("b", "5.00", 1))}))
    answer = price_case(case)
    assert refund_of(case, answer, [{"a": 1}]).coupons_back == ()
    assert refund_of(case, answer, [{"a": 1}, {"b": 1}]).coupons_back == ("C",)


def test_gifts_beside_the_basket_are_due_as_far_as_the_right_is_gone() -> None:
    cup = {
        "id": "g", "kind": {"type": "gift", "buy": [{"of": {"sku": ["a"]}, "qty": 2}],
                            "get": {"of": {"sku": ["cup"]}}, "adds": ["cup"]},
    }  # fmt: skip
    document = {"currency": "EUR", "basket": lines(("a", "5.00", 6)), "promotions": [cup]}
    case = read_case(json.dumps(document))
    answer = price_case(case)
    assert [gift.quantity for gift in answer.gifts] == [3]
    for pieces, due in ((1, [1]), (2, [1]), (3, [2]), (6, [3])):
        assert [gift.quantity for gift in refund_of(case, answer, [{"a": pieces}]).gifts_due] == due
    two = replace(case, basket=replace(case.basket, lines=(replace(case.basket.lines[0], quantity=7),)))
    assert refund_of(two, price_case(two), [{"a": 1}]).gifts_due == ()


@pytest.mark.parametrize("choose", ["best", "sequence"])
def test_pieces_beyond_are_bought_once(choose: str) -> None:
    kind = {
        "type": "reward", "buy": [{"of": {"sku": ["a"]}}], "get": {"of": {"sku": ["a"]}},
        "pct": 100, "over": 2,
    }  # fmt: skip
    for pieces, free in ((2, 0), (3, 0), (4, 1), (5, 1), (6, 2), (8, 3)):
        answer = priced(
            basket=lines(("a", "1.00", pieces)),
            promotions=[{"id": "r", "kind": kind}],
            policy={"choose": choose},
        )
        assert answer.discount_minor == 100 * free, pieces


@pytest.mark.parametrize("choose", ["best", "sequence"])
def test_no_more_units_and_no_more_money_than_the_limits_say(choose: str) -> None:
    for name, most, off in (
        ("max_units", 3, 300),
        ("max_units_per_line", 2, 200),
        ("max_discount", "2.50", 250),
    ):
        each = {"id": "p", "kind": {"type": "amount", "amount": "1"}, "limits": {name: most}}
        answer = priced(basket=lines(("a", "5.00", 4)), promotions=[each], policy={"choose": choose})
        assert answer.discount_minor == off, name


@pytest.mark.parametrize(
    ("returns", "said"),
    [
        ([{"a": 3}], "only 2 can come back, not 3"),
        ([{"a": 1}, {"a": 2}], r"returns\[1\].a: only 1 can come back, not 2"),
        ([{"a": 0}], "whole number above 0"),
        ([{"a": "1"}], "whole number above 0"),
        ([{"a": True}], "whole number above 0"),
        ([], "must be a list"),
        ("a", "must be a list"),
        ({"returns": 5}, "must be a list"),
        ({"returns": [{"a": 1}], "gifts_back": {"a": 0}}, "gifts_back"),
    ],
)  # fmt: skip
def test_returns_that_cannot_be_are_refused_with_a_sentence(returns: Any, said: str) -> None:
    case = read_case(json.dumps({"currency": "EUR", "basket": lines(("a", "5.00", 2))}))
    with pytest.raises(BadCase, match=said):
        refund_of(case, price_case(case), returns)
