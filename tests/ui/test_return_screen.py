"""Picture 11 as it is pressed: steppers, lines and reasons send what the view says; nothing overlaps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import SIZES
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from sample_views import sample

from posapp.flows.intents import MarkLine
from posapp.flows.member_wishes import ChangeReturn, ChooseReturnReason
from posapp.flows.views import Action, ReturnHeads, ReturnMain, ReturnRow, View
from posapp.ui.screens.returns import ReturnScreen


def row(number: int, pieces: int, *, stays: bool = False) -> ReturnRow:
    """A line with this many pieces coming back, of two."""
    fewer = Action("", ChangeReturn(number, -1), "", "minus", name="less") if pieces and not stays else None
    more = Action("", ChangeReturn(number, 1), "", "plus", name="more") if pieces < 2 and not stays else None
    return ReturnRow(
        number, f"Item {number}", "Too late" if stays else "2 bought", "Unwanted" if pieces else "",
        "—" if stays else str(pieces), fewer, more, "116.10", "129.00", MarkLine(number), number == 1, stays,
    )  # fmt: skip


def picture(*rows: ReturnRow) -> View:
    """The screen with these lines."""
    reasons = (Action("Faulty", ChooseReturnReason("faulty")),)
    heads = ReturnHeads("Item", "Reason", "Return", "Paid")
    main = ReturnMain(None, "S0217-02-001842", "Bought 11-09", "Paid", "¥", "414.10", heads, rows, reasons)
    return replace(sample("15-status", "en"), main=main, side=(), sheet=None)


@pytest.mark.parametrize("size", SIZES)
def test_what_is_pressed_is_what_the_view_says(open_till, size: tuple[int, int]) -> None:
    till = open_till(size)
    till.show(picture(row(1, 1), row(2, 0), row(3, 2), row(4, 0, stays=True)))
    (screen,) = [each for each in till.window.parts.screens.values() if isinstance(each, ReturnScreen)]
    first, second, third, last = screen.rows
    QTest.mouseClick(first.more, Qt.MouseButton.LeftButton)
    QTest.mouseClick(first.fewer, Qt.MouseButton.LeftButton)
    QTest.mouseClick(second.more, Qt.MouseButton.LeftButton)
    assert till.taken() == [ChangeReturn(1, 1), ChangeReturn(1, -1), ChangeReturn(2, 1)]
    assert (second.fewer.isEnabled(), third.more.isEnabled()) == (False, False)
    QTest.mousePress(second, Qt.MouseButton.LeftButton, pos=QPoint(30, 20))
    QTest.mousePress(last, Qt.MouseButton.LeftButton, pos=QPoint(30, 20))
    assert till.taken() == [MarkLine(2)]
    assert not last.fewer.isVisible()
    QTest.mouseClick(screen.strip.buttons[0], Qt.MouseButton.LeftButton)
    assert till.taken() == [ChooseReturnReason("faulty")]
    for part in (first.fewer, first.more):
        assert (part.width(), part.height()) >= (48, 48)
    assert first.accessibleName() == "Item 1, 2 bought, Unwanted, Return 1, Paid 116.10"


def test_many_lines_scroll_and_the_marked_one_is_seen(open_till) -> None:
    till = open_till((1093, 614))
    rows = [row(n, 0) for n in range(1, 41)]
    till.show(picture(*rows))
    till.show(picture(*(replace(each, marked=each.line_no == 40) for each in rows)))
    (screen,) = [each for each in till.window.parts.screens.values() if isinstance(each, ReturnScreen)]
    marked = screen.rows[39]
    top = marked.mapTo(screen, QPoint(0, 0)).y()
    assert 0 < top <= screen.height() - marked.height()
    till.show(picture(*rows[:2]))
    assert len(screen.rows) == 2
