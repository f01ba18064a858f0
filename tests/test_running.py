"""Opening the till where it cannot be opened: one sentence, no traceback, and a way on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SETTINGS = """
store_id = "S1"
terminal_id = "T1"
terminal_number = 1
data = "till"
hub_url = "http://127.0.0.1:9"
device_key_file = "device.key"
printer = "none"
"""


def furnish(folder: Path) -> Path:
    """A settings file with a data folder beside it."""
    (folder / "till").mkdir()
    (folder / "device.key").write_text("key")
    (folder / "terminal.toml").write_text(SETTINGS)
    return folder / "terminal.toml"


def start(settings: Path) -> subprocess.Popen[str]:
    """The application as a user starts it, on no screen."""
    return subprocess.Popen(
        [sys.executable, "-m", "posapp", "--config", str(settings)],
        stderr=subprocess.PIPE, text=True, env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "LANG": "C"},
    )  # fmt: skip


def test_a_damaged_ledger_is_a_sentence_and_nothing_is_deleted(tmp_path: Path) -> None:
    settings = furnish(tmp_path)
    ledger = tmp_path / "till" / "ledger.db"
    ledger.write_bytes(b"no database at all" * 500)
    with start(settings) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 4
    assert "its ledger is damaged" in line
    assert ledger.read_bytes() == b"no database at all" * 500


def test_a_ledger_of_another_terminal_is_refused(tmp_path: Path) -> None:
    from posapp.store.migrate import claim, migrate

    settings = furnish(tmp_path)
    migrate(tmp_path / "till" / "ledger.db", epoch=1)
    claim(tmp_path / "till" / "ledger.db", "S1", "T2")
    with start(settings) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 4
    assert "belongs to another terminal" in line


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "data is missing"),
        (SETTINGS + "colour = 1", "colour is not a setting"),
        (SETTINGS.replace("9\"", "9\"\nscheme = \"pink\""), "scheme is one of light, dark"),
    ],
)
def test_a_wrong_settings_file_is_a_sentence(tmp_path: Path, text: str, told: str) -> None:
    settings = furnish(tmp_path)
    settings.write_text(text)
    with start(settings) as process:
        assert process.stderr is not None
        assert told in process.stderr.read()
        assert process.wait(20) == 2
