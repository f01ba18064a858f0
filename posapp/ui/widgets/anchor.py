"""The pinned block: facts, label, figure, and the one primary act; the same pixels on every screen."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from posapp.flows.views import Anchor
from posapp.ui.widgets.base import Face, Painted
from posapp.ui.widgets.buttons import PrimaryButton
from posapp.ui.widgets.ink import HALF_CAPITAL, Style
from posapp.ui.widgets.rows import draw_dots

CURRENCY = 0.62
TONES = {"plain": "ink", "zero": "ink_3", "change": "primary_ink"}


class AnchorBlock(Painted):
    """A child of the window, above the sheet."""

    def __init__(self, face: Face, parent: QWidget) -> None:
        super().__init__(face, parent)
        self.value: Anchor | None = None
        self.edged = True
        self.primary = PrimaryButton(face, self)

    def take(self, value: Anchor) -> None:
        """Show this anchor; only the parts that differ are painted again."""
        old = self.value
        if value == old:
            return
        self.value = value
        figure = f"{value.sign}{value.currency}{value.figure}" if value.dots is None else ""
        self.primary.show_action(value.primary, figure)
        name = " ".join(part for part in (value.label, figure) if part)
        if value.dots is not None:
            name = f"{value.label} {value.dots[0]}/{value.dots[1]}"
        if name != self.accessibleName():
            self.setAccessibleName(name)
            self._announce(name)
        self._repaint(old, value)

    def set_edged(self, edged: bool) -> None:
        """Whether the edge towards the main region is drawn; a sheet has none there."""
        if edged != self.edged:
            self.edged = edged
            self.update()

    def _repaint(self, old: Anchor | None, value: Anchor) -> None:
        top = self.face.metrics.primary[1]
        if old is None or (old.facts, old.was) != (value.facts, value.was):
            self.update(QRect(0, 1, self.width(), 36))
        shown = (value.label, value.figure, value.currency, value.sign, value.tone, value.dots)
        if old is None or shown != (old.label, old.figure, old.currency, old.sign, old.tone, old.dots):
            self.update(QRect(0, 37, self.width(), top - 37))

    def _announce(self, name: str) -> None:
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, name))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The primary lies where the layout says."""
        x, y, width, height = self.face.metrics.primary
        self.primary.setGeometry(x, y, width, height)

    def draw(self, painter: QPainter) -> None:
        """Draw edge, facts, label and figure."""
        value = self.value
        ink = self.face.ink
        ink.rule(painter, 0, 0, self.width())
        if self.edged:
            painter.fillRect(0, 0, 1, self.height(), ink.brush("line"))
        if value is None:
            return
        x, top, width, _height = self.face.metrics.primary
        self._facts(painter, value, (x, min(12, top - 80), width, 24))
        middle = top - 35 if self.face.metrics.rail_words else top - 28
        label = Style("title", strong=True)
        room = (x, middle - 14 + 2, width, 28)
        if value.dots is not None:
            ink.text(painter, room, value.label, label)
            draw_dots(painter, self.face, value.dots, (x + width, middle + 2), 20, 36)
            return
        taken = self._figure(painter, value, (x, middle, width))
        ink.text(painter, (room[0], room[1], width - taken - 8, 28), value.label, label)

    def _facts(self, painter: QPainter, value: Anchor, box: tuple[float, float, float, float]) -> None:
        if not value.facts:
            return
        ink = self.face.ink
        style = Style("body", "ink_2")
        x, y, width, height = box
        facts = value.facts
        # A fact goes as a whole, the first one first: an amount is never cut.
        while len(facts) > 1 and sum(ink.width(fact, style) + 10 for fact in facts) - 10 > width:
            facts = facts[1:]
        widths = [ink.width(fact, style) for fact in facts]
        spare = (width - sum(widths)) / max(1, len(widths) - 1)
        if len(widths) == 1:
            ink.text(painter, box, facts[0], style)
            if value.was:
                self._struck(painter, value.was, (x + widths[0] + 6, y, width - widths[0] - 6, height))
            return
        for fact, wide in zip(facts, widths, strict=True):
            ink.text(painter, (x, y, wide + 2, height), fact, style)
            x += wide + spare

    def _struck(self, painter: QPainter, text: str, box: tuple[float, float, float, float]) -> None:
        """An amount that holds no more."""
        wide = self.face.ink.text(painter, box, text, Style("body", "ink_3"), "start", False)
        self.face.ink.rule(painter, box[0], round(box[1] + box[3] / 2), wide, "ink_3")

    def _figure(self, painter: QPainter, value: Anchor, place: tuple[float, float, float]) -> float:
        """Draw sign, small currency and figure ending at the right; return their width."""
        ink = self.face.ink
        x, middle, width = place
        color = TONES[value.tone]
        label = ink.width(value.label, Style("title", strong=True))
        steps = self.face.metrics.figure_steps
        for size in (*steps, 36, 32):
            figure = Style(size, color, strong=True)
            currency = Style(round(size * CURRENCY), color)
            widths = [
                ink.width(value.sign, figure),
                ink.width(value.currency, currency) + (3 if value.currency else 0),
                ink.width(value.figure, figure),
            ]
            if sum(widths) + label + 16 <= width:
                break
        base = middle + 1 + HALF_CAPITAL * steps[0] - 1
        left = x + width - sum(widths)
        parts = ((value.sign, figure), (value.currency, currency), (value.figure, figure))
        for (text, style), wide in zip(parts, widths, strict=True):
            high = base - HALF_CAPITAL * ink.size(style.role)
            ink.text(painter, (left, high - 32, wide + 4, 64), text, style, "start", False)
            left += wide
        return sum(widths)
