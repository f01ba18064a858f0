"""What a till asks about leases: which it may use, telling which it holds and has closed.

The same question gets the same leases; nothing is spent here, that is for the facts of sales.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.hub.database import Database
from sync.hub.loyalty.leases import SPENT_MAX, answer_leases
from sync.hub.routes.guard import TERMINAL_PATH, Guard, RefusedError, bounded_body, json_reply
from sync.hub.trust.auth import Device
from sync.protocol import codec
from sync.protocol.codec import SEQ_MAX
from sync.protocol.loyalty import LEASES, LeasesReply, LeasesRequest

_BYTES_MOST: Final = 64 * 1024
_HELD_MOST: Final = 500
_ID_MAX_CHARS: Final = 64


class LeaseRoutes:
    """Questions about leases."""

    def __init__(self, database: Database, guard: Guard, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._guard = guard
        self._now_ms = now_ms

    def table(self) -> list[Route]:
        """The routes."""
        return [Route(f"{TERMINAL_PATH}/{LEASES}", self._guard.authorised(self._leases), methods=["POST"])]

    async def _leases(self, request: Request, device: Device) -> Response:
        try:
            asked = codec.decode_message(await bounded_body(request, _BYTES_MOST), LeasesRequest)
        except codec.WireError as trouble:
            raise RefusedError(400, "bad_request", str(trouble)) from trouble
        if not _is_sound(asked):
            raise RefusedError(400, "bad_request", "epoch, ids or amounts are out of bounds")

        def grant(connection: Connection) -> LeasesReply:
            place = (device.store_id, device.terminal_id)
            return answer_leases(connection, asked, place, now_ms=self._now_ms())

        return json_reply(await run_in_threadpool(self._database.write, grant), 200)


def _is_sound(asked: LeasesRequest) -> bool:
    """Whether every column holds what is asked."""
    return (
        0 <= asked.epoch <= SEQ_MAX
        and len(asked.held) <= _HELD_MOST
        and all(
            0 < len(each.lease_id) <= _ID_MAX_CHARS
            and each.lease_id.isprintable()
            and 0 <= each.spent <= SPENT_MAX
            for each in asked.held
        )
    )
