"""From a cart and its payment to the fact of a sale, with the sums that must agree everywhere."""

from __future__ import annotations

from posapp.domain.cart import Cart, sale_lines
from posapp.domain.facts import TaxLine, TransactionCompleted, TransactionVoided
from posapp.domain.shop import Operator, Shop
from posapp.domain.tax import tax_added, tax_lines
from posapp.domain.tenders import Payment
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class CartTotals:
    """What a cart comes to before any payment, in minor units."""

    goods_minor: int
    taxes: tuple[TaxLine, ...]
    tax_added_minor: int

    @property
    def total_minor(self) -> int:
        """Goods and added tax."""
        return self.goods_minor + self.tax_added_minor


@dataclass(frozen=True, slots=True)
class SaleContext:
    """Where, when and by whom a sale is made."""

    shop: Shop
    terminal_id: str
    shift_id: str
    business_date: str
    operator: Operator
    language: str
    now_ms: int


def cart_totals(cart: Cart, shop: Shop) -> CartTotals:
    """Goods and taxes of a cart under the shop's rules."""
    goods = [(line.amount_minor, line.tax_category) for line in cart.lines]
    taxes = tax_lines(goods, shop.tax)
    return CartTotals(sum([amount for amount, _ in goods]), taxes, tax_added(taxes))


def complete(cart: Cart, payment: Payment, context: SaleContext) -> TransactionCompleted:
    """The fact of a paid sale; asserts that it adds up, since nothing may be stored that does not."""
    totals = cart_totals(cart, context.shop)
    total = totals.total_minor + payment.rounding_minor
    assert payment.total_minor == totals.total_minor, "the payment is for another total"
    assert payment.paid_minor - payment.change_minor == total, "tenders less change are not the total"
    return TransactionCompleted(
        transaction_id=cart.transaction_id,
        store_id=context.shop.store_id,
        terminal_id=context.terminal_id,
        shift_id=context.shift_id,
        business_date=context.business_date,
        operator_id=context.operator.operator_id,
        operator_name=context.operator.name,
        opened_at_ms=cart.opened_at_ms,
        completed_at_ms=context.now_ms,
        currency=context.shop.currency,
        language=context.language,
        lines=sale_lines(cart),
        taxes=totals.taxes,
        tenders=payment.tenders,
        goods_minor=totals.goods_minor,
        tax_added_minor=totals.tax_added_minor,
        rounding_minor=payment.rounding_minor,
        total_minor=total,
        tendered_minor=payment.paid_minor,
        change_minor=payment.change_minor,
        voided=cart.voided,
        scans=cart.scans,
    )


def voided(cart: Cart, context: SaleContext) -> TransactionVoided:
    """The fact that a cart was given up."""
    return TransactionVoided(
        transaction_id=cart.transaction_id,
        shift_id=context.shift_id,
        business_date=context.business_date,
        operator_id=context.operator.operator_id,
        opened_at_ms=cart.opened_at_ms,
        at_ms=context.now_ms,
        currency=context.shop.currency,
        goods_minor=cart.goods_minor,
        lines=sale_lines(cart),
        voided=cart.voided,
        scans=cart.scans,
    )
