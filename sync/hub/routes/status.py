"""Figures of one terminal, and whether the hub is well."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.hub.auth import Device
from sync.hub.database import Database
from sync.hub.routes.guard import TERMINAL_PATH, Guard, json_reply
from sync.hub.summary import terminal_summary
from sync.protocol.versions import PROTOCOL_VERSION


class StatusRoutes:
    """Questions about the state of things."""

    def __init__(self, database: Database, guard: Guard) -> None:
        self._database = database
        self._guard = guard

    def table(self) -> list[Route]:
        """The routes."""
        return [
            Route("/healthz", self._health, methods=["GET"]),
            Route(f"{TERMINAL_PATH}/summary", self._guard.authorised(self._summary), methods=["GET"]),
        ]

    async def _health(self, _request: Request) -> Response:
        def look() -> None:
            with self._database.reading():
                return

        await run_in_threadpool(look)
        return json_reply({"status": "ok", "protocol": PROTOCOL_VERSION}, 200)

    async def _summary(self, _request: Request, device: Device) -> Response:
        def read() -> Any:
            with self._database.reading() as connection:
                return terminal_summary(connection, device.store_id, device.terminal_id)

        return json_reply(await run_in_threadpool(read), 200)
