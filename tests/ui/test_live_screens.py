"""Every screen of members' rights, gift cards and returns: nothing cut, too small or nameless."""

from __future__ import annotations

from itertools import combinations

import pytest
from live_sale import LONG_NAME
from live_screens import LIVE, live
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QLineEdit, QWidget
from test_window_skeleton import REGIONS, SIZES, place_of, pressables, scrolled

from posapp.flows.views import CartMain, ReturnMain, View
from posapp.ui.widgets.base import Pick, Press
from posapp.ui.widgets.groups import KeypadBlock
from posapp.ui.widgets.ink import Ink, Style
from posapp.ui.widgets.linelist import LineList
from posapp.ui.widgets.rail import RailButton
from posapp.ui.widgets.tiles import FoundButton

LANGUAGES = ("zh_CN", "en")
#: Names that are longer than any room for them; what tells them apart stands beside them.
LONG = (*LONG_NAME.values(), "Maximiliane-Alexandra")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_in_its_place_named_and_can_be_pressed(open_till, size, language) -> None:
    till = open_till(size)
    window, whole = till.window, QRect(0, 0, *size)
    for name in LIVE:
        till.show(live(name, language))
        assert place_of(window.parts.anchor, window) == REGIONS[size]["anchor"], name
        assert place_of(window.parts.anchor.primary, window) == REGIONS[size]["primary"], name
        for part in window.findChildren(QWidget):
            if not part.isVisible() or part.objectName().startswith("qt_"):
                continue
            if isinstance(part, Press | Pick | QLineEdit | LineList):
                assert part.accessibleName().strip(), (name, part)
            if not scrolled(part):
                assert whole.contains(QRect(*place_of(part, window))), (name, part, part.accessibleName())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_pressed_is_large_enough_and_apart(open_till, size, language) -> None:
    till = open_till(size)
    for name in LIVE:
        till.show(live(name, language))
        found = pressables(till.window)
        for part in found:
            assert min(part.width(), part.height()) >= 48, (name, part.accessibleName(), part.geometry())
        for one, other in combinations(found, 2):
            if one.parentWidget() is not other.parentWidget():
                continue
            gap = 6 if isinstance(one.parentWidget(), KeypadBlock) else 8
            if isinstance(one, RailButton | FoundButton):
                gap = 0
            near = one.geometry().adjusted(-gap, -gap, gap, gap)
            assert not near.intersects(other.geometry()), (name, one.accessibleName(), other.accessibleName())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_only_what_may_be_cut_is(open_till, size, language, monkeypatch) -> None:
    cut: set[str] = set()
    whole = Ink.elided

    def watched(ink: Ink, text: str, style: Style, width: float) -> str:
        shown = whole(ink, text, style, width)
        if shown != text:
            cut.add(text)
        return shown

    monkeypatch.setattr(Ink, "elided", watched)
    till = open_till(size)
    faults = {}
    for name in LIVE:
        view = live(name, language)
        cut.clear()
        till.show(view)
        till.window.grab()
        wrong = cut - _may_be_cut(view) - {text for text in cut if any(long in text for long in LONG)}
        if name == "why_price" and view.sheet is not None:
            wrong -= {view.sheet.title}  # it ends with the item's name, which stands in the list beside it
        if wrong:
            faults[name] = wrong
    assert not faults


def _may_be_cut(view: View) -> set[str]:
    """Hints, news and names; of the reasons of a line the words, never the amount that ends them."""
    texts = {view.top.scan_hint}
    if view.top.echo is not None:
        texts.add(view.top.echo.text)
    if isinstance(view.main, CartMain):
        texts |= {text for line in view.main.lines for text in (line.name, line.second)}
        reasons = [line.offers.rpartition(" ")[0] for line in view.main.lines]
        texts |= {text for reason in reasons for text in (reason, f" · {reason}")}
    if isinstance(view.main, ReturnMain):
        texts |= {text for row in view.main.rows for text in (row.name, row.second, row.reason)}
        texts.add(view.main.detail)
    return texts
