"""One short day of a till whose disk fails at one call, and what must hold at its end.

The cashier presses again after a failure, as people do, and the third time somebody mends the disk. In the
end every sale that was told of is there once, every sale that was not told of is not, whatever else waited
is stored, the till sells on without a restart, and a power loss anywhere takes nothing that was told of.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import apsw

from posapp.domain.facts import Fact
from posapp.exchange.outgoing import Place
from posapp.flows.effects import Commit
from posapp.flows.intents import CommitFailed, Committed
from posapp.store.engine import Connection
from posapp.store.ledger import Ledger, Write
from posapp.store.outbox import held
from posapp.store.troubles import DatabaseError, Trouble
from sync.engine.ports import Held
from tests.simulation.apsw_connection import ApswConnection, open_on
from tests.simulation.audit import audit_open
from tests.simulation.made_up_facts import NUMBER, STORE, TERMINAL, CountedNames, FactMaker, SteppedClock
from tests.simulation.memory_disk import LEDGER, DiskVfs, MemoryDisk
from tests.simulation.platter import Platter
from tests.simulation.recovered import Examiner
from tests.simulation.stepped_writer import LedgerDay, SteppedWriter, Told

ACTS: Final = 9
IMAGES: Final = 3
MUTANTS: Final = ("answers_anyway", "keeps_numbers", "forgets_records")

ERRORS: Final = {
    "write": ("SQLITE_FULL", "SQLITE_IOERR_WRITE"),
    "sync": ("SQLITE_IOERR_FSYNC", "SQLITE_IOERR_FSYNC and lost", "SQLITE_FULL"),
    # A short read is no error to SQLite but the end of the file: a disk that says so is lying, not failing.
    "read": ("SQLITE_IOERR_READ", "SQLITE_IOERR_CORRUPTFS"),
    "truncate": ("SQLITE_IOERR_TRUNCATE",),
    "size": ("SQLITE_IOERR_FSTAT",),
    "open": ("SQLITE_CANTOPEN", "SQLITE_IOERR"),
    "lock": ("SQLITE_BUSY", "SQLITE_IOERR_LOCK"),
    "access": ("SQLITE_IOERR_ACCESS",),
    "delete": ("SQLITE_IOERR_DELETE",),
}
#: How often somebody is told of a failure before the disk is mended.
_PATIENCE: Final = 3


@dataclass(frozen=True, slots=True)
class Point:
    """One fault: at which call of a day, with which error, and whether it stays."""

    seed: int
    call: int
    kind: str
    error: str
    stays: bool

    def __str__(self) -> str:
        how = "until mended" if self.stays else "once"
        return f"seed {self.seed}, call {self.call} ({self.kind}), {self.error}, {how}"


class FaultyDisk:
    """The guard of a disk: counts calls, and makes them fail from one on."""

    def __init__(self, disk: MemoryDisk, point: Point | None) -> None:
        self._disk = disk
        self._point = point
        self.calls: list[str] = []
        self.is_calm = False
        self.is_mended = point is None
        self.hits = 0
        disk.guard = self

    def __call__(self, kind: str, _name: str, inode: int) -> None:
        if self.is_calm:
            return
        self.calls.append(kind)
        point = self._point
        if point is None or self.is_mended or len(self.calls) < point.call:
            return
        # What stays is what the first call met: a full disk is still read, a dead one is not.
        if self.hits and (
            not point.stays or (kind != point.kind and not point.error.startswith("SQLITE_IOERR"))
        ):
            return
        self.hits += 1
        error, _, lost = (point.error if kind == point.kind else ERRORS[kind][-1]).partition(" and ")
        if lost and kind == "sync":
            self._disk.note("lost", inode, _name)
        raise apsw.exception_for(getattr(apsw, error))


class AnswersAnyway(Ledger):
    """A mutant: tells the cashier that all is well."""

    def commit(self, effect: Commit) -> Committed | CommitFailed:
        answer = super().commit(effect)
        if isinstance(answer, CommitFailed) and effect.drops_draft is not None:
            return Committed(effect.commit_id, "S0217-03-000000", None)
        return answer


class KeepsNumbers(Ledger):
    """A mutant: goes on with numbers that an undone transaction took."""

    def _undo(self, connection: Connection) -> None:
        kept = self._state
        super()._undo(connection)
        self._state = kept

    def _commit(self, connection: Connection, effect: Commit) -> Committed:
        before = self._state
        made = super()._commit(connection, effect)
        if before is not None and self._state is not None:
            connection.execute("UPDATE till SET journal_no = ?", (self._state.journal_no,))
        return made


class ForgetsRecords(Ledger):
    """A mutant: takes a trouble with what nobody waits for as the end of it."""

    def record(self, things: Sequence[Fact | Write]) -> Trouble | None:
        super().record(things)
        return None


_LEDGERS: Final[dict[str, type[Ledger]]] = {
    "": Ledger,
    "answers_anyway": AnswersAnyway,
    "keeps_numbers": KeepsNumbers,
    "forgets_records": ForgetsRecords,
}


class FaultyDay:
    """One short day with one fault in it."""

    def __init__(self, vfs: DiskVfs, base: bytes, seed: int, point: Point | None, mutant: str = "") -> None:
        self._vfs = vfs
        self._base = {LEDGER: base}
        self._point = point
        self._mutant = mutant
        self._chance = random.Random(seed)
        self._clock, self._ids = SteppedClock(), CountedNames(seed)
        self._connection: ApswConnection | None = None
        self._pressed = 0
        self.disk = MemoryDisk.holding(self._base, recording=True)
        self.guard = FaultyDisk(self.disk, point)
        self.told = Told()
        self.starts_refused = 0

    def live(self) -> list[str]:
        """Live the day; what is wrong, empty where nothing is."""
        self._vfs.disk = self.disk
        faults: list[str] = []
        writer, day = self._start()
        for number in range(ACTS):
            if day.maker.shift is None:
                faults.append("no shift can be opened")
                break
            day.act()
            if number == ACTS // 2 and writer.flush(0.0):
                # Nothing waits: a restart in the middle of the day costs nothing.
                writer.close()
                faults += writer.faults
                writer, day = self._start()
        day.idle()
        # The disk is well now, or was mended long ago: what waited is stored, and the till sells.
        self.guard.is_mended = True
        for _ in range(3):
            writer.idle()
            writer.work_off()
        day.again = lambda: False
        failed = self.told.failed
        if day.maker.shift is not None:
            day.sell()
        faults += ["the till does not sell on"] if self.told.failed > failed else []
        faults += [f"the ledger's thread: {fault}" for fault in writer.faults]
        self.guard.is_calm = True
        try:
            faults += self._audit()
        except DatabaseError as error:
            faults.append(f"the ledger cannot be read: {error}")
        log, self.disk.log = self.disk.log, None
        writer.close()
        self.disk.log = log
        return faults

    def images(self, examiner: Examiner) -> list[str]:
        """What power losses after the fault took that the cashier had been told of."""
        log = self.disk.log or []
        platter, taken, faults = Platter.holding(self._base), 0, []
        for place in [*sorted(self._chance.randrange(len(log)) for _ in range(IMAGES - 1)), len(log)]:
            for op in log[taken:place]:
                platter.take(op)
            taken = place
            content = examiner.examine(platter.image(self._chance)[0])
            told = [
                sale for sale, at in zip(self.told.sales.items(), self.told.at, strict=True) if at <= place
            ]
            lost = [key for key, sale in told if content.sales.get(key) != sale]
            faults += [f"after a power loss: {fault}" for fault in content.faults[:2]]
            faults += [f"a power loss at {place} of {len(log)} takes sales: {lost}"] if lost else []
        return faults

    def _start(self) -> tuple[SteppedWriter, LedgerDay]:
        place = Place(STORE, TERMINAL, NUMBER)
        while True:
            ledger = _LEDGERS[self._mutant](self._open, place=place, clock=self._clock, ids=self._ids)
            writer = SteppedWriter(ledger, self._clock, on_draft_failed=lambda _trouble: None)
            try:
                found, _slips = writer.start()
                break
            except DatabaseError:
                # The till says that its ledger cannot be opened; somebody mends the disk and starts it.
                ledger.close()
                self.starts_refused += 1
                self.guard.is_mended = self.starts_refused >= _PATIENCE
                assert self.starts_refused < _PATIENCE + 2, "a disk that was mended is not opened"
        maker = FactMaker(self._chance, self._clock, self._ids, found.scan_no)
        maker.next_shift_number = found.next_shift_number
        place_of = self.disk.log.__len__ if self.disk.log is not None else int
        day = LedgerDay(writer, maker, self._chance, self._watch, self._held, self.told, place_of)
        day.again = self._again
        day.begin(found.shift)
        return writer, day

    def _open(self) -> ApswConnection:
        self._connection = open_on(self._vfs)
        return self._connection

    def _watch(self, _act: str) -> Any:
        self._pressed += 1
        # Trouble that nobody is told of (carts, records) is mended after a while as well.
        if self.guard.hits > 40:
            self.guard.is_mended = True
        return lambda: None

    def _again(self) -> bool:
        """The cashier sees that it failed, and presses again; the third time somebody mends the disk."""
        if self.told.failed >= _PATIENCE:
            self.guard.is_mended = True
        return self.told.failed < 3 * _PATIENCE

    def _held(self) -> Held:
        """Where the ledger stands, looked up by the campaign: this look never fails."""
        self.guard.is_calm = True
        try:
            connection = open_on(self._vfs) if self._connection is None else self._connection
            try:
                return held(connection)
            except apsw.ConnectionClosedError:
                connection = self._connection = open_on(self._vfs)
                return held(connection)
        finally:
            self.guard.is_calm = False

    def _audit(self) -> list[str]:
        connection = self._connection
        assert connection is not None
        faults = audit_open(connection)
        sales = {
            key: (number, total)
            for key, number, total in connection.execute(
                "SELECT transaction_id, receipt_number, total_minor FROM retail_transaction"
            ).fetchall()
        }
        if sales != self.told.sales:
            odd = set(sales.items()) ^ set(self.told.sales.items())
            faults.append(f"sales stored and told of differ: {sorted(odd)[:2]}")
        carts = dict(connection.execute("SELECT transaction_id, cart FROM draft").fetchall())
        if carts != self.told.carts:
            faults.append(f"carts stored and put differ: {sorted(set(carts) ^ set(self.told.carts))[:2]}")
        recorded = connection.execute(
            "SELECT count(*) FROM journal WHERE kind IN ('OperatorSignedOn', 'OperatorSignedOff', "
            "'SignOnRefused', 'DrawerOpened', 'ScanRefused')"
        ).fetchone()[0]
        oldest_no = connection.execute("SELECT min(journal_no) FROM journal").fetchone()[0]
        # Old lines may have gone; what is left is held by the audit.
        if recorded > self.told.recorded or (oldest_no == 1 and recorded < self.told.recorded):
            faults.append(f"{self.told.recorded} facts were recorded, {recorded} are stored")
        if self.told.unanswered:
            faults.append(f"never answered: {self.told.unanswered}")
        return faults
