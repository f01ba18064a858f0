"""Lines leave the journal only when old and backed up, from the first on; nothing else ever changes."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from pysqlite3 import dbapi2

from posapp.domain.shifts import settle
from posapp.flows.effects import Commit
from posapp.store import outbox
from posapp.store.engine import open_ledger
from posapp.store.ledger import Ledger
from posapp.store.pruning import KEPT_MS, prune
from posapp.store.shift_reading import read_shift
from posapp.store.writer import LedgerWriter, Patience
from sync.engine.ports import Beginning, Gone
from sync.protocol.messages import EpochMark
from tests.store.conftest import PLACE, LedgerKit, RealClock, commit_of, committed, sale, shift_opened

SOLD_MS = sale().completed_at_ms


def sell(ledger: Ledger, count: int, *, first: int = 1, later_ms: int = 0, shift: str = "shift-1") -> Ledger:
    """So many sales, and nothing else."""
    for number in range(first, first + count):
        one = replace(sale(shift, f"sale-{number}"), completed_at_ms=SOLD_MS + later_ms)
        committed(ledger.commit(commit_of(one)))
    return ledger


def next_shift(ledger: Ledger, number: int) -> None:
    """The shift before is settled, this one opened."""
    totals = read_shift(ledger.connection(), f"shift-{number - 1}", now_ms=None)
    assert totals is not None
    done = settle(totals, {100: 1}, operator_id="op-1", reason="", at_ms=SOLD_MS)
    committed(ledger.commit(Commit(f"z-{number}", (done,))))
    committed(ledger.commit(Commit(f"open-{number}", (shift_opened(f"shift-{number}", number),))))


def held_by_hub(ledger: Ledger, through: int, *, epoch: int = 1, backed_up: int | None = None) -> None:
    backed = through if backed_up is None else backed_up
    assert (
        ledger.write(lambda held: outbox.acknowledge(held, epoch, through, backed_up_through=backed)) is None
    )


def numbers(kit: LedgerKit) -> list[int]:
    return [number for (number,) in kit.rows("SELECT journal_no FROM journal ORDER BY 1")]


def old_ledger(kit: LedgerKit) -> Ledger:
    """Two settled shifts and an open one: lines 1-4, 5-8, 9 and one far later."""
    ledger = sell(kit.ledger(), 2)
    next_shift(ledger, 2)
    sell(ledger, 2, first=10, shift="shift-2")
    next_shift(ledger, 3)
    sell(ledger, 1, first=20, shift="shift-3", later_ms=KEPT_MS + 1)
    assert numbers(kit) == list(range(1, 11))
    return ledger


def test_what_is_backed_up_and_old_goes_but_for_the_last_shift(kit: LedgerKit) -> None:
    ledger = old_ledger(kit)
    held_by_hub(ledger, 10)
    assert [prune(ledger.connection(), 3) for _ in range(4)] == [3, 3, 2, 0]
    # The ninth opened the shift that is still open.
    assert numbers(kit) == [9, 10]
    assert kit.one("SELECT count(*) FROM retail_transaction") == 5
    assert kit.rows("SELECT * FROM pragma_foreign_key_check") == []
    assert outbox.backlog(ledger.connection()) == (0, None)
    totals = read_shift(ledger.connection(), "shift-3", now_ms=None)
    assert totals is not None
    assert (totals.sales_count, totals.quarantined) == (1, 0)


def test_a_hub_from_an_old_backup_hears_that_what_it_lacks_is_gone(kit: LedgerKit) -> None:
    ledger = old_ledger(kit)
    held_by_hub(ledger, 9)
    assert (batch := outbox.pending(ledger.connection(), 10, 10**6))
    assert (batch.first_seq, batch.is_oldest) == (10, False)
    prune(ledger.connection())
    assert ledger.write(lambda held: outbox.take_marks(held, "h2", [EpochMark(1, 3, 3)])) is None
    assert (batch := outbox.pending(ledger.connection(), 10, 10**6))
    assert (batch.first_seq, batch.is_oldest) == (9, True)


@pytest.mark.parametrize(("acked", "backed_up", "left"), [(10, 4, 5), (4, 10, 5), (10, 0, 1), (0, 0, 1)])
def test_nothing_goes_that_the_hub_or_its_backup_has_not(
    kit: LedgerKit, acked: int, backed_up: int, left: int
) -> None:
    ledger = old_ledger(kit)
    held_by_hub(ledger, acked, backed_up=backed_up)
    prune(ledger.connection())
    assert numbers(kit) == list(range(left, 11))


def test_nothing_goes_that_is_young(kit: LedgerKit) -> None:
    ledger = sell(kit.ledger(), 3)
    next_shift(ledger, 2)
    sell(ledger, 1, first=9, shift="shift-2", later_ms=KEPT_MS - 1)
    held_by_hub(ledger, 7)
    assert prune(ledger.connection()) == 1, "the opening of the shift is older than its sales"
    with pytest.raises(dbapi2.IntegrityError, match="backed up"):
        ledger.connection().execute("DELETE FROM journal WHERE journal_no = 2")


def test_one_young_line_keeps_those_after_it(kit: LedgerKit) -> None:
    ledger = sell(kit.ledger(), 1)
    sell(ledger, 1, first=2, later_ms=KEPT_MS * 3)  # the clock was wrong for a moment
    sell(ledger, 1, first=3)
    next_shift(ledger, 2)
    sell(ledger, 1, first=4, shift="shift-2", later_ms=KEPT_MS * 2)
    held_by_hub(ledger, 7)
    assert prune(ledger.connection()) == 2
    assert numbers(kit) == [3, 4, 5, 6, 7]


def test_lines_of_an_earlier_epoch_go_by_its_own_mark(kit: LedgerKit) -> None:
    ledger = sell(kit.ledger(), 2)
    next_shift(ledger, 2)
    ledger.begin(Beginning("restored", 1, 0, 0, 0))
    (epoch,) = ledger.connection().execute("SELECT epoch FROM till").fetchone()
    next_shift(ledger, 3)
    sell(ledger, 1, first=20, shift="shift-3", later_ms=KEPT_MS + SOLD_MS)
    held_by_hub(ledger, 5)
    assert prune(ledger.connection()) == 5
    held_by_hub(ledger, 4, epoch=epoch)
    assert prune(ledger.connection()) == 2
    assert numbers(kit) == [8, 9]


def epoch_gone(kit: LedgerKit) -> tuple[Ledger, int]:
    """The five lines of the first epoch are gone, and two of the four of the second."""
    ledger = sell(kit.ledger(), 2)
    next_shift(ledger, 2)
    ledger.begin(Beginning("restored", 1, 0, 0, 0))
    (epoch,) = ledger.connection().execute("SELECT epoch FROM till").fetchone()
    next_shift(ledger, 3)
    sell(ledger, 1, first=20, shift="shift-3", later_ms=KEPT_MS + SOLD_MS)
    held_by_hub(ledger, 5)
    held_by_hub(ledger, 4, epoch=epoch)
    assert prune(ledger.connection()) == 7
    assert outbox.gone_epochs(ledger.connection()) == ()
    return ledger, epoch


def test_an_epoch_that_is_gone_whole_is_told_to_a_hub_that_lacks_some_of_it(kit: LedgerKit) -> None:
    ledger, epoch = epoch_gone(kit)
    held = ledger.connection()
    for lacks in (3, 0):
        marks = [EpochMark(1, lacks, lacks), EpochMark(epoch, 4, 4)]
        assert ledger.write(lambda held, marks=marks: outbox.take_marks(held, "old", marks)) is None  # type: ignore[misc]
        assert outbox.gone_epochs(held) == (Gone(1, 6),)
        assert outbox.backlog(held) == (0, None), "nothing of it can wait"
    held_by_hub(ledger, 4)
    assert outbox.gone_epochs(held) == (Gone(1, 6),)
    held_by_hub(ledger, 5)
    assert outbox.gone_epochs(held) == ()


def test_what_came_after_an_epoch_that_is_gone_is_sent_once(kit: LedgerKit) -> None:
    ledger, epoch = epoch_gone(kit)
    held = ledger.connection()
    lost = [EpochMark(1, 3, 3)]
    assert ledger.write(lambda held: outbox.take_marks(held, "old", lost)) is None
    batch = outbox.pending(held, 10, 10**6)
    assert batch is not None
    assert (batch.epoch, batch.first_seq, len(batch.lines), batch.is_oldest) == (epoch, 3, 2, True)
    held_by_hub(ledger, 4, epoch=epoch)
    assert outbox.backlog(held) == (0, None)
    assert outbox.pending(held, 10, 10**6) is None


def test_a_hub_that_lost_lines_which_are_gone_gets_what_is_left(kit: LedgerKit) -> None:
    ledger = old_ledger(kit)
    held_by_hub(ledger, 10)
    prune(ledger.connection())
    lost = (EpochMark(1, 3, 0),)
    assert ledger.write(lambda held: outbox.take_marks(held, "other", lost)) is None
    assert outbox.backlog(ledger.connection())[0] == 2
    batch = outbox.pending(ledger.connection(), 10, 10**6)
    assert batch is not None
    assert (batch.first_seq, len(batch.lines)) == (9, 2)
    assert outbox.chain_at(ledger.connection(), 1, 3) is None
    assert outbox.chain_at(ledger.connection(), 1, 10) == batch.chain


def test_the_writer_prunes_when_it_is_idle(kit: LedgerKit) -> None:
    ledger = old_ledger(kit)
    held_by_hub(ledger, 10)
    ledger.close()
    done = Ledger(lambda: open_ledger(kit.path, busy_ms=20), place=PLACE, clock=kit.clock, ids=kit.ids)
    writer = LedgerWriter(
        done, RealClock(), on_draft_failed=lambda _trouble: None, patience=Patience(0.001, 0.001)
    )
    writer.start()
    writer.set_language("en")
    for _ in range(500):
        if len(numbers(kit)) == 2:
            break
        writer.flush()
        threading.Event().wait(0.01)
    writer.close()
    assert numbers(kit) == [9, 10]


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("journal", "at_ms = 1"),
        ("retail_transaction", "voided_lines = 9"),
        ("transaction_line", "amount_minor = 1"),
        ("shift_count", "pieces = 9"),
        ("override_given", "reason = ''"),
        ("quarantine", "reason = ''"),
        ("serial_sold", "serial = ''"),
        ("numbers_skipped", "through_seq = 99"),
    ],
)
def test_what_happened_is_never_changed_or_dropped(kit: LedgerKit, table: str, change: str) -> None:
    ledger = sell(kit.ledger(), 2)
    next_shift(ledger, 2)
    held = ledger.connection()
    held.execute("INSERT INTO numbers_skipped VALUES (100, 200)")
    held.execute("INSERT INTO serial_sold VALUES ('0', 's', 1)")
    held.execute("INSERT INTO quarantine VALUES (1, 'a', 'b', 'c', 1, NULL)")
    held.execute("INSERT INTO override_given VALUES (1, 'o', 1, 'p', 'a', 'b', 'r', 1, NULL, 1)")
    before: list[Any] = held.execute(f"SELECT * FROM {table}").fetchall()
    assert before
    for act in (f"UPDATE {table} SET {change}", f"DELETE FROM {table}"):
        with pytest.raises(dbapi2.IntegrityError, match=f"{table} is append-only"):
            held.execute(act)
    columns = ", ".join("?" * len(before[0]))
    with pytest.raises(dbapi2.IntegrityError, match="append-only"):
        held.execute(f"REPLACE INTO {table} VALUES ({columns})", before[0])
    assert held.execute(f"SELECT * FROM {table}").fetchall() == before
