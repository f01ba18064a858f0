"""Serial scanners over a pseudo terminal: whole and split codes, speed, noise, unplugging, claims."""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from posapp.config import parse_scanner
from posapp.devices.scanners import serial_port
from posapp.devices.scanners.reading import PortTrouble, ReadingThread
from posapp.devices.scanners.serial_port import SerialPort
from posapp.devices.scanners.system import SystemScanners
from posapp.devices.scanners.virtual_scanner import VirtualScanner
from tests.devices.scanner_parts import Ears, reading

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals here")

EAN = "]E06901028180559"
GS1 = "]C1010690102818055910LOT\x1d17261231"


def monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class Till:
    """A till's thread at one simulated scanner."""

    def __init__(self, folder: Path, options: str = "", suffix: str = "\r", encoding: str = "utf-8") -> None:
        self.scanner = VirtualScanner(folder / "ttyACM0", suffix=suffix, encoding=encoding)
        self.line = parse_scanner(f"serial:{self.scanner.link}{options}")
        self.ears = Ears()
        self.thread: ReadingThread = reading(SerialPort(self.line, monotonic_ms), self.ears)
        self.thread.start()
        self.ears.until_name()

    def close(self) -> None:
        self.thread.stop()
        self.thread.join(10)
        self.scanner.unplug()


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    made = Till(tmp_path)
    yield made
    made.close()


def test_codes_come_whole_with_their_identifier_and_time(till: Till) -> None:
    before = monotonic_ms()
    assert till.scanner.scan(EAN)
    assert till.scanner.scan(GS1)
    assert till.ears.until_texts(2) == [EAN, GS1]
    first = next(each for each in till.ears.told if not isinstance(each, str))
    assert (first.text.aim, first.text.label) == ("]E0", "6901028180559")
    assert before <= first.at_ms <= monotonic_ms()


@pytest.mark.parametrize(
    ("options", "suffix"),
    [
        ("", "\n"),
        ("", "\r\n"),
        ("", "\t"),
        ("?frame=cr", "\r"),
        ("?frame=crlf&baud=115200", "\r\n"),
        ("?frame=etx&bits=7E1", "\x03"),
        ("?frame=silence&silence=40", ""),
        ("?silence=40", ""),
    ],
)
def test_every_end_and_setting_is_understood(tmp_path: Path, options: str, suffix: str) -> None:
    till = Till(tmp_path, options, suffix)
    try:
        for number, text in enumerate((EAN, GS1), 1):
            till.scanner.scan(text)
            till.ears.until_texts(number)
        assert till.ears.texts() == [EAN, GS1]
    finally:
        till.close()


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_chinese_texts_come_as_they_are_in_either_encoding(tmp_path: Path, encoding: str) -> None:
    till = Till(tmp_path, encoding=encoding)
    try:
        till.scanner.scan("]Q1会员：陈小姐 8812")
        assert till.ears.until_texts(1) == ["]Q1会员：陈小姐 8812"]
    finally:
        till.close()


def test_twenty_a_second_in_pieces_all_come_in_order(till: Till) -> None:
    dice, pause = random.Random(3), threading.Event()
    sent = [f"]E0{number:013d}" for number in range(60)]
    for text in sent:
        data = till.scanner.coded(text)
        while data:
            cut = dice.randint(1, len(data))
            assert till.scanner.send(data[:cut])
            data = data[cut:]
        pause.wait(0.01)
    assert till.ears.until_texts(len(sent)) == sent
    assert till.ears.noises() == []


def test_a_burst_of_codes_at_once_all_come_in_order(till: Till) -> None:
    sent = [f"]E0{number:013d}" for number in range(500)]
    assert till.scanner.send("".join(f"{text}\r" for text in sent).encode())
    assert till.ears.until_texts(len(sent)) == sent


def test_codes_stay_in_the_wire_while_nobody_can_take_them(till: Till) -> None:
    till.ears.full = True
    till.ears.until(lambda _told: till.ears.refused > 0)
    till.scanner.scan(EAN)
    till.scanner.scan(GS1)
    seen = till.ears.refused
    till.ears.until(lambda _told: till.ears.refused > seen + 2)
    assert till.ears.texts() == []
    till.ears.full = False
    assert till.ears.until_texts(2) == [EAN, GS1]


def test_noise_is_told_as_noise_and_the_next_code_is_whole(till: Till) -> None:
    for seed in range(5):
        till.scanner.garbage(seed)
    till.scanner.scan(EAN)
    assert till.ears.until_texts(1) == [EAN]
    assert till.ears.noises() == ["noise"] * 5


def test_half_a_code_and_an_unplugged_cable_never_make_a_code(till: Till) -> None:
    till.scanner.scan(EAN)
    till.ears.until_texts(1)
    till.scanner.half("6901028180559")
    threading.Event().wait(0.05)
    till.scanner.unplug()
    till.ears.until_trouble()
    till.scanner.plug()
    till.ears.until_name(2)
    till.scanner.scan(GS1)
    assert till.ears.until_texts(2) == [EAN, GS1]
    assert set(till.ears.noises()) <= {"half"}


