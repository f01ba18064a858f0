from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, answer_of, found_of, line, promo

Goods = list[dict[str, Any]]

WOO = {"choose": "sequence", "percent_of": "base", "sharing": "equal_per_unit", "percent_per": "line"}
WOO_IN_TURN = WOO | {"percent_of": "left"}


def woo(name: str, basket: Goods, coupons: Goods, off: str, **policy: str) -> Peer:
    return Peer("WooCommerce", name, basket, coupons, WOO | policy, {"discount": off})


TENS = [line("a", "10", 2), line("b", "5", 1)]
FIXED_10 = promo("test", "order_amount", amount="10")
WOO_CASES = [
    woo("20 percent", [line("a", "10")], [promo("test", "pct", pct=20)], "2.00"),
    woo("fixed cart, one line", [line("a", "10", 2)], [FIXED_10], "10.00"),
    woo("fixed cart, two lines", [line("a", "10"), line("b", "10")], [FIXED_10], "10.00"),
    woo("fixed cart, three lines", [line(n, "10") for n in "abc"], [FIXED_10], "10.00"),
    woo(
        "fixed cart, pieces",
        [line("a", "10", 2), line("b", "10", 3), line("c", "10", 2)],
        [FIXED_10],
        "10.00",
    ),
    woo("fixed cart, eleven lines", [line(n, "10") for n in "abcdefghijk"], [FIXED_10], "10.00"),
    woo("a third of one", [line(n, "1") for n in "abc"], [promo("t", "order_amount", amount="1")], "1.00"),
    woo(
        "one item of two", [line("a", "10", 2)], [promo("t", "pct", pct=10, limits={"max_units": 1})], "1.00"
    ),
    woo(
        "one item of two lines",
        [line("a", "10", 2), line("b", "10", 2)],
        [promo("t", "pct", pct=10, limits={"max_units": 1})],
        "1.00",
    ),
    woo("two coupons", TENS, [promo("t", "pct", pct=10), promo("u", "pct", pct=20)], "7.50"),
    woo(
        "two coupons, one limited",
        TENS,
        [promo("t", "pct", pct=10, limits={"max_units": 1}), promo("u", "pct", pct=20)],
        "6.00",
    ),
    woo(
        "two coupons in turn",
        TENS,
        [promo("t", "pct", pct=10), promo("u", "pct", pct=20)],
        "7.00",
        percent_of="left",
    ),
]

PRETIX = {"choose": "sequence", "stacking": "exclusive", "takes": "cheapest", "share_over": "reduced"}


def pretix(name: str, tickets: list[tuple[str, str]], promotion: dict[str, Any], *paid: str) -> Peer:
    basket = [line(f"t{n}", price, tags=[f"s{date}"]) for n, (date, price) in enumerate(tickets)]
    return Peer("pretix", name, basket, [promotion], PRETIX, {"amounts": list(paid)})


MIXED = promo("d", "qty_tier", steps=[{"least": 3, "pct": 20}])
ONE_FREE = promo("d", "nth", n=3, pct=100)
FROM_500_20 = promo("d", "spend_tier", by="amount", steps=[{"least": "500", "pct": 20}])
SAME = {"same": "tag:s"}
DIFFER = {"differ": "tag:s"}
T120 = ("1", "120.00")
DATES = [("1", "120.00"), ("1", "120.00"), ("1", "120.00"), ("2", "120.00"), ("2", "120.00")]
PRETIX_CASES = [
    pretix("two of three", [T120] * 2, MIXED, "120.00", "120.00"),
    pretix("three", [T120] * 3, MIXED, *["96.00"] * 3),
    pretix("six of three dates", [("1", "120"), ("2", "120"), ("3", "120")] * 2, MIXED, *["96.00"] * 6),
    pretix("one of three free, two bought", [T120] * 2, ONE_FREE, "120.00", "120.00"),
    pretix("one of three free", [T120] * 3, ONE_FREE, "0.00", "120.00", "120.00"),
    pretix("one of three free, five bought", [T120] * 5, ONE_FREE, "0.00", *["120.00"] * 4),
    pretix("one of three free, six bought", [T120] * 6, ONE_FREE, "0.00", "0.00", *["120.00"] * 4),
    pretix(
        "the cheapest of all are free",
        [("1", f"{n}.00") for n in range(1, 7)],
        ONE_FREE,
        "0.00",
        "0.00",
        "3.00",
        "4.00",
        "5.00",
        "6.00",
    ),
    pretix("480 of 500", [T120] * 4, FROM_500_20, *["120.00"] * 4),
    pretix("600 of 500", [T120] * 5, FROM_500_20, *["96.00"] * 5),
    pretix("1200 of 500", [T120] * 10, FROM_500_20, *["96.00"] * 10),
    pretix(
        "two of each date",
        [("1", "120"), ("1", "120"), ("2", "120"), ("2", "120")],
        MIXED | SAME,
        *["120.00"] * 4,
    ),
    pretix("three of one date", DATES, MIXED | SAME, "96.00", "96.00", "96.00", "120.00", "120.00"),
    pretix(
        "one free of each date's three",
        [
            ("1", "1"),
            ("1", "2"),
            ("1", "3"),
            ("2", "4"),
            ("2", "5"),
            ("2", "6"),
            ("2", "7"),
            ("3", "8"),
            ("3", "9"),
        ],
        ONE_FREE | SAME,
        "0.00",
        "2.00",
        "3.00",
        "0.00",
        "5.00",
        "6.00",
        "7.00",
        "8.00",
        "9.00",
    ),
    pretix(
        "500 of each date",
        [("1", "120")] * 4 + [("2", "120")] * 5,
        FROM_500_20 | SAME,
        *["120.00"] * 4,
        *["96.00"] * 5,
    ),
    pretix("three of one date only", [T120] * 3, promo("d", "n_pct", n=3, pct=20, **DIFFER), *["120.00"] * 3),
    pretix(
        "three dates",
        [("1", "120"), ("2", "120"), ("3", "120")],
        promo("d", "n_pct", n=3, pct=20, **DIFFER),
        *["96.00"] * 3,
    ),
    pretix(
        "eight of three dates",
        [("1", "120"), ("2", "120"), ("3", "120")] * 2 + [("1", "120"), ("2", "120")],
        promo("d", "n_pct", n=3, pct=20, **DIFFER),
        *["96.00"] * 6,
        "120.00",
        "120.00",
    ),
    pretix(
        "one free of three dates",
        [("1", "120"), ("2", "120"), ("3", "120")],
        ONE_FREE | DIFFER,
        "0.00",
        "120.00",
        "120.00",
    ),
    pretix("no three dates, nothing free", [T120] * 3, ONE_FREE | DIFFER, *["120.00"] * 3),
]

