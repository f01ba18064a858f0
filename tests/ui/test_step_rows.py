"""Rows of rights: what they say to a screen reader, their button, and a sheet with three actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conftest import Till

from posapp.flows.intents import Back, StartTender
from posapp.flows.member_wishes import OpenCoupons, RetryRights, ToggleCoupon
from posapp.flows.views import Anchor, Sheet, StepRows, SumRows, View
from posapp.ui.widgets.groups import SumsBlock
from posapp.ui.widgets.step_rows import StepRowPart
from tests.flows.picture import COUPON, asked, kept, picture_sale


def partial(language: str = "en") -> View:
    """The picture's sale after the hub kept the coupon and no points."""
    world = picture_sale(language=language)
    question = asked(world.do(StartTender()).effects)
    return world.do(kept(question, world, points=0, points_why="balance")).view


def parts(till: Till) -> list[StepRowPart]:
    return [each for each in till.window.findChildren(StepRowPart) if each.isVisible()]


def test_each_right_is_read_with_its_state(open_till: Callable[..., Till]) -> None:
    till = open_till()
    till.show(partial())
    assert [each.accessibleName() for each in parts(till)] == [
        "Member found, Done, 陈** · Gold · phone ends 6027",
        "Coupon, Done, Coupon: 20 off 200, held, −20.00",
        "Points, Not used, only 0 pts are left, 0.00",
    ]


def test_three_actions_share_the_foot_and_each_is_big_enough(open_till: Callable[..., Till]) -> None:
    for size in ((1366, 768), (1920, 1080), (1093, 614)):
        till = open_till(size)
        till.show(partial("zh_CN"))
        sheet = till.window.parts.sheet
        second, third, primary = sheet.second, sheet.third, till.window.parts.anchor.primary
        assert third.isVisible()
        assert not second.geometry().intersects(third.geometry())
        assert min(second.height(), third.height()) >= 48
        bottom = primary.mapTo(till.window, primary.rect().bottomLeft()).y()
        assert second.mapTo(till.window, second.rect().bottomLeft()).y() == bottom
        assert third.mapTo(till.window, third.rect().topLeft()).y() >= 0
        third.click()
        second.click()
        assert till.taken() == [RetryRights(), Back()]


def test_a_coupon_is_taken_off_by_its_button(open_till: Callable[..., Till]) -> None:
    world = picture_sale(language="en")
    till = open_till()
    till.show(world.do(OpenCoupons()).view)
    first = parts(till)[0]
    assert first.button is not None
    assert first.button.accessibleName() == "Take Coupon: 20 off 200 off"
    assert first.button.height() >= 48
    first.button.click()
    assert till.taken() == [ToggleCoupon(COUPON.coupon_id)]
    till.show(world.do(ToggleCoupon(COUPON.coupon_id)).view)
    assert "taken off" in parts(till)[0].accessibleName()


def test_a_reason_below_a_sum_gets_the_room_for_it(open_till: Callable[..., Till]) -> None:
    world = picture_sale(online=False, language="en")
    till = open_till()
    view = world.terminal.view()
    till.show(view)
    block = next(each for each in till.window.findChildren(SumsBlock) if len(each.parts) > 3)
    heights = {part.value.label: part.height() for part in block.parts if part.value is not None}
    assert heights["Points used"] > heights["Goods at full price"]
    rows = next(each for each in view.side if isinstance(each, SumRows))
    plain = SumRows(tuple(replace(row, icon="") for row in rows.rows))
    till.show(replace(view, side=tuple(plain if each is rows else each for each in view.side)))
    assert len({part.height() for part in block.parts}) <= 2


def test_a_figure_that_was_is_painted_struck(open_till: Callable[..., Till]) -> None:
    till = open_till()
    view = partial()
    till.show(view)
    anchor = till.window.parts.anchor
    before = anchor.grab().toImage()
    assert isinstance(view.anchor, Anchor)
    till.show(replace(view, anchor=replace(view.anchor, was="")))
    assert anchor.grab().toImage() != before
    assert isinstance(view.sheet, Sheet)
    assert any(isinstance(each, StepRows) for each in view.sheet.right)
