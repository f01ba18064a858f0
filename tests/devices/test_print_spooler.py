"""The spooler against a printer that fails in every way: each slip once, or marked as a copy."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from posapp.devices.fonts import RasterFonts
from posapp.devices.printer import PrinterEvents, PrinterProfile, PrintOrder, PrintSpooler
from posapp.devices.printer_link import LinkTimes
from posapp.devices.status import PrinterStatus
from posapp.devices.transports import TcpTransport, Transport, VirtualTransport
from posapp.devices.virtual_printer import Faults, VirtualPrinter
from posapp.devices.virtual_server import VirtualPrinterServer
from posapp.domain.paper import CodeRow, PaperDocument, RuleRow, TextRow

QUICK = PrinterProfile(
    queue_size=8,
    retry_ms=20,
    idle_look_ms=50,
    linger_ms=30,
    times=LinkTimes(answer_ms=150, confirm_ms=600, look_ms=30),
)
PATIENCE_S = 60


def slip(name: str, rows: int = 3) -> PaperDocument:
    """A slip whose typed rows carry its name, with a drawn row in the middle."""
    typed = tuple(TextRow(f"{name} row {place}") for place in range(rows))
    return PaperDocument(
        "", (*typed, RuleRow(), TextRow("合计", "¥9.50"), CodeRow("qr", name), TextRow(f"{name} end"))
    )


class Till:
    """A spooler and everything it told."""

    def __init__(
        self, transport: Transport, letters: RasterFonts, profile: PrinterProfile = QUICK, **options: Any
    ) -> None:
        self.changed = threading.Condition()
        self.printed: list[str] = []
        self.begun: list[str] = []
        self.troubles: list[PrinterStatus] = []
        self.kicks: list[bool] = []
        self.threads: set[str] = set()
        self.spooler = PrintSpooler(
            transport,
            letters,
            on_printed=self._note(self.printed),
            on_trouble=self._note(self.troubles),
            events=PrinterEvents(on_begun=self._note(self.begun), on_drawer=self._note(self.kicks)),
            profile=profile,
            **options,
        )

    def _note(self, into: list[Any]) -> Callable[[Any], None]:
        def note(what: Any) -> None:
            with self.changed:
                into.append(what)
                self.threads.add(threading.current_thread().name)
                self.changed.notify_all()

        return note

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for something that was told; the test fails if it never is."""
        with self.changed:
            assert self.changed.wait_for(condition, PATIENCE_S), (self.printed, self.troubles, self.kicks)

    def until_state(self, state: str) -> None:
        self.until(lambda: self.troubles and self.troubles[-1].state == state)

    def submit(self, *names: str, **options: Any) -> None:
        for name in names:
            assert self.spooler.submit(PrintOrder(name, slip(name), **options))

    def close(self) -> tuple[str, ...]:
        return self.spooler.close(2000)


@pytest.fixture
def till(printer: VirtualPrinter, letters: RasterFonts) -> Iterator[Till]:
    """A till on a virtual printer in this process."""
    one = Till(VirtualTransport(printer), letters)
    yield one
    one.close()


def came_out(printer: VirtualPrinter) -> list[str]:
    """The names of whole slips in order, copies with a star; torn pieces with a dash, blanks left out."""
    out = []
    for piece in printer.slips:
        rows = [row.strip() for row in piece.text_rows if row.strip()]
        if not rows:
            continue
        copy = rows[0] == "COPY"
        name = rows[1 if copy else 0].partition(" ")[0]
        whole = piece.cut and rows[int(copy)] == f"{name} row 0" and rows[-1] == f"{name} end"
        out.append(name + ("*" if copy else "") + ("" if whole else "-"))
    return out


def each_once_or_marked(printer: VirtualPrinter, names: list[str]) -> None:
    """Every slip came out whole, and no unmarked slip came out whole twice."""
    out = came_out(printer)
    for name in names:
        assert out.count(name) <= 1, out
        assert name in out or f"{name}*" in out, out
    order = list(dict.fromkeys(piece.strip("*-") for piece in out))
    assert order == names


def test_slips_come_out_in_order_and_are_confirmed(till: Till, printer: VirtualPrinter) -> None:
    till.submit("a", "b", "c")
    till.until(lambda: len(till.printed) == 3)
    assert till.printed == till.begun == ["a", "b", "c"]
    assert came_out(printer) == ["a", "b", "c"]
    assert till.threads == {"printer"}
    assert till.spooler.status() == PrinterStatus("ready", 0)


