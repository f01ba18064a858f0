from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, answer_of, found_of, line, promo

Goods = list[dict[str, Any]]

SYLIUS = {
    "choose": "sequence",
    "percent_of": "left",
    "item_percent_of": "base",
    "judged_on": "left",
    "sharing": "rounded_from_first",
    "share_among": "lines",
    "tax_rounding": "line",
}
SHIP = {"tag": ["shipping"]}
GOODS = {"not": SHIP}
SHIRT, MUG, STICKER = line("shirt", "100.00"), line("mug", "20.00"), line("sticker", "5.00")


def of(feature: str, name: str, basket: Goods, promotions: Goods, **wanted: Any) -> Peer:
    """A scenario of features/shop/promotion/**/FEATURE.feature."""
    more = {key: wanted.pop(key) for key in ("member", "codes", "uses", "channel", "at") if key in wanted}
    return Peer(f"Sylius {feature}.feature", name, basket, promotions, SYLIUS, wanted, more)


def times(goods: dict[str, Any], qty: int) -> dict[str, Any]:
    return goods | {"qty": qty}


def shipping(price: str) -> dict[str, Any]:
    return line("dhl", price, tags=["shipping"])


def pct_order(pct: int, promotion_id: str = "p", **more: Any) -> dict[str, Any]:
    return promo(promotion_id, "order_pct", pct=pct, on=GOODS, **more)


def off_order(amount: str, promotion_id: str = "p", **more: Any) -> dict[str, Any]:
    return promo(promotion_id, "order_amount", amount=amount, on=GOODS, **more)


def free_shipping(over: str = "", promotion_id: str = "s", pct: int = 100, **more: Any) -> dict[str, Any]:
    if over:
        more["needs"] = {"basket": [{"of": GOODS, "min_amount": over}]}
    return promo(promotion_id, "order_pct", pct=pct, on=SHIP, **more)


def off_each(amount: str, on: Any, promotion_id: str = "p", **more: Any) -> dict[str, Any]:
    return promo(promotion_id, "amount", amount=amount, on=on, **more)


def pct_each(pct: int, on: Any, promotion_id: str = "p", **more: Any) -> dict[str, Any]:
    return promo(promotion_id, "pct", pct=pct, on=on, **more)


def priced(least: str = "", most: str = "") -> dict[str, Any]:
    return {"price": {key: value for key, value in (("from", least), ("to", most)) if value}}


SHIRTS, MUGS = {"sku": ["shirt"]}, {"sku": ["mug"]}
TWENTY = [pct_order(20)]
ON_ORDER = "receiving_percentage_discount_promotion_on_order"
ON_SHIPPING = "receiving_percentage_discount_on_shipping"
CONTEXT = "receiving_stacked_promotions_with_changing_context"
HOLIDAY = [pct_order(50, "holiday", stack={"priority": 1}), free_shipping("100.00")]
COFFEE = line("mug", "20.00")
FROM_70 = [free_shipping("70.00")]
ORDERS = [
    of(ON_ORDER, "of the cart", [SHIRT], TWENTY, total="80.00", discount="20.00"),
    of(ON_ORDER, "not of the fee", [SHIRT, shipping("10.00")], TWENTY, total="90.00", discount="20.00"),
    of(ON_ORDER, "of two", [SHIRT, line("watch", "1000.00")], TWENTY, total="880.00", discount="220.00"),
    of(
        ON_ORDER,
        "in proportion",
        [times(SHIRT, 11), line("symfony", "100.00")],
        TWENTY,
        total="960.00",
        discount="240.00",
    ),
    of(CONTEXT, "below after the first", [line("shirt", "120"), shipping("10")], HOLIDAY, total="70.00"),
    of(CONTEXT, "both", [line("shirt", "120", 2), shipping("10")], HOLIDAY, total="120.00"),
    of(ON_SHIPPING, "a fifth", [SHIRT, shipping("10")], [free_shipping(pct=20)], total="108.00"),
    of(ON_SHIPPING, "free", [SHIRT, shipping("10")], [free_shipping()], total="100.00"),
    of(ON_SHIPPING, "four mugs", [times(MUG, 4), shipping("10")], FROM_70, total="80.00"),
    of(ON_SHIPPING, "two mugs", [times(MUG, 2), shipping("10")], FROM_70, total="50.00"),
    of(
        ON_SHIPPING,
        "free twice is not below 0",
        [times(MUG, 4), shipping("10")],
        [*FROM_70, free_shipping("50.00", "s2")],
        total="80.00",
    ),
    of(ON_SHIPPING, "without the mug", [SHIRT, shipping("10")], FROM_70, total="100.00"),
    of(ON_SHIPPING, "without the shirt", [MUG, shipping("10")], FROM_70, total="30.00"),
    of(
        "receiving_fixed_discount_distributed_on_item_units",
        "more than all, and a fee",
        [line("shirt", "10.56", 3), line("mug", "60.00"), shipping("1.26")],
        [off_order("20", "small"), off_order("80", "large", stack={"priority": 1})],
        total="1.26",
        discount="91.68",
    ),
]

