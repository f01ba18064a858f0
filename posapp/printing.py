"""The way of a slip from the ledger to paper: which printer, what is noted when.

A slip is noted as begun before its first byte and as printed only after the printer said so; what the
spooler has no room for waits here. Without a printer slips are noted as done, so that none pile up.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from posapp.config import Settings
from posapp.flows.intents import PrinterStatus
from posapp.resources import resource_path
from posapp.store.prints import PrintState, Slip

if TYPE_CHECKING:
    from posapp.devices.printer import PrintOrder, PrintSpooler
    from posapp.devices.status import PrinterStatus as DeviceStatus
    from posapp.devices.transports import Transport
    from posapp.devices.virtual_paper import Slip as PaperSlip
    from posapp.devices.virtual_printer import VirtualPrinter

LOGGER = logging.getLogger(__name__)

CLOSE_MS = 3000
#: The customer waits for paper: a ledger in trouble may hold it up this long and no longer.
BEGIN_S = 2.0


class PrintMarks(Protocol):
    """Where it is noted how far slips are."""

    def mark_print(self, job_ids: Sequence[str], state: PrintState) -> None:
        """Note the state of slips."""

    def begin_print(self, job_id: str, timeout_s: float) -> bool:
        """Note durably that a slip is about to be printed; False where that took too long."""


class Printing:
    """The printer of one till; usable after `start`, and before it slips simply wait."""

    def __init__(
        self,
        settings: Settings,
        marks: PrintMarks,
        on_status: Callable[[PrinterStatus], None],
        on_printed: Callable[[str], None],
        on_drawer: Callable[[bool], None] = lambda _sent: None,
    ) -> None:
        self._settings = settings
        self._marks = marks
        self._on_status = on_status
        self._on_printed = on_printed
        self._on_drawer = on_drawer
        self._lock = threading.Lock()
        self._waiting: deque[PrintOrder] = deque()
        self._spooler: PrintSpooler | None = None
        self._slip_no = 0
        self.virtual: VirtualPrinter | None = None

    def load(self) -> None:
        """Load the devices' code, so that `start` need not; may be called from any thread."""
        if self._settings.printer.kind == "none":
            return
        import posapp.devices.fonts
        import posapp.devices.printer
        import posapp.devices.transports

        if self._settings.printer.kind == "virtual":
            import posapp.devices.virtual_printer  # noqa: F401

    def start(self) -> None:
        """Start the spooler; the devices' code is only loaded when there is a printer."""
        if self._settings.printer.kind == "none":
            return
        from posapp.devices.fonts import RasterFonts
        from posapp.devices.printer import PrinterEvents, PrintSpooler

        fonts = resource_path("fonts")
        self._spooler = PrintSpooler(
            self._transport(fonts),
            RasterFonts.bundled(fonts),
            on_printed=self._printed,
            on_trouble=self._trouble,
            events=PrinterEvents(on_begun=self._begun, on_drawer=self._on_drawer),
        )
        # A quick first sale may have been paid while the devices' code was loaded.
        self._feed()

    def submit(self, slip: Slip, copy_mark: str) -> None:
        """Queue a slip; `copy_mark` is the word for a copy in the language of the slip."""
        if self._settings.printer.kind == "none":
            self._printed(slip.job_id)
            return
        from posapp.devices.printer import PrintOrder

        with self._lock:
            self._waiting.append(PrintOrder(slip.job_id, slip.document, slip.copy, copy_mark=copy_mark))
        self._feed()

    def kick_drawer(self) -> None:
        """Open the drawer, ahead of all paper."""
        if self._spooler is not None:
            self._spooler.kick_drawer()
        else:
            self._on_drawer(False)

    def retry(self) -> None:
        """The printer was mended."""
        if self._spooler is not None:
            self._spooler.retry()

    def close(self) -> None:
        """Print what a ready printer takes shortly; the rest is kept in the ledger."""
        if self._spooler is not None:
            self._spooler.close(CLOSE_MS)

    def _feed(self) -> None:
        with self._lock:
            while self._spooler is not None and self._waiting and self._spooler.submit(self._waiting[0]):
                self._waiting.popleft()

    def _begun(self, job_id: str) -> None:
        if not self._marks.begin_print(job_id, BEGIN_S):
            LOGGER.warning("a slip is printed although its beginning could not be noted: %s", job_id)

    def _printed(self, job_id: str) -> None:
        self._marks.mark_print((job_id,), "printed")
        self._on_printed(job_id)
        self._feed()

    def _trouble(self, status: DeviceStatus) -> None:
        self._on_status(PrinterStatus(status.state, status.waiting))

    def _transport(self, fonts: Path) -> Transport:
        from posapp.devices.transports import FileTransport, TcpTransport, VirtualTransport

        printer = self._settings.printer
        if printer.kind == "tcp":
            return TcpTransport(printer.host, printer.port)
        if printer.kind == "file":
            assert printer.path is not None
            return FileTransport(printer.path)
        from posapp.devices.fonts import RasterFonts
        from posapp.devices.virtual_printer import VirtualPrinter

        self.virtual = VirtualPrinter(RasterFonts.bundled(fonts), on_slip=self._keep)
        return VirtualTransport(self.virtual)

    def _keep(self, slip: PaperSlip) -> None:
        """The simulated printer's paper is a folder of pictures."""
        folder = self._settings.data / "receipts"
        folder.mkdir(exist_ok=True)
        while (path := folder / f"slip-{self._slip_no + 1:05d}.png").exists():
            self._slip_no += 1
        slip.save(path)
