"""A packed file unpacked beside the selling: hashed on the way, and written to the disk in small steps.

Whoever syncs a ledger also waits for what the disk is busy with: one sync of a quarter of a gigabyte held a
sale up for a tenth of a second. So a large file is synced every few megabytes, and not written further than
that ahead of the sync. It knows nothing of what the bytes mean, nor what they should come to.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

import zstandard

#: At most about twice this waits for the disk; one of 100 MB/s is busy for 20 ms with a step.
STEP_BYTES: Final = 2 * 1024 * 1024
_READ_BYTES: Final = 256 * 1024
_WRITE_BYTES: Final = 1024 * 1024
#: Pieces that may wait to be hashed: what bounds the memory where hashing is slower than unpacking.
_PIECES_AHEAD: Final = 16
#: As everywhere on the wire: a frame that asks for more is refused before it is allocated.
_WINDOW_MAX_BYTES: Final = 8 * 1024 * 1024
#: Some systems only know the sync that also writes times down.
_sync: Final[Callable[[int], None]] = getattr(os, "fdatasync", os.fsync)


class UnpackError(Exception):
    """The packed file is not whole, or holds more than it may."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What was written: bytes, and the SHA-256 (hex) of them and of the packed file."""

    length: int
    plain_sha256: str
    packed_sha256: str


def settle(file: int, offset: int, length: int) -> None:
    """Sync a file (a descriptor) whenever what was added at an offset has filled a step."""
    if (offset + length) // STEP_BYTES != offset // STEP_BYTES:
        _sync(file)


def unpack(packed: Path, plain: Path, *, length_max: int, go_on: Callable[[], None]) -> Unpacked:
    """Write what a zstd frame holds to another file, steadily; `go_on` is asked before each piece.

    Raises UnpackError, OSError, and whatever `go_on` raises.
    """
    length = 0
    with (
        packed.open("rb") as source,
        plain.open("wb", buffering=0) as file,
        _Hashing() as hashing,
        # Last in, first out: nothing is synced any more when the file is closed.
        ThreadPoolExecutor(1, "settling") as disk,
    ):
        reader = _HashedReader(source, hashing)
        pieces = zstandard.ZstdDecompressor(max_window_size=_WINDOW_MAX_BYTES).stream_reader(
            cast("IO[bytes]", reader), read_size=_READ_BYTES, closefd=False
        )
        under_way: deque[Future[None]] = deque()
        try:
            while piece := pieces.read(_WRITE_BYTES):
                go_on()
                if length + len(piece) > length_max:
                    raise UnpackError("it is longer than it says")
                hashing.add(hashing.plain, piece)
                _write(file, piece)
                under_way.append(disk.submit(settle, file.fileno(), length, len(piece)))
                length += len(piece)
                while len(under_way) > STEP_BYTES // _WRITE_BYTES:
                    under_way.popleft().result()
        except zstandard.ZstdError as error:
            raise UnpackError(str(error)) from error
        for step in under_way:
            step.result()
        while reader.read(_READ_BYTES):
            go_on()
    return Unpacked(length, hashing.plain.hexdigest(), hashing.packed.hexdigest())


def _write(file: IO[bytes], piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[file.write(left) :]


class _Hashing:
    """Two sums, made on a thread beside; both are final when it is left."""

    def __init__(self) -> None:
        self.plain = hashlib.sha256()
        self.packed = hashlib.sha256()
        self._thread = ThreadPoolExecutor(1, "hashing")
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> _Hashing:
        return self

    def __exit__(self, *_error: object) -> None:
        self._thread.shutdown()

    def add(self, one: hashlib._Hash, piece: bytes) -> None:
        """Have a piece added to one of the sums."""
        self._waiting.append(self._thread.submit(one.update, piece))
        if len(self._waiting) > _PIECES_AHEAD:
            self._waiting.popleft().result()


class _HashedReader:
    """A file whose every byte is hashed as it is read."""

    def __init__(self, file: IO[bytes], hashing: _Hashing) -> None:
        self._file = file
        self._hashing = hashing

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        piece = self._file.read(size)
        self._hashing.add(self._hashing.packed, piece)
        return piece
