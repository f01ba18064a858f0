"""The first scan of a till that has just been opened, for `bench start`.

The operator is signed on by the fixture; the code is delivered as soon as the window has been painted once,
and what counts is the paint with the line in it.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer

from posapp.commands.fixture_operator import sign_on
from posapp.flows.views import CartMain
from posapp.till import Till
from posapp.ui.keystrokes import scan

PATIENCE_MS = 20_000


class FirstScan(QObject):
    """Waits for the first paint, scans, waits for the paint of the line, tells and ends the application."""

    def __init__(self, till: Till, code: str, tell: Callable[[], None]) -> None:
        super().__init__()
        self._till = till
        self._code = code
        self._tell = tell
        self._scanned = False
        self.done = False
        sign_on(till)
        till.window.windowHandle().installEventFilter(self)
        QTimer.singleShot(PATIENCE_MS, lambda: QCoreApplication.exit(1))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The window is painted for the first time when it is exposed."""
        if event.type() == QEvent.Type.Expose and not self._scanned:
            self._look_later()
        return False

    def _look_later(self) -> None:
        """Come back when what is asked to be painted now is painted."""
        QCoreApplication.postEvent(self, QEvent(QEvent.Type.User), Qt.EventPriority.LowEventPriority.value)

    def customEvent(self, event: QEvent) -> None:
        """The paint is over."""
        if not self._scanned:
            self._scanned = True
            scan(self._till.window, self._code)
            self._look_later()
            return
        view = self._till.window.view()
        if self.done or view is None or not isinstance(view.main, CartMain) or len(view.main.lines) != 1:
            return
        self.done = True
        self._tell()
        QCoreApplication.exit(0)
