"""The top bar: logo, scan field, echo of the last code, sync chip, clock, operator.

Where keys go is decided by the window and not here. Input methods are on only while the scan field itself
has the focus, since they would eat a scanner's keys everywhere else.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QFocusEvent,
    QKeyEvent,
    QPainter,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import QLineEdit, QWidget

from posapp.flows.views import Action, Echo, SyncChip, TopBar
from posapp.ui.widgets.base import Face, Painted, Panel, Press
from posapp.ui.widgets.buttons import ActionButton, IconButton
from posapp.ui.widgets.ink import Style


class ScanEdit(QLineEdit):
    """The text of the scan field."""

    def __init__(self, face: Face, parent: QWidget) -> None:
        super().__init__(parent)
        self.face = face
        self.setFrame(False)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.setFont(face.ink.font("body"))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setDragEnabled(False)
        self.setProperty("ring", False)
        self.setMaxLength(512)
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.Base, face.ink.color("surface"))
        palette.setColor(QPalette.ColorRole.Text, face.ink.color("ink"))
        palette.setColor(QPalette.ColorRole.PlaceholderText, face.ink.color("ink_3"))
        self.setPalette(palette)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Names are written with an input method; it works only here."""
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, True)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Off again."""
        super().focusOutEvent(event)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Only keys that were found to be a person's are taken."""
        if not self.face.handing_on:
            event.ignore()
            return
        super().keyPressEvent(event)


