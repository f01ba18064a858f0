"""Picture 13, Z and X: money by tender, then cards, then one sentence."""

from __future__ import annotations

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from posapp.flows.views import ReportMain
from posapp.ui.screens.cards import CardPart
from posapp.ui.screens.done import place_cards
from posapp.ui.screens.page import Page
from posapp.ui.widgets.base import Face, Painted, keep_as_many
from posapp.ui.widgets.buttons import ActionButton
from posapp.ui.widgets.ink import Style

PAD = 21
HEAD = 40
ROW = 48
COLUMN = 132


class TenderTable(Painted):
    """The table: the first column left, the rest flush right."""

    def __init__(self, face: Face, parent: QWidget) -> None:
        super().__init__(face, parent, ground="canvas")
        self.value: ReportMain | None = None

    def take(self, value: ReportMain) -> None:
        """Show the rows of this report."""
        self.value = value
        rows = (" ".join(row.cells) for row in value.rows)
        self.setAccessibleName("; ".join((" ".join(value.heads), *rows)))
        self.update()

    def wanted(self) -> int:
        """Height in pixels."""
        return HEAD + ROW * len(self.value.rows) + 2 if self.value is not None else 0

    def _cells(
        self, painter: QPainter, cells: tuple[str, ...], box: tuple[float, float], styles: tuple[Style, ...]
    ) -> None:
        ink = self.face.ink
        y, height = box
        step = min(COLUMN, (self.width() - 2 * PAD - 160) / max(1, len(cells) - 1))
        right = float(self.width() - PAD)
        for column in range(len(cells) - 1, 0, -1):
            wide = step + 12 if column == len(cells) - 1 else step
            style = styles[min(column, len(styles) - 1)]
            ink.text(painter, (right - wide, y, wide, height), cells[column], style, "end", False)
            right -= wide
        if cells:
            ink.text(painter, (PAD, y, right - PAD - 8, height), cells[0], styles[0])

    def draw(self, painter: QPainter) -> None:
        """Draw heads and rows."""
        value = self.value
        if value is None:
            return
        ink, width, height = self.face.ink, self.width(), self.height()
        ink.ground(painter, (0, 0, width, height), "surface", "line", 10)
        head = Style("body", "ink_2")
        self._cells(painter, value.heads, (1, HEAD), (head,))
        step = (height - HEAD - 2) / max(1, len(value.rows))
        y = float(HEAD)
        for row in value.rows:
            ink.rule(painter, PAD, round(y), width - 2 * PAD)
            last = Style("amount" if step >= 44 else "item", strong=row.strong)
            middle = Style("item", strong=row.strong)
            faint = Style("item", "ink" if row.strong else "ink_2", row.strong)
            styles = [Style("item", strong=row.strong)]
            styles += [middle, *[faint] * max(0, len(row.cells) - 3)] if len(row.cells) > 2 else []
            self._cells(painter, row.cells, (y, step), (*styles, last))
            y += step


class ReportScreen(Page[ReportMain]):
    """A shift report."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.table = TenderTable(face, self)
        self.cards: list[CardPart] = []
        self.buttons: list[ActionButton] = []

    def changed(self, old: ReportMain | None, value: ReportMain) -> None:
        """Show this report."""
        self.table.take(value)
        keep_as_many(self.cards, len(value.cards), lambda: CardPart(self.face, self, quiet=True))
        for card_part, card in zip(self.cards, value.cards, strict=True):
            card_part.take(card)
        keep_as_many(self.buttons, len(value.actions), lambda: ActionButton(self.face, self, ground="canvas"))
        for button, action in zip(self.buttons, value.actions, strict=True):
            button.show_action(action)
        self.arrange()
        self.update()

    def arrange(self) -> None:
        """Acts at the top end, table, cards, sentence."""
        metrics = self.face.metrics
        margin = metrics.page_margin
        wide = self.width() - 2 * margin
        end = margin + wide
        for button in reversed(self.buttons):
            need = button.needed()
            button.setGeometry(end - need, margin, need, 56)
            end -= need + 8
        y = margin + 72
        bottom = self.height() - 62
        cards = -(-len(self.cards) // 2)
        tallest = max((card.wanted(40) for card in self.cards), default=0)
        wanted = self.table.wanted()
        room = bottom - y - (cards * (tallest + 16) if cards else 0)
        least = HEAD + 2 + 34 * (len(self.value.rows) if self.value is not None else 0)
        high = max(min(wanted, room), min(least, wanted))
        self.table.setGeometry(margin, y, wide, high)
        y += high + 16
        place_cards(self.cards, (margin, y, wide, bottom - y), 40)

    def draw_value(self, painter: QPainter, value: ReportMain) -> None:
        """Draw title, detail and sentence."""
        ink, margin = self.face.ink, self.face.metrics.page_margin
        end = self.buttons[0].x() if self.buttons else self.width() - margin
        self.draw_heading(painter, (value.title, value.detail), margin, end - 12)
        y = self.height() - 60
        wide = self.width() - 2 * margin
        ink.icon(painter, "hard-drive", (margin, y, 20, 48), "ink_2", 20)
        lines = ink.wrapped(value.foot, Style("body", "ink_2"), wide - 28)[:2]
        top = y + 24 - 12 * len(lines)
        for index, line in enumerate(lines):
            ink.text(painter, (margin + 28, top + 24 * index, wide - 28, 24), line, Style("body", "ink_2"))
