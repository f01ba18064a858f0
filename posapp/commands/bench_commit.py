"""What a durable sale costs above the disk's own sync of the same bytes, on the file system it is on.

Sales and probes take turns, since a virtual disk changes its mood between one minute and the next. The
sale is the whole act: from the facts to the answer, with rows, totals, receipt slip and the exact bytes
to send; tidying up happens between rounds, as it does in a shop.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pysqlite3 import dbapi2

from posapp.commands.measuring import Aim, Result, median, quantile
from posapp.domain.facts import SaleLine, ScanRecord, ShiftOpened, TaxLine, TenderLine, TransactionCompleted
from posapp.domain.ids import uuid7
from posapp.domain.paper import CodeRow, FeedRow, PaperDocument, Row, RuleRow, TextRow
from posapp.exchange.outgoing import Place
from posapp.flows.effects import Commit, PrintRequest, SaveDraft
from posapp.flows.intents import Committed
from posapp.store import tidying
from posapp.store.drafts import write_draft
from posapp.store.engine import open_ledger
from posapp.store.ledger import Ledger
from posapp.store.migrate import migrate

STRACED_SALES: Final = 50
WARM_UP_SALES: Final = 60
LINES: Final = 8
_PROBE_BYTES: Final = 1 << 20
_BLOCK: Final = 4096
_MEMORY_FILE_SYSTEMS: Final = frozenset({"tmpfs", "ramfs", "devtmpfs"})
#: Below this the disk is quick and our own work shows; above it the disk is nearly all there is.
_QUICK_DISK_MS: Final = 0.5
_RATIO_QUICK: Final = 2.0
_RATIO_SLOW: Final = 1.1
_CPU_WISHED_MS: Final = 0.15
_NAMES: Final = (
    {"zh_CN": "农夫山泉饮用水 550ml", "en": "Spring water 550 ml"},
    {"zh_CN": "去屑洗发水", "en": "Shampoo"},
)


class BenchRefusedError(RuntimeError):
    """The place cannot be measured; the message says why."""


@dataclass(slots=True)
class _Time:
    """The bench's clock: the system's, as rules outside the bench are given it."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


