"""Scans reach the till whole and in order from every screen, and nothing of them goes anywhere else."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from sample_views import SAMPLES, sample

from posapp.flows import intents as do
from posapp.ui.keystrokes import scan, strike
from posapp.ui.wedge import arrival_ms
from posapp.ui.widgets.base import Pick, Press

EAN = "4006381333931"


def codes(till) -> list[str]:
    """The scans among what was sent; anything else fails."""
    sent = till.taken()
    assert all(isinstance(each, do.ScanCode) for each in sent), sent
    return [each.text for each in sent]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_scan_on_every_screen_reaches_the_till_and_nothing_else(till, name) -> None:
    till.show(sample(name, "en"))
    before = till.window.grab().toImage()
    scan(till.window, EAN, start_ms=1000)
    assert codes(till) == [EAN]
    assert till.window.parts.top.scan.edit.text() == ""
    till.settle()
    assert till.window.grab().toImage() == before


@pytest.mark.parametrize("name", SAMPLES)
def test_a_scan_while_a_button_has_the_focus_presses_nothing(till, name) -> None:
    till.show(sample(name, "en"))
    parts = [part for part in till.window.findChildren(QWidget) if isinstance(part, Press | Pick)]
    start = 1000
    for part in parts:
        if not part.isVisible() or not part.isEnabled():
            continue
        part.setFocus(Qt.FocusReason.TabFocusReason)
        scan(till.window, EAN, start_ms=start)
        assert codes(till) == [EAN], part.accessibleName()
        start += 1000


def test_twenty_scans_in_a_row_while_a_sheet_is_open(till) -> None:
    till.show(sample("06-tender", "en"))
    wanted = [str(4006381333931 + 7 * number) for number in range(20)]
    for number, code in enumerate(wanted):
        scan(till.window, code, start_ms=1000 + number * 70, gap_ms=4)
    assert codes(till) == wanted


def test_a_scan_into_the_focused_scan_field_leaves_what_was_typed(till) -> None:
    till.show(sample("02-prompt", "en"))
    edit = till.window.parts.top.scan.edit
    edit.setFocus()
    edit.setText("3*")
    till.taken()
    scan(till.window, EAN, start_ms=5000)
    assert codes(till) == [EAN]
    assert edit.text() == "3*"


def test_keys_without_a_time_are_timed_by_their_arrival(till) -> None:
    till.show(sample("12-approval", "en"))
    scan(till.window, EAN)
    assert codes(till) == [EAN]


def test_keys_of_the_keypad_count_like_those_above_the_letters(till) -> None:
    till.show(sample("12-approval", "en"))
    for place, digit in enumerate(EAN):
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            keypad = Qt.KeyboardModifier.KeypadModifier
            event = QKeyEvent(kind, Qt.Key(ord(digit)), keypad, digit)
            event.setTimestamp(1000 + 3 * place)
            QApplication.sendEvent(till.window.windowHandle(), event)
    strike(till.window, Qt.Key.Key_Enter, "\r", at_ms=1050)
    assert codes(till) == [EAN]


def test_capital_letters_and_signs_keep_their_shape(till) -> None:
    till.show(sample("03-cart", "en"))
    at_ms = 1000
    for character in "POS-7aB]x":
        shifted = character.isupper()
        held = Qt.KeyboardModifier.ShiftModifier if shifted else Qt.KeyboardModifier.NoModifier
        strokes = [(QEvent.Type.KeyPress, Qt.Key(ord(character.upper())), character, held)]
        strokes.append((QEvent.Type.KeyRelease, Qt.Key(ord(character.upper())), character, held))
        if shifted:
            shift = Qt.Key.Key_Shift
            strokes.insert(0, (QEvent.Type.KeyPress, shift, "", Qt.KeyboardModifier.NoModifier))
            strokes.append((QEvent.Type.KeyRelease, shift, "", held))
        for kind, code, text, modifiers in strokes:
            event = QKeyEvent(kind, code, modifiers, text)
            event.setTimestamp(at_ms)
            QApplication.sendEvent(till.window.windowHandle(), event)
        at_ms += 6
    strike(till.window, Qt.Key.Key_Tab, "\t", at_ms=at_ms)
    assert codes(till) == ["POS-7aB]x"]


@pytest.mark.parametrize("name", ["01-sign-on", "06-tender", "13-count"])
def test_keys_sent_straight_to_a_part_are_looked_at_too(till, name) -> None:
    till.show(sample(name, "en"))
    parts = till.window.parts
    for part in (till.window, parts.anchor.primary, parts.top.scan.edit):
        QTest.keyClicks(part, EAN)
        QTest.keyClick(part, Qt.Key.Key_Return)
        assert codes(till) == [EAN], part


def test_a_person_gets_the_key_after_the_hold_without_another_key(till, qtbot) -> None:
    till.show(sample("06-tender", "en"))
    strike(till.window, Qt.Key.Key_5, "5")
    assert till.taken() == []
    qtbot.waitUntil(lambda: bool(till.sent), timeout=30_000)
    assert till.taken() == [do.KeyIn("5")]


def test_a_burst_without_a_terminator_ends_by_itself(till, qtbot) -> None:
    till.show(sample("06-tender", "en"))
    scan(till.window, EAN, start_ms=1000, end=False)
    assert till.taken() == []
    qtbot.waitUntil(lambda: bool(till.sent), timeout=30_000)
    assert codes(till) == [EAN]


def test_keys_struck_before_a_click_come_before_it(till) -> None:
    till.show(sample("06-tender", "en"))
    primary = till.window.parts.anchor.primary
    strike(till.window, Qt.Key.Key_5, "5", at_ms=1000)
    strike(till.window, Qt.Key.Key_0, "0", at_ms=1060)
    assert till.taken() == []
    place = primary.mapTo(till.window, primary.rect().center())
    QTest.mouseClick(till.window.windowHandle(), Qt.MouseButton.LeftButton, pos=place)
    assert till.taken() == [do.KeyIn("5"), do.KeyIn("0"), primary.intent]


def test_a_click_during_a_scan_cuts_nothing_off_it(till) -> None:
    till.show(sample("02-prompt", "en"))
    scan(till.window, EAN[:8], start_ms=1000, end=False)
    chip = till.window.parts.top.chip
    place = chip.mapTo(till.window, chip.rect().center())
    QTest.mouseClick(till.window.windowHandle(), Qt.MouseButton.LeftButton, pos=place)
    scan(till.window, EAN[8:], start_ms=1040)
    pressed, scanned = till.taken()
    assert pressed == do.GoTo("status")
    assert isinstance(scanned, do.ScanCode)
    assert scanned.text == EAN
    assert till.window.parts.top.scan.edit.text() == ""


def test_a_typed_key_goes_to_what_had_the_focus_when_it_was_struck(till) -> None:
    till.show(sample("02-prompt", "en"))
    parts = till.window.parts
    parts.top.chip.setFocus(Qt.FocusReason.TabFocusReason)
    strike(till.window, Qt.Key.Key_Space, " ", at_ms=1000)
    parts.anchor.setFocus()
    till.window._wedge.settle()
    assert till.taken() == [do.GoTo("status")]


def test_a_paired_scanners_strokes_end_here_and_other_keyboards_are_never_held(till) -> None:
    till.show(sample("06-tender", "en"))
    wedge = till.window._wedge
    wedge.ask_origin(lambda _stroke: "scanner")
    scan(till.window, EAN, start_ms=1000)
    assert till.taken() == []
    wedge.ask_origin(lambda _stroke: "keyboard")
    strike(till.window, Qt.Key.Key_5, "5", at_ms=2000)
    assert till.taken() == [do.KeyIn("5")]
    scan(till.window, "1234567", start_ms=3000, end=False)
    assert till.taken() == [do.KeyIn(digit) for digit in "1234567"]
    wedge.ask_origin(None)
    scan(till.window, EAN, start_ms=4000)
    assert codes(till) == [EAN]


def test_the_time_of_a_scan_is_of_the_tills_own_clock(till) -> None:
    before_ms = arrival_ms()
    scan(till.window, EAN, start_ms=7_000_000_000)
    (sent,) = till.taken()
    assert isinstance(sent, do.ScanCode)
    # The last sign is 5 ms before the terminator, by which the two clocks are compared.
    assert before_ms - 5 <= sent.at_ms <= arrival_ms()
    assert sent.source == "keyboard"


@pytest.mark.parametrize("name", ["02-prompt", "06-tender"])
def test_only_a_text_field_in_use_has_an_input_method(till, name) -> None:
    till.show(sample(name, "en"))
    on = Qt.WidgetAttribute.WA_InputMethodEnabled
    parts = [till.window, *till.window.findChildren(QWidget)]
    assert [part for part in parts if part.testAttribute(on) and not part.hasFocus()] == []
    edit = till.window.parts.top.scan.edit
    edit.setFocus()
    assert [part for part in parts if part.testAttribute(on)] == ([edit] if edit.hasFocus() else [])
