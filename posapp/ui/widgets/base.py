"""What every painted part has: a face to draw with, and for what can be pressed, the intent it means.

Parts are drawn here and not by a style sheet, because a sheet is polished again with every change and a
scan has no time for that. Parts never decide anything: they show a value of the view and hand its intent on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QRadioButton, QWidget

from posapp.ui.tokens import Metrics
from posapp.ui.widgets.ink import Ink, Style

ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
GROUP_PROPERTY = "group"
"""A parent with this property set is entered once by Tab; arrow keys move inside it."""


Part = TypeVar("Part", bound=QWidget)

if TYPE_CHECKING:
    _Widget = QWidget
    _Button = QAbstractButton
else:  # of Qt's own classes only one may stand among the bases
    _Widget = _Button = object


@dataclass(slots=True)
class Face:
    """What parts share: how to draw, how large, where intents go, and whether keys are handed on just now."""

    ink: Ink
    metrics: Metrics
    send: Callable[[object], None]
    handing_on: bool = False  # a key that was found to be a person's is on its way to the focus


class Drawn(_Widget):
    """What all painted parts have in common; mixed into a class of Qt, before it."""

    face: Face
    ground: str | None

    def prepare(self, face: Face, ground: str | None) -> None:
        """Make the part ready: drawn by hand, no input method; without a ground it lets through."""
        self.face = face
        self.ground = ground
        if ground is not None:
            self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Clear the ground and draw."""
        painter = QPainter(self)
        if self.ground is not None:
            painter.fillRect(event.rect(), self.face.ink.brush(self.ground))
        self.draw(painter)
        painter.end()

    def draw(self, painter: QPainter) -> None:
        """Draw the part; its own ground is clear already."""

    def sizeHint(self) -> QSize:
        """What the part is given: places are counted by whoever holds it."""
        return self.size()

    def minimumSizeHint(self) -> QSize:
        """No wish of its own."""
        return QSize(0, 0)


class Painted(Drawn, QLabel):
    """A part that is read and not pressed; its accessible name says what its picture says."""

    def __init__(self, face: Face, parent: QWidget | None = None, *, ground: str | None = "surface") -> None:
        QLabel.__init__(self, parent)
        self.prepare(face, ground)


class Panel(Drawn, QWidget):
    """A plain coloured ground that holds other parts."""

    def __init__(self, face: Face, parent: QWidget | None = None, *, ground: str = "canvas") -> None:
        QWidget.__init__(self, parent)
        self.prepare(face, ground)


class Pressing(Drawn, _Button):
    """What a press and a choice have in common; mixed into a button class of Qt, before it."""

    intent: object | None

    def begin(self, face: Face, ground: str | None) -> None:
        """Make the button ready: no mnemonic, no focus by pointer, drawn by hand."""
        self.prepare(face, ground)
        self.intent = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(self.fire)

    def fire(self) -> None:
        """Hand the intent on."""
        if self.intent is not None:
            self.face.send(self.intent)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space and Enter press, arrows move; a key that nobody has looked at goes to the window first."""
        if self.face.handing_on:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
                if not event.isAutoRepeat():
                    self.click()
                return
            step = ARROWS.get(Qt.Key(event.key()))
            if step is not None and move_focus(self, *step):
                return
        event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Nothing happens on release."""
        event.ignore()


class Press(Pressing, QPushButton):
    """Something to press."""

    def __init__(self, face: Face, parent: QWidget | None = None, *, ground: str | None = "surface") -> None:
        QPushButton.__init__(self, parent)
        self.begin(face, ground)


class Pick(Pressing, QRadioButton):
    """One of several; `checked` is what the view says and never what the press did."""

    def __init__(self, face: Face, parent: QWidget | None = None, *, ground: str | None = "surface") -> None:
        QRadioButton.__init__(self, parent)
        self.begin(face, ground)

    def set_chosen(self, chosen: bool) -> None:
        """Show what the view says; of exclusive buttons Qt itself would never let the last one go."""
        if chosen != self.isChecked():
            self.setAutoExclusive(False)
            self.setChecked(chosen)
            self.setAutoExclusive(True)

    def nextCheckState(self) -> None:
        """Choosing is the view's business."""

    def hitButton(self, position: QPoint) -> bool:
        """The whole surface presses."""
        return self.rect().contains(position)


def keep_as_many(parts: list[Part], many: int, make: Callable[[], Part]) -> None:
    """Bring `parts` to `many` parts: the last go, new ones are made and shown."""
    while len(parts) > many:
        gone = parts.pop()
        gone.hide()
        gone.setParent(None)
        gone.deleteLater()
    while len(parts) < many:
        part = make()
        part.show()
        parts.append(part)


def tile_look(button: Press | Pick, chosen: bool) -> tuple[str, str, float]:
    """Fill, edge and stroke of a button or tile by its state."""
    if not button.isEnabled():
        return "sunken", "line", 1.0
    if chosen:
        return "primary_soft", "primary", 2.0
    if button.isDown():
        return "sunken", "line_strong", 1.0
    return "surface", "line_mid", 1.0


def draw_tile(button: Press | Pick, painter: QPainter, chosen: bool = False) -> None:
    """Draw the rounded ground of a button or tile."""
    fill, edge, stroke = tile_look(button, chosen)
    box = (0, 0, button.width(), button.height())
    button.face.ink.ground(painter, box, fill, edge, 8, stroke)


def move_focus(button: QWidget, step_x: int, step_y: int) -> bool:
    """Give the focus to the nearest pressable of the group in a direction; False where there is none."""
    group = button.parentWidget()
    if group is None or not group.property(GROUP_PROPERTY):
        return False
    here = button.geometry().center()
    best: tuple[int, QWidget] | None = None
    for other in group.findChildren(QWidget):
        if other is button or not other.isVisible() or not isinstance(other, Press | Pick):
            continue
        away = other.geometry().center() - here
        along = away.x() * step_x + away.y() * step_y
        aside = abs(away.x() * step_y) + abs(away.y() * step_x)
        if along <= 0 or aside > along * 2:
            continue
        far = along + 3 * aside
        if best is None or far < best[0]:
            best = (far, other)
    if best is None:
        return False
    best[1].setFocusPolicy(Qt.FocusPolicy.TabFocus)
    best[1].setFocus(Qt.FocusReason.TabFocusReason)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return True


def make_group(holder: QWidget, pressables: Sequence[Press | Pick]) -> None:
    """Let Tab enter `holder` once: at what is chosen, else at its first part."""
    holder.setProperty(GROUP_PROPERTY, True)
    usable = [each for each in pressables if each.isEnabled()]
    if any(each.hasFocus() for each in usable):
        return
    chosen = [each for each in usable if isinstance(each, Pick) and each.isChecked()]
    entry = next(iter([*chosen, *usable]), None)
    for each in pressables:
        each.setFocusPolicy(Qt.FocusPolicy.TabFocus if each is entry else Qt.FocusPolicy.NoFocus)


def spaced_lines(
    painter: QPainter,
    ink: Ink,
    box: tuple[float, float, float, float],
    *lines: tuple[str, Style],
) -> None:
    """Draw one or two lines under each other in the middle of `box`, each in its own line height."""
    x, y, width, height = box
    shown = [(text, style) for text, style in lines if text]
    total = sum(ink.line(style.role) for _, style in shown)
    top = y + (height - total) / 2
    for text, style in shown:
        step = ink.line(style.role)
        ink.text(painter, (x, top, width, step), text, style)
        top += step
