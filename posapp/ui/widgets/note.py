"""One sentence on a tinted ground, with a second line or the action that mends it."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QAccessible, QAccessibleEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from posapp.flows.views import Note
from posapp.ui.widgets.base import Face, Painted
from posapp.ui.widgets.buttons import ActionButton
from posapp.ui.widgets.ink import Style
from posapp.ui.widgets.rows import TONE_INK, TONE_SOFT
from posapp.ui.widgets.sizes import Room, Setting

LIVELY = ("warn", "danger", "done")


class NoteBlock(Painted):
    """A note; a plain one has no ground."""

    outset = 0

    def __init__(
        self, face: Face, setting: Setting, parent: QWidget | None = None, *, ground: str = "surface"
    ) -> None:
        super().__init__(face, parent, ground=ground)
        self.setting = setting
        self.value: Note | None = None
        self.button: ActionButton | None = None

    def take(self, value: Note) -> None:
        """Show this note."""
        if value == self.value:
            return
        self.value = value
        self.setAccessibleName(" ".join(part for part in (value.text, value.detail) if part))
        if value.action is None and self.button is not None:
            self.button.hide()
        if value.action is not None:
            if self.button is None:
                self.button = ActionButton(self.face, self, ground=TONE_SOFT.get(value.tone, self.ground))
                self.button.role = "body"
            self.button.ground = TONE_SOFT.get(value.tone, self.ground)
            self.button.show_action(value.action)
            self.button.show()
        self._place()
        self.update()
        if QAccessible.isActive() and value.tone in LIVELY:
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def _styles(self) -> tuple[Style, Style]:
        note = self.value
        assert note is not None
        if note.tone == "plain":
            return Style("body", "ink_2"), Style("body", "ink_2")
        if note.big:
            return Style("amount", "ink", strong=True), Style("body", "ink")
        return Style("item" if note.icon or note.detail else "body"), Style("body", "ink_2")

    def _inner(self, width: int) -> tuple[int, int]:
        """Where the text begins and how wide it may be."""
        note = self.value
        assert note is not None
        plain = note.tone == "plain"
        left = (28 if plain else 54) if note.icon else (0 if plain else 16)
        button = self.button.needed(with_key=False) + 16 if self._has_button() and self.button else 0
        return left, width - left - (0 if plain else 12) - button

    def _has_button(self) -> bool:
        return self.value is not None and self.value.action is not None

    def _lines(self, width: int) -> list[tuple[str, Style]]:
        note = self.value
        if note is None:
            return []
        _left, room = self._inner(width)
        first, second = self._styles()
        if first.role == "item" and self.face.ink.width(note.text, first) > room:
            smaller = Style("body", first.color)
            if self.face.ink.width(note.text, smaller) <= room:
                first = smaller
        lines = [(line, first) for line in self.face.ink.wrapped(note.text, first, room)]
        lines += [(line, second) for line in self.face.ink.wrapped(note.detail, second, room)]
        return lines

    def room(self, width: int) -> Room:
        """Height in pixels for all its lines."""
        lines = self._lines(width)
        high = sum(self.face.ink.line(style.role) for _text, style in lines)
        if self.value is not None and self.value.tone == "plain":
            return Room(max(24, high), max(28, high))
        around = 16 if self.value is not None and self.value.big else 24
        wanted = max(56 if self._has_button() else 48, high + around)
        return Room(max(48, high + 4), wanted)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the action at the end."""
        self._place()

    def _place(self) -> None:
        if self.button is None or not self._has_button():
            return
        width = self.button.needed(with_key=self.width() > 500)
        size = QSize(width, min(56, max(48, self.height() - 16)))
        self.button.setGeometry(
            self.width() - width - 8, (self.height() - size.height()) // 2, size.width(), size.height()
        )

    def draw(self, painter: QPainter) -> None:
        """Draw ground, icon and lines."""
        note = self.value
        if note is None:
            return
        ink, width, height = self.face.ink, self.width(), self.height()
        soft = TONE_SOFT.get(note.tone)
        if soft is not None:
            ink.ground(painter, (0, 0, width, height), soft)
        left, room = self._inner(width)
        lines = self._lines(width)
        total = sum(ink.line(style.role) for _text, style in lines)
        y = (height - total) / 2
        if note.icon:
            size = 20 if note.tone == "plain" else 24
            first = ink.line(lines[0][1].role) if lines else 24
            box = (0, y, 20, first) if note.tone == "plain" else (14, 0, 28, height)
            if len(lines) > 2 and note.tone != "plain":
                box = (14, y, 28, first)
            ink.icon(painter, note.icon, box, TONE_INK[note.tone], size)
        for text, style in lines:
            step = ink.line(style.role)
            ink.text(painter, (left, y, room + 4, step), text, style)
            y += step
