"""Opening the two database files of a till with the settings that make them durable.

The ledger is opened with WAL and synchronous=FULL: what was committed is there after a power cut. The
catalogue is replaceable and lives with synchronous=NORMAL. An SQLite whose WAL can corrupt a file is
refused before any file is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol, cast
from urllib.parse import quote

from pysqlite3 import dbapi2

#: First version without the WAL-reset race, and the one that was withdrawn.
_SQLITE_MIN: Final = (3, 51, 3)
_SQLITE_WITHDRAWN: Final = (3, 52, 0)

#: How long a statement waits for somebody else's lock before the till says "locked".
BUSY_MS: Final = 1_000

_MAP_BYTES: Final = 1 << 30
#: SQLite's own steps between two looks at whether to go on: about a millisecond.
_STEPS: Final = 100_000


class UnsafeSqliteError(RuntimeError):
    """The SQLite in use may damage a ledger."""


class Rows(Protocol):
    """What a statement gives back."""

    @property
    def rowcount(self) -> int:
        """Rows changed, or -1."""

    @property
    def lastrowid(self) -> int | None:
        """Row number of the last row inserted."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchall(self) -> list[Any]:
        """All rows left."""

    def __iter__(self) -> Any:
        """Rows one by one."""


class Connection(Protocol):
    """An open database in autocommit mode: transactions are begun and ended in so many words."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Rows:
        """Run one statement."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Rows:
        """Run one statement for many rows."""

    def close(self) -> None:
        """Let the file go."""


ConnectionFactory = Callable[[], Connection]


#: What bytes are bound as: the driver looks an adapter up for `bytes`, a microsecond for each, and
#: takes a bytearray as it is.
Blob = bytearray


def check_sqlite(version: str = dbapi2.sqlite_version) -> None:
    """Raise UnsafeSqliteError for a version that must not write a ledger."""
    parts = tuple(int(part) for part in version.split("."))
    if parts < _SQLITE_MIN or parts == _SQLITE_WITHDRAWN:
        raise UnsafeSqliteError(
            f"SQLite {version} can damage a ledger in WAL mode; 3.51.3 or newer is needed, except 3.52.0. "
            "Install the pinned pysqlite3."
        )


def open_ledger(path: Path, *, busy_ms: int = BUSY_MS) -> Connection:
    """Open the ledger for its one writer; makes the file if it is missing."""
    check_sqlite()
    connection = _connect(path, "rwc", busy_ms)
    try:
        make_durable(connection)
    except BaseException:
        # A file that cannot be used now must not stay open until somebody collects it.
        connection.close()
        raise
    return connection


def make_durable(connection: Connection) -> None:
    """Give the ledger's connection the settings under which a commit outlives a power cut."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    # Without it a REPLACE would slip past the triggers that guard the append-only tables.
    connection.execute("PRAGMA recursive_triggers=ON")
    # The writer checkpoints itself, in idle moments: never inside a sale.
    connection.execute("PRAGMA wal_autocheckpoint=0")


def open_catalog(path: Path, *, busy_ms: int = BUSY_MS) -> Connection:
    """Open the catalogue for writing; makes the file if it is missing."""
    check_sqlite()
    connection = _connect(path, "rwc", busy_ms)
    try:
        make_replaceable(connection)
    except BaseException:
        # A file that is no database has to be let go before it can be put aside.
        connection.close()
        raise
    return connection


def make_replaceable(connection: Connection) -> None:
    """Give the catalogue's connection its settings: a power cut may take the newest rows, never the file."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def open_scratch(path: Path, is_over: Callable[[], bool]) -> Connection:
    """Open a file that nobody else has open yet; statements fail as soon as `is_over` says so."""
    connection = _connect(path, "rw", 0)
    connection.execute(f"PRAGMA mmap_size={_MAP_BYTES}")
    cast("Any", connection).set_progress_handler(lambda: int(is_over()), _STEPS)
    return connection


def open_reader(path: Path, *, busy_ms: int = BUSY_MS, mmap_bytes: int = 0) -> Connection:
    """Open an existing database for reading only; it may be used from any one thread at a time."""
    connection = _connect(path, "ro", busy_ms)
    connection.execute("PRAGMA query_only=ON")
    if mmap_bytes:
        connection.execute(f"PRAGMA mmap_size={int(mmap_bytes)}")
    return connection


def _connect(path: Path, mode: str, busy_ms: int) -> Connection:
    uri = f"file:{quote(path.resolve().as_posix())}?mode={mode}"
    connection: Connection = dbapi2.connect(
        uri,
        uri=True,
        timeout=busy_ms / 1000,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    return connection
