from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, added, answer_of, found_of, included, line, promo


def shared(
    source: str, amount: int, weights: list[str], parts: list[int], how: str = "largest_remainder"
) -> Peer:
    """An amount over weights: an amount off goods whose prices are so many thousand times the weights."""
    basket = [line(f"w{n}", str(Decimal(weight) * 100_000)) for n, weight in enumerate(weights)]
    paid = [str(int(Decimal(weight) * 100_000) - part) for weight, part in zip(weights, parts, strict=True)]
    return Peer(
        source,
        f"{amount} over {', '.join(weights)}",
        basket,
        [promo("p", "order_amount", amount=str(amount))],
        {"choose": "sequence", "sharing": how},
        {"amounts": paid, "discount": str(amount)},
        {"minor_digits": 0},
    )


ALLOCATED = [
    shared("moneyphp", 100, ["1", "1", "1"], [34, 33, 33]),
    shared("moneyphp", 101, ["1", "1", "1"], [34, 34, 33]),
    shared("moneyphp", 5, ["3", "7"], [2, 3]),
    shared("moneyphp", 5, ["7", "3"], [4, 1]),
    shared("moneyphp", 2, ["1", "1", "1"], [1, 1, 0]),
    shared("moneyphp", 1, ["1", "1"], [1, 0]),
    shared("moneyphp", 5, ["0", "7", "3"], [0, 4, 1]),
    shared("moneyphp", 5, ["7", "0", "3"], [4, 0, 1]),
    shared("Ruby Money", 5, ["1", "1"], [3, 2], "truncate_from_end"),
    shared("Ruby Money", 2, ["1", "1", "1"], [1, 1, 0], "truncate_from_end"),
    shared("Ruby Money", 100, ["1", "1", "1"], [34, 33, 33], "truncate_from_end"),
    shared("Ruby Money", 100, ["1"] * 6, [17, 17, 17, 17, 16, 16], "truncate_from_end"),
    shared("Ruby Money", 100, ["1", "1", "2"], [25, 25, 50], "truncate_from_end"),
    shared("Ruby Money", 100, ["7", "3"], [70, 30], "truncate_from_end"),
    shared("Ruby Money", 10, ["0.1", "0.2", "0.1"], [3, 5, 2], "truncate_from_end"),
    shared("Ruby Money", 10, ["1", "1", "2"], [3, 2, 5], "truncate_from_end"),
    shared("Ruby Money", 100, ["1", "1", "0"], [50, 50, 0], "truncate_from_end"),
    shared("Ruby Money", 100, ["0", "1", "1"], [0, 50, 50], "truncate_from_end"),
    shared("dinero.js", 1003, ["50", "50"], [502, 501], "largest_ratio"),
    shared("dinero.js", 100, ["1", "3"], [25, 75], "largest_ratio"),
    shared("dinero.js", 1003, ["0", "50", "50"], [0, 502, 501], "largest_ratio"),
]


def rounded(source: str, amount: str, mode: str, whole: int) -> Peer:
    """An amount that is finer than its currency; below 0 it is taken back."""
    price, qty = amount.lstrip("-"), -1 if amount.startswith("-") else 1
    return Peer(
        source,
        f"{amount} {mode}",
        [line("a", price, qty)],
        [],
        {"price_mode": mode},
        {"total": str(whole)},
        {"minor_digits": 0},
    )


ROUNDED = [
    rounded("moneyphp", amount, mode, whole)
    for mode, table in {
        "half_even": {"2.6": 3, "2.5": 2, "3.5": 4, "-2.6": -3, "-2.5": -2, "-3.5": -4},
        "half_odd": {"2.1": 2, "2.5": 3, "3.5": 3, "-2.1": -2, "-2.5": -3, "-3.5": -3},
        "half_down": {"2.5": 2, "2.6": 3, "-2.5": -2, "-2.6": -3, "12.50": 12, "-8328.5": -8328},
        "half_up": {"2.2": 2, "2.5": 3, "-2.5": -3, "-1.5": -2, "-8328.578947": -8329, "-8328.5": -8329},
        "half_ceiling": {"2.5": 3, "2.6": 3, "-2.5": -2, "-2.6": -3, "-12.50": -12, "-8328.5": -8328},
        "half_floor": {"2.2": 2, "2.5": 2, "-2.5": -3, "-1.5": -2, "-8328.5": -8329},
        "up": {"2.1": 3, "-2.1": -3},
        "down": {"2.9": 2, "-2.9": -2},
    }.items()
    for amount, whole in table.items()
] + [
    rounded("Ruby BigDecimal", "0.5", "ceiling", 1),
    rounded("Ruby BigDecimal", "-0.5", "ceiling", 0),
    rounded("Ruby BigDecimal", "-0.5", "floor", -1),
]


