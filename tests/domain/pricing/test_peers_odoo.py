from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, added, answer_of, found_of, included, line, promo

Goods = list[dict[str, Any]]

ODOO = {
    "choose": "sequence",
    "percent_of": "left",
    "percent_per": "rate",
    "order_percent_per": "rate",
    "tax_rounding": "line",
}
CABINET = line("cabinet", "320.00")
FREE_CABINET = promo(
    "free",
    "gift",
    buy=[{"of": {"sku": ["cabinet"]}, "qty": 3}],
    get={"of": {"sku": ["cabinet"]}},
    stack={"priority": 9},
)
TEN = promo("ten", "order_pct", pct=10)
MULTI = [
    line("cabinet", "100", 4, tax=added("15")),
    line("chair", "100", 3, tax=included("10")),
    line("bin", "100", 5),
    line("a", "100", 3, tax=included("35") + added("50")),
    line("drawer", "100", 2, tax=added("15")),
]


def cabinets(qty: int, mode: bool) -> dict[str, Any]:
    return CABINET | {"qty": qty, "tax": included("15") if mode else added("15")}


TWENTY = promo(
    "twenty",
    "pct",
    pct=20,
    on={"sku": ["cabinet"]},
    needs={"basket": [{"min_amount": "320", "tax": "without"}]},
)
DRAWERS = line("drawer", "25", 10)
ODOO_CASES = [
    Peer(
        "Odoo",
        "only what is paid is discounted",
        [CABINET | {"qty": 4}],
        [FREE_CABINET, TEN],
        ODOO,
        {"total": "864.00"},
    ),
    Peer("Odoo", "75 and 25 free", [CABINET | {"qty": 100}], [FREE_CABINET], ODOO, {"total": "24000.00"}),
    Peer("Odoo", "one global discount", [CABINET], [TEN], ODOO, {"total": "288.00"}),
    Peer(
        "Odoo", "320 with tax is below 320 without", [cabinets(1, True)], [TWENTY], ODOO, {"total": "320.00"}
    ),
    Peer(
        "Odoo",
        "320 without tax",
        [cabinets(1, False)],
        [TWENTY],
        ODOO,
        {"total": "294.40", "taxes": {"15": "38.40"}},
    ),
    Peer("Odoo", "on one kind only", [cabinets(1, False), DRAWERS], [TWENTY], ODOO, {"total": "544.40"}),
    Peer(
        "Odoo",
        "eight of ten are paid",
        [cabinets(8, False), DRAWERS],
        [TWENTY],
        ODOO,
        {"total": "2605.20", "taxes": {"15": "307.20"}},
    ),
    Peer(
        "Odoo",
        "several taxes, nothing off",
        MULTI,
        [],
        ODOO,
        {"total": "1901.11", "taxes": {"15": "90.00", "10": "27.27", "35": "77.78", "50": "111.11"}},
    ),
    Peer("Odoo", "10 percent of several taxes", MULTI, [TEN], ODOO, {"total": "1711.00"}),
    Peer(
        "Odoo",
        "20 percent of one kind after 10 of all",
        MULTI,
        [TEN, promo("twenty", "pct", pct=20, on={"sku": ["cabinet"]})],
        ODOO,
        {"total": "1628.20"},
    ),
]

WITH_TAX = ODOO | {"amounts": "with_tax", "tax_rounding": "total"}
THREE_EXCL = [line("chair", "100", tax=added("15")), line("bin", "100"), line("a", "100")]
THREE_INCL = [line("chair", "100", tax=included("10")), line("bin", "100"), line("a", "100")]
CHAIR = line("chair", "16.50")
STEPS = promo(
    "steps",
    "spend_tier",
    by="amount",
    steps=[
        {"least": "1500", "pct": 10},
        {"least": "1750", "pct": 15},
        {"least": "2000", "pct": 20},
        {"least": "2500", "pct": 25},
    ],
)


def off(amount: str, **more: Any) -> dict[str, Any]:
    return promo(f"off{amount}", "order_amount", amount=amount, **more)


