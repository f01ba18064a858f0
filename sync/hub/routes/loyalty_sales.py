"""What tills ask about sales of their store: goods may come back where they were not bought."""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.hub.database import Database
from sync.hub.loyalty.sale_lookup import find_sale
from sync.hub.routes.guard import TERMINAL_PATH, Guard, RefusedError, bounded_body, json_reply
from sync.hub.trust.auth import Device
from sync.protocol import codec
from sync.protocol.loyalty import FIND_SALE, FindSaleReply, FindSaleRequest

_BYTES_MOST: Final = 4 * 1024
_RECEIPT_MAX_CHARS: Final = 64


class SaleRoutes:
    """The question which sale a receipt is of; only the store's own are told."""

    def __init__(self, database: Database, guard: Guard) -> None:
        self._database = database
        self._guard = guard

    def table(self) -> list[Route]:
        """The routes."""
        return [Route(f"{TERMINAL_PATH}/{FIND_SALE}", self._guard.authorised(self._find), methods=["POST"])]

    async def _find(self, request: Request, device: Device) -> Response:
        body = await bounded_body(request, _BYTES_MOST)
        try:
            asked = codec.decode_message(body, FindSaleRequest)
        except codec.WireError as trouble:
            raise RefusedError(400, "bad_request", str(trouble)) from trouble
        if not 0 < len(asked.receipt) <= _RECEIPT_MAX_CHARS or not asked.receipt.isprintable():
            raise RefusedError(400, "bad_request", f"a receipt has 1 to {_RECEIPT_MAX_CHARS} printable signs")

        def read() -> FindSaleReply:
            with self._database.reading() as connection:
                return find_sale(connection, device.store_id, asked.receipt)

        return json_reply(await run_in_threadpool(read), 200, compressed="zstd" in _accepts(request))


def _accepts(request: Request) -> str:
    return request.headers.get("Accept-Encoding", "")
