"""What money libraries publish of sharing out and of rounding, said with `allocate` and `round`.

The facts and figures of the tests of moneyphp (MoneyTest, RoundExamples), RubyMoney (allocation_spec,
allocate_spec), dinero.js (distribute, allocate, divide), joda-money (TestMoney) and py-moneyed; and those of
Sylius' distributors and Vendure's prorate. Where a
library counts in minor units the case has a currency without decimals.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, answer_of, found_of

Asked = dict[str, Any]


def shared(
    source: str,
    amount: str,
    weights: list[str] | int,
    parts: str,
    sharing: str = "largest_remainder",
    digits: int = 0,
) -> Peer:
    asked: Asked = {"amount": amount}
    asked |= {"parts": weights} if isinstance(weights, int) else {"weights": weights}
    return Peer(
        source,
        f"{amount} over {weights}",
        [],
        [],
        {"sharing": sharing},
        {"allocated": [parts.split()]},
        {"minor_digits": digits, "allocate": [asked]},
    )


def php(amount: str, weights: str | int, parts: str) -> Peer:
    return shared("moneyphp", amount, weights.split() if isinstance(weights, str) else weights, parts)


def ruby(amount: str, weights: str | int, parts: str, digits: int = 0) -> Peer:
    by = weights.split() if isinstance(weights, str) else weights
    return shared("RubyMoney", amount, by, parts, "truncate_from_end", digits)


def dinero(amount: str, weights: str, parts: str, sharing: str = "largest_ratio", digits: int = 0) -> Peer:
    return shared("dinero.js", amount, weights.split(), parts, sharing, digits)


def sylius(amount: str, weights: str | int, parts: str) -> Peer:
    by = weights.split() if isinstance(weights, str) else weights
    return shared("Sylius", amount, by, parts, "rounded_from_first")


def vendure(amount: str, weights: str | int, parts: str) -> Peer:
    return shared("Vendure", amount, weights.split() if isinstance(weights, str) else weights, parts)


SHARED = [
    sylius("300", "4000 2000 2000", "150 75 75"),
    sylius("-300", "4000 2000 2000", "-150 -75 -75"),
    sylius("300", "4300 1400 2300", "162 52 86"),
    sylius("-300", "4300 1400 2300", "-162 -52 -86"),
    sylius("-299", "4300 1400 2300", "-161 -52 -86"),
    sylius("-299", "0", "0"),
    sylius("0", 4, "0 0 0 0"),
    sylius("1000", 4, "250 250 250 250"),
    sylius("-1000", 4, "-250 -250 -250 -250"),
    sylius("1000", 3, "334 333 333"),
    sylius("-1000", 3, "-334 -333 -333"),
    vendure("300", "123", "300"),
    vendure("300", "4000 2000 2000", "150 75 75"),
    vendure("-300", "4000 2000 2000", "-150 -75 -75"),
    vendure("299", "4300 1400 2300", "161 52 86"),
    vendure("299", "1000 1000 1000", "100 100 99"),
    vendure("95", "10 20 10 30 50 20 10 40", "5 10 5 15 25 10 5 20"),
    vendure("93", "10 20 10 30 50 20 10 40", "5 10 5 15 24 10 5 19"),
    vendure("40", "10 0", "40 0"),
    vendure("10", 2, "5 5"),
    vendure("0", "0 0", "0 0"),
    vendure("-20", "100 100", "-10 -10"),
    php("100", "1 1 1", "34 33 33"),
    php("101", "1 1 1", "34 34 33"),
    php("5", "3 7", "2 3"),
    php("5", "7 3", "4 1"),
    php("5", "7 3 0", "4 1 0"),
    php("-5", "7 3", "-3 -2"),
    php("5", "0 7 3", "0 4 1"),
    php("5", "7 0 3", "4 0 1"),
    php("5", "0 0 1", "0 0 5"),
    php("5", "0 3 7", "0 2 3"),
    php("0", "0 0 1", "0 0 0"),
    php("2", "1 1 1", "1 1 0"),
    php("1", "1 1", "1 0"),
    php("1", "0.33 0.66", "0 1"),
    php("101", "3 7", "30 71"),
    php("101", "7 3", "71 30"),
    php("15", 2, "8 7"),
    php("10", 2, "5 5"),
    php("15", 3, "5 5 5"),
    php("10", 3, "4 3 3"),
    ruby("100", 1, "100"),
    ruby("100", 2, "50 50"),
    ruby("100", 4, "25 25 25 25"),
    ruby("100", 5, "20 20 20 20 20"),
    ruby("5", 2, "3 2"),
    ruby("2", 3, "1 1 0"),
    ruby("100", 3, "34 33 33"),
    ruby("100", 6, "17 17 17 17 16 16"),
    ruby("100", "1", "100"),
    ruby("100", "5", "100"),
    ruby("100", "1 1", "50 50"),
    ruby("100", "1 1 2", "25 25 50"),
    ruby("100", "7 3", "70 30"),
    ruby("100", "1.0 1.0", "50 50"),
    ruby("100", "0.1 0.1 0.2", "25 25 50"),
    ruby("100", "0.07 0.03", "70 30"),
    ruby("10", "0.1 0.2 0.1", "3 5 2"),
    ruby("10", "1 1 2", "3 2 5"),
    ruby("100", "1 1 1", "34 33 33"),
    ruby("100", "1 1 0", "50 50 0"),
    ruby("100", "0 1 1", "0 50 50"),
    # What it keeps fractions of is looked at with as many decimals.
    ruby("5", 2, "2.5 2.5", 1),
    ruby("5", 4, "1.25 1.25 1.25 1.25", 2),
    ruby("10", "1 1 2", "2.5 2.5 5.0", 1),
    ruby("7", "1 1", "3.5 3.5", 1),
    ruby("0.05", "1.0", "0.05", 2),
    ruby("0.05", "0.3 0.7", "0.02 0.03", 2),
    ruby("1.00", "0.333 0.333 0.333", "0.34 0.33 0.33", 2),
    ruby("-1.00", "0.333 0.333 0.333", "-0.34 -0.33 -0.33", 2),
    ruby("10.00", "0.6667 0.3333", "6.67 3.33", 2),
    ruby("-10.00", "0.6667 0.3333", "-6.67 -3.33", 2),
    ruby("0.02", 2, "0.01 0.01", 2),
    ruby("0.02", 3, "0.01 0.01 0.00", 2),
    ruby("0.05", 2, "0.03 0.02", 2),
    ruby("1.00", 3, "0.34 0.33 0.33", 2),
    dinero("1003", "50 50", "502 501"),
    dinero("100", "1 3", "25 75"),
    dinero("-1003", "50 50", "-502 -501"),
    dinero("1003", "0 50 50", "0 502 501"),
    dinero("1003", "0 0", "0 0"),
    dinero("1003", "-50 -50", "502 501"),
    dinero("-1003", "-50 -50", "-502 -501"),
    dinero("1003", "", ""),
    dinero("5", "100 101 100 100", "1 2 1 1"),
    dinero("801", "1 3", "200 601"),
    dinero("5", "1 3", "2 3", "in_order"),
    dinero("5", "50 50", "3 2", "in_order"),
    dinero("5", "0 50 50", "0 3 2", "in_order"),
    dinero("1.00", "50.5 49.5", "0.505 0.495", "in_order", 3),
    dinero("25", "50.5 49.5", "13 12", "in_order"),
    dinero("125", "50.50 49.5", "64 61", "in_order"),
]


def rounded(source: str, mode: str, whole: str, digits: int = 0, **asked: str) -> Peer:
    name = " ".join(f"{key} {value}" for key, value in asked.items())
    return Peer(
        source,
        f"{name} {mode}",
        [],
        [],
        {"price_mode": mode},
        {"rounded": [whole]},
        {"minor_digits": digits, "round": [asked]},
    )


EXAMPLES = {
    "half_even": "2.6:3 2.5:2 3.5:4 -2.6:-3 -2.5:-2 -3.5:-4 2:2",
    "half_odd": "2.1:2 2.5:3 3.5:3 -2.1:-2 -2.5:-3 -3.5:-3 2:2 -2:-2",
    "half_down": "2.5:2 2.6:3 -2.5:-2 -2.6:-3 2:2 12.50:12 -12.50:-12 -8328.5:-8328",
    "half_up": "2.2:2 2.5:3 2:2 -2.5:-3 -2:-2 -1.5:-2 -8328.578947368:-8329 -8328.5:-8329",
    "half_ceiling": "2.5:3 2.6:3 -2.5:-2 -2.6:-3 2:2 12.50:13 -12.50:-12 -8328.5:-8328",
    "half_floor": "2.2:2 2.5:2 2:2 -2.5:-3 -2:-2 -1.5:-2 -8328.578947368:-8329 -8328.5:-8329",
}
#: dinero.js: quotients, and its names for our modes.
DIVIDED = {
    "floor": "14/10:1 -14/10:-2 15/10:1 -15/10:-2 16/10:1 -16/10:-2 22/5:4 -22/5:-5 3/2:1 -3/2:-2 24/5:4"
    " -24/5:-5",
    "half_floor": "20/10:2 -20/10:-2 0/10:0 14/10:1 -14/10:-1 15/10:1 -15/10:-2 16/10:2 -16/10:-2 22/5:4"
    " -22/5:-4 3/2:1 -3/2:-2 24/5:5 -24/5:-5",
    "half_ceiling": "20/10:2 14/10:1 -14/10:-1 15/10:2 -15/10:-1 16/10:2 -16/10:-2 22/5:4 -22/5:-4 3/2:2"
    " -3/2:-1 24/5:5 -24/5:-5",
    "half_down": "14/10:1 -14/10:-1 15/10:1 -25/10:-2 16/10:2 -16/10:-2 22/5:4 -22/5:-4 3/2:1 -5/2:-2 24/5:5"
    " -24/5:-5",
}


def multiplied() -> list[Peer]:
    """One minor unit times so much, as moneyphp and dinero.js give it."""
    found = [
        rounded("moneyphp", mode, pair.partition(":")[2], amount="1", times=pair.partition(":")[0])
        for mode, pairs in EXAMPLES.items()
        for pair in pairs.split()
    ]
    for mode, pairs in DIVIDED.items():
        for pair in pairs.split():
            quotient, _, whole = pair.partition(":")
            above, _, below = quotient.partition("/")
            found.append(rounded("dinero.js", mode, whole, amount=above, by=below))
    return found


def joda(mode: str, whole: str, **asked: str) -> Peer:
    return rounded("joda-money", mode, whole, 2, **asked)


ROUNDED = [
    *multiplied(),
    rounded("moneyphp", "half_up", "2", amount="1", times="1.5"),
    rounded("moneyphp", "half_down", "1", amount="1", times="1.5"),
    rounded("moneyphp", "half_up", "3", amount="10", by="3"),
    rounded("moneyphp", "half_even", "2", amount="10", by="4"),
    rounded("moneyphp", "half_odd", "3", amount="10", by="3"),
    rounded("moneyphp", "up", "4", amount="10", by="3.3"),
    rounded("moneyphp", "down", "5", amount="10", by="1.8"),
    rounded("RubyMoney", "half_even", "16", amount="15.75"),
    rounded("RubyMoney", "down", "15", amount="15.75"),
    joda("down", "5.82", amount="2.33", times="2.5"),
    joda("half_up", "5.83", amount="2.33", times="2.5"),
    joda("floor", "-5.83", amount="2.33", times="-2.5"),
    joda("down", "7.02", amount="2.34", times="3"),
    joda("down", "-7.02", amount="2.34", times="-3"),
    joda("down", "0.93", amount="2.34", by="2.5"),
    joda("half_up", "0.94", amount="2.34", by="2.5"),
    joda("floor", "-0.94", amount="2.34", by="-2.5"),
    joda("down", "0.78", amount="2.34", by="3"),
    joda("down", "0.78", amount="2.35", by="3"),
    joda("up", "0.79", amount="2.35", by="3"),
    joda("down", "-0.78", amount="2.34", by="-3"),
    joda("down", "2.30", amount="2.34", step="0.10"),
    joda("up", "2.40", amount="2.34", step="0.10"),
    joda("down", "2.00", amount="2.34", step="1"),
    joda("up", "3.00", amount="2.34", step="1"),
    joda("down", "430.00", amount="432.34", step="10"),
    joda("up", "440.00", amount="432.34", step="10"),
    joda("down", "2.35", amount="2.355"),
    joda("down", "1.10", amount="1.105"),
    *(
        rounded("py-moneyed", "half_even", whole, 4, amount="1234.33569", step=step)
        for step, whole in {
            "10000": "0.0000",
            "1000": "1000.0000",
            "100": "1200.0000",
            "10": "1230.0000",
            "1": "1234.0000",
            "0.1": "1234.3000",
            "0.01": "1234.3400",
            "0.001": "1234.3360",
            "0.0001": "1234.3357",
        }.items()
    ),
    rounded("py-moneyed", "half_even", "2", amount="2.5"),
    rounded("py-moneyed", "half_even", "4", amount="3.5"),
    rounded("py-moneyed", "half_up", "3", amount="2.5"),
    rounded("py-moneyed", "half_even", "28309.203", 3, amount="531", times="53.313"),
    rounded("py-moneyed", "half_even", "4.875", 3, amount="15.60", by="3.2"),
    rounded("py-moneyed", "half_even", "333.99", 2, amount="111.33", times="3"),
]


@pytest.mark.parametrize("peer", [*SHARED, *ROUNDED], ids=str)
def test_the_published_amounts(peer: Peer) -> None:
    assert found_of(peer, answer_of(peer)) == peer.wanted
