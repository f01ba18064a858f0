"""PostgreSQL as a hub uses it: many processes, every acknowledged commit on the disk, rows by binary COPY.

Knows connections, what may simply be tried again, and the fastest way in; refuses to know what is stored.
Nothing here takes a lock of the process: whoever needs an order locks a row.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import psycopg
from psycopg import sql
from sqlalchemy import (
    URL,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    create_engine,
    event,
)
from sqlalchemy.exc import ProgrammingError

from sync.hub.database.location import DatabaseError

#: How many a process opens at most: it has not many more threads.
CONNECTIONS_MOST: Final = 32
CONNECT_WITHIN_S: Final = 10
WAIT_FOR_CONNECTION_S: Final = 30.0
#: As much as the largest batch makes a table grow, roughly.
ROOM_BYTES: Final = 4 << 20
#: A batch that waits for another of the same terminal gives up then and is sent again.
LOCK_TIMEOUT_MS: Final = 15_000
#: A process that hangs in the middle of a transaction must not hold a terminal's row for ever.
IDLE_TIMEOUT_MS: Final = 300_000
#: Whatever is answered was written with these on, whatever the server's own settings are.
_OPTIONS: Final = (
    "-c synchronous_commit=on -c timezone=UTC"
    f" -c lock_timeout={LOCK_TIMEOUT_MS} -c idle_in_transaction_session_timeout={IDLE_TIMEOUT_MS}"
)
#: The usual way to compress what is long takes a fifth of the server's time for a sale; this one takes next
#: to none. A server that is too old, or was built without it, goes on with the usual one.
_COMPRESSION: Final = (
    "SELECT set_config('default_toast_compression', 'lz4', false) FROM pg_settings"
    " WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)"
)
#: Any one number, the same for every process that brings a schema up to date.
MIGRATION_LOCK: Final = 7_046_912_358_814_201
_TYPES: Final[tuple[tuple[type[Any], str], ...]] = (
    (BigInteger, "int8"),
    (SmallInteger, "int2"),
    (Integer, "int4"),
    (LargeBinary, "bytea"),
    (Boolean, "bool"),
    (Text, "text"),
)
#: Serialization failure, deadlock, lock not available, two first rows at once, too many connections, and
#: all that a server says on its way down or up; the classes 08 and 57P are of connections.
_TRY_AGAIN: Final = ("40001", "40P01", "55P03", "23505", "53300", "25P03")
#: An index row that is too large, for one.
PROGRAM_LIMIT_EXCEEDED: Final = "54000"
_TRY_AGAIN_CLASSES: Final = ("08", "57P")
#: The disk is full, the memory is, the disk fails, or the server may only be read: for a person to mend.
_CANNOT_WRITE: Final = ("53100", "53200", "58030", "25006")
#: A server that has as many connections as it may says so in one of these ways.
NO_ROOM: Final = "too many clients|too many connections|connection slots"
NO_ROOM_MEND: Final = (
    "raise max_connections in the server's postgresql.conf, or serve with fewer --database-connections"
)
#: What a server says of a connection, and what a person does about it.
_MENDS: Final = (
    ('^database ".*" does not exist', "make the database, with `createdb`"),
    ('^role ".*" does not exist', "check the user in the address"),
    ("pg_hba", "let this user and machine in by the server's pg_hba.conf"),
    (NO_ROOM, NO_ROOM_MEND),
    ("password", "put the right password into ~/.pgpass or the file that PGPASSFILE names"),
    ("resolve host", "check the server's name in the address"),
    ("refused", "check the address, and that the server runs"),
    ("No such file", "check the folder of the server's socket, and that the server runs"),
)


def open_postgresql(url: URL, connections: int) -> Engine:
    """An engine with a pool of as many connections at most; none is made yet."""
    query = {"connect_timeout": str(CONNECT_WITHIN_S), "application_name": "poshub", **url.query}
    options = query.get("options", "")
    named = " ".join(options) if isinstance(options, tuple) else options
    url = url.set(query={**query, "options": f"{named} {_OPTIONS}".strip()})
    engine = create_engine(
        url,
        # All that are opened are kept: a new one costs more than many a request. The one that was used last
        # comes first, since it has warm caches.
        pool_size=connections,
        max_overflow=0,
        pool_use_lifo=True,
        pool_timeout=WAIT_FOR_CONNECTION_S,
        # A server that was restarted leaves dead connections behind.
        pool_pre_ping=True,
        # Values are sales and secrets: what goes wrong is told without them.
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(raw: Any, _record: Any) -> None:
    raw.execute(_COMPRESSION)
    raw.commit()


def check_server(connection: Connection) -> None:
    """Raise DatabaseError where an acknowledged sale could be lost, or a name not be written down."""
    fsync, encoding = connection.exec_driver_sql(
        "SELECT current_setting('fsync'), current_setting('server_encoding')"
    ).one()
    if fsync != "on":
        raise DatabaseError("the PostgreSQL server runs with fsync = off: acknowledged sales could be lost")
    if encoding != "UTF8":
        raise DatabaseError(f"the database's encoding is {encoding}; the hub needs UTF8")


def can_be_tried_again(trouble: psycopg.Error | None, *, disconnected: bool) -> bool:
    """Whether a transaction that failed so was undone whole and may simply be run again."""
    if disconnected:
        return True
    state = "" if trouble is None else trouble.sqlstate or ""
    return state in _TRY_AGAIN or state.startswith(_TRY_AGAIN_CLASSES)


def cannot_write(trouble: psycopg.Error | None) -> bool:
    """Whether a server has no room, or may not be written: another try at once helps nothing."""
    return trouble is not None and trouble.sqlstate in _CANNOT_WRITE


def try_room(connection: Connection) -> None:
    """Make the disk grow by what a batch needs; the caller undoes it. Raises the driver's error."""
    # Who serves may be let make no tables for good; one that goes with its connection, nearly everyone may.
    for kind in ("", "TEMP "):
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(f"CREATE {kind}TABLE poshub_room (filler bytea)")
                # Random, or the server would pack it.
                connection.exec_driver_sql("INSERT INTO poshub_room VALUES (%s)", (os.urandom(ROOM_BYTES),))
            return
        except ProgrammingError as trouble:
            if not isinstance(trouble.orig, psycopg.errors.InsufficientPrivilege):
                raise


