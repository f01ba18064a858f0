"""The way of a slip: noted as begun, printed, noted as printed; a copy after a crash, none lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from posapp.config import PrinterSettings, Settings
from posapp.devices.escpos import encode
from posapp.devices.fonts import RasterFonts
from posapp.devices.printer import PrintOrder, marked_as_copy
from posapp.devices.virtual_printer import Faults, VirtualPrinter
from posapp.domain.paper import PaperDocument, TextRow
from posapp.flows.effects import Commit
from posapp.flows.intents import PrinterStatus
from posapp.printing import Printing
from posapp.resources import resource_path
from posapp.store.engine import open_ledger
from posapp.store.ledger import Ledger
from posapp.store.migrate import migrate
from posapp.store.prints import Slip
from posapp.store.writer import LedgerWriter
from tests.store.conftest import PLACE, Answers, CountedIds, RealClock, commit_of, sale, shift_opened

WITHIN_S = 60


def slip(number: int, *, copy: bool = False) -> Slip:
    return Slip(f"job-{number}", PaperDocument("receipt", (TextRow(f"slip {number}"),), 42), copy)


def settings(folder: Path, kind: Any = "virtual") -> Settings:
    data = folder / "till"
    data.mkdir(exist_ok=True)
    return Settings("S001", "T03", 3, data, "http://127.0.0.1:1", "key", PrinterSettings(kind))


def drawn(document: PaperDocument) -> bytes:
    """What a document looks like on paper."""
    printer = VirtualPrinter(RasterFonts.bundled(resource_path("fonts")))
    link = printer.connect(lambda _answer: None, lambda: None)
    link.send(encode(document, RasterFonts.bundled(resource_path("fonts"))))
    return printer.slips[-1].image.tobytes()


@dataclass
class Seen:
    """Where marks are noted, and everything that was told, in order."""

    notes: list[tuple[str, str]] = field(default_factory=list)
    states: list[PrinterStatus] = field(default_factory=list)
    drawers: list[bool] = field(default_factory=list)
    can_begin: bool = True
    changed: threading.Condition = field(default_factory=threading.Condition)

    def note(self, what: str, job_id: str) -> None:
        with self.changed:
            self.notes.append((what, job_id))
            self.changed.notify_all()

    def mark_print(self, job_ids: Sequence[str], state: str) -> None:
        for job_id in job_ids:
            self.note(state, job_id)

    def begin_print(self, job_id: str, timeout_s: float) -> bool:
        assert timeout_s > 0
        self.note("begun", job_id)
        return self.can_begin

    def status(self, status: PrinterStatus) -> None:
        with self.changed:
            self.states.append(status)
            self.changed.notify_all()

    def until(self, wanted: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(wanted, WITHIN_S), (self.notes, self.states)

    def told(self, what: str) -> list[str]:
        return [job_id for noted, job_id in self.notes if noted == what]

    def printing(self, settings: Settings) -> Printing:
        return Printing(
            settings, self, self.status, lambda job_id: self.note("told", job_id), self.drawers.append
        )


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def printing(tmp_path: Path, seen: Seen) -> Iterator[Printing]:
    made = seen.printing(settings(tmp_path))
    made.load()
    yield made
    made.close()


def test_a_slip_is_noted_before_its_first_byte_and_after_its_last(
    printing: Printing, seen: Seen, tmp_path: Path
) -> None:
    printing.start()
    printing.submit(slip(1), "COPY")
    seen.until(lambda: seen.told("told") == ["job-1"])
    assert seen.notes == [("begun", "job-1"), ("printed", "job-1"), ("told", "job-1")]
    assert printing.virtual is not None
    assert [paper.image.tobytes() for paper in printing.virtual.slips] == [drawn(slip(1).document)]
    assert [found.name for found in (tmp_path / "till/receipts").iterdir()] == ["slip-00001.png"]


def test_pictures_of_an_earlier_run_are_kept(printing: Printing, seen: Seen, tmp_path: Path) -> None:
    (tmp_path / "till/receipts").mkdir()
    (tmp_path / "till/receipts/slip-00001.png").write_bytes(b"earlier")
    printing.start()
    for number in (1, 2):
        printing.submit(slip(number), "COPY")
    seen.until(lambda: len(seen.told("told")) == 2)
    assert (tmp_path / "till/receipts/slip-00001.png").read_bytes() == b"earlier"
    assert len(list((tmp_path / "till/receipts").iterdir())) == 3


def test_slips_from_before_the_start_come_out_with_it(printing: Printing, seen: Seen) -> None:
    for number in (1, 2):
        printing.submit(slip(number), "COPY")
    assert seen.notes == []
    printing.start()
    seen.until(lambda: seen.told("told") == ["job-1", "job-2"])


def test_more_slips_than_the_spooler_takes_wait_and_come_out_in_order(printing: Printing, seen: Seen) -> None:
    printing.start()
    assert printing.virtual is not None
    printing.virtual.set_faults(Faults(paper_out=True))
    count = 64 * 2 + 5
    for number in range(count):
        printing.submit(slip(number), "COPY")
    seen.until(lambda: any(status.state == "paper_out" for status in seen.states))
    assert seen.told("printed") == []
    printing.virtual.set_faults(Faults())
    printing.retry()
    seen.until(lambda: len(seen.told("told")) == count)
    assert seen.told("printed") == [f"job-{number}" for number in range(count)]
    assert len(printing.virtual.slips) == count


def test_a_slip_that_may_have_come_out_comes_out_as_a_copy(printing: Printing, seen: Seen) -> None:
    printing.start()
    printing.submit(slip(1, copy=True), "副本 COPY")
    seen.until(lambda: seen.told("told") == ["job-1"])
    assert printing.virtual is not None
    wanted = marked_as_copy(PrintOrder("job-1", slip(1).document, copy_mark="副本 COPY"))
    assert printing.virtual.slips[-1].image.tobytes() == drawn(wanted)
    assert drawn(wanted) != drawn(slip(1).document)


@pytest.mark.expected_logs
def test_a_ledger_in_trouble_does_not_keep_the_paper_back(
    printing: Printing, seen: Seen, caplog: pytest.LogCaptureFixture
) -> None:
    seen.can_begin = False
    printing.start()
    printing.submit(slip(1), "COPY")
    seen.until(lambda: seen.told("told") == ["job-1"])
    assert "job-1" in caplog.text


def test_without_a_printer_slips_are_done_at_once_and_the_drawer_is_missed(
    tmp_path: Path, seen: Seen
) -> None:
    printing = seen.printing(settings(tmp_path, "none"))
    printing.load()
    printing.start()
    printing.submit(slip(1), "COPY")
    assert seen.notes == [("printed", "job-1"), ("told", "job-1")]
    printing.kick_drawer()
    assert seen.drawers == [False]
    printing.retry()
    printing.close()


def test_after_a_crash_a_begun_slip_is_offered_as_a_copy_and_the_others_as_they_are(
    tmp_path: Path, clock: Any, seen: Seen
) -> None:
    path = tmp_path / "ledger.db"
    migrate(path, epoch=1)

    def writer() -> LedgerWriter:
        ledger = Ledger(lambda: open_ledger(path), place=PLACE, clock=clock, ids=CountedIds())
        return LedgerWriter(ledger, RealClock(), on_draft_failed=lambda _trouble: None)

    first = writer()
    first.start()
    answers = Answers()
    first.commit(Commit("open", (shift_opened(),)), answers)
    for number in (1, 2, 3):
        first.commit(commit_of(sale(transaction_id=f"sale-{number}")), answers)
    answers.wait(4)
    offered = Answers()
    first.slips([f"print-sale-{number}" for number in (1, 2, 3)], offered)
    slips = offered.wait()[0]
    printing = Printing(
        settings(tmp_path), first, seen.status, lambda job_id: seen.note("told", job_id), seen.drawers.append
    )
    printing.start()
    assert printing.virtual is not None
    printing.submit(slips[0], "COPY")
    seen.until(lambda: seen.told("told") == ["print-sale-1"])
    # The printer dies within the second slip, and the till with it before the slip is tried again.
    whole = len(encode(slips[1].document, RasterFonts.bundled(resource_path("fonts"))))
    printing.virtual.set_faults(Faults(dies_after_bytes=whole // 2))
    printing.submit(slips[1], "COPY")
    seen.until(lambda: bool(seen.states) and seen.states[-1].state not in ("ready", "unknown"))
    printing.close()
    first.close()
    again = writer()
    _held, waiting = again.start()
    again.close()
    assert [(one.job_id, one.copy) for one in waiting] == [("print-sale-2", True), ("print-sale-3", False)]
