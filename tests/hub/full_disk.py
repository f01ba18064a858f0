"""A hub on a disk that is really full, then not: what is acknowledged stays, what is not comes again.

    python -m tests.hub.full_disk            (as root, on Linux: it mounts small file systems in memory)

SQLite gets such a file system for its file; PostgreSQL one for the tablespace of the hub's database, or, with
`--server`, for everything the server writes, log included. Batches are pushed over HTTP while a file of junk
takes the room, and after it is removed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from sync.hub.bench.postgres_server import PostgresServer
from sync.hub.database import Database
from sync.hub.goods.shop_admin import put_shop
from sync.hub.schema.events import EVENT
from sync.hub.serving.embedded import EmbeddedHub, system_now_ms
from sync.protocol import codec
from tests.hub.conftest import event_line, shop_document
from tests.hub.devices import bearer_token, enrol_device
from tests.hub.test_hub_routes import EVENTS, call

BATCH = 400
BATCHES = 12
WITHIN_S = 60.0


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system of a few MiB."""
    folder = Path(tempfile.mkdtemp(prefix="full-disk-", dir="/var/tmp"))
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "none", str(folder)], check=True
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def fill(folder: Path) -> Path:
    """A file that takes all the room there is."""
    junk = folder / "junk"
    with junk.open("wb", buffering=0) as out:
        piece = bytes(64 * 1024)
        try:
            while out.write(piece):
                continue
        except OSError:
            return junk
    return junk


class Till:
    """Pushes batches one after the other and keeps count of what was acknowledged."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url, key
        self.acked = 0

    def push(self) -> tuple[int, dict[str, str]]:
        """The next batch; the status, and what else was said."""
        lines = [event_line(seq, event_id=f"e{seq}") for seq in range(self.acked + 1, self.acked + 1 + BATCH)]
        headers = {"Posapp_Epoch": "1", "Posapp_First_Seq": str(self.acked + 1)}
        status, told, body = call(self.url, "POST", EVENTS, key=self.key, body=codec.pack(lines), **headers)
        if status == 200:
            self.acked = int(json.loads(body)["acked_through"])
        return status, told

    def health(self) -> tuple[int, str]:
        """The status of the hub's health, and its word."""
        status, _told, body = call(self.url, "GET", "/healthz")
        said = json.loads(body)
        return status, said.get("error") or said["status"]


def through(database: str | Path, folder: Path, *, restart: Any = None) -> dict[str, Any]:
    """Fill, push, make room, push; what was seen."""
    now_ms = system_now_ms()
    hub = EmbeddedHub(database)
    with hub.database.writing() as connection:
        put_shop(connection, shop_document(), show_pins=False, now_ms=now_ms)
    key = bearer_token(hub.database, enrol_device(hub.database, "S1", "T1", now_ms), now_ms)
    till = Till(hub.start(), key)
    seen: dict[str, Any] = {"before": (till.push()[0], till.health()), "acked_before": till.acked}
    junk = fill(folder)
    answers = [till.push() for _ in range(BATCHES)]
    seen["full"] = sorted({status for status, _told in answers})
    seen["retry_after"] = sorted({told.get("retry-after", "") for status, told in answers if status != 200})
    seen["health_full"] = till.health()
    seen["acked_full"] = till.acked
    junk.unlink()
    if restart is not None:
        restart()
    until = time.monotonic() + WITHIN_S
    while till.health()[0] != 200 or till.push()[0] != 200:
        if time.monotonic() > until:
            raise SystemExit(f"does not work again: {seen}, {till.health()}")
    seen["after"] = till.health()
    hub.stop()
    again = Database(database)
    with again.reading() as connection:
        held = connection.execute(select(func.count(), func.max(EVENT.c.seq))).one()
    again.close()
    seen["acked"], seen["held"] = till.acked, tuple(held)
    if tuple(held) != (till.acked, till.acked):
        raise SystemExit(f"lost or doubled: {seen}")
    return seen


def main() -> int:
    """Go through it on both kinds; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", action="store_true", help="the whole PostgreSQL server on the full disk")
    options = parser.parse_args()
    with small_disk(64) as folder:
        print("SQLite", through(folder / "hub.db", folder), flush=True)
    with ExitStack() as stack:
        if options.server:
            folder = stack.enter_context(small_disk(220))
            server = stack.enter_context(PostgresServer(folder=folder, max_wal_size="64MB"))
            server.administer("CREATE DATABASE small")
            print("PostgreSQL, whole server", through(server.url("small"), folder, restart=server.revive))
        else:
            folder = stack.enter_context(small_disk(48))
            server = stack.enter_context(PostgresServer())
            subprocess.run(["chown", "postgres", str(folder)], check=True)
            server.administer(
                f"CREATE TABLESPACE small LOCATION '{folder}'", "CREATE DATABASE small TABLESPACE small"
            )
            print("PostgreSQL, tablespace", through(server.url("small"), folder))
            server.administer("DROP DATABASE small", "DROP TABLESPACE small")
    return 0


if __name__ == "__main__":
    sys.exit(main())
