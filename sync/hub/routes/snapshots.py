"""Hands out snapshots of a store's catalogue: what the newest one is, and its bytes from anywhere on.

A snapshot's address is its content, so whatever was fetched of one stays good. Bytes are read part by part as
they are sent; a slow till costs the hub one part of memory and no open transaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sync.hub.database import Database
from sync.hub.feeds.byte_ranges import UnsatisfiableError, read_range
from sync.hub.feeds.snapshot_build import PIECE_BYTES
from sync.hub.feeds.snapshots import read_part, signed_manifest, snapshot_length
from sync.hub.routes.guard import STORE_PATH, Guard, RefusedError, json_reply
from sync.hub.trust.auth import Device
from sync.protocol.versions import SNAPSHOT_MEDIA_TYPE


class SnapshotRoutes:
    """The quick way to a whole catalogue."""

    def __init__(self, database: Database, guard: Guard) -> None:
        self._database = database
        self._guard = guard

    def table(self) -> list[Route]:
        """The routes; both answer HEAD as well."""
        return [
            Route(f"{STORE_PATH}/snapshot", self._guard.authorised(self._manifest), methods=["GET"]),
            Route(f"{STORE_PATH}/snapshot/{{sha256}}", self._guard.authorised(self._bytes), methods=["GET"]),
        ]

    async def _manifest(self, _request: Request, device: Device) -> Response:
        signed = await run_in_threadpool(self._ask, signed_manifest, device.store_id)
        if signed is None:
            raise RefusedError(404, "no_snapshot", "there is none of this store; pull the rows")
        return json_reply(signed, 200)

    async def _bytes(self, request: Request, device: Device) -> Response:
        sha256 = request.path_params["sha256"]
        length = await run_in_threadpool(self._ask, snapshot_length, device.store_id, sha256)
        if length is None:
            raise RefusedError(404, "no_snapshot", "there is no such one, or none any more")
        tag = f'"{sha256}"'
        headers = {"ETag": tag, "Accept-Ranges": "bytes", "Cache-Control": "private, immutable"}
        if _names(request.headers.get("If-None-Match"), tag):
            return Response(status_code=304, headers=headers)
        status, first, end = 200, 0, length
        if request.headers.get("If-Range", tag) == tag:
            try:
                wanted = read_range(request.headers.get("Range"), length)
            except UnsatisfiableError:
                return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{length}"})
            if wanted is not None:
                status, (first, end) = 206, wanted
                headers["Content-Range"] = f"bytes {first}-{end - 1}/{length}"
        headers["Content-Length"] = str(end - first)
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers, media_type=SNAPSHOT_MEDIA_TYPE)
        parts = self._parts(device.store_id, sha256, first, end)
        return StreamingResponse(parts, status, headers, media_type=SNAPSHOT_MEDIA_TYPE)

    async def _parts(self, store_id: str, sha256: str, first: int, end: int) -> AsyncIterator[bytes]:
        for part_no in range(first // PIECE_BYTES, (end - 1) // PIECE_BYTES + 1):
            part = await run_in_threadpool(self._ask, read_part, store_id, sha256, part_no)
            if part is None:
                # Two newer ones came during one download: what is missing can only be told by ending here.
                return
            start = part_no * PIECE_BYTES
            yield part[max(0, first - start) : end - start]

    def _ask(self, question: Any, *arguments: Any) -> Any:
        with self._database.reading() as connection:
            return question(connection, *arguments)


def _names(header: str | None, tag: str) -> bool:
    """Whether an If-None-Match header names a tag."""
    return header is not None and (header.strip() == "*" or tag in {one.strip() for one in header.split(",")})
