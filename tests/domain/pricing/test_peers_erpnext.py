"""ERPNext's and POS Awesome's own tests of pricing rules and of POS invoices, with their declared policy.

The facts and figures of test_pricing_rule, test_pos_invoice, test_promotional_scheme and pricingEngine.spec.
One rule is used, the one of highest priority, unless rules say that several go together; a share is then of
the price that all begin with. A margin is on the line; what a customer bought before counts by `uses`.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, added, answer_of, found_of, included, line, promo

Goods = list[dict[str, Any]]
ERPNEXT: dict[str, Any] = {"choose": "sequence", "stacking": "single"}
SEVERAL: dict[str, Any] = {"stacking": "all"}


def erpnext(
    name: str,
    basket: Goods,
    promotions: Goods,
    policy: dict[str, Any] | None = None,
    more: dict[str, Any] | None = None,
    **wanted: Any,
) -> Peer:
    return Peer("ERPNext", name, basket, promotions, ERPNEXT | (policy or {}), wanted, more or {})


ITEM = [line("item", "100")]
ITEM_10 = promo("item", "pct", pct=10, on={"sku": ["item"]})
CUSTOMER_20 = promo(
    "customer", "pct", pct=20, on={"sku": ["item"]}, who={"member_ids": ["c"]}, stack={"priority": 1}
)
GROUP_15 = promo("group", "pct", pct=15, on={"category": ["all"]}, stack={"priority": 0})
CAMPAIGN_5 = promo(
    "campaign", "pct", pct=5, on={"sku": ["item"]}, who={"tags": ["campaign"]}, stack={"priority": 8}
)
IN_GROUP = [line("item", "100", category=["all"])]
OTHER = [line("item 2", "100", category=["all"])]
#: The more specific rule comes first where priorities are the same: it is listed first.
RULES = [ITEM_10, CUSTOMER_20, GROUP_15, CAMPAIGN_5]


def member(name: str, *tags: str) -> dict[str, Any]:
    return {"member": {"id": name, "tags": list(tags)}}


FIVE_TO_SEVEN = {"needs": {"basket": [{"of": {"sku": ["item"]}, "min_qty": 5, "max_qty": 7}]}}
ONE_FREE = promo(
    "free",
    "gift",
    buy=[{"of": {"sku": ["item"]}}],
    get={"of": {"sku": ["item"]}},
    adds=["item"],
    limits={"per_order": 1},
)
OTHER_FREE = promo(
    "free",
    "gift",
    buy=[{"of": {"sku": ["item"]}}],
    get={"of": {"sku": ["item 2"]}},
    adds=["item 2"],
    limits={"per_order": 1},
)
RECURSIVE = promo(
    "free",
    "gift",
    buy=[{"of": {"sku": ["item"]}, "qty": 2}],
    get={"of": {"sku": ["gift"]}},
    adds=["gift"],
    needs={"basket": [{"min_qty": 3}]},
)
FLASK = [line("flask", "100")]
BOX = {"on": {"all_of": [{"sku": ["flask"]}, {"tag": ["box"]}]}}
TWO_FLASKS = {"needs": {"basket": [{"of": {"sku": ["flask"]}, "min_amount": "200"}]}}
GIFT_AT_10 = promo(
    "pwp",
    "pwp",
    buy=[{"of": {"sku": ["item"]}, "qty": 5}],
    get={"of": {"sku": ["flask"]}},
    price="10",
    limits={"per_order": 1},
)
TEN_PCT = promo("pct", "pct", pct=10)
HUNDRED_OFF = promo("amount", "amount", amount="100")
GROUP_60 = promo("group", "pct", pct=60, on={"category": ["products"]})
AT_25 = promo("item", "fixed_unit", price="25", on={"sku": ["pr 99"]})


def ranked(promotion: dict[str, Any], priority: int) -> dict[str, Any]:
    return promotion | {"stack": {"priority": priority}}


def cumulative(bought: str, paid: str) -> Peer:
    """Up to 10,000 in all, what was bought before counted."""
    limit = {"needs": {"basket": [{"of": {"sku": ["item"]}, "min_amount": "0", "max_amount": "10000"}]}}
    return erpnext(
        f"cumulative, {bought} before",
        ITEM,
        [promo("c", "pct", pct="17.5", **limit)],
        more=member("c") | {"uses": {"c": {"earlier_amount": bought}}},
        amounts=[paid],
    )


PRICING_RULES = [
    erpnext("one rule", ITEM, [ITEM_10], amounts=["90.00"]),
    erpnext("a rule for the customer", ITEM, [ITEM_10, CUSTOMER_20], more=member("c"), amounts=["80.00"]),
    erpnext("another customer", IN_GROUP, RULES[:3], more=member("d"), amounts=["90.00"]),
    erpnext("a campaign of high priority", IN_GROUP, RULES, more=member("d", "campaign"), amounts=["95.00"]),
    erpnext("another item of the group", OTHER, RULES, more=member("d", "campaign"), amounts=["85.00"]),
    erpnext(
        "mixed conditions for two groups",
        [line("a", "100", category=["products"])],
        [promo("p", "pct", pct=10, on={"category": ["products", "items"]})],
        amounts=["90.00"],
    ),
    erpnext(
        "a rule of the template",
        [line("variant", "100", tags=["of template"])],
        [promo("p", "pct", pct="7.5", on={"tag": ["of template"]})],
        amounts=["92.50"],
    ),
    erpnext(
        "a rule of the variant",
        [line("variant", "100", tags=["of template"])],
        [
            promo("p", "pct", pct="7.5", on={"tag": ["of template"]}),
            promo("q", "pct", pct="17.5", on={"sku": ["variant"]}, stack={"priority": 1}),
        ],
        amounts=["82.50"],
    ),
    erpnext(
        "stock quantity, a box of five",
        [line("item", "20", 5)],
        [promo("p", "pct", pct="17.5", **FIVE_TO_SEVEN)],
        amounts=["82.50"],
    ),
    erpnext(
        "stock quantity, two boxes",
        [line("item", "20", 10)],
        [promo("p", "pct", pct="17.5", **FIVE_TO_SEVEN)],
        amounts=["200.00"],
    ),
    erpnext(
        "a margin and a discount",
        [line("item", "1000", margin={"pct": 10})],
        [TEN_PCT],
        amounts=["990.00"],
        discount="110.00",
        goods="1100.00",
    ),
    erpnext(
        "a margin and an amount off",
        [line("item", "1000", margin={"pct": 10})],
        [promo("p", "amount", amount="110")],
        amounts=["990.00"],
    ),
    erpnext("a margin on the item price", [line("flask", "100", margin={"pct": 2})], [], amounts=["102.00"]),
    erpnext("the same item for free", ITEM, [ONE_FREE], gift=[("item", 1)]),
    erpnext("another item for free", ITEM, [OTHER_FREE], gift=[("item 2", 1)]),
    cumulative("0", "82.50"),
    cumulative("9900", "82.50"),
    cumulative("9900.01", "100.00"),
    *(
        erpnext(
            f"a condition: {who}",
            [line("item", price, qty)],
            [promo("p", "pct", pct=10, who={"member_ids": ["customer 1"]})],
            more=member(who),
            amounts=[paid],
        )
        for who, price, qty, paid in (
            ("customer 2", "1000", 1, "1000.00"),
            ("customer 1", "1000", -1, "-1000.00"),
            ("customer 1", "1000", 1, "900.00"),
        )
    ),
    erpnext(
        "several rules",
        ITEM,
        [promo("p", "pct", pct=20), promo("q", "pct", pct=10)],
        SEVERAL,
        amounts=["70.00"],
    ),
    erpnext(
        "several rules on the discounted rate",
        ITEM,
        [promo("p", "pct", pct=20), promo("q", "pct", pct=10)],
        SEVERAL | {"percent_of": "left"},
        amounts=["72.00"],
    ),
    *(
        erpnext(
            f"several rules from four pieces, {count}",
            [line("item", "100", count)],
            [
                promo(name, "pct", pct=pct, needs={"basket": [{"min_qty": 4}]})
                for name, pct in (("p", 20), ("q", 10))
            ],
            SEVERAL,
            discount=off,
        )
        for count, off in ((1, "0.00"), (5, "150.00"))
    ),
    erpnext("a rate by the piece, a box of ten", [line("blank", "1010")], [], amounts=["1010.00"]),
    erpnext(
        "a rate of boxes only, a box",
        [line("flask", "1000", tags=["box"])],
        [promo("p", "fixed_unit", price="101", **BOX)],
        amounts=["101.00"],
    ),
    erpnext(
        "a rate of boxes only, a piece",
        FLASK,
        [promo("p", "fixed_unit", price="101", **BOX)],
        amounts=["100.00"],
    ),
    *(
        erpnext(
            f"a rate in {currency}",
            [line("sanitizer", "500")],
            [
                promo("inr", "fixed_unit", price="100", stack={"priority": 2}) | {"currency": "INR"},
                promo("usd", "fixed_unit", price="2", stack={"priority": 1}) | {"currency": "USD"},
            ],
            more={"currency": currency},
            amounts=[paid],
        )
        for currency, paid in (("USD", "2.00"), ("INR", "100.00"))
    ),
    erpnext(
        "a transaction of five gets a flask at 10",
        [line("item", "100", 5), line("flask", "100")],
        [GIFT_AT_10],
        {"share_over": "reduced"},
        amounts=["500.00", "10.00"],
    ),
    erpnext(
        "a transaction of two does not",
        [line("item", "100", 2), line("flask", "100")],
        [GIFT_AT_10],
        amounts=["200.00", "100.00"],
    ),
    erpnext(
        "a transaction by its customer",
        [line("item", "100", 5), line("flask", "100")],
        [GIFT_AT_10 | {"who": {"member_ids": ["customer 1"]}}],
        {"share_over": "reduced"},
        member("customer 1"),
        amounts=["500.00", "10.00"],
    ),
    erpnext(
        "a transaction by another customer",
        [line("item", "100", 5), line("flask", "100")],
        [GIFT_AT_10 | {"who": {"member_ids": ["customer 1"]}}],
        None,
        member("customer 2"),
        amounts=["500.00", "100.00"],
    ),
    erpnext("the rule is there", FLASK, [promo("p", "pct", pct=20)], amounts=["80.00"]),
    erpnext("rules are ignored", FLASK, [promo("p", "pct", pct=20) | {"enabled": False}], amounts=["100.00"]),
    erpnext(
        "200 of one, the other reduced: one",
        [*FLASK, line("other", "100")],
        [promo("p", "pct", pct=10, on={"sku": ["other"]}, **TWO_FLASKS)],
        amounts=["100.00", "100.00"],
    ),
    erpnext(
        "200 of one, the other reduced: two",
        [line("flask", "100", 2), line("other", "100")],
        [promo("p", "pct", pct=10, on={"sku": ["other"]}, **TWO_FLASKS)],
        amounts=["200.00", "90.00"],
    ),
    *(
        erpnext(
            f"one free for each two, {count} bought",
            [line("item", "100", count)],
            [RECURSIVE],
            gift=[("gift", free)],
        )
        for count, free in ((5, 2), (7, 3))
    ),
    erpnext(
        "a share and an amount",
        [line("item", "1000")],
        [TEN_PCT, HUNDRED_OFF],
        SEVERAL,
        amounts=["800.00"],
        discount="200.00",
    ),
    erpnext(
        "the higher priority",
        [line("item", "1000")],
        [ranked(promo("p", "pct", pct=10), 1), ranked(promo("q", "pct", pct=20), 3)],
        amounts=["800.00"],
    ),
    *(
        erpnext(
            f"a rule that goes with others and one that does not: {group} and {item}",
            [line("pr 99", "100", category=["products"])],
            [ranked(GROUP_60, group), ranked(AT_25, item)],
            amounts=[paid],
        )
        for group, item, paid in ((2, 4, "25.00"), (4, 2, "40.00"))
    ),
    erpnext(
        "a scheme of 20 percent from four",
        [line("item", "100", 5)],
        [promo("p", "qty_tier", steps=[{"least": 4, "pct": 20}])],
        amounts=["400.00"],
    ),
    erpnext(
        "a scheme of 12 and one",
        [line("item", "10", 24)],
        [
            promo(
                "p",
                "gift",
                buy=[{"of": {"sku": ["item"]}, "qty": 12}],
                get={"of": {"sku": ["item 2"]}},
                adds=["item 2"],
            )
        ],
        gift=[("item 2", 2)],
    ),
]

EXCISE = [(84, "11"), (54, "12"), (288, "15"), (144, "20"), (430, "5")]
NET_100 = promo("p", "order_amount", amount="100")
RATES = ["75", "500", "200", "100", "50", "50"]
LOYAL = {"points": {"points": 1, "for": "1000"}}
POS = [
    erpnext(
        "tax of 14 percent in the price",
        [line("item", "50", 100, tax=included("14"))],
        [],
        {"tax_rounding": "kept"},
        total="5000.00",
        nets={"14": "4385.96"},
    ),
    erpnext(
        "a discount on the net total",
        [line("item", "50", 100, tax=included("14"))],
        [NET_100],
        {"amounts": "without_tax"},
        total="4885.99",
        nets={"14": "4285.96"},
    ),
    erpnext(
        "a discount on the grand total",
        [line("item", "50", 100, tax=included("14"))],
        [NET_100],
        total="4900.00",
    ),
    erpnext(
        "tax of five lines",
        [line(f"i{qty}", "4.6", qty, tax=added("19")) for qty in (84, 54, 288, 144, 430)],
        [],
        total="5474.00",
        goods="4600.00",
        taxes={"19": "874.00"},
    ),
    erpnext(
        "a rate for each item",
        [line(f"i{qty}", "4.6", qty, tax=added(rate)) for qty, rate in EXCISE],
        [],
        tax_added="502.41",
    ),
    erpnext(
        "three duties and the total rounded",
        [
            line(
                f"i{qty}",
                "4.6",
                qty,
                tax=[
                    {"rate_pct": rate, "price_includes": False, "id": f"excise {rate}"},
                    {"rate_pct": "10" if last else "0", "price_includes": False, "id": f"cess {last}"},
                    {"rate_pct": "15" if last else "3", "price_includes": False, "id": f"education {last}"},
                ],
            )
            for qty, rate in EXCISE
            for last in [qty == 430]
        ],
        [],
        {"cash": {"step": "1"}},
        total="5676.00",
        rounding="0.43",
        tax_added="1075.57",
    ),
    erpnext(
        "a discount over many lines",
        [line(f"i{number}", rate, tax=added("24")) for number, rate in enumerate(RATES)],
        [promo("p", "order_amount", amount="75")],
        goods="975.00",
        taxes={"24": "216.00"},
        nets={"24": "900.00"},
        total="1116.00",
    ),
    erpnext("loyalty points", [line("item", "10000")], [], LOYAL, member("loyal"), points_earned=10),
    erpnext(
        "loyalty points spent",
        [line("item", "10000")],
        [promo("pay", "points_pay", points=1, worth="1")],
        LOYAL,
        member("loyal") | {"points": 10},
        total="9990.00",
        points_used=10,
        points_earned=9,
    ),
    erpnext(
        "ten percent off the invoice",
        [line("item", "300")],
        [promo("p", "order_pct", pct=10)],
        total="270.00",
    ),
    erpnext(
        "ten percent off with tax in the price",
        [line("item", "300", 2, tax=included("14"))],
        [promo("p", "order_pct", pct=10)],
        total="540.00",
    ),
    erpnext("a pricing rule at the till", [line("item", "450")], [TEN_PCT], amounts=["405.00"]),
]


def awesome(
    name: str, basket: Goods, promotions: Goods, more: dict[str, Any] | None = None, **wanted: Any
) -> Peer:
    return Peer("POS Awesome", name, basket, promotions, ERPNEXT, wanted, more or {})


SLABS = [{"least": 5, "pct": 5}, {"least": 10, "pct": 10}]
IN_JANUARY = promo("p", "amount", amount="5", valid={"from": "2024-01-01", "to": "2024-01-31"})
BOXES = promo(
    "p",
    "pct",
    pct=20,
    on={"tag": ["box"]},
    needs={"basket": [{"of": {"tag": ["box"]}, "min_qty": 2, "max_qty": 5}]},
)


def free(least: int, given: int, **more: Any) -> dict[str, Any]:
    return promo(
        "free",
        "gift",
        buy=[{"of": {"sku": ["item"]}, "qty": least}],
        get={"of": {"sku": ["bonus"]}, "qty": given},
        adds=["bonus"],
        **more,
    )


AWESOME = [
    awesome("a share off", ITEM, [TEN_PCT], amounts=["90.00"], discount="10.00"),
    awesome("an amount off", [line("item", "50")], [promo("p", "amount", amount="5")], amounts=["45.00"]),
    awesome(
        "a fixed price",
        [line("item", "40", 2)],
        [promo("p", "fixed_unit", price="25")],
        amounts=["50.00"],
        discount="30.00",
    ),
    awesome("a margin", [line("item", "50", margin={"amount": "10"})], [], amounts=["60.00"]),
    awesome(
        "the more specific rule",
        ITEM,
        [promo("item", "amount", amount="5", stack={"priority": 9}), promo("group", "pct", pct=10)],
        amounts=["95.00"],
    ),
    awesome(
        "a slab by quantity",
        [line("item", "100", 12)],
        [promo("p", "qty_tier", steps=SLABS)],
        amounts=["1080.00"],
    ),
    *(
        awesome(
            f"for one customer, {who}",
            [line("item", "50")],
            [promo("p", "amount", amount="5", who={"member_ids": ["c 1"]})],
            member(who),
            amounts=[paid],
        )
        for who, paid in (("c 1", "45.00"), ("c 2", "50.00"))
    ),
    *(
        awesome(
            f"for one customer and for all, {who}",
            ITEM,
            [
                promo("p", "pct", pct=15, who={"member_ids": ["c 1"]}, stack={"priority": 5}),
                promo("q", "pct", pct=5, stack={"priority": 1}),
            ],
            member(who),
            amounts=[paid],
        )
        for who, paid in (("c 1", "85.00"), ("c 2", "95.00"))
    ),
    *(
        awesome(
            f"valid in January, {at}",
            [line("item", "30")],
            [IN_JANUARY],
            {"at": f"{at}T12:00:00Z"},
            amounts=[paid],
        )
        for at, paid in (("2024-01-15", "25.00"), ("2024-03-01", "30.00"))
    ),
    awesome("a share as a price rule", [line("item", "60", 6)], [TEN_PCT], amounts=["324.00"]),
    awesome(
        "a price set", [line("item", "60", 3)], [promo("p", "fixed_unit", price="42")], amounts=["126.00"]
    ),
    awesome(
        "from a quantity in stock units",
        [line("item", "100", 12)],
        [promo("p", "qty_tier", steps=[{"least": 10, "pct": 10}])],
        amounts=["1080.00"],
    ),
    *(
        awesome(
            f"boxes only, {count} of {what}", [line("item", "100", count, tags=[what])], [BOXES], discount=off
        )
        for count, what, off in ((3, "box", "60.00"), (6, "box", "0.00"), (3, "nos", "0.00"))
    ),
    awesome("freebies by a threshold", [line("item", "10", 7)], [free(3, 1)], gift=[("bonus", 2)]),
    awesome("freebies from stock units", [line("item", "10", 6)], [free(5, 1)], gift=[("bonus", 1)]),
    awesome(
        "at most so many freebies",
        [line("item", "10", 10)],
        [free(2, 2, limits={"max_units": 3})],
        gift=[("bonus", 3)],
    ),
    awesome(
        "freebies out of date",
        [line("item", "10", 4)],
        [free(2, 1, valid={"from": "2024-05-01", "to": "2024-05-31"})],
        {"at": "2024-06-01T12:00:00Z"},
        gift=[],
    ),
    awesome(
        "a freebie at a rate",
        [line("item", "10", 2), line("bonus", "40")],
        [
            promo(
                "p",
                "pwp",
                buy=[{"of": {"sku": ["item"]}}],
                get={"of": {"sku": ["bonus"]}},
                price="25",
                limits={"per_order": 1},
            )
        ],
        discount="15.00",
    ),
]

CASES = (*PRICING_RULES, *POS, *AWESOME)


@pytest.mark.parametrize("peer", CASES, ids=str)
def test_the_published_amounts(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
