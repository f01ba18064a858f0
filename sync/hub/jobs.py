"""Work that is done after the answer: kept in a table, taken by whichever process is free, done once.

A wish for work is written in the transaction of what it follows from. A runner claims it for a while, does
the slow part without any lock, and writes the effect in one transaction with the mark that it is done; a
claim that ran out is another's, and then nothing is written. What fails stays, shows why, and is tried again
ever more seldom. Knows no kind of work; handlers are handed in.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, func, literal, or_, select, true, update

from sync.hub.database import BusyError, Database, upsert, upsert_for
from sync.hub.schema.events import STORE
from sync.hub.schema.feeds import JOB

LOG = logging.getLogger("poshub.jobs")
#: A process that died holds its work no longer than this.
CLAIM_MS: Final = 60_000
RETRY_FIRST_MS: Final = 5_000
RETRY_MAX_MS: Final = 3_600_000
LOOK_EVERY_S: Final = 1.0
ERROR_MAX_CHARS: Final = 500
_NEW: Final[dict[str, Any]] = {"wanted": 1, "attempts": 0, "claim": "", "claimed_until_ms": 0, "error": ""}


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work; the same store, kind and key are the same work."""

    store_id: str
    kind: str
    key: str
    body: bytes = b""


#: What is left to do inside the transaction in which a job is marked done.
Effect = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class Handler:
    """How a kind of work is done: `prepare` may take its time, up to `claim_ms`, and returns the effect.

    What `prepare` wrote itself is written again when the work is done again; what the effect writes is not.
    `abandon` asks from another thread that it give up soon, by raising AbandonedError.
    """

    prepare: Callable[[Job], Effect]
    claim_ms: int = CLAIM_MS
    abandon: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class WaitingJob:
    """A job that is not done, how often it failed, and why the last time."""

    job: Job
    run_at_ms: int
    attempts: int
    error: str


class AbandonedError(Exception):
    """Work that was given up because its process ends; it is left to another."""


class _ClaimLostError(Exception):
    """Another runner has the job by now; nothing of this one's may stay."""


def handler_of(work: Callable[[Connection, Job], None]) -> Handler:
    """A handler for work that is quick enough to be done whole inside the transaction."""
    return Handler(lambda job: lambda connection: work(connection, job))


def enqueue(
    connection: Connection, store_id: str, kind: str, key: str, body: bytes = b"", run_at_ms: int = 0
) -> None:
    """Wish for work at a time (epoch milliseconds; 0: at once), in the transaction of what it follows from.

    The same work waiting already is done once, at the earlier of the two times and with this body; the same
    work under way is done once more afterwards.
    """
    wish = {"store_id": store_id, "kind": kind, "key": key, "body": body, "run_at_ms": run_at_ms}
    connection.execute(_wish(connection.dialect.name), wish | _NEW)


@lru_cache(maxsize=4)
def _wish(dialect: str) -> Any:
    # Put together once: every batch of sales wishes, and that takes longer than to run it.
    wish = upsert_for(dialect, JOB)
    earlier = func.least if dialect == "postgresql" else func.min
    return wish.on_conflict_do_update(
        index_elements=["store_id", "kind", "key"],
        set_={
            "body": wish.excluded.body,
            "run_at_ms": earlier(JOB.c.run_at_ms, wish.excluded.run_at_ms),
            "wanted": JOB.c.wanted + 1,
        },
    )


def enqueue_for_stores(connection: Connection, kind: str, *, run_at_ms: int) -> None:
    """Wish for work of a kind for every store, under the key ""; where it waits already nothing changes."""
    fields = {"kind": kind, "key": "", "body": b"", "run_at_ms": run_at_ms, **_NEW}
    # SQLite needs a condition to tell where the question ends.
    each = select(STORE.c.store_id, *(literal(value) for value in fields.values())).where(true())
    wish = upsert(connection, JOB).from_select(["store_id", *fields], each)
    connection.execute(wish.on_conflict_do_nothing())


def waiting_jobs(
    connection: Connection, store_id: str, *, failed_only: bool = False, limit: int = 100
) -> list[WaitingJob]:
    """Jobs of a store that are not done, the next first."""
    query = select(JOB).where(JOB.c.store_id == store_id).order_by(JOB.c.run_at_ms, JOB.c.key).limit(limit)
    if failed_only:
        query = query.where(JOB.c.attempts > 0)
    return [
        WaitingJob(_job(row), int(row.run_at_ms), int(row.attempts), row.error)
        for row in connection.execute(query)
    ]


