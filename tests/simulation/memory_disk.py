"""A disk in memory under SQLite: what reaches it is written down, and any call can be made to fail.

Files are bytearrays behind an SQLite VFS written in Python (apsw). It promises what SQLite's own VFS for
Unix promises: powersafe overwrite (a torn write spoils nothing beside the bytes it was to write) and no
atomic writes. No real file is touched, so the product's own SQLite never meets this one over one file; a
VFS of one's own has no shared memory, so the one connection holds the file in exclusive mode.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

import apsw

Kind = Literal["write", "truncate", "sync", "lost", "create", "delete", "mark"]
LEDGER: Final = "/till/ledger.db"
_NUMBERS = itertools.count(1)


class Op(NamedTuple):
    """One thing that reached the disk: bytes for a file (by inode), a change of the folder, or a mark.

    Of a "sync", `offset` is 1 where the folder is synced with it. "lost" is a sync that failed and after
    which the system takes the unsynced bytes for written: readers see them, the disk never will.
    """

    kind: Kind
    inode: int
    name: str
    offset: int
    data: bytes
    phase: str


#: Called before every call that may fail: the call's name, the file's and its inode; raises to make it fail.
Guard = Callable[[str, str, int], None]


def _no_guard(_call: str, _name: str, _inode: int) -> None:
    return


@dataclass(slots=True)
class MemoryDisk:
    """Files by name and inode; `log` is None on a disk that writes nothing down."""

    names: dict[str, int] = field(default_factory=dict)
    contents: dict[int, bytearray] = field(default_factory=dict)
    log: list[Op] | None = None
    phase: str = "starting"
    guard: Guard = _no_guard
    #: Contents that are another disk's too: copied before the first change.
    shared: set[int] = field(default_factory=set)

    @classmethod
    def holding(cls, files: dict[str, bytes], *, recording: bool = False) -> MemoryDisk:
        """A disk with these files on it, all of them durable."""
        disk = cls(log=[] if recording else None)
        for inode, (name, data) in enumerate(sorted(files.items()), 1):
            disk.names[name] = inode
            disk.contents[inode] = bytearray(data)
        return disk

    def files(self) -> dict[str, bytes]:
        """What is there now."""
        return {name: bytes(self.contents[inode]) for name, inode in self.names.items()}

    def mark(self, note: str) -> None:
        """Note a moment that is no call."""
        self.note("mark", 0, note)

    def note(self, kind: Kind, inode: int, name: str, offset: int = 0, data: bytes = b"") -> None:
        """Write a call down."""
        if self.log is not None:
            self.log.append(Op(kind, inode, name, offset, data, self.phase))

    def open(self, name: str, *, makes: bool) -> int:
        """The inode of a file, made if it is missing and may be."""
        inode = self.names.get(name)
        if inode is None:
            if not makes:
                raise apsw.exception_for(apsw.SQLITE_CANTOPEN)
            inode = max(self.contents, default=0) + 1
            self.names[name] = inode
            self.contents[inode] = bytearray()
            self.note("create", inode, name)
        return inode


class _File:
    """An open file; every method is SQLite's call of that name."""

    def __init__(self, disk: MemoryDisk, name: str, inode: int, *, new_in_folder: bool) -> None:
        self._disk = disk
        self._name = name
        self._inode = inode
        self._data = disk.contents[inode]
        self._syncs_folder = new_in_folder

    def _own(self) -> None:
        disk = self._disk
        if self._inode in disk.shared:
            disk.shared.discard(self._inode)
            disk.contents[self._inode] = self._data = bytearray(self._data)

    def xRead(self, amount: int, offset: int) -> bytes:
        self._disk.guard("read", self._name, self._inode)
        return bytes(self._data[offset : offset + amount])

    def xWrite(self, data: Any, offset: int) -> None:
        self._disk.guard("write", self._name, self._inode)
        self._own()
        if len(self._data) < offset:
            self._data.extend(bytes(offset - len(self._data)))
        self._data[offset : offset + len(data)] = data
        self._disk.note("write", self._inode, self._name, offset, bytes(data))

    def xTruncate(self, size: int) -> None:
        self._disk.guard("truncate", self._name, self._inode)
        self._own()
        del self._data[size:]
        self._disk.note("truncate", self._inode, self._name, size)

    def xSync(self, _flags: int) -> None:
        self._disk.guard("sync", self._name, self._inode)
        # As SQLite's own VFS for Unix: the first sync of a new journal or log syncs its folder too.
        self._disk.note("sync", self._inode, self._name, int(self._syncs_folder))
        self._syncs_folder = False

    def xFileSize(self) -> int:
        self._disk.guard("size", self._name, self._inode)
        return len(self._data)

    def xLock(self, _level: int) -> None:
        self._disk.guard("lock", self._name, self._inode)

    def xUnlock(self, _level: int) -> None:
        return

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, _op: int, _pointer: int) -> bool:
        return False

    def xClose(self) -> None:
        return

    def xSectorSize(self) -> int:
        return 4096

    def xDeviceCharacteristics(self) -> int:
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE

    def excepthook(self, *_error: Any) -> None:
        """A call that was made to fail is told by its code; nothing is to be printed."""


_FOLDER_SYNCED = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL


class DiskVfs(apsw.VFS):
    """The VFS that shows SQLite one disk after the other."""

    def __init__(self) -> None:
        self.name = f"memory-disk-{next(_NUMBERS)}"
        super().__init__(self.name, "")
        self.disk = MemoryDisk()

    def xAccess(self, pathname: str, flags: int) -> bool:
        self.disk.guard("access", pathname, 0)
        return pathname in self.disk.names

    def xFullPathname(self, name: str) -> str:
        return name

    def xDelete(self, filename: str, syncdir: bool) -> None:
        disk = self.disk
        disk.guard("delete", filename, 0)
        if filename not in disk.names:
            raise apsw.exception_for(apsw.SQLITE_IOERR_DELETE_NOENT)
        disk.note("delete", disk.names.pop(filename), filename)
        if syncdir:
            disk.note("sync", 0, filename, 1)

    def xOpen(self, name: Any, flags: list[int]) -> Any:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        assert path, "a temporary file was wanted: SQLite keeps those in memory"
        self.disk.guard("open", path, 0)
        inode = self.disk.open(path, makes=bool(flags[0] & apsw.SQLITE_OPEN_CREATE))
        return _File(self.disk, path, inode, new_in_folder=bool(flags[0] & _FOLDER_SYNCED))

    def excepthook(self, *_error: Any) -> None:
        """A call that was made to fail is told by its code; nothing is to be printed."""
