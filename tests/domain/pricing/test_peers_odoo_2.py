from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, added, answer_of, found_of, included, line, promo

Goods = list[dict[str, Any]]

ODOO = {
    "choose": "sequence",
    "percent_of": "left",
    "percent_per": "rate",
    "order_percent_per": "rate",
    "of_group": "best",
    "share_over": "reduced",
    "amounts": "with_tax",
    "tax_rounding": "total",
}
CHAIR, BIN, DRAWER = line("chair", "16.50"), line("bin", "47"), line("drawer", "25")
TABLE, CABINET = line("table", "40000"), line("cabinet", "320")
GLOBAL = {"group": "whole order"}


def of(file: str, test: str, basket: Goods, promotions: Goods, **wanted: Any) -> Peer:
    """A case of addons/sale_loyalty/tests/test_FILE.py."""
    keys = ("codes", "uses", "points", "member", "at", "gift_cards")
    more = {key: wanted.pop(key) for key in keys if key in wanted}
    policy = ODOO | wanted.pop("policy", {})
    return Peer(f"Odoo test_{file}.py", test, basket, promotions, policy, wanted, more)


def numbers(test: str, basket: Goods, promotions: Goods, **wanted: Any) -> Peer:
    return of("program_numbers", test, basket, promotions, **wanted)


def qty(goods: dict[str, Any], count: int) -> dict[str, Any]:
    return goods | {"qty": count}


def pct(value: int, name: str = "p", first: int = 0, **more: Any) -> dict[str, Any]:
    """A share of the whole order: only the best of them is used."""
    return promo(name, "order_pct", pct=value, stack=GLOBAL | {"priority": first}, **more)


def off(amount: str, name: str = "p", first: int = 0, **more: Any) -> dict[str, Any]:
    return promo(name, "order_amount", amount=amount, stack={"priority": first}, **more)


def only(value: int, *skus: str, name: str = "p", first: int = 0, **more: Any) -> dict[str, Any]:
    return promo(name, "pct", pct=value, on={"sku": list(skus)}, stack={"priority": first}, **more)


def free(buy: str, count: int, get: str, *, most: int | None = None, name: str = "free") -> dict[str, Any]:
    """A product reward: it is given besides what is bought."""
    limits = {"limits": {"per_order": most}} if most else {}
    return promo(
        name, "gift", buy=[{"of": {"sku": [buy]}, "qty": count}], get={"of": {"sku": [get]}}, adds=[get],
        stack={"priority": 9}, **limits,
    )  # fmt: skip


def coupon(code: str, **more: Any) -> dict[str, Any]:
    return {"needs": {"coupon": {"code": code}} | more}


