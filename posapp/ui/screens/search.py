"""What a name search found; the first row is taken by Enter."""

from __future__ import annotations

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from posapp.flows.views import SearchMain
from posapp.ui.blocks import Scroller
from posapp.ui.screens.page import Page, Strip
from posapp.ui.widgets.base import Face, Panel, keep_as_many, make_group
from posapp.ui.widgets.ink import Style
from posapp.ui.widgets.tiles import FoundButton

HEAD = 44


class SearchScreen(Page[SearchMain]):
    """Search results."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.rows: list[FoundButton] = []
        self.content = Panel(face, ground="surface")
        self.scroller = Scroller(face, self)
        self.scroller.setWidget(self.content)
        self.strip = Strip(face, self)
        self.card = (0, 0, 0, 0)

    def changed(self, old: SearchMain | None, value: SearchMain) -> None:
        """Keep the rows that are there."""
        keep_as_many(self.rows, len(value.rows), lambda: FoundButton(self.face, self.content))
        for index, (button, found) in enumerate(zip(self.rows, value.rows, strict=True)):
            button.show_found(found, index == 0 and value.enter_takes)
        make_group(self.content, list(self.rows))
        self.strip.take((value.back,), None)
        self.content.setAccessibleName(value.title)
        if old is not None and old.rows != value.rows:
            self.scroller.verticalScrollBar().setValue(0)
        self.arrange()
        self.update()

    def arrange(self) -> None:
        """A card of rows, the way back at the foot."""
        metrics = self.face.metrics
        margin = metrics.margin
        wide = self.width() - 2 * margin
        strip = self.height() - margin - metrics.control
        self.strip.place(margin, strip, wide, metrics.control)
        self.card = (margin, margin, wide, strip - metrics.gutter - margin)
        x, y, width, height = self.card
        self.scroller.setGeometry(x + 1, y + 1 + HEAD, width - 2, height - 2 - HEAD - 6)
        self.scroller.setVisible(bool(self.rows))
        self.content.resize(width - 2, max(1, len(self.rows) * metrics.row))
        for index, row in enumerate(self.rows):
            row.setGeometry(0, index * metrics.row, width - 2, metrics.row)

    def draw_value(self, painter: QPainter, value: SearchMain) -> None:
        """Draw the card and its title."""
        ink = self.face.ink
        x, y, width, height = self.card
        ink.ground(painter, self.card, "surface", "line", 10)
        ink.text(painter, (x + 16, y, width - 32, HEAD), value.title, Style("body", "ink_2"))
        ink.rule(painter, x + 1, y + HEAD, width - 2)
        if not value.rows:
            box = (x + 16, y + HEAD, width - 32, height - HEAD)
            ink.text(painter, box, value.empty, Style("item", "ink_2"), "middle")
