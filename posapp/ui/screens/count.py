"""Picture 13, counting: kinds of notes and coins, two columns."""

from __future__ import annotations

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from posapp.flows.views import CountMain
from posapp.ui.screens.page import NoteSlot, Page, Strip
from posapp.ui.widgets.base import Face, Panel, keep_as_many, make_group
from posapp.ui.widgets.tiles import CountButton

GAP = 10


class CountScreen(Page[CountMain]):
    """The counting screen."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.note = NoteSlot(face, self)
        self.holder = Panel(face, self)
        self.rows: list[CountButton] = []
        self.strip = Strip(face, self)

    def changed(self, old: CountMain | None, value: CountMain) -> None:
        """Keep the rows that are there."""
        keep_as_many(self.rows, len(value.rows), lambda: CountButton(self.face, self.holder))
        for button, row in zip(self.rows, value.rows, strict=True):
            button.show_row(row, value.currency)
        make_group(self.holder, list(self.rows))
        if old is None or (old.note, old.title, old.detail) != (value.note, value.title, value.detail):
            self.note.take(value.note)
            self.update()
        moved = self.strip.take(value.actions, value.risk)
        if moved or old is None or old.note != value.note or len(old.rows) != len(value.rows):
            self.arrange()

    def arrange(self) -> None:
        """Note, two columns of rows, acts at the foot."""
        metrics = self.face.metrics
        margin = metrics.page_margin
        wide = self.width() - 2 * margin
        y = margin + 72
        used = self.note.place(margin, y, wide)
        y += used + (16 if metrics.rail_words else 8)
        strip = self.height() - margin - metrics.control
        self.strip.place(margin, strip, wide, metrics.control)
        many = max(1, -(-len(self.rows) // 2))
        room = strip - 12 - y
        high = min(64, (room + GAP) // many - GAP)
        high = max(48, high)
        self.holder.setGeometry(margin, y, wide, many * (high + GAP) - GAP)
        half = (wide - GAP) // 2
        for index, row in enumerate(self.rows):
            line, column = divmod(index, 2)
            row.setGeometry(column * (wide - half), line * (high + GAP), half, high)

    def draw_value(self, painter: QPainter, value: CountMain) -> None:
        """Draw title and detail."""
        self.draw_heading(painter, (value.title, value.detail), self.face.metrics.page_margin)
