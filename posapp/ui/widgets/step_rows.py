"""Rights under each other: icon on a tinted disc, title with its state in a chip, what it is, an amount.

The chip never stands for a colour alone: it says its state in words, with an icon where there is one. The
amount and the button are never cut; the line below the title is first, and the chip goes down to it before
the title is cut.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QScroller, QWidget

from posapp.flows.views import StepRow, StepRows
from posapp.ui.widgets.base import Face, Painted, Panel, keep_as_many
from posapp.ui.widgets.buttons import ActionButton
from posapp.ui.widgets.ink import Style
from posapp.ui.widgets.rows import TONE_INK, TONE_SOFT
from posapp.ui.widgets.sizes import Room, Setting

ROW, ROW_LEAST, DISC = 72, 60, 48
TEXT_LEFT = 64
AMOUNT = 96
"""Width that amounts keep at least, so that they stand under each other."""


class StepRowPart(Painted):
    """One right with its state."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.value: StepRow | None = None
        self.button: ActionButton | None = None

    def take(self, value: StepRow) -> None:
        """Show this right."""
        if value == self.value:
            return
        self.value = value
        parts = (value.title, value.state, value.detail, value.amount)
        self.setAccessibleName(", ".join(part for part in parts if part))
        if value.action is None and self.button is not None:
            self.button.hide()
        if value.action is not None:
            if self.button is None:
                self.button = ActionButton(self.face, self)
                self.button.role = "body"
            self.button.show_action(value.action)
            self.button.show()
        self._place()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the button at the end."""
        self._place()

    def _place(self) -> None:
        if self.button is not None and self.value is not None and self.value.action is not None:
            wide = max(64, self.button.needed(with_key=False))
            self.button.setGeometry(self.width() - wide, (self.height() - 48) // 2, wide, 48)

    def _end(self) -> float:
        """Where amounts end."""
        has_button = self.value is not None and self.value.action is not None and self.button is not None
        return self.button.x() - 12.0 if has_button and self.button is not None else float(self.width())

    def draw(self, painter: QPainter) -> None:
        """Draw the row."""
        row = self.value
        if row is None:
            return
        ink, height = self.face.ink, self.height()
        ink.rule(painter, 0, height - 1, self.width())
        disc = min(DISC, height - 12)
        ink.disc(painter, (DISC / 2, (height - 1) / 2), disc, TONE_SOFT.get(row.tone, "sunken"))
        ink.icon(painter, row.icon, (0, 0, DISC, height - 1), TONE_INK[row.tone])
        end = self._end()
        if row.amount:
            figure = Style("amount", TONE_INK[row.amount_tone])
            wide = max(AMOUNT, ink.width(row.amount, figure) + 12)
            ink.text(painter, (end - wide, 0, wide, height - 1), row.amount, figure, "end", False)
            end -= wide + 4
        self._texts(painter, row, end)

    def _texts(self, painter: QPainter, row: StepRow, end: float) -> None:
        ink, height = self.face.ink, self.height()
        room = end - TEXT_LEFT - 4
        middle = (height - 1) / 2
        title, words = Style("item", strong=True), Style("body", "ink_2")
        chip = Style("body", TONE_INK[row.tone])
        wide = 0.0
        if row.state:
            wide = ink.width(row.state, chip) + 24 + (26 if row.state_icon else 0)
        # Where name and state have no room beside each other, the state stands before the line below.
        below = bool(row.state) and ink.width(row.title, title) + 8 + wide > room
        top = middle - (29 if below else 28) if row.detail or below else middle - 15
        taken = ink.text(painter, (TEXT_LEFT, top, room, 28), row.title, title)
        x = float(TEXT_LEFT)
        if row.state:
            self._chip(painter, row, (x, top + 29) if below else (x + taken + 8, top), wide)
        if below:
            x, room = x + wide + 8, room - wide - 8
        if row.detail:
            ink.text(painter, (x, top + 30, room, 26), row.detail, words)

    def _chip(self, painter: QPainter, row: StepRow, at: tuple[float, float], wide: float) -> None:
        ink = self.face.ink
        x, y = at
        fill = TONE_SOFT.get(row.tone) if row.tone != "quiet" else None
        ink.ground(painter, (x, y, wide, 28), fill, None if fill else "line_mid", 14)
        left = x + 12
        if row.state_icon:
            ink.icon(painter, row.state_icon, (left, y, 20, 28), TONE_INK[row.tone], 20)
            left += 26
        ink.text(painter, (left, y, x + wide - left, 28), row.state, Style("body", TONE_INK[row.tone]))


class StepRowsBlock(QScrollArea):
    """Rights under each other; scrolls when there are many."""

    outset = 0

    def __init__(self, face: Face, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.face = face
        self.parts: list[StepRowPart] = []
        self.content = Panel(face, ground="surface")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setWidget(self.content)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)

    def take(self, value: StepRows) -> None:
        """Show these rights."""
        keep_as_many(self.parts, len(value.rows), lambda: StepRowPart(self.face, self.content))
        for part, row in zip(self.parts, value.rows, strict=True):
            part.take(row)
        self._place()

    def room(self, width: int) -> Room:
        """Height in pixels: two rights at least."""
        many = len(self.parts)
        return Room(min(2, many) * ROW_LEAST, many * ROW)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Rows are as wide as the column."""
        self._place()

    def _place(self) -> None:
        many = max(1, len(self.parts))
        each = max(ROW_LEAST, min(ROW, self.height() // many))
        self.content.resize(self.width(), many * each)
        for index, part in enumerate(self.parts):
            part.setGeometry(0, index * each, self.width(), each)
