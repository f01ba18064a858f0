from __future__ import annotations

import pytest

from tests.domain.pricing.peers import Peer, added, answer_of, found_of, included, line, promo

SYLIUS = {"choose": "sequence", "percent_of": "left"}
SHIRT, MUG = line("shirt", "100.00"), line("mug", "6.00")


def sylius(name: str, basket: list[dict[str, object]], promotions: list[dict[str, object]], **wanted: object) -> Peer:
    return Peer("Sylius", name, basket, promotions, SYLIUS, wanted)


FLOORED = line("t-shirt", "50.00", floor="45.00")
JACKETS = {"category": ["jackets"]}
JACKET = line("jacket", "100.00", category="jackets")
TROUSERS = line("trousers", "80.00", category="trousers")
DRESS = line("dress", "50.00", category="dresses")
TIE = line("tie", "10.00", category="formal")
FROM_500 = {"basket": [{"min_amount": "500.00"}]}


def at_least(qty: int) -> dict[str, object]:
    return {"basket": [{"min_qty": qty}]}


SYLIUS_CASES = [
    sylius("fixed discount", [SHIRT], [promo("p", "order_amount", amount="10")], total="90.00"),
    sylius("as much as the cart", [SHIRT, MUG], [promo("p", "order_amount", amount="106")], total="0.00"),
    sylius(
        "more than the cart", [SHIRT], [promo("p", "order_amount", amount="200")],
        total="0.00", off={"p": "100.00"},
    ),
    sylius(
        "shipping is not discounted", [SHIRT, line("dhl", "10.00", locked=True)],
        [promo("p", "order_amount", amount="10")], total="100.00",
    ),
    sylius(
        "percentage first when its priority is higher", [line("pug", "100.00")],
        [
            promo("cebula", "order_amount", amount="10", stack={"priority": 1}),
            promo("santa", "order_pct", pct=20, stack={"priority": 4}),
        ],
        total="70.00",
    ),
    sylius(
        "fixed first when its priority is higher", [line("pug", "100.00")],
        [
            promo("cebula", "order_amount", amount="10", stack={"priority": 5}),
            promo("santa", "order_pct", pct=20, stack={"priority": 2}),
        ],
        total="72.00",
    ),
    sylius(
        "an exclusive one before a higher priority", [line("pug", "100.00")],
        [
            promo("cebula", "order_amount", amount="10", stack={"priority": 5}),
            promo("market", "order_pct", pct=20, stack={"priority": 1, "alone": True}),
        ],
        total="80.00",
    ),
    sylius(
        "of two exclusive ones the higher", [line("pug", "100.00")],
        [
            promo("market", "order_pct", pct=20, stack={"priority": 2, "alone": True}),
            promo("sloth", "order_amount", amount="10", stack={"priority": 5, "alone": True}),
        ],
        total="90.00",
    ),
    sylius(
        "stacked fixed discounts on units", [line("shirt", "10.56", 3), line("mug", "60.00")],
        [
            promo("small", "order_amount", amount="20", stack={"priority": 0}),
            promo("large", "order_amount", amount="80", stack={"priority": 1}),
        ],
        total="0.00", discount="91.68",
    ),
    sylius("minimum price, percent", [FLOORED], [promo("p", "pct", pct=50)], total="45.00"),
    sylius("minimum price, fixed order", [FLOORED], [promo("p", "order_amount", amount="10")], total="45.00"),
    sylius(
        "minimum price, price range", [FLOORED],
        [promo("p", "pct", pct=50, on={"price": {"from": "15", "to": "50"}})], total="45.00",
    ),
    sylius(
        "minimum price, fixed items", [FLOORED, line("mug", "20.00")], [promo("p", "amount", amount="10")],
        amounts=["45.00", "10.00"], total="55.00",
    ),
    sylius(
        "minimum price, two", [FLOORED | {"qty": 2}],
        [promo("p", "order_amount", amount="50", needs=at_least(2))], total="90.00", discount="10.00",
    ),
    sylius(
        "minimum price, the rest goes to the other", [FLOORED, line("mug", "20.00")],
        [promo("p", "order_amount", amount="20", needs=at_least(2))], amounts=["45.00", "5.00"],
    ),
    sylius(
        "minimum price, percent of the order", [FLOORED, line("mug", "20.00")],
        [promo("p", "order_pct", pct=20)], amounts=["45.00", "11.00"], total="56.00",
    ),
    sylius(
        "minimum price, three mugs take what the shirt cannot", [FLOORED, line("mug", "20.00", 3)],
        [promo("p", "order_amount", amount="25")],
        shares=[["45.00"], ["13.33", "13.33", "13.34"]],
    ),
    sylius(
        "minimum price, two shirts and three mugs", [FLOORED | {"qty": 2}, line("mug", "20.00", 3)],
        [promo("p", "order_amount", amount="20")],
        shares=[["45.00", "45.00"], ["16.66", "16.67", "16.67"]],
    ),
    sylius(
        "minimum price, in proportion",
        [FLOORED | {"qty": 2}, line("mug", "20.00", 2), line("symfony", "40.00")],
        [promo("p", "order_amount", amount="27")],
        shares=[["45.00", "45.00"], ["15.75", "15.75"], ["31.50"]],
    ),
    sylius(
        "minimum price, four goods",
        [
            FLOORED | {"qty": 2}, line("keyboard", "20.00", 2, floor="15.00"), line("mouse", "30.00"),
            line("cup", "10.00"),
        ],
        [promo("p", "order_amount", amount="36")],
        shares=[["45.00", "45.00"], ["15.00", "15.00"], ["18.00"], ["6.00"]],
    ),
    sylius(
        "minimum price, one that cannot fall at all",
        [
            line("cup", "10.00"), line("keyboard", "20.00", floor="19.00"),
            line("mouse", "50.00", floor="50.00"), line("phones", "30.00", floor="29.00"),
        ],
        [promo("p", "order_amount", amount="12")], amounts=["0.00", "19.00", "50.00", "29.00"],
    ),
    sylius(
        "minimum price, more than is allowed",
        [
            line("cup", "10.00"), line("keyboard", "20.00", floor="19.00"),
            line("mouse", "50.00", floor="50.00"), line("phones", "30.00", floor="26.00"),
        ],
        [promo("p", "order_amount", amount="20")], amounts=["0.00", "19.00", "50.00", "26.00"],
    ),
    Peer(
        "Sylius", "first order", [DRESS], [promo("p", "order_pct", pct=20, who={"nth_order": 1})], SYLIUS,
        {"total": "40.00"}, {"member": {"id": "m", "orders_before": 0}},
    ),
    sylius(
        "items by the total of all", [JACKET | {"qty": 7}],
        [promo("p", "amount", amount="10", on=JACKETS, needs=FROM_500)], total="630.00",
    ),
    sylius(
        "one kind of goods where another is bought", [TROUSERS, JACKET],
        [
            promo(
                "p", "pct", pct=10, on=JACKETS,
                needs={"basket": [{"of": {"category": ["trousers"]}, "min_qty": 1}]},
            )
        ],
        total="170.00",
    ),
    sylius(
        "items and the order from one promotion", [JACKET | {"qty": 7}],
        [
            promo("p1", "pct", pct=20, on=JACKETS, needs=FROM_500),
            promo("p2", "order_amount", amount="50", needs=FROM_500),
        ],
        total="510.00", discount="190.00",
    ),
    sylius(
        "several kinds where any of two is bought", [TIE, DRESS, TROUSERS],
        [
            promo(
                "p", "pct", pct=10, on={"category": ["formal", "dresses"]},
                needs={"basket": [{"of": {"category": ["trousers", "jackets"]}, "min_qty": 1}]},
            )
        ],
        amounts=["9.00", "45.00", "80.00"], total="134.00",
    ),
    sylius(
        "items, then a fixed discount", [TROUSERS, JACKET],
        [promo("p1", "pct", pct=10, on=JACKETS), promo("p2", "order_amount", amount="20")],
        total="150.00", discount="30.00",
    ),
]  # fmt: skip

