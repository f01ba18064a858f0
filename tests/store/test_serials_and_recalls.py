"""Serial numbers in the commit of their sale, asked at the scan; the recall list's file."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from pysqlite3 import dbapi2

from posapp.domain.facts import PackData, TransactionCompleted
from posapp.domain.recalls import RecallFault, RecallList
from posapp.flows.effects import Commit
from posapp.flows.intents import CommitFailed, RecallsTrouble
from posapp.store.engine import open_ledger
from posapp.store.recall_file import RecallFile
from posapp.store.serials import SqliteSoldReader
from tests.store.conftest import LedgerKit, commit_of, committed, sale

COLA = "06901028180559"


def sold(transaction_id: str, *serials: str, at_ms: int = 1_780_000_060_000) -> Commit:
    """The commit of a sale whose lines carry serial numbers; "" is a pack with a lot only."""
    made = sale(transaction_id=transaction_id, amounts=tuple(100 for _ in serials))
    packs = (PackData(COLA, "L1", serial) for serial in serials)
    lines = tuple(replace(line, pack=pack) for line, pack in zip(made.lines, packs, strict=True))
    return commit_of(replace(made, lines=lines, completed_at_ms=at_ms))


def test_serials_are_stored_in_the_commit_of_their_sale(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    reader = SqliteSoldReader(kit.path)
    assert reader.sold_at_ms(COLA, "S1") is None
    committed(ledger.commit(sold("sale-1", "S1", "", "S2", at_ms=5_000)))
    assert kit.rows("SELECT gtin14, serial, receipt_seq FROM serial_sold ORDER BY serial") == [
        (COLA, "S1", 1),
        (COLA, "S2", 1),
    ]
    assert [reader.sold_at_ms(COLA, serial) for serial in ("S1", "S2", "s1", "")] == [
        5_000,
        5_000,
        None,
        None,
    ]
    assert reader.sold_at_ms("0" * 14, "S1") is None
    committed(ledger.commit(sold("sale-2", "S1", at_ms=9_000)))  # no sale is ever refused
    assert reader.sold_at_ms(COLA, "S1") == 9_000
    reader.close()


def test_a_paid_sale_is_never_refused_for_its_serials(kit: LedgerKit) -> None:
    committed(kit.ledger().commit(sold("sale-1", "S1", "S1")))
    assert kit.rows("SELECT serial FROM serial_sold") == [("S1",)]


def test_a_sale_that_is_not_stored_leaves_no_serial(kit: LedgerKit) -> None:
    commit = sold("sale-1", "S1")
    fact = commit.facts[0]
    assert isinstance(fact, TransactionCompleted)
    wrong = replace(commit, facts=(replace(fact, shift_id="no such shift"),))
    assert isinstance(kit.ledger().commit(wrong), CommitFailed)
    assert kit.rows("SELECT * FROM serial_sold") == []


def test_serials_are_append_only(kit: LedgerKit) -> None:
    kit.ledger().commit(sold("sale-1", "S1"))
    held = open_ledger(kit.path)
    for act in ("UPDATE serial_sold SET serial = 'x'", "DELETE FROM serial_sold"):
        with pytest.raises(dbapi2.IntegrityError, match="append-only"):
            held.execute(act)
    held.close()


def test_a_ledger_that_cannot_be_read_stops_no_scan(tmp_path: Path) -> None:
    reader = SqliteSoldReader(tmp_path / "nowhere.db")
    assert reader.sold_at_ms(COLA, "S1") is None
    (tmp_path / "nowhere.db").write_bytes(b"no database at all" * 500)
    assert reader.sold_at_ms(COLA, "S1") is None
    reader.close()


# --- the recall list -----------------------------------------------------------------------------

GOOD = "gtin,lot,reason\n6901028180559,A*,Glass\n"


def test_a_list_is_read_once_and_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "recalls.csv"
    path.write_text(GOOD)
    file = RecallFile(path)
    first = file.changed()
    assert first is not None
    assert isinstance(first.found, RecallList)
    assert file.changed() is None
    path.write_text(GOOD + "6901028180559,B1,Metal\n")
    again = file.changed()
    assert again is not None
    assert isinstance(again.found, RecallList)
    assert again.found.count == 2
    path.write_text(GOOD + "6901028180550,B1,Metal\n")
    wrong = file.changed()
    assert wrong is not None
    assert isinstance(wrong.found, RecallsTrouble)
    assert wrong.found.problem is not None
    assert (wrong.found.file, wrong.found.problem.line) == ("recalls.csv", 3)
    assert wrong.found.problem.fault is RecallFault.BadGtin
    assert file.changed() is None


def test_the_same_length_written_later_is_a_change(tmp_path: Path) -> None:
    path = tmp_path / "recalls.csv"
    path.write_text(GOOD)
    file = RecallFile(path)
    file.changed()
    path.write_text(GOOD.replace("Glass", "Metal"))
    os.utime(path, ns=(1, 1))
    assert file.changed() is not None


def test_a_missing_list_is_told_once_and_taken_when_it_comes(tmp_path: Path) -> None:
    file = RecallFile(tmp_path / "recalls.csv")
    missing = file.changed()
    assert missing is not None
    assert missing.found == RecallsTrouble("recalls.csv")
    assert file.changed() is None
    (tmp_path / "recalls.csv").write_text(GOOD)
    there = file.changed()
    assert there is not None
    assert isinstance(there.found, RecallList)
