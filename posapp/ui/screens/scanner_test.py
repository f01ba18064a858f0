"""The test of a scanner: one code that a real scanner reads off the screen, and how all of them went.

Modules are whole pixels of the screen itself, dark on white in every scheme, with the quiet zone around
them: anything else blurs bars that a scanner counts on.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from posapp.flows.views import CodeModules, ProbeRow, ScannerMain
from posapp.ui.screens.page import Page
from posapp.ui.screens.status import TONE_ICON
from posapp.ui.widgets.base import Face, Painted, keep_as_many, spaced_lines
from posapp.ui.widgets.ink import Style
from posapp.ui.widgets.rows import TONE_INK

MOST_PIXELS = {True: 3, False: 8}
"""Pixels a module of bars and of squares takes at most: a larger code fits no scanner's view near by."""
BAR_HEIGHT = 160
CAPTION = 48
ROW = 32
ENDED_ROW = 56
COLUMNS = 2


def module_pixels(modules: CodeModules, width: int, height: int) -> int:
    """Whole pixels a module takes in a room of so many pixels, at least one."""
    across = modules.width + 2 * modules.quiet
    fits = width // across
    if not modules.linear:
        fits = min(fits, height // (len(modules.rows) + 2 * modules.quiet))
    return max(1, min(fits, MOST_PIXELS[modules.linear]))


class CodePart(Painted):
    """The code, dark on white."""

    def __init__(self, face: Face, parent: QWidget) -> None:
        super().__init__(face, parent)
        self.modules: CodeModules | None = None

    def take(self, modules: CodeModules, name: str) -> None:
        """Show this code."""
        if modules is not self.modules:
            self.modules = modules
            self.update()
        self.setAccessibleName(name)

    def draw(self, painter: QPainter) -> None:
        """Draw the code in the middle, in pixels of the screen."""
        modules = self.modules
        if modules is None:
            return
        ratio = self.devicePixelRatioF()
        width, height = int(self.width() * ratio), int(self.height() * ratio)
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillRect(QRect(0, 0, width + 1, height + 1), QColor(Qt.GlobalColor.white))
        pixels = module_pixels(modules, width, height)
        tall = min(int(BAR_HEIGHT * ratio), height - 2 * pixels) if modules.linear else pixels
        left = (width - pixels * modules.width) // 2
        top = (height - tall * len(modules.rows)) // 2
        dark = QColor(Qt.GlobalColor.black)
        for row, bits in enumerate(modules.bits()):
            for start, end in dark_runs(bits):
                box = QRect(left + start * pixels, top + row * tall, (end - start) * pixels, tall)
                painter.fillRect(box, dark)
        painter.restore()


def dark_runs(bits: str) -> list[tuple[int, int]]:
    """Where dark modules begin and end in a row."""
    runs, start = [], -1
    for place, bit in enumerate(bits + "0"):
        if bit == "1" and start < 0:
            start = place
        elif bit == "0" and start >= 0:
            runs.append((start, place))
            start = -1
    return runs


class ProbePart(Painted):
    """A test code by name, and how it went."""

    def __init__(self, face: Face, parent: QWidget) -> None:
        super().__init__(face, parent, ground="canvas")
        self.value: ProbeRow | None = None

    def take(self, value: ProbeRow) -> None:
        """Show this code."""
        if value != self.value:
            self.value = value
            self.setAccessibleName(
                ", ".join(part for part in (value.label, value.state, value.detail) if part)
            )
            self.update()

    def draw(self, painter: QPainter) -> None:
        """Draw name and state; the code that is shown is marked."""
        row = self.value
        if row is None:
            return
        ink, width, height = self.face.ink, self.width(), self.height()
        if row.here:
            ink.ground(painter, (0, 0, width, height), "primary_soft", None, 8)
        color = TONE_INK[row.tone] if row.state else "ink_2"
        icon = TONE_ICON[row.tone] if row.state else ""
        if icon:
            ink.icon(painter, icon, (8, 0, 20, height), color, 20)
        style = Style("body", color)
        state = ink.width(row.state, style)
        ink.text(painter, (width - 8 - state, 0, state, height), row.state, style, "end", False)
        room = width - 36 - state - 20
        label = Style("body", "ink", strong=row.here)
        if height < ENDED_ROW - 6 or not row.detail:
            ink.text(painter, (36, 0, room, height), row.label, label)
        else:
            low = (row.detail, Style("body", "ink_2"))
            spaced_lines(painter, ink, (36, 0, room + 4, height), (row.label, label), low)


class ScannerScreen(Page[ScannerMain]):
    """The test of a scanner."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.code = CodePart(face, self)
        self.parts: list[ProbePart] = []
        self.caption = (0, 0, 0, 0)

    def changed(self, old: ScannerMain | None, value: ScannerMain) -> None:
        """Keep the rows that are there."""
        keep_as_many(self.parts, len(value.rows), lambda: ProbePart(self.face, self))
        for part, row in zip(self.parts, value.rows, strict=True):
            part.take(row)
        self.code.setVisible(value.drawing is not None)
        if value.drawing is not None:
            self.code.take(value.drawing, value.name)
        self.arrange()
        self.update()

    def arrange(self) -> None:
        """The code large, the rows in two columns below; without a code the rows alone."""
        value, metrics = self.value, self.face.metrics
        if value is None:
            return
        margin = metrics.page_margin
        top = 88 if metrics.rail_words else 72
        wide, bottom = self.width() - 2 * margin, self.height() - 8
        if value.drawing is None:
            each = min(ENDED_ROW, (bottom - top) // max(1, len(self.parts)))
            for index, part in enumerate(self.parts):
                part.setGeometry(margin, top + index * each, wide, each)
            return
        deep = -(-len(self.parts) // COLUMNS)
        below = bottom - deep * ROW
        half = (wide - metrics.gutter) // COLUMNS
        for index, part in enumerate(self.parts):
            column, row = divmod(index, deep)
            part.setGeometry(margin + column * (wide - half), below + row * ROW, half, ROW)
        self.code.setGeometry(margin, top, wide, below - metrics.gutter - CAPTION - top)
        self.caption = (margin, below - metrics.gutter - CAPTION, wide, CAPTION)

    def draw_value(self, painter: QPainter, value: ScannerMain) -> None:
        """Draw the heading, and what the code says below it."""
        self.draw_heading(painter, (value.title, value.detail), 20 if self.face.metrics.rail_words else 8)
        if value.drawing is not None:
            self.face.ink.text(painter, self.caption, value.caption, Style("body", "ink_2"), "middle")