WOO = {"choose": "sequence", "percent_of": "base", "sharing": "equal_per_unit", "percent_per": "line"}
WOO_IN_TURN = WOO | {"percent_of": "left"}


def woo(name: str, basket: list[dict[str, object]], coupons: list[dict[str, object]], off: str, **policy: str) -> Peer:
    return Peer("WooCommerce", name, basket, coupons, WOO | policy, {"discount": off})


TENS = [line("a", "10", 2), line("b", "5", 1)]
FIXED_10 = promo("test", "order_amount", amount="10")
WOO_CASES = [
    woo("20 percent", [line("a", "10")], [promo("test", "pct", pct=20)], "2.00"),
    woo("fixed cart, one line", [line("a", "10", 2)], [FIXED_10], "10.00"),
    woo("fixed cart, two lines", [line("a", "10"), line("b", "10")], [FIXED_10], "10.00"),
    woo("fixed cart, three lines", [line(n, "10") for n in "abc"], [FIXED_10], "10.00"),
    woo("fixed cart, pieces", [line("a", "10", 2), line("b", "10", 3), line("c", "10", 2)], [FIXED_10], "10.00"),
    woo("fixed cart, eleven lines", [line(n, "10") for n in "abcdefghijk"], [FIXED_10], "10.00"),
    woo("a third of one", [line(n, "1") for n in "abc"], [promo("t", "order_amount", amount="1")], "1.00"),
    woo("one item of two", [line("a", "10", 2)], [promo("t", "pct", pct=10, limits={"max_units": 1})], "1.00"),
    woo(
        "one item of two lines", [line("a", "10", 2), line("b", "10", 2)],
        [promo("t", "pct", pct=10, limits={"max_units": 1})], "1.00",
    ),
    woo("two coupons", TENS, [promo("t", "pct", pct=10), promo("u", "pct", pct=20)], "7.50"),
    woo(
        "two coupons, one limited", TENS,
        [promo("t", "pct", pct=10, limits={"max_units": 1}), promo("u", "pct", pct=20)], "6.00",
    ),
    woo(
        "two coupons in turn", TENS, [promo("t", "pct", pct=10), promo("u", "pct", pct=20)], "7.00",
        percent_of="left",
    ),
]  # fmt: skip

