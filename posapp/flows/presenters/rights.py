"""Rights of a sale in words: why one does not count, what the sums say of it, and the sheet before payment.

The amounts are those of the one priced value; what may be used is what it was made with. Names of people stay
masked and codes are told by their end.
"""

from __future__ import annotations

from functools import reduce

from posapp.domain.cart import Cart
from posapp.domain.cart_prices import PricedCart
from posapp.domain.members.sale_rights import ShownMember
from posapp.domain.members.terms import Why
from posapp.domain.members.usable import coupons_shown
from posapp.domain.pricing.terms.promotion import PointsPay
from posapp.flows.blocks import Action, Block, Note, StepRow, StepRows, SumRow, SumRows, Tone
from posapp.flows.coupons import coupon_name
from posapp.flows.formatting import MINUS, N_, counts
from posapp.flows.intents import Back
from posapp.flows.member_wishes import GoOnWithout, RetryRights
from posapp.flows.presenters.members import level_of
from posapp.flows.presenters.words import Scene
from posapp.flows.rights_phases import HoldingRights
from posapp.flows.views import Anchor, Sheet

_WHYS: dict[str, str] = {
    "network": N_("needs the network"),
    "lease": N_("this till's offline limit is used up"),
    "cap": N_("above the offline limit"),
    "store": N_("for another store"),
    "expired": N_("has ended"),
    "used": N_("used already"),
    "locked": N_("kept for another sale"),
    "voided": N_("does not count any more"),
    "unknown": N_("the hub does not know it"),
    "other_member": N_("another member's"),
    "proof": N_("show the member code to use it"),
    "declined": N_("taken off"),
    "balance": N_("more than is left"),
    "blocked": N_("the membership is blocked"),
    "no_answer": N_("no answer"),
    "clock": N_("this clock is wrong"),
}
_OF_POINTS: dict[str, str] = {
    "cap": N_("{n} pts offline limit"),
    "lease": N_("{n} pts offline limit"),
    "network": N_("need the network"),
    "proof": N_("show the member code to use them"),
    "balance": N_("only {n} pts are left"),
    "used": N_("this member code was used already"),
    "unknown": N_("the hub does not know the member"),
    "blocked": N_("the membership is blocked"),
    "no_answer": N_("No answer in 5 s; no points were touched"),
}
_NONE_LEFT = N_("offline limit used up; pay without them")
#: Rights that lack only the network, and say so with the picture of it.
_BY_NETWORK = ("network", "lease", "cap", "no_answer")


def why_words(scene: Scene, why: Why, at_ms: int | None = None) -> str:
    """Why a coupon does not count; `at_ms` is when it was used, or until when it is kept for others."""
    if why == "used" and at_ms is not None:
        return scene.t("used on {day} at {time}", day=f"{scene.local(at_ms):%m-%d}", time=scene.clock(at_ms))
    if why == "locked" and at_ms is not None:
        return scene.t("kept for another sale until {time}", time=scene.clock(at_ms))
    return scene.t(_WHYS.get(why, _WHYS["unknown"]))


def points_words(scene: Scene, why: Why, points: int) -> str:
    """Why not all points count; `points` is how many do."""
    if why == "lease" and not points:
        return scene.t(_NONE_LEFT)
    return scene.t(_OF_POINTS[why], n=f"{points:,}") if why in _OF_POINTS else ""


def pays_with_points(scene: Scene) -> bool:
    """Whether some promotion lets points pay; without one nobody needs to hear of limits."""
    index = scene.desk.promotions.index
    return scene.kept.part(
        "points pay", (index, len(index)), lambda: any(isinstance(each.kind, PointsPay) for each in index)
    )


def idle_coupons(scene: Scene, cart: Cart, prices: PricedCart | None) -> list[SumRow]:
    """The first coupon that is there and does not count now, with its reason and how many more there are."""
    if prices is None or (cart.rights.member is None and not cart.rights.coupons):
        return []
    whys = prices.usable.whys
    idle = [
        (coupon, why)
        for coupon in coupons_shown(cart.rights)
        if (why := whys.get(coupon.coupon_id, "")) not in ("", "declined", "other_member")
    ]
    if not idle:
        return []
    (coupon, why), more = idle[0], len(idle) - 1
    words = why_words(scene, why)
    if more:
        words = scene.t("{words} · {n} more", words=words, n=str(more))
    return [_idle(coupon_name(coupon, scene.desk), words, why)]


