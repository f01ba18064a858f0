"""Scanners with lines of their own at the real till, offscreen: serial ones over pseudo terminals.

Codes in, ledger out; unplugging shows on the status page; what was paired is there after a restart; one pack
read by two channels is one line; twenty scans a second with payments in between lose none.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from posapp.config import parse_scanner
from posapp.devices.scanners.system import SystemScanners
from posapp.devices.scanners.virtual_scanner import VirtualScanner
from posapp.flows.answers import Pairing, ScannerStatus
from posapp.flows.effects import EndPairing, PairScanner, UnpairScanner
from posapp.flows.intents import GoTo, ScanCode, Settle, StartTender, SwitchLanguage
from posapp.flows.views import StatusMain
from tests.e2e.conftest import Desk
from tests.simulation.goods import COLA, MILK

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals here"),
]
PAIRED = "keyboard:0c2e:0b61:SN1"


class NobodyScans:
    """A pairing that waits for a code that never comes by itself."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def join(self, timeout_s: float) -> bool:
        return True


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[VirtualScanner]:
    made = VirtualScanner(tmp_path / "ttyACM0")
    yield made
    made.unplug()


@pytest.fixture
def open_shop(open_desk: Callable[..., Desk], scanner: VirtualScanner) -> Callable[..., Desk]:
    def make(folder: Path | None = None) -> Desk:
        lines = (parse_scanner(f"serial:{scanner.link}"),)
        desk = open_desk(folder, scanners=lines).open_shift()
        desk.until(lambda: any(each.state == "ready" for each in scanners(desk)))
        desk.do(SwitchLanguage("zh_CN"))
        return desk

    return make


def scanners(desk: Desk) -> tuple[ScannerStatus, ...]:
    return desk.till.terminal.state.desk.scanners


def status_words(desk: Desk) -> str:
    desk.do(GoTo("status"))
    main = desk.till.terminal.view().main
    assert isinstance(main, StatusMain)
    return repr(main.right)


def test_codes_of_a_serial_scanner_become_lines(
    open_shop: Callable[..., Desk], scanner: VirtualScanner
) -> None:
    desk = open_shop()
    scanner.scan("]E0" + COLA)
    scanner.scan("]E0" + COLA)
    scanner.scan(MILK)
    desk.until(lambda: desk.cart == [("cola", 2), ("milk", 1)])
    assert desk.codes == [COLA, COLA, MILK]
    (status,) = scanners(desk)
    assert status.last_code_ms is not None
    assert "最后一码" in status_words(desk)


def test_an_unplugged_scanner_is_said_on_the_status_page_and_sells_again(
    open_shop: Callable[..., Desk], scanner: VirtualScanner
) -> None:
    desk = open_shop()
    scanner.unplug()
    desk.until(lambda: scanners(desk)[0].trouble == "unplugged")
    assert "没有连接" in status_words(desk)
    assert "插好它" in repr(desk.till.terminal.view().side)
    scanner.plug()
    desk.until(lambda: scanners(desk)[0].state == "ready")
    desk.do(GoTo("sell"))
    scanner.scan(COLA)
    desk.until(lambda: desk.cart == [("cola", 1)])


def test_a_code_that_is_typed_and_sent_is_one_line(
    open_shop: Callable[..., Desk], scanner: VirtualScanner
) -> None:
    desk = open_shop()
    desk._at_ms = desk.till.clock.monotonic_ms()
    scanner.scan("]E0" + COLA)
    desk.until(lambda: desk.cart == [("cola", 1)])
    desk.scan(COLA, apart_ms=0)
    desk.rest(50)
    assert desk.cart == [("cola", 1)]
    scanner.scan("]E0" + COLA)  # the same source again: another piece
    desk.until(lambda: desk.cart == [("cola", 2)])


def test_an_echo_does_not_hold_up_the_next_code_of_its_scanner(
    open_shop: Callable[..., Desk], scanner: VirtualScanner
) -> None:
    desk = open_shop()
    desk.till._ticker.stop()  # which would make up for it a second later
    now_ms = desk.till.clock.monotonic_ms()
    desk.do(ScanCode(COLA, now_ms), ScanCode(COLA, now_ms, "camera"))
    scanner.scan(COLA)
    scanner.scan(MILK)
    desk.until(lambda: desk.cart == [("cola", 1), ("milk", 1)])


def test_twenty_scans_a_second_with_payments_in_between_lose_none(
    open_shop: Callable[..., Desk], scanner: VirtualScanner
) -> None:
    desk = open_shop()
    rounds, each = 4, 20

    def send() -> None:
        pause = threading.Event()
        for number in range(rounds * each):
            scanner.scan(COLA if number % 2 else MILK)
            pause.wait(0.02)

    hand = threading.Thread(target=send, name="hand with a scanner")
    hand.start()
    try:
        for _ in range(rounds):
            desk.until(lambda: len(desk.codes) >= 5)
            desk.do(StartTender(), Settle())
            desk.until(lambda: desk.state in ("Done", "Selling"))
    finally:
        hand.join()
    desk.until(lambda: desk.till.terminal.state.desk.scan_no >= rounds * each)
    desk.written()
    assert desk.till.terminal.state.desk.scan_no == rounds * each
    assert [each.trouble for each in scanners(desk)] == [""]


def test_pairs_are_kept_over_a_restart_until_they_are_let_go(
    open_shop: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_shop()
    told: list[Callable[[Pairing], None]] = []

    def pairing(done: Callable[[Pairing], None]) -> NobodyScans:
        told.append(done)
        return NobodyScans()

    # This PC's own keyboards, where it has any, must not answer in between.
    monkeypatch.setattr(SystemScanners, "pairing", lambda _system, done: pairing(done))
    desk.till._runner.carry_out([PairScanner()])
    desk.until(lambda: desk.till.terminal.state.desk.pairing.state == "waiting")
    told[0](Pairing("done", PAIRED, "Voyager"))
    desk.until(lambda: any(each.device_id == PAIRED for each in scanners(desk)))
    desk.written()
    folder = desk.folder
    desk.till.close()
    again = open_shop(folder)
    assert any(each.paired and each.device_id == PAIRED for each in scanners(again))
    again.till._runner.carry_out([UnpairScanner(PAIRED), EndPairing()])
    again.until(lambda: not any(each.device_id == PAIRED for each in scanners(again)))
    again.written()
    again.till.close()
