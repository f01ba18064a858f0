"""The open sale as a basket to be priced, and what its prices made of it.

The till's cart and the engine's basket are two values on purpose: what a line is counted and weighed in is
the till's affair, and the engine sees pieces and amounts. Everything that screen, paper and journal say about
discounts is read from one `PricedCart`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime

from posapp.domain.cart import Cart, CartLine
from posapp.domain.members.sale_rights import NO_RIGHTS, SaleRights
from posapp.domain.members.usable import Usable
from posapp.domain.price_facts import GiftGiven, PriceModifier, UnitsPaid
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Code, Member
from posapp.domain.pricing.terms.policy import PointsRules, Policy
from posapp.domain.pricing.terms.priced import PricedBasket, PricedLine, UnitRun
from posapp.domain.pricing.terms.promotion import Promotion
from posapp.domain.shop import Shop
from posapp.domain.tax import taxes_of
from posapp.values import dataclass

#: The work limit of every till: a scan is never kept waiting for long, and 999 of 1,000 baskets need a sixth.
TILL_STATES_MAX = 30_000
#: What a sale earns of which nobody is the member.
NO_EARNING = PointsRules()
#: The rights of a sale that has none.
NOTHING_USABLE = Usable()


@dataclass(frozen=True, slots=True)
class OwnPrices:
    """Prices of lists that are for members, as far as they were asked: by SKU, None where there is no lower.

    They hold for a level until `until_ms` (None: without an end) and count as a promotion of their own, so
    that they are told and returned like any other.
    """

    level: str = ""
    by_sku: Mapping[str, int | None] = field(default_factory=dict)
    until_ms: int | None = None
    promotion: Promotion | None = None


NO_OWN_PRICES = OwnPrices()


@dataclass(frozen=True, slots=True)
class PricedCart:
    """The lines and codes of a sale with their prices: what was asked, and the answer.

    It holds from `at_ms` until `until_ms` (epoch milliseconds, not included; None is without an end), unless
    payment has locked it. `usable` is what of the `rights` might be used, of what was `allowed` before it was
    known what each coupon takes off; `earning` by which rules the member earns, `own` the prices of the
    member's own lists.
    """

    lines: tuple[CartLine, ...]
    codes: tuple[str, ...]
    basket: Basket = field(repr=False)
    priced: PricedBasket = field(repr=False)
    at_ms: int
    until_ms: int | None = None
    rights: SaleRights = NO_RIGHTS
    usable: Usable = NOTHING_USABLE
    earning: PointsRules = NO_EARNING
    own: OwnPrices = NO_OWN_PRICES
    allowed: Usable = NOTHING_USABLE

    def is_of(self, cart: Cart) -> bool:
        """Whether these are the prices of just these lines, codes and rights."""
        return self.lines is cart.lines and self.codes == cart.codes and _is_same(self.rights, cart.rights)

    @property
    def discount_minor(self) -> int:
        """What all discounts took off."""
        return self.priced.discount_minor

    @property
    def paid_minor(self) -> int:
        """What the goods come to after all discounts, before added tax and rounding."""
        return self.priced.goods_minor - self.priced.discount_minor

    @property
    def coupons_used(self) -> tuple[tuple[str, int], ...]:
        """Single-use coupons that took something off, gave a gift or points, each with its amount."""
        single = {code.code for code in self.usable.codes}
        found: dict[str, int] = {}
        for discount in self.priced.discounts:
            if discount.code in single:
                found[discount.code] = found.get(discount.code, 0) + discount.amount_minor
        others = [gift.code for gift in self.priced.gifts]
        if self.rights.member is not None:
            others += self.priced.earned_by
        for code in others:
            if code in single:
                found.setdefault(code, 0)
        return tuple(found.items())

    @property
    def points_minor(self) -> int:
        """What points paid."""
        return sum(each.amount_minor for each in self.priced.discounts if each.layer == "points")

    def line(self, line_no: int) -> PricedLine | None:
        """A line with its prices, or None."""
        return next((line for line in self.priced.lines if line.line_no == line_no), None)


def _is_same(one: SaleRights, other: SaleRights) -> bool:
    """Whether two rights come to the same prices: what the hub keeps for a sale changes none."""
    return one is other or replace(one, hold=None) == replace(other, hold=None)


def basket_line(line: CartLine, shop: Shop) -> BasketLine:
    """A line as promotions see it: weighed goods are one piece, a price that the code fixed is locked."""
    by_weight = line.quantity.unit == "g"
    is_whole = by_weight or line.fixed_amount_minor is not None
    return BasketLine(
        line_no=line.line_no,
        sku=line.sku,
        quantity=1 if is_whole else line.quantity.value,
        unit_minor=line.amount_minor if is_whole else line.unit_price_minor,
        traits=line.traits,
        taxes=taxes_of(line.tax_category, shop.tax),
        names=line.names,
        is_locked=line.fixed_amount_minor is not None,
        is_weighed=by_weight,
        price_reason=line.price_reason,
    )


def member_of(rights: SaleRights) -> Member | None:
    """The shopper as far as prices go, where they are known."""
    if rights.member is None:
        return None
    card = rights.member.card
    return Member(card.member_id, card.level, card.tags, card.orders_before)


def basket_of(
    cart: Cart,
    lines: tuple[BasketLine, ...],
    shop: Shop,
    at: datetime,
    usable: Usable = NOTHING_USABLE,
) -> Basket:
    """The sale as a basket; `at` is the shop's own time, `usable` what of its rights may be used."""
    return Basket(
        lines=lines,
        currency=shop.currency,
        at=at,
        store_id=shop.store_id,
        region=shop.region,
        codes=(*[Code(code) for code in cart.codes], *usable.codes),
        member=member_of(cart.rights),
        points=usable.points,
        points_wanted=cart.rights.points_wanted,
    )


