"""A copy of the ledger is whole or not there; a ledger that is put back never gives a number twice."""

from __future__ import annotations

import argparse
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QLockFile

from posapp.commands import ledger_copies
from posapp.commands.ledger_copies import FAILED, RUNNING, backup, restore
from posapp.flows.effects import Commit
from posapp.flows.intents import Committed
from posapp.running import take_lock
from posapp.store import backups, outbox
from posapp.store.backups import BackupError, look
from posapp.store.engine import open_ledger
from posapp.store.epochs import was_restored
from posapp.store.ledger import Ledger
from posapp.store.migrate import claim, migrate
from posapp.store.ownership import own_ledger
from posapp.store.writer import LedgerWriter
from tests.simulation.audit import audit
from tests.store.conftest import PLACE, Answers, CountedIds, RealClock, commit_of, sale, shift_opened

TOML = """
store_id = "S001"
terminal_id = "T03"
terminal_number = 3
data = "data"
hub_url = "http://127.0.0.1:9"
device_key_file = "device.key"
"""


@dataclass
class Till:
    """A till's folder and what is done with it."""

    folder: Path
    ids: CountedIds = field(default_factory=CountedIds)
    sold: int = 0

    @property
    def ledger(self) -> Path:
        return self.folder / "data" / "ledger.db"

    def run(self, command: Any, file: Path, *, dry_run: bool = False) -> int:
        options = argparse.Namespace(config=self.folder / "terminal.toml", file=file, dry_run=dry_run)
        return int(command(options))

    def open(self) -> LedgerWriter:
        self.ledger.parent.mkdir(exist_ok=True)
        migrate(self.ledger, epoch=1)
        claim(self.ledger, PLACE.store_id, PLACE.terminal_id)
        ledger = Ledger(lambda: open_ledger(self.ledger), place=PLACE, clock=RealClock(), ids=self.ids)
        return LedgerWriter(ledger, RealClock(), on_draft_failed=lambda _trouble: None)

    def sell(self, count: int) -> list[str]:
        """Start, sell, stop; the receipt numbers."""
        writer, answers = self.open(), Answers()
        held, _slips = writer.start()
        shift_id = "shift-1"
        if held.shift is None:
            writer.commit(Commit("open", (shift_opened(),)), Answers())
        for _ in range(count):
            self.sold += 1
            writer.commit(commit_of(sale(shift_id, f"sale-{self.sold}")), answers)
        found = answers.wait(count)
        writer.close()
        assert all(isinstance(one, Committed) for one in found), found
        return [one.receipt_number for one in found]

    def rows(self, sql: str) -> list[Any]:
        connection = open_ledger(self.ledger)
        try:
            return list(connection.execute(sql).fetchall())
        finally:
            connection.close()

    def faults(self) -> list[str]:
        mine = ("receipt numbers", "scan numbers")
        return [one for one in audit(self.ledger) if not any(words in one for words in mine)]


@pytest.fixture
def till(tmp_path: Path) -> Till:
    (tmp_path / "terminal.toml").write_text(TOML, "utf-8")
    return Till(tmp_path)


