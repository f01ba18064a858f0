"""Where things lie on the real window: learnt from a till of the same folder that shows itself nowhere.

The skeleton is fixed, so the same view at the same size has its parts at the same pixels; the twin is
walked to a screen and asked where a part of a given name lies.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from posapp.ui.widgets.base import Pick, Press

PRIMARY = (983 + 367 // 2, 680 + 72 // 2)
"""The middle of the one primary act in a window of 1366 × 768."""


def place_of(window: QWidget, name: str) -> tuple[int, int]:
    """The middle of the visible part that can be pressed and whose name or text begins so."""
    found = [
        part
        for part in window.findChildren(QWidget)
        if isinstance(part, Press | Pick)
        and part.isVisible()
        and (part.accessibleName().startswith(name) or part.text().startswith(name))
    ]
    assert found, f"nothing is called {name}: {sorted(names(window))}"
    middle = found[0].mapTo(window, QPoint(found[0].width() // 2, found[0].height() // 2))
    return middle.x(), middle.y()


def names(window: QWidget) -> set[str]:
    """All names of parts that can be pressed."""
    parts = [part for part in window.findChildren(QWidget) if isinstance(part, Press | Pick)]
    return {part.accessibleName() or part.text() for part in parts if part.isVisible()}
