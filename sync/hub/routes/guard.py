"""What every route shares: who is speaking, whether it may, how much comes in, how an answer looks.

A device may touch its own store and its own events only; every refusal is a small JSON problem with a fixed
word.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from sync.hub.auth import Device, authenticate
from sync.hub.database import Database
from sync.protocol import codec
from sync.protocol.messages import Problem
from sync.protocol.versions import HEADER_PROTOCOL, JSON_MEDIA_TYPE, PATH_PREFIX, PROTOCOL_VERSION

COMPRESS_FROM_BYTES: Final = 1_024
_NUMBER_MAX_DIGITS: Final = 18

STORE_PATH: Final = f"{PATH_PREFIX}/stores/{{store_id}}"
TERMINAL_PATH: Final = f"{STORE_PATH}/terminals/{{terminal_id}}"

Handler = Callable[[Request], Awaitable[Response]]
Work = Callable[[Request, Device], Awaitable[Response]]


class RefusedError(Exception):
    """A request that is answered with a problem."""

    def __init__(self, status: int, error: str, detail: str = "") -> None:
        super().__init__(f"{status} {error}")
        self.status = status
        self.problem = Problem(error, detail)


class Guard:
    """Lets work be done only for devices that speak for the store and terminal of the path."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def authorised(self, work: Work) -> Handler:
        """The same work behind the guard."""

        async def handle(request: Request) -> Response:
            try:
                return await work(request, await self._speaker(request))
            except RefusedError as refused:
                return json_reply(refused.problem, refused.status)
            except ClientDisconnect:
                return Response(status_code=400)

        return handle

    async def _speaker(self, request: Request) -> Device:
        spoken = request.headers.get(HEADER_PROTOCOL, str(PROTOCOL_VERSION))
        if spoken != str(PROTOCOL_VERSION):
            raise RefusedError(426, "upgrade", f"this hub speaks version {PROTOCOL_VERSION}")
        authorization = request.headers.get("Authorization", "")
        device = await run_in_threadpool(self._device, authorization)
        if device is None:
            raise RefusedError(401, "key_refused", "the device key is not known")
        if not device.is_set_up:
            raise RefusedError(403, "terminal_removed", "this terminal is not in the shop file")
        path = request.path_params
        if path["store_id"] != device.store_id:
            raise RefusedError(403, "store_refused", "the device belongs to another store")
        if path.get("terminal_id", device.terminal_id) != device.terminal_id:
            raise RefusedError(403, "store_refused", "the device is another terminal")
        return device

    def _device(self, authorization: str) -> Device | None:
        with self._database.reading() as connection:
            return authenticate(connection, authorization)


async def bounded_body(request: Request, max_bytes: int = codec.BATCH_MAX_BYTES) -> bytes:
    """The request's body, given up as soon as it is too large."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > max_bytes:
            raise RefusedError(413, "too_large", f"at most {max_bytes} bytes")
    return bytes(body)


def number_of(text: str | None, what: str) -> int:
    """A number from a header or a query; raises RefusedError."""
    if text is None or len(text) > _NUMBER_MAX_DIGITS or not (text.isascii() and text.isdigit()):
        raise RefusedError(400, "bad_header" if what != "limit" else "bad_limit", f"{what} must be a number")
    return int(text)


def json_reply(message: Any, status: int, *, compressed: bool = False) -> Response:
    """A message as an answer."""
    body = codec.encode_message(message)
    headers = {}
    if compressed and len(body) >= COMPRESS_FROM_BYTES:
        body = codec.compress(body)
        headers = {"Content-Encoding": "zstd", "Vary": "Accept-Encoding"}
    return Response(body, status, headers, media_type=JSON_MEDIA_TYPE)
