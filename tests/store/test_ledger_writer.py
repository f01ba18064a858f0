"""One thread, many wishes: order, patience, and what is there after a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from posapp.domain.cart import Cart
from posapp.domain.cart_record import cart_to_bytes
from posapp.domain.facts import OperatorSignedOn, ScanRecord, ScanRefused, SignOnRefused
from posapp.flows.effects import Commit, ParkDraft, Record, SaveDraft, UnparkDraft
from posapp.flows.intents import CommitFailed, Committed, LastSale, ShiftRead
from posapp.store import tidying
from posapp.store.engine import open_ledger
from posapp.store.lanes import AskWork, CommitWork, DraftWork, InboxWork, Lanes, LanesFullError, RecordWork
from posapp.store.ledger import Ledger
from posapp.store.writer import LedgerWriter, Patience
from tests.store.conftest import PLACE, Answers, LedgerKit, RealClock, commit_of, sale, shift_opened

START_MS = 1_780_000_000_000


class Gate:
    """A connection that waits before each transaction until it is let through."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.open = threading.Event()
        self.open.set()
        self.reached = threading.Event()

    @property
    def in_transaction(self) -> bool:
        return bool(self.inner.in_transaction)

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        if sql == "BEGIN IMMEDIATE":
            self.reached.set()
            assert self.open.wait(10)
        return self.inner.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any) -> Any:
        return self.inner.executemany(sql, parameters)

    def close(self) -> None:
        self.inner.close()


class Till:
    """A writer on a kit's ledger."""

    def __init__(self, kit: LedgerKit, connect: Callable[[], Any] | None = None) -> None:
        self.kit = kit
        self.draft_failed = Answers()
        ledger = Ledger(
            connect or (lambda: open_ledger(kit.path, busy_ms=20)), place=PLACE, clock=kit.clock, ids=kit.ids
        )
        self.writer = LedgerWriter(
            ledger,
            RealClock(),
            on_draft_failed=self.draft_failed,
            patience=Patience(idle_s=0.02, retry_s=0.02),
        )
        self.held, self.slips = self.writer.start()

    def commit(self, effect: Commit) -> Any:
        answers = Answers()
        self.writer.commit(effect, answers)
        return answers.wait()[0]


@pytest.fixture
def tills(kit: LedgerKit) -> Iterator[Callable[..., Till]]:
    """Start tills on the same ledger; all are closed at the end."""
    made: list[Till] = []

    def start(connect: Callable[[], Any] | None = None) -> Till:
        made.append(Till(kit, connect))
        return made[-1]

    yield start
    for till in made:
        till.writer.close()


def test_a_commit_is_answered_when_it_is_durable(tills: Callable[..., Till], kit: LedgerKit) -> None:
    till = tills()
    assert isinstance(till.commit(Commit("open", (shift_opened(),))), Committed)
    answer = till.commit(commit_of(sale()))
    assert (answer.commit_id, answer.receipt_number) == ("commit-sale-1", "S001-03-000001")
    assert kit.one("SELECT count(*) FROM retail_transaction") == 1


def test_only_the_newest_state_of_a_cart_is_written_and_sales_go_first(
    tills: Callable[..., Till], kit: LedgerKit
) -> None:
    gate = Gate(open_ledger(kit.path))
    till = tills(lambda: gate)
    till.commit(Commit("open", (shift_opened(),)))
    gate.open.clear()
    gate.reached.clear()
    order: list[str] = []
    till.writer.draft(SaveDraft("other", b"held up"))
    assert gate.reached.wait(10)
    statements: list[str] = []
    real = gate.inner
    for number in range(50):
        till.writer.draft(SaveDraft("sale-2", b"cart %d" % number))
    till.writer.record(Record((OperatorSignedOn("s", "op-1", 1),)))
    done = Answers()
    till.writer.acknowledge(1, 1, 0, lambda trouble: order.append("acknowledged"))
    till.writer.commit(commit_of(sale()), lambda answer: (order.append("sold"), done(answer)))  # type: ignore[func-returns-value]
    real.set_trace_callback(statements.append)
    gate.open.set()
    done.wait()
    assert till.writer.flush()
    real.set_trace_callback(None)
    assert order == ["sold", "acknowledged"]
    assert kit.rows("SELECT transaction_id, cart FROM draft ORDER BY 1") == [
        ("other", b"held up"),
        ("sale-2", b"cart 49"),
    ]
    writes = [
        text.split("(")[0].split(" SET ")[0] for text in statements if text.startswith(("INSERT", "UPDATE"))
    ]
    first = {kind: writes.index(kind) for kind in ("INSERT INTO retail_transaction VALUES ", "UPDATE till")}
    assert first["INSERT INTO retail_transaction VALUES "] < writes.index("INSERT INTO draft ", 2)
    assert sum(text.startswith("INSERT INTO draft") for text in statements) <= 2


