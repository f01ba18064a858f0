"""Picture 15: everything the till leans on, and how each is."""

from __future__ import annotations

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from posapp.flows.views import StatusGroup, StatusMain, StatusRow
from posapp.ui.blocks import Scroller
from posapp.ui.screens.page import Page
from posapp.ui.widgets.base import Face, Painted, Panel, keep_as_many, spaced_lines
from posapp.ui.widgets.ink import Style
from posapp.ui.widgets.rows import TONE_INK, TONE_SOFT

HEAD = 36
ROW = 66
GAP = 12
TONE_ICON = {
    "done": "check",
    "saving": "check",
    "plain": "",
    "quiet": "info",
    "info": "info",
    "warn": "triangle-alert",
    "danger": "circle-alert",
    "member": "info",
}


class StatusRowPart(Painted):
    """One thing and how it is."""

    def __init__(self, face: Face, parent: QWidget) -> None:
        super().__init__(face, parent)
        self.value: StatusRow | None = None

    def take(self, value: StatusRow) -> None:
        """Show this thing."""
        if value != self.value:
            self.value = value
            self.setAccessibleName(
                ", ".join(part for part in (value.title, value.detail, value.state) if part)
            )
            self.update()

    def _room(self, width: int) -> float:
        """Width in pixels that title and detail have."""
        assert self.value is not None
        ink, row = self.face.ink, self.value
        state = ink.width(row.state, Style("body")) + (26 if TONE_ICON[row.tone] else 0)
        return width - 16 - state - (20 if row.tone == "warn" else 0) - 54 - 12

    def wanted(self, width: int) -> int:
        """Height in pixels: the detail takes two lines where one is too short."""
        assert self.value is not None
        lines = self.face.ink.wrapped(self.value.detail, Style("body", "ink_2"), self._room(width))
        return ROW if len(lines) < 2 else ROW + 24 * (len(lines) - 1) - 4

    def draw(self, painter: QPainter) -> None:
        """Draw the row; only what needs somebody has a ground."""
        row = self.value
        if row is None:
            return
        ink, width, height = self.face.ink, self.width(), self.height()
        color = TONE_INK[row.tone]
        if row.tone == "danger":
            painter.fillRect(self.rect(), ink.brush(TONE_SOFT["danger"]))
        ink.rule(painter, 0, 0, width)
        icon = TONE_ICON[row.tone]
        style = Style("body", color)
        wide = ink.width(row.state, style) + (26 if icon else 0)
        end = width - 16
        if row.tone == "warn":
            ink.ground(painter, (end - wide - 20, height / 2 - 14, wide + 20, 28), "warn_soft", None, 14)
            end -= 10
        ink.text(painter, (end - wide, 0, wide, height), row.state, style, "end", False)
        if icon:
            ink.icon(painter, icon, (end - wide, 0, 20, height), color, 20)
        ink.icon(painter, row.icon, (16, 0, 24, height), "ink_2")
        room = self._room(width)
        low = Style("body", "ink_2")
        details = [(line, low) for line in ink.wrapped(row.detail, low, room)]
        spaced_lines(painter, ink, (54, 0, room + 4, height), (row.title, Style("item")), *details)


class GroupPart(Panel):
    """A card of things that belong together."""

    def __init__(self, face: Face, parent: QWidget) -> None:
        super().__init__(face, parent)
        self.value: StatusGroup | None = None
        self.rows: list[StatusRowPart] = []

    def take(self, value: StatusGroup) -> None:
        """Show this group."""
        if value == self.value:
            return
        self.value = value
        self.setAccessibleName(value.title)
        keep_as_many(self.rows, len(value.rows), lambda: StatusRowPart(self.face, self))
        for part, row in zip(self.rows, value.rows, strict=True):
            part.take(row)
        self.update()

    def wanted(self, width: int) -> int:
        """Height in pixels."""
        return HEAD + sum(row.wanted(width - 2) for row in self.rows) + 5

    def place(self, x: int, y: int, width: int) -> int:
        """Lie here; return the height used."""
        top = HEAD
        for row in self.rows:
            high = row.wanted(width - 2)
            row.setGeometry(1, top, width - 2, high)
            top += high
        self.setGeometry(x, y, width, top + 5)
        return top + 5

    def draw(self, painter: QPainter) -> None:
        """Draw frame and title."""
        if self.value is None:
            return
        ink = self.face.ink
        ink.ground(painter, (0, 0, self.width(), self.height()), "surface", "line", 10)
        ink.text(painter, (16, 1, self.width() - 32, HEAD), self.value.title, Style("body", "ink_2"))


class StatusScreen(Page[StatusMain]):
    """The status page."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.content = Panel(face)
        self.scroller = Scroller(face, self)
        self.scroller.setWidget(self.content)
        self.groups: tuple[list[GroupPart], list[GroupPart]] = ([], [])

    def changed(self, old: StatusMain | None, value: StatusMain) -> None:
        """Keep the groups that are there."""
        for parts, groups in zip(self.groups, (value.left, value.right), strict=True):
            keep_as_many(parts, len(groups), lambda: GroupPart(self.face, self.content))
            for part, group in zip(parts, groups, strict=True):
                part.take(group)
        self.arrange()
        if old is None or (old.title, old.detail) != (value.title, value.detail):
            self.update()

    def arrange(self) -> None:
        """Two columns that scroll together."""
        margin = self.face.metrics.page_margin
        wide = self.width() - 2 * margin
        top = 88 if self.face.metrics.rail_words else 72
        self.scroller.setGeometry(margin, top, wide, self.height() - top - 8)
        half = (wide - GAP) // 2
        bottom = 1
        for index, parts in enumerate(self._columns(half)):
            y = 0
            for part in parts:
                y += part.place(index * (wide - half), y, half) + GAP
            bottom = max(bottom, y - GAP)
        self.content.resize(wide, bottom)

    def _columns(self, width: int) -> tuple[list[GroupPart], list[GroupPart]]:
        """The groups as the view has them; where a column is too high, its last ones stand in the other."""
        left, right = list(self.groups[0]), list(self.groups[1])

        def height(parts: list[GroupPart]) -> int:
            return sum(part.wanted(width) + GAP for part in parts) - GAP

        while left and height(left) > self.scroller.height() and height([*right, left[-1]]) < height(left):
            right.append(left.pop())
        return left, right

    def draw_value(self, painter: QPainter, value: StatusMain) -> None:
        """Draw title and detail."""
        y = 20 if self.face.metrics.rail_words else 8
        self.draw_heading(painter, (value.title, value.detail), y)
