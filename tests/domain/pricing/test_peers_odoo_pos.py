from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, added, answer_of, found_of, line, promo
from tests.domain.pricing.test_peers_odoo_2 import ODOO, off, only, pct

Goods = list[dict[str, Any]]


def tour(name: str, basket: Goods, promotions: Goods, total: str, **wanted: Any) -> Peer:
    """A step of the tour NAME of addons/pos_loyalty/static/tests/tours/pos_loyalty_tour.js."""
    more = {key: wanted.pop(key) for key in ("points", "member") if key in wanted}
    policy = ODOO | wanted.pop("policy", {})
    return Peer("Odoo pos_loyalty_tour.js", name, basket, promotions, policy, {"total": total} | wanted, more)


def pens(qty: int) -> dict[str, Any]:
    return line("pen", "3.20", qty)


def desk(qty: int) -> dict[str, Any]:
    return line("desk", "5.10", qty)


TRAYS = line("tray", "4.80", 4, tax=added("10"))
BOARDS = line("board", "1.98", 10)
CHEAPEST = promo("cheapest", "order_pct", pct=90, units="cheapest", stack={"priority": 5})
HALF_OF_SOME = only(50, "board", "desk", name="half")
GLOBAL = pct(10, "global")


def free_desk(most: int) -> dict[str, Any]:
    """One for two that are paid; a card has points for so many."""
    return promo(
        "free", "gift", buy=[{"of": {"sku": ["desk"]}, "qty": 2}], get={"of": {"sku": ["desk"]}},
        limits={"per_order": most}, stack={"priority": 9},
    )  # fmt: skip


