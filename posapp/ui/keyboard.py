"""Where a person's keys go: the primary act, the scan field, the field in hand, or what the view says.

Keys come from the wedge, which has taken the scans out. Enter and a function key act once however long
they are held. It changes the scan field and sends intents; it decides nothing about a sale.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from posapp.flows.intents import EnterText, KeyIn, SearchText
from posapp.flows.views import View
from posapp.ui.keymap import REPEATING, key_map, key_name
from posapp.ui.widgets.anchor import AnchorBlock
from posapp.ui.widgets.base import Face, Pick, Press
from posapp.ui.widgets.topbar import ScanEdit

SEARCH_AFTER_MS = 120
PRESSING = frozenset(("Enter", "Space", "Up", "Down", "Left", "Right"))
TEXT = frozenset(("Enter", "Space"))
EDITING = frozenset(("Left", "Right", "Home", "End", "Backspace", "Del"))


class Keyboard(QObject):
    """Hands a person's keys to where they belong."""

    def __init__(
        self,
        face: Face,
        window: QWidget,
        edit: ScanEdit,
        anchor: AnchorBlock,
        view: Callable[[], View | None],
    ) -> None:
        super().__init__(window)
        self._face = face
        self._window = window
        self._edit = edit
        self._anchor = anchor
        self._view = view
        self._mapped: tuple[View, dict[str, object]] | None = None
        self._search = QTimer(self)
        self._search.setSingleShot(True)
        self._search.setInterval(SEARCH_AFTER_MS)
        self._search.timeout.connect(self._send_search)
        edit.textChanged.connect(self._text_changed)

    # ------------------------------------------------------------------ the scan field

    def empty_field(self) -> None:
        """Empty the scan field without asking for a search; the focus goes home."""
        self._search.stop()
        if self._edit.text():
            self._edit.blockSignals(True)
            self._edit.clear()
            self._edit.blockSignals(False)
        self.leave_field()

    def leave_field(self) -> None:
        """Take the focus, and with it the input method, away from the scan field."""
        if self._edit.hasFocus():
            self._window.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(str)
    def _text_changed(self, text: str) -> None:
        if text:
            self._search.start()
        else:
            self._send_search()

    @Slot()
    def _send_search(self) -> None:
        self._search.stop()
        self._face.send(SearchText(self._edit.text()))

    # ------------------------------------------------------------------ keys

    def take(self, event: QKeyEvent, focus: QWidget | None) -> None:
        """Do what a person's key means."""
        view = self._view()
        if view is None or event.type() != QEvent.Type.KeyPress:
            return
        name = key_name(event)
        once = not event.isAutoRepeat()
        typing = name in TEXT and self._search.isActive()  # the text has them, whatever has the focus
        if name == "F12":
            if once and self._anchor.primary.isEnabled():
                self._anchor.primary.fire()
        elif name == "F2":
            self._edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self._edit.selectAll()
        elif name in ("Tab", "Shift+Tab"):
            self._hand_on(event, focus or self._window)
        elif typing or not (self._may_press(name, focus) and self._pressed(event, focus)):
            self._type(event, name, view, once)

    def _may_press(self, name: str, focus: QWidget | None) -> bool:
        return name in PRESSING or (name == "Esc" and getattr(focus, "takes_escape", False))

    def _pressed(self, event: QKeyEvent, focus: QWidget | None) -> bool:
        """Whether the part with the focus used the key."""
        if not isinstance(focus, Press | Pick) or not focus.isVisible() or not focus.isEnabled():
            return False
        self._hand_on(event, focus)
        return event.isAccepted()

    def _type(self, event: QKeyEvent, name: str, view: View, once: bool) -> None:
        edit = self._edit
        in_field = edit.hasFocus()
        if name == "Esc" and once and (edit.text() or in_field):
            had_text = bool(edit.text())
            edit.clear()
            self.leave_field()
            if had_text:
                return
        if view.typing == "entry" and not in_field:
            if not self._key_in(event, name):
                self._act(name, view, once)
            return
        if name == "Enter" and edit.text():
            if once:
                self._search.stop()
                self._face.send(EnterText(edit.text()))
            return
        plain = event.text() if len(name) == 1 or name == "Space" else ""
        if plain and plain.isprintable():
            if edit.text() or plain == " " or not self._act(name, view, once):
                self._write(event, plain)
            return
        if name in EDITING and (in_field or (edit.text() and name in ("Backspace", "Del"))):
            self._hand_on(event, edit)
            return
        if not self._act(name, view, once) and in_field:
            self._hand_on(event, edit)

    def _write(self, event: QKeyEvent, plain: str) -> None:
        if not self._edit.isEnabled() or (plain == " " and not self._edit.text()):
            return
        if self._edit.hasFocus():
            self._hand_on(event, self._edit)
        else:
            self._edit.insert(plain)

    def _key_in(self, event: QKeyEvent, name: str) -> bool:
        text = event.text()
        if len(text) == 1 and text in "0123456789" and len(name) == 1:
            self._face.send(KeyIn(text))
        elif name in (".", ","):
            self._face.send(KeyIn("."))
        elif name == "Backspace":
            self._face.send(KeyIn("back"))
        elif name == "Del":
            self._face.send(KeyIn("clear"))
        else:
            return False
        return True

    def _act(self, name: str, view: View, once: bool) -> bool:
        """Send what the view says this key means; False where it says nothing."""
        if self._mapped is None or self._mapped[0] is not view:
            self._mapped = (view, key_map(view))
        meaning = self._mapped[1].get(name)
        if meaning is None:
            return False
        if once or name in REPEATING:
            self._face.send(meaning)
        return True

    def _hand_on(self, event: QKeyEvent, part: QWidget) -> None:
        self._face.handing_on = True
        try:
            event.accept()
            QApplication.sendEvent(part, event)
        finally:
            self._face.handing_on = False
