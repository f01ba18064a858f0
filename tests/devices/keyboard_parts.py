"""Keys of a scanner as the kernel hands them over, and a kernel with planted keyboards.

Each device is a named pipe in a folder like /dev/input; a planted ioctl answers as linux/input.h says.
"""

from __future__ import annotations

import errno
import os
import struct
import time
from dataclasses import dataclass, field
from pathlib import Path

from posapp.devices.scanners import evdev
from posapp.devices.scanners.keys_us import CONTROL, KEYPAD, PLAIN, SHIFTED

SHIFT, CTRL, ALT, ENTER, CAPS = 42, 29, 56, 28, 58
PAD = {char: code for code, char in KEYPAD.items()}
EAN = "6901028180559"
Keys = list[tuple[int, int]]


def stroke(code: int) -> Keys:
    return [(code, 1), (code, 0)]


def held(modifier: int, *codes: int) -> Keys:
    return [(modifier, 1), *(key for code in codes for key in stroke(code)), (modifier, 0)]


def typed(text: str) -> Keys:
    """The keys of a scanner for a text: shifted ones, control characters by Ctrl, others by Alt and GBK."""
    plain = {char: code for code, char in PLAIN.items()}
    shifted = {char: code for code, char in SHIFTED.items()}
    control = {char: code for code, char in CONTROL.items()}
    keys: Keys = []
    for char in text:
        if char in plain:
            keys += stroke(plain[char])
        elif char in shifted:
            keys += held(SHIFT, shifted[char])
        elif char in control:
            keys += held(CTRL, control[char])
        else:
            keys += held(ALT, *(PAD[digit] for digit in str(int.from_bytes(char.encode("gbk"), "big"))))
    return keys


def raw(keys: Keys, *, start_ms: int = 1000, gap_ms: int = 2) -> bytes:
    """The kernel's bytes: each key with its scan code before and its report after."""
    data = b""
    for number, (key, value) in enumerate(keys):
        seconds, rest = divmod(start_ms + number * gap_ms, 1000)
        for kind, what, worth in ((4, 4, 0x70000 + key), (evdev.EV_KEY, key, value), (0, 0, 0)):
            data += evdev.EVENT.pack(seconds, rest * 1000, kind, what, worth)
    return data


@dataclass
class Planted:
    """A keyboard as the kernel tells of it."""

    name: str
    vendor: int = 0x0C2E
    product: int = 0x0B61
    serial: str = ""
    phys: str = "usb-0000:00:14.0-2/input0"
    keys: tuple[int, ...] = (2, 30, 28)
    down: tuple[int, ...] = ()
    grabbed: bool = False
    busy: bool = False
    clock: bool = True


@dataclass
class Kernel:
    """A folder of input devices, each a named pipe, and the ioctl that answers for them."""

    folder: Path
    devices: dict[str, Planted] = field(default_factory=dict)
    writers: dict[str, int] = field(default_factory=dict)

    def plug(self, name: str, device: Planted) -> None:
        path = self.folder / name
        os.mkfifo(path)
        self.devices[str(path)] = device
        self.writers[name] = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def unplug(self, name: str) -> None:
        (self.folder / name).unlink()
        self.devices.pop(str(self.folder / name))
        os.close(self.writers.pop(name))

    def press(self, name: str, keys: Keys, *, gap_ms: int = 2, start_ms: int | None = None) -> None:
        start = monotonic_ms() if start_ms is None else start_ms
        os.write(self.writers[name], raw(keys, start_ms=start, gap_ms=gap_ms))

    def ioctl(self, fd: int, request: int, argument: bytearray | int) -> int:
        device = self._device(fd)
        number, size = request & 0xFF, request >> 16 & 0x3FFF
        assert request >> 8 & 0xFF == ord("E")
        if number == 0x90:
            if device.busy:
                raise OSError(errno.EBUSY, "grabbed by another")
            device.grabbed = bool(argument)
            return 0
        assert isinstance(argument, bytearray)
        assert len(argument) == size
        if number == 0xA0:
            if not device.clock:
                raise OSError(errno.EINVAL, "no such clock")
            return 0
        if number == 0x02:
            argument[:] = struct.pack("@4H", 3, device.vendor, device.product, 1)
            return 0
        if number in (0x21, 0x18):
            for key in device.keys if number == 0x21 else device.down:
                argument[key // 8] |= 1 << key % 8
            return size
        text = {0x06: device.name, 0x07: device.phys, 0x08: device.serial}[number].encode() + b"\0"
        if text == b"\0":
            raise OSError(errno.ENOENT, "has none")
        argument[: len(text)] = text
        return len(text)

    def _device(self, fd: int) -> Planted:
        name = str(Path(f"/proc/self/fd/{fd}").readlink())
        if name not in self.devices:
            raise OSError(errno.ENODEV, "gone")
        return self.devices[name]

    def close(self) -> None:
        for name in list(self.writers):
            self.unplug(name)


def monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000
