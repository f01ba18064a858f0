"""The rail: one pressable for each place, with a badge for what waits there."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from posapp.flows.views import RailItem
from posapp.ui.widgets.base import Face, Panel, Pick, keep_as_many, make_group
from posapp.ui.widgets.ink import Style

TOP = 8


class RailButton(Pick):
    """A place; its word is for screen readers only where the rail is narrow."""

    def __init__(self, face: Face, parent: QWidget) -> None:
        super().__init__(face, parent)
        self.item: RailItem | None = None

    def take(self, item: RailItem) -> None:
        """Show this place."""
        if item == self.item:
            return
        self.item = item
        self.intent = item.intent
        self.set_chosen(item.here)
        self.setAccessibleName(", ".join(part for part in (item.label, item.badge) if part))
        self.setToolTip("" if self.face.metrics.rail_words else item.label)
        self.update()

    def draw(self, painter: QPainter) -> None:
        """Draw ground, mark, icon, word and badge."""
        item = self.item
        if item is None:
            return
        ink, width, height = self.face.ink, self.width(), self.height()
        if item.here or self.isDown():
            painter.fillRect(self.rect(), ink.brush("primary_soft" if item.here else "sunken"))
        if item.here:
            painter.fillRect(0, 0, 4, height, ink.brush("primary"))
        color = "primary_ink" if item.here else "ink_2"
        words = self.face.metrics.rail_words
        y = height / 2 - 26 if words else height / 2 - 12
        ink.icon(painter, item.icon, (0, y, width, 24), color)
        if words:
            style = Style("body", color, strong=item.here)
            ink.text(painter, (2, height / 2 + 2, width - 4, 24), item.label, style, "middle")
        if item.badge:
            style = Style("keycap", "on_danger" if item.alarm else "quiet_ink", strong=True)
            wide = max(24.0, ink.width(item.badge, style) + 12)
            x = min(width / 2 + 8, width - wide - 2)
            ink.ground(painter, (x, y - 6, wide, 22), "danger" if item.alarm else "quiet_soft", None, 11)
            ink.text(painter, (x, y - 6, wide, 22), item.badge, style, "middle", False)


class Rail(Panel):
    """All places."""

    def __init__(self, face: Face, parent: QWidget) -> None:
        super().__init__(face, parent, ground="surface")
        self.items: tuple[RailItem, ...] = ()
        self.buttons: list[RailButton] = []

    def take(self, items: tuple[RailItem, ...]) -> None:
        """Show these places."""
        if items is self.items or items == self.items:
            return
        self.items = items
        keep_as_many(self.buttons, len(items), lambda: RailButton(self.face, self))
        for button, item in zip(self.buttons, items, strict=True):
            button.take(item)
        make_group(self, list(self.buttons))
        self.arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give each place its room."""
        self.arrange()

    def arrange(self) -> None:
        """Places under each other."""
        height = 80 if self.face.metrics.rail_words else 64
        for index, button in enumerate(self.buttons):
            button.setGeometry(0, TOP + index * height, self.width() - 1, height)

    def draw(self, painter: QPainter) -> None:
        """Draw the edge."""
        painter.fillRect(self.width() - 1, 0, 1, self.height(), self.face.ink.brush("line"))