def cash(place: str, currency: str, amount: str, total: str, rounding: str, **more: str) -> Peer:
    return Peer(
        "public rule",
        f"{place}: {amount}",
        [line("a", amount)],
        [],
        {"cash": place},
        {"total": total, "rounding": rounding},
        {"currency": currency} | more,
    )


CASH = [
    cash("CH", "CHF", "19.97", "19.95", "-0.02"),
    cash("CH", "CHF", "19.98", "20.00", "0.02"),
    cash("SE", "SEK", "99.49", "99.00", "-0.49"),
    cash("SE", "SEK", "99.50", "100.00", "0.50"),
    cash("NO", "NOK", "10.50", "11.00", "0.50"),
    cash("DK", "DKK", "10.24", "10.00", "-0.24"),
    cash("DK", "DKK", "10.25", "10.50", "0.25"),
    cash("DK", "DKK", "10.75", "11.00", "0.25"),
    cash("HU", "HUF", "1002", "1000.00", "-2.00"),
    cash("HU", "HUF", "1003", "1005.00", "2.00"),
    cash("CA", "CAD", "10.02", "10.00", "-0.02"),
    cash("CA", "CAD", "10.03", "10.05", "0.02"),
    cash("CA", "CAD", "10.07", "10.05", "-0.02"),
    cash("CA", "CAD", "10.08", "10.10", "0.02"),
    cash("AU", "AUD", "10.02", "10.00", "-0.02"),
    cash("NZ", "NZD", "10.05", "10.00", "-0.05"),
    cash("NZ", "NZD", "10.06", "10.10", "0.04"),
    cash("NZ-up", "NZD", "10.05", "10.10", "0.05"),
    cash("CZ", "CZK", "19.50", "20.00", "0.50"),
    cash("FI", "EUR", "10.02", "10.00", "-0.02"),
    cash("NL", "EUR", "10.03", "10.05", "0.02"),
    cash("BE", "EUR", "10.07", "10.05", "-0.02"),
    cash("IE", "EUR", "10.08", "10.10", "0.02"),
    cash("AE", "AED", "10.12", "10.00", "-0.12"),
    cash("AE", "AED", "10.13", "10.25", "0.12"),
    Peer(
        "Odoo",
        "15.72, of which 0.68 by card",
        [line("a", "15.72")],
        [],
        {"cash": {"step": "0.05"}},
        {"total": "15.73", "rounding": "0.01"},
        {"paid_otherwise": "0.68"},
    ),
]

FIVE = [line("t", "100", tax=included("19")) for _ in range(5)]
FIVE_LOW = [line("t", "99.98", tax=included("19")) for _ in range(5)]


def taxed(source: str, name: str, basket: list[dict[str, Any]], rounding: str, **wanted: Any) -> Peer:
    return Peer(
        source, f"{name}, {rounding}", basket, [], {"tax_rounding": rounding}, wanted, {"currency": "EUR"}
    )


def level(rate: str, number: int, *, is_included: bool, name: str) -> dict[str, Any]:
    return {"rate_pct": rate, "price_includes": is_included, "level": number, "id": name}