def test_a_copy_carries_the_callers_word(till: Till, printer: VirtualPrinter) -> None:
    till.submit("a", copy=True, copy_mark="DUPLICATE")
    till.until(lambda: till.printed)
    assert printer.slips[0].text_rows[0] == "DUPLICATE"
    till.submit("b", copy=True, copy_mark="副本")
    till.until(lambda: len(till.printed) == 2)
    assert printer.slips[1].printed[0].kind == "raster"


def test_paper_out_holds_the_queue_and_nothing_is_marked(till: Till, printer: VirtualPrinter) -> None:
    printer.set_faults(Faults(paper_out=True))
    till.submit("a", "b")
    till.until(lambda: PrinterStatus("paper_out", 2) in till.troubles)
    assert printer.slips == ()
    till.submit("c")
    till.until(lambda: PrinterStatus("paper_out", 3) in till.troubles)
    printer.load_paper()
    till.spooler.retry()
    till.until(lambda: len(till.printed) == 3)
    assert came_out(printer) == ["a", "b", "c"]
    till.until_state("ready")


@pytest.mark.parametrize("length_dots", [10, 60, 150, 250, 330, 420, 500, 700])
def test_paper_that_runs_out_in_the_queue(length_dots: int, till: Till, printer: VirtualPrinter) -> None:
    printer.load_paper(length_dots)
    till.submit("a", "b", "c")
    till.until_state("paper_out")
    printer.load_paper()
    till.until(lambda: len(till.printed) == 3)
    each_once_or_marked(printer, ["a", "b", "c"])
    assert sorted(till.printed) == ["a", "b", "c"]


def test_an_interrupted_slip_leaves_no_blank_paper(till: Till, printer: VirtualPrinter) -> None:
    printer.load_paper(60)
    till.submit("a")
    till.until_state("paper_out")
    printer.load_paper()
    till.until(lambda: till.printed)
    assert came_out(printer) == ["a-", "a-", "a*"]
    assert len(printer.slips) == 3


def test_open_cover_is_named_and_mended(till: Till, printer: VirtualPrinter) -> None:
    printer.set_faults(Faults(cover_open=True))
    till.submit("a")
    till.until_state("cover_open")
    printer.set_faults(Faults())
    till.until(lambda: till.printed)
    assert came_out(printer) == ["a"]


def test_silence_is_offline_never_ready(till: Till, printer: VirtualPrinter) -> None:
    printer.set_faults(Faults(offline=True))
    till.submit("a")
    till.until_state("offline")
    assert till.printed == []
    assert till.begun == []
    printer.set_faults(Faults())
    till.until(lambda: till.printed)
    assert came_out(printer) == ["a"]


@pytest.mark.parametrize("after_bytes", [10, 40, 200, 700, 1500, 2600, 4300, 5200])
def test_a_printer_that_dies_gets_the_slip_again_as_a_copy(
    after_bytes: int, till: Till, printer: VirtualPrinter
) -> None:
    till.until_state("ready")
    printer.set_faults(Faults(dies_after_bytes=after_bytes))
    till.submit("a", "b", "c")
    till.until_state("offline")
    printer.set_faults(Faults())
    till.until(lambda: len(till.printed) == 3)
    each_once_or_marked(printer, ["a", "b", "c"])


class ForgetfulTransport(VirtualTransport):
    """Answers the in-turn question once and then never again."""

    asked = 0

    def write(self, data: bytes) -> None:
        if b"\x1dr\x01" in data:
            self.asked += 1
        super().write(data if self.asked < 2 else data.replace(b"\x1dr\x01", b""))


def test_a_slip_that_is_never_confirmed_waits_for_a_person(
    letters: RasterFonts, printer: VirtualPrinter
) -> None:
    wire = ForgetfulTransport(printer)
    till = Till(wire, letters)
    till.submit("a")
    till.until_state("unknown")
    assert till.printed == []
    till.submit("b")
    till.until(lambda: PrinterStatus("unknown", 2) in till.troubles)
    assert came_out(printer) == ["a"]
    wire.asked = -100
    till.spooler.retry()
    till.until(lambda: len(till.printed) == 2)
    till.close()
    assert came_out(printer) == ["a", "a*", "b"]


def test_the_drawer_goes_before_the_queue(till: Till, printer: VirtualPrinter) -> None:
    till.until_state("ready")
    till.spooler.kick_drawer()
    till.submit("a")
    till.until(lambda: till.kicks and till.printed)
    assert printer.drawer_opened == (2,)
    till.spooler.kick_drawer()
    till.until(lambda: len(till.kicks) == 2)
    assert till.kicks == [True, True]
    assert printer.drawer_opened == (2, 2)


def test_the_drawer_opens_without_paper(till: Till, printer: VirtualPrinter) -> None:
    printer.set_faults(Faults(paper_out=True))
    till.spooler.kick_drawer()
    till.submit("a")
    till.until(lambda: till.kicks)
    assert printer.drawer_opened == (2,)
    assert printer.slips == ()
    printer.load_paper()
    till.until(lambda: till.printed)
    assert printer.drawer_opened == (2,), "paper must not open the drawer again"


