"""Where the catalogue's file lies, and who has it open: so that another file can take its place.

On some systems a file that is open cannot be replaced, and on all of them whoever had it open would go on
reading the old one. So every connection to the catalogue is a hold of its place: for the moment of the
change all of them are closed, and each is opened again with its next question. A scan in that moment
waits; a search or a delta, which may take longer than a scan can wait, is let finish first.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final

from posapp.store.engine import Connection, open_catalog
from posapp.store.troubles import DatabaseError

Opener = Callable[[Path], Connection]

#: What SQLite keeps beside a file in WAL mode.
SIDE_FILES: Final = ("-wal", "-shm")
#: Primary result codes of a file that is wrong in itself: a table missing, malformed, no database.
DAMAGED: Final = (1, 11, 26)
_BUSY: Final = (5, 6)
_PIECE_BYTES: Final = 1 << 20


class CatalogInUseError(Exception):
    """Another process has the catalogue's file open: it cannot be replaced now."""


class CatalogHold:
    """One connection to the catalogue, opened when it is needed; `with hold as connection` asks it."""

    def __init__(self, place: CatalogPlace, opener: Opener) -> None:
        self._place = place
        self._opener = opener
        self._connection: Connection | None = None
        self.lock = threading.Lock()

    def __enter__(self) -> Connection:
        self.lock.acquire()
        try:
            return self._connection or self.open()
        except BaseException:
            self.lock.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.lock.release()

    def open(self) -> Connection:
        """Open the file, for whoever has the lock."""
        self._connection = self._opener(self._place.path)
        return self._connection

    def let_go(self) -> None:
        """Close the file until the next question, for whoever has the lock."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def close(self) -> None:
        """Let the file go for good."""
        self._place.leave(self)
        with self.lock:
            self.let_go()


class CatalogPlace:
    """The place of one catalogue's file in this process; may be used from any thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._quick: list[CatalogHold] = []
        self._patient: list[CatalogHold] = []

    def hold(self, opener: Opener, *, patient: bool = False) -> CatalogHold:
        """A hold that opens the file in the given way; a patient one may be waited for a second or more."""
        made = CatalogHold(self, opener)
        with self._lock:
            (self._patient if patient else self._quick).append(made)
        return made

    def leave(self, hold: CatalogHold) -> None:
        """A hold that is no more."""
        with self._lock:
            for holds in (self._quick, self._patient):
                if hold in holds:
                    holds.remove(hold)

    def replace(self, fresh: Path) -> None:
        """Put a finished file in the place of the one that is there; quick holds wait for milliseconds.

        `fresh` lies in the same folder, is synced, closed and without side files. At every moment, also
        after a power cut, the old file or the new one is there whole. Raises CatalogInUseError where
        somebody else has the old one open, OSError and DatabaseError where that went wrong; the old one
        stays then.
        """
        with self._lock, _closed(self._patient):
            # The long part of letting go of the old file, while scans still read it.
            self._fold_log(whole=False)
            with _closed(self._quick):
                self._fold_log(whole=True)
                for ending in SIDE_FILES:
                    self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
                try:
                    fresh.replace(self.path)
                except PermissionError as error:
                    raise CatalogInUseError from error
                _reopen(self._quick)
            # Nothing is written to the new file before its name is durable: no log of changes may ever
            # lie beside the old one that is not its own.
            sync_folder(self.path.parent)

    def discard(self) -> None:
        """Delete the file with all it holds, written over; whoever asks next finds it missing or makes it.

        Raises OSError where somebody else has it open, on systems that mind.
        """
        with self._lock, _closed(self._patient), _closed(self._quick):
            for ending in ("", *SIDE_FILES):
                part = self.path.with_name(self.path.name + ending)
                if part.exists():
                    write_over(part)
                    part.unlink()
            sync_folder(self.path.parent)

    def _fold_log(self, *, whole: bool) -> None:
        """Bring what the side files hold into the file; `whole`: and be sure that nobody needs them."""
        if not self.path.exists():
            return
        try:
            self._fold(whole)
        except DatabaseError as error:
            sort = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if sort in _BUSY:
                raise CatalogInUseError from error
            if sort not in DAMAGED:
                raise
            # What is damaged has nothing to lose.

    def _fold(self, whole: bool) -> None:
        connection = open_catalog(self.path, busy_ms=0 if whole else 1_000)
        try:
            is_busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            connection.close()
        # The last one to let a file go takes its log away; where it stays, somebody else has the file.
        if whole and (is_busy or self.path.with_name(self.path.name + SIDE_FILES[0]).exists()):
            raise CatalogInUseError


@contextmanager
def _closed(holds: Sequence[CatalogHold]) -> Iterator[None]:
    """Whoever asks by one of these holds waits; none of them has the file open."""
    with ExitStack() as locks:
        for hold in holds:
            locks.enter_context(hold.lock)
        for hold in holds:
            hold.let_go()
        yield


def _reopen(holds: list[CatalogHold]) -> None:
    for hold in holds:
        try:
            hold.open()
        except DatabaseError:
            # Tried again with its next question, where whoever asks can say what is wrong.
            hold.let_go()


def write_over(part: Path) -> None:
    """Leave nothing to be found in the blocks that are given back, as far as a disk lets us."""
    with part.open("r+b") as file:
        left = part.stat().st_size
        while left > 0:
            left -= file.write(bytes(min(left, _PIECE_BYTES)))
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable, on systems that need to be told (elsewhere they are by themselves)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