def idle_points(scene: Scene, cart: Cart, prices: PricedCart | None) -> list[SumRow]:
    """Points that are there and do not count now, with the reason."""
    member = cart.rights.member
    if prices is None or member is None:
        return []
    use = prices.usable
    idle = use.points_why not in ("", "declined") and not prices.priced.points_used
    if not idle or not member.card.points or not pays_with_points(scene):
        return []
    words = points_words(scene, use.points_why, use.points)
    return [_idle(scene.t("Points used"), words, use.points_why)]


def _idle(name: str, words: str, why: Why) -> SumRow:
    return SumRow(name, "—", words, "quiet", icon="cloud-off" if why in _BY_NETWORK else "info")


def points_detail(scene: Scene, prices: PricedCart, points: int) -> tuple[str, str]:
    """What stands beside the money that points paid, and its icon: how many, or the limit reached."""
    why = prices.usable.points_why
    if prices.usable.is_offline and why in _BY_NETWORK:
        return points_words(scene, why, prices.usable.points), "cloud-off"
    return scene.t("{n} pts", n=f"{points:,}"), ""


def rights_blocks(scene: Scene, cart: Cart, prices: PricedCart | None) -> list[Block]:
    """What the sale earns, and which ways to pay work without the network."""
    blocks: list[Block] = []
    if prices is not None and cart.rights.member is not None and prices.priced.points_earned:
        earned = f"+{prices.priced.points_earned:,}"
        blocks.append(SumRows((SumRow(scene.t("Points earned"), earned, tone="member"),)))
    if prices is not None and prices.usable.is_offline and cart.rights.member is not None:
        has_gift = any(each.kind == "gift" and each.left for each in scene.desk.leases)
        ways = [scene.word(way.names) for way in scene.shop.tenders if way.kind != "gift" or has_gift]
        listed = reduce(lambda first, more: scene.t("{first}, {more}", first=first, more=more), ways)
        blocks.append(Note(scene.t("Works now: {ways}.", ways=listed), "quiet", "cloud-off"))
    return blocks


# ------------------------------------------------------------------ the sheet before payment
def holding_sheet(scene: Scene, phase: HoldingRights) -> Sheet:
    """Picture 05 without the charge: what is kept for the sale, and what could not be."""
    cart, prices = scene.desk.cart, scene.desk.prices
    assert cart is not None
    assert prices is not None
    rows = [*_of_member(scene, cart.rights.member), *_coupons(scene, phase, cart, prices)]
    rows += _points(scene, phase, cart, prices)
    blocks: list[Block] = [StepRows(tuple(rows))]
    told = scene.desk.refusal
    if told is not None:
        blocks.append(Note(scene.t(told.msgid, **told.params), "danger", "circle-alert"))
    if phase.told == "asking":
        words = scene.t("Coupons and points are only kept. They are used when the sale is stored.")
        blocks.append(Note(words, "info", "info"))
        second = Action(scene.t("Stop"), Back(), "Esc", "x")
    else:
        blocks.append(Note(_became(scene, phase, cart, prices), "warn", "triangle-alert"))
        second = Action(scene.t("Back to goods"), Back(), "Esc", "arrow-left")
    again = None
    if phase.told != "asking":
        again = Action(scene.t("Ask again"), RetryRights(), "F5", "rotate-ccw")
    return Sheet(scene.t("Coupons and points"), "ticket", (), (), tuple(blocks), "", "", second, third=again)


def _of_member(scene: Scene, member: ShownMember | None) -> list[StepRow]:
    if member is None:
        return []
    card = member.card
    parts = [card.name, level_of(scene, card)]
    if card.phone_tail:
        parts.append(scene.t("phone ends {tail}", tail=card.phone_tail))
    detail = " · ".join(part for part in parts if part)
    return [StepRow("user", scene.t("Member found"), detail, "", scene.t("Done"), "check", "saving")]


