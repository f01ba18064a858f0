"""The sheet of coupons and points (F4): what the sale may use, what it uses, and why the rest does not count.

It tells what the prices chose and changes nothing by itself: a coupon is taken off or let in by a wish.
"""

from __future__ import annotations

from collections.abc import Mapping

from posapp.domain.cart import Cart
from posapp.domain.cart_prices import PricedCart
from posapp.domain.members.terms import Coupon
from posapp.domain.members.usable import coupons_shown
from posapp.flows.blocks import Action, Block, Choice, Choices, Field, Note, StepRow, StepRows
from posapp.flows.coupons import coupon_name
from posapp.flows.formatting import MINUS, tail
from posapp.flows.intents import Back, KeyIn
from posapp.flows.member_wishes import ToggleCoupon, UsePoints
from posapp.flows.presenters.rights import pays_with_points, points_words, why_words
from posapp.flows.presenters.sale import sale_anchor
from posapp.flows.presenters.words import Scene
from posapp.flows.rights_phases import ShowingCoupons
from posapp.flows.views import Anchor, Sheet

#: Round numbers of points that one touch chooses.
_ROUND = (500, 1_000, 2_000, 5_000)


def coupons_sheet(scene: Scene, phase: ShowingCoupons) -> Sheet:
    """All coupons of the sale with their state, and the points."""
    cart, prices = scene.desk.cart, scene.desk.prices
    told = scene.desk.refusal
    blocks: list[Block] = []
    if told is not None:
        blocks.append(Note(scene.t(told.msgid, **told.params), "danger", "circle-alert"))
    known = coupons_shown(cart.rights) if cart is not None else ()
    used = dict(prices.coupons_used) if prices is not None else {}
    rows = [_row(scene, coupon, used, prices) for coupon in known]
    points = _points(scene, cart, prices) if cart is not None and prices is not None else None
    if points is not None:
        rows.append(points)
    if rows:
        blocks.append(StepRows(tuple(rows)))
    else:
        hint = scene.t("No coupons yet. Scan a coupon, or the member's code.")
        blocks.append(Note(hint, "info", "ticket"))
    if points is not None and cart is not None and prices is not None:
        blocks += _how_many(scene, phase, cart, prices)
    back = Action(scene.t("Back to goods"), Back(), "Esc", "arrow-left")
    return Sheet(scene.t("Coupons and points"), "ticket", (), (), tuple(blocks), "", "", back)


def _row(scene: Scene, coupon: Coupon, used: Mapping[str, int], prices: PricedCart | None) -> StepRow:
    """A coupon: used with its amount, not better than others, not usable and why, or taken off."""
    name, end = coupon_name(coupon, scene.desk), tail(coupon.coupon_id)
    if coupon.until_ms is not None:
        until = scene.local(coupon.until_ms - 1)
        end = f"{end} · {scene.t('until {day}', day=f'{until:%Y-%m-%d}')}"
    why = prices.usable.whys.get(coupon.coupon_id, "") if prices is not None else ""
    wish = ToggleCoupon(coupon.coupon_id)
    if why == "declined":
        action = Action(scene.t("Use"), wish, "", "plus", "quiet", name=scene.t("Use {name}", name=name))
        return StepRow("ticket", name, end, "", scene.t("taken off"), "", "quiet", action=action)
    off = Action(scene.t("Take off"), wish, "", "x", "quiet", name=scene.t("Take {name} off", name=name))
    if why:
        words = why_words(scene, why)
        return StepRow("ticket", name, f"{words} · {end}", "", scene.t("Not used"), "", "warn", action=off)
    if coupon.coupon_id in used:
        amount = f"{MINUS}{scene.amount(used[coupon.coupon_id])}"
        return StepRow("ticket", name, end, amount, scene.t("Used"), "check", "saving", "saving", action=off)
    return StepRow("ticket", name, end, "", scene.t("saves nothing now"), "", "quiet", action=off)


def _points(scene: Scene, cart: Cart, prices: PricedCart) -> StepRow | None:
    member = cart.rights.member
    if member is None or not pays_with_points(scene):
        return None
    have = scene.t("{n} of {m} pts may be used", n=f"{prices.usable.points:,}", m=f"{member.card.points:,}")
    words = points_words(scene, prices.usable.points_why, prices.usable.points)
    if words:
        have = f"{words} · {scene.t('{n} in all', n=f'{member.card.points:,}')}"
    used = prices.priced.points_used
    if used:
        state = scene.t("{n} pts used", n=f"{used:,}")
        amount = f"{MINUS}{scene.amount(prices.points_minor)}"
        return StepRow("coins", scene.t("Points"), have, amount, state, "check", "saving", "saving")
    return StepRow("coins", scene.t("Points"), have, scene.amount(0), scene.t("Not used"), "", "quiet")


def _how_many(scene: Scene, phase: ShowingCoupons, cart: Cart, prices: PricedCart) -> list[Block]:
    """One touch for none, round numbers or all; digits are keyed without a click."""
    wanted = cart.rights.points_wanted
    member = cart.rights.member
    most = prices.usable.points if wanted != 0 or member is None else member.card.points
    chips = [Choice(scene.t("No points"), UsePoints(0), wanted == 0)]
    chips += [Choice(f"{n:,}", UsePoints(n), wanted == n) for n in _ROUND if n < most]
    chips.append(Choice(scene.t("As many as are allowed"), UsePoints(None), wanted is None))
    blocks: list[Block] = [Choices(tuple(chips), "chips", scene.t("Points to use"))]
    if phase.entry:
        clear = Action("", KeyIn("back"), "", "delete", "quiet", name=scene.t("Delete the last digit"))
        blocks.append(Field(scene.t("Points to use"), phase.entry, None, clear))
    return blocks


def coupons_anchor(scene: Scene, phase: ShowingCoupons) -> Anchor:
    """What is due; Enter takes the points that are keyed."""
    anchor = sale_anchor(scene)
    if not phase.entry:
        return anchor
    label = scene.t("Use {n} points", n=f"{int(phase.entry):,}")
    primary = Action(label, UsePoints(int(phase.entry)), "Enter", "coins", "primary")
    return Anchor(
        anchor.facts, anchor.label, anchor.figure, anchor.currency, anchor.sign, anchor.tone, primary
    )
