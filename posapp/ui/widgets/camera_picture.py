"""What the camera sees: the newest frame with a frame around each code, and one sentence below it.

Frames come beside the view, many a second, and only the newest is painted. Knows no camera and no code.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QWidget

from posapp.flows.views import CameraPicture
from posapp.ui.widgets.base import Face, Painted
from posapp.ui.widgets.buttons import IconButton
from posapp.ui.widgets.ink import Style
from posapp.ui.widgets.rows import TONE_INK
from posapp.ui.widgets.sizes import Room, Setting
from posapp.values import dataclass

Outline = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """One grey picture, a byte a pixel, row by row without padding; outlines in parts of width and height."""

    width: int
    height: int
    grey: bytes
    outlines: tuple[Outline, ...] = ()


class CameraBlock(Painted):
    """The live picture in a column."""

    outset = 0

    def __init__(self, face: Face, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.value: CameraPicture | None = None
        self.frame_shown: Frame | None = None
        self._image: QImage | None = None
        self.close_button = IconButton(face, "x", self, ground=None)

    def take(self, value: CameraPicture) -> None:
        """Show these words."""
        if value == self.value:
            return
        self.value = value
        self.setAccessibleName(f"{value.title}. {value.caption}")
        self.close_button.show_action(value.close)
        self.update()

    def show_frame(self, frame: Frame) -> None:
        """Show this picture."""
        self.frame_shown = frame
        grey = QImage.Format.Format_Grayscale8
        # The bytes are only borrowed by Qt: they live as long as the frame that is kept here.
        self._image = QImage(frame.grey, frame.width, frame.height, frame.width, grey)
        self.update()

    def room(self, width: int) -> Room:
        """Height in pixels: a wide picture and two lines of words."""
        words = 2 * self.face.ink.line("body") + 12
        return Room(width * 3 // 8 + words, width * 9 // 16 + words)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Close stands in the picture's corner."""
        self.close_button.setGeometry(self.width() - 48, 0, 48, 48)

    def _picture_box(self) -> QRectF:
        high = max(40, self.height() - 2 * self.face.ink.line("body") - 12)
        return QRectF(0, 0, self.width(), high)

    def draw(self, painter: QPainter) -> None:
        """Draw picture, frames and words."""
        value = self.value
        if value is None:
            return
        ink, box = self.face.ink, self._picture_box()
        path = QPainterPath()
        path.addRoundedRect(box, 8, 8)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(path, ink.brush("sunken"))
        if self._image is not None and self.frame_shown is not None:
            painter.save()
            painter.setClipPath(path)
            self._draw_frame(painter, box, self._image, self.frame_shown)
            painter.restore()
        else:
            ink.icon(painter, "camera", (0, 0, self.width(), round(box.height())), "ink_3", 32)
        ink.ground(painter, (self.width() - 44, 4, 40, 40), "surface", None, 20)
        style = Style("body", TONE_INK.get(value.tone, "ink_2"))
        top = round(box.bottom()) + 6
        for line in ink.wrapped(value.caption, style, self.width())[:2]:
            ink.text(painter, (0, top, self.width(), ink.line("body")), line, style)
            top += ink.line("body")

    def _draw_frame(self, painter: QPainter, box: QRectF, image: QImage, frame: Frame) -> None:
        """The picture fills the box and is cut where its shape differs; outlines lie on it."""
        scale = max(box.width() / frame.width, box.height() / frame.height)
        wide, high = frame.width * scale, frame.height * scale
        place = QRectF((box.width() - wide) / 2, (box.height() - high) / 2, wide, high)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, image)
        pen = QPen(self.face.ink.color("primary"), 4)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for outline in frame.outlines:
            corners = [QPointF(place.x() + x * wide, place.y() + y * high) for x, y in outline]
            painter.drawPolygon(QPolygonF(corners))
