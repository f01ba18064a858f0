"""A till that is closed: what a timer of its window still sends has nobody to go to, and does no harm."""

from __future__ import annotations

import shutil
from pathlib import Path

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from posapp.flows.intents import SearchText
from tests.e2e.conftest import Desk


def test_a_wish_that_comes_after_the_end_is_dropped(
    application: QApplication, furnished: Path, tmp_path: Path
) -> None:
    shutil.copytree(furnished, tmp_path / "till")
    desk = Desk(tmp_path / "till")
    desk.start()
    desk.open_shift()
    desk.close()
    before = desk.till.terminal.state
    # As the window does when a name was typed just before; its search would need a thread that has ended.
    desk.till.window.intent.emit(SearchText("cola"))
    QTest.qWait(20)
    assert desk.till.terminal.state is before