PRETIX = {"choose": "sequence", "stacking": "exclusive", "takes": "cheapest", "share_over": "reduced"}


def pretix(name: str, tickets: list[tuple[str, str]], promotion: dict[str, object], *paid: str) -> Peer:
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
        "the cheapest of all are free", [("1", f"{n}.00") for n in range(1, 7)], ONE_FREE,
        "0.00", "0.00", "3.00", "4.00", "5.00", "6.00",
    ),
    pretix("480 of 500", [T120] * 4, FROM_500_20, *["120.00"] * 4),
    pretix("600 of 500", [T120] * 5, FROM_500_20, *["96.00"] * 5),
    pretix("1200 of 500", [T120] * 10, FROM_500_20, *["96.00"] * 10),
    pretix("two of each date", [("1", "120"), ("1", "120"), ("2", "120"), ("2", "120")], MIXED | SAME, *["120.00"] * 4),
    pretix("three of one date", DATES, MIXED | SAME, "96.00", "96.00", "96.00", "120.00", "120.00"),
    pretix(
        "one free of each date's three",
        [("1", "1"), ("1", "2"), ("1", "3"), ("2", "4"), ("2", "5"), ("2", "6"), ("2", "7"), ("3", "8"), ("3", "9")],
        ONE_FREE | SAME, "0.00", "2.00", "3.00", "0.00", "5.00", "6.00", "7.00", "8.00", "9.00",
    ),
    pretix(
        "500 of each date", [("1", "120")] * 4 + [("2", "120")] * 5, FROM_500_20 | SAME,
        *["120.00"] * 4, *["96.00"] * 5,
    ),
    pretix("three of one date only", [T120] * 3, promo("d", "n_pct", n=3, pct=20, **DIFFER), *["120.00"] * 3),
    pretix(
        "three dates", [("1", "120"), ("2", "120"), ("3", "120")], promo("d", "n_pct", n=3, pct=20, **DIFFER),
        *["96.00"] * 3,
    ),
    pretix(
        "eight of three dates", [("1", "120"), ("2", "120"), ("3", "120")] * 2 + [("1", "120"), ("2", "120")],
        promo("d", "n_pct", n=3, pct=20, **DIFFER), *["96.00"] * 6, "120.00", "120.00",
    ),
    pretix(
        "one free of three dates", [("1", "120"), ("2", "120"), ("3", "120")], ONE_FREE | DIFFER,
        "0.00", "120.00", "120.00",
    ),
    pretix("no three dates, nothing free", [T120] * 3, ONE_FREE | DIFFER, *["120.00"] * 3),
]  # fmt: skip

