from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, added, answer_of, found_of, included, line, promo

Goods = list[dict[str, Any]]

MEDUSA = {
    "choose": "sequence",
    "percent_of": "left",
    "takes": "dearest",
    "share_among": "lines",
    "reward_first": "bought",
    "stacking": "rewards",
    "share_over": "reduced",
    "short_budget": "nothing",
}
COMPUTE, TOTALS = "Medusa compute-actions.spec.ts", "Medusa totals.ts"
COTTON, SHIP = {"category": ["cotton"]}, {"tag": ["express", "standard"]}
VIP = {"who": {"tags": ["VIP", "top100"]}}
A_VIP = {"member": {"id": "c", "tags": ["VIP"]}}


def of(
    name: str, basket: Goods, promotions: Goods, more: dict[str, Any] | None = None, **wanted: Any
) -> Peer:
    return Peer(COMPUTE, name, basket, promotions, MEDUSA, wanted, A_VIP | (more or {}))


def shirt(price: str, qty: int = 1) -> dict[str, Any]:
    return line("shirt", price, qty, category="cotton")


def sweater(price: str, qty: int = 1) -> dict[str, Any]:
    return line("sweater", price, qty, category="cotton")


def each(value: str, most: int, name: str = "p", on: Any = COTTON, **more: Any) -> dict[str, Any]:
    """Fixed, allocation each: so much off each of so many units of every line."""
    more.setdefault("limits", {})
    more["limits"] = more["limits"] | {"max_units_per_line": most}
    return promo(name, "amount", amount=value, on=on, **VIP, **more)


def pct_each(pct: int, most: int, name: str = "p", on: Any = COTTON, **more: Any) -> dict[str, Any]:
    more["limits"] = more.get("limits", {}) | {"max_units_per_line": most}
    return promo(name, "pct", pct=pct, on=on, **VIP, **more)


def across(value: str, name: str = "p", on: Any = COTTON, **more: Any) -> dict[str, Any]:
    return promo(name, "order_amount", amount=value, on=on, **VIP, **more)


def pct_across(pct: int, name: str = "p", on: Any = COTTON, **more: Any) -> dict[str, Any]:
    return promo(name, "order_pct", pct=pct, on=on, **VIP, **more)


