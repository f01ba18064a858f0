"""From a cart and its payment to the fact of a sale, with the sums that must agree everywhere."""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.cart import Cart, sale_lines
from posapp.domain.cart_prices import PricedCart, gifts_given, modifiers, units_paid
from posapp.domain.facts import SaleLine, TaxLine, TransactionCompleted, TransactionVoided
from posapp.domain.quantity import Quantity, extended_amount
from posapp.domain.sale_facts import coupons_used, sale_member
from posapp.domain.shop import Operator, Shop
from posapp.domain.tax import tax_added, tax_lines
from posapp.domain.tenders import Payment
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class CartTotals:
    """What a cart comes to before any payment, in minor units; taxes are of what is paid."""

    goods_minor: int
    taxes: tuple[TaxLine, ...]
    tax_added_minor: int
    discount_minor: int = 0

    @property
    def total_minor(self) -> int:
        """Goods less discounts, and added tax."""
        return self.goods_minor - self.discount_minor + self.tax_added_minor


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


def cart_totals(cart: Cart, shop: Shop, prices: PricedCart | None = None) -> CartTotals:
    """Goods, discounts and taxes of a cart under the shop's rules; without prices nothing is off."""
    if prices is None:
        paid = [line.amount_minor for line in cart.lines]
        off_minor = 0
    else:
        assert prices.is_of(cart), "these prices are of another basket"
        paid = [line.paid_minor for line in prices.priced.lines]
        off_minor = prices.discount_minor
    goods = [(amount, line.tax_category) for amount, line in zip(paid, cart.lines, strict=True)]
    taxes = tax_lines(goods, shop.tax)
    return CartTotals(sum(paid) + off_minor, taxes, tax_added(taxes), off_minor)


def complete(
    cart: Cart, payment: Payment, context: SaleContext, prices: PricedCart | None = None
) -> TransactionCompleted:
    """The fact of a paid sale; asserts that it adds up, since nothing may be stored that does not."""
    totals = cart_totals(cart, context.shop, prices)
    discounts = () if prices is None else modifiers(prices.priced)
    assert totals.goods_minor == cart.goods_minor, "the prices begin with other amounts"
    assert sum(each.amount_minor for each in discounts) == totals.discount_minor, (
        "discounts are not their sum"
    )
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
        lines=_with_prices(sale_lines(cart), prices),
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
        discount_minor=totals.discount_minor,
        discounts=discounts,
        is_proven=prices is None or prices.priced.is_proven,
        gifts=() if prices is None else gifts_given(prices.priced),
        member=sale_member(cart, prices),
        coupons=coupons_used(cart, prices),
        hold_id=cart.rights.hold.hold_id if cart.rights.hold is not None else "",
    )


def _with_prices(lines: tuple[SaleLine, ...], prices: PricedCart | None) -> tuple[SaleLine, ...]:
    if prices is None:
        return lines
    return tuple(
        replace(line, paid_minor=priced.paid_minor, runs=units_paid(priced))
        for line, priced in zip(lines, prices.priced.lines, strict=True)
    )


def saved_minor(sale: TransactionCompleted) -> int:
    """What a sale cost less than at the list's prices: its discounts and what was marked down.

    Points are the shopper's own, so what they paid is no saving.
    """
    by_points = sum(each.amount_minor for each in sale.discounts if each.layer == "points")
    return sale.discount_minor - by_points + sum(marked_down_minor(line) for line in sale.lines)


def marked_down_minor(line: SaleLine) -> int:
    """What a markdown took off a line before any discount."""
    if line.markdown is None:
        return 0
    full = extended_amount(Quantity(line.quantity, line.unit), line.markdown.was_minor)
    return full - line.amount_minor


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
