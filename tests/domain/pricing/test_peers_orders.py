from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, added, answer_of, found_of, included, line, promo

Goods = list[dict[str, Any]]

SOLIDUS = {"choose": "sequence", "percent_of": "left", "percent_per": "line", "sharing": "truncate_from_end"}
SHIRT_PANTS = [line("shirt", "19.99"), line("pants", "19.99")]


def lanes(threshold: str) -> Goods:
    return [
        promo("shirts", "pct", pct=20, on={"sku": ["shirt"]}),
        promo(
            "post",
            "order_amount",
            amount="10",
            needs={"judged_on": "after_items", "basket": [{"min_amount": threshold}]},
        ),
    ]


THIRTY_FORTY = [line("shirt", "30"), line("pants", "40")]
SOLIDUS_CASES = [
    Peer(
        "Solidus",
        "all goods where a shirt is bought",
        SHIRT_PANTS,
        [promo("p", "pct", pct=20, needs={"basket": [{"of": {"sku": ["shirt"]}, "min_qty": 1}]})],
        SOLIDUS,
        {"total": "31.98", "goods": "39.98"},
    ),
    Peer(
        "Solidus",
        "shirts only",
        SHIRT_PANTS,
        [promo("p", "pct", pct=20, on={"sku": ["shirt"]})],
        SOLIDUS,
        {"total": "35.98"},
    ),
    Peer(
        "Solidus",
        "a gift for a shirt",
        [*SHIRT_PANTS, line("goodie", "4")],
        [promo("p", "gift", buy=[{"of": {"sku": ["shirt"]}}], get={"of": {"sku": ["goodie"]}})],
        SOLIDUS | {"share_over": "reduced"},
        {"total": "39.98", "goods": "43.98", "amounts": ["19.99", "19.99", "0.00"]},
    ),
    Peer(
        "Solidus",
        "two shirts, two gifts",
        [line("shirt", "19.99", 2), line("pants", "19.99"), line("goodie", "4", 2)],
        [promo("p", "gift", buy=[{"of": {"sku": ["shirt"]}}], get={"of": {"sku": ["goodie"]}})],
        SOLIDUS,
        {"total": "59.97", "goods": "67.97"},
    ),
    Peer("Solidus", "lane after lane", THIRTY_FORTY, lanes("60"), SOLIDUS, {"total": "54.00"}),
    Peer("Solidus", "below after the first lane", THIRTY_FORTY, lanes("68"), SOLIDUS, {"total": "64.00"}),
    Peer(
        "Solidus",
        "distributed over one line",
        [line("a", "100")],
        [promo("p", "order_amount", amount="15")],
        SOLIDUS,
        {"amounts": ["85.00"]},
    ),
    Peer(
        "Solidus",
        "distributed evenly",
        [line(n, "50") for n in "abc"],
        [promo("p", "order_amount", amount="15")],
        SOLIDUS,
        {"amounts": ["45.00"] * 3},
    ),
    Peer(
        "Solidus",
        "the last takes the rest",
        [line(n, "50") for n in "abc"],
        [promo("p", "order_amount", amount="10")],
        SOLIDUS | {"sharing": "last_takes_rest"},
        {"amounts": ["46.67", "46.67", "46.66"]},
    ),
    Peer(
        "Solidus",
        "by price",
        [line("a", "50", 3), line("b", "50"), line("c", "50", 2)],
        [promo("p", "order_amount", amount="15")],
        SOLIDUS,
        {"amounts": ["142.50", "47.50", "95.00"]},
    ),
]

ODOO = {"choose": "sequence", "percent_of": "left", "order_percent_per": "rate", "tax_rounding": "line"}
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

