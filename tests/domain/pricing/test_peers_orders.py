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
COTTON = {"category": ["cotton"]}


def cotton(shirt: str, sweater: str, qty: int = 1) -> Goods:
    return [
        line("shirt", shirt, qty, category="cotton"),
        line("sweater", sweater, qty, category="cotton"),
    ]


def across(promotion_id: str, amount: str, **more: Any) -> dict[str, Any]:
    return promo(promotion_id, "order_amount", amount=amount, on=COTTON, **more)


VIP = {"who": {"tags": ["VIP", "top100"]}}
A_VIP = {"member": {"id": "c", "tags": ["VIP"]}}
ONE_THEN_OTHER = [across("one", "30"), across("two", "50", stack={"priority": 1})]
MEDUSA_ACROSS = [
    Peer(
        "Medusa",
        "fixed across, for some groups",
        cotton("100", "300", 2),
        [across("p", "400") | VIP],
        MEDUSA,
        {"amounts": ["100.00", "300.00"]},
        A_VIP,
    ),
    Peer(
        "Medusa",
        "not of the group",
        cotton("100", "300"),
        [across("p", "400") | VIP],
        MEDUSA,
        {"discount": "0.00"},
    ),
    Peer(
        "Medusa",
        "two across, one after the other",
        cotton("50", "150"),
        ONE_THEN_OTHER,
        MEDUSA,
        {"off": {"one": "30.00", "two": "50.00"}, "amounts": ["30.00", "90.00"]},
    ),
    Peer(
        "Medusa",
        "nothing is left for the second",
        cotton("50", "150"),
        [across("one", "1000", stack={"priority": 1}), across("two", "50")],
        MEDUSA,
        {"off": {"one": "200.00"}, "total": "0.00"},
    ),
    Peer(
        "Medusa",
        "what the campaign has left",
        cotton("50", "150"),
        [promo("p", "pct", pct=100, on=COTTON, limits={"campaign": 3})],
        MEDUSA,
        {"discount": "0.00"},
        {"uses": {"p": {"campaign": 3}}},
    ),
]
SHIRTS_SWEATERS = [
    line("shirt1", "500", 2, category="shirt"),
    line("shirt2", "1000", 2, category="shirt"),
    line("sweater", "1000", 2, category="sweater"),
]


def buy_get(least: int, **more: Any) -> dict[str, Any]:
    buy = [{"of": {"category": ["sweater"]}, "qty": least}]
    return promo("p", "gift", buy=buy, get={"of": {"category": ["shirt"]}}, **more)


MEDUSA_BUY_GET = [
    Peer(
        "Medusa",
        "a shirt for each sweater, the dearest first",
        SHIRTS_SWEATERS,
        [buy_get(1)],
        MEDUSA | {"share_over": "reduced"},
        {"amounts": ["1000.00", "0.00", "2000.00"]},
    ),
    Peer("Medusa", "too few are bought", SHIRTS_SWEATERS, [buy_get(4)], MEDUSA, {"discount": "0.00"}),
    Peer(
        "Medusa",
        "one at most",
        SHIRTS_SWEATERS,
        [buy_get(1, limits={"per_order": 1})],
        MEDUSA,
        {"discount": "1000.00"},
    ),
    Peer(
        "Medusa",
        "each, one piece of a line",
        [line("shirt", "100", category="cotton"), line("sweater", "150", 5, category="cotton")],
        [promo("p", "amount", amount="200", on=COTTON, limits={"max_units_per_line": 1})],
        MEDUSA,
        {"amounts": ["0.00", "600.00"]},
    ),
]
SALEOR_CASES = [
    Peer(
        "Saleor",
        f"10 percent of {prices[0]} and three more, by line",
        [line(f"v{n}", price) for n, price in enumerate(prices)],
        [promo("p", "pct", pct=10)],
        {"choose": "sequence", "stacking": "single"},
        {"amounts": left, "discount": total},
    )
    for prices, left, total in (
        (["1.06", "2.06", "3.06", "4.06"], ["0.95", "1.85", "2.75", "3.65"], "1.04"),
        (["1.04", "2.04", "3.04", "4.04"], ["0.94", "1.84", "2.74", "3.64"], "1.00"),
    )
] + [
    Peer(
        "Saleor",
        "10 percent of the sum",
        [line(f"v{n}", price) for n, price in enumerate(["1.06", "2.06", "3.06", "4.06"])],
        [promo("p", "order_pct", pct=10)],
        {"choose": "sequence", "sharing": "last_takes_rest"},
        {"discount": "1.02"},
    )
]
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

CASES = (
    *SOLIDUS_CASES,
    *ERPNEXT_CASES,
    *MEDUSA_CASES,
    *MEDUSA_ACROSS,
    *MEDUSA_BUY_GET,
    *SALEOR_CASES,
    *BEST_CASES,
)


@pytest.mark.parametrize("peer", CASES, ids=str)
def test_the_published_result(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
