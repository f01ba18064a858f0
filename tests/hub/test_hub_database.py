"""The database itself: what it says when it cannot be opened, how an old one is carried over, months."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, func, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from sync.hub.bench.postgres_server import PostgresServer
from sync.hub.commands import cli
from sync.hub.database import (
    CannotWriteError,
    Database,
    DatabaseError,
    insert_rows,
    migrate,
    open_engine,
    read_location,
    sqlite,
    upsert,
)
from sync.hub.database.sqlite import WRITES, open_sqlite
from sync.hub.intake.ingest import Batch, ingest
from sync.hub.schema.events import (
    EVENT,
    PARTITIONED,
    PROGRESS,
    QUARANTINE,
    RETAIL_TRANSACTION,
    SALE_LINE,
    TAX_LINE,
    TENDER_LINE,
    TERMINAL_NUMBERS,
)
from sync.hub.schema.partitions import ensure_partitions, partition_name
from tests.hub.conftest import NOW_MS, event_line
from tests.hub.postgres import Databases

needs_postgres = pytest.mark.needs_postgres
DEMO = Path(__file__).parents[2] / "resources" / "demo"


# ---------------------------------------------------------------------- where it is
@pytest.mark.parametrize(
    ("named", "shown"),
    [
        (Path("a/b.db"), "a/b.db"),
        ("a/b.db", "a/b.db"),
        ("sqlite:///a/b.db", "a/b.db"),
        ("postgresql://u:secret@h:1/d", "postgresql://u:***@h:1/d"),
        ("postgres://h/d", "postgresql://h/d"),
        ("postgresql://u@/d?host=/run/pg&password=secret", "postgresql://u@/d?host=/run/pg&password=***"),
    ],
)
def test_locations_are_read_and_shown_without_password(named: Path | str, shown: str) -> None:
    assert read_location(named).shown == shown


@pytest.mark.parametrize(
    "named", ["postgresql://h", "mysql://u:secret@h/d", "postgresql://u:secret@h:port/d", "sqlite://", "://"]
)
def test_what_is_no_location_is_told_without_password(named: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        read_location(named)
    assert "secret" not in str(caught.value)


# ---------------------------------------------------------------------- what cannot be opened
@pytest.fixture
def guarded(postgres_databases: Databases) -> Iterator[str]:
    """A database without a hub, of a server that asks the user `guarded` for the password `right`."""
    with postgres_databases.fresh(migrated=False) as url:
        server = postgres_databases.server()
        rules = Path(url.rpartition("=")[2]) / "data" / "pg_hba.conf"
        before = rules.read_text("utf-8")
        rules.write_text(f"local all guarded scram-sha-256\n{before}", "utf-8")
        server.administer("CREATE ROLE guarded LOGIN PASSWORD 'right'", "SELECT pg_reload_conf()")
        yield url
        rules.write_text(before, "utf-8")
        server.administer("DROP ROLE guarded", "SELECT pg_reload_conf()")


def refusal(named: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert cli(["summary", "--database", named]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1, "one sentence, no trace"
    return said


@needs_postgres
def test_what_is_wrong_with_a_server_is_one_sentence(
    guarded: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert "there is no hub in" in refusal(guarded, capsys)
    nowhere = guarded.replace("/test_", "/none_")
    assert 'database "none_' in refusal(nowhere, capsys)
    assert "does not exist; make the database, with `createdb`" in refusal(nowhere, capsys)
    assert 'role "nobody" does not exist' in refusal(guarded.replace("//hub@", "//nobody:secret@"), capsys)
    said = refusal(guarded.replace("//hub@", "//guarded:wrong@"), capsys)
    assert 'password authentication failed for user "guarded"' in said
    assert "wrong" not in said
    assert "there is no hub in" in refusal(guarded.replace("//hub@", "//guarded:right@"), capsys)
    known = guarded.replace("//hub@", "//guarded:right@")
    assert cli(["init", "--database", known, "--shop", str(DEMO / "shop.toml")]) == 1
    said = capsys.readouterr().err
    assert "cannot prepare postgresql://guarded" in said
    assert "permission denied" in said
    assert said.count("\n") == 1
    gone = f"postgresql://u:secret@/d?host={tmp_path}"
    said = refusal(gone, capsys)
    assert "No such file or directory" in said
    assert "secret" not in said
    assert "refused" in refusal("postgresql://u:secret@127.0.0.1:1/d", capsys)


def test_what_is_no_sqlite_hub_is_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    assert "does not exist" in refusal(str(path), capsys)
    path.write_bytes(b"not a database at all, but long enough to be looked at" * 30)
    assert "file is not a database" in refusal(str(path), capsys)
    path.unlink()
    engine = open_sqlite(read_location(path).url)
    with engine.connect() as connection, connection.begin():
        connection.execute(text("CREATE TABLE other (n int)"))
    engine.dispose()
    assert "there is no hub in" in refusal(str(path), capsys)


def test_a_hub_of_a_newer_program_is_not_touched(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    database = Database(path)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    assert "newer poshub" in refusal(str(path), capsys)


@needs_postgres
def test_a_server_that_could_lose_sales_is_refused(postgres_databases: Databases) -> None:
    with postgres_databases.fresh(migrated=False) as url:
        latin = url.rpartition("?")[0].rpartition("/")[2] + "_latin"
        server = postgres_databases.server()
        server.administer(
            f"CREATE DATABASE {latin} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        )
        try:
            with pytest.raises(DatabaseError, match="LATIN1"):
                Database(server.url(latin))
        finally:
            server.administer(f"DROP DATABASE {latin}")


@needs_postgres
def test_acknowledged_means_on_the_disk_whatever_the_server_says(postgres_databases: Databases) -> None:
    with postgres_databases.fresh() as url:
        name = url.rpartition("?")[0].rpartition("/")[2]
        postgres_databases.server().administer(f"ALTER DATABASE {name} SET synchronous_commit = off")
        database = Database(url)
        with database.writing() as connection:
            assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
            assert connection.execute(text("SHOW transaction_isolation")).scalar_one() == "read committed"
        with database.reading() as connection:
            assert connection.execute(text("SHOW transaction_isolation")).scalar_one() == "repeatable read"
        database.close()


@needs_postgres
def test_many_processes_may_make_a_hub_at_once(postgres_databases: Databases) -> None:
    with postgres_databases.fresh(migrated=False) as url:
        together = threading.Barrier(4)

        def start(_number: int) -> str:
            together.wait(30)
            database = Database(url)
            database.close()
            return database.feed_id

        with ThreadPoolExecutor(4) as pool:
            assert len(set(pool.map(start, range(4)))) == 1


# ---------------------------------------------------------------------- rows in
def test_rows_replace_rows_of_their_key_and_the_last_of_two_counts(hub_database: Database) -> None:
    table = Table(
        "pair",
        MetaData(),
        Column("a", Integer, primary_key=True),
        Column("b", Text, primary_key=True),
        Column("c", Text),
    )
    with hub_database.writing() as connection:
        table.create(connection)
        insert_rows(connection, table, [(1, "x", "old"), (2, "x", None)])
        insert_rows(connection, table, [(1, "x", "new"), (3, "y", "first"), (3, "y", "last")], replace=True)
        insert_rows(connection, table, [])
        connection.execute(upsert(connection, table).values(a=2, b="x", c="no").on_conflict_do_nothing())
        found = connection.execute(select(table).order_by(table.c.a)).all()
    assert [tuple(row) for row in found] == [(1, "x", "new"), (2, "x", None), (3, "y", "last")]


# ---------------------------------------------------------------------- months
def day_lines(days: list[str]) -> list[bytes]:
    return [event_line(seq, business_date=day, kind="OfTomorrow") for seq, day in enumerate(days, 1)]


def part_of(database: Database, event_id: str) -> str:
    with database.reading() as connection:
        query = text("SELECT tableoid::regclass::text FROM event WHERE event_id = :id")
        return str(connection.execute(query, {"id": event_id}).scalar_one())


@needs_postgres
def test_months_are_made_ahead_and_take_over_what_came_too_early(postgres_databases: Databases) -> None:
    with postgres_databases.fresh() as url:
        database = Database(url)
        lines = day_lines(["2031-01-31", "2031-02-01", "2031-02-28", "", "9999-12-31"])
        with database.writing() as connection:
            ingest(connection, Batch("S1", "T1", 1, None, lines), now_ms=NOW_MS)
        assert part_of(database, "event-2") == "event_other"
        with database.writing() as connection:
            made = ensure_partitions(connection, date(2031, 1, 15), date(2031, 2, 1))
        assert len(made) == 2 * len(PARTITIONED)
        assert partition_name("event", date(2031, 2, 1)) in made
        parts = [part_of(database, f"event-{seq}") for seq in range(1, 6)]
        assert parts == ["event_y2031m01", "event_y2031m02", "event_y2031m02", "event_other", "event_other"]
        with database.writing() as connection:
            assert ensure_partitions(connection, date(2031, 1, 1), date(2031, 2, 28)) == ()
            again = ingest(connection, Batch("S1", "T1", 1, None, lines), now_ms=NOW_MS)
        assert (again.replayed, again.stored) == (5, 0)
        database.close()


def test_sqlite_has_no_months(tmp_path: Path) -> None:
    database = Database(tmp_path / "hub.db")
    with database.writing() as connection:
        assert ensure_partitions(connection, date(2031, 1, 1), date(2032, 1, 1)) == ()
    database.close()


@needs_postgres
def test_the_steps_end_at_the_tables_on_postgresql_too(postgres_databases: Databases) -> None:
    ours = MetaData()
    for name in (*PARTITIONED, "progress", "quarantine", "terminal_numbers", "exception"):
        EVENT.metadata.tables[name].to_metadata(ours)

    def is_ours(_object: object, name: str, kind: str, *_rest: object) -> bool:
        return kind != "table" or name in ours.tables

    with postgres_databases.fresh() as url:
        database = Database(url)
        with database.reading() as connection:
            context = MigrationContext.configure(connection, opts={"include_object": is_ours})
            assert compare_metadata(context, ours) == []
            names = set(inspect(connection).get_table_names())
        database.close()
    assert {f"{table}_other" for table in PARTITIONED} <= names


# ---------------------------------------------------------------------- an old one
SALE = (
    "INSERT INTO retail_transaction VALUES ('S1', 't1', 'T1', 1, 2, 'S1-01-000041', 'sh', '2026-05-28', 'op',"
    " 'CNY', 1, 2, 100, 0, 0, 100, 100, 0)"
)
OLD_ROWS = (
    "INSERT INTO progress VALUES ('S1', 'T1', 1, 3, 5)",
    "INSERT INTO event VALUES ('S1', 'T1', 1, 1, 'e1', 'ShiftOpened', 'x', 3, 4, :shift)",
    "INSERT INTO event VALUES ('S1', 'T1', 1, 2, 'e2', 'TransactionCompleted', '2026-05-28', 3, 4, :line)",
    "INSERT INTO quarantine VALUES ('S1', 'T1', 1, 3, 'why', 4, :line)",
    SALE,
    "INSERT INTO sale_line VALUES ('S1', 't1', 1, 'a', '{}', '', 'pcs', 'std', 'list', 1, 100, 100)",
    "INSERT INTO tender_line VALUES ('S1', 't1', 1, 'cash', 'cash', '', 100)",
    "INSERT INTO tax_line VALUES ('S1', 't1', 'vat', 130000, 1, 88, 12)",
)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=needs_postgres)])
def test_what_a_hub_of_the_first_form_holds_is_carried_over(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    values = {"line": b'{"seq":2}', "shift": b'{"body":{"number":7}}'}
    if kind == "sqlite":
        carried_over(tmp_path / "hub.db", values)
    else:
        with request.getfixturevalue("postgres_databases").fresh(migrated=False) as url:
            carried_over(url, values)


def carried_over(named: Path | str, values: dict[str, bytes]) -> None:
    location = read_location(named)
    engine = open_engine(location)
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        migrate(connection, "0002")
        for statement in OLD_ROWS:
            wanted = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(text(statement), wanted)
    engine.dispose()
    database = Database(named)
    with database.reading() as connection:
        events = connection.execute(select(EVENT).order_by(EVENT.c.seq)).all()
        assert [(one.event_id, one.business_date, one.is_fork) for one in events] == [
            ("e1", "", 0),
            ("e2", "2026-05-28", 0),
        ]
        assert bytes(events[1].line) == values["line"]
        for table in (RETAIL_TRANSACTION, SALE_LINE, TENDER_LINE, TAX_LINE):
            row = connection.execute(select(table)).one()
            assert (row.store_id, row.business_date, row.transaction_id) == ("S1", "2026-05-28", "t1")
        sale = connection.execute(select(RETAIL_TRANSACTION)).one()
        assert (sale.receipt_number, sale.total_minor, sale.change_minor) == ("S1-01-000041", 100, 0)
        assert connection.execute(select(SALE_LINE.c.amount_minor)).scalar_one() == 100
        assert tuple(connection.execute(select(TERMINAL_NUMBERS)).one()) == ("S1", "T1", 41, 7)
        kept = connection.execute(select(QUARANTINE)).one()
        assert (kept.reason, bytes(kept.line), len(kept.line_sha256)) == ("why", values["line"], 32)
        progress = connection.execute(select(PROGRESS)).one()
        assert (progress.acked_through, progress.chain, progress.backed_up_through) == (3, None, 0)
        assert not [name for name in inspect(connection).get_table_names() if name.startswith("old_")]
        assert connection.execute(select(func.count()).select_from(EVENT)).scalar_one() == 2
    database.close()


# ---------------------------------------------------------------------- a server for a while
@needs_postgres
def test_a_server_for_a_while_leaves_nothing_behind() -> None:
    with PostgresServer() as server:
        home = Path(server.url().rpartition("=")[2])
        assert home.is_dir()
        database = Database(server.url())
        with database.writing() as connection:
            connection.execute(insert(QUARANTINE).values(("S", "T", 1, 1, b"d", "r", 1, b"l")))
        database.close()
    assert not home.exists()


def test_what_goes_wrong_is_told_without_the_values(hub_database: Database) -> None:
    with pytest.raises(DBAPIError) as trouble, hub_database.writing() as connection:
        connection.execute(text("SELECT one FROM nowhere WHERE feed_id = :feed_id"), {"feed_id": "a secret"})
    assert "nowhere" in str(trouble.value)
    assert "a secret" not in str(trouble.value)


@pytest.mark.expected_logs
def test_a_full_disk_is_told_apart_and_not_tried_again_at_once(hub_database: Database) -> None:
    tries: list[int] = []

    def write_too_much(connection: Connection) -> None:
        tries.append(1)
        if hub_database.dialect == "postgresql":
            fault = "DO $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$"
            connection.exec_driver_sql(fault)
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        line = b"x" * 100_000
        connection.execute(insert(QUARANTINE).values(("S", "T", 1, 1, b"d", "r", 1, line)))

    with pytest.raises(CannotWriteError, match=r"full|no space"):
        hub_database.write(write_too_much)
    assert tries == [1]


@pytest.mark.expected_logs
def test_a_command_says_that_the_disk_is_full(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    named = ("--database", str(tmp_path / "hub.db"))
    assert cli(["init", *named, "--shop", str(DEMO / "shop.toml")]) == 0

    def full(raw: Any, _record: Any) -> None:
        raw.isolation_level = None
        raw.execute("PRAGMA max_page_count = 1")

    monkeypatch.setattr(sqlite, "_prepare", full)
    assert cli(["import-items", *named, str(DEMO / "catalogue.tsv")]) == 1
    said = capsys.readouterr().err
    assert "cannot be written" in said
    assert "make room" in said
    assert "Traceback" not in said
