"""What a till knows of members can be deleted by hand, and nothing else goes with it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

from posapp.commands.wipe_members import BAD_SETTINGS, FAILED, RUNNING, wipe_members
from posapp.domain.members.terms import Joining
from posapp.running import take_lock
from posapp.store.engine import open_ledger
from posapp.store.joins import count_joins, put_join
from posapp.store.migrate import migrate

TOML = """
store_id = "S001"
terminal_id = "T03"
terminal_number = 3
data = "data"
hub_url = "http://127.0.0.1:9"
device_key_file = "device.key"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "terminal.toml").write_text(TOML, "utf-8")
    data = tmp_path / "data"
    data.mkdir()
    migrate(data / "ledger.db", epoch=1)
    ledger = open_ledger(data / "ledger.db")
    put_join(ledger, Joining("J1", "T000000000001", "+8613800006027"))
    ledger.close()
    for name in ("members.db", "members.db-wal"):
        (data / name).write_bytes(b"somebody")
    return tmp_path


def wipe(folder: Path, **more: Any) -> int:
    options = {"config": folder / "terminal.toml", "pending_joins": False} | more
    return wipe_members(argparse.Namespace(**options))


def joins(folder: Path) -> int:
    ledger = open_ledger(folder / "data" / "ledger.db")
    try:
        return count_joins(ledger)
    finally:
        ledger.close()


def test_members_go_and_wishes_to_join_stay(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert wipe(folder) == 0
    assert sorted(path.name for path in (folder / "data").glob("members*")) == []
    assert joins(folder) == 1
    assert "1 wishes to join wait" in capsys.readouterr().out
    assert wipe(folder) == 0
    assert "knew no members" in capsys.readouterr().out


def test_wishes_to_join_go_where_that_is_asked_for(folder: Path) -> None:
    assert wipe(folder, pending_joins=True) == 0
    assert joins(folder) == 0
    found = [path.read_bytes() for path in (folder / "data").iterdir()]
    assert not any(b"8613800006027" in data for data in found)


def test_nothing_goes_while_the_till_is_running(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unlock = take_lock(folder / "data")
    assert unlock is not None
    assert wipe(folder) == RUNNING
    unlock()
    assert (folder / "data" / "members.db").exists()
    assert "Close it first" in capsys.readouterr().err


def test_trouble_is_a_sentence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert wipe(folder, config=folder / "none.toml") == BAD_SETTINGS
    (folder / "data" / "ledger.db").write_bytes(b"no database" * 500)
    assert wipe(folder) == FAILED
    assert "cannot be read" in capsys.readouterr().err