def test_a_drawer_that_nobody_hears_is_told_and_forgotten(till: Till, printer: VirtualPrinter) -> None:
    printer.set_faults(Faults(offline=True))
    till.spooler.kick_drawer()
    till.until(lambda: till.kicks)
    printer.set_faults(Faults())
    till.until_state("ready")
    assert till.kicks == [False]
    assert printer.drawer_opened == ()


def test_the_drawer_opens_while_a_slow_slip_prints(letters: RasterFonts, printer: VirtualPrinter) -> None:
    till = Till(VirtualTransport(printer), letters)
    till.until_state("ready")
    printer.set_faults(Faults(bytes_per_second=40_000))
    long = PaperDocument("", tuple(TextRow(f"行 {place} {'长' * 15}") for place in range(40)))
    assert till.spooler.submit(PrintOrder("long", long))
    till.until(lambda: till.begun)
    till.spooler.kick_drawer()
    till.until(lambda: till.kicks)
    assert till.printed == [], "the drawer waited for the paper"
    printer.set_faults(Faults())
    till.until(lambda: till.printed)
    till.close()
    assert len(printer.slips) == 1
    assert printer.drawer_opened == (2,)
    assert printer.unknown == ()


def test_a_full_queue_refuses_and_never_blocks(till: Till, printer: VirtualPrinter) -> None:
    printer.set_faults(Faults(paper_out=True))
    taken = [till.spooler.submit(PrintOrder(str(n), slip(str(n)))) for n in range(10)]
    assert taken == [True] * 8 + [False] * 2
    printer.load_paper()
    till.until(lambda: len(till.printed) == 8)


def test_any_document_can_be_printed(till: Till, printer: VirtualPrinter) -> None:
    nasty = PaperDocument(
        "", (CodeRow("qr", "x" * 5000), CodeRow("code128", ""), TextRow("\x1bp\x00ok")), columns=1
    )
    assert till.spooler.submit(PrintOrder("a", nasty))
    till.until(lambda: till.printed)
    assert "".join(printer.slips[0].text_rows).replace(" ", "") == "x" * 5000 + "pok"
    assert printer.drawer_opened == ()


def test_closing_prints_what_it_can_and_names_the_rest(letters: RasterFonts, printer: VirtualPrinter) -> None:
    till = Till(VirtualTransport(printer), letters)
    till.submit("a", "b")
    assert till.close() == ()
    assert came_out(printer) == ["a", "b"]
    assert not till.spooler.submit(PrintOrder("c", slip("c")))
    printer.set_faults(Faults(paper_out=True))
    late = Till(VirtualTransport(printer), letters)
    late.submit("d", "e")
    late.until_state("paper_out")
    assert late.close() == ("d", "e")
    assert late.spooler.close(10) == ("d", "e")


def test_closing_does_not_wait_for_a_crawling_printer(letters: RasterFonts, printer: VirtualPrinter) -> None:
    till = Till(VirtualTransport(printer), letters)
    till.until_state("ready")
    printer.set_faults(Faults(bytes_per_second=50))
    till.submit("a")
    till.until(lambda: till.begun)
    assert till.spooler.close(50) == ("a",)


def test_the_same_over_a_network(letters: RasterFonts, printer: VirtualPrinter) -> None:
    with VirtualPrinterServer(printer) as server:
        till = Till(TcpTransport("127.0.0.1", server.port, connect_ms=500, write_ms=500), letters)
        till.spooler.kick_drawer()
        till.submit("a")
        till.until(lambda: till.printed)
        printer.load_paper(100)
        till.submit("b", "c")
        till.until_state("paper_out")
        printer.load_paper()
        till.until(lambda: len(till.printed) == 3)
        printer.set_faults(Faults(dies_after_bytes=900))
        till.submit("d", "e")
        till.until_state("offline")
        printer.set_faults(Faults())
        till.until(lambda: len(till.printed) == 5)
        till.close()
    each_once_or_marked(printer, ["a", "b", "c", "d", "e"])
    assert printer.drawer_opened == (2,)


def test_nobody_at_the_address_is_offline(letters: RasterFonts, printer: VirtualPrinter) -> None:
    with VirtualPrinterServer(printer) as server:
        port = server.port
    till = Till(TcpTransport("127.0.0.1", port, connect_ms=200), letters)
    till.submit("a")
    till.until_state("offline")
    with VirtualPrinterServer(printer, port):
        till.until(lambda: till.printed)
        till.close()
    assert came_out(printer) == ["a"]
