"""Jobs: one at a time, once, again after a failure or a death, and never lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import Connection, func, select

from sync.hub.database import Database
from sync.hub.feeds.streams import put_rows
from sync.hub.jobs import (
    CLAIM_MS,
    RETRY_FIRST_MS,
    RETRY_MAX_MS,
    Handler,
    Job,
    JobRunner,
    enqueue,
    handler_of,
    waiting_jobs,
)
from sync.hub.schema.feeds import FEED_ROW
from sync.protocol.versions import STREAM_STOCK


class Clock:
    """Epoch milliseconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now_ms = 1_780_000_000_000

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


def wish(database: Database, key: str, body: bytes = b"", *, run_at_ms: int = 0) -> None:
    with database.writing() as connection:
        enqueue(connection, "S1", "count", key, body, run_at_ms)


def waiting(database: Database) -> list[tuple[str, int, str]]:
    with database.reading() as connection:
        return [(one.job.key, one.attempts, one.error) for one in waiting_jobs(connection, "S1")]


def revisions(database: Database) -> int:
    """How often the effect took place: each one takes a revision."""
    with database.reading() as connection:
        return int(connection.execute(select(func.coalesce(func.max(FEED_ROW.c.rev), 0))).scalar_one())


def counted(connection: Connection, job: Job) -> None:
    put_rows(connection, job.store_id, STREAM_STOCK, [(job.key, job.body or b"1")], 1)


def runner(database: Database, clock: Clock, work: Callable[[Connection, Job], None] = counted) -> JobRunner:
    return JobRunner(database, {"count": handler_of(work)}, clock)


def test_a_job_is_done_once_and_then_gone(hub_database: Database, clock: Clock) -> None:
    wish(hub_database, "a")
    one = runner(hub_database, clock)
    assert [one.run_once() for _ in range(2)] == [True, False]
    assert (waiting(hub_database), revisions(hub_database)) == ([], 1)


def test_the_same_wish_waits_once_with_the_newest_body_at_the_earlier_time(
    hub_database: Database, clock: Clock
) -> None:
    wish(hub_database, "a", b"1", run_at_ms=clock.now_ms + 100)
    wish(hub_database, "a", b"2", run_at_ms=clock.now_ms + 900)
    done: list[bytes] = []
    one = runner(hub_database, clock, lambda _connection, job: done.append(job.body))
    assert not one.run_once(), "not yet"
    clock.now_ms += 100
    assert [one.run_once() for _ in range(2)] == [True, False]
    assert done == [b"2"]


def test_a_wish_during_the_work_has_it_done_once_more(hub_database: Database, clock: Clock) -> None:
    wish(hub_database, "a", b"old")
    seen: list[bytes] = []

    def prepare(job: Job) -> Callable[[Connection], None]:
        seen.append(job.body)
        if len(seen) == 1:
            wish(hub_database, "a", b"new")
        return lambda connection: counted(connection, job)

    one = JobRunner(hub_database, {"count": Handler(prepare)}, clock)
    assert [one.run_once() for _ in range(3)] == [True, True, False]
    assert seen == [b"old", b"new"]


def test_a_wish_undone_with_its_transaction_leaves_nothing(hub_database: Database, clock: Clock) -> None:
    with pytest.raises(RuntimeError), hub_database.writing() as connection:  # noqa: PT012
        enqueue(connection, "S1", "count", "a")
        raise RuntimeError("undone")
    assert not runner(hub_database, clock).run_once()


@pytest.mark.expected_logs
def test_a_failing_job_shows_why_and_is_tried_again_ever_more_seldom(
    hub_database: Database, clock: Clock
) -> None:
    wish(hub_database, "a")
    fails = [True] * 14

    def work(connection: Connection, job: Job) -> None:
        counted(connection, job)
        if fails:
            fails.pop()
            raise ValueError("no such shelf")

    one = runner(hub_database, clock, work)
    pauses = []
    while fails:
        assert one.run_once()
        assert not one.run_once(), "not at once"
        with hub_database.reading() as connection:
            [shown] = waiting_jobs(connection, "S1", failed_only=True)
        assert (shown.attempts, shown.error) == (len(pauses) + 1, "ValueError: no such shelf")
        pauses.append(shown.run_at_ms - clock.now_ms)
        clock.now_ms = shown.run_at_ms
    assert revisions(hub_database) == 0, "what a failed job wrote is undone"
    assert pauses[:4] == [RETRY_FIRST_MS * factor for factor in (1, 2, 4, 8)]
    assert pauses[-1] == RETRY_MAX_MS
    assert one.run_once()
    assert (waiting(hub_database), revisions(hub_database)) == ([], 1)