#: Of automatic and other promotions of one kind Medusa takes the greater value first.
FIRST = {"stack": {"priority": 1}}
SPENT = {"uses": {"p": {"campaign_amount": "1000"}}}
SPEND_1000 = {"limits": {"campaign_amount": "1000"}}
USED_UP = {"uses": {"p": {"campaign": 1000}}}
USE_1000 = {"limits": {"campaign": 1000}}
FIVE = [line("shirt", "1000", 5, category="cotton")]
SMALL = [shirt("50"), sweater("150")]
SHIPPING = [
    line("express", "250", tags=["express"]),
    line("standard", "150", tags=["standard"]),
    line("snail", "200", tags=["snail"]),
]
ITEMS = [
    of(
        "each, one of a line", [shirt("100"), sweater("150", 5)], [each("200", 1)], amounts=["0.00", "600.00"]
    ),
    of("two each", SMALL, [each("30", 1), each("50", 1, "q")], off={"p": "60.00", "q": "70.00"}),
    of("each, nothing is left", SMALL, [each("500", 2), each("50", 1, "q")], off={"p": "200.00"}),
    of("each, within the budget", FIVE, [each("100", 5, **SPEND_1000)], off={"p": "500.00"}),
    of("each, used up", FIVE, [each("500", 5, **USE_1000)], USED_UP, off={}),
    of("a share each", [shirt("100"), sweater("150", 5)], [pct_each(10, 1)], amounts=["90.00", "735.00"]),
    of(
        "two shares each",
        [shirt("50", 3), sweater("150")],
        [pct_each(30, 2), pct_each(10, 1, "q")],
        off={"p": "75.00", "q": "15.50"},
        amounts=["115.00", "94.50"],
    ),
    of(
        "the second takes another unit",
        [shirt("50", 4)],
        [pct_each(100, 1), pct_each(100, 1, "q")],
        off={"p": "50.00", "q": "50.00"},
    ),
    of("a share each, above the budget", FIVE, [pct_each(100, 5, **SPEND_1000)], off={}),
    of("a share each, used up", FIVE, [pct_each(10, 5, **USE_1000)], USED_UP, off={}),
    of("across", [shirt("100", 2), sweater("300", 2)], [across("400")], amounts=["100.00", "300.00"]),
    of(
        "two across",
        SMALL,
        [across("30"), across("50", "q", **FIRST)],
        off={"p": "30.00", "q": "50.00"},
        amounts=["30.00", "90.00"],
    ),
    of("across, nothing is left", SMALL, [across("1000", **FIRST), across("50", "q")], off={"p": "200.00"}),
    of("across, above the budget", FIVE, [across("1500", **SPEND_1000)], off={}),
    of("across, used up", FIVE, [across("500", **USE_1000)], USED_UP, off={}),
    of(
        "a share across", [shirt("100", 2), sweater("300", 2)], [pct_across(10)], amounts=["180.00", "540.00"]
    ),
    of("a share across, above the budget", FIVE, [pct_across(100, **SPEND_1000)], off={}),
    of("a share across, used up", FIVE, [pct_across(10, **USE_1000)], USED_UP, off={}),
    of("not of the group", SMALL, [across("50")], {"member": {"id": "x"}}, off={}),
    of("inactive", SMALL, [each("200", 1) | {"enabled": False}], off={}),
    of(
        "twice an e-mail",
        [shirt("100")],
        [pct_across(10, limits={"per_member": 2})],
        {"uses": {"p": {"by_member": 1}}},
        off={"p": "10.00"},
    ),
    of(
        "no third time",
        [shirt("100")],
        [pct_across(10, limits={"per_member": 2})],
        {"uses": {"p": {"by_member": 2}}},
        off={},
    ),
    of("shipping each", SHIPPING, [each("200", 2, on=SHIP)], amounts=["50.00", "0.00", "200.00"]),
    of(
        "shipping each, two of them",
        SHIPPING,
        [each("200", 2, on=SHIP), each("200", 2, "q", on=SHIP)],
        off={"p": "350.00", "q": "50.00"},
    ),
    of("a share of shipping", SHIPPING, [pct_each(10, 2, on=SHIP)], amounts=["225.00", "135.00", "200.00"]),
    of(
        "shipping across",
        [line("express", "500", tags=["express"]), line("standard", "100", tags=["standard"]), SHIPPING[2]],
        [across("200", on=SHIP)],
        amounts=["333.33", "66.67", "200.00"],
    ),
    of(
        "different goods for each rule",
        [
            line("tshirt0", "100"),
            line("tshirt1", "100"),
            line("tshirt9", "150", 5),
            line("other", "110", tags=["rest"]),
        ],
        [
            each("100", 100, "none", on={"sku": ["tshirt0"]}),
            each("100", 100, "group", on={"sku": ["tshirt1"]}),
            each("100", 100, "subtotal", on={"sku": ["other"]}),
            each("1000", 100, "customer", on={"sku": ["tshirt9"]}),
        ],
        off={"none": "100.00", "group": "100.00", "subtotal": "100.00", "customer": "750.00"},
    ),
]


def buy_get(least: int, get: int = 1, most: int = 100, **off: Any) -> dict[str, Any]:
    """apply_to_quantity `get`, max_quantity `most` units in all."""
    kind = "reward" if off else "gift"
    buy = [{"of": {"category": ["sweater"]}, "qty": least}]
    target = {"of": {"category": ["tshirt"]}, "qty": get}
    return promo("p", kind, buy=buy, get=target, limits={"max_units": most}, **VIP, **off)


def wear(kind: str, price: str, qty: int, name: str = "") -> dict[str, Any]:
    return line(name or kind, price, qty, category=kind)


