"""Reports of HID-POS bar code scanners, and the codes they make up.

The layout that scanners share in practice is 64 bytes: report id 2, length, AIM identifier (three bytes),
56 bytes of data, two bytes of the maker's symbology code, and a last byte whose lowest bit says that the code
goes on in the next report. It follows the USB "HID Point of Sale Usage Tables" 1.02 (usages 0xFB to 0xFF of
page 0x8C); makers print it in their manuals (Access-IS appendix "HID reports", Honeywell's "HID POS"). Some
(Newland's manual) leave the identifier out and begin with the data. No descriptor is read: the report shows
which of the two it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from posapp.devices.scanners.framing import CODE_BYTES_MAX
from posapp.devices.scanners.symbologies import ScanDataType, aim_of, is_aim

SCANNED_DATA_REPORT: Final = 2
REPORT_BYTES: Final = 64
#: The shortest that is whole: one maker leaves the last byte out.
_LEAST_BYTES: Final = 63
DATA_BYTES: Final = 56
_GOES_ON: Final = 0x01
#: A code that goes on is finished by its next report at once; after this long it never will be.
HALF_MS: Final = 500

#: Honeywell's code identifiers (byte 61), for the reports of its scanners without an AIM identifier.
_HONEYWELL: Final = {
    0x61: ScanDataType.CODABAR, 0x6A: ScanDataType.CODE128, 0x62: ScanDataType.CODE39,
    0x69: ScanDataType.CODE93, 0x64: ScanDataType.EAN13, 0x44: ScanDataType.EAN8, 0x49: ScanDataType.GS1128,
    0x79: ScanDataType.GS1DATABAR, 0x7D: ScanDataType.GS1DATABAR_E, 0x65: ScanDataType.ITF,
    0x63: ScanDataType.UPCA, 0x45: ScanDataType.UPCE, 0x77: ScanDataType.DATAMATRIX,
    0x73: ScanDataType.QRCODE, 0x72: ScanDataType.PDF417, 0x7A: ScanDataType.AZTEC,
}  # fmt: skip
HONEYWELL_VENDOR: Final = 0x0C2E


@dataclass(frozen=True, slots=True)
class Report:
    """One report taken apart: `aim` is "" where it carries none, `maker_code` byte 61."""

    aim: str
    data: bytes
    goes_on: bool
    maker_code: int


@dataclass(frozen=True, slots=True)
class HidCode:
    """A whole code of one or more reports, without its suffix."""

    aim: str
    data: bytes
    at_ms: int


@dataclass(frozen=True, slots=True)
class HidNoise:
    """A report, or the beginning of a code, that is none: why."""

    reason: str
    at_ms: int


def parse_report(raw: bytes) -> Report | str:
    """Take one report apart; a text instead says why it is none.

    `raw` begins with the report's number, as hidapi hands it over. Windows pads reports to the longest
    of the device, so what follows 64 bytes is not looked at.
    """
    if len(raw) < _LEAST_BYTES:
        return "truncated"
    raw = raw.ljust(REPORT_BYTES, b"\0")
    if raw[0] != SCANNED_DATA_REPORT:
        return "other report"
    length, head = raw[1], raw[2:5].decode("ascii", "replace")
    if length > DATA_BYTES:
        return "length"
    goes_on = bool(raw[63] & _GOES_ON)
    if is_aim(head):
        # An identifier that is data (three bytes shorter, no room behind) cannot be told apart, nor need it.
        return Report(head, raw[5 : 5 + length].rstrip(b"\0"), goes_on, raw[61])
    if not any(raw[2:5]):
        return Report("", raw[5 : 5 + length].rstrip(b"\0"), goes_on, raw[61])
    return Report("", raw[2 : 2 + length].rstrip(b"\0"), goes_on, raw[62])


class HidAssembler:
    """Puts reports together to codes; what was begun and never finished comes out as noise."""

    def __init__(self, vendor: int = 0) -> None:
        """`vendor` is the device's USB vendor: its own symbology codes count where AIM says nothing."""
        self._vendor = vendor
        self._data = bytearray()
        self._aim = ""
        self._begun_ms: int | None = None

    def feed(self, raw: bytes, at_ms: int) -> list[HidCode | HidNoise]:
        """Take one report that came at a time."""
        found: list[HidCode | HidNoise] = [*self.idle(at_ms)]
        report = parse_report(raw)
        if isinstance(report, str):
            if report == "other report":
                return found  # settings and the like, not meant for us
            return [*found, *self.reset(at_ms), HidNoise(report, at_ms)]
        if self._begun_ms is not None and report.aim != self._aim:
            found += self.reset(at_ms)
        if self._begun_ms is None:
            self._aim = report.aim
        self._begun_ms = at_ms
        self._data += report.data
        if len(self._data) > CODE_BYTES_MAX:
            self._clear()
            return [*found, HidNoise("too_long", at_ms)]
        if report.goes_on:
            return found
        aim = self._aim or self._maker_aim(report.maker_code)
        data = bytes(self._data).rstrip(b"\r\n")
        self._clear()
        return [*found, HidCode(aim, data, at_ms)] if data else found

    def idle(self, now_ms: int) -> list[HidNoise]:
        """Say that nothing came up to now."""
        if self._begun_ms is None or now_ms - self._begun_ms < HALF_MS:
            return []
        return self.reset(now_ms)

    def reset(self, now_ms: int) -> list[HidNoise]:
        """What was begun is lost."""
        begun = self._begun_ms is not None
        self._clear()
        return [HidNoise("half", now_ms)] if begun else []

    def _maker_aim(self, maker_code: int) -> str:
        if self._vendor != HONEYWELL_VENDOR or maker_code not in _HONEYWELL:
            return ""
        return aim_of(_HONEYWELL[maker_code])

    def _clear(self) -> None:
        self._data.clear()
        self._aim = ""
        self._begun_ms = None
