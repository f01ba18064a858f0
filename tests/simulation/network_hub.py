"""The hub of the network campaign: the real application over SQLite, asked in this process, and mortal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from sync.hub.database import Database
from sync.hub.serving.asgi import create_app
from sync.hub.trust.limits import Limits


class HubDied(Exception):  # noqa: N818 - what happened, not an error of the program
    """The hub's process is gone in the middle of a request."""


class FileDatabase(Database):
    """A hub's database that is known to be up to date: looking takes longer than a whole round.

    Statements are compiled once for all of a campaign's hubs: that takes longer than running them.
    """

    def _prepare(self, make: bool) -> None:
        first = _compiled_before(self._engine)
        self._engine.dialect = first.dialect
        self._engine._compiled_cache = first._compiled_cache


_FIRST: list[Engine] = []


def _compiled_before(engine: Engine) -> Engine:
    """The first engine of the campaign, that of the others' dialect and statements."""
    if not _FIRST:
        _FIRST.append(engine)
    return _FIRST[0]


class Hub:
    """The real application; it can die around its commit, and comes back at once."""

    def __init__(self, path: Path, now_ms: Callable[[], int], loop: asyncio.AbstractEventLoop) -> None:
        self._path = path
        self._now_ms = now_ms
        self._loop = loop
        self.dies = ""
        self.limits = Limits(device_per_s=0, address_per_s=0)
        self.open()

    def open(self) -> None:
        """Start as found."""
        self.database = FileDatabase(self._path)
        self._app = create_app(self.database, self._now_ms, self.limits)
        inner = self.database.writing

        def writing() -> Any:
            return _Dying(inner(), self)

        self.database.writing = writing  # type: ignore[method-assign]

    def ask(
        self, method: str, path: str, *, token: str, query: str = "", data: bytes = b"",
        headers: Sequence[tuple[str, str]] = (),
    ) -> tuple[int, dict[str, str], bytes]:  # fmt: skip
        """Status, headers and body of one request; raises HubDied, and then the hub is another process."""
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
            "query_string": query.encode(), "root_path": "", "scheme": "http", "client": ("127.0.0.1", 1),
            "server": ("hub", 80),
            "headers": [(name.lower().encode(), value.encode())
                        for name, value in (("Authorization", f"Bearer {token}"), *headers)],
        }  # fmt: skip
        told: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": data, "more_body": False}

        async def send(message: Any) -> None:
            told.append(message)

        try:
            self._loop.run_until_complete(self._app(scope, receive, send))  # type: ignore[arg-type]
        except HubDied:
            self.database.close()
            self.dies = ""
            self.open()
            raise
        head = {name.decode(): value.decode() for name, value in told[0]["headers"]}
        return told[0]["status"], head, b"".join(one.get("body", b"") for one in told[1:])


class _Dying:
    """A transaction around whose commit the process may be killed."""

    def __init__(self, inner: Any, hub: Hub) -> None:
        self._inner = inner
        self._hub = hub

    def __enter__(self) -> Any:
        return self._inner.__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> Any:
        if kind is None and self._hub.dies == "before":
            died = HubDied()
            self._inner.__exit__(HubDied, died, None)
            raise died
        answer = self._inner.__exit__(kind, error, trace)
        if kind is None and self._hub.dies == "after":
            raise HubDied
        return answer
