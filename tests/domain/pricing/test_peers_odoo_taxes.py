"""Odoo's own tests of taxes: rates in the price and on top, fixed, on each other, as shares of the price.

The facts and figures of test_taxes_computation, test_tax and test_account_invoice_rounding. Odoo rounds the
tax of a line ("line") or, in releases before 17, the net and lets the tax be the rest ("line_kept"); what it
leaves unrounded ("round_globally") is looked at with six or more decimals.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.odoo_taxes import EIGHT, HALF_COINS, IN, OF_PRICE, Tax, fixed, odoo, tax
from tests.domain.pricing.peers import Peer, answer_of, found_of

GLOBALLY: dict[str, Any] = {"digits": 6}
FIVE_DIVISIONS = {"1": "5", "2": "3", "3": "0.65", "4": "9", "5": "15"}
FIFTEEN = [tax("15", "15"), tax("5.5", "5.5", **IN)]
BE1, BE2, BE3 = fixed("1", "1"), tax("21", "2"), fixed("2", "3")


def belgian(name: str, price: str, taxes: list[Tax], total: str, net: str, third: str = "2.00") -> Peer:
    """A fixed tax, 21 %, and another fixed one."""
    return odoo(
        f"fixed taxes for Belgium: {name}",
        price,
        taxes,
        total,
        {"1": "1.00", "2": "21.00", "3": third},
        net=net,
    )


def indian(
    name: str, price: str, taxes: list[Tax], total: str, amounts: tuple[str, str, str], digits: int = 2
) -> Peer:
    """Two equal rates and a third."""
    named = dict(zip(("1", "2", "3"), amounts, strict=True))
    return odoo(f"rates for India: {name}", price, taxes, total, named, digits=digits)


COMPUTATION = [
    odoo(
        "taxes ordering",
        "200",
        [tax("10", "d", **OF_PRICE), fixed("10"), tax("10", "p")],
        "252.22",
        {"d": "22.22", "f": "10.00", "p": "20.00"},
        net="200.00",
    ),
    odoo(
        "taxes ordering, groups in the price",
        "124.4",
        [tax("0", "0", **IN), tax("8", "8", **IN)],
        "124.40",
        {"0": "0.00", "8": "9.21"},
        net="115.19",
    ),
    odoo("taxes filtering", "100", [tax("10")], "110.00", {"t": "10.00"}, net="100.00"),
    odoo("case 1", "124.40", EIGHT, "124.40", {"8": "9.21", "0": "0.00"}, net="115.19"),
    odoo(
        "case 1, globally",
        "124.40",
        EIGHT,
        "124.400000",
        {"8": "9.214815", "0": "0.000000"},
        net="115.185185",
        **GLOBALLY,
    ),
    *(
        odoo(
            f"case 2, steps of 0.05: {price}",
            price,
            [tax("5", **IN)],
            f"{price}.00",
            {"t": off},
            net=net,
            **HALF_COINS,
        )
        for price, off, net in (("5", "0.25", "4.75"), ("10", "0.50", "9.50"), ("50", "2.40", "47.60"))
    ),
    *(
        odoo(
            f"case 2, globally: {price}",
            price,
            [tax("5", **IN)],
            f"{price}.000000",
            {"t": off},
            net=net,
            **GLOBALLY,
        )
        for price, off, net in (
            ("5", "0.238095", "4.761905"),
            ("10", "0.476190", "9.523810"),
            ("50", "2.380952", "47.619048"),
        )
    ),
    odoo("case 3", "2300", FIFTEEN, "2627.01", {"15": "327.01", "5.5": "119.91"}, net="2180.09"),
    odoo(
        "case 3, globally",
        "2300",
        FIFTEEN,
        "2627.014218",
        {"15": "327.014218", "5.5": "119.905213"},
        net="2180.094787",
        **GLOBALLY,
    ),
    odoo("case 4", "52.50", [tax("12", **IN)], "52.50", {"t": "5.63"}, net="46.87"),
    odoo(
        "case 4, globally",
        "52.50",
        [tax("12", **IN)],
        "52.500000",
        {"t": "5.625000"},
        net="46.875000",
        **GLOBALLY,
    ),
    odoo("case 5, on top", "22689", [tax("19")], "27000", {"t": "4311"}, net="22689", digits=0),
    odoo("case 5, on top, the second", "9176", [tax("19")], "10919", {"t": "1743"}, net="9176", digits=0),
    odoo("case 5, in the price", "27000", [tax("19", **IN)], "27000", {"t": "4311"}, net="22689", digits=0),
    odoo(
        "case 5, in the price, the second",
        "10920",
        [tax("19", **IN)],
        "10920",
        {"t": "1744"},
        net="9176",
        digits=0,
    ),
    odoo("case 5, globally", "22689", [tax("19")], "26999.91", {"t": "4310.91"}, net="22689.00"),
    odoo("case 5, globally, the second", "9176", [tax("19")], "10919.44", {"t": "1743.44"}, net="9176.00"),
    odoo(
        "case 5, globally, in the price",
        "27000",
        [tax("19", **IN)],
        "27000.00000",
        {"t": "4310.92437"},
        net="22689.07563",
        digits=5,
    ),
    odoo(
        "case 5, globally, in the price, the second",
        "10920",
        [tax("19", **IN)],
        "10920.000000",
        {"t": "1743.529412"},
        net="9176.470588",
        **GLOBALLY,
    ),
    odoo(
        "case 6",
        "399.999999",
        [tax("20", **IN)],
        "399.999999",
        {"t": "66.666667"},
        net="333.333332",
        digits=6,
    ),
    odoo(
        "case 6, globally",
        "399.999999",
        [tax("20", **IN)],
        "399.9999990",
        {"t": "66.6666665"},
        net="333.3333325",
        digits=7,
    ),
    odoo("case 7", "11.90", [tax("21", **IN)], "11.90", {"t": "2.07"}, net="9.83"),
    odoo("case 7, the second", "2.80", [tax("21", **IN)], "2.80", {"t": "0.49"}, net="2.31"),
    odoo(
        "case 7, six decimals",
        "7",
        [tax("21", **IN)],
        "7.000000",
        {"t": "1.214876"},
        net="5.785124",
        **GLOBALLY,
    ),
    odoo(
        "case 7, globally",
        "11.90",
        [tax("21", **IN)],
        "11.900000",
        {"t": "2.065289"},
        net="9.834711",
        **GLOBALLY,
    ),
    odoo(
        "case 7, globally, the second",
        "2.80",
        [tax("21", **IN)],
        "2.80000",
        {"t": "0.48595"},
        net="2.31405",
        digits=5,
    ),
    odoo(
        "case 8, a tax withheld",
        "50",
        [tax("-20", "w"), tax("4", "4"), tax("22", "22", on=["4"])],
        "53.44",
        {"w": "-10.00", "4": "2.00", "22": "11.44"},
        net="50.00",
    ),
    odoo(
        "case 9, all of the price",
        "100",
        [tax("100", **IN, **OF_PRICE)],
        "100.00",
        {"t": "100.00"},
        net="0.00",
    ),
    *(
        odoo(
            f"case 10, reverse charge, {word}",
            "100",
            [tax("21", "+", **where), tax("-21", "-", **where)],
            "100.00",
            {"+": "21.00", "-": "-21.00"},
            net="100.00",
        )
        for word, where in (("on top", {}), ("in the price", IN))
    ),
    indian(
        "beside each other",
        "100",
        [tax("6", "1"), tax("6", "2"), tax("3", "3")],
        "115.00",
        ("6.00", "6.00", "3.00"),
    ),
    indian(
        "both others on the first",
        "100",
        [tax("6", "1"), tax("6", "2", level=1), tax("3", "3", level=1)],
        "115.54",
        ("6.00", "6.36", "3.18"),
    ),
    indian(
        "only the third on the first",
        "100",
        [tax("6", "1"), tax("6", "2"), tax("3", "3", on=["1"])],
        "115.18",
        ("6.00", "6.00", "3.18"),
    ),
    indian(
        "each on the ones before",
        "100",
        [tax("6", "1"), tax("6", "2", level=1), tax("3", "3", level=2)],
        "115.7308",
        ("6.0000", "6.3600", "3.3708"),
        digits=4,
    ),
    indian(
        "the third on both",
        "100",
        [tax("6", "1"), tax("6", "2"), tax("3", "3", level=1)],
        "115.36",
        ("6.00", "6.00", "3.36"),
    ),
    indian(
        "both in the price, the third on both",
        "112",
        [tax("6", "1", **IN), tax("6", "2", **IN), tax("3", "3", level=1)],
        "115.36",
        ("6.00", "6.00", "3.36"),
    ),
    odoo(
        "rates for India: two alike in 17.79",
        "17.79",
        [tax("6", "1", **IN), tax("6", "2", **IN)],
        "17.790000",
        {"1": "0.953036", "2": "0.953036"},
        **GLOBALLY,
    ),
    odoo(
        "rates for India: two alike in 200",
        "200",
        [tax("6", "1", **IN), tax("6", "2", **IN)],
        "200.000000",
        {"1": "10.714286", "2": "10.714286"},
        **GLOBALLY,
    ),
    indian(
        "the first in the price, the third on it",
        "106",
        [tax("6", "1", **IN), tax("6", "2"), tax("3", "3", on=["1"])],
        "115.18",
        ("6.00", "6.00", "3.18"),
    ),
    indian(
        "the first in the price, both on it",
        "106",
        [tax("6", "1", **IN), tax("6", "2", level=1), tax("3", "3", level=1)],
        "115.54",
        ("6.00", "6.36", "3.18"),
    ),
    indian(
        "the first in the price, none on it",
        "106",
        [tax("6", "1", **IN), tax("6", "2"), tax("3", "3")],
        "115.00",
        ("6.00", "6.00", "3.00"),
    ),
    # Odoo adds the taxes up before it rounds, and prints 48.00297.
    odoo(
        "shares of the price for Brazil, on top",
        "32.33",
        [tax(rate, name, **OF_PRICE) for name, rate in FIVE_DIVISIONS.items()],
        "48.002968",
        {"1": "2.400148", "2": "1.440089", "3": "0.312019", "4": "4.320267", "5": "7.200445"},
        **GLOBALLY,
    ),
    odoo(
        "shares of the price for Brazil, in it",
        "48",
        [tax(rate, name, **OF_PRICE, **IN) for name, rate in FIVE_DIVISIONS.items()],
        "48.000",
        {"1": "2.400", "2": "1.440", "3": "0.312", "4": "4.320", "5": "7.200"},
        net="32.328",
        digits=3,
    ),
    odoo(
        "fixed taxes for Belgium: five pieces",
        "20",
        [BE1, BE2, BE3],
        "136.00",
        {"1": "5.00", "2": "21.00", "3": "10.00"},
        net="100.00",
        qty=5,
    ),
    odoo(
        "fixed taxes for Belgium: five pieces, the share on the first",
        "19",
        [BE1, BE2 | {"on": ["1"]}, BE3],
        "131.00",
        {"1": "5.00", "2": "21.00", "3": "10.00"},
        net="95.00",
        qty=5,
    ),
    belgian("the share in the price", "120", [BE1, BE2 | IN | {"on": ["1"]}, BE3], "123.00", "99.00"),
    belgian("a fixed tax beside", "121", [BE1, BE2 | IN, BE3], "124.00", "100.00"),
    belgian("all on top", "100", [BE1, BE2, BE3], "124.00", "100.00"),
    belgian("two in the price", "122", [BE1 | IN, BE2 | IN, BE3], "124.00", "100.00"),
    belgian(
        "two in the price, on each other", "121", [BE1 | IN, BE2 | IN | {"on": ["1"]}, BE3], "123.00", "99.00"
    ),
]


@pytest.mark.parametrize("peer", COMPUTATION, ids=str)
def test_the_published_tax(peer: Peer) -> None:
    found = found_of(peer, answer_of(peer))
    # Of several taxes each falls on what it falls on; the net that is stated is that of the line.
    assert found == peer.wanted
