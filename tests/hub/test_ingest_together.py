"""Many at once, and sessions that die in the middle: what is stored is what one by one would have stored."""

from __future__ import annotations

import queue
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import func, select, text

from sync.hub.database import BusyError, Database
from sync.hub.intake import ingest as ingest_module
from sync.hub.intake import reading
from sync.hub.intake.ingest import Batch, ingest
from sync.hub.schema import events
from sync.hub.schema.events import EVENT, EXCEPTION, FORK_ALARM, RETAIL_TRANSACTION, SALE_LINE
from tests.hub.conftest import NOW_MS, Enrolled, event_line, sale_body
from tests.hub.postgres import Databases

WITHIN_S = 60
SALES = 60

needs_postgres = pytest.mark.needs_postgres


@pytest.fixture
def postgres(postgres_databases: Databases) -> Iterator[Database]:
    """A fresh hub on PostgreSQL."""
    with postgres_databases.fresh() as url:
        database = Database(url)
        yield database
        database.close()


def lines_of(terminal_id: str) -> list[bytes]:
    return [
        event_line(
            seq,
            terminal_id=terminal_id,
            event_id=f"{terminal_id}-{seq}",
            body=sale_body(seq) | {"transaction_id": f"{terminal_id}-{seq}"},
        )
        for seq in range(1, SALES + 1)
    ]


def push(database: Database, terminal_id: str, lines: list[bytes]) -> int:
    batch = Batch("S1", terminal_id, 1, None, lines)
    return database.write(lambda connection: ingest(connection, batch, now_ms=NOW_MS)).acked_through


def all_at_once(works: list[Callable[[], None]]) -> None:
    with ThreadPoolExecutor(len(works)) as pool:
        for future in [pool.submit(work) for work in works]:
            future.result(WITHIN_S)


def counts(database: Database) -> tuple[int, int, int, int]:
    with database.reading() as connection:
        tables = (EVENT, RETAIL_TRANSACTION, SALE_LINE, FORK_ALARM)
        found = [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]
        assert connection.execute(select(EXCEPTION.c.kind)).all() == []
    return found[0], found[1], found[2], found[3]


@pytest.mark.parametrize("terminals", [1, 4])
def test_overlapping_batches_from_eight_threads_are_stored_once(enrolled: Enrolled, terminals: int) -> None:
    database = enrolled.database

    def worker(number: int) -> Callable[[], None]:
        terminal_id = f"T{number % terminals + 1}"
        lines = lines_of(terminal_id)
        chance = random.Random(number)

        def work() -> None:
            acked = 0
            while acked < SALES:
                first = max(0, acked - chance.randrange(8))
                acked = push(database, terminal_id, lines[first : first + chance.randrange(1, 30)])

        return work

    all_at_once([worker(number) for number in range(8)])
    total = SALES * terminals
    assert counts(database) == (total, total, total, 0)


@pytest.mark.expected_logs
def test_one_sale_from_two_terminals_at_once_is_counted_once(enrolled: Enrolled) -> None:
    database = enrolled.database
    batches = {
        terminal_id: [
            event_line(seq, terminal_id=terminal_id, event_id=f"{terminal_id}-{seq}", body=sale_body(seq))
            for seq in range(1, 21)
        ]
        for terminal_id in ("T1", "T2", "T3", "T4")
    }
    all_at_once([lambda at=at: push(database, at, batches[at]) for at in batches])  # type: ignore[misc]
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(EVENT)).scalar_one() == 80
        assert connection.execute(select(func.count()).select_from(RETAIL_TRANSACTION)).scalar_one() == 20
        assert connection.execute(select(func.count()).select_from(EXCEPTION)).scalar_one() == 60


PROCESS = """
import sys
from sync.hub.database import Database
from tests.hub.test_ingest_together import SALES, lines_of, push
database = Database(sys.argv[1])
lines = lines_of("T1")
acked = 0
while acked < SALES:
    acked = push(database, "T1", lines[max(0, acked - 3) : acked + 7])
database.close()
"""


@needs_postgres
def test_two_processes_push_one_terminal(postgres: Database) -> None:
    command = [sys.executable, "-c", PROCESS, str(postgres.location.named)]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    for process in both:
        _out, said = process.communicate(timeout=WITHIN_S)
        assert (process.returncode, said) == (0, b"")
    assert counts(postgres) == (SALES, SALES, SALES, 0)


