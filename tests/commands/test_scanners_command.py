"""`posapp scanners` and `posapp virtual-scanner`: what is plugged in, its lines, and what comes out of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from posapp.commands import scanners as command
from posapp.commands.parsers import make_parser
from posapp.commands.virtual_scanner import follow
from posapp.config import UsbId, parse_scanner
from posapp.devices.scanners import evdev, hid_pos, keyboard_port, seen, serial_port
from posapp.devices.scanners.evdev import Keyboard
from posapp.devices.scanners.reading import PortTrouble
from posapp.devices.scanners.seen import SeenDevice, looks_like_scanner, seen_devices, udev_rule
from posapp.devices.scanners.virtual_scanner import VirtualScanner
from tests.devices.hid_documented import interface
from tests.devices.scanner_parts import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
no_pty = pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals here")
PORTS = [
    SimpleNamespace(device="COM1", vid=None, pid=None, serial_number=None, product=None, description="n/a"),
    SimpleNamespace(
        device="COM7",
        vid=0x0C2E,
        pid=0x0B61,
        serial_number="S1",
        product="Voyager",
        description="Voyager (COM7)",
    ),
]
KEYBOARDS = [
    Keyboard("/dev/input/event2", "AT Translated Set 2 keyboard", UsbId(1, 1), "isa0060/serio0/input0"),
    Keyboard(
        "/dev/input/event5", "Datalogic ADC Barcode Scanner", UsbId(0x05F9, 0x2214, "D9"), "usb-1/input0"
    ),
]


@pytest.fixture
def plugged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PC with devices of every kind."""
    monkeypatch.setattr(serial_port, "ports", lambda: PORTS)
    monkeypatch.setattr(hid_pos.HidApi, "__init__", lambda self: None)
    monkeypatch.setattr(hid_pos.HidApi, "enumerate", lambda self: [interface(3), interface(4, usage=1)])
    monkeypatch.setattr(keyboard_port, "HERE", True)
    monkeypatch.setattr(evdev, "keyboards", lambda: (KEYBOARDS, []))


def run(*arguments: str, config: Path = Path("no such file")) -> int:
    return command.run(make_parser().parse_args(["--config", str(config), "scanners", *arguments]))


@pytest.mark.usefixtures("plugged_in")
def test_everything_that_may_be_a_scanner_has_a_line_that_the_settings_take() -> None:
    found = seen_devices()
    assert [(each.kind, each.line, each.likely) for each in found] == [
        ("serial", "serial:usb:0c2e:0b61:S1", True),
        ("hid-pos", "hid-pos:05e0:1300:S3", True),
        ("keyboard", "keyboard:05f9:2214:D9", True),
        ("serial", "serial:COM1", False),
        ("keyboard", "keyboard:0001:0001", False),
    ]
    for each in found:
        assert parse_scanner(each.line).kind == each.kind


@pytest.mark.usefixtures("plugged_in")
def test_the_page_names_the_lines_and_the_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    page = capsys.readouterr().out
    assert '    scanners = ["serial:usb:0c2e:0b61:S1"]' in page
    assert "keyboard: AT Translated Set 2 keyboard  (need not be a scanner)" in page
    if sys.platform == "linux":
        rule = 'SUBSYSTEM=="input", ATTRS{idVendor}=="05f9", ATTRS{idProduct}=="2214", TAG+="uaccess"'
        assert rule in page
        assert "0001" not in page.partition("udev")[2]  # nobody is to read the shop's keyboard


@pytest.mark.usefixtures("plugged_in")
def test_each_device_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json") == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["line"] for each in found] == [each.line for each in seen_devices()]
    assert set(found[0]) == {"kind", "name", "line", "likely", "trouble", "detail"}


def test_a_bare_pc_says_that_nothing_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "seen_devices", list)
    assert run() == 0
    assert capsys.readouterr().out == "Nothing is plugged in that may be a scanner.\n"
    assert run("--listen", "1") == 1
    assert "Name one with --line." in capsys.readouterr().err


def test_a_missing_library_and_closed_keyboards_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(self: Any) -> None:
        raise PortTrouble("no_library")

    monkeypatch.setattr(serial_port, "ports", list)
    monkeypatch.setattr(hid_pos.HidApi, "__init__", missing)
    monkeypatch.setattr(keyboard_port, "HERE", True)
    monkeypatch.setattr(evdev, "keyboards", lambda: ([], ["/dev/input/event0"]))
    assert [(each.kind, each.trouble) for each in seen_devices()] == [
        ("hid-pos", "no_library"),
        ("keyboard", "no_permission"),
    ]
    pages = ["\n".join(command._page(each)) for each in seen_devices()]
    assert "a part is missing" in pages[0]
    assert "the till may not read it" in pages[1]


def test_without_pyserial_the_others_are_still_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ImportError("serial")

    monkeypatch.setattr(serial_port, "ports", missing)
    monkeypatch.setattr(hid_pos.HidApi, "enumerate", lambda self: [])
    monkeypatch.setattr(keyboard_port, "HERE", False)
    assert [(each.kind, each.trouble) for each in seen_devices()] == [("serial", "no_library")]


