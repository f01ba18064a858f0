"""Backups that tills can rely on, restores that they notice, months that come and go, on both databases."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, select, text

from sync.hub.commands import cli
from sync.hub.database import Database, DatabaseError, postgresql
from sync.hub.intake.ingest import Batch, ingest
from sync.hub.jobs import waiting_jobs
from sync.hub.schema.events import EVENT, PROGRESS, RETAIL_TRANSACTION, SALE_LINE
from sync.hub.schema.partitions import ensure_partitions, partition_name
from sync.hub.serving.job_handlers import job_runner
from sync.hub.upkeep import backup
from sync.hub.upkeep.backup import BackupError, back_up, begin_new_life, note_backed_up_until, put_back
from sync.hub.upkeep.daily import DAILY_JOB, wish_for_daily
from sync.hub.upkeep.retention import RetentionError, first_kept_month, let_go_before
from tests.hub.conftest import NOW_MS, Enrolled, event_line, sale_body
from tests.hub.postgres import Databases


def take_in(
    database: Database, first: int, last: int, *, day: str = "2026-05-28", at_ms: int = NOW_MS
) -> int:
    """Sales `first` to `last` of S1/T1; how far they are acknowledged."""
    lines = [
        event_line(seq, business_date=day, body=sale_body(seq) | {"business_date": day})
        for seq in range(first, last + 1)
    ]
    with database.writing() as connection:
        return ingest(connection, Batch("S1", "T1", 1, first, lines), now_ms=at_ms).acked_through


def marks(database: Database) -> tuple[int, int]:
    """How far epoch 1 of S1/T1 is acknowledged and backed up."""
    with database.reading() as connection:
        row = connection.execute(select(PROGRESS.c.acked_through, PROGRESS.c.backed_up_through)).one()
        return int(row[0]), int(row[1])


def count(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(RETAIL_TRANSACTION)).scalar_one())


@pytest.fixture
def new_ids() -> Callable[[], str]:
    numbers = itertools.count(0xABC)
    return lambda: f"{next(numbers):x}"


@pytest.fixture
def empty_target(enrolled: Enrolled, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path | str]:
    """Where a backup of the hub can be put back: another file, or another empty database."""
    if enrolled.database.dialect == "sqlite":
        yield tmp_path / "other" / "hub.db"
        return
    with request.getfixturevalue("postgres_databases").fresh(migrated=False) as url:
        yield url


def test_only_what_is_in_the_backup_counts_as_backed_up(enrolled: Enrolled, tmp_path: Path) -> None:
    database = enrolled.database
    take_in(database, 1, 3)
    done = back_up(database, tmp_path / "backups", name="one", now_ms=NOW_MS)
    assert done.file.exists()
    assert sys.platform == "win32" or done.file.stat().st_mode & 0o777 == 0o600, "nobody else's to read"
    assert done.epochs == 1
    assert marks(database) == (3, 3)
    take_in(database, 4, 5)
    assert marks(database) == (5, 3)


@pytest.mark.expected_logs
@pytest.mark.parametrize("other", [{"event_id": "other", "body": sale_body(77)}, {"kind": "Other"}])
def test_what_comes_to_a_place_after_its_backup_is_in_none(
    enrolled: Enrolled, tmp_path: Path, other: dict[str, object]
) -> None:
    database = enrolled.database
    take_in(database, 1, 4)
    back_up(database, tmp_path, name="one", now_ms=NOW_MS)
    with database.writing() as connection:
        late = ingest(connection, Batch("S1", "T1", 1, 3, [event_line(3, **other)]), now_ms=NOW_MS + 1)
    assert (late.acked_through, late.backed_up_through) == (4, 2)
    assert take_in(database, 1, 4) == 4
    assert marks(database) == (4, 2), "replays change nothing"
    later_ms = NOW_MS + 3_600_000
    back_up(database, tmp_path, name="two", now_ms=later_ms)
    assert marks(database) == (4, 4)


@pytest.mark.expected_logs
@pytest.mark.parametrize("other", [{"event_id": "other", "body": sale_body(77)}, {"kind": "Other"}])
def test_what_comes_to_a_place_while_it_is_copied_is_in_none(
    enrolled: Enrolled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: dict[str, object]
) -> None:
    database = enrolled.database
    take_in(database, 1, 4)
    noting = backup.note_marks

    def late(*told: Any, **named: Any) -> None:
        batch = Batch("S1", "T1", 1, 3, [event_line(3, **other)])
        ingest(told[0], batch, now_ms=NOW_MS + 60_000)
        noting(*told, **named)

    monkeypatch.setattr(backup, "note_marks", late)
    back_up(database, tmp_path, name="one", now_ms=NOW_MS)
    assert marks(database) == (4, 2)


@pytest.mark.needs_postgres
def test_a_dump_may_take_longer_than_a_session_may_idle(
    postgres_databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = f"{postgresql._OPTIONS} -c idle_in_transaction_session_timeout=100"
    monkeypatch.setattr(postgresql, "_OPTIONS", options)
    run = backup._run

    def slow(*arguments: Any) -> None:
        threading.Event().wait(0.5)
        run(*arguments)

    monkeypatch.setattr(backup, "_run", slow)
    with postgres_databases.fresh() as url:
        database = Database(url)
        assert back_up(database, tmp_path, name="one", now_ms=NOW_MS).file.exists()
        database.close()


def test_a_backup_put_back_is_another_life_and_takes_in_what_it_lacks(
    enrolled: Enrolled, tmp_path: Path, empty_target: Path | str, new_ids: Callable[[], str]
) -> None:
    database = enrolled.database
    take_in(database, 1, 3)
    file = back_up(database, tmp_path / "backups", name="one", now_ms=NOW_MS).file
    take_in(database, 4, 9)
    told = put_back(empty_target, file, new_id=new_ids, replace=False, stamp="x")
    assert "put back into" in told
    restored = Database(empty_target, make=False)
    try:
        assert restored.feed_id == "abc" != database.feed_id
        assert marks(restored) == (3, 3), "all of it is in the backup that it came from"
        assert count(restored) == 3
        assert take_in(restored, 1, 9) == 9, "the till sends again, replays included"
        assert count(restored) == 9
        with restored.reading() as connection:
            lines = connection.execute(select(EVENT.c.line).order_by(EVENT.c.seq)).scalars().all()
    finally:
        restored.close()
    assert [bytes(line) for line in lines] == [event_line(seq) for seq in range(1, 10)]


def test_a_hub_that_is_there_is_not_overwritten_unasked(
    enrolled: Enrolled, tmp_path: Path, new_ids: Callable[[], str]
) -> None:
    database = enrolled.database
    take_in(database, 1, 2)
    file = back_up(database, tmp_path / "backups", name="one", now_ms=NOW_MS).file
    named = database.location.named
    database.close()
    with pytest.raises(BackupError, match="--replace"):
        put_back(named, file, new_id=new_ids, replace=False, stamp="x")
    put_back(named, file, new_id=new_ids, replace=True, stamp="x")
    if isinstance(named, Path):
        assert named.with_name("hub.db.replaced-x").exists(), "what was there is kept"
    again = Database(named, make=False)
    assert count(again) == 2
    again.close()


def test_what_is_no_backup_is_refused_and_changes_nothing(
    enrolled: Enrolled, tmp_path: Path, new_ids: Callable[[], str]
) -> None:
    database = enrolled.database
    take_in(database, 1, 2)
    named = database.location.named
    database.close()
    rubbish = tmp_path / "rubbish"
    rubbish.write_bytes(b"not a backup" * 100)
    with pytest.raises(BackupError):
        put_back(named, rubbish, new_id=new_ids, replace=True, stamp="x")
    with pytest.raises(BackupError, match="does not exist"):
        put_back(named, tmp_path / "nowhere", new_id=new_ids, replace=True, stamp="x")
    again = Database(named, make=False)
    assert count(again) == 2
    again.close()


@pytest.mark.needs_postgres
def test_a_restore_that_fails_halfway_leaves_the_hub_as_it_was(
    postgres_databases: Databases, tmp_path: Path, new_ids: Callable[[], str]
) -> None:
    with postgres_databases.fresh() as named, postgres_databases.fresh(migrated=False) as other:
        database = Database(named)
        take_in(database, 1, 2)
        own = back_up(database, tmp_path, name="own", now_ms=NOW_MS).file
        take_in(database, 3, 3)
        database.close()
        # A dump in good order, of something that is no hub.
        foreign = tmp_path / "foreign.pgdump"
        with psycopg.connect(other) as connection:
            connection.execute("CREATE TABLE recipe (n int)")
        subprocess.run(["pg_dump", "--format=custom", f"--file={foreign}", other], check=True)
        with pytest.raises((BackupError, DatabaseError)):
            put_back(named, foreign, new_id=new_ids, replace=True, stamp="x")
        again = Database(named, make=False)
        assert count(again) == 3
        again.close()
        # The program or the server ends while the old tables are out of the way.
        with psycopg.connect(named, autocommit=True) as connection:
            connection.execute("ALTER SCHEMA public RENAME TO poshub_replaced")
        with pytest.raises(BackupError, match="--replace"):
            put_back(named, own, new_id=new_ids, replace=False, stamp="x")
        with pytest.raises((BackupError, DatabaseError)):
            put_back(named, foreign, new_id=new_ids, replace=True, stamp="x")
        again = Database(named, make=False)
        assert count(again) == 3
        again.close()
        put_back(named, own, new_id=new_ids, replace=True, stamp="x")
        again = Database(named, make=False)
        assert count(again) == 2
        own = back_up(again, tmp_path, name="second", now_ms=NOW_MS + 1).file
        again.close()
        put_back(named, own, new_id=new_ids, replace=True, stamp="x")


def test_a_hub_in_use_is_not_replaced(enrolled: Enrolled, tmp_path: Path, new_ids: Callable[[], str]) -> None:
    database = enrolled.database
    take_in(database, 1, 2)
    file = back_up(database, tmp_path / "backups", name="one", now_ms=NOW_MS).file
    with database.reading() as connection:
        connection.execute(select(EVENT.c.seq)).all()
        with pytest.raises(BackupError, match="stop"):
            put_back(database.location.named, file, new_id=new_ids, replace=True, stamp="x")
    assert count(database) == 2


def test_only_the_newest_backups_are_kept(enrolled: Enrolled, tmp_path: Path) -> None:
    for ending in (".db.zst", ".pgdump"):
        (tmp_path / f"of-another-hub{ending}").write_bytes(b"precious")
    for number in range(4):
        for held in tmp_path.glob("b*"):
            os.utime(held, (4_000_000_000, 4_000_000_000))  # of a clock that was far ahead
        back_up(enrolled.database, tmp_path, name=f"b{number}", now_ms=NOW_MS + number, keep=2)
    kept = sorted(one.name.partition(".")[0] for one in tmp_path.glob("b[0-9].*"))
    assert kept == ["b2", "b3"]
    assert len(list(tmp_path.glob("of-another-hub.*"))) == 2
    with pytest.raises(BackupError, match="already"):
        back_up(enrolled.database, tmp_path, name="b3", now_ms=NOW_MS + 9)


def test_backups_of_others_are_told_of(enrolled: Enrolled, capsys: pytest.CaptureFixture[str]) -> None:
    database = enrolled.database
    take_in(database, 1, 2, at_ms=NOW_MS)
    with database.writing() as connection:
        assert note_backed_up_until(connection, NOW_MS - 1) == 0
    assert marks(database) == (2, 0)
    with database.writing() as connection:
        assert note_backed_up_until(connection, NOW_MS) == 1
    assert marks(database) == (2, 2)
    named = str(database.location.named)
    for until, said in (
        ("yesterday", "write it as"),
        ("2026-01-01T00:00", "zone"),
        ("2999-01-01T00:00Z", "future"),
    ):
        assert cli(["backed-up", "--database", named, "--until", until]) == 1
        assert said in capsys.readouterr().err


def test_a_promoted_copy_says_that_it_may_lack_something(enrolled: Enrolled) -> None:
    take_in(enrolled.database, 1, 2)
    with enrolled.database.writing() as connection:
        begin_new_life(connection, "beef", from_backup=False)
    again = Database(enrolled.database.location.named, make=False)
    assert again.feed_id == "beef"
    assert marks(again) == (2, 0), "nobody said that there is a backup"
    again.close()


# ---------------------------------------------------------------------- business days
@pytest.mark.expected_logs
def test_old_months_go_once_they_are_in_a_backup(enrolled: Enrolled, tmp_path: Path) -> None:
    database = enrolled.database
    if database.dialect == "postgresql":
        with database.writing() as connection:
            ensure_partitions(connection, date(2026, 2, 1), date(2026, 5, 1))
    take_in(database, 1, 2, day="2026-02-10")
    take_in(database, 3, 4, day="2026-03-31")
    take_in(database, 5, 6, day="2026-04-01")
    take_in(database, 7, 7, day="")
    with pytest.raises(RetentionError, match="backup"):
        let_go_before(database, date(2026, 4, 1))
    assert count(database) == 7
    back_up(database, tmp_path, name="one", now_ms=NOW_MS + 1)
    assert let_go_before(database, date(2026, 4, 1)) == 2
    with database.reading() as connection:
        days = connection.execute(select(EVENT.c.business_date).order_by(EVENT.c.seq)).scalars().all()
        lines = connection.execute(select(func.count()).select_from(SALE_LINE)).scalar_one()
    assert days == ["2026-04-01", "2026-04-01", ""], "what has no day stays"
    assert lines == 3
    assert let_go_before(database, date(2026, 4, 1)) == 0
    assert take_in(database, 8, 8, day="2026-04-02") == 8, "the order goes on"


def test_an_old_day_that_comes_while_old_days_go_is_kept(
    enrolled: Enrolled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = enrolled.database
    if database.dialect == "postgresql":
        with database.writing() as connection:
            ensure_partitions(connection, date(2026, 2, 1), date(2026, 5, 1))
    take_in(database, 1, 2, day="2026-02-10")
    with database.writing() as connection:
        assert note_backed_up_until(connection, NOW_MS) == 1, "a backup by others will do"
    writing = database.writing

    def late() -> Any:
        monkeypatch.undo()
        take_in(database, 3, 3, day="2026-02-10")
        return writing()

    monkeypatch.setattr(database, "writing", late)
    with pytest.raises(RetentionError, match="2026-02-10"):
        let_go_before(database, date(2026, 4, 1))
    assert count(database) == 3
    with database.writing() as connection:
        note_backed_up_until(connection, NOW_MS)
    assert let_go_before(database, date(2026, 4, 1)) > 0
    assert count(database) == 0


@pytest.mark.parametrize(
    ("today", "months", "first"),
    [
        (date(2026, 11, 22), 24, date(2024, 11, 1)),
        (date(2026, 1, 31), 1, date(2025, 12, 1)),
        (date(2026, 12, 1), 12, date(2025, 12, 1)),
    ],
)
def test_whole_months_are_kept(today: date, months: int, first: date) -> None:
    assert first_kept_month(today, months) == first


def test_the_daily_work_is_done_once_and_comes_again_tomorrow(enrolled: Enrolled) -> None:
    database = enrolled.database
    now = [NOW_MS]
    runner = job_runner(database, lambda: now[0])
    with database.writing() as connection:
        wish_for_daily(connection, NOW_MS)
        wish_for_daily(connection, NOW_MS)
    rounds = sum(runner.run_once() for _ in range(9))
    assert rounds == 4, "once, once for each store, and once for members' levels"
    with database.reading() as connection:
        (tomorrow,) = [one for one in waiting_jobs(connection, "") if one.job.kind == DAILY_JOB]
    assert tomorrow.run_at_ms == NOW_MS + 86_400_000
    if database.dialect == "postgresql":
        with database.reading() as connection:
            name = partition_name("event", date(2026, 8, 1))
            assert connection.execute(text("SELECT to_regclass(:name)"), {"name": name}).scalar()
    now[0] = tomorrow.run_at_ms
    assert sum(runner.run_once() for _ in range(9)) == 5, "and what time does to rights"
