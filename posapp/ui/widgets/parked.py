"""Suspended sales as cards under each other, each with the act that takes it up again."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QScroller, QWidget

from posapp.flows.views import ParkedCard, ParkedCards
from posapp.ui.widgets.base import Face, Painted, Panel, keep_as_many
from posapp.ui.widgets.buttons import ActionButton
from posapp.ui.widgets.ink import Style
from posapp.ui.widgets.sizes import Room, Setting


class ParkedPart(Painted):
    """A suspended sale with its button."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.value: ParkedCard | None = None
        self.button = ActionButton(face, self)

    def take(self, value: ParkedCard) -> None:
        """Show this sale."""
        if value != self.value:
            self.value = value
            words = (value.title, value.detail, value.amount, value.note)
            self.setAccessibleName(", ".join(word for word in words if word))
            self.button.show_action(value.action)
            self.button.setAccessibleName(f"{value.action.name or value.action.label}, {value.title}")
            self._place()
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the button at the end."""
        self._place()

    def _place(self) -> None:
        wide = max(70, self.button.needed(with_key=False) if self.value is not None else 70)
        self.button.setGeometry(self.width() - wide - 13, (self.height() - 56) // 2, wide, 56)

    def draw(self, painter: QPainter) -> None:
        """Draw the card."""
        card = self.value
        if card is None:
            return
        ink, height = self.face.ink, self.height()
        ink.ground(painter, (0, 0, self.width(), height), "surface", "line", 10)
        room = self.button.x() - 17 - 8
        middle = height / 2
        taken = ink.text(painter, (17, middle - 28, room, 28), card.title, Style("amount", strong=True))
        if room - taken > 30:
            box = (17 + taken + 10, middle - 27, room - taken - 10, 28)
            ink.text(painter, box, card.detail, Style("body", "ink_2"))
        taken = ink.text(painter, (17, middle + 1, room, 26), card.amount, Style("body", strong=True))
        if card.note and room - taken > 30:
            box = (17 + taken, middle + 1, room - taken, 26)
            ink.text(painter, box, f" · {card.note}", Style("body", "ink_2"))


class ParkedBlock(QScrollArea):
    """Suspended sales; scrolls when there are many."""

    outset = 0
    gap = 12
    card_height = 82

    def __init__(self, face: Face, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.face = face
        self.parts: list[ParkedPart] = []
        self.content = Panel(face, ground="surface")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setWidget(self.content)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)

    def take(self, value: ParkedCards) -> None:
        """Show these sales."""
        keep_as_many(self.parts, len(value.cards), lambda: ParkedPart(self.face, self.content))
        for part, card in zip(self.parts, value.cards, strict=True):
            part.take(card)
        self._place()

    def room(self, width: int) -> Room:
        """Height in pixels: one card at least."""
        many = len(self.parts)
        each = self.card_height + self.gap
        return Room(min(1, many) * self.card_height, max(0, many * each - self.gap))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cards are as wide as the column."""
        self._place()

    def _place(self) -> None:
        each = self.card_height + self.gap
        self.content.resize(self.width(), max(1, len(self.parts) * each - self.gap))
        for index, part in enumerate(self.parts):
            part.setGeometry(0, index * each, self.width(), self.card_height)
