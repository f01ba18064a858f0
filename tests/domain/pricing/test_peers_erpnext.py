"""ERPNext's and POS Awesome's own tests of pricing rules and of POS invoices, with their declared policy.

The facts and figures of test_pricing_rule, test_pos_invoice, test_promotional_scheme and pricingEngine.spec.
One rule is used, the one of highest priority, unless rules say that several go together; a share is then of
the price that all begin with. A margin is on the line; what a customer bought before counts by `uses`.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, answer_of, found_of, line, promo

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


@pytest.mark.parametrize("peer", PRICING_RULES, ids=str)
def test_the_published_amounts(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
