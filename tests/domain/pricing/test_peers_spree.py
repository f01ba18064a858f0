from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, added, answer_of, found_of, included, line, promo

Goods = list[dict[str, Any]]

#: Of the promotions of a line only the best stays, and so of those of the order.
SPREE = {
    "choose": "sequence",
    "of_group": "best",
    "percent_of": "base",
    "percent_per": "line",
    "share_among": "lines",
    "tax_rounding": "line",
}
BEST = {"stack": {"group": "line"}}
OF_ORDER = {"stack": {"group": "order"}}
ADJUSTER = "Spree adjuster/promotion_spec.rb"


def of(file: str, name: str, basket: Goods, promotions: Goods, **wanted: Any) -> Peer:
    """A case of core/spec/models/spree/**/FILE."""
    return Peer(f"Spree {file}", name, basket, promotions, SPREE, wanted)


def off(name: str, amount: str) -> dict[str, Any]:
    return promo(name, "order_amount", amount=amount, **BEST)


def order(name: str, amount: str, least: str) -> dict[str, Any]:
    return promo(name, "order_amount", amount=amount, needs={"basket": [{"min_amount": least}]}, **OF_ORDER)


def each(name: str, amount: str, least: str) -> dict[str, Any]:
    needs = {"basket": [{"min_amount": least}]}
    return promo(name, "order_amount", amount=amount, per="line", needs=needs, **BEST)


def flexi(first: str, more: str, most: int = 1000) -> dict[str, Any]:
    """So much for the first item and so much for each further one, up to a number of items."""
    steps: Goods = [{"least": 1, "amount": first, "more": more}]
    top = int(first) + (most - 1) * int(more)
    if most < 1000:
        steps.append({"least": most, "amount": str(top)})
    return promo("p", "spend_tier", by="qty", steps=steps)