class JobRunner:
    """Does the jobs of one database, in a thread of its own or one by one with `run_once`."""

    def __init__(
        self, database: Database, handlers: Mapping[str, Handler], now_ms: Callable[[], int]
    ) -> None:
        self._database = database
        self._handlers = dict(handlers)
        self._now_ms = now_ms
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hub-jobs", daemon=True)

    def start(self) -> None:
        """Begin to look for work, until `stop`."""
        self._thread.start()

    def stop(self, within_s: float = 20.0) -> None:
        """Finish the job under way, or have it given up if it is a long one, and end the thread."""
        self._stopping.set()
        for handler in self._handlers.values():
            handler.abandon()
        if self._thread.is_alive():
            self._thread.join(within_s)

    def run_once(self) -> bool:
        """Do one job that is due; whether there was one."""
        claimed = self._claim()
        if claimed is None:
            return False
        job, claim, wanted = claimed
        fields: dict[str, Any] = {"store": job.store_id, "kind": job.kind, "key": job.key}
        try:
            effect = self._handlers[job.kind].prepare(job)
            with self._database.writing() as connection:
                effect(connection)
                self._mark_done(connection, job, claim, wanted)
        except AbandonedError:
            self._database.write(lambda connection: self._give_back(connection, job, claim))
            return False
        except _ClaimLostError:
            LOG.info("job taken over", extra={"fields": fields})
        except Exception as trouble:  # noqa: BLE001 - any failure is kept with the job, shown, and tried again
            shown = f"{type(trouble).__name__}: {trouble}"[:ERROR_MAX_CHARS]
            self._database.write(lambda connection: self._mark_failed(connection, job, claim, shown))
            LOG.warning("job failed", extra={"fields": fields | {"error": shown}})
        else:
            LOG.info("job done", extra={"fields": fields})
        return True

    # ------------------------------------------------------------------ taking and giving back
    def _claim(self) -> tuple[Job, str, int] | None:
        now_ms = self._now_ms()
        due = and_(
            JOB.c.kind.in_(list(self._handlers)),
            JOB.c.run_at_ms <= now_ms,
            or_(JOB.c.claim == "", JOB.c.claimed_until_ms <= now_ms),
        )
        # Looked for without the writer's lock: most of the time there is nothing.
        with self._database.reading() as connection:
            if connection.execute(select(JOB.c.key).where(due).limit(1)).first() is None:
                return None
        with self._database.writing() as connection:
            query = select(JOB).where(due).order_by(JOB.c.run_at_ms).limit(1)
            row = connection.execute(query.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            job, claim = _job(row), secrets.token_hex(8)
            until_ms = now_ms + self._handlers[job.kind].claim_ms
            connection.execute(update(JOB).where(*_is(job)).values(claim=claim, claimed_until_ms=until_ms))
            return job, claim, int(row.wanted)

    def _mark_done(self, connection: Connection, job: Job, claim: str, wanted: int) -> None:
        mine = (*_is(job), JOB.c.claim == claim)
        if connection.execute(delete(JOB).where(*mine, JOB.c.wanted == wanted)).rowcount == 1:
            return
        # Wished for again meanwhile: what was seen then may be old by now.
        again = update(JOB).where(*mine).values(claim="", claimed_until_ms=0, attempts=0, error="")
        if connection.execute(again).rowcount == 0:
            raise _ClaimLostError

    def _mark_failed(self, connection: Connection, job: Job, claim: str, error: str) -> None:
        mine = (*_is(job), JOB.c.claim == claim)
        attempts = connection.execute(select(JOB.c.attempts).where(*mine)).scalar()
        if attempts is None:
            return
        pause_ms = min(RETRY_FIRST_MS * 2 ** min(int(attempts), 20), RETRY_MAX_MS)
        connection.execute(
            update(JOB)
            .where(*mine)
            .values(
                claim="",
                claimed_until_ms=0,
                attempts=JOB.c.attempts + 1,
                error=error,
                run_at_ms=self._now_ms() + pause_ms,
            )
        )

    def _give_back(self, connection: Connection, job: Job, claim: str) -> None:
        mine = (*_is(job), JOB.c.claim == claim)
        connection.execute(update(JOB).where(*mine).values(claim="", claimed_until_ms=0))

    # ------------------------------------------------------------------ the thread
    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                worked = self.run_once()
            except BusyError as trouble:
                # The database is away or full of others; whatever was claimed comes back by itself.
                LOG.info("jobs wait: %s", trouble)
                worked = False
            except Exception:
                # A full disk, for one: jobs must not stay undone until somebody restarts the hub.
                LOG.critical("a fault in the jobs' thread", exc_info=True)
                worked = False
                self._stopping.wait(RETRY_FIRST_MS / 1000)
            if not worked:
                self._stopping.wait(LOOK_EVERY_S)


def _job(row: Any) -> Job:
    return Job(row.store_id, row.kind, row.key, bytes(row.body))


def _is(job: Job) -> tuple[Any, ...]:
    return JOB.c.store_id == job.store_id, JOB.c.kind == job.kind, JOB.c.key == job.key
