from __future__ import annotations

import json
from typing import Any

from posapp.domain.pricing.cases.reading import read_case
from posapp.domain.pricing.cases.running import price_case
from posapp.domain.pricing.terms.priced import PricedBasket
from tests.domain.pricing.peers import added, line, promo


def priced(basket: list[dict[str, Any]], promotions: list[dict[str, Any]], **policy: Any) -> PricedBasket:
    return price_case(
        read_case(
            json.dumps({"currency": "EUR", "basket": basket, "promotions": promotions, "policy": policy})
        )
    )


def test_of_equal_priority_the_first_listed_comes_first() -> None:
    promotions = [promo("z", "pct", pct=10), promo("a", "pct", pct=30)]
    found = priced([line("s", "10")], promotions, choose="sequence", stacking="single")
    assert [each.promotion_id for each in found.discounts] == ["z"]
    found = priced([line("s", "10")], promotions, choose="sequence", percent_of="left")
    assert [each.amount_minor for each in found.discounts] == [100, 270]


def test_tax_of_the_price_before_a_coupon_that_its_maker_pays() -> None:
    basket, promotions = [line("s", "10", tax=added("8"))], [promo("p", "amount", amount="2")]
    assert priced(basket, promotions).total_minor == 864
    assert priced(basket, promotions, tax_base="list").total_minor == 880


def test_shares_go_to_those_that_are_reduced_in_both_ways_to_choose() -> None:
    basket, promotions = [line("s", "10", 2)], [promo("p", "nth", n=2, pct=50)]
    for choose in ("best", "sequence"):
        both = priced(basket, promotions, choose=choose)
        assert both.lines[0].unit_shares == (750, 750)
        reduced = priced(basket, promotions, choose=choose, share_over="reduced")
        assert sorted(reduced.lines[0].unit_shares) == [500, 1000]


def test_alike_goods_meet_a_condition_by_themselves_in_a_sequence() -> None:
    basket = [line("s", "10", 2, tags=["d1"]), line("s", "10", 1, tags=["d2"])]
    needs = {"basket": [{"min_qty": 2}]}
    found = priced(basket, [promo("p", "pct", pct=10, same="tag:d", needs=needs)], choose="sequence")
    assert [each.paid_minor for each in found.lines] == [1800, 1000]


def test_what_is_paid_by_card_is_not_rounded() -> None:
    case = {"currency": "EUR", "basket": [line("s", "15.72")], "policy": {"cash": {"step": "0.05"}}}
    assert price_case(read_case(json.dumps(case))).total_minor == 1570
    partly = price_case(read_case(json.dumps(case | {"paid_otherwise": "0.68"})))
    assert (partly.total_minor, partly.rounding_minor) == (1573, 1)
    wholly = price_case(read_case(json.dumps(case | {"paid_otherwise": "15.72"})))
    assert (wholly.total_minor, wholly.rounding_minor) == (1572, 0)
