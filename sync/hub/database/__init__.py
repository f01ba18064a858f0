"""The hub's database: transactions, the schema kept up to date, the fastest way in for many rows.

Two kinds serve the same schema: one SQLite file, which takes one writer at a time, and PostgreSQL, to
which many processes write at once. Knows neither what is stored nor who asks. Whatever may simply be run
again (a deadlock, a lost connection) is told apart here, so that no caller has to know a driver's errors.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import psycopg
import pysqlite3.dbapi2
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, Table, inspect, select, text, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from sync.hub.database import postgresql, sqlite
from sync.hub.database.location import DatabaseError, Dialect, Location, read_location
from sync.hub.database.postgresql import (
    CONNECTIONS_MOST,
    MIGRATION_LOCK,
    NO_ROOM_MEND,
    PROGRAM_LIMIT_EXCEEDED,
    can_be_tried_again,
    check_server,
    connection_sentence,
    copy_tuples,
    is_full,
    open_postgresql,
    replace_tuples,
)
from sync.hub.database.sqlite import LEAST_FREE_BYTES, WRITES, free_bytes, insert_tuples, open_sqlite
from sync.hub.schema.events import HUB

__all__ = [
    "CONNECTIONS_MOST",
    "UNSTORABLE",
    "BusyError",
    "CannotWriteError",
    "Database",
    "DatabaseError",
    "count_anew",
    "insert_rows",
    "is_unstorable",
    "migrate",
    "open_engine",
    "read_location",
    "upsert",
    "upsert_for",
]

LOG = logging.getLogger("poshub.database")
WRITE_ATTEMPTS: Final = 5
_MIGRATIONS: Final = Path(__file__).parent.with_name("migrations")

#: What a driver raises, among others, for content that a database cannot hold; see `is_unstorable`.
UNSTORABLE: Final = (DBAPIError, psycopg.Error, OverflowError, UnicodeError)

Result = TypeVar("Result")


class BusyError(Exception):
    """A transaction that was undone whole and may simply be run again."""


class CannotWriteError(BusyError):
    """A transaction that was undone whole because the disk is full or fails: a person has to help first."""


class Database:
    """One open database; safe to use from any thread.

    `named` is a path or `sqlite:///PATH`, or `postgresql://USER@HOST/DATABASE`. Raises DatabaseError where
    it cannot be opened, and, without `make`, where no hub is in it yet. `connections`: how many it opens to a
    server at most.
    """

    def __init__(self, named: Path | str, *, make: bool = True, connections: int = CONNECTIONS_MOST) -> None:
        #: Whether a write failed for want of room since `try_write` last went well.
        self.is_unwritable = False
        self.location = read_location(named)
        self.dialect: Dialect = self.location.dialect
        self._writer: AbstractContextManager[Any] = nullcontext()
        if self.location.path is not None:
            self._writer = threading.Lock()
            self.location.path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = open_engine(self.location, connections)
        # A page of a feed is read in several steps, which must all see one state.
        self._reader = self._engine
        if self.dialect == "postgresql":
            self._reader = self._engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        try:
            self._prepare(make)
            self.feed_id = self._ensure_feed_id()
        except BaseException:
            self._engine.dispose()
            raise

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the database for as long as it is open."""
        with self._told_apart(), self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed, on the disk, when the block ends without an exception.

        Raises BusyError where nothing was stored and the block may be run again.
        """
        with (
            self._told_apart(),
            self._writer,
            self._engine.connect().execution_options(**{WRITES: True}) as connection,
            connection.begin(),
        ):
            yield connection

    def write(self, work: Callable[[Connection], Result], *, attempts: int = WRITE_ATTEMPTS) -> Result:
        """Do some work in a transaction of its own, again where that helps; raises BusyError in the end.

        A lost connection may hide a commit: the work has to be one that finds out what is stored already.
        """
        for attempt in range(1, attempts + 1):
            try:
                with self.writing() as connection:
                    return work(connection)
            except CannotWriteError:
                raise
            except BusyError as trouble:
                if attempt == attempts:
                    raise
                LOG.info("run again after: %s", trouble)
        raise ValueError("attempts counts from 1")

    def try_write(self) -> None:
        """Change nothing, but on the disk; raises BusyError, CannotWriteError.

        After a write that failed for want of room it is tried whether there is room for a batch again.
        """
        path = self.location.path
        if path is not None and free_bytes(path) < LEAST_FREE_BYTES:
            # A log that is there already takes small writes long after everything else is full.
            self._note_unwritable(f"less than {LEAST_FREE_BYTES >> 20} MiB free")
        if self.is_unwritable and self.dialect == "postgresql":
            with self.writing() as connection:
                postgresql.try_room(connection)
                connection.rollback()
        with self.writing() as connection:
            connection.execute(update(HUB).values(feed_id=HUB.c.feed_id))
        self.is_unwritable = False

    @contextmanager
    def _told_apart(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeoutError as trouble:
            raise BusyError("every connection is in use") from trouble
        except DBAPIError as trouble:
            self._tell_unwritable(trouble.orig)
            if self._is_busy(trouble.orig, disconnected=trouble.connection_invalidated):
                raise BusyError(str(trouble.orig).strip()) from trouble
            raise
        except psycopg.Error as trouble:
            # Rows that are copied in pass by SQLAlchemy, and so do their errors.
            self._tell_unwritable(trouble)
            if self._is_busy(trouble, disconnected=False):
                raise BusyError(str(trouble).strip()) from trouble
            raise

    def _tell_unwritable(self, trouble: BaseException | None) -> None:
        if self.dialect == "sqlite":
            if not sqlite.cannot_write(trouble):
                return
        elif not (isinstance(trouble, psycopg.Error) and postgresql.cannot_write(trouble)):
            return
        self._note_unwritable(str(trouble).strip().partition("\n")[0], trouble)

    def _note_unwritable(self, said: str, trouble: BaseException | None = None) -> NoReturn:
        self.is_unwritable = True
        LOG.error("cannot write: %s", said)
        raise CannotWriteError(said) from trouble

    def _is_busy(self, trouble: BaseException | None, *, disconnected: bool) -> bool:
        if self.dialect == "sqlite":
            code = getattr(trouble, "sqlite_errorcode", None)
            return code is not None and code & 0xFF == pysqlite3.dbapi2.SQLITE_BUSY
        known = trouble if isinstance(trouble, psycopg.Error) else None
        if known is not None and is_full(known):
            LOG.warning("the server has as many connections as it may; %s", NO_ROOM_MEND)
        lost = isinstance(known, psycopg.OperationalError) and known.sqlstate is None
        return can_be_tried_again(known, disconnected=disconnected or lost)

    # ------------------------------------------------------------------ the schema
    def _prepare(self, make: bool) -> None:
        """Bring the schema up to date."""
        try:
            with self._engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
                if self.dialect == "postgresql":
                    check_server(connection)
                    # Several processes start at once: the first does the steps, the others find them done.
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
                if not make and not inspect(connection).has_table(HUB.name):
                    raise DatabaseError(f"there is no hub in {self.location.shown}; run `poshub init` first")
                migrate(connection)
        except CommandError as trouble:
            # Alembic looks for steps that this program does not have.
            raise DatabaseError(f"{self.location.shown} is of a newer poshub than this one") from trouble
        except DBAPIError as trouble:
            if isinstance(trouble.orig, psycopg.OperationalError) and trouble.orig.sqlstate is None:
                raise DatabaseError(connection_sentence(self.location.shown, trouble.orig)) from trouble
            if isinstance(trouble.orig, psycopg.Error):
                said = str(trouble.orig).strip().partition("\n")[0]
                raise DatabaseError(
                    f"cannot prepare {self.location.shown}: {said}; "
                    "name the user who owns the hub's tables and may make more"
                ) from trouble
            if isinstance(trouble.orig, pysqlite3.dbapi2.DatabaseError):
                raise DatabaseError(sqlite.sentence(self.location.shown, trouble.orig)) from trouble
            raise

    def _ensure_feed_id(self) -> str:
        with self.writing() as connection:
            made = {"one": 1, "feed_id": secrets.token_hex(6)}
            connection.execute(upsert(connection, HUB).values(**made).on_conflict_do_nothing())
            return str(connection.execute(select(HUB.c.feed_id)).scalar_one())


def open_engine(location: Location, connections: int = CONNECTIONS_MOST) -> Engine:
    """An engine on a database whose schema nobody has looked at yet."""
    if location.dialect == "sqlite":
        return open_sqlite(location.url)
    return open_postgresql(location.url, connections)


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the schema up to date inside the caller's transaction; steps are additive."""
    wanted = _newest_step() if revision == "head" else revision
    held = MigrationContext.configure(connection).get_current_revision()
    if held == wanted:
        return
    config = _steps()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    LOG.info("schema brought up to date", extra={"fields": {"from": held or "", "to": wanted}})


