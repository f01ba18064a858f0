"""Value for gift cards in a sale: no tax, no discount, no points; and gift cards as a way to pay."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from posapp.domain.cart import Cart, add_gift_value, sale_lines
from posapp.domain.cart_prices import basket_line
from posapp.domain.cart_record import cart_from_bytes, cart_to_bytes
from posapp.domain.pricing.orders.points import earns
from posapp.domain.pricing.terms.policy import PointsRules
from posapp.domain.shop import TenderType
from posapp.domain.shop_document import ShopDocumentError, parse_shop
from posapp.domain.tenders import GiftPart, Payment, TenderRefusal, take, take_gift
from posapp.domain.transactions import cart_totals

CARD = "G0000000000007F3K"


def shop_document() -> dict[str, Any]:
    """A small owner's document, PINs hashed."""
    return {
        "store": {"id": "S1", "names": "Corner", "currency": "CNY", "languages": ["zh_CN", "en"]},
        "terminals": [{"id": "T1"}],
        "operators": [{"id": "1", "name": "Ann", "role": "manager", "pin_hash": "$argon2id$x"}],
        "tax": {"rates": [{"id": "vat13", "percent": "13"}]},
    }


WAY = TenderType("gift", "gift", {"en": "Gift card"}, opens_drawer=False)


def loaded() -> Cart:
    """A sale with 100.00 for a card."""
    added = add_gift_value(Cart("sale-1", 1), CARD, 10_000, {"en": "Gift card ··7F3K"})
    assert added is not None
    return added[0]


def test_value_has_no_tax_no_discount_and_no_points() -> None:
    shop, cart = parse_shop(shop_document()), loaded()
    totals = cart_totals(cart, shop)
    assert (totals.goods_minor, totals.taxes, totals.total_minor) == (10_000, (), 10_000)
    line = basket_line(cart.lines[0], shop)
    assert (line.is_locked, line.taxes) == (True, ())
    assert not earns(PointsRules(1, 100), line)
    assert earns(PointsRules(1, 100), replace(line, price_reason="code"))
    assert not cart.lines[0].is_counted


def test_the_card_stands_in_the_fact_and_outlives_a_power_cut() -> None:
    cart = loaded()
    assert sale_lines(cart)[0].gift_card == CARD
    paid = take_gift(Payment(500), WAY, 300, GiftPart(CARD, "hold-1", left_minor=700))
    assert isinstance(paid, tuple)
    cart = replace(cart, paid=paid[0].tenders)
    assert cart_from_bytes(cart_to_bytes(cart)) == cart


@pytest.mark.parametrize("amount", [0, -1, 10**12])
def test_no_silly_amount_goes_on_a_card(amount: int) -> None:
    assert add_gift_value(Cart("sale-1", 1), CARD, amount, {}) is None


def test_a_gift_card_pays_what_is_due_and_gives_no_change() -> None:
    part = GiftPart(CARD, lease_id="L1")
    paid = take_gift(Payment(500), WAY, 300, part)
    assert isinstance(paid, tuple)
    payment, is_complete = paid
    line = payment.tenders[0]
    assert (line.kind, line.reference, line.lease_id, line.amount_minor, is_complete) == (
        "gift", CARD, "L1", 300, False,
    )  # fmt: skip
    rest = take_gift(payment, WAY, 200, GiftPart("G2"))
    assert isinstance(rest, tuple)
    assert rest[1]
    assert take_gift(payment, WAY, 201, part) is TenderRefusal.MORE_THAN_DUE
    assert take_gift(payment, WAY, 0, part) is TenderRefusal.NOTHING
    assert take(payment, WAY, 201, parse_shop(shop_document()).cash) is TenderRefusal.MORE_THAN_DUE


def test_a_shop_has_one_way_by_gift_card_and_no_category_of_that_name() -> None:
    ways = [{"id": "cash", "kind": "cash", "names": "Cash"}]
    gifts = [{"id": f"gift{n}", "kind": "gift", "names": "Gift card"} for n in (1, 2)]
    shop = parse_shop(shop_document() | {"tenders": ways + gifts[:1]})
    assert [way.kind for way in shop.tenders] == ["cash", "gift"]
    assert not shop.tenders[1].opens_drawer
    with pytest.raises(ShopDocumentError) as more:
        parse_shop(shop_document() | {"tenders": ways + gifts})
    assert any("at most one" in problem for problem in more.value.problems)
    rate = {"id": "vat13", "percent": "13"}
    tax = {"rates": [rate], "categories": [{"id": "gift_card", "rates": ["vat13"]}]}
    with pytest.raises(ShopDocumentError) as taken:
        parse_shop(shop_document() | {"tax": tax})
    assert any("gift cards" in problem for problem in taken.value.problems)
