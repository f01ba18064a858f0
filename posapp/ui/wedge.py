"""Takes every key of the window before any part sees it, and tells scans from typing.

A thin layer of Qt around `KeyGate`: key events come in with their own time, scans go out as texts, and a
person's keys are handed on in order, with the part that had the focus when they were struck. Where the
system tells which keyboard a key is of, a paired scanner's keys end here and other keyboards' are never
held. It knows no view and no intent.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent, QWindow
from PySide6.QtWidgets import QWidget

from posapp.ui.bursts import Decision, Scan
from posapp.ui.keygate import KeyGate
from posapp.ui.spelling import WedgeSettings
from posapp.ui.strokes import Stroke, StrokeKind
from posapp.ui.us_keyboard import KEYPAD, places_of
from posapp.values import dataclass

_MODIFIERS = frozenset(
    (
        Qt.Key.Key_Shift,
        Qt.Key.Key_Control,
        Qt.Key.Key_AltGr,
        Qt.Key.Key_Meta,
        Qt.Key.Key_CapsLock,
        Qt.Key.Key_NumLock,
    )
)
_ENDS = frozenset((Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab))
_UNLOCKED: dict[int, str] = {
    Qt.Key.Key_Insert: "0",
    Qt.Key.Key_End: "1",
    Qt.Key.Key_Down: "2",
    Qt.Key.Key_PageDown: "3",
    Qt.Key.Key_Left: "4",
    Qt.Key.Key_Clear: "5",
    Qt.Key.Key_Right: "6",
    Qt.Key.Key_Home: "7",
    Qt.Key.Key_Up: "8",
    Qt.Key.Key_PageUp: "9",
}
"""Keys of the number pad without Num Lock, and the digits on their caps."""
_PRESSES = frozenset((QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick, QEvent.Type.TouchBegin))
_KEYS = frozenset((QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride))

Origin = Literal["scanner", "keyboard", "unknown"]


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key event kept for later, and the part that had the focus."""

    event: QKeyEvent
    focus: QWidget | None


def arrival_ms() -> int:
    """Milliseconds of the till's monotonic clock."""
    return time.monotonic_ns() // 1_000_000


class Wedge(QObject):
    """The one door of the keyboard."""

    def __init__(
        self,
        window: QWidget,
        check: Callable[[str], bool],
        *,
        on_scan: Callable[[Scan], None],
        on_key: Callable[[QKeyEvent, QWidget | None], None],
        now_ms: Callable[[], int] = arrival_ms,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._handle: QWindow | None = None
        self._gate = KeyGate(check)
        self._on_scan = on_scan
        self._on_key = on_key
        self._now_ms = now_ms
        self._place = places_of(QGuiApplication.platformName())
        self._origin: Callable[[Stroke], Origin] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._expire)

    def configure(self, settings: WedgeSettings) -> None:
        """How the shop's keyboard scanners are set, from now on."""
        self._gate.configure(settings)

    def ask_origin(self, origin: Callable[[Stroke], Origin] | None) -> None:
        """From now on ask which keyboard a key is of: a paired scanner, another keyboard, or not known."""
        self._origin = origin

    def watch(self) -> None:
        """Stand before the window's own handle, which real keys reach first."""
        handle = self._window.windowHandle()
        if handle is not self._handle:
            self._handle = handle
            handle.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take all keys; nothing of them goes on by itself. A press waits for the keys before it."""
        if event.type() in _PRESSES:
            self.interrupt()
            return False
        if event.type() not in _KEYS:
            return False
        if event.type() != QEvent.Type.ShortcutOverride:
            assert isinstance(event, QKeyEvent)
            self.feed(event)
        event.accept()
        return True

    def feed(self, event: QKeyEvent) -> None:
        """Look at one key event."""
        held = HeldKey(copy_event(event), self._window.focusWidget())
        stroke = stroke_of(event, self._place(event.nativeScanCode()), held)
        origin = "unknown" if self._origin is None else self._origin(stroke)
        if origin == "scanner":
            return  # its text comes from the device itself
        if origin == "keyboard":
            self.interrupt()
            self._hand_on(held)
            return
        decided = self._gate.feed(stroke, self._now_ms())
        self._arm()
        self._deliver(decided)

    def interrupt(self) -> None:
        """The pointer is pressed: a person's keys that are still held go first."""
        decided = self._gate.interrupt()
        if decided:
            self._arm()
            self._deliver(decided)

    def settle(self) -> None:
        """Decide at once what is held, as after a long silence."""
        decided = self._gate.expire()
        self._arm()
        self._deliver(decided)

    def _arm(self) -> None:
        due_ms = self._gate.due_ms
        if due_ms is None:
            self._timer.stop()
        else:
            self._timer.start(max(0, due_ms - self._now_ms()))

    @Slot()
    def _expire(self) -> None:
        decided = self._gate.look(self._now_ms())
        self._arm()
        self._deliver(decided)

    def _deliver(self, decided: list[Decision]) -> None:
        for decision in decided:
            if isinstance(decision, Scan):
                self._on_scan(decision)
            elif isinstance(decision.token, HeldKey):
                self._hand_on(decision.token)

    def _hand_on(self, held: HeldKey) -> None:
        alive = held.focus is not None and shiboken6.isValid(held.focus)
        self._on_key(held.event, held.focus if alive else None)


def stroke_of(event: QKeyEvent, place: int, token: object = None) -> Stroke:
    """A key event without Qt; `place` is where the key is on the keyboard, 0 where that is not known."""
    held = event.modifiers()
    key = event.key()
    keypad = bool(held & Qt.KeyboardModifier.KeypadModifier) or place in KEYPAD
    name = chr(key).upper() if 0x20 < key < 0x7F else ""
    digit = KEYPAD.get(place, "") if place else ""
    if not digit and keypad:
        digit = name if name.isdigit() else _UNLOCKED.get(key, "")
    return Stroke(
        down=event.type() == QEvent.Type.KeyPress,
        kind=_kind(key, event.text()),
        text=event.text(),
        code=event.nativeScanCode() or event.key(),
        event_ms=event.timestamp(),
        name=name,
        place=place,
        digit=digit if digit.isdigit() else "",
        shift=bool(held & Qt.KeyboardModifier.ShiftModifier),
        ctrl=bool(held & Qt.KeyboardModifier.ControlModifier),
        alt=bool(held & Qt.KeyboardModifier.AltModifier),
        meta=bool(held & Qt.KeyboardModifier.MetaModifier),
        repeat=event.isAutoRepeat(),
        token=token,
    )


def _kind(key: int, text: str) -> StrokeKind:
    if key == Qt.Key.Key_Alt:
        return "alt"
    if key in _MODIFIERS:
        return "modifier"
    if key == Qt.Key.Key_F8:
        return "f8"
    return "end" if key in _ENDS or text in ("\r", "\n", "\t") else "plain"


def copy_event(event: QKeyEvent) -> QKeyEvent:
    """The same key event, to be kept after Qt has dropped its own."""
    copy = QKeyEvent(
        event.type(),
        event.key(),
        event.modifiers(),
        event.nativeScanCode(),
        event.nativeVirtualKey(),
        event.nativeModifiers(),
        event.text(),
        event.isAutoRepeat(),
        event.count(),
    )
    copy.setTimestamp(event.timestamp())
    return copy
