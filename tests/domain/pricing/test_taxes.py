from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posapp.domain.money import MODES
from posapp.domain.pricing.goods.taxes import TaxedLine, TaxSums, net_of, tax_sums
from posapp.domain.pricing.terms.basket import LineTax
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.shop import TaxRules
from posapp.domain.tax import tax_lines, taxes_of
from tests.domain.shops import tax_rule_sets

ROUNDINGS = ("line", "unit", "total", "kept", "line_kept", "net_total", "net_document")
VAT19 = LineTax("vat19", 190_000, True)
RATES = (
    VAT19,
    LineTax("vat7", 70_000, True),
    LineTax("gst", 50_000, False),
    LineTax("qst", 99_750, False, level=1),
    LineTax("eco", 0, True, per_unit_minor=35),
    LineTax("bag", 0, False, per_unit_minor=10),
    LineTax("vat-on-eco", 200_000, True, level=1),
    LineTax("of-the-price", 100_000, True, of_price=True),
    LineTax("of-the-price-on-top", 100_000, False, of_price=True),
    LineTax("on-eco-only", 60_000, True, on=frozenset({"eco"})),
    LineTax("withheld", -150_000, False),
    LineTax("withheld-in-the-price", -20_000, True, level=1),
)


def line(amount: int, *taxes: LineTax, quantity: int = 1, line_no: int = 1) -> TaxedLine:
    each, rest = divmod(amount, quantity)
    units = tuple((count, paid) for count, paid in ((rest, each + 1), (quantity - rest, each)) if count)
    return TaxedLine(line_no, amount, taxes, quantity, units)


@st.composite
def goods(draw: st.DrawFn) -> list[TaxedLine]:
    found = []
    for number in range(draw(st.integers(0, 7))):
        taxes = draw(st.lists(st.sampled_from(RATES), unique=True, max_size=4))
        quantity = draw(st.integers(1, 5))
        amount = draw(st.integers(0, 50_000))
        sign = draw(st.sampled_from([1, 1, -1])) if quantity == 1 else 1
        found.append(line(sign * amount, *taxes, quantity=quantity, line_no=number))
    return found


def totals(sums: TaxSums) -> list[tuple[str, int, int]]:
    return [(each.rate_id, each.taxable_minor, each.tax_minor) for each in sums.sums]


@pytest.mark.parametrize(
    ("rounding", "tax", "to_pay"),
    [
        ("line", 7985, 50_000),
        ("total", 7983, 50_000),
        ("kept", 7983, 50_000),
        ("net_total", 7983, 49_998),
        ("net_document", 7983, 50_000),
    ],
)
def test_five_times_a_hundred_at_19_percent(rounding: str, tax: int, to_pay: int) -> None:
    five = [line(10_000, VAT19, line_no=number) for number in range(5)]
    sums = tax_sums(five, Policy(tax_rounding=rounding))  # type: ignore[arg-type]
    assert sums.sums[0].tax_minor == tax
    assert 50_000 + sums.added_minor == to_pay


def test_a_unit_is_rounded_by_itself() -> None:
    one = line(30, LineTax("r", 50_000, False), quantity=3)
    assert totals(tax_sums([one], Policy(tax_rounding="unit"))) == [("r", 30, 3)]
    assert totals(tax_sums([one], Policy(tax_rounding="line"))) == [("r", 30, 2)]


def test_a_tax_stands_on_another() -> None:
    # Quebec before 2013: QST on the price and on GST.
    sums = tax_sums([line(10_000, RATES[2], LineTax("qst", 75_000, False, level=1))], Policy())
    assert totals(sums) == [("gst", 10_000, 500), ("qst", 10_000, 788)]
    assert sums.added_minor == 1288
    back = tax_sums(
        [line(11_288, LineTax("gst", 50_000, True), LineTax("qst", 75_000, True, level=1))], Policy()
    )
    assert totals(back) == [("gst", 10_000, 500), ("qst", 10_000, 788)]


