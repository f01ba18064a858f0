"""The till's commands say in a sentence what is wrong with a file, a folder or a port."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from posapp.main import cli


def settings(folder: Path) -> Path:
    """The settings of a till that was never opened."""
    path = folder / "terminal.toml"
    path.write_text('store_id = "S1"\nterminal_id = "T1"\nterminal_number = 1\ndata = "data"\n', "utf-8")
    return path


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("--config", "missing.toml", "backup", "copy"), "does not exist. Make it"),
        (("--config", "folder", "backup", "copy"), "folder is a folder: name a file."),
        (("--config", "folder/terminal.toml", "restore", "missing"), "missing"),
        (("--config", "folder/terminal.toml", "restore", "folder"), "folder"),
        (("virtual-printer", "--port", "70000"), "from 0 to 65535"),
        (("virtual-printer", "--port", "TAKEN"), "in use by another program"),
        (("virtual-printer", "--folder", "file"), "file is there already"),
    ],
)
def test_a_wrong_name_is_a_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    wanted: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x", "utf-8")
    settings(tmp_path / "folder")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert cli([port if one == "TAKEN" else one for one in arguments]) != 0
    said = capsys.readouterr().err
    assert wanted in said
    for machine in ("Errno", "Traceback"):
        assert machine not in said
