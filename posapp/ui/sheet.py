"""A question beside its subject: head, two columns of blocks, and the second action beside the primary."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from posapp.flows.views import Choices, Sheet
from posapp.ui.blocks import Column, Scroller
from posapp.ui.widgets.base import Face, Panel
from posapp.ui.widgets.buttons import ActionButton, IconButton
from posapp.ui.widgets.ink import Style
from posapp.ui.widgets.rows import RING
from posapp.ui.widgets.sizes import Setting

SHADOW = 16


class Shadow(QWidget):
    """The sheet's edge on what lies beside it."""

    def __init__(self, face: Face, parent: QWidget) -> None:
        super().__init__(parent)
        self.face = face
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the shade."""
        painter = QPainter(self)
        shade = self.face.ink.color("shadow")
        clear = QColor(shade)
        clear.setAlpha(0)
        gradient = QLinearGradient(0, 0, self.width(), 0)
        gradient.setColorAt(0, clear)
        gradient.setColorAt(1, shade)
        painter.fillRect(self.rect(), gradient)
        painter.end()


class SheetPanel(Panel):
    """The sheet; the anchor is a sibling and lies above its lower end corner."""

    def __init__(self, face: Face, parent: QWidget) -> None:
        super().__init__(face, parent, ground="surface")
        self.value: Sheet | None = None
        self.close_button = IconButton(face, "x", self, ground=None)
        self.second = ActionButton(face, self)
        self.third = ActionButton(face, self)
        self.third.hide()
        plain = Setting(in_side=False, bleed=RING)
        compact = Setting(in_side=False, compact=True, bleed=RING)
        self.columns = tuple(Column(face, setting) for setting in (plain, compact, plain))
        self.scrollers = tuple(Scroller(face, self) for _column in self.columns)
        for scroller, column in zip(self.scrollers, self.columns, strict=True):
            scroller.setWidget(column)

    def take(self, value: Sheet) -> None:
        """Show this question."""
        old = self.value
        if value == old:
            return
        self.value = value
        self.setAccessibleName(value.title)
        self.setAccessibleDescription(" ".join(part for part in (value.hint_title, value.hint) if part))
        self.close_button.show_action(value.second)
        if self.second.action is None or value.second != self.second.action:
            self.second.show_action(value.second)
        self.third.setVisible(value.third is not None)
        if value.third is not None and value.third != self.third.action:
            self.third.show_action(value.third)
        for column, blocks in zip(self.columns, (value.top, value.left, value.right), strict=True):
            column.show_blocks(blocks)
        self.arrange()
        head = (value.title, value.icon, value.hint_title, value.hint, value.chip)
        if old is None or head != (old.title, old.icon, old.hint_title, old.hint, old.chip):
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give each part its place."""
        self.arrange()

    def _head(self) -> int:
        return 64 if self.face.metrics.rail_words else 48

    def _left_width(self, inner: int) -> int:
        assert self.value is not None
        people = any(isinstance(block, Choices) and block.look == "people" for block in self.value.left)
        return round(inner * (252 if people else 216) / 599)

    def arrange(self) -> None:
        """Top across, columns below, the second action left of the primary."""
        value, metrics = self.value, self.face.metrics
        if value is None or self.width() == 0:
            return
        head = self._head()
        self.close_button.setGeometry(self.width() - 58, (head - 48) // 2, 48, 48)
        foot = self.height() - metrics.anchor
        _x, y, _width, height = metrics.primary
        second_x, second_width = metrics.second
        if value.third is None:
            self.second.setGeometry(second_x, foot + y, second_width, height)
        else:
            # Two of them share the place of one and of the hint above it.
            high = min(56, height)
            last = foot + y + height - high
            self.second.setGeometry(second_x, last, second_width, high)
            self.third.setGeometry(second_x, last - high - 12, second_width, high)
        pad = 20 if metrics.rail_words else 14
        inner = self.width() - 1 - 2 * pad
        low = 16 if metrics.rail_words else 6
        top, bottom = head + low, foot - low
        if value.top:
            high = self._top_height(inner)
            self._put(0, (pad + 1, top, inner, high))
            top += high + (12 + RING if metrics.rail_words else 8)
        self.scrollers[0].setVisible(bool(value.top))
        left = self._left_width(inner) if value.left else 0
        gap = 16 if value.left and value.right else 0
        room = bottom - top
        self.scrollers[1].setVisible(bool(value.left))
        self.scrollers[2].setVisible(bool(value.right))
        if value.left:
            self._put(1, (pad + 1, top, left if value.right else inner, room))
        if value.right:
            self._put(2, (pad + 1 + left + gap, top, inner - left - gap, room))

    def _top_height(self, inner: int) -> int:
        column = self.columns[0]
        column.resize(inner + 2 * RING, column.height())
        return column.wanted() if self.face.metrics.rail_words else column.least()

    def _put(self, index: int, box: tuple[int, int, int, int]) -> None:
        x, y, width, height = box
        self.scrollers[index].setGeometry(x - RING, y - RING, width + 2 * RING, height + 2 * RING)
        self.columns[index].fit(width + 2 * RING, height + 2 * RING)

    def draw(self, painter: QPainter) -> None:
        """Draw edge, head and the hint beside the anchor."""
        value, metrics, ink = self.value, self.face.metrics, self.face.ink
        painter.fillRect(0, 0, 1, self.height(), ink.brush("line_strong"))
        if value is None:
            return
        head, foot = self._head(), self.height() - metrics.anchor
        ink.rule(painter, 1, head - 1, self.width() - 1)
        ink.rule(painter, 1, foot, self.width() - 1)
        x = 21.0
        if value.icon:
            ink.icon(painter, value.icon, (x, 0, 24, head - 1), "ink")
            x += 36
        room = self.width() - x - 64
        if value.chip:
            style = Style("body", "ink_2")
            wide = ink.width(value.chip, style) + 28
            place = (self.width() - 68 - wide, (head - 29) / 2, wide, 28)
            ink.ground(painter, place, None, "line_mid", 14)
            ink.text(painter, place, value.chip, style, "middle", False)
            room -= wide + 16
        ink.text(painter, (x, 0, room, head - 1), value.title, Style("title", strong=True))
        self._hint(painter, value, foot)

    def _hint(self, painter: QPainter, value: Sheet, foot: int) -> None:
        ink = self.face.ink
        x, width = self.face.metrics.second
        style = Style("body", "ink_2")
        lines = [(line, Style("body", strong=True)) for line in ink.wrapped(value.hint_title, style, width)]
        lines += [(line, style) for line in ink.wrapped(value.hint, style, width)]
        room = self.face.metrics.primary[1] - 10
        if len(lines) > room // 24:  # a narrow sheet has no room for it; a screen reader still tells it
            return
        y = foot + room - 24 * len(lines)
        for text, each in lines:
            ink.text(painter, (x, y, width, 24), text, each)
            y += 24
