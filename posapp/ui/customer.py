"""The shopper's screen, on a second monitor where there is one: painted whole, nothing to press.

A till without a second monitor has none of this. The newest goods are always in view; older ones go off
above.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from posapp.flows.customer import CustomerLine, CustomerView
from posapp.ui.theme import Theme
from posapp.ui.widgets.ink import Ink, Style
from posapp.ui.widgets.rows import TONE_INK

HEAD, ROW, MARGIN, SUM = 88, 72, 28, 52
#: The left part's share of the width.
GOODS_SHARE = (790, 1366)
FIGURE, FIGURE_LEAST = 96, 48


class CustomerWindow(QWidget):
    """Goods on the left; sums, what is to pay and what is saved on the right."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(None, Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowDoesNotAcceptFocus)
        self.ink = Ink(theme)
        self.view: CustomerView | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def show_view(self, view: CustomerView | None) -> None:
        """Show this; painted only where it differs."""
        if view != self.view:
            self.view = view
            self.setAccessibleName("" if view is None else f"{view.label} {view.currency}{view.figure}")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint everything."""
        painter = QPainter(self)
        width, height = self.width(), self.height()
        left = width * GOODS_SHARE[0] // GOODS_SHARE[1]
        painter.fillRect(0, 0, left, height, self.ink.brush("surface"))
        painter.fillRect(left, 0, width - left, height, self.ink.brush("canvas"))
        painter.fillRect(left, 0, 1, height, self.ink.brush("line"))
        if self.view is not None:
            self._goods(painter, self.view, left, height)
            self._sums(painter, self.view, (left + 40, width - left - 80), height)
        painter.end()

    def _goods(self, painter: QPainter, view: CustomerView, width: int, height: int) -> None:
        ink = self.ink
        ink.icon(painter, "logo", (MARGIN, 0, 36, HEAD), "primary", 36)
        end = ink.text(painter, (0, 0, width - MARGIN, HEAD), view.head, Style(20, "ink_2"), "end")
        ink.text(painter, (MARGIN + 48, 0, width - end - 120, HEAD), view.store, Style(24, strong=True))
        ink.rule(painter, 0, HEAD - 1, width)
        fit = max(1, (height - HEAD - 60) // ROW)
        y = HEAD
        for line in view.lines[-fit:]:
            self._line(painter, line, y, width)
            y += ROW
        if view.thanks:
            ink.text(painter, (MARGIN, y + 8, width - 2 * MARGIN, 48), view.thanks, Style(24, "ink_2"))

    def _line(self, painter: QPainter, line: CustomerLine, y: int, width: int) -> None:
        ink = self.ink
        if line.newest:
            painter.fillRect(0, y, width, ROW, ink.brush("primary_soft"))
        ink.rule(painter, 0, y + ROW - 1, width)
        right = width - MARGIN
        amount_y, high = (y + 6, 34) if line.was else (y, ROW)
        taken = ink.text(
            painter, (0, amount_y, right, high), line.amount, Style(27, strong=True), "end", False
        )
        if line.was:
            was = ink.text(painter, (0, y + 40, right, 26), line.was, Style(18, "ink_3"), "end", False)
            painter.fillRect(round(right - was), y + 53, round(was), 1, ink.brush("ink_3"))
            taken = max(taken, was)
        room = right - MARGIN - taken - 16
        name_y, name_high = (y + 6, 34) if line.offers else (y, ROW)
        how = ink.width(line.quantity, Style(20, strong=True)) + 14 if line.quantity else 0
        x = MARGIN + ink.text(painter, (MARGIN, name_y, room - how, name_high), line.name, Style(24))
        ink.text(painter, (x + 12, name_y, how, name_high), line.quantity, Style(20, strong=True))
        ink.text(painter, (MARGIN, y + 40, room, 26), line.offers, Style(18, "saving_ink"))

    def _sums(self, painter: QPainter, view: CustomerView, place: tuple[int, int], height: int) -> None:
        ink = self.ink
        x, width = place
        y = 20
        for row in view.rows:
            taken = ink.text(
                painter, (x, y, width, SUM), row.amount, Style(24, TONE_INK[row.tone]), "end", False
            )
            ink.text(painter, (x, y, width - taken - 12, SUM), row.label, Style(22, "ink_2"))
            ink.rule(painter, x, y + SUM - 1, width)
            y += SUM
        y = max(y + 40, height * 310 // 768)
        ink.text(painter, (x, y, width, 56), view.label, Style(28, strong=True))
        size = FIGURE
        sign = ink.width(view.currency, Style(size * 62 // 100)) + 8
        while size > FIGURE_LEAST and ink.width(view.figure, Style(size, strong=True)) + sign > width:
            size -= 8
        y += 56
        taken = ink.text(painter, (x, y, width, 110), view.figure, Style(size, strong=True), "end", False)
        place_of_sign = (x, y + 8, width - taken - 6, 110)
        ink.text(painter, place_of_sign, view.currency, Style(size * 62 // 100), "end", False)
        if view.saved:
            self._saved(painter, view, (x, y + 118))
        if view.earned:
            style = Style(28, "member_ink", strong=True)
            words = ink.width(view.earned, style) + ink.width(view.earned_label, Style(22)) + 22
            below = 70 if view.saved and self._saved_width(view) + words > width else 0
            box = (x, y + 118 + below, width, 56)
            taken = ink.text(painter, box, view.earned, style, "end", False)
            label = (x, y + 118 + below, width - taken - 10, 56)
            ink.text(painter, label, view.earned_label, Style(22, "member_ink"), "end", False)

    def _saved_width(self, view: CustomerView) -> float:
        label, figure = Style(22, "saving_ink"), Style(28, "saving_ink", strong=True)
        words = f"{view.currency}{view.saved}"
        return self.ink.width(view.saved_label, label) + self.ink.width(words, figure) + 48

    def _saved(self, painter: QPainter, view: CustomerView, at: tuple[int, int]) -> None:
        ink = self.ink
        label, figure = Style(22, "saving_ink"), Style(28, "saving_ink", strong=True)
        words = f"{view.currency}{view.saved}"
        wide = self._saved_width(view)
        ink.ground(painter, (*at, wide, 56), "saving_soft")
        taken = ink.text(painter, (at[0] + 18, at[1], wide, 56), view.saved_label, label)
        ink.text(painter, (at[0] + 30 + taken, at[1], wide, 56), words, figure, "start", False)


def second_screen(theme: Theme) -> CustomerWindow | None:
    """The shopper's window on the second monitor, or None where there is only one."""
    screens = QGuiApplication.screens()
    if len(screens) < 2:
        return None
    window = CustomerWindow(theme)
    window.setGeometry(screens[1].geometry())
    window.setScreen(screens[1])
    window.showFullScreen()
    return window
