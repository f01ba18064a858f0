"""Whether this hub can do its work: read its database, and write to it.

A load balancer may ask every second and more: the database is read each time and written to every few seconds
only, by one of those who ask. Knows words for programs; refuses to know who asks and by which route.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Literal

from sync.hub.database import BusyError, CannotWriteError, Database

TRY_EVERY_S: Final = 5.0

Trouble = Literal["", "busy", "cannot_write"]


class Health:
    """How one process stands to its database; safe to use from any thread."""

    def __init__(self, database: Database, *, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._monotonic_s = monotonic_s
        self._trying = threading.Lock()
        self._tried_s: float | None = None
        self._trouble: Trouble = ""

    def look(self) -> Trouble:
        """What keeps this hub from its work now, "" where nothing does; raises BusyError where it is away."""
        with self._database.reading():
            pass
        # A write may wait for others: whoever asks meanwhile hears what was so before.
        if self._trying.acquire(blocking=False):
            try:
                if self._is_due():
                    self._trouble = self._try()
                    self._tried_s = self._monotonic_s()
            finally:
                self._trying.release()
        return self._trouble

    def _is_due(self) -> bool:
        if self._tried_s is None or self._monotonic_s() - self._tried_s >= TRY_EVERY_S:
            return True
        # A batch that found no room says it at once.
        return self._database.is_unwritable and self._trouble != "cannot_write"

    def _try(self) -> Trouble:
        try:
            self._database.try_write()
        except CannotWriteError:
            return "cannot_write"
        except BusyError:
            return "busy"
        return ""
