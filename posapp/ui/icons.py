"""Line icons as pixmaps in a colour of the theme.

Knows how an icon file becomes a sharp picture at a size, a device pixel ratio and a colour, and keeps
the pictures it has made; nothing is drawn before a screen asks. It knows no colour roles: the theme
hands it a colour. QtSvg is imported on the first icon, since an empty window needs none.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from posapp.resources import resource_path

_PICTURES_KEPT = 512


@lru_cache(maxsize=_PICTURES_KEPT)
def _drawing(name: str) -> bytes:
    return resource_path("icons", f"{name}.svg").read_bytes()


@lru_cache(maxsize=_PICTURES_KEPT)
def _picture(name: str, rgba: int, size: int, dpr_percent: int) -> QPixmap:
    from PySide6.QtSvg import QSvgRenderer

    color = QColor.fromRgba(rgba)
    tinted = _drawing(name).replace(b"currentColor", color.name().encode())
    pixels = round(size * dpr_percent / 100)
    pixmap = QPixmap(pixels, pixels)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setOpacity(color.alphaF())
    QSvgRenderer(QByteArray(tinted)).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    pixmap.setDevicePixelRatio(dpr_percent / 100)
    return pixmap


def tinted_icon(name: str, color: QColor, size: int, dpr: float = 1.0) -> QPixmap:
    """Return the icon drawn in `color`, `size` logical pixels square; FileNotFoundError if there is none."""
    return _picture(name, color.rgba(), size, round(dpr * 100))


def forget_icons() -> None:
    """Drop all kept pictures; they must not outlive the QGuiApplication."""
    _picture.cache_clear()
