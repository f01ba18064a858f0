from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posapp.domain.money import round_to_step
from posapp.domain.pricing.answers.refunds import Sale, UnitName, next_units, refund, remaining
from posapp.domain.pricing.goods.taxes import tax_sums, taxed_lines
from posapp.domain.pricing.terms.basket import Basket, BasketLine, LineTax
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import Discount, Gift, PricedBasket, PricedLine, UnitRun

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
RATES = (
    LineTax("vat", 190_000, True),
    LineTax("gst", 50_000, False),
    LineTax("qst", 99_750, False, level=1),
    LineTax("eco", 0, False, per_unit_minor=7),
)


def sale_of(
    lines: list[BasketLine],
    shares: dict[UnitName, int],
    policy: Policy,
    *,
    points: int = 0,
    earned: int = 0,
    code: str = "",
    gifts: tuple[Gift, ...] = (),
) -> Sale:
    """A sale with one discount that takes `shares` off the units."""
    basket = Basket(tuple(lines), "EUR", AT)
    priced_lines = []
    for line in lines:
        offs = [shares.get((line.line_no, n), 0) for n in range(line.quantity)]
        runs = tuple(UnitRun(1, line.unit_minor - off, ((0, off),) if off else ()) for off in offs)
        paid = sum(run.paid_minor for run in runs)
        priced_lines.append(PricedLine(line.line_no, line.sku, line.quantity, line.amount_minor, paid, runs))
    off = sum(shares.values())
    by_line = tuple((line.line_no, line.list_minor - line.paid_minor) for line in priced_lines)
    discount = Discount(
        "p", 1, {}, "order", "order_off", off, by_line, (("store", "", off),), code=code, points=points
    )
    taxes = tax_sums(taxed_lines(basket, priced_lines, policy), policy)
    goods = sum(line.amount_minor for line in lines)
    exact = goods - off + taxes.added_minor
    total = round_to_step(exact, policy.cash_step_minor, policy.cash_mode)
    priced = PricedBasket(
        tuple(priced_lines),
        (discount,) if off else (),
        taxes.sums,
        goods,
        off,
        taxes.added_minor,
        total - exact,
        total,
        gifts,
        points_used=points if off else 0,
        points_earned=earned,
    )
    return Sale(basket, priced, policy)


@st.composite
def sales(draw: st.DrawFn, most_units: int = 4) -> Sale:
    lines: list[BasketLine] = []
    shares: dict[UnitName, int] = {}
    while (free := most_units - sum(line.quantity for line in lines)) and (not lines or draw(st.booleans())):
        taxes = tuple(draw(st.lists(st.sampled_from(RATES), unique=True, max_size=3)))
        quantity = draw(st.integers(1, free))
        line = BasketLine(len(lines) + 1, f"s{len(lines)}", quantity, draw(st.integers(0, 3000)), taxes=taxes)
        lines.append(line)
        for n in range(quantity):
            shares[line.line_no, n] = draw(st.integers(0, line.unit_minor))
    policy = Policy(
        tax_rounding=draw(st.sampled_from(["line", "unit", "total", "kept", "net_total", "net_document"])),
        cash_step_minor=draw(st.sampled_from([1, 1, 5, 10, 50])),
        cash_mode=draw(st.sampled_from(["half_up", "half_down", "down", "up"])),
    )
    return sale_of(
        lines, shares, policy, points=draw(st.integers(0, 50)), earned=draw(st.integers(0, 99)), code="C"
    )


def units_of(sale: Sale) -> list[UnitName]:
    return [(line.line_no, n) for line in sale.priced.lines for n in range(line.quantity)]


def halves(basket: Basket) -> PricedBasket:
    """A toy engine: all at full price, but 5.00 off from three pieces on."""
    pieces = sum(line.quantity for line in basket.lines)
    goods = sum(line.amount_minor for line in basket.lines)
    off = min(500, goods) if pieces >= 3 else 0
    return PricedBasket((), (), (), goods, off, 0, 0, goods - off)


