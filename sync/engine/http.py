"""Requests to a hub: the only file that knows requests, sockets, certificates and status codes.

Every call is bounded: in connecting, in each read, in the whole, and in the bytes it takes in. A close
from another thread shuts the sockets down, so that a hanging request ends at once instead of at its
timeout. Redirects are refused, and no secret appears in a message. What is asked is `hub_link`'s.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from sync.engine.link import LinkClosed, LinkError
from sync.engine.ports import Clock, Detail
from sync.protocol import codec, versions
from sync.protocol.messages import Problem

CONNECT_TIMEOUT_S: Final = 3.0
READ_TIMEOUT_S: Final = 10.0
WHOLE_TIMEOUT_MS: Final = 60_000
REPLY_MAX_BYTES: Final = 16 * 1024 * 1024
REPLY_MAX_PLAIN_BYTES: Final = 64 * 1024 * 1024
_STEP_BYTES: Final = 64 * 1024
_PROBLEM_MAX_BYTES: Final = 4_096
#: What OpenSSL says of a certificate (X509_V_ERR_…): over or not yet good; made for another name or address.
_CERTIFICATE_TIMES: Final = (9, 10)
_CERTIFICATE_NAMES: Final = (62, 64)


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


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer whose body is still to be read."""

    status: int
    headers: Mapping[str, str]
    pieces: Iterator[bytes]


