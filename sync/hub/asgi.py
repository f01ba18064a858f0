"""The hub as an ASGI application, and the server that carries it.

Every answer says what time the hub thinks it is, so that a till can show how far its clock is off.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sync.hub.database import Database
from sync.hub.limits import Limits
from sync.hub.routes import all_routes
from sync.hub.wire_bounds import BoundedHttp
from sync.protocol.versions import HEADER_TIME_MS

LOG = logging.getLogger("poshub.asgi")
#: Longer than a till's pull interval, so that its connection lives on.
KEEP_ALIVE_S: Final = 75
SHUTDOWN_WITHIN_S: Final = 5


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a server listens and with which certificate; its files are PEM.

    `proxies` are addresses (or "*") whose word is taken for where a request comes from.
    """

    host: str = "127.0.0.1"
    port: int = 0
    certificate: Path | None = None
    key: Path | None = None
    proxies: str = ""
    connections_max: int | None = None


def create_app(database: Database, now_ms: Callable[[], int], limits: Limits | None = None) -> ASGIApp:
    """The application over an open database, which the caller closes after the last request."""
    return _TimeStamped(Starlette(routes=all_routes(database, now_ms, limits)), now_ms)


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
    """A server that tells when it listens, and where; raises OSError for a certificate that is none."""

    def __init__(self, app: ASGIApp, listening: Listening, *, on_ready: Callable[[str], Any]) -> None:
        config = uvicorn.Config(
            app,
            host=listening.host,
            port=listening.port,
            # Our own records say what happened; paths and peers of each request are not kept.
            access_log=False,
            log_config=None,
            http=BoundedHttp,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=SHUTDOWN_WITHIN_S,
            limit_concurrency=listening.connections_max,
            proxy_headers=bool(listening.proxies),
            forwarded_allow_ips=listening.proxies or None,
            lifespan="off",
            ws="none",
            server_header=False,
            ssl_certfile=listening.certificate,
            ssl_keyfile=listening.key,
        )
        config.load()
        if config.ssl is not None:
            config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: Any = None) -> None:
        """Listen, then tell the address."""
        await super().startup(sockets=sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            scheme = "http" if self.config.ssl is None else "https"
            self._on_ready(f"{scheme}://{shown}:{port}")
