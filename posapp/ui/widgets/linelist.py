"""The lines of the sale, painted row by row; only rows that changed are painted again.

The list is a view on a small model so that a screen reader finds every row, but places and paints its rows
itself: they all have one height, and a scan may not pay for a layout of all of them. A new line is brought
into view by moving the pixels that are there. It never changes a line: presses become intents.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
)
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QScroller, QWidget

from posapp.flows.intents import ChangeQuantity, MarkLine, VoidLine
from posapp.flows.views import LineView
from posapp.ui.widgets.base import Face
from posapp.ui.widgets.linerow import LinePainter

Index = QModelIndex | QPersistentModelIndex
DRAG_PX = 12


class LineModel(QAbstractListModel):
    """The lines as rows with words for screen readers."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.lines: tuple[LineView, ...] = ()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        """Number of lines."""
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The words of a line."""
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole) and index.isValid():
            return line_words(self.lines[index.row()])
        return None

    def take(self, lines: tuple[LineView, ...]) -> tuple[list[int], int]:
        """Hold these lines; return the rows that changed and the first row that moved (or the row count)."""
        old = self.lines
        kept = min(len(old), len(lines))
        changed = [row for row in range(kept) if lines[row] is not old[row] and lines[row] != old[row]]
        if len(lines) > len(old):
            self.beginInsertRows(QModelIndex(), len(old), len(lines) - 1)
            self.lines = lines
            self.endInsertRows()
            return changed, len(old)
        if len(lines) < len(old):
            first = changed[0] if changed else kept
            gone = len(old) - len(lines)
            self.beginRemoveRows(QModelIndex(), first, first + gone - 1)
            self.lines = lines
            self.endRemoveRows()
            return changed, first
        self.lines = lines
        for row in changed:
            index = self.index(row)
            self.dataChanged.emit(index, index)
        return changed, len(lines)


def line_words(line: LineView) -> str:
    """A line as it is read out."""
    parts = (str(line.line_no), line.name, line.second, line.offers, line.quantity, line.amount)
    return ", ".join(part for part in parts if part)


