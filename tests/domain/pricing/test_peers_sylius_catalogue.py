from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, answer_of, found_of, line, promo
from tests.domain.pricing.test_peers_sylius_2 import (
    SHIRT,
    SHIRTS,
    SYLIUS,
    of,
    off_each,
    off_order,
    pct_each,
    pct_order,
    priced,
)  # fmt: skip

#: Catalogue promotions come first: a `price_book`, or items of a high priority.
DISCOUNTED = "receiving_fixed_discount_from_cart_promotions_only_on_non_discounted_products"
DISCOUNTED_PCT = "receiving_percentage_discount_from_cart_promotions_only_on_non_discounted_products"
MUG_40, SHIRT_20, CAP = line("mug", "40"), line("shirt", "20"), line("cap", "10")


def winter(*, locks: bool) -> dict[str, Any]:
    return promo("winter", "price_book", pct=25, locks=locks, on=SHIRTS)


CATALOGUE = "applying_catalog_promotion_with_proper_priorities"
STEPS = [
    off_each("10", SHIRTS, "winter", stack={"priority": 40}),
    pct_each(50, SHIRTS, "summer", stack={"priority": 30}),
    off_each("5", SHIRTS, "spring", stack={"priority": 20}),
    pct_each(25, SHIRTS, "autumn", stack={"priority": 10}),
]
PRICES = "applying_catalog_promotions_price_calculation"
FLOORED = line("shirt", "20", floor="15")
CATALOGUES = [
    of(
        DISCOUNTED,
        "also on reduced ones",
        [SHIRT_20, MUG_40],
        [winter(locks=False), off_each("10", priced("10", "50"))],
        amounts=["5.00", "30.00"],
    ),
    of(
        DISCOUNTED,
        "not on reduced ones",
        [SHIRT_20, MUG_40],
        [winter(locks=True), off_each("10", priced("10", "50"))],
        amounts=["15.00", "30.00"],
        total="45.00",
    ),
    of(
        DISCOUNTED,
        "the order's goes to the others",
        [SHIRT_20, MUG_40, CAP],
        [winter(locks=True), off_order("10")],
        amounts=["15.00", "32.00", "8.00"],
        total="55.00",
    ),
    of(
        DISCOUNTED_PCT,
        "also on reduced ones",
        [SHIRT_20, MUG_40],
        [winter(locks=False), pct_each(50, priced("10", "50"))],
        amounts=["7.50", "20.00"],
    ),
    of(
        DISCOUNTED_PCT,
        "not on reduced ones",
        [SHIRT_20, MUG_40],
        [winter(locks=True), pct_each(50, priced("10", "50"))],
        amounts=["15.00", "20.00"],
    ),
    of(
        DISCOUNTED_PCT,
        "the order's goes to the others",
        [SHIRT_20, MUG_40, CAP],
        [winter(locks=True), pct_order(50)],
        amounts=["15.00", "20.00", "5.00"],
        total="40.00",
    ),
    Peer(f"Sylius {CATALOGUE}.feature", "four in turn", [SHIRT], STEPS, SYLIUS | {"item_percent_of": "left"},
         {"total": "30.00"}),
    *(
        Peer(f"Sylius {PRICES}.feature", price, [line("juice", price)], [promo("s", "price_book", pct=15)],
             SYLIUS | {"percent_mode": "half_down"}, {"total": total})
        for price, total in (("20.00", "17.00"), ("20.25", "17.21"), ("10.50", "8.93"), ("9.94", "8.45"))
    ),
    of("applying_catalog_promotions_with_taking_minimum_price_into_account", "80 percent", [FLOORED],
       [pct_each(80, SHIRTS)], total="15.00"),
    of("applying_catalog_promotions_with_taking_minimum_price_into_account", "10 off", [FLOORED],
       [off_each("10", SHIRTS)], total="15.00"),
    of("applying_only_exclusive_catalog_promotion", "the exclusive one alone", [SHIRT],
       [pct_each(50, SHIRTS, stack={"priority": 100}),
        pct_each(30, SHIRTS, "x", stack={"priority": 500, "alone": True})], total="70.00"),
    of("applying_only_exclusive_catalog_promotion", "the highest exclusive one", [SHIRT],
       [pct_each(50, SHIRTS, stack={"priority": 100}),
        pct_each(30, SHIRTS, "x", stack={"priority": 500, "alone": True}),
        pct_each(70, SHIRTS, "y", stack={"priority": 1000, "alone": True})], total="30.00"),
    of("applying_catalog_promotions_based_on_product_original_price", "of the original price",
       [line("shirt", "120")], [promo("w", "price_book", pct=90)], total="12.00"),
    of("applying_catalog_promotions_with_fixed_discount_action", "two of them", [line("shirt", "20")],
       [off_each("10", SHIRTS), off_each("5", SHIRTS, "c")], total="5.00"),
    of(
        "receiving_discounts_with_product_minimum_price_specified",
        "lowest prices, and nothing on reduced ones",
        [line("shirt", "50", 2, floor="45"), line("php", "20", 2), line("symfony", "40")],
        [promo("fixed", "price_book", amount="2.50", locks=True, on={"sku": ["php"]}), off_order("27")],
        shares=[["45.00", "45.00"], ["17.50", "17.50"], ["23.00"]],
    ),
    of(
        "receiving_discounts_with_product_minimum_price_specified",
        "lowest prices, 12 off",
        [line("cup", "10"), line("keyboard", "20", floor="19"), line("mouse", "50", floor="50"),
         line("phones", "30", floor="26")],
        [off_order("12")],
        amounts=["3.00", "19.00", "50.00", "26.00"],
    ),
]  # fmt: skip


@pytest.mark.parametrize("peer", CATALOGUES, ids=str)
def test_the_published_result(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
