"""Asking the ledger from another thread: reads over a connection of one's own, writes that are waited for.

So nobody who asks ever waits for a sale, nor a sale for them. Where the file cannot be read, or the ledger's
thread does not answer, that is said by one exception, to be tried again later.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from posapp.store.engine import Connection, open_reader
from posapp.store.troubles import UNFIT, DatabaseError, Trouble
from sync.engine.ports import StoreUnavailable

T = TypeVar("T")

#: How long the ledger's thread is waited for before it counts as unavailable.
_PATIENCE_S: Final = 30.0


class LedgerReader:
    """A read-only connection, opened on first use by the thread that uses it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: Connection | None = None

    def ask(self, question: Callable[[Connection], T]) -> T:
        """The answer; raises StoreUnavailable where the file cannot be read now."""
        try:
            if self._connection is None:
                self._connection = open_reader(self._path)
            return question(self._connection)
        except (DatabaseError, *UNFIT) as error:
            raise StoreUnavailable(str(error)) from error

    def close(self) -> None:
        """Let the file go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def wait_for(start: Callable[[Callable[[Trouble | None], None]], None]) -> None:
    """Start a write and wait until it is durable; raises StoreUnavailable where it is not."""
    answers: queue.SimpleQueue[Trouble | None] = queue.SimpleQueue()
    start(answers.put)
    try:
        trouble = answers.get(timeout=_PATIENCE_S)
    except queue.Empty as error:
        raise StoreUnavailable("the ledger did not answer") from error
    if trouble is not None:
        raise StoreUnavailable(trouble)
