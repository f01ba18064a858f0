"""Presses and keys become the intents written in the view, on every screen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from sample_parts import LANGUAGES, Words, cart, line
from sample_views import SAMPLES, sample

from posapp.flows import intents as do
from posapp.flows.views import CartMain, SearchMain
from posapp.ui.keystrokes import strike
from posapp.ui.widgets.base import Pick, Press

K = Qt.Key


def reachable(till, part: QWidget) -> bool:
    """Whether a pointer can hit the middle of a part."""
    at = part.mapTo(till.window, part.rect().center())
    return till.window.childAt(at) is part


def key(till, code: Qt.Key, text: str = "", *, repeat: bool = False) -> list[object]:
    """Strike a key as a person does and wait until it is sure that it was one."""
    strike(till.window, code, text, repeat=repeat)
    till.window._wedge.settle()
    return till.taken()


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_press_sends_what_the_view_says(till, name, language) -> None:
    view = sample(name, language)
    till.show(view)
    hit = 0
    for part in till.window.findChildren(QWidget):
        if not isinstance(part, Press | Pick) or not part.isVisible() or not reachable(till, part):
            continue
        QTest.mouseClick(part, Qt.MouseButton.LeftButton)
        assert till.taken() == ([part.intent] if part.isEnabled() else []), part.accessibleName()
        hit += 1
    assert hit >= 3
    assert till.window.parts.anchor.primary.intent == view.anchor.primary.intent


def test_a_double_click_is_two_presses(till) -> None:
    till.show(sample("03-cart", "en"))
    primary = till.window.parts.anchor.primary
    QTest.mouseClick(primary, Qt.MouseButton.LeftButton)
    QTest.mouseDClick(primary, Qt.MouseButton.LeftButton)  # the second press; its release follows
    QTest.mouseRelease(primary, Qt.MouseButton.LeftButton)
    assert till.taken() == [do.StartTender()] * 2


@pytest.mark.parametrize("name", SAMPLES)
def test_f12_is_the_primary_everywhere_and_only_while_it_is_on(till, name) -> None:
    view = sample(name, "en")
    till.show(view)
    primary = view.anchor.primary
    wanted = [primary.intent] if primary.enabled and not primary.busy else []
    assert key(till, K.Key_F12) == wanted
    assert key(till, K.Key_F12, repeat=True) == []


def test_enter_presses_the_primary_where_its_cap_says_so(till) -> None:
    till.show(sample("06-tender", "en"))
    assert key(till, K.Key_Return, "\r") == [do.Settle()]
    assert key(till, K.Key_Return, "\r", repeat=True) == []
    till.show(sample("03-cart", "en"))
    assert key(till, K.Key_Return, "\r") == []


def test_a_busy_primary_does_nothing(till) -> None:
    till.show(sample("06-committing", "en"))
    assert key(till, K.Key_F12) == []
    assert key(till, K.Key_Return, "\r") == []
    QTest.mouseClick(till.window.parts.anchor.primary, Qt.MouseButton.LeftButton)
    assert till.taken() == []


def test_digits_go_to_the_field_in_hand(till) -> None:
    till.show(sample("06-tender", "en"))
    assert key(till, K.Key_7, "7") == [do.KeyIn("7")]
    assert key(till, K.Key_Period, ".") == [do.KeyIn(".")]
    assert key(till, K.Key_Comma, ",") == [do.KeyIn(".")]
    assert key(till, K.Key_Backspace, "\b") == [do.KeyIn("back")]
    assert key(till, K.Key_Delete, "\x7f") == [do.KeyIn("clear")]
    assert key(till, K.Key_A, "a") == []
    assert till.window.parts.top.scan.edit.text() == ""


def test_characters_go_to_the_scan_field_whatever_has_the_focus(till) -> None:
    till.show(sample("02-prompt", "en"))
    edit = till.window.parts.top.scan.edit
    assert not edit.hasFocus()
    for each in "tea":
        key(till, K(ord(each.upper())), each)
    assert edit.text() == "tea"
    key(till, K.Key_Backspace, "\b")
    assert edit.text() == "te"
    assert key(till, K.Key_Return, "\r") == [do.EnterText("te")]


def test_a_search_is_asked_for_once_the_typing_rests(till, qtbot) -> None:
    till.show(sample("02-prompt", "en"))
    for each in "tea":
        assert key(till, K(ord(each.upper())), each) == []
    qtbot.waitUntil(lambda: bool(till.sent), timeout=30_000)
    assert till.taken() == [do.SearchText("tea")]
    assert key(till, K.Key_Escape) == [do.SearchText("")]
    assert till.window.parts.top.scan.edit.text() == ""


def test_enter_and_space_right_after_typing_belong_to_the_text_whatever_has_the_focus(till) -> None:
    till.show(sample("02-prompt", "en"))
    parts = till.window.parts
    parts.top.chip.setFocus(Qt.FocusReason.TabFocusReason)
    for each in "te":
        key(till, K(ord(each.upper())), each)
    assert key(till, K.Key_Space, " ") == []
    assert key(till, K.Key_Return, "\r") == [do.EnterText("te ")]
    assert parts.top.scan.edit.text() == "te "
    assert key(till, K.Key_Return, "\r") == [do.GoTo("status")]  # the typing has come to rest


def test_escape_clears_the_field_first_and_then_goes_back(till) -> None:
    till.show(sample("03-search", "en"))
    till.window.parts.top.scan.edit.setText("x")
    assert key(till, K.Key_Escape) == [do.SearchText("")]
    assert key(till, K.Key_Escape) == [do.SearchText("")]  # the way back of the search itself
    till.show(sample("06-tender", "en"))
    assert key(till, K.Key_Escape) == [do.Back()]


def test_a_view_empties_the_field_without_asking_for_a_search(till) -> None:
    view = sample("02-prompt", "en")
    till.show(view)
    edit = till.window.parts.top.scan.edit
    edit.setFocus()
    edit.setText("4006381333931")
    till.taken()
    till.show(replace(view, clear_scan=1))
    assert edit.text() == ""
    assert not edit.hasFocus()
    assert till.taken() == []
    till.window._keyboard._search.timeout.emit() if till.window._keyboard._search.isActive() else None
    assert till.taken() == []


def test_keys_of_the_view_and_of_what_is_shown(till) -> None:
    till.show(sample("03-cart", "en"))
    assert key(till, K.Key_F6) == [do.Suspend()]
    assert key(till, K.Key_Plus, "+") == [do.ChangeQuantity(1)]
    assert key(till, K.Key_Minus, "-") == [do.ChangeQuantity(-1)]
    assert key(till, K.Key_Delete, "\x7f") == [do.VoidLine()]
    assert key(till, K.Key_Up) == [do.MoveMark(-1)]
    assert key(till, K.Key_Down, repeat=True) == [do.MoveMark(1)]
    assert key(till, K.Key_F6, repeat=True) == []
    till.window.parts.top.scan.edit.setText("3")
    till.taken()
    key(till, K.Key_Plus, "+")
    assert till.window.parts.top.scan.edit.text() == "3+"


def test_keys_with_control_and_alt(till) -> None:
    till.show(sample("06-tender", "en"))
    handle = till.window.windowHandle()
    QTest.keyClick(handle, K.Key_2, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(handle, K.Key_7, Qt.KeyboardModifier.AltModifier)
    assert till.taken() == [do.ChooseTender("card"), do.GoTo("status")]
    till.show(sample("03-cart", "en"))
    QTest.keyClick(handle, K.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert till.taken() == [do.Lock()]


def test_acts_behind_a_sheet_have_no_key(till) -> None:
    till.show(sample("12-approval", "en"))
    assert key(till, K.Key_F6) == []


def test_f2_goes_to_the_scan_field_and_input_methods_work_only_there(till) -> None:
    till.show(sample("02-prompt", "en"))
    edit = till.window.parts.top.scan.edit
    wanted = Qt.WidgetAttribute.WA_InputMethodEnabled
    assert not edit.testAttribute(wanted)
    key(till, K.Key_F2)
    assert edit.hasFocus()
    assert edit.testAttribute(wanted)
    key(till, K.Key_Escape)
    assert not edit.hasFocus()
    assert not edit.testAttribute(wanted)
    others = [part for part in till.window.findChildren(QWidget) if isinstance(part, Press | Pick)]
    assert not any(part.testAttribute(wanted) for part in others)
    assert not till.window.testAttribute(wanted)


def test_tab_reaches_a_button_enter_presses_it_and_arrows_move_in_its_group(till) -> None:
    till.show(sample("01-sign-on", "en"))
    seen: list[QWidget] = []
    for _ in range(12):
        key(till, K.Key_Tab, "\t")
        part = till.window.focusWidget()
        if isinstance(part, Press | Pick) and part not in seen:
            seen.append(part)
    tiles = till.window.parts.screens[type(sample("01-sign-on", "en").main)].tiles
    assert sum(part in tiles for part in seen) == 1  # the group is entered once
    tiles[0].setFocus(Qt.FocusReason.TabFocusReason)
    key(till, K.Key_Right)
    assert till.window.focusWidget() is tiles[1]
    assert key(till, K.Key_Return, "\r") == [do.SelectOperator("102")]
    assert key(till, K.Key_Space, " ") == [do.SelectOperator("102")]
    assert till.window._ring.ringed() is tiles[1]


def test_tab_goes_in_reading_order_and_around(till) -> None:
    till.show(sample("03-cart", "en"))
    told = []
    for _ in range(8):
        key(till, K.Key_Tab, "\t")
        told.append(till.window.focusWidget().accessibleName())
    assert told[:3] == ["Scan field, Scan anything: item, badge", "1 to send", "Lin Xiao, lock"]
    assert told[3:7] == ["Sell", "Item", "Suspend", "Void sale"]
    assert told[7].startswith("Take payment")
    QTest.keyClick(till.window.windowHandle(), K.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert till.window.focusWidget().accessibleName() == "Void sale"


def test_a_part_that_goes_away_leaves_the_focus_to_the_window(till) -> None:
    till.show(sample("02-prompt", "en"))
    tile = till.window.parts.screens[type(sample("02-prompt", "en").main)].keys[0]
    tile.setFocus(Qt.FocusReason.TabFocusReason)
    till.show(sample("03-cart", "en"))
    assert till.window.focusWidget() in (None, till.window)
    assert key(till, K.Key_Return, "\r") == []


def stepper(till, part: str) -> QPoint:
    """The middle of a part of the marked row's stepper."""
    rows = till.window.parts.screens[CartMain].list
    row = next(n for n, each in enumerate(rows.lines.lines) if each.marked)
    y = row * 64 - rows.verticalScrollBar().value() + 32
    width = rows.viewport().width()
    places = {
        rows.rows.part_at(rows.lines.lines[row], x, 32, width): x
        for x in range(0, width, 6)
        if rows.rows.part_at(rows.lines.lines[row], x, 32, width) == part
    }
    return QPoint(places[part], y)


