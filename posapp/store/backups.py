"""A copy of the ledger while the till sells, and the way back from one.

A copy is made by SQLite's own backup in one step, which holds up nobody, is read through before it counts,
and takes its name in one act. Put back, a ledger carries a note by which the next start goes on with numbers
that nobody has given out. What was there before is kept aside.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2

from posapp.store.engine import Connection, check_sqlite, open_ledger, open_reader
from posapp.store.epochs import mark_restored
from posapp.store.migrate import HEAD, revision_of
from posapp.store.outbox import backlog
from posapp.store.ownership import OWNER_ENDING, LedgerInUseError, own_ledger
from posapp.store.settings import PLACE, get_setting
from posapp.store.troubles import DatabaseError

_BESIDE = ("-wal", "-shm")
_OURS = ("journal", "till", "setting")


class BackupError(Exception):
    """The copy or its way back cannot be had; the sentence says why and what was left as it is."""


@dataclass(frozen=True, slots=True)
class LedgerSummary:
    """What a ledger holds: whose it is ("" where nobody's), its rows, and its last receipt."""

    place: str
    records: int
    waiting: int | None
    receipt_seq: int
    last_at_ms: int | None


def look(path: Path) -> LedgerSummary:
    """Read a ledger through and tell what it holds; raises BackupError for what is no sound ledger."""
    if not path.is_file():
        raise BackupError(f"There is no file {path}.")
    try:
        with contextlib.closing(open_reader(path)) as connection:
            revision = revision_of(connection)
            if revision is None or not _has_our_tables(connection):
                raise BackupError(f"{path} is no ledger.")
            if revision > HEAD:
                raise BackupError(f"{path} was written by a newer version of this till. Update it first.")
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise BackupError(f"{path} is damaged: {found}")
            return _summary(connection, revision)
    except DatabaseError as error:
        raise BackupError(f"{path} cannot be read: {error}") from error


def back_up(ledger: Path, target: Path) -> LedgerSummary:
    """Copy a ledger, also one in use, to a file that is whole or not there; raises BackupError, OSError."""
    if not ledger.is_file():
        raise BackupError(f"There is no ledger {ledger}.")
    _check_target(ledger, target)
    unfinished = target.with_name(target.name + ".part")
    with _made(unfinished):
        _copy(ledger, unfinished)
        summary = look(unfinished)
        _sync(unfinished)
        unfinished.replace(target)
    _sync(target.parent)
    return summary


def _check_target(ledger: Path, target: Path) -> None:
    """Only a free name or an earlier copy of this very ledger may be taken: a slip must not cost a file."""
    if target.is_dir() or not target.name:
        raise BackupError(f"{target} is a folder. Name a file.")
    if target.exists() and target.samefile(ledger):
        raise BackupError("The copy cannot be the ledger itself.")
    # These belong to the ledger, also while they are not there.
    beside = {ledger.name + ending for ending in (*_BESIDE, "-journal", OWNER_ENDING)}
    if target.name in beside and target.parent.resolve() == ledger.parent.resolve():
        raise BackupError(f"{target} is a part of the ledger. Name another file.")
    if not target.exists():
        return
    try:
        place = look(target).place
    except BackupError as error:
        raise BackupError(f"{target} is there already and no copy of a ledger. Name another file.") from error
    with contextlib.closing(open_reader(ledger)) as connection:
        mine = get_setting(connection, PLACE)
    if place not in ("", "" if mine is None else mine.decode()):
        raise BackupError(f"{target} is a copy of the ledger of {place}. Name another file.")


def put_back(copy: Path, ledger: Path, *, stamp: str) -> Path | None:
    """Put a copy in the ledger's place, with a note for the next start; where the one before is kept now.

    `stamp` is a part of that name. The till must not be running. Raises BackupError or OSError; the ledger is
    then as it was.
    """
    look(copy)
    # A link would be replaced by the copy, and what it led to would stay what others open.
    ledger = ledger.resolve()
    ledger.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        own = own_ledger(ledger)
    except LedgerInUseError as error:
        raise BackupError(str(error)) from error
    try:
        return _put_back(copy, ledger, stamp)
    finally:
        own.release()


def _put_back(copy: Path, ledger: Path, stamp: str) -> Path | None:
    unfinished = ledger.with_name(ledger.name + ".restoring")
    aside: Path | None = None
    with _made(unfinished):
        _copy(copy, unfinished)
        with contextlib.closing(_connect(unfinished)) as connection:
            mark_restored(connection)
        look(unfinished)
        _sync(unfinished)
        if ledger.exists():
            aside = _put_aside(ledger, stamp)
        unfinished.replace(ledger)
    _sync(ledger.parent)
    return aside


def _put_aside(ledger: Path, stamp: str) -> Path:
    """Give the ledger a second name; its own stays until another file takes it, whatever happens between."""
    with contextlib.suppress(DatabaseError), contextlib.closing(open_ledger(ledger)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    aside = _free_name(ledger, stamp)
    try:
        os.link(ledger, aside)
    except OSError:
        _copy_file(ledger, aside)
    for ending in _BESIDE:
        # A log that is left would be taken for the new file's.
        beside = ledger.with_name(ledger.name + ending)
        if beside.exists():
            beside.replace(aside.with_name(aside.name + ending))
    return aside


def _copy_file(file: Path, to: Path) -> None:
    """For disks without second names: to a name that is made here, so that nothing is written over."""
    with to.open("xb") as made:
        try:
            with file.open("rb") as held:
                shutil.copyfileobj(held, made)
            made.flush()
            os.fsync(made.fileno())
        except BaseException:
            made.close()
            to.unlink()
            raise


def _free_name(ledger: Path, stamp: str) -> Path:
    """A name beside the ledger that no file nor log of one has: two restores may fall into a second."""
    for count in itertools.count(1):
        again = f"-{count}" if count > 1 else ""
        name = ledger.with_name(f"{ledger.stem}.replaced-{stamp}{again}{ledger.suffix}")
        if not any(os.path.lexists(f"{name}{ending}") for ending in ("", *_BESIDE)):
            return name
    raise AssertionError("counting never ends")


def _has_our_tables(connection: Connection) -> bool:
    """Other databases of the house are numbered in the same way; only a ledger has these tables."""
    known = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    return known.issuperset(_OURS)


def _summary(connection: Connection, revision: str) -> LedgerSummary:
    place = get_setting(connection, PLACE)
    records, last_at_ms, receipt_seq = connection.execute(
        "SELECT (SELECT count(*) FROM journal), (SELECT max(at_ms) FROM journal), receipt_seq FROM till"
    ).fetchone()
    # An older one keeps that elsewhere; it is brought up to date when it is opened.
    waiting = backlog(connection)[0] if revision == HEAD else None
    return LedgerSummary("" if place is None else place.decode(), records, waiting, receipt_seq, last_at_ms)


def _copy(source: Path, target: Path) -> None:
    check_sqlite()
    # Sales and hashes of PINs are for the till's own user, wherever the copy lies.
    target.touch(mode=0o600)
    try:
        with contextlib.closing(open_reader(source)) as reading, contextlib.closing(_connect(target)) as made:
            given: Any = reading
            # In one step: the till writes on beside it, and a copy in steps would begin anew each time.
            given.backup(made)
            # One file, with no log beside it.
            made.execute("PRAGMA journal_mode=DELETE")
    except DatabaseError as error:
        raise BackupError(f"{source} cannot be copied: {error}") from error


def _connect(path: Path) -> Connection:
    connection: Connection = dbapi2.connect(str(path), isolation_level=None)
    return connection


@contextlib.contextmanager
def _made(unfinished: Path) -> Iterator[None]:
    """A file that is gone again unless it got its name."""
    unfinished.unlink(missing_ok=True)
    try:
        yield
    finally:
        unfinished.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return  # a folder cannot be opened there, and its entries are written with the file
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
