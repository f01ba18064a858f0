"""Snapshots over HTTP: whose they are, any range of their bytes, what is said where there is none."""

from __future__ import annotations

import hashlib
import http.client
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from sqlalchemy import delete

from sync.hub.feeds.snapshot_build import PIECE_BYTES, BuiltFile
from sync.hub.feeds.snapshots import keep_snapshot
from sync.hub.feeds.streams import heads
from sync.hub.schema.feeds import SNAPSHOT_PART
from sync.protocol.codec import decode_message
from sync.protocol.messages import Manifest, SignedManifest
from sync.protocol.versions import SNAPSHOT_STREAMS
from tests.hub.conftest import NOW_MS, Enrolled


class Door:
    """Asks for one path with one key."""

    def __init__(self, url: str, key: str) -> None:
        self._netloc = urlsplit(url).netloc
        self._key = key

    def __call__(
        self, path: str, method: str = "GET", store_id: str = "S1", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers in small letters, and the body."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Authorization"] = f"Bearer {self._key}"
        connection = http.client.HTTPConnection(self._netloc, timeout=60)
        try:
            connection.request(method, f"/v1/stores/{store_id}/snapshot{path}", None, sent)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()


@pytest.fixture
def content(enrolled: Enrolled, tmp_path: Path) -> bytes:
    """The bytes of a snapshot of three parts, as if they were one."""
    chance = bytes(range(256)) * (PIECE_BYTES * 5 // 2 // 256)
    packed = tmp_path / "packed"
    packed.write_bytes(chance)
    sha256 = hashlib.sha256(chance).hexdigest()
    with enrolled.database.writing() as connection:
        cursors = {stream: heads(connection, "S1")[stream] for stream in SNAPSHOT_STREAMS}
        built = BuiltFile(packed, sha256, len(chance), "0" * 64, 1, cursors, {})
        keep_snapshot(connection, "S1", built, NOW_MS)
    return chance


@pytest.fixture
def door(hub_url: str, enrolled: Enrolled) -> Door:
    return Door(hub_url, enrolled.key)


def test_a_store_without_a_snapshot_says_so(door: Door) -> None:
    status, _headers, body = door("")
    assert (status, msgspec.json.decode(body)["error"]) == (404, "no_snapshot")
    assert door(f"/{'0' * 64}")[0] == 404
    assert door("/..")[0] == 404


def test_a_snapshot_is_for_its_own_store(
    content: bytes, door: Door, hub_url: str, enrolled: Enrolled
) -> None:
    status, _headers, body = door("")
    assert status == 200
    manifest = msgspec.json.decode(decode_message(body, SignedManifest).manifest, type=Manifest)
    address = f"/{manifest.sha256}"
    status, headers, body = door(address)
    assert (status, body == content, headers["content-type"]) == (200, True, "application/zstd")
    assert (headers["etag"], headers["accept-ranges"]) == (f'"{manifest.sha256}"', "bytes")
    assert door(address, store_id="S2")[0] == 403
    other = Door(hub_url, enrolled.other_store_key)
    assert other(address, store_id="S2")[0] == 404, "another store's content is not told by its address"
    assert other("", store_id="S2")[0] == 404
    assert Door(hub_url, "x")(address)[0] == 401


def test_any_one_range_can_be_had(content: bytes, door: Door) -> None:
    address = f"/{hashlib.sha256(content).hexdigest()}"
    length = len(content)
    for header, first, end in (
        ("bytes=0-0", 0, 1),
        ("bytes=5-", 5, length),
        (f"bytes={PIECE_BYTES - 3}-{PIECE_BYTES + 2}", PIECE_BYTES - 3, PIECE_BYTES + 3),
        (f"bytes={PIECE_BYTES}-{length * 9}", PIECE_BYTES, length),
        ("bytes=-7", length - 7, length),
        (f"bytes=-{length * 2}", 0, length),
        (f"BYTES= {length - 1} - ", length - 1, length),
    ):
        status, headers, body = door(address, Range=header)
        assert (status, body == content[first:end]) == (206, True), header
        assert headers["content-range"] == f"bytes {first}-{end - 1}/{length}"
        assert headers["content-length"] == str(end - first)


@pytest.mark.parametrize(
    "header", ["bytes=3-1", "bytes=-", "bytes=0-1,4-5", "lines=1-2", "bytes=x-", "bytes=1.5-2"]
)
def test_what_is_no_range_gets_the_whole(content: bytes, door: Door, header: str) -> None:
    status, headers, body = door(f"/{hashlib.sha256(content).hexdigest()}", Range=header)
    assert (status, body == content) == (200, True)
    assert "content-range" not in headers


def test_a_range_behind_the_end_is_416(content: bytes, door: Door) -> None:
    address = f"/{hashlib.sha256(content).hexdigest()}"
    for header in (f"bytes={len(content)}-", "bytes=-0"):
        status, headers, body = door(address, Range=header)
        assert (status, headers["content-range"], body) == (416, f"bytes */{len(content)}", b"")


def test_head_tags_and_conditions(content: bytes, door: Door) -> None:
    sha256 = hashlib.sha256(content).hexdigest()
    status, headers, body = door(f"/{sha256}", "HEAD")
    assert (status, headers["content-length"], body) == (200, str(len(content)), b"")
    status, headers, _body = door(f"/{sha256}", "HEAD", Range="bytes=2-3")
    assert (status, headers["content-length"]) == (206, "2")
    assert door(f"/{sha256}", If_None_Match=f'W/"x", "{sha256}"')[0] == 304
    assert door(f"/{sha256}", If_None_Match="*")[0] == 304
    assert door(f"/{sha256}", If_None_Match='"other"')[0] == 200
    assert door(f"/{sha256}", Range="bytes=0-1", If_Range=f'"{sha256}"')[0] == 206
    assert door(f"/{sha256}", Range="bytes=0-1", If_Range='"other"')[0] == 200, "another content: the whole"


@pytest.mark.expected_logs
def test_a_snapshot_that_goes_during_its_download_ends_there(
    content: bytes, enrolled: Enrolled, door: Door
) -> None:
    with enrolled.database.writing() as connection:
        connection.execute(delete(SNAPSHOT_PART).where(SNAPSHOT_PART.c.part_no == 1))
    with pytest.raises(http.client.IncompleteRead) as cut:
        door(f"/{hashlib.sha256(content).hexdigest()}")
    assert cut.value.partial == content[:PIECE_BYTES], "what came is good"
    assert door("")[0] == 200, "the hub goes on"
