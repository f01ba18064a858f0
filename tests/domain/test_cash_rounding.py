from __future__ import annotations

import decimal
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.cash_rounding import CASH_ROUNDING, cash_rounding
from posapp.domain.money import MODES, Mode, minor_digits, round_div, round_to_step

DECIMAL = {
    "half_up": decimal.ROUND_HALF_UP,
    "half_even": decimal.ROUND_HALF_EVEN,
    "half_down": decimal.ROUND_HALF_DOWN,
    "up": decimal.ROUND_UP,
    "down": decimal.ROUND_DOWN,
    "ceiling": decimal.ROUND_CEILING,
    "floor": decimal.ROUND_FLOOR,
}
#: Modes that the decimal module does not have.
OTHERS = ("half_odd", "half_ceiling", "half_floor")
# 2.5, -2.5, 3.5, 2.4, -2.6, 2
TABLE = {
    "half_up": (3, -3, 4, 2, -3, 2),
    "half_even": (2, -2, 4, 2, -3, 2),
    "half_down": (2, -2, 3, 2, -3, 2),
    "up": (3, -3, 4, 3, -3, 2),
    "down": (2, -2, 3, 2, -2, 2),
    "ceiling": (3, -2, 4, 3, -2, 2),
    "floor": (2, -3, 3, 2, -3, 2),
    "half_odd": (3, -3, 3, 2, -3, 2),
    "half_ceiling": (3, -2, 4, 2, -3, 2),
    "half_floor": (2, -3, 3, 2, -3, 2),
}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_by_hand(mode: Mode) -> None:
    assert tuple(round_div(n, 10, mode) for n in (25, -25, 35, 24, -26, 20)) == TABLE[mode]


@given(
    st.integers(-(10**12), 10**12), st.sampled_from([1, 2, 4, 5, 8, 10, 1000, 2**20]), st.sampled_from(MODES)
)
def test_rounding_agrees_with_the_decimal_module(n: int, d: int, mode: Mode) -> None:
    exact = decimal.Context(prec=60).divide(Decimal(n), Decimal(d))
    if mode not in OTHERS:
        assert round_div(n, d, mode) == int(exact.to_integral_value(DECIMAL[mode]))
    elif 2 * n % d or n % d == 0:
        assert round_div(n, d, mode) == round_div(n, d, "half_up")
    else:
        by_hand = {"half_odd": n // d | 1, "half_ceiling": n // d + 1, "half_floor": n // d}
        assert round_div(n, d, mode) == by_hand[mode]
    assert round_div(-n, -d, mode) == round_div(n, d, mode)


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="sideways"):
        round_div(1, 2, "sideways")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="sideways"):
        round_to_step(1, 5, "sideways")


@pytest.mark.parametrize(
    ("place", "paid"),
    [
        # What the public tables say of each ending: amount -> cash, in minor units.
        ("CH", {1: 0, 2: 0, 3: 5, 4: 5, 5: 5, 6: 5, 7: 5, 8: 10, 9: 10, 1999: 2000, 1997: 1995}),
        ("SE", {49: 0, 50: 100, 99: 100, 1950: 2000, 1949: 1900}),
        ("NO", {49: 0, 50: 100, 150: 200}),
        ("DK", {24: 0, 25: 50, 74: 50, 75: 100, 99: 100}),
        ("HU", {100: 0, 200: 0, 300: 500, 400: 500, 600: 500, 700: 500, 800: 1000, 249: 0, 250: 500}),
        ("CA", {1: 0, 2: 0, 3: 5, 4: 5, 6: 5, 7: 5, 8: 10, 9: 10, 102: 100, 103: 105}),
        ("AU", {1: 0, 2: 0, 3: 5, 4: 5, 6: 5, 7: 5, 8: 10, 9: 10}),
        ("NZ", {1: 0, 4: 0, 5: 0, 6: 10, 9: 10, 15: 10, 16: 20}),
        ("NZ-up", {1: 0, 4: 0, 5: 10, 6: 10, 9: 10}),
        ("CZ", {49: 0, 50: 100, 1949: 1900}),
        ("FI", {1: 0, 2: 0, 3: 5, 4: 5, 6: 5, 7: 5, 8: 10, 9: 10}),
        ("IE", {1: 0, 2: 0, 3: 5, 4: 5, 6: 5, 7: 5, 8: 10, 9: 10}),
        ("AE", {12: 0, 13: 25, 37: 25, 38: 50, 87: 75, 88: 100}),
        ("CL", {1: 0, 5: 0, 6: 10, 15: 10, 16: 20}),
        ("IL", {4: 0, 5: 10, 9: 10}),
    ],
)
def test_the_public_rule_of_each_country(place: str, paid: dict[int, int]) -> None:
    rule = CASH_ROUNDING[place]
    assert {amount: rule.rounded(amount) for amount in paid} == paid
    # A refund mirrors its sale.
    assert {amount: -rule.rounded(-amount) for amount in paid} == paid


def test_a_currency_finds_its_rule() -> None:
    assert cash_rounding("CHF") == cash_rounding("CH")
    assert cash_rounding("NZD") == CASH_ROUNDING["NZ"]
    assert cash_rounding("USD") is None
    assert all(
        rule.step_minor > 1 and minor_digits(rule.currency) in (0, 2) for rule in CASH_ROUNDING.values()
    )
