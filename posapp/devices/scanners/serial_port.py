"""Scanners on a serial line: RS-232, or USB in the class of modems (CDC), found by name or by USB identity.

Knows how pyserial opens, reads and fails, on every system; where codes begin and end is the framer's
affair. The port is opened for this till alone. pyserial is loaded with the first scanner of this kind.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from posapp.config import ScannerLine, UsbId
from posapp.devices.scanners.framing import Complete, Framed, Framer
from posapp.devices.scanners.reading import LOOK_MS, Code, Heard, Noise, PortTrouble
from posapp.devices.scanners.texts import decode, scanned_text
from posapp.flows.answers import ScannerTrouble

if TYPE_CHECKING:
    from serial import Serial

_AT_ONCE = 4096
_NO_ACCESS = frozenset((errno.EACCES, errno.EPERM))
_TAKEN = frozenset((errno.EBUSY, errno.EAGAIN))
#: Windows calls a port that somebody else has open "access denied", and has no other refusal.
_TAKEN_WORDS = ("Access is denied", "PermissionError(13")


class SerialPort:
    """One serial scanner."""

    def __init__(self, line: ScannerLine, monotonic_ms: Callable[[], int]) -> None:
        """A scanner by its line in the settings, not opened."""
        self._line = line
        self._monotonic_ms = monotonic_ms
        self._framer = Framer(line.frame, silence_ms=line.silence_ms)
        self._serial: Serial | None = None

    def open(self) -> str:
        """Open the port, exclusively; its name is the product's where the USB tells it."""
        try:
            import serial
        except ImportError:
            raise PortTrouble("no_library") from None
        bits = self._line.bits
        try:
            device, name = self._find()
            self._serial = serial.Serial(
                device,
                self._line.baud,
                int(bits[0]),
                bits[1],
                int(bits[2]),
                timeout=min(LOOK_MS, self._line.silence_ms) / 1000,
                exclusive=True,
            )
        except _failures() as error:
            raise PortTrouble(trouble_of(error), str(error)) from None
        return name

    def read(self, wait_ms: int) -> Sequence[Heard]:
        """The codes that were completed by what came within this time."""
        port = self._serial
        if port is None:
            raise PortTrouble("unplugged")
        now_ms = self._monotonic_ms()
        try:
            # One byte is waited for, what came with it is taken at once: a code is not held up.
            data = port.read(1)
            data += port.read(min(port.in_waiting, _AT_ONCE)) if data else b""
        except (OSError, TypeError) as error:  # TypeError: closed by the system below pyserial
            lost = self._framer.reset(now_ms)
            if lost:
                return [self._heard(framed) for framed in lost]
            raise PortTrouble("unplugged", str(error)) from None
        now_ms = self._monotonic_ms()
        framed = self._framer.feed(data, now_ms) if data else self._framer.idle(now_ms)
        return [self._heard(each) for each in framed]

    def close(self) -> None:
        """Let the port go."""
        port, self._serial = self._serial, None
        self._framer.reset(0)
        if port is None:
            return
        try:
            port.close()
        except OSError:
            return  # it went with its device

    def _heard(self, framed: Framed) -> Heard:
        if not isinstance(framed, Complete):
            return Noise(framed.reason, framed.at_ms)
        text = decode(framed.data, self._line.encoding)
        return Noise("noise", framed.at_ms) if text is None else Code(scanned_text(text), framed.at_ms)

    def _find(self) -> tuple[str, str]:
        """Device and name of the port; raises PortTrouble where no such USB device is there."""
        if self._line.usb is None:
            found = next((port for port in ports() if port.device == self._line.path), None)
            return self._line.path, found.product or "" if found else ""
        for port in ports():
            if self._line.usb.fits(port.vid, port.pid, port.serial_number):
                return port.device, port.product or port.description or ""
        raise PortTrouble("unplugged")


def _failures() -> tuple[type[Exception], ...]:
    """What opening a port raises; a device that goes meanwhile is an error of the terminal on Unix."""
    if sys.platform == "win32":
        return (OSError, ValueError)
    import termios

    return (OSError, ValueError, termios.error)


def ports() -> list[Any]:
    """The serial ports of this PC, as pyserial's ListPortInfo."""
    from serial.tools.list_ports import comports

    return list(comports())


def line_of(port: Any) -> str:
    """The line that names this port best: by its USB identity where it has one."""
    if port.vid is None:
        return f"serial:{port.device}"
    return f"serial:usb:{UsbId(port.vid, port.pid, port.serial_number or '')}"


def trouble_of(error: Exception) -> ScannerTrouble:
    """What a person can do about a port that does not open."""
    number = getattr(error, "errno", None)
    if number in _TAKEN or any(words in str(error) for words in _TAKEN_WORDS):
        return "taken"
    if number in _NO_ACCESS:
        return "no_permission"
    return "unplugged" if isinstance(error, OSError) else "failed"
