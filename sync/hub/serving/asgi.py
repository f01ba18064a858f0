"""The hub as an ASGI application, and the server that carries it.

Every answer says what time the hub thinks it is, so that a till can show how far its clock is off, and is
counted by its route.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Lifespan, Message, Receive, Scope, Send

from sync.hub.database import Database
from sync.hub.routes import all_routes
from sync.hub.serving.wire_bounds import BoundedHttp
from sync.hub.trust.limits import Limits
from sync.hub.upkeep.metrics import Metrics
from sync.hub.upkeep.waiting import waiting_rows
from sync.protocol.versions import HEADER_TIME_MS

LOG = logging.getLogger("poshub.asgi")
#: Longer than a till's pull interval, so that its connection lives on.
KEEP_ALIVE_S: Final = 75
SHUTDOWN_WITHIN_S: Final = 5
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


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


def create_app(
    database: Database,
    now_ms: Callable[[], int],
    limits: Limits | None = None,
    *,
    metrics_token: str = "",
    lifespan: Lifespan[Starlette] | None = None,
) -> ASGIApp:
    """The application over an open database, which the caller closes after the last request."""
    metrics = Metrics(lambda: waiting_rows(database))
    routes = all_routes(database, now_ms, limits, metrics=metrics, metrics_token=metrics_token)
    return _Observed(Starlette(routes=routes, lifespan=lifespan), now_ms, metrics)


class _Observed:
    """Adds the hub's time to every answer, and counts it."""

    def __init__(self, app: ASGIApp, now_ms: Callable[[], int], metrics: Metrics) -> None:
        self._app = app
        self._now_ms = now_ms
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        began_s = time.perf_counter()

        async def stamped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                stamp = (HEADER_TIME_MS.lower().encode(), str(self._now_ms()).encode())
                message = {**message, "headers": [*message.get("headers", ()), stamp]}
            await send(message)

        try:
            await self._app(scope, receive, stamped)
        finally:
            # A path that is no route is one series, whatever was asked for; so is a method that nobody knows.
            path = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.answered(path, method, status, time.perf_counter() - began_s)


class HubConfig(uvicorn.Config):
    """How this hub's servers are set up, whether they are one or many."""

    def __init__(self, app: ASGIApp | str, listening: Listening, **further: Any) -> None:
        super().__init__(
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
            ws="none",
            server_header=False,
            ssl_certfile=listening.certificate,
            ssl_keyfile=listening.key,
            **further,
        )

    def load(self) -> None:
        """Load what serves, and the certificate; raises OSError for one that is none."""
        super().load()
        if self.ssl is not None:
            self.ssl.minimum_version = ssl.TLSVersion.TLSv1_2


class Server(uvicorn.Server):
    """A server that tells when it listens, and where; raises OSError for a certificate that is none."""

    def __init__(
        self, app: ASGIApp, listening: Listening, *, on_ready: Callable[[str], Any], loop: str = "auto"
    ) -> None:
        config = HubConfig(app, listening, lifespan="off", loop=loop)
        config.load()
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: Any = None) -> None:
        """Listen, then tell the address."""
        await super().startup(sockets=sockets)
        if self.started:
            name = self.servers[0].sockets[0].getsockname()
            self._on_ready(url_of(name, secure=self.config.ssl is not None))


def url_of(name: tuple[Any, ...], *, secure: bool) -> str:
    """The address of a listening socket, by its name."""
    host, port = name[:2]
    return f"{'https' if secure else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