def first(promotion: dict[str, Any]) -> dict[str, Any]:
    return promotion | {"stack": {"priority": 9}}


def odoo(name: str, basket: Goods, promotions: Goods, policy: dict[str, Any], **wanted: Any) -> Peer:
    return Peer("Odoo", name, basket, promotions, policy, wanted)


HUNDRED = off("100", needs={"basket": [{"min_amount": "100"}]})
CHAIRS_DRAWERS = [CHAIR | {"qty": 4}, line("drawer", "25", 2)]
TWO_KINDS = promo("p", "pct", pct=25, on={"sku": ["chair", "drawer"]})
ODOO_AMOUNTS = [
    odoo("249 off 25", [line("drawer", "25", tax=added("0"))], [off("249")], ODOO, total="0.00"),
    odoo("249 off 425", [line("drawer", "25", 17, tax=added("0"))], [off("249")], ODOO, total="176.00"),
    odoo("100 off 165", [CHAIR | {"qty": 10}], [HUNDRED], ODOO, total="65.00"),
    odoo("100 off from 100 on", [CHAIR | {"qty": 5}], [HUNDRED], ODOO, total="82.50"),
    odoo(
        "a coupon and a program",
        [CHAIR | {"qty": 15}],
        [HUNDRED, promo("coupon", "order_amount", amount="100")],
        ODOO,
        total="47.50",
    ),
    odoo("10 percent, tax on top", THREE_EXCL, [TEN], WITH_TAX, total="283.50"),
    odoo("10 percent, then 288.50", THREE_EXCL, [first(TEN), off("288.5")], WITH_TAX, total="0.00"),
    odoo("288.50 with tax", THREE_EXCL, [off("288.5")], WITH_TAX, total="26.50"),
    odoo(
        "288.50, then 10 percent",
        THREE_EXCL,
        [first(off("288.5")), TEN],
        WITH_TAX,
        total="23.85",
        taxes={"15": "1.14"},
    ),
    odoo(
        "the best of both orders",
        THREE_EXCL,
        [first(off("288.5")), TEN],
        WITH_TAX | {"sequence_order": "free"},
        total="0.00",
    ),
    odoo("10 percent, tax in the price", THREE_INCL, [TEN], ODOO, total="270.00"),
    odoo("10 percent, then 290", THREE_INCL, [first(TEN), off("290")], ODOO, total="0.00"),
    odoo("290", THREE_INCL, [off("290")], ODOO, total="10.00"),
    odoo(
        "290, then 10 percent",
        THREE_INCL,
        [first(off("290")), TEN],
        ODOO,
        total="9.00",
        taxes={"10": "0.27"},
    ),
    odoo(
        "20 percent, 200 with tax at most",
        [cabinets(8, False), DRAWERS],
        [promo("p", "pct", pct=20, on={"sku": ["cabinet"]}, limits={"max_discount": "200"})],
        WITH_TAX,
        total="2994.00",
        taxes={"15": "357.91"},
    ),
    odoo("25 percent of two kinds", CHAIRS_DRAWERS, [TWO_KINDS], ODOO, total="87.00"),
    odoo(
        "25 percent of one of them",
        CHAIRS_DRAWERS,
        [promo("p", "pct", pct=25, on={"sku": ["chair"]})],
        ODOO,
        total="99.50",
    ),
    odoo(
        "25 percent of two kinds, one taxed",
        [CHAIRS_DRAWERS[0], CHAIRS_DRAWERS[1] | {"tax": included("30")}],
        [TWO_KINDS],
        ODOO,
        total="87.00",
        nets={"30": "28.85"},
    ),
    odoo("14 of 118", [line("t", "118", 14)], [STEPS], ODOO, total="1486.80"),
    odoo("17 of 118", [line("t", "118", 17)], [STEPS], ODOO, total="1604.80"),
]

CASES = (*ODOO_CASES, *ODOO_AMOUNTS)


@pytest.mark.parametrize("peer", CASES, ids=str)
def test_the_published_result(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