def test_a_cart_that_was_paid_does_not_come_back(tills: Callable[..., Till], kit: LedgerKit) -> None:
    gate = Gate(open_ledger(kit.path))
    till = tills(lambda: gate)
    till.commit(Commit("open", (shift_opened(),)))
    gate.open.clear()
    gate.reached.clear()
    till.writer.draft(SaveDraft("other", b"held up"))
    assert gate.reached.wait(10)
    till.writer.draft(SaveDraft("sale-1", b"cart"))
    done = Answers()
    till.writer.commit(commit_of(sale()), done)
    gate.open.set()
    assert isinstance(done.wait()[0], Committed)
    assert till.writer.flush()
    assert kit.rows("SELECT transaction_id FROM draft") == [("other",)]


def test_records_are_kept_and_stored_when_the_disk_is_mended(
    tills: Callable[..., Till], kit: LedgerKit
) -> None:
    till = tills()
    other = open_ledger(kit.path)
    other.execute("BEGIN IMMEDIATE")
    till.writer.record(Record((SignOnRefused("op-1", 1, 99),)))
    till.writer.draft(SaveDraft("sale-1", b"first"))
    assert till.draft_failed.wait() == ["locked"]
    till.writer.draft(SaveDraft("sale-1", b"newest"))
    assert not till.writer.flush(0.2)
    assert till.commit(Commit("open", (shift_opened(),))) == CommitFailed("open", "locked")
    other.execute("ROLLBACK")
    other.close()
    assert till.writer.flush()
    assert kit.rows("SELECT operator_id FROM operator_lock") == [("op-1",)]
    assert kit.rows("SELECT cart FROM draft") == [(b"newest",)]
    assert till.draft_failed.values == ["locked"]


def test_one_record_that_can_never_be_stored_does_not_block_the_others(
    tills: Callable[..., Till], kit: LedgerKit
) -> None:
    till = tills()
    wrong = OperatorSignedOn("s", "half \ud800", 1)
    till.writer.record(Record((OperatorSignedOn("s", "op-1", 1), wrong, OperatorSignedOn("s", "op-2", 1))))
    assert till.writer.flush()
    assert kit.one("SELECT count(*) FROM journal") == 2
    assert kit.rows("SELECT source, reason FROM quarantine") == [("record", "integrity: OperatorSignedOn")]


def test_what_waits_is_stored_at_the_end(tills: Callable[..., Till], kit: LedgerKit) -> None:
    till = tills()
    for number in range(200):
        till.writer.record(Record((OperatorSignedOn("s", f"op-{number}", 1),)))
    till.writer.set_language("zh_CN")
    till.writer.close()
    assert kit.one("SELECT count(*) FROM journal") == 200
    assert kit.rows("SELECT value FROM setting") == [(b"zh_CN",)]


