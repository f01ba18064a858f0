"""The rules in conftest.py can fail: small bad tests are run in a process of their own and must be caught."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

BAD_TESTS = """
import logging, threading, time
import pytest
from PySide6.QtCore import qWarning

def test_logs():
    logging.getLogger("somebody").warning("smoke")

@pytest.mark.expected_logs
def test_logs_as_announced():
    logging.getLogger("somebody").warning("smoke")

def test_leaks_a_thread():
    threading.Thread(target=time.sleep, args=(30,), daemon=True).start()

def test_thread_dies():
    thread = threading.Thread(target=lambda: 1 // 0)
    thread.start()
    thread.join()

def test_qt_warns(qtbot):
    qWarning("smoke")

@pytest.mark.needs_x
def test_window():
    pass

def test_ids(ids, clock):
    first, second = ids(), ids()
    assert first.version == 7 and first < second
    clock.advance(1)
    assert clock.now_ms() - clock.monotonic_ms() == 1_780_000_000_000
    assert ids() > second
"""


def run_bad_tests(folder: Path, *, strict: bool) -> tuple[dict[str, str], str]:
    """Outcome by test name, and all that was printed."""
    rules = (ROOT / "tests" / "conftest.py").read_text("utf-8")
    # A thread that never ends is known as such in half a second; busy machines need the longer grace.
    assert "THREAD_GRACE_S = 20.0" in rules
    (folder / "conftest.py").write_text(
        rules.replace("THREAD_GRACE_S = 20.0", "THREAD_GRACE_S = 0.5"), "utf-8"
    )
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "test_bad.py").write_text(BAD_TESTS, "utf-8")
    environment = {**os.environ, "PATH": str(folder), "POS_STRICT": "1" if strict else ""}
    plugins = ["-p", "no:cacheprovider", "-p", "no:xdist"]
    command = [sys.executable, "-m", "pytest", "-v", *plugins, "test_bad.py"]
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    outcomes: dict[str, str] = {}
    for line in run.stdout.splitlines():
        if line.startswith("test_bad.py::"):
            name, _, outcome = line.removeprefix("test_bad.py::").partition(" ")
            if outcomes.get(name, "PASSED") == "PASSED":  # an error after the test outweighs its pass
                outcomes[name] = outcome.split()[0]
    return outcomes, run.stdout


def test_bad_tests_are_caught(tmp_path: Path) -> None:
    outcomes, printed = run_bad_tests(tmp_path, strict=False)
    assert outcomes == {
        "test_logs": "ERROR",
        "test_logs_as_announced": "PASSED",
        "test_leaks_a_thread": "ERROR",
        "test_thread_dies": "FAILED",
        "test_qt_warns": "FAILED",
        "test_window": "SKIPPED",
        "test_ids": "PASSED",
    }, printed
    assert "1 tests were skipped for missing system parts: Xvfb, openbox, xdotool" in printed


def test_a_strict_run_fails_on_missing_parts(tmp_path: Path) -> None:
    outcomes, _printed = run_bad_tests(tmp_path, strict=True)
    assert outcomes["test_window"] in ("FAILED", "ERROR")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 0, "Usage: ./pos"),
        (["help"], 0, "Usage: ./pos"),
        (["no-such-thing"], 1, "no such command: no-such-thing"),
    ],
)
def test_the_command_file_explains_itself(arguments: list[str], code: int, said: str) -> None:
    run = subprocess.run([ROOT / "pos", *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == code
    assert said in run.stdout + run.stderr


def test_every_command_is_explained() -> None:
    text = (ROOT / "pos").read_text("utf-8")
    usage = text.partition("<<'TEXT'")[2].partition("TEXT\n}")[0]
    cases = text.rpartition("case $COMMAND in")[2]
    for name in ("setup", "demo", "test", "lint", "bench", "screenshots"):
        assert f"\n  {name} " in usage
        assert f"\n    {name})\n" in cases
