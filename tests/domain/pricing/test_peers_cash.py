"""Cash rounding as Odoo's till and the public rules of countries have it: sales, a part by card, returns.

The facts and figures of Odoo's test_pos_cash_rounding, and of the tables of central banks and authorities: CH
0.05, SE, NO and CZ 1, DK 0.50, HU 5, CA and AU 0.05, NZ 0.10, the euro's 0.05 in FI, NL, BE and IE, AE 0.25.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from posapp.domain.pricing.cases.answer import refund_answer
from posapp.domain.pricing.cases.reading import read_case
from posapp.domain.pricing.cases.running import price_case, refund_of
from tests.domain.pricing.peers import Peer, added, answer_of, found_of, line

PRODUCT = [line("product", "13.67", tax=added("15"))]


def odoo(mode: str, otherwise: str, total: str, rounding: str) -> Peer:
    """15.72 with tax, part of it by card."""
    return Peer(
        "Odoo",
        f"15.72 {mode}, {otherwise} by card",
        PRODUCT,
        [],
        {"cash": {"step": "0.05", "mode": mode}, "tax_rounding": "line"},
        {"total": total, "rounding": rounding, "tax_added": "2.05"},
        {"paid_otherwise": otherwise},
    )


TILL = [
    odoo("half_up", "0", "15.70", "-0.02"),
    odoo("half_up", "0.68", "15.73", "0.01"),
    odoo("down", "0.67", "15.72", "0.00"),
    odoo("down", "0.68", "15.68", "-0.04"),
    odoo("up", "0.69", "15.74", "0.02"),
]
ON_TAX = Peer(
    "Odoo",
    "15.72 on the largest tax",
    PRODUCT,
    [],
    {"cash": {"step": "0.05"}, "cash_to": "largest_tax", "tax_rounding": "line"},
    {"total": "15.70", "rounding": "0.00", "taxes": {"15": "2.03"}},
)

#: Country, currency: what is due and what is paid in cash.
TABLES = {
    ("CH", "CHF"): "1.00:1.00 1.02:1.00 1.03:1.05 1.07:1.05 1.08:1.10 19.97:19.95 19.98:20.00",
    ("SE", "SEK"): "10.49:10.00 10.50:11.00 99.49:99.00 99.50:100.00",
    ("NO", "NOK"): "10.49:10.00 10.50:11.00 10.99:11.00",
    ("DK", "DKK"): "10.24:10.00 10.25:10.50 10.74:10.50 10.75:11.00",
    (
        "HU",
        "HUF",
    ): "1001:1000.00 1002:1000.00 1003:1005.00 1004:1005.00 1006:1005.00 1007:1005.00 1008:1010.00"
    " 1009:1010.00",
    ("CA", "CAD"): "1.01:1.00 1.02:1.00 1.03:1.05 1.04:1.05 1.06:1.05 1.07:1.05 1.08:1.10 1.09:1.10",
    ("AU", "AUD"): "2.01:2.00 2.02:2.00 2.03:2.05 2.04:2.05 2.06:2.05 2.07:2.05 2.08:2.10 2.09:2.10",
    ("NZ", "NZD"): "3.01:3.00 3.04:3.00 3.05:3.00 3.06:3.10 3.09:3.10",
    ("NZ-up", "NZD"): "3.04:3.00 3.05:3.10 3.06:3.10",
    ("CZ", "CZK"): "19.49:19.00 19.50:20.00",
    ("FI", "EUR"): "9.91:9.90 9.92:9.90 9.93:9.95 9.94:9.95 9.96:9.95 9.97:9.95 9.98:10.00 9.99:10.00",
    ("NL", "EUR"): "9.92:9.90 9.93:9.95 9.97:9.95 9.98:10.00",
    ("BE", "EUR"): "9.92:9.90 9.93:9.95 9.97:9.95 9.98:10.00",
    ("IE", "EUR"): "9.92:9.90 9.93:9.95 9.97:9.95 9.98:10.00",
    ("AE", "AED"): "10.12:10.00 10.13:10.25 10.37:10.25 10.38:10.50",
}


def public() -> list[Peer]:
    """Every row of the tables, and what is taken back rounded as what is sold."""
    found = []
    for (place, currency), rows in TABLES.items():
        for row in rows.split():
            due, _, paid = row.partition(":")
            for qty, sign in ((1, ""), (-1, "-")):
                found.append(
                    Peer(
                        "public rule",
                        f"{place}: {sign}{due}",
                        [line("a", due, qty)],
                        [],
                        {"cash": place},
                        {"total": f"{sign}{paid}"},
                        {"currency": currency},
                    )
                )
    return found


@pytest.mark.parametrize("peer", [*TILL, ON_TAX, *public()], ids=str)
def test_what_is_paid_in_cash(peer: Peer) -> None:
    assert found_of(peer, answer_of(peer)) == peer.wanted


@pytest.mark.parametrize("peer", TILL, ids=str)
def test_a_full_return_gives_back_what_was_paid(peer: Peer) -> None:
    case = read_case(json.dumps(peer.document))
    priced = price_case(case)
    document = refund_answer(case, priced, refund_of(case, priced, [{"product": 1}]))
    found = {key: document[key] for key in ("total", "rounding")}
    assert found == {key: peer.wanted[key] for key in ("total", "rounding")}
    assert document["tax"][0]["amount"] == "2.05"


def refunded(basket: list[dict[str, Any]], policy: dict[str, Any], *returns: dict[str, int]) -> list[str]:
    """What each return gives back, the earlier ones before it."""
    case = read_case(json.dumps({"currency": "CHF", "basket": basket, "policy": policy}))
    priced = price_case(case)
    steps = [list(returns[: number + 1]) for number in range(len(returns))]
    return [refund_answer(case, priced, refund_of(case, priced, step))["total"] for step in steps]


def test_returns_of_a_rounded_sale_add_up() -> None:
    # 3 × 3.33 = 9.99, paid 10.00: three returns give 3.35, 3.30 and 3.35.
    parts = refunded([line("a", "3.33", 3)], {"cash": "CH"}, {"a": 1}, {"a": 1}, {"a": 1})
    assert parts == ["3.35", "3.30", "3.35"]
