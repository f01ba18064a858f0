"""Single figures that planted faults changed unseen: taxes at their ends, ties, limits of nothing, bounds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar, cast

import pytest

from posapp.domain.pricing.answers.engine import PriceCache, price
from posapp.domain.pricing.cases.reading import Case, read_case
from posapp.domain.pricing.goods.gates import Open
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.goods.taxes import TaxedLine, tax_sums
from posapp.domain.pricing.items.component_losses import ComponentLosses
from posapp.domain.pricing.items.components import components
from posapp.domain.pricing.items.frontier import _one_of
from posapp.domain.pricing.items.items import ItemCache, solve_items
from posapp.domain.pricing.items.losses import Losses
from posapp.domain.pricing.items.set_cache import SetCache, least_pieces
from posapp.domain.pricing.items.solving import Prepared
from posapp.domain.pricing.items.units import normal_form
from posapp.domain.pricing.orders.bound import Ceiling
from posapp.domain.pricing.orders.choices import Choosing, Outcome
from posapp.domain.pricing.orders.layer import order_right
from posapp.domain.pricing.orders.plan import planned
from posapp.domain.pricing.orders.settling import store_cost
from posapp.domain.pricing.orders.watch import Reach, crosses, watch_of
from posapp.domain.pricing.proof.duals import price_units
from posapp.domain.pricing.terms.applications import Right
from posapp.domain.pricing.terms.basket import Basket, BasketLine, LineTax
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import (
    EachUnit,
    Every,
    Funding,
    Having,
    Limits,
    Needs,
    NFor,
    Nth,
    Off,
    OrderOff,
    Part,
    PriceBook,
    Promotion,
    QtyTier,
    Reward,
    SpendTier,
    Stack,
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


def test_two_thresholds_of_the_same_goods_are_one_part_up_to_the_higher_reduction() -> None:
    """Of 400 the items take up to 60: 350 is lost after 50, 345 after 55, and from 56 on both are."""
    lines = basket_of(("a", 4, 100), ("b", 4, 100))
    reach = Reach(frozenset({1}), 60, ((frozenset({1}), 60),), 60)
    orders = []
    for least in (350, 345):
        kind = SpendTier("amount", (Step(least, Off(minor=10)),))
        tier = Promotion(f"o{least}", "order", kind, Having("sku", frozenset("a")), needs=AFTER)
        orders.append(order_right(tier, lines, Open()))
    for some, most in ((orders[:1], 51), (orders[1:], 56), (orders, 56), (orders[::-1], 56)):
        plan = planned(goods_of(lines), some, reach, 0, Policy())
        assert plan is not None
        assert [(part.line_nos, part.most_minor) for part in plan.parts] == [(frozenset({1}), most)]


@pytest.mark.parametrize(
    ("needs", "step", "most"),
    [
        # 40 multiples are looked at one by one: of 3,000 thirty. Of 41 it may be all of them.
        (AFTER, Step(100, Off(minor=10)), 1_300),
        (AFTER, Step(97, Off(minor=10)), 1_410),
        # A share for each multiple may be all of it after the items; at list prices it is 20 % of the 3,000.
        (AFTER, Step(1_000, Off(ppm=50_000)), 1_800),
        (Needs(judged_on="list"), Step(1_000, Off(ppm=50_000)), 1_600),
    ],
)
def test_the_bound_where_items_take_a_quarter_of_four_thousand(needs: Needs, step: Step, most: int) -> None:
    lines = basket_of(("a", 40, 100))
    goods = goods_of(lines)
    quarter = Right(Promotion("i", "item", EachUnit(Off(minor=25))))
    choice = solve_items(goods.lots, [quarter], Policy(), ItemCache())
    assert choice.value_minor == 1_000
    every = Promotion("o", "order", SpendTier("amount", (step,), every=True), needs=needs)
    assert Ceiling(goods, choice, Policy()).most([order_right(every, lines, Open())]) == most


# ------------------------------------------------------------------ what is looked at
def test_an_order_promotion_out_of_reach_counts_in_a_sequence_and_not_in_the_best_choice() -> None:
    """A sequence comes to every promotion in its turn: two states each, for what it may and what it does."""
    out_of_reach = Promotion("t", "order", SpendTier("amount", (Step(1_000, Off(minor=10)),)))
    one = Promotion("i", "item", EachUnit(Off(minor=25)))
    for choose, both, alone in (("sequence", 4, 2), ("best", 2, 2)):
        policy = Policy(choose=choose)  # type: ignore[arg-type]
        assert price(basket((1, 100)), [one, out_of_reach], policy).states == both
        assert price(basket((1, 100)), [one], policy).states == alone


@pytest.mark.parametrize("codes", [frozenset[str](), frozenset({"c"})])
def test_what_goes_alone_is_looked_at_once_with_or_without_a_coupon(codes: frozenset[str]) -> None:
    seen = []

    def evaluate(active: frozenset[str], _least: int) -> Outcome[None]:
        seen.append(active)
        return Outcome(5, 0, active, 0, 1, True, None)

    alone = Promotion(
        "b", "price", PriceBook(off=Off(minor=5)), needs=Needs(codes=codes), stack=Stack(alone=True)
    )
    item = Promotion("i", "item", EachUnit(Off(minor=5)))
    Choosing([item, alone], evaluate, points=0, states_max=1_000).best()
    assert seen == [{"i"}, {"b"}]


def test_goods_without_a_brand_touch_no_promotion_of_a_brand() -> None:
    index = PromotionIndex(
        [Promotion(f"of {brand}", "item", EachUnit(Off(minor=7)), Having("brand", frozenset({brand})))
         for brand in ("", "x")]
    )  # fmt: skip
    assert index.touching(basket((1, 100))) == ()


def test_a_reward_needs_what_is_bought_and_one_unit_more() -> None:
    def least(**buy: Any) -> int:
        kind = Reward(get=Part(Every(), 1), off=Off(ppm=500_000), **buy)
        return least_pieces(Promotion("p", "item", kind))

    assert least(buy=(Part(Every(), 2), Part(Every(), 3))) == 6
    assert least(buy=(), buy_minor=500) == 2


def test_a_case_of_its_first_four_fields_is_a_bare_document() -> None:
    bare = read_case(json.dumps({"currency": "EUR", "basket": [], "promotions": []}))
    assert Case(bare.basket, bare.promotions, bare.policy, bare.money) == bare


# ------------------------------------------------------------------ where the odd cent falls
@pytest.mark.parametrize(("takes", "paid"), [("best", [76, 76]), ("listed", [75, 77])])
def test_in_order_the_odd_cent_falls_on_the_first_of_a_group(takes: str, paid: list[int]) -> None:
    """51 off 101 and 102, of which each has a half: the dearer one is first, or the first one is."""
    half = Promotion("n", "item", Nth(2, Off(ppm=500_000)))
    policy = Policy(choose="sequence", takes=takes, sharing="in_order")  # type: ignore[arg-type]
    assert [line.paid_minor for line in price(basket((1, 101), (1, 102)), [half], policy).lines] == paid


def test_shares_stand_in_the_order_of_the_discounts() -> None:
    order = Promotion("o", "order", OrderOff(Off(minor=10)), stack=Stack(priority=9))
    item = Promotion("i", "item", EachUnit(Off(minor=5)))
    for policy in (Policy(choose="sequence", sequence_order="free"), Policy(choose="sequence"), Policy()):
        answer = price(basket((1, 100)), [order, item], policy)
        assert [each.promotion_id for each in answer.discounts] == ["i", "o"]
        assert [run.shares for run in answer.lines[0].runs] == [((0, 5), (1, 10))]


def test_cents_that_others_bear_are_off_their_nets() -> None:
    """Two goods of a cent, a cent of each of two rates: nothing is left as net."""
    low, high = LineTax("low", 50_000, included=True), LineTax("high", 99_750, included=True, level=1)
    policy = Policy(tax_round_mode="ceiling")
    for count, net in ((2, 0), (3, 1), (4, 2)):
        sums = tax_sums([TaxedLine(n, 1, (low, high)) for n in range(count)], policy)
        assert [(each.taxable_minor, each.tax_minor) for each in sums.sums] == [(net, 1), (net, 1)]


def test_ways_that_lead_to_the_same_are_one() -> None:
    """A unit of a pair has 5 off besides or not, and leads to the same: the better way stays."""
    both = Stack(tags=frozenset("x"), agrees=frozenset("x"))
    rights = [
        Right(Promotion("pair", "item", NFor(2, Off(ppm=100_000)), stack=both)),
        Right(Promotion("five", "item", EachUnit(Off(minor=5)), stack=both)),
    ]
    goods = goods_of(basket_of(("a", 2, 100)))
    form = normal_form(goods.lots, rights, Policy(), SetCache())
    (cluster,) = Prepared(form, components(form)[0]).clusters
    units = Prepared(form, components(form)[0]).units
    cluster.tabulate(units, 1_000)
    assert len(cluster.all_ways(*units[0][:3], 0)) == 2
    assert [[(way[0], way[1]) for way in ways] for row in cluster.rows for ways in row.values()] == [
        [(1, 10)], [(1, 10)], [(0, 10)],
    ]  # fmt: skip


def test_what_began_before_the_epoch_did_not_hold_before_it_began() -> None:
    """One till, its memory kept: in 1961, 1959, and 1961 again."""
    begun = Promotion("p", "item", EachUnit(Off(minor=5)), begins=datetime(1960, 1, 1, tzinfo=UTC))
    cache = PriceCache()
    for year, off in ((1961, 5), (1959, 0), (1961, 5), (2026, 5)):
        at = replace(basket((1, 100)), at=datetime(year, 6, 1, tzinfo=UTC))
        assert price(at, [begun], Policy(), cache).discount_minor == off


class _Ways:
    """A component that comes to nothing off the part for a loss of 5, or to 5 off it for none."""

    ends: ClassVar[Losses] = {(0,): 1 << 5, (5,): 1 << 0}

    def steps(self, reduced: tuple[int, ...], loss: int) -> list[tuple[Step, ...]]:
        assert self.ends[reduced] >> loss & 1
        return []


def test_a_way_that_loses_more_than_all_together_may_is_passed_by() -> None:
    """Before it: 5 off the part for no loss, or nothing for a loss of 3; together 5 off for 3, or for 5."""
    before: Losses = {(5,): 1 << 0, (0,): 1 << 3}
    component = cast(ComponentLosses, _Ways())
    assert _one_of(component, before, (5,), 3) == ((0,), 3, [])
    assert _one_of(component, before, (5,), 5) == ((5,), 0, [])


def test_prices_of_units_are_no_more_than_the_best_plans_gain() -> None:
    """8 for the third and 3 for the second are 11; all three together for 8 or for 1 are less."""

    def rule(gain: int, *units: int) -> dict[str, Any]:
        last = len(units) - 1
        moves = [[unit, str(n), str(n + 1), [gain if n == last else 0], []] for n, unit in enumerate(units)]
        return {"moves": moves, "ends": ["0", str(len(units))]}

    alone: dict[str, Any] = {"moves": [], "ends": []}
    found = price_units(3, [alone, rule(8, 0, 1, 2), rule(8, 2), rule(1, 0, 1, 2), rule(3, 1)])
    assert [str(price) for price in found] == ["0", "3", "8"]