def test_a_till_put_back_goes_on_with_numbers_that_nobody_has(
    till: Till, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy.db"
    assert till.sell(3)[-1] == "S001-03-000003"
    assert till.run(backup, copy) == 0
    assert [file.name for file in copy.parent.glob("copy.db*")] == ["copy.db"]
    assert till.sell(2)[-1] == "S001-03-000005"
    assert till.run(restore, copy, dry_run=True) == 0
    assert till.rows("SELECT count(*) FROM retail_transaction") == [(5,)]
    assert "rehearsal" in capsys.readouterr().out
    assert till.run(restore, copy) == 0
    told = capsys.readouterr().out
    assert "010001" in told
    (aside,) = (tmp_path / "data").glob("ledger.replaced-*.db")
    assert str(aside) in told
    assert look(aside).receipt_seq == 5
    assert till.sell(2) == ["S001-03-010001", "S001-03-010002"]
    # Only the first start after it begins a new epoch.
    assert till.sell(1) == ["S001-03-010003"]
    assert till.faults() == []
    assert till.rows("SELECT after_seq, through_seq FROM numbers_skipped") == [(3, 10_000)]
    facts = till.rows("SELECT CAST(body AS TEXT) FROM journal WHERE kind = 'EpochBegun'")
    assert len(facts) == 1
    assert '"reason":"restored"' in facts[0][0]
    assert '"receipt_seq_before":3,"receipt_seq":10000' in facts[0][0]
    connection = open_ledger(till.ledger)
    assert not was_restored(connection)
    first = outbox.pending(connection, 100, 10**6)
    connection.close()
    assert first is not None
    assert (first.epoch, first.first_seq, len(first.lines)) == (1, 1, 4), "the old epoch goes up first"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no such modes")
def test_a_ledger_and_its_copies_are_for_their_own_user_only(till: Till, tmp_path: Path) -> None:
    unlock = take_lock(till.ledger.parent)
    assert unlock is not None
    unlock()
    assert till.ledger.parent.stat().st_mode & 0o777 == 0o700
    till.sell(1)
    assert till.run(backup, tmp_path / "copy.db") == 0
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert till.run(restore, tmp_path / "copy.db") == 0
    assert till.ledger.stat().st_mode & 0o777 == 0o600


def test_a_copy_is_made_while_the_till_sells(till: Till, tmp_path: Path) -> None:
    till.sell(20)
    writer = till.open()
    writer.start()
    go_on, done = threading.Event(), Answers()

    def sell() -> None:
        number = 0
        while not go_on.is_set():
            number += 1
            answers = Answers()
            writer.commit(commit_of(sale("shift-1", f"meanwhile-{number}")), answers)
            answers.wait()
        done(number)

    selling = threading.Thread(target=sell)
    selling.start()
    copies = [tmp_path / f"copy-{number}.db" for number in range(3)]
    try:
        for copy in copies:
            assert till.run(backup, copy) == 0
    finally:
        go_on.set()
        selling.join(20)
        writer.close()
    assert done.values[0] > 0
    for copy in copies:
        assert look(copy).receipt_seq >= 20
        faults = [one for one in audit(copy) if "numbers" not in one]
        assert faults == []


def test_nothing_is_put_back_while_the_till_is_running(
    till: Till, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy.db"
    till.sell(1)
    till.run(backup, copy)
    lock = QLockFile(str(tmp_path / "data" / "till.lock"))
    assert lock.tryLock(100)
    assert till.run(restore, copy) == RUNNING
    lock.unlock()
    assert "Close it first" in capsys.readouterr().err


def broken(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096 : 4096 * 12] = b"\x55" * (4096 * 11)
    path.write_bytes(data)


def of_another(path: Path) -> None:
    connection = open_ledger(path)
    connection.execute("UPDATE setting SET value = CAST('S001/T04' AS BLOB) WHERE name = 'place'")
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()


def newer(path: Path) -> None:
    connection = open_ledger(path)
    connection.execute("UPDATE alembic_version SET version_num = '9000'")
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (broken, "Nothing was changed"),
        (of_another, "belongs to S001/T04"),
        (newer, "newer version"),
        (lambda path: path.write_bytes(b"no database"), "cannot be read"),
        (lambda path: path.write_bytes(b""), "is no ledger"),
        (Path.unlink, "There is no file"),
    ],
)
def test_what_is_no_sound_copy_of_this_till_is_refused(
    till: Till, tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: Any, said: str
) -> None:
    copy = tmp_path / "copy.db"
    till.sell(2)
    till.run(backup, copy)
    spoil(copy)
    assert till.run(restore, copy) == FAILED
    assert said in capsys.readouterr().err
    beside = {"ledger.db-wal", "ledger.db-shm", "ledger.db-owner", "till.lock"}
    assert {file.name for file in (tmp_path / "data").iterdir()} - beside == {"ledger.db"}
    assert till.sell(1) == ["S001-03-000003"]