@needs_postgres
@pytest.mark.parametrize("from_line", [0, 30])
def test_a_retry_waits_for_the_first_try_and_finds_it_done(postgres: Database, from_line: int) -> None:
    lines = lines_of("T1")
    push(postgres, "T1", lines[:1])
    first_holds, first_may_commit = threading.Event(), threading.Event()

    def hangs() -> None:
        with postgres.writing() as connection:
            ingest(connection, Batch("S1", "T1", 1, None, lines), now_ms=NOW_MS)
            first_holds.set()
            assert first_may_commit.wait(WITHIN_S)

    def retries() -> None:
        assert first_holds.wait(WITHIN_S)
        answers: queue.SimpleQueue[int] = queue.SimpleQueue()
        waits = threading.Thread(target=lambda: answers.put(push(postgres, "T1", lines[from_line:])))
        waits.start()
        with pytest.raises(queue.Empty):  # nothing is acknowledged that may still be undone
            answers.get(timeout=0.2)
        first_may_commit.set()
        assert answers.get(timeout=WITHIN_S) == SALES
        waits.join(WITHIN_S)

    all_at_once([hangs, retries])
    assert counts(postgres) == (SALES, SALES, SALES, 0)


# ---------------------------------------------------------------------- deaths in the middle
STEPS = ("EVENT", "RETAIL_TRANSACTION", "SALE_LINE", "TENDER_LINE", "TAX_LINE", "progress")


def killing(monkeypatch: pytest.MonkeyPatch, database: Database, step: str) -> list[str]:
    """Let the server end the session that ingests, once, before a step; the list tells that it has."""
    killed: list[str] = []

    def kill(connection: object) -> None:
        raw = connection.connection.driver_connection  # type: ignore[attr-defined]
        pid = raw.info.backend_pid
        with psycopg.connect(str(database.location.named), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        killed.append(step)

    insert_rows, save_progress = reading.insert_rows, ingest_module.save_progress

    def insert_or_die(connection: object, table: object, rows: object) -> None:
        if not killed and step != "progress" and table is getattr(events, step):
            kill(connection)
        insert_rows(connection, table, rows)  # type: ignore[arg-type]

    def save_or_die(connection: object, *place: object, **named: object) -> None:
        if not killed and step == "progress":
            kill(connection)
        save_progress(connection, *place, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "insert_rows", insert_or_die)
    monkeypatch.setattr(ingest_module, "save_progress", save_or_die)
    return killed


@needs_postgres
@pytest.mark.parametrize("step", STEPS)
def test_a_session_that_dies_leaves_nothing_and_the_next_try_everything(
    postgres: Database, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    killed = killing(monkeypatch, postgres, step)
    batch = Batch("S1", "T1", 1, None, lines_of("T1"))
    with pytest.raises(BusyError), postgres.writing() as connection:
        ingest(connection, batch, now_ms=NOW_MS)
    assert killed == [step]
    assert counts(postgres) == (0, 0, 0, 0)
    assert push(postgres, "T1", lines_of("T1")) == SALES
    assert counts(postgres) == (SALES, SALES, SALES, 0)


@needs_postgres
def test_a_lost_session_is_tried_again_without_the_till(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = killing(monkeypatch, postgres, "SALE_LINE")
    assert push(postgres, "T1", lines_of("T1")) == SALES
    assert killed
    assert counts(postgres) == (SALES, SALES, SALES, 0)


@needs_postgres
def test_a_deadlock_is_tried_again(postgres: Database) -> None:
    with postgres.writing() as connection:
        connection.execute(text("CREATE TABLE pair (id int PRIMARY KEY, n int)"))
        connection.execute(text("INSERT INTO pair VALUES (1, 0), (2, 0)"))
    both_hold = threading.Barrier(2)
    tries: list[int] = []

    def worker(first: int, second: int) -> Callable[[], None]:
        def work(connection: object) -> None:
            tries.append(first)
            change = text("UPDATE pair SET n = n + 1 WHERE id = :id")
            connection.execute(change, {"id": first})  # type: ignore[attr-defined]
            if len(tries) <= 2:
                both_hold.wait(WITHIN_S)
            connection.execute(change, {"id": second})  # type: ignore[attr-defined]

        return lambda: postgres.write(work)

    all_at_once([worker(1, 2), worker(2, 1)])
    # On a busy machine the server may end both of them: each looks for deadlocks by itself.
    assert len(tries) in (3, 4)
    with postgres.reading() as connection:
        assert connection.execute(text("SELECT sum(n) FROM pair")).scalar_one() == 4


@needs_postgres
def test_what_stays_busy_is_told_and_nothing_is_stored(postgres: Database) -> None:
    tries = []

    def work(connection: object) -> None:
        tries.append(1)
        connection.execute(text("SET LOCAL lock_timeout = '20ms'"))  # type: ignore[attr-defined]
        connection.execute(text("LOCK TABLE hub"))  # type: ignore[attr-defined]

    with postgres.writing() as connection:
        connection.execute(text("LOCK TABLE hub"))
        with pytest.raises(BusyError):
            postgres.write(work, attempts=3)
    assert len(tries) == 3
