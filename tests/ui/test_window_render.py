"""Rendering is incremental: what is the same is not touched, and a scan paints two rows."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from PIL import Image, ImageChops
from PySide6.QtCore import QModelIndex
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtWidgets import QWidget
from sample_parts import LANGUAGES, Words, lines
from sample_sale import long_cart
from sample_views import SAMPLES, sample

from posapp.flows.views import CartMain, Echo, LineView, StatusMain
from posapp.ui.widgets.ink import Style
from posapp.ui.widgets.linelist import LineList, line_words
from posapp.ui.widgets.linerow import LinePainter


def difference(one: QImage, other: QImage) -> tuple[int, int, int, int] | None:
    """The rectangle in which two pictures differ to the eye.

    Large letters are filled as shapes, and Qt's filler rounds their edges by what it drew before: a few
    steps of 255 there are no difference.
    """
    pictures = [
        Image.frombytes("RGBX", (each.width(), each.height()), bytes(each.constBits())).convert("RGB")
        for each in (one, other)
    ]
    apart = ImageChops.difference(*pictures)
    return apart.point(lambda step: 255 if step > 40 else 0).getbbox()


def the_list(till) -> LineList:
    return till.window.parts.screens[CartMain].list


@pytest.fixture
def painted(monkeypatch) -> list[int]:
    """Line numbers in the order they are painted."""
    rows: list[int] = []
    whole = LinePainter.paint

    def watched(self: LinePainter, painter: object, line: LineView, *rest: object) -> None:
        rows.append(line.line_no)
        whole(self, painter, line, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(LinePainter, "paint", watched)
    return rows


def test_a_new_line_paints_itself_and_the_one_that_was_marked(till, painted) -> None:
    t = Words("en")
    till.show(long_cart(t, 59))
    painted.clear()
    till.show(long_cart(t, 60))
    assert sorted(set(painted)) == [59, 60]
    bar = the_list(till).verticalScrollBar()
    assert bar.value() == bar.maximum() == 60 * 64 - the_list(till).viewport().height()


def test_the_moved_pixels_are_those_a_full_paint_would_give(till) -> None:
    t = Words("en")
    till.show(long_cart(t, 30))
    till.show(long_cart(t, 31))
    moved = the_list(till).viewport().grab().toImage()
    the_list(till).viewport().update()
    till.settle()
    assert the_list(till).viewport().grab().toImage() == moved


def test_the_same_view_again_paints_nothing(till, painted) -> None:
    view = sample("03-cart", "en")
    till.show(view)
    painted.clear()
    till.show(replace(view))
    till.show(sample("03-cart", "en"))
    assert painted == []


def test_marking_another_line_paints_the_two(till, painted) -> None:
    view = sample("03-cart", "en")
    till.show(view)
    painted.clear()
    marked = tuple(replace(line, marked=line.line_no == 3) for line in view.main.lines)
    till.show(replace(view, main=replace(view.main, lines=marked)))
    assert sorted(set(painted)) == [3, 7]


def test_a_marked_line_out_of_sight_is_brought_into_view(till) -> None:
    t = Words("en")
    view = long_cart(t, 40)
    till.show(view)
    marked = tuple(replace(line, marked=line.line_no == 2) for line in view.main.lines)
    till.show(replace(view, main=replace(view.main, lines=marked)))
    assert the_list(till).verticalScrollBar().value() == 64


def test_lines_taken_off_are_gone_and_the_rest_is_right(till) -> None:
    t = Words("en")
    view = sample("03-cart", "en")
    till.show(view)
    left = view.main.lines[:2] + view.main.lines[3:]
    till.show(replace(view, main=replace(view.main, lines=left)))
    rows = the_list(till)
    assert rows.lines.rowCount() == 6
    told = [rows.lines.data(rows.lines.index(row)) for row in range(6)]
    assert told == [line_words(line) for line in left]
    shown = rows.viewport().grab().toImage()
    fresh = long_cart(t, 1)
    till.show(fresh)
    till.show(replace(view, main=replace(view.main, lines=left)))
    assert rows.viewport().grab().toImage() == shown


def test_parts_are_kept_while_kinds_stay_the_same(till) -> None:
    view = sample("06-tender", "en")
    till.show(view)
    kept = list(till.window.parts.sheet.columns[2].parts)
    field, pad = view.sheet.right
    other = replace(view.sheet, right=(replace(field, value="700.00"), pad))
    till.show(replace(view, sheet=other))
    assert till.window.parts.sheet.columns[2].parts == kept
    assert kept[0].accessibleName() == "Received, 700.00"


def test_one_column_changes_kinds_and_lets_the_old_parts_go(till) -> None:
    till.show(sample("13-count", "en"))
    till.show(sample("13-z", "en"))
    till.settle()
    side = till.window.parts.side.column
    shown = [part for part in side.findChildren(QWidget) if part.isVisible() and part.parentWidget() is side]
    assert len(shown) == 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_after_every_other_looks_as_if_shown_first(open_till, scheme) -> None:
    till = open_till((1366, 768), scheme)
    first = {}
    for name in SAMPLES:
        fresh = open_till((1366, 768), scheme)
        fresh.show(sample(name, "zh"))
        first[name] = fresh.window.grab().toImage()
    for name in (*SAMPLES, *reversed(SAMPLES)):
        till.show(sample(name, "en"))
        till.show(sample(name, "zh"))
        assert difference(till.window.grab().toImage(), first[name]) is None, name


def test_schemes_differ_and_keep_the_view(till) -> None:
    from posapp.ui.theme import Theme

    view = sample("06-tender", "en")
    till.show(view)
    light = till.window.grab().toImage()
    till.window.set_theme(Theme("dark"))
    till.settle()
    assert till.window.view() is view
    assert till.window.grab().toImage() != light
    till.window.set_theme(Theme("light"))
    till.settle()
    assert difference(till.window.grab().toImage(), light) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_rows_are_words_for_a_screen_reader(till, language) -> None:
    till.show(sample("03-cart", language))
    model = the_list(till).model()
    assert model.rowCount(QModelIndex()) == 7
    told = model.data(model.index(6, 0))
    assert told == line_words(lines(Words(language), 7)[6])
    assert "399.00" in told


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [(1093, 614), (1366, 768), (1920, 1080)])
def test_every_group_of_the_status_page_is_to_be_seen(open_till, size, language) -> None:
    till = open_till(size)
    till.show(sample("15-status", language))
    page = till.window.parts.screens[StatusMain]
    groups = [part for column in page.groups for part in column]
    assert len(groups) == 3
    assert page.content.height() <= page.scroller.viewport().height()
    for part in groups:
        assert page.content.rect().contains(part.geometry())
    for one, other in combinations(groups, 2):
        assert not one.geometry().intersects(other.geometry())


def test_a_status_page_that_is_too_high_is_pulled(open_till) -> None:
    till = open_till((1093, 614))
    view = sample("15-status", "en")
    assert isinstance(view.main, StatusMain)
    till.show(replace(view, main=replace(view.main, left=view.main.left * 3)))
    page = till.window.parts.screens[StatusMain]
    bottom = max(part.geometry().bottom() for column in page.groups for part in column)
    assert bottom < page.content.height()
    hidden = page.content.height() - page.scroller.viewport().height()
    assert page.scroller.verticalScrollBar().maximum() == hidden > 0


def test_an_echo_that_is_cut_can_be_read_in_full(till) -> None:
    view = sample("03-refused", "en")
    text = "No item has this code: 4006381333931. " * 4
    till.show(replace(view, top=replace(view.top, echo=Echo(text, good=False, serial=99))))
    echo = till.window.parts.top.echo
    assert echo.face.ink.width(text, Style("body")) > echo.width()
    assert echo.toolTip() == text
    assert QAccessible.queryAccessibleInterface(echo).text(QAccessible.Text.Description) == text
    echo._hide_text()
    assert (echo.toolTip(), echo.accessibleName()) == ("", "")
