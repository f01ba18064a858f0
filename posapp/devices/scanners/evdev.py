"""Linux input devices (/dev/input/event*) with the kernel's own interface: who they are, grabbing, events.

Written against linux/input.h with struct and ioctl because python-evdev comes without wheels and would need
a compiler and kernel headers on every till. A grabbed device (EVIOCGRAB) sends its keys to this process
alone: no layout, no input method, no focus comes between. Refuses to know what keys mean.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from posapp.config import UsbId

INPUT_FOLDER: Final = Path("/dev/input")
#: struct input_event: two longs of time, type, code, value.
EVENT: Final = struct.Struct("@llHHi")
EV_SYN, EV_KEY, SYN_DROPPED = 0, 1, 3
_KEY_MAX_BYTES: Final = 96
_KEY_A, _KEY_1, _KEY_ENTER = 30, 2, 28
_AT_ONCE: Final = 64 * EVENT.size

Ioctl = Callable[[int, int, bytearray | int], int]


def _request(direction: int, number: int, size: int) -> int:
    """An ioctl number of the input system, as _IOC of the generic layout builds it."""
    return direction << 30 | size << 16 | ord("E") << 8 | number


_WRITE, _READ = 1, 2
EVIOCGRAB: Final = _request(_WRITE, 0x90, 4)
_EVIOCSCLOCKID: Final = _request(_WRITE, 0xA0, 4)
_EVIOCGID: Final = _request(_READ, 0x02, 8)
_CLOCK_MONOTONIC: Final = struct.pack("@i", 1)


@dataclass(frozen=True, slots=True)
class Keyboard:
    """An input device with the keys of a keyboard."""

    path: str
    name: str
    usb: UsbId
    phys: str


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """A key: Linux key code, 1 pressed, 0 released, 2 repeated; `at_ms` of the kernel's clock."""

    code: int
    value: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """The kernel had no room and lost events: what was begun is not whole."""

    at_ms: int


def system_ioctl(fd: int, request: int, argument: bytearray | int) -> int:
    """The system's ioctl; raises OSError."""
    if sys.platform == "win32":
        raise OSError(errno.ENOSYS, "no input devices here")
    import fcntl

    return fcntl.ioctl(fd, request, argument)


def describe(path: str, fd: int, ioctl: Ioctl = system_ioctl) -> Keyboard | None:
    """What an open input device is; None where it has not the keys of a keyboard. Raises OSError."""
    keys = bytearray(_KEY_MAX_BYTES)
    ioctl(fd, _request(_READ, 0x20 + EV_KEY, len(keys)), keys)
    if not all(keys[key // 8] >> key % 8 & 1 for key in (_KEY_1, _KEY_A, _KEY_ENTER)):
        return None
    identity = bytearray(8)
    ioctl(fd, _EVIOCGID, identity)
    _, vendor, product, _ = struct.unpack("@4H", identity)
    serial = _text(fd, 0x08, ioctl)
    return Keyboard(path, _text(fd, 0x06, ioctl), UsbId(vendor, product, serial), _text(fd, 0x07, ioctl))


def keyboards(folder: Path = INPUT_FOLDER, ioctl: Ioctl = system_ioctl) -> tuple[list[Keyboard], list[str]]:
    """The keyboards of this PC, and the input devices that this user may not read."""
    found: list[Keyboard] = []
    closed: list[str] = []
    for path in sorted(folder.glob("event*"), key=lambda path: (len(path.name), path.name)):
        try:
            with opened(str(path)) as fd:
                keyboard = describe(str(path), fd, ioctl)
        except PermissionError:
            closed.append(str(path))
            continue
        except OSError:
            continue  # went while we looked, or is no input device
        if keyboard is not None:
            found.append(keyboard)
    return found, closed


@contextlib.contextmanager
def opened(path: str) -> Iterator[int]:
    """A device file, open for reading without waiting; raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


def use_monotonic(fd: int, ioctl: Ioctl = system_ioctl) -> bool:
    """Let events carry the monotonic clock; False where the device cannot."""
    try:
        ioctl(fd, _EVIOCSCLOCKID, bytearray(_CLOCK_MONOTONIC))
    except OSError:
        return False
    return True


def grab(fd: int, ioctl: Ioctl = system_ioctl) -> bool:
    """Have the device for this process alone, once no key is down; False: try again later.

    A key held while the device is taken would stay down for everybody else for ever. Raises OSError,
    EBUSY where another process has it.
    """
    down = bytearray(_KEY_MAX_BYTES)
    ioctl(fd, _request(_READ, 0x18, len(down)), down)
    if any(down):
        return False
    ioctl(fd, EVIOCGRAB, 1)
    return True


def read_events(fd: int, wait_ms: int) -> list[KeyEvent | Dropped]:
    """The key events that come within this time; raises OSError where the device is gone."""
    ready, _, _ = select.select([fd], [], [], wait_ms / 1000)
    if not ready:
        return []
    try:
        data = os.read(fd, _AT_ONCE)
    except BlockingIOError:
        return []
    if not data:
        raise OSError(errno.ENODEV, "the device is gone")
    return parse_events(data)


def parse_events(data: bytes) -> list[KeyEvent | Dropped]:
    """Key events of the kernel's bytes; a piece of an event at the end, which it never sends, is left."""
    found: list[KeyEvent | Dropped] = []
    whole = len(data) - len(data) % EVENT.size
    for seconds, micros, kind, code, value in EVENT.iter_unpack(data[:whole]):
        at_ms = seconds * 1000 + micros // 1000
        if kind == EV_KEY:
            found.append(KeyEvent(code, value, at_ms))
        elif (kind, code) == (EV_SYN, SYN_DROPPED):
            found.append(Dropped(at_ms))
    return found


def _text(fd: int, number: int, ioctl: Ioctl) -> str:
    """One of the device's texts; "" where it has none."""
    room = bytearray(256)
    try:
        length = ioctl(fd, _request(_READ, number, len(room)), room)
    except OSError:
        return ""
    return bytes(room[: max(0, length)]).split(b"\0")[0].decode("utf-8", "replace").strip()