MEMBER = {"member": "m"}
TEN = pct(10)
GIFT_CABINET = free("cabinet", 3, "cabinet")
EXCL_15, EXCL_10, EXCL_20, INCL_10 = added("15"), added("10"), added("20"), included("10")
A15, B15, C0 = line("A", "100", tax=EXCL_15), line("B", "5", tax=EXCL_15), line("C", "100")
FROM_100 = {"basket": [{"min_amount": "100"}]}
HUNDRED = [off("100", "promo", 1, needs=FROM_100), off("100", "coupon", needs=FROM_100)]
#: What is taken off common goods is taken off the others first, which is the best order of the two.
FREE = {"sequence_order": "free"}
SPECIFIC = [
    promo("ab", "order_amount", amount="5", on={"sku": ["A", "B"]}, stack={"priority": 3}),
    promo("a", "order_amount", amount="10", on={"sku": ["A"]}, stack={"priority": 2}),
]
ABC = [line("A", "6"), line("B", "4"), line("C", "10")]
TAXED_AB = [line("A", "10", tax=EXCL_10), line("B", "10", tax=EXCL_20)]
ALL_OF_A = only(100, "A", name="a", first=2)
FIVE_OF_BOTH = promo("ab", "order_amount", amount="5", on={"sku": ["A", "B"]}, stack={"priority": 1})
STEPS = [
    pct(value, f"p{value}", needs={"basket": [{"min_amount": least, "tax": "with"}]})
    for value, least in ((10, "1500"), (15, "1750"), (20, "2000"), (25, "2500"))
]
FIVE = [off("5")]
FIXED_TAX = [line("A", "100", tax=[*EXCL_15, {"id": "fixed", "per_unit": "10", "price_includes": False}])]
FREE_CHAIRS = promo(
    "p", "pct", pct=100, on={"sku": ["chair"]}, limits={"max_discount": "200"},
    needs={"basket": [{"of": {"sku": ["cabinet"]}, "min_qty": 1}]},
)  # fmt: skip
FREE_TABLES = only(100, "table", needs={"basket": [{"of": {"sku": ["drawer"]}, "min_qty": 1}]})
CABINET_500, CHAIR_100 = line("cabinet", "500"), line("chair", "100")
NUMBERS = [
    numbers("free_and_paid: only what is paid", [qty(CABINET, 4)], [GIFT_CABINET, TEN], total="864.00"),
    numbers("free_and_paid: 75 give 25", [qty(CABINET, 100)], [GIFT_CABINET], total="24000.00"),
    numbers("free_and_paid: 6 give 2", [qty(CABINET, 8)], [GIFT_CABINET], total="1920.00"),
    numbers("free_and_paid: 2 give none", [qty(CABINET, 2)], [GIFT_CABINET], total="640.00"),
    numbers("eligibility", [qty(DRAWER, 3), qty(TABLE, 2)], [free("drawer", 1, "table", most=1)],
            total="40075.00"),
    numbers("extras: one global discount", [CABINET], [TEN, pct(10, "code")], total="288.00"),
    numbers("fixed_price: no more than all", [DRAWER], [off("249")], total="0.00"),
    numbers("fixed_price: 17", [qty(DRAWER, 17)], [off("249")], total="176.00"),
    numbers("coupon_rule_minimum_amount", [qty(CHAIR, 10)], HUNDRED[:1], total="65.00"),
    numbers("coupon_and_program: 15", [qty(CHAIR, 15)], HUNDRED, total="47.50"),
    numbers("coupon_and_program: 5 is too little", [qty(CHAIR, 5)], HUNDRED, total="82.50"),
    numbers("coupon_and_program: the second needs what is left", [qty(CHAIR, 10)], HUNDRED, total="65.00",
            policy={"judged_on": "left"}),
    numbers("tax_excl: 288.50", [line("chair", "100", tax=EXCL_15), line("bin", "100"), C0], [off("288.5")],
            total="26.50"),
    numbers("tax_excl: 10 percent", [line("chair", "100", tax=EXCL_15), line("bin", "100"), C0], [TEN],
            total="283.50"),
    numbers("tax_excl: then 10 percent", [line("chair", "100", tax=EXCL_15), line("bin", "100"), C0],
            [off("288.5", first=1), pct(10, "t")], total="23.85", tax_sum="1.14", net="22.71"),
    numbers("tax_excl: 10 percent first", [line("chair", "100", tax=EXCL_15), line("bin", "100"), C0],
            [off("288.5"), pct(10, "t", 1)], total="0.00", tax_sum="0.00"),
    numbers("tax_incl: 290, then 10 percent", [line("chair", "100", tax=INCL_10), line("bin", "100"), C0],
            [off("290", first=1), pct(10, "t")], total="9.00", tax_sum="0.27", net="8.73"),
    numbers("multiple_specific: two rates", [qty(CHAIR, 4), qty(DRAWER, 2) | {"tax": included("30")}],
            [only(25, "chair", "drawer")], total="87.00", net="78.35"),
    numbers("min_amount_and_qty: 2 chairs and a third", [qty(CHAIR, 3), DRAWER], [free("chair", 2, "chair",
            most=1)],
            total="58.00"),
    numbers("min_amount_and_qty: one chair", [CHAIR, DRAWER], [free("chair", 2, "chair", most=1)],
            total="41.50"),
    *(
        numbers(f"step_percentages: {count}", [line("t", "118", count)], STEPS, total=total)
        for count, total in ((14, "1486.80"), (17, "1604.80"), (20, "1888.00"))
    ),
    numbers("reward_qty_and_rule: two free", [CABINET_500, qty(CHAIR_100, 2)], [FREE_CHAIRS], total="500.00"),
    numbers("reward_qty_and_rule: one free", [CABINET_500, CHAIR_100], [FREE_CHAIRS], total="500.00"),
    numbers("multiple_application: one table", [qty(DRAWER, 2), TABLE], [FREE_TABLES], total="50.00"),
    numbers("multiple_application: two tables", [qty(DRAWER, 2), qty(TABLE, 2)], [FREE_TABLES],
            total="50.00"),
    numbers("modify_reward_line_qty", [line("F", "100", 2)], FIVE, total="195.00"),
    numbers("multi_product_max_discount", [qty(CABINET, 2)],
            [promo("p", "order_pct", pct=50, units="cheapest", cap="30")], total="610.00"),
    numbers("specific_discount_product_group", ABC, SPECIFIC, total="10.00", policy=FREE),
    numbers("specific_discount_product_group: 10 percent after", ABC, [*SPECIFIC, TEN], total="9.00",
            policy=FREE),
    numbers("specific_discount_product_group: 10 percent before", ABC, [*SPECIFIC, pct(10, "t", 9)],
            policy=FREE,
            total="9.00"),
    numbers("specific_multiple_taxes: all of A", TAXED_AB, [ALL_OF_A], total="12.00"),
    numbers("specific_multiple_taxes: all of A, then 5", TAXED_AB, [ALL_OF_A, FIVE_OF_BOTH], total="7.00"),
    numbers("specific_multiple_taxes: 5 off", TAXED_AB, [FIVE_OF_BOTH], total="18.00"),
    *(
        numbers(f"taxes_attribution: {name}", [line("drawer", "10", tax=tax)], FIVE, total=total,
            tax_sum=taxes)
        for name, tax, total, taxes in (
            ("none", [], "5.00", "0.00"),
            ("10 in the price", INCL_10, "5.00", "0.45"),
            ("10 on top", EXCL_10, "6.00", "0.55"),
            ("20 on top", EXCL_20, "7.00", "1.17"),
        )
    ),
    numbers("taxes_attribution: one on the other",
            [line("d", "10", tax=[INCL_10[0] | {"id": "in"}, EXCL_10[0] | {"level": 1}])], FIVE,
                total="6.00"),
    numbers("taxes_attribution_multiline", [line("a", "10"), line("b", "10")], FIVE, total="15.00"),
    numbers("taxes_attribution_multiline: one taxed", [line("a", "10", tax=INCL_10), line("b", "10")], FIVE,
            total="15.00"),
    numbers("taxes_attribution_multiline: both", [line("a", "10", tax=INCL_10), line("b", "10",
            tax=EXCL_10)], FIVE,
            total="16.00"),
    numbers("negative_cost: 5 by hand, 10 off 10", [line("d", "10")], [off("5", "hand", 9), off("10")],
            total="0.00"),
    numbers("negative_cost: 5 by hand, 10 off 20", [line("d", "20")], [off("5", "hand", 9), off("10")],
            total="5.00"),
    numbers("change_promo_amount: 10", [line("d", "10")], [off("10")], total="0.00"),
    numbers("change_promo_amount: 5", [line("d", "10")], FIVE, total="5.00"),
    numbers("fixed_tax_not_affected", FIXED_TAX, [pct(50)], total="67.50", tax_sum="17.50"),
    numbers("fixed_tax_not_affected_2", FIXED_TAX, [off("50")], total="75.00"),
    numbers("loyalty_card_tax_total", [line("A", "140", tax=EXCL_15)],
            [promo("p", "points_pay", points=1, worth="0.01")], points=500, total="156.00", **MEMBER),
    numbers("rounding_program_application", [line("a", "0.40")], [TEN], total="0.36"),
    numbers("order_and_specific: 50 off", [qty(BIN, 1) | {"tax": EXCL_20}], [off("50")], total="6.40"),
    numbers("order_and_specific: and 10 off the bin", [qty(BIN, 1) | {"tax": EXCL_20}],
            [off("50", first=1), promo("s", "order_amount", amount="10", on={"sku": ["bin"]})], total="0.00"),
]  # fmt: skip


