"""The key file: whole or not there, for its owner only, with a sentence for everything that can be wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from sync.engine.device_key import KEYS_KEPT, DeviceKey, KeyFileError, KeyRing, read_ring, write_ring
from sync.protocol import signing

RING = KeyRing("S1", "T1", (bytes(range(32)), bytes(32)), {"k1": "AAAA"})


def test_what_is_written_is_read_and_nobody_else_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "device.key"
    write_ring(path, RING)
    assert read_ring(path) == RING
    assert os.name == "nt" or path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["device.key"]


def test_the_rights_are_right_also_after_a_crash(tmp_path: Path) -> None:
    left = tmp_path / "device.key.part"
    left.write_text("half")
    left.chmod(0o644)
    write_ring(tmp_path / "device.key", RING)
    assert os.name == "nt" or (tmp_path / "device.key").stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "device.key"
    write_ring(path, RING)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_ring(path, RING.with_newest(b"n" * 32))
    assert read_ring(path) == RING


def test_no_key_is_in_a_picture_of_the_ring() -> None:
    shown = repr(RING) + repr(DeviceKey(RING))
    assert "private" not in shown
    assert "\\x01\\x02" not in shown


@pytest.mark.parametrize(
    ("content", "trouble", "words"),
    [
        (None, "missing", "There is no device key"),
        (b"S1.T1.6f0-Kq_secret\n", "old", "an old key: enrol again"),
        (b"", "unreadable", "damaged"),
        (b"\xff\xfe", "unreadable", "cannot be read"),
        (b"{", "unreadable", "damaged"),
        (b"[]", "unreadable", "no device key that this version knows"),
        (b'{"format": 2}', "unreadable", "no device key that this version knows"),
        (b'{"format": 1, "store_id": "S", "terminal_id": "T"}', "unreadable", "no device key"),
        (
            b'{"format": 1, "store_id": "S", "terminal_id": "T", "private_keys": []}',
            "unreadable",
            "no device key",
        ),
        (
            b'{"format": 1, "store_id": "S", "terminal_id": "T", "private_keys": ["AAAA"]}',
            "unreadable",
            "no device key",
        ),
        (
            b'{"format": 1, "store_id": "S", "terminal_id": "T", "private_keys": [7]}',
            "unreadable",
            "no device key",
        ),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(
    tmp_path: Path, content: bytes | None, trouble: str, words: str
) -> None:
    path = tmp_path / "device.key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(KeyFileError) as found:
        read_ring(path)
    assert found.value.trouble == trouble
    assert words in str(found.value)
    assert "`posapp enrol`" in str(found.value)
    assert "secret" not in str(found.value)


def test_the_newest_come_first_and_few_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "device.key"
    keys = [signing.new_private_key() for _ in range(5)]
    write_ring(path, KeyRing("S1", "T1", (keys[0],)))
    key = DeviceKey(path=path)
    for one in keys[1:]:
        key.use(0)
        key.add_newest(one)
        assert key.place == 1, "the one in use stays in use"
    assert key.ring.private_keys == tuple(reversed(keys))[:KEYS_KEPT]
    assert read_ring(path) == key.ring


def test_signatures_are_of_the_key_in_use() -> None:
    one, other = signing.new_private_key(), signing.new_private_key()
    key = DeviceKey(KeyRing("S1", "T1", (one, other)))
    for place, private_key in enumerate((one, other)):
        key.use(place)
        public_key = signing.public_key_of(private_key)
        assert signing.is_signed(public_key, b"words", key.sign(b"words"))
        assert key.key_id(place) == signing.key_id_of(public_key)


def test_the_hubs_keys_are_remembered(tmp_path: Path) -> None:
    path = tmp_path / "device.key"
    write_ring(path, RING)
    key = DeviceKey(path=path)
    key.note_hub_keys({"k2": "BBBB"})
    key.note_hub_keys({})
    assert key.hub_keys == read_ring(path).hub_keys == {"k2": "BBBB"}


def test_a_full_disk_does_not_forget_the_hubs_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "device.key"
    write_ring(path, RING)
    key = DeviceKey(path=path)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    key.note_hub_keys({"k2": "BBBB"})
    assert key.hub_keys == {"k2": "BBBB"}
    assert read_ring(path) == RING


def test_another_key_in_the_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "device.key"
    write_ring(path, RING)
    key = DeviceKey(path=path)
    assert key.ring == RING
    assert not key.read_again()
    new = KeyRing("S1", "T1", (b"n" * 32,))
    write_ring(path, new)
    assert key.read_again()
    assert (key.ring, key.place) == (new, 0)
    path.write_text(json.dumps({"format": 9}))
    assert not key.read_again(), "a file that went bad does not take the key away"
    assert key.ring == new
    assert not DeviceKey(RING).read_again()
