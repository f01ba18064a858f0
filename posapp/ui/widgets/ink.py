"""Draws text, icons and rounded grounds by the roles of the theme, fast.

Shaped texts, widths, fonts and pens are kept, since every scan paints the same words again. Text is set
on a base line found from the middle of its row, so that a fallback face never shifts a row. It knows no
widget and no view.
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPen,
    QPixmap,
    QStaticText,
    QTextLayout,
    QTextOption,
)

from posapp.ui.theme import Theme
from posapp.values import dataclass

HALF_CAPITAL = 0.364
"""Half the height of a capital in parts of the size: Inter centres its capitals in the line."""
_KEPT = 4096

Align = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is set: type role or size in pixels, weight, colour role."""

    role: str | int = "body"
    color: str = "ink"
    strong: bool = False


@dataclass(slots=True)
class Shaped:
    """A text's width, and from its second use on the text shaped, with the distance of its base line."""

    width: float
    static: QStaticText | None = None
    ascent: float = 0.0
    used: bool = False


class Ink:
    """Pens, brushes, fonts and shaped texts of one theme."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._fonts: dict[tuple[str | int, bool], QFont] = {}
        self._measures: dict[tuple[str | int, bool], QFontMetricsF] = {}
        self._shaped: dict[tuple[str, str | int, bool], Shaped] = {}
        self._elided: dict[tuple[str, str | int, bool, int], str] = {}
        self._pens: dict[tuple[str, float], QPen] = {}
        self._brushes: dict[str, QBrush] = {}
        self._pictures: dict[tuple[str, str, int, float], QPixmap] = {}

    # ------------------------------------------------------------------ kept things

    def color(self, role: str) -> QColor:
        """The colour of a role; do not change it."""
        return self.theme.color(role)

    def brush(self, role: str) -> QBrush:
        """A brush in the colour of a role."""
        found = self._brushes.get(role)
        if found is None:
            found = self._brushes[role] = QBrush(self.color(role))
        return found

    def pen(self, role: str, width: float = 1.0) -> QPen:
        """A pen in the colour of a role."""
        found = self._pens.get((role, width))
        if found is None:
            found = self._pens[role, width] = QPen(self.color(role), width)
        return found

    def font(self, role: str | int, strong: bool = False) -> QFont:
        """The font of a type role or of a size in pixels; do not change it."""
        key = (role, strong)
        found = self._fonts.get(key)
        if found is None:
            found = QFont(
                self.theme.font(role, strong) if isinstance(role, str) else self.theme.font_px(role, strong)
            )
            found.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
            self._fonts[key] = found
        return found

    def size(self, role: str | int) -> int:
        """Size in pixels of a type role."""
        return self.theme.tokens.type[role].size if isinstance(role, str) else role

    def line(self, role: str | int) -> int:
        """Line height in pixels of a type role."""
        return self.theme.tokens.type[role].line if isinstance(role, str) else round(role * 1.4)

    def shape(self, text: str, style: Style) -> Shaped:
        """The text shaped in this style."""
        key = (text, style.role, style.strong)
        found = self._shaped.get(key)
        if found is None:
            if len(self._shaped) >= _KEPT:
                self._shaped.clear()
            found = self._shaped[key] = Shaped(self._measure(style).horizontalAdvance(text))
        return found

    def _measure(self, style: Style) -> QFontMetricsF:
        key = (style.role, style.strong)
        found = self._measures.get(key)
        if found is None:
            found = self._measures[key] = QFontMetricsF(self.font(style.role, style.strong))
        return found

    @staticmethod
    def _shape(shaped: Shaped, text: str, font: QFont) -> QStaticText:
        layout = QTextLayout(text, font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.NoWrap)
        layout.setTextOption(option)
        layout.beginLayout()
        line = layout.createLine()
        line.setLineWidth(100_000.0)
        layout.endLayout()
        shaped.ascent = line.ascent()
        shaped.static = QStaticText(text)
        shaped.static.setTextFormat(Qt.TextFormat.PlainText)
        shaped.static.setTextOption(option)
        shaped.static.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        shaped.static.prepare(font=font)
        return shaped.static

    def width(self, text: str, style: Style) -> float:
        """Width of the text in pixels."""
        return self.shape(text, style).width if text else 0.0

    def elided(self, text: str, style: Style, width: float) -> str:
        """The text, cut with an ellipsis where it is wider than `width`."""
        if not text or self.width(text, style) <= width + 0.5:
            return text
        key = (text, style.role, style.strong, int(width))
        found = self._elided.get(key)
        if found is None:
            if len(self._elided) >= _KEPT:
                self._elided.clear()
            measure = self._measure(style)
            found = measure.elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, width))
            self._elided[key] = found
        return found

    # ------------------------------------------------------------------ drawing

    def text(
        self,
        painter: QPainter,
        box: tuple[float, float, float, float],
        text: str,
        style: Style,
        align: Align = "start",
        elide: bool = True,
    ) -> float:
        """Draw one line in the middle of `box` (x, y, width, height); return the width drawn."""
        if not text:
            return 0.0
        x, y, width, height = box
        shaped = self.shape(text, style)
        if elide and shaped.width > width + 0.5:
            text = self.elided(text, style, width)
            if not text:
                return 0.0
            shaped = self.shape(text, style)
        if align == "end":
            x += width - shaped.width
        elif align == "middle":
            x += (width - shaped.width) / 2
        base = round(y + height / 2 + HALF_CAPITAL * self.size(style.role))
        font = self.font(style.role, style.strong)
        painter.setFont(font)
        painter.setPen(self.color(style.color))
        if not shaped.used:
            # Sums and amounts are mostly painted once: shaping for keeps costs more than painting.
            shaped.used = True
            painter.drawText(QPointF(x, base), text)
            return shaped.width
        static = shaped.static or self._shape(shaped, text, font)
        painter.drawStaticText(QPointF(x, base - shaped.ascent), static)
        return shaped.width

    def icon(
        self, painter: QPainter, name: str, box: tuple[float, float, float, float], role: str, size: int = 24
    ) -> None:
        """Draw an icon in the middle of `box`."""
        ratio = painter.device().devicePixelRatio()
        key = (name, role, size, ratio)
        picture = self._pictures.get(key)
        if picture is None:
            picture = self._pictures[key] = self.theme.pixmap(name, role, size, ratio)
        x, y, width, height = box
        painter.drawPixmap(QPointF(round(x + (width - size) / 2), round(y + (height - size) / 2)), picture)

    def ground(
        self,
        painter: QPainter,
        box: tuple[float, float, float, float],
        fill: str | None,
        edge: str | None = None,
        radius: float = 8,
        stroke: float = 1.0,
    ) -> None:
        """Draw a rounded ground, its edge inside the box."""
        x, y, width, height = box
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.pen(edge, stroke) if edge else Qt.PenStyle.NoPen)
        painter.setBrush(self.brush(fill) if fill else Qt.BrushStyle.NoBrush)
        half = stroke / 2 if edge else 0.0
        painter.drawRoundedRect(
            QRectF(x + half, y + half, width - 2 * half, height - 2 * half), radius - half, radius - half
        )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def rule(self, painter: QPainter, x: float, y: float, width: float, role: str = "line") -> None:
        """Draw a hairline one pixel high."""
        painter.fillRect(QRectF(x, y, width, 1), self.brush(role))

    def keycap(
        self, painter: QPainter, box: tuple[float, float, float, float], key: str, inverse: bool = False
    ) -> None:
        """Draw the name of a key in its small frame."""
        self.ground(
            painter,
            box,
            None if inverse else "canvas",
            "on_primary" if inverse else "line",
            self.theme.tokens.radius["keycap"],
        )
        self.text(painter, box, key, Style("keycap", "on_primary" if inverse else "ink_3"), "middle", False)

    def keycap_width(self, key: str) -> float:
        """Width of the frame around the name of a key."""
        return round(self.width(key, Style("keycap"))) + 16 if key else 0.0

    def disc(
        self,
        painter: QPainter,
        center: tuple[float, float],
        diameter: float,
        fill: str,
        edge: str | None = None,
    ) -> None:
        """Draw a filled or ringed circle."""
        x, y = center
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.pen(edge, 2.0) if edge else Qt.PenStyle.NoPen)
        painter.setBrush(self.brush(fill))
        shrink = 1.0 if edge else 0.0
        painter.drawEllipse(QPointF(x, y), diameter / 2 - shrink, diameter / 2 - shrink)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def wrapped(self, text: str, style: Style, width: float) -> tuple[str, ...]:
        """The text in lines of at most `width` pixels, broken where its language allows."""
        if self.width(text, style) <= width:
            return (text,) if text else ()
        layout = QTextLayout(text, self.font(style.role, style.strong))
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        lines: list[str] = []
        while True:
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(max(width, 16.0))
            start = line.textStart()
            lines.append(text[start : start + line.textLength()].rstrip())
        layout.endLayout()
        return tuple(lines)
