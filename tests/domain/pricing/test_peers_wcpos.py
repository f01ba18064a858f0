"""WooCommerce POS' own tests of taxes, fees, line totals and of coupons that are computed again.

The facts and figures of coupon-recalculate, coupon-discount-tax-split, calculate-taxes,
calculate-order-totals and of the hooks for line items and fees. What it
rounds to six decimals is looked at with as many.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, added, answer_of, found_of, included, line
from tests.domain.pricing.test_peers_woocommerce import IN_TURN, SHIPPING, WOO, cart, each, fixed, pct

Goods = list[dict[str, Any]]
TEN = added("10")


def pos(
    name: str,
    basket: Goods,
    promotions: Goods | None = None,
    digits: int = 2,
    policy: dict[str, Any] | None = None,
    **wanted: Any,
) -> Peer:
    more = {"tax_rounding": "line", "tax_round_mode": "half_up"} | (policy or {})
    return Peer(
        "WooCommerce POS", name, basket, promotions or [], WOO | more, wanted, {"minor_digits": digits}
    )


def split(name: str, *parts: tuple[str, Goods], tax: str) -> Peer:
    """The tax of what a coupon takes off, from the amounts without tax."""
    basket = [line(f"p{number}", amount, tax=rates) for number, (amount, rates) in enumerate(parts)]
    return pos(f"tax of a discount, {name}", basket, digits=6, tax_added=tax)


SPLITS = [
    split("one item", ("0.909091", TEN), tax="0.090909"),
    split("two items", ("0.909091", TEN), ("0.909091", TEN), tax="0.181818"),
    split("a share", ("27.272727", TEN), tax="2.727273"),
    split("a fixed cart", ("5.454545", TEN), ("3.636364", TEN), tax="0.909091"),
    split("on top", ("1", TEN), tax="0.100000"),
    split("two on top", ("1", TEN), ("1", TEN), tax="0.200000"),
    split("two classes", ("10", TEN), ("10", added("5")), tax="1.500000"),
    split("one without tax", ("10", TEN), ("10", []), tax="1.000000"),
    split("no rates", ("10", []), tax="0.000000"),
    split("compound", ("10", [{"rate_pct": "10", "price_includes": False, "level": 1}]), tax="1.000000"),
    split("large", ("99999.99", TEN), tax="9999.999000"),
    pos("tax of a discount, to the cent", [line("a", "2.25", tax=TEN)], tax_added="0.23"),
]

CALIFORNIA = [
    {"rate_pct": "7.25", "price_includes": False, "id": "state"},
    {"rate_pct": "1.375", "price_includes": False, "id": "district"},
    {"rate_pct": "2", "price_includes": False, "id": "compound", "level": 1},
]
TAXES = [
    pos(
        "order 136, exact",
        [line("a", "3.00", 3, tax=CALIFORNIA)],
        digits=6,
        taxes={"state": "0.652500", "district": "0.123750", "compound": "0.195525"},
    ),
    pos(
        "order 136",
        [line("a", "3.00", 3, tax=CALIFORNIA)],
        taxes={"state": "0.65", "district": "0.12", "compound": "0.20"},
        tax_added="0.97",
    ),
    pos("order 136, reduced", [line("a", "3.50", tax=added("5.5"))], tax_added="0.19"),
    pos("a tenth of a cent", [line("a", "0.001", tax=added("5.0495"))], digits=9, tax_added="0.000050495"),
]


def item(price: str, qty: int, tax: str, *, inside: bool, digits: int = 2) -> Peer:
    rates = included("20") if inside else added("20")
    where = "in the price" if inside else "on top"
    return pos(
        f"{qty} of {price}, tax {where}", [line("a", price, qty, tax=rates)], digits=digits, taxes={"20": tax}
    )


ITEMS = [
    item("100", 2, "40.00", inside=False),
    item("120", 2, "48.00", inside=False),
    item("100", 2, "33.333333", inside=True, digits=6),
    item("120", 2, "40.00", inside=True),
    item("25", 3, "12.50", inside=True),
    item("30", 3, "15.00", inside=True),
    item("100", 1, "20.00", inside=False),
    item("120", 1, "24.00", inside=False),
    item("10", 1, "2.00", inside=False),
    item("12", 1, "2.00", inside=True),
    item("15", 1, "3.00", inside=False),
    item("18", 1, "3.60", inside=False),
]
SALE = line("sale", "16", tags=["sale"])
NO_SALE: dict[str, Any] = {"on": {"not": {"tag": ["sale"]}}}
HUNDRED, SIXTEEN, EIGHTEEN = cart(("100", 1)), cart(("16", 1)), [line("a", "18", tax=TEN)]
BRITISH = [
    {"rate_pct": "10", "price_includes": True, "id": "10"},
    {"rate_pct": "2", "price_includes": True, "id": "2", "level": 1},
]


def clothes(kind: list[str]) -> Goods:
    return [line("beanie", "18", category="accessories"), line("t-shirt", "18", category=kind)]


TWO_OFF = each("2", on={"category": ["clothing", "accessories"]})
ORDERS = [
    pos(
        "goods, shipping and a fee",
        [
            line("a", "100", tax=TEN),
            line("ship", "10", tax=TEN, **SHIPPING),
            line("fee", "5", tax=TEN, **SHIPPING),
        ],
        [fixed("10")],
        discount="10.00",
        tax_added="10.50",
        total="115.50",
    ),
    pos(
        "no coupon",
        [line("a", "100", tax=TEN), line("ship", "10", tax=TEN), line("fee", "5", tax=TEN)],
        tax_added="11.50",
        total="126.50",
    ),
    pos("a coupon of ten", [line("a", "100", tax=TEN)], [fixed("10")], total="99.00"),
    pos("two lines", [line("a", "100", tax=TEN), line("b", "50", tax=TEN)], tax_added="15.00"),
    pos("ten percent", HUNDRED, [pct(10)], amounts=["90.00"], discount="10.00"),
    pos("five off the cart", HUNDRED, [fixed("5")], amounts=["95.00"]),
    pos("three off a piece", cart(("50", 2)), [each("3")], amounts=["94.00"], discount="6.00"),
    pos("no coupon any more", HUNDRED, amounts=["100.00"]),
    pos("of the cashier's price", SIXTEEN, [pct(10)], amounts=["14.40"], discount="1.60"),
    pos("two prices", cart(("16", 1), ("20", 1)), [pct(10)], amounts=["14.40", "18.00"], discount="3.60"),
    pos("not of reduced goods", [SALE], [pct(10, **NO_SALE)], amounts=["16.00"], discount="0.00"),
    pos("of what is not reduced", cart(("18", 1)), [pct(10, **NO_SALE)], amounts=["16.20"]),
    pos(
        "10 and 5 percent",
        SIXTEEN,
        [pct(10), pct(5, "u")],
        amounts=["13.60"],
        off={"test": "1.60", "u": "0.80"},
    ),
    pos("10 percent and 3 off", SIXTEEN, [pct(10), each("3", "u")], amounts=["11.40"]),
    pos(
        "10 and 5 percent in turn",
        SIXTEEN,
        [pct(10), pct(5, "u")],
        policy=IN_TURN,
        amounts=["13.68"],
        off={"test": "1.60", "u": "0.72"},
    ),
    pos(
        "two lines of one product",
        [line("a", "100"), line("a", "50")],
        [pct(10)],
        amounts=["90.00", "45.00"],
        discount="15.00",
    ),
    pos(
        "ten percent, tax in the price",
        [line("a", "110", tax=included("10"))],
        [pct(10)],
        total="99.00",
        nets={"10": "90.00"},
    ),
    pos("five off a piece", SIXTEEN, [each("5")], amounts=["11.00"]),
    pos("5 percent of 45", [line("a", "45", tax=TEN)], [pct(5)], discount="2.25", amounts=["42.75"]),
    pos(
        "5 off and 10 percent",
        EIGHTEEN,
        [each("5"), pct(10, "u")],
        amounts=["11.20"],
        off={"test": "5.00", "u": "1.80"},
    ),
    pos(
        "5 off and 10 percent in turn",
        EIGHTEEN,
        [each("5"), pct(10, "u")],
        policy=IN_TURN,
        amounts=["11.70"],
        off={"test": "5.00", "u": "1.30"},
    ),
    pos(
        "rates on each other",
        [line("a", "18", tax=BRITISH)],
        digits=6,
        taxes={"10": "1.604278", "2": "0.352941"},
    ),
    pos(
        "ten off a cart of 18 and 2",
        [line("beanie", "18", tax=BRITISH), line("single", "2")],
        [fixed("10", needs={"basket": [{"of": {"sku": ["single"]}, "min_qty": 1}]})],
        total="10.00",
        discount="10.00",
    ),
    pos(
        "three off two lines",
        [line("a", "18", tax=TEN), line("b", "18", tax=TEN)],
        [fixed("3")],
        amounts=["16.50", "16.50"],
        discount="3.00",
    ),
    pos(
        "of a category at any depth", clothes(["clothing", "t-shirts"]), [TWO_OFF], amounts=["16.00", "16.00"]
    ),
    pos("of another category", clothes(["t-shirts"]), [TWO_OFF], amounts=["16.00", "18.00"]),
    pos("a line that was taken out", cart(("55", 1)), [pct(10)], discount="5.50"),
]


@pytest.mark.parametrize("peer", [*SPLITS, *TAXES, *ITEMS, *ORDERS], ids=str)
def test_the_published_amounts(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
