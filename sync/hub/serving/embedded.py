"""A hub inside this process, on a free port of the loopback, for the demo and for tests.

It is the same application as the served one, over real HTTP; only the process is shared.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sync.hub.database import Database
from sync.hub.serving.asgi import Listening, Server, create_app
from sync.hub.serving.job_handlers import job_runner
from sync.hub.trust.limits import Limits

START_WITHIN_S: Final = 20.0


def system_now_ms() -> int:
    """Epoch milliseconds of the system's clock."""
    return time.time_ns() // 1_000_000


class EmbeddedHub:
    """Runs the hub on 127.0.0.1 in a thread; one start, one stop."""

    def __init__(
        self,
        database: Path | str,
        *,
        port: int = 0,
        now_ms: Callable[[], int] = system_now_ms,
        limits: Limits | None = None,
        listening: Listening | None = None,
    ) -> None:
        self.database = Database(database)
        self.now_ms = now_ms
        self._url = ""
        self._ready = threading.Event()
        app = create_app(self.database, now_ms, limits)
        self._server = Server(app, listening or Listening(port=port), on_ready=self._started)
        self._jobs = job_runner(self.database, now_ms)
        self._thread = threading.Thread(target=self._run, name="embedded-hub", daemon=True)

    def start(self) -> str:
        """Start serving and return the hub's address; raises RuntimeError where it cannot listen."""
        self._thread.start()
        self._ready.wait(START_WITHIN_S)
        if not self._url:
            raise RuntimeError("the embedded hub could not listen on the loopback")
        self._jobs.start()
        return self._url

    def stop(self) -> None:
        """Finish the requests under way, then stop and close the database."""
        if self._thread.is_alive():
            self._server.should_exit = True
            self._thread.join(START_WITHIN_S)
        self._jobs.stop()
        self.database.close()

    def _started(self, url: str) -> None:
        self._url = url
        self._ready.set()

    def _run(self) -> None:
        try:
            self._server.run()
        finally:
            self._ready.set()
