"""A ledger of the version before, brought up to date with a sale in it, and what stays for going back."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from posapp.domain.member_facts import SaleMember
from posapp.domain.members.leases import Lease
from posapp.flows.effects import Commit
from posapp.store import migrate as migrate_module
from posapp.store.engine import open_ledger, open_reader
from posapp.store.leases import GrantedLease, held_leases, take_leases
from posapp.store.ledger import Ledger
from posapp.store.migrate import HEAD, migrate
from posapp.store.returns import find_sale
from tests.domain.made_up_sales import a_sale, cash_rules, give_back, tax_rules, terms
from tests.store.conftest import PLACE, CountedIds, committed, shift_opened

BEFORE = "0004"
TERMS = terms(tax_rules(), cash_rules())
SALE = replace(
    a_sale([(2, 1_999, "standard")], tax=TERMS.tax, cash=TERMS.cash), shift_id="shift-1", receipt_number=""
)


class _Clock:
    def now_ms(self) -> int:
        return 1_780_000_000_000

    def monotonic_ms(self) -> int:
        return 0


def opened(path: Path) -> Ledger:
    return Ledger(lambda: open_ledger(path), place=PLACE, clock=_Clock(), ids=CountedIds())


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger as the version before left it: a shift is open, one sale is stored."""
    path = tmp_path / "ledger.db"
    with monkeypatch.context() as patch:
        patch.setattr(migrate_module, "HEAD", BEFORE)
        migrate(path, epoch=1)
    ledger = opened(path)
    committed(ledger.commit(Commit("open", (shift_opened(),))))
    committed(ledger.commit(Commit(SALE.transaction_id, (SALE,))))
    ledger.close()
    return path


def test_a_sale_of_before_comes_back_and_leases_are_spent_after_the_step(path: Path) -> None:
    assert migrate(path, epoch=1).before == BEFORE
    with closing(open_reader(path)) as reader:
        found = find_sale(reader, "S001-03-000001")
    assert found is not None
    assert found.sale.lines == SALE.lines
    ledger = opened(path)
    back = replace(give_back(found.sale, [], {1: 1}, TERMS), shift_id="shift-1")
    stored = committed(ledger.commit(Commit("back", (back,))))
    assert stored.receipt_number == "S001-03-000002"
    assert stored.shift is not None
    assert (stored.shift.sales_count, stored.shift.returns_count) == (1, 1)
    lease = Lease("L1", "points", 500, 10**15)
    granted = [GrantedLease(lease, "", "", "")]
    ledger.write(lambda held: take_leases(held, granted, epoch=1, worst_minor=(0, 0), now_ms=0))
    member = SaleMember("M1", "code", points_used=70, points_lease_id="L1")
    spent = replace(SALE, transaction_id="sale-2", member=member)
    committed(ledger.commit(Commit("sale-2", (spent,))))
    assert [each.spent for each in ledger.ask(held_leases, None).open] == [70]
    ledger.close()


def test_the_copy_from_before_the_step_is_a_whole_ledger_for_the_till_of_before(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = migrate(path, epoch=1).backup
    assert copy is not None
    assert copy.name == f"ledger.before-{HEAD}.from-{BEFORE}.db"
    with monkeypatch.context() as patch:
        patch.setattr(migrate_module, "HEAD", BEFORE)
        assert migrate(copy, epoch=1).after == BEFORE, "nothing has to be done to it"
    ledger = opened(copy)
    again = replace(SALE, transaction_id="sale-2")
    assert committed(ledger.commit(Commit("sale-2", (again,)))).receipt_number == "S001-03-000002"
    ledger.close()