SOLIDUS = {"choose": "sequence", "percent_of": "left", "percent_per": "line", "sharing": "truncate_from_end"}
SHIRT_PANTS = [line("shirt", "19.99"), line("pants", "19.99")]


def lanes(threshold: str) -> list[dict[str, object]]:
    return [
        promo("shirts", "pct", pct=20, on={"sku": ["shirt"]}),
        promo(
            "post", "order_amount", amount="10",
            needs={"judged_on": "after_items", "basket": [{"min_amount": threshold}]},
        ),
    ]  # fmt: skip


THIRTY_FORTY = [line("shirt", "30"), line("pants", "40")]
SOLIDUS_CASES = [
    Peer(
        "Solidus", "all goods where a shirt is bought", SHIRT_PANTS,
        [promo("p", "pct", pct=20, needs={"basket": [{"of": {"sku": ["shirt"]}, "min_qty": 1}]})], SOLIDUS,
        {"total": "31.98", "goods": "39.98"},
    ),
    Peer(
        "Solidus", "shirts only", SHIRT_PANTS, [promo("p", "pct", pct=20, on={"sku": ["shirt"]})], SOLIDUS,
        {"total": "35.98"},
    ),
    Peer(
        "Solidus", "a gift for a shirt", [*SHIRT_PANTS, line("goodie", "4")],
        [promo("p", "gift", buy=[{"of": {"sku": ["shirt"]}}], get={"of": {"sku": ["goodie"]}})],
        SOLIDUS | {"share_over": "reduced"}, {"total": "39.98", "goods": "43.98", "amounts": ["19.99", "19.99", "0.00"]},
    ),
    Peer(
        "Solidus", "two shirts, two gifts", [line("shirt", "19.99", 2), line("pants", "19.99"), line("goodie", "4", 2)],
        [promo("p", "gift", buy=[{"of": {"sku": ["shirt"]}}], get={"of": {"sku": ["goodie"]}})], SOLIDUS,
        {"total": "59.97", "goods": "67.97"},
    ),
    Peer("Solidus", "lane after lane", THIRTY_FORTY, lanes("60"), SOLIDUS, {"total": "54.00"}),
    Peer("Solidus", "below after the first lane", THIRTY_FORTY, lanes("68"), SOLIDUS, {"total": "64.00"}),
    Peer(
        "Solidus", "distributed over one line", [line("a", "100")], [promo("p", "order_amount", amount="15")],
        SOLIDUS, {"amounts": ["85.00"]},
    ),
    Peer(
        "Solidus", "distributed evenly", [line(n, "50") for n in "abc"],
        [promo("p", "order_amount", amount="15")], SOLIDUS, {"amounts": ["45.00"] * 3},
    ),
    Peer(
        "Solidus", "the last takes the rest", [line(n, "50") for n in "abc"],
        [promo("p", "order_amount", amount="10")], SOLIDUS | {"sharing": "last_takes_rest"},
        {"amounts": ["46.67", "46.67", "46.66"]},
    ),
    Peer(
        "Solidus", "by price", [line("a", "50", 3), line("b", "50"), line("c", "50", 2)],
        [promo("p", "order_amount", amount="15")], SOLIDUS, {"amounts": ["142.50", "47.50", "95.00"]},
    ),
]  # fmt: skip