class LineList(QListView):
    """All lines of the sale; scrolls by touch, wheel and by the mark."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.face = face
        self.rows = LinePainter(face)
        self.lines = LineModel(self)
        self.locked = False
        self.tapping = False
        self.reach_ready = False
        self._pressed: tuple[int, str] | None = None
        self._drag_from: tuple[int, int] | None = None
        self._dragging = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAutoScroll(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.viewport().setAutoFillBackground(False)
        self.setModel(self.lines)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)

    # ------------------------------------------------------------------ what is shown

    def show_lines(self, lines: tuple[LineView, ...], locked: bool) -> None:
        """Show these lines; paint only what changed and bring the marked line into view."""
        if lines is self.lines.lines and locked == self.locked:
            return
        row_height = self.face.metrics.row
        relocked = locked != self.locked
        self.locked = locked
        before_mark = marked_row(self.lines.lines)
        changed, moved_from = self.lines.take(lines)
        self._set_range()
        mark = marked_row(lines)
        if mark is not None and (mark != before_mark or moved_from != len(lines) or mark in changed):
            self._bring(mark)
        if relocked:
            self.viewport().update()
            return
        top = self.verticalScrollBar().value()
        width, height = self.viewport().width(), self.viewport().height()
        for row in changed:
            y = row * row_height - top
            if -row_height < y < height:
                self.viewport().update(0, y, width, row_height)
        y = moved_from * row_height - top
        if y < height:
            self.viewport().update(0, y, width, height - y)
        if mark is not None and QAccessible.isActive():
            event = QAccessibleEvent(self, QAccessible.Event.Focus)
            event.setChild(mark)
            QAccessible.updateAccessibility(event)

    def _set_range(self) -> None:
        bar = self.verticalScrollBar()
        height = len(self.lines.lines) * self.face.metrics.row
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(self.face.metrics.row // 2)
        bar.setRange(0, max(0, height - self.viewport().height()))

    def _bring(self, row: int) -> None:
        bar = self.verticalScrollBar()
        top = row * self.face.metrics.row
        bottom = top + self.face.metrics.row - self.viewport().height()
        if bar.value() > top:
            bar.setValue(top)
        elif bar.value() < bottom:
            bar.setValue(bottom)

    # ------------------------------------------------------------------ geometry, in place of Qt's own layout

    def doItemsLayout(self) -> None:
        """Rows have one height; there is nothing to lay out."""

    def updateGeometries(self) -> None:
        """The range of the scroll bar is all there is."""
        self._set_range()

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        """`show_lines` has done all."""

    def rowsAboutToBeRemoved(self, parent: Index, start: int, end: int) -> None:
        """`show_lines` does all."""

    def dataChanged(self, top_left: Index, bottom_right: Index, roles: Sequence[int] = ()) -> None:
        """`show_lines` has done all."""

    def visualRect(self, index: Index) -> QRect:
        """Where a row lies in the viewport."""
        row_height = self.face.metrics.row
        y = index.row() * row_height - self.verticalScrollBar().value()
        return QRect(0, y, self.viewport().width(), row_height)

    def indexAt(self, point: QPoint) -> QModelIndex:
        """The row at a place of the viewport."""
        row = (point.y() + self.verticalScrollBar().value()) // self.face.metrics.row
        return self.lines.index(row) if 0 <= row < len(self.lines.lines) else QModelIndex()

    def scrollTo(
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        """Bring a row into view."""
        if index.isValid():
            self._bring(index.row())

    def verticalOffset(self) -> int:
        """How far the rows are scrolled, in pixels."""
        return self.verticalScrollBar().value()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Move the pixels that are there."""
        self.viewport().scroll(0, dy)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the marked line in view."""
        self._set_range()
        mark = marked_row(self.lines.lines)
        if mark is not None:
            self._bring(mark)

    # ------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows that are touched."""
        painter = QPainter(self.viewport())
        dirty = event.rect()
        row_height = self.face.metrics.row
        offset = self.verticalScrollBar().value()
        lines = self.lines.lines
        width = self.viewport().width()
        first = max(0, (dirty.top() + offset) // row_height)
        last = min(len(lines) - 1, (dirty.bottom() + offset) // row_height)
        region = event.region()
        several = region.rectCount() > 1
        for row in range(first, last + 1):
            y = row * row_height - offset
            if several and not region.intersects(QRect(0, y, width, row_height)):
                continue
            pressed = self._pressed[1] if self._pressed is not None and self._pressed[0] == row else ""
            self.rows.paint(painter, lines[row], (y, width), self.locked, pressed)
        below = (last + 1) * row_height - offset if lines else 0
        if below <= dirty.bottom():
            below = max(below, dirty.top())
            painter.fillRect(0, below, width, dirty.bottom() - below + 1, self.face.ink.brush("surface"))
        painter.end()

    # ------------------------------------------------------------------ pressing

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show at once what is pressed."""
        self._dragging = False
        self._drag_from = (event.position().toPoint().y(), self.verticalScrollBar().value())
        self._set_pressed(self._part_at(event.position().toPoint()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A pull scrolls and presses nothing."""
        if self._drag_from is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        start, value = self._drag_from
        pull = event.position().toPoint().y() - start
        if self._dragging or abs(pull) > DRAG_PX:
            self._dragging = True
            self._set_pressed(None)
            self.verticalScrollBar().setValue(value - pull)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The part that was pressed, if the pointer is still on it, becomes an intent."""
        part = self._part_at(event.position().toPoint())
        pressed, self._drag_from = self._pressed, None
        self._set_pressed(None)
        if part is None or part != pressed:
            return
        line = self.lines.lines[part[0]]
        if part[1] == "plus":
            self.face.send(ChangeQuantity(1, line.line_no))
        elif part[1] == "minus" and line.at_one:
            self.face.send(VoidLine(line.line_no))
        elif part[1] == "minus":
            self.face.send(ChangeQuantity(-1, line.line_no))
        elif not line.marked:
            self.face.send(MarkLine(line.line_no))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Two quick presses are two presses."""
        self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll by rows."""
        bar = self.verticalScrollBar()
        pixels = event.pixelDelta().y() or event.angleDelta().y() * self.face.metrics.row // 120
        bar.setValue(bar.value() - pixels)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys are the window's: the mark moves in the sale, not here."""
        event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Keys are the window's."""
        event.ignore()

    def _part_at(self, point: QPoint) -> tuple[int, str] | None:
        row = self.indexAt(point).row()
        if row < 0 or (self.locked and not self.tapping) or not self.viewport().rect().contains(point):
            return None
        y = row * self.face.metrics.row - self.verticalScrollBar().value()
        part = self.rows.part_at(self.lines.lines[row], point.x(), point.y() - y, self.viewport().width())
        return row, part

    def _set_pressed(self, part: tuple[int, str] | None) -> None:
        for each in (self._pressed, part):
            if each is not None:
                self.viewport().update(self.visualRect(self.lines.index(each[0])))
        self._pressed = part


def marked_row(lines: tuple[LineView, ...]) -> int | None:
    """The row of the marked line; the newest is looked at first."""
    for row in range(len(lines) - 1, -1, -1):
        if lines[row].marked:
            return row
    return None
