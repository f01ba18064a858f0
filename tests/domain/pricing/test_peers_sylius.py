from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, answer_of, found_of, line, promo

Goods = list[dict[str, Any]]

SYLIUS = {"choose": "sequence", "percent_of": "left"}
SHIRT, MUG = line("shirt", "100.00"), line("mug", "6.00")


def sylius(name: str, basket: Goods, promotions: Goods, **wanted: Any) -> Peer:
    return Peer("Sylius", name, basket, promotions, SYLIUS, wanted)


FLOORED = line("t-shirt", "50.00", floor="45.00")
JACKETS = {"category": ["jackets"]}
JACKET = line("jacket", "100.00", category="jackets")
TROUSERS = line("trousers", "80.00", category="trousers")
DRESS = line("dress", "50.00", category="dresses")
TIE = line("tie", "10.00", category="formal")
FROM_500 = {"basket": [{"min_amount": "500.00"}]}


def at_least(qty: int) -> dict[str, Any]:
    return {"basket": [{"min_qty": qty}]}


SYLIUS_CASES = [
    sylius("fixed discount", [SHIRT], [promo("p", "order_amount", amount="10")], total="90.00"),
    sylius("as much as the cart", [SHIRT, MUG], [promo("p", "order_amount", amount="106")], total="0.00"),
    sylius(
        "more than the cart",
        [SHIRT],
        [promo("p", "order_amount", amount="200")],
        total="0.00",
        off={"p": "100.00"},
    ),
    sylius(
        "shipping is not discounted",
        [SHIRT, line("dhl", "10.00", locked=True)],
        [promo("p", "order_amount", amount="10")],
        total="100.00",
    ),
    sylius(
        "percentage first when its priority is higher",
        [line("pug", "100.00")],
        [
            promo("cebula", "order_amount", amount="10", stack={"priority": 1}),
            promo("santa", "order_pct", pct=20, stack={"priority": 4}),
        ],
        total="70.00",
    ),
    sylius(
        "fixed first when its priority is higher",
        [line("pug", "100.00")],
        [
            promo("cebula", "order_amount", amount="10", stack={"priority": 5}),
            promo("santa", "order_pct", pct=20, stack={"priority": 2}),
        ],
        total="72.00",
    ),
    sylius(
        "an exclusive one before a higher priority",
        [line("pug", "100.00")],
        [
            promo("cebula", "order_amount", amount="10", stack={"priority": 5}),
            promo("market", "order_pct", pct=20, stack={"priority": 1, "alone": True}),
        ],
        total="80.00",
    ),
    sylius(
        "of two exclusive ones the higher",
        [line("pug", "100.00")],
        [
            promo("market", "order_pct", pct=20, stack={"priority": 2, "alone": True}),
            promo("sloth", "order_amount", amount="10", stack={"priority": 5, "alone": True}),
        ],
        total="90.00",
    ),
    sylius(
        "stacked fixed discounts on units",
        [line("shirt", "10.56", 3), line("mug", "60.00")],
        [
            promo("small", "order_amount", amount="20", stack={"priority": 0}),
            promo("large", "order_amount", amount="80", stack={"priority": 1}),
        ],
        total="0.00",
        discount="91.68",
    ),
    sylius("minimum price, percent", [FLOORED], [promo("p", "pct", pct=50)], total="45.00"),
    sylius("minimum price, fixed order", [FLOORED], [promo("p", "order_amount", amount="10")], total="45.00"),
    sylius(
        "minimum price, price range",
        [FLOORED],
        [promo("p", "pct", pct=50, on={"price": {"from": "15", "to": "50"}})],
        total="45.00",
    ),
    sylius(
        "minimum price, fixed items",
        [FLOORED, line("mug", "20.00")],
        [promo("p", "amount", amount="10")],
        amounts=["45.00", "10.00"],
        total="55.00",
    ),
    sylius(
        "minimum price, two",
        [FLOORED | {"qty": 2}],
        [promo("p", "order_amount", amount="50", needs=at_least(2))],
        total="90.00",
        discount="10.00",
    ),
    sylius(
        "minimum price, the rest goes to the other",
        [FLOORED, line("mug", "20.00")],
        [promo("p", "order_amount", amount="20", needs=at_least(2))],
        amounts=["45.00", "5.00"],
    ),
    sylius(
        "minimum price, percent of the order",
        [FLOORED, line("mug", "20.00")],
        [promo("p", "order_pct", pct=20)],
        amounts=["45.00", "11.00"],
        total="56.00",
    ),
    sylius(
        "minimum price, three mugs take what the shirt cannot",
        [FLOORED, line("mug", "20.00", 3)],
        [promo("p", "order_amount", amount="25")],
        shares=[["45.00"], ["13.33", "13.33", "13.34"]],
    ),
    sylius(
        "minimum price, two shirts and three mugs",
        [FLOORED | {"qty": 2}, line("mug", "20.00", 3)],
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
            FLOORED | {"qty": 2},
            line("keyboard", "20.00", 2, floor="15.00"),
            line("mouse", "30.00"),
            line("cup", "10.00"),
        ],
        [promo("p", "order_amount", amount="36")],
        shares=[["45.00", "45.00"], ["15.00", "15.00"], ["18.00"], ["6.00"]],
    ),
    sylius(
        "minimum price, one that cannot fall at all",
        [
            line("cup", "10.00"),
            line("keyboard", "20.00", floor="19.00"),
            line("mouse", "50.00", floor="50.00"),
            line("phones", "30.00", floor="29.00"),
        ],
        [promo("p", "order_amount", amount="12")],
        amounts=["0.00", "19.00", "50.00", "29.00"],
    ),
    sylius(
        "minimum price, more than is allowed",
        [
            line("cup", "10.00"),
            line("keyboard", "20.00", floor="19.00"),
            line("mouse", "50.00", floor="50.00"),
            line("phones", "30.00", floor="26.00"),
        ],
        [promo("p", "order_amount", amount="20")],
        amounts=["0.00", "19.00", "50.00", "26.00"],
    ),
    Peer(
        "Sylius",
        "first order",
        [DRESS],
        [promo("p", "order_pct", pct=20, who={"nth_order": 1})],
        SYLIUS,
        {"total": "40.00"},
        {"member": {"id": "m", "orders_before": 0}},
    ),
    sylius(
        "items by the total of all",
        [JACKET | {"qty": 7}],
        [promo("p", "amount", amount="10", on=JACKETS, needs=FROM_500)],
        total="630.00",
    ),
    sylius(
        "one kind of goods where another is bought",
        [TROUSERS, JACKET],
        [
            promo(
                "p",
                "pct",
                pct=10,
                on=JACKETS,
                needs={"basket": [{"of": {"category": ["trousers"]}, "min_qty": 1}]},
            )
        ],
        total="170.00",
    ),
    sylius(
        "items and the order from one promotion",
        [JACKET | {"qty": 7}],
        [
            promo("p1", "pct", pct=20, on=JACKETS, needs=FROM_500),
            promo("p2", "order_amount", amount="50", needs=FROM_500),
        ],
        total="510.00",
        discount="190.00",
    ),
    sylius(
        "several kinds where any of two is bought",
        [TIE, DRESS, TROUSERS],
        [
            promo(
                "p",
                "pct",
                pct=10,
                on={"category": ["formal", "dresses"]},
                needs={"basket": [{"of": {"category": ["trousers", "jackets"]}, "min_qty": 1}]},
            )
        ],
        amounts=["9.00", "45.00", "80.00"],
        total="134.00",
    ),
    sylius(
        "items, then a fixed discount",
        [TROUSERS, JACKET],
        [promo("p1", "pct", pct=10, on=JACKETS), promo("p2", "order_amount", amount="20")],
        total="150.00",
        discount="30.00",
    ),
]

CASES = SYLIUS_CASES


@pytest.mark.parametrize("peer", CASES, ids=str)
def test_the_published_result(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
