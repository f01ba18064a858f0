"""Scanners that speak HID-POS, found by usage page 0x8C and read through hidapi.

Knows how hidapi lists, opens, reads and fails; what a report says is the parser's affair. hidapi is not
needed to sell: where it is missing the scanner's row says so. On Linux its hidraw variant is taken first:
the other one takes a device away from the kernel and tells no usage pages.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from posapp.config import ScannerLine, UsbId
from posapp.devices.scanners.hid_reports import HONEYWELL_VENDOR, HidAssembler, HidCode, HidNoise
from posapp.devices.scanners.reading import Code, Heard, Noise, PortTrouble
from posapp.devices.scanners.texts import decode, scanned_text

USAGE_PAGE: Final = 0x8C
#: Usages of that page that send codes: bar code scanner, dumb scanner, cordless base, cradle. Usage 1 is a
#: badge reader, and some gaming keyboards put their settings there.
USAGES: Final = frozenset((0x02, 0x03, 0x04, 0x05))
_READ_BYTES: Final = 256


class HidApi:
    """The part of hidapi that is needed; raises PortTrouble("no_library") where it is not installed."""

    #: hidapi's listing and opening share state of the whole process.
    _one_at_a_time = threading.Lock()

    def __init__(self) -> None:
        """Load hidapi."""
        names = ("hidraw", "hid") if sys.platform == "linux" else ("hid",)
        for name in names:
            try:
                self._hid = importlib.import_module(name)
            except ImportError:
                continue
            return
        raise PortTrouble("no_library")

    def enumerate(self) -> list[dict[str, Any]]:
        """Every HID interface that is plugged in, as hidapi's dictionaries."""
        with self._one_at_a_time:
            return list(self._hid.enumerate())

    def open(self, path: bytes) -> Any:
        """An open device; raises OSError."""
        with self._one_at_a_time:
            device = self._hid.device()
            device.open_path(path)
        return device


def scanners_of(devices: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those interfaces that are scanners, in a steady order."""
    found = [each for each in devices if each["usage_page"] == USAGE_PAGE and each["usage"] in USAGES]
    return sorted(found, key=lambda each: each["path"])


def usb_of(device: dict[str, Any]) -> UsbId:
    """What an interface says of itself."""
    return UsbId(device["vendor_id"], device["product_id"], device["serial_number"] or "")


class HidPosPort:
    """One HID-POS scanner; "auto" is the first that no other line has."""

    def __init__(
        self,
        line: ScannerLine,
        monotonic_ms: Callable[[], int],
        *,
        claims: set[bytes],
        named: Sequence[UsbId] = (),
        api: Callable[[], HidApi] = HidApi,
    ) -> None:
        """`claims` holds the paths that are in use, shared by all ports of this kind; `named` are the
        scanners that have a line of their own, which "auto" leaves alone."""
        self._line = line
        self._monotonic_ms = monotonic_ms
        self._claims = claims
        self._named = named
        self._api = api
        self._device: Any = None
        self._path = b""
        self._codes = HidAssembler()

    def open(self) -> str:
        """Open the first scanner that fits and is free."""
        api = self._api()
        try:
            scanners = scanners_of(api.enumerate())
        except (OSError, ValueError) as error:
            raise PortTrouble("failed", str(error)) from None
        fitting = [each for each in scanners if self._fits(each)]
        free = [each for each in fitting if each["path"] not in self._claims]
        if not free:
            raise PortTrouble("taken" if fitting and self._line.usb else "unplugged")
        chosen = free[0]
        try:
            self._device = api.open(chosen["path"])
        except (OSError, ValueError) as error:
            raise PortTrouble(_trouble(chosen["path"], error), str(error)) from None
        self._path = chosen["path"]
        self._claims.add(self._path)
        self._codes = HidAssembler(chosen["vendor_id"])
        self._wake(chosen["vendor_id"])
        return str(chosen["product_string"] or "")

    def read(self, wait_ms: int) -> Sequence[Heard]:
        """The codes that were completed by reports of this time."""
        if self._device is None:
            raise PortTrouble("unplugged")
        try:
            raw = bytes(self._device.read(_READ_BYTES, wait_ms))
        except (OSError, ValueError) as error:
            lost = self._codes.reset(self._monotonic_ms())
            if lost:
                return [self._heard(each) for each in lost]
            raise PortTrouble("unplugged", str(error)) from None
        now_ms = self._monotonic_ms()
        found = self._codes.feed(raw, now_ms) if raw else self._codes.idle(now_ms)
        return [self._heard(each) for each in found]

    def close(self) -> None:
        """Let the device go."""
        device, self._device = self._device, None
        self._claims.discard(self._path)
        self._path = b""
        if device is not None:
            device.close()

    def _fits(self, device: dict[str, Any]) -> bool:
        there = (device["vendor_id"], device["product_id"], device["serial_number"])
        if self._line.usb is not None:
            return self._line.usb.fits(*there)
        return not any(usb.fits(*there) for usb in self._named)

    def _wake(self, vendor: int) -> None:
        """Some of Honeywell's scanners begin to send codes only after feature report 254 said so."""
        if vendor != HONEYWELL_VENDOR:
            return
        try:
            self._device.send_feature_report([0xFE, 0x01])
        except (OSError, ValueError):
            return  # those that do not know it need not be woken

    def _heard(self, found: HidCode | HidNoise) -> Heard:
        if isinstance(found, HidNoise):
            return Noise(found.reason, found.at_ms)
        text = decode(found.data, self._line.encoding)
        if text is None:
            return Noise("noise", found.at_ms)
        return Code(scanned_text(text, found.aim), found.at_ms)


def _trouble(path: bytes, error: Exception) -> Any:
    """hidapi says only "open failed": the device file tells whether it was a matter of rights."""
    name = os.fsdecode(path)
    if name.startswith("/dev/") and not os.access(name, os.R_OK | os.W_OK):
        return "no_permission"
    return "taken" if getattr(error, "errno", None) == errno.EBUSY else "failed"
