"""Acts: buttons, pad keys and the one primary act.

Each takes a value of the view by `show_*` and redraws only when it differs. Icons and key names give way
before a label is cut; a label itself is never cut where the layout leaves it its width.
"""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from posapp.flows.views import Action, PadKey
from posapp.ui.widgets.base import Face, Press, draw_tile
from posapp.ui.widgets.ink import Style

PAD = 16
GAP = 8


class ActionButton(Press):
    """An act: icon, label, key name. `wide` flushes label and key to the ends, as in a column of acts."""

    def __init__(self, face: Face, parent: QWidget | None = None, *, ground: str | None = "surface") -> None:
        super().__init__(face, parent, ground=ground)
        self.wide = False
        self.pad = 12
        self.role = "button"
        self.action: Action | None = None

    def show_action(self, action: Action) -> None:
        """Show this act and mean its intent."""
        if action == self.action:
            return
        self.action = action
        self.intent = action.intent
        self.setEnabled(action.enabled and not action.busy)
        self.setAccessibleName(action.name or action.label)
        self.update()

    def _icon_size(self) -> int:
        return 20 if self.role == "body" else 24

    def needed(self, with_key: bool = True) -> int:
        """Width in pixels at which nothing has to give way."""
        action = self.action
        assert action is not None
        ink = self.face.ink
        width = ink.width(action.label, Style(self.role)) + 2 * self.pad + 2
        width += self._icon_size() + GAP if action.icon else 0
        if with_key and action.key and self.face.metrics.rail_words:
            width += ink.keycap_width(action.key) + GAP
        return max(48, round(width))

    def draw(self, painter: QPainter) -> None:
        """Draw the act."""
        action = self.action
        if action is None:
            return
        ink = self.face.ink
        color = "ink"
        if not self.isEnabled():
            color = "ink_3"
        elif action.kind == "risk":
            color = "danger_ink"
        if action.kind != "quiet" or self.isDown():
            draw_tile(self, painter)
        style = Style(self.role, color)
        key = action.key if self.face.metrics.rail_words and self.needed() <= self.width() + 1 else ""
        size = self._icon_size()
        icon = size + GAP if action.icon else 0
        label = ink.width(action.label, style)
        cap = ink.keycap_width(key)
        inside = icon + label + (cap + GAP if key else 0)
        x = float(PAD) if self.wide else max(4.0, (self.width() - inside) / 2)
        if action.icon:
            off = "ink_disabled" if not self.isEnabled() else color
            ink.icon(painter, action.icon, (x, 0, size, self.height()), off, size)
            x += icon
        ink.text(painter, (x, 0, self.width() - x - 4, self.height()), action.label, style)
        if key:
            at = self.width() - PAD - cap if self.wide else x + label + GAP
            ink.keycap(painter, (round(at), self.height() / 2 - 11, cap, 22), key)


class IconButton(Press):
    """An act without words: close, clear."""

    def __init__(
        self, face: Face, icon: str, parent: QWidget | None = None, *, ground: str | None = "surface"
    ) -> None:
        super().__init__(face, parent, ground=ground)
        self.icon_name = icon
        self.is_on = False

    def show_action(self, action: Action) -> None:
        """Mean this act; its words are for screen readers."""
        self.intent = action.intent
        self.setEnabled(action.enabled)
        self.setAccessibleName(action.name or action.label)
        if self.is_on != (action.kind == "primary"):
            self.is_on = not self.is_on
            self.update()

    def draw(self, painter: QPainter) -> None:
        """Draw the icon; what is switched on stands on a ground of its own."""
        ink, box = self.face.ink, (0, 0, self.width(), self.height())
        if self.isDown():
            ink.ground(painter, box, "sunken")
        elif self.is_on:
            ink.ground(painter, box, "primary_soft", None, 8)
        ink.icon(painter, self.icon_name, box, "primary" if self.is_on else "ink_2")