@dataclass(slots=True)
class _Ids:
    """Fresh ids with seeded randomness."""

    random: random.Random

    def new_id(self) -> str:
        return uuid7(time.time_ns() // 1_000_000, self.random.randbytes(10))


class SellingTill:
    """A ledger with an open shift, and sales for it."""

    def __init__(self, path: Path, seed: int) -> None:
        self._random = random.Random(seed)
        self.ids = _Ids(self._random)
        migrate(path, epoch=1)
        place = Place("S0217", "T03", 3)
        self.ledger = Ledger(lambda: open_ledger(path), place=place, clock=_Time(), ids=self.ids)
        self.shift_id = self._open_shift()

    def _open_shift(self) -> str:
        """The shift that is open, opened now where none is."""
        is_open = "SELECT shift_id FROM till JOIN shift USING (shift_no)"
        row = self.ledger.connection().execute(is_open).fetchone()
        if row is not None:
            return str(row[0])
        shift_id, now_ms = self.ids.new_id(), time.time_ns() // 1_000_000
        names = ("S0217", "T03", "2026-05-28", "1001", "Lin Xiao")
        opened = ShiftOpened(shift_id, 1, *names, 20_000, "CNY", now_ms)
        self.must(self.ledger.commit(Commit("open", (opened,))))
        return shift_id

    def must(self, answer: object) -> None:
        """Raise BenchRefusedError for anything but a success."""
        if not isinstance(answer, Committed):
            raise BenchRefusedError(f"the ledger did not take it: {answer}")

    def next_sale(self, *, is_drafted: bool = True) -> Commit:
        """A sale of eight lines with its receipt made, and its draft on disk."""
        sale = _sale(self.shift_id, self.ids, self._random)
        prints = (PrintRequest(self.ids.new_id(), "receipt", _receipt(sale)),)
        commit = Commit(self.ids.new_id(), (sale,), prints, sale.transaction_id)
        if not is_drafted:
            return commit
        trouble = self.ledger.write(
            lambda held: write_draft(held, SaveDraft(sale.transaction_id, b"x" * 2_000))
        )
        if trouble is not None:
            raise BenchRefusedError(f"the ledger did not take a draft: {trouble}")
        return commit

    def last_line(self) -> bytes:
        """The exact bytes that the last sale left to be sent."""
        row = self.ledger.connection().execute("SELECT body FROM journal ORDER BY journal_no DESC LIMIT 1")
        return bytes(row.fetchone()[0])

    def pragma(self, name: str) -> Any:
        """A setting of the ledger's connection."""
        return self.ledger.connection().execute(f"PRAGMA {name}").fetchone()[0]


@dataclass(slots=True)
class _Times:
    """Wall and processor seconds of one kind of act, by round."""

    wall: list[list[float]] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def medians(self) -> list[float]:
        return [median(values) for values in self.wall]

    def flat(self) -> list[float]:
        return [value for values in self.wall for value in values]


def bench_commit(*, rounds: int, sales: int, seed: int, folder: Path | None) -> Result:
    """Measure in a folder of its own below the given one, or below the first that is on a disk.

    Raises BenchRefusedError where the place says nothing about a disk.
    """
    directory = folder or disk_folder()
    kind = file_system(directory)
    if kind in _MEMORY_FILE_SYSTEMS:
        raise BenchRefusedError(
            f"{directory} is on {kind}, which has nothing to sync; name a folder on a disk"
        )
    with tempfile.TemporaryDirectory(prefix="posapp-bench-", dir=directory) as name:
        ours, theirs, wal_bytes = _measure(Path(name), rounds, sales, seed)
        syncs = syncs_per_sale(Path(name), seed)
    result = _result(ours, theirs, seed)
    result.figures |= {"wal_bytes_per_sale": wal_bytes, "rounds_count": rounds}
    if syncs is not None:
        result.figures["syncs_per_sale"] = syncs
        result.aims.insert(0, Aim("syncs_per_sale", "==", 1))
    result.baselines |= {
        "file_system": kind,
        "sqlite_version": dbapi2.sqlite_version,
        "journal_mode": "wal",
        "synchronous": "FULL",
        "syncs_counted": syncs is not None,
    }
    return result


def disk_folder() -> Path:
    places = (Path(tempfile.gettempdir()), Path.home(), Path.cwd())
    return next((place for place in places if file_system(place) not in _MEMORY_FILE_SYSTEMS), places[0])


def _measure(folder: Path, rounds: int, count: int, seed: int) -> tuple[_Times, _Times, float]:
    till = SellingTill(folder / "ledger.db", seed)
    if (till.pragma("journal_mode"), till.pragma("synchronous")) != ("wal", 2):
        raise BenchRefusedError("the ledger is not opened durable")
    sales, probes = _Times(), _Times()
    with DiskProbe(folder / "probe") as probe:
        tidying.stretch(till.ledger.connection())
        for _ in range(WARM_UP_SALES):
            till.must(till.ledger.commit(till.next_sale()))
            probe.sync(till.last_line())
        frames: list[int] = []
        for _ in range(rounds):
            tidying.checkpoint(till.ledger.connection())
            sales.wall.append([])
            probes.wall.append([])
            frames += [_one(till, probe, sales, probes) for _ in range(count)]
    till.ledger.close()
    return sales, probes, median(frames) * (_BLOCK + 24)


def _one(till: SellingTill, probe: DiskProbe, sales: _Times, probes: _Times) -> int:
    commit = till.next_sale()
    before = tidying.log_state(till.ledger.connection()).frames
    started, used = time.perf_counter(), time.thread_time()
    answer = till.ledger.commit(commit)
    sales.processor.append(time.thread_time() - used)
    sales.wall[-1].append(time.perf_counter() - started)
    till.must(answer)
    frames = tidying.log_state(till.ledger.connection()).frames - before
    line = till.last_line()
    started, used = time.perf_counter(), time.thread_time()
    probe.sync(line)
    probes.processor.append(time.thread_time() - used)
    probes.wall[-1].append(time.perf_counter() - started)
    return frames


class DiskProbe:
    """The disk's own word: the same bytes into a file that does not grow, and one fdatasync."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_RDWR)
        os.write(self._file, b"\0" * _PROBE_BYTES)
        os.fsync(self._file)
        self._offset = 0

    def __enter__(self) -> DiskProbe:
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self._file)

    def sync(self, data: bytes) -> None:
        """Write these bytes where the file has room already, and have them on the disk."""
        os.pwrite(self._file, data, self._offset)
        os.fdatasync(self._file)
        blocks = -(-len(data) // _BLOCK) * _BLOCK
        self._offset = (self._offset + blocks) % (_PROBE_BYTES - 16 * _BLOCK)


def _result(sales: _Times, probes: _Times, seed: int) -> Result:
    probe_ms = median(probes.medians()) * 1e3
    ratios = [ours / theirs for ours, theirs in zip(sales.medians(), probes.medians(), strict=True)]
    limit = _RATIO_QUICK if probe_ms < _QUICK_DISK_MS else _RATIO_SLOW
    extra_ms = (median(sales.processor) - median(probes.processor)) * 1e3
    tail = quantile(sales.flat(), 0.99) / quantile(probes.flat(), 0.99)
    result = Result("commit", seed)
    result.figures = {
        "ratio": round(median(ratios), 3),
        "ratio_p99": round(tail, 3),
        "cpu_above_probe_ms": round(extra_ms, 4),
        "sale_p50_ms": round(median(sales.medians()) * 1e3, 4),
        "sale_p99_ms": round(quantile(sales.flat(), 0.99) * 1e3, 4),
    }
    result.baselines = {
        "probe_p50_ms": round(probe_ms, 4),
        "probe_p99_ms": round(quantile(probes.flat(), 0.99) * 1e3, 4),
    }
    result.aims = [
        Aim("ratio", "<=", limit),
        Aim("cpu_above_probe_ms", "<=", _CPU_WISHED_MS, gated=False),
        Aim("ratio_p99", "<=", _RATIO_QUICK, gated=False),
    ]
    return result


def file_system(path: Path) -> str:
    """The kind of file system a folder is on, as the kernel names it; "" where it cannot be told."""
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return ""
    where, best, kind = path.resolve(), -1, ""
    for line in mounts.read_text("utf-8", "replace").splitlines():
        _device, point, name = line.split(" ")[:3]
        place = Path(point.replace("\\040", " "))
        if (where == place or place in where.parents) and len(place.parts) >= best:
            best, kind = len(place.parts), name
    return kind


# --- counting the syncs -----------------------------------------------------------------------


def syncs_per_sale(folder: Path, seed: int) -> float | None:
    """How often one sale syncs, counted from outside; None where strace is missing or not allowed."""
    if shutil.which("strace") is None:
        return None
    with_sales = _count(folder / "traced.db", STRACED_SALES, seed)
    without = _count(folder / "bare.db", 0, seed)
    if with_sales is None or without is None:
        return None
    return (with_sales - without) / STRACED_SALES


def _count(path: Path, sales: int, seed: int) -> int | None:
    log = path.with_suffix(".strace")
    code = (
        "import sys; from pathlib import Path; from posapp.commands.bench_commit import sell; "
        "sell(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))"
    )
    child = [sys.executable, "-c", code, str(path), str(sales), str(seed)]
    trace = ["strace", "-f", "-e", "trace=fdatasync,fsync", "-o", str(log), *child]
    done = subprocess.run(trace, timeout=120, check=False, capture_output=True)
    if done.returncode != 0:
        return None
    text = log.read_text("utf-8", "replace")
    return text.count("fdatasync(") + text.count("fsync(")


def sell(path: Path, sales: int, seed: int) -> None:
    """Make sales, all prepared before and their carts on disk, and end at once: for counting from outside."""
    till = SellingTill(path, seed)
    tidying.stretch(till.ledger.connection())
    commits = [till.next_sale() for _ in range(STRACED_SALES)]
    for commit in commits[:sales]:
        till.must(till.ledger.commit(commit))
    os._exit(0)


# --- a sale -----------------------------------------------------------------------------------


def _sale(shift_id: str, ids: _Ids, chance: random.Random) -> TransactionCompleted:
    now_ms = time.time_ns() // 1_000_000
    lines = []
    for number in range(1, LINES + 1):
        price, pieces = chance.randrange(100, 9_900), chance.randrange(1, 4)
        sku = f"{chance.randrange(10**7):07d}"
        names = _NAMES[number % len(_NAMES)]
        lines.append(
            SaleLine(
                number, sku, names, f"0690{chance.randrange(10**10):010d}", pieces, "pcs", price,
                price * pieces, "standard",
            )
        )  # fmt: skip
    goods = sum(line.amount_minor for line in lines)
    tax = goods * 13 // 113
    given = -(-goods // 10_000) * 10_000
    card = goods // 3
    return TransactionCompleted(
        transaction_id=ids.new_id(),
        store_id="S0217",
        terminal_id="T03",
        shift_id=shift_id,
        business_date="2026-05-28",
        operator_id="1001",
        operator_name="Lin Xiao",
        opened_at_ms=now_ms,
        completed_at_ms=now_ms,
        currency="CNY",
        language="zh_CN",
        lines=tuple(lines),
        taxes=(TaxLine("vat13", {"zh_CN": "增值税 13%", "en": "VAT 13 %"}, 130_000, True, goods - tax, tax),),
        tenders=(
            TenderLine(1, "card", "recorded", {"zh_CN": "银行卡", "en": "Card"}, card),
            TenderLine(2, "cash", "cash", {"zh_CN": "现金", "en": "Cash"}, given),
        ),
        goods_minor=goods,
        tax_added_minor=0,
        rounding_minor=0,
        total_minor=goods,
        tendered_minor=card + given,
        change_minor=card + given - goods,
        scans=tuple(ScanRecord(n, line.code, now_ms, n, None) for n, line in enumerate(lines, 1)),
    )


def _receipt(sale: TransactionCompleted) -> PaperDocument:
    rows: list[Row] = [TextRow("禾间生活", align="center", bold=True, double=True), RuleRow()]
    for line in sale.lines:
        rows += [
            TextRow(line.names["zh_CN"]),
            TextRow(f"  {line.quantity} × {line.unit_price_minor}", "9.90"),
        ]
    ends: Sequence[Row] = (
        RuleRow(heavy=True),
        TextRow("合计", str(sale.total_minor), bold=True, double=True),
        TextRow("银行卡", "9.90"),
        TextRow("现金", "100.00"),
        TextRow("找零", str(sale.change_minor)),
        RuleRow(),
        TextRow("小票号", "{receipt_number}"),
        CodeRow("code128", "{receipt_number}"),
        TextRow("谢谢惠顾", align="center"),
        FeedRow(3),
    )
    return PaperDocument("receipt", (*rows, *ends))
