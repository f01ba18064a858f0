"""Copies of a whole hub: made while it serves, checked, and put back as a new life of it.

A backup is what allows the tills to let go of what they sent: how far each of them is in it is read from
the very state that was copied, and told to the tills only when the copy is whole and on its disk. A hub
that was put back says so by a new `hub_id`, so that every till asks anew what it holds and sends the rest.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg
import zstandard
from pysqlite3 import dbapi2
from sqlalchemy import URL, Connection, func, insert, select, text, update

from sync.hub.database import Database
from sync.hub.database.location import Location, read_location
from sync.hub.schema.events import EVENT, EXCEPTION, FORK_ALARM, HUB, PROGRESS
from sync.hub.schema.operations import BACKUP

_STEP_BYTES: Final = 1 << 20
_SQLITE_ENDING: Final = ".db.zst"
_POSTGRES_ENDING: Final = ".pgdump"
#: Where a database's own tables wait while a backup is put in their place.
_ASIDE: Final = "poshub_replaced"
_TOOL_WITHIN_S: Final = 6 * 3600
#: What the hub received at a time is committed within this, however often it has to be tried.
_COMMITTED_WITHIN_MS: Final = 600_000
#: How far an epoch of a terminal is in a copy: (store, terminal, epoch) → last number.
Marks = Mapping[tuple[str, str, int], int]


class BackupError(Exception):
    """Why there is no backup, or why one cannot be put back, in a sentence."""


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A backup that was made: its file, size in bytes, and how many terminals' epochs it holds."""

    file: Path
    size_bytes: int
    epochs: int