def test_a_wrong_line_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--line", "toaster:4") == 2
    assert "a scanner is" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("vendor", "name", "likely"),
    [
        (0x0C2E, "", True),
        (0x9999, "USB BarCode Reader", True),
        (0x9999, "Keyboard", False),
        (None, "", False),
    ],
)
def test_scanners_are_known_by_maker_or_name(vendor: int | None, name: str, likely: bool) -> None:
    assert looks_like_scanner(vendor, name) is likely


@pytest.mark.parametrize("line", ["serial:COM1", "hid-pos:auto", "keyboard:/dev/input/event1"])
def test_there_is_a_rule_for_usb_devices_only(line: str) -> None:
    assert udev_rule(line) == ""


def test_the_rule_names_one_kind_of_device() -> None:
    assert 'SUBSYSTEM=="hidraw", ATTRS{idVendor}=="05e0"' in udev_rule("hid-pos:05e0:1300:S3")
    assert 'SUBSYSTEM=="tty"' in udev_rule("serial:usb:0c2e:0b61?baud=115200")
    assert seen.VENDORS
    assert SeenDevice("serial", "", "", False).trouble == ""


# ----------------------------------------------------------------- listening, with a simulated scanner
@no_pty
def test_codes_are_shown_as_they_came_and_as_they_are_understood(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "seen_devices", list)
    scanner = VirtualScanner(tmp_path / "ttyACM0")
    show, tell = command._show_code, command._show_states

    def show_and_stop(scan: Any, *, as_json: bool) -> None:
        show(scan, as_json=as_json)
        if "06901028180559" in scan.text:
            scanner.scan("]E04006381333931")
        else:
            raise KeyboardInterrupt

    def tell_and_scan(scanners: Any, shown: dict[str, tuple[str, str]], *, as_json: bool) -> None:
        was = shown.copy()
        tell(scanners, shown, as_json=as_json)
        if shown != was and scanners[0].state == "ready":
            scanner.scan("]C1010690102818055910LOT\x1d17261231")

    monkeypatch.setattr(command, "_show_code", show_and_stop)
    monkeypatch.setattr(command, "_show_states", tell_and_scan)
    assert run("--line", f"serial:{scanner.link}", "--listen", str(PATIENCE_S), "--json") == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    codes = [each for each in shown if "text" in each]
    assert codes[0]["text"] == "010690102818055910LOT\\x1d17261231"
    assert (codes[0]["aim"], codes[0]["scan_data_type"]) == ("]C1", 120)
    assert codes[0]["understood"]["gtin14"] == "06901028180559"
    assert codes[1]["understood"]["kind"] == "item"
    states = [each["state"] for each in shown if "state" in each]
    assert states[:2] == ["starting", "ready"]
    scanner.unplug()


@no_pty
def test_the_simulated_scanner_does_what_it_is_told(tmp_path: Path) -> None:
    scanner = VirtualScanner(tmp_path / "scanner", suffix="\n")
    end = os.open(scanner.link, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    lines = ["6901028180559\n", "\n", ":half 4006381333931\n", ":twice 96385074\n", ":slow ab\n", "x\\x1dy\n"]
    follow(scanner, lines)
    got = b""
    while not got.endswith(b"x\x1dy\n"):
        got += os.read(end, 4096)
    assert got == b"6901028180559\n" + b"400638" + b"96385074\n96385074\n" + b"ab\n" + b"x\x1dy\n"
    follow(scanner, [":garbage\n"])
    assert any(byte >= 0x80 for byte in os.read(end, 4096))
    follow(scanner, [":unplug\n", "lost\n", ":plug\n"])
    assert scanner.is_plugged
    assert scanner.link.exists()
    os.close(end)
    follow(scanner, [":quit\n", ":unplug\n"])
    assert scanner.is_plugged
    scanner.unplug()
    scanner.unplug()
    assert not scanner.link.exists()


@no_pty
def test_the_simulated_scanner_takes_no_file_away(tmp_path: Path) -> None:
    mine = tmp_path / "goods.csv"
    mine.write_text("mine")
    with pytest.raises(OSError, match="something else"):
        VirtualScanner(mine)
    assert mine.read_text() == "mine"


def test_the_two_commands_work_together(tmp_path: Path) -> None:
    link = tmp_path / "scanner"
    posapp = [sys.executable, "-m", "posapp"]
    virtual = subprocess.Popen(
        [*posapp, "virtual-scanner", "--link", str(link)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert virtual.stdin is not None
    assert virtual.stdout is not None
    line = virtual.stdout.readline().strip()
    assert line == f'scanners = ["serial:{link}"]'
    listening = subprocess.Popen(
        [*posapp, "scanners", "--line", f"serial:{link}", "--listen", "60"],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert listening.stdout is not None
    guard = threading.Timer(50, listening.kill)
    guard.start()
    try:
        while "ready" not in listening.stdout.readline():
            assert listening.poll() is None
        virtual.stdin.write("]E06901028180559\n")
        virtual.stdin.flush()
        assert listening.stdout.readline() == f"serial:{link}: 6901028180559\n"
        assert listening.stdout.readline().strip() == "]E0 · EAN13 · item"
    finally:
        guard.cancel()
        guard.join()
        listening.terminate()
        listening.wait(20)
        listening.stdout.close()
        virtual.stdin.close()
        assert virtual.wait(20) == 0
        virtual.stdout.close()
    assert not link.exists()