class PrimaryButton(Press):
    """The one act of a screen."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.action: Action | None = None
        self.turn = 0
        self._ring = QTimer(self)
        self._ring.setInterval(90)
        self._ring.timeout.connect(self._advance)
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(face.ink.theme.tokens.motion["busy_after"])
        self._late.timeout.connect(self._ring.start)

    def show_action(self, action: Action, figure: str) -> None:
        """Show this act; `figure` is read after its label."""
        name = f"{action.name or action.label}, {figure}" if figure else action.name or action.label
        if name != self.accessibleName():
            self.setAccessibleName(name)
        if action == self.action:
            return
        busy_before = self.action is not None and self.action.busy
        self.action = action
        self.intent = action.intent
        self.setEnabled(action.enabled and not action.busy)
        if action.busy and not busy_before:
            self._late.start()
        elif not action.busy:
            self._late.stop()
            self._ring.stop()
        self.update()

    def _advance(self) -> None:
        self.turn = (self.turn + 1) % 12
        self.update()

    def _colors(self, action: Action) -> tuple[str, str, str | None]:
        if action.busy:
            return "primary_soft", "primary_ink", "primary"
        if not self.isEnabled():
            return "sunken", "ink_3", "line"
        if self.isDown():
            return "primary_press", "on_primary", None
        return "primary_hover" if self.underMouse() else "primary", "on_primary", None

    def draw(self, painter: QPainter) -> None:
        """Draw ground, icon or ring, label and key name; key and icon give way to the label."""
        action = self.action
        if action is None:
            return
        ink = self.face.ink
        fill, color, edge = self._colors(action)
        width, height = self.width(), self.height()
        ink.ground(painter, (0, 0, width, height), fill, edge)
        role: str | int = "heading"
        cap = ink.keycap_width(action.key)
        icon = "loader-circle" if action.busy and self._ring.isActive() else action.icon
        room = width - 24
        label = ink.width(action.label, Style(role, color, strong=True))
        if label > room:
            role = 20
            label = ink.width(action.label, Style(role, color, strong=True))
        with_icon = bool(icon) and label + cap + 16 + 32 <= room
        with_key = bool(action.key) and label + cap + GAP <= room
        inside = label + (32 if with_icon else 0) + (cap + GAP if with_key else 0)
        x = (width - min(inside, room)) / 2
        if with_icon:
            self._draw_icon(painter, icon, x, color)
            x += 32
        x += ink.text(painter, (x, 0, room, height), action.label, Style(role, color, strong=True))
        if with_key:
            box = (round(x + GAP), height / 2 - 11, cap, 22)
            ink.keycap(painter, box, action.key, inverse=self.isEnabled() and not action.busy)

    def _draw_icon(self, painter: QPainter, icon: str, x: float, color: str) -> None:
        if icon == "loader-circle":
            painter.save()
            painter.translate(x + 12, self.height() / 2)
            painter.rotate(self.turn * 30)
            self.face.ink.icon(painter, icon, (-12, -12, 24, 24), color)
            painter.restore()
            return
        self.face.ink.icon(painter, icon, (x, 0, 24, self.height()), color)


class PadButton(Press):
    """A key of a pad."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.key: PadKey | None = None

    def show_key(self, key: PadKey) -> None:
        """Show this key and mean its intent."""
        if key == self.key:
            return
        self.key = key
        self.intent = key.intent
        self.setAccessibleName(key.name or " ".join(part for part in (key.small, key.label) if part))
        self.update()

    def draw(self, painter: QPainter) -> None:
        """Draw the key."""
        key = self.key
        if key is None:
            return
        ink = self.face.ink
        width, height = self.width(), self.height()
        inner = (4.0, 0.0, width - 8.0, float(height))
        if key.look == "cash":
            edge = "primary"
            ink.ground(painter, (0, 0, width, height), "sunken" if self.isDown() else "primary_soft", edge)
            role: str | int = "amount"
            if ink.width(key.label, Style(role, strong=True)) > inner[2]:
                role = 16
            style = Style(role, "primary_ink", strong=key.label[:1].isdigit())
            if key.small:
                lines = ((key.small, Style("body", "primary_ink")), (key.label, style))
                top = height / 2 - 23
                for index, (text, each) in enumerate(lines):
                    ink.text(painter, (inner[0], top + index * 22, inner[2], 24), text, each, "middle")
                return
            ink.text(painter, inner, key.label, style, "middle")
            return
        draw_tile(self, painter)
        if key.look == "icon" and key.icon:
            ink.icon(painter, key.icon, (0, 0, width, height), "ink")
        elif key.look == "word":
            ink.text(painter, inner, key.label, Style("button"), "middle")
        else:
            ink.text(painter, inner, key.label, Style("heading", strong=True), "middle")
