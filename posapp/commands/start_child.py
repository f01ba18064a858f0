"""The two processes that `bench start` compares: an empty window, and a till that scans its first code.

Run as `python -m posapp.commands.start_child empty` or `… till TERMINAL.TOML CODE`; each prints one line of
JSON when its picture is painted and ends. The till opens the way `posapp` opens it: same order, link
and printer included; only the operator comes from the fixture.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Run one of the two; returns the exit code."""
    match arguments:
        case ["empty"]:
            return _empty()
        case ["till", settings, code]:
            return _till(Path(settings), code)
        case _:
            print("usage: start_child empty | till TERMINAL.TOML CODE", file=sys.stderr)
            return 2


def _tell() -> None:
    """Print when this is, on the clock that all processes share, and how much memory is in use."""
    now_ns = time.monotonic_ns()
    fields = {}
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name in ("VmRSS", "VmHWM"):
                fields[name] = int(value.split()[0])
    print(json.dumps({"painted_ns": now_ns, "rss_kb": fields.get("VmRSS"), "peak_kb": fields.get("VmHWM")}))
    sys.stdout.flush()


def _empty() -> int:
    from PySide6.QtCore import QTimer
    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QApplication, QWidget

    class Empty(QWidget):
        """A window with nothing in it."""

        def paintEvent(self, event: QPaintEvent) -> None:
            """The first paint is the last."""
            QTimer.singleShot(0, done)

    def done() -> None:
        _tell()
        application.exit(0)

    application = QApplication(sys.argv[:1])
    window = Empty()
    window.resize(1366, 768)
    window.show()
    return application.exec()


def _till(path: Path, code: str) -> int:
    # As in `posapp.main`.
    gc.disable()
    from posapp.config import read_settings
    from posapp.log import start_logging

    settings = read_settings(path)
    from posapp.running import take_lock
    from posapp.till import Till
    from posapp.ui.app import create_application

    application = create_application(sys.argv[:1], scheme=settings.scheme)
    unlock = take_lock(settings.data)
    if unlock is None:
        return 3
    start_logging(settings.data / "logs")
    till = Till(settings)
    from posapp.commands.first_scan import FirstScan

    try:
        till.start()
        scan = FirstScan(till, code, _tell)
        application.exec()
    finally:
        till.close()
        unlock()
    return 0 if scan.done else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
