"""Many stores' queues against one hub: what a chain's tills send after an outage, all at once.

    python -m tests.simulation.stores_load --stores 500 --sales 100 --workers 2

Every store has one till with its own key and a queue of sales. Clients play them over real HTTP with the link
that tills use: batches go out twice, answers are thrown away, queues begin again from an earlier place. Then
the hub's rows are counted: every sale of every store once, money equal to the cent, nothing in quarantine.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import func, select

from sync.engine.device_key import DeviceKey, KeyRing
from sync.engine.hub_link import HttpLink
from sync.engine.link import LinkError
from sync.hub.bench.postgres_server import PostgresServer
from sync.hub.database import Database
from sync.hub.goods.shop_admin import put_shop
from sync.hub.schema.events import EVENT, EXCEPTION, QUARANTINE, RETAIL_TRANSACTION
from sync.protocol.chain import CHAIN_START, chain_over
from sync.protocol.codec import encode_envelope
from sync.protocol.envelope import Envelope
from tests.hub.conftest import NOW_MS, sale_body, shop_document
from tests.hub.devices import enrol_device

ROOT = Path(__file__).resolve().parents[2]
EPOCH = NOW_MS
BATCH = 100
TRIES = 200


@dataclass
class Load:
    """What was played and what came of it; `faults` is empty when all is well."""

    stores: int
    sales: int
    seconds: float = 0.0
    sent_lines: int = 0
    failures: int = 0
    worker_kills: int = 0
    push_ms: list[float] = field(default_factory=list)
    hub_rss_mb: float = 0.0
    faults: list[str] = field(default_factory=list)

    def report(self, seed: int, database: str) -> dict[str, Any]:
        """The figures for people."""
        ordered = sorted(self.push_ms)
        return {
            "campaign": "stores_load", "seed": seed, "database": database, "stores": self.stores,
            "sales": self.sales, "seconds": round(self.seconds, 2),
            "sales_per_s": round(self.sales / self.seconds) if self.seconds else None,
            "lines_sent": self.sent_lines, "requests_failed": self.failures,
            "workers_killed": self.worker_kills,
            "push_ms_p50": round(statistics.median(ordered), 1) if ordered else None,
            "push_ms_p99": round(ordered[int(len(ordered) * 0.99)], 1) if ordered else None,
            "hub_rss_mb": round(self.hub_rss_mb, 1), "faults": self.faults,
        }  # fmt: skip


class _SystemClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Queue:
    """One till's place, key and sales: everything that a client process needs to play it."""

    store_id: str
    private_key: bytes
    sales: int
    seed: int

    def total_minor(self, number: int) -> int:
        """What sale `number` (from 1) came to."""
        return 100 + (self.seed * 7919 + number * 104_729) % 100_000

    def lines(self) -> list[bytes]:
        """The exact bytes, in order."""
        return [
            encode_envelope(
                Envelope(
                    event_id=f"{self.store_id}-{number}",
                    kind="TransactionCompleted",
                    store_id=self.store_id,
                    terminal_id="T1",
                    epoch=EPOCH,
                    seq=number,
                    occurred_at=NOW_MS + number,
                    business_date="2026-05-28",
                    body=msgspec.Raw(
                        msgspec.json.encode(sale_body(number, total_minor=self.total_minor(number)))
                    ),
                )
            )
            for number in range(1, self.sales + 1)
        ]


def furnish(database: Database, stores: int, sales: int, seed: int) -> list[Queue]:
    """Make the stores, each with a till and its key."""
    queues = []
    for number in range(stores):
        store_id = f"S{number:04d}"
        with database.writing() as connection:
            put_shop(connection, shop_document(store_id), show_pins=False, now_ms=NOW_MS)
        key = enrol_device(database, store_id, "T1", NOW_MS)
        queues.append(Queue(store_id, key.ring.private_keys[0], sales, seed + number))
    return queues


# ---------------------------------------------------------------------- the tills
def play(url: str, queue: Queue) -> tuple[int, int, list[float]]:
    """Send one queue as a till on a bad line does; lines sent, requests failed, milliseconds of each push."""
    choice = random.Random(queue.seed)
    key = DeviceKey(KeyRing(queue.store_id, "T1", (queue.private_key,)))
    link = HttpLink(url, store_id=queue.store_id, terminal_id="T1", key=key, clock=_SystemClock())
    lines = queue.lines()
    at = sent = failed = 0
    took: list[float] = []
    tries = 0
    while at < len(lines):
        tries += 1
        if tries > TRIES:
            raise RuntimeError(f"{queue.store_id} does not get further than {at}")
        # A queue that lost its place begins again earlier; some batches are small, as live sales are.
        start = max(0, at - choice.choice((0, 0, 0, 0, 1, BATCH)))
        batch = lines[start : start + choice.choice((1, BATCH, BATCH))]
        chain = chain_over(CHAIN_START, lines[: start + len(batch)])
        began = time.perf_counter()
        try:
            reply = link.push(batch, epoch=EPOCH, first_seq=start + 1, chain=chain)
        except LinkError as trouble:
            failed += 1
            time.sleep(min((trouble.retry_after_ms or 0) / 1000, 1.0) or choice.random() * 0.2)
            continue
        took.append((time.perf_counter() - began) * 1000)
        sent += len(batch)
        # An answer that is lost on the way: the till knows nothing of it.
        if choice.random() < 0.9:
            at = reply.acked_through
    link.close()
    return sent, failed, took


