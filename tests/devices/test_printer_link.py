"""The conversation with a printer over wires that misbehave, without any thread."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from posapp.devices.escpos import segments
from posapp.devices.fonts import RasterFonts
from posapp.devices.printer_link import LinkTimes, PrinterLink
from posapp.devices.status import MARKER
from posapp.devices.transports import Transport, TransportError, VirtualTransport
from posapp.devices.virtual_printer import Faults, VirtualPrinter
from posapp.domain.paper import PaperDocument, TextRow


def linked(transport: Transport, meanwhile: Callable[[], bool] = lambda: True) -> PrinterLink:
    """A link with little patience."""
    times = LinkTimes(answer_ms=100, confirm_ms=300, look_ms=20)
    return PrinterLink(transport, times, dots_width=576, monotonic=time.monotonic, meanwhile=meanwhile)


def pieces(letters: RasterFonts, name: str) -> list[bytes]:
    """The bytes of a slip with a typed row, drawn rows and a typed end."""
    rows = (TextRow(f"{name} row 0"), *[TextRow("合计 总额", "¥9.50")] * 4, TextRow(f"{name} end"))
    return list(segments(PaperDocument("", rows), letters))


def typed(printer: VirtualPrinter) -> list[list[str]]:
    """The typed rows of every piece of paper that has some."""
    found = [[row.strip() for row in slip.text_rows if row.strip()] for slip in printer.slips]
    return [rows for rows in found if rows]


class BreakingTransport(VirtualTransport):
    """Breaks once, after so many bytes, and the printer goes on waiting for the rest."""

    def __init__(self, printer: VirtualPrinter, break_after: int) -> None:
        super().__init__(printer)
        self.left = break_after

    def write(self, data: bytes) -> None:
        if 0 <= self.left < len(data):
            super().write(data[: self.left])
            self.left = -1
            raise TransportError("broken")
        self.left -= len(data) if self.left >= 0 else 0
        super().write(data)


@pytest.mark.parametrize("break_after", [13, 40, 90, 150, 700, 2000, 5000])
def test_after_a_break_the_next_slip_is_whole(
    break_after: int, letters: RasterFonts, printer: VirtualPrinter
) -> None:
    link = linked(BreakingTransport(printer, break_after))
    assert link.ask() == "ready"
    assert link.print(pieces(letters, "first")) == "interrupted"
    assert link.state == "offline"
    assert link.ask() == "ready"
    link.settle()
    assert link.print(pieces(letters, "second")) == "printed"
    link.close()
    assert typed(printer)[-1] == ["second row 0", "second end"]
    assert [item.kind for item in printer.slips[-1].printed].count("raster") == 4
    # A lone ESC, cut off from its letter, is completed by the filler and does nothing.
    assert set(printer.unknown) <= {b"\x1b\x00"}


class PlainTransport(VirtualTransport):
    """A printer that does not know the in-turn question."""

    def write(self, data: bytes) -> None:
        super().write(data.replace(MARKER, b""))


def test_a_printer_without_the_in_turn_question(letters: RasterFonts, printer: VirtualPrinter) -> None:
    link = linked(PlainTransport(printer))
    assert link.ask() == "ready"
    assert link.print(pieces(letters, "one")) == "printed"
    printer.set_faults(Faults(cover_open=True))
    assert link.print(pieces(letters, "two")) == "interrupted"
    assert link.state == "cover_open"


class LastMomentTransport(VirtualTransport):
    """The paper runs out just after the answer that the slip is done."""

    def __init__(self, printer: VirtualPrinter) -> None:
        super().__init__(printer)
        self.printer = printer
        self.asked = 0

    def write(self, data: bytes) -> None:
        super().write(data)
        self.asked += data == MARKER
        if self.asked == 2:
            self.asked += 1
            self.printer.set_faults(Faults(paper_out=True))


def test_a_slip_is_confirmed_only_by_a_printer_that_is_fine(
    letters: RasterFonts, printer: VirtualPrinter
) -> None:
    link = linked(LastMomentTransport(printer))
    assert link.ask() == "ready"
    assert link.print(pieces(letters, "one")) == "interrupted"
    assert link.state == "paper_out"


def test_a_kept_connection_that_died_is_opened_anew(printer: VirtualPrinter) -> None:
    wire = VirtualTransport(printer)
    link = linked(wire)
    assert link.ask() == "ready"
    wire.close()
    assert link.ask() == "ready"
    wire.close()
    assert link.kick(5)
    assert printer.drawer_opened == (5,)


def test_a_wish_to_stop_ends_the_wait(letters: RasterFonts, printer: VirtualPrinter) -> None:
    stop = False
    link = linked(VirtualTransport(printer), lambda: not stop)
    assert link.ask() == "ready"
    assert link.print(pieces(letters, "one")) == "printed"
    stop = True
    assert link.print(pieces(letters, "two")) == "interrupted"
