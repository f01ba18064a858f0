"""A ledger on a real disk, sales that add up, and connections that fail on demand."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pysqlite3 import dbapi2

from posapp.domain.facts import (
    SaleLine,
    ScanRecord,
    ShiftOpened,
    TaxLine,
    TenderLine,
    TransactionCompleted,
    VoidedLine,
)
from posapp.domain.money import allocate
from posapp.domain.paper import CodeRow, FeedRow, PaperDocument, RuleRow, TextRow
from posapp.exchange.outgoing import Place
from posapp.flows.effects import Commit, PrintRequest
from posapp.flows.intents import CommitFailed, Committed
from posapp.store.engine import open_ledger
from posapp.store.ledger import Ledger
from posapp.store.migrate import migrate

PLACE = Place("S001", "T03", 3)
DAY = "2026-05-28"


@dataclass
class CountedIds:
    """Ids in rising order, the same in every run."""

    count: int = 0

    def new_id(self) -> str:
        self.count += 1
        return f"01900000-0000-7000-8000-{self.count:012d}"


def slip(title: str = "receipt") -> PaperDocument:
    """A document with every kind of row and the mark that the commit replaces."""
    rows = (
        TextRow("示例商店", align="center", bold=True, double=True),
        RuleRow(heavy=True),
        TextRow("No. {receipt_number}", "12.00"),
        CodeRow("code128", "{receipt_number}"),
        FeedRow(3),
    )
    return PaperDocument(title, rows, 42)


def sale(
    shift_id: str = "shift-1",
    transaction_id: str = "sale-1",
    *,
    amounts: tuple[int, ...] = (350, 1200, 5),
    card_minor: int = 0,
    excluded: bool = False,
    rounding_minor: int = 0,
    change_minor: int = 100,
    voided: int = 0,
) -> TransactionCompleted:
    """A sale that adds up, paid by cash and maybe by card."""
    lines = tuple(
        SaleLine(
            n, f"sku-{n}", {"en": f"Item {n}", "zh_CN": f"商品{n}"}, f"0690{n:010d}", 1, "pcs", a, a, "std"
        )
        for n, a in enumerate(amounts, 1)
    )
    goods = sum(amounts)
    taxable, tax_minor = allocate(goods, (100, 13)) if not excluded else (goods, goods * 13 // 100)
    added = tax_minor if excluded else 0
    total = goods + added + rounding_minor
    cash = total + change_minor - card_minor
    paid: list[tuple[str, Any, int, str]] = [("card", "recorded", card_minor, "ref")] if card_minor else []
    paid.append(("cash", "cash", cash, ""))
    tenders = tuple(
        TenderLine(n, way, kind, {"en": way}, amount, ref)
        for n, (way, kind, amount, ref) in enumerate(paid, 1)
    )
    return TransactionCompleted(
        transaction_id=transaction_id,
        store_id="S001",
        terminal_id="T03",
        shift_id=shift_id,
        business_date=DAY,
        operator_id="op-1",
        operator_name="Li Na",
        opened_at_ms=1_780_000_000_000,
        completed_at_ms=1_780_000_060_000,
        currency="CNY",
        language="zh_CN",
        lines=lines,
        taxes=(TaxLine("vat13", {"en": "VAT"}, 130_000, not excluded, taxable, tax_minor),),
        tenders=tenders,
        goods_minor=goods,
        tax_added_minor=added,
        rounding_minor=rounding_minor,
        total_minor=total,
        tendered_minor=cash + card_minor,
        change_minor=change_minor,
        voided=tuple(VoidedLine(90 + n, "sku-v", 1, "pcs", 5, 0) for n in range(voided)),
        scans=tuple(ScanRecord(n, line.code, 0, n, None) for n, line in enumerate(lines, 1)),
    )


def shift_opened(shift_id: str = "shift-1", number: int = 1) -> ShiftOpened:
    """A shift with a float of 200.00."""
    return ShiftOpened(
        shift_id, number, "S001", "T03", DAY, "op-1", "Li Na", 20_000, "CNY", 1_780_000_000_000
    )


def commit_of(fact: TransactionCompleted, commit_id: str = "") -> Commit:
    """The commit that the till gives for a sale."""
    prints = (PrintRequest(f"print-{fact.transaction_id}", "receipt", slip()),)
    return Commit(commit_id or f"commit-{fact.transaction_id}", (fact,), prints, fact.transaction_id)


@dataclass
class FailingConnection:
    """A connection whose statement number `fail_at` breaks, as if the disk had gone."""

    inner: Any
    fail_at: int = 0
    also_rollback: bool = False
    statements: list[str] = field(default_factory=list)

    @property
    def in_transaction(self) -> bool:
        return bool(self.inner.in_transaction)

    def _count(self, sql: str) -> None:
        self.statements.append(sql)
        if sql == "ROLLBACK":
            if self.also_rollback and self.fail_at:
                raise dbapi2.OperationalError("disk I/O error")
            return
        if len(self.statements) == self.fail_at:
            raise dbapi2.OperationalError("disk I/O error")

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        self._count(sql)
        return self.inner.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any) -> Any:
        self._count(sql)
        return self.inner.executemany(sql, parameters)

    def close(self) -> None:
        self.inner.close()


@dataclass
class LedgerKit:
    """A migrated ledger and what tests do with it."""

    path: Path
    clock: Any
    ids: CountedIds = field(default_factory=CountedIds)
    opened: list[Ledger] = field(default_factory=list)

    def ledger(self, connect: Callable[[], Any] | None = None, *, with_shift: bool = True) -> Ledger:
        """A ledger, with a shift open if it has none yet."""
        made = Ledger(
            connect or (lambda: open_ledger(self.path, busy_ms=20)),
            place=PLACE,
            clock=self.clock,
            ids=self.ids,
        )
        self.opened.append(made)
        if with_shift and self.one("SELECT count(*) FROM shift") == 0:
            answer = made.commit(Commit("open", (shift_opened(),)))
            assert isinstance(answer, Committed), answer
        return made

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What another reader sees."""
        reader = open_ledger(self.path)
        try:
            return list(reader.execute(sql, values).fetchall())
        finally:
            reader.close()

    def one(self, sql: str, *values: Any) -> Any:
        """The first value that another reader sees."""
        return self.rows(sql, *values)[0][0]

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that is stored, housekeeping aside."""
        names = [
            name
            for (name,) in self.rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")
            if not name.startswith(("sqlite_", "alembic"))
        ]
        return {name: self.rows(f"SELECT * FROM {name}") for name in names}

    def close(self) -> None:
        for ledger in self.opened:
            ledger.close()


@pytest.fixture
def kit(tmp_path: Path, clock: Any, empty_ledger: Path) -> Iterator[LedgerKit]:
    """A fresh ledger."""
    path = tmp_path / "ledger.db"
    shutil.copy(empty_ledger, path)
    made = LedgerKit(path, clock)
    yield made
    made.close()


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated ledger to copy: migrating for every test would take most of the time."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    migrate(path, epoch=1)
    return path


@dataclass
class RealClock:
    """The system's clock, for what really waits."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


@dataclass
class Answers:
    """Answers given on another thread, waited for with a bound."""

    values: list[Any] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, value: Any = None) -> None:
        with self._changed:
            self.values.append(value)
            self._changed.notify_all()

    def wait(self, count: int = 1) -> list[Any]:
        """At least so many answers."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.values) >= count, 60), self.values
            return list(self.values)


def committed(answer: Committed | CommitFailed) -> Committed:
    """The answer, which must be a success."""
    assert isinstance(answer, Committed), answer
    return answer
