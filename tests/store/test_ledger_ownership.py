"""A ledger is one till's at a time, by whatever way it comes, and free as soon as its process ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from posapp.store.engine import open_reader
from posapp.store.ownership import LedgerInUseError, own_ledger

HOLD = """
import sys
from pathlib import Path
from posapp.store.ownership import own_ledger
own = own_ledger(Path(sys.argv[1]))
held = own.connect()
held.execute("CREATE TABLE IF NOT EXISTS one (x)")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held_elsewhere(ledger: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the ledger open, until it is ended."""
    command = [sys.executable, "-c", HOLD, str(ledger)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        try:
            yield other
        finally:
            other.kill()


def test_a_second_process_is_refused_whatever_way_it_comes(tmp_path: Path) -> None:
    (tmp_path / "till").mkdir()
    ledger = tmp_path / "till" / "ledger.db"
    with held_elsewhere(ledger) as other:
        (tmp_path / "folder").symlink_to(tmp_path / "till")
        (tmp_path / "ledger.db").symlink_to(ledger)
        around = tmp_path / "till" / ".." / "till" / "ledger.db"
        for way in (ledger, around, tmp_path / "folder" / "ledger.db", tmp_path / "ledger.db"):
            with pytest.raises(LedgerInUseError, match=r"Another till has .* open"):
                own_ledger(way)
        open_reader(ledger).close()
        other.kill()
        other.wait()
        own_ledger(tmp_path / "ledger.db").release()


def test_a_second_one_in_this_process_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    own = own_ledger(ledger)
    own.connect().close()
    with pytest.raises(LedgerInUseError):
        own_ledger(ledger)
    own.release()
    own.release()
    with pytest.raises(LedgerInUseError, match="let go"):
        own.connect()
    own_ledger(ledger).release()


def test_a_program_that_a_till_starts_does_not_keep_its_ledger(tmp_path: Path) -> None:
    own = own_ledger(tmp_path / "ledger.db")
    with subprocess.Popen(["sleep", "60"], close_fds=False) as started:
        own.release()
        own_ledger(tmp_path / "ledger.db").release()
        started.kill()


def test_a_folder_that_cannot_be_written_is_no_ledger_in_use(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=os.strerror(2)):
        own_ledger(tmp_path / "gone" / "ledger.db")
