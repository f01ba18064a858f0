"""The hub's side of a till's backlog benchmark: a fresh hub to push to, and the same lines taken in straight.

Both begin on an empty database, so that what is compared is the way there and nothing else.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg

from sync.hub.bench.report import folder_on_disk
from sync.hub.database import Database, read_location
from sync.hub.goods.shop_admin import put_shop
from sync.hub.intake.ingest import Batch, ingest
from sync.hub.serving.embedded import EmbeddedHub, system_now_ms
from sync.hub.trust.auth import Claim
from sync.hub.trust.enrolment import add_key
from sync.hub.trust.limits import Limits
from sync.protocol.signing import key_id_of

STORE_ID: Final = "S0217"
TERMINAL_ID: Final = "T03"
_SHOP: Final[dict[str, Any]] = {
    "store": {"id": STORE_ID, "names": "Bench", "currency": "CNY"},
    "terminals": [{"id": TERMINAL_ID}],
    "operators": [{"id": "1", "name": "Bench", "role": "manager", "pin": "0000"}],
}


@contextmanager
def fresh_database(server: str | None) -> Iterator[Path | str]:
    """An empty database on a PostgreSQL server, or an SQLite file; gone afterwards."""
    if server is None or read_location(server).dialect == "sqlite":
        folder = tempfile.TemporaryDirectory(prefix="poshub-bench-", dir=folder_on_disk())
        with folder as name:
            yield Path(name) / "hub.db"
        return
    plain = read_location(server).url.set(drivername="postgresql")
    name = f"poshub_bench_backlog_{os.getpid()}"
    with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'".encode())
        try:
            yield plain.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def serve_fresh(server: str | None, public_key: bytes, tell: Callable[[str], None]) -> None:
    """Serve a hub that knows this device alone, tell its address, and end with the standard input."""
    with fresh_database(server) as named:
        limits = Limits(device_per_s=0, address_per_s=0)
        hub = EmbeddedHub(named, limits=limits)
        try:
            _set_up(hub.database)
            claim = Claim(STORE_ID, TERMINAL_ID, key_id_of(public_key))
            with hub.database.writing() as connection:
                add_key(connection, claim, public_key, now_ms=system_now_ms())
            tell(hub.start())
            sys.stdin.read()
        finally:
            hub.stop()


def take_in(server: str | None, lines: Sequence[bytes], *, epoch: int, batch_lines: int) -> float:
    """Seconds that the hub's own ingest takes for the lines of an epoch, called straight."""
    with fresh_database(server) as named, contextlib.closing(Database(named)) as database:
        _set_up(database)
        gc.collect()
        started = time.perf_counter()
        first_seq = 1
        for start in range(0, len(lines), batch_lines):
            some = lines[start : start + batch_lines]
            batch = Batch(STORE_ID, TERMINAL_ID, epoch, first_seq, some)
            with database.writing() as connection:
                result = ingest(connection, batch, now_ms=system_now_ms())
            first_seq += len(some)
            if result.acked_through != first_seq - 1 or result.quarantined:
                raise RuntimeError(f"the hub did not take a batch: {result}")
        return time.perf_counter() - started


def _set_up(database: Database) -> None:
    with database.writing() as connection:
        put_shop(connection, _SHOP, show_pins=False, now_ms=system_now_ms())
