"""What of a sale's rights counts at this moment: asked of the desk, decided by the domain.

Also which of them the prices made use of, and whether the hub keeps just these already. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from posapp.domain.cart import Cart
from posapp.domain.cart_prices import NO_EARNING, PricedCart
from posapp.domain.member_facts import RightsReleased
from posapp.domain.members.sale_rights import SaleRights
from posapp.domain.members.terms import COUPON_PIECE, Why
from posapp.domain.members.usable import Usable, usable
from posapp.domain.pricing.terms.policy import PointsRules
from posapp.flows.effects import Effect, Record
from posapp.flows.state import Desk
from posapp.flows.steps import Ports, shop_of
from posapp.values import dataclass

Reason = Literal["voided", "changed", "no_answer", "undone"]


@dataclass(frozen=True, slots=True)
class InUse:
    """Single-use coupons (sorted) and points that the prices of a sale made use of."""

    coupons: tuple[str, ...] = ()
    points: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether nothing has to be kept for the sale."""
        return not self.coupons and not self.points


def hub_now_ms(ports: Ports) -> int:
    """The hub's time as this till knows it; its own clock's where it has heard none."""
    return ports.members.hub_now_ms()[0] or ports.clock.now_ms()


def is_online(desk: Desk) -> bool:
    """Whether the hub can be asked."""
    return desk.link.state == "online"


def usable_now(desk: Desk, cart: Cart, ports: Ports) -> Usable:
    """What the prices of a sale may use now; without the hub no coupon that a sale here has used up."""
    found = usable(
        cart.rights,
        desk.programme,
        desk.leases,
        store_id=shop_of(desk).store_id,
        now_ms=hub_now_ms(ports),
        is_online=is_online(desk),
    )
    if not found.is_offline or not found.codes:
        return found
    asked = {each.code for each in found.codes} - found.kept
    used = {code for code in asked if ports.sold.sold_at_ms(COUPON_PIECE, code) is not None}
    if not used:
        return found
    whys: dict[str, Why] = {**found.whys, **dict.fromkeys(used, "used")}
    return replace(found, codes=tuple(each for each in found.codes if each.code not in used), whys=whys)


def earning_of(desk: Desk, cart: Cart) -> PointsRules:
    """By which rules a sale earns points: none where it is nobody's."""
    if cart.rights.member is None or not desk.programme.is_on:
        return NO_EARNING
    return desk.programme.points


def in_use(prices: PricedCart) -> InUse:
    """What the prices made use of."""
    return InUse(tuple(sorted(code for code, _ in prices.coupons_used)), prices.priced.points_used)


def is_kept(desk: Desk, cart: Cart, use: InUse, ports: Ports) -> bool:
    """Whether the hub keeps all of that for this sale, and will for as long as a payment may take."""
    hold = cart.rights.hold
    if hold is None or hold.until_ms - hub_now_ms(ports) < LEAST_LEFT_MS:
        return False
    return set(use.coupons) <= set(hold.coupons) and use.points <= hold.points


def asked_anew(rights: SaleRights) -> SaleRights:
    """The rights without what the hub said of them, so that it is asked again; what it keeps stays."""
    return replace(rights, refused=(), points_most=None, points_why="", is_offline=False)


def releases(cart: Cart, reason: Reason, ports: Ports) -> tuple[RightsReleased, ...]:
    """The fact that a sale lets go of what the hub keeps for it; none where it keeps nothing."""
    hold = cart.rights.hold
    if hold is None:
        return ()
    return (RightsReleased(cart.transaction_id, hold.hold_id, reason, ports.clock.now_ms()),)


def with_undone(desk: Desk, effects: Iterable[Effect]) -> Desk:
    """The desk that remembers which holds these effects let go of."""
    records = [each for each in effects if isinstance(each, Record)]
    gone = [fact.hold_id for each in records for fact in each.facts if isinstance(fact, RightsReleased)]
    return replace(desk, undone=(*desk.undone, *gone)[-UNDONE_KEPT:]) if gone else desk


#: A question is on its way for seconds; nobody takes back so many meanwhile.
UNDONE_KEPT = 8
#: A hold that ends sooner than this is taken anew.
LEAST_LEFT_MS = 120_000
