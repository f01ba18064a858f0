"""The till closes also while a scanner's driver hangs."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from posapp.devices.scanners.manager import ScannerManager
from posapp.devices.scanners.reading import Heard
from tests.conftest import FakeClock
from tests.devices.scanner_parts import QUICK, Ears, PlantedPort, PlantedSystem, lines

ONE = "serial:/dev/one"


class HungPort(PlantedPort):
    """A port whose driver answers nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__("Hung")
        self.reading = threading.Event()
        self.let_go = threading.Event()

    def read(self, wait_ms: int) -> Sequence[Heard]:
        self.reading.set()
        self.let_go.wait(10)
        return ()


@pytest.mark.expected_logs
def test_hung_drivers_do_not_keep_the_till_from_closing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("posapp.devices.scanners.manager._JOIN_S", 0.05)
    hung = HungPort()
    ears = Ears()
    manager = ScannerManager(
        lines(ONE),
        clock=FakeClock(),
        post=ears.take,
        on_paired=lambda _kept: None,
        system=PlantedSystem({ONE: hung}),
        pauses_s=QUICK,
    )
    manager.start()
    assert hung.reading.wait(10)
    threads = [each for each in threading.enumerate() if each.name == f"scanner {ONE}"]
    closing = threading.Thread(target=manager.close)
    closing.start()
    closing.join(5)
    closed = not closing.is_alive()
    left = [each for each in threads if each.is_alive() and each.daemon]
    hung.let_go.set()
    for each in [*threads, closing]:
        each.join(10)
    assert closed
    assert len(left) == 1
    assert [record.getMessage() for record in caplog.records] == [
        "threads of scanners that do not answer are left alone: 1"
    ]
