"""Amounts that go over lines first: a line bears what it would as one piece, and its units share that."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.pricing.goods.sharing import share
from tests.domain.pricing.peers import line, promo
from tests.domain.pricing.test_sequence_conventions import priced

WAYS = [
    "largest_remainder",
    "largest_ratio",
    "in_order",
    "rounded_from_first",
    "truncate_from_end",
    "last_takes_rest",
]
TWO = [line("a", "10", 3), line("b", "10", 3)]


def paid(basket: list[dict[str, Any]], *promotions: dict[str, Any], **policy: Any) -> list[int]:
    return [each.paid_minor for each in priced(basket, *promotions, **policy).lines]


def test_units_and_lines_differ_by_the_rest() -> None:
    off = promo("p", "order_amount", amount="10.05")
    assert paid(TWO, off) == [2496, 2499]
    assert paid(TWO, off, share_among="lines") == [2497, 2498]
    assert paid(TWO, off, share_among="lines", sharing="last_takes_rest") == [2497, 2498]


def test_a_cap_and_groups_go_over_lines_as_well() -> None:
    capped = promo("p", "order_pct", pct=50, cap="10.05")
    assert paid(TWO, capped, share_among="lines") == [2497, 2498]
    most = promo("p", "pct", pct=50, limits={"max_discount": "10.05"})
    assert paid(TWO, most, share_among="lines") == [2497, 2498]
    group = promo("p", "n_for", n=6, price="49.95")
    assert paid(TWO, group, share_among="lines", share_over="reduced") == [2497, 2498]


def test_no_line_goes_below_its_floor() -> None:
    basket = [line("a", "10", 2, floor="9.00"), line("b", "10", 2)]
    off = promo("p", "order_amount", amount="10")
    assert paid(basket, off, share_among="lines") == [1800, 1200]


@given(
    goods=st.lists(st.tuples(st.integers(1, 999), st.integers(1, 4)), min_size=1, max_size=5),
    off=st.integers(0, 2_000),
    how=st.sampled_from(WAYS),
)
def test_each_line_bears_what_it_would_as_one_piece(goods: list[tuple[int, int]], off: int, how: str) -> None:
    basket = [line(f"p{at}", f"{price / 100:.2f}", count) for at, (price, count) in enumerate(goods)]
    off = min(off, sum(price * count for price, count in goods))
    found = priced(
        basket, promo("p", "order_amount", amount=f"{off / 100:.2f}"), share_among="lines", sharing=how
    )
    whole = [price * count for price, count in goods]
    wanted = share(off, whole, how, rooms=whole)  # type: ignore[arg-type]
    assert [each.list_minor - each.paid_minor for each in found.lines] == list(wanted)
    for each, (price, _) in zip(found.lines, goods, strict=True):
        assert max(each.unit_shares) - min(each.unit_shares) <= 1
        assert 0 <= min(each.unit_shares) <= max(each.unit_shares) <= price


@pytest.mark.parametrize("how", WAYS)
def test_lines_of_one_piece_are_the_same_either_way(how: str) -> None:
    basket = [line(f"p{at}", price) for at, price in enumerate(("3.33", "7.77", "1.01"))]
    off = promo("p", "order_amount", amount="5")
    assert paid(basket, off, sharing=how) == paid(basket, off, sharing=how, share_among="lines")