TAXES = [
    taxed("pretix", "5 × 100", FIVE, "line", total="500.00", taxes={"19": "79.85"}, nets={"19": "420.15"}),
    taxed(
        "pretix", "5 × 100", FIVE, "net_total", total="499.98", taxes={"19": "79.83"}, nets={"19": "420.15"}
    ),
    taxed(
        "pretix",
        "5 × 100",
        FIVE,
        "net_document",
        total="500.00",
        taxes={"19": "79.83"},
        nets={"19": "420.17"},
    ),
    taxed(
        "pretix", "5 × 99.98", FIVE_LOW, "line", total="499.90", taxes={"19": "79.80"}, nets={"19": "420.10"}
    ),
    taxed("pretix", "5 × 99.98", FIVE_LOW, "net_total", total="499.92", taxes={"19": "79.82"}),
    taxed(
        "pretix",
        "5 × 99.98",
        FIVE_LOW,
        "net_document",
        total="499.90",
        taxes={"19": "79.82"},
        nets={"19": "420.08"},
    ),
    taxed(
        "pretix",
        "a gross price that cannot be",
        [line("t", "23", tax=included("7"))],
        "net_document",
        total="23.01",
        taxes={"7": "1.51"},
    ),
    taxed(
        "pretix",
        "a gross price that cannot be",
        [line("t", "23", tax=included("7"))],
        "net_total",
        total="23.01",
        taxes={"7": "1.51"},
    ),
    taxed(
        "pretix",
        "what is free stays free",
        [line("f", "0", tax=included("7")), line("t", "23", tax=included("7"))],
        "net_total",
        total="23.01",
        taxes={"7": "1.51"},
    ),
    Peer(
        "pretix",
        "no decimals",
        [line("t", "9998", tax=included("19")) for _ in range(5)],
        [],
        {"tax_rounding": "net_total"},
        {"total": "49992", "taxes": {"19": "7982"}},
        {"currency": "JPY"},
    ),
    Peer(
        "Odoo",
        "taxes on a tax",
        [
            line(
                "a",
                "132",
                tax=[
                    level("10", 0, is_included=True, name="1"),
                    level("10", 1, is_included=False, name="2"),
                    level("10", 1, is_included=True, name="3"),
                    level("10", 1, is_included=False, name="4"),
                    level("10", 1, is_included=True, name="5"),
                ],
            )
        ],
        [],
        {"tax_rounding": "line"},
        {"total": "154.00", "taxes": {"1": "10.00", "2": "11.00", "3": "11.00", "4": "11.00", "5": "11.00"}},
    ),
    Peer(
        "Odoo",
        "a fixed tax and a share",
        [
            line(
                "a",
                "200",
                tax=[
                    {"per_unit": "10", "price_includes": True, "id": "f"},
                    level("10", 1, is_included=False, name="p"),
                ],
            )
        ],
        [],
        {},
        {"total": "220.00", "taxes": {"f": "10.00", "p": "20.00"}, "nets": {"f": "190.00", "p": "190.00"}},
    ),
    Peer(
        "Vendure",
        "rounded by unit and by line",
        [line("a", "0.10", 3, tax=added("5"))],
        [],
        {"tax_rounding": "unit"},
        {"total": "0.33", "taxes": {"5": "0.03"}},
    ),
    Peer(
        "Vendure",
        "rounded by line",
        [line("a", "0.10", 3, tax=added("5"))],
        [],
        {"tax_rounding": "line"},
        {"total": "0.32", "taxes": {"5": "0.02"}},
    ),
]

POINTS = [
    Peer(
        "Odoo",
        "a point for ten on what was paid",
        [line("a", "265")],
        [],
        {"points": {"points": 1, "for": "10"}},
        {"points_earned": 26},
        {"member": "m"},
    ),
    Peer(
        "ERPNext",
        "one for a thousand",
        [line("a", "9990")],
        [],
        {"points": {"points": 1, "for": "1000"}},
        {"points_earned": 9},
        {"member": "m"},
    ),
    Peer(
        "Odoo",
        "a hundred points pay 100",
        [line("a", "265")],
        [promo("pay", "points_pay", points=1, worth="1")],
        {"points": {"points": 1, "for": "10"}},
        {"total": "165.00", "points_used": 100, "points_earned": 16},
        {"member": "m", "points": {"balance": 100, "use": 100}},
    ),
    Peer(
        "Odoo",
        "points on the price before points",
        [line("a", "265")],
        [promo("pay", "points_pay", points=1, worth="1")],
        {"points": {"points": 1, "for": "10", "base": "before_points"}},
        {"points_earned": 26},
        {"member": "m", "points": {"balance": 100, "use": 100}},
    ),
]

CASES = (*ALLOCATED, *ROUNDED, *CASH, *TAXES, *POINTS)


@pytest.mark.parametrize("peer", CASES, ids=str)
def test_the_published_amount(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
