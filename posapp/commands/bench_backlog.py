"""A week's sales made without a hub, then sent to one: how long that takes beside the hub's own work.

The sales are made in a real ledger, sent by the till's own sync thread to a hub process over the loopback,
and the same lines are taken in by the hub's ingest alone; both begin on an empty database and take turns. A
last time the till sells on while the queue drains.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from posapp.commands.bench_commit import BenchRefusedError, SellingTill, disk_folder, file_system
from posapp.commands.bench_shop import Goods, made_up
from posapp.commands.clock import SystemClock
from posapp.commands.measuring import Aim, Result, median, quantile
from posapp.domain.facts import SaleLine, ScanRecord, TransactionCompleted
from posapp.flows.effects import Commit
from posapp.flows.intents import CommitFailed, Committed
from posapp.store import outbox, tidying
from posapp.store.engine import open_reader
from posapp.store.feeds import LedgerOutbox
from posapp.store.writer import LedgerWriter
from sync.engine.device_key import DeviceKey, KeyRing
from sync.engine.enrolment import new_private_key
from sync.engine.hub_link import HttpLink
from sync.engine.loop import Host, SyncLoop
from sync.engine.push import BATCH_EVENTS
from sync.protocol import codec
from sync.protocol.messages import Change

STORE: Final = "S0217"
TERMINAL: Final = "T03"
SALES: Final = 20_000
GOODS: Final = 3_000
_RATIO_AIM: Final = 2.0
_BYTES_AIM: Final = 400
_TAIL_AIM: Final = 2.0
_WITHIN_S: Final = 600.0
_TIDY_EVERY: Final = 200
#: Between two sales while the queue drains: five times what the busiest cashier does.
_SELL_EVERY_S: Final = 0.05
_SALES_QUIET: Final = 100


@dataclass(slots=True)
class _Figures:
    """Seconds of each round."""

    drain_s: list[float] = field(default_factory=list)
    straight_s: list[float] = field(default_factory=list)
    quiet_s: list[float] = field(default_factory=list)
    beside_s: list[float] = field(default_factory=list)
    wire_bytes: int = 0
    line_bytes: int = 0


def bench_backlog(*, rounds: int, sales: int, seed: int, folder: Path | None, hub: str | None) -> Result:
    """Measure in a folder of its own; `hub` is a PostgreSQL server that databases may be made on."""
    directory = folder or disk_folder()
    figures = _Figures()
    with tempfile.TemporaryDirectory(prefix="posapp-bench-", dir=directory) as name:
        work = _Work(Path(name), sales, seed, hub)
        work.measure_bytes(figures)
        for number in range(rounds):
            steps = [lambda: figures.drain_s.append(work.drain()), lambda: _straight(work, figures)]
            for step in steps if number % 2 == 0 else reversed(steps):
                step()
        work.drain_while_selling(figures)
    result = _result(figures, sales, seed)
    result.baselines["file_system"] = file_system(directory)
    result.baselines["hub"] = "sqlite" if hub is None else "postgresql"
    result.figures["rounds_count"] = rounds
    return result


def _straight(work: _Work, figures: _Figures) -> None:
    figures.straight_s.append(work.straight())


class _Work:
    """The ledger with its backlog, kept to be copied for every round."""

    def __init__(self, folder: Path, sales: int, seed: int, hub: str | None) -> None:
        self._folder = folder
        self._sales = sales
        self._seed = seed
        self._hub = [] if hub is None else ["--database", hub]
        self._template = folder / "template.db"
        self._lines = folder / "lines"
        self._sell()

    def _sell(self) -> None:
        chance = random.Random(self._seed)
        goods = list(made_up(GOODS, self._seed))
        till = SellingTill(self._template, self._seed)
        first_ms = time.time_ns() // 1_000_000 - 7 * 86_400_000
        for number in range(self._sales):
            commit = of_a_shop(
                till.next_sale(is_drafted=False), goods, chance, at_ms=first_ms + number * 30_000
            )
            till.must(till.ledger.commit(commit))
            if number % _TIDY_EVERY == 0:
                tidying.checkpoint(till.ledger.connection())
        till.ledger.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        till.ledger.close()

    def measure_bytes(self, figures: _Figures) -> None:
        """Put the lines into a file, and count what they are on the wire."""
        with closing(open_reader(self._template)) as connection:
            lines = [
                bytes(body) for (body,) in connection.execute("SELECT body FROM journal ORDER BY journal_no")
            ]
        self._lines.write_bytes(b"\n".join(lines) + b"\n")
        figures.line_bytes = sum(len(line) for line in lines)
        figures.wire_bytes = sum(
            len(codec.pack(lines[start : start + BATCH_EVENTS]))
            for start in range(0, len(lines), BATCH_EVENTS)
        )

    def straight(self) -> float:
        """Seconds of the hub's own work."""
        command = ["bench", "backlog-straight", "--epoch", "1", "--batch", str(BATCH_EVENTS), *self._hub]
        done = _hub_command(*command, str(self._lines))
        return float(done)

    def drain(self) -> float:
        """Seconds until the hub has acknowledged everything."""
        with self._till() as (till, url, key):
            return _drain(till, url, key)

    def drain_while_selling(self, figures: _Figures) -> None:
        """Sell at a steady pace, alone and then while the queue drains."""
        with self._till() as (till, url, key):
            over = threading.Event()
            figures.quiet_s += [till.sell() for _ in range(min(_SALES_QUIET, self._sales))]
            beside = threading.Thread(target=till.sell_until, args=(over, figures.beside_s))
            beside.start()
            try:
                _drain(till, url, key)
            finally:
                over.set()
                beside.join()

    @contextmanager
    def _till(self) -> Iterator[tuple[_LinkedTill, str, DeviceKey]]:
        path = self._folder / "ledger.db"
        for beside in self._folder.glob("ledger.db*"):
            beside.unlink()
        shutil.copyfile(self._template, path)
        key = DeviceKey(KeyRing(STORE, TERMINAL, (new_private_key(),)))
        command = ["bench", "backlog-hub", "--public-key", key.public_key().hex(), *self._hub]
        process = subprocess.Popen(
            [sys.executable, "-m", "sync.hub.commands", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        till = _LinkedTill(path, self._seed + 1)
        try:
            url = process.stdout.readline().strip()
            if not url.startswith("http"):
                raise BenchRefusedError("the hub did not start")
            yield till, url, key
        finally:
            till.close()
            process.stdin.close()
            process.wait(30)
            process.stdout.close()


class _LinkedTill:
    """A till's ledger with its writer, as `posapp` runs them."""

    def __init__(self, path: Path, seed: int) -> None:
        self.path = path
        self._till = SellingTill(path, seed)
        self.writer = LedgerWriter(self._till.ledger, SystemClock(), on_draft_failed=lambda _trouble: None)
        self._pause = threading.Event()
        with closing(open_reader(path)) as connection:
            self.backlog, _oldest_ms = outbox.backlog(connection)
        self.writer.start()

    def sell(self) -> float:
        """One sale through the writer; seconds until its answer."""
        commit, answered = self._till.next_sale(is_drafted=False), threading.Event()
        answers: list[Committed | CommitFailed] = []

        def done(answer: Committed | CommitFailed) -> None:
            answers.append(answer)
            answered.set()

        started = time.perf_counter()
        self.writer.commit(commit, done)
        if not answered.wait(_WITHIN_S):
            raise BenchRefusedError("the ledger did not answer")
        seconds = time.perf_counter() - started
        self._till.must(answers[0])
        self._pause.wait(_SELL_EVERY_S)
        return seconds

    def sell_until(self, over: threading.Event, seconds: list[float]) -> None:
        """Sell on until it is over."""
        while not over.is_set():
            seconds.append(self.sell())

    def close(self) -> None:
        self.writer.close()


class _NoInbox:
    """Nothing comes down here."""

    def cursor(self, stream: str) -> str | None:
        return None

    def apply(self, stream: str, changes: Sequence[Change], cursor: str | None) -> None:
        return

    def caught_up(self, stream: str) -> None:
        return


class _WatchedOutbox(LedgerOutbox):
    """Tells when the hub has acknowledged so many lines."""

    def __init__(self, till: _LinkedTill) -> None:
        super().__init__(till.path, till.writer)
        self._wanted = till.backlog
        self.done = threading.Event()

    def acknowledge(self, epoch: int, through: int, *, backed_up_through: int) -> None:
        super().acknowledge(epoch, through, backed_up_through=backed_up_through)
        if through >= self._wanted:
            self.done.set()


def _drain(till: _LinkedTill, url: str, key: DeviceKey) -> float:
    """Seconds from the start of the sync thread until the hub has what waited then."""
    clock = SystemClock()
    queue = _WatchedOutbox(till)
    link = HttpLink(url, store_id=STORE, terminal_id=TERMINAL, key=key, clock=clock)
    loop = SyncLoop(
        link,
        Host(queue, _NoInbox()),
        clock=clock,
        random=random.random,
        on_status=lambda _status: None,
        streams=(),
    )
    started = time.perf_counter()
    loop.start()
    try:
        if not queue.done.wait(_WITHIN_S):
            raise BenchRefusedError("the queue did not drain")
        return time.perf_counter() - started
    finally:
        loop.stop(5.0)
        queue.close()


def of_a_shop(commit: Commit, goods: Sequence[Goods], chance: random.Random, *, at_ms: int) -> Commit:
    """The sale with goods that a shop has, some of them sold often, scanned one after the other."""
    sale = commit.facts[0]
    assert isinstance(sale, TransactionCompleted)
    scanned_ms = [at_ms]
    for _line in sale.lines:
        scanned_ms.append(scanned_ms[-1] + chance.randrange(700, 4_000))
    lines: list[SaleLine] = []
    for line in sale.lines:
        one = goods[int(len(goods) * chance.random() ** 3)]
        code = one.key.lstrip("=")
        lines.append(replace(line, sku=code, code=code, names=one.names))
    scans = tuple(
        ScanRecord(number, line.code, scanned_ms[number], line.line_no, None)
        for number, line in enumerate(lines, 1)
    )
    sale = replace(
        sale,
        lines=tuple(lines),
        scans=scans,
        opened_at_ms=at_ms,
        completed_at_ms=scanned_ms[-1] + chance.randrange(5_000, 20_000),
    )
    return replace(commit, facts=(sale,))


def _hub_command(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "sync.hub.commands", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=_WITHIN_S,
    )
    if done.returncode:
        raise BenchRefusedError(done.stderr.strip())
    return done.stdout


def _result(figures: _Figures, sales: int, seed: int) -> Result:
    result = Result("backlog", seed)
    drain_s, straight_s = median(figures.drain_s), median(figures.straight_s)
    ratios = [ours / theirs for ours, theirs in zip(figures.drain_s, figures.straight_s, strict=True)]
    quiet_s, beside_s = figures.quiet_s, figures.beside_s
    result.figures = {
        "sales": sales,
        "drain_s": round(drain_s, 3),
        "drain_ratio": round(median(ratios), 3),
        "sales_per_s": round(sales / drain_s),
        "wire_bytes_per_sale": round(figures.wire_bytes / sales, 1),
        "line_bytes_per_sale": round(figures.line_bytes / sales, 1),
        "sale_p99_ratio": round(quantile(beside_s, 0.99) / quantile(quiet_s, 0.99), 3),
        "sales_while_draining": len(beside_s),
    }
    result.baselines = {
        "straight_s": round(straight_s, 3),
        "sale_quiet_p50_ms": round(median(quiet_s) * 1e3, 3),
        "sale_quiet_p99_ms": round(quantile(quiet_s, 0.99) * 1e3, 3),
        "sale_beside_p50_ms": round(median(beside_s) * 1e3, 3),
        "sale_beside_p99_ms": round(quantile(beside_s, 0.99) * 1e3, 3),
    }
    result.aims = [
        Aim("drain_ratio", "<=", _RATIO_AIM),
        Aim("wire_bytes_per_sale", "<=", _BYTES_AIM),
        Aim("sale_p99_ratio", "<=", _TAIL_AIM, gated=False),
    ]
    return result
