"""`poshub admin` and `poshub statement`, as a person at the hub uses them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from sync.hub.commands import cli
from sync.hub.database import Database
from sync.hub.fleet.admins import admin_names, sign_in
from sync.hub.goods.shop_admin import put_shop
from tests.hub.conftest import NOW_MS, shop_document


@pytest.fixture
def hub_file(tmp_path: Path) -> Path:
    path = tmp_path / "hub.db"
    database = Database(path)
    with database.writing() as connection:
        put_shop(connection, shop_document(), show_pins=False, now_ms=NOW_MS)
    database.close()
    return path


def type_password(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{text}\n"))


def test_accounts_are_made_changed_listed_and_removed(
    hub_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--database", str(hub_file)]
    for password, said in (("first password", "account made"), ("second password", "sessions ended")):
        type_password(monkeypatch, password)
        assert cli(["admin", "add", "ada", *at]) == 0
        assert said in capsys.readouterr().out
    database = Database(hub_file)
    assert sign_in(database, "ada", "first password", peer="p", now_ms=NOW_MS) == "wrong"
    assert not isinstance(sign_in(database, "ada", "second password", peer="p", now_ms=NOW_MS), str)
    assert cli(["admin", "list", *at]) == 0
    assert capsys.readouterr().out == "ada\n"
    assert cli(["admin", "remove", "ada", *at]) == 0
    assert cli(["admin", "remove", "ada", *at]) == 1
    with database.reading() as connection:
        assert admin_names(connection) == ()
    database.close()


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "short"), ("ada", ""), ("a b", "a good password"), ("ada", "x" * 201)]
)
def test_bad_names_and_passwords_are_refused(
    hub_file: Path, monkeypatch: pytest.MonkeyPatch, name: str, password: str
) -> None:
    type_password(monkeypatch, password)
    assert cli(["admin", "add", name, "--database", str(hub_file)]) == 1


def test_a_statement_is_made_kept_and_verified(
    hub_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--database", str(hub_file)]
    file = tmp_path / "statement.json"
    assert cli(["statement", "--through", "2026-05-28", "--output", str(file), *at]) == 0, (
        "no till is used yet"
    )
    assert "complete" in capsys.readouterr().err
    assert cli(["statement", "--verify", str(file), *at]) == 0
    signed = json.loads(file.read_text())
    signed["statement"] = signed["statement"].replace("2026-05-28", "2026-05-29")
    file.write_text(json.dumps(signed))
    assert cli(["statement", "--verify", str(file), *at]) == 1
    assert "does not fit" in capsys.readouterr().err
    file.write_text("{}")
    assert cli(["statement", "--verify", str(file), *at]) == 1


@pytest.mark.parametrize(
    "asked",
    [
        [],
        ["--through", "2026-05-28", "--from", "2026-05-29"],
        ["--through", "2026-05-28", "--from", "2020-01-01"],
        ["--through", "2026-05-28", "--store", "S9"],
        ["--verify", "missing.json"],
    ],
)
def test_a_statement_asked_wrongly_is_not_made(hub_file: Path, asked: list[str]) -> None:
    assert cli(["statement", *asked, "--database", str(hub_file)]) == 1


def test_a_day_that_is_none_is_asked_wrongly(hub_file: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        cli(["statement", "--through", "yesterday", "--database", str(hub_file)])
    assert ended.value.code == 2