@pytest.mark.expected_logs
def test_a_failing_job_does_not_stop_the_others(hub_database: Database, clock: Clock) -> None:
    for key in "abc":
        wish(hub_database, key)

    def work(connection: Connection, job: Job) -> None:
        if job.key == "a":
            raise ValueError("never")
        counted(connection, job)

    one = runner(hub_database, clock, work)
    assert [one.run_once() for _ in range(4)] == [True, True, True, False]
    assert [key for key, _attempts, _error in waiting(hub_database)] == ["a"]


def test_two_runners_never_do_one_job_twice(hub_database: Database, clock: Clock) -> None:
    count = 60
    for number in range(count):
        wish(hub_database, f"{number:02}")
    done: list[str] = []

    def drain(_runner: int) -> None:
        one = runner(
            hub_database, clock, lambda connection, job: (counted(connection, job), done.append(job.key))[1]
        )
        while one.run_once():
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(drain, range(4)))
    runner(hub_database, clock).run_once()
    assert sorted(done) == [f"{number:02}" for number in range(count)]
    assert revisions(hub_database) == count


class KilledError(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("at", ["prepare", "effect"])
def test_a_job_killed_in_the_middle_is_done_again_with_one_effect(
    hub_database: Database, clock: Clock, at: str
) -> None:
    wish(hub_database, "a")

    def prepare(job: Job) -> Callable[[Connection], None]:
        def effect(connection: Connection) -> None:
            counted(connection, job)
            raise KilledError

        if at == "prepare":
            raise KilledError
        return effect

    with pytest.raises(KilledError):
        JobRunner(hub_database, {"count": Handler(prepare)}, clock).run_once()
    other = runner(hub_database, clock)
    assert not other.run_once(), "its claim still stands"
    clock.now_ms += CLAIM_MS
    assert [other.run_once() for _ in range(2)] == [True, False]
    assert revisions(hub_database) == 1


def test_who_was_too_slow_leaves_nothing_behind(hub_database: Database, clock: Clock) -> None:
    wish(hub_database, "a")
    quick = runner(hub_database, clock)

    def prepare(job: Job) -> Callable[[Connection], None]:
        clock.now_ms += CLAIM_MS
        assert quick.run_once()
        return lambda connection: counted(connection, job)

    assert JobRunner(hub_database, {"count": Handler(prepare)}, clock).run_once()
    assert (waiting(hub_database), revisions(hub_database)) == ([], 1)


def test_work_of_a_kind_that_nobody_here_does_is_left_alone(hub_database: Database, clock: Clock) -> None:
    wish(hub_database, "a")
    assert not JobRunner(hub_database, {}, clock).run_once()
    assert waiting(hub_database) == [("a", 0, "")]


@pytest.mark.expected_logs
def test_a_fault_does_not_end_the_thread(
    hub_database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.hub.jobs.RETRY_FIRST_MS", 1)
    done, faults = threading.Event(), [OSError("no space left")]
    reading = hub_database.reading

    def spoilt() -> AbstractContextManager[Connection]:
        if faults:
            raise faults.pop()
        return reading()

    one = runner(hub_database, clock, lambda _connection, _job: done.set())
    wish(hub_database, "a")
    monkeypatch.setattr(hub_database, "reading", spoilt)
    one.start()
    try:
        assert done.wait(20)
    finally:
        one.stop()


def test_the_thread_works_until_it_is_stopped(hub_database: Database, clock: Clock) -> None:
    done = threading.Event()
    one = runner(hub_database, clock, lambda _connection, _job: done.set())
    wish(hub_database, "a")
    one.start()
    try:
        assert done.wait(20)
    finally:
        one.stop()
    assert waiting(hub_database) == []
    runner(hub_database, clock).stop()
