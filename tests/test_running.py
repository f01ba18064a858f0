"""Opening the till where it cannot be opened: one sentence, no traceback, and a way on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from posapp import running
from posapp.flows.presenters.trouble import FAULTS, FOREIGN, SENTENCES
from posapp.store.migrate import ForeignLedgerError

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
        (SETTINGS.replace('9"', '9"\nscheme = "pink"'), "scheme is one of light, dark"),
    ],
)
def test_a_wrong_settings_file_is_a_sentence(tmp_path: Path, text: str, told: str) -> None:
    settings = furnish(tmp_path)
    settings.write_text(text)
    with start(settings) as process:
        assert process.stderr is not None
        assert told in process.stderr.read()
        assert process.wait(20) == 2


class Runs:
    """Stands in for opening the till: fails or ends as it is told, and counts what is asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *ends: int | Exception, answers: bool = True) -> None:
        self.ends, self.asked = list(ends), []
        monkeypatch.setattr(running, "_run_once", self._run)
        monkeypatch.setattr(running, "ask_to_try_again", self._ask)
        self.answers = answers

    def _run(self, *_: object) -> int:
        end = self.ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end

    def _ask(self, _application: object, _settings: object, sentence: str) -> bool:
        self.asked.append(sentence)
        return self.answers


def test_a_till_that_cannot_open_is_tried_again_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Runs(monkeypatch, ForeignLedgerError("T2"), OSError("gone"), 0)
    assert running._keep_running(None, None) == 0  # type: ignore[arg-type]
    assert runs.asked == [FOREIGN, SENTENCES["io_error"]]
    Runs(monkeypatch, OSError("gone"), answers=False)
    assert running._keep_running(None, None) == running.NOT_OPENED  # type: ignore[arg-type]


def test_a_fault_opens_the_till_anew_and_three_in_a_minute_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    again = running.AGAIN
    runs = Runs(monkeypatch, again, again, 0)
    assert running._keep_running(None, None) == 0  # type: ignore[arg-type]
    assert runs.asked == []
    runs = Runs(monkeypatch, again, again, again, 0)
    assert running._keep_running(None, None) == 0  # type: ignore[arg-type]
    assert runs.asked == [FAULTS]
