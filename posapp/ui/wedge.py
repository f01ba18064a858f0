"""Takes every key of the window before any part sees it, and tells scans from typing.

A thin layer of Qt around `BurstDetector`: key events come in with their own time, scans go out as texts,
and a person's keys are handed on in order, with the part that had the focus when they were struck. It
knows no view and no intent.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent, QWindow
from PySide6.QtWidgets import QWidget

from posapp.ui.bursts import BurstDetector, Decision, Key, KeyKind, Scan

GROUP_SEPARATOR = "\x1d"
STALL_MS = 12
"""A hold timer this late means that the window stood still and keys may be waiting outside."""
AGAIN_MS = 8
_MODIFIERS = frozenset(
    (
        Qt.Key.Key_Shift,
        Qt.Key.Key_Control,
        Qt.Key.Key_Alt,
        Qt.Key.Key_AltGr,
        Qt.Key.Key_Meta,
        Qt.Key.Key_CapsLock,
        Qt.Key.Key_NumLock,
    )
)
_PRESSES = frozenset((QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick, QEvent.Type.TouchBegin))
_KEYS = frozenset((QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride))


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key event kept for later, and the part that had the focus."""

    event: QKeyEvent
    focus: QWidget | None


def arrival_ms() -> int:
    """Milliseconds since some moment; for key events that carry no time."""
    return time.monotonic_ns() // 1_000_000


class Wedge(QObject):
    """The one door of the keyboard."""

    def __init__(
        self,
        window: QWidget,
        check: Callable[[str], bool],
        *,
        on_scan: Callable[[str, int], None],
        on_key: Callable[[QKeyEvent, QWidget | None], None],
        now_ms: Callable[[], int] = arrival_ms,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._handle: QWindow | None = None
        self._detector = BurstDetector(check)
        self._on_scan = on_scan
        self._on_key = on_key
        self._now_ms = now_ms
        self._due_ms = 0
        self._waited = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._expire)

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
        kind = key_kind(event)
        held = HeldKey(copy_event(event), self._window.focusWidget())
        at_ms = event.timestamp() or self._now_ms()
        code = event.nativeScanCode() or event.key()
        key = Key(kind, event.text(), at_ms, code, event.isAutoRepeat(), held)
        decided = self._detector.feed(key)
        self._arm()
        self._deliver(decided)

    def interrupt(self) -> None:
        """The pointer is pressed: a person's keys that are still held go first."""
        decided = self._detector.interrupt()
        if decided:
            self._arm()
            self._deliver(decided)

    def _arm(self) -> None:
        hold_ms = self._detector.hold_ms()
        self._waited = False
        if hold_ms is None:
            self._timer.stop()
            return
        self._due_ms = self._now_ms() + hold_ms
        self._timer.start(hold_ms)

    @Slot()
    def _expire(self) -> None:
        # After a stall the timer may come before keys that were struck long ago: let those in first.
        if not self._waited and self._now_ms() - self._due_ms > STALL_MS:
            self._waited = True
            self._timer.start(AGAIN_MS)
            return
        decided = self._detector.expire()
        self._arm()
        self._deliver(decided)

    def _deliver(self, decided: list[Decision]) -> None:
        for decision in decided:
            if isinstance(decision, Scan):
                self._on_scan(decision.text, decision.at_ms)
            elif isinstance(decision.token, HeldKey):
                focus = decision.token.focus
                alive = focus is not None and shiboken6.isValid(focus)
                self._on_key(decision.token.event, focus if alive else None)


def key_kind(event: QKeyEvent) -> KeyKind:
    """What a key event may be part of."""
    if event.type() == QEvent.Type.KeyRelease:
        return "release"
    if Qt.Key(event.key()) in _MODIFIERS:
        return "modifier"
    text = event.text()
    held = event.modifiers()
    control = bool(held & Qt.KeyboardModifier.ControlModifier)
    alt = bool(held & Qt.KeyboardModifier.AltModifier)
    meta = bool(held & Qt.KeyboardModifier.MetaModifier)
    if text == GROUP_SEPARATOR:
        return "char"
    if meta or control != alt:  # both together are AltGr on some systems
        return "other"
    if text in ("\r", "\n", "\r\n", "\t"):
        return "end"
    return "char" if text and text.isprintable() else "other"


def copy_event(event: QKeyEvent) -> QKeyEvent:
    """The same key event, to be kept after Qt has dropped its own."""
    return QKeyEvent(
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
