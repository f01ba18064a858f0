"""The member strip: who it is, what is pressed, what gives way; and member codes by keyboard scanners."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from sample_members import gold_strip, nobody_strip
from sample_parts import LANGUAGES, Words
from sample_views import sample

from posapp.domain.members.member_codes import make_member_code
from posapp.flows import intents as do
from posapp.flows.member_wishes import OpenMember, RemoveMember
from posapp.flows.views import CartMain, MemberChip, MemberStrip, PromptMain
from posapp.ui.keystrokes import scan, strike
from posapp.ui.widgets.member_strip import MemberStripPart
from posapp.ui.widgets.note import NoteBlock

SIGNING = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
CODE = make_member_code("M0CHENCHENCHE", 29_666_666, key_id="7f3a", sign=SIGNING.sign)


def strip_of(till, kind: type = CartMain) -> MemberStripPart:
    return till.window.parts.screens[kind].member


def chips_drawn(till, part: MemberStripPart) -> list[str]:
    value = part.value
    assert value is not None
    left = 17 + 48 + 12
    return [chip.text for chip, _ in part._fitting(value, part._end() - left)]


@pytest.mark.parametrize(
    ("size", "box"), [((1366, 768), (104, 80, 846, 72)), ((1920, 1080), None), ((1093, 614), None)]
)
@pytest.mark.parametrize("name", ["02-member", "03-member"])
def test_the_strip_lies_over_the_goods(open_till, size, box, name) -> None:
    till = open_till(size)
    till.show(sample(name, "zh"))
    part = strip_of(till, PromptMain if name.startswith("02") else CartMain)
    at = part.mapTo(till.window, part.rect().topLeft())
    if box is not None:
        assert (at.x(), at.y(), part.width(), part.height()) == box
    assert part.height() == part.face.metrics.member_strip


def test_a_shop_without_members_has_no_strip_and_loses_no_room(till) -> None:
    till.show(sample("03-member", "en"))
    page = till.window.parts.screens[CartMain]
    with_strip = page.list.geometry()
    till.show(sample("03-cart", "en"))
    assert not strip_of(till).isVisible()
    assert page.list.geometry().top() == with_strip.top() - 72 - 12


def test_a_refusal_stands_under_the_strip(till) -> None:
    till.show(sample("03-member-refused", "en"))
    note = next(part for part in till.window.findChildren(NoteBlock) if part.isVisible())
    strip = strip_of(till)
    assert note.geometry().top() > strip.geometry().bottom()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_buttons_mean_what_they_say(till, language) -> None:
    t = Words(language)
    till.show(sample("03-member", language))
    strip = strip_of(till)
    assert strip.accessibleName() == gold_strip(t).name
    strip.remove.click()
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.rect().center())
    assert till.taken() == [RemoveMember(), OpenMember()]
    till.show(sample("02-member", language))
    finder = strip_of(till, PromptMain).finder
    assert finder.accessibleName() == nobody_strip(t).find.label  # type: ignore[union-attr]
    finder.click()
    assert till.taken() == [OpenMember()]
    strike(till.window, Qt.Key.Key_F3)
    assert till.taken() == [OpenMember()]


def test_escape_on_the_cross_takes_the_member_off(till) -> None:
    view = sample("03-member", "en")
    till.show(replace(view, keys=(*view.keys, ("Esc", do.Back()))))
    strip = strip_of(till)
    strip.remove.setFocus(Qt.FocusReason.TabFocusReason)
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        event = QKeyEvent(kind, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(strip.remove, event)
    assert till.taken() == [RemoveMember()]
    till.window.setFocus(Qt.FocusReason.OtherFocusReason)
    strike(till.window, Qt.Key.Key_Escape)
    assert till.taken() == [do.Back()]


def test_chips_give_way_and_the_age_of_the_data_goes_last(till) -> None:
    till.show(sample("17-member", "en"))
    part = strip_of(till)
    assert chips_drawn(till, part) == ["As of 10:40", "Points 2,860"]
    view = sample("17-member", "en")
    assert isinstance(view.main, CartMain)
    long = replace(
        view.main.member, title="Maximiliane-Alexandra W** of the longest name there is to be shown **"
    )
    till.show(replace(view, main=replace(view.main, member=long)))
    assert chips_drawn(till, part)[:1] in (["As of 10:40"], [])
    many = replace(
        gold_strip(Words("en")),
        chips=(MemberChip("As of 10:40", "history"), *[MemberChip("x" * 30, "coins")] * 4),
    )
    till.show(replace(view, main=replace(view.main, member=many)))
    assert chips_drawn(till, part)[0] == "As of 10:40"
    assert len(chips_drawn(till, part)) < 5


def test_the_same_strip_again_is_not_painted(till, monkeypatch) -> None:
    view = sample("03-member", "en")
    till.show(view)
    painted: list[MemberStrip | None] = []
    monkeypatch.setattr(MemberStripPart, "draw", lambda part, painter: painted.append(part.value))
    lines = view.main.lines  # type: ignore[union-attr]
    marked = tuple(replace(line, marked=line.line_no == 3) for line in lines)
    till.show(replace(view, main=replace(view.main, lines=marked)))
    assert painted == []


@pytest.mark.parametrize("gap_ms", [2, 8, 16])
@pytest.mark.parametrize("name", ["03-member", "06-tender", "03-find-member"])
def test_a_member_code_of_150_signs_comes_whole_from_a_keyboard_scanner(till, name, gap_ms) -> None:
    assert 130 <= len(CODE) <= 170
    till.show(sample(name, "en"))
    scan(till.window, CODE, start_ms=1000, gap_ms=gap_ms)
    sent = till.taken()
    assert [each.text for each in sent if isinstance(each, do.ScanCode)] == [CODE]
    assert len(sent) == 1
    assert till.window.parts.top.scan.edit.text() == ""