ODOO = {"choose": "sequence", "percent_of": "left", "order_percent_per": "rate", "tax_rounding": "line"}
CABINET = line("cabinet", "320.00")
FREE_CABINET = promo(
    "free", "gift", buy=[{"of": {"sku": ["cabinet"]}, "qty": 3}], get={"of": {"sku": ["cabinet"]}},
    stack={"priority": 9},
)  # fmt: skip
TEN = promo("ten", "order_pct", pct=10)
MULTI = [
    line("cabinet", "100", 4, tax=added("15")),
    line("chair", "100", 3, tax=included("10")),
    line("bin", "100", 5),
    line("a", "100", 3, tax=included("35") + added("50")),
    line("drawer", "100", 2, tax=added("15")),
]


def cabinets(qty: int, mode: bool) -> dict[str, object]:
    return CABINET | {"qty": qty, "tax": included("15") if mode else added("15")}


TWENTY = promo(
    "twenty", "pct", pct=20, on={"sku": ["cabinet"]},
    needs={"basket": [{"min_amount": "320", "tax": "without"}]},
)  # fmt: skip
DRAWERS = line("drawer", "25", 10)
ODOO_CASES = [
    Peer(
        "Odoo", "only what is paid is discounted", [CABINET | {"qty": 4}],
        [FREE_CABINET, TEN], ODOO, {"total": "864.00"},
    ),
    Peer("Odoo", "75 and 25 free", [CABINET | {"qty": 100}], [FREE_CABINET], ODOO, {"total": "24000.00"}),
    Peer("Odoo", "one global discount", [CABINET], [TEN], ODOO, {"total": "288.00"}),
    Peer("Odoo", "320 with tax is below 320 without", [cabinets(1, True)], [TWENTY], ODOO, {"total": "320.00"}),
    Peer(
        "Odoo", "320 without tax", [cabinets(1, False)], [TWENTY], ODOO,
        {"total": "294.40", "taxes": {"15": "38.40"}},
    ),
    Peer("Odoo", "on one kind only", [cabinets(1, False), DRAWERS], [TWENTY], ODOO, {"total": "544.40"}),
    Peer(
        "Odoo", "eight of ten are paid", [cabinets(8, False), DRAWERS], [TWENTY], ODOO,
        {"total": "2605.20", "taxes": {"15": "307.20"}},
    ),
    Peer("Odoo", "several taxes, nothing off", MULTI, [], ODOO, {"total": "1901.11", "taxes": {
        "15": "90.00", "10": "27.27", "35": "77.78", "50": "111.11"}}),
    Peer("Odoo", "10 percent of several taxes", MULTI, [TEN], ODOO, {"total": "1711.00"}),
    Peer(
        "Odoo", "20 percent of one kind after 10 of all", MULTI,
        [TEN, promo("twenty", "pct", pct=20, on={"sku": ["cabinet"]})], ODOO, {"total": "1628.20"},
    ),
]  # fmt: skip

ERPNEXT = {"choose": "sequence", "stacking": "single", "percent_of": "list"}
ITEM = line("item", "100")
ERPNEXT_CASES = [
    Peer("ERPNext", "discount of an item", [ITEM], [promo("r", "pct", pct=10)], ERPNEXT, {"amounts": ["90.00"]}),
    Peer(
        "ERPNext", "the customer's own comes first", [ITEM],
        [
            promo("r", "pct", pct=10, on={"sku": ["item"]}),
            promo("c", "pct", pct=20, on={"sku": ["item"]}, who={"member_ids": ["c"]}, stack={"priority": 1}),
        ],
        ERPNEXT, {"amounts": ["80.00"]}, {"member": "c"},
    ),
    Peer(
        "ERPNext", "another customer has the item's", [ITEM],
        [
            promo("r", "pct", pct=10, on={"sku": ["item"]}),
            promo("c", "pct", pct=20, on={"sku": ["item"]}, who={"member_ids": ["c"]}, stack={"priority": 1}),
        ],
        ERPNEXT, {"amounts": ["90.00"]}, {"member": "d"},
    ),
    Peer(
        "ERPNext", "a campaign by priority", [ITEM],
        [promo("r", "pct", pct=10), promo("k", "pct", pct=5, stack={"priority": 8})],
        ERPNEXT, {"amounts": ["95.00"]},
    ),
    Peer(
        "ERPNext", "from five to seven", [ITEM | {"qty": 5}],
        [promo("r", "pct", pct="17.5", needs={"basket": [{"min_qty": 5, "max_qty": 7}]})], ERPNEXT,
        {"shares": [["82.50"] * 5]},
    ),
    Peer(
        "ERPNext", "ten are too many", [ITEM | {"qty": 10}],
        [promo("r", "pct", pct="17.5", needs={"basket": [{"min_qty": 5, "max_qty": 7}]})], ERPNEXT,
        {"shares": [["100.00"] * 10]},
    ),
]  # fmt: skip

