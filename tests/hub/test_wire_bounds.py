"""Requests that never end: heads and bodies that trickle, headers without measure."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sync.hub.goods.shop_admin import put_shop
from sync.hub.routes import guard
from sync.hub.serving.embedded import EmbeddedHub
from sync.hub.serving.wire_bounds import HEAD_MAX_BYTES, BoundedHttp
from sync.protocol.trust import ENROL_PATH
from tests.hub.conftest import NOW_MS, shop_document
from tests.hub.test_hub_routes import call


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A hub that is quick to lose patience."""
    monkeypatch.setattr(BoundedHttp, "head_within_s", 0.3)
    monkeypatch.setattr(guard, "BODY_WITHIN_S", 0.3)
    hub = EmbeddedHub(tmp_path / "hub.db", now_ms=lambda: NOW_MS)
    with hub.database.writing() as connection:
        put_shop(connection, shop_document(), show_pins=False, now_ms=NOW_MS)
    yield hub.start()
    hub.stop()


def connected(url: str) -> socket.socket:
    address = urlsplit(url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=60)


def rest_of(one: socket.socket) -> bytes:
    """Everything up to the end of the connection; fails by its timeout where the hub does not end it."""
    got = bytearray()
    while piece := one.recv(65_536):
        got += piece
    return bytes(got)


@pytest.mark.parametrize("begun", [b"", b"GET /healthz HTTP/1.1\r\nHost: h\r\nX-Slow: "])
def test_a_head_that_does_not_come_is_not_waited_for(url: str, begun: bytes) -> None:
    with connected(url) as one:
        one.sendall(begun)
        assert rest_of(one) == b""
    assert call(url, "GET", "/healthz")[0] == 200


def test_a_second_request_s_head_is_bounded_too(url: str) -> None:
    with connected(url) as one:
        one.sendall(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\nGET /healthz HTTP/1.1\r\nX-Slow: ")
        assert rest_of(one).startswith(b"HTTP/1.1 200")


@pytest.mark.expected_logs
@pytest.mark.parametrize("is_whole", [True, False])
def test_headers_without_measure_are_refused(url: str, is_whole: bool) -> None:
    headers = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 1_000) for number in range(20))
    assert len(headers) > HEAD_MAX_BYTES
    with connected(url) as one:
        one.sendall(b"GET /healthz HTTP/1.1\r\nHost: h\r\n" + headers + (b"\r\n" if is_whole else b"X-"))
        assert rest_of(one).startswith(b"HTTP/1.1 400")
    assert call(url, "GET", "/healthz")[0] == 200


def test_a_body_that_trickles_is_given_up(url: str) -> None:
    with connected(url) as one:
        one.sendall(f"POST {ENROL_PATH} HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n".encode() + b"{")
        answer = rest_of(one)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"too_slow" in answer


def test_a_long_body_ends_the_connection(url: str) -> None:
    with connected(url) as one:
        one.sendall(f"POST {ENROL_PATH} HTTP/1.1\r\nHost: h\r\nContent-Length: 99999\r\n\r\n".encode())
        one.sendall(b"x" * 10_000)
        answer = rest_of(one)
    assert answer.startswith(b"HTTP/1.1 413")
