"""Opens the till and keeps it running: one process per folder, a named trouble instead of silence.

A ledger that cannot be opened is a picture with one sentence and one button. A broken invariant closes
the till and opens it again into recovery, since everything that matters is on the disk; when that happens
again and again, it stops with a sentence too.
"""

from __future__ import annotations

import gc
import locale
import logging
import signal
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QLockFile, QTimer
from PySide6.QtWidgets import QApplication

from posapp.clocks import SystemClock
from posapp.config import Settings
from posapp.flows.intents import StoreAgain
from posapp.flows.presenters.trouble import FAULTS, FOREIGN, SENTENCES, TOO_NEW, UNSAFE, trouble_view
from posapp.log import start_logging
from posapp.messages import load_speech
from posapp.resources import resource_path
from posapp.store.engine import UnsafeSqliteError
from posapp.store.migrate import ForeignLedgerError, LedgerTooNewError
from posapp.store.ownership import LedgerInUseError
from posapp.store.troubles import DatabaseError, trouble_of
from posapp.till import Till
from posapp.ui.app import create_application, show_window
from posapp.ui.theme import Theme
from posapp.ui.window import MainWindow

LOGGER = logging.getLogger(__name__)

#: Exit codes: the event loop ended to open the till anew; the till could not be opened.
AGAIN, NOT_OPENED = 75, 4
FAULTS_MAX, WITHIN_MS = 3, 60_000

_CANNOT_OPEN = (
    DatabaseError, OSError, ForeignLedgerError, LedgerInUseError, LedgerTooNewError, UnsafeSqliteError,
)  # fmt: skip


class AlreadyRunning(Exception):  # noqa: N818 - a fact about the folder
    """Another process has this till open."""


def take_lock(data: Path) -> Callable[[], None] | None:
    """Hold this till's folder for one process; None where another has it. Returns what lets it go.

    Raises OSError where the folder cannot be written at all.
    """
    # Sales and hashes of PINs are for the till's own user.
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = QLockFile(str(data / "till.lock"))
    lock.setStaleLockTime(0)
    if lock.tryLock(100):
        return lock.unlock
    if lock.error() != QLockFile.LockError.LockFailedError:
        raise OSError(f"{data} cannot be written. Make it writable, or free some space on its disk.")
    return None


def run(settings: Settings) -> int:
    """Open the till of these settings and stay until its window is closed; raises AlreadyRunning."""
    application = create_application(sys.argv[:1], scheme=settings.scheme)
    unlock = take_lock(settings.data)
    if unlock is None:
        raise AlreadyRunning(f"A till is already running on {settings.data}. Use that window.")
    start_logging(settings.data / "logs")
    # A polite end from outside closes the till in order; Python sees the signal at the next tick.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: application.quit())
    _open_anew_after_a_fault(application)
    try:
        return _keep_running(application, settings)
    finally:
        unlock()


def _keep_running(application: QApplication, settings: Settings) -> int:
    clock, faults = SystemClock(), deque[int](maxlen=FAULTS_MAX)
    while True:
        sentence = ""
        try:
            code = _run_once(application, settings)
            if code != AGAIN:
                return code
            faults.append(clock.monotonic_ms())
            if len(faults) == FAULTS_MAX and faults[-1] - faults[0] < WITHIN_MS:
                sentence = FAULTS
                faults.clear()
        except _CANNOT_OPEN as error:
            LOGGER.info("the till cannot open: %s", error)
            sentence = _sentence(error)
        # Asked only when the till that failed is closed: two must never have the same files open.
        if sentence and not ask_to_try_again(application, settings, sentence):
            return NOT_OPENED


def _run_once(application: QApplication, settings: Settings) -> int:
    till = Till(settings)
    try:
        till.start()
        return int(application.exec())
    finally:
        till.close()


def _open_anew_after_a_fault(application: QApplication) -> None:
    """An exception nobody expected, from a slot: written down whole, then the till is opened anew."""
    logged = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        logged(kind, error, trace)
        application.exit(AGAIN)

    sys.excepthook = hook


def _sentence(error: Exception) -> str:
    """What a till that cannot open says (a msgid)."""
    match error:
        case ForeignLedgerError():
            return FOREIGN
        case LedgerInUseError():
            return SENTENCES["locked"]
        case LedgerTooNewError():
            return TOO_NEW
        case UnsafeSqliteError():
            return UNSAFE
        case _:
            return SENTENCES[trouble_of(error)]


def ask_to_try_again(application: QApplication, settings: Settings, sentence: str) -> bool:
    """Show a sentence and one button; false where the window was closed instead."""
    # Somebody may look at this for hours; a till that opens sees to it by itself.
    gc.enable()
    language = "en" if (locale.getlocale()[0] or "").startswith("en") else "zh_CN"
    speech = load_speech(language, resource_path("i18n"))
    window = MainWindow(Theme(settings.scheme), lambda _text: False)
    pressed: list[object] = []

    def take(intent: object) -> None:
        if isinstance(intent, StoreAgain):
            pressed.append(intent)
            application.exit(0)

    window.intent.connect(take)
    # Python looks at signals only when it runs: without a tick a polite end would wait for a key.
    ticker = QTimer(window)
    ticker.timeout.connect(lambda: None)
    ticker.start(200)
    QTimer.singleShot(0, window, lambda: print(sentence, file=sys.stderr, flush=True))  # noqa: T201
    window.render(trouble_view(speech, sentence))
    show_window(window, full_screen=settings.full_screen)
    application.exec()
    window.close()
    return bool(pressed)
