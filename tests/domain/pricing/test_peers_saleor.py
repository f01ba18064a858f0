from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, answer_of, found_of, line, promo

Goods = list[dict[str, Any]]

SALEOR = {
    "choose": "sequence",
    "percent_of": "left",
    "percent_per": "line",
    "sharing": "last_takes_rest",
    "share_among": "lines",
    "tax_rounding": "line",
}
CHECKOUT, ORDER = "Saleor checkout/test_base_calculations.py", "Saleor order/test_base_calculations.py"
DISCOUNT = "Saleor test_calculate_discounted_price_for_promotions.py"
ROUNDING = "Saleor test_rounding_issue.py"
GOODS, SHIP = {"not": {"tag": ["shipping"]}}, {"tag": ["shipping"]}
ITEM = line("item", "10.00")


def of(source: str, name: str, basket: Goods, promotions: Goods, **wanted: Any) -> Peer:
    return Peer(source, name, basket, promotions, SALEOR, wanted)


def qty(count: int) -> Goods:
    return [ITEM | {"qty": count}]


def rule(name: str, **off: Any) -> dict[str, Any]:
    """A rule of the catalogue: of several on the same goods the lowest price holds."""
    return promo(name, "price_book", **off)


def voucher(value: str, name: str = "voucher", **more: Any) -> dict[str, Any]:
    """Of the entire order: off its goods, not off its shipping."""
    return promo(name, "order_amount", amount=value, on=GOODS, **more)


def half(name: str = "voucher", **more: Any) -> dict[str, Any]:
    return promo(name, "order_pct", pct=50, on=GOODS, **more)


def manual(name: str = "manual", **off: Any) -> dict[str, Any]:
    """By hand: off goods and shipping."""
    return promo(name, "order_amount" if "amount" in off else "order_pct", **off)


#: Seventy of goods and ten of shipping.
EIGHTY = [line("a", "10", 3), line("b", "20", 2), line("ship", "10", tags=["shipping"])]
FIRST = {"stack": {"priority": 1}}
THREE_EACH = promo("v", "amount", amount="3")
TEN_EACH = promo("v", "pct", pct=10)
ONCE = promo("v", "order_pct", pct=10, units="cheapest")
THREE_ONCE = promo("v", "order_amount", amount="3", units="cheapest")
SALE = rule("sale", amount="5")
CASES = [
    of(CHECKOUT, "a unit", qty(1), [], total="10.00"),
    of(CHECKOUT, "three units", qty(3), [], total="30.00"),
    of(CHECKOUT, "on promotion", qty(3), [SALE], total="15.00"),
    of(CHECKOUT, "3 off each by a voucher", qty(3), [THREE_EACH], total="21.00"),
    of(CHECKOUT, "10 percent by a voucher", qty(3), [TEN_EACH], total="27.00"),
    of(CHECKOUT, "10 percent once an order", qty(3), [ONCE], total="29.00"),
    of(CHECKOUT, "on promotion and 3 off each", qty(3), [SALE, THREE_EACH], total="6.00"),
    of(CHECKOUT, "on promotion and 3 off once", qty(3), [SALE, THREE_ONCE], total="12.00"),
    of(CHECKOUT, "ten at a cent, 10 percent", [line("c", "0.01", 10)], [TEN_EACH], total="0.09"),
    of(ORDER, "a fixed voucher", EIGHTY, [voucher("10")], total="70.00"),
    of(ORDER, "half by a voucher", EIGHTY, [half()], total="45.00", amounts=["15.00", "20.00", "10.00"]),
    of(ORDER, "by hand", EIGHTY, [manual(amount="8")], total="72.00", amounts=["27.00", "36.00", "9.00"]),
    of(ORDER, "by hand, nothing there", [], [manual(amount="8")], total="0.00"),
    of(ORDER, "by hand, more than all", EIGHTY, [manual(amount="160")], total="0.00", discount="80.00"),
    of(ORDER, "half by hand", EIGHTY, [manual(pct=50)], total="40.00", amounts=["15.00", "20.00", "5.00"]),
    of(ORDER, "fixed voucher, fixed by hand", EIGHTY, [voucher("10"), manual(amount="10")], total="60.00"),
    of(ORDER, "half voucher, fixed by hand", EIGHTY, [half(), manual(amount="10")], total="35.00"),
    of(ORDER, "fixed voucher, half by hand", EIGHTY, [voucher("10"), manual(pct=50)], total="35.00"),
    of(ORDER, "half voucher, half by hand", EIGHTY, [half(), manual(pct=50)], total="22.50"),
    of(ORDER, "by hand first, then fixed voucher", EIGHTY, [voucher("10"), manual(amount="10") | FIRST],
       total="60.00"),
    of(ORDER, "by hand first, then half voucher", EIGHTY, [half(), manual(amount="10") | FIRST],
       off={"manual": "10.00", "voucher": "30.63"}, total="39.37"),
    of(DISCOUNT, "the better of two promotions", qty(1), [rule("low", pct=10), rule("high", pct=50)],
       total="5.00", off={"high": "5.00"}),
    of(DISCOUNT, "the best of three rules", qty(1),
       [rule("one", amount="1"), rule("five", pct=5), rule("half", pct=50)], total="5.00",
           off={"half": "5.00"}),
    *(
        of(ROUNDING, prices[0], [line(f"v{n}", price) for n, price in enumerate(prices)],
           [rule("ten", pct=10)], amounts=left)
        for prices, left in (
            (("1.06", "2.06", "3.06", "4.06"), ["0.95", "1.85", "2.75", "3.65"]),
            (("1.04", "2.04", "3.04", "4.04"), ["0.94", "1.84", "2.74", "3.64"]),
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize("peer", CASES, ids=str)
def test_the_published_result(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
