"""What the fact of a sale says of rights: whose it is, points earned and used, coupons used up.

All of it is read from the prices that the sale is paid by; nothing is decided here. What was given away
without the hub's word names the lease that permits it; what the hub keeps for this very sale names none.
"""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.cart import Cart
from posapp.domain.cart_prices import PricedCart
from posapp.domain.facts import TransactionCompleted
from posapp.domain.member_facts import CouponUsed, SaleMember


def sale_member(cart: Cart, prices: PricedCart | None) -> SaleMember | None:
    """Whose sale it is, with what it earns and which points it spends; None where nobody was identified."""
    member = cart.rights.member
    if member is None:
        return None
    told = SaleMember(member.card.member_id, member.proof, member.card.level)
    if prices is None:
        return told
    used = prices.priced.points_used
    assert used <= prices.usable.points, "more points than may be spent"
    return replace(
        told,
        points_earned=prices.priced.points_earned,
        points_used=used,
        points_minor=prices.points_minor,
        points_lease_id=prices.usable.points_lease_id if used else "",
        silent=prices.priced.silent,
    )


def coupons_used(cart: Cart, prices: PricedCart | None) -> tuple[CouponUsed, ...]:
    """The single-use coupons that a sale uses up, with what each took off."""
    if prices is None:
        return ()
    # A hold that was over when the sale was priced covers nothing any more.
    kept = prices.usable.kept
    batches = {code.code: code.batch for code in prices.usable.codes}
    lease_id = prices.usable.coupons_lease_id
    return tuple(
        CouponUsed(coupon_id, batches[coupon_id], amount, "" if coupon_id in kept else lease_id)
        for coupon_id, amount in prices.coupons_used
    )


def lease_spends(sale: TransactionCompleted) -> tuple[tuple[str, int], ...]:
    """(lease, how much of it) that a sale gave away without asking: points, coupons, gift value."""
    spends = [(each.lease_id, each.amount_minor) for each in sale.coupons]
    spends += [(each.lease_id, each.amount_minor) for each in sale.tenders]
    if sale.member is not None:
        spends.append((sale.member.points_lease_id, sale.member.points_used))
    return tuple((lease_id, amount) for lease_id, amount in spends if lease_id and amount)
