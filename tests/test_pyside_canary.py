"""A canary for PySide6 releases that lose references to True, False and None.

Some releases drop one reference too many per emitted signal; the process then aborts after a few hundred
emits on CPython 3.11. From 3.12 on these objects are immortal and their count means nothing, so there
the loops only show that nothing aborts. Whoever raises the PySide6 pin meets this file first.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

EMITS = 2_000
SET_TEXTS = 6_000
MOST_DRIFT = 200
"""Far below one reference per call, far above what the interpreter itself moves meanwhile."""


class Source(QObject):
    truth = Signal(bool)
    thing = Signal(object)


def drift_of(value: object, work: Callable[[], None]) -> int:
    """How many references to ``value`` were gained (or lost, negative) while ``work`` ran."""
    before = sys.getrefcount(value)
    work()
    return sys.getrefcount(value) - before


@pytest.mark.parametrize("value", [True, False, None], ids=str)
def test_signals_and_setters_keep_the_counts(qtbot: QtBot, value: bool | None) -> None:
    source = Source()
    label = QLabel()
    qtbot.addWidget(label)
    seen = 0

    def receive(_value: object) -> None:
        nonlocal seen
        seen += 1

    source.truth.connect(receive)
    source.thing.connect(receive)

    def work() -> None:
        for number in range(EMITS):
            source.truth.emit(bool(number % 2))
            source.thing.emit(value)
        for number in range(SET_TEXTS):
            label.setText(str(number))

    drift = drift_of(value, work)

    assert seen == 2 * EMITS
    assert label.text() == str(SET_TEXTS - 1)
    if sys.version_info < (3, 12):
        assert abs(drift) <= MOST_DRIFT
