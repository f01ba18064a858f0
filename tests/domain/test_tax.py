from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.money import round_half_up
from posapp.domain.shop import TaxCategory, TaxRate, TaxRules
from posapp.domain.tax import tax_added, tax_lines
from tests.domain.shops import VAT9, VAT13, tax_rule_sets, tax_rules

LINES = st.lists(
    st.tuples(st.integers(0, 10**7), st.sampled_from(["c0", "c1", "c2", "c3", "c4", "none"])), max_size=30
)


def test_included_tax_is_taken_out_of_the_price() -> None:
    (line,) = tax_lines([(11_300, "vat13")], tax_rules(VAT13, VAT9))
    assert (line.taxable_minor, line.tax_minor, line.included) == (10_000, 1300, True)


def test_added_tax_stands_on_top() -> None:
    taxes = tax_lines([(10_000, "vat13"), (1000, "vat9")], tax_rules(VAT13, VAT9, includes=False))
    assert [(tax.rate_id, tax.taxable_minor, tax.tax_minor) for tax in taxes] == [
        ("vat13", 10_000, 1300),
        ("vat9", 1000, 90),
    ]
    assert tax_added(taxes) == 1390


def test_included_tax_adds_nothing() -> None:
    assert tax_added(tax_lines([(11_300, "vat13")], tax_rules(VAT13))) == 0


def test_rounding_by_line_and_by_receipt_differ() -> None:
    rate = TaxRate("r", {}, 100_000)
    lines = [(5, "r")] * 3  # 0.5 each
    per_line = tax_lines(lines, tax_rules(rate, includes=False, rounding="line"))
    in_total = tax_lines(lines, tax_rules(rate, includes=False, rounding="total"))
    assert (per_line[0].tax_minor, in_total[0].tax_minor) == (3, 2)


def test_two_rates_stand_beside_each_other() -> None:
    federal, state = TaxRate("gst", {}, 50_000), TaxRate("pst", {}, 70_000)
    taxes = tax_lines([(10_000, "both")], tax_rules(federal, state, includes=False))
    assert [tax.tax_minor for tax in taxes] == [500, 700]
    taxes = tax_lines([(11_200, "both")], tax_rules(federal, state))
    assert [(tax.taxable_minor, tax.tax_minor) for tax in taxes] == [(10_000, 500), (10_000, 700)]


def test_an_unknown_category_is_taxed_as_the_default_one() -> None:
    (line,) = tax_lines([(11_300, "who knows")], tax_rules(VAT13, VAT9))
    assert line.rate_id == "vat13"


def test_goods_without_any_rate_have_no_tax_line() -> None:
    rules = TaxRules(True, "total", (VAT13,), (TaxCategory("free", {}, ()),), "free")
    assert tax_lines([(500, "free")], rules) == ()


@given(LINES, tax_rule_sets())
def test_every_rate_is_exact_up_to_its_rounding(lines: list[tuple[int, str]], rules: TaxRules) -> None:
    for tax in tax_lines(lines, rules):
        met = [
            (amount, sum(rate.ppm for rate in rules.rates_of(kind)))
            for amount, kind in lines
            if tax.rate_id in {rate.rate_id for rate in rules.rates_of(kind)}
        ]
        exact = [
            Fraction(amount * tax.ppm, 1_000_000 + (of_all if rules.price_includes else 0))
            for amount, of_all in met
        ]
        if rules.rounding == "total":
            assert tax.tax_minor == round_half_up(sum(exact, Fraction(0)))
        else:
            assert tax.tax_minor == sum(map(round_half_up, exact))
        gross = sum(amount for amount, _ in met)
        if not rules.price_includes:
            assert tax.taxable_minor == gross
        elif all(of_all == tax.ppm for _, of_all in met):
            assert tax.taxable_minor + tax.tax_minor == gross


@given(LINES, tax_rule_sets())
def test_order_of_lines_does_not_matter_nor_what_has_no_lines(
    lines: list[tuple[int, str]], rules: TaxRules
) -> None:
    taxes = tax_lines(lines, rules)
    assert tax_lines(list(reversed(lines)), rules) == taxes
    order = [rate.rate_id for rate in rules.rates]
    assert [tax.rate_id for tax in taxes] == sorted((tax.rate_id for tax in taxes), key=order.index)
