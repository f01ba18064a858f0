"""One PostgreSQL server per test session, started by the first test that asks, and a fresh database per test.

Databases are copied from one that is migrated once. Where PostgreSQL is not installed such tests are
skipped aloud (marker ``needs_postgres``), and failed in a strict run.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg

from sync.hub.bench.postgres_server import PostgresServer
from sync.hub.database import Database

MODEL: Final = "model"


class Databases:
    """Hands out databases of one server."""

    def __init__(self) -> None:
        self._server: PostgresServer | None = None
        self._numbers = itertools.count(1)

    @contextmanager
    def fresh(self, *, migrated: bool = True) -> Iterator[str]:
        """The URL of a database that is dropped afterwards; every connection to it is cut then."""
        server = self.server()
        name = f"test_{next(self._numbers)}"
        server.administer(f"CREATE DATABASE {name} TEMPLATE {MODEL if migrated else 'template0'}")
        try:
            yield server.url(name)
        finally:
            server.administer(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        """End the server, if any test has started it."""
        if self._server is not None:
            self._server.stop()

    def server(self) -> PostgresServer:
        """The server itself, started by whoever asks first."""
        if self._server is None:
            self._server = PostgresServer()
            self._server.administer(f"CREATE DATABASE {MODEL} TEMPLATE template0")
            Database(self._server.url(MODEL)).close()
            # Each copy is a hub of its own.
            with psycopg.connect(self._server.url(MODEL)) as connection:
                connection.execute("DELETE FROM hub")
        return self._server
