"""The ledger's connection over apsw, so that its very code runs on a disk of the campaign's own.

Speaks as the product's driver does: the same port, the same errors with SQLite's code in them. A process
that uses it must not open one file with both SQLites; the disks here are in memory, so it cannot.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import apsw
from pysqlite3 import dbapi2

from posapp.store.engine import make_durable
from tests.simulation.memory_disk import LEDGER, DiskVfs

_INTEGRITY = (apsw.SQLITE_CONSTRAINT, apsw.SQLITE_MISMATCH)
_DATABASE = (apsw.SQLITE_CORRUPT, apsw.SQLITE_NOTADB)


def as_driver_error(error: apsw.Error) -> Exception:
    """The error that the product's driver would have raised."""
    code = getattr(error, "extendedresult", -1)
    primary = getattr(error, "result", -1)
    if primary == apsw.SQLITE_NOMEM:
        return MemoryError()
    kind = dbapi2.OperationalError
    if primary in _INTEGRITY:
        kind = dbapi2.IntegrityError
    elif primary in _DATABASE:
        kind = dbapi2.DatabaseError
    elif primary == apsw.SQLITE_TOOBIG:
        kind = dbapi2.DataError
    made: Any = kind(str(error))
    made.sqlite_errorcode = code
    return made  # type: ignore[no-any-return]


class Answer:
    """What a statement gave; it has come to its end, so that none of its errors comes later."""

    def __init__(self, cursor: apsw.Cursor, connection: apsw.Connection) -> None:
        self._rows = iter(cursor.fetchall())
        self.rowcount = connection.changes()
        self.lastrowid = connection.last_insert_rowid()

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return self._rows


#: Looks at every statement before it runs; gives the one to run, or None to leave it out.
Rewrite = Callable[[str], str | None]


class ApswConnection:
    """An open database in autocommit mode."""

    def __init__(self, inner: apsw.Connection, rewrite: Rewrite | None = None) -> None:
        self.inner = inner
        self._rewrite = rewrite
        self.before_commit: Callable[[ApswConnection], None] = lambda _: None
        self.after_commit: Callable[[], None] = lambda: None

    @property
    def in_transaction(self) -> bool:
        return self.inner.in_transaction

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Answer:
        if self._rewrite is not None:
            rewritten = self._rewrite(sql)
            if rewritten is None:
                sql, parameters = "SELECT 1 WHERE 0", ()
            else:
                sql = rewritten
        if sql.startswith("DELETE FROM journal") and not self.in_transaction:
            # A transaction of one statement, in so many words: its end is looked at like the others'.
            self.execute("BEGIN IMMEDIATE")
            try:
                answer = self.execute(sql, parameters)
                self.execute("COMMIT")
            except dbapi2.Error:
                with contextlib.suppress(apsw.Error):
                    self.inner.execute("ROLLBACK")
                raise
            return answer
        if sql == "COMMIT":
            self.before_commit(self)
        try:
            answer = Answer(self.inner.execute(sql, parameters), self.inner)
        except apsw.Error as error:
            raise as_driver_error(error) from error
        if sql == "COMMIT":
            self.after_commit()
        return answer

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Answer:
        try:
            return Answer(self.inner.executemany(sql, parameters), self.inner)
        except apsw.Error as error:
            raise as_driver_error(error) from error

    def close(self) -> None:
        let_go(self.inner)


def let_go(connection: apsw.Connection) -> None:
    """Close it. SQLite does so whatever its last calls to the disk give; only this driver tells of them."""
    with contextlib.suppress(apsw.Error):
        connection.close(True)


def open_on(vfs: DiskVfs, path: str = LEDGER, rewrite: Rewrite | None = None) -> ApswConnection:
    """Open the ledger on the VFS's disk with the product's settings, alone on its file."""
    try:
        inner = apsw.Connection(path, vfs=vfs.name, statementcachesize=256)
    except apsw.Error as error:
        raise as_driver_error(error) from error
    made = ApswConnection(inner, rewrite)
    try:
        made.execute("PRAGMA locking_mode=EXCLUSIVE")
        make_durable(made)
    except BaseException:
        let_go(inner)
        raise
    return made