def test_the_stepper_of_the_marked_line(till) -> None:
    till.show(sample("03-cart", "en"))
    viewport = till.window.parts.screens[CartMain].list.viewport()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=stepper(till, "plus"))
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=stepper(till, "minus"))
    assert till.taken() == [do.ChangeQuantity(1, 7), do.VoidLine(7)]
    t = Words("en")
    view = sample("03-cart", "en")
    two = replace(cart(t, 1), lines=(line(t, 1, marked=True),))
    till.show(replace(view, main=two))
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=stepper(till, "minus"))
    assert till.taken() == [do.ChangeQuantity(-1, 1)]


def test_another_row_is_marked_by_a_press_and_nothing_by_a_pull(till) -> None:
    till.show(sample("03-cart", "en"))
    viewport = till.window.parts.screens[CartMain].list.viewport()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=QPoint(300, 100))
    assert till.taken() == [do.MarkLine(2)]
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=QPoint(300, 100))
    QTest.mouseMove(viewport, QPoint(300, 140))
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=QPoint(300, 140))
    assert till.taken() == []


def test_a_locked_list_takes_no_press(till) -> None:
    till.show(sample("06-tender", "en"))
    viewport = till.window.parts.screens[CartMain].list.viewport()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=QPoint(200, 100))
    assert till.taken() == []


def test_a_search_result_is_taken_by_a_press(till) -> None:
    view = sample("03-search", "en")
    till.show(view)
    rows = till.window.parts.screens[SearchMain].rows
    QTest.mouseClick(rows[2], Qt.MouseButton.LeftButton)
    assert till.taken() == [view.main.rows[2].intent]
