"""What other systems give back of promoted baskets: lines and pieces, with tax on top or in the price.

The facts and figures of Medusa's totals service (version 1), of Spree's and Solidus' default refund amount
and of WooCommerce POS' calculate-refund. The sale is the CASE, the return what `--refund` takes.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from posapp.domain.pricing.cases.answer import refund_answer
from posapp.domain.pricing.cases.reading import read_case
from posapp.domain.pricing.cases.running import price_case, refund_of
from tests.domain.pricing.peers import Peer, added, answer_of, found_of, included, line, promo

Goods = list[dict[str, Any]]
IN_TURN: dict[str, Any] = {"choose": "sequence", "share_among": "lines", "tax_rounding": "line"}
VAT = added("25")
ORDER = [
    line("p1", "100", 10, tax=VAT),
    line("p2", "100", 10, tax=VAT),
    line("none", "100", tax=VAT, locked=True),
]
CART = [line("p1", "18", 10), line("p2", "10", 10)]
TENTH, TEN_OFF = promo("p", "order_pct", pct=10), promo("p", "order_amount", amount="10")
SECOND: dict[str, Any] = {"on": {"sku": ["p2"]}}
TWO_EACH, TENTH_EACH = promo("p", "amount", amount="2", **SECOND), promo("p", "pct", pct=10, **SECOND)
EXPIRED = promo("p", "amount", amount="10", valid={"to": "1995-12-17T03:24:00"})


def sale(
    source: str, name: str, basket: Goods, *promotions: dict[str, Any], digits: int = 2, **wanted: Any
) -> Peer:
    more = {"minor_digits": digits}
    return Peer(source, name, basket, list(promotions), IN_TURN, wanted, more)


def medusa(name: str, off: str, basket: Goods, *promotions: dict[str, Any]) -> Peer:
    return sale("Medusa 1", name, basket, *promotions, digits=0, discount=off)


SALES = [
    medusa("ten percent of a product", "10", CART[1:], TENTH_EACH),
    medusa("nine off a product", "90", CART[1:], promo("p", "amount", amount="9", **SECOND)),
    medusa("for no product", "0", CART[1:], promo("p", "amount", amount="9", on={"sku": ["other"]})),
    medusa("ten percent of the cart", "28", CART, TENTH),
    medusa("two off each of a product", "20", CART, TWO_EACH),
    medusa("ten percent of one product", "10", CART, TENTH_EACH),
    medusa("ten off the cart", "10", CART, TEN_OFF),
    medusa("expired", "0", CART, EXPIRED),
    medusa("no discount", "0", CART),
    medusa("nothing in it", "0", [], TEN_OFF),
]


def back(
    source: str,
    name: str,
    basket: Goods,
    promotion: dict[str, Any] | None,
    returned: dict[str, int],
    total: str,
    *,
    taxes: list[str] | None = None,
    digits: int = 2,
) -> Any:
    peer = sale(source, name, basket, *([promotion] if promotion else []), digits=digits)
    return pytest.param(peer, returned, total, taxes, id=str(peer))


def two(taxes: Goods, price: str = "100", **more: Any) -> Goods:
    return [line("a", price, 2, tax=taxes, **more)]


FLAT = promo("p", "order_amount", amount="10")
FORTY = promo("p", "order_pct", pct=40)
SHIPPING_OFF = promo("p", "order_amount", amount="50", on={"tag": ["shipping"]})
SHIPPED = [*two([]), line("ship", "100", tags=["shipping"])]
RETURNS = [
    back("Medusa 1", "a line", ORDER, None, {"p2": 10}, "1250", digits=0),
    back("Medusa 1", "ten percent of the order", ORDER, TENTH, {"p2": 10}, "1125", digits=0),
    back("Medusa 1", "ten off the order", ORDER, TEN_OFF, {"p1": 10}, "1244", digits=0),
    back("Medusa 1", "two off each of a product", ORDER, TWO_EACH, {"p2": 10}, "1225", digits=0),
    back("Medusa 1", "ten percent of a product", ORDER, TENTH_EACH, {"p2": 10}, "1125", digits=0),
    *(
        case
        for source in ("Spree", "Solidus")
        for case in (
            back(source, "one of two", two([]), None, {"a": 1}, "100.00"),
            back(source, "one of two, ten off the order", two([]), FLAT, {"a": 1}, "95.00"),
            back(source, "one of two, less for shipping", SHIPPED, SHIPPING_OFF, {"a": 1}, "100.00"),
            back(source, "for nothing", two(included("20"), "0"), None, {"a": 1}, "0.00"),
            back(
                source,
                "40 percent off, tax in it",
                two(included("20")),
                FORTY,
                {"a": 1},
                "60.00",
                taxes=["10.00"],
            ),
            back(
                source,
                "40 percent off, all of it",
                two(included("20")),
                FORTY,
                {"a": 2},
                "120.00",
                taxes=["20.00"],
            ),
            back(
                source,
                "40 percent off, tax on top",
                two(added("20")),
                FORTY,
                {"a": 1},
                "72.00",
                taxes=["12.00"],
            ),
            back(source, "the same, all of it", two(added("20")), FORTY, {"a": 2}, "144.00", taxes=["24.00"]),
        )
    ),
    back(
        "WooCommerce POS",
        "one of three",
        [line("a", "10", 3, tax=added("20"))],
        None,
        {"a": 1},
        "12.00",
        taxes=["2.00"],
    ),
    back(
        "WooCommerce POS",
        "both",
        [line("a", "12.75", 2, tax=added("20"))],
        None,
        {"a": 2},
        "30.60",
        taxes=["5.10"],
    ),
    back(
        "WooCommerce POS",
        "two rates",
        [line("a", "10", 2, tax=added("15", "5"))],
        None,
        {"a": 1},
        "12.00",
        taxes=["1.50", "0.50"],
    ),
    back("WooCommerce POS", "no tax", [line("a", "10", 2)], None, {"a": 1}, "10.00", taxes=[]),
    back(
        "WooCommerce POS",
        "two lines",
        [line("a", "10", 1, tax=added("20")), line("b", "5", 1, tax=added("20"))],
        None,
        {"a": 1, "b": 1},
        "18.00",
        taxes=["3.00"],
    ),
]


@pytest.mark.parametrize("peer", SALES, ids=str)
def test_the_published_discounts(peer: Peer) -> None:
    assert found_of(peer, answer_of(peer)) == peer.wanted


@pytest.mark.parametrize(("peer", "returned", "total", "taxes"), RETURNS)
def test_what_is_given_back(
    peer: Peer, returned: dict[str, int], total: str, taxes: list[str] | None
) -> None:
    case = read_case(json.dumps(peer.document))
    priced = price_case(case)
    told = refund_answer(case, priced, refund_of(case, priced, [returned]))
    assert told["total"] == total
    if taxes is not None:
        assert [tax["amount"] for tax in told["tax"]] == taxes
