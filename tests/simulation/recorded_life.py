"""One life of a till on a disk that writes everything down, with the moments at which it gave its word.

A life begins on files, works through a seeded day, and leaves a log of calls. Beside the log stand the
states that the ledger went through (as digests of all its rows), when each was begun, and when somebody
was told that it is stored. From these follows what the disk may hold wherever the power goes.
"""

from __future__ import annotations

import hashlib
import random
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from posapp.domain.facts import TransactionCompleted
from posapp.exchange.outgoing import Place
from posapp.flows.effects import Commit
from posapp.flows.intents import CommitFailed, Committed
from posapp.store import tidying
from posapp.store.engine import Connection
from posapp.store.ledger import Ledger
from posapp.store.outbox import held
from sync.engine.ports import Held
from tests.simulation.apsw_connection import ApswConnection, open_on
from tests.simulation.made_up_facts import NUMBER, STORE, TERMINAL, CountedNames, FactMaker, SteppedClock
from tests.simulation.memory_disk import LEDGER, DiskVfs, MemoryDisk, Op
from tests.simulation.stepped_writer import LedgerDay, SteppedWriter, Told

MUTANTS: Final = ("synchronous_normal", "synchronous_off", "answers_early", "unsynced_tidying")
PHASES: Final = (
    "migrating",
    "starting",
    "nothing under way",
    "storing a cart",
    "a sale before its COMMIT",
    "a sale's COMMIT being written",
    "a sale's COMMIT being synced",
    "a sale stored, not yet told",
    "voiding",
    "noting a slip",
    "facts aside",
    "a setting",
    "an acknowledgement",
    "a hub put back",
    "a new epoch",
    "opening a shift",
    "settling a shift",
    "stretching the log",
    "checkpoint: the log synced",
    "checkpoint: pages written",
    "checkpoint: the file synced",
    "the log begun anew",
    "letting old lines go",
    "closing",
)
_OF_ACT: Final = {
    "cart": "storing a cart",
    "sale": "a sale before its COMMIT",
    "void": "voiding",
    "slip": "noting a slip",
    "aside": "facts aside",
    "setting": "a setting",
    "acknowledged": "an acknowledgement",
    "hub put back": "a hub put back",
    "new epoch": "a new epoch",
    "shift opened": "opening a shift",
    "shift settled": "settling a shift",
    "idle": "nothing under way",
    "restart": "closing",
}


def phase_of(op: Op) -> str:
    """What was going on when a call was made."""
    if op.phase == "COMMIT of a sale":
        return "a sale's COMMIT being synced" if op.kind == "sync" else "a sale's COMMIT being written"
    if op.phase == "checkpoint":
        if op.name == LEDGER:
            written = op.kind == "write"
            return "checkpoint: pages written" if written else "checkpoint: the file synced"
        return "checkpoint: the log synced"
    return op.phase


def digest_of(connection: Any) -> bytes:
    """All rows of all tables in one number; housekeeping that means nothing is left out."""
    made = hashlib.blake2b(digest_size=16)
    names = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
    ).fetchall()
    for (name,) in names:
        columns = connection.execute(f"SELECT name FROM pragma_table_info('{name}')").fetchall()
        wanted = ", ".join(column for (column,) in columns if column != "tidied")
        rows = connection.execute(f"SELECT {wanted} FROM {name}").fetchall()
        made.update(repr((name, wanted, rows)).encode())
    return made.digest()


class AnswersEarly(Ledger):
    """A mutant: answers when the rows are written and lets the next transaction make them durable."""

    def commit(self, effect: Commit) -> Committed | CommitFailed:
        self.early = any(isinstance(fact, TransactionCompleted) for fact in effect.facts)
        try:
            return super().commit(effect)
        finally:
            self.early = False

    def _transact(self, work: Callable[[Connection], Any]) -> Any:
        connection = self.connection()
        if connection.in_transaction:
            connection.execute("COMMIT")
        if not getattr(self, "early", False):
            return super()._transact(work)
        connection.execute("BEGIN IMMEDIATE")
        return work(connection)


@dataclass
class Word:
    """The states of a life, and from which place of the log on each was begun or given word of."""

    digests: list[bytes] = field(default_factory=list)
    begun_at: list[int] = field(default_factory=list)
    told_at: list[int] = field(default_factory=list)
    told: list[int] = field(default_factory=list)

    def begin(self, digest: bytes, place: int) -> None:
        """The ledger is about to be in this state."""
        if not self.digests or self.digests[-1] != digest:
            self.digests.append(digest)
            self.begun_at.append(place)

    def give(self, place: int) -> None:
        """Somebody was told that the last state is stored."""
        self.told_at.append(place)
        self.told.append(len(self.digests) - 1)

    def allowed(self, place: int) -> tuple[int, int]:
        """The oldest and the newest state that may be found where the power goes at this place."""
        told = bisect_right(self.told_at, place) - 1
        return (self.told[told] if told >= 0 else 0), bisect_right(self.begun_at, place) - 1