TIERS_PCT = [{"least": "0", "pct": 10}, {"least": "100", "pct": 15}, {"least": "200", "pct": 20}]
TIERS = [{"least": "0", "amount": "10"}, {"least": "100", "amount": "15"}, {"least": "200", "amount": "20"}]
TEN_GOODS = [line("a", "100", 10)]
ONE, TWO = [line("a", "10")], [line("a", "10"), line("b", "10")]
ABC = [off("A", "100"), off("B", "200"), off("C", "300")]
SHIPPED = [line("goods", "30"), line("ship", "10", tags=["shipping"])]
FREE_SHIP = promo("ship", "order_pct", pct=100, on={"tag": ["shipping"]}, stack={"priority": 9})
TAX, IN_TAX = added("5"), included("5")
PAIR = [line("a", "10", 3, tax=TAX), line("b", "10", 3, tax=TAX)]
IN_PAIR = [line("a", "10", 3, tax=IN_TAX), line("b", "10", 3, tax=IN_TAX)]
ONE_OFF = promo("p", "order_amount", amount="1", on={"sku": ["a"]})
CASES = [
    of(ADJUSTER, "the most valuable", [line("a", "1000")], ABC, off={"C": "300.00"}),
    of(ADJUSTER, "of equal ones one", [line("a", "1000")], [off("A", "200"), off("B", "200")],
            discount="200.00"),
    of(ADJUSTER, "the best is not eligible", [line("a", "1000")], [ABC[0], ABC[2] | {"enabled": False}],
       off={"A": "100.00"}),
    of(ADJUSTER, "equal ones and a lesser", [line("a", "1000")],
       [off("A", "100"), off("B", "200"), off("C", "200")], discount="200.00"),
    *(
        of(ADJUSTER, f"{kind.__name__} of {len(basket)} lines, {way}", basket, promotions[::way],
            discount=wanted)
        for kind, basket, wanted in ((order, ONE, "5.00"), (order, TWO, "10.00"), (each, ONE, "2.50"),
                                     (each, TWO, "10.00"))
        for promotions in ([kind("p1", "5" if kind is order else "2.50", "10"),
                            kind("p2", "10" if kind is order else "5", "20")],)
        for way in (1, -1)
    ),
    of("create_adjustment_spec.rb", "free shipping, and more than the goods", SHIPPED,
       [FREE_SHIP, promo("p", "order_amount", amount="100")], off={"ship": "10.00", "p": "30.00"}),
    of("create_adjustment_spec.rb", "free shipping, and just the goods", SHIPPED,
       [FREE_SHIP, promo("p", "order_amount", amount="30")], off={"ship": "10.00", "p": "30.00"}),
    of("create_adjustment_spec.rb", "free shipping, and less", SHIPPED,
       [FREE_SHIP, promo("p", "order_amount", amount="10")], off={"ship": "10.00", "p": "10.00"}),
    *(
        of("create_adjustment_spec.rb", f"{amount} off 40", SHIPPED, [promo("p", "order_amount",
            amount=amount)],
           discount=wanted)
        for amount, wanted in (("100", "40.00"), ("40", "40.00"), ("10", "10.00"))
    ),
    of("create_item_adjustments_spec.rb", "no more than the line", [line("a", "100")],
       [promo("p", "order_amount", amount="300", per="line")], discount="100.00"),
    of("flexi_rate_spec.rb", "the first", TEN_GOODS, [flexi("1", "0")], discount="1.00"),
    of("flexi_rate_spec.rb", "each further one", TEN_GOODS, [flexi("0", "1")], discount="9.00"),
    of("flexi_rate_spec.rb", "both", TEN_GOODS, [flexi("5", "1")], discount="14.00"),
    of("flexi_rate_spec.rb", "three at most", TEN_GOODS, [flexi("5", "1", 3)], discount="7.00"),
    *(
        of("tiered_percent_spec.rb", price, [line("a", price)], [promo("p", "spend_tier", steps=TIERS_PCT)],
           discount=wanted)
        for price, wanted in (("50", "5.00"),)
    ),
    *(
        of("tiered_flat_rate_spec.rb", price, [line("a", price)], [promo("p", "spend_tier", steps=TIERS)],
           discount=wanted)
        for price, wanted in (("50", "10.00"), ("150", "15.00"))
    ),
    of("flat_percent_item_total_spec.rb", "31.08", [line("a", "31.08")], [promo("p", "order_pct", pct=10)],
       discount="3.11"),
    of("flat_percent_item_total_spec.rb", "31.00", [line("a", "31.00")], [promo("p", "order_pct", pct=10)],
       discount="3.10"),
    of("flat_percent_item_total_spec.rb", "no more than is left", [line("a", "31.00")],
       [promo("one", "order_amount", amount="1", stack={"priority": 1}), promo("p", "order_pct", pct=100)],
       off={"one": "1.00", "p": "30.00"}),
    of("percent_on_line_item_spec.rb", "15 of 100", [line("a", "100")], [promo("p", "pct", pct=15)],
       discount="15.00"),
    of("default_tax_spec.rb", "one line", [PAIR[0], PAIR[1] | {"tax": []}], [], tax_sum="1.50"),
    of("default_tax_spec.rb", "a price finer than cents", [line("a", "10.333", tax=TAX)], [], tax_sum="0.52"),
    of("default_tax_spec.rb", "both lines", PAIR, [], tax_sum="3.00"),
    Peer("Spree default_tax_spec.rb", "both lines, in the price", IN_PAIR, [],
            SPREE | {"tax_rounding": "total"},
         {"tax_sum": "2.86"}),
    of("default_tax_spec.rb", "a line, in the price", IN_PAIR[:1], [], tax_sum="1.43"),
    of("default_tax_spec.rb", "a line less 1, in the price", IN_PAIR[:1], [ONE_OFF], tax_sum="1.38"),
    of("default_tax_spec.rb", "a line less 1", PAIR[:1], [ONE_OFF], tax_sum="1.45"),
    of("default_tax_spec.rb", "a shipment", [line("s", "15", tax=TAX)], [], tax_sum="0.75"),
    of("default_tax_spec.rb", "a shipment less 1", [line("a", "15", tax=TAX)], [ONE_OFF], tax_sum="0.70"),
    of("default_tax_spec.rb", "50 at 8.50, 7 percent in the price", [line("a", "8.50", 50,
            tax=included("7"))], [],
       tax_sum="27.80"),
    of("default_tax_spec.rb", "less 40", [line("a", "8.50", 50, tax=included("7"))],
       [promo("p", "order_amount", amount="40")], tax_sum="25.19"),
]  # fmt: skip


@pytest.mark.parametrize("peer", CASES, ids=str)
def test_the_published_result(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