PROMO, B25, A15 = line("promo", "30", tax=added("15")), line("B", "25"), line("A", "15")
ALL_OF_AB = promo(
    "p", "pct", pct=100, on={"sku": ["A", "B"]}, limits={"max_discount": "40"},
    needs={"basket": [{"of": {"sku": ["promo"]}, "min_qty": 1}]},
)  # fmt: skip
FROM_40_OF_A = only(10, "A", needs={"basket": [{"of": {"sku": ["A"]}, "min_amount": "40"}]})
HALF_FOOD = promo("p", "pct", pct=50, on={"category": ["food"]})
FREE_ONES = [
    promo(
        name, "gift", buy=[{"of": {"sku": [name]}, "qty": 2}], get={"of": {"sku": [name]}},
            stack={"priority": 9}
    )
    for name in ("FA", "FB")
]  # fmt: skip
FREE_PEN = promo("f", "gift", buy=[{"of": {"sku": ["board"]}, "qty": 3}], get={"of": {"sku": ["pen"]}})
FREE_STAND = promo(
    "f", "gift", buy=[{"of": {"sku": ["wall", "small"]}, "qty": 2}], get={"of": {"sku": ["stand", "pad"]}}
)
STANDS = line("stand", "3.19", 6)
PAIR = [line("a", "100", category="food"), line("b", "50")]
EARN = {"policy": {"points": {"points": 1, "for": "1"}}, "member": "m"}
CASES = [
    tour("Tour1: pens", [pens(5)], [CHEAPEST], "13.12", off={"cheapest": "2.88"}),
    tour("Tour1: six pens", [pens(6)], [CHEAPEST], "16.32"),
    tour("Tour1: reward removed", [pens(6)], [], "19.20"),
    tour("Tour1: a free product coupon", [desk(9)], [free_desk(3)], "30.60", off={"free": "15.30"}),
    tour("Tour1: the cheapest with tax", [TRAYS, desk(9)], [CHEAPEST], "62.43", off={"cheapest": "4.59"}),
    tour("Tour1: and free ones", [TRAYS, desk(9)], [CHEAPEST, free_desk(3)], "47.13"),
    tour("Tour1: the cheapest of three", [BOARDS, desk(3), TRAYS], [CHEAPEST], "54.44",
            off={"cheapest": "1.78"}),
    tour("Tour1: and half of some", [BOARDS, desk(3), TRAYS], [CHEAPEST, HALF_OF_SOME], "37.78",
         off={"cheapest": "1.78", "half": "16.66"}),
    tour("Tour2: global after the cheapest", [desk(10), TRAYS], [CHEAPEST, GLOBAL], "60.78",
         off={"cheapest": "4.59", "global": "6.75"}),
    tour("Tour2: eleven", [desk(11)], [CHEAPEST], "51.51"),
    tour("Tour2: eleven and global", [desk(11)], [CHEAPEST, GLOBAL], "46.36", off={"cheapest": "4.59",
            "global": "5.15"}),
    tour("Tour2: eighteen, four free", [desk(18)], [CHEAPEST, GLOBAL, free_desk(4)], "60.13",
         off={"free": "20.40", "cheapest": "4.59", "global": "6.68"}),
    tour("Tour2: half of six", [desk(6)], [HALF_OF_SOME], "15.30"),
    tour("Tour2: half of six, two free", [desk(6)], [HALF_OF_SOME, free_desk(2)], "10.20",
         off={"free": "10.20", "half": "10.20"}),
    tour("Tour2: stands", [STANDS], [CHEAPEST, GLOBAL], "14.64", off={"cheapest": "2.87", "global": "1.63"}),
    tour("Tour2: stands, global only", [STANDS], [GLOBAL], "17.23", off={"global": "1.91"}),
    tour("Tour2: stands, the cheapest only", [STANDS], [CHEAPEST], "16.27"),
    tour("Tour3: promo product", [PROMO], [ALL_OF_AB], "34.50"),
    tour("Tour3: B free", [PROMO, B25], [ALL_OF_AB], "34.50", off={"p": "25.00"}),
    tour("Tour3: A and B free", [PROMO, B25, A15], [ALL_OF_AB], "34.50", off={"p": "40.00"}),
    tour("Tour3: 40 at most, in proportion", [PROMO, B25, A15 | {"qty": 2}], [ALL_OF_AB], "49.50",
         amounts=["34.50", "6.82", "8.18"]),
    tour("Tour6: a point pays 1.00", [line("a", "265")], [promo("p", "points_pay", points=1, worth="1")],
            "165.00",
         points=100, member="m"),
    tour("Tour7", [line("t", "100")], [GLOBAL], "90.00"),
    tour("SpecificDiscountCategory: other goods", [line("A", "15")], [HALF_FOOD], "15.00"),
    tour("SpecificDiscountCategory", [line("A", "15"), line("B", "50", category="food")], [HALF_FOOD],
            "40.00"),
    tour("Tour9: 5 off by points", [line("A", "100"), line("B", "110")],
         [off("5", needs={"points": 10})], "205.00", points=30, member="m", points_used=10),
    tour("MinAmountAndSpecificProduct: 20", [line("A", "20"), line("B", "30")], [FROM_40_OF_A], "50.00"),
    tour("MinAmountAndSpecificProduct: 40", [line("A", "20", 2), line("B", "30")], [FROM_40_OF_A], "66.00"),
    tour("Tour12: two and one", [line("FA", "1", 3)], FREE_ONES, "2.00"),
    tour("Tour12: of both", [line("FA", "1", 3), line("FB", "5", 3)], FREE_ONES, "12.00"),
    tour("Tour12: twice of one", [line("FA", "1", 3), line("FB", "5", 6)], FREE_ONES, "22.00",
         off={"FA": "1.00", "FB": "10.00"}),
    tour("PointsDiscountNoDomain", PAIR, [GLOBAL], "135.00", points_earned=135, **EARN),
    tour("PointsDiscountWithDomain", PAIR,
         [only(10, "a"), promo("n", "points_x", times=0, on={"not": {"category": ["food"]}})], "140.00",
         points_earned=90, **EARN),
    tour("PointsGlobalDiscount", PAIR[:1], [GLOBAL], "90.00", points_earned=90, **EARN),
    tour("ChangeRewardValueWithLanguage", [desk(1)], [off("2")], "3.10"),
    tour("2DiscountsSpecificGlobal", [line("A", "5", 5), line("B", "5")],
         [pct(10, "global", 1), only(10, "B", name="b")], "26.55", off={"global": "3.00", "b": "0.45"}),
    tour("FreeProduct: seven", [desk(7)], [free_desk(99)], "25.50", off={"free": "10.20"}),
    tour("FreeProduct: nine", [desk(9)], [free_desk(99)], "30.60", off={"free": "15.30"}),
    tour("FreeProduct: two", [desk(2)], [free_desk(99)], "10.20"),
    tour("FreeProduct: a pen for three boards", [line("board", "1.98", 3), pens(1)], [FREE_PEN], "5.94"),
    tour("FreeProduct: two pens for six boards", [line("board", "1.98", 6), pens(2)], [FREE_PEN], "11.88"),
    tour("FreeProduct: one of two rewards", [line("wall", "1.98"), line("small", "2.83"), line("stand",
            "3.19")],
         [FREE_STAND], "4.81", off={"f": "3.19"}),
    tour("SpecificDiscount: twice 10 and 30", [line("A", "40"), line("B", "40")],
         [off("10", "x"), off("10", "y"), off("30", "z")], "30.00"),
    tour("fixed_tax", [line("A", "15", tax=[{"id": "f", "per_unit": "50", "price_includes": False}])],
            [GLOBAL],
         "63.50", off={"global": "1.50"}),
    tour("PosRewardProductScan", [line("a", "1000", tax=added("15"))], [pct(50)], "575.00"),
]  # fmt: skip


@pytest.mark.parametrize("peer", CASES, ids=str)
def test_the_published_result(peer: Peer) -> None:
    document = answer_of(peer)
    assert document["unread"] == []
    assert found_of(peer, document) == peer.wanted
