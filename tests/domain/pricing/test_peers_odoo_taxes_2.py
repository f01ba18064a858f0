"""Odoo's tests of taxes of earlier releases and of orders, and those of cash rounding on invoices.

The facts and figures of test_tax, test_account_invoice_rounding and test_account_move_out_invoice.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.odoo_taxes import EIGHT, HALF_COINS, IN, OF_PRICE, fixed, odoo, tax
from tests.domain.pricing.peers import Peer, answer_of, found_of, line

BEFORE_17: dict[str, Any] = {"tax_rounding": "line_kept"}

EARLIER = [
    odoo(
        "fixed tax, -10 taken back twice",
        "-10",
        [fixed("1", "1")],
        "22.00",
        {"1": "2.00"},
        net="20.00",
        qty=-2,
    ),
    odoo("fixed tax, two of -10", "-10", [fixed("1", "1")], "-22.00", {"1": "-2.00"}, net="-20.00", qty=2),
    odoo(
        "fixed tax, one of nothing taken back",
        "0",
        [fixed("1", "1")],
        "-1.00",
        {"1": "-1.00"},
        net="0.00",
        qty=-1,
    ),
    odoo("fixed tax, one of nothing", "0", [fixed("1", "1")], "1.00", {"1": "1.00"}, net="0.00"),
    odoo(
        "group of groups",
        "200",
        [fixed("10", "f1"), tax("10", "p1", on=["f1"]), fixed("10", "f2"), tax("10", "p2", on=["f1", "f2"])],
        "263.00",
        {"f1": "10.00", "p1": "21.00", "f2": "10.00", "p2": "22.00"},
    ),
    odoo("group", "200", [fixed("10"), tax("10", "p")], "230.00", {"f": "10.00", "p": "20.00"}, net="200.00"),
    odoo(
        "two rates in the price",
        "100",
        [tax("10", "1", **IN), tax("10", "2", **IN)],
        "100.00",
        {"1": "8.33", "2": "8.34"},
        net="83.33",
        **BEFORE_17,
    ),
    odoo(
        "share of the price, in it",
        "200",
        [tax("10", **IN, **OF_PRICE)],
        "200.00",
        {"t": "20.00"},
        net="180.00",
    ),
    odoo("percent on top", "100", [tax("10")], "110.00", {"t": "10.00"}, net="100.00"),
    odoo(
        "share of the price, on top", "180", [tax("10", **OF_PRICE)], "200.00", {"t": "20.00"}, net="180.00"
    ),
    odoo("percent in the price", "110", [tax("10", **IN)], "110.00", {"t": "10.00"}, net="100.00"),
    odoo("21 percent in 7", "7", [tax("21", **IN)], "7.00", {"t": "1.21"}, net="5.79", **BEFORE_17),
    odoo(
        "a fixed tax on which the share stands",
        "200",
        [fixed("10"), tax("10", "p", level=1)],
        "231.00",
        {"f": "10.00", "p": "21.00"},
    ),
    odoo(
        "a fixed tax in the price of two",
        "100",
        [fixed("10", **IN)],
        "200.00",
        {"f": "20.00"},
        net="180.00",
        qty=2,
    ),
    odoo(
        "20 percent in 399.99",
        "399.99",
        [tax("20", **IN)],
        "399.99",
        {"t": "66.66"},
        net="333.33",
        **BEFORE_17,
    ),
    odoo(
        "six decimals",
        "399.999999",
        [tax("20", **IN)],
        "399.999999",
        {"t": "66.666666"},
        net="333.333333",
        digits=6,
        **BEFORE_17,
    ),
    odoo(
        "share of the price, four decimals",
        "200",
        [tax("15", **OF_PRICE)],
        "235.2941",
        {"t": "35.2941"},
        net="200.0000",
        digits=4,
    ),
    odoo("12 percent in 52.50", "52.50", [tax("12", **IN)], "52.50", {"t": "5.62"}, net="46.88", **BEFORE_17),
    *(
        odoo(
            f"eight at 15.55, {word}",
            "15.55",
            taxes,
            "124.40",
            {"8": "9.21", "0": "0.00"},
            net="115.19",
            qty=8,
        )
        for word, taxes in (("8 % first", EIGHT), ("8 % last", EIGHT[::-1]))
    ),
    *(
        odoo(
            f"steps of 0.05, the net rounded: {price}",
            price,
            [tax("5", **IN)],
            f"{price}.00",
            {"t": off},
            net=net,
            **HALF_COINS,
            **BEFORE_17,
        )
        for price, off, net in (("5", "0.25", "4.75"), ("10", "0.50", "9.50"), ("50", "2.40", "47.60"))
    ),
    odoo(
        "19 percent in 27000",
        "27000",
        [tax("19", **IN)],
        "27000",
        {"t": "4311"},
        net="22689",
        digits=0,
        **BEFORE_17,
    ),
    odoo(
        "19 percent in 10920",
        "10920",
        [tax("19", **IN)],
        "10920",
        {"t": "1744"},
        net="9176",
        digits=0,
        **BEFORE_17,
    ),
    odoo(
        "a tax that stands on none",
        "100",
        [tax("6", "1"), tax("6", "2"), tax("10", "3", level=1)],
        "123.20",
        {"1": "6.00", "2": "6.00", "3": "11.20"},
    ),
    odoo(
        "taxes on a tax, below 0",
        "-132",
        [
            tax("10", "1", **IN),
            tax("10", "2", level=1),
            tax("10", "3", level=1, **IN),
            tax("10", "4", level=1),
            tax("10", "5", level=1, **IN),
        ],
        "-154.00",
        {"1": "-10.00", "2": "-11.00", "3": "-11.00", "4": "-11.00", "5": "-11.00"},
    ),
    odoo(
        "reverse charge below 0",
        "-100",
        [tax("21", "+"), tax("-21", "-")],
        "-100.00",
        {"+": "-21.00", "-": "21.00"},
    ),
    odoo(
        "42 percent that cancels out",
        "100",
        [tax("42", "+", **IN), tax("-42", "-", **IN)],
        "100.00",
        {"+": "42.00", "-": "-42.00"},
    ),
    odoo("six halves of 3 percent", "1", [tax("9")], "1.09", {"t": "0.09"}),
]


def invoice(name: str, price: str, step: str, mode: str, total: str, rounding: str) -> Peer:
    """Cash rounding as a line of its own."""
    return Peer(
        "Odoo",
        f"cash rounding, {name}",
        [line("a", price)],
        [],
        {"cash": {"step": step, "mode": mode}},
        {"total": total, "rounding": rounding},
    )


def on_tax(name: str, price: str, own: str, step: str, mode: str, tax_amount: str) -> Peer:
    """Cash rounding on the largest tax."""
    return Peer(
        "Odoo",
        f"cash rounding on the tax, {name}",
        [line("a", price, tax=[fixed(own)])],
        [],
        {"cash": {"step": step, "mode": mode}, "cash_to": "largest_tax"},
        {"rounding": "0.00", "taxes": {"f": tax_amount}, "amounts": [f"{price}0"]},
    )


CASH = [
    invoice("up to 0.50", "100.2", "0.50", "up", "100.50", "0.30"),
    invoice("down to 1", "100.9", "1", "down", "100.00", "-0.90"),
    invoice("half up to 1", "100.5", "1", "half_up", "101.00", "0.50"),
    on_tax("up to 0.50", "100.2", "1", "0.50", "up", "1.30"),
    on_tax("down to 1", "100.9", "2", "1", "down", "1.10"),
    on_tax("half up to 1", "100.5", "1", "1", "half_up", "1.50"),
]


@pytest.mark.parametrize("peer", [*EARLIER, *CASH], ids=str)
def test_the_published_tax(peer: Peer) -> None:
    found = found_of(peer, answer_of(peer))
    # Of several taxes each falls on what it falls on; the net that is stated is that of the line.
    assert found == peer.wanted
