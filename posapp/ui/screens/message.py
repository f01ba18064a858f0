"""A large sentence: setting up, locked, a shift to open."""

from __future__ import annotations

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from posapp.flows.views import MessageMain, SumRows
from posapp.ui.screens.page import NoteSlot, Page
from posapp.ui.widgets.base import Face
from posapp.ui.widgets.groups import SumsBlock
from posapp.ui.widgets.ink import Style
from posapp.ui.widgets.sizes import Setting

TEXT_X = 108


class MessageScreen(Page[MessageMain]):
    """The sentence."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.note = NoteSlot(face, self)
        self.sums = SumsBlock(face, Setting(), self)
        self.sums.hide()
        self.card = (0, 0, 0, 0)

    def changed(self, old: MessageMain | None, value: MessageMain) -> None:
        """Show this sentence."""
        self.note.take(value.note)
        self.sums.setVisible(bool(value.rows))
        if value.rows:
            self.sums.take(SumRows(value.rows))
        self.setAccessibleName(f"{value.title}. {value.hint}")
        self.arrange()
        self.update()

    def _top(self) -> int:
        return min(188, self.height() // 4)

    def _hints(self) -> tuple[str, ...]:
        assert self.value is not None
        margin = self.face.metrics.page_margin
        wide = self.width() - 2 * margin - TEXT_X - 8
        return self.face.ink.wrapped(self.value.hint, Style("item", "ink_2"), wide)

    def arrange(self) -> None:
        """Note on top, rows below the sentence."""
        metrics = self.face.metrics
        self.note.place(metrics.margin, metrics.margin, self.width() - 2 * metrics.margin)
        if self.value is None or not self.value.rows:
            return
        margin = metrics.page_margin
        y = self._top() + 72 + max(0, len(self._hints()) - 1) * 26 + 24
        high = min(self.sums.room(0).wanted, max(1, self.height() - y - 24))
        self.card = (margin, y, self.width() - 2 * margin, high + 16)
        self.sums.setGeometry(margin + 21, y + 8, self.width() - 2 * margin - 42, high)

    def draw_value(self, painter: QPainter, value: MessageMain) -> None:
        """Draw disc, sentence and hint."""
        ink, margin = self.face.ink, self.face.metrics.page_margin
        top = self._top()
        room = self.width() - 2 * margin - TEXT_X
        ink.disc(painter, (margin + 44, top + 36), 72, "primary_soft")
        ink.icon(painter, value.icon, (margin + 8, top, 72, 72), "primary_ink", 32)
        left = margin + TEXT_X
        ink.text(painter, (left, top + 4, room, 32), value.title, Style("heading", strong=True))
        for index, line in enumerate(self._hints()):
            ink.text(painter, (left, top + 40 + 26 * index, room, 26), line, Style("item", "ink_2"))
        if value.rows:
            ink.ground(painter, self.card, "surface", "line", 10)
