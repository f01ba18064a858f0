"""What tills ask about gift cards before they take payment: what is on one, and to keep an amount of it.

Either answer may be asked for again word for word. Nothing is spent here: the fact of the sale does that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.hub.database import Database
from sync.hub.loyalty.gift_cards import hold, tell
from sync.hub.routes.guard import TERMINAL_PATH, Guard, RefusedError, bounded_body, json_reply
from sync.hub.trust.auth import Device
from sync.protocol import codec
from sync.protocol.loyalty import (
    GIFT_HOLD,
    GIFT_TELL,
    UNDONE_MOST,
    GiftHoldRequest,
    GiftReply,
    GiftTellRequest,
)

_BYTES_MOST: Final = 4 * 1024
_ID_MAX_CHARS: Final = 100
_AMOUNT_MAX_MINOR: Final = 10**15

_Asked = TypeVar("_Asked")


class GiftRoutes:
    """Questions about gift cards."""

    def __init__(self, database: Database, guard: Guard, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._guard = guard
        self._now_ms = now_ms

    def table(self) -> list[Route]:
        """The routes."""
        return [
            Route(f"{TERMINAL_PATH}/{GIFT_TELL}", self._guard.authorised(self._tell), methods=["POST"]),
            Route(f"{TERMINAL_PATH}/{GIFT_HOLD}", self._guard.authorised(self._hold), methods=["POST"]),
        ]

    async def _tell(self, request: Request, _device: Device) -> Response:
        asked = await _read(request, GiftTellRequest)
        _check(asked.card_id)

        def read() -> GiftReply:
            with self._database.reading() as connection:
                return tell(connection, asked.card_id, now_ms=self._now_ms())

        return json_reply(await run_in_threadpool(read), 200)

    async def _hold(self, request: Request, device: Device) -> Response:
        asked = await _read(request, GiftHoldRequest)
        _check(asked.card_id, asked.hold_id, asked.transaction_id, asked.currency or "-", *asked.undone)
        if len(asked.undone) > UNDONE_MOST:
            raise RefusedError(400, "bad_request", f"at most {UNDONE_MOST} holds that are taken back")
        if not 0 <= asked.amount_minor <= _AMOUNT_MAX_MINOR:
            raise RefusedError(400, "bad_request", "amount_minor is out of bounds")

        def keep(connection: Connection) -> GiftReply:
            place = (device.store_id, device.terminal_id)
            return hold(connection, asked, place, now_ms=self._now_ms())

        return json_reply(await run_in_threadpool(self._database.write, keep), 200)


async def _read(request: Request, kind: type[_Asked]) -> _Asked:
    try:
        return codec.decode_message(await bounded_body(request, _BYTES_MOST), kind)
    except codec.WireError as trouble:
        raise RefusedError(400, "bad_request", str(trouble)) from trouble


def _check(*ids: str) -> None:
    """Refuse what no column holds."""
    if not all(0 < len(each) <= _ID_MAX_CHARS and each.isprintable() for each in ids):
        raise RefusedError(400, "bad_request", f"ids have 1 to {_ID_MAX_CHARS} printable signs")
