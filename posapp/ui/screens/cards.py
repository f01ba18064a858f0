"""A titled card of rows, as on the done screen and on reports."""

from __future__ import annotations

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from posapp.flows.views import Card
from posapp.ui.widgets.base import Face, Painted
from posapp.ui.widgets.ink import Style
from posapp.ui.widgets.rows import TONE_INK

PAD = 21
HEAD = 48


class CardPart(Painted):
    """A card; `quiet` sets its title small and its amounts a little smaller."""

    def __init__(self, face: Face, parent: QWidget | None = None, *, quiet: bool = False) -> None:
        super().__init__(face, parent, ground="canvas")
        self.value: Card | None = None
        self.quiet = quiet

    def take(self, value: Card) -> None:
        """Show this card."""
        if value == self.value:
            return
        self.value = value
        rows = (f"{row.label} {row.detail} {row.amount}".replace("  ", " ") for row in value.rows)
        self.setAccessibleName(
            "; ".join(part for part in (f"{value.title} {value.end}".strip(), *rows) if part)
        )
        self.update()

    def wanted(self, row: int) -> int:
        """Height in pixels at which rows are `row` high."""
        return HEAD + row * len(self.value.rows) + 13 if self.value is not None else 0

    def draw(self, painter: QPainter) -> None:
        """Draw the card."""
        card = self.value
        if card is None:
            return
        ink, width, height = self.face.ink, self.width(), self.height()
        ink.ground(painter, (0, 0, width, height), "surface", "line", 10)
        room = width - 2 * PAD
        title = Style("body", "ink_2") if self.quiet else Style("title", strong=True)
        end = ink.text(painter, (PAD, 6, room, HEAD), card.end, Style("title", "member_ink", True), "end")
        ink.text(painter, (PAD, 6, room - end - 8, HEAD), card.title, title)
        step = min(40.0, (height - HEAD - 13) / max(1, len(card.rows)))
        y = float(HEAD)
        amount_role = "item" if self.quiet else "amount"
        for index, row in enumerate(card.rows):
            style = Style(amount_role, TONE_INK[row.tone], row.strong)
            taken = ink.text(painter, (PAD, y, room, step), row.amount, style, "end", False)
            label = Style("body", "ink" if row.strong else "ink_2", row.strong)
            text = f"{row.label} · {row.detail}" if row.detail else row.label
            ink.text(painter, (PAD, y, room - taken - 12, step), text, label)
            y += step
            if index + 1 < len(card.rows):
                ink.rule(painter, PAD, round(y) - 1, room)
