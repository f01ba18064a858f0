"""The scanners of this PC as the manager needs them: which port a line of the settings means.

The only file that knows all kinds; each kind's code, and its library, is loaded with its first scanner.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence

from posapp.config import ScannerLine
from posapp.devices.scanners.manager import PairingWait
from posapp.devices.scanners.reading import ScannerPort
from posapp.flows.answers import Pairing


class SystemScanners:
    """Ports of this PC."""

    def __init__(self, lines: Sequence[ScannerLine], monotonic_ms: Callable[[], int]) -> None:
        """`lines` are those whose code `load` loads."""
        self._lines = lines
        self._monotonic_ms = monotonic_ms
        self.can_pair = sys.platform == "linux"
        self._hid_claims: set[bytes] = set()
        self._keyboard_claims: set[str] = set()

    def load(self) -> None:
        """Load the code of these scanners; where a library is missing its scanners say so themselves."""
        kinds = {line.kind for line in self._lines}
        if "serial" in kinds:
            import posapp.devices.scanners.serial_port

            with contextlib.suppress(ImportError):
                import serial
                import serial.tools.list_ports  # noqa: F401
        if "hid-pos" in kinds:
            import posapp.devices.scanners.hid_pos
        if "keyboard" in kinds:
            import posapp.devices.scanners.keyboard_port  # noqa: F401

    def port(self, line: ScannerLine, named: Sequence[ScannerLine]) -> ScannerPort | None:
        """The wire to a scanner."""
        match line.kind:
            case "serial":
                from posapp.devices.scanners.serial_port import SerialPort

                return SerialPort(line, self._monotonic_ms)
            case "hid-pos":
                from posapp.devices.scanners.hid_pos import HidPosPort

                others = [other.usb for other in named if other.kind == "hid-pos" and other.usb is not None]
                return HidPosPort(line, self._monotonic_ms, claims=self._hid_claims, named=others)
            case "keyboard":
                from posapp.devices.scanners.keyboard_port import KeyboardPort

                return KeyboardPort(line, self._monotonic_ms, claims=self._keyboard_claims)

    def pairing(self, done: Callable[[Pairing], None]) -> PairingWait:
        """A waiting for the code of a keyboard that is a scanner."""
        from posapp.devices.scanners.pairing import KeyboardPairing

        return KeyboardPairing(done, self._monotonic_ms, claims=frozenset(self._keyboard_claims))
