from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, added, answer_of, found_of, included, line, promo

Goods = list[dict[str, Any]]

VENDURE = {
    "choose": "sequence",
    "percent_of": "left",
    "judged_on": "left",
    "percent_mode": "half_down",
    "share_by": "with_tax",
    "share_among": "lines",
    "tax_rounding": "unit",
}
#: Since its version 2 tax is rounded by line, and where it is in the price the net is.
BY_LINE = VENDURE | {"tax_rounding": "line_kept"}
E2E = "Vendure order-promotion.e2e-spec.ts"
#: The file as it stood before and after that version.
CALCULATOR = "Vendure 1 order-calculator.spec.ts"
CALCULATOR_2 = "Vendure 2 order-calculator.spec.ts"
VAT, IN_VAT = added("20"), included("20")
REDUCED, IN_REDUCED = added("10"), included("10")
ALL, SHIP = {"not": {"tag": ["shipping"]}}, {"tag": ["shipping"]}
SALE = {"tag": ["sale"]}


def shop(sku: str, price: str, qty: int = 1, **more: Any) -> dict[str, Any]:
    return line(sku, price, qty, tax=VAT, **more)


def gross(sku: str, price: str, qty: int = 1, **more: Any) -> dict[str, Any]:
    """The same where prices include tax: the shop's price and 20 percent."""
    return line(sku, price, qty, tax=IN_VAT, **more)


def sent(price: str, taxes: Goods = VAT) -> dict[str, Any]:
    return line("ship", price, tags=["shipping"], tax=taxes)


def of_order(pct: int | str, promotion_id: str = "p", **more: Any) -> dict[str, Any]:
    return promo(promotion_id, "order_pct", pct=pct, on=ALL, **more)


def least(amount: str, tax: str = "with") -> dict[str, Any]:
    return {"needs": {"basket": [{"of": ALL, "min_amount": amount, "tax": tax}]}}


def vendure(source: str, name: str, basket: Goods, promotions: Goods, total: str, **wanted: Any) -> Peer:
    more = {key: wanted.pop(key) for key in ("codes", "member", "uses", "channel") if key in wanted}
    policy = BY_LINE if source != CALCULATOR else VENDURE
    return Peer(source, name, basket, promotions, policy, {"total": total} | wanted, more)


