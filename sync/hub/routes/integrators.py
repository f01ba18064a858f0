"""For programs of the shop's IT: the description of the routes, and figures for Prometheus."""

from __future__ import annotations

import hmac
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from posapp import __version__
from sync.hub.routes.guard import Guard, RefusedError, json_reply
from sync.hub.routes.openapi import openapi_document
from sync.hub.upkeep.metrics import Metrics

_LOOPBACK: Final = ("127.0.0.1", "::1")


class IntegratorRoutes:
    """What integrators may ask; figures are given to the loopback, or to who has the token."""

    def __init__(self, guard: Guard, metrics: Metrics, metrics_token: str) -> None:
        self._guard = guard
        self._metrics = metrics
        self._token = metrics_token
        self._document = openapi_document(__version__)

    def table(self) -> list[Route]:
        """The routes."""
        return [
            Route("/openapi.json", self._guard.unauthorised(self._openapi), methods=["GET"]),
            Route("/metrics", self._guard.unauthorised(self._figures), methods=["GET"]),
        ]

    async def _openapi(self, _request: Request) -> Response:
        return json_reply(self._document, 200)

    async def _figures(self, request: Request) -> Response:
        if self._token:
            given = request.headers.get("Authorization", "")
            if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
                raise RefusedError(403, "metrics_refused", "this needs the token of --metrics-token-file")
        elif request.client is None or request.client.host not in _LOOPBACK:
            raise RefusedError(403, "metrics_refused", "figures are given to the loopback only")
        return Response(await run_in_threadpool(self._metrics.text), media_type=CONTENT_TYPE_LATEST)
