"""A hub in several processes behind one address, kept up by a parent that only watches.

Each process opens the database and serves by itself; nothing is shared but the socket and the database. A
process that dies is replaced, and what it was doing is sent again by the tills. For PostgreSQL: SQLite takes
one writer at a time.
"""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.supervisors import Multiprocess

from sync.hub.database import Database, DatabaseError
from sync.hub.serving.asgi import HubConfig, Listening, create_app, url_of
from sync.hub.serving.collecting import collect_seldom
from sync.hub.serving.embedded import system_now_ms
from sync.hub.serving.job_handlers import job_runner
from sync.hub.trust.limits import Limits
from sync.hub.upkeep.logs import log_to_stderr
from sync.hub.upkeep.metrics import MULTIPROCESS_FOLDER

LOG = logging.getLogger("poshub.serving")
#: Seconds between tries to open the database; a minute in all.
_WAITS_S: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
#: How a process is told what to serve; it may hold a password, so it is in no command line.
_SERVING: Final = "POSHUB_SERVING"


class _Serving(msgspec.Struct):
    """What every process has to know."""

    database: str
    database_connections: int
    limits: Limits
    metrics_token: str


def serve_in_processes(
    database: str,
    listening: Listening,
    limits: Limits,
    *,
    workers: int,
    database_connections: int,
    metrics_token: str,
    on_ready: Callable[[str], None],
) -> None:
    """Serve until SIGTERM or SIGINT; raises OSError where the address is taken or a certificate is none.

    `database_connections`: how many each process opens at most.
    """
    serving = _Serving(database, database_connections, limits, metrics_token)
    with tempfile.TemporaryDirectory(prefix="poshub-figures-") as figures:
        os.environ[_SERVING] = msgspec.json.encode(serving).decode()
        os.environ[MULTIPROCESS_FOLDER] = figures
        # A certificate that cannot be read is told by the parent, once.
        HubConfig(_nothing, listening).load()
        config = HubConfig(
            "sync.hub.serving.workers:worker_app", listening, factory=True, lifespan="on", workers=workers
        )
        socket = config.bind_socket()
        try:
            # Whoever comes before the first process is up waits in the queue instead of being refused.
            socket.listen(config.backlog)
            on_ready(url_of(socket.getsockname(), secure=config.is_ssl))
            Multiprocess(config, sockets=[socket]).run()
        finally:
            socket.close()
            del os.environ[_SERVING], os.environ[MULTIPROCESS_FOLDER]


async def _nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """An application that is never asked."""


def worker_app() -> ASGIApp:
    """The application of one process; opened when it starts, closed when it ends."""
    serving = msgspec.json.decode(os.environ[_SERVING], type=_Serving)
    log_to_stderr(logging.INFO)
    database = opened_in_time(
        lambda: Database(_named(serving.database), make=False, connections=serving.database_connections)
    )
    jobs = job_runner(database, system_now_ms)

    @asynccontextmanager
    async def living(_app: Starlette) -> AsyncIterator[None]:
        jobs.start()
        try:
            yield
        finally:
            await run_in_threadpool(jobs.stop)
            database.close()

    app = create_app(
        database, system_now_ms, serving.limits, metrics_token=serving.metrics_token, lifespan=living
    )
    collect_seldom()
    return app


def opened_in_time(make: Callable[[], Database], waits_s: Iterable[float] = _WAITS_S) -> Database:
    """The database; one that is away is waited for a while before the process gives up.

    A process that ended at once would be replaced at once, and starting processes would be all that is done.
    """
    for wait_s in waits_s:
        try:
            return make()
        except DatabaseError as trouble:
            LOG.warning("the database is away: %s", trouble)
            threading.Event().wait(wait_s)
    return make()


def _named(database: str) -> Path | str:
    return database if "://" in database else Path(database)