def _coupons(scene: Scene, phase: HoldingRights, cart: Cart, prices: PricedCart) -> list[StepRow]:
    known = {each.coupon_id: each for each in coupons_shown(cart.rights)}
    used, when = dict(prices.coupons_used), dict(phase.when)
    asked = [each for each in phase.coupons if each in known]
    rows = []
    for coupon_id in dict.fromkeys((*asked, *used)):
        name = coupon_name(known[coupon_id], scene.desk)
        why = prices.usable.whys.get(coupon_id, "")
        if coupon_id in used:
            rows.append(_kept(scene, phase, "ticket", name, f"{MINUS}{scene.amount(used[coupon_id])}"))
        else:
            if phase.told == "no_answer" and why == "network":
                why = "no_answer"
            words = why_words(scene, why, when.get(coupon_id)) if why else scene.t("not better any more")
            rows.append(_failed(scene, "ticket", scene.t("Coupon"), f"{name}: {words}"))
    return rows


def _points(scene: Scene, phase: HoldingRights, cart: Cart, prices: PricedCart) -> list[StepRow]:
    used, amount = prices.priced.points_used, prices.points_minor
    if not phase.points and not used:
        return []
    words = scene.t("{n} pts", n=f"{used:,}")
    if used >= phase.points:
        return [_kept(scene, phase, "coins", words, f"{MINUS}{scene.amount(amount)}", scene.t("Points"))]
    why = "no_answer" if phase.told == "no_answer" and not used else prices.usable.points_why
    words = points_words(scene, why, prices.usable.points) or words
    return [
        _failed(scene, "coins", scene.t("Points"), words, f"{MINUS}{scene.amount(amount)}" if amount else "")
    ]


def _kept(
    scene: Scene, phase: HoldingRights, icon: str, detail: str, amount: str, title: str = ""
) -> StepRow:
    title = title or scene.t("Coupon")
    if phase.told == "asking":
        return StepRow(icon, title, detail, amount, scene.t("In progress"), "loader-circle", "info")
    state = scene.t("Within this till's limit") if phase.told == "no_answer" else scene.t("Done")
    words = detail if phase.told == "no_answer" else scene.t("{what}, held", what=detail)
    return StepRow(icon, title, words, amount, state, "check", "saving", "saving")


def _failed(scene: Scene, icon: str, title: str, detail: str, amount: str = "") -> StepRow:
    state = scene.t("Used in part") if amount else scene.t("Not used")
    tone: Tone = "saving" if amount else "plain"
    return StepRow(icon, title, detail, amount or scene.amount(0), state, "triangle-alert", "warn", tone)


def _became(scene: Scene, phase: HoldingRights, cart: Cart, prices: PricedCart) -> str:
    due = scene.kept.totals(cart, scene.shop, prices).total_minor
    was, now = scene.money(phase.was_minor), scene.money(due)
    if due == phase.was_minor:
        return scene.t("Not all could be used; {now} stays due. Nothing is paid yet.", now=now)
    no_coupon = any(each not in dict(prices.coupons_used) for each in phase.coupons)
    no_points = prices.priced.points_used < phase.points
    if no_coupon and no_points:
        words = N_("Coupon and points could not all be used, so {was} became {now}. Nothing is paid yet.")
    elif no_points:
        words = N_("Points could not all be used, so {was} became {now}. Nothing is paid yet.")
    else:
        words = N_("The coupon could not be used, so {was} became {now}. Nothing is paid yet.")
    show = scene.t("Show the customer the new amount first.")
    return scene.t("{first} {second}", first=scene.t(words, was=was, now=now), second=show)


def holding_anchor(scene: Scene, phase: HoldingRights) -> Anchor:
    """What is due now, what it was, and the way on."""
    cart, prices = scene.desk.cart, scene.desk.prices
    due = scene.kept.totals(cart, scene.shop, prices).total_minor if cart is not None else 0
    if phase.told == "asking":
        primary = Action(scene.t("Asking the hub"), GoOnWithout(), "", "", "primary", busy=True)
        facts = () if cart is None else (counts(len(cart.lines), cart.pieces, scene.speech),)
        return Anchor(facts, scene.t("Due"), scene.amount(due), scene.sign, "", "plain", primary)
    label = scene.t("Take payment {amount}", amount=scene.money(due))
    primary = Action(label, GoOnWithout(), "Enter", "banknote", "primary")
    was = scene.amount(phase.was_minor) if phase.was_minor != due else ""
    facts = (scene.t("Was"),) if was else ()
    return Anchor(facts, scene.t("Due"), scene.amount(due), scene.sign, "", "plain", primary, was=was)
