"""Coupons and points kept by the hub before payment: all, a part, no answer; and let go of again."""

from __future__ import annotations

from posapp.domain.member_facts import RightsReleased
from posapp.domain.members.sale_rights import Hold
from posapp.flows.answers import LinkChanged
from posapp.flows.intents import (
    Back,
    LinkStatus,
    Lock,
    Resume,
    Settle,
    StartTender,
    Suspend,
    Tick,
    VoidCart,
    VoidLine,
)
from posapp.flows.member_answers import RightsAnswered
from posapp.flows.member_effects import HoldRights
from posapp.flows.member_wishes import GoOnWithout, OpenCoupons, RetryRights, ToggleCoupon, UsePoints
from posapp.flows.refusals import Refusal
from posapp.flows.views import StepRows
from tests.domain.shops import ZHOU
from tests.flows.fakes import COLA
from tests.flows.picture import (
    BAG,
    CARD,
    CODES,
    COUPON,
    asked,
    kept,
    member_world,
    picture_sale,
    sums,
)
from tests.flows.world import World, intents_in, labels


def ask(world: World) -> HoldRights:
    """Press "Take payment" and read what the hub is asked."""
    return asked(world.do(StartTender()).effects)


def released(world: World) -> list[tuple[str, str]]:
    """(hold, reason) of all that was let go of."""
    return [(each.hold_id, each.reason) for each in world.store.facts if isinstance(each, RightsReleased)]


def steps(world: World) -> list[tuple[str, str, str]]:
    """What the sheet says: title, state, amount."""
    sheet = world.terminal.view().sheet
    assert sheet is not None
    rows = next(block for block in sheet.right if isinstance(block, StepRows)).rows
    return [(row.title, row.state, row.amount) for row in rows]


def test_while_the_hub_is_asked_the_goods_are_locked_and_esc_stops_it() -> None:
    world = picture_sale()
    question = ask(world)
    view = world.terminal.view()
    assert view.anchor.primary.busy
    assert steps(world) == [
        ("Member found", "Done", ""), ("Coupon", "In progress", "−20.00"),
        ("Points", "In progress", "−13.00"),
    ]  # fmt: skip
    world.scan(COLA)
    assert world.desk.refusal is not None
    assert world.desk.refusal.msgid == Refusal.PaymentOpen.sentence
    world.do(GoOnWithout(), RetryRights())
    assert world.at == "HoldingRights"
    world.do(Back())
    assert world.at == "Selling"
    assert released(world) == [(question.hold_id, "undone")]
    # An answer that comes late is nobody's any more.
    world.do(kept(question, world))
    assert world.desk.cart.rights.hold is None


def test_points_that_are_not_covered_are_shown_before_any_money_is_taken() -> None:
    world = picture_sale()
    question = ask(world)
    world.do(kept(question, world, points=0, points_why="balance", points_free=0))
    view = world.terminal.view()
    assert world.at == "HoldingRights"
    assert (view.anchor.figure, view.anchor.was, view.anchor.facts) == ("513.22", "500.22", ("Was",))
    assert view.anchor.primary.label == "Take payment ¥513.22"
    assert steps(world)[1:] == [("Coupon", "Done", "−20.00"), ("Points", "Not used", "0.00")]
    words = "Points could not all be used, so ¥500.22 became ¥513.22. Nothing is paid yet."
    assert words in labels(view)
    world.do(GoOnWithout())
    assert world.at == "Tendering"
    world.do(Settle())
    (sale,) = world.store.sales()
    assert sale.member is not None
    assert (sale.total_minor - sale.rounding_minor, sale.member.points_used) == (51_322, 0)
    assert sale.hold_id == question.hold_id
    assert released(world) == []


def test_fewer_points_are_asked_for_once_more() -> None:
    world = picture_sale()
    world.do(kept(ask(world), world, points=0, points_why="balance", points_free=700))
    assert world.terminal.view().anchor.figure == "506.22"
    second = asked(world.do(GoOnWithout()).effects)
    assert (second.points, second.coupons) == (700, (COUPON.coupon_id,))
    world.do(kept(second, world))
    assert world.at == "Tendering"


def test_a_refused_coupon_says_when_it_was_used_and_gives_way_to_the_next_best() -> None:
    world = picture_sale()
    used_ms = world.hands.now_ms() - 24 * 3_600_000
    question = ask(world)
    world.do(kept(question, world, coupons=(), refused=((COUPON.coupon_id, "used", used_ms),)))
    assert world.terminal.view().anchor.figure == "520.22"
    assert "used on 05-28" in labels(world.terminal.view())
    # Asked again, the hub may have got it back meanwhile.
    again = asked(world.do(RetryRights()).effects)
    assert again.coupons == (COUPON.coupon_id,)
    assert world.terminal.view().anchor.figure == "500.22"
    world.do(kept(again, world, coupons=(), refused=((COUPON.coupon_id, "locked", None),)), Back())
    assert world.at == "Selling"
    world.do(OpenCoupons())
    assert "kept for another sale" in labels(world.terminal.view())


