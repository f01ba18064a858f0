"""A scanner that types, taken away from the keyboard: its keys become codes and nothing else hears them.

Knows which of the keyboards a line of the settings means and takes the same one again when it is plugged in
anew, by USB identity or by socket. Where the system has no such devices, or this user may not read them,
it says so; the scanner then goes on typing like any keyboard.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from posapp.config import ScannerLine
from posapp.devices.scanners import evdev
from posapp.devices.scanners.framing import Complete, Framed, Framer
from posapp.devices.scanners.keys_us import KeyTexts
from posapp.devices.scanners.reading import Code, Heard, Noise, PortTrouble
from posapp.devices.scanners.texts import decode, scanned_text

HERE = sys.platform == "linux"


class KeyStream:
    """The keys of one device as codes."""

    def __init__(self, silence_ms: int) -> None:
        """A stream at its beginning."""
        self._keys = KeyTexts()
        self._framer = Framer("auto", silence_ms=silence_ms)

    def feed(self, events: Iterable[evdev.KeyEvent | evdev.Dropped]) -> list[Framed]:
        """What these events complete."""
        found: list[Framed] = []
        for event in events:
            if isinstance(event, evdev.Dropped):
                self._keys.reset()
                self._framer.spoil(event.at_ms)
            elif text := self._keys.feed(event.code, event.value):
                found += self._framer.feed(text.encode(), event.at_ms)
        return found

    def idle(self, now_ms: int) -> list[Framed]:
        """Say that nothing came up to now."""
        return self._framer.idle(now_ms)

    def reset(self, now_ms: int) -> list[Framed]:
        """The device is gone."""
        self._keys.reset()
        return self._framer.reset(now_ms)


class KeyboardPort:
    """One keyboard that is a scanner, grabbed."""

    def __init__(
        self,
        line: ScannerLine,
        monotonic_ms: Callable[[], int],
        *,
        claims: set[str],
        folder: Path = evdev.INPUT_FOLDER,
        ioctl: evdev.Ioctl = evdev.system_ioctl,
    ) -> None:
        """`claims` holds the device files that are in use, shared by all ports of this kind."""
        self._line = line
        self._monotonic_ms = monotonic_ms
        self._claims = claims
        self._folder = folder
        self._ioctl = ioctl
        self._fd = -1
        self._path = ""
        self._grabbed = False
        self._kernel_time = False
        self._stream = KeyStream(line.silence_ms)

    def open(self) -> str:
        """Open the keyboard that the line means; it is grabbed as soon as no key is down."""
        if not HERE:
            raise PortTrouble("not_here")
        keyboard = self._find()
        try:
            self._fd = os.open(keyboard.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise _trouble(error) from None
        self._path = keyboard.path
        self._claims.add(self._path)
        self._kernel_time = evdev.use_monotonic(self._fd, self._ioctl)
        self._grabbed = False
        return keyboard.name

    def read(self, wait_ms: int) -> Sequence[Heard]:
        """The codes that were completed by the keys of this time."""
        if self._fd < 0:
            raise PortTrouble("unplugged")
        wait_ms = min(wait_ms, self._line.silence_ms)
        try:
            if not self._grabbed and not self._grab():
                evdev.read_events(self._fd, wait_ms)  # these go everywhere else too, and count there
                return []
            events = evdev.read_events(self._fd, wait_ms)
        except OSError as error:
            lost = self._stream.reset(self._monotonic_ms())
            if lost:
                return [self._heard(framed) for framed in lost]
            raise _trouble(error) from None
        now_ms = self._monotonic_ms()
        if not self._kernel_time:
            events = [_at(event, now_ms) for event in events]
        found = [*self._stream.feed(events), *self._stream.idle(now_ms)]
        return [self._heard(framed) for framed in found]

    def close(self) -> None:
        """Let the keyboard type again."""
        fd, self._fd = self._fd, -1
        self._claims.discard(self._path)
        self._path = ""
        self._stream.reset(0)
        if fd >= 0:
            os.close(fd)  # which ends the grab

    def _grab(self) -> bool:
        """Have the device for ourselves, if no key is down; what was typed before is left to the others."""
        self._grabbed = evdev.grab(self._fd, self._ioctl)
        before = []
        while self._grabbed and (events := evdev.read_events(self._fd, 0)):
            before = events
        if before:
            # In the middle of a code: its end alone would be another code.
            self._stream.feed(
                [evdev.Dropped(before[-1].at_ms if self._kernel_time else self._monotonic_ms())]
            )
        return self._grabbed

    def _find(self) -> evdev.Keyboard:
        if self._line.path:
            real = str(Path(self._line.path).resolve())
            found, closed = evdev.keyboards(Path(real).parent, self._ioctl)
            fitting = [each for each in found if each.path == real]
            closed = [path for path in closed if path == real]
        else:
            found, closed = evdev.keyboards(self._folder, self._ioctl)
            fitting = [each for each in found if self._fits(each)]
        free = [each for each in fitting if each.path not in self._claims]
        if free:
            return free[0]
        if fitting:
            raise PortTrouble("taken")
        raise PortTrouble("no_permission" if closed else "unplugged")

    def _fits(self, keyboard: evdev.Keyboard) -> bool:
        wanted = self._line.usb
        there = keyboard.usb
        fits = wanted is not None and wanted.fits(there.vendor, there.product, there.serial)
        return fits and self._line.phys in ("", keyboard.phys)

    def _heard(self, framed: Framed) -> Heard:
        if not isinstance(framed, Complete):
            return Noise(framed.reason, framed.at_ms)
        text = decode(framed.data, "utf-8")
        return Noise("noise", framed.at_ms) if text is None else Code(scanned_text(text), framed.at_ms)


def line_of(keyboard: evdev.Keyboard, others: Iterable[evdev.Keyboard] = ()) -> str:
    """The line that means this keyboard and none of the others: by serial number, else by its socket."""
    twins = [each for each in others if each != keyboard and each.usb == keyboard.usb]
    line = f"keyboard:{keyboard.usb}"
    return f"{line}@{keyboard.phys}" if twins and keyboard.phys else line


def _at(event: evdev.KeyEvent | evdev.Dropped, at_ms: int) -> evdev.KeyEvent | evdev.Dropped:
    if isinstance(event, evdev.Dropped):
        return evdev.Dropped(at_ms)
    return evdev.KeyEvent(event.code, event.value, at_ms)


def _trouble(error: OSError) -> PortTrouble:
    match error.errno:
        case errno.EACCES | errno.EPERM:
            return PortTrouble("no_permission", str(error))
        case errno.EBUSY:
            return PortTrouble("taken", str(error))
        case _:
            return PortTrouble("unplugged", str(error))
