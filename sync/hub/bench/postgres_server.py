"""A PostgreSQL server of one's own for a while: in a folder, reachable through a socket there.

Benches and tests use it where no server is given. It is as durable as a served one (fsync and
synchronous_commit on), listens on no network, and ends with the process that started it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import psycopg

START_WITHIN_S: Final = 30.0
STOP_WITHIN_S: Final = 20.0
_SYSTEM_USER: Final = "postgres"
_USER: Final = "hub"
_SETTINGS: Final = {
    "listen_addresses": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "100",
    "log_min_messages": "panic",
    "timezone": "UTC",
}


def postgres_programs() -> Path | None:
    """The folder that holds `initdb` and `postgres`, or None where they are not installed."""
    if sys.platform == "win32":
        return None
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    if on_path is not None:
        folders.append(Path(on_path).resolve().parent)
    return next((one for one in folders if (one / "postgres").exists() and (one / "initdb").exists()), None)


class PostgresServer:
    """A running server; `url(database)` says where. Raises OSError or RuntimeError where it cannot start."""

    def __init__(
        self, *, shared_buffers: str = "64MB", folder: Path | None = None, max_wal_size: str = "2GB"
    ) -> None:
        programs = postgres_programs()
        if programs is None:
            raise RuntimeError("PostgreSQL is not installed")
        # The usual place for temporary files may be memory, which no fsync is felt on.
        disk = folder or ("/var/tmp" if Path("/var/tmp").is_dir() else None)
        self._home = Path(tempfile.mkdtemp(prefix="hub-pg-", dir=disk))
        self._as_user: dict[str, Any] = {}
        if os.geteuid() == 0:
            # The server refuses to run as root.
            self._as_user = {"user": _SYSTEM_USER, "group": _SYSTEM_USER, "extra_groups": []}
            shutil.chown(self._home, _SYSTEM_USER, _SYSTEM_USER)
        try:
            self._make(programs)
            own = {"shared_buffers": shared_buffers, "max_wal_size": max_wal_size}
            self._begin = partial(self._start, programs, _SETTINGS | own)
            self._process = self._begin()
        except BaseException:
            shutil.rmtree(self._home, ignore_errors=True)
            raise
        self._wait()

    def __enter__(self) -> PostgresServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases."""
        return f"postgresql://{_USER}@/{database}?host={self._home}"

    def administer(self, *statements: str) -> None:
        """Run statements outside of any transaction, in the server's first database."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def revive(self) -> None:
        """Start it again where it has ended by itself, as it does when there is no room for its log."""
        if self._process.poll() is not None:
            self._process = self._begin()
            self._wait()

    def stop(self) -> None:
        """End the server and remove its files."""
        if self._process.poll() is None:
            # A fast shutdown: sessions are ended, nothing committed is lost.
            self._process.send_signal(2)
            try:
                self._process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(STOP_WITHIN_S)
        shutil.rmtree(self._home, ignore_errors=True)

    def _make(self, programs: Path) -> None:
        self._run(
            [
                str(programs / "initdb"),
                *("--pgdata", str(self._home / "data")),
                *("--username", _USER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"),
                "--no-sync",
            ]
        )

    def _run(self, command: Sequence[str]) -> None:
        done = subprocess.run(
            command, cwd=self._home, capture_output=True, text=True, check=False, timeout=60, **self._as_user
        )
        if done.returncode != 0:
            raise RuntimeError(f"{Path(command[0]).name}: {done.stderr.strip()}")

    def _start(self, programs: Path, settings: dict[str, str]) -> subprocess.Popen[bytes]:
        command = [str(programs / "postgres"), "-D", str(self._home / "data"), "-k", str(self._home)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        setpriv = shutil.which("setpriv")
        if setpriv is not None:
            # However this process ends, the server does not outlive it.
            command = [setpriv, "--pdeathsig", "INT", *command]
        return subprocess.Popen(
            command,
            cwd=self._home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._as_user,
        )

    def _wait(self) -> None:
        until = time.monotonic() + START_WITHIN_S
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
            except psycopg.OperationalError as trouble:
                if self._process.poll() is not None or time.monotonic() > until:
                    self.stop()
                    raise RuntimeError(f"PostgreSQL does not start: {trouble}") from trouble
                try:
                    self._process.wait(0.05)
                except subprocess.TimeoutExpired:
                    continue
            else:
                return
