"""The skeleton: every region where it belongs, the anchor and the primary never moving, nothing cut."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QAbstractScrollArea, QLineEdit, QWidget
from sample_parts import LANGUAGES
from sample_views import SAMPLES, sample

from posapp.ui.tokens import load_tokens
from posapp.ui.widgets.base import Pick, Press
from posapp.ui.widgets.groups import KeypadBlock
from posapp.ui.widgets.ink import Ink, Style
from posapp.ui.widgets.linelist import LineList
from posapp.ui.widgets.rail import RailButton
from posapp.ui.widgets.tiles import FoundButton

# x, y, width, height of each region: the contract with the eye and the hand.
REGIONS = {
    (1366, 768): {
        "top": (0, 0, 1366, 64),
        "scan": (100, 8, 528, 48),
        "rail": (0, 64, 88, 704),
        "main": (88, 64, 878, 704),
        "side": (966, 64, 400, 512),
        "anchor": (966, 576, 400, 192),
        "primary": (983, 680, 367, 72),
        "sheet": (726, 64, 640, 704),
        "second": (743, 680, 219, 72),
        "main_beside_sheet": (88, 64, 638, 704),
    },
    (1920, 1080): {
        "top": (0, 0, 1920, 72),
        "scan": (108, 10, 680, 52),
        "rail": (0, 72, 96, 1008),
        "main": (96, 72, 1344, 1008),
        "side": (1440, 72, 480, 800),
        "anchor": (1440, 872, 480, 208),
        "primary": (1457, 992, 447, 72),
        "sheet": (1160, 72, 760, 1008),
        "second": (1177, 992, 259, 72),
        "main_beside_sheet": (96, 72, 1064, 1008),
    },
    (1093, 614): {
        "top": (0, 0, 1093, 56),
        "scan": (76, 4, 400, 48),
        "rail": (0, 56, 64, 558),
        "main": (64, 56, 685, 558),
        "side": (749, 56, 344, 394),
        "anchor": (749, 450, 344, 164),
        "primary": (766, 538, 311, 64),
        "sheet": (541, 56, 552, 558),
        "second": (558, 538, 187, 64),
        "main_beside_sheet": (64, 56, 477, 558),
    },
}
SIZES = tuple(REGIONS)


def place_of(part: QWidget, window: QWidget) -> tuple[int, int, int, int]:
    """Where a part lies in the window."""
    at = part.mapTo(window, QPoint(0, 0))
    return at.x(), at.y(), part.width(), part.height()


def pressables(window: QWidget) -> list[QWidget]:
    """Everything that can be pressed and seen."""
    return [
        part for part in window.findChildren(QWidget) if isinstance(part, Press | Pick) and part.isVisible()
    ]


def scrolled(part: QWidget) -> bool:
    """Whether the part lies in something that can be pulled."""
    parent = part.parentWidget()
    while parent is not None:
        if isinstance(parent, QAbstractScrollArea):
            return True
        parent = parent.parentWidget()
    return False


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_regions_lie_where_they_belong_on_every_screen(open_till, size, language) -> None:
    till = open_till(size)
    wanted, window = REGIONS[size], till.window
    for name in SAMPLES:
        view = sample(name, language)
        till.show(view)
        parts = window.parts
        assert place_of(parts.anchor, window) == wanted["anchor"], name
        assert place_of(parts.anchor.primary, window) == wanted["primary"], name
        assert place_of(parts.top, window) == wanted["top"], name
        assert place_of(parts.top.scan, window) == wanted["scan"], name
        main = place_of(parts.screens[type(view.main)], window)
        if not view.rail:
            assert not parts.rail.isVisible()
            assert main == (0, wanted["main"][1], wanted["side"][0], wanted["main"][3])
            continue
        assert place_of(parts.rail, window) == wanted["rail"], name
        if view.sheet is None:
            assert main == wanted["main"], name
            assert place_of(parts.side, window) == wanted["side"], name
            assert not parts.sheet.isVisible()
        else:
            assert main == wanted["main_beside_sheet"], name
            assert place_of(parts.sheet, window) == wanted["sheet"], name
            assert place_of(parts.sheet.second, window) == wanted["second"], name
            assert not parts.side.isVisible()


def test_the_anchor_lies_above_the_sheet(till) -> None:
    till.show(sample("06-tender", "en"))
    x, y, width, height = REGIONS[1366, 768]["primary"]
    for at in (QPoint(x + 2, y + 2), QPoint(x + width - 3, y + height - 3)):
        assert till.window.childAt(at) is till.window.parts.anchor.primary


def test_another_width_takes_another_layout_and_keeps_the_view(till) -> None:
    view = sample("03-cart", "en")
    till.show(view)
    till.window.resize(1920, 1080)
    till.settle()
    assert place_of(till.window.parts.anchor.primary, till.window) == REGIONS[1920, 1080]["primary"]
    assert till.window.parts.screens[type(view.main)].list.lines.lines == view.main.lines


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_pressables_are_large_enough_and_apart(open_till, size, language) -> None:
    till = open_till(size)
    for name in SAMPLES:
        till.show(sample(name, language))
        found = pressables(till.window)
        assert found
        for part in found:
            assert part.width() >= 48, (name, part.accessibleName(), part.geometry())
            assert part.height() >= 48, (name, part.accessibleName(), part.geometry())
        assert till.window.parts.anchor.primary.height() >= 56
        for one, other in combinations(found, 2):
            if one.parentWidget() is not other.parentWidget():
                continue
            gap = 6 if isinstance(one.parentWidget(), KeypadBlock) else 8
            if isinstance(one, RailButton | FoundButton):
                gap = 0  # rows of a list and places of the rail lie edge to edge
            near = one.geometry().adjusted(-gap, -gap, gap, gap)
            assert not near.intersects(other.geometry()), (name, one.accessibleName(), other.accessibleName())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_lies_outside_of_what_holds_it(open_till, size, language) -> None:
    till = open_till(size)
    whole = QRect(0, 0, *size)
    for name in SAMPLES:
        till.show(sample(name, language))
        for part in till.window.findChildren(QWidget):
            if not part.isVisible() or part.objectName().startswith("qt_") or scrolled(part):
                continue
            assert whole.contains(QRect(*place_of(part, till.window))), (name, part, part.accessibleName())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_only_what_may_be_shortened_is(open_till, size, language, monkeypatch) -> None:
    cut: list[str] = []
    whole = Ink.elided

    def watched(ink: Ink, text: str, style: Style, width: float) -> str:
        shown = whole(ink, text, style, width)
        if shown != text:
            cut.append(text)
        return shown

    monkeypatch.setattr(Ink, "elided", watched)
    till = open_till(size)
    for name in SAMPLES:
        view = sample(name, language)
        cut.clear()
        till.show(view)
        till.window.grab()
        lines = getattr(view.main, "lines", ())
        allowed = {view.top.scan_hint}
        allowed |= {text for line in lines for text in (line.name, line.second)}
        if name == "04-why-price" and view.sheet is not None:
            # It ends with the item's name, which stands in the list beside it.
            allowed.add(view.sheet.title)
        if view.top.echo is not None:
            allowed.add(view.top.echo.text)
        assert set(cut) <= allowed, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_can_be_used_has_a_name(till, language) -> None:
    for name in SAMPLES:
        till.show(sample(name, language))
        for part in till.window.findChildren(QWidget):
            if part.isVisible() and isinstance(part, Press | Pick | QLineEdit | LineList):
                assert part.accessibleName().strip(), (name, part)


#: Lists of any length, which scroll in the smallest window.
LONG = ("03-offers", "04-why-price")
ROOMY = 1280


def test_columns_of_blocks_fit_without_being_pulled(open_till) -> None:
    for size in SIZES:
        till = open_till(size)
        for name in SAMPLES:
            if name in LONG and size[0] < ROOMY:
                continue
            for language in LANGUAGES:
                till.show(sample(name, language))
                for scroller in (till.window.parts.side.scroller, *till.window.parts.sheet.scrollers):
                    if scroller.isVisible():
                        assert scroller.verticalScrollBar().maximum() == 0, (size, name, language)


def test_the_numbers_come_from_the_theme() -> None:
    for (width, height), wanted in REGIONS.items():
        metrics = load_tokens().metrics_for(width)
        assert wanted["anchor"][3] == metrics.anchor
        assert wanted["anchor"][1] == height - metrics.anchor