FREE, CODE = of_order(100), {"needs": {"coupon": {"code": "C"}}}
HALF_SALE = promo("sale", "pct", pct=50, on=SALE)
SALES = [
    ("item", "10.00", 1, []),
    ("sale1000", "10.00", 1, ["sale"]),
    ("sale100", "1.00", 2, ["sale"]),
]
HALF_5000 = promo("p", "pct", pct=50, on={"sku": ["i5000"]})
I5000 = shop("i5000", "50.00")
TWICE = [of_order(15, "order"), HALF_SALE]
TWO_SALES = [shop("sale", "10.00", 2, tags=["sale"]), I5000]
SEVERAL = {"basket": [{"of": {"sku": ["i5000", "i1000"]}, "min_qty": 3}]}
SALE_2 = {"basket": [{"of": SALE, "min_qty": 2}]}
LIMITED = of_order(100, limits={"campaign": 1})
PER_MEMBER = of_order(100, limits={"per_member": 1})
HEAD = {"member": "hayden"}
CASES = [
    vendure(E2E, "a valid code", [I5000], [FREE | CODE], "0.00", codes=["C"]),
    vendure(E2E, "no code", [I5000], [FREE | CODE], "60.00"),
    vendure(E2E, "an expired code", [I5000], [FREE | CODE | {"valid": {"to": "2010-01-01"}}], "60.00",
            codes=["C"]),
    vendure(E2E, "not begun", [I5000], [FREE | {"valid": {"from": "2199-01-01"}}], "60.00"),
    vendure(E2E, "minimum with tax, below", [I5000], [FREE | least("100")], "60.00"),
    vendure(E2E, "minimum with tax", [shop("i5000", "50.00", 2)], [FREE | least("100")], "0.00"),
    vendure(
        E2E,
        "two with a facet",
        [shop("a", "1.00", tags=["sale"]), shop("b", "10.00", tags=["sale"])],
        [FREE | {"needs": SALE_2}],
        "0.00",
    ),
    vendure(E2E, "one with a facet", [shop("a", "1.00", tags=["sale"])], [FREE | {"needs": SALE_2}], "1.20"),
    vendure(E2E, "two of the goods", [I5000, shop("i1000", "10")], [FREE | {"needs": SEVERAL}], "72.00"),
    vendure(E2E, "three of the goods", [shop("i5000", "50", 2), shop("i1000", "10")],
            [FREE | {"needs": SEVERAL}], "0.00"),
    vendure(E2E, "of the group", [I5000], [FREE | {"who": {"tags": ["g"]}}], "0.00",
            member={"id": "h", "tags": ["g"]}),
    vendure(E2E, "no more of the group", [shop("i5000", "50", 2)], [FREE | {"who": {"tags": ["g"]}}],
            "120.00",
            member={"id": "h"}),
    vendure(E2E, "20 percent", [I5000], [of_order(20)], "48.00"),
    vendure(E2E, "20 percent, tax in the price", [gross("i5000", "60.00")], [of_order(20)], "48.00"),
    vendure(E2E, "10.5 percent", [I5000], [of_order("10.5")], "53.70"),
    vendure(E2E, "10 off", [I5000], [promo("p", "order_amount", amount="10")], "48.00", net="40.00"),
    vendure(E2E, "10 off, tax in the price", [gross("i5000", "60.00")],
            [promo("p", "order_amount", amount="10")], "50.00"),
    vendure(E2E, "not below the fee", [shop("i100", "1.00"), sent("5.00", added("0"))],
            [promo("p", "order_amount", amount="10", on=ALL)], "5.00"),
    vendure(E2E, "10 off a line", [shop("i1000", "10", 3)],
            [promo("p", "order_amount", amount="10", per="line")], "24.00", net="20.00"),
    vendure(E2E, "half of sale goods", [shop(n, p, q, tags=t) for n, p, q, t in SALES], [HALF_SALE], "19.20"),
    vendure(E2E, "half of sale goods, tax in the price",
            [gross(n, {"10.00": "12.00", "1.00": "1.20"}[p], q, tags=t) for n, p, q, t in SALES], [HALF_SALE],
            "19.20", net="16.00"),
    vendure(E2E, "half of a product", [I5000], [HALF_5000], "30.00", net="25.00"),
    vendure(E2E, "half of a product, tax in the price", [gross("i5000", "60")], [HALF_5000], "30.00",
            net="25.00"),
    vendure(E2E, "a fee", [I5000, sent("3.45")], [], "64.14", net="53.45"),
    vendure(E2E, "free shipping", [I5000, sent("3.45")], [promo("s", "order_pct", pct=100, on=SHIP)],
            "60.00"),
    vendure(E2E, "a fee, tax in the price", [gross("i5000", "60"), sent("3.45", IN_VAT)], [], "63.45",
            net="52.88"),
    vendure(E2E, "items", TWO_SALES, [HALF_SALE], "72.00", net="60.00"),
    vendure(E2E, "items and order", TWO_SALES, [HALF_SALE, of_order(15, "o")], "61.20", net="51.00"),
    vendure(E2E, "items and order, tax in the price",
            [gross("sale", "12.00", 2, tags=["sale"]), gross("i5000", "60")], [HALF_SALE, of_order(15, "o")],
            "61.20", net="51.00"),
    vendure(E2E, "the limit is reached", [I5000], [LIMITED], "60.00", uses={"p": {"campaign": 1}}),
    vendure(E2E, "within the limit", [I5000], [LIMITED], "0.00", uses={"p": {"campaign": 0}}),
    vendure(E2E, "once a member", [I5000], [PER_MEMBER], "60.00", uses={"p": {"by_member": 1}}, **HEAD),
    vendure(E2E, "another member", [I5000], [PER_MEMBER], "0.00", uses={"p": {"by_member": 0}}, **HEAD),
    vendure(E2E, "a line was taken out", [shop("i1000", "10", 8)],
            [promo("p", "order_amount", amount="10") | least("100")], "96.00"),
    vendure(E2E, "goods for nothing", [shop("i100", "1.00"), shop("i0", "0.00")], [of_order(20)], "0.96"),
    vendure(E2E, "never below 0", [shop("i1000", "10")],
            [promo("a", "pct", pct=100), promo("b", "pct", pct=20)], "0.00"),
    vendure(E2E, "never below 0, tax in the price", [gross("i1000", "12")],
            [promo("a", "pct", pct=100), promo("b", "pct", pct=20)], "0.00"),
    vendure(E2E, "of the channel only", [gross("i5000", "60")],
            [of_order(20, "second", channels=["second"]), of_order(20, "default", channels=["default"])],
                "48.00",
            channel="second"),
]  # fmt: skip