def play_many(url: str, queues: Sequence[Queue], clients: int) -> list[tuple[int, int, list[float]]]:
    """Play queues in this process, so many at a time."""
    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(lambda queue: play(url, queue), queues))


# ---------------------------------------------------------------------- the hub
class ServedHub:
    """`poshub serve` as a process, with its workers."""

    def __init__(self, database: str, workers: int, log: Path) -> None:
        command = [sys.executable, "-m", "sync.hub.commands", "serve", "--database", database, "--port", "0"]
        if workers > 1:
            command += ["--workers", str(workers)]
        with log.open("w") as out:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=out, text=True, cwd=ROOT)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, log.read_text()[-2000:]
        self.url = line.split()[-1]

    def worker_ids(self) -> list[int]:
        """The processes that serve."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        found = [int(child) for child in children if b"spawn_main" in _command_of(int(child))]
        return found or [self._process.pid]

    def rss_mb(self) -> float:
        """Memory of all of it now."""
        total = 0
        for pid in {self._process.pid, *self.worker_ids()}:
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    total += int(line.split()[1])
        return total / 1024

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def _command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


# ---------------------------------------------------------------------- the whole
@dataclass(frozen=True, slots=True)
class Plan:
    """How much is played: sales in each store's queue, tills at one moment in each client process, processes
    of the hub and how many of them are killed meanwhile.
    """

    stores: int
    sales: int
    clients: int
    processes: int
    workers: int
    kills: int
    seed: int


def run(database: str, plan: Plan, folder: Path) -> Load:
    """Play all queues against a served hub and audit it."""
    load = Load(plan.stores, plan.stores * plan.sales)
    opened = Database(database)
    queues = furnish(opened, plan.stores, plan.sales, plan.seed)
    opened.close()
    hub = ServedHub(database, plan.workers, folder / "hub.log")
    try:
        began = time.perf_counter()
        parts = [queues[part :: plan.processes] for part in range(plan.processes)]
        with get_context("spawn").Pool(plan.processes) as pool:
            waiting = [pool.apply_async(play_many, (hub.url, part, plan.clients)) for part in parts]
            for number in range(plan.kills):
                time.sleep(0.5 + number)
                # Only with several workers: the others and their keeper go on.
                victims = hub.worker_ids()
                if plan.workers > 1 and len(victims) > 1:
                    os.kill(random.Random(plan.seed + number).choice(victims), signal.SIGKILL)
                    load.worker_kills += 1
            for each in waiting:
                for sent, failed, took in each.get():
                    load.sent_lines += sent
                    load.failures += failed
                    load.push_ms.extend(took)
        load.seconds = time.perf_counter() - began
        load.hub_rss_mb = hub.rss_mb()
    finally:
        hub.stop()
    load.faults = audit(database, queues)
    return load


def audit(database: str, queues: Sequence[Queue]) -> list[str]:
    """What is wrong at the hub, in sentences."""
    faults = []
    opened = Database(database)
    try:
        with opened.reading() as connection:
            sale = RETAIL_TRANSACTION.c
            found = {
                row[0]: (row[1], int(row[2]))
                for row in connection.execute(
                    select(sale.store_id, func.count(), func.sum(sale.total_minor)).group_by(sale.store_id)
                )
            }
            events = dict(
                connection.execute(select(EVENT.c.store_id, func.count()).group_by(EVENT.c.store_id)).all()
            )
            for table in (QUARANTINE, EXCEPTION):
                count = connection.execute(select(func.count()).select_from(table)).scalar_one()
                if count:
                    faults.append(f"{count} rows in {table.name}")
    finally:
        opened.close()
    for queue in queues:
        right = (queue.sales, sum(queue.total_minor(number) for number in range(1, queue.sales + 1)))
        if found.get(queue.store_id) != right:
            faults.append(f"{queue.store_id}: sales {found.get(queue.store_id)}, not {right}")
        if events.get(queue.store_id) != queue.sales:
            faults.append(f"{queue.store_id}: {events.get(queue.store_id)} events, not {queue.sales}")
    return faults


def cli(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; prints one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stores", type=int, default=500)
    parser.add_argument("--sales", type=int, default=100, help="in each store's queue")
    parser.add_argument("--clients", type=int, default=16, help="tills that send at one moment, a process")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2, help="processes of the hub (PostgreSQL)")
    parser.add_argument("--kills", type=int, default=2, help="workers killed with SIGKILL meanwhile")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sqlite", action="store_true", help="against the embedded default instead")
    parser.add_argument("--database", help="an empty PostgreSQL database (default: a server of its own)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        if options.sqlite:
            database, workers = str(Path(folder) / "hub.db"), 1
        else:
            workers = options.workers
            database = options.database
            if database is None:
                server = PostgresServer()
                stack.callback(server.stop)
                server.administer("CREATE DATABASE load TEMPLATE template0")
                database = server.url("load")
        kills = options.kills if workers > 1 else 0
        plan = Plan(
            options.stores, options.sales, options.clients, options.processes, workers, kills, options.seed
        )
        load = run(database, plan, Path(folder))
    print(json.dumps(load.report(options.seed, "sqlite" if options.sqlite else "postgresql"), indent=2))
    return 1 if load.faults else 0


if __name__ == "__main__":
    sys.exit(cli())
