"""A whole till for measurements: the real window offscreen, with an operator and lines in the cart.

Between two measurements the cart is put back to what it was. It waits for paints; what is measured is
decided elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter_ns

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer

from posapp.commands.bench_shop import prepare_till
from posapp.commands.fixture_operator import sign_on
from posapp.config import Settings
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.flows.intents import Intent, PromotionsSent, ScanCode
from posapp.flows.state import SignedOff
from posapp.flows.views import CartMain
from posapp.till import REST_AFTER_MS, Till
from posapp.ui.widgets.linelist import LineList

SIZE = (1366, 768)
STARTED_MS = REST_AFTER_MS + 400
"""Time for the window to be exposed, and for what the till starts after its first picture."""


def offscreen() -> None:
    """Let Qt paint into memory, whatever display there is; called before the application is made."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"


def run_loop(for_ms: int) -> None:
    """Let the application run: a window is only exposed, and painted at all, by its event loop."""
    application = QCoreApplication.instance()
    if application is None:
        raise RuntimeError("there is no application")
    # Not `quit`, which closes every window first.
    QTimer.singleShot(for_ms, lambda: QCoreApplication.exit(0))
    application.exec()


def settle() -> None:
    """Do what is posted, painting too, as one turn of the event loop would."""
    QCoreApplication.sendPostedEvents(None, 0)


class PaintWatch(QObject):
    """Counts how often a part was painted, and tells when a paint that was asked for is over."""

    def __init__(self, watched: QObject) -> None:
        super().__init__(watched)
        self.count = 0
        self._over_ns = 0
        self._count_then = 0
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Only look."""
        if event.type() == QEvent.Type.Paint:
            self.count += 1
        return False

    def customEvent(self, event: QEvent) -> None:
        """Posted behind the paint, and delivered when that is done."""
        self._over_ns = perf_counter_ns()
        self._count_then = self.count

    def wait(self) -> tuple[int, int]:
        """Do all that is posted; when the paint was over (of perf_counter_ns), and the count by then."""
        QCoreApplication.postEvent(self, QEvent(QEvent.Type.User), Qt.EventPriority.LowEventPriority.value)
        settle()
        return self._over_ns, self._count_then


class OpenTill:
    """A till with lines in the cart, put back to the same lines as often as wished."""

    def __init__(
        self,
        folder: Path,
        goods: Path,
        codes: Sequence[str],
        offers: PromotionIndex | None = None,
        *,
        told: Sequence[Intent] = (),
    ) -> None:
        """`told` is what the till hears before the first code."""
        self.settings: Settings = prepare_till(folder, goods)
        self.till = Till(self.settings)
        self.till.window.resize(*SIZE)
        self.till.start(link=False)
        run_loop(STARTED_MS)
        if not isinstance(self.till.terminal.state.phase, SignedOff):
            raise RuntimeError("the fixture's set-up did not reach the till")
        sign_on(self.till)
        if offers is not None:
            self.till.handle(PromotionsSent(offers))
        for intent in told:
            self.till.handle(intent)
        for code in codes:
            self.till.handle(ScanCode(code))
        settle()
        self._start = self.till.terminal.state
        self.painted = PaintWatch(self.lines().viewport())

    def lines(self) -> LineList:
        """The list of lines on the screen."""
        return self.till.window.parts.screens[CartMain].list  # type: ignore[attr-defined,no-any-return]

    def line_count(self) -> int:
        """How many lines the screen holds."""
        view = self.till.window.view()
        return len(view.main.lines) if view is not None and isinstance(view.main, CartMain) else 0

    def put_back(self) -> None:
        """The cart as it was before the scan, on the screen too, and the writer at rest."""
        self.till.writer.flush()
        self.till.terminal.state = self._start
        self.till.window.render(self.till.terminal.view())
        settle()

    def close(self) -> None:
        """End the till."""
        self.till.close()
