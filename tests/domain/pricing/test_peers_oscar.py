from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, added, answer_of, found_of, line, promo

Goods = list[dict[str, Any]]

OSCAR = {
    "choose": "sequence",
    "stacking": "exclusive",
    "percent_of": "left",
    "percent_per": "application",
    "percent_mode": "down",
    "sharing": "last_takes_rest",
    "share_among": "lines",
    "share_over": "reduced",
    "takes": "cheapest",
}
#: A benefit that is applied once, as most of these tests do it.
ONCE = {"per_order": 1}
COUNT = {"basket": [{"min_qty": 2}]}
COUNT_3 = {"basket": [{"min_qty": 3}]}
VALUE = {"basket": [{"min_amount": "10"}]}


def goods(*rows: tuple[str, int]) -> Goods:
    return [line(f"g{n}", price, qty) for n, (price, qty) in enumerate(rows)]


def off(file: str, name: str, promotion: dict[str, Any], basket: Goods, discount: str, **wanted: Any) -> Peer:
    return Peer(f"django-oscar {file}", name, basket, [promotion], OSCAR, {"discount": discount} | wanted)


def fixed(amount: str, needs: Any, **more: Any) -> dict[str, Any]:
    """An absolute discount: once, over all goods of the range; `max_affected_items` takes the cheapest."""
    return promo("p", "order_amount", amount=amount, needs=needs, **more)


def fixed_unit(amount: str, needs: Any, **limits: Any) -> dict[str, Any]:
    return promo("p", "amount", amount=amount, needs=needs, limits=limits)


def pct(value: int, needs: Any, **limits: Any) -> dict[str, Any]:
    return promo("p", "pct", pct=value, needs=needs, limits=limits)


