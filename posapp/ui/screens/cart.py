"""Picture 03: the lines of the sale, and the acts on it; locked while a sheet has the floor."""

from __future__ import annotations

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from posapp.flows.views import CartMain
from posapp.ui.screens.page import NoteSlot, Page, Strip
from posapp.ui.widgets.base import Face
from posapp.ui.widgets.ink import Style
from posapp.ui.widgets.linelist import LineList
from posapp.ui.widgets.member_strip import MemberStripPart

HEAD = 36
CORNER = 6
"""Rows end this far above the card's lower edge, so that its round corners stay free of them."""


class CartScreen(Page[CartMain]):
    """The sale."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.member = MemberStripPart(face, self)
        self.note = NoteSlot(face, self)
        self.list = LineList(face, self)
        self.strip = Strip(face, self)
        self.card = (0, 0, 0, 0)

    def changed(self, old: CartMain | None, value: CartMain) -> None:
        """Only what differs is touched: a scan changes lines and nothing else here."""
        moved = self.member.take(value.member) or old is None
        if old is None or old.note != value.note:
            self.note.take(value.note)
            moved = True
        if old is None or (old.actions, old.risk, old.locked) != (value.actions, value.risk, value.locked):
            self.strip.take(() if value.locked else value.actions, None if value.locked else value.risk)
            moved = True
        if old is None or old.heads != value.heads:
            self.list.setAccessibleName(value.heads.item)
            moved = True
        if moved:
            self.arrange()
            self.update()
        self.list.tapping = value.tapping
        self.list.show_lines(value.lines, bool(value.locked))

    def arrange(self) -> None:
        """Member, note, card with the list, strip."""
        metrics = self.face.metrics
        margin, gutter = metrics.margin, metrics.gutter
        wide = self.width() - 2 * margin
        y = margin
        used = self.member.place(margin, y, wide)
        y += used + gutter if used else 0
        used = self.note.place(margin, y, wide)
        y += used + gutter if used else 0
        strip = self.height() - margin - metrics.control
        self.strip.place(margin, strip, wide, metrics.control)
        self.card = (margin, y, wide, strip - gutter - y)
        x, top, width, height = self.card
        self.list.setGeometry(x + 1, top + 1 + HEAD, width - 2, height - 2 - HEAD - CORNER)

    def draw_value(self, painter: QPainter, value: CartMain) -> None:
        """Draw the card with its heads, and why it is locked."""
        ink = self.face.ink
        x, y, width, height = self.card
        ink.ground(painter, self.card, "surface", "line", 10)
        box = (x + 1, y, width - 2, HEAD)
        self.list.rows.heads(painter, value.heads, box, bool(value.locked))
        ink.rule(painter, x + 1, y + HEAD, width - 2)
        if value.locked:
            top = y + height + self.face.metrics.gutter
            icon = "info" if value.tapping else "lock"
            ink.icon(painter, icon, (x + 3, top, 20, 56), "ink_2", 20)
            lines = ink.wrapped(value.locked, Style("body", "ink_2"), width - 40)
            start = top + 28 - 12 * len(lines)
            for index, line in enumerate(lines):
                place = (x + 32, start + 24 * index, width - 36, 24)
                ink.text(painter, place, line, Style("body", "ink_2"))