def test_everything_is_there_after_a_restart(tills: Callable[..., Till], kit: LedgerKit) -> None:
    till = tills()
    assert till.held.shift is None
    assert (till.held.next_shift_number, till.held.scan_no, till.slips) == (1, 0, ())
    till.commit(Commit("open", (shift_opened(),)))
    till.commit(commit_of(sale()))
    till.commit(commit_of(sale(transaction_id="sale-2")))
    till.writer.mark_print(["print-sale-1"], "printing")
    cart = Cart(transaction_id="sale-3", opened_at_ms=5, scans=(ScanRecord(41, "x", 1, None, "UnknownCode"),))
    till.writer.draft(ParkDraft("sale-4", "blue bag", 7, "Li Na", 500, 3, b"parked"))
    till.writer.draft(ParkDraft("sale-3", "", 8, "Li Na", 0, 0, b"older"))
    till.writer.draft(UnparkDraft("sale-3"))
    till.writer.draft(SaveDraft("sale-3", cart_to_bytes(cart)))
    refused = ScanRecord(12, "x", 1, None, "NoSale")
    till.writer.record(Record((ScanRefused(refused, "op-1", "2026-05-28"),)))
    till.writer.record(Record((SignOnRefused("op-1", 1, START_MS * 2), SignOnRefused("op-2", 1, 5))))
    till.writer.set_language("en")
    assert till.writer.flush()
    till.writer.close()

    held, slips = tills().held, tills().slips
    assert held.shift is not None
    assert (held.shift.sales_count, held.next_shift_number, held.language) == (2, 2, "en")
    assert held.cart == cart_to_bytes(cart)
    assert [(parked.transaction_id, parked.label, parked.cart) for parked in held.suspended] == [
        ("sale-4", "blue bag", b"parked")
    ]
    assert held.last_sale == LastSale("sale-2", "S001-03-000002", 1555, 100, 1_780_000_060_000)
    assert held.locked_until == (("op-1", START_MS * 2),)
    assert (held.scan_no, held.unprinted, held.quarantined, held.shop) == (41, 2, 0, None)
    assert [(slip.job_id, slip.copy) for slip in slips] == [("print-sale-1", True), ("print-sale-2", False)]


def test_slips_are_offered_until_they_are_printed(tills: Callable[..., Till], kit: LedgerKit) -> None:
    till = tills()
    till.commit(Commit("open", (shift_opened(),)))
    for number in (1, 2, 3):
        till.commit(commit_of(sale(transaction_id=f"sale-{number}")))
    jobs = [f"print-sale-{number}" for number in (1, 2, 3)]
    till.writer.mark_print(jobs[1:2], "printed")
    till.writer.mark_print(jobs[1:2], "printing")
    answers = Answers()
    till.writer.flush()
    till.writer.slips(jobs, answers)
    assert [slip.job_id for slip in answers.wait()[0]] == [jobs[0], jobs[2]]
    till.writer.mark_print([jobs[0]], "printed")
    till.writer.flush()
    assert kit.one("SELECT printed_through FROM till") == 2
    till.writer.mark_print([jobs[2]], "printed")
    till.writer.flush()
    assert kit.one("SELECT printed_through FROM till") == 3
    till.writer.receipt("sale-1", answers)
    assert answers.wait(2)[1].title == "receipt"


def _damage(kit: LedgerKit, *statements: str) -> None:
    held = open_ledger(kit.path)
    held.execute("PRAGMA ignore_check_constraints=ON")
    for (trigger,) in held.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        held.execute(f"DROP TRIGGER {trigger}")
    held.execute("PRAGMA foreign_keys=OFF")
    for statement in statements:
        held.execute(statement)
    held.close()


def test_broken_rows_are_set_aside_and_the_rest_is_added_up(
    tills: Callable[..., Till], kit: LedgerKit
) -> None:
    till = tills()
    till.commit(Commit("open", (shift_opened(),)))
    for number in range(1, 7):
        till.commit(commit_of(sale(transaction_id=f"sale-{number}", card_minor=100)))
    till.writer.close()
    _damage(
        kit,
        "UPDATE transaction_line SET amount_minor = amount_minor + 1 WHERE receipt_seq = 1 AND line_no = 1",
        "UPDATE transaction_line SET names = '{' WHERE receipt_seq = 2 AND part = 2",
        "UPDATE retail_transaction SET total_minor = 'much' WHERE receipt_seq = 3",
        "DELETE FROM retail_transaction WHERE receipt_seq = 4",
    )
    till = tills()
    for _ in range(2):
        answers = Answers()
        till.writer.read_shift("shift-1", answers)
        totals = answers.wait()[0].totals
        assert (totals.sales_count, totals.sales_minor, totals.quarantined) == (2, 3110, 4)
        assert {t.tender_id: t.sales_minor for t in totals.tenders} == {"card": 200, "cash": 2910}
    assert kit.rows("SELECT source, source_key FROM quarantine ORDER BY 2") == [
        ("retail_transaction", str(number)) for number in (1, 2, 3, 4)
    ]
    assert tills().held.quarantined == 4