MULTIPLE = "receiving_discount_from_promotion_with_multiple_actions"
DEAREST = "receiving_percentage_discount_on_items_on_price_range"
FIXED_RANGE = "receiving_fixed_discount_on_items_on_price_range"
TAXON = "receiving_fixed_discount_on_products_from_specific_taxon"
PCT_TAXON = "receiving_percentage_discount_on_products_from_specific_taxon"
PRODUCTS = "receiving_fixed_discount_on_specific_products"
PCT_PRODUCTS = "receiving_percentage_discount_on_specific_products"
SHIRT_MUG = [SHIRT, MUG]
ITEMS = [
    of(
        MULTIPLE,
        "two amounts on one",
        SHIRT_MUG,
        [off_each("10", priced("50.00")), off_each("5", SHIRTS, "p2")],
        amounts=["85.00", "20.00"],
        total="105.00",
    ),
    of(
        MULTIPLE,
        "two shares of the same price",
        SHIRT_MUG,
        [pct_each(20, priced("30.00", "150.00")), pct_each(10, SHIRTS, "p2")],
        amounts=["70.00", "20.00"],
        total="90.00",
    ),
    *(
        of(kind, f"{spread} on {qty} of {goods['sku']}", [times(goods, qty)], [make], total=total)
        for kind, make, spread, goods, qty, total in (
            (FIXED_RANGE, off_each("10", priced("50")), "from 50", SHIRT, 1, "90.00"),
            (FIXED_RANGE, off_each("10", priced("100")), "from 100", SHIRT, 1, "90.00"),
            (FIXED_RANGE, off_each("10", priced("", "50")), "to 50", MUG, 1, "10.00"),
            (FIXED_RANGE, off_each("10", priced("20")), "from 20", MUG, 1, "10.00"),
            (FIXED_RANGE, off_each("10", priced("15", "50")), "15 to 50", MUG, 1, "10.00"),
            (FIXED_RANGE, off_each("10", priced("20", "50")), "20 to 50", MUG, 1, "10.00"),
            (FIXED_RANGE, off_each("10", priced("15", "20")), "15 to 20", MUG, 1, "10.00"),
            (FIXED_RANGE, off_each("10", priced("50", "150")), "50 to 150", SHIRT, 3, "270.00"),
            (FIXED_RANGE, off_each("20", priced("10", "50")), "20 off", MUG, 3, "0.00"),
            (FIXED_RANGE, off_each("30", priced("10", "50")), "30 off", MUG, 2, "0.00"),
            (DEAREST, pct_each(10, priced("50")), "from 50", SHIRT, 1, "90.00"),
            (DEAREST, pct_each(10, priced("100")), "from 100", SHIRT, 1, "90.00"),
            (DEAREST, pct_each(10, priced("", "50")), "to 50", MUG, 1, "18.00"),
            (DEAREST, pct_each(10, priced("", "20")), "to 20", MUG, 1, "18.00"),
            (DEAREST, pct_each(50, priced("15", "50")), "15 to 50", MUG, 1, "10.00"),
            (DEAREST, pct_each(50, priced("20", "50")), "20 to 50", MUG, 1, "10.00"),
            (DEAREST, pct_each(50, priced("15", "20")), "15 to 20", MUG, 1, "10.00"),
            (DEAREST, pct_each(50, priced("50", "150")), "50 to 150", SHIRT, 3, "150.00"),
            (TAXON, off_each("10", SHIRTS), "shirts", SHIRT, 1, "90.00"),
            (TAXON, off_each("10", SHIRTS), "shirts", SHIRT, 3, "270.00"),
            (TAXON, off_each("20", MUGS), "mugs", MUG, 3, "0.00"),
            (TAXON, off_each("30", MUGS), "mugs, more than they cost", MUG, 2, "0.00"),
            (PCT_TAXON, pct_each(20, SHIRTS), "shirts", SHIRT, 1, "80.00"),
            (PCT_TAXON, pct_each(20, SHIRTS), "shirts", SHIRT, 3, "240.00"),
            (PRODUCTS, off_each("10", SHIRTS), "shirts", MUG, 1, "20.00"),
            (PRODUCTS, off_each("10", SHIRTS), "shirts", SHIRT, 3, "270.00"),
            (PCT_PRODUCTS, pct_each(20, SHIRTS), "shirts", SHIRT, 1, "80.00"),
            (PCT_PRODUCTS, pct_each(20, SHIRTS), "shirts", SHIRT, 3, "240.00"),
        )
    ),
    of(FIXED_RANGE, "dear ones only", SHIRT_MUG, [off_each("10", priced("30", "150"))], total="110.00"),
    of(DEAREST, "dear ones only", SHIRT_MUG, [pct_each(25, priced("30", "150"))], total="95.00"),
    of(
        FIXED_RANGE,
        "three ranges",
        [*SHIRT_MUG, STICKER],
        [
            off_each("10", priced("80")),
            off_each("5", priced("10", "50"), "m"),
            off_each("1", priced("", "10"), "s"),
        ],
        amounts=["90.00", "15.00", "4.00"],
        total="109.00",
    ),
    of(
        DEAREST,
        "three ranges",
        [*SHIRT_MUG, STICKER],
        [
            pct_each(10, priced("80")),
            pct_each(90, priced("10", "90"), "m"),
            pct_each(20, priced("", "10"), "s"),
        ],
        amounts=["90.00", "2.00", "4.00"],
        total="96.00",
    ),
    of(TAXON, "shirts only", SHIRT_MUG, [off_each("10", SHIRTS)], amounts=["90.00", "20.00"]),
    of(TAXON, "each its own", SHIRT_MUG, [off_each("10", SHIRTS), off_each("2", MUGS, "m")], total="108.00"),
    of(PCT_TAXON, "shirts only", SHIRT_MUG, [pct_each(20, SHIRTS)], total="100.00"),
    of(PCT_TAXON, "each its own", SHIRT_MUG, [pct_each(20, SHIRTS), pct_each(50, MUGS, "m")], total="90.00"),
    of(
        PRODUCTS,
        "each its own",
        SHIRT_MUG,
        [off_each("10", SHIRTS), off_each("2", MUGS, "m")],
        total="108.00",
    ),
    of(
        PCT_PRODUCTS,
        "each its own",
        SHIRT_MUG,
        [pct_each(20, SHIRTS), pct_each(50, MUGS, "m")],
        total="90.00",
    ),
]

