from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.cart import Cart, NewLine, add_line, void_line
from posapp.domain.cart_prices import PricedCart, basket_line, basket_of, listed_line
from posapp.domain.facts import TransactionCompleted
from posapp.domain.pricing.terms.priced import PricedBasket
from posapp.domain.quantity import Quantity
from posapp.domain.shop import Shop
from posapp.domain.tenders import Payment, cash_due, take
from posapp.domain.transactions import SaleContext, cart_totals, complete, voided
from tests.domain.shops import CARD, CASH, LIN, SHOP, carts, item, shops


def context(shop: Shop) -> SaleContext:
    """Lin's till on a fixed day."""
    return SaleContext(shop, "T03", "shift-1", "2026-05-28", LIN, "en", 1_780_000_000_500)


def paid_by_cash(cart: Cart, shop: Shop, more: int = 0) -> TransactionCompleted:
    """The sale, paid with what is due in cash and some more."""
    payment = Payment(cart_totals(cart, shop).total_minor)
    due, _ = cash_due(payment, shop.cash)
    done = take(payment, CASH, due + more, shop.cash)
    assert isinstance(done, tuple)
    return complete(cart, done[0], context(shop))


@given(carts(), shops(), st.integers(0, 9), st.lists(st.integers(1, 12), max_size=4))
def test_a_sale_adds_up(cart: Cart, shop: Shop, notes: int, voids: list[int]) -> None:
    for line_no in voids:
        cart = void_line(cart, line_no, 5) or cart
    sale = paid_by_cash(cart, shop, notes * shop.cash.denominations_minor[0] // 10)
    assert sum(line.amount_minor for line in sale.lines) == sale.goods_minor
    added = sum(tax.tax_minor for tax in sale.taxes if not tax.included)
    assert added == sale.tax_added_minor
    assert sale.goods_minor + added + sale.rounding_minor == sale.total_minor
    assert sum(tender.amount_minor for tender in sale.tenders) == sale.tendered_minor
    assert sale.tendered_minor - sale.change_minor == sale.total_minor
    assert sale.total_minor % shop.cash.step_minor == 0
    assert {line.line_no for line in sale.lines}.isdisjoint(gone.line_no for gone in sale.voided)


@given(carts(), shops(), st.data())
def test_a_split_sale_adds_up(cart: Cart, shop: Shop, data: st.DataObject) -> None:
    total = cart_totals(cart, shop).total_minor
    payment = Payment(total)
    if total > 1:
        part = take(payment, CARD, data.draw(st.integers(1, total - 1)), shop.cash)
        assert isinstance(part, tuple)
        payment = part[0]
    rest = take(payment, CASH, cash_due(payment, shop.cash)[0], shop.cash)
    assert isinstance(rest, tuple)
    sale = complete(cart, rest[0], context(shop))
    assert sale.tendered_minor - sale.change_minor == sale.total_minor
    assert sale.total_minor - sale.rounding_minor == total


@given(carts())
def test_a_sale_says_who_when_and_what(cart: Cart) -> None:
    sale = paid_by_cash(cart, SHOP)
    assert (sale.operator_id, sale.operator_name, sale.store_id) == ("1001", "林晓", "S0217")
    assert (sale.opened_at_ms, sale.completed_at_ms) == (cart.opened_at_ms, 1_780_000_000_500)
    assert (sale.transaction_id, sale.receipt_number) == (cart.transaction_id, "")


@given(carts())
def test_what_does_not_add_up_is_never_made(cart: Cart) -> None:
    payment = Payment(cart_totals(cart, SHOP).total_minor)
    with pytest.raises(AssertionError):
        complete(cart, replace(payment, total_minor=payment.total_minor + 1), context(SHOP))
    with pytest.raises(AssertionError):
        complete(cart, replace(payment, change_minor=1), context(SHOP))


@given(carts())
def test_a_voided_sale_keeps_everything(cart: Cart) -> None:
    gone = void_line(cart, cart.lines[0].line_no, 7)
    assert gone is not None
    fact = voided(gone, context(SHOP))
    assert fact.goods_minor == gone.goods_minor
    assert len(fact.lines) + len(fact.voided) == len(cart.lines)
    assert fact.transaction_id == cart.transaction_id


def test_a_price_that_is_not_proven_is_on_record() -> None:
    cart = Cart("t-1", 1)
    added = add_line(cart, NewLine(item("tea", 500), "1", Quantity(2, "pcs")))
    assert added is not None
    cart = added[0]
    basket = basket_of(cart, (basket_line(cart.lines[0], SHOP),), SHOP, datetime(2026, 5, 28, tzinfo=UTC))
    listed = listed_line(basket.lines[0])
    priced = PricedBasket((listed,), (), (), 1000, 0, 0, 0, 1000, is_proven=False)
    prices = PricedCart(cart.lines, cart.codes, basket, priced, 1)
    taken = take(Payment(1000), CASH, 1000, SHOP.cash)
    assert isinstance(taken, tuple)
    fact = complete(cart, taken[0], context(SHOP), prices)
    assert (fact.is_proven, fact.lines[0].paid_minor, fact.lines[0].runs) == (False, 1000, ())
    assert complete(cart, taken[0], context(SHOP)).is_proven
