"""The sale of the pictures through the terminal: sums, payment, the fact, the paper, the hub there or not."""

from __future__ import annotations

import pytest

from posapp.domain.member_facts import CouponUsed
from posapp.domain.paper import TextRow
from posapp.flows.intents import NextSale, Settle, StartTender, SwitchLanguage, WhyPrice
from posapp.flows.member_wishes import UsePoints
from posapp.flows.views import PriceSteps
from tests.flows.picture import (
    BAG,
    CARD,
    CODES,
    COUPON,
    JACKET,
    SOCKS,
    asked,
    kept,
    member_row,
    member_world,
    picture_sale,
    sums,
)
from tests.flows.world import labels, texts_in


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
    assert ("Coupon: 20 off 200", "needs the network · 1 more", "—") in told
    assert ("Points used", "500 pts offline limit", "−5.00") in told
    outcome = world.do(StartTender())
    assert world.at == "Tendering", outcome.view.state
    world.do(Settle())
    (sale,) = world.store.sales()
    assert sale.member is not None
    assert (sale.member.points_used, sale.member.points_lease_id, sale.coupons) == (500, "lease-points", ())
    assert [each.left for each in world.desk.leases if each.kind == "points"] == [300]


def test_receipt_and_last_screen_agree_with_the_fact() -> None:
    world = picture_sale()
    world.do(kept(asked(world.do(StartTender()).effects), world))
    paid = world.do(Settle())
    (sale,) = world.store.sales()
    commit = world.commits[sale.transaction_id]
    rows = [(row.left, row.right) for row in commit.prints[0].document.rows if isinstance(row, TextRow)]
    for row in [
        ("Clothing: 50 off 500", "-50.00"), ("Coupon: 20 off 200 (··7F3K)", "-20.00"),
        ("Points used · 1,300 pts", "-13.00"), ("Total", "¥500.20"), ("Member Gold", "陈** ··6027"),
        ("Points used", "1,300"), ("Points earned", "+750"), ("Points balance", "2,310"),
        ("  of these not yet to be spent", "750"),
    ]:  # fmt: skip
        assert row in [(text, end.replace("−", "-")) for text, end in rows], row
    assert COUPON.coupon_id not in " ".join(texts_in(tuple(commit.prints[0].document.rows)))
    told = labels(paid.view)
    assert "陈** · Gold" in told
    for words in ("Used here", "1,300 pts", "+750", "2,310"):
        assert words in told.splitlines()
    world.do(NextSale())


def test_why_this_price_names_every_step_and_what_a_return_gives() -> None:
    world = picture_sale()
    sheet = world.do(WhyPrice()).view.sheet
    assert sheet is not None
    steps = next(block for block in sheet.right if isinstance(block, PriceSteps))
    told = [(row.icon, row.reason, row.amount, row.so_far) for row in steps.rows]
    assert told == [
        ("tag", "Ticket price", "399.00", ""), ("badge-percent", "Gold member price", "−40.00", "359.00"),
        ("badge-percent", "Clothing: 50 off 500", "−34.75", "324.25"),
        ("ticket", "Coupon: 20 off 200", "−12.17", "312.08"),
        ("coins", "Points used", "−7.91", "304.17"), ("", "This line pays", "304.17", ""),
    ]  # fmt: skip
    assert "If this one is returned: ¥304.17 back and 791 points" in labels(world.terminal.view())


def test_price_lists_of_members_count_as_money_off() -> None:
    world = member_world()
    world.catalogue.for_members = {
        "socks": (member_row("socks", 3_500),),
        "bag-m": (member_row("bag-m", 40, "platinum"),),
    }
    world.scan(SOCKS, BAG)
    assert world.terminal.view().anchor.figure == "39.50"
    world.scan(CARD)
    world.do(UsePoints(0))
    assert world.terminal.view().anchor.figure == "35.50"
    assert "Gold member price −4.00" in labels(world.terminal.view())
    world.do(SwitchLanguage("zh_CN"))
    assert "金卡 会员价 −4.00" in labels(world.terminal.view())


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_two_sales_inside_the_lease_and_the_third_says_what_can_be_done(language: str) -> None:
    world = picture_sale(online=False, language=language)
    world.do(StartTender(), Settle(), NextSale())
    for left in (0, 0):
        world.scan(CARD, *CODES)
        world.do(StartTender(), Settle(), NextSale())
        assert [each.left for each in world.desk.leases if each.kind == "points"] == [left]
    used = [sale.member.points_used for sale in world.store.sales() if sale.member is not None]
    assert used == [500, 300, 0]
    world.scan(CARD, JACKET)
    words = {
        "en": "offline limit used up; pay without them",
        "zh_CN": "离线额度已用完；可以先不用，或等联网",
    }
    assert words[language] in labels(world.terminal.view())
