"""A scripted cashier: works the real window with bursts of keys, single keys and clicks.

A script is a generator that yields what it waits for; between two looks the application runs as it
always does. It asks the till only what it can see (the view) and the state's own names.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from posapp.flows.views import View
from posapp.till import Till
from posapp.ui.screenshots import grab

LOOK_MS = 10
PATIENCE_MS = 30_000
#: Between two acts of a person; faster than that only scanners are.
PACE_MS = 100
SCANNER_MS = 4
#: A finger stays on a key; a scanner's key goes up at once.
FINGER_MS = 70
PLAIN = Qt.KeyboardModifier.NoModifier

#: What a script waits for, and how that is called in a complaint.
Wait = tuple[str, Callable[[], bool]]
Script = Generator[Wait, None, None]


class CashierError(Exception):
    """The script could not go on: what it waited for did not come."""


class Cashier(QObject):
    """Plays one script on one till and ends the event loop when it is over."""

    def __init__(self, till: Till, pictures: Path | None, tag: str = "") -> None:
        super().__init__()
        self.till = till
        self._pictures = pictures
        self._tag = tag
        self._script: Script | None = None
        self._wait: Wait = ("the start", lambda: True)
        self._waited_ms = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        #: Pictures whose names begin with one of these are taken; () takes all.
        self.only: tuple[str, ...] = ()
        self.error: str = ""
        self.shots: list[Path] = []

    @property
    def view(self) -> View:
        """What is on the screen."""
        view = self.till.window.view()
        assert view is not None
        return view

    def play(self, script: Script) -> None:
        """Play a script from now on; the application's event loop must run."""
        self._script = script
        self._timer.start(LOOK_MS)

    def _look(self) -> None:
        name, holds = self._wait
        self._waited_ms += LOOK_MS
        if self._waited_ms < PACE_MS:
            return
        if not holds():
            if self._waited_ms > PATIENCE_MS:
                state = self.till.terminal.state
                self._end(f"waited in vain for {name}; last told: {state.desk.told}; in {state.phase}")
            return
        assert self._script is not None
        try:
            self._wait = next(self._script)
            self._waited_ms = 0
        except StopIteration:
            self._end("")
        except CashierError as error:
            self._end(str(error))

    def _end(self, error: str) -> None:
        self._timer.stop()
        self.error = error
        QApplication.exit(1 if error else 0)

    # --- hands ------------------------------------------------------------------------------------

    def burst(self, code: str) -> None:
        """A scanner's burst: the code's keys and Enter, some milliseconds apart by their own time."""
        at_ms = self.till.clock.monotonic_ms()
        for place, sign in enumerate(code):
            self._strike(ord(sign.upper()), sign, at_ms + place * SCANNER_MS)
        self._strike(Qt.Key.Key_Return, "\r", at_ms + len(code) * SCANNER_MS)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = PLAIN) -> None:
        """One key, as a person strikes it."""
        text = {Qt.Key.Key_Return: "\r", Qt.Key.Key_Period: ".", Qt.Key.Key_Minus: "-"}.get(key, "")
        if Qt.Key.Key_0 <= key <= Qt.Key.Key_Z and modifier == PLAIN:
            text = chr(key).lower()
        self._strike(key, text, self.till.clock.monotonic_ms(), modifier, down_ms=FINGER_MS)

    def _strike(
        self, key: int, text: str, at_ms: int, modifier: Qt.KeyboardModifier = PLAIN, *, down_ms: int = 0
    ) -> None:
        """A key down and up, through the window's own handle like a real one."""
        handle = self.till.window.windowHandle()
        for kind, late_ms in ((QEvent.Type.KeyPress, 0), (QEvent.Type.KeyRelease, down_ms)):
            event = QKeyEvent(kind, key, modifier, text)
            event.setTimestamp(at_ms + late_ms)
            QCoreApplication.sendEvent(handle, event)

    def click(self, name: str) -> None:
        """Press what carries this accessible name (or begins with it)."""
        target = self._find(name)
        if target is None:
            raise CashierError(f"there is nothing to press called {name!r} in state {self.view.state}")
        at = target.mapTo(self.till.window, QPoint(target.width() // 2, target.height() // 2))
        QTest.mouseClick(self.till.window.windowHandle(), Qt.MouseButton.LeftButton, pos=at)

    def _find(self, name: str) -> QWidget | None:
        widgets = [widget for widget in self.till.window.findChildren(QWidget) if widget.isVisible()]
        exact = [widget for widget in widgets if widget.accessibleName() == name]
        begins = [widget for widget in widgets if widget.accessibleName().startswith(name)]
        named = [*exact, *begins]
        buttons = [widget for widget in named if isinstance(widget, QAbstractButton)]
        return next(iter(buttons or named), None)

    def shot(self, name: str) -> None:
        """A picture of the screen as it is now."""
        if self._pictures is not None and (not self.only or name.startswith(self.only)):
            self.shots.append(grab(self.till.window, self._pictures / f"{name}{self._tag}.png"))

    # --- eyes -------------------------------------------------------------------------------------

    def until(self, name: str, holds: Callable[[], bool]) -> Wait:
        """Wait for anything."""
        return name, holds

    def state(self, name: str) -> Wait:
        """Wait for a state of the terminal."""
        return f"the state {name}", lambda: self.view.state == name

    def lines(self, count: int) -> Wait:
        """Wait for a number of lines in the open sale."""

        def holds() -> bool:
            cart = self.till.terminal.state.desk.cart
            return (len(cart.lines) if cart else 0) == count

        return f"{count} lines", holds
