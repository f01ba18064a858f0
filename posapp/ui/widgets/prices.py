"""Where money off is told: the band of what was saved, and a line's price step by step.

Amounts stand in two columns from the end, so that each reads against the one above it; a reason is cut before
any amount is.
"""

from __future__ import annotations

from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from posapp.flows.views import PriceStep, PriceSteps, SavedBand
from posapp.ui.widgets.base import Face, Painted, keep_as_many, spaced_lines
from posapp.ui.widgets.buttons import ActionButton
from posapp.ui.widgets.groups import Group
from posapp.ui.widgets.ink import Style
from posapp.ui.widgets.rows import TONE_INK
from posapp.ui.widgets.sizes import Room, Setting

STEP, STEP_LEAST, END, HEAD = 54, 52, 56, 32
SO_FAR = 98
"""Width of the column of what it comes to so far."""
THIS = 110


class SavedBlock(Painted):
    """What was saved in all, on a green ground, and the button that says why."""

    outset = 0

    def __init__(self, face: Face, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.setting = setting
        self.value: SavedBand | None = None
        self.button = ActionButton(face, self, ground="saving_soft")
        self.button.role = "body"

    def take(self, value: SavedBand) -> None:
        """Show this band."""
        if value == self.value:
            return
        self.value = value
        self.setAccessibleName(f"{value.label} {value.currency}{value.amount}")
        self.button.show_action(value.action)
        self._place()
        self.update()

    def room(self, width: int) -> Room:
        """Height in pixels."""
        return Room(56, 64)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the button at the end."""
        self._place()

    def _place(self) -> None:
        with_key = self.width() >= self._text_width() + self.button.needed(with_key=True) + 32
        width = self.button.needed(with_key=with_key)
        self.button.setGeometry(self.width() - width - 8, (self.height() - 48) // 2, width, 48)

    def _text_width(self) -> int:
        value, ink = self.value, self.face.ink
        if value is None:
            return 0
        amount = ink.width(value.amount, Style("title", strong=True))
        return round(
            ink.width(value.label, Style("item")) + ink.width(value.currency, Style("body")) + amount + 16
        )

    def draw(self, painter: QPainter) -> None:
        """Draw ground, label and figure."""
        value = self.value
        if value is None:
            return
        ink, width, height = self.face.ink, self.width(), self.height()
        ink.ground(painter, (0, 0, width, height), "saving_soft")
        x, room = 14.0, self.button.x() - 22.0
        green = "saving_ink"
        x += ink.text(painter, (x, 0, room, height), value.label, Style("item", green)) + 10
        x += ink.text(painter, (x, 2, 30, height), value.currency, Style("body", green), "start", False) + 2
        figure = Style("title", green, strong=True)
        ink.text(painter, (x, 0, room, height), value.amount, figure, "start", False)


class StepPart(Painted):
    """One step: icon, reason over its detail, and the two amounts."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.value: PriceStep | None = None

    def take(self, value: PriceStep) -> None:
        """Show this step."""
        if value != self.value:
            self.value = value
            parts = (value.reason, value.detail, value.amount, value.so_far)
            self.setAccessibleName(", ".join(part for part in parts if part))
            self.update()

    def draw(self, painter: QPainter) -> None:
        """Draw the step."""
        step = self.value
        if step is None:
            return
        ink, width, height = self.face.ink, self.width(), self.height()
        if step.strong:
            self._draw_end(painter, step)
            return
        ink.rule(painter, 0, height - 1, width)
        ink.icon(painter, step.icon, (0, 0, 24, height - 1), "ink_2" if step.tone == "quiet" else "ink")
        so_far = max(SO_FAR, round(ink.width(step.so_far, Style("body"))) + 12)
        ink.text(
            painter, (width - so_far, 0, so_far, height), step.so_far, Style("body", "ink_3"), "end", False
        )
        amount = Style("amount", TONE_INK[step.tone])
        taken = max(THIS, round(ink.width(step.amount, amount)) + 12)
        end = width - so_far
        ink.text(painter, (end - taken, 0, taken, height), step.amount, amount, "end", False)
        box = (38, 0, end - taken - 46, height - 1)
        name = Style("item", "ink_2" if step.tone == "quiet" else "ink")
        spaced_lines(painter, ink, box, (step.reason, name), (step.detail, Style("body", "ink_3")))

    def _draw_end(self, painter: QPainter, step: PriceStep) -> None:
        ink, width, height = self.face.ink, self.width(), self.height()
        figure = Style("heading", strong=True)
        taken = ink.text(painter, (0, 0, width, height), step.amount, figure, "end", False)
        sign = Style("body", strong=True)
        signed = ink.text(painter, (0, 4, width - taken - 2, height), step.currency, sign, "end", False)
        room = width - taken - signed - 16
        ink.text(painter, (0, 0, room, height), step.reason, Style("amount", strong=True))


class StepsBlock(Group):
    """A line's price step by step."""

    def __init__(self, face: Face, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(face, setting, parent)
        self.value: PriceSteps | None = None
        self.parts: list[StepPart] = []

    def take(self, value: PriceSteps) -> None:
        """Show these steps."""
        keep_as_many(self.parts, len(value.rows), lambda: StepPart(self.face, self))
        old, self.value = self.value, value
        for part, row in zip(self.parts, value.rows, strict=True):
            part.take(row)
        self.arrange()
        if old is None or (old.head_step, old.head_so_far) != (value.head_step, value.head_so_far):
            self.update()

    def _head(self) -> int:
        return HEAD if self.value is not None and self.value.head_step else 0

    def _ends(self) -> int:
        return sum(1 for row in (self.value.rows if self.value else ()) if row.strong)

    def room(self, width: int) -> Room:
        """Height in pixels."""
        ends = self._ends()
        steps = len(self.parts) - ends
        rest = self._head() + ends * END
        return Room(rest + STEP_LEAST * steps, rest + STEP * steps)

    def arrange(self) -> None:
        """Steps of one height; the end is higher."""
        if self.value is None:
            return
        ends = self._ends()
        steps = len(self.parts) - ends
        rest = self._head() + ends * END
        each = STEP if steps == 0 else max(STEP_LEAST, min(STEP, (self.height() - rest) // steps))
        y = self._head()
        for part, row in zip(self.parts, self.value.rows, strict=True):
            high = END if row.strong else each
            part.setGeometry(0, y, self.width(), high)
            y += high

    def draw(self, painter: QPainter) -> None:
        """Draw the heads."""
        value, width = self.value, self.width()
        if value is None or not value.head_step:
            return
        head, ink = Style("body", "ink_3"), self.face.ink
        ink.text(painter, (0, 0, width, HEAD), value.head_so_far, head, "end")
        ink.text(painter, (0, 0, width - SO_FAR, HEAD), value.head_step, head, "end")