def test_no_answer_leaves_what_the_till_was_granted() -> None:
    world = picture_sale()
    question = ask(world)
    world.do(RightsAnswered(question.hold_id, False))
    assert world.at == "HoldingRights"
    assert world.terminal.view().anchor.figure == "528.22"
    assert steps(world)[1:] == [("Coupon", "Not used", "0.00"), ("Points", "Used in part", "−5.00")]
    assert released(world) == [(question.hold_id, "no_answer")]
    world.do(GoOnWithout(), Settle())
    (sale,) = world.store.sales()
    assert sale.member is not None
    assert (sale.member.points_lease_id, sale.hold_id) == ("lease-points", "")


def test_a_question_that_nobody_answers_ends_by_itself() -> None:
    world = picture_sale()
    question = ask(world)
    for _ in range(8):
        world.hands.pass_by(1_000)
        world.do(Tick())
    assert released(world) == [(question.hold_id, "no_answer")]
    assert world.terminal.view().anchor.figure == "528.22"
    world.do(LinkChanged(LinkStatus("offline")), RetryRights())
    assert world.desk.refusal is not None
    assert world.desk.refusal.msgid == Refusal.HubAway.sentence


def test_where_leases_cover_all_no_answer_costs_no_key() -> None:
    world = member_world()
    world.scan(CARD, *CODES)
    world.do(ToggleCoupon(COUPON.coupon_id), UsePoints(400))
    question = ask(world)
    assert (question.coupons, question.points) == ((), 400)
    world.do(RightsAnswered(question.hold_id, False))
    assert world.at == "Tendering"


def test_what_is_kept_is_not_asked_for_again_and_goes_when_it_is_not_used() -> None:
    world = picture_sale()
    question = ask(world)
    world.do(kept(question, world), Back())
    assert world.desk.cart.rights.hold.hold_id == question.hold_id
    outcome = world.do(StartTender())
    assert world.at == "Tendering"
    assert not [each for each in outcome.effects if isinstance(each, HoldRights)]
    world.do(Back(), ToggleCoupon(COUPON.coupon_id), UsePoints(0), StartTender())
    assert world.at == "Tendering"
    assert released(world) == [(question.hold_id, "changed")]
    world.do(Settle())
    assert world.store.sales()[0].hold_id == ""


def test_a_hold_that_is_about_to_end_is_taken_anew_and_the_sale_stands() -> None:
    world = picture_sale()
    question = ask(world)
    world.do(kept(question, world))
    world.hands.pass_by(14 * 60_000 + 1_000)
    renewal = asked(world.do(Tick()).effects)
    assert renewal.hold_id != question.hold_id
    assert not [each for each in world.do(Tick()).effects if isinstance(each, HoldRights)]
    world.do(kept(renewal, world, coupons=(), refused=((COUPON.coupon_id, "used", None),)))
    assert world.at == "Tendering"
    assert world.terminal.view().anchor.figure == "500.20"
    world.do(Settle())
    (sale,) = world.store.sales()
    assert sale.hold_id == renewal.hold_id
    assert [each.coupon_id for each in sale.coupons] == [COUPON.coupon_id]


def test_a_payment_under_a_lock_or_a_stuck_disk_keeps_its_hold() -> None:
    world = picture_sale()
    question = ask(world)
    world.do(kept(question, world), Lock())
    assert world.at == "Locked"
    world.hands.pass_by(14 * 60_000 + 1_000)
    renewal = asked(world.do(Tick()).effects)
    world.do(kept(renewal, world))
    assert world.desk.cart.rights.hold.hold_id == renewal.hold_id
    world = picture_sale()
    world.do(kept(ask(world), world))
    world.trouble = "disk_full"
    world.do(Settle())
    assert world.at == "CommitStuck"
    world.hands.pass_by(15 * 60_000)
    asked_now: list[HoldRights] = []
    for _second in range(30):
        world.hands.pass_by(1_000)
        asked_now += [each for each in world.do(Tick()).effects if isinstance(each, HoldRights)]
    assert len(asked_now) == 1
    cart = world.desk.cart
    world.do(kept(asked_now[0], world))
    assert world.desk.cart is cart, "what is on its way to the disk stays as it is"


def test_a_power_cut_keeps_the_hold_and_it_is_used_again() -> None:
    world = picture_sale()
    question = ask(world)
    world.do(kept(question, world))
    world.restart()
    assert world.desk.cart is not None
    hold = world.desk.cart.rights.hold
    assert isinstance(hold, Hold)
    assert hold.hold_id == question.hold_id


