"""The way of codes from the scanners into the till: when the till is ready for one, and which are echoes.

Joins the manager of the devices with the till's phases. While the store is read or a commit is on its way
the scanners hold their codes back, each in its order; keyboard and camera are held back by the flows
themselves. A code that two channels deliver at once is let in once, whichever they are.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Final

from posapp.config import ScannerLine
from posapp.devices.scanners.echoes import Echoes
from posapp.devices.scanners.manager import PairingWait, ScannerManager, ScannerSystem
from posapp.devices.scanners.reading import Code, ScannerPort
from posapp.devices.scanners.system import SystemScanners
from posapp.devices.scanners.texts import scanned_text
from posapp.flows.answers import Pairing
from posapp.flows.intents import Intent, ScanCode
from posapp.flows.ports import Clock
from posapp.flows.state import Committing, Phase, Recovering
from posapp.ui.raw_keys import RawKeyboards

#: Where the window's own messages tell which keyboard sent a key.
RAW_INPUT: Final = sys.platform == "win32"


class RawScanners:
    """The scanners of a PC whose window system tells which keyboard sent a key (Windows).

    A keyboard that is a scanner has no port there: its codes come through the window's own messages.
    """

    can_pair = True

    def __init__(self, system: ScannerSystem, keyboards: RawKeyboards) -> None:
        """`system` has the scanners that have ports."""
        self._system = system
        self._keyboards = keyboards

    def load(self) -> None:
        """Load the code of the scanners that have ports."""
        self._system.load()

    def port(self, line: ScannerLine, named: Sequence[ScannerLine]) -> ScannerPort | None:
        """The wire to a scanner, none to a keyboard."""
        return None if line.kind == "keyboard" else self._system.port(line, named)

    def pairing(self, done: Callable[[Pairing], None]) -> PairingWait:
        """A waiting for the code of a keyboard that is a scanner."""
        return RawPairing(self._keyboards, done)


class RawPairing:
    """One waiting for one code; the window's messages bring it, so no thread is needed."""

    def __init__(self, keyboards: RawKeyboards, done: Callable[[Pairing], None]) -> None:
        self._keyboards = keyboards
        self._done = done

    def start(self) -> None:
        """Begin to wait."""
        self._keyboards.pair(lambda line, name: self._done(Pairing("done", line, name)))

    def stop(self) -> None:
        """Wait no longer."""
        self._keyboards.pair(None)

    def join(self, timeout_s: float) -> bool:
        """Nothing runs."""
        return True


class Scanning:
    """The scanners of one till; usable after `start`, and until then nothing is loaded or opened."""

    def __init__(
        self,
        lines: Sequence[ScannerLine],
        clock: Clock,
        post: Callable[[Intent], bool],
        on_paired: Callable[[tuple[str, ...]], None],
        *,
        system: ScannerSystem | None = None,
        raw: bool = RAW_INPUT,
    ) -> None:
        """`post` hands an intent to the till without waiting and tells whether it was taken.

        `raw` says that the window will tell which keyboard sent a key; `keyboards` is what it tells that.
        """
        self._clock = clock
        self._echoes = Echoes()
        self._lines = tuple(line.text for line in lines if line.kind == "keyboard")
        self.keyboards = RawKeyboards(self._spelt) if raw else None
        ports = system or SystemScanners(lines, clock.monotonic_ms)

        def paired(kept: tuple[str, ...]) -> None:
            self._keep(kept)
            on_paired(kept)

        self.manager = ScannerManager(
            lines,
            clock=clock,
            post=post,
            on_paired=paired,
            system=ports if self.keyboards is None else RawScanners(ports, self.keyboards),
        )

    def _keep(self, paired: Sequence[str]) -> None:
        if self.keyboards is not None:
            self.keyboards.keep((*self._lines, *paired))

    def _spelt(self, line: str, text: str, at_ms: int) -> None:
        self.manager.heard(line, Code(scanned_text(text), at_ms))

    def load(self) -> None:
        """Load the devices' code; may be called from any thread."""
        self.manager.load()

    def start(self, paired: Sequence[str]) -> None:
        """Read the scanners of the settings, and those paired at the till (by their lines)."""
        self._keep(paired)
        self.manager.start(paired)

    def close(self) -> None:
        """End all threads and let the devices go."""
        self.manager.close()

    def is_echo(self, scan: ScanCode) -> bool:
        """Whether another channel brought this very scan in before."""
        return self._echoes.is_echo(
            scan.text, scan.source, at_ms=scan.at_ms, now_ms=self._clock.monotonic_ms()
        )

    def follow(self, phase: Phase) -> None:
        """The till is in this phase now: hand out what waits, or hold it back."""
        self.manager.set_ready(not isinstance(phase, Recovering | Committing))

    def pair(self) -> None:
        """Wait for a code of a scanner that types."""
        self.manager.pair()

    def end_pairing(self) -> None:
        """Wait no longer."""
        self.manager.end_pairing()

    def unpair(self, device_id: str) -> None:
        """Let a paired scanner type again."""
        self.manager.unpair(device_id)
