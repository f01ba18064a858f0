"""A window for tests of the screens, and everything it sends."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

sys.path.insert(0, str(Path(__file__).parent))

from posapp.ui.app import create_application
from posapp.ui.theme import Theme
from posapp.ui.tokens import Scheme
from posapp.ui.window import MainWindow

SIZES = ((1366, 768), (1920, 1080), (1093, 614))


def payload(text: str) -> bool:
    """Long digits and own prefixes are known payloads in these tests."""
    return (text.isdigit() and len(text) >= 8) or text.startswith("POS-")


class Till:
    """A shown window and the intents that came out of it."""

    def __init__(self, size: tuple[int, int], scheme: Scheme = "light") -> None:
        self.window = MainWindow(Theme(scheme), payload)
        self.sent: list[object] = []
        self.window.intent.connect(self.sent.append)
        self.window.resize(*size)
        self.window.show()
        self.settle()

    def settle(self) -> None:
        """Let layouts, paints and held keys come to rest."""
        for _ in range(3):
            QApplication.sendPostedEvents()
            QApplication.processEvents()

    def show(self, view: object) -> None:
        """Paint a view; what would change by itself after a while stands still."""
        parts = self.window.parts
        for timer in (parts.top.echo._gone, parts.anchor.primary._late):
            timer.setInterval(3_600_000)
        self.window.render(view)  # type: ignore[arg-type]
        self.settle()

    def taken(self) -> list[object]:
        """What was sent since the last time."""
        sent, self.sent[:] = list(self.sent), []
        return sent


@pytest.fixture
def application(qapp: QApplication) -> QApplication:
    """The application with the till's fonts and palette."""
    return create_application([])


@pytest.fixture
def open_till(application: QApplication) -> Iterator[Callable[..., Till]]:
    """Makes windows and closes them again."""
    tills: list[Till] = []

    def make(size: tuple[int, int] = (1366, 768), scheme: Scheme = "light") -> Till:
        till = Till(size, scheme)
        tills.append(till)
        return till

    yield make
    for till in tills:
        till.window.close()
        till.window.deleteLater()
    application.sendPostedEvents()


@pytest.fixture
def till(open_till: Callable[..., Till]) -> Till:
    """A window of 1366 × 768."""
    return open_till()
