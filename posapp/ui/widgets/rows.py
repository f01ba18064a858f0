"""Parts that are read: headings, people, sums, facts, the field in hand.

Each takes a value of the view by `take` and redraws only when it differs. The colour of a tone never
speaks alone: a sign, a word or an icon says the same.
"""

from __future__ import annotations

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from posapp.flows.views import Fact, Field, Heading, Person, SumRow
from posapp.ui.widgets.base import Face, Painted, spaced_lines
from posapp.ui.widgets.buttons import IconButton
from posapp.ui.widgets.ink import Style

TONE_INK = {
    "plain": "ink",
    "quiet": "quiet_ink",
    "saving": "saving_ink",
    "member": "member_ink",
    "warn": "warn_ink",
    "danger": "danger_ink",
    "info": "info_ink",
    "done": "saving_ink",
}
TONE_SOFT = {
    "quiet": "quiet_soft",
    "saving": "saving_soft",
    "member": "member_soft",
    "warn": "warn_soft",
    "danger": "danger_soft",
    "info": "info_soft",
    "done": "saving_soft",
}
RING = 5
"""How far the ring of the field in hand reaches beyond it."""


class HeadingPart(Painted):
    """A title with something flush at its end."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.value: Heading | None = None

    def take(self, value: Heading) -> None:
        """Show this heading."""
        if value != self.value:
            self.value = value
            self.setAccessibleName(" ".join(part for part in (value.text, value.end) if part))
            self.update()

    def draw(self, painter: QPainter) -> None:
        """Draw the heading."""
        if self.value is None:
            return
        ink, width, height = self.face.ink, self.width(), self.height()
        end = ink.text(painter, (0, 0, width, height), self.value.end, Style("body", "ink_2"), "end")
        ink.text(painter, (0, 0, width - end - 8, height), self.value.text, Style("title", strong=True))


class PersonPart(Painted):
    """Who this is about."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.value: Person | None = None

    def take(self, value: Person) -> None:
        """Show this person."""
        if value != self.value:
            self.value = value
            self.setAccessibleName(", ".join(part for part in (value.name, value.detail) if part))
            self.update()

    def draw(self, painter: QPainter) -> None:
        """Draw initial, name and detail."""
        if self.value is None:
            return
        ink, width, height = self.face.ink, self.width(), self.height()
        ink.disc(painter, (24, height / 2), 48, "primary_soft")
        initial = Style("amount", "primary_ink", strong=True)
        ink.text(painter, (0, 0, 48, height), self.value.initial, initial, "middle")
        name, detail = Style("amount", strong=True), Style("body", "ink_2")
        box = (60, 0, width - 60, height)
        spaced_lines(painter, ink, box, (self.value.name, name), (self.value.detail, detail))


class SumPart(Painted):
    """One reason, one amount, a hairline below."""

    def __init__(
        self,
        face: Face,
        parent: QWidget | None = None,
        *,
        amount_role: str = "amount",
        label_ink: str = "ink",
    ) -> None:
        super().__init__(face, parent)
        self.value: SumRow | None = None
        self.amount_role = amount_role
        self.label_ink = label_ink

    def take(self, value: SumRow) -> None:
        """Show this sum."""
        if value != self.value:
            self.value = value
            self.setAccessibleName(
                ", ".join(part for part in (value.label, value.detail, value.amount) if part)
            )
            self.update()

    def draw(self, painter: QPainter) -> None:
        """Draw the row; the detail is cut before the label, the amount never."""
        row = self.value
        if row is None:
            return
        ink, width, height = self.face.ink, self.width(), self.height()
        ink.rule(painter, 0, height - 1, width)
        body = (0, 0, width, height - 1)
        amount = ink.text(
            painter,
            body,
            row.amount,
            Style(self.amount_role, TONE_INK[row.tone], row.strong),
            "end",
            False,
        )
        room = width - amount - 12
        label = Style("body", "ink" if row.strong else self.label_ink, row.strong)
        if row.icon:
            self._with_reason(painter, row, room)
            return
        taken = ink.text(painter, (0, 0, room, height - 1), row.label, label)
        if row.detail and room - taken > 24:
            box = (taken, 0, room - taken, height - 1)
            ink.text(painter, box, f" · {row.detail}", Style("body", "ink_3"))

    def _with_reason(self, painter: QPainter, row: SumRow, room: float) -> None:
        """The label, and its reason with an icon on a line of its own."""
        ink, middle = self.face.ink, (self.height() - 1) / 2
        quiet = row.tone == "quiet"
        ink.text(painter, (0, middle - 24, room, 24), row.label, Style("body", "ink_3" if quiet else "ink"))
        ink.icon(painter, row.icon, (0, middle, 20, 24), "ink_2", 20)
        ink.text(painter, (24, middle, room - 24, 24), row.detail, Style("body", "ink_2"))


