"""Solidus' own specs of promotions and of tax, with its declared policy.

The facts and figures of promotions/spec (calculators, benefits, integration, amount limit, distributed
amounts) and of core's default_tax and taxation_integration. Promotions follow each other, shares are of what
is left, an amount is shared out from the last line on.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, added, answer_of, found_of, included, line, promo

Goods = list[dict[str, Any]]
SOLIDUS: dict[str, Any] = {
    "choose": "sequence",
    "percent_of": "left",
    "percent_per": "line",
    "order_percent_per": "line",
    "sharing": "truncate_from_end",
    "share_among": "lines",
    "share_over": "reduced",
    "takes": "listed",
    "tax_rounding": "line",
}


def solidus(
    name: str, basket: Goods, promotions: Goods, more: dict[str, Any] | None = None, **wanted: Any
) -> Peer:
    return Peer("Solidus", name, basket, promotions, SOLIDUS | (more or {}), wanted)


def priced(*prices: str) -> Goods:
    return [line(f"p{number}", price) for number, price in enumerate(prices)]


CLOTHES = {"tag": ["clothes"]}
SHIRT = {"on": {"sku": ["shirt"]}}
HAS_SHIRT = {"needs": {"basket": [{"of": {"sku": ["shirt"]}, "min_qty": 1}]}}
BOTH = [line("shirt", "19.99"), line("pants", "19.99")]
FIFTEEN = promo("p", "order_amount", amount="15")
DISTRIBUTED = [
    solidus("all of it to one line", priced("100"), [FIFTEEN], amounts=["85.00"]),
    solidus("evenly", priced("50", "50", "50"), [FIFTEEN], amounts=["45.00"] * 3),
    solidus(
        "what cannot be shared evenly",
        priced("50", "50", "50"),
        [promo("p", "order_amount", amount="10")],
        sorted=["46.66", "46.67", "46.67"],
    ),
    solidus(
        "by what the lines cost",
        [line("a", "50", 3), line("b", "50"), line("c", "50", 2)],
        [FIFTEEN],
        amounts=["142.50", "47.50", "95.00"],
    ),
    solidus("over 20, 30 and 100", priced("20", "30", "100"), [FIFTEEN], amounts=["18.00", "27.00", "90.00"]),
    solidus(
        "over the first product only",
        priced("20", "30", "100"),
        [promo("p", "order_amount", amount="15", on={"sku": ["p0"]})],
        amounts=["5.00", "30.00", "100.00"],
    ),
    solidus("in another currency", priced("50"), [FIFTEEN | {"currency": "CAD"}], amounts=["50.00"]),
    solidus(
        "15 percent, at most 50",
        priced("120", "230", "300"),
        [promo("p", "order_pct", pct=15, cap="50")],
        {"order_percent_per": "order"},
        amounts=["110.76", "212.31", "276.93"],
    ),
    solidus(
        "15 percent below the cap",
        priced("12", "23", "10"),
        [promo("p", "order_pct", pct=15, cap="50")],
        amounts=["10.20", "19.55", "8.50"],
    ),
]

FIVE_OFF = {"amount": "5"}


def groups(name: str, n: int, basket: Goods, *paid: str, **off: Any) -> Peer:
    return solidus(f"groups of {n}, {name}", basket, [promo("p", "n_for", n=n, **off)], amounts=list(paid))


def tiered(prices: tuple[str, str]) -> Goods:
    return [line("a", prices[0], 2), line("b", prices[1])]


def tier(name: str, pct: int, least: str, most: str | None) -> dict[str, Any]:
    within = {"min_amount": least} | ({} if most is None else {"max_amount": most})
    return promo(name, "n_pct", n=3, pct=pct, needs={"basket": [within]})


TIERS = [tier("10", 10, "0", "19.99"), tier("20", 20, "20", "39.99"), tier("30", 30, "40", None)]
QUANTITY_GROUPS = [
    groups("one", 2, [line("a", "10")], "10.00", **FIVE_OFF),
    groups("two", 2, [line("a", "10", 2)], "10.00", **FIVE_OFF),
    groups("three", 2, [line("a", "10", 3)], "20.00", **FIVE_OFF),
    groups("four", 2, [line("a", "10", 4)], "20.00", **FIVE_OFF),
    groups(
        "two, one and one",
        3,
        [line("a", "10", 2), line("b", "10"), line("c", "10")],
        "10.00",
        "5.00",
        "10.00",
        **FIVE_OFF,
    ),
    solidus(
        "two and one, 10 percent",
        [line("a", "10", 2), line("b", "10")],
        [promo("p", "n_pct", n=3, pct=10)],
        amounts=["18.00", "9.00"],
    ),
    solidus(
        "three and a dearer one",
        [line("a", "10", 3), line("b", "20")],
        [promo("p", "n_pct", n=3, pct=10)],
        amounts=["27.00", "20.00"],
    ),
    solidus("tiers, 30 in all", tiered(("10", "10")), TIERS, amounts=["16.00", "8.00"]),
    solidus("tiers, 40 in all", tiered(("10", "20")), TIERS, amounts=["14.00", "14.00"]),
    solidus(
        "with shipping",
        [line("a", "30", 2), line("ship", "100", locked=True)],
        [promo("p", "n_for", n=1, amount="10")],
        total="140.00",
        discount="20.00",
    ),
]


def stepped(prices: tuple[str, ...], steps: Goods, off: str, *, currency: str = "USD", **more: Any) -> Peer:
    document = promo("p", "spend_tier", by="amount", steps=steps, **more)
    return Peer(
        "Solidus",
        f"tiers over {', '.join(prices)} {currency}",
        priced(*prices),
        [document],
        SOLIDUS,
        {"discount": off},
        {"currency": currency},
    )


FLAT = [{"least": "0", "amount": "10"}, {"least": "100", "amount": "15"}, {"least": "200", "amount": "20"}]
SHARES = [{"least": "0", "pct": 10}, {"least": "20", "pct": 15}, {"least": "30", "pct": 20}]
CALCULATORS = [
    stepped(("50",), FLAT, "10.00"),
    stepped(("150",), FLAT, "15.00"),
    stepped(("210",), FLAT, "20.00"),
    stepped(("10",), SHARES, "1.00"),
    stepped(("10", "10"), SHARES, "3.00"),
    stepped(("10", "10", "10"), SHARES, "6.00"),
    stepped(("20",), SHARES, "3.00"),
    stepped(("30",), SHARES, "6.00"),
    stepped(("15",), SHARES, "2", currency="JPY"),
    *(
        solidus(
            f"a first amount and more, {count} of at most {most}",
            [line("a", "100", count)],
            [
                promo(
                    "p",
                    "spend_tier",
                    by="qty",
                    per="line",
                    steps=[{"least": 1, "amount": first, "more": each}, {"least": most, "amount": last}],
                )
            ],
            discount=off,
        )
        for first, each, most, last, count, off in (
            ("1.23", "0", 1000, "1.23", 1, "1.23"),
            ("1.23", "0", 1000, "1.23", 2, "1.23"),
            ("1.23", "0", 1000, "1.23", 10, "1.23"),
            ("0", "1.23", 1000, "0", 1, "0.00"),
            ("0", "1.23", 1000, "0", 2, "1.23"),
            ("0", "1.23", 1000, "0", 10, "11.07"),
            ("1.13", "2.11", 1000, "0", 1, "1.13"),
            ("1.13", "2.11", 1000, "0", 2, "3.24"),
            ("1.13", "2.11", 1000, "0", 10, "20.12"),
            ("1.13", "2.11", 5, "9.57", 1, "1.13"),
            ("1.13", "2.11", 5, "9.57", 2, "3.24"),
            ("1.13", "2.11", 5, "9.57", 5, "9.57"),
            ("1.13", "2.11", 5, "9.57", 10, "9.57"),
        )
    ),
    *(
        solidus(
            f"10 percent on clothes, 15 from ten pieces: {shirts} and {pants}",
            [
                line("shirt", "50", shirts, tags=["clothes"]),
                line("pants", "10", pants, tags=["clothes"]),
                line("mug", "10"),
            ],
            [promo("p", "qty_tier", on=CLOTHES, steps=[{"least": 1, "pct": 10}, {"least": 10, "pct": 15}])],
            amounts=paid,
        )
        for shirts, pants, paid in ((2, 3, ["90.00", "27.00", "10.00"]), (7, 5, ["297.50", "42.50", "10.00"]))
    ),
]

TWENTY = promo("twenty", "pct", pct=20)
THEN_TEN = promo(
    "ten",
    "order_amount",
    amount="10",
    needs={"judged_on": "after_items", "basket": [{"min_amount": "60.01"}]},
)
THEN_68 = promo(
    "ten",
    "order_amount",
    amount="10",
    needs={"judged_on": "after_items", "basket": [{"min_amount": "68.01"}]},
)
LANES = [line("shirt", "30"), line("pants", "40")]
SHIPPED = [line("v", "13"), line("ship", "23", tags=["shipment"])]
INTEGRATION = [
    solidus("20 percent off an order with a shirt", BOTH, [TWENTY | HAS_SHIRT], total="31.98"),
    solidus("20 percent off the shirt", BOTH, [TWENTY | SHIRT], total="35.98"),
    solidus(
        "an item for free",
        [*BOTH, line("goodie", "4")],
        [promo("p", "pct", pct=100, on={"sku": ["goodie"]}, **HAS_SHIRT)],
        total="39.98",
        goods="43.98",
    ),
    solidus(
        "two shirts, two free",
        [line("shirt", "19.99", 2), line("pants", "19.99"), line("goodie", "4", 2)],
        [promo("p", "pct", pct=100, on={"sku": ["goodie"]}, **HAS_SHIRT)],
        total="59.97",
        goods="67.97",
    ),
    solidus(
        "an earlier lane takes ten off each line",
        [*BOTH, line("goodie", "4")],
        [
            promo("pre", "amount", amount="10", on={"not": {"sku": ["goodie"]}}, stack={"priority": 9}),
            promo("p", "pct", pct=100, on={"sku": ["goodie"]}, **HAS_SHIRT),
        ],
        total="19.98",
    ),
    solidus("two lanes", LANES, [TWENTY | SHIRT, THEN_TEN], total="54.00", goods="70.00"),
    solidus("the second lane's condition fails", LANES, [TWENTY | SHIRT, THEN_68], total="64.00"),
    solidus(
        "off the goods",
        SHIPPED,
        [promo("p", "pct", pct=20, on={"not": {"tag": ["shipment"]}})],
        total="33.40",
        discount="2.60",
    ),
    solidus(
        "off the shipment",
        SHIPPED,
        [promo("p", "pct", pct=20, on={"tag": ["shipment"]})],
        total="31.40",
        discount="4.60",
    ),
    solidus(
        "another shipment",
        [line("v", "13"), line("dhl", "37")],
        [promo("p", "pct", pct=20, on={"tag": ["shipment"]})],
        total="50.00",
        discount="0.00",
    ),
]


def limited(
    name: str, basket: list[tuple[str, int]], off: str, limit: str = "250", more: dict[str, str] | None = None
) -> Peer:
    """20 percent off electronics and 30 off clothing, and what they take off together has a limit."""
    prices = {
        "laptop": "1000",
        "phone": "800",
        "big laptop": "2000",
        "shirt": "50",
        "jacket": "200",
        "other": "100",
    }
    electronics = ("laptop", "phone", "big laptop")
    goods = [
        line(
            what,
            prices[what],
            count,
            category="electronics" if what in electronics else "other" if what == "other" else "clothing",
        )
        for what, count in basket
    ]
    effects = [
        promo(
            name,
            "pct",
            pct=pct,
            on={"category": [name]},
            limits={"max_discount": limit},
            stack={"group": "one promotion"},
        )
        for name, pct in (("electronics", 20), ("clothing", 30))
    ]
    return solidus(
        f"with a limit: {name}", goods, effects, {"of_group": "share"}, discount=off, **(more or {})
    )


LIMITED = [
    limited("within it", [("laptop", 1), ("shirt", 1)], "215.00"),
    limited("the first uses it up", [("laptop", 1), ("phone", 1), ("shirt", 1)], "250.00"),
    limited("clothes first", [("shirt", 1), ("jacket", 1), ("phone", 1)], "235.00"),
    limited("exactly reached", [("laptop", 1), ("shirt", 1), ("jacket", 1)], "250.00"),
    limited("by both together", [("laptop", 2), ("jacket", 2)], "250.00"),
    limited("by one line", [("big laptop", 1)], "250.00"),
    limited("far below", [("shirt", 2)], "30.00"),
    limited("of nothing", [("laptop", 1)], "0.00", "0"),
    limited("nothing to take off", [("other", 1)], "0.00"),
    limited("many pieces", [("shirt", 5), ("jacket", 2)], "195.00"),
    limited("two shares", [("phone", 1), ("jacket", 3)], "250.00"),
]


def taxed(name: str, basket: Goods, tax: str, rate: str = "5", **more: Any) -> Peer:
    return solidus(f"tax, {name}", basket, more.pop("promotions", []), more, taxes={rate: tax})


FIVE, FIVE_IN = added("5"), included("5")
OFF_1 = [promo("p", "order_amount", amount="1")]
TAXES = [
    taxed("two lines", [line("a", "10", 3, tax=FIVE), line("b", "10", 3, tax=FIVE)], "3.00"),
    taxed("one of two lines", [line("a", "10", 3, tax=FIVE), line("b", "10", 3)], "1.50"),
    taxed("rounded", [line("a", "10.333", tax=FIVE), line("b", "10", 3)], "0.52"),
    taxed(
        "of an order, in the price",
        [line("a", "10", 3, tax=FIVE_IN), line("b", "10", 3, tax=FIVE_IN)],
        "2.86",
        tax_rounding="total",
    ),
    taxed("of a line, in the price", [line("a", "10", 3, tax=FIVE_IN)], "1.43"),
    taxed("of a line, in the price, one off", [line("a", "10", 3, tax=FIVE_IN)], "1.38", promotions=OFF_1),
    taxed("of a line, one off", [line("a", "10", 3, tax=FIVE)], "1.45", promotions=OFF_1),
    taxed("of a line", [line("a", "10", 3, tax=FIVE)], "1.50"),
    *(
        taxed(f"Germany, {what}", [line("a", price, tax=included(rate))], tax, rate)
        for what, price, rate, tax in (
            ("a book", "20", "7", "1.31"),
            ("a book's shipment", "8", "7", "0.52"),
            ("a sweater", "30", "19", "4.79"),
            ("a sweater's shipment", "16", "19", "2.55"),
            ("a download", "10", "19", "1.60"),
            ("a download's shipment", "2", "19", "0.32"),
        )
    ),
    *(
        Peer(
            "Solidus",
            f"tax, sold abroad: {price}",
            [line("a", price, tax=included(rate))],
            [],
            SOLIDUS,
            {"total": net, "taxes": {}},
            {"tax_exempt": True},
        )
        for price, rate, net in (
            ("20", "7", "18.69"),
            ("30", "19", "25.21"),
            ("10", "19", "8.40"),
            ("8", "7", "7.48"),
            ("16", "19", "13.45"),
        )
    ),
]

CASES = (*DISTRIBUTED, *QUANTITY_GROUPS, *CALCULATORS, *INTEGRATION, *LIMITED, *TAXES)


@pytest.mark.parametrize("peer", CASES, ids=str)
def test_the_published_amounts(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
