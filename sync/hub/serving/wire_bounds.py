"""How long and how large the head of a request may be, which the server itself does not bound.

A connection that says nothing, or says its headers one byte a minute, is closed; so is one whose headers
never end. Bodies are bounded by the routes, idle connections by the server's keep-alive.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_MAX_BYTES: Final = 16 * 1024
HEAD_WITHIN_S: Final = 15.0


class HeadTooLargeError(Exception):
    """The headers of a request are larger than any of ours."""


class BoundedHttp(HttpToolsProtocol):
    """HTTP/1.1 of one connection with a bounded head."""

    head_within_s = HEAD_WITHIN_S

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request, but not for long."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._head_is_there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, and give up a head that does not end."""
        super().data_received(data)
        if self._head_timer is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_MAX_BYTES and not self.transport.is_closing():
                self.send_400_response("The headers are too large.")

    def on_message_begin(self) -> None:
        """A request begins: its head is awaited."""
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        """The head is there; raises where it is too large, which the server answers with 400."""
        self._head_is_there()
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > HEAD_MAX_BYTES:
            raise HeadTooLargeError
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._head_is_there()
        self._head_timer = self.loop.call_later(self.head_within_s, self._give_up)

    def _head_is_there(self) -> None:
        self._head_bytes = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self.transport.close()
