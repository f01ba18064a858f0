"""A fault of the program ends one act, is written down, and never the ledger's thread."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from posapp.domain.facts import OperatorSignedOn
from posapp.flows.effects import Commit, Record, SaveDraft
from posapp.flows.intents import CommitFailed, Committed, ShiftRead
from posapp.store import ledger as ledger_module
from posapp.store import writer as writer_module
from posapp.store.engine import open_ledger
from posapp.store.ledger import Ledger
from posapp.store.writer import LedgerWriter, Patience
from tests.store.conftest import PLACE, Answers, LedgerKit, RealClock, commit_of, sale, shift_opened

pytestmark = pytest.mark.expected_logs


class PlantedError(Exception):
    """Nothing that the store knows."""


def fail(*_arguments: Any, **_named: Any) -> Any:
    raise PlantedError("planted")


@pytest.fixture
def draft_failed() -> Answers:
    return Answers()


@pytest.fixture
def writer(kit: LedgerKit, draft_failed: Answers) -> Iterator[LedgerWriter]:
    ledger = Ledger(lambda: open_ledger(kit.path, busy_ms=20), place=PLACE, clock=kit.clock, ids=kit.ids)
    made = LedgerWriter(
        ledger, RealClock(), on_draft_failed=draft_failed, patience=Patience(idle_s=0.02, retry_s=0.02)
    )
    made.start()
    yield made
    made.close()


def goes_on(writer: LedgerWriter) -> None:
    """The thread still stores, and answers."""
    answers = Answers()
    writer.commit(Commit("open", (shift_opened(),)), answers)
    writer.commit(commit_of(sale()), answers)
    assert [type(answer) for answer in answers.wait(2)] == [Committed, Committed]


def test_a_fault_in_a_commit_is_answered_and_nothing_of_it_is_stored(
    writer: LedgerWriter, kit: LedgerKit, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answers = Answers()
    with monkeypatch.context() as planted:
        planted.setattr(ledger_module, "write_state", fail)
        writer.commit(Commit("open", (shift_opened(),)), answers)
        assert answers.wait() == [CommitFailed("open", "integrity")]
    assert kit.one("SELECT count(*) FROM journal") == 0
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]
    assert caplog.records[0].exc_info
    goes_on(writer)
    assert kit.rows("SELECT receipt_seq FROM retail_transaction") == [(1,)]


def test_a_fault_of_the_one_who_is_answered_costs_only_his_answer(writer: LedgerWriter) -> None:
    writer.commit(Commit("open", (shift_opened(),)), fail)
    writer.read_shift("shift-1", fail)
    writer.slips((), fail)
    writer.acknowledge(1, 0, 0, fail)
    answers = Answers()
    writer.commit(commit_of(sale()), answers)
    assert isinstance(answers.wait()[0], Committed)


def test_a_fault_in_one_record_sets_that_aside_and_stores_the_others(
    writer: LedgerWriter, kit: LedgerKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ledger_module.note_lockout

    def picky(connection: Any, fact: Any) -> None:
        if fact.operator_id == "bad":
            raise PlantedError
        real(connection, fact)

    monkeypatch.setattr(ledger_module, "note_lockout", picky)
    facts = tuple(OperatorSignedOn("s", who, 1) for who in ("one", "bad", "two"))
    writer.record(Record(facts))
    assert writer.flush()
    assert kit.one("SELECT count(*) FROM journal") == 2
    assert kit.rows("SELECT source FROM quarantine") == [("record",)]
    goes_on(writer)


def test_a_fault_in_a_draft_is_told_and_the_next_state_is_stored(
    writer: LedgerWriter, kit: LedgerKit, draft_failed: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as planted:
        planted.setattr(writer_module, "write_draft", fail)
        writer.draft(SaveDraft("sale-9", b"first"))
        assert draft_failed.wait() == ["integrity"]
        assert writer.flush(), "it is not tried again and again"
    writer.draft(SaveDraft("sale-9", b"second"))
    assert writer.flush()
    assert kit.rows("SELECT cart FROM draft") == [(b"second",)]


def test_a_fault_in_a_question_or_in_what_the_hub_sent_is_answered(
    writer: LedgerWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("read_shift", "pending_prints", "receipt_of", "put_cursor"):
        monkeypatch.setattr(writer_module, name, fail)
    answers = Answers()
    writer.read_shift("shift-1", answers)
    writer.slips(("a",), answers)
    writer.receipt("sale-1", answers)
    writer.apply_settings({"shop": b"{}"}, "f:1", answers)
    assert answers.wait(4) == [ShiftRead(None), (), None, "integrity"]
    goes_on(writer)
