"""Where a policy leaves the order free the best for the customer is given, however they were listed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.pricing.peers import Peer, answer_of, found_of, line, promo
from tests.domain.pricing.test_peers_odoo_2 import C0, EXCL_15, FIVE_OF_BOTH, ODOO, TAXED_AB
from tests.domain.pricing.test_peers_sylius_2 import SYLIUS
from tests.domain.pricing.test_peers_vendure import BUY_3, SPEND_10, VENDURE, std

Goods = list[dict[str, Any]]
FREE = {"sequence_order": "free"}


def plain(promotion: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in promotion.items() if key != "stack"}


ALL_OF_A = promo("a", "pct", pct=100, on={"sku": ["A"]})
TEN, COUPON = promo("ten", "order_pct", pct=10), promo("coupon", "order_amount", amount="288.5")
PUG = [line("pug", "100")]
FIXED, TWENTY = promo("cebula", "order_amount", amount="10"), promo("santa", "order_pct", pct=20)
ABC = [line("A", "6"), line("B", "4"), line("C", "10")]
TWO_ON_A = [
    promo("ab", "order_amount", amount="5", on={"sku": ["A", "B"]}),
    promo("a", "order_amount", amount="10", on={"sku": ["A"]}),
]
THREE = [line("chair", "100", tax=EXCL_15), line("bin", "100"), C0]
ONE_BY_ONE = [line("a", "100"), line("b", "100"), line("c", "100")]
RIVALS = [promo("three", "n_pct", n=3, pct=20), promo("half", "nth", n=1, pct=50)]
ON_ONE = [promo("specific", "pct", pct=5, on={"sku": ["a"]}), promo("general", "pct", pct=10)]
CASES = [
    Peer("Odoo", "7.00, not 9.40", TAXED_AB, [ALL_OF_A, plain(FIVE_OF_BOTH)], ODOO | FREE, {"total": "7.00"}),
    Peer("Odoo", "0.00, not 23.85", THREE, [TEN, COUPON], ODOO | FREE, {"total": "0.00"}),
    Peer("Odoo", "what is common goes to the others first", ABC, TWO_ON_A, ODOO | FREE, {"total": "10.00"}),
    Peer("Vendure", "6.75, not 7.50", [std("5.00", 3)], [BUY_3, SPEND_10], VENDURE | FREE, {"net": "6.75"}),
    Peer("Sylius", "70.00, not 72.00", PUG, [FIXED, TWENTY], SYLIUS | FREE, {"total": "70.00"}),
    Peer("pretix", "150, not 240", ONE_BY_ONE, RIVALS, {}, {"total": "150.00"}),
    Peer("POS Awesome", "90, not 95", [line("a", "100")], ON_ONE, {}, {"total": "90.00"}),
]


@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize("peer", CASES, ids=str)
def test_the_best_is_given_in_every_order(peer: Peer, way: int) -> None:
    turned = Peer(peer.source, peer.name, peer.basket, peer.promotions[::way], peer.policy, peer.wanted)
    document = answer_of(turned)
    assert document["unread"] == []
    assert document["proven"]
    assert found_of(turned, document) == peer.wanted