MINE_AND_LATER = [line("a", "13.95", 3), line("b", "1.80", 5)]
SALE = [line("full", "20"), line("sale", "10", tags=["sale"])]
NOT_ON_SALE = {"not": {"tag": ["sale"]}}
WOO_LIMITS = [
    woo(
        "one off each of ten",
        MINE_AND_LATER,
        [promo("t", "amount", amount="1", limits={"max_units": 10})],
        "8.00",
    ),
    woo(
        "two of the dearest",
        MINE_AND_LATER,
        [promo("t", "amount", amount="10", limits={"max_units": 2})],
        "20.00",
    ),
    woo("never below nothing", [line("a", "8.95")], [promo("t", "amount", amount="10")], "8.95"),
    woo(
        "three coupons of one unit each",
        [line("a", "10", 4)],
        [
            promo("one", "amount", amount="10", limits={"max_units": 1}),
            promo("two", "amount", amount="10", limits={"max_units": 1}),
            promo("three", "pct", pct=100, limits={"max_units": 1}),
        ],
        "30.00",
    ),
    woo("goods on sale too", SALE, [promo("t", "pct", pct=10)], "3.00"),
    woo("not goods on sale", SALE, [promo("t", "pct", pct=10, on=NOT_ON_SALE)], "2.00"),
    woo("fixed cart with a sale", SALE, [promo("t", "order_amount", amount="5")], "5.00"),
    woo("fixed product", SALE, [promo("t", "amount", amount="5")], "10.00"),
    woo("fixed product, not on sale", SALE, [promo("t", "amount", amount="5", on=NOT_ON_SALE)], "5.00"),
]


def tickets(name: str, count: int, promotions: Goods, *paid: str) -> Peer:
    basket = [line(f"t{n}", "100") for n in range(count)]
    return Peer("pretix", name, basket, promotions, PRETIX, {"sorted": sorted(paid)})


def items(name: str, of: int, price: str, other: int, promotions: Goods, *paid: str) -> Peer:
    basket = [line("item2", "100") for _ in range(other)] + [line("item", price) for _ in range(of)]
    return Peer("pretix", name, basket, promotions, PRETIX, {"sorted": sorted(paid)})


TWO_20 = promo("two", "qty_tier", steps=[{"least": 2, "pct": 20}])
ONE_OF_TWO_20 = promo("two", "nth", n=2, pct=20)
HALF = promo("half", "pct", pct=50)
FREE_FOR_FIVE = promo(
    "free", "gift", buy=[{"of": {"sku": ["item2"]}, "qty": 5}], get={"of": {"sku": ["item"]}}
)
ITEM2_20 = promo("d1", "qty_tier", steps=[{"least": 2, "pct": 20}], on={"sku": ["item"]})
PRETIX_RULES = [
    tickets("the first takes them all", 3, [TWO_20, HALF], "80.00", "80.00", "80.00"),
    tickets("one is left for the second", 3, [ONE_OF_TWO_20, HALF], "100.00", "80.00", "50.00"),
    tickets("one of five is left", 5, [ONE_OF_TWO_20, HALF], "100.00", "80.00", "100.00", "80.00", "50.00"),
    tickets(
        "by value, the first takes them all",
        3,
        [promo("v", "spend_tier", by="amount", steps=[{"least": "5", "pct": 20}]), HALF],
        *["80.00"] * 3,
    ),
    items("one kind each", 2, "100", 2, [ITEM2_20, HALF], "80.00", "80.00", "50.00", "50.00"),
    items(
        "for five of one, one of the other",
        3,
        "90",
        12,
        [FREE_FOR_FIVE],
        *["100.00"] * 12,
        "90.00",
        "0.00",
        "0.00",
    ),
    Peer(
        "pretix",
        "of this channel only",
        [line("t", "100"), line("t", "100")],
        [promo("d1", "pct", pct=20, channels=["resellers"]), promo("d2", "pct", pct=50, channels=["web"])],
        PRETIX,
        {"amounts": ["50.00", "50.00"]},
        {"channel": "web"},
    ),
    Peer(
        "pretix",
        "not yet, and no more",
        [line("t", "100")],
        [
            promo("soon", "pct", pct=20, valid={"from": "2026-06-02"}),
            promo("gone", "pct", pct=30, valid={"to": "2026-05-31"}),
            promo("now", "pct", pct=50, valid={"from": "2026-05-31"}),
        ],
        PRETIX,
        {"amounts": ["50.00"]},
        {"at": "2026-06-01T12:00:00Z"},
    ),
]

CASES = (*WOO_CASES, *WOO_LIMITS, *PRETIX_CASES, *PRETIX_RULES)


@pytest.mark.parametrize("peer", CASES, ids=str)
def test_the_published_result(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
