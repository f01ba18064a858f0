"""Every command that is given a wrong file, folder, address or database says one sentence with what to do."""

from __future__ import annotations

import shutil
import socket
from contextlib import closing
from pathlib import Path

import pysqlite3.dbapi2 as dbapi2
import pytest

from sync.hub.commands import cli
from sync.hub.database import sqlite

DEMO = Path(__file__).parents[2] / "resources" / "demo"
#: How each command that reads a file is given one.
READERS = {
    "init": ("init", "--database", "DB", "--shop", "FILE"),
    "shop check": ("shop", "check", "FILE"),
    "import-items": ("import-items", "FILE", "--database", "DB"),
    "recalls": ("recalls", "put", "FILE", "--database", "DB"),
    "markdowns": ("markdowns", "put", "FILE", "--database", "DB"),
    "stock": ("stock", "set", "FILE", "--database", "DB"),
    "feed": ("feed", "put", "members", "FILE", "--database", "DB"),
    "promotions": ("promotions", "put", "FILE", "--database", "DB"),
    "prices": ("prices", "put", "FILE", "--database", "DB"),
    "statement": ("statement", "--verify", "FILE", "--database", "DB"),
    "restore": ("restore", "FILE", "--database", "OTHER"),
    "metrics token": ("serve", "--metrics-token-file", "FILE", "--database", "DB"),
    "certificate": ("serve", "--port", "0", "--tls-cert", "FILE", "--tls-key", "FILE", "--database", "DB"),
}
WRITERS = {
    "refused": ("import-items", str(DEMO / "catalogue.tsv"), "--refused", "FILE", "--database", "DB"),
    "statement": ("statement", "--through", "2026-01-01", "--output", "FILE", "--database", "DB"),
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub with a shop."""
    path = tmp_path_factory.mktemp("hub") / "hub.db"
    assert cli(["init", "--database", str(path), "--shop", str(DEMO / "shop.toml")]) == 0
    return path


@pytest.fixture
def place(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a hub, a folder, an empty file, bytes that are no text, and lines that are nothing."""
    monkeypatch.setattr("sync.hub.commands.serve.log_to_stderr", lambda _level: None)
    shutil.copy(model, tmp_path / "hub.db")
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00\x80")
    (tmp_path / "lines").write_text("not, what\nit { should be\n" * 200, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], command: tuple[str, ...], file: str) -> str:
    """What a command says that must fail, and must say it to people."""
    names = {"FILE": file, "DB": "hub.db", "OTHER": "other.db"}
    assert cli([names.get(one, one) for one in command]) == 1
    said = "\n".join(line for line in capsys.readouterr().err.splitlines() if "B/s" not in line)
    for machine in ("Errno", "Traceback", "Error:", "codec"):
        assert machine not in said, said
    return said


@pytest.mark.parametrize("command", READERS.values(), ids=READERS)
@pytest.mark.parametrize(
    ("file", "wanted"), [("missing", "missing does not exist: check"), ("folder", "folder is a folder")]
)
def test_a_file_that_is_none(
    place: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...], file: str, wanted: str
) -> None:
    assert wanted in told(capsys, command, file)


@pytest.mark.parametrize("command", READERS.values(), ids=READERS)
@pytest.mark.parametrize("file", ["bytes", "lines", "empty"])
def test_a_file_that_cannot_be_read(
    place: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...], file: str
) -> None:
    if (file, command[0]) == ("empty", "feed"):
        return  # no rows to put: nothing is wrong with that
    if (file, command[1]) == ("lines", "--metrics-token-file"):
        return  # any word is a token
    assert told(capsys, command, file)


@pytest.mark.parametrize("command", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize(
    ("file", "wanted"),
    [("folder", "is a folder: name a file"), ("none/x", "does not exist: check"), ("empty/x", "no folder")],
)
def test_a_file_that_cannot_be_written(
    place: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...], file: str, wanted: str
) -> None:
    assert wanted in told(capsys, command, file)


@pytest.mark.parametrize(
    ("database", "wanted"),
    [
        ("missing", "run `poshub init` first"),
        ("empty", "run `poshub init` first"),
        ("folder", "name a file, not a folder"),
        ("lines", "check --database"),
        ("http://hub.example/", "postgresql://USER@HOST/DATABASE"),
        ("postgresql://", "names no database"),
        ("postgresql://u@127.0.0.1:1/x", "check the address, and that the server runs"),
        ("postgresql://u@no-host.invalid/x", "check the server's name"),
    ],
)
def test_a_database_that_is_none(
    place: Path, capsys: pytest.CaptureFixture[str], database: str, wanted: str
) -> None:
    assert wanted in told(capsys, ("devices", "--database", "FILE"), database)


def test_a_database_that_another_program_holds(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 50)
    with closing(dbapi2.connect(str(place / "hub.db"), isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        assert "another program writes to it" in told(capsys, ("devices", "--database", "DB"), "")


def test_addresses_that_cannot_be_listened_on(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    serve: tuple[str, ...] = ("serve", "--database", "DB", "--tls-cert", "lines", "--tls-key", "lines")
    assert "belong together" in told(capsys, (*serve, "--port", "0"), "")
    serve = ("serve", "--database", "DB")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "another program has this port" in told(capsys, (*serve, "--port", port), "")
    for host, wanted in {"192.0.2.9": "no such address", "no-host.invalid": "not known here"}.items():
        command = (*serve, "--port", "0", "--proxies", "127.0.0.1", "--host", host)
        assert wanted in told(capsys, command, "")


def test_a_name_with_an_address_that_is_switched_off_can_be_listened_on(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = (socket.SOCK_STREAM, 6, "")
    found = [
        (socket.AF_INET, *stream, ("192.0.2.9", 0)),
        (socket.AF_INET, *stream, ("127.0.0.1", 0)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_asked, **_named: found)
    # What comes after the address is looked at.
    serve = ("serve", "--database", "DB", "--tls-cert", "lines", "--tls-key", "lines", "--port", "0")
    assert "belong together" in told(capsys, serve, "")
