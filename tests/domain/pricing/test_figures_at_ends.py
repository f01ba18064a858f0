"""Single figures that planted faults changed unseen: taxes at their ends, ties, limits of nothing, bounds."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.cases.reading import read_case
from posapp.domain.pricing.goods.gates import Open
from posapp.domain.pricing.goods.taxes import TaxedLine, tax_sums
from posapp.domain.pricing.orders.layer import order_right
from posapp.domain.pricing.orders.settling import store_cost
from posapp.domain.pricing.orders.watch import Reach, crosses, watch_of
from posapp.domain.pricing.terms.basket import Basket, BasketLine, LineTax
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import (
    EachUnit,
    Funding,
    Limits,
    Needs,
    Off,
    Promotion,
    QtyTier,
    SpendTier,
    Step,
)
from tests.domain.pricing.test_order_window import basket_of, goods_of

AT = datetime(2026, 11, 22, tzinfo=UTC)
AFTER = Needs(judged_on="after_items")


def basket(*goods: tuple[int, int]) -> Basket:
    lines = [BasketLine(no, f"s{no}", count, minor) for no, (count, minor) in enumerate(goods, 1)]
    return Basket(tuple(lines), "EUR", AT)


# ------------------------------------------------------------------ taxes
def test_what_is_withheld_of_goods_taken_back_is_not_lifted() -> None:
    """98 back, of which 2 % of the net were withheld: 100 net, and 2 that are not."""
    back = TaxedLine(1, -9_800, (LineTax("withheld", -20_000, included=True),))
    for rounding in ("line", "total"):
        sums = tax_sums([back], Policy(tax_rounding=rounding))
        assert [(each.taxable_minor, each.tax_minor) for each in sums.sums] == [(-10_000, 200)]


def test_net_totals_take_steps_where_nothing_is_taxed() -> None:
    lines = [TaxedLine(1, 1_003, ()), TaxedLine(2, 1_004, ())]
    for rounding, added in (("net_total", 3), ("net_document", -2), ("line", 0), ("total", 0)):
        policy = Policy(tax_rounding=rounding, tax_step_minor=5)  # type: ignore[arg-type]
        assert (tax_sums(lines, policy).sums, tax_sums(lines, policy).added_minor) == ((), added)


def test_a_rate_of_nothing_has_no_part_in_what_is_paid_however_small_the_fixed_one_is() -> None:
    eco, bag = LineTax("eco", 0, included=True, per_unit_minor=1), LineTax("bag", 0, False, per_unit_minor=1)
    sums = tax_sums([TaxedLine(1, 10, (eco, LineTax("zero", 0, included=True), bag), 11)], Policy())
    assert [(each.rate_id, each.tax_minor) for each in sums.sums] == [("eco", 10), ("zero", 0), ("bag", 11)]
    assert sums.added_minor == 11


# ------------------------------------------------------------------ who pays, who gets it
def test_what_others_pay_costs_the_store_nothing() -> None:
    def cost(*funding: Funding) -> int:
        return store_cost(Promotion("p", "item", EachUnit(Off(minor=500)), funding=funding), 500)

    assert cost(Funding("brand", 1_000_000)) == 0
    assert cost(Funding("store", 1_000_000)) == 500_000_000
    assert cost(Funding("brand", 750_000), Funding("store", 250_000)) == 125_000_000


@pytest.mark.parametrize(
    ("off", "takes", "line_no"),
    [
        (Off(minor=100), "best", 1),
        (Off(ppm=100_000), "best", 2),
        (Off(price_minor=300), "best", 2),
        (Off(ppm=100_000), "cheapest", 1),
    ],
)
def test_in_a_sequence_the_best_of_equals_is_the_first(off: Off, takes: str, line_no: int) -> None:
    """The same falls off either unit by an amount: the dearer one has no claim to it."""
    one = Promotion("one", "item", EachUnit(off), limits=Limits(max_units=1))
    policy = Policy(choose="sequence", takes=takes)  # type: ignore[arg-type]
    answer = price(basket((1, 500), (1, 900)), [one], policy)
    assert [line.line_no for line in answer.lines if line.paid_minor < line.list_minor] == [line_no]


# ------------------------------------------------------------------ limits of nothing
@pytest.mark.parametrize("kind", [QtyTier((Step(1, Off(minor=100)),)), EachUnit(Off(minor=100))])
def test_where_nothing_may_fall_off_nothing_does(kind: EachUnit | QtyTier) -> None:
    for most, off in ((0, 0), (1, 1), (150, 150), (None, 200)):
        limited = Promotion("p", "item", kind, limits=Limits(max_minor=most))
        assert price(basket((2, 500)), [limited]).discount_minor == off


def test_a_case_may_say_that_there_are_no_gift_cards() -> None:
    document = {"currency": "EUR", "basket": [], "promotions": []}
    assert read_case(json.dumps(document | {"gift_cards": []})) == read_case(json.dumps(document))


# ------------------------------------------------------------------ thresholds
def test_pieces_cross_no_threshold_of_money() -> None:
    """The items lower 400 by up to 100: past a step of 350, never past one of so many pieces."""
    goods = goods_of(basket_of(("a", 4, 100)))
    reach = Reach(frozenset({1}), 100, ((frozenset({1}), 100),), 100)
    for by, is_crossed in (("amount", True), ("qty", False)):
        kind = SpendTier(by, (Step(350, Off(minor=10)),))  # type: ignore[arg-type]
        right = order_right(Promotion("o", "order", kind, needs=AFTER), basket_of(("a", 4, 100)), Open())
        assert crosses(watch_of(goods, right, reach, Policy()), Policy()) is is_crossed
