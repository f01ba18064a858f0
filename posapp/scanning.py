"""The way of codes from the scanners into the till: when the till is ready for one, and which are echoes.

Joins the manager of the devices with the till's phases. While the store is read or a commit is on its way
the scanners hold their codes back, each in its order; keyboard and camera are held back by the flows
themselves. A code that two channels deliver at once is let in once, whichever they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from posapp.config import ScannerLine
from posapp.devices.scanners.echoes import Echoes
from posapp.devices.scanners.manager import ScannerManager, ScannerSystem
from posapp.devices.scanners.system import SystemScanners
from posapp.flows.intents import Intent, ScanCode
from posapp.flows.ports import Clock
from posapp.flows.state import Committing, Phase, Recovering


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
    ) -> None:
        """`post` hands an intent to the till without waiting and tells whether it was taken."""
        self._clock = clock
        self._echoes = Echoes()
        self.manager = ScannerManager(
            lines,
            clock=clock,
            post=post,
            on_paired=on_paired,
            system=system or SystemScanners(lines, clock.monotonic_ms),
        )

    def load(self) -> None:
        """Load the devices' code; may be called from any thread."""
        self.manager.load()

    def start(self, paired: Sequence[str]) -> None:
        """Read the scanners of the settings, and those paired at the till (by their lines)."""
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