def test_included_and_added_on_one_line() -> None:
    sums = tax_sums([line(11_900, VAT19, RATES[2])], Policy())
    assert totals(sums) == [("vat19", 10_000, 1900), ("gst", 10_000, 500)]
    assert sums.added_minor == 500


def test_a_fixed_tax_is_by_the_piece_and_no_discount_lowers_it() -> None:
    full = tax_sums([line(40_000, LineTax("eco", 0, False, per_unit_minor=250), quantity=4)], Policy())
    half = tax_sums([line(20_000, LineTax("eco", 0, False, per_unit_minor=250), quantity=4)], Policy())
    assert (full.added_minor, half.added_minor) == (1000, 1000)
    # 20 % on the price and on an included 0.35 a piece.
    sums = tax_sums([line(2442, RATES[4], RATES[6], quantity=2)], Policy())
    assert totals(sums) == [("eco", 1965, 70), ("vat-on-eco", 1965, 407)]


def test_kept_rounds_the_net_where_total_rounds_the_tax() -> None:
    half = line(21, LineTax("half", 1_000_000, True))
    assert totals(tax_sums([half], Policy(tax_rounding="total"))) == [("half", 10, 11)]
    assert totals(tax_sums([half], Policy(tax_rounding="kept"))) == [("half", 11, 10)]


ECO, OLD = LineTax("eco", 0, True, per_unit_minor=7), LineTax("old", 0, True, per_unit_minor=3)


@pytest.mark.parametrize("rounding", [*ROUNDINGS, "line_kept"])
def test_no_more_fixed_tax_than_is_paid_is_in_the_price(rounding: str) -> None:
    policy = Policy(tax_rounding=rounding)  # type: ignore[arg-type]
    free = tax_sums([line(0, ECO, VAT19, quantity=2)], policy)
    assert (totals(free), free.added_minor) == ([("eco", 0, 0), ("vat19", 0, 0)], 0)
    some = tax_sums([line(9, ECO, VAT19, quantity=2), line(119, VAT19, line_no=2)], policy)
    assert totals(some) == [("eco", 0, 9), ("vat19", 100, 19)]
    # Two of them take what is there by what each would be, and what stands on one its part.
    both = tax_sums([line(5, ECO, OLD)], policy)
    assert totals(both) == [("eco", 0, 4), ("old", 0, 1)]
    above = LineTax("vat", 1_000_000, True, level=1)
    assert totals(tax_sums([line(12, ECO, OLD, above)], policy)) == [
        ("eco", 0, 4),
        ("old", 0, 2),
        ("vat", 0, 6),
    ]
    # Taxes on top are not in what is paid.
    added = tax_sums([line(3, ECO, LineTax("bag", 0, False, per_unit_minor=5))], policy)
    assert totals(added) == [("eco", 0, 3), ("bag", 0, 5)]
    assert added.added_minor == 5


def test_rounding_up_takes_no_more_than_is_paid() -> None:
    low, high = LineTax("low", 50_000, True), LineTax("high", 99_750, True, level=1)
    up = Policy(tax_rounding="line", tax_round_mode="ceiling")
    assert totals(tax_sums([line(1, low, high), line(0, low, line_no=2)], up)) == [
        ("low", 0, 1),
        ("high", 0, 0),
    ]
    # Over the document the others bear it: 3 cents of each rate on goods for 51 in all.
    cents = [line(1, low, high, line_no=n) for n in range(4)]
    whole = tax_sums([*cents, line(47, low, high, line_no=9)], Policy(tax_round_mode="ceiling"))
    assert totals(whole) == [("low", 43, 3), ("high", 43, 5)]
    assert min(net for each in whole.sums for _, net, _ in each.line_shares) >= 0


def test_a_free_unit_beside_others_has_no_fixed_tax() -> None:
    units = TaxedLine(1, 20, (ECO, VAT19), 2, ((1, 0), (1, 20)))
    assert totals(tax_sums([units], Policy(tax_rounding="unit"))) == [("eco", 11, 7), ("vat19", 11, 2)]


