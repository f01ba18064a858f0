"""Unpacking goes to the disk in steps, so that nobody else's sync ever waits for the whole file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from posapp.store import unpacking
from posapp.store.unpacking import STEP_BYTES, Unpacked, UnpackError, unpack

_PIECE_BYTES = 1024 * 1024
_LENGTH = 5 * STEP_BYTES + 12_345


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    path = tmp_path / "packed"
    path.write_bytes(zstandard.ZstdCompressor().compress(b"x" * _LENGTH))
    return path


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How long the file was each time it was synced."""
    lengths: list[int] = []
    real: Callable[[int], None] = unpacking._sync

    def sync(file: int) -> None:
        length = os.fstat(file).st_size
        real(file)
        lengths.append(length)

    monkeypatch.setattr(unpacking, "_sync", sync)
    return lengths


def _go_on() -> None:
    pass


def test_it_is_never_far_ahead_of_what_the_disk_has(packed: Path, synced: list[int], tmp_path: Path) -> None:
    plain, ahead = tmp_path / "plain", list[int]()
    unpack(
        packed,
        plain,
        length_max=_LENGTH,
        go_on=lambda: ahead.append(plain.stat().st_size - (synced[-1] if synced else 0)),
    )
    assert len(synced) == _LENGTH // STEP_BYTES
    assert len(ahead) > len(synced)
    assert max(ahead) <= 2 * STEP_BYTES + _PIECE_BYTES


def test_it_tells_what_was_read_and_written(packed: Path, tmp_path: Path) -> None:
    found = unpack(packed, tmp_path / "plain", length_max=_LENGTH, go_on=_go_on)
    plain = (tmp_path / "plain").read_bytes()
    assert plain == b"x" * _LENGTH
    assert found == Unpacked(
        _LENGTH, hashlib.sha256(plain).hexdigest(), hashlib.sha256(packed.read_bytes()).hexdigest()
    )


def test_bytes_behind_the_frame_are_refused(packed: Path, tmp_path: Path) -> None:
    with packed.open("ab") as file:
        file.write(b"more" * 100)
    with pytest.raises(UnpackError):
        unpack(packed, tmp_path / "plain", length_max=_LENGTH, go_on=_go_on)


@pytest.mark.parametrize("length_max", [0, _PIECE_BYTES, _LENGTH - 1])
def test_no_byte_more_than_it_may_hold_is_written(packed: Path, tmp_path: Path, length_max: int) -> None:
    with pytest.raises(UnpackError, match="longer"):
        unpack(packed, tmp_path / "plain", length_max=length_max, go_on=_go_on)
    assert (tmp_path / "plain").stat().st_size <= length_max


def test_what_is_no_frame_is_refused(tmp_path: Path) -> None:
    (tmp_path / "packed").write_bytes(b"no frame at all")
    with pytest.raises(UnpackError):
        unpack(tmp_path / "packed", tmp_path / "plain", length_max=100, go_on=_go_on)


def test_a_disk_that_fails_on_the_way_is_told(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_file: int) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(unpacking, "_sync", fail)
    with pytest.raises(OSError, match="no space"):
        unpack(packed, tmp_path / "plain", length_max=_LENGTH, go_on=_go_on)


def test_what_is_gathered_is_synced_step_by_step(synced: list[int], tmp_path: Path) -> None:
    with (tmp_path / "part").open("wb", buffering=0) as file:
        for offset in range(0, 2 * STEP_BYTES, _PIECE_BYTES):
            file.write(b"x" * _PIECE_BYTES)
            unpacking.settle(file.fileno(), offset, _PIECE_BYTES)
    assert synced == [STEP_BYTES, 2 * STEP_BYTES]