@pytest.mark.parametrize("step", ["_copy", "_put_aside", "_sync", "mark_restored"])
def test_a_way_back_that_breaks_off_leaves_a_ledger(
    till: Till, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    copy = tmp_path / "copy.db"
    till.sell(2)
    till.run(backup, copy)
    till.sell(1)

    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(backups, step, full)
        assert till.run(restore, copy) == FAILED
    assert not (tmp_path / "data" / "ledger.db.restoring").exists()
    assert till.sell(1) == ["S001-03-000004"]


@pytest.mark.parametrize("has_links", [True, False])
def test_two_ways_back_within_one_second_keep_both_ledgers(
    till: Till, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    def link(*_names: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(ledger_copies.time, "time_ns", lambda: 1_780_000_000 * 10**9)
    if not has_links:
        monkeypatch.setattr(backups.os, "link", link)
    copy = tmp_path / "copy.db"
    till.sell(1)
    till.run(backup, copy)
    till.sell(2)
    assert till.run(restore, copy) == 0
    assert till.sell(1) == ["S001-03-010001"]
    assert till.run(restore, copy) == 0
    kept = sorted((tmp_path / "data").glob("ledger.replaced-*.db"))
    assert sorted(look(file).receipt_seq for file in kept) == [3, 10_001]


def test_a_copy_behind_which_the_disk_is_full_leaves_no_half_ledger_aside(
    till: Till, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    copy = tmp_path / "copy.db"
    till.sell(1)
    till.run(backup, copy)
    with monkeypatch.context() as patch:
        patch.setattr(backups.os, "link", full)
        patch.setattr(backups.shutil, "copyfileobj", full)
        assert till.run(restore, copy) == FAILED
    assert list((tmp_path / "data").glob("ledger.replaced*")) == []
    assert till.sell(1) == ["S001-03-000002"]


def test_a_ledger_that_is_open_elsewhere_is_not_replaced(
    till: Till, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy.db"
    till.sell(1)
    till.run(backup, copy)
    own = own_ledger(till.ledger)
    assert till.run(restore, copy) == FAILED
    assert "Another till has" in capsys.readouterr().err
    own.release()
    assert till.run(restore, copy) == 0


def test_a_way_back_through_a_link_changes_the_file_behind_it(till: Till, tmp_path: Path) -> None:
    copy, real = tmp_path / "copy.db", tmp_path / "elsewhere.db"
    till.sell(1)
    till.run(backup, copy)
    till.sell(1)
    till.ledger.rename(real)
    till.ledger.symlink_to(real)
    assert till.run(restore, copy) == 0
    assert till.ledger.is_symlink()
    assert look(real).receipt_seq == 1


def test_a_damaged_ledger_gives_way_with_its_log(till: Till, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    till.sell(2)
    till.run(backup, copy)
    till.ledger.write_bytes(b"\0" * 9_000)
    log = till.ledger.with_name("ledger.db-wal")
    log.write_bytes(b"left from a crash")
    assert till.run(restore, copy) == 0
    assert not log.exists()
    assert till.sell(1) == ["S001-03-010001"]
    assert till.faults() == []


def test_a_lost_folder_is_put_back_too(till: Till, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    till.sell(2)
    till.run(backup, copy)
    till.ledger.unlink()
    assert till.run(restore, copy) == 0
    assert list((tmp_path / "data").glob("ledger.replaced*")) == []
    assert till.sell(1) == ["S001-03-010001"]


def test_the_ledger_is_no_copy_of_itself(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    till.sell(1)
    assert till.run(backup, till.ledger) == FAILED
    assert "itself" in capsys.readouterr().err
    with pytest.raises(BackupError, match="no ledger"):
        backups.back_up(till.ledger.with_name("other.db"), till.ledger)


@pytest.mark.parametrize("name", ["ledger.db-wal", "ledger.db-shm", "ledger.db-journal", "ledger.db-owner"])
def test_a_copy_never_takes_the_name_of_a_part_of_the_ledger(
    till: Till, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    till.sell(2)
    held = till.open()
    held.start()
    part = till.ledger.with_name(name)
    before = part.exists() and part.stat().st_ino
    assert till.run(backup, part) == FAILED
    assert "part of the ledger" in capsys.readouterr().err
    assert (part.exists() and part.stat().st_ino) == before
    held.close()
    assert till.sell(1) == ["S001-03-000003"]


@pytest.mark.parametrize("name", ["catalog.db", "device.key"])
def test_a_copy_never_takes_the_place_of_something_else(
    till: Till, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    till.sell(1)
    other = tmp_path / name
    other.write_bytes(b"not to be lost")
    assert till.run(backup, other) == FAILED
    assert other.read_bytes() == b"not to be lost"
    assert till.run(backup, tmp_path) == FAILED
    assert till.run(backup, Path()) == FAILED
    assert capsys.readouterr().err.count("Name a") == 3


def test_a_copy_takes_the_place_of_an_earlier_one_of_this_till_only(
    till: Till, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy.db"
    till.sell(1)
    assert till.run(backup, copy) == 0
    till.sell(1)
    assert till.run(backup, copy) == 0
    assert look(copy).receipt_seq == 2
    of_another(copy)
    assert till.run(backup, copy) == FAILED
    assert "the ledger of S001/T04" in capsys.readouterr().err


def test_a_database_of_another_kind_is_not_called_a_newer_ledger(
    till: Till, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "hub.db"
    connection = open_ledger(other)
    connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
    connection.execute("INSERT INTO alembic_version VALUES ('9000')")
    connection.close()
    assert till.run(restore, other) == FAILED
    assert "is no ledger" in capsys.readouterr().err