class FactPart(Painted):
    """A short line with an icon, a hairline below."""

    def __init__(self, face: Face, parent: QWidget | None = None, *, role: str = "item") -> None:
        super().__init__(face, parent)
        self.value: Fact | None = None
        self.role = role

    def take(self, value: Fact) -> None:
        """Show this fact."""
        if value != self.value:
            self.value = value
            self.setAccessibleName(value.text)
            self.update()

    def draw(self, painter: QPainter) -> None:
        """Draw the fact."""
        if self.value is None:
            return
        ink, width, height = self.face.ink, self.width(), self.height()
        ink.icon(painter, self.value.icon, (0, 0, 24, height - 1), TONE_INK[self.value.tone])
        role: str | int = self.role
        if ink.width(self.value.text, Style(role)) > width - 36:
            role = "body"
        ink.text(painter, (36, 0, width - 36, height - 1), self.value.text, Style(role))
        ink.rule(painter, 0, height - 1, width)


class FieldPart(Painted):
    """The field in hand: digits go there without a click, so it always wears the ring."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.value: Field | None = None
        self.clear_button = IconButton(face, "delete", self, ground=None)

    def take(self, value: Field) -> None:
        """Show this field."""
        if value == self.value:
            return
        self.value = value
        shown = value.value if value.dots is None else f"{value.dots[0]}/{value.dots[1]}"
        self.setAccessibleName(", ".join(part for part in (value.label, shown) if part))
        self.clear_button.setVisible(value.clear is not None)
        if value.clear is not None:
            self.clear_button.show_action(value.clear)
        self.update()

    def resizeEvent(self, event: object) -> None:
        """Keep the clearing key at the end."""
        height = self.height() - 2 * RING
        self.clear_button.setGeometry(self.width() - RING - 60, RING + (height - 48) // 2, 52, 48)

    def draw(self, painter: QPainter) -> None:
        """Draw ring, edge, label and value."""
        field = self.value
        if field is None:
            return
        ink, width, height = self.face.ink, self.width(), self.height()
        ring = "danger" if field.trouble else "focus"
        ink.ground(painter, (0, 0, width, height), None, ring, 11, 3)
        inner = height - 2 * RING
        edge = "danger_ink" if field.trouble else "line_strong"
        ink.ground(painter, (RING, RING, width - 2 * RING, inner), "surface", edge)
        x, right = RING + 17.0, width - RING - 20.0
        if field.clear is not None:
            right = width - RING - 72.0
        label = Style("body", "ink_2")
        value = ink.width(field.value, Style("heading", strong=True))
        # A long number is read without its label; a screen reader tells both.
        shows_label = ink.width(field.label, label) + value + 12 <= right - x
        taken = ink.text(painter, (x, RING, right - x, inner), field.label, label) if shows_label else -12.0
        if field.dots is not None:
            draw_dots(painter, self.face, field.dots, (right, height / 2), 16, 30)
            return
        role: str | int = "entry"
        if ink.width(field.value, Style(role, strong=True)) > right - x - taken - 12:
            role = "heading"
        box = (x + taken + 12, RING, right - x - taken - 12, inner)
        ink.text(painter, box, field.value, Style(role, strong=True), "end", False)


def draw_dots(
    painter: QPainter, face: Face, dots: tuple[int, int], end: tuple[float, float], size: int, step: int
) -> None:
    """Draw PIN dots ending at `end`; beyond the wanted length filled ones only."""
    filled, of = dots
    many = max(filled, of)
    x, y = end
    for place in range(many):
        center = (x - size / 2 - (many - 1 - place) * step, y)
        if place < filled:
            face.ink.disc(painter, center, size, "ink")
        else:
            face.ink.disc(painter, center, size, "surface", "line_strong")