THREE = [wear("tshirt", "500", 2), wear("tshirt", "1000", 2, "tshirt2"), wear("sweater", "1000", 2)]
ONE_SHIRT = [wear("tshirt", "500", 1), wear("sweater", "500", 2)]
BUY_GET = [
    of("a shirt for each sweater", THREE, [buy_get(1)], amounts=["1000.00", "0.00", "2000.00"]),
    of("too few sweaters", THREE, [buy_get(4, most=1)], off={}),
    of("one at most", THREE, [buy_get(1, most=1)], off={"p": "1000.00"}),
    of("200 off one", ONE_SHIRT, [buy_get(1, most=1, amount="200")], off={"p": "200.00"}),
    of("never below nothing", ONE_SHIRT, [buy_get(1, most=1, amount="1000")], off={"p": "500.00"}),
    of(
        "200 off each of two",
        [wear("tshirt", "1000", 3), wear("sweater", "500", 2)],
        [buy_get(1, 2, 2, amount="200")],
        off={"p": "400.00"},
    ),
]


def buy_of(
    buys: str, least: int, gets: str, get: int = 1, most: int = 100, name: str = "p"
) -> dict[str, Any]:
    target = {"of": {"brand": [gets]}, "qty": get}
    buy = [{"of": {"brand": [buys]}, "qty": least}]
    return promo(name, "gift", buy=buy, get=target, limits={"max_units": most})


def one(name: str, price: str, qty: int = 1, brand: str = "one") -> dict[str, Any]:
    return line(name, price, qty, brand=brand)


TWO_TWO = buy_of("one", 2, "one", 2, 2)
TWO_PLUS_ONE = buy_of("one", 2, "one", most=10)
TWICE = [buy_of("one", 2, "one", most=2), buy_of("one", 2, "one", most=1, name="q")]
ELEVEN = [one("got", "250", 11, "got"), one("bought", "250", 11, "bought")]
SAME_GOODS = [
    of("four shirts", THREE, [buy_get(1, 4)], off={"p": "3000.00"}),
    of("nothing to get", THREE[2:], [buy_get(1, 4, 4, amount="1000")], off={}),
    of(
        "two and two",
        [one("a", "250", 4), one("b", "1000", 2, "two")],
        [TWO_TWO],
        amounts=["500.00", "2000.00"],
    ),
    *(
        of(f"2 + 1 of {qty}", [one("a", "500", qty)], [TWO_PLUS_ONE], off={"p": off} if off else {})
        for qty, off in ((2, ""), (3, "500.00"), (5, "500.00"), (6, "1000.00"))
    ),
    of("two promotions, three pieces", [one("a", "500", 3)], TWICE, off={"p": "500.00"}),
    of("two promotions, six pieces", [one("a", "500", 6)], TWICE, off={"p": "1000.00"}),
    of(
        "what the first leaves",
        ELEVEN,
        [buy_of("bought", 2, "got"), buy_of("bought", 1, "got", name="q")],
        off={"p": "1250.00", "q": "250.00"},
    ),
    of(
        "as many as each may",
        ELEVEN,
        [buy_of("bought", 2, "got", most=2), buy_of("bought", 1, "got", most=1, name="q")],
        off={"p": "500.00", "q": "250.00"},
    ),
    of("of ten", [one("a", "250", 10)], [buy_of("one", 2, "one")], off={"p": "750.00"}),
    of("two of ten", [one("a", "250", 10)], [buy_of("one", 2, "one", most=2)], off={"p": "500.00"}),
    of(
        "across lines the dear ones are bought",
        [one("a", "500"), one("b", "500"), one("c", "1000"), one("d", "1000")],
        [TWO_TWO],
        amounts=["0.00", "0.00", "1000.00", "1000.00"],
    ),
    of("one too few", [one("a", "333.33", 3)], [TWO_TWO], off={}),
    of("one too few across lines", [one(n, "1000") for n in "abc"], [TWO_TWO], off={}),
]


#: Allocation "once" takes the lowest prices first.
CHEAPEST = MEDUSA | {"takes": "cheapest"}
ANY_TWO = promo(
    "p",
    "gift",
    buy=[{"of": {"sku": ["target", "other1", "other2"]}, "qty": 2}],
    get={"of": {"sku": ["target"]}},
    limits={"max_units": 1},
)
ORDERS = [
    ["target", "other1", "other2"],
    ["other1", "target", "other2"],
    ["other1", "other2", "target"],
    ["target", "other1"],
]


