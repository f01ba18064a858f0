"""The one door into the window's thread for whatever other threads have to say.

`post` may be called from any thread; what was posted comes out in order on the thread that made the
inlet. One turn of the event loop takes a bounded number, so that painting and keys keep their place. A
full inlet refuses: whoever posts knows best what may be lost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot

LIMIT = 4096
AT_ONCE = 64


class Inlet(QObject):
    """Takes intents from other threads; `deliver` gets them on this one."""

    _wake = Signal()

    def __init__(self, deliver: Callable[[object], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._deliver = deliver
        self._waiting: deque[object] = deque()
        self._awake = False
        self._closed = False
        self._wake.connect(self._drain, Qt.ConnectionType.QueuedConnection)

    def post(self, intent: object) -> bool:
        """Hand an intent over; False where the inlet is full or closed and the intent was not taken."""
        if self._closed or len(self._waiting) >= LIMIT:
            return False
        self._waiting.append(intent)
        if not self._awake:
            self._awake = True
            self._wake.emit()
        return True

    def close(self) -> None:
        """Take nothing more and forget what waits."""
        self._closed = True
        self._waiting.clear()

    @Slot()
    def _drain(self) -> None:
        # Lowered first: a post that comes while we look wakes us once more than needed, never once less.
        self._awake = False
        for _ in range(AT_ONCE):
            if not self._waiting:
                return
            self._deliver(self._waiting.popleft())
        if self._waiting and not self._awake:
            self._awake = True
            self._wake.emit()