TOTAL = "receiving_discount_based_on_items_total"
OF_TAXON = "receiving_discount_based_on_total_of_items_from_specific_taxon"
QUANTITY = "receiving_discount_based_on_cart_quantity"
NTH = "receiving_discount_based_on_nth_order"
ALREADY = "applying_coupon_on_already_discounted_cart"
EIGHTY = line("shirt", "80.00")


def total_from(amount: str, of_set: Any = GOODS) -> dict[str, Any]:
    return {"needs": {"basket": [{"of": of_set, "min_amount": amount}]}}


def quantity_from(qty: int) -> list[dict[str, Any]]:
    return [off_order("10", needs={"basket": [{"min_qty": qty}]})]


def nth(before: int, **wanted: Any) -> Peer:
    fifth = [off_order("20", who={"nth_order": 5})]
    member = {"id": "c", "orders_before": before}
    return of(NTH, f"{before} orders before", [SHIRT], fifth, member=member, **wanted)


AUTOMATIC = [
    off_order("15", "sale"),
    off_order("10", "coupon") | {"needs": {"coupon": {"code": "STACK10"}, "basket": [{"min_amount": "40"}]}},
]
RULES = [
    of(TOTAL, "just enough", [EIGHTY], [off_order("10") | total_from("80")], total="70.00"),
    of(TOTAL, "more", [times(EIGHTY, 2)], [off_order("10") | total_from("90")], total="150.00"),
    of(TOTAL, "less", [EIGHTY], [off_order("10") | total_from("100")], total="80.00"),
    of(
        TOTAL,
        "different goods",
        [times(EIGHTY, 2), line("symfony", "60")],
        [off_order("10") | total_from("200")],
        total="210.00",
    ),
    of(OF_TAXON, "shirts", [SHIRT], [off_order("20") | total_from("50", SHIRTS)], total="80.00"),
    of(OF_TAXON, "other goods", [MUG], [off_order("10") | total_from("15", SHIRTS)], total="20.00"),
    of(OF_TAXON, "too little", [MUG], [off_order("20") | total_from("50", MUGS)], total="20.00"),
    of(OF_TAXON, "three", [times(MUG, 3)], [off_order("20") | total_from("50", MUGS)], total="40.00"),
    of(
        OF_TAXON,
        "both",
        [SHIRT, times(MUG, 2)],
        [off_order("10") | total_from("50", SHIRTS), off_order("5", "m") | total_from("30", MUGS)],
        total="125.00",
        discount="15.00",
    ),
    of(QUANTITY, "more", [times(SHIRT, 4)], quantity_from(3), total="390.00"),
    of(QUANTITY, "just enough", [times(SHIRT, 4)], quantity_from(4), total="390.00"),
    of(QUANTITY, "too few", [times(SHIRT, 2)], quantity_from(5), total="200.00"),
    of(
        QUANTITY,
        "different goods",
        [times(SHIRT, 2), line("symfony", "50", 2)],
        quantity_from(3),
        total="290.00",
    ),
    nth(4, total="80.00", discount="20.00"),
    nth(3, total="100.00"),
    of(ALREADY, "below", [line("shirt", "50")], AUTOMATIC, codes=["STACK10"], total="35.00"),
    of(ALREADY, "above", [line("shirt", "50", 2)], AUTOMATIC, codes=["STACK10"], total="75.00"),
    of(
        "applying_promotion_coupon_with_full_percentage",
        "all of it",
        [SHIRT],
        [pct_order(100, needs={"coupon": {"code": "SANTA2016"}})],
        codes=["SANTA2016"],
        total="0.00",
    ),
    of(
        "applying_promotion_coupon_with_usage_limit",
        "used up",
        [SHIRT],
        [off_order("10", needs={"coupon": {"code": "SANTA2016"}}, limits={"campaign": 5})],
        codes=["SANTA2016"],
        uses={"p": {"campaign": 5}},
        total="100.00",
    ),
]

CASES = (*ORDERS, *ITEMS, *RULES)


@pytest.mark.parametrize("peer", CASES, ids=str)
def test_the_published_result(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
