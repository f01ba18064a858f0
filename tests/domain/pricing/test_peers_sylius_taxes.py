from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, added, answer_of, found_of, included, line, promo

Goods = list[dict[str, Any]]

BY_LINE = {
    "choose": "sequence",
    "percent_of": "left",
    "item_percent_of": "base",
    "judged_on": "left",
    "tax_rounding": "line",
}
#: "Order item units based" of the store; and the "decimal calculator" of the rate, which rounds once by line.
BY_UNIT = BY_LINE | {"tax_rounding": "unit"}
DECIMAL = BY_LINE | {"tax_rounding": "total"}


def tax(name: str, basket: Goods, promotions: Goods, total: str, taxes: str, policy: Any = BY_LINE) -> Peer:
    """A scenario of features/shop/taxation/**/NAME."""
    return Peer("Sylius", name, basket, promotions, policy, {"total": total, "tax_sum": taxes})


ROUNDING = "rounding_taxes_on_order_item_level.feature"
CLOTHES, LOW = added("23"), added("10")
IN_CLOTHES, IN_LOW = included("23"), included("10")
SHIRT = line("shirt", "10.00", tax=CLOTHES)
SYMFONY = line("symfony", "56.05", tax=LOW)
PHP = line("php", "56.04", tax=LOW)
IN_SHIRT = line("shirt", "10.00", tax=IN_CLOTHES)
IN_SYMFONY = line("symfony", "56.95", tax=IN_LOW)
IN_PHP = line("php", "56.90", tax=IN_LOW)
SHIP = {"tag": ["shipping"]}


def two(goods: dict[str, Any]) -> dict[str, Any]:
    return goods | {"qty": 2}


def off_each(amount: str) -> Goods:
    return [
        promo("holiday", "amount", amount=amount, on={"sku": ["symfony"]}),
        promo("php", "amount", amount=amount, on={"sku": ["php"]}),
    ]


def off_order(amount: str, more: str = "") -> Goods:
    names = {"symfony": amount, "php": amount} | ({"shirt": more} if more else {})
    return [
        promo(
            name, "order_amount", amount=off, needs={"basket": [{"of": {"sku": [name]}, "min_qty": 1}]}
        )
        for name, off in names.items()
    ]  # fmt: skip


def by_ship(fee: str, taxes: Goods, mug_taxes: Goods | None = None) -> Goods:
    return [
        line("mug", "10.00", tax=mug_taxes or []),
        line("dhl", fee, tags=["shipping"], tax=taxes),
    ]


