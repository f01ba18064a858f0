"""A COMMIT that fails may have happened all the same; the ledger finds out, and writes nothing twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pysqlite3 import dbapi2

from posapp.domain.facts import DrawerOpened, TransactionVoided
from posapp.flows.effects import Commit
from posapp.flows.intents import CommitFailed, Committed
from posapp.store import tidying
from posapp.store.engine import open_ledger, open_reader
from posapp.store.ledger import Ledger
from tests.store.conftest import DAY, LedgerKit, commit_of, committed, sale, shift_opened


@dataclass
class LyingConnection:
    """A connection whose next COMMIT fails, after it happened or before, and whose ROLLBACK fails too."""

    inner: Any
    lie: Lie

    @property
    def in_transaction(self) -> bool:
        return self.lie.told or bool(self.inner.in_transaction)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        if sql == "COMMIT" and self.lie.is_due:
            self.lie.is_due, self.lie.told = False, True
            self.inner.execute("COMMIT" if self.lie.happens else "ROLLBACK")
            raise dbapi2.OperationalError("disk I/O error")
        if sql == "ROLLBACK" and self.lie.told:
            self.lie.told = False
            raise dbapi2.OperationalError("disk I/O error")
        return self.inner.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any) -> Any:
        return self.inner.executemany(sql, parameters)

    def close(self) -> None:
        self.inner.close()


@dataclass
class Lie:
    """When the next COMMIT is to fail, and whether it happens."""

    happens: bool
    is_due: bool = False
    told: bool = False


def lying_ledger(kit: LedgerKit, lie: Lie) -> Ledger:
    """A ledger with a shift, and then a COMMIT that is going to fail."""
    ledger = kit.ledger(lambda: LyingConnection(open_ledger(kit.path, busy_ms=20), lie))
    lie.is_due = True
    return ledger


def drawer(reason: str) -> DrawerOpened:
    return DrawerOpened("shift-1", "op-1", reason, 1_780_000_000_000)


def kinds(kit: LedgerKit) -> list[str]:
    return [kind for (kind,) in kit.rows("SELECT kind FROM journal ORDER BY journal_no")]


def test_a_sale_that_happened_is_answered_when_it_is_handed_in_again(kit: LedgerKit) -> None:
    ledger = lying_ledger(kit, Lie(happens=True))
    effect = commit_of(sale())
    assert ledger.commit(effect) == CommitFailed("commit-sale-1", "io_error")
    answer = committed(ledger.commit(effect))
    assert answer.receipt_number == "S001-03-000001"
    assert answer.shift is not None
    assert answer.shift.sales_count == 1
    assert kit.one("SELECT count(*) FROM print_job") == 1
    assert kinds(kit) == ["ShiftOpened", "TransactionCompleted"]


def test_a_sale_that_did_not_happen_is_stored_when_it_is_handed_in_again(kit: LedgerKit) -> None:
    ledger = lying_ledger(kit, Lie(happens=False))
    effect = commit_of(sale())
    assert ledger.commit(effect) == CommitFailed("commit-sale-1", "io_error")
    assert committed(ledger.commit(effect)).receipt_number == "S001-03-000001"
    assert kinds(kit) == ["ShiftOpened", "TransactionCompleted"]


def test_facts_that_happened_are_not_written_twice_and_new_ones_are(kit: LedgerKit) -> None:
    ledger = lying_ledger(kit, Lie(happens=True))
    first, second = drawer("count"), drawer("count")
    assert ledger.record((first,)) == "io_error"
    # What failed is put back and comes again, with what came meanwhile; two equal facts are two.
    assert ledger.record((first, second)) is None
    assert kinds(kit) == ["ShiftOpened", "DrawerOpened", "DrawerOpened"]


def test_another_act_in_between_does_not_make_the_ledger_forget(kit: LedgerKit) -> None:
    ledger = lying_ledger(kit, Lie(happens=True))
    fact = drawer("count")
    assert ledger.record((fact,)) == "io_error"
    assert ledger.write(lambda connection: None) is None
    committed(ledger.commit(commit_of(sale())))
    assert ledger.record((fact,)) is None
    assert kinds(kit) == ["ShiftOpened", "DrawerOpened", "TransactionCompleted"]


def test_a_cart_that_was_given_up_is_so_once(kit: LedgerKit) -> None:
    ledger = lying_ledger(kit, Lie(happens=True))
    voided = TransactionVoided("cart-1", "shift-1", DAY, "op-1", 1, 2, "CNY", 0, (), (), ())
    effect = Commit("void-1", (voided,), (), "cart-1")
    assert ledger.commit(effect) == CommitFailed("void-1", "io_error")
    answer = committed(ledger.commit(effect))
    assert answer.shift is not None
    assert answer.shift.voided_sales == 1
    assert kinds(kit) == ["ShiftOpened", "TransactionVoided"]


def test_a_shift_that_was_opened_is_open_once(kit: LedgerKit) -> None:
    lie = Lie(happens=True, is_due=True)
    ledger = kit.ledger(lambda: LyingConnection(open_ledger(kit.path, busy_ms=20), lie), with_shift=False)
    effect = Commit("open", (shift_opened(),))
    assert ledger.commit(effect) == CommitFailed("open", "io_error")
    assert isinstance(ledger.commit(effect), Committed)
    assert kinds(kit) == ["ShiftOpened"]


def test_a_file_that_is_opened_anew_is_added_to_in_a_log_that_is_begun_anew(kit: LedgerKit) -> None:
    ledger = lying_ledger(kit, Lie(happens=True))
    # Somebody else has the file open, or the log would be put away and removed when it is closed.
    other = open_reader(kit.path)
    other.execute("SELECT count(*) FROM journal").fetchone()
    assert isinstance(ledger.commit(commit_of(sale())), CommitFailed)
    held = tidying.log_state(ledger.connection()).frames
    assert held > 5
    assert ledger.record((drawer("count"),)) is None
    assert tidying.log_state(ledger.connection()).frames < held
    other.close()


def test_nothing_is_told_as_stored_while_a_reader_keeps_the_old_log(kit: LedgerKit) -> None:
    ledger = lying_ledger(kit, Lie(happens=True))
    reader = open_reader(kit.path)
    reader.execute("SELECT count(*) FROM journal").fetchone()
    assert isinstance(ledger.commit(commit_of(sale())), CommitFailed)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM journal").fetchone()
    assert ledger.record((drawer("count"),)) == "locked"
    reader.execute("COMMIT")
    assert ledger.record((drawer("count"),)) is None
    reader.close()
