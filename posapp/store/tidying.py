"""Housekeeping of the write-ahead log by its one writer, in idle moments and never inside a sale.

A checkpoint moves committed pages into the database file; after it the log is begun anew by a small
write of our own, because the first write into a fresh log takes a second sync and a sale shall have
exactly one. The log is also stretched once, since syncing a file that grows costs twice as much.
"""

from __future__ import annotations

from typing import Final

from posapp.store.engine import Connection
from posapp.store.settings import get_setting, put_setting
from posapp.store.troubles import LogInUseError
from posapp.values import dataclass

_PAGE_BYTES: Final = 4096
#: Frames worth a checkpoint when there is nothing else to do (about ten sales).
CHECKPOINT_FRAMES: Final = 128
#: Frames that are too many: the checkpoint is due even between two sales.
FORCED_FRAMES: Final = 4096
#: Length that the log is given at the first idle moment.
STRETCH_FRAMES: Final = 256
#: Pages in memory while the log is stretched, and SQLite's own choice (kibibytes, hence below 0).
SMALL_CACHE: Final = "PRAGMA cache_size=8"
_USUAL_CACHE: Final = "PRAGMA cache_size=-2000"
#: Moves everything into the file, waits for readers, and lets the next write begin the log anew.
BEGIN_ANEW: Final = "PRAGMA wal_checkpoint(RESTART)"
_OWED: Final = "log_to_be_wiped"
#: A write that says nothing.
TOUCH: Final = "UPDATE till SET tidied = tidied + 1 WHERE one = 1"


@dataclass(frozen=True, slots=True)
class LogState:
    """Frames in the log, and how many of them are in the database file already."""

    frames: int
    checkpointed: int


def log_state(connection: Connection) -> LogState:
    """How full the log is; costs microseconds and writes nothing."""
    _busy, frames, checkpointed = connection.execute("PRAGMA wal_checkpoint(NOOP)").fetchone()
    return LogState(max(0, frames), max(0, checkpointed))


def checkpoint(connection: Connection) -> bool:
    """Move what readers allow into the database file; true where the log was begun anew."""
    frames: int
    checkpointed: int
    _busy, frames, checkpointed = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    if frames <= 0 or checkpointed < frames:
        return False
    connection.execute(TOUCH)
    return log_state(connection).frames < frames


def begin_anew(connection: Connection) -> None:
    """Put what the log holds into the database file and begin the log anew, before anything is added to it.

    A sync that failed may have cost the log its last pages for good, while the system still shows them to
    whoever opens the file next. Commits added after them would be lost with them at the next power cut.
    Raises LogInUseError where a reader stands in the way.
    """
    if log_state(connection).frames == 0:
        return
    # First of all: a file that takes nothing says so by its name here, and by no name below.
    connection.execute(TOUCH)
    busy, *_frames = connection.execute(BEGIN_ANEW).fetchone()
    if busy:
        raise LogInUseError("somebody reads from the log")
    connection.execute(TOUCH)


def owe_wiping(connection: Connection) -> None:
    """Have nothing left in the log of what this transaction deletes for good."""
    put_setting(connection, _OWED, b"1")


def wipe(connection: Connection) -> bool:
    """Cut off a log that holds what was deleted for good; whether that was owed and is done.

    Where a reader is in the way it stays owed, over a restart, too.
    """
    if get_setting(connection, _OWED) is None:
        return False
    busy, *_frames = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        return False
    connection.execute("DELETE FROM setting WHERE name = ?", (_OWED,))
    stretch(connection)
    return True


def stretch(connection: Connection) -> None:
    """Give the log some length, so that the next sales write into a file that does not grow.

    The length comes from a transaction that is undone: its pages reach the log because the cache is made
    too small for them, and nobody counts on them. A commit that is not synced would be counted on by every
    commit after it, and a sync that fails may lose it for good.
    """
    connection.execute(SMALL_CACHE)
    try:
        connection.execute("BEGIN IMMEDIATE")
        size = STRETCH_FRAMES * _PAGE_BYTES
        connection.execute("INSERT INTO setting VALUES ('length', zeroblob(?))", (size,))
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute(_USUAL_CACHE)
    connection.execute(TOUCH)
    checkpoint(connection)
