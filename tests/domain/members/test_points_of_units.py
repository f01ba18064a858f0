"""Points of each piece of a sale: the same at both ends, exact in every order and split of returns."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from posapp.domain.facts import TransactionCompleted
from posapp.domain.pricing.orders.points import earned_by_unit
from posapp.domain.pricing.terms.priced import PricedLine, UnitRun
from posapp.domain.return_facts import ReturnCompleted
from posapp.domain.sold_prices import paid_minor, pieces_of, sold_points
from tests.domain.made_up_sales import a_sale, cash_rules, give_back, tax_rules, terms

_GOODS = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 5_000), st.just("standard")), min_size=1, max_size=5
)


def member_sale(data: st.DataObject, silent: bool = False) -> TransactionCompleted:
    """A sale that earned and used points, with discounts over some of its lines."""
    goods = data.draw(_GOODS)
    places = st.lists(st.integers(0, len(goods) - 1), min_size=1, unique=True).map(tuple)
    off = data.draw(st.lists(st.tuples(st.integers(1, 4_000), places), max_size=3))
    points = data.draw(st.tuples(st.integers(1, 999), st.integers(0, 999)))
    sale = a_sale(goods, off, tax=tax_rules(), cash=cash_rules(), points=points)
    assert sale.member is not None
    if not silent:
        return sale
    lines = data.draw(st.sets(st.sampled_from([line.line_no for line in sale.lines])))
    return replace(sale, member=replace(sale.member, silent=tuple(sorted(lines))))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_returns_in_any_order_move_just_the_points_that_the_fact_says(data: st.DataObject) -> None:
    sale = member_sale(data, silent=True)
    assert sale.member is not None
    of_unit = sold_points(sale)
    assert sum(used for used, _ in of_unit.values()) == sale.member.points_used
    assert sum(earned for _, earned in of_unit.values()) == sale.member.points_earned
    assert all(used >= 0 and earned >= 0 for used, earned in of_unit.values())
    told = terms(tax_rules(), cash_rules())
    left = {line.line_no: pieces_of(line) for line in sale.lines}
    done: list[ReturnCompleted] = []
    while left:
        chosen = data.draw(st.lists(st.sampled_from(sorted(left)), min_size=1, unique=True))
        wishes = {no: data.draw(st.integers(1, left[no])) for no in chosen}
        fact = give_back(sale, done, wishes, told)
        names = [(line.line_no, unit) for line in fact.lines for unit in line.units]
        # What the hub works out from the two facts is what the till wrote.
        assert fact.points_back == sum(of_unit[name][0] for name in names)
        assert fact.points_taken == sum(of_unit[name][1] for name in names)
        done.append(fact)
        left = {no: n - wishes.get(no, 0) for no, n in left.items() if n > wishes.get(no, 0)}


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_goods_that_earned_nothing_take_nothing_back(data: st.DataObject) -> None:
    sale = member_sale(data, silent=True)
    assert sale.member is not None
    silent = set(sale.member.silent)
    others = sum(max(0, paid_minor(line)) for line in sale.lines if line.line_no not in silent)
    taken = sum(earned for (no, _), (_, earned) in sold_points(sale).items() if no in silent)
    if others:
        assert taken == 0


def line(line_no: int, *paid: int) -> PricedLine:
    """A line whose units pay so much."""
    return PricedLine(line_no, "a", len(paid), sum(paid), sum(paid), tuple(UnitRun(1, each) for each in paid))


def test_points_go_by_what_was_paid_and_left_over_ones_to_the_largest_remainders() -> None:
    assert earned_by_unit([line(1, 100, 100), line(2, 100)], 10) == {(1, 0): 4, (1, 1): 3, (2, 0): 3}
    assert earned_by_unit([line(1, 100, 300), line(2, 0)], 4) == {(1, 0): 1, (1, 1): 3, (2, 0): 0}
    assert earned_by_unit([line(1, 100), line(2, 300)], 4, silent=(2,)) == {(1, 0): 4, (2, 0): 0}
    assert earned_by_unit([line(1, -100), line(2, 300)], 4) == {(1, 0): 0, (2, 0): 4}
    assert earned_by_unit([], 0) == {}


def test_a_sale_of_nobody_has_no_points() -> None:
    sale = a_sale([(2, 100, "standard")], tax=tax_rules(), cash=cash_rules())
    assert set(sold_points(replace(sale, member=None)).values()) == {(0, 0)}
    assert sold_points(replace(sale, lines=(), discounts=())) == {}
