"""The keyboard focus ring.

Knows which widget of a window has the focus and draws a ring outside it, with a gap, over whatever
lies beside it; a style sheet can only draw inside. A widget with the property `ring` set to false, such
as the scan field that is always live, gets none. It never takes a click and never moves the focus.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import QApplication, QWidget

from posapp.ui.theme import Theme

RING_PROPERTY = "ring"
_MOVES = frozenset(
    (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.LayoutRequest)
)


class FocusRing(QWidget):
    """A transparent child of a window that rings the widget with the focus; make one per window."""

    def __init__(self, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self._window = window
        self._theme = theme
        self._ringed: QWidget | None = None
        self._watched: list[QObject] = []
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._follow)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colour and width of another theme from now on."""
        self._theme = theme
        self._place()

    def ringed(self) -> QWidget | None:
        """Return the widget that wears the ring now, if any."""
        return self._ringed if self.isVisible() else None

    def _follow(self, _old: QWidget | None, new: QWidget | None) -> None:
        for watched in self._watched:
            watched.removeEventFilter(self)
        self._watched.clear()
        window = self._window
        wanted = new is not None and new is not window and window.isAncestorOf(new)
        self._ringed = (
            new if wanted and new is not None and new.property(RING_PROPERTY) is not False else None
        )
        each: QWidget | None = self._ringed
        while each is not None and each is not window:
            each.installEventFilter(self)
            self._watched.append(each)
            each = each.parentWidget()
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay with the ringed widget when it or what it lies in moves."""
        if event.type() in _MOVES:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        ringed = self._ringed
        if ringed is None or not ringed.isVisible():
            self.hide()
            return
        border = self._theme.tokens.border
        reach = border["focus"] + border["focus_gap"]
        place = QRect(ringed.mapTo(self._window, QPoint(0, 0)), ringed.size())
        place.adjust(-reach, -reach, reach, reach)
        self.setGeometry(place)
        # Without its middle the ring costs nothing when the field under it repaints.
        inner = self.rect().adjusted(reach, reach, -reach, -reach)
        self.setMask(QRegion(self.rect()).subtracted(QRegion(inner)))
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ring."""
        width = self._theme.tokens.border["focus"]
        radius = self._theme.tokens.radius["control"] + self._theme.tokens.border["focus_gap"] + width / 2
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("focus"), width))
        edge = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(edge, edge, -edge, -edge), radius, radius)
        painter.end()