ERPNEXT = {"choose": "sequence", "stacking": "single", "percent_of": "list"}
ITEM = line("item", "100")
ERPNEXT_CASES = [
    Peer(
        "ERPNext", "discount of an item", [ITEM], [promo("r", "pct", pct=10)], ERPNEXT, {"amounts": ["90.00"]}
    ),
    Peer(
        "ERPNext",
        "the customer's own comes first",
        [ITEM],
        [
            promo("r", "pct", pct=10, on={"sku": ["item"]}),
            promo("c", "pct", pct=20, on={"sku": ["item"]}, who={"member_ids": ["c"]}, stack={"priority": 1}),
        ],
        ERPNEXT,
        {"amounts": ["80.00"]},
        {"member": "c"},
    ),
    Peer(
        "ERPNext",
        "another customer has the item's",
        [ITEM],
        [
            promo("r", "pct", pct=10, on={"sku": ["item"]}),
            promo("c", "pct", pct=20, on={"sku": ["item"]}, who={"member_ids": ["c"]}, stack={"priority": 1}),
        ],
        ERPNEXT,
        {"amounts": ["90.00"]},
        {"member": "d"},
    ),
    Peer(
        "ERPNext",
        "a campaign by priority",
        [ITEM],
        [promo("r", "pct", pct=10), promo("k", "pct", pct=5, stack={"priority": 8})],
        ERPNEXT,
        {"amounts": ["95.00"]},
    ),
    Peer(
        "ERPNext",
        "from five to seven",
        [ITEM | {"qty": 5}],
        [promo("r", "pct", pct="17.5", needs={"basket": [{"min_qty": 5, "max_qty": 7}]})],
        ERPNEXT,
        {"shares": [["82.50"] * 5]},
    ),
    Peer(
        "ERPNext",
        "ten are too many",
        [ITEM | {"qty": 10}],
        [promo("r", "pct", pct="17.5", needs={"basket": [{"min_qty": 5, "max_qty": 7}]})],
        ERPNEXT,
        {"shares": [["100.00"] * 10]},
    ),
]

MEDUSA = {"choose": "sequence", "tax_rounding": "total"}
MEDUSA_CASES = [
    Peer(
        "Medusa",
        "items and taxes",
        [line("a", "30", 2, tax=added("10")), line("b", "5", tax=added("50"))],
        [],
        MEDUSA,
        {"total": "73.50", "taxes": {"10": "6.00", "50": "2.50"}},
    ),
    Peer(
        "Medusa",
        "an adjustment lowers the tax",
        [line("a", "50", 2, tax=added("10"))],
        [promo("p", "order_amount", amount="10")],
        MEDUSA,
        {"total": "99.00", "taxes": {"10": "9.00"}},
    ),
    Peer(
        "Medusa",
        "the same goods with and without tax in the price",
        [line("a", "50", 2, tax=included("10")), line("b", "50", 2, tax=[added("10")[0] | {"id": "10+"}])],
        [],
        MEDUSA,
        {"total": "210.00", "taxes": {"10": "9.09", "10+": "10.00"}},
    ),
    Peer(
        "Medusa",
        "items and shipping, both reduced",
        [line("a", "50", 2, tax=added("10")), line("ship", "25", tax=added("10"))],
        [
            promo("p", "order_amount", amount="20", on={"sku": ["a"]}),
            promo("s", "order_amount", amount="2", on={"sku": ["ship"]}),
        ],
        MEDUSA,
        {"total": "113.30", "taxes": {"10": "10.30"}},
    ),
]

SYLIUS = {"choose": "sequence", "percent_of": "left"}
#: What a list gives, and what was possible with the same promotions.
BEST_CASES = [
    Peer(
        "Vendure",
        "750 by the list",
        [line("a", "500", 2), line("b", "500")],
        [
            promo("two", "nth", n=2, pct=50, on={"sku": ["a"]}, stack={"agrees": ["*"]}),
            promo("ten", "order_pct", pct=10, needs={"basket": [{"min_amount": "1000"}]}),
        ],
        {},
        {"total": "1125.00"},
    ),
    Peer(
        "pretix",
        "splitting would be cheaper: 150, not 240 or 230",
        [line(n, "100") for n in "abc"],
        [promo("three", "n_pct", n=3, pct=20), promo("half", "nth", n=1, pct=50)],
        {},
        {"total": "150.00"},
    ),
    Peer(
        "POS Awesome",
        "90, not 95",
        [line("a", "100")],
        [
            promo("specific", "pct", pct=5, on={"sku": ["a"]}, stack={"priority": 2}),
            promo("general", "pct", pct=10, stack={"priority": 1}),
        ],
        {},
        {"total": "90.00"},
    ),
    Peer(
        "Sylius",
        "the best of two orders",
        [line("pug", "100")],
        [promo("cebula", "order_amount", amount="10"), promo("santa", "order_pct", pct=20)],
        SYLIUS | {"sequence_order": "free"},
        {"total": "70.00"},
    ),
]

CASES = (*SOLIDUS_CASES, *ODOO_CASES, *ERPNEXT_CASES, *MEDUSA_CASES, *BEST_CASES)


@pytest.mark.parametrize("peer", CASES, ids=str)
def test_the_published_result(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