class HttpCaller:
    """Asks one hub; `clock` gives the times from which the clocks' offset is told.

    `ca_file` holds the certificates (PEM) that a hub's has to come from; None: the public ones.
    """

    def __init__(
        self,
        base_url: str,
        *,
        clock: Clock,
        ca_file: Path | None = None,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        if urlsplit(base_url).scheme not in ("http", "https"):
            raise ValueError("the hub's address must start with http:// or https://")
        self._base_url = base_url.rstrip("/")
        self._clock = clock
        self._timeout_s = (connect_timeout_s, read_timeout_s)
        self._last_received_ms: int | None = None
        self._clock_offset_ms: int | None = None
        self._sockets = _Sockets()
        self._session = requests.Session()
        # A proxy or a .netrc of the machine must not get a say in where sales go.
        self._session.trust_env = False
        if ca_file is not None:
            self._session.verify = str(ca_file)
        adapter = _Adapter(self._sockets)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._session.headers.update({versions.HEADER_PROTOCOL: str(versions.PROTOCOL_VERSION)})

    def request(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> bytes:
        """The whole body of a good answer, unpacked; raises LinkError, LinkClosed."""
        further = dict(headers or {}) | {"Accept-Encoding": "zstd"}
        with self.opened(method, path, token=token, data=data, headers=further, params=params) as reply:
            body = bytearray()
            for piece in reply.pieces:
                body += piece
                if len(body) > REPLY_MAX_BYTES:
                    raise LinkError("later", "reply_unreadable")
        if reply.headers.get("Content-Encoding", "") == "zstd":
            try:
                return codec.decompress(bytes(body), max_bytes=REPLY_MAX_PLAIN_BYTES)
            except codec.WireError as trouble:
                raise LinkError("later", "reply_unreadable") from trouble
        return bytes(body)

    @contextmanager
    def opened(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        whole_timeout_ms: int = WHOLE_TIMEOUT_MS,
    ) -> Iterator[Reply]:
        """A good answer (200, 206), its body as sent, to be read inside; raises LinkError, LinkClosed."""
        if self._sockets.closed:
            raise LinkClosed
        said = dict(headers or {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        sent_ms, started_ms = self._clock.now_ms(), self._clock.monotonic_ms()
        with self._trouble_told():
            response = self._session.request(
                method,
                self._base_url + path,
                data=data,
                headers=said,
                params=params,
                timeout=self._timeout_s,
                allow_redirects=False,
                stream=True,
            )
        # What the caller does with the bytes is outside: its own trouble is not the network's.
        with response:
            self._note_time(response, sent_ms, started_ms)
            pieces = self._pieces(response, started_ms, whole_timeout_ms)
            if response.status_code not in (requests.codes.ok, requests.codes.partial_content):
                retry_after = response.headers.get("Retry-After")
                raise sorted_error(response.status_code, retry_after, _problem_word(pieces))
            yield Reply(response.status_code, response.headers, pieces)

    def last_heard(self) -> tuple[int | None, int | None]:
        """When the hub last answered (epoch ms) and its clock minus ours (ms)."""
        return self._last_received_ms, self._clock_offset_ms

    def close(self) -> None:
        """End whatever is under way; may be called from any thread, any number of times."""
        self._sockets.shut_all()
        self._session.close()

    @contextmanager
    def _trouble_told(self) -> Iterator[None]:
        try:
            yield
        except requests.exceptions.SSLError as trouble:
            raise self._broken(_certificate_detail(trouble)) from trouble
        except requests.exceptions.Timeout as trouble:
            raise self._broken("timeout") from trouble
        except (requests.exceptions.RequestException, HTTPError, OSError) as trouble:
            raise self._broken("network") from trouble

    def _broken(self, detail: Detail) -> Exception:
        if self._sockets.closed:
            return LinkClosed()
        return LinkError("stop" if detail.startswith("certificate") else "later", detail)

    def _pieces(self, response: requests.Response, started_ms: int, whole_timeout_ms: int) -> Iterator[bytes]:
        """The reply's bytes as sent; a trickle that never times out ends here too."""
        while True:
            with self._trouble_told():
                piece = response.raw.read(_STEP_BYTES, decode_content=False)
            if not piece:
                return
            yield piece
            if self._clock.monotonic_ms() - started_ms > whole_timeout_ms:
                raise LinkError("later", "timeout")

    def _note_time(self, response: requests.Response, sent_ms: int, started_ms: int) -> None:
        stamp = response.headers.get(versions.HEADER_TIME_MS, "")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 15):
            return  # a portal or a proxy answered, not the hub
        round_trip_ms = self._clock.monotonic_ms() - started_ms
        self._last_received_ms = self._clock.now_ms()
        self._clock_offset_ms = int(stamp) - (sent_ms + round_trip_ms // 2)


def _problem_word(pieces: Iterator[bytes]) -> str:
    """The fixed word of a refusal, "" where something else than a hub refused."""
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > _PROBLEM_MAX_BYTES:
            return ""
    try:
        return codec.decode_message(bytes(body), Problem).error
    except codec.WireError:
        return ""


def _certificate_detail(trouble: BaseException) -> Detail:
    """What is wrong with the hub's certificate, found at the bottom of what three libraries say."""
    seen: set[int] = set()
    left: list[Any] = [trouble]
    while left:
        one = left.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, ssl.SSLCertVerificationError):
            if one.verify_code in _CERTIFICATE_TIMES:
                return "certificate_time"
            return "certificate_name" if one.verify_code in _CERTIFICATE_NAMES else "certificate"
        left += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return "network"


def sorted_error(status: int, retry_after: str | None, word: str = "") -> LinkError:
    """What an HTTP status asks of us, with the hub's own word for it.

    `retry_after` is that header's text, of which only seconds count.
    """
    error = _sorted(status, retry_after, word)
    error.word = word
    return error


def _sorted(status: int, retry_after: str | None, word: str) -> LinkError:
    retry_after_ms = None
    if retry_after is not None and retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 9:
        retry_after_ms = int(retry_after) * 1000
    match status:
        case 401:
            return LinkError("stop", "key_refused")
        case 403 if word == "revoked":
            return LinkError("stop", "revoked")
        case 403 if word == "terminal_removed":
            return LinkError("stop", "terminal_removed")
        case 403:
            return LinkError("stop", "store_refused")
        case 404 | 426:
            return LinkError("upgrade", "upgrade")
        case 400 if word == "bad_cursor":
            # Nobody mends a cursor by hand: like one that the hub has forgotten.
            return LinkError("anew", "hub_behind")
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
