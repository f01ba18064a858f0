"""The hub's database: one SQLite file, one writer at a time, every commit on the disk.

Knows pragmas, transactions and migrations; refuses to know what is stored. Hot statements are compiled
from the tables once and then run with plain tuples.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pysqlite3.dbapi2
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, Table, create_engine, event, insert, select
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from sync.hub.tables import HUB

BUSY_TIMEOUT_MS: Final = 15_000
_WRITES: Final = "posapp_writes"
_MIGRATIONS: Final = Path(__file__).with_name("migrations")
_DIALECT: Final = SQLiteDialect_pysqlite(paramstyle="qmark")


class Database:
    """One open database; safe to use from any thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = open_engine(path)
        self._writer = threading.Lock()
        migrate(self._engine)
        self.feed_id = self._ensure_feed_id()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the database for as long as it is open."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed, on the disk, when the block ends without an exception."""
        with (
            self._writer,
            self._engine.connect().execution_options(**{_WRITES: True}) as connection,
            connection.begin(),
        ):
            yield connection

    def _ensure_feed_id(self) -> str:
        with self.writing() as connection:
            known = connection.execute(select(HUB.c.feed_id)).scalar()
            if known is None:
                known = secrets.token_hex(6)
                connection.execute(insert(HUB).values(one=1, feed_id=known))
            return str(known)


def open_engine(path: Path) -> Engine:
    """An engine on a SQLite file with the pragmas that durability asks for."""
    engine = create_engine(
        f"sqlite+pysqlite:///{path}",
        module=pysqlite3.dbapi2,
        pool_size=4,
        max_overflow=16,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(raw: Any, _record: Any) -> None:
    # The driver must not begin transactions by itself: it would begin them without taking the lock.
    raw.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "cache_size = -65536",
    ):
        raw.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def migrate(engine: Engine) -> None:
    """Bring the schema up to date; steps are additive and run in one transaction each."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@lru_cache(maxsize=64)
def insert_sql(table: Table, replace: bool = False) -> str:
    """INSERT of all columns of a table in their order, with question marks."""
    statement = insert(table).prefix_with("OR REPLACE") if replace else insert(table)
    return str(statement.compile(dialect=_DIALECT))


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]], *, replace: bool = False
) -> None:
    """Insert tuples in the order of the table's columns."""
    if rows:
        connection.exec_driver_sql(insert_sql(table, replace), list(rows))
