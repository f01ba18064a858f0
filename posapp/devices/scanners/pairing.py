"""Finds out which keyboard is the scanner: somebody scans a code, and the one that types it is.

Listens to every keyboard without taking any: a person may go on typing. A code comes at a pace no hand
keeps, and ends with Enter or silence; the first device that does so is the scanner. Refuses to keep or to
grab anything, which is its caller's affair.
"""

from __future__ import annotations

import contextlib
import select
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from posapp.devices.scanners import evdev
from posapp.devices.scanners.ending_thread import EndingThread
from posapp.devices.scanners.framing import Complete, Framed
from posapp.devices.scanners.keyboard_port import HERE, KeyStream, line_of
from posapp.devices.scanners.keys_us import PRESSED
from posapp.flows.answers import Pairing

#: How long somebody has to scan.
WAIT_MS: Final = 60_000
LEAST_CHARACTERS: Final = 6
#: Mean time between two characters of a code; slower ones are typed. Bluetooth scanners need up to 40 ms.
PACE_MS: Final = 50
_LOOK_MS: Final = 100
_SILENCE_MS: Final = 200


@dataclass(slots=True)
class _Candidate:
    """A keyboard that is listened to."""

    keyboard: evdev.Keyboard
    stream: KeyStream = field(default_factory=lambda: KeyStream(_SILENCE_MS))
    first_ms: int = 0
    last_ms: int | None = None

    def hears(self, events: list[evdev.KeyEvent | evdev.Dropped], now_ms: int) -> bool:
        """Whether these events end a code at a scanner's pace."""
        for event in events:
            if isinstance(event, evdev.KeyEvent) and event.value == PRESSED:
                if self.last_ms is None or event.at_ms - self.last_ms > _SILENCE_MS:
                    self.first_ms = event.at_ms
                self.last_ms = event.at_ms
            if any(map(self._is_scan, self.stream.feed([event]))):
                return True
        return any(map(self._is_scan, self.stream.idle(now_ms)))

    def _is_scan(self, framed: Framed) -> bool:
        first_ms, self.last_ms = self.first_ms, None
        if not isinstance(framed, Complete):
            return False
        length = len(framed.data)
        return length >= LEAST_CHARACTERS and framed.at_ms - first_ms <= PACE_MS * length


class KeyboardPairing(EndingThread):
    """One waiting for one code, on a thread of its own; `done` is told once, on that thread."""

    def __init__(
        self,
        done: Callable[[Pairing], None],
        monotonic_ms: Callable[[], int],
        *,
        claims: frozenset[str] = frozenset(),
        folder: Path = evdev.INPUT_FOLDER,
        ioctl: evdev.Ioctl = evdev.system_ioctl,
        wait_ms: int = WAIT_MS,
    ) -> None:
        """`claims` are the device files that are scanners already."""
        self._done = done
        self._monotonic_ms = monotonic_ms
        self._claims = claims
        self._folder = folder
        self._ioctl = ioctl
        self._wait_ms = wait_ms
        super().__init__(self._run, "scanner-pairing")

    def _run(self) -> None:
        result = self._find() if HERE else Pairing("failed", trouble="not_here")
        if result is not None:
            self._done(result)

    def _find(self) -> Pairing | None:
        found, closed = evdev.keyboards(self._folder, self._ioctl)
        with contextlib.ExitStack() as stack:
            listening: dict[int, _Candidate] = {}
            for keyboard in found:
                if keyboard.path in self._claims:
                    continue
                with contextlib.suppress(OSError):  # went while we looked
                    fd = stack.enter_context(evdev.opened(keyboard.path))
                    evdev.use_monotonic(fd, self._ioctl)
                    listening[fd] = _Candidate(keyboard)
            if not listening:
                return Pairing("failed", trouble="no_permission" if closed else "none_found")
            return self._listen(listening)

    def _listen(self, listening: dict[int, _Candidate]) -> Pairing | None:
        until_ms = self._monotonic_ms() + self._wait_ms
        keyboards = [each.keyboard for each in listening.values()]
        while not self.ending.is_set():
            now_ms = self._monotonic_ms()
            if now_ms >= until_ms or not listening:
                return Pairing("failed", trouble="timed_out")
            ready, _, _ = select.select(list(listening), [], [], _LOOK_MS / 1000)
            for fd in list(listening):
                candidate = listening[fd]
                try:
                    events = evdev.read_events(fd, 0) if fd in ready else []
                except OSError:
                    del listening[fd]
                    continue
                if candidate.hears(events, self._monotonic_ms()):
                    keyboard = candidate.keyboard
                    return Pairing("done", line_of(keyboard, keyboards), keyboard.name)
        return None