def is_full(trouble: psycopg.Error) -> bool:
    """Whether a server lets nobody in because it has as many connections as it may."""
    return trouble.sqlstate == "53300" or bool(re.search(NO_ROOM, str(trouble)))


def connection_sentence(shown: str, trouble: psycopg.Error) -> str:
    """Why a server let nobody in, in one sentence."""
    # Several addresses may have been tried, each in a line of its own; hints stand in further lines.
    told = [line for line in str(trouble).splitlines() if "failed:" in line or "FATAL:" in line]
    last = told[-1] if told else str(trouble).strip()
    said = last.rpartition("failed:")[2].rpartition("FATAL:")[2].strip() or "no answer"
    mends = (mend for sign, mend in _MENDS if re.search(sign, said))
    said = re.sub(r"\[Errno -?\d+\] ", "", said)
    return f"cannot open {shown}: {said}; {next(mends, 'look at the address and at the server')}"


# ---------------------------------------------------------------------- rows in
def copy_tuples(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert tuples in the order of the table's columns by binary COPY."""
    statement, types = _copy(table)
    raw: Any = connection.connection.driver_connection
    with raw.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        write_row = copy.write_row
        for row in rows:
            write_row(row)


def replace_tuples(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert tuples, each instead of what stands under its key; of two with one key the last one counts."""
    places = [at for at, column in enumerate(table.columns) if column.primary_key]
    last = {tuple(row[at] for at in places): row for row in rows}
    raw: Any = connection.connection.driver_connection
    with raw.cursor() as cursor:
        cursor.execute(_replace(table), [list(values) for values in zip(*last.values(), strict=True)])


@lru_cache(maxsize=128)
def _copy(table: Table) -> tuple[sql.Composed, tuple[str, ...]]:
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table.name), _names(table.columns)
    )
    return statement, tuple(_type(column) for column in table.columns)


@lru_cache(maxsize=128)
def _replace(table: Table) -> sql.Composed:
    others = [column for column in table.columns if not column.primary_key]
    change = sql.SQL(", ").join(
        sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(column.name)) for column in others
    )
    arrays = (sql.SQL("%s::{}").format(sql.SQL(f"{_type(column)}[]")) for column in table.columns)
    return sql.SQL("INSERT INTO {} ({}) SELECT * FROM unnest({}) ON CONFLICT ({}) DO {}").format(
        sql.Identifier(table.name),
        _names(table.columns),
        sql.SQL(", ").join(arrays),
        _names(column for column in table.columns if column.primary_key),
        sql.SQL("UPDATE SET {}").format(change) if others else sql.SQL("NOTHING"),
    )


def _names(columns: Any) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)


def _type(column: Column[Any]) -> str:
    for kind, name in _TYPES:
        if isinstance(column.type, kind):
            return name
    raise TypeError(f"{column}: no binary form is known of {column.type}")