def once(name: str, basket: Goods, kind: str, most: int, amounts: list[str], **off: Any) -> Peer:
    limits = {"limits": {"max_units": most}}
    promotion = promo("p", kind, **limits, **off)
    return Peer(COMPUTE, name, basket, [promotion], CHEAPEST, {"amounts": amounts})


ONCE = [
    *(
        of(f"any two of {skus}", [line(sku, "1000") for sku in skus], [ANY_TWO], off=off)
        for skus in ORDERS
        for off in ({"p": "1000.00"} if len(skus) == 3 else {},)
    ),
    once(
        "once, the lowest price",
        [line("dear", "100", 3), line("cheap", "50", 5), line("medium", "75", 2)],
        "amount",
        2,
        ["300.00", "230.00", "150.00"],
        amount="10",
    ),
    once(
        "once, four units",
        [line("a", "50", 2), line("b", "60", 3)],
        "amount",
        4,
        ["90.00", "170.00"],
        amount="5",
    ),
    once(
        "once, one unit",
        [line("a", "30", 3), line("b", "50", 2)],
        "amount",
        1,
        ["80.00", "100.00"],
        amount="10",
    ),
    once("once, a share", [line("a", "100", 5), line("b", "50", 4)], "pct", 3, ["500.00", "170.00"], pct=20),
    once(
        "once, a share of several",
        [line("a", "50", 2), line("b", "60", 3), line("c", "100", 4)],
        "pct",
        5,
        ["75.00", "135.00", "400.00"],
        pct=25,
    ),
    once(
        "once, of one category",
        [line("phone", "1000", 3), line("book", "10", 5, tags=["book"]), line("tablet", "500", 2)],
        "amount",
        2,
        ["3000.00", "50.00", "970.00"],
        amount="15",
        on={"not": {"tag": ["book"]}},
    ),
]


def total(name: str, basket: Goods, promotions: Goods, amount: str, **wanted: Any) -> Peer:
    return Peer(TOTALS, name, basket, promotions, MEDUSA, {"total": amount} | wanted)


TEN = added("10")
CARTS = [
    total(
        "goods and tax", [line("a", "30", 2, tax=TEN), line("b", "5", tax=added("50"))], [], "73.50",
            tax_sum="8.50"
    ),
    total(
        "an adjustment", [line("a", "50", 2, tax=TEN)], [promo("p", "order_amount", amount="10")], "99.00",
        tax_sum="9.00",
    ),
    total("tax in the price", [line("a", "50", 2, tax=included("10"))], [], "100.00", tax_sum="9.09"),
    total("tax on top", [line("a", "50", 2, tax=TEN)], [], "110.00", tax_sum="10.00"),
    total(
        "goods and shipping",
        [line("a", "50", 2, tax=TEN), line("ship", "25", tax=TEN)],
        [
            promo("p", "order_amount", amount="20", on={"sku": ["a"]}),
            promo("s", "order_amount", amount="2", on={"sku": ["ship"]}),
        ],
        "113.30",
        tax_sum="10.30",
    ),
    total(
        "in the price and on top",
        [
            line("a", "100", tax=included("10")),
            line("b", "10", tax=[TEN[0] | {"id": "10+"}]),
            line("ship", "10", tax=included("5")),
            line("sent", "5", tax=[TEN[0] | {"id": "10+"}]),
        ],
        [
            promo(sku, "order_amount", amount=amount, on={"sku": [sku]})
            for sku, amount in (("a", "10"), ("b", "3"), ("ship", "2"), ("sent", "2"))
        ],
        "109.00",
        tax_sum="9.56",
    ),
]  # fmt: skip


@pytest.mark.parametrize("peer", [*ITEMS, *BUY_GET, *SAME_GOODS, *ONCE, *CARTS], ids=str)
def test_the_published_result(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
