"""SQLite as a hub uses it: one file, one writer at a time, every commit on the disk.

Knows pragmas and how transactions begin; refuses to know what is stored. Hot statements are compiled
from the tables once and then run with plain tuples.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pysqlite3.dbapi2
from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, insert
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

BUSY_TIMEOUT_MS: Final = 15_000
#: Pages of the journal until it is carried over into the file. A batch of sales touches some 2,500, many of
#: them again and again: carried over after every batch, as is usual, each would be written twice as often.
CHECKPOINT_PAGES: Final = 16_384
#: Below this the next batch may not find room: it grows the log, and later the file.
LEAST_FREE_BYTES: Final = 16 << 20
#: An execution option: the transaction takes the writer's lock when it begins.
WRITES: Final = "posapp_writes"
_CANNOT_WRITE: Final = (
    pysqlite3.dbapi2.SQLITE_FULL,
    pysqlite3.dbapi2.SQLITE_IOERR,
    pysqlite3.dbapi2.SQLITE_READONLY,
)
#: What a person does about a file that cannot be opened.
_MENDS: Final = {
    pysqlite3.dbapi2.SQLITE_CANTOPEN: "name a file, not a folder, that this user may read and write",
    pysqlite3.dbapi2.SQLITE_READONLY: "let this user write the file and its folder, or run this as its owner",
    pysqlite3.dbapi2.SQLITE_NOTADB: "check --database: this file is something else",
    pysqlite3.dbapi2.SQLITE_CORRUPT: "put a backup back with `poshub restore --replace`",
    pysqlite3.dbapi2.SQLITE_BUSY: "another program writes to it: wait for it or end it, then run this again",
    pysqlite3.dbapi2.SQLITE_FULL: "make room on its disk, then run this again",
    pysqlite3.dbapi2.SQLITE_IOERR: "look at its disk",
}
_DIALECT: Final = SQLiteDialect_pysqlite(paramstyle="qmark")


def open_sqlite(url: URL) -> Engine:
    """An engine on a SQLite file with the pragmas that durability asks for."""
    # Values are sales and secrets: what goes wrong is told without them.
    engine = create_engine(
        url, module=pysqlite3.dbapi2, pool_size=4, max_overflow=16, hide_parameters=True, pool_use_lifo=True
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def sentence(shown: str, trouble: pysqlite3.dbapi2.Error) -> str:
    """Why a file cannot be opened as a hub's, and what to do."""
    code = getattr(trouble, "sqlite_errorcode", 0) & 0xFF
    mend = _MENDS.get(code, "look at the file and at its disk")
    return f"cannot open {shown}: {trouble}; {mend}"


def cannot_write(trouble: BaseException | None) -> bool:
    """Whether the disk is full or fails, or the file may not be written: another try helps nothing."""
    code = getattr(trouble, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _CANNOT_WRITE


def free_bytes(path: Path) -> int:
    """How much may still be written beside a file."""
    return shutil.disk_usage(path.parent).free


def _prepare(raw: Any, _record: Any) -> None:
    # The driver must not begin transactions by itself: it would begin them without taking the lock.
    raw.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "cache_size = -65536",
        f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
    ):
        raw.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@lru_cache(maxsize=128)
def insert_sql(table: Table, replace: bool = False) -> str:
    """INSERT of all columns of a table in their order, with question marks."""
    statement = insert(table).prefix_with("OR REPLACE") if replace else insert(table)
    return str(statement.compile(dialect=_DIALECT))


def insert_tuples(
    connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]], *, replace: bool
) -> None:
    """Insert tuples in the order of the table's columns."""
    connection.exec_driver_sql(insert_sql(table, replace), list(rows))