class ScanField(Panel):
    """Frame, live dot, text and key name of the scan field."""

    def __init__(self, face: Face, parent: QWidget) -> None:
        super().__init__(face, parent, ground="surface")
        self.edit = ScanEdit(face, self)
        self.hint = ""

    def show_hint(self, hint: str, name: str, enabled: bool) -> None:
        """Show what this screen expects."""
        if (hint, enabled) == (self.hint, self.edit.isEnabled()):
            return
        self.hint = hint
        self.edit.setEnabled(enabled)
        self.edit.setAccessibleName(f"{name}, {hint}" if name else hint)
        self._place()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the text between icon and key name."""
        self._place()

    def _place(self) -> None:
        room = self.width() - 66 - 52
        self.edit.setGeometry(66, 2, room, self.height() - 4)
        self.edit.setPlaceholderText(self.face.ink.elided(self.hint, Style("body"), room - 6))

    def draw(self, painter: QPainter) -> None:
        """Draw the frame and its signs."""
        ink, width, height = self.face.ink, self.width(), self.height()
        live = self.edit.isEnabled()
        focused = self.edit.hasFocus()
        edge = "focus" if focused else "line_strong"
        ink.ground(painter, (0, 0, width, height), "surface", edge, 8, 3 if focused else 1)
        ink.disc(painter, (20, height / 2), 10, "primary" if live else "line_mid")
        ink.icon(painter, "scan-barcode", (35, 0, 24, height), "primary_ink" if live else "ink_disabled")
        cap = ink.keycap_width("F2")
        ink.keycap(painter, (width - 9 - cap, height / 2 - 11, cap, 22), "F2")


class EchoLine(Painted):
    """What the last code did; it is gone after a while."""

    def __init__(self, face: Face, parent: QWidget) -> None:
        super().__init__(face, parent)
        self.echo: Echo | None = None
        self._gone = QTimer(self)
        self._gone.setSingleShot(True)
        self._gone.setInterval(face.ink.theme.tokens.motion["echo_hold"])
        self._gone.timeout.connect(self._hide_text)

    def take(self, echo: Echo | None) -> None:
        """Show this echo, anew if its serial is new."""
        if echo == self.echo:
            return
        self.echo = echo
        self._say(echo.text if echo is not None else "")
        if echo is None:
            self._gone.stop()
            return
        self._gone.start()
        if QAccessible.isActive():
            event = QAccessibleAnnouncementEvent(self, echo.text)
            polite = QAccessible.AnnouncementPoliteness.Polite
            event.setPoliteness(polite if echo.good else QAccessible.AnnouncementPoliteness.Assertive)
            QAccessible.updateAccessibility(event)

    def _say(self, text: str) -> None:
        """Show the text; where it is cut on the screen, pointer and screen reader still find all of it."""
        self.setAccessibleName(text)
        self.setToolTip(text)
        self.update()

    def _hide_text(self) -> None:
        self._say("")

    def draw(self, painter: QPainter) -> None:
        """Draw sign and words."""
        if self.echo is None or not self.accessibleName():
            return
        ink, height = self.face.ink, self.height()
        icon, color = ("check", "saving_ink") if self.echo.good else ("circle-x", "danger_ink")
        if self.echo.warns:
            icon, color = "triangle-alert", "warn_ink"
        ink.icon(painter, icon, (0, 0, 20, height), color, 20)
        box = (28, 0, self.width() - 28, height)
        ink.text(painter, box, self.echo.text, Style("body", "ink_2" if self.echo.good else "ink"))


class ChipButton(Press):
    """State of the queue; pressing opens Status."""

    def __init__(self, face: Face, parent: QWidget) -> None:
        super().__init__(face, parent)
        self.chip: SyncChip | None = None

    def take(self, chip: SyncChip) -> bool:
        """Show this state; True if the width it needs may have changed."""
        if chip == self.chip:
            return False
        resized = self.chip is None or self.chip.text != chip.text
        self.chip = chip
        self.intent = chip.intent
        self.setEnabled(chip.intent is not None)
        self.setAccessibleName(chip.text)
        self.update()
        return resized

    def needed(self) -> int:
        """Width in pixels."""
        text = self.chip.text if self.chip is not None else ""
        return max(48, round(self.face.ink.width(text, Style("body"))) + 52)

    def draw(self, painter: QPainter) -> None:
        """Draw the chip."""
        chip = self.chip
        if chip is None:
            return
        ink, width, height = self.face.ink, self.width(), self.height()
        color = "ink_2"
        if chip.offline or self.isDown():
            ink.ground(painter, (0, 6, width, height - 12), "quiet_soft", None, (height - 12) / 2)
            color = "quiet_ink"
        ink.icon(painter, chip.icon, (12, 0, 20, height), color, 20)
        ink.text(painter, (38, 0, width - 40, height), chip.text, Style("body", color))


class ClockPart(Painted):
    """The time of day."""

    def take(self, clock: str) -> None:
        """Show this time."""
        if clock != self.accessibleName():
            self.setAccessibleName(clock)
            self.update()

    def draw(self, painter: QPainter) -> None:
        """Draw the time."""
        box = (0, 0, self.width(), self.height())
        self.face.ink.text(painter, box, self.accessibleName(), Style("amount", strong=True), "middle", False)


class TopBarPanel(Panel):
    """All of the top bar."""

    def __init__(self, face: Face, parent: QWidget) -> None:
        super().__init__(face, parent, ground="surface")
        self.top: TopBar | None = None
        self.scan = ScanField(face, self)
        self.echo = EchoLine(face, self)
        self.chip = ChipButton(face, self)
        self.clock = ClockPart(face, self)
        self.person = ActionButton(face, self)
        self.language = ActionButton(face, self)
        self.camera = IconButton(face, "camera", self, ground=None)
        self.camera.hide()
        for button in (self.person, self.language):
            button.role = "body"
            button.hide()

    def take(self, top: TopBar) -> None:
        """Show this bar."""
        old = self.top
        if top == old:
            return
        self.top = top
        self.scan.show_hint(top.scan_hint, top.scan_name, top.scan_enabled)
        self.echo.take(top.echo)
        moved = self.chip.take(top.chip)
        self.clock.take(top.clock)
        for button, action in ((self.person, top.operator), (self.language, top.language)):
            moved = self._show(button, action) or moved
        if (top.camera is None) != self.camera.isHidden():
            self.camera.setVisible(top.camera is not None)
            moved = True
        if top.camera is not None:
            self.camera.show_action(top.camera)
        if moved or old is None:
            self.arrange()

    @staticmethod
    def _show(button: ActionButton, action: Action | None) -> bool:
        if action is None:
            hidden = button.isHidden()
            button.hide()
            return not hidden
        if action == button.action and not button.isHidden():
            return False
        button.show_action(action)
        button.show()
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give each part its place."""
        self.arrange()

    def arrange(self) -> None:
        """From the end: operator, language, clock, chip; the echo takes what is left."""
        metrics = self.face.metrics
        height = self.height() - 1
        x, y, width, high = metrics.scan
        self.scan.setGeometry(x, y, width, high)
        top = y
        end = self.width() - metrics.margin
        for button in (self.person, self.language):
            if not button.isHidden():
                wide = button.needed(with_key=False) + 4
                end -= wide
                button.setGeometry(end, top, wide, high)
                end -= 8
        clock = round(self.face.ink.width("00:00", Style("amount", strong=True))) + 12
        end -= clock
        self.clock.setGeometry(end, 0, clock, height)
        wide = self.chip.needed()
        end -= wide + 4
        self.chip.setGeometry(end, top, wide, high)
        start = x + width + 12
        if not self.camera.isHidden():
            self.camera.setGeometry(x + width + 4, y, high, high)
            start = x + width + high + 12
        self.echo.setGeometry(start, 0, max(0, end - start - 8), height)

    def draw(self, painter: QPainter) -> None:
        """Draw logo and hairline."""
        ink, height = self.face.ink, self.height()
        ink.icon(painter, "logo", (0, 0, self.face.metrics.rail, height - 1), "primary_ink", 32)
        ink.rule(painter, 0, height - 1, self.width())
