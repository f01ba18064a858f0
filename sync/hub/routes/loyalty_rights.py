"""What tills ask about coupons and points before they take payment: to keep just these for a sale.

May be asked again word for word. Nothing is used up here: the fact of the sale does that.
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
from sync.hub.loyalty.holds import COUPONS_MOST, hold_rights
from sync.hub.routes.guard import TERMINAL_PATH, Guard, RefusedError, bounded_body, json_reply
from sync.hub.trust.auth import Device
from sync.protocol import codec
from sync.protocol.loyalty import HOLD, UNDONE_MOST, HoldReply, HoldRequest

_BYTES_MOST: Final = 16 * 1024
_ID_MAX_CHARS: Final = 64
_POINTS_MOST: Final = 10**12


class RightsRoutes:
    """The question what may be used."""

    def __init__(self, database: Database, guard: Guard, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._guard = guard
        self._now_ms = now_ms

    def table(self) -> list[Route]:
        """The routes."""
        return [Route(f"{TERMINAL_PATH}/{HOLD}", self._guard.authorised(self._hold), methods=["POST"])]

    async def _hold(self, request: Request, device: Device) -> Response:
        body = await bounded_body(request, _BYTES_MOST)
        try:
            asked = codec.decode_message(body, HoldRequest)
        except codec.WireError as trouble:
            raise RefusedError(400, "bad_request", str(trouble)) from trouble
        _check(asked)

        def keep(connection: Connection) -> HoldReply:
            place = (device.store_id, device.terminal_id)
            return hold_rights(connection, asked, place, now_ms=self._now_ms())

        return json_reply(await run_in_threadpool(self._database.write, keep), 200)


def _check(asked: HoldRequest) -> None:
    """Refuse what no column holds and no sale has."""
    if len(asked.coupons) > COUPONS_MOST:
        raise RefusedError(400, "bad_request", f"at most {COUPONS_MOST} coupons")
    if len(asked.undone) > UNDONE_MOST:
        raise RefusedError(400, "bad_request", f"at most {UNDONE_MOST} holds that are taken back")
    ids = (asked.hold_id, asked.transaction_id, *asked.coupons, *asked.undone)
    ids += (asked.member_id or "-", asked.proof or "-")
    if not all(0 < len(each) <= _ID_MAX_CHARS and each.isprintable() for each in ids):
        raise RefusedError(400, "bad_request", f"ids have 1 to {_ID_MAX_CHARS} printable signs")
    if not 0 <= asked.points <= _POINTS_MOST or not 0 <= (asked.step or 0) <= codec.SEQ_MAX:
        raise RefusedError(400, "bad_request", "points or step is out of bounds")
