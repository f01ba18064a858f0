"""Housekeeping of the write-ahead log by its one writer, in idle moments and never inside a sale.

A checkpoint moves committed pages into the database file; after it the log is begun anew by a small
write of our own, because the first write into a fresh log takes a second sync and a sale shall have
exactly one. The log is also stretched once, since syncing a file that grows costs twice as much.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from posapp.store.engine import Connection

_PAGE_BYTES: Final = 4096
#: Frames worth a checkpoint when there is nothing else to do (about ten sales).
CHECKPOINT_FRAMES: Final = 128
#: Frames that are too many: the checkpoint is due even between two sales.
FORCED_FRAMES: Final = 4096
#: Length that the log is given at the first idle moment.
STRETCH_FRAMES: Final = 256
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


def stretch(connection: Connection) -> None:
    """Give the log some length, so that the next sales write into a file that does not grow.

    Unsynced on purpose: these pages say nothing, and the next sale's own sync covers them.
    """
    connection.execute("PRAGMA synchronous=OFF")
    try:
        for _ in range(STRETCH_FRAMES):
            connection.execute(TOUCH)
    finally:
        connection.execute("PRAGMA synchronous=FULL")
    checkpoint(connection)
