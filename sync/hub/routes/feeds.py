"""Hands out what is new in a stream; nothing is read here, `feed` does that."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.hub.database import Database
from sync.hub.feeds.feed import BadCursorError, UnknownCursorError, UnknownStreamError, read_feed
from sync.hub.routes.guard import STORE_PATH, Guard, RefusedError, json_reply, number_of
from sync.hub.trust.auth import Device
from sync.protocol.versions import FEED_PAGE_MAX


class FeedRoutes:
    """The way down."""

    def __init__(self, database: Database, guard: Guard) -> None:
        self._database = database
        self._guard = guard

    def table(self) -> list[Route]:
        """The routes."""
        return [Route(f"{STORE_PATH}/feed/{{stream}}", self._guard.authorised(self._feed), methods=["GET"])]

    async def _feed(self, request: Request, device: Device) -> Response:
        limit = number_of(request.query_params.get("limit", str(FEED_PAGE_MAX)), "limit")
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
        return json_reply(page, 200, compressed=compressed)