def rules(test: str, basket: Goods, promotions: Goods, **wanted: Any) -> Peer:
    return of("program_rules", test, basket, promotions, **wanted)


def free_b(**more: Any) -> dict[str, Any]:
    return free("A", 1, "B", most=1, name="p") | more


def least(amount: str, tax: str) -> dict[str, Any]:
    return {"needs": {"basket": [{"min_amount": amount, "tax": tax}]}}


AB, TEN_A_B = [A15, B15], [qty(A15, 10), B15]
BEST_5_10 = [
    pct(5, "p5", needs={"basket": [{"min_qty": 2}]}),
    pct(10, "p10", needs={"basket": [{"min_qty": 4}]}),
]
COUPON = pct(
    10,
    needs={"basket": [{"of": {"sku": ["A"]}, "min_qty": 3}, {"min_amount": "320"}], "coupon": {"code": "c"}},
)
DAY = {"at": "2011-11-02T09:00:21"}
RULES = [
    rules("minimum: 105 of 1006", AB, [free_b(**least("1006", "without"))], gift=[]),
    rules("minimum: 1005 of 1006", TEN_A_B, [free_b(**least("1006", "without"))], off={}),
    rules("minimum: 1005 of 1005", TEN_A_B, [free_b(**least("1005", "without"))], off={"p": "5.75"}),
    rules("minimum: 1155.75 of 1006 with tax", TEN_A_B, [free_b(**least("1006", "with"))], off={"p": "5.75"}),
    rules("coupon_qty_and_amount: 220", [qty(C0, 2) | {"sku": "A"}, line("B", "5", 4)], [COUPON], off={},
            codes=["c"]),
    rules("coupon_qty_and_amount: 2 A", [qty(C0, 2) | {"sku": "A"}, line("B", "5", 24)], [COUPON], off={},
            codes=["c"]),
    rules("coupon_qty_and_amount: 3 A", [qty(C0, 3) | {"sku": "A"}, line("B", "5", 24)], [COUPON],
          off={"p": "42.00"}, codes=["c"]),
    rules("use_best: 1", [A15], BEST_5_10, off={}),
    rules("use_best: 3", [qty(C0, 3)], BEST_5_10, off={"p5": "15.00"}),
    rules("use_best: 5", [qty(C0, 5)], BEST_5_10, off={"p10": "50.00"}),
    *(
        rules(f"validity_dates: {valid}", AB, [free_b(valid=valid)], off={"p": "5.75"} if holds else {},
            **DAY)
        for valid, holds in (
            ({"to": "2011-10-31"}, False), ({"to": "2011-11-04"}, True), ({"from": "2011-11-04"}, False),
            ({"from": "2011-10-31"}, True), ({"from": "2011-10-31", "to": "2011-11-04"}, True),
            ({"from": "2011-11-03", "to": "2011-11-04"}, False), ({"from": "2011-10-31",
                "to": "2011-11-01"}, False),
            ({"from": "2011-11-02", "to": "2011-11-02"}, True),
        )
    ),
    rules("number_of_uses", AB, [free_b(limits={"campaign": 1, "per_order": 1})], off={},
          uses={"p": {"campaign": 1}}),
]  # fmt: skip
POINTS = {"points": {"points": 1, "for": "1"}}
FOOD = line("A", "100", category="food")
HUNDRED_C = line("C", "100")