def test_unplugged_and_plugged_in_again_many_times_it_is_always_found_again(till: Till) -> None:
    for number in range(1, 6):
        till.scanner.scan(f"]E0{number:013d}")
        till.ears.until_texts(number)
        till.scanner.unplug()
        till.ears.until(lambda told: isinstance(told[-1], PortTrouble))
        till.scanner.plug()
        till.ears.until_name(number + 1)
    assert set(till.ears.troubles()) == {"unplugged"}


def test_a_scanner_that_is_not_there_is_taken_when_it_comes(tmp_path: Path) -> None:
    line = parse_scanner(f"serial:{tmp_path / 'ttyACM9'}")
    ears = Ears()
    thread = reading(SerialPort(line, monotonic_ms), ears)
    thread.start()
    ears.until_trouble(3)
    scanner = VirtualScanner(tmp_path / "ttyACM9")
    ears.until_name()
    scanner.scan(EAN)
    assert ears.until_texts(1) == [EAN]
    thread.stop()
    thread.join(10)
    scanner.unplug()
    assert set(ears.troubles()) == {"unplugged"}


def test_a_port_has_one_reader(till: Till) -> None:
    with pytest.raises(PortTrouble) as trouble:
        SerialPort(till.line, monotonic_ms).open()
    assert trouble.value.trouble == "taken"


def test_a_port_that_was_let_go_can_be_claimed(till: Till) -> None:
    till.thread.stop()
    till.thread.join(10)
    port = SerialPort(till.line, monotonic_ms)
    assert port.open() == ""
    port.close()
    port.close()


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() != 0, reason="another user has no such port")
def test_a_file_that_is_no_port_is_in_trouble_and_no_exception(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "ascii")
    with pytest.raises(PortTrouble) as trouble:
        SerialPort(parse_scanner(f"serial:{tmp_path / 'file'}"), monotonic_ms).open()
    assert trouble.value.trouble in ("unplugged", "failed")


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (PermissionError(13, "Permission denied"), "no_permission"),
        (OSError("could not open port 'COM3': PermissionError(13, 'Access is denied.', None, 5)"), "taken"),
        (
            OSError("could not open port 'COM9': FileNotFoundError(2, 'The system cannot find …')"),
            "unplugged",
        ),
        (FileNotFoundError(2, "No such file"), "unplugged"),
        (OSError(11, "Could not exclusively lock port"), "taken"),
        (OSError(16, "Device or resource busy"), "taken"),
        (ValueError("Not a valid parity: 'X'"), "failed"),
    ],
)
def test_errors_are_told_as_what_a_person_can_mend(error: Exception, trouble: str) -> None:
    assert serial_port.trouble_of(error) == trouble


def test_a_usb_scanner_is_found_wherever_it_is_plugged_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanner = VirtualScanner(tmp_path / "elsewhere")
    other = SimpleNamespace(device="/dev/none", vid=0x0C2E, pid=0x0B61, serial_number="A1", product="Other")
    mine = SimpleNamespace(
        device=str(scanner.link),
        vid=0x0C2E,
        pid=0x0B61,
        serial_number="B2",
        product="Voyager",
        description="x",
    )
    there = [other]
    monkeypatch.setattr(serial_port, "ports", lambda: there)
    port = SerialPort(parse_scanner("serial:usb:0c2e:0b61:B2"), monotonic_ms)
    with pytest.raises(PortTrouble) as trouble:
        port.open()
    assert trouble.value.trouble == "unplugged"
    there.append(mine)
    assert port.open() == "Voyager"
    port.close()
    scanner.unplug()
    assert serial_port.line_of(mine) == "serial:usb:0c2e:0b61:B2"
    assert serial_port.line_of(SimpleNamespace(vid=None, device="COM1")) == "serial:COM1"


def test_without_pyserial_the_scanner_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of the till is loaded with its code: nothing of that may fail for it."""
    monkeypatch.setitem(sys.modules, "serial", None)
    line = parse_scanner("serial:/dev/ttyACM0")
    SystemScanners([line], monotonic_ms).load()
    with pytest.raises(PortTrouble) as raised:
        SerialPort(line, monotonic_ms).open()
    assert raised.value.trouble == "no_library"


def test_ports_that_cannot_be_listed_end_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing() -> list[object]:
        raise OSError("the registry does not answer")

    monkeypatch.setattr(serial_port, "ports", failing)
    with pytest.raises(PortTrouble):
        SerialPort(parse_scanner("serial:usb:0c2e:0b61"), monotonic_ms).open()


def test_a_device_that_goes_while_it_is_opened_ends_no_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import termios

    def gone(*_arguments: object) -> None:
        raise termios.error(5, "Input/output error")

    scanner = VirtualScanner(tmp_path / "ttyACM0")
    monkeypatch.setattr(termios, "tcflush", gone)
    with pytest.raises(PortTrouble):
        SerialPort(parse_scanner(f"serial:{scanner.link}"), monotonic_ms).open()
    scanner.unplug()
