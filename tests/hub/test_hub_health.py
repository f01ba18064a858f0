"""What the hub says of its health while its database cannot be written, and when it can be again."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from sync.hub.database import CannotWriteError, Database, postgresql, sqlite
from sync.hub.serving.embedded import EmbeddedHub
from sync.hub.upkeep.health import TRY_EVERY_S, Health
from sync.protocol import codec
from tests.hub.conftest import NOW_MS, Enrolled, event_line
from tests.hub.postgres import Databases
from tests.hub.test_hub_routes import EVENTS, call, push

FULL = "DO $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$"


class HandSeconds:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def no_room(connection: Connection, *_arguments: object, **_named: object) -> None:
    """Find no room on a PostgreSQL server."""
    connection.exec_driver_sql(FULL)


def fill(monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
    """From now on there is no room, however the database is asked."""

    if database.dialect == "postgresql":
        monkeypatch.setattr(postgresql, "try_room", no_room)
        monkeypatch.setattr("sync.hub.routes.events.ingest", no_room)
    else:
        monkeypatch.setattr("sync.hub.database.free_bytes", lambda _path: 1_000_000)
        monkeypatch.setattr("sync.hub.routes.events.ingest", fill_file)


def fill_file(connection: Connection, *_arguments: object, **_named: object) -> None:
    """Write more than this file may hold."""
    connection.exec_driver_sql("PRAGMA max_page_count = 1")
    connection.exec_driver_sql("CREATE TABLE too_much AS SELECT randomblob(100000) AS filler")


@pytest.fixture
def hub(enrolled: Enrolled) -> Iterator[tuple[EmbeddedHub, str]]:
    running = EmbeddedHub(enrolled.database.location.named, now_ms=lambda: NOW_MS)
    yield running, running.start()
    running.stop()


@pytest.mark.expected_logs
def test_a_full_disk_shows_in_the_health_until_there_is_room(
    hub: tuple[EmbeddedHub, str], enrolled: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, url = hub
    assert call(url, "GET", "/healthz")[0] == 200
    fill(monkeypatch, running.database)
    headers = {"Posapp_Epoch": "1", "Posapp_First_Seq": "1"}
    body = codec.pack([event_line(1)])
    status, told, problem = call(url, "POST", EVENTS, key=enrolled.key, body=body, **headers)
    assert (status, told["retry-after"], json.loads(problem)["error"]) == (503, "5", "cannot_write")
    for _again in range(2):
        status, told, problem = call(url, "GET", "/healthz")
        assert (status, json.loads(problem)["error"]) == (503, "cannot_write")
        assert told["retry-after"] == "5"
    assert call(url, "GET", "/livez")[0] == 200, "starting it anew makes no room"

    monkeypatch.undo()
    monkeypatch.setattr("sync.hub.upkeep.health.TRY_EVERY_S", 0.0)
    assert call(url, "GET", "/healthz")[0] == 200
    assert push(url, enrolled.key, [event_line(1)])[0] == 200


@pytest.mark.expected_logs
def test_a_disk_that_was_full_is_well_only_when_a_batch_finds_room(
    hub_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = HandSeconds()
    health = Health(hub_database, monotonic_s=seconds)
    assert health.look() == ""
    fill(monkeypatch, hub_database)
    refused = no_room if hub_database.dialect == "postgresql" else fill_file
    with pytest.raises(CannotWriteError):
        hub_database.write(refused)
    # A small write would find room: it changes nothing that is there.
    assert health.look() == "cannot_write"
    monkeypatch.undo()
    assert health.look() == "cannot_write", "tried every few seconds only"
    seconds.now_s += TRY_EVERY_S
    assert health.look() == ""


def test_those_who_ask_every_second_cost_a_write_every_few(
    hub_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[float] = []
    seconds = HandSeconds()
    monkeypatch.setattr(hub_database, "try_write", lambda: tried.append(seconds.now_s))
    health = Health(hub_database, monotonic_s=seconds)
    for _second in range(21):
        assert health.look() == ""
        seconds.now_s += 1
    assert tried == [100.0, 105.0, 110.0, 115.0, 120.0]


@pytest.mark.parametrize("hub_database", ["sqlite"], indirect=True)
def test_the_room_that_is_left_is_that_of_the_files_own_disk(hub_database: Database) -> None:
    assert hub_database.location.path is not None
    assert sqlite.free_bytes(hub_database.location.path) > sqlite.LEAST_FREE_BYTES


@pytest.fixture
def served_by_another(postgres_databases: Databases) -> Iterator[str]:
    """The URL of a hub for a user who may write, and make nothing."""
    server = postgres_databases.server()
    with postgres_databases.fresh() as url:
        server.administer("CREATE ROLE writer LOGIN", "GRANT pg_read_all_data, pg_write_all_data TO writer")
        try:
            yield url.replace("//hub@", "//writer@")
        finally:
            server.administer("DROP OWNED BY writer", "DROP ROLE writer")


@pytest.mark.needs_postgres
def test_a_user_who_may_make_no_tables_is_well_again_too(served_by_another: str) -> None:
    database = Database(served_by_another)
    try:
        database.is_unwritable = True
        assert Health(database).look() == ""
        assert not database.is_unwritable
    finally:
        database.close()
