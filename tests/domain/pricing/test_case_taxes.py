"""The taxes and margins of a CASE's lines: what each comes to exactly, and sentences where they cannot be."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.pricing.goods.tax_shares import NoShares, below, shares_of
from posapp.domain.pricing.terms.basket import PPM_OF_ALL, LineTax
from tests.domain.pricing.peers import added, included, line
from tests.domain.pricing.test_case_ends import answered, problem

Document = dict[str, Any]
IN: Document = {"price_includes": True}


def taxed(*taxes: Document, **more: Any) -> str:
    """The sentence of a case that has these taxes."""
    return problem(basket=[line("a", "1.00", tax=list(taxes), **more)])


@pytest.mark.parametrize(
    ("taxes", "sentence"),
    [
        ([{"rate_pct": 5, "on": ["x"]}], 'basket[0].tax[0].on: names "x", which is no "id"'),
        ([{"rate_pct": 5, "on": "x"}], "basket[0].tax[0].on: must be a list with at least one"),
        ([{"rate_pct": 5, "of": "goods"}], "basket[0].tax[0].of: must be one of: net, price"),
        ([{"rate_pct": -100}], "basket[0].tax[0].rate_pct: must be a percentage up to 100"),
        ([{"rate_pct": 101}], "basket[0].tax[0].rate_pct: must be a percentage up to 100"),
        ([{"rate_pct": "0.00001"}], "basket[0].tax[0].rate_pct: must be a percentage up to 100"),
        ([{"per_unit": "-1"}], "basket[0].tax[0].per_unit: must be an amount"),
        ([{"rate_pct": 5, "per_unit": "1", "of": "price"}], "basket[0].tax[0].of: is for a percentage alone"),
        ([{"id": "a"}], 'basket[0].tax[0]: must have "rate_pct", or "per_unit"'),
        ([{"rate_pct": 5, "level": 10}], "basket[0].tax[0].level: must be a whole number from 0 to 9"),
        ([{"rate_pct": 5, "id": "a", "on": ["a"]}], "basket[0].tax: cannot be computed: two taxes fall on"),
        (
            [{"rate_pct": 5, "id": "a", "on": ["b"]}, {"rate_pct": 6, "id": "b", "on": ["a"]}],
            "basket[0].tax: cannot be computed: two taxes fall on each other.",
        ),
        (
            [{"rate_pct": 60, "id": n, "of": "price"} | IN for n in "ab"],
            "basket[0].tax: cannot be computed: shares of the price come to more than 100 percent.",
        ),
        (
            [{"rate_pct": 100, "of": "price", "price_includes": False}],
            "basket[0].tax: cannot be computed: shares of the price come to 100 percent or more.",
        ),
        (
            [{"rate_pct": -60, "id": n} | IN for n in "ab"],
            "basket[0].tax: cannot be computed: what is withheld in the price is more than the price.",
        ),
    ],
)
def test_taxes_that_cannot_be_are_a_sentence(taxes: list[Document], sentence: str) -> None:
    assert taxed(*taxes).startswith(sentence)


@pytest.mark.parametrize(
    ("margin", "sentence"),
    [
        ({}, 'basket[0].margin: must have one of "pct" and "amount"'),
        ({"pct": 1, "amount": "1"}, 'basket[0].margin: must have one of "pct" and "amount"'),
        ({"pct": -1}, "basket[0].margin.pct: must be a percentage"),
        ({"amount": "0.001"}, "basket[0].margin.amount: is too fine"),
        ({"pct": 1, "of": "cost"}, "basket[0].margin.of: is not known here"),
        (5, "basket[0].margin: must be a table"),
    ],
)
def test_margins_that_cannot_be_are_a_sentence(margin: Any, sentence: str) -> None:
    assert taxed(margin=margin).startswith(sentence)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"policy": {"tax_step": "0"}}, "policy.tax_step: must be more than nothing"),
        ({"policy": {"tax_step": "0.001"}}, "policy.tax_step: is too fine"),
        ({"policy": {"cash_to": "tax"}}, "policy.cash_to: must be one of: rounding, largest_tax"),
        ({"policy": {"differing": "best"}}, "policy.differing: must be one of: listed, balanced"),
        ({"policy": {"amounts": "net"}}, "policy.amounts: must be one of: as_priced, with_tax, without_tax"),
        ({"policy": {"sharing": "fair"}}, "policy.sharing: must be one of: largest_remainder"),
        ({"policy": {"of_group": "all"}}, "policy.of_group: must be one of: first, best, share"),
        ({"tax_exempt": "yes"}, "tax_exempt: must be true or false"),
        ({"uses": {"p": {"earlier_qty": -1}}}, "uses.p.earlier_qty: must be a whole number"),
        ({"uses": {"p": {"earlier_amount": "x"}}}, "uses.p.earlier_amount: must be an amount"),
    ],
)
def test_words_that_cannot_be_are_a_sentence(more: Document, sentence: str) -> None:
    assert problem(**more).startswith(sentence)


RATES = st.builds(
    LineTax,
    st.sampled_from("abcd"),
    st.integers(-50_000, 240_000),
    st.booleans(),
    st.integers(0, 2),
    st.integers(0, 50),
    st.sampled_from([None, None, frozenset("a"), frozenset("bc"), frozenset[str]()]),
    st.booleans(),
)


def possible(tax: LineTax) -> bool:
    """A share of the price has no fixed amount beside it."""
    return not (tax.of_price and tax.per_unit_minor)


@given(
    taxes=st.lists(RATES.filter(possible), max_size=4, unique_by=lambda tax: tax.rate_id),
    amount=st.integers(-5_000, 50_000),
    pieces=st.integers(1, 9),
)
def test_every_tax_is_its_share_of_what_it_falls_on(taxes: list[LineTax], amount: int, pieces: int) -> None:
    try:
        shares = shares_of(tuple(taxes))
    except NoShares:
        return
    exact = [Fraction(share.numerator(amount, pieces), share.divisor) for share in shares]
    net = Fraction(amount) - sum(tax for tax, rate in zip(exact, taxes, strict=True) if rate.included)
    for place, rate in enumerate(taxes):
        beneath = below(taxes, place)
        base = net + sum(exact[other] for other in beneath)
        if rate.of_price:
            base += sum(
                exact[other] - pieces * each.per_unit_minor
                for other, each in enumerate(taxes)
                if each.of_price and each.included == rate.included and below(taxes, other) == beneath
            )
        assert exact[place] == base * rate.ppm / PPM_OF_ALL + pieces * rate.per_unit_minor


def test_an_exempt_sale_has_the_net_prices_and_no_tax() -> None:
    basket = [line("a", "119.00", 2, tax=included("19")), line("b", "10.00", tax=added("19"))]
    told = answered(basket, tax_exempt=True)
    assert (told["total"], told["tax"], told["tax_added"]) == ("210.00", [], "0.00")


def test_a_margin_is_in_the_price_before_promotions() -> None:
    half = {"id": "p", "kind": {"type": "pct", "pct": 50}}
    told = answered([line("a", "10.00", 3, margin={"pct": "5"})], half)
    assert (told["goods"], told["discount"], told["total"]) == ("31.50", "15.75", "15.75")


def test_a_fixed_tax_goes_with_weights_and_what_comes_back() -> None:
    fixed = {"per_unit": "0.20", "id": "f", "price_includes": False}
    for quantity, tax in (("0.5", "0.10"), (3, "0.60"), (-2, "-0.40")):
        (found,) = answered([line("a", "1.00", quantity, tax=[fixed])])["tax"]
        assert found["amount"] == tax
