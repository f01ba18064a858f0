from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.money import allocate, minor_digits, parse_amount, round_half_up, round_to_step
from posapp.flows.formatting import plain_amount

AMOUNTS = st.integers(-(10**12), 10**12)


@pytest.mark.parametrize(
    ("digits", "currencies"),
    [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (2, "CNY EUR USD GBP HUF IDR TWD MGA MRU ZZZ"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    ],
)
def test_minor_digits_are_those_of_iso_4217(digits: int, currencies: str) -> None:
    assert {minor_digits(currency) for currency in currencies.split()} == {digits}


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (Fraction(1, 2), 1),
        (Fraction(-1, 2), -1),
        (Fraction(3, 2), 2),
        (Fraction(49, 100), 0),
        (Fraction(-151, 100), -2),
        (Fraction(0), 0),
    ],
)
def test_half_goes_away_from_nothing(value: Fraction, rounded: int) -> None:
    assert round_half_up(value) == rounded


@given(st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=10**6))
def test_rounding_is_never_off_by_more_than_half(value: Fraction) -> None:
    rounded = round_half_up(value)
    assert abs(rounded - value) <= Fraction(1, 2)
    assert round_half_up(-value) == -rounded


@given(AMOUNTS, st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_shares_add_up_and_are_fair(amount: int, weights: list[int]) -> None:
    shares = allocate(amount, weights)
    total = sum(weights)
    assert sum(shares) == amount
    if total:
        for share, weight in zip(shares, weights, strict=True):
            assert abs(share - Fraction(amount * weight, total)) < 1
            assert weight or not share
        by_weight = sorted(zip(weights, (abs(share) for share in shares), strict=True))
        assert all(low[1] <= high[1] or low[0] == high[0] for low, high in pairwise(by_weight))


@given(AMOUNTS, st.lists(st.integers(1, 1000), min_size=1, max_size=8))
def test_a_negative_amount_is_shared_like_a_positive_one(amount: int, weights: list[int]) -> None:
    assert allocate(-amount, weights) == tuple(-share for share in allocate(amount, weights))


def test_ties_go_to_the_earlier_weight() -> None:
    assert allocate(100, [1, 1, 1]) == (34, 33, 33)
    assert allocate(-101, [1, 1]) == (-51, -50)


def test_edges_of_sharing() -> None:
    assert allocate(0, []) == ()
    assert allocate(7, [0, 0]) == (7, 0)
    with pytest.raises(ValueError, match="nobody"):
        allocate(1, [])
    with pytest.raises(ValueError, match="negative"):
        allocate(1, [1, -1])


@pytest.mark.parametrize(
    ("amount", "step", "mode", "rounded"),
    [
        (1003, 10, "nearest", 1000),
        (1005, 10, "nearest", 1010),
        (1009, 10, "down", 1000),
        (1001, 10, "up", 1010),
        (1002, 5, "nearest", 1000),
        (1003, 5, "nearest", 1005),
        (123, 1, "up", 123),
        (123, 0, "down", 123),
        (-1005, 10, "nearest", -1010),
        (-1001, 10, "up", -1010),
        (1000, 10, "up", 1000),
    ],
)
def test_rounding_to_a_step(amount: int, step: int, mode: str, rounded: int) -> None:
    assert round_to_step(amount, step, mode) == rounded


@given(AMOUNTS, st.integers(1, 1000), st.sampled_from(["nearest", "down", "up"]))
def test_a_rounded_amount_lies_on_the_step_and_near(amount: int, step: int, mode: str) -> None:
    rounded = round_to_step(amount, step, mode)
    assert rounded % step == 0
    assert abs(rounded - amount) < step
    if mode == "nearest":
        assert 2 * abs(rounded - amount) <= step
    if mode == "down":
        assert abs(rounded) <= abs(amount)
    if mode == "up":
        assert abs(rounded) >= abs(amount)
    assert round_to_step(rounded, step, mode) == rounded


def test_an_unknown_mode_is_an_error() -> None:
    with pytest.raises(ValueError, match="sideways"):
        round_to_step(1, 10, "sideways")


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.5", "CNY", 1250),
        ("12", "CNY", 1200),
        (".5", "CNY", 50),
        ("0.", "CNY", 0),
        (" 7 ", "CNY", 700),
        ("12.555", "CNY", None),
        ("12.5", "JPY", None),
        ("12", "JPY", 12),
        ("1.234", "KWD", 1234),
        ("", "CNY", None),
        (".", "CNY", None),
        ("-1", "CNY", None),
        ("1e3", "CNY", None),
        ("١٢", "CNY", None),
        ("1.2.3", "CNY", None),
        ("1_0", "CNY", None),
    ],
)
def test_reading_an_amount(text: str, currency: str, minor: int | None) -> None:
    assert parse_amount(text, currency) == minor


@given(st.integers(0, 10**12), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_an_amount_written_can_be_read(amount: int, currency: str) -> None:
    assert parse_amount(plain_amount(amount, currency), currency) == amount


@given(st.text(max_size=12))
def test_reading_never_raises_and_gives_no_less_than_nothing(text: str) -> None:
    read = parse_amount(text, "CNY")
    assert read is None or read >= 0
