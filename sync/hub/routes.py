"""The hub's routes: authorises, bounds what comes in, and hands over to ingest and feed.

Nothing is stored or read here. A device may touch its own store and its own events only; every refusal
is a small JSON problem with a fixed word.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from sync.hub.auth import Device, authenticate
from sync.hub.database import Database
from sync.hub.feed import BadCursorError, UnknownCursorError, UnknownStreamError, read_feed
from sync.hub.ingest import Batch, ingest
from sync.hub.summary import terminal_summary
from sync.protocol import codec
from sync.protocol.messages import Problem, PushReply
from sync.protocol.versions import (
    FEED_PAGE_MAX,
    HEADER_EPOCH,
    HEADER_FIRST_SEQ,
    HEADER_PROTOCOL,
    JSON_MEDIA_TYPE,
    PATH_PREFIX,
    PROTOCOL_VERSION,
)

LOG = logging.getLogger("poshub.routes")
COMPRESS_FROM_BYTES: Final = 1_024
_NUMBER_MAX_DIGITS: Final = 18

Work = Callable[[Request, Device], Awaitable[Response]]


class RefusedError(Exception):
    """A request that is answered with a problem."""

    def __init__(self, status: int, error: str, detail: str = "") -> None:
        super().__init__(f"{status} {error}")
        self.status = status
        self.problem = Problem(error, detail)


class Routes:
    """The handlers, with the database and the clock that they work on."""

    def __init__(self, database: Database, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms

    def table(self) -> list[Route]:
        """Every route of the hub."""
        store = f"{PATH_PREFIX}/stores/{{store_id}}"
        terminal = f"{store}/terminals/{{terminal_id}}"
        return [
            Route("/healthz", self._health, methods=["GET"]),
            Route(f"{terminal}/events", self._authorised(self._events), methods=["POST"]),
            Route(f"{terminal}/summary", self._authorised(self._summary), methods=["GET"]),
            Route(f"{store}/feed/{{stream}}", self._authorised(self._feed), methods=["GET"]),
        ]

    def _authorised(self, work: Work) -> Callable[[Request], Awaitable[Response]]:
        """The same work, done only for a device that speaks for the store and terminal of the path."""

        async def handle(request: Request) -> Response:
            try:
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
                return await work(request, device)
            except RefusedError as refused:
                return _json(refused.problem, refused.status)
            except ClientDisconnect:
                return Response(status_code=400)

        return handle

    def _device(self, authorization: str) -> Device | None:
        with self._database.reading() as connection:
            return authenticate(connection, authorization)

    # ------------------------------------------------------------------ handlers
    async def _health(self, _request: Request) -> Response:
        def look() -> None:
            with self._database.reading():
                return

        await run_in_threadpool(look)
        return _json({"status": "ok", "protocol": PROTOCOL_VERSION}, 200)

    async def _events(self, request: Request, device: Device) -> Response:
        epoch = _number(request.headers.get(HEADER_EPOCH), HEADER_EPOCH)
        first_seq = request.headers.get(HEADER_FIRST_SEQ)
        first = None if first_seq is None else _number(first_seq, HEADER_FIRST_SEQ)
        if first == 0:
            raise RefusedError(400, "bad_header", f"{HEADER_FIRST_SEQ} counts from 1")
        body = await _bounded_body(request)
        reply = await run_in_threadpool(self._ingest, device, epoch, first, body)
        return _json(reply, 200)

    def _ingest(self, device: Device, epoch: int, first_seq: int | None, body: bytes) -> PushReply:
        try:
            lines = codec.unpack(body)
        except codec.TooLargeError as trouble:
            raise RefusedError(413, "too_large", str(trouble)) from trouble
        except codec.WireError as trouble:
            raise RefusedError(400, "unreadable_batch", str(trouble)) from trouble
        batch = Batch(device.store_id, device.terminal_id, epoch, first_seq, lines)
        with self._database.writing() as connection:
            result = ingest(connection, batch, now_ms=self._now_ms())
        LOG.info(
            "events",
            extra={
                "fields": {
                    "store": device.store_id,
                    "terminal": device.terminal_id,
                    "epoch": epoch,
                    "acked_through": result.acked_through,
                    "stored": result.stored,
                    "replayed": result.replayed,
                    "quarantined": result.quarantined,
                    "forked": result.forked,
                    "after_gap": result.after_gap,
                }
            },
        )
        return PushReply(result.acked_through)

    async def _summary(self, _request: Request, device: Device) -> Response:
        def read() -> Any:
            with self._database.reading() as connection:
                return terminal_summary(connection, device.store_id, device.terminal_id)

        return _json(await run_in_threadpool(read), 200)

    async def _feed(self, request: Request, device: Device) -> Response:
        limit = _number(request.query_params.get("limit", str(FEED_PAGE_MAX)), "limit")
        limit = min(max(limit, 1), FEED_PAGE_MAX)
        after = request.query_params.get("after") or None
        stream = request.path_params["stream"]
        compressed = "zstd" in request.headers.get("Accept-Encoding", "")
        return await run_in_threadpool(self._feed_page, device.store_id, stream, after, limit, compressed)

    def _feed_page(
        self, store_id: str, stream: str, after: str | None, limit: int, compressed: bool
    ) -> Response:
        try:
            with self._database.reading() as connection:
                page = read_feed(
                    connection,
                    self._database.feed_id,
                    store_id=store_id,
                    stream=stream,
                    after=after,
                    limit=limit,
                )
        except UnknownStreamError as trouble:
            raise RefusedError(404, "unknown_stream") from trouble
        except BadCursorError as trouble:
            raise RefusedError(400, "bad_cursor", str(trouble)) from trouble
        except UnknownCursorError as trouble:
            raise RefusedError(410, "cursor_unknown", "start the stream anew") from trouble
        return _json(page, 200, compressed=compressed)


async def _bounded_body(request: Request) -> bytes:
    """The request's body, given up as soon as it is too large."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > codec.BATCH_MAX_BYTES:
            raise RefusedError(413, "too_large", f"at most {codec.BATCH_MAX_BYTES} bytes")
    return bytes(body)


def _number(text: str | None, what: str) -> int:
    if text is None or len(text) > _NUMBER_MAX_DIGITS or not (text.isascii() and text.isdigit()):
        raise RefusedError(400, "bad_header" if what != "limit" else "bad_limit", f"{what} must be a number")
    return int(text)


def _json(message: Any, status: int, *, compressed: bool = False) -> Response:
    body = codec.encode_message(message)
    headers = {}
    if compressed and len(body) >= COMPRESS_FROM_BYTES:
        body = codec.compress(body)
        headers = {"Content-Encoding": "zstd", "Vary": "Accept-Encoding"}
    return Response(body, status, headers, media_type=JSON_MEDIA_TYPE)