def test_a_shift_is_added_up_also_when_nothing_can_be_written(
    tills: Callable[..., Till], kit: LedgerKit
) -> None:
    till = tills()
    till.commit(Commit("open", (shift_opened(),)))
    till.commit(commit_of(sale()))
    other = open_ledger(kit.path)
    other.execute("BEGIN IMMEDIATE")
    answers = Answers()
    till.writer.read_shift("shift-1", answers)
    assert answers.wait()[0].totals.sales_count == 1
    other.execute("ROLLBACK")
    other.close()
    till.writer.read_shift("no such shift", answers)
    assert answers.wait(2)[1] == ShiftRead(None)


# --- housekeeping -----------------------------------------------------------------------------


def test_the_log_is_begun_anew_in_an_idle_moment(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    tidying.stretch(ledger.connection())
    stretched = kit.path.with_name("ledger.db-wal").stat().st_size
    assert stretched >= tidying.STRETCH_FRAMES * 4096
    for number in range(10):
        ledger.commit(commit_of(sale(transaction_id=f"sale-{number}")))
    assert tidying.log_state(ledger.connection()).frames > 10
    assert tidying.checkpoint(ledger.connection())
    assert tidying.log_state(ledger.connection()).frames == 1
    assert kit.path.with_name("ledger.db-wal").stat().st_size == stretched
    assert ledger.connection().execute("PRAGMA synchronous").fetchone()[0] == 2


def test_a_reader_delays_the_checkpoint_and_loses_nothing(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    reader = open_ledger(kit.path)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM till").fetchall()
    ledger.commit(commit_of(sale()))
    assert not tidying.checkpoint(ledger.connection())
    reader.execute("COMMIT")
    assert tidying.checkpoint(ledger.connection())
    assert reader.execute("SELECT count(*) FROM retail_transaction").fetchone()[0] == 1
    reader.close()


def test_the_thread_tidies_up_when_nobody_waits(tills: Callable[..., Till], kit: LedgerKit) -> None:
    till = tills()
    till.commit(Commit("open", (shift_opened(),)))
    for number in range(40):
        till.commit(commit_of(sale(transaction_id=f"sale-{number}")))
    before = kit.one("SELECT tidied FROM till")
    waiting = threading.Event()
    for _ in range(200):
        if kit.one("SELECT tidied FROM till") > before:
            break
        waiting.wait(0.02)
    assert kit.one("SELECT tidied FROM till") > before


# --- lanes ------------------------------------------------------------------------------------


def _commit(number: int) -> CommitWork:
    return CommitWork(Commit(str(number), ()), lambda answer: None)


def test_the_most_urgent_work_comes_first() -> None:
    lanes = Lanes()
    inbox, ask, commit = InboxWork(lambda held: None, lambda trouble: None), AskWork(lambda: None), _commit(1)
    draft, fact = SaveDraft("a", b""), OperatorSignedOn("s", "o", 1)
    lanes.put(inbox)
    lanes.put_record((fact, fact))
    lanes.put(ask)
    lanes.put_draft(draft)
    lanes.put(commit)
    taken = [lanes.take(0) for _ in range(6)]
    assert taken == [commit, DraftWork((draft,)), ask, RecordWork((fact, fact)), inbox, None]


def test_newer_states_replace_older_ones_but_never_pass_a_parking() -> None:
    lanes = Lanes()
    park = ParkDraft("a", "", 1, "", 0, 0, b"2")
    acts = [SaveDraft("a", b"1"), park, UnparkDraft("a"), SaveDraft("a", b"3"), SaveDraft("b", b"x")]
    for act in [*acts, SaveDraft("a", b"4")]:
        lanes.put_draft(act)
    work = lanes.take(0)
    assert work == DraftWork((*acts[:3], SaveDraft("a", b"4"), acts[4]))
    assert isinstance(work, DraftWork)
    lanes.put_draft(SaveDraft("b", b"y"))
    lanes.put_back(work)
    assert lanes.take(0) is None
    lanes.wake()
    assert lanes.take(0) == DraftWork((*acts[:3], SaveDraft("a", b"4"), SaveDraft("b", b"y")))


def test_a_lane_is_never_endless() -> None:
    lanes = Lanes(limit=2)
    lanes.put(_commit(1))
    lanes.put(_commit(2))
    with pytest.raises(LanesFullError):
        lanes.put(_commit(3))
