"""WooCommerce's own tests of coupons, carts and tax, and those of WooCommerce POS, with the declared policy.

The facts and figures of discounts.php (all 29), cart.php, tax.php, and of wcpos' coupon-discount,
coupon-stacking and coupon-integration. A share is of the price before any coupon, or of what is left where
coupons follow each other; it is rounded once for the coupon, and a half down; tax that is in the price rounds
a half down as well.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, added, answer_of, found_of, included, line, promo

Goods = list[dict[str, Any]]
WOO: dict[str, Any] = {
    "choose": "sequence",
    "percent_of": "base",
    "percent_per": "order",
    "percent_mode": "half_down",
    "sharing": "equal_per_unit",
    "takes": "dearest",
    "tax_round_mode": "half_down",
}
IN_TURN: dict[str, Any] = {"percent_of": "left"}


def cart(*goods: tuple[str, int], **more: Any) -> Goods:
    return [line(f"p{number}", price, qty, **more) for number, (price, qty) in enumerate(goods)]


def pct(share: int | str, name: str = "test", *, most: int | None = None, **more: Any) -> dict[str, Any]:
    limits = {} if most is None else {"limits": {"max_units": most}}
    return promo(name, "pct", pct=share, **limits, **more)


def each(amount: str, name: str = "test", *, most: int | None = None, **more: Any) -> dict[str, Any]:
    """A fixed product coupon."""
    limits = {} if most is None else {"limits": {"max_units": most}}
    return promo(name, "amount", amount=amount, **limits, **more)


def fixed(amount: str, **more: Any) -> dict[str, Any]:
    """A fixed cart coupon."""
    return promo("test", "order_amount", amount=amount, **more)


def coupons(
    name: str, basket: Goods, promotions: Goods, off: str, policy: dict[str, Any] | None = None
) -> Peer:
    return Peer("WooCommerce", name, basket, promotions, WOO | (policy or {}), {"discount": off})


TENS = cart(("10", 2), ("5", 1))
BOTH = cart(("13.95", 3), ("1.80", 5))
SIX = cart(("10", 3), ("5", 3))
DISCOUNTS = [
    coupons("1: 20 percent", cart(("10", 1)), [pct(20)], "2.00"),
    coupons("2: fixed cart, two pieces", cart(("10", 2)), [fixed("10")], "10.00"),
    coupons("3: two lines", cart(("10", 1), ("10", 1)), [fixed("10")], "10.00"),
    coupons("4: three lines", cart(*[("10", 1)] * 3), [fixed("10")], "10.00"),
    coupons("5: seven pieces", cart(("10", 2), ("10", 3), ("10", 2)), [fixed("10")], "10.00"),
    coupons("6: eleven lines", cart(*[("10", 1)] * 11), [fixed("10")], "10.00"),
    coupons("7: one over three", cart(*[("1", 1)] * 3), [fixed("1")], "1.00"),
    coupons("8: one piece of two", cart(("10", 2)), [pct(10, most=1)], "1.00"),
    coupons("9: one piece of four", cart(("10", 2), ("10", 2)), [pct(10, most=1)], "1.00"),
    coupons("10: two coupons", TENS, [pct(10), pct(20, "u")], "7.50"),
    coupons("11: two coupons, one of one piece", TENS, [pct(10, most=1), pct(20, "u")], "6.00"),
    coupons("12: in turn", TENS, [pct(10), pct(20, "u")], "7.00", IN_TURN),
    coupons(
        "13: in turn, odd cents", cart(("1.80", 10), ("13.95", 3)), [pct(10), pct(20, "u")], "16.75", IN_TURN
    ),
    coupons("14: five pieces", SIX, [pct(30, most=5), pct(20, "u")], "21.00"),
    coupons("15: in turn, five pieces", SIX, [pct(20, "u"), pct(30, most=5)], "18.60", IN_TURN),
    coupons(
        "16: in turn, five pieces and goods for nothing",
        cart(("1.80", 3), ("13.95", 3), *[("0", 1)] * 5),
        [pct(30, most=5), pct(20, "u")],
        "20.35",
        IN_TURN,
    ),
    coupons("17: fixed product", cart(("13.95", 3)), [each("10")], "30.00"),
    coupons("18: more than the price", cart(("13.95", 3)), [each("20")], "41.85"),
    coupons("19: one piece", cart(("13.95", 3)), [each("10", most=1)], "10.00"),
    coupons("20: one piece, more than its price", cart(("13.95", 3)), [each("15", most=1)], "13.95"),
    coupons("21: as many as there are", cart(("13.95", 3)), [each("13.95", most=3)], "41.85"),
    coupons("22: two products", BOTH, [each("10")], "39.00"),
    coupons("23: three pieces", BOTH, [each("10", most=3)], "30.00"),
    coupons("24: five pieces", BOTH, [each("10", most=5)], "33.60"),
    coupons("25: less than each costs", BOTH, [each("1", most=5)], "5.00"),
    coupons("26: more pieces than there are", BOTH, [each("1", most=10)], "8.00"),
    coupons("27: the dearest first", cart(("1.80", 5), ("13.95", 3)), [each("10", most=2)], "20.00"),
    coupons("28: 8.95", cart(("8.95", 1)), [each("10")], "8.95"),
    coupons(
        "29: three coupons of one piece",
        cart(("10", 4)),
        [each("10", "one", most=1), each("10", "two", most=1), pct(100, "three", most=1)],
        "30.00",
    ),
]

NO_SALE = {"on": {"not": {"tag": ["sale"]}}}
SALE = [line("full", "20"), line("sale", "10", tags=["sale"])]
NOT_BESIDE_SALE = {"needs": {"basket": [{"of": {"tag": ["sale"]}, "max_qty": 0}]}}
SALES = [
    coupons("sale, a share of all", SALE, [pct(10)], "3.00"),
    coupons("sale, a share of what is not reduced", SALE, [pct(10, **NO_SALE)], "2.00"),
    coupons("sale, fixed cart", SALE, [fixed("5")], "5.00"),
    coupons("sale, fixed cart beside no reduced goods", SALE, [fixed("5", **NOT_BESIDE_SALE)], "0.00"),
    coupons("sale, fixed product", SALE, [each("5")], "10.00"),
    coupons("sale, fixed product but what is reduced", SALE, [each("5", **NO_SALE)], "5.00"),
    coupons(
        "below the least amount",
        cart(("20", 1)),
        [fixed("10", needs={"basket": [{"min_amount": "50"}]})],
        "0.00",
    ),
    coupons("not of these products", cart(("20", 1)), [fixed("10", on={"sku": ["other"]})], "0.00"),
    coupons("manual discount", cart(("20", 1)), [fixed("5")], "5.00"),
]


def taxed(
    name: str, basket: Goods, promotions: Goods | None = None, exempt: bool = False, **wanted: Any
) -> Peer:
    policy = WOO | wanted.pop("policy", {})
    more = {"tax_exempt": True} if exempt else {}
    return Peer("WooCommerce", name, basket, promotions or [], policy, wanted, more)


def goods(price: str, rate: str, **more: Any) -> Goods:
    return [line("a", price, tax=included(rate), **more)]


SHIPPING = {"locked": True}
NETS = ["5.17", "3.32", "1.25", "3.50", "5.01", "3.34", "5.99", "5.51"]
FOUR_RATES = [
    {"rate_pct": rate, "price_includes": False, "id": name}
    for name, rate in (("a", "0.25"), ("b", "6"), ("c", "1.5"), ("d", "1"))
]
CARTS = [
    taxed(
        "8.99 less 5, with shipping",
        [line("a", "8.99", tax=included("20")), line("ship", "9.59", **SHIPPING)],
        [fixed("5")],
        total="13.58",
        taxes={"20": "0.66"},
    ),
    taxed(
        "21871: four rates",
        [line("a", "79", tax=FOUR_RATES)],
        policy={"tax_rounding": "line", "tax_round_mode": "half_up"},
        total="85.92",
    ),
    taxed(
        "21021: one rate",
        [line("a", "19", tax=included("5")), line("ship", "8.05", **SHIPPING)],
        total="27.05",
    ),
    taxed(
        "21021: shipping with tax",
        [
            line("a", "19", tax=included("5")),
            line("b", "59", tax=included("23")),
            line("ship", "8.05", tax=added("23"), **SHIPPING),
        ],
        total="87.90",
    ),
    taxed(
        "23917: two rates of one size",
        [line("a", "599", tax=[{"rate_pct": 24, "id": "c"}, {"rate_pct": 24, "id": "s"}])],
        total="599.00",
    ),
    *(
        taxed(f"10963: one off {count} pieces", cart(("10", count)), [fixed("1")], total=total)
        for count, total in ((1, "9.00"), (2, "19.00"), (3, "29.00"))
    ),
    *(
        taxed(
            f"11626: half of eight products, {'exempt' if exempt else 'with tax'}",
            [line(f"p{price}", price, tax=included("19")) for price in NETS],
            [pct(50)],
            exempt,
            total=total,
        )
        for exempt, total in ((True, "13.90"), (False, "16.55"))
    ),
    taxed("10573: ten percent of 29.95", goods("29.95", "10"), [pct(10)], nets={"10": "24.51"}),
    taxed("16305: 40 percent of 51.86", cart(("51.86", 1)), [pct(40)], total="31.12"),
    taxed(
        "16305: 40 percent of 51.86, with tax",
        [line("a", "51.86", tax=added("8.25"))],
        [pct(40)],
        total="33.69",
    ),
    *(
        taxed(
            f"17517: {share} percent of 9.99",
            goods("9.99", "20"),
            [pct(share)],
            total=total,
            taxes={"20": tax},
        )
        for share, total, tax in (
            (0, "9.99", "1.66"),
            (10, "8.99", "1.50"),
            (50, "5.00", "0.83"),
            (100, "0.00", "0.00"),
        )
    ),
    *(
        taxed(f"17517: {share} percent of 9.99, exempt", goods("9.99", "20"), [pct(share)], True, total=total)
        for share, total in ((0, "8.33"), (10, "7.50"), (50, "4.17"), (100, "0.00"))
    ),
]


def exact(name: str, price: str, taxes: Goods, amounts: dict[str, str], digits: int) -> Peer:
    """Tax that is not rounded, looked at with as many decimals."""
    return Peer(
        "WooCommerce",
        f"tax, {name}",
        [line("a", price, tax=taxes)],
        [],
        {"tax_rounding": "line"},
        {"taxes": amounts},
        {"minor_digits": digits},
    )


def canada(*, included_: bool) -> Goods:
    return [
        {"rate_pct": "5", "price_includes": included_, "id": "gst"},
        {"rate_pct": "8.5", "price_includes": included_, "id": "pst", "level": 1},
    ]


TAXES = [
    exact("20 percent in 9.99", "9.99", included("20"), {"20": "1.665"}, 3),
    exact("20 percent on 9.99", "9.99", added("20"), {"20": "1.998"}, 3),
    exact("compound, on top", "100", canada(included_=False), {"gst": "5.000", "pst": "8.925"}, 3),
    exact("compound, in the price", "100", canada(included_=True), {"gst": "4.3889", "pst": "7.8341"}, 4),
    exact("of shipping", "10", added("20"), {"20": "2.00"}, 2),
]


def pos(
    name: str,
    basket: Goods,
    promotions: Goods,
    policy: dict[str, Any] | None = None,
    digits: int = 2,
    **wanted: Any,
) -> Peer:
    shared = WOO | {"sharing": "last_takes_rest"} | (policy or {})
    return Peer("WooCommerce POS", name, basket, promotions, shared, wanted, {"minor_digits": digits})


def reduced(name: str, basket: Goods, promotion: dict[str, Any], off: str) -> Peer:
    return pos(name, basket, [promotion], discount=off)


INCLUSIVE = [
    line("tee", "25", tax=included("10")),
    line("logo", "45", tax=included("10")),
    line("pocket", "35", tax=included("10")),
]
HUNDRED = cart(("100", 1))
POS = [
    reduced("ten percent", HUNDRED, pct(10), "10.00"),
    reduced("ten percent of two lines", cart(("100", 2), ("50", 1)), pct(10), "25.00"),
    reduced("half of the dearest", cart(("100", 1), ("50", 1)), pct(50, most=1), "50.00"),
    reduced("half of two of three", cart(("100", 3)), pct(50, most=2), "100.00"),
    reduced("all of it", cart(("75", 2)), pct(100), "150.00"),
    pos("ten over 60 and 40", cart(("60", 1), ("40", 1)), [fixed("10")], amounts=["54.00", "36.00"]),
    reduced("more than the cart", HUNDRED, fixed("500"), "100.00"),
    pos(
        "the last takes what is left",
        cart(*[("33.33", 1)] * 3),
        [fixed("10")],
        digits=6,
        amounts=["29.996667", "29.996667", "29.996666"],
    ),
    reduced("one line", cart(("80", 1)), fixed("15"), "15.00"),
    reduced("two pieces", cart(("50", 2)), fixed("20"), "20.00"),
    reduced("five over seven pieces", cart(("10", 2), ("10", 3), ("10", 2)), fixed("5"), "5.00"),
    reduced("ten over eight pieces", BOTH, fixed("10"), "10.00"),
    reduced("beside goods for nothing", cart(("0", 1), ("20", 1), ("30", 1)), fixed("5"), "5.00"),
    reduced("five a piece", cart(("20", 3)), each("5"), "15.00"),
    reduced("at most the price", cart(("50", 2)), each("200"), "100.00"),
    reduced("one product only", cart(("30", 1), ("30", 1)), each("10", on={"sku": ["p0"]}), "10.00"),
    pos("two prices", cart(("50", 2), ("8", 3)), [each("10")], amounts=["80.00", "0.00"], discount="44.00"),
    reduced("the dearest piece", cart(("50", 1), ("30", 1)), each("10", most=1), "10.00"),
    reduced("one of three pieces", cart(("20", 3)), each("5", most=1), "5.00"),
    reduced("at least as many as there are", cart(("20", 2), ("15", 1)), each("5", most=10), "15.00"),
    reduced("two at 8.95", cart(("8.95", 2)), each("10"), "17.90"),
    reduced("a coupon of nothing", HUNDRED, pct(0), "0.00"),
    pos("two shares of 25", cart(("25", 1)), [pct(10), pct(20, "u")], discount="7.50"),
    pos("two shares of 25 in turn", cart(("25", 1)), [pct(10), pct(20, "u")], IN_TURN, discount="7.00"),
    pos("a share and a fixed cart", cart(("50", 1), ("50", 1)), [pct(10, "u"), fixed("5")], discount="15.00"),
    pos("a share and a fixed product", cart(("40", 2)), [pct(25, "u"), each("3")], discount="26.00"),
    pos("ten off, tax in the price", INCLUSIVE, [fixed("10")], total="95.00"),
    pos("three off, tax in the price", goods("18", "10"), [each("3")], total="15.00"),
    pos(
        "ten off, tax on top",
        [line("a", "50", tax=added("10"))],
        [fixed("10")],
        amounts=["40.00"],
        taxes={"10": "4.00"},
    ),
    pos(
        "half off, tax in the price",
        goods("22", "10"),
        [pct(50)],
        total="11.00",
        nets={"10": "10.00"},
        taxes={"10": "1.00"},
    ),
]

CASES = (*DISCOUNTS, *SALES, *CARTS, *TAXES, *POS)


@pytest.mark.parametrize("peer", CASES, ids=str)
def test_the_published_amounts(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