CHEAPEST = {"units": "cheapest"}
PER_LINE = fixed("3", COUNT, per="line")
ABSOLUTE, UNIT = "test_absolute_benefit.py", "test_fixed_unit_benefit.py"
PERCENTAGE, MULTIBUY = "test_percentage_benefit.py", "test_multibuy_benefit.py"
PRICE, TAX = "test_fixed_price_benefit.py", "test_tax.py"
SHIP = {"sku": ["ship"]}
CASES = [
    *(
        off(ABSOLUTE, f"{kind} {rows}", promotion, goods(*rows), discount)
        for kind, promotion, rows, discount in (
            ("count", fixed("3", COUNT), (), "0.00"),
            ("count", fixed("3", COUNT), (("12", 2),), "3.00"),
            ("count", fixed("3", COUNT), (("12", 1), ("12", 1)), "3.00"),
            ("count", fixed("3", COUNT), (("1.00", 1), ("1.50", 1)), "2.50"),
            ("count", fixed("3", COUNT), (("12", 2), ("10", 2)), "3.00"),
            ("count", fixed("3", COUNT), (("2", 2), ("4", 2)), "3.00"),
            ("count, one item", fixed("3", COUNT, **CHEAPEST), (), "0.00"),
            ("count, one item", fixed("3", COUNT, **CHEAPEST), (("12", 2),), "3.00"),
            ("count, one item", fixed("3", COUNT, **CHEAPEST), (("12", 2), ("10", 2)), "3.00"),
            ("count, one item", fixed("3", COUNT, **CHEAPEST), (("2", 2), ("1", 2)), "1.00"),
            ("value", fixed("3", VALUE), (), "0.00"),
            ("value", fixed("3", VALUE), (("10", 1),), "3.00"),
            ("value", fixed("3", VALUE), (("5", 2),), "3.00"),
            ("value", fixed("3", VALUE), (("4", 3),), "3.00"),
            ("value", fixed("3", VALUE), (("5", 3),), "3.00"),
            ("value, one item", fixed("3", VALUE, **CHEAPEST), (("10", 1),), "3.00"),
            ("value, one item", fixed("3", VALUE, **CHEAPEST), (("5", 2),), "3.00"),
            ("value, one item", fixed("3", VALUE, **CHEAPEST), (("4", 3),), "3.00"),
            ("value, one item", fixed("3", VALUE, **CHEAPEST), (("2", 6),), "2.00"),
        )
    ),
    off(
        ABSOLUTE,
        "the last takes the rest",
        fixed("4", COUNT),
        goods(("2", 1), ("2", 1), ("2", 1)),
        "4.00",
        amounts=["0.67", "0.67", "0.66"],
    ),
    off(ABSOLUTE, "equal on each", fixed("3", COUNT), goods(("12", 2)), "3.00", shares=[["10.50", "10.50"]]),
    *(
        off(UNIT, f"{kind} {rows}", promotion, goods(*rows), discount)
        for kind, promotion, rows, discount in (
            ("count", fixed_unit("3", COUNT), (("12", 2),), "6.00"),
            ("count", fixed_unit("3", COUNT), (("12", 1), ("12", 1)), "6.00"),
            ("count", fixed_unit("3", COUNT), (("1.00", 1), ("1.50", 1)), "2.50"),
            ("count", fixed_unit("3", COUNT), (("12", 2), ("10", 2)), "12.00"),
            ("count", fixed_unit("3", COUNT), (("2", 2), ("4", 1)), "7.00"),
            ("count", fixed_unit("3", COUNT), (("2", 2), ("4", 2)), "10.00"),
            ("count, 4 off", fixed_unit("4", COUNT), (("2", 1), ("2", 1), ("2", 1)), "6.00"),
            ("count, one item", fixed_unit("3", COUNT, max_units=1), (("12", 2),), "3.00"),
            ("count, one item", fixed_unit("3", COUNT, max_units=1), (("12", 2), ("10", 2)), "3.00"),
            ("count, one item", fixed_unit("3", COUNT, max_units=1), (("2", 2), ("1", 2)), "1.00"),
            ("value", fixed_unit("3", VALUE), (("10", 1),), "3.00"),
            ("value", fixed_unit("3", VALUE), (("5", 2),), "6.00"),
            ("value", fixed_unit("3", VALUE), (("4", 3),), "9.00"),
            ("value", fixed_unit("3", VALUE), (("5", 3),), "9.00"),
            ("value, one item", fixed_unit("3", VALUE, max_units=1), (("5", 2),), "3.00"),
            ("value, one item", fixed_unit("3", VALUE, max_units=1), (("2", 6),), "2.00"),
        )
    ),
    *(
        off("test_absolute_product_benefit.py", f"{rows}", PER_LINE, goods(*rows), discount)
        for rows, discount in (
            ((("12", 2),), "3.00"),
            ((("12", 1), ("12", 1)), "6.00"),
            ((("1.00", 1), ("1.50", 1)), "2.50"),
            ((("12", 2), ("10", 2)), "6.00"),
            ((("2", 2), ("4", 1)), "6.00"),
            ((("2", 2), ("4", 2)), "6.00"),
        )
    ),
    *(
        off(PERCENTAGE, f"{kind} {rows}", promotion, goods(*rows), discount)
        for kind, promotion, rows, discount in (
            ("count", pct(20, COUNT), (), "0.00"),
            ("count", pct(20, COUNT), (("12", 2),), "4.80"),
            ("count", pct(20, COUNT), (("12", 3),), "7.20"),
            ("count, one item", pct(20, COUNT, max_units=1), (("12", 2),), "2.40"),
            ("count, one item", pct(20, COUNT, max_units=1), (("12", 2), ("20", 2)), "2.40"),
            ("value", pct(20, VALUE), (("5", 2),), "2.00"),
            ("value", pct(20, VALUE), (("5", 3),), "3.00"),
            ("value", pct(20, VALUE), (("4", 3),), "2.40"),
            ("value, one item", pct(20, VALUE, max_units=1), (("5", 2),), "1.00"),
            ("value, one item", pct(20, VALUE, max_units=1), (("5", 3),), "1.00"),
            ("value, one item", pct(20, VALUE, max_units=1), (("4", 3),), "0.80"),
        )
    ),
    off(
        PERCENTAGE,
        "not discountable",
        pct(20, COUNT),
        [line("g", "12", 2, locked=True)],
        "0.00",
    ),
    *(
        off(MULTIBUY, f"{kind} {rows}", promotion, goods(*rows), discount)
        for kind, promotion, rows, discount in (
            ("count", promo("p", "nth", n=3, pct=100, limits=ONCE), (("12", 3),), "12.00"),
            ("count", promo("p", "nth", n=3, pct=100, limits=ONCE), (("4", 4), ("2", 4)), "2.00"),
            ("value", promo("p", "order_pct", pct=100, needs=VALUE, **CHEAPEST), (("5", 2),), "5.00"),
            (
                "value",
                promo("p", "order_pct", pct=100, needs=VALUE, **CHEAPEST),
                (("4", 2), ("2", 2)),
                "2.00",
            ),
        )
    ),
    *(
        off(PRICE, f"{rows}", promo("p", "n_for", n=3, price="20", limits=ONCE), goods(*rows), discount)
        for rows, discount in (
            ((), "0.00"),
            ((("6", 3),), "0.00"),
            ((("5", 4),), "0.00"),
            ((("8", 4),), "4.00"),
            ((("7", 1), ("7", 1), ("7", 1)), "1.00"),
        )
    ),
    off("test_combination.py", "three", pct(20, COUNT_3, max_units=1), goods(("1", 3)), "0.20"),
    off("test_combination.py", "four", pct(20, COUNT_3, max_units=1), goods(("1", 2), ("1", 2)), "0.20"),
    off(
        "test_combination.py",
        "six: twice",
        promo("p", "nth", n=3, pct=20),
        goods(("1", 3), ("1", 3)),
        "0.40",
    ),
    off(
        "test_applicator.py",
        "again and again",
        promo("p", "spend_tier", every=True, steps=[{"least": "100", "amount": "10"}]),
        goods(("100", 5)),
        "50.00",
    ),
    off(
        "test_applicator.py",
        "once a basket",
        promo("p", "spend_tier", every=True, steps=[{"least": "100", "amount": "10"}], limits=ONCE),
        goods(("100", 5)),
        "10.00",
    ),
    off(TAX, "tax not known", pct(20, VALUE), goods(("6", 2)), "2.40"),
    Peer(
        f"django-oscar {TAX}",
        "of the price with tax",
        [line("g", "10", 2, tax=added("20"))],
        [pct(20, VALUE)],
        OSCAR | {"amounts": "with_tax"},
        {"goods": "24.00", "discount": "4.80"},
    ),
    off(
        "test_shipping_benefit.py",
        "shipping for 1.00",
        promo("p", "fixed_unit", price="1.00", on=SHIP),
        [line("g", "12"), line("ship", "10.00")],
        "9.00",
        total="13.00",
    ),
]


@pytest.mark.parametrize("peer", CASES, ids=str)
def test_the_published_result(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