def calc(name: str, basket: Goods, promotions: Goods, total: str, net: str) -> Peer:
    return vendure(CALCULATOR, name, basket, promotions, total, net=net)


def std(price: str, qty: int = 1) -> dict[str, Any]:
    return line(f"s{price}", price, qty, tax=VAT)


def in_std(price: str, qty: int = 1) -> dict[str, Any]:
    return line(f"s{price}", price, qty, tax=IN_VAT)


def for_420(n: int) -> dict[str, Any]:
    return promo("p", "n_for", n=n, price="4.20")


HALF_EACH, HALF, FIVE = (
    promo("i", "pct", pct=50),
    promo("o", "order_pct", pct=50),
    promo("p", "order_amount", amount="5"),
)
BUY_3 = promo("three", "order_pct", pct=50, needs={"basket": [{"min_qty": 3}]})
SPEND_10 = promo("ten", "order_pct", pct=10, needs={"basket": [{"min_amount": "10"}]})
TENS = [promo("item", "pct", pct=10), promo("order", "order_pct", pct=10)]
FIFTEEN = promo("p15", "pct", pct=15, on={"price": {"from": "10", "to": "10"}})
MIXED = [std("10.00", 2), line("b", "34.99", tax=REDUCED), line("c", "2.55", 4, tax=REDUCED)]
IN_MIXED = [in_std("10.00", 2), line("b", "34.99", tax=IN_REDUCED), line("c", "2.55", 4, tax=IN_REDUCED)]
CALCULATED = [
    calc("half of each", [std("83.33")], [HALF_EACH], "50.00", "41.67"),
    calc("half of each, tax in the price", [in_std("14.00"), line("r", "6.50", 2, tax=IN_REDUCED)],
            [HALF_EACH],
         "13.50", "11.73"),
    calc("the order for 4.20", [std("12.30")], [for_420(1)], "5.04", "4.20"),
    calc("the order for 4.20, tax in the price", [in_std("12.30")], [for_420(1)], "4.20", "3.50"),
    calc("5 off", [std("12.30")], [FIVE], "8.76", "7.30"),
    vendure(CALCULATOR, "5 off two rates", [in_std("20"), line("r", "10", 2, tax=IN_REDUCED)], [FIVE],
            "35.00"),
    calc("for 4.20 from 10 on, below", [std("5.00")], [for_420(2)], "6.00", "5.00"),
    calc("for 4.20 from 10 on", [std("5.00", 2)], [for_420(2)], "5.04", "4.20"),
    calc("for 4.20 from 10 on, below, tax in the price", [in_std("5.00")], [for_420(2)], "5.00", "4.17"),
    calc("for 4.20 from 10 on, tax in the price", [in_std("5.00", 2)], [for_420(2)], "4.20", "3.50"),
    calc("half of the order", [std("1.00")], [HALF], "0.60", "0.50"),
    calc("half of the order, tax in the price", [in_std("1.00")], [HALF], "0.50", "0.42"),
    calc("half of the order, no tax", [line("z", "1.00", tax=included("0"))], [HALF], "0.50", "0.50"),
    vendure(CALCULATOR, "in proportion to prices with tax", [in_std("5.00"), line("z", "5.00",
            tax=included("0"))],
            [FIVE], "5.00", amounts=["2.50", "2.50"]),
    calc("spend 10", [std("5.00", 2)], [BUY_3, SPEND_10], "10.80", "9.00"),
    calc("one invalidates the other", [std("5.00", 3)], [BUY_3, SPEND_10], "9.00", "7.50"),
    calc("one of two", [std("8.00", 2)], [BUY_3, SPEND_10], "17.28", "14.40"),
    calc("both", [std("8.00", 3)], [BUY_3, SPEND_10], "12.96", "10.80"),
    calc("both, tax in the price", [in_std("8.00", 3)], [BUY_3, SPEND_10], "10.80", "9.00"),
    calc("of the item", [std("1558.80")], TENS[:1], "1683.50", "1402.92"),
    calc("of the item and the order", [std("1558.80")], TENS, "1515.16", "1262.63"),
    calc("of the item, tax in the price", [in_std("1558.80")], TENS[:1], "1402.92", "1169.10"),
    calc("of the item and the order, tax in the price", [in_std("1558.80")], TENS, "1262.63", "1052.19"),
    calc("the final boss", MIXED, [FIFTEEN, FIVE], "64.48", "57.19"),
    calc("the final boss, tax in the price", IN_MIXED, [FIFTEEN, FIVE], "57.19", "50.82"),
    calc("a surcharge", [*MIXED[:2], line("f", "2.40")], [], "64.89", "57.39"),
    calc("a surcharge, tax in the price", [*IN_MIXED[:2], line("f", "2.40")], [], "57.39", "50.87"),
    vendure(CALCULATOR_2, "a surcharge, tax in the price", [*IN_MIXED[:2], line("f", "2.40")], [], "57.39",
            net="50.88"),
    *(
        vendure(CALCULATOR_2, f"{qty} at 0.50 off each", [std("5.00", qty)], [promo("p", "amount",
            amount="0.50")],
                total, net=net)
        for qty, total, net in ((2, "10.80", "9.00"), (3, "16.20", "13.50"))
    ),
    Peer(CALCULATOR_2, "tax of the order", [std("1.02"), std("2.15")], [],
            VENDURE | {"tax_rounding": "total"},
         {"total": "3.80", "net": "3.17"}),
    calc("a taxed surcharge", [std("10"), std("2.40")], [], "14.88", "12.40"),
    calc("a taxed surcharge, tax in the price", [in_std("10"), in_std("2.40")], [], "12.40", "10.33"),
    calc("a reduction", [std("10"), std("-2.40")], [], "9.12", "7.60"),
    calc("a reduction, tax in the price", [in_std("10"), in_std("-2.40")], [], "7.60", "6.33"),
    calc("a reduction with tax in it", [std("10"), in_std("-2.40")], [], "9.60", "8.00"),
    calc("state tax", [line("a", "10", 2, tax=added("4")), line("b", "34.99", tax=added("4"))], [],
            "57.19", "54.99"),
    calc("state and city tax", [line("a", "10", 2, tax=added("4", "4.5")), line("b", "34.99",
            tax=added("4", "4.5"))],
         [], "59.66", "54.99"),
]  # fmt: skip


@pytest.mark.parametrize("peer", [*CASES, *CALCULATED], ids=str)
def test_the_published_result(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
