"""Strikes keys into a window as a scanner or a person would, with times of their own.

For demonstrations, measurements and tests: events are sent to the window's handle, the way real keys
come, so that everything between the handle and the screen takes part.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

ENTER = Qt.Key.Key_Return
_SHIFTED = frozenset('~!@#$%^&*()_+{}|:"<>?')


def strike(
    window: QWidget, key: Qt.Key, text: str = "", *, at_ms: int = 0, down_ms: int = 0, repeat: bool = False
) -> None:
    """Press and release one key, `down_ms` between the two; `at_ms` 0 leaves the time of arrival."""
    target = window.windowHandle()
    if target is None:
        raise RuntimeError("the window has never been shown")
    held = Qt.KeyboardModifier.NoModifier
    if len(text) == 1 and (text.isupper() or text in _SHIFTED):
        held = Qt.KeyboardModifier.ShiftModifier
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        event = QKeyEvent(kind, key, held, text, repeat)
        late_ms = down_ms if at_ms and kind == QEvent.Type.KeyRelease else 0
        event.setTimestamp(at_ms + late_ms)
        QCoreApplication.sendEvent(target, event)


def scan(window: QWidget, code: str, *, start_ms: int = 0, gap_ms: int = 5, end: bool = True) -> None:
    """Deliver `code` as a keyboard scanner does, `gap_ms` between keys, closed by Enter."""
    at_ms = start_ms
    for character in code:
        upper = character.upper()
        key = Qt.Key(ord(upper)) if upper.isascii() else Qt.Key.Key_unknown
        strike(window, key, character, at_ms=at_ms)
        at_ms += gap_ms if start_ms else 0
    if end:
        strike(window, ENTER, "\r", at_ms=at_ms)
