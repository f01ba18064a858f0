"""Sharing by every convention, with the figures that the projects which use it publish in their own tests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.pricing.goods.sharing import share, share_runs

CONVENTIONS = (
    "largest_remainder", "equal_per_unit", "largest_ratio", "truncate_from_end", "last_takes_rest",
    "first_takes_rest", "in_order", "rounded_from_first",
)  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "weights", "shares"),
    [
        (100, (1, 1, 1), (34, 33, 33)),
        (101, (1, 1, 1), (34, 34, 33)),
        (5, (3, 7), (2, 3)),
        (5, (7, 3), (4, 1)),
        (5, (7, 3, 0), (4, 1, 0)),
        (5, (0, 7, 3), (0, 4, 1)),
        (5, (7, 0, 3), (4, 0, 1)),
        (5, (0, 0, 1), (0, 0, 5)),
        (5, (0, 3, 7), (0, 2, 3)),
        (0, (0, 0, 1), (0, 0, 0)),
        (2, (1, 1, 1), (1, 1, 0)),
        (1, (1, 1), (1, 0)),
        (800, (1, 1, 1), (267, 267, 266)),
    ],
)
def test_largest_remainder_as_moneyphp_publishes_it(
    amount: int, weights: tuple[int, ...], shares: tuple[int, ...]
) -> None:
    assert share(amount, weights) == shares


@pytest.mark.parametrize(
    ("amount", "weights", "shares"),
    [
        (100, (1,), (100,)),
        (100, (1, 1, 2), (25, 25, 50)),
        (100, (7, 3), (70, 30)),
        (10, (1, 2, 1), (3, 5, 2)),
        (10, (1, 1, 2), (3, 2, 5)),
        (100, (1, 1, 1), (34, 33, 33)),
        (100, (1, 1, 0), (50, 50, 0)),
        (100, (0, 1, 1), (0, 50, 50)),
        (5, (1, 1), (3, 2)),
        (2, (1, 1, 1), (1, 1, 0)),
        (100, (1,) * 6, (17, 17, 17, 17, 16, 16)),
    ],
)
def test_truncation_from_the_end_as_ruby_money_publishes_it(
    amount: int, weights: tuple[int, ...], shares: tuple[int, ...]
) -> None:
    assert share(amount, weights, "truncate_from_end") == shares


@pytest.mark.parametrize(
    ("amount", "weights", "shares"),
    [
        (1003, (50, 50), (502, 501)),
        (100, (1, 3), (25, 75)),
        (100, (0, 50, 50), (0, 50, 50)),
        (101, (25, 75), (25, 76)),
        (5, (3, 7), (1, 4)),
        (-101, (25, 75), (-25, -76)),
    ],
)
def test_what_is_left_goes_to_the_largest_ratio(
    amount: int, weights: tuple[int, ...], shares: tuple[int, ...]
) -> None:
    assert share(amount, weights, "largest_ratio") == shares


@pytest.mark.parametrize(
    ("amount", "weights", "shares"),
    [
        (1000, (1000, 1000, 1000), (334, 333, 333)),
        (1001, (1000, 2000, 3000), (333, 334, 334)),
        (1000, (100, 2000, 3000), (100, 450, 450)),
        (500, (0, 300, 300), (0, 250, 250)),
        (7, (5, 5), (4, 3)),
        (1, (300, 500, 500), (0, 1, 0)),
    ],
)
def test_equal_per_unit_never_above_a_price_and_cents_to_the_dearest(
    amount: int, weights: tuple[int, ...], shares: tuple[int, ...]
) -> None:
    assert share(amount, weights, "equal_per_unit") == shares


def test_one_takes_the_rest() -> None:
    assert share(1000, (1, 1, 1), "last_takes_rest") == (333, 333, 334)
    assert share(1000, (1, 1, 1), "first_takes_rest") == (334, 333, 333)
    # Where the last has no part in it, the last that has one takes the rest.
    assert share(1000, (1, 1, 1, 0), "last_takes_rest") == (333, 333, 334, 0)
    # Rounded up, two thirds become one each time; rounded down nothing: the last takes all.
    assert share(2, (1, 1, 1), "last_takes_rest") == (1, 1, 0)
    assert share(2, (1, 1, 1), "last_takes_rest", mode="down") == (0, 0, 2)
    # Four halves rounded up are more than there is.
    assert share(2, (1, 1, 1, 1), "last_takes_rest") == (1, 1, 0, 0)


def test_nobody_and_wrong_weights() -> None:
    assert share(0, ()) == ()
    with pytest.raises(ValueError, match="nobody"):
        share(1, ())
    with pytest.raises(ValueError, match="never negative"):
        share(1, (2, -1))
    with pytest.raises(ValueError, match="rooms"):
        share(10, (1, 1), rooms=(4, 5))


def test_what_does_not_fit_goes_to_those_with_room() -> None:
    assert share(100, (50, 30, 20), rooms=(100, 100, 100)) == (50, 30, 20)
    assert share(100, (50, 30, 20), rooms=(20, 100, 100)) == (20, 48, 32)
    assert share(100, (50, 30, 20), rooms=(20, 40, 100)) == (20, 40, 40)
    assert share(10, (1, 0), rooms=(4, 6)) == (4, 6)


amounts = st.integers(-10_000, 10_000)
weight_lists = st.lists(st.integers(0, 5_000), min_size=1, max_size=9)


@given(amounts, weight_lists, st.sampled_from(CONVENTIONS))
def test_shares_add_up_and_mirror(amount: int, weights: list[int], how: str) -> None:
    shares = share(amount, weights, how)  # type: ignore[arg-type]
    assert sum(shares) == amount
    assert share(-amount, weights, how) == tuple(-part for part in shares)  # type: ignore[arg-type]
    assert all(part * amount >= 0 for part in shares)
    if any(weights):
        assert all(part == 0 for part, weight in zip(shares, weights, strict=True) if not weight)


@given(st.data(), weight_lists.filter(any), st.sampled_from(("largest_remainder", "truncate_from_end")))
def test_a_share_of_at_most_all_fits_prices(data: st.DataObject, prices: list[int], how: str) -> None:
    amount = data.draw(st.integers(0, sum(prices)))
    shares = share(amount, prices, how)  # type: ignore[arg-type]
    assert all(part <= price for part, price in zip(shares, prices, strict=True))


@given(st.data(), weight_lists, st.sampled_from(CONVENTIONS))
def test_rooms_are_kept(data: st.DataObject, weights: list[int], how: str) -> None:
    rooms = [data.draw(st.integers(0, 50)) for _ in weights]
    amount = data.draw(st.integers(0, sum(rooms)))
    shares = share(amount, weights, how, rooms=rooms)  # type: ignore[arg-type]
    assert sum(shares) == amount
    assert all(part <= room for part, room in zip(shares, rooms, strict=True))


@given(
    st.integers(-3_000, 3_000),
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 6)), min_size=1, max_size=6),
    st.sampled_from(CONVENTIONS),
)
def test_runs_are_shared_as_their_units(amount: int, runs: list[tuple[int, int]], how: str) -> None:
    shared = share_runs(amount, runs, how)  # type: ignore[arg-type]
    units = share(amount, [w for w, count in runs for _ in range(count)], how)  # type: ignore[arg-type]
    begin = 0
    for (_, count), parts in zip(runs, shared, strict=True):
        assert sum(number for number, _ in parts) == count
        one_by_one = [part for number, part in parts for _ in range(number)]
        assert sorted(one_by_one) == sorted(units[begin : begin + count])
        begin += count
