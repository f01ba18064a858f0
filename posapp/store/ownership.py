"""One process at a time has a ledger: a lock of the operating system on a file beside it.

SQLite itself lets two writers take turns, and each would keep in memory what the other has changed. The lock
belongs to the file that a path leads to, so a way through a link finds the same one; it ends with its
process, however that ends. It is on a file of its own, so that closing it drops none of SQLite's locks.
Copies and reports read a ledger without it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from posapp.store.engine import Connection, open_ledger

#: What the file is called behind the ledger's name. It is never removed: another may have it open already.
OWNER_ENDING: Final = "-owner"


class LedgerInUseError(RuntimeError):
    """Another till, in this process or another, has the ledger open."""


class Ownership:
    """A ledger that nobody else may open until `release`."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor: int | None = descriptor

    def connect(self) -> Connection:
        """Open the ledger for its one writer; raises LedgerInUseError once it was released."""
        if self._descriptor is None:
            raise LedgerInUseError(f"{self._path} was let go")
        return open_ledger(self._path)

    def release(self) -> None:
        """Let the ledger go; may be called again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def own_ledger(path: Path) -> Ownership:
    """Take a ledger that is there or to be made; raises LedgerInUseError, or OSError for its folder."""
    real = path.resolve()
    # Never inherited by a program that this one starts: that would hold it beyond our end.
    descriptor = os.open(real.with_name(real.name + OWNER_ENDING), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        is_taken = _lock(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    if not is_taken:
        os.close(descriptor)
        raise LedgerInUseError(f"Another till has {path} open. Close it first.")
    return Ownership(real, descriptor)


if sys.platform == "win32":

    def _lock(descriptor: int) -> bool:
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:

    def _lock(descriptor: int) -> bool:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
