"""Coupons and points on the open sale: shown by a code, taken off, used or not.

A single-use coupon is checked here as far as a till can: its seal (the reader has done that), its days, its
store, whose it is, and that an offer waits for its batch. Which of the coupons are used is the choice of the
prices; whether one was used before is the hub's to say, when it is asked to keep it.
"""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from posapp.domain.cart import Cart
from posapp.domain.codes.reading import Reading
from posapp.domain.members.member_codes import coupon_of_code, own_code
from posapp.domain.members.terms import Coupon, Why
from posapp.domain.members.usable import coupons_shown
from posapp.domain.shop import word
from posapp.flows.effects import Beep
from posapp.flows.entry import edit
from posapp.flows.formatting import tail
from posapp.flows.intents import Back, GoTo, KeyIn
from posapp.flows.meant import Stop
from posapp.flows.member_wishes import OpenCoupons, ToggleCoupon, UsePoints
from posapp.flows.refusals import Refusal
from posapp.flows.rights_now import usable_now
from posapp.flows.rights_phases import ShowingCoupons
from posapp.flows.shift import go
from posapp.flows.state import Desk, Phase, Selling, ShowingPrice
from posapp.flows.steps import Ports, Rules, Step, quiet, refuse, shop_of, tell

#: Coupons of one sale that were shown by their own codes.
COUPONS_MAX = 20
POINTS_DIGITS = 7
#: What a coupon that just came is refused for at once; for all else it stays and says why it does not count.
_STOPS: dict[Why, Refusal] = {
    "expired": Refusal.CouponExpired,
    "store": Refusal.CouponOtherStore,
    "other_member": Refusal.CouponOtherMember,
}


def is_coupon(reading: Reading) -> bool:
    """Whether a code is one of our single-use coupons, its seal already checked."""
    return reading.kind == "coupon" and "field_B" in reading.extras


def shown(desk: Desk, reading: Reading, ports: Ports) -> Step | Stop:
    """A single-use coupon goes to the sale, which it opens where there is none; or why it does not."""
    code = own_code(reading)
    coupon = coupon_of_code(code, ZoneInfo(shop_of(desk).time_zone)) if code is not None else None
    promotion = desk.promotions.index.of_batch(coupon.batch) if coupon is not None else None
    if coupon is None or promotion is None:
        return Stop(Refusal.CouponNoOffer)
    # Codes hold capitals only; the offer knows its batch as it was written.
    coupon = replace(coupon, batch=promotion.needs.batch, names=promotion.names)
    cart = desk.cart or Cart(ports.ids.new_id(), ports.clock.now_ms())
    rights = cart.rights
    if coupon.coupon_id in {each.coupon_id for each in rights.coupons}:
        if coupon.coupon_id in rights.declined:
            return _toggle(desk, Selling(), ToggleCoupon(coupon.coupon_id), ports)
        return Stop(Refusal.CouponShown, {"code": tail(coupon.coupon_id)})
    if len(rights.coupons) >= COUPONS_MAX:
        return Stop(Refusal.CartFull)
    with_it = replace(
        rights, coupons=(*rights.coupons, coupon), declined=rights.declined - {coupon.coupon_id}
    )
    if ports.coupon_used(coupon.coupon_id):
        # The hub cannot say so yet: the sale that used it waits here to be sent.
        with_it = replace(with_it, refused=(*with_it.refused, (coupon.coupon_id, "used")))
    cart = replace(cart, rights=with_it)
    why = usable_now(desk, cart, ports).whys.get(coupon.coupon_id, "")
    if why in _STOPS:
        return Stop(_STOPS[why], {"day": reading.extras.get("valid_until", "")})
    desk = replace(desk, cart=cart, found=None, clear_scan=desk.clear_scan + 1)
    return Step(tell(desk, "Coupon {code} taken", code=tail(coupon.coupon_id)), Selling(), (Beep("member"),))


# ------------------------------------------------------------------ the sheet
def _open(desk: Desk, phase: Phase, intent: OpenCoupons, ports: Ports) -> Step:
    """Show which coupons and points the sale may use."""
    return Step(replace(quiet(desk), found=None), ShowingCoupons())


def _leave(desk: Desk, phase: ShowingCoupons, intent: Back | OpenCoupons, ports: Ports) -> Step:
    """Clear what is keyed, then go back to the goods."""
    if phase.entry and isinstance(intent, Back):
        return Step(quiet(desk), ShowingCoupons())
    return Step(quiet(desk), Selling())


def _toggle(desk: Desk, phase: Phase, intent: ToggleCoupon, ports: Ports) -> Step:
    """Take a coupon off the sale, or let it be used again."""
    rights = desk.cart.rights if desk.cart is not None else None
    known = {} if rights is None else {each.coupon_id: each for each in coupons_shown(rights)}
    coupon = known.get(intent.coupon_id)
    if desk.cart is None or rights is None or coupon is None:
        return refuse(desk, phase, Refusal.NotNow)
    is_off = coupon.coupon_id in rights.declined
    changed = rights.declined - {coupon.coupon_id} if is_off else rights.declined | {coupon.coupon_id}
    desk = replace(desk, cart=replace(desk.cart, rights=replace(rights, declined=changed)))
    msgid = "Coupon {code} may be used again" if is_off else "Coupon {code} taken off"
    return Step(tell(desk, msgid, code=tail(coupon.coupon_id)), phase)


def _key(desk: Desk, phase: ShowingCoupons, intent: KeyIn, ports: Ports) -> Step:
    """Edit how many points to use."""
    entry = edit(phase.entry, intent.key, decimals=0, length_max=POINTS_DIGITS)
    return Step(quiet(desk), ShowingCoupons(entry))


def _points(desk: Desk, phase: Phase, intent: UsePoints, ports: Ports) -> Step:
    """Use so many points at most, as many as are allowed, or none."""
    cart = desk.cart
    if cart is None or cart.rights.member is None:
        return refuse(desk, phase, Refusal.PointsNobody)
    if intent.points is not None and intent.points < 0:
        return refuse(desk, phase, Refusal.NotNow)
    free = replace(cart, rights=replace(cart.rights, points_wanted=None))
    most = usable_now(desk, free, ports).points
    if intent.points is not None and intent.points > most:
        return refuse(desk, phase, Refusal.PointsTooMany, n=f"{most:,}")
    rights = replace(cart.rights, points_wanted=intent.points)
    back = ShowingCoupons() if isinstance(phase, ShowingCoupons) else phase
    return Step(replace(quiet(desk), cart=replace(cart, rights=rights)), back)


def coupon_name(coupon: Coupon, desk: Desk) -> str:
    """What people call a coupon: its own name, its offer's, or its end."""
    promotion = desk.promotions.index.of_batch(coupon.batch)
    names = coupon.names or (promotion.names if promotion is not None else {})
    return word(names, desk.language) if names else tail(coupon.coupon_id)


RULES: Rules = {
    **{(phase, OpenCoupons): _open for phase in (Selling, ShowingPrice)},
    **{(phase, ToggleCoupon): _toggle for phase in (Selling, ShowingCoupons)},
    **{(phase, UsePoints): _points for phase in (Selling, ShowingCoupons)},
    (ShowingCoupons, KeyIn): _key,
    (ShowingCoupons, Back): _leave,
    (ShowingCoupons, OpenCoupons): _leave,
    (ShowingCoupons, GoTo): go,
}