class RecordedLife:
    """Opens the ledger on a recording disk and works a day."""

    def __init__(self, vfs: DiskVfs, files: dict[str, bytes], seed: int, life: int, mutant: str = "") -> None:
        self._vfs = vfs
        self._mutant = mutant
        self._chance = random.Random(f"{seed}/{life}")
        self._clock = SteppedClock()
        self._clock.wall_ms += life * 3_600_000
        self._ids = CountedNames(life)
        self._connection: ApswConnection | None = None
        self._is_sale = False
        self.disk = MemoryDisk.holding(files, recording=True)
        assert self.disk.log is not None
        #: What reached the disk.
        self.log: list[Op] = self.disk.log
        self.word = Word()
        self.told = Told()

    def run(self, acts: int, steps: list[str] | None = None) -> None:
        """Bring the schema up to date where steps are given, start, and do this many acts."""
        self._vfs.disk = self.disk
        if steps is not None:
            self._migrate(steps)
        self.disk.phase = "starting"
        day = self._start()
        for _ in range(acts):
            day.act()
            if self._chance.random() < 0.03:
                self._restart(day)
        if self._chance.random() < 0.3:
            self._close(day)
        # What is still open is let go, but that is no part of this life.
        self.disk.log = None
        day.writer.close()

    def _migrate(self, steps: list[str]) -> None:
        self.disk.phase = "migrating"
        connection = self._open()
        self.word.begin(digest_of(connection), 0)
        self.word.give(0)
        for step in steps:
            connection.execute(step)
        self._answered()
        connection.close()

    def _open(self) -> ApswConnection:
        self._connection = open_on(self._vfs, rewrite=self._rewrite)
        self._connection.before_commit = self._before_commit
        self._connection.after_commit = self._after_commit
        return self._connection

    def _start(self) -> LedgerDay:
        kind = AnswersEarly if self._mutant == "answers_early" else Ledger
        place = Place(STORE, TERMINAL, NUMBER)
        ledger = kind(self._open, place=place, clock=self._clock, ids=self._ids)
        writer = SteppedWriter(ledger, self._clock, on_draft_failed=lambda _trouble: None)
        found, _slips = writer.start()
        if not self.word.digests:
            self.word.begin(digest_of(self._connection), 0)
            self.word.give(0)
        maker = FactMaker(self._chance, self._clock, self._ids, found.scan_no)
        maker.next_shift_number = found.next_shift_number
        day = LedgerDay(
            writer, maker, self._chance, self._watch, self._held, self.told, lambda: len(self.log)
        )
        day.begin(found.shift)
        return day

    def _restart(self, day: LedgerDay) -> None:
        self._close(day)
        fresh = self._start()
        day.writer, day.maker = fresh.writer, fresh.maker

    def _close(self, day: LedgerDay) -> None:
        self.disk.phase = _OF_ACT["restart"]
        day.writer.close()
        self.disk.mark("closed")

    def _held(self) -> Held:
        assert self._connection is not None
        return held(self._connection)

    # ------------------------------------------------------------------ moments

    def _watch(self, act: str) -> Callable[[], None]:
        self.disk.phase = _OF_ACT[act]
        self._is_sale = act == "sale"
        self.disk.mark(f"begin {act}")
        return self._answered

    def _answered(self) -> None:
        connection = self._connection
        if connection is not None and connection.in_transaction:
            # Only a mutant answers inside a transaction.
            self.word.begin(digest_of(connection), len(self.log))
        self.disk.phase = "nothing under way"
        self._is_sale = False
        self.word.give(len(self.log))
        self.disk.mark("answered")

    def _before_commit(self, connection: ApswConnection) -> None:
        self.disk.mark("before COMMIT")
        self.word.begin(digest_of(connection), len(self.log))
        if self._is_sale:
            self.disk.phase = "COMMIT of a sale"

    def _after_commit(self) -> None:
        if self._is_sale:
            self.disk.phase = "a sale stored, not yet told"
        self.disk.mark("COMMIT")

    def _rewrite(self, sql: str) -> str | None:
        """Note what housekeeping is about to happen; change what a mutant changes."""
        if sql == tidying.SMALL_CACHE:
            self.disk.phase = "stretching the log"
        elif sql in ("PRAGMA wal_checkpoint(PASSIVE)", tidying.BEGIN_ANEW):
            self.disk.phase = "checkpoint"
        elif sql.startswith("DELETE FROM journal"):
            self.disk.phase = "letting old lines go"
        elif self.disk.phase == "checkpoint" and sql == tidying.TOUCH:
            self.disk.phase = "the log begun anew"
        if sql == tidying.TOUCH and self._mutant == "unsynced_tidying" and self._connection is not None:
            self._connection.inner.execute("PRAGMA synchronous=OFF")
        if sql == "PRAGMA synchronous=FULL" and self._mutant.startswith("synchronous"):
            return "PRAGMA synchronous=" + self._mutant.removeprefix("synchronous_").upper()
        return sql