def policy_of(shop: Shop, earning: PointsRules = NO_EARNING) -> Policy:
    """The till's conventions: our own, with the shop's way of taxing; cash is rounded by the payment."""
    return Policy(
        tax_mode="included" if shop.tax.price_includes else "added",
        tax_rounding=shop.tax.rounding,
        states_max=TILL_STATES_MAX,
        points=earning,
    )


def listed_line(line: BasketLine) -> PricedLine:
    """A line that no promotion touches: every piece pays its price."""
    amount = line.amount_minor
    runs = (UnitRun(line.quantity, line.unit_minor),)
    return PricedLine(line.line_no, line.sku, line.quantity, amount, amount, runs)


def modifiers(priced: PricedBasket) -> tuple[PriceModifier, ...]:
    """The discounts as parts of the fact of a sale, numbered from 1."""
    return tuple(
        PriceModifier(
            modifier_no=number,
            promotion_id=each.promotion_id,
            version=each.version,
            names=each.names,
            layer=each.layer,
            rule=each.rule,
            amount_minor=each.amount_minor,
            lines=each.lines,
            funding=each.funding,
            applications=each.applications,
            code=each.code,
            base_minor=each.base_minor,
            points=each.points,
            gl_code=each.gl_code,
        )
        for number, each in enumerate(priced.discounts, 1)
    )


def gifts_given(priced: PricedBasket) -> tuple[GiftGiven, ...]:
    """What the till gives besides the goods of the lines, as parts of the fact of a sale."""
    return tuple(
        GiftGiven(each.promotion_id, each.version, each.names, each.sku, each.quantity, each.code)
        for each in priced.gifts
        if not each.in_basket
    )


def codes_used(priced: PricedBasket) -> frozenset[str]:
    """The coupons that took something off or gave a gift, in lower case."""
    used = [each.code for each in priced.discounts] + [each.code for each in priced.gifts]
    return frozenset(code.casefold() for code in used if code)


def units_paid(line: PricedLine) -> tuple[UnitsPaid, ...]:
    """What the units of a line paid where a discount fell on it, with each modifier's share by its number."""
    if line.paid_minor == line.list_minor and not any(run.shares for run in line.runs):
        return ()
    return tuple(
        UnitsPaid(run.count, run.paid_minor, tuple((place + 1, share) for place, share in run.shares))
        for run in line.runs
    )
