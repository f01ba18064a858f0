"""What holds for every test: quiet logs, no threads left behind, time and names wound by hand.

Qt runs offscreen unless the caller says otherwise, so no test needs a display by accident. A test that
provokes warnings says so with the marker ``expected_logs``. Tests that need Xvfb, openbox or xdotool carry
``needs_x``, those that need PostgreSQL ``needs_postgres``, those that need a browser
``needs_browser``: without those programs they are skipped, counted aloud at the end, and failed in a strict
run.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import hypothesis
import pytest

# A verdict is that of the code and not of the machine's pace or the day's luck: the same examples every
# time, as long as they take. `--hypothesis-profile=search` looks for new ones.
_STEADY = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("steady", _STEADY, derandomize=True)
hypothesis.settings.register_profile("search", _STEADY)
if hypothesis.settings.get_current_profile_name() in ("default", "ci"):  # a tool may have its own
    hypothesis.settings.load_profile("steady")

X_PROGRAMS = ("Xvfb", "openbox", "xdotool")
BROWSER_PROGRAMS = ("chromium", "chromedriver")
MISSING_PART = "missing system part: "
THREAD_GRACE_S = 20.0

START_MS = 1_780_000_000_000
"""2026-05-28 in Unix milliseconds: a fixed day, so that no test depends on today."""


# ----------------------------------------------------------------- time and names, wound by hand
@dataclass(slots=True)
class FakeClock:
    """A clock that stands still until a test moves it; wall and monotonic time move together."""

    wall_ms: int = START_MS
    steady_ms: int = 0

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        return self.wall_ms

    def monotonic_ms(self) -> int:
        """Milliseconds since the clock was made; never jumps."""
        return self.steady_ms

    def advance(self, step_ms: int) -> None:
        """Let time pass; ``step_ms`` must not be negative."""
        if step_ms < 0:
            raise ValueError("time passes forwards; use jump() for a clock that was set")
        self.wall_ms += step_ms
        self.steady_ms += step_ms

    def jump(self, step_ms: int) -> None:
        """Set the wall clock forwards or back, as a person or a time server does; steady time stays."""
        self.wall_ms += step_ms


@dataclass(slots=True)
class FakeIds:
    """UUIDs of version 7 in rising order, the same in every run."""

    clock: FakeClock
    count: int = field(default=0)

    def __call__(self) -> uuid.UUID:
        """The next id; its time is the clock's, its tail is a counter."""
        self.count += 1
        stamp = self.clock.now_ms() & ((1 << 48) - 1)
        value = (stamp << 80) | (0x7 << 76) | ((self.count >> 62 & 0xFFF) << 64)
        value |= (0b10 << 62) | (self.count & ((1 << 62) - 1))
        return uuid.UUID(int=value)

    def text(self) -> str:
        """The next id in its usual spelling."""
        return str(self())


@pytest.fixture
def clock() -> FakeClock:
    """A hand-wound clock."""
    return FakeClock()


@pytest.fixture
def ids(clock: FakeClock) -> FakeIds:
    """A source of ids that gives the same ids in every run; call it, or its ``text()``."""
    return FakeIds(clock)


# ----------------------------------------------------------------- quiet logs
class Listener(logging.Handler):
    """Keeps every record from WARNING up, from whatever thread it comes."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def quiet_logs(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that logs a warning or worse without saying that it will."""
    if request.node.get_closest_marker("expected_logs") is not None:
        yield
        return
    listener = Listener()
    root = logging.getLogger()
    root.addHandler(listener)
    try:
        yield
    finally:
        root.removeHandler(listener)
    if listener.records:
        lines = "\n".join(f"  {r.levelname} {r.name}: {r.getMessage()}" for r in listener.records)
        pytest.fail(f"unexpected log records (or mark the test expected_logs):\n{lines}", pytrace=False)


# ----------------------------------------------------------------- no threads left behind
@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    """Fail a test whose threads, daemons too, are alive after a short grace."""
    before = set(threading.enumerate())
    yield
    until = time.monotonic() + THREAD_GRACE_S
    leaked = new_threads(before)
    while leaked and time.monotonic() < until:
        leaked[0].join(0.02)
        leaked = new_threads(before)
    if leaked:
        names = ", ".join(f"{t.name} ({'daemon' if t.daemon else 'not a daemon'})" for t in leaked)
        pytest.fail(f"threads still alive: {names}", pytrace=False)


def new_threads(before: set[threading.Thread]) -> list[threading.Thread]:
    """Threads alive now and not in ``before``; what the test tools themselves run does not count."""
    return [
        thread
        for thread in threading.enumerate()
        if thread not in before
        and not isinstance(thread, threading._DummyThread)
        and not thread.name.startswith(("execnet", "pytest_timeout"))
    ]


# ----------------------------------------------------------------- missing system parts
def missing_x_programs() -> list[str]:
    """Names of the programs that tests on a real window need and that this machine lacks."""
    if not sys.platform.startswith("linux"):
        return list(X_PROGRAMS)
    return [name for name in X_PROGRAMS if shutil.which(name) is None]


def has_postgres() -> bool:
    """Whether a PostgreSQL server can be started here."""
    return any(Path("/usr/lib/postgresql").glob("*/bin/postgres")) or shutil.which("initdb") is not None


def pytest_runtest_setup(item: pytest.Item) -> None:
    missing: list[str] = []
    if item.get_closest_marker("needs_x") is not None:
        missing += missing_x_programs()
    if item.get_closest_marker("needs_postgres") is not None and not has_postgres():
        missing.append("PostgreSQL")
    if item.get_closest_marker("needs_browser") is not None:
        missing += [name for name in BROWSER_PROGRAMS if shutil.which(name) is None]
    if not missing:
        return
    if os.environ.get("POS_STRICT"):
        pytest.fail(MISSING_PART + ", ".join(missing), pytrace=False)
    pytest.skip(MISSING_PART + ", ".join(missing))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lost = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and MISSING_PART in str(report.longrepr[2])
    ]
    if not lost:
        return
    reasons = sorted({str(report.longrepr[2]).partition(MISSING_PART)[2] for report in lost})
    terminalreporter.section("NOT TESTED", sep="!", red=True, bold=True)
    terminalreporter.line(f"{len(lost)} tests were skipped for missing system parts: {'; '.join(reasons)}")
    terminalreporter.line("`./pos setup` installs them or names the command; a strict run fails here.")
