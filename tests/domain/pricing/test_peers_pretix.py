"""pretix's own tests of discounts and of tax rounding, with its declared policy.

The facts and figures of test_pricing_discount, test_pricing_rounding and test_taxrules. A position is a line
of one piece; the date of an event is a tag "s…". Groups of different dates are balanced, and what is left
over joins one.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, added, answer_of, found_of, included, line, promo

Goods = list[dict[str, Any]]
PRETIX: dict[str, Any] = {
    "choose": "sequence",
    "stacking": "exclusive",
    "takes": "cheapest",
    "share_over": "reduced",
    "differing": "balanced",
}
DIFFER: dict[str, Any] = {"differ": "tag:s"}
SAME: dict[str, Any] = {"same": "tag:s"}


def dates(name: str, promotion: dict[str, Any], tickets: str, *paid: str) -> Peer:
    """Tickets as "date:price", and what is paid in any order, as pretix compares it."""
    basket = []
    for number, ticket in enumerate(tickets.split()):
        date, _, price = ticket.partition(":")
        basket.append(line(f"t{number}", price, tags=[f"s{date}"]))
    return Peer("pretix", name, basket, [promotion], PRETIX, {"sorted": sorted(paid)})


def at(price: int, *on: int) -> str:
    return " ".join(f"{date}:{price}" for date in on)


OFF_20 = promo("d", "n_pct", n=3, pct=20, **DIFFER)
ONE_FREE = promo("d", "nth", n=3, pct=100, **DIFFER)
TWO_FREE = promo("d", "nth", n=3, count=2, pct=100, **DIFFER)
MIXED = "1:3 2:2 3:1 1:1 2:2 4:3"
SAME_20 = promo("d", "qty_tier", steps=[{"least": 3, "pct": 20}], **SAME)
DISTINCT = [
    dates("three of one date", OFF_20, at(120, 1, 1, 1), *["120.00"] * 3),
    dates("three dates", OFF_20, at(120, 1, 2, 3), *["96.00"] * 3),
    dates(
        "three dates, eight tickets", OFF_20, at(120, 1, 2, 3, 1, 2, 3, 1, 2), *["96.00"] * 6, *["120.00"] * 2
    ),
    dates("the seventh joins a group", OFF_20, at(120, 1, 2, 3, 1, 2, 3, 4), *["96.00"] * 7),
    dates("the seventh finds no group", OFF_20, at(120, 1, 2, 3, 1, 2, 4, 1), *["96.00"] * 6, "120.00"),
    dates("one free, one date", ONE_FREE, at(120, 1, 1, 1), *["120.00"] * 3),
    dates("one free of three dates", ONE_FREE, at(120, 1, 2, 3), "0.00", *["120.00"] * 2),
    dates("two groups, two free", ONE_FREE, at(120, 1, 2, 3, 1, 2, 4), *["0.00"] * 2, *["120.00"] * 4),
    dates("the cheapest of each group", ONE_FREE, MIXED, "0.00", "0.00", "2.00", "2.00", "3.00", "3.00"),
    dates("the two cheapest of each group", TWO_FREE, MIXED, *["0.00"] * 4, "3.00", "3.00"),
    dates("six dates", ONE_FREE, at(120, 1, 2, 3, 4, 5, 6), *["0.00"] * 2, *["120.00"] * 4),
    dates(
        "six dates, six prices",
        ONE_FREE,
        "1:1 2:2 3:3 4:4 5:5 6:6",
        "0.00",
        "0.00",
        "3.00",
        "4.00",
        "5.00",
        "6.00",
    ),
    dates(
        "as pretix groups them, not as is best",
        ONE_FREE,
        "1:4 2:4 3:4 1:6 2:6 3:6",
        "0.00",
        "0.00",
        "4.00",
        *["6.00"] * 3,
    ),
    dates("seven of two dates", SAME_20, at(120, 1, 1, 1, 2, 2, 2, 2, 3), *["96.00"] * 7, "120.00"),
    dates(
        "one free of each date",
        promo("d", "nth", n=3, pct=100, **SAME),
        at(120, 1, 1, 1, 2, 2, 2, 2, 3, 3),
        *["0.00"] * 2,
        *["120.00"] * 7,
    ),
]


def tickets(name: str, promotions: Goods, goods: list[tuple[str, str]], *paid: str, **more: Any) -> Peer:
    """Goods as (SKU with its tags after it, price)."""
    basket = []
    for what, price in goods:
        sku, *tags = what.split()
        basket.append(line(sku, price, tags=tags))
    return Peer("pretix", name, basket, promotions, PRETIX, {"sorted": sorted(paid)}, more)


PLAIN = ("t", "100")
ADDON = ("t addon", "100")
ITEM2 = {"of": {"sku": ["item2"]}}
NO_ADDON = {"on": {"not": {"tag": ["addon"]}}}
TWO_20 = promo("two", "qty_tier", steps=[{"least": 2, "pct": 20}])
HALF = promo("half", "pct", pct=50)
THREE_20: dict[str, Any] = promo("three", "qty_tier", steps=[{"least": 3, "pct": 20}])
FIRST, SECOND = {"stack": {"priority": 2}}, {"stack": {"priority": 1}}
RULES = [
    tickets("unconditional", [promo("d", "pct", pct=20)], [PLAIN], "80.00"),
    tickets("each is the cheapest of one", [promo("d", "nth", n=1, pct=100)], [PLAIN] * 2, "0.00", "0.00"),
    tickets(
        "two of three", [promo("d", "nth", n=3, count=2, pct=20)], [PLAIN] * 3, "80.00", "80.00", "100.00"
    ),
    tickets("add-ons count", [THREE_20], [PLAIN, ADDON, ADDON], *["80.00"] * 3),
    tickets(
        "add-ons beside three tickets",
        [THREE_20 | NO_ADDON],
        [PLAIN] * 3 + [ADDON] * 2,
        *["80.00"] * 3,
        *["100.00"] * 2,
    ),
    tickets("add-ons do not count", [THREE_20 | NO_ADDON], [PLAIN, ADDON, ADDON], *["100.00"] * 3),
    tickets(
        "what is bundled does not count",
        [THREE_20 | {"on": {"not": {"tag": ["addon", "bundled"]}}}],
        [PLAIN, ("t bundled", "100"), ("t bundled", "100")],
        *["100.00"] * 3,
    ),
    tickets("positions say the order", [HALF | SECOND, TWO_20 | FIRST], [PLAIN] * 3, *["80.00"] * 3),
    tickets(
        "one kind, then all",
        [
            promo("d1", "qty_tier", steps=[{"least": 2, "pct": 20}], on={"sku": ["item2"]}),
            promo("d2", "qty_tier", steps=[{"least": 2, "pct": 50}]),
        ],
        [("item", "100")] * 2 + [("item2", "100")] * 2,
        "80.00",
        "80.00",
        "50.00",
        "50.00",
    ),
    tickets(
        "of resellers",
        [
            TWO_20 | {"channels": ["resellers"]},
            promo("d2", "qty_tier", steps=[{"least": 2, "pct": 50}], channels=["web", "resellers"]),
        ],
        [PLAIN] * 2,
        "80.00",
        "80.00",
        channel="resellers",
    ),
    tickets(
        "for two of one, one of the other, but no add-on",
        [
            promo(
                "d",
                "gift",
                buy=[ITEM2 | {"qty": 2}],
                get={"of": {"all_of": [{"sku": ["item"]}, NO_ADDON["on"]]}},
            )
        ],
        [("item2", "100")] * 4 + [("item", "90"), ("item addon", "90")],
        *["100.00"] * 4,
        "90.00",
        "0.00",
    ),
    tickets(
        "for two of one, one of the other, but none that a voucher reduced",
        [
            promo(
                "d",
                "gift",
                buy=[ITEM2 | {"qty": 2}],
                get={"of": {"in": {"sku": ["item"]}, "except": {"tag": ["voucher"]}}},
            )
        ],
        [("item2", "100")] * 4 + [("item voucher", "40")] * 2 + [("item", "90")],
        *["100.00"] * 4,
        "40.00",
        "40.00",
        "0.00",
    ),
    tickets(
        "for every four of both, one of the one",
        [
            promo(
                "d", "gift", buy=[{"of": {"sku": ["item", "item2"]}, "qty": 3}], get={"of": {"sku": ["item"]}}
            )
        ],
        [("item2", "100")] * 10 + [("item", "110")] * 2 + [("item", "90")] * 2,
        *["100.00"] * 10,
        "110.00",
        *["0.00"] * 3,
    ),
    *(
        tickets(
            f"20 % off others from 99, {count} bought",
            [
                promo(
                    "d",
                    "pct",
                    pct=20,
                    on={"sku": ["item2"]},
                    needs={"basket": [{"of": {"sku": ["item"]}, "min_amount": "99"}]},
                )
            ],
            [("item", "50")] * count + [("item2", "23")] * 3,
            *["50.00"] * count,
            *[paid] * 3,
        )
        for count, paid in ((1, "23.00"), (2, "18.40"))
    ),
    tickets(
        "what one takes is gone for the next",
        [
            promo("d1", "reward", buy=[ITEM2 | {"qty": 5}], get={"of": {"sku": ["item"]}}, pct=20, **FIRST),
            promo("d2", "nth", n=2, pct=10, on={"sku": ["item"]}, **SECOND),
        ],
        [("item2", "50")] * 6 + [("item", "23")] * 4,
        *["50.00"] * 6,
        "18.40",
        "20.70",
        "23.00",
        "23.00",
    ),
]


def rounded(
    name: str, word: str, prices: list[str], rate: str, total: str, tax: str, net: str, **more: Any
) -> Peer:
    basket = [line(f"t{number}", price, tax=included(rate)) for number, price in enumerate(prices)]
    wanted = {"total": total, "taxes": {rate: tax}, "nets": {rate: net}}
    return Peer(
        "pretix", f"{name}, {word}", basket, [], {"tax_rounding": word}, wanted, {"currency": "EUR"} | more
    )


HUNDREDS, BELOW, YEN = ["100"] * 5, ["99.98"] * 5, ["9998"] * 5
ROUNDING = [
    rounded("by line", "line", HUNDREDS, "19", "500.00", "79.85", "420.15"),
    rounded("sum by net", "net_total", HUNDREDS, "19", "499.98", "79.83", "420.15"),
    rounded("sum by net, gross kept", "net_document", HUNDREDS, "19", "500.00", "79.83", "420.17"),
    rounded("one line back to itself", "net_total", ["100"], "19", "100.00", "15.97", "84.03"),
    rounded("one line back to itself, gross kept", "net_document", ["100"], "19", "100.00", "15.97", "84.03"),
    rounded("by line, up", "line", BELOW, "19", "499.90", "79.80", "420.10"),
    rounded("up", "net_total", BELOW, "19", "499.92", "79.82", "420.10"),
    rounded("up, gross kept", "net_document", BELOW, "19", "499.90", "79.82", "420.08"),
    rounded("no such gross price", "net_total", ["23"], "7", "23.01", "1.51", "21.50"),
    rounded("no such gross price", "net_document", ["23"], "7", "23.01", "1.51", "21.50"),
    rounded("no decimals", "net_total", YEN, "19", "49992", "7982", "42010", currency="JPY"),
    rounded("no decimals, gross kept", "net_document", YEN, "19", "49990", "7982", "42008", currency="JPY"),
    rounded("what is free stays free", "net_total", ["0", "23"], "7", "23.01", "1.51", "21.50"),
    rounded("what is free stays free", "net_document", ["0", "23"], "7", "23.01", "1.51", "21.50"),
    Peer(
        "pretix",
        "tax rule, from the gross price",
        [line("a", "100", tax=included("10"))],
        [],
        {"tax_rounding": "kept"},
        {"total": "100.00", "taxes": {"10": "9.09"}, "nets": {"10": "90.91"}},
    ),
    Peer(
        "pretix",
        "tax rule, from the net price",
        [line("a", "100", tax=added("10"))],
        [],
        {},
        {"total": "110.00", "taxes": {"10": "10.00"}},
    ),
    Peer(
        "pretix",
        "tax rule, reverse charge",
        [line("a", "100", tax=added("10"))],
        [],
        {},
        {"total": "100.00", "taxes": {}},
        {"tax_exempt": True},
    ),
]

CASES = (*DISTINCT, *RULES, *ROUNDING)


@pytest.mark.parametrize("peer", CASES, ids=str)
def test_the_published_prices(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