def _steps() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


@lru_cache(maxsize=1)
def _newest_step() -> str | None:
    return ScriptDirectory.from_config(_steps()).get_current_head()


def is_unstorable(trouble: BaseException) -> bool:
    """Whether content was refused, which no second try helps: a NUL in a text, a number or key too large."""
    cause = trouble.orig if isinstance(trouble, DBAPIError) else trouble
    if isinstance(cause, psycopg.Error):
        return isinstance(cause, psycopg.DataError) or cause.sqlstate == PROGRAM_LIMIT_EXCEEDED
    return isinstance(cause, (OverflowError, UnicodeError, pysqlite3.dbapi2.DataError))


def upsert(connection: Connection, table: Table) -> Any:
    """INSERT as this database spells it, with its `on_conflict_do_...` and `excluded`."""
    return upsert_for(connection.dialect.name, table)


def upsert_for(dialect: str, table: Table) -> Any:
    """The same for a kind of database, so that a statement can be put together once."""
    return (postgresql_insert if dialect == "postgresql" else sqlite_insert)(table)


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]], *, replace: bool = False
) -> None:
    """Insert tuples in the order of the table's columns, the fastest way that this database has."""
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        insert_tuples(connection, table, rows, replace=replace)
    elif replace:
        replace_tuples(connection, table, rows)
    else:
        copy_tuples(connection, table, rows)


def count_anew(connection: Connection, *tables: Table) -> None:
    """Tell the planner how these tables look by now: after the first of many pages of one transaction.

    PostgreSQL counts by itself, but never what is not committed; without it a thousand keys at once are
    looked up by reading the whole table (PostgreSQL's manual, "Populating a Database").
    """
    if connection.dialect.name == "postgresql":
        for table in tables:
            connection.exec_driver_sql(f'ANALYZE "{table.name}"')