def back_up(database: Database, folder: Path, *, name: str, now_ms: int, keep: int = 0) -> BackedUp:
    """Copy the hub into a file of a folder, check the copy, then let the tills know; raises BackupError.

    With `keep` only so many of the newest backups that this hub made into the folder stay there; other files
    are nobody's business here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sqlite = database.location.path is not None
    file = folder / f"{name}{_SQLITE_ENDING if sqlite else _POSTGRES_ENDING}"
    if file.exists():
        raise BackupError(f"{file} is there already")
    unfinished = file.with_name(file.name + ".part")
    # Whoever makes the file, it is for this user only: sales and hashes of PINs and passwords are in it.
    unfinished.touch(mode=0o600)
    try:
        marks = _copy_sqlite(database, unfinished) if sqlite else _copy_postgresql(database, unfinished)
        _sync(unfinished)
        unfinished.replace(file)
        _sync(folder)
    finally:
        unfinished.unlink(missing_ok=True)
    size_bytes = file.stat().st_size
    with database.writing() as connection:
        note_marks(connection, marks, begun_ms=now_ms)
        connection.execute(
            insert(BACKUP).values(
                made_at_ms=now_ms, name=file.name, size_bytes=size_bytes, hub_id=database.feed_id,
                terminals=len(marks),
            )
        )  # fmt: skip
    if keep > 0:
        with database.reading() as connection:
            names = connection.execute(select(BACKUP.c.name).order_by(BACKUP.c.made_at_ms)).scalars().all()
        older = [one for one in names if one != file.name and (folder / one).is_file()]
        for name in older[: max(0, len(older) + 1 - keep)]:
            (folder / name).unlink()
    return BackedUp(file, size_bytes, len(marks))


def note_marks(connection: Connection, marks: Marks, *, begun_ms: int) -> None:
    """Remember how far each epoch is in a backup that was begun then; never goes back."""
    late = _filled_since(connection, begun_ms - _COMMITTED_WITHIN_MS)
    for (store_id, terminal_id, epoch), through in marks.items():
        through = min(through, late.get((store_id, terminal_id, epoch), through + 1) - 1)
        connection.execute(
            update(PROGRESS)
            .where(
                PROGRESS.c.store_id == store_id,
                PROGRESS.c.terminal_id == terminal_id,
                PROGRESS.c.epoch == epoch,
                PROGRESS.c.backed_up_through < through,
            )
            .values(backed_up_through=through)
        )


def _filled_since(connection: Connection, since_ms: int) -> dict[tuple[str, str, int], int]:
    """The first place of each epoch to which something came since a time although it was held already.

    A copy of that time may hold the place without what came to it.
    """
    found: dict[tuple[str, str, int], int] = {}
    alarms = select(
        FORK_ALARM.c.store_id, FORK_ALARM.c.terminal_id, FORK_ALARM.c.epoch, func.min(FORK_ALARM.c.seq)
    ).where(FORK_ALARM.c.received_at_ms >= since_ms)
    for store_id, terminal_id, epoch, seq in connection.execute(
        alarms.group_by(FORK_ALARM.c.store_id, FORK_ALARM.c.terminal_id, FORK_ALARM.c.epoch)
    ):
        found[store_id, terminal_id, epoch] = seq
    forks = select(EXCEPTION.c.store_id, EXCEPTION.c.terminal_id, EXCEPTION.c.detail)
    for store_id, terminal_id, detail in connection.execute(forks.where(EXCEPTION.c.kind == "fork")):
        epoch = int(msgspec.json.decode(detail)["epoch"])
        first = connection.execute(
            select(func.min(EVENT.c.seq)).where(
                EVENT.c.store_id == store_id,
                EVENT.c.terminal_id == terminal_id,
                EVENT.c.epoch == epoch,
                EVENT.c.is_fork == 1,
                EVENT.c.received_at_ms >= since_ms,
            )
        ).scalar()
        if first is not None:
            place = (store_id, terminal_id, epoch)
            found[place] = min(first, found.get(place, first))
    return found


def note_backed_up_until(connection: Connection, until_ms: int) -> int:
    """What arrived up to a time is in a backup that others made; tells how many epochs that moved.

    For hubs that are backed up by continuous archiving. An epoch that was heard later stays where it is: what
    of it arrived before that time is not known any more.
    """
    changed = connection.execute(
        update(PROGRESS)
        .where(PROGRESS.c.received_at_ms <= until_ms, PROGRESS.c.backed_up_through < PROGRESS.c.acked_through)
        .values(backed_up_through=PROGRESS.c.acked_through)
    )
    return changed.rowcount


def begin_new_life(connection: Connection, hub_id: str, *, from_backup: bool) -> None:
    """Give a hub that was put back a new identity: cursors and marks of before count no more.

    What came out of a backup is backed up, all of it.
    """
    connection.execute(update(HUB).values(feed_id=hub_id))
    if from_backup:
        connection.execute(update(PROGRESS).values(backed_up_through=PROGRESS.c.acked_through))


def put_back(named: Path | str, file: Path, *, new_id: Callable[[], str], replace: bool, stamp: str) -> str:
    """Put a backup where a database is named; the sentence that says what was done. Raises BackupError.

    A SQLite file that is replaced is kept aside under `stamp`; a PostgreSQL database must be empty, or is
    emptied with `replace`.
    """
    location = read_location(named)
    if not file.is_file():
        trouble = "is a folder: name a file" if file.is_dir() else "does not exist: check the name"
        raise BackupError(f"{file} {trouble}")
    if not file.stat().st_size:
        raise BackupError(f"{file} is empty: take another backup")
    if location.path is not None:
        return _put_back_sqlite(location.path, file, new_id, replace=replace, stamp=stamp)
    return _put_back_postgresql(location, file, new_id, replace=replace)


# ---------------------------------------------------------------------- SQLite
def _copy_sqlite(database: Database, target: Path) -> Marks:
    path = database.location.path
    assert path is not None
    plain = target.with_name(target.name + ".plain")
    try:
        # Made by ourselves first: what keeps this user from it has a name then.
        plain.touch(mode=0o600)
        with (
            closing(dbapi2.connect(f"file:{path.resolve().as_posix()}?mode=ro", uri=True)) as source,
            closing(dbapi2.connect(str(plain))) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            if copy.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                raise BackupError(f"the copy of {path} is damaged: check the disk")
            rows = copy.execute("SELECT store_id, terminal_id, epoch, acked_through FROM progress").fetchall()
        with plain.open("rb") as plain_file, target.open("wb") as packed:
            zstandard.ZstdCompressor(level=3).copy_stream(plain_file, packed)
    except dbapi2.DatabaseError as trouble:
        raise BackupError(f"cannot copy {path}: {trouble}") from trouble
    finally:
        plain.unlink(missing_ok=True)
    return {(store, terminal, epoch): acked for store, terminal, epoch, acked in rows}


def _put_back_sqlite(path: Path, file: Path, new_id: Callable[[], str], *, replace: bool, stamp: str) -> str:
    if path.exists() and not replace:
        raise BackupError(f"{path} is there: --replace puts the backup in its place and keeps it aside")
    part = path.with_name(path.name + ".restoring")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        try:
            with file.open("rb") as packed, part.open("wb") as plain:
                zstandard.ZstdDecompressor().copy_stream(packed, plain)
            with closing(dbapi2.connect(str(part))) as copy:
                if copy.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                    raise BackupError(f"{file} is damaged: take another backup")
        except (zstandard.ZstdError, dbapi2.DatabaseError) as trouble:
            raise BackupError(f"{file} is no backup of a SQLite hub, or is damaged: {trouble}") from trouble
        database = Database(part, make=False)
        try:
            with database.writing() as connection:
                begin_new_life(connection, new_id(), from_backup=True)
        finally:
            database.close()
        with closing(dbapi2.connect(str(part))) as copy:
            copy.execute("PRAGMA journal_mode = DELETE")
        _sync(part)
        aside = _set_aside(path, stamp)
        part.replace(path)
        _sync(path.parent)
    finally:
        for ending in ("", "-wal", "-shm"):
            part.with_name(part.name + ending).unlink(missing_ok=True)
    kept = f"; what was there is kept as {aside}" if aside else ""
    return f"put back into {path}{kept}"


def _set_aside(path: Path, stamp: str) -> Path | None:
    if not path.exists():
        return None
    try:
        with closing(dbapi2.connect(str(path), timeout=1, isolation_level=None)) as held:
            # A hub that still serves holds the file; its log is folded in where nobody does.
            held.execute("PRAGMA locking_mode = EXCLUSIVE")
            held.execute("BEGIN EXCLUSIVE")
            held.execute("COMMIT")
            held.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except dbapi2.OperationalError as trouble:
        raise BackupError(f"{path} is in use ({trouble}): stop the hub first") from trouble
    except dbapi2.DatabaseError:
        pass  # it is damaged: that may be why it is replaced
    aside = path.with_name(f"{path.name}.replaced-{stamp}")
    for ending in ("", "-wal", "-shm"):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.replace(aside.with_name(aside.name + ending))
    return aside


# ---------------------------------------------------------------------- PostgreSQL
def _copy_postgresql(database: Database, target: Path) -> Marks:
    with database.reading() as connection:
        # This session waits for the dump, which may take hours; the usual bound would end it on the way.
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        # The dump sees the very state that the marks are read from.
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        rows = connection.execute(
            select(PROGRESS.c.store_id, PROGRESS.c.terminal_id, PROGRESS.c.epoch, PROGRESS.c.acked_through)
        ).all()
        _run(
            database.location.url,
            "pg_dump",
            f"--snapshot={snapshot}", "--format=custom", "--no-owner", f"--file={target}",
        )  # fmt: skip
    _run(database.location.url, "pg_restore", "--list", str(target))
    return {(row.store_id, row.terminal_id, row.epoch): row.acked_through for row in rows}


def _put_back_postgresql(location: Location, file: Path, new_id: Callable[[], str], *, replace: bool) -> str:
    url = location.url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            others = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND application_name = 'poshub' AND pid <> pg_backend_pid()"
            ).fetchone()
            if others and others[0]:
                raise BackupError(f"{location.shown} is in use by a hub: stop it first")
            tables = connection.execute(
                "SELECT count(*) FROM information_schema.tables WHERE table_schema IN ('public', %s)",
                [_ASIDE],
            ).fetchone()
            is_empty = not (tables and tables[0])
            if not is_empty and not replace:
                raise BackupError(f"{location.shown} is not empty: --replace throws away what it holds")
            # Read through before anything is touched.
            _run(location.url, "pg_restore", "--list", str(file))
            with nullcontext() if is_empty else _aside(connection):
                epochs = _fill_postgresql(location, file, new_id)
    except psycopg.Error as trouble:
        raise BackupError(f"cannot use {location.shown}: {trouble}") from trouble
    return f"put back into {location.shown}: {epochs} epochs of terminals"


@contextmanager
def _aside(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """What the database holds is out of the way for a while; it comes back where the block fails."""
    held = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [_ASIDE]).fetchone()
    if held:
        # An earlier restore was cut off in the middle.
        connection.execute("DROP SCHEMA IF EXISTS public CASCADE")
    else:
        connection.execute(f"ALTER SCHEMA public RENAME TO {_ASIDE}".encode())
    try:
        connection.execute("CREATE SCHEMA public")
        yield
    except BaseException:
        with connection.transaction():
            connection.execute("DROP SCHEMA IF EXISTS public CASCADE")
            connection.execute(f"ALTER SCHEMA {_ASIDE} RENAME TO public".encode())
        raise
    connection.execute(f"DROP SCHEMA {_ASIDE} CASCADE".encode())


def _fill_postgresql(location: Location, file: Path, new_id: Callable[[], str]) -> int:
    """Put a dump into an empty database as a new life; how many epochs of terminals it holds."""
    named = ["--single-transaction", "--no-owner", "--exit-on-error", f"--dbname={location.url.database}"]
    _run(location.url, "pg_restore", *named, str(file))
    database = Database(location.named, make=False)
    try:
        with database.writing() as opened:
            begin_new_life(opened, new_id(), from_backup=True)
            return int(opened.execute(select(func.count()).select_from(PROGRESS)).scalar_one())
    finally:
        database.close()


def _run(url: URL, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs against a database; raises BackupError with what it said."""
    try:
        done = subprocess.run(
            [program, *arguments], capture_output=True, text=True, env=os.environ | _environment(url),
            timeout=_TOOL_WITHIN_S, check=False,
        )  # fmt: skip
    except FileNotFoundError as trouble:
        raise BackupError(f"{program} is not installed: apt-get install postgresql-client") from trouble
    except subprocess.TimeoutExpired as trouble:
        raise BackupError(f"{program} did not end within {_TOOL_WITHIN_S // 3600} hours") from trouble
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["no word of why"])[-1]
        raise BackupError(f"{program} failed: {said}")


def _environment(url: URL) -> dict[str, str]:
    """How libpq's programs are told where to go; a password is in no command line."""
    query: dict[str, Any] = dict(url.query)
    known = {
        "PGHOST": url.host or query.get("host"),
        "PGPORT": None if url.port is None else str(url.port),
        "PGUSER": url.username,
        "PGPASSWORD": None if url.password is None else str(url.password),
        "PGDATABASE": url.database,
        "PGSSLMODE": query.get("sslmode"),
        "PGSSLROOTCERT": query.get("sslrootcert"),
    }
    return {name: str(value) for name, value in known.items() if value}


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # a folder cannot be opened there, and renames are journalled
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
