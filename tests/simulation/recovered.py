"""What SQLite makes of a disk after the power came back, looked at closely once for each content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import apsw

from tests.simulation.apsw_connection import let_go
from tests.simulation.audit import audit_open
from tests.simulation.memory_disk import LEDGER, DiskVfs, MemoryDisk
from tests.simulation.recorded_life import digest_of


@dataclass(frozen=True, slots=True)
class Content:
    """What was recovered: the digest of its rows, the sales in it, and what is wrong with it by itself.

    `is_old` says that the schema is the one of before: the power went in the middle of its migration.
    """

    digest: bytes
    sales: dict[str, tuple[str, int]]
    faults: tuple[str, ...]
    is_old: bool = False


class Examiner:
    """Opens images as a start would; looks closely at every content once."""

    def __init__(self, vfs: DiskVfs) -> None:
        self._vfs = vfs
        self._known: dict[bytes, Content] = {}
        self._audited: dict[bytes, tuple[str, ...]] = {}

    @property
    def contents(self) -> int:
        """How many different ledgers were found."""
        return len(self._known)

    def examine(self, disk: MemoryDisk) -> Content:
        """Recover a disk, and tell what is on it."""
        self._vfs.disk = disk
        connection: apsw.Connection | None = None
        try:
            connection = apsw.Connection(LEDGER, vfs=self._vfs.name)
            # Without these, closing would write the image anew, and the log's index needs shared memory.
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            data = connection.serialize("main")
            if not data:
                return Content(b"", {}, ("nothing that SQLite can read",))
            whole = hashlib.blake2b(data, digest_size=16).digest()
            found = self._known.get(whole)
            if found is None:
                found = self._known[whole] = self._look(connection)
            return found
        except (apsw.Error, ValueError, TypeError, LookupError) as error:
            return Content(b"", {}, (f"cannot be read: {error!r}",))
        finally:
            if connection is not None:
                let_go(connection)

    def _look(self, connection: apsw.Connection) -> Content:
        digest = digest_of(connection)
        # Every content has its pages checked; rows that are equal add up equally.
        check = connection.execute("PRAGMA integrity_check").fetchall()
        faults: tuple[str, ...] = () if check == [("ok",)] else (f"integrity: {check[:3]}",)
        old = not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'epoch_mark'").fetchall()
        if digest not in self._audited:
            self._audited[digest] = () if old else tuple(audit_open(connection))
        rows = connection.execute(
            "SELECT transaction_id, receipt_number, total_minor FROM retail_transaction"
        ).fetchall()
        sales = {key: (number, total) for key, number, total in rows}
        return Content(digest, sales, faults + self._audited[digest], old)