ITEM = "applying_correct_taxes_for_order_with_discount_for_an_item_in_order.feature"
ITEM_IN = (
    "applying_correct_taxes_for_order_with_discount_for_an_item_in_order_when_tax_rate_included_in_price"
)
ORDER = "applying_correct_taxes_for_order_with_discount_for_whole_order.feature"
ORDER_IN = "applying_correct_taxes_for_order_with_discount_for_whole_order_when_tax_rate_included_in_price"
SHIPPING = "applying_correct_taxes_for_order_with_discount_for_shipping.feature"
SHIPPING_IN = "applying_correct_taxes_for_order_with_discount_for_shipping_when_tax_rate_included_in_price"
SAME = "applying_correct_taxes_for_items_with_the_same_tax_rate.feature"
DIFFERENT = "applying_correct_taxes_for_items_with_different_tax_rates.feature"
IN_PRICE = "applying_correct_taxes_for_product_with_tax_rate_included_in_price.feature"
EACH, EACH_IN, ALL, ALL_IN = off_each("10.10"), off_each("10.00"), off_order("10.10"), off_order("10.00")
TEN_SHIP = [promo("ship", "order_pct", pct=10, on=SHIP)]
CASES = [
    tax(ROUNDING, [line("mug", "45.95", tax=LOW)], [], "50.55", "4.60"),
    tax(ROUNDING, [line("mug", "45.94", tax=LOW)], [], "50.53", "4.59"),
    tax(ROUNDING, [line("shirt", "10.10", 10, tax=CLOTHES)], [], "124.23", "23.23"),
    tax(ITEM, [SYMFONY], EACH, "50.55", "4.60"),
    tax(ITEM, [PHP], EACH, "50.53", "4.59"),
    tax(ITEM, [two(SHIRT), SYMFONY], EACH, "75.15", "9.20"),
    tax(ITEM, [two(SHIRT), two(SYMFONY)], EACH, "125.69", "13.79"),
    tax(ITEM_IN, [IN_SYMFONY], EACH_IN, "46.95", "4.27"),
    tax(ITEM_IN, [IN_PHP], EACH_IN, "46.90", "4.26"),
    tax(ITEM_IN, [two(IN_SHIRT), IN_SYMFONY], EACH_IN, "66.95", "8.01"),
    tax(ITEM_IN, [two(IN_SHIRT), two(IN_SYMFONY)], EACH_IN, "113.90", "12.28"),
    tax(ORDER, [SYMFONY], ALL, "50.55", "4.60"),
    tax(ORDER, [PHP], ALL, "50.53", "4.59"),
    tax(ORDER, [two(SHIRT), PHP], ALL, "74.79", "8.85"),
    tax(ORDER, [two(SYMFONY), PHP], ALL, "162.73", "14.79"),
    tax(ORDER, [SYMFONY, SHIRT], off_order("10.10", "5.00"), "57.04", "6.09"),
    tax(ORDER_IN, [IN_SYMFONY], ALL_IN, "46.95", "4.27"),
    tax(ORDER_IN, [IN_PHP], ALL_IN, "46.90", "4.26"),
    tax(ORDER_IN, [two(IN_SHIRT), IN_PHP], ALL_IN, "66.90", "7.75"),
    tax(ORDER_IN, [two(IN_PHP), IN_SYMFONY], ALL_IN, "150.75", "13.70"),
    tax(ORDER_IN, [IN_SYMFONY, IN_SHIRT], off_order("10.00", "5.00"), "51.95", "5.47"),
    tax(SHIPPING, by_ship("51.06", LOW), TEN_SHIP, "60.55", "4.60"),
    tax(SHIPPING, by_ship("51.04", LOW), TEN_SHIP, "60.53", "4.59"),
    tax(SHIPPING, by_ship("51.04", LOW, CLOTHES), TEN_SHIP, "62.83", "6.89"),
    tax(SHIPPING_IN, by_ship("56.95", IN_LOW), TEN_SHIP, "61.25", "4.66"),
    tax(SHIPPING_IN, by_ship("56.85", IN_LOW), TEN_SHIP, "61.16", "4.65"),
    tax(SHIPPING_IN, by_ship("50.00", IN_LOW, IN_CLOTHES), TEN_SHIP, "55.00", "5.96"),
    tax(SHIPPING_IN, by_ship("50.00", IN_LOW, CLOTHES), TEN_SHIP, "57.30", "6.39"),
    *(
        tax(SAME, basket, [], total, taxes, policy)
        for policy in (BY_LINE, BY_UNIT)
        for basket, total, taxes in (
            ([line("s", "100", tax=CLOTHES)], "123.00", "23.00"),
            ([line("s", "100", 3, tax=CLOTHES)], "369.00", "69.00"),
            ([line("s", "100", 3, tax=CLOTHES), line("h", "30", 2, tax=CLOTHES)], "442.80", "82.80"),
            ([line("h", "30", 2, tax=CLOTHES)], "73.80", "13.80"),
            ([line("s", "100", tax=CLOTHES), line("h", "30", 2, tax=CLOTHES)], "196.80", "36.80"),
        )
    ),
    *(
        tax(DIFFERENT, [line("s", "100", s, tax=CLOTHES), line("m", "50", m, tax=added("5"))], [], *wanted)
        for s, m, wanted in ((1, 1, ("175.50", "25.50")), (3, 4, ("579.00", "79.00")))
    ),
    tax(IN_PRICE, [line("a", "19.70", tax=included("20"))], [], "19.70", "3.28"),
    tax(IN_PRICE, [line("a", "19.70", 2, tax=included("20"))], [], "39.40", "6.57"),
    tax(IN_PRICE, [line(n, "19.70", tax=included("20")) for n in "ab"], [], "39.40", "6.56"),
    tax(IN_PRICE, [line(n, "19.70", tax=included("20")) for n in "ab"], [], "39.40", "6.57", DECIMAL),
    tax("item_units_" + IN_PRICE, [line("a", "19.70", 2, tax=included("20"))], [], "39.40", "6.56", BY_UNIT),
    tax("item_units_" + IN_PRICE, [line("a", "19.70", 2, tax=included("20"))], [], "39.40", "6.57", BY_LINE),
    tax("item_units_with_discount_for_item", [two(SHIRT), two(SYMFONY)], EACH, "125.70", "13.80", BY_UNIT),
    tax("item_units_with_discount_for_item", [two(SHIRT), two(SYMFONY)], EACH, "125.69", "13.79", BY_LINE),
    tax("item_units_in_price", [two(IN_SHIRT), two(IN_PHP)], EACH_IN, "113.80", "12.26", BY_UNIT),
    tax("item_units_in_price", [two(IN_SHIRT), two(IN_PHP)], EACH_IN, "113.80", "12.27", BY_LINE),
    tax("item_units_whole_order", [two(SYMFONY), PHP], ALL, "162.73", "14.79", BY_UNIT),
    tax("item_units_whole_order_in_price", [two(IN_PHP), IN_SYMFONY], ALL_IN, "150.75", "13.71", BY_UNIT),
    tax("item_units_whole_order_in_price", [two(IN_PHP), IN_SYMFONY], ALL_IN, "150.75", "13.70", BY_LINE),
]


@pytest.mark.parametrize("peer", CASES, ids=str)
def test_the_published_tax(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
