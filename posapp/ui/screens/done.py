"""Picture 07: the sale is stored; what to give back and how it was paid."""

from __future__ import annotations

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from posapp.flows.views import Card, DoneMain
from posapp.ui.screens.cards import CardPart
from posapp.ui.screens.page import Page
from posapp.ui.widgets.base import Face, keep_as_many
from posapp.ui.widgets.ink import Style


class DoneScreen(Page[DoneMain]):
    """The done screen."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.cards: list[CardPart] = []
        self.give = (0, 0, 0, 0)

    def changed(self, old: DoneMain | None, value: DoneMain) -> None:
        """Keep the cards that are there."""
        take_cards(self, self.face, self.cards, value.cards)
        self.setAccessibleName(f"{value.title}, {value.receipt}")
        self.arrange()
        self.update()

    def arrange(self) -> None:
        """Change on top, cards beside each other below."""
        value = self.value
        assert value is not None
        margin = self.face.metrics.page_margin
        wide = self.width() - 2 * margin
        y = margin + 64 + 16
        if value.give:
            rows = self._give_rows(wide - 42)
            self.give = (margin, y, wide, 51 + 66 * rows + 7)
            y += self.give[3] + 16
        bottom = self.height() - 62
        place_cards(self.cards, (margin, y, wide, bottom - y), 40)

    def _chip_width(self, label: str, count: str) -> float:
        ink = self.face.ink
        return 17 + ink.width(label, Style("amount", strong=True)) + 8 + ink.width(count, Style("body")) + 17

    def _give_rows(self, width: int) -> int:
        assert self.value is not None
        rows, x = 1, 0.0
        for each in self.value.give:
            wide = self._chip_width(each.label, each.count)
            if x and x + wide > width:
                rows, x = rows + 1, 0.0
            x += wide + 10
        return rows

    def draw_value(self, painter: QPainter, value: DoneMain) -> None:
        """Draw title, change and hint."""
        ink, margin = self.face.ink, self.face.metrics.page_margin
        wide = self.width() - 2 * margin
        ink.disc(painter, (margin + 32, margin + 32), 64, "saving_soft")
        ink.icon(painter, "check", (margin, margin, 64, 64), "saving_ink", 32)
        left = margin + 84
        ink.text(painter, (left, margin + 1, wide - 84, 36), value.title, Style("card_key", strong=True))
        ink.text(painter, (left, margin + 38, wide - 84, 24), value.receipt, Style("body", "ink_2"))
        if value.give:
            self._draw_give(painter, value)
        y = self.height() - 60
        ink.icon(painter, "scan-barcode", (margin, y, 20, 48), "ink_2", 20)
        ink.text(painter, (margin + 28, y, wide - 28, 48), value.hint, Style("body", "ink_2"))

    def _draw_give(self, painter: QPainter, value: DoneMain) -> None:
        ink = self.face.ink
        x, y, width, _height = self.give
        ink.ground(painter, self.give, "surface", "line", 10)
        ink.text(painter, (x + 21, y + 16, width - 42, 26), value.give_title, Style("body", "ink_2"))
        at, top = float(x + 21), y + 51
        for each in value.give:
            wide = self._chip_width(each.label, each.count)
            if at > x + 21 and at + wide > x + width - 21:
                at, top = float(x + 21), top + 66
            ink.ground(painter, (at, top, wide, 56), "sunken")
            label, count = Style("amount", strong=True), Style("body", "ink_2")
            taken = ink.text(painter, (at + 17, top, wide, 56), each.label, label, "start", False)
            ink.text(painter, (at + 25 + taken, top, wide, 56), each.count, count, "start", False)
            at += wide + 10


def take_cards(page: QWidget, face: Face, parts: list[CardPart], cards: tuple[Card, ...]) -> None:
    """Bring a list of card parts up to date."""
    keep_as_many(parts, len(cards), lambda: CardPart(face, page))
    for part, card in zip(parts, cards, strict=True):
        part.take(card)


def place_cards(parts: list[CardPart], box: tuple[int, int, int, int], row: int) -> None:
    """Two cards beside each other, equally high; rows get lower where room is short."""
    x, y, width, height = box
    if not parts:
        return
    pairs = [parts[index : index + 2] for index in range(0, len(parts), 2)]
    wanted = [max(part.wanted(row) for part in pair) for pair in pairs]
    room = height - 16 * (len(pairs) - 1)
    scale = min(1.0, room / max(1, sum(wanted)))
    half = (width - 16) // 2
    for pair, high in zip(pairs, wanted, strict=True):
        each = int(high * scale)
        for index, part in enumerate(pair):
            part.setGeometry(x + index * (width - half), y, half, each)
        y += each + 16
