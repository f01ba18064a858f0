"""Money as integer minor units with a currency, and the three ways to divide it.

Knows rounding by name, sharing out by largest remainder, and rounding to a cash step.
Refuses to know floats, exchange rates and how an amount is written on a screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, get_args

#: How a half (or any rest) is rounded; "up" and "down" go by size, "ceiling" and "floor" by sign.
Mode = Literal[
    "half_up", "half_even", "half_down", "up", "down", "ceiling", "floor", "half_odd", "half_ceiling",
    "half_floor",
]  # fmt: skip
MODES: tuple[Mode, ...] = get_args(Mode)

#: Minor digits by ISO 4217 for currencies that do not have two.
_MINOR_DIGITS = {
    "BHD": 3, "BIF": 0, "CLF": 4, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0,
    "KMF": 0, "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "UYI": 0,
    "UYW": 4, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip


#: No single price is higher: sums of a whole sale and of a shift stay far below what databases hold.
PRICE_MAX_MINOR = 10**12


def minor_digits(currency: str) -> int:
    """Number of decimal digits of a currency's minor unit (ISO 4217)."""
    return _MINOR_DIGITS.get(currency, 2)


def round_half_up(value: Fraction) -> int:
    """Round to the nearest integer, a half away from zero (the rule of tills and tax offices)."""
    if value < 0:
        return -round_half_up(-value)
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def round_div(numerator: int, denominator: int, mode: Mode = "half_up") -> int:
    """The quotient as a whole number, rounded as `mode` says; the denominator is not zero."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    # The two that go by sign are what a division of integers does by itself.
    if mode == "floor":
        return numerator // denominator
    if mode == "ceiling":
        return -(-numerator // denominator)
    if mode == "half_ceiling":
        return (2 * numerator + denominator) // (2 * denominator)
    if mode == "half_floor":
        return -((denominator - 2 * numerator) // (2 * denominator))
    whole, rest = divmod(abs(numerator), denominator)
    if rest:
        twice = 2 * rest
        if mode == "half_up":
            whole += twice >= denominator
        elif mode == "half_even":
            whole += twice > denominator or (twice == denominator and whole % 2 == 1)
        elif mode == "half_odd":
            whole += twice > denominator or (twice == denominator and whole % 2 == 0)
        elif mode == "half_down":
            whole += twice > denominator
        elif mode == "up":
            whole += 1
        elif mode != "down":
            raise ValueError(f"unknown rounding mode {mode!r}")
    return -whole if numerator < 0 else whole


def allocate(amount_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Share an amount out by largest remainder; the shares add up to it exactly.

    Weights are not negative. Where all are zero the first takes everything, and an empty
    sequence is only allowed for nothing. Ties go to the earlier weight, so every till agrees.
    """
    if not weights:
        if amount_minor:
            raise ValueError("an amount cannot be shared out among nobody")
        return ()
    if any(weight < 0 for weight in weights):
        raise ValueError("weights are never negative")
    total = sum(weights)
    if total == 0:
        return (amount_minor, *([0] * (len(weights) - 1)))
    sign = -1 if amount_minor < 0 else 1
    whole = abs(amount_minor)
    shares = [whole * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda n: (-(whole * weights[n] % total), n))
    for place in by_remainder[: whole - sum(shares)]:
        shares[place] += 1
    return tuple(sign * share for share in shares)


def round_to_step(amount_minor: int, step_minor: int, mode: str) -> int:
    """Round an amount to a multiple of the cash step; mode is a `Mode`, or "nearest" for half_up."""
    if step_minor <= 1:
        return amount_minor
    named = next((each for each in MODES if each == mode), None)
    if named is None:
        if mode != "nearest":
            raise ValueError(f"unknown rounding mode {mode!r}")
        named = "half_up"
    return step_minor * round_div(amount_minor, step_minor, named)


def parse_amount(text: str, currency: str) -> int | None:
    """Minor units of a decimal text such as "12.5", or None where it is no amount."""
    digits = minor_digits(currency)
    whole, point, cents = text.strip().partition(".")
    if point and digits == 0:
        return None
    if len(cents) > digits or not (whole or cents) or not f"{whole}{cents}".isascii():
        return None
    if not f"{whole}{cents}".isdigit():
        return None
    return int((whole or "0") + cents.ljust(digits, "0"))