@settings(max_examples=60, deadline=None)
@given(sales())
def test_every_order_of_single_returns_gives_back_exactly_what_was_paid(sale: Sale) -> None:
    for order in permutations(units_of(sale)):
        back = points = taken = tax = exact = 0
        coupons: list[str] = []
        for n, unit in enumerate(order):
            one = refund(sale, [unit], earlier=[[each] for each in order[:n]])
            assert one.total_minor == one.amount_minor - one.kept_minor + one.rounding_minor >= 0
            assert one.total_minor % sale.policy.cash_step_minor == 0
            assert one.amount_minor == sum(each.amount_minor for each in one.units)
            back += one.total_minor
            exact += one.amount_minor
            points += one.points_back
            taken += one.points_taken
            tax += sum(each.tax_minor for each in one.taxes)
            coupons += one.coupons_back
        assert back == sale.priced.total_minor
        assert exact == sale.priced.total_minor - sale.priced.rounding_minor
        assert (points, taken) == (sale.priced.points_used, sale.priced.points_earned)
        assert tax == sum(each.tax_minor for each in sale.priced.taxes)
        assert coupons == (["C"] if sale.priced.discounts else [])


@settings(max_examples=40, deadline=None)
@given(sales(most_units=6), st.data())
def test_every_subset_of_six_gives_back_the_same_however_it_is_split(sale: Sale, data: st.DataObject) -> None:
    units = units_of(sale)
    for mask in range(1, 2 ** len(units)):
        subset = [unit for n, unit in enumerate(units) if mask >> n & 1]
        at_once = refund(sale, subset)
        order = data.draw(st.permutations(subset)) if mask % 7 == 0 else subset[::-1]
        split = [refund(sale, [unit], earlier=[order[:n]] if n else []) for n, unit in enumerate(order)]
        assert sum(one.total_minor for one in split) == at_once.total_minor
        assert sum(one.points_back for one in split) == at_once.points_back
        amounts = {(each.line_no, each.index): each.amount_minor for each in at_once.units}
        for one in split:
            for each in one.units:
                assert amounts[each.line_no, each.index] == each.amount_minor


def test_second_at_half_price_gives_75_for_one_of_two_hundreds() -> None:
    sale = sale_of([BasketLine(1, "a", 2, 10_000)], {(1, 0): 2500, (1, 1): 2500}, Policy())
    assert refund(sale, [(1, 1)]).total_minor == 7500
    assert refund(sale, [(1, 0)], earlier=[[(1, 1)]]).total_minor == 7500
    # 126.05 net and 23.95 tax in all, of which the same unit must not get both odd cents.
    taxed = BasketLine(1, "a", 2, 10_000, taxes=RATES[:1])
    sale = sale_of([taxed], {(1, 0): 2500, (1, 1): 2500}, Policy())
    assert [refund(sale, [(1, n)]).total_minor for n in (0, 1)] == [7500, 7500]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=6),
    st.lists(st.sampled_from((10_000, 70_000, 190_000, 210_000)), unique=True, min_size=1, max_size=3),
    st.sampled_from(["line", "unit", "total", "kept", "line_kept"]),
)
def test_a_unit_with_its_taxes_in_the_price_gives_back_its_share(
    offs: list[int], rates: list[int], rounding: Any
) -> None:
    taxes = tuple(LineTax(str(ppm), ppm, True) for ppm in rates)
    line = BasketLine(1, "a", len(offs), 400, taxes=taxes)
    sale = sale_of([line], {(1, n): off for n, off in enumerate(offs)}, Policy(tax_rounding=rounding))
    for n, off in enumerate(offs):
        one = refund(sale, [(1, n)])
        assert one.total_minor == 400 - off
        assert all(each.taxable_minor >= 0 and each.tax_minor >= 0 for each in one.taxes)
        assert {each.taxable_minor + sum(tax.tax_minor for tax in one.taxes) for each in one.taxes} <= {
            400 - off
        }


def test_a_third_of_ten_leaves_no_cent_behind() -> None:
    sale = sale_of([BasketLine(1, "a", 3, 500)], {(1, 0): 167, (1, 1): 167, (1, 2): 166}, Policy())
    gone: list[UnitName] = []
    back = []
    for _ in range(3):
        (unit,) = next_units(sale.priced, {1: 1}, gone)
        back.append(refund(sale, [unit], earlier=[[each] for each in gone]).total_minor)
        gone.append(unit)
    assert back == [333, 333, 334]


def repricing(sale: Sale) -> Sale:
    return replace(sale, policy=replace(sale.policy, refund="reprice"), price_again=halves)


def test_what_remains_is_priced_again() -> None:
    lines = [BasketLine(1, "a", 3, 1000)]
    sale = repricing(sale_of(lines, {(1, 0): 167, (1, 1): 167, (1, 2): 166}, Policy()))
    # Two remain at full price: 25.00 were paid, 20.00 they cost; then 10.00 each.
    back = [refund(sale, [(1, n)], earlier=[[(1, k)] for k in range(n)]) for n in range(3)]
    assert [one.total_minor for one in back] == [500, 1000, 1000]
    assert [one.how for one in back] == ["reprice"] * 3
    # Nobody loses a right because goods were faulty.
    assert refund(sale, [(1, 0)], is_faulty=True).total_minor == 833


