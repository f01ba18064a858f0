"""The link over HTTP: the only file that knows requests, sockets and status codes.

Every call is bounded: in connecting, in each read, in the whole, and in the bytes it takes in. A close
from another thread shuts the sockets down, so that a hanging request ends at once instead of at its
timeout. Redirects are refused, and no secret appears in a message.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from sync.engine.link import LinkClosed, LinkError
from sync.engine.ports import Clock
from sync.protocol import codec, versions
from sync.protocol.messages import FeedPage, PushReply

CONNECT_TIMEOUT_S: Final = 3.0
READ_TIMEOUT_S: Final = 10.0
WHOLE_TIMEOUT_MS: Final = 60_000
REPLY_MAX_BYTES: Final = 16 * 1024 * 1024
REPLY_MAX_PLAIN_BYTES: Final = 64 * 1024 * 1024
_STEP_BYTES: Final = 64 * 1024

Message = TypeVar("Message")


class _Sockets:
    """The open sockets of a link, so that another thread can shut them down."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.closed = False

    def add(self, sock: socket.socket) -> None:
        with self._lock:
            self._open = {known for known in self._open if known.fileno() != -1} | {sock}
            if self.closed:
                _shut(sock)

    def shut_all(self) -> None:
        with self._lock:
            self.closed = True
            for sock in self._open:
                _shut(sock)
            self._open.clear()


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was closed or never connected: nothing to end


class _Adapter(HTTPAdapter):
    """Hands every socket that urllib3 opens to a register."""

    def __init__(self, sockets: _Sockets) -> None:
        self._sockets = sockets
        super().__init__(pool_connections=2, pool_maxsize=2, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        sockets = self._sockets

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                sockets.add(self.sock)

        class Secure(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                sockets.add(self.sock)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}


class HttpLink:
    """One terminal's way to its hub; `clock` gives the times from which the clocks' offset is told."""

    def __init__(
        self,
        base_url: str,
        *,
        store_id: str,
        terminal_id: str,
        device_key: str,
        clock: Clock,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        if urlsplit(base_url).scheme not in ("http", "https"):
            raise ValueError("the hub's address must start with http:// or https://")
        self._store_url = f"{base_url.rstrip('/')}{versions.PATH_PREFIX}/stores/{quote(store_id, safe='')}"
        self._terminal = quote(terminal_id, safe="")
        self._clock = clock
        self._timeout_s = (connect_timeout_s, read_timeout_s)
        self._last_received_ms: int | None = None
        self._clock_offset_ms: int | None = None
        self._sockets = _Sockets()
        self._session = requests.Session()
        # A proxy or a .netrc of the machine must not get a say in where sales go.
        self._session.trust_env = False
        adapter = _Adapter(self._sockets)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._session.headers.update(
            {
                "Authorization": f"Bearer {device_key}",
                "Accept-Encoding": "zstd",
                versions.HEADER_PROTOCOL: str(versions.PROTOCOL_VERSION),
            }
        )

    def push(self, lines: Sequence[bytes], *, epoch: int, first_seq: int) -> PushReply:
        """Send a batch; returns how far the hub holds this terminal's events."""
        body = self._request(
            "POST",
            f"{self._store_url}/terminals/{self._terminal}/events",
            data=codec.pack(lines),
            headers={
                "Content-Type": versions.BATCH_MEDIA_TYPE,
                versions.HEADER_EPOCH: str(epoch),
                versions.HEADER_FIRST_SEQ: str(first_seq),
            },
        )
        return self._decoded(body, PushReply)

    def feed(self, stream: str, *, after: str | None, limit: int) -> FeedPage:
        """The changes of a stream after a cursor (None: from the beginning)."""
        params = {"limit": str(limit)} | ({} if after is None else {"after": after})
        body = self._request("GET", f"{self._store_url}/feed/{quote(stream, safe='')}", params=params)
        return self._decoded(body, FeedPage)

    def last_heard(self) -> tuple[int | None, int | None]:
        """When the hub last answered (epoch ms) and its clock minus ours (ms)."""
        return self._last_received_ms, self._clock_offset_ms

    def close(self) -> None:
        """End whatever is under way; may be called from any thread, any number of times."""
        self._sockets.shut_all()
        self._session.close()

    def _decoded(self, body: bytes, kind: type[Message]) -> Message:
        try:
            return codec.decode_message(body, kind)
        except codec.WireError as trouble:
            raise LinkError("later", "reply_unreadable") from trouble

    def _request(self, method: str, url: str, **further: Any) -> bytes:
        if self._sockets.closed:
            raise LinkClosed
        sent_ms = self._clock.now_ms()
        started_ms = self._clock.monotonic_ms()
        try:
            with self._session.request(
                method, url, timeout=self._timeout_s, allow_redirects=False, stream=True, **further
            ) as response:
                body = self._read(response, started_ms)
        except requests.exceptions.Timeout as trouble:
            raise self._broken("timeout") from trouble
        except (requests.exceptions.RequestException, HTTPError, OSError) as trouble:
            raise self._broken("network") from trouble
        self._note_time(response, sent_ms, started_ms)
        if response.status_code != requests.codes.ok:
            raise sorted_error(response.status_code, response.headers.get("Retry-After"))
        if response.headers.get("Content-Encoding", "") == "zstd":
            try:
                body = codec.decompress(body, max_bytes=REPLY_MAX_PLAIN_BYTES)
            except codec.WireError as trouble:
                raise LinkError("later", "reply_unreadable") from trouble
        return body

    def _broken(self, detail: Any) -> Exception:
        return LinkClosed() if self._sockets.closed else LinkError("later", detail)

    def _read(self, response: requests.Response, started_ms: int) -> bytes:
        """The reply's bytes as sent, within bounds; a trickle that never times out ends here too."""
        body = bytearray()
        while piece := response.raw.read(_STEP_BYTES, decode_content=False):
            body += piece
            if len(body) > REPLY_MAX_BYTES:
                raise LinkError("later", "reply_unreadable")
            if self._clock.monotonic_ms() - started_ms > WHOLE_TIMEOUT_MS:
                raise LinkError("later", "timeout")
        return bytes(body)

    def _note_time(self, response: requests.Response, sent_ms: int, started_ms: int) -> None:
        stamp = response.headers.get(versions.HEADER_TIME_MS, "")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 15):
            return  # a portal or a proxy answered, not the hub
        round_trip_ms = self._clock.monotonic_ms() - started_ms
        self._last_received_ms = self._clock.now_ms()
        self._clock_offset_ms = int(stamp) - (sent_ms + round_trip_ms // 2)


def sorted_error(status: int, retry_after: str | None) -> LinkError:
    """What an HTTP status asks of us; `retry_after` is that header's text, of which only seconds count."""
    retry_after_ms = None
    if retry_after is not None and retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 9:
        retry_after_ms = int(retry_after) * 1000
    match status:
        case 401:
            return LinkError("stop", "key_refused")
        case 403:
            return LinkError("stop", "store_refused")
        case 404 | 426:
            return LinkError("upgrade", "upgrade")
        case 410:
            return LinkError("anew", "hub_behind")
        case 413:
            return LinkError("look", "batch_refused", too_large=True)
        case 408 | 409 | 425 | 429:
            return LinkError("later", "hub_busy", retry_after_ms=retry_after_ms)
        case _ if status >= 500:
            return LinkError("later", "hub_busy", retry_after_ms=retry_after_ms)
        case _ if 300 <= status < 400:
            return LinkError("later", "reply_unreadable")
        case _:
            return LinkError("look", "batch_refused")
