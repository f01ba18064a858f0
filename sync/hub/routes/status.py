"""What terminals say of themselves and hear back, figures of one terminal, and whether the hub is well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.hub.database import BusyError, CannotWriteError, Database
from sync.hub.fleet.status_board import ReportError, StatusBoard
from sync.hub.fleet.summary import terminal_summary
from sync.hub.routes.guard import (
    TERMINAL_PATH,
    Guard,
    RefusedError,
    answering,
    bounded_body,
    json_reply,
)
from sync.hub.trust.auth import DAY_MS, Device, is_rotation_due
from sync.hub.upkeep.health import Health
from sync.protocol import codec
from sync.protocol.messages import StatusReport
from sync.protocol.versions import PROTOCOL_VERSION

REPORT_BYTES_MOST: Final = 16 * 1024
_WELL: Final = {"status": "ok", "protocol": PROTOCOL_VERSION}


class StatusRoutes:
    """Questions about the state of things."""

    def __init__(self, database: Database, guard: Guard, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._guard = guard
        self._now_ms = now_ms
        self._board = StatusBoard(database, now_ms)
        self._look = Health(database)

    def table(self) -> list[Route]:
        """The routes."""
        return [
            Route("/livez", answering(self._alive), methods=["GET"]),
            Route("/healthz", answering(self._health), methods=["GET"]),
            Route(f"{TERMINAL_PATH}/summary", self._guard.authorised(self._summary), methods=["GET"]),
            Route(f"{TERMINAL_PATH}/status", self._guard.authorised(self._status), methods=["POST"]),
        ]

    async def _alive(self, _request: Request) -> Response:
        return json_reply(_WELL, 200)

    async def _health(self, _request: Request) -> Response:
        trouble = await run_in_threadpool(self._look.look)
        if trouble == "cannot_write":
            raise CannotWriteError
        if trouble:
            raise BusyError
        return json_reply(_WELL, 200)

    async def _summary(self, _request: Request, device: Device) -> Response:
        def read() -> Any:
            with self._database.reading() as connection:
                return terminal_summary(connection, device.store_id, device.terminal_id)

        return json_reply(await run_in_threadpool(read), 200)

    async def _status(self, request: Request, device: Device) -> Response:
        body = await bounded_body(request, REPORT_BYTES_MOST)
        try:
            report = codec.decode_message(body, StatusReport)
            reply = await run_in_threadpool(self._board.take, device.store_id, device.terminal_id, report)
        except (codec.WireError, ReportError) as trouble:
            raise RefusedError(400, "bad_report", str(trouble)) from trouble
        after_ms = self._guard.limits.rotate_after_days * DAY_MS
        due = is_rotation_due(device, now_ms=self._now_ms(), after_ms=after_ms)
        return json_reply(msgspec.structs.replace(reply, rotate_key=due), 200)
