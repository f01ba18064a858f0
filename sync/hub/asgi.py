"""The hub as an ASGI application, and the server that carries it.

Every answer says what time the hub thinks it is, so that a till can show how far its clock is off.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sync.hub.database import Database
from sync.hub.routes import all_routes
from sync.protocol.versions import HEADER_TIME_MS

LOG = logging.getLogger("poshub.asgi")
#: Longer than a till's pull interval, so that its connection lives on.
KEEP_ALIVE_S: Final = 75
SHUTDOWN_WITHIN_S: Final = 5


def create_app(database: Database, now_ms: Callable[[], int]) -> ASGIApp:
    """The application over an open database, which the caller closes after the last request."""
    return _TimeStamped(Starlette(routes=all_routes(database, now_ms)), now_ms)


class _TimeStamped:
    """Adds the hub's time to every answer."""

    def __init__(self, app: ASGIApp, now_ms: Callable[[], int]) -> None:
        self._app = app
        self._now_ms = now_ms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                stamp = (HEADER_TIME_MS.lower().encode(), str(self._now_ms()).encode())
                message = {**message, "headers": [*message.get("headers", ()), stamp]}
            await send(message)

        await self._app(scope, receive, stamped if scope["type"] == "http" else send)


class Server(uvicorn.Server):
    """A server that tells when it listens, and where."""

    def __init__(self, app: ASGIApp, *, host: str, port: int, on_ready: Callable[[str], Any]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                # Our own records say what happened; paths and peers of each request are not kept.
                access_log=False,
                log_config=None,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=SHUTDOWN_WITHIN_S,
                lifespan="off",
                ws="none",
                server_header=False,
            )
        )
        self._on_ready = on_ready

    async def startup(self, sockets: Any = None) -> None:
        """Listen, then tell the address."""
        await super().startup(sockets=sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            self._on_ready(f"http://{shown}:{port}")
