"""The sale of the pictures through the terminal: sums, payment, the fact, the paper, the hub there or not."""

from __future__ import annotations

from posapp.domain.member_facts import CouponUsed
from posapp.flows.intents import Settle, StartTender
from tests.flows.picture import COUPON, asked, kept, picture_sale, sums


def test_the_sums_are_those_of_the_picture() -> None:
    world = picture_sale()
    view = world.terminal.view()
    told = [row for row in sums(view) if "VAT" not in row[0]]
    assert told == [
        ("Goods at full price", "", "667.49"), ("Line offers", "3 lines", "−84.27"),
        ("Clothing: 50 off 500", "", "−50.00"), ("Coupon: 20 off 200", "", "−20.00"),
        ("Points used", "1,300 pts", "−13.00"), ("Points earned", "", "+750"),
    ]  # fmt: skip
    assert view.anchor.figure == "500.22"
    prices = world.desk.prices
    assert prices is not None
    paid = {line.sku: line.paid_minor for line in prices.priced.lines}
    assert paid == {
        "tee": 10_040, "socks": 3_304, "juice": 3_527, "apples": 1_640, "toast": 1_044, "bag-m": 50,
        "jacket": 30_417,
    }  # fmt: skip


def test_all_kept_opens_payment_by_one_press() -> None:
    world = picture_sale()
    question = asked(world.do(StartTender()).effects)
    assert (world.at, question.coupons, question.points) == ("HoldingRights", (COUPON.coupon_id,), 1_300)
    world.do(kept(question, world))
    assert world.at == "Tendering"
    world.do(Settle())
    (sale,) = world.store.sales()
    assert sale.total_minor - sale.rounding_minor == 50_022
    assert sale.member is not None
    told = sale.member
    assert (told.points_earned, told.points_used, told.points_minor) == (750, 1_300, 1_300)
    assert (told.proof, told.level, told.points_lease_id) == ("card", "gold", "")
    assert sale.coupons == (CouponUsed(COUPON.coupon_id, "two-hundred", 2_000),)
    assert sale.hold_id == question.hold_id


def test_offline_the_till_gives_what_it_was_granted() -> None:
    world = picture_sale(online=False)
    assert world.terminal.view().anchor.figure == "528.22"
    told = sums(world.terminal.view())
    assert ("Coupon: 20 off 200", "needs the network", "—") in told
    assert ("Points used", "500 pts offline limit", "−5.00") in told
    outcome = world.do(StartTender())
    assert world.at == "Tendering", outcome.view.state
    world.do(Settle())
    (sale,) = world.store.sales()
    assert sale.member is not None
    assert (sale.member.points_used, sale.member.points_lease_id, sale.coupons) == (500, "lease-points", ())
    assert [each.left for each in world.desk.leases if each.kind == "points"] == [300]
