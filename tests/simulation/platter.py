"""What is on the disk when the power goes: what was synced, and of the rest anything that may be.

The model is what SQLite's Unix VFS promises and not more. Bytes written before the file's last sync are
there. Of every later write each 512-byte sector may hold the old bytes, the new ones, or garbage, in any
order of writes; bytes beside a write are never touched (powersafe overwrite). Truncations, new names and
deletions that no sync covered may have happened or not.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.simulation.memory_disk import MemoryDisk, Op

SECTOR: Final = 512
FATES: Final = ("dropped", "kept", "in order", "some", "sectors", "garbage", "shuffled")
_WEIGHTS: Final = (20, 8, 24, 14, 14, 12, 8)


@dataclass(slots=True)
class Platter:
    """The durable disk at one place of a log, and what was written since without a sync."""

    names: dict[str, int] = field(default_factory=dict)
    contents: dict[int, bytearray] = field(default_factory=dict)
    loose: dict[int, list[Op]] = field(default_factory=dict)
    folder: list[Op] = field(default_factory=list)

    @classmethod
    def holding(cls, files: dict[str, bytes]) -> Platter:
        """A platter with these files durable; numbered as `MemoryDisk.holding` does."""
        disk = MemoryDisk.holding(files)
        return cls(disk.names, disk.contents)

    def take(self, op: Op) -> None:
        """One more call of the log."""
        if op.kind in ("write", "truncate"):
            self.loose.setdefault(op.inode, []).append(op)
        elif op.kind in ("create", "delete"):
            self.folder.append(op)
        elif op.kind == "lost":
            self.loose.pop(op.inode, None)
        elif op.kind == "sync":
            content = self.contents.setdefault(op.inode, bytearray())
            for write in self.loose.pop(op.inode, ()):
                _apply(content, write)
            if op.offset:
                for change in self.folder:
                    _rename(self.names, change)
                self.folder.clear()

    def image(self, chance: random.Random) -> tuple[MemoryDisk, str]:
        """A disk as the next start may find it, and the fate of what was not synced."""
        fate = chance.choices(FATES, _WEIGHTS)[0] if self.loose or self.folder else "nothing loose"
        names = dict(self.names)
        for change in self.folder:
            if fate == "kept" or (fate != "dropped" and chance.random() < 0.5):
                _rename(names, change)
        disk = MemoryDisk(names=names)
        for inode in names.values():
            content, loose = self.contents.get(inode), self.loose.get(inode)
            if content is not None and (not loose or fate == "dropped"):
                disk.contents[inode] = content
                disk.shared.add(inode)
                continue
            made = bytearray() if content is None else bytearray(content)
            _befall(made, loose or (), fate, chance)
            disk.contents[inode] = made
        return disk, fate


def _rename(names: dict[str, int], change: Op) -> None:
    if change.kind == "create":
        names[change.name] = change.inode
    else:
        names.pop(change.name, None)


def _apply(content: bytearray, op: Op) -> None:
    if op.kind == "truncate":
        del content[op.offset :]
    else:
        _put(content, op.offset, op.data)


def _put(content: bytearray, offset: int, data: bytes) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _befall(content: bytearray, loose: Sequence[Op], fate: str, chance: random.Random) -> None:
    """Let what was not synced happen to a file in one of its ways."""
    if fate == "kept":
        whole: Sequence[Op] = loose
    elif fate == "in order":
        place = chance.randrange(len(loose) + 1) if loose else 0
        whole = loose[:place]
        for op in whole:
            _apply(content, op)
        if place < len(loose):
            _tear(content, loose[place], chance, garbage=False)
        return
    elif fate in ("some", "shuffled"):
        share = chance.random()
        some = [op for op in loose if chance.random() < share]
        if fate == "shuffled":
            chance.shuffle(some)
        whole = some
    elif fate in ("sectors", "garbage"):
        for op in loose:
            _tear(content, op, chance, garbage=fate == "garbage")
        return
    else:
        return
    for op in whole:
        _apply(content, op)


def _tear(content: bytearray, op: Op, chance: random.Random, *, garbage: bool) -> None:
    """Let each sector of a write be old, new or (where it may be) garbage."""
    if op.kind == "truncate":
        if chance.random() < 0.5:
            _apply(content, op)
        return
    start, end = op.offset, op.offset + len(op.data)
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        luck = chance.random()
        if luck < 0.5:
            _put(content, start, op.data[start - op.offset : stop - op.offset])
        elif garbage and luck < 0.6:
            size = stop - start
            _put(content, start, bytes(size) if luck < 0.53 else chance.randbytes(size))
        start = stop
