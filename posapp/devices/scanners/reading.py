"""One scanner's thread: opens its port, hands on what it hears, and tries again when the port is gone.

Knows no protocol: a port says what it heard, or why it cannot. Between two tries it waits longer and
longer, since a scanner that was unplugged is plugged in again sooner or later and nobody should have to
press anything for it. While whoever listens is full, codes are left in the wire.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from posapp.devices.scanners.ending_thread import EndingThread
from posapp.devices.scanners.texts import ScannedText
from posapp.flows.answers import ScannerTrouble
from posapp.values import dataclass

#: One look at the port; a thread that is to end notices after this long.
LOOK_MS: Final = 100
#: Seconds between two tries to open a port that is not there, then the last one for ever.
PAUSES_S: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
_FULL_S: Final = 0.05


class PortTrouble(Exception):  # noqa: N818 - a state of the port
    """The port cannot be used now; `trouble` says what a person can do about it."""

    def __init__(self, trouble: ScannerTrouble, detail: str = "") -> None:
        super().__init__(trouble, detail)
        self.trouble: ScannerTrouble = trouble
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Code:
    """A code that was read; `at_ms` is monotonic."""

    text: ScannedText
    at_ms: int


@dataclass(frozen=True, slots=True)
class Noise:
    """Something that is no code: cut off, too long, or no text."""

    reason: str
    at_ms: int


Heard = Code | Noise


class ScannerPort(Protocol):
    """A wire to one scanner; used by one thread."""

    def open(self) -> str:
        """Find and open the device, and tell what it calls itself; raises PortTrouble."""

    def read(self, wait_ms: int) -> Sequence[Heard]:
        """What came within this time, often nothing; raises PortTrouble where the device is gone."""

    def close(self) -> None:
        """Let the device go; harmless when it is not open."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told, on the scanner's thread."""

    heard: Callable[[Heard], None]
    ready: Callable[[str], None]
    away: Callable[[PortTrouble], None]
    is_full: Callable[[], bool]


class ReadingThread(EndingThread):
    """Reads one port until it is stopped."""

    def __init__(
        self, port: ScannerPort, listener: Listener, name: str, *, pauses_s: Sequence[float] = PAUSES_S
    ) -> None:
        """A thread that does not run yet."""
        self._port = port
        self._listener = listener
        self._pauses_s = pauses_s
        self._was_read = False
        super().__init__(self._run, name)

    def _run(self) -> None:
        tries = 0
        while not self.ending.is_set():
            self._was_read = False
            try:
                self._listener.ready(self._port.open())
                self._listen()
            except PortTrouble as trouble:
                self._listener.away(trouble)
            finally:
                self._port.close()
            # A port may open and fail at the first look (another program has the keyboard): only one that
            # was read is tried again as eagerly as at first, or the two would take turns without a pause.
            tries = 0 if self._was_read else tries
            self.ending.wait(self._pauses_s[min(tries, len(self._pauses_s) - 1)])
            tries += 1

    def _listen(self) -> None:
        while not self.ending.is_set():
            if self._listener.is_full():
                self.ending.wait(_FULL_S)
                continue
            heard_now = self._port.read(LOOK_MS)
            self._was_read = True
            for heard in heard_now:
                self._listener.heard(heard)
