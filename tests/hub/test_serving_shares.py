"""What is shared out among the processes of a hub."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync.hub.commands.serve import WORKERS_MOST
from sync.hub.database import BusyError, Database, DatabaseError
from sync.hub.serving.shares import (
    DATABASE_CONNECTIONS,
    connections_needed,
    database_share,
    till_connections,
)
from tests.hub.postgres import Databases

needs_postgres = pytest.mark.needs_postgres

POSTGRES_USUALLY_LETS_IN = 100
KEPT_FOR_ITS_ADMINISTRATOR = 3


@pytest.mark.parametrize("workers", range(1, WORKERS_MOST + 1))
def test_all_processes_together_stay_below_what_a_server_usually_lets_in(workers: int) -> None:
    share = database_share(DATABASE_CONNECTIONS, workers)
    # One is the parent's, which looks at the database before anything listens.
    assert workers * share + 1 < POSTGRES_USUALLY_LETS_IN - KEPT_FOR_ITS_ADMINISTRATOR - 10
    assert share >= 3 or (share == 0 and connections_needed(workers) > DATABASE_CONNECTIONS)


def test_tills_leave_files_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    for files, expected in ((1_024, 864), (65_536, 4_000), (64, 128), (resource.RLIM_INFINITY, 4_000)):
        monkeypatch.setattr(resource, "getrlimit", lambda _what, files=files: (files, files))
        assert till_connections() == expected


# ---------------------------------------------------------------------- a server that is full
@pytest.fixture
def let_in_once(postgres_databases: Databases) -> Iterator[str]:
    """The URL of a hub whose user may have one connection."""
    server = postgres_databases.server()
    with postgres_databases.fresh() as url:
        server.administer(
            "CREATE ROLE once LOGIN CONNECTION LIMIT 1",
            "GRANT pg_read_all_data, pg_write_all_data TO once",
        )
        try:
            yield url.replace("//hub@", "//once@")
        finally:
            server.administer("REASSIGN OWNED BY once TO hub", "DROP OWNED BY once", "DROP ROLE once")


@needs_postgres
@pytest.mark.expected_logs
def test_a_server_that_lets_nobody_more_in_is_told_of(
    let_in_once: str, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(let_in_once)
    try:
        with database.writing(), pytest.raises(BusyError), database.reading():
            pytest.fail("there was no second connection")
        assert "--database-connections" in caplog.text
        with database.writing(), pytest.raises(DatabaseError, match="raise max_connections"):
            Database(let_in_once)
    finally:
        database.close()


@needs_postgres
def test_no_more_connections_are_opened_than_was_said(
    postgres_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.hub.database.postgresql.WAIT_FOR_CONNECTION_S", 0.05)
    with postgres_databases.fresh() as url:
        few = Database(url, connections=2)
        try:
            with few.reading(), few.reading(), pytest.raises(BusyError, match="in use"), few.reading():
                pytest.fail("there was a third connection")
        finally:
            few.close()
