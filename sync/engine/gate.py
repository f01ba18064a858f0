"""A gate between the sync thread and its host: once it is shut, no port is entered any more.

A request may hang in the network stack longer than a till can wait for its end; whatever the thread does
after that must not reach a store that is being closed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

Answer = TypeVar("Answer")
Port = TypeVar("Port")


class Stopped(Exception):  # noqa: N818 - an order, not an error
    """The host has stopped the loop."""


class Gate:
    """Lets calls through to the host until it is shut; shutting waits for the call under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shut = False

    def through(self, call: Callable[[], Answer]) -> Answer:
        """What the call answers; raises Stopped once the gate is shut."""
        with self._lock:
            if self._shut:
                raise Stopped
            return call()

    def shut(self, within_s: float) -> None:
        """Let nothing through any more; waits a while for the call under way."""
        self._shut = True
        if self._lock.acquire(timeout=within_s):
            self._lock.release()

    def guarded(self, port: Port) -> Port:
        """The port, each of whose methods goes through this gate."""
        return cast("Port", _Guarded(self, port))


class _Guarded:
    def __init__(self, gate: Gate, port: object) -> None:
        self._gate = gate
        self._port = port

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            # Looked up inside: a test may put another method in its place meanwhile.
            return self._gate.through(lambda: getattr(self._port, name)(*arguments, **named))

        return call