def test_as_much_as_is_fixed_leaves_nothing() -> None:
    assert totals(tax_sums([line(14, ECO, VAT19, quantity=2)], Policy())) == [("eco", 0, 14), ("vat19", 0, 0)]
    assert totals(tax_sums([line(16, ECO, VAT19, quantity=2)], Policy())) == [("eco", 2, 14), ("vat19", 2, 0)]


@settings(deadline=None)
@given(goods(), st.sampled_from(ROUNDINGS), st.sampled_from(MODES))
def test_net_and_tax_are_the_price_on_every_line(lines: list[TaxedLine], rounding: str, mode: str) -> None:
    policy = Policy(tax_rounding=rounding, tax_round_mode=mode)  # type: ignore[arg-type]
    sums = tax_sums(lines, policy)
    nets: dict[int, int] = {}
    taxes: dict[int, int] = {}
    for each in sums.sums:
        assert each.taxable_minor == sum(share[1] for share in each.line_shares)
        assert each.tax_minor == sum(share[2] for share in each.line_shares)
        for line_no, net, tax in each.line_shares:
            assert nets.setdefault(line_no, net) == net
            taxes[line_no] = taxes.get(line_no, 0) + (tax if each.included else 0)
    moved = sums.added_minor - sum(each.tax_minor for each in sums.sums if not each.included)
    gross = sum(each.amount_minor for each in lines if each.line_no in nets)
    assert sum(nets.values()) + sum(taxes.values()) == gross + moved
    if not rounding.startswith("net_"):
        assert moved == 0
        for each_line in lines:
            if each_line.taxes:
                assert nets[each_line.line_no] + taxes[each_line.line_no] == each_line.amount_minor


@settings(deadline=None)
@given(goods(), st.sampled_from(MODES))
def test_the_document_is_exact_up_to_one_rounding(lines: list[TaxedLine], mode: str) -> None:
    exact: dict[str, Fraction] = {}
    lines = [
        each
        for each in lines
        if net_of(each.amount_minor, each.taxes, each.quantity)[0] > 0
        and not any(tax.of_price or tax.on is not None for tax in each.taxes)
    ]
    for each in lines:
        for rate_id, tax in exact_taxes(each).items():
            exact[rate_id] = exact.get(rate_id, Fraction(0)) + tax
    for rounding in ("total", "kept"):
        policy = Policy(tax_rounding=rounding, tax_round_mode=mode)  # type: ignore[arg-type]
        for found in tax_sums(lines, policy).sums:
            assert abs(found.tax_minor - exact[found.rate_id]) < 1


def exact_taxes(of: TaxedLine) -> dict[str, Fraction]:
    """By bisection on the net, so that nothing of the formula is used again; the price is linear in it."""

    def price_at(net: Fraction) -> tuple[Fraction, dict[str, Fraction]]:
        taxes: dict[str, Fraction] = {}
        for tax in sorted(of.taxes, key=lambda tax: tax.level):
            lower = sum((taxes[below.rate_id] for below in of.taxes if below.level < tax.level), Fraction(0))
            taxes[tax.rate_id] = (net + lower) * Fraction(tax.ppm, 10**6) + of.quantity * tax.per_unit_minor
        return net + sum((taxes[tax.rate_id] for tax in of.taxes if tax.included), Fraction(0)), taxes

    at_0, at_1 = price_at(Fraction(0))[0], price_at(Fraction(1))[0]
    return price_at((of.amount_minor - at_0) / (at_1 - at_0))[1]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(["c0", "c1", "c2"])), max_size=12),
    tax_rule_sets(),
)
def test_the_tills_tax_is_the_same(pairs: list[tuple[int, str]], rules: TaxRules) -> None:
    goods = [
        TaxedLine(number, amount, taxes_of(category, rules))
        for number, (amount, category) in enumerate(pairs)
    ]
    sums = tax_sums(goods, Policy(tax_rounding=rules.rounding))
    assert {each.rate_id: each.tax_minor for each in sums.sums} == {
        each.rate_id: each.tax_minor for each in tax_lines(pairs, rules)
    }
