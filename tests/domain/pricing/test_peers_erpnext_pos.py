"""ERPNext's own tests of POS invoices and loyalty, and those of POS Awesome's pricing engine.

The facts and figures of test_pos_invoice and pricingEngine.spec, with the policy of ERPNext's pricing rules.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, added, answer_of, found_of, included, line, promo
from tests.domain.pricing.test_peers_erpnext import ERPNEXT, ITEM, TEN_PCT, Goods, erpnext, member

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


@pytest.mark.parametrize("peer", [*POS, *AWESOME], ids=str)
def test_the_published_amounts(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