def points(test: str, basket: Goods, promotions: Goods, **wanted: Any) -> Peer:
    return of("loyalty", test, basket, promotions, policy=POINTS, member="m", **wanted)


def cards(test: str, basket: Goods, promotions: Goods, **wanted: Any) -> Peer:
    return of("pay_with_gift_card", test, basket, promotions, **wanted)


TWENTY_A = qty(A15, 20)
NO_POINTS = promo("none", "points_x", times=0, on={"not": {"category": ["food"]}})
CODE = pct(10, needs={"coupon": {"code": "test_10pc"}})
SHOWN = {"codes": ["test_10pc"]}
PRICES = ("5.60", "8.92", "44.91", "217.26", "2400.00")
MANY = [line(price, price, tax=EXCL_15) for price in PRICES]
TAGGED = {"tag": ["discountable"]}
CHEAPEST = promo("p", "order_pct", pct=10, units="cheapest", on=TAGGED)
TAGGED_A = A15 | {"tags": ["discountable"]}
LOYALTY = [
    points("points_awarded_global_discount", [HUNDRED_C], [TEN], total="90.00", points_earned=90),
    points("points_awarded_discount_code", [HUNDRED_C], [CODE], total="90.00", points_earned=90, **SHOWN),
    points("points_awarded_specific_code", [FOOD, line("B", "50")],
           [only(10, "A"), NO_POINTS], total="140.00", points_earned=90),
    points("points_awarded_ewallet", [HUNDRED_C], [], due="90.00", points_earned=100, gift_cards=["10"]),
    points("points_awarded_giftcard", [HUNDRED_C], [], due="50.00", points_earned=100, gift_cards=["50"]),
    of("loyalty", "multiple_discount_specific", [line("A", "100", 3)],
       [only(10, "A", name=n) for n in "abc"], total="218.70"),
    of("loyalty", "specific_promotion_on_free_product", [line("A", "100"), line("A", "0")], [only(10, "A")],
       total="90.00"),
    of("loyalty", "100_percent_discount", MANY, [pct(100)], total="0.00", tax_sum="0.00"),
    of("loyalty", "discount_on_taxes_with_child_tax",
       [line("D", "100", tax=[INCL_10[0] | {"id": "a"}, INCL_10[0] | {"id": "b"}])], [pct(90)],
           total="10.00"),
    of("loyalty", "nominative_programs: three points each", [line("a", "100")],
       [promo("p", "points_pay", points=3, worth="1.50", step=3)], points=10, total="95.50",
       points_used=9, **MEMBER),
    of("loyalty", "domain_on_cheapest_reward", [TAGGED_A, B15], [CHEAPEST], off={"p": "11.50"}),
    of("loyalty", "domain_on_cheapest_reward: two", [TAGGED_A, B15, line("C", "50", tags=["discountable"])],
       [CHEAPEST], off={"p": "5.00"}),
    of("loyalty", "distribution_amount_payment_programs", [A15, line("B", "100", tax=EXCL_15)], [],
       due="115.00", tax_sum="30.00", gift_cards=["115"]),
    *(
        of("loyalty", f"discount_max_amount: {name}", [line("A", price, tax=EXCL_20)],
           [promo("p", "order_pct", pct=10, cap="9", on={"sku": ["A"]}), *hand], off=wanted,
           policy={"percent_of": "list"})
        for name, price, hand, wanted in (
            ("the cap", "100", [], {"p": "9.00"}),
            ("beside -24", "100", [off("24", "hand", 9)], {"p": "9.00", "hand": "24.00"}),
            ("beside -114", "100", [off("114", "hand", 9)], {"p": "6.00", "hand": "114.00"}),
            ("a share below it", "50", [off("6", "hand", 9)], {"p": "6.00", "hand": "6.00"}),
        )
    ),
    cards("over", [A15], [], due="15.00", gift_cards=["100"]),
    cards("under", [B15], [], due="0.00", gift_cards=["100"]),
    cards("two", [TWENTY_A], [], due="2100.00", gift_cards=["100", "100"]),
    cards("and_discount", [HUNDRED_C], [CODE], due="40.00", gift_cards=["50"], **SHOWN),
    cards("blocking_discount", [HUNDRED_C], [CODE], due="0.00", gift_cards=[{"code": "g", "balance": "100"}],
          **SHOWN),
]  # fmt: skip


@pytest.mark.parametrize("peer", [*NUMBERS, *RULES, *LOYALTY], ids=str)
def test_the_published_result(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
