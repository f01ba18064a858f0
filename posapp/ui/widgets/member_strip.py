"""The strip over the goods: whose sale it is, what may be used, and the way to somebody else.

Chips give way from the start before anything of the name is cut, and the age of the data goes last: a figure
whose age is not told would be taken for today's. It shows values of the view and hands presses on.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from posapp.flows.views import MemberChip, MemberStrip
from posapp.ui.widgets.base import Face, Panel
from posapp.ui.widgets.buttons import ActionButton, IconButton
from posapp.ui.widgets.ink import Style

DISC = 48
CHIP = 28
PAD = 17
GAP = 8


class RemoveButton(IconButton):
    """Takes the member off; Escape on it does the same as a press."""

    takes_escape = True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape presses; other keys as of any button."""
        if self.face.handing_on and event.key() == Qt.Key.Key_Escape:
            if not event.isAutoRepeat():
                self.click()
            return
        super().keyPressEvent(event)


class MemberStripPart(Panel):
    """The member strip; hidden where a shop has no programme."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent, ground="canvas")
        self.value: MemberStrip | None = None
        self.finder = ActionButton(face, self)
        self.remove = RemoveButton(face, "x", self)
        self.finder.hide()
        self.remove.hide()
        self.hide()

    def take(self, value: MemberStrip | None) -> bool:
        """Show this; True where it came or went, so that the page is laid out anew."""
        if value == self.value:
            return False
        came = (value is None) != (self.value is None)
        self.value = value
        if value is None:
            self.hide()
            return came
        self.setAccessibleName(value.name)
        self.finder.setVisible(value.find is not None)
        if value.find is not None:
            self.finder.show_action(value.find)
        self.remove.setVisible(value.remove is not None)
        if value.remove is not None:
            self.remove.show_action(value.remove)
        # Only now: being shown for the first time places the buttons by what they say.
        self.show()
        self._place()
        self.update()
        return came

    def place(self, x: int, y: int, width: int) -> int:
        """Lie here; return the height used, 0 where there is none."""
        if self.value is None:
            return 0
        self.setGeometry(x, y, width, self.face.metrics.member_strip)
        return self.height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the buttons at the end."""
        self._place()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The strip itself is a way to the member, as large as a finger wants it."""
        value = self.value
        if value is not None and value.open is not None and self.rect().contains(event.position().toPoint()):
            self.face.send(value.open)

    def _place(self) -> None:
        high = min(56, self.height() - 16)
        if self.value is not None and self.value.find is not None:
            wide = self.finder.needed() + 10
            self.finder.setGeometry(self.width() - wide - 13, (self.height() - high) // 2, wide, high)
        self.remove.setGeometry(self.width() - 48 - 14, (self.height() - 48) // 2, 48, 48)

    def draw(self, painter: QPainter) -> None:
        """Draw card, disc, words and chips."""
        value = self.value
        if value is None:
            return
        ink, height = self.face.ink, self.height()
        ink.ground(painter, (0, 0, self.width(), height), "surface", "line", 10)
        disc = min(DISC, height - 20)
        middle = (PAD + disc / 2, height / 2)
        ink.disc(painter, middle, disc, "member_soft" if value.initial else "sunken")
        box = (PAD, (height - disc) / 2, disc, disc)
        ink.text(painter, box, value.initial, Style("title", "member_ink", True), "middle", False)
        if not value.initial:
            ink.icon(painter, "user", box, "ink_2", 22)
        left = PAD + disc + 12
        end = self._end()
        chips = self._fitting(value, end - left)
        for chip, wide in reversed(chips):
            end -= round(wide)
            self._chip(painter, chip, (end, (height - CHIP) / 2, round(wide), CHIP))
            end -= GAP
        self._words(painter, value, (left, end - left - GAP))

    def _end(self) -> int:
        value = self.value
        if value is not None and value.find is not None:
            return self.finder.x() - GAP
        return self.remove.x() - 13 if value is not None and value.remove is not None else self.width() - PAD

    def _words(self, painter: QPainter, value: MemberStrip, place: tuple[int, int]) -> None:
        ink, middle = self.face.ink, self.height() / 2
        x, room = place
        title, level = Style("item", strong=True), Style("item", "member_ink", True)
        level_wide = ink.width(value.level, level) + 10 if value.level else 0
        taken = ink.text(painter, (x, middle - 27, room - level_wide, 28), value.title, title)
        if value.level:
            ink.text(painter, (x + taken + 8, middle - 27, level_wide, 28), value.level, level)
        ink.text(painter, (x, middle + 1, room, 24), value.detail, Style("body", "ink_2"))

    def _fitting(self, value: MemberStrip, room: int) -> list[tuple[MemberChip, float]]:
        """The chips for which there is room beside the words; the age of the data stays longest."""
        ink = self.face.ink
        words = ink.width(value.title, Style("item", strong=True)) + 10
        words += ink.width(value.level, Style("item", strong=True)) + 10 if value.level else 0
        words = max(words, ink.width(value.detail, Style("body")) + 10)
        chips = [(chip, ink.width(chip.text, Style("body")) + 46) for chip in value.chips]
        while chips and sum(wide + GAP for _, wide in chips) + words > room:
            chips.pop()
        return chips

    def _chip(self, painter: QPainter, chip: MemberChip, box: tuple[float, float, float, float]) -> None:
        ink = self.face.ink
        x, y, wide, high = box
        is_plain = chip.tone == "plain"
        color = "ink_2" if is_plain else "member_ink"
        ink.ground(painter, box, None if is_plain else "member_soft", "line_mid" if is_plain else None, 14)
        ink.icon(painter, chip.icon, (x + 10, y, 20, high), color, 20)
        ink.text(painter, (x + 35, y, wide - 38, high), chip.text, Style("body", color), "start", False)