def test_suspending_and_voiding_let_go() -> None:
    world = picture_sale()
    first = ask(world)
    world.do(kept(first, world), Back(), Suspend())
    assert released(world) == [(first.hold_id, "changed")]
    (parked,) = world.desk.parked
    world.do(Resume(parked.transaction_id))
    second = ask(world)
    assert second.coupons == first.coupons
    world.do(kept(second, world), Back())
    for line in world.desk.cart.lines:
        world.do(VoidLine(line.line_no))
    assert world.desk.cart.rights.hold is not None


def test_without_rights_nobody_is_asked() -> None:
    world = member_world()
    world.scan(BAG)
    outcome = world.do(StartTender())
    assert world.at == "Tendering"
    assert not [each for each in outcome.effects if isinstance(each, HoldRights)]


def test_coupons_are_taken_off_and_put_back_on_the_sheet() -> None:
    world = picture_sale()
    world.do(OpenCoupons())
    assert steps(world) == [
        ("Coupon: 20 off 200", "Used", "−20.00"), ("Coupon: 90 off 900", "saves nothing now", ""),
        ("Points", "1,300 pts used", "−13.00"),
    ]  # fmt: skip
    world.do(ToggleCoupon(COUPON.coupon_id))
    assert steps(world)[0] == ("Coupon: 20 off 200", "taken off", "")
    assert world.terminal.view().anchor.figure == "520.22"
    world.do(ToggleCoupon(COUPON.coupon_id))
    world.key("500")
    assert world.terminal.view().anchor.primary.intent == UsePoints(500)
    world.do(UsePoints(500))
    assert world.terminal.view().anchor.figure == "508.22"
    world.do(UsePoints(9_000))
    assert world.desk.refusal is not None
    assert world.desk.refusal.msgid == Refusal.PointsTooMany.sentence
    world.do(UsePoints(0))
    assert world.terminal.view().anchor.figure == "513.22"
    world.do(UsePoints(None), Back())
    assert (world.at, world.terminal.view().anchor.figure) == ("Selling", "500.22")


def test_points_are_nobodys_without_a_member() -> None:
    world = member_world()
    world.scan(BAG)
    world.do(OpenCoupons(), UsePoints(100))
    assert world.desk.refusal is not None
    assert world.desk.refusal.msgid == Refusal.PointsNobody.sentence
    world.do(ToggleCoupon("?"), Back())
    assert world.at == "Selling"


def test_the_line_going_away_changes_what_counts_and_says_so() -> None:
    world = picture_sale()
    world.do(LinkChanged(LinkStatus("offline")))
    assert world.terminal.view().anchor.figure == "528.22"
    assert "this till's limits while offline" in labels(world.terminal.view())
    prices = world.desk.prices
    world.do(Tick())
    assert world.desk.prices is prices
    world.do(LinkChanged(LinkStatus("online")))
    assert world.terminal.view().anchor.figure == "500.22"


def test_a_sale_that_is_given_up_frees_what_was_kept() -> None:
    world = member_world(who=ZHOU)
    world.scan(CARD, *CODES)
    question = ask(world)
    world.do(kept(question, world), Back(), VoidCart())
    assert world.desk.cart is None
    assert released(world) == [(question.hold_id, "voided")]


def test_a_line_that_goes_while_the_hub_is_asked_shows_the_new_amount_first() -> None:
    world = picture_sale()
    world.do(StartTender())
    world.do(LinkChanged(LinkStatus("offline")))
    assert world.desk.prices.paid_minor == 52_822
    world.hands.pass_by(9_000)
    world.do(Tick())
    assert (world.at, world.phase.told) == ("HoldingRights", "no_answer")
    view = world.terminal.view()
    assert (view.anchor.was, view.anchor.figure) == ("500.22", "528.22")


def test_three_actions_hand_a_coupon_back_and_the_amount_is_told() -> None:
    world = picture_sale()
    world.do(dict(world.terminal.view().keys)["F4"])  # 1
    take_off = next(each for each in intents_in(world.terminal.view()) if isinstance(each, ToggleCoupon))
    world.do(take_off)  # 2
    assert world.terminal.view().anchor.figure == "520.22"
    second = world.terminal.view().sheet.second
    assert second.key == "Esc"
    world.do(second.intent)  # 3
    assert (world.at, world.desk.cart.rights.declined) == ("Selling", {COUPON.coupon_id})


def test_one_scan_says_who_what_counts_and_the_new_amount() -> None:
    world = member_world()
    world.scan(*CODES)
    before = world.terminal.view().anchor.figure
    world.scan(CARD)
    view = world.terminal.view()
    assert (before, view.anchor.figure) == ("573.22", "500.22")
    assert view.main.member.title == "陈**"
    assert [chip.text for chip in view.main.member.chips][-2:] == ["Points 2,860", "Coupons 2"]
    assert {"Coupon: 20 off 200", "Points used"} <= {label for label, _, _ in sums(view)}
