"""What every route shares: who is speaking, whether it may, how much comes in, how an answer looks.

A device may touch its own store and its own events only; every refusal is a small JSON problem with a fixed
word. Tokens are read and requests counted before the database is asked anything.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from sync.hub.database import BusyError, CannotWriteError, Database
from sync.hub.trust.auth import Claim, Device, State, device_of, hub_secret, read_token
from sync.hub.trust.limits import Limits, TokenBuckets, address_key
from sync.protocol import codec
from sync.protocol.messages import Problem
from sync.protocol.trust import KEY_UNKNOWN, REVOKED
from sync.protocol.versions import HEADER_PROTOCOL, JSON_MEDIA_TYPE, PATH_PREFIX, PROTOCOL_VERSION

COMPRESS_FROM_BYTES: Final = 1_024
_NUMBER_MAX_DIGITS: Final = 18
#: A till itself gives a request up after as long.
BODY_WITHIN_S: Final = 60.0

STORE_PATH: Final = f"{PATH_PREFIX}/stores/{{store_id}}"
TERMINAL_PATH: Final = f"{STORE_PATH}/terminals/{{terminal_id}}"

Handler = Callable[[Request], Awaitable[Response]]
Work = Callable[[Request, Device], Awaitable[Response]]


class RefusedError(Exception):
    """A request that is answered with a problem; `retry_after_s` where it may come again later."""

    def __init__(
        self, status: int, error: str, detail: str = "", *, retry_after_s: float | None = None
    ) -> None:
        super().__init__(f"{status} {error}")
        self.status = status
        self.problem = Problem(error, detail)
        self.headers: dict[str, str] = {}
        if retry_after_s is not None:
            self.headers["Retry-After"] = str(max(1, math.ceil(retry_after_s)))
        if status in (408, 413):
            # What was not read of the request is never read: the connection cannot be used again.
            self.headers["Connection"] = "close"


class Guard:
    """Lets work be done only for devices that speak for the store and terminal of the path.

    Its buckets belong to the event loop's thread.
    """

    def __init__(
        self,
        database: Database,
        now_ms: Callable[[], int],
        limits: Limits | None = None,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits or Limits()
        self.secret = b""
        self._database = database
        self._now_ms = now_ms
        self._devices = TokenBuckets(
            per_s=self.limits.device_per_s, burst=self.limits.device_burst, monotonic_s=monotonic_s
        )
        self._addresses = TokenBuckets(
            per_s=self.limits.address_per_s, burst=self.limits.address_burst, monotonic_s=monotonic_s
        )
        self._load_secret()

    def authorised(self, work: Work) -> Handler:
        """The same work behind the guard."""

        async def known(request: Request) -> Response:
            return await work(request, await self._speaker(request))

        return answering(known)

    def unauthorised(self, work: Handler) -> Handler:
        """The same work for whoever asks, as often as an address may ask."""

        async def bounded(request: Request) -> Response:
            refuse_other_protocol(request)
            self._count(self._addresses, address_of(request))
            return await work(request)

        return answering(bounded)

    async def _speaker(self, request: Request) -> Device:
        refuse_other_protocol(request)
        authorization = request.headers.get("Authorization", "")
        claim = read_token(self.secret, authorization, now_ms=self._now_ms())
        if claim is None:
            self._count(self._addresses, address_of(request))
            raise RefusedError(401, KEY_UNKNOWN, "this needs a session of a device; open one")
        self._count(self._devices, f"{claim.store_id}\0{claim.terminal_id}")
        state, device = await run_in_threadpool(self._device, claim)
        if state == "revoked":
            raise RefusedError(403, REVOKED, "this device's key was revoked or replaced")
        if device is None:
            raise RefusedError(401, KEY_UNKNOWN, "the device's key is not known")
        if not device.is_set_up:
            raise RefusedError(403, "terminal_removed", "this terminal is not in the shop file")
        path = request.path_params
        if path["store_id"] != device.store_id:
            raise RefusedError(403, "store_refused", "the device belongs to another store")
        if path.get("terminal_id", device.terminal_id) != device.terminal_id:
            raise RefusedError(403, "store_refused", "the device is another terminal")
        return device

    def _device(self, claim: Claim) -> tuple[State, Device | None]:
        with self._database.reading() as connection:
            return device_of(connection, claim)

    def _load_secret(self) -> None:
        with self._database.reading() as connection:
            self.secret = hub_secret(connection)

    @staticmethod
    def _count(buckets: TokenBuckets, key: str) -> None:
        wait_s = buckets.take(key)
        if wait_s:
            raise RefusedError(429, "too_many_requests", "come back later", retry_after_s=wait_s)


def answering(work: Handler) -> Handler:
    """The same work, its refusals answered as problems."""

    async def handle(request: Request) -> Response:
        try:
            return await work(request)
        except RefusedError as refused:
            _let_go(refused)
            return json_reply(refused.problem, refused.status, headers=refused.headers)
        except CannotWriteError as trouble:
            _let_go(trouble)
            problem = Problem("cannot_write", "the disk of the database is full or fails; nothing was stored")
            return json_reply(problem, 503, headers={"Retry-After": "5"})
        except BusyError as trouble:
            _let_go(trouble)
            problem = Problem("busy", "nothing was stored; come again")
            return json_reply(problem, 503, headers={"Retry-After": "1"})
        except ClientDisconnect:
            return Response(status_code=400)

    return handle


def _let_go(trouble: BaseException) -> None:
    """Free what was being worked on when something went wrong, of its causes too."""
    # An exception that came from a thread is part of a ring with the frames it passed: a body of 64 MiB that
    # was refused would stay until the collector comes by, which is seldom here.
    held: list[BaseException | None] = [trouble]
    while held:
        one = held.pop()
        if one is not None and one.__traceback__ is not None:
            one.__traceback__ = None
            held += [one.__cause__, one.__context__]


def refuse_other_protocol(request: Request) -> None:
    """Ask a till of another protocol to upgrade; raises RefusedError."""
    spoken = request.headers.get(HEADER_PROTOCOL, str(PROTOCOL_VERSION))
    if spoken != str(PROTOCOL_VERSION):
        raise RefusedError(426, "upgrade", f"this hub speaks version {PROTOCOL_VERSION}")


def address_of(request: Request) -> str:
    """Where a request comes from, as it is counted."""
    return address_key(request.client.host) if request.client is not None else ""


async def bounded_body(request: Request, max_bytes: int = codec.BATCH_MAX_BYTES) -> bytes:
    """The request's body, given up as soon as it is too large or takes too long; raises RefusedError."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for piece in request.stream():
                body += piece
                if len(body) > max_bytes:
                    raise RefusedError(413, "too_large", f"at most {max_bytes} bytes")
    except TimeoutError as trouble:
        raise RefusedError(408, "too_slow", f"the body took longer than {BODY_WITHIN_S:g} s") from trouble
    return bytes(body)


def number_of(text: str | None, what: str) -> int:
    """A number from a header or a query; raises RefusedError."""
    if text is None or len(text) > _NUMBER_MAX_DIGITS or not (text.isascii() and text.isdigit()):
        raise RefusedError(400, "bad_header" if what != "limit" else "bad_limit", f"{what} must be a number")
    return int(text)


def json_reply(
    message: Any, status: int, *, compressed: bool = False, headers: dict[str, str] | None = None
) -> Response:
    """A message as an answer."""
    body = codec.encode_message(message)
    headers = dict(headers or {})
    if compressed and len(body) >= COMPRESS_FROM_BYTES:
        body = codec.compress(body)
        headers |= {"Content-Encoding": "zstd", "Vary": "Accept-Encoding"}
    return Response(body, status, headers, media_type=JSON_MEDIA_TYPE)
