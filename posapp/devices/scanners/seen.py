"""What is plugged in that may be a scanner, with the line that the settings file takes for each.

Looks and opens nothing for long. A serial port need not be a scanner and a keyboard seldom is one: what
is only possible is said to be so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from posapp.config import parse_scanner
from posapp.devices.scanners import evdev, hid_pos, keyboard_port, serial_port
from posapp.devices.scanners.reading import PortTrouble
from posapp.flows.answers import ScannerTrouble

#: USB vendors of scanners: Honeywell, HHP, Zebra (Symbol), Datalogic, Newland, Opticon, Code, Access-IS.
VENDORS: Final = frozenset((0x0C2E, 0x0536, 0x05E0, 0x05F9, 0x1EAB, 0x065A, 0x11FA, 0x0DB5))
_WORDS: Final = ("scan", "barcode", "bar code", "honeywell", "datalogic", "zebra", "newland", "opticon")


@dataclass(frozen=True, slots=True)
class SeenDevice:
    """Something that is plugged in. `line` is for the settings, "" where it cannot be named; `likely`
    says that it is surely or probably a scanner."""

    kind: str
    name: str
    line: str
    likely: bool
    trouble: ScannerTrouble = ""
    detail: str = ""


def seen_devices() -> list[SeenDevice]:
    """Everything that may be a scanner, the likely ones first."""
    found = [*_serial(), *_hid(), *_keyboards()]
    return sorted(found, key=lambda device: not device.likely)


def looks_like_scanner(vendor: int | None, name: str) -> bool:
    """Whether maker or name are those of a scanner."""
    return vendor in VENDORS or any(word in name.lower() for word in _WORDS)


def udev_rule(text: str) -> str:
    """The udev rule that lets the user of this seat read the USB device of a line; "" for other lines.

    Keyboards are named one by one: a rule for all would let every program read what is typed.
    """
    line = parse_scanner(text)
    if line.usb is None:
        return ""
    subsystem = {"serial": "tty", "hid-pos": "hidraw", "keyboard": "input"}[line.kind]
    return (
        f'SUBSYSTEM=="{subsystem}", ATTRS{{idVendor}}=="{line.usb.vendor:04x}", '
        f'ATTRS{{idProduct}}=="{line.usb.product:04x}", TAG+="uaccess"'
    )


def _serial() -> Iterator[SeenDevice]:
    try:
        ports = serial_port.ports()
    except ImportError:
        yield SeenDevice("serial", "", "", True, "no_library")
        return
    for port in ports:
        name = port.product or ""
        likely = port.vid is not None and looks_like_scanner(port.vid, name)
        yield SeenDevice("serial", name, serial_port.line_of(port), likely, detail=port.device)


def _hid() -> Iterator[SeenDevice]:
    try:
        devices = hid_pos.HidApi().enumerate()
    except PortTrouble as trouble:
        yield SeenDevice("hid-pos", "", "", True, trouble.trouble)
        return
    for device in hid_pos.scanners_of(devices):
        line = f"hid-pos:{hid_pos.usb_of(device)}"
        yield SeenDevice("hid-pos", device["product_string"] or "", line, True)


def _keyboards() -> Iterator[SeenDevice]:
    if not keyboard_port.HERE:
        return
    found, closed = evdev.keyboards()
    for keyboard in found:
        likely = looks_like_scanner(keyboard.usb.vendor, keyboard.name)
        line = keyboard_port.line_of(keyboard, found)
        yield SeenDevice("keyboard", keyboard.name, line, likely, detail=keyboard.path)
    if closed and not found:
        yield SeenDevice("keyboard", "", "", False, "no_permission", ", ".join(closed))
