"""PrestaShop's own scenarios of carts: rules by amount and share, rounding by piece, line and total, tax.

The facts and figures of Scenario/Cart/Calculation. Prices have three decimals and totals are published
unrounded, so most cases have as many; rounding by piece is a line for each piece, rounding of the total a
cash step.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, added, answer_of, found_of, line, promo

Goods = list[dict[str, Any]]
PRESTASHOP: dict[str, Any] = {
    "choose": "sequence",
    "percent_of": "left",
    "judged_on": "left",
    "tax_rounding": "line",
}
PRICES = {"1": "19.812", "2": "32.388", "3": "31.188"}
SHIPPING = line("ship", "7", locked=True)


def goods(what: str, tax: Goods | None = None) -> Goods:
    """ "2x3 1": two of the third product and one of the first; with shipping."""
    found = []
    for each in what.split():
        count, _, product = each.rpartition("x")
        found.append(line(product, PRICES[product], int(count or 1), **({"tax": tax} if tax else {})))
    return [*found, SHIPPING] if found else []


def shop(
    name: str,
    basket: Goods,
    total: str,
    *promotions: dict[str, Any],
    digits: int = 3,
    policy: dict[str, Any] | None = None,
) -> Peer:
    return Peer(
        "PrestaShop",
        name,
        basket,
        list(promotions),
        PRESTASHOP | (policy or {}),
        {"total": total},
        {"currency": "EUR", "minor_digits": digits},
    )


def off(amount: str, priority: int, **more: Any) -> dict[str, Any]:
    return promo(f"{amount} off", "order_amount", amount=amount, stack={"priority": -priority}, **more)


def share(pct: int, priority: int, **more: Any) -> dict[str, Any]:
    return promo(f"{pct} percent", "order_pct", pct=pct, stack={"priority": -priority}, **more)


ALL = "2x2 3x1 3"
SECOND = {"on": {"sku": ["2"]}}
FIVE, TEN, HALF, TENTH = off("5", 4), off("10", 6), share(50, 2), share(10, 3)
CHEAPEST = promo("cheapest", "order_pct", pct=50, units="cheapest")
REDUCED = [line("2", "32.388", 2), line("1", "16.812", 3, tags=["reduced"]), line("3", "31.188"), SHIPPING]
RULES = [
    shop("two amounts, nothing", [], "0.000", FIVE, TEN),
    shop("two amounts, one", goods("1"), "11.812", FIVE, TEN),
    shop("two amounts, three", goods("3x1"), "51.436", FIVE, TEN),
    shop("two amounts, three products", goods(ALL), "147.400", FIVE, TEN),
    shop("two shares, nothing", [], "0.000", HALF, TENTH),
    shop("two shares, one", goods("1"), "15.9154", HALF, TENTH, digits=4),
    shop("two shares, three", goods("3x1"), "33.75", HALF, TENTH, digits=2),
    shop("two shares, three products", goods(ALL), "76.930", HALF, TENTH),
    shop("half and five off", goods("1"), "11.906", HALF, FIVE),
    shop("half and 500 off", goods("3x1"), "7.000", HALF, off("500", 5)),
    shop("five off and half", goods("3x1"), "34.218", FIVE, share(50, 7)),
    shop("500 off and half", goods("3x1"), "7.000", off("500", 5), share(50, 7)),
    shop("off another product", goods("1"), "26.812", off("5", 8, **SECOND)),
    shop("off another product, three", goods("3x1"), "66.436", off("5", 8, **SECOND)),
    shop("off one of three products", goods(ALL), "157.400", off("5", 8, **SECOND)),
    shop("more than one of three products costs", goods(ALL), "97.624", off("500", 8, **SECOND)),
    shop("both of another product", goods("1"), "26.812", share(50, 10, **SECOND), off("5", 8, **SECOND)),
    shop("both of one product", goods("3x2"), "53.082", share(50, 10, **SECOND), off("5", 8, **SECOND)),
    shop(
        "both of one of three products", goods(ALL), "127.512", share(50, 10, **SECOND), off("5", 8, **SECOND)
    ),
    shop("half of the cheapest, one", goods("1"), "16.906", CHEAPEST),
    shop("half of the cheapest", goods(ALL), "152.494", CHEAPEST),
    shop(
        "half of the cheapest that is not reduced",
        REDUCED,
        "137.806",
        CHEAPEST | {"on": {"not": {"tag": ["reduced"]}}},
    ),
    shop("a specific price", REDUCED, "153.400"),
]


def pieces(price: str, count: int) -> Goods:
    return [*(line("a", price) for _ in range(count)), SHIPPING]


AT_THE_END = {"cash": {"step": "0.01"}}
ROUNDING = [
    shop("by piece, one", pieces("19.812", 1), "26.81", digits=2),
    shop("by piece, three", pieces("19.812", 3), "66.43", digits=2),
    shop(
        "by piece, three products",
        [*(line(each, PRICES[each]) for each in "221113"), SHIPPING],
        "162.40",
        digits=2,
    ),
    shop("by piece, a tricky price", pieces("35.32552", 2), "77.66", digits=2),
    shop("by piece, 15 percent", pieces("19.812", 3), "57.52", share(15, 1), digits=2),
    shop("by piece, five off", pieces("19.812", 3), "61.43", FIVE, digits=2),
    shop("by line, one", goods("1"), "26.812"),
    shop("by line, three", goods("3x1"), "66.436"),
    shop("by line, three products", goods(ALL), "162.400"),
    shop("of the total, one", goods("1"), "26.810", policy=AT_THE_END),
    shop("of the total, three", goods("3x1"), "66.440", policy=AT_THE_END),
    shop("of the total, three products", goods(ALL), "162.400", policy=AT_THE_END),
    *(
        shop(f"{mode}, {what}", goods(what), total, digits=2, policy={"price_mode": mode})
        for mode, one in (("half_even", "26.81"), ("up", "26.82"))
        for what, total in (("1", one), ("3x1", "66.44"), (ALL, "162.41"))
    ),
]
TAXES = [
    shop(f"{rate} percent, {what}", goods(what, added(rate)), total, digits=5)
    for rate, totals in (
        ("4", ("27.60448", "68.81344", "168.61600")),
        ("6", ("28.00072", "70.00216", "171.72400")),
    )
    for what, total in zip(("1", "3x1", ALL), totals, strict=True)
] + [
    shop(f"where nothing is sent to, {what}", goods(what)[:-1], total)
    for what, total in (("1", "19.812"), ("3x1", "59.436"), (ALL, "155.400"))
]


@pytest.mark.parametrize("peer", [*RULES, *ROUNDING, *TAXES], ids=str)
def test_the_published_totals(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
