"""Every effect goes to the one who carries it out, and every answer comes back as an intent."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from posapp.domain.catalog import Item
from posapp.domain.facts import OperatorSignedOn
from posapp.domain.paper import PaperDocument, TextRow
from posapp.flows.effects import (
    AskDevices,
    Beep,
    Commit,
    Effect,
    KickDrawer,
    ParkDraft,
    Print,
    PrintCopy,
    PrintNow,
    PrintRequest,
    ReadShift,
    Record,
    RetryPrinting,
    SaveDraft,
    Search,
    SetLanguage,
    UnparkDraft,
    VerifyPin,
    WakeSync,
)
from posapp.flows.intents import Committed, DeviceTold, ItemsFound, PinChecked, ShiftRead, Stock
from posapp.runner import Runner, World
from posapp.store.prints import Slip

SLIP = PaperDocument("receipt", (TextRow("one"),), 42)


@dataclass
class Parts:
    """Everybody whom the runner asks, writing down what was asked and on which thread."""

    data: Path
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    stored: dict[str, PaperDocument] = field(default_factory=dict)
    waiting: tuple[Slip, ...] = ()
    blocked: threading.Event = field(default_factory=threading.Event)
    entered: threading.Event = field(default_factory=threading.Event)

    def commit(self, effect: Commit, done: Callable[[Any], None]) -> None:
        self.asked.append(("commit", effect))
        done(Committed(effect.commit_id, "S001-03-000001", None))

    def record(self, effect: Record) -> None:
        self.asked.append(("record", effect))

    def draft(self, effect: Any) -> None:
        self.asked.append(("draft", effect))

    def set_language(self, language: str) -> None:
        self.asked.append(("language", language))

    def read_shift(self, shift_id: str, done: Callable[[ShiftRead], None]) -> None:
        self.asked.append(("shift", shift_id))
        done(ShiftRead(None))

    def slips(self, job_ids: Sequence[str], done: Callable[[Sequence[Slip]], None]) -> None:
        done([slip for slip in self.waiting if slip.job_id in job_ids])

    def receipt(self, transaction_id: str, done: Callable[[PaperDocument | None], None]) -> None:
        done(self.stored.get(transaction_id))

    def submit(self, slip: Slip, copy_mark: str) -> None:
        self.asked.append(("print", slip, copy_mark))

    def kick_drawer(self) -> None:
        self.asked.append(("drawer",))

    def retry(self) -> None:
        self.asked.append(("retry",))

    def search(self, text: str, limit: int) -> tuple[Item, ...]:
        self.threads.add(threading.current_thread().name.partition("_")[0])
        self.entered.set()
        if text == "slow":
            assert self.blocked.wait(10)
        if text == "broken":
            raise LookupError("planted")
        return (Item(text, {"en": text}, "pcs", "std", limit, 0),)

    def stock(self, skus: Sequence[str]) -> dict[str, Stock] | None:
        self.threads.add(threading.current_thread().name.partition("_")[0])
        return {sku: Stock(3, 0) for sku in skus}

    def verify(self, pin_hash: str, pin: str) -> bool:
        self.threads.add(threading.current_thread().name.partition("_")[0])
        return pin_hash == f"hash of {pin}"

    def world(self) -> World:
        return World(
            ledger=self,
            printer=self,
            names=self,
            verify_pin=self.verify,
            play=lambda sound: self.asked.append(("play", sound)),
            wake_sync=lambda: self.asked.append(("wake",)),
            data=self.data,
            copy_mark=lambda language: f"COPY in {language}",
            language=lambda: "en",
        )


class Run:
    """A runner with its parts, and the intents that came back."""

    def __init__(self, folder: Path) -> None:
        self.parts = Parts(folder)
        self.posted: list[Any] = []
        self.changed = threading.Condition()
        self.runner = Runner(self.parts.world(), self.post)

    def post(self, intent: Any) -> None:
        with self.changed:
            self.posted.append(intent)
            self.changed.notify_all()

    def until(self, count: int) -> list[Any]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.posted) >= count, 60), self.posted
            return list(self.posted)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    made = Run(tmp_path)
    yield made
    made.parts.blocked.set()
    made.runner.close()


def test_effects_go_where_they_belong_in_order(run: Run) -> None:
    fact = OperatorSignedOn("S001", "1001", 1)
    drafts = (SaveDraft("t", b""), ParkDraft("t", "A", 1, "Ann", 5, 1, b""), UnparkDraft("t"))
    effects: tuple[Effect, ...] = (
        Record((fact,)),
        *drafts,
        SetLanguage("zh_CN"),
        PrintNow(PrintRequest("x-1", "x_report", SLIP)),
        RetryPrinting(),
        KickDrawer(),
        Beep("paid"),
        WakeSync(),
    )
    run.runner.carry_out(effects)
    assert run.parts.asked == [
        ("record", Record((fact,))),
        *(("draft", draft) for draft in drafts),
        ("language", "zh_CN"),
        ("print", Slip("x-1", SLIP), "COPY in en"),
        ("retry",),
        ("drawer",),
        ("play", "paid"),
        ("wake",),
    ]
    assert run.posted == []


def test_answers_come_back_as_intents(run: Run) -> None:
    run.runner.carry_out([Commit("c-1", ()), ReadShift("shift-1")])
    assert run.posted == [Committed("c-1", "S001-03-000001", None), ShiftRead(None)]


def test_stored_slips_are_printed_as_they_are_offered(run: Run) -> None:
    run.parts.waiting = (Slip("a", SLIP), Slip("b", SLIP, copy=True), Slip("c", SLIP))
    run.runner.carry_out([Print(("b", "a"))])
    run.runner.print_slips((Slip("old", SLIP, copy=True),))
    assert [(asked[1].job_id, asked[1].copy) for asked in run.parts.asked] == [
        ("a", False),
        ("b", True),
        ("old", True),
    ]


def test_a_copy_is_always_marked_and_in_the_language_that_was_asked_for(run: Run) -> None:
    run.parts.stored["sale-1"] = SLIP
    run.runner.carry_out([PrintCopy("sale-1", "zh_CN"), PrintCopy("never sold", "en")])
    assert run.parts.asked == [("print", Slip("copy-sale-1", SLIP, copy=True), "COPY in zh_CN")]


def test_pins_and_names_have_workers_of_their_own(run: Run) -> None:
    run.runner.carry_out([VerifyPin("1001", "1234", "hash of 1234")])
    run.until(1)
    run.runner.carry_out([VerifyPin("1001", "9999", "hash of 1234")])
    run.until(2)
    run.runner.carry_out([Search("bag", 7)])
    assert run.until(3) == [
        PinChecked("1001", True),
        PinChecked("1001", False),
        ItemsFound("bag", (Item("bag", {"en": "bag"}, "pcs", "std", 7, 0),), {"bag": Stock(3, 0)}),
    ]
    assert run.parts.threads == {"pins", "reports"}


def test_only_the_newest_text_is_worth_an_answer(run: Run) -> None:
    run.runner.carry_out([Search("slow")])
    assert run.parts.entered.wait(10)
    run.runner.carry_out([Search("b"), Search("ba"), Search("bag")])
    run.runner.carry_out([VerifyPin("1001", "1", "hash of 1")])
    assert run.until(1) == [PinChecked("1001", True)], "a slow search holds no sign-on up"
    run.parts.blocked.set()
    assert [intent.text for intent in run.until(3)[1:]] == ["slow", "bag"]


def test_the_disk_is_told(run: Run) -> None:
    run.runner.carry_out([AskDevices()])
    told = run.until(1)[0]
    assert isinstance(told, DeviceTold)
    assert told.disk_free_bytes


@pytest.mark.expected_logs
def test_a_worker_that_fails_is_written_down_and_goes_on(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    run.runner.carry_out([Search("broken")])
    assert run.parts.entered.wait(10)
    run.runner.carry_out([VerifyPin("1001", "1", "hash of 1")])
    run.until(1)
    run.runner.carry_out([AskDevices()])
    assert isinstance(run.until(2)[1], DeviceTold)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]
    assert "planted" in str(caplog.records[0].exc_info)


def test_nothing_is_posted_after_the_end(run: Run) -> None:
    run.runner.carry_out([Search("slow")])
    assert run.parts.entered.wait(10)
    run.runner.carry_out([AskDevices()])
    run.parts.blocked.set()
    run.runner.close()
    ended = list(run.posted)
    assert [intent.text for intent in ended if isinstance(intent, ItemsFound)] == ["slow"]
    assert not any(thread.name.startswith(("pins", "reports")) for thread in threading.enumerate())