def test_a_return_never_costs_anything() -> None:
    lines = [BasketLine(1, "a", 2, 1000), BasketLine(2, "b", 1, 100)]
    sale = repricing(sale_of(lines, {(1, 0): 240, (1, 1): 240, (2, 0): 20}, Policy()))
    assert refund(sale, [(2, 0)]).total_minor == 0
    rest = refund(sale, [(1, 0), (1, 1)], earlier=[[(2, 0)]])
    assert rest.total_minor == sale.priced.total_minor == 1600


@settings(max_examples=60, deadline=None)
@given(sales(), st.data())
def test_repricing_in_any_order_gives_back_what_was_paid(sale: Sale, data: st.DataObject) -> None:
    plain = replace(sale.policy, cash_step_minor=1)
    lines = [replace(line, taxes=()) for line in sale.basket.lines]
    off = halves(sale.basket).discount_minor
    shares = dict.fromkeys(units_of(sale), 0)
    for line_no, n in shares:
        price = next(line.unit_minor for line in lines if line.line_no == line_no)
        shares[line_no, n] = min(off, price)
        off -= shares[line_no, n]
    bought = repricing(sale_of(lines, shares, plain))
    order = data.draw(st.permutations(units_of(bought)))
    cut = data.draw(st.integers(0, len(order)))
    steps = [step for step in (order[:cut], order[cut:]) if step]
    total = sum(refund(bought, step, earlier=steps[:n]).total_minor for n, step in enumerate(steps))
    assert total == bought.priced.total_minor


def test_cash_is_rounded_over_all_returns() -> None:
    sale = sale_of([BasketLine(1, "a", 3, 334)], {}, Policy(cash_step_minor=5))
    assert sale.priced.total_minor == 1000
    back = [refund(sale, [(1, n)], earlier=[[(1, k)] for k in range(n)]) for n in range(3)]
    assert [one.total_minor for one in back] == [335, 335, 330]
    assert [one.rounding_minor for one in back] == [1, 1, -4]


def test_a_gift_comes_back_or_its_value_is_kept() -> None:
    gift = Gift("p", "cup", 1, in_basket=False)
    sale = replace(
        sale_of([BasketLine(1, "a", 2, 1000)], {}, Policy(), gifts=(gift,)),
        price_again=lambda basket: replace(
            halves(basket), gifts=(gift,) if basket.lines[0].quantity > 1 else ()
        ),
        gift_values={"cup": 300},
    )
    kept = refund(sale, [(1, 0)])
    assert (kept.kept_minor, kept.total_minor, kept.gifts_due) == (300, 700, (gift,))
    brought = refund(sale, [(1, 0)], gifts_back={"cup": 1})
    assert (brought.kept_minor, brought.total_minor) == (0, 1000)
    both = refund(sale, [(1, 1)], earlier=[[(1, 0)]])
    assert (both.kept_minor, both.total_minor) == (0, 1000)
    assert refund(replace(sale, price_again=None), [(1, 0), (1, 1)]).total_minor == 1700
    assert refund(replace(sale, price_again=None), [(1, 0)]).gifts_due == ()


def test_what_cannot_come_back_is_refused() -> None:
    sale = sale_of([BasketLine(1, "a", 2, 1000)], {}, Policy())
    with pytest.raises(ValueError, match="no piece 3"):
        refund(sale, [(1, 2)])
    with pytest.raises(ValueError, match="already"):
        refund(sale, [(1, 0)], earlier=[[(1, 0)]])
    with pytest.raises(ValueError, match="not 3"):
        next_units(sale.priced, {1: 3})
    with pytest.raises(ValueError, match="not 1"):
        next_units(sale.priced, {7: 1})
    with pytest.raises(ValueError, match="as of the sale"):
        refund(replace(sale, policy=Policy(refund="reprice")), [(1, 0)])


def test_what_remains_keeps_its_lines() -> None:
    basket = Basket((BasketLine(1, "a", 2, 5), BasketLine(2, "b", 1, 5)), "EUR", AT)
    left = remaining(basket, [(1, 1), (2, 0)])
    assert [(line.line_no, line.quantity) for line in left.lines] == [(1, 1)]