MEDUSA = {"choose": "sequence", "tax_rounding": "total"}
MEDUSA_CASES = [
    Peer(
        "Medusa", "items and taxes", [line("a", "30", 2, tax=added("10")), line("b", "5", tax=added("50"))], [],
        MEDUSA, {"total": "73.50", "taxes": {"10": "6.00", "50": "2.50"}},
    ),
    Peer(
        "Medusa", "an adjustment lowers the tax", [line("a", "50", 2, tax=added("10"))],
        [promo("p", "order_amount", amount="10")], MEDUSA, {"total": "99.00", "taxes": {"10": "9.00"}},
    ),
    Peer(
        "Medusa", "the same goods with and without tax in the price",
        [line("a", "50", 2, tax=included("10")), line("b", "50", 2, tax=[added("10")[0] | {"id": "10+"}])], [],
        MEDUSA, {"total": "210.00", "taxes": {"10": "9.09", "10+": "10.00"}},
    ),
    Peer(
        "Medusa", "items and shipping, both reduced",
        [line("a", "50", 2, tax=added("10")), line("ship", "25", tax=added("10"))],
        [
            promo("p", "order_amount", amount="20", on={"sku": ["a"]}),
            promo("s", "order_amount", amount="2", on={"sku": ["ship"]}),
        ],
        MEDUSA, {"total": "113.30", "taxes": {"10": "10.30"}},
    ),
]  # fmt: skip

#: What a list gives, and what was possible with the same promotions.
BEST_CASES = [
    Peer(
        "Vendure", "750 by the list", [line("a", "500", 2), line("b", "500")],
        [
            promo("two", "nth", n=2, pct=50, on={"sku": ["a"]}, stack={"agrees": ["*"]}),
            promo("ten", "order_pct", pct=10, needs={"basket": [{"min_amount": "1000"}]}),
        ],
        {}, {"total": "1125.00"},
    ),
    Peer(
        "pretix", "splitting would be cheaper: 150, not 240 or 230", [line(n, "100") for n in "abc"],
        [promo("three", "n_pct", n=3, pct=20), promo("half", "nth", n=1, pct=50)],
        {}, {"total": "150.00"},
    ),
    Peer(
        "POS Awesome", "90, not 95", [line("a", "100")],
        [
            promo("specific", "pct", pct=5, on={"sku": ["a"]}, stack={"priority": 2}),
            promo("general", "pct", pct=10, stack={"priority": 1}),
        ],
        {}, {"total": "90.00"},
    ),
    Peer(
        "Sylius", "the best of two orders", [line("pug", "100")],
        [promo("cebula", "order_amount", amount="10"), promo("santa", "order_pct", pct=20)],
        SYLIUS | {"sequence_order": "free"}, {"total": "70.00"},
    ),
]  # fmt: skip

CASES = (
    *SYLIUS_CASES, *WOO_CASES, *PRETIX_CASES, *SOLIDUS_CASES, *ODOO_CASES, *ERPNEXT_CASES, *MEDUSA_CASES,
    *BEST_CASES,
)  # fmt: skip


@pytest.mark.parametrize("peer", CASES, ids=str)
def test_the_published_result(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
