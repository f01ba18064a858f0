"""What every main region has: a face, a value of the view, and places counted from its size."""

from __future__ import annotations

from typing import Generic, TypeVar

from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from posapp.flows.views import Action, Note
from posapp.ui.widgets.base import Face, Panel, keep_as_many
from posapp.ui.widgets.buttons import ActionButton
from posapp.ui.widgets.ink import Style
from posapp.ui.widgets.note import NoteBlock
from posapp.ui.widgets.sizes import Setting

Value = TypeVar("Value")


class Page(Panel, Generic[Value]):
    """A main region that shows values of one kind."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent, ground="canvas")
        self.value: Value | None = None

    def take(self, value: Value) -> None:
        """Show this value; nothing happens where it is the one shown."""
        if value is self.value:
            return
        old, self.value = self.value, value
        if value != old:
            self.changed(old, value)

    def changed(self, old: Value | None, value: Value) -> None:
        """Bring the parts up to date; by default everything is laid out and painted again."""
        self.arrange()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give each part its place."""
        if self.value is not None:
            self.arrange()

    def arrange(self) -> None:
        """Give each part its place."""

    def draw(self, painter: QPainter) -> None:
        """Draw the value once there is one."""
        if self.value is not None:
            self.draw_value(painter, self.value)

    def draw_value(self, painter: QPainter, value: Value) -> None:
        """Draw what belongs to the page itself."""

    def draw_heading(self, painter: QPainter, texts: tuple[str, str], y: int, end: int | None = None) -> None:
        """Draw title and detail at the top, down from `y`; they leave free what lies beyond `end`."""
        ink, margin = self.face.ink, self.face.metrics.page_margin
        room = (self.width() - margin if end is None else end) - margin
        ink.text(painter, (margin, y, room, 32), texts[0], Style("heading", strong=True))
        ink.text(painter, (margin, y + 32, room, 24), texts[1], Style("body", "ink_2"))


class NoteSlot:
    """A note that may be there or not, in a page."""

    def __init__(self, face: Face, page: QWidget) -> None:
        self.part = NoteBlock(face, Setting(), page, ground="canvas")
        self.part.hide()
        self.shown = False

    def take(self, note: Note | None) -> None:
        """Show this note, or none."""
        self.shown = note is not None
        self.part.setVisible(self.shown)
        if note is not None:
            self.part.take(note)

    def place(self, x: int, y: int, width: int, least: int = 48) -> int:
        """Lie here; return the height used, 0 where there is none."""
        if not self.shown:
            return 0
        height = max(least, self.part.room(width).wanted)
        self.part.setGeometry(x, y, width, height)
        return height


class Strip:
    """Acts beside each other at the foot of a page; the risky one stands at the far end."""

    def __init__(self, face: Face, page: QWidget) -> None:
        self.face = face
        self.page = page
        self.buttons: list[ActionButton] = []
        self.risk = ActionButton(face, page, ground="canvas")
        self.risk.hide()
        self.risky = False
        self.actions: tuple[Action, ...] | None = None

    def take(self, actions: tuple[Action, ...], risk: Action | None) -> bool:
        """Show these acts; True if they have to be placed anew."""
        if actions == self.actions and risk == (self.risk.action if self.risky else None):
            return False
        self.actions = actions
        keep_as_many(self.buttons, len(actions), lambda: ActionButton(self.face, self.page, ground="canvas"))
        for button, action in zip(self.buttons, actions, strict=True):
            button.show_action(action)
        self.risk.raise_()
        self.risky = risk is not None
        self.risk.setVisible(self.risky)
        if risk is not None:
            self.risk.show_action(risk)
        return True

    def place(self, x: int, y: int, width: int, height: int = 56) -> None:
        """Lie here; key names go before labels do."""
        for with_key in (True, False):
            widths = [button.needed(with_key) for button in self.buttons]
            risk = self.risk.needed(with_key) if self.risky else 0
            taken = sum(widths) + 8 * max(0, len(widths) - 1) + (risk + 24 if risk else 0)
            if taken <= width:
                break
        at = x
        for button, wide in zip(self.buttons, widths, strict=True):
            button.setGeometry(at, y, wide, height)
            at += wide + 8
        if self.risky:
            self.risk.setGeometry(x + width - risk, y, risk, height)
