"""What a till tells the hub of itself, and what it keeps of the answer."""

from __future__ import annotations

from posapp import __version__
from posapp.flows.intents import CatalogueStatus, HubStatus, PrinterStatus
from posapp.linking import TillFigures, TillStatus
from sync.protocol.messages import EpochMark, StatusReply, StatusReport
from tests.conftest import START_MS


class Queue:
    """A queue of four records in epoch 7."""

    def __init__(self) -> None:
        self.replies: list[StatusReply] = []

    def report(self) -> StatusReport:
        return StatusReport(7, 130, 4, START_MS - 9, START_MS)

    def heard(self, reply: StatusReply) -> None:
        self.replies.append(reply)


def test_the_report_says_how_the_till_is_besides_its_queue() -> None:
    figures = TillFigures(PrinterStatus("paper_out", 3), CatalogueStatus(48_211, START_MS - 5), 2)
    told = TillStatus(
        Queue(), figures=lambda: figures, on_hub=lambda _hub: None, printer_line="tcp:10.0.0.9:9100"
    )
    report = told.report()
    assert (report.epoch, report.seq, report.queue_length, report.oldest_ms) == (7, 130, 4, START_MS - 9)
    assert (report.app_version, report.printer) == (__version__, "paper_out")
    assert report.printer_detail == "tcp:10.0.0.9:9100 (+3)"
    assert (report.items, report.catalogue_updated_ms, report.quarantined) == (48_211, START_MS - 5, 2)
    assert "Python 3" in report.system


def test_a_till_without_a_printer_says_none_and_not_that_it_has_yet_to_ask() -> None:
    told = TillStatus(Queue(), figures=TillFigures, on_hub=lambda _hub: None, printer_line="none")
    assert (told.report().printer, told.report().printer_detail) == ("none", "")


def test_the_answer_is_told_with_the_mark_of_the_epoch_that_was_reported() -> None:
    heard: list[HubStatus] = []
    queue = Queue()
    told = TillStatus(queue, figures=TillFigures, on_hub=heard.append)
    reply = StatusReply(
        "h", START_MS, (EpochMark(6, 99, 99), EpochMark(7, 126, 120)), quarantined=1, exceptions=2
    )
    told.heard(reply)
    assert heard == [], "nothing was reported yet"
    told.report()
    told.heard(reply)
    assert heard == [HubStatus(START_MS, 1, 2, 130, 120)]
    assert queue.replies == [reply, reply]
    told.heard(StatusReply("h", START_MS))
    assert heard[-1].backed_up == 0
