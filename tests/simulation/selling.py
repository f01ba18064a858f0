"""The cashier who is going to be killed: sells seeded random baskets for ever and claims what happens.

Runs in a child process over the real terminal, runner, ledger and spooler. The parts that are watched are
wrapped, not changed; a mutant changes one of them on purpose, to show that the audit can fail.
"""

from __future__ import annotations

import random
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from posapp.config import Settings
from posapp.devices.transports import VirtualTransport
from posapp.devices.virtual_printer import VirtualPrinter
from posapp.domain.cart_record import cart_to_bytes
from posapp.domain.facts import TransactionCompleted
from posapp.domain.member_facts import SaleMember
from posapp.domain.members.leases import Lease
from posapp.flows.effects import Commit, KickDrawer, ParkDraft, Print, PrintNow, SaveDraft
from posapp.flows.intents import (
    Back,
    ChangeQuantity,
    ChooseReason,
    ChooseTender,
    CloseShift,
    CommitFailed,
    Committed,
    Intent,
    KeyIn,
    NextSale,
    OpenShift,
    Resume,
    ScanCode,
    Settle,
    StartCount,
    StartTender,
    SubmitCount,
    Suspend,
    VoidCart,
    VoidLine,
)
from posapp.flows.shift import VARIANCE_REASONS
from posapp.flows.state import (
    AwaitingOverride,
    Committing,
    Done,
    Reporting,
    Selling,
    ShiftClosed,
    Tendering,
)
from posapp.flows.terminal import Outcome, Terminal
from posapp.store.engine import Connection, open_ledger
from posapp.store.leases import GrantedLease, take_leases
from posapp.store.ledger import Ledger
from tests.simulation.claims import Log, cart_state
from tests.simulation.counter import Counter, Hooks, QuickPrinting
from tests.simulation.goods import some_code

MUTANTS = ("prints_early", "number_outside", "answers_early", "forgets_carts", "begins_unnoted")


class WatchedConnection:
    """The ledger's connection; says which statement of a sale or of a cart is under way."""

    def __init__(self, inner: Connection, log: Log) -> None:
        self._inner = inner
        self._log = log
        self._carts: list[int] = []
        self.storing = False
        self.count = 0

    @property
    def in_transaction(self) -> bool:
        return self._inner.in_transaction

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Any:
        if self.storing:
            self.count += 1
            self._log.say("syncing" if sql == "COMMIT" else "statement", self.count)
        elif " draft" in sql and not sql.startswith("SELECT"):
            self._log.say("drafting")
            self._carts += [zlib.crc32(part) for part in parameters if isinstance(part, bytes | bytearray)]
        done = self._inner.execute(sql, parameters)
        if sql == "COMMIT":
            if self.storing:
                self._log.say("synced")
            if self._carts:
                self._log.say("drafted", self._carts[-1])
        if sql in ("COMMIT", "ROLLBACK"):
            self._carts.clear()
        return done

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any:
        if self.storing:
            self.count += 1
            self._log.say("statement", self.count)
        return self._inner.executemany(sql, parameters)

    def close(self) -> None:
        self._inner.close()


class WatchedLedger(Ledger):
    """Says when a commit begins and when its answer is ready."""

    log: Log
    watched: WatchedConnection
    spent: Mapping[str, Commit] = {}

    def commit(self, effect: Commit) -> Committed | CommitFailed:
        if not any(isinstance(fact, TransactionCompleted) for fact in effect.facts):
            return super().commit(effect)
        effect = self._spending(effect)
        self.log.say("storing", effect.commit_id)
        self.connection()
        self.watched.storing, self.watched.count = True, 0
        answer = super().commit(effect)
        self.watched.storing = False
        self.log.say("answered", effect.commit_id)
        return answer

    def _spending(self, effect: Commit) -> Commit:
        """The commit with a sale that gives points away under a lease; asked again, the same one."""
        known = self.spent.get(effect.commit_id)
        if known is not None:
            return known
        epoch = self.ask(lambda held: int(held.execute("SELECT epoch FROM till").fetchone()[0]), 0)
        lease = Lease(f"L-{epoch}", "points", 10**9, 10**15)
        self.write(
            lambda held: take_leases(
                held, [GrantedLease(lease, "", "", "")], epoch=epoch, worst_minor=(0, 0), now_ms=0
            )
        )
        points = 1 + zlib.crc32(effect.commit_id.encode()) % 50
        member = SaleMember("M1", "code", points_used=points, points_lease_id=lease.lease_id)
        facts = tuple(
            replace(fact, member=member) if isinstance(fact, TransactionCompleted) else fact
            for fact in effect.facts
        )
        self.spent = {effect.commit_id: replace(effect, facts=facts)}
        return self.spent[effect.commit_id]


class NumberOutside(WatchedLedger):
    """A mutant: takes the receipt number in a transaction of its own, before the sale's."""

    def commit(self, effect: Commit) -> Committed | CommitFailed:
        if any(isinstance(fact, TransactionCompleted) for fact in effect.facts):
            connection = self.connection()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE till SET receipt_seq = receipt_seq + 1")
            connection.execute("COMMIT")
        return super().commit(effect)

    def _commit(self, connection: Connection, effect: Commit) -> Committed:
        self._state = None
        if any(isinstance(fact, TransactionCompleted) for fact in effect.facts):
            connection.execute("UPDATE till SET receipt_seq = receipt_seq - 1")
        return super()._commit(connection, effect)


class AnswersEarly(WatchedLedger):
    """A mutant: answers when the rows are written and lets the next transaction make them durable."""

    def _transact(self, work: Callable[[Connection], Any]) -> Any:
        connection = self.connection()
        if connection.in_transaction:
            connection.execute("COMMIT")
        if not self.watched.storing:
            return super()._transact(work)
        connection.execute("BEGIN IMMEDIATE")
        return work(connection)


class WatchedWire(VirtualTransport):
    """The wire to the printer; says what came out of it: the drawer, and whole slips."""

    def __init__(self, printer: VirtualPrinter, cashier: Cashier) -> None:
        super().__init__(printer)
        self._paper = printer
        self._cashier = cashier

    def write(self, data: bytes) -> None:
        drawers, slips = len(self._paper.drawer_opened), len(self._paper.slips)
        super().write(data)
        if len(self._paper.drawer_opened) > drawers:
            self._cashier.log.say("drawer", self._cashier.paid)
        for slip in self._paper.slips[slips:]:
            how = "copy" if slip.text_rows and slip.text_rows[0].strip() == "COPY" else "original"
            self._cashier.log.say("paper", self._cashier.job, how)


class MutantTerminal(Terminal):
    """A mutant: paper and drawer come with the press of Settle, or carts are not written down."""

    mutant = ""

    def handle(self, intent: Intent) -> Outcome:
        outcome = super().handle(intent)
        effects = outcome.effects
        if self.mutant == "forgets_carts":
            effects = tuple(effect for effect in effects if not isinstance(effect, SaveDraft))
        elif self.mutant == "prints_early":
            if isinstance(intent, Committed):
                effects = tuple(effect for effect in effects if not isinstance(effect, Print | KickDrawer))
            early = [
                new
                for effect in effects
                if isinstance(effect, Commit)
                for new in (KickDrawer(), *(PrintNow(slip) for slip in effect.prints))
            ]
            effects = (*early, *effects)
        return Outcome(outcome.view, effects)


class Cashier:
    """One life of the till: started on what the ledger holds, ended from outside."""

    def __init__(self, settings: Settings, claims: Path, seed: int, log: Log, mutant: str = "") -> None:
        self.log = log
        self.chance = random.Random(seed)
        self.paid = "-"
        self.job = "-"
        self.settled = "-"
        self._mutant = mutant
        self._watched: WatchedConnection | None = None
        self.till = Counter(settings, self._hooks())

    def _hooks(self) -> Hooks:
        kinds = {"number_outside": NumberOutside, "answers_early": AnswersEarly}
        ledger = type("Ledger", (kinds.get(self._mutant, WatchedLedger),), {"log": self.log})

        def connect(path: Path) -> Connection:
            self._watched = ledger.watched = WatchedConnection(open_ledger(path), self.log)
            return self._watched

        def terminal(terminal_id: str, ports: Any) -> Terminal:
            made = MutantTerminal(terminal_id, ports)
            made.mutant = self._mutant
            return made

        def begins(printing: QuickPrinting, job_id: str) -> None:
            if self._mutant != "begins_unnoted":
                printing.note_begun(job_id)

        def begun(job_id: str) -> None:
            self.job = job_id
            self.log.say("begun", job_id)

        return Hooks(
            connect=connect,
            wire=lambda printer: WatchedWire(printer, self),
            begins=begins,
            begun=begun,
            handled=self._handled,
            terminal=terminal,
            ledger=ledger,
        )

    def _handled(self, intent: Intent, effects: tuple[Any, ...]) -> None:
        """Called before the effects are carried out."""
        for effect in effects:
            if isinstance(effect, Commit):
                for fact in effect.facts:
                    if isinstance(fact, TransactionCompleted):
                        self.settled = self.paid = fact.transaction_id
                        self.log.say("settle", fact.transaction_id, fact.total_minor)
            elif isinstance(effect, SaveDraft | ParkDraft):
                self.log.say("cart", cart_state(effect.cart))
        phase = self.till.phase
        if isinstance(intent, Committed) and intent.receipt_number:
            assert isinstance(phase, Done | Selling)
            last = self.till.terminal.state.desk.last_sale
            assert last is not None
            self.log.say("shown", last.transaction_id, last.receipt_number, last.total_minor)

    # ------------------------------------------------------------------ a day at the till

    def run(self) -> None:
        """Sell until somebody ends it."""
        till = self.till
        till.start()
        self.log.say("ready")
        till.sign_on()
        while True:
            self._one()

    def _one(self) -> None:
        till, chance = self.till, self.chance
        if isinstance(till.phase, ShiftClosed):
            till.do(OpenShift())
            till.stored()
        if till.terminal.state.desk.cart is None:
            self._linger()
            self.log.say("idle")
            self._linger()
        if chance.random() < 0.08 and till.terminal.state.desk.cart is None:
            self._close_shift()
            return
        parked = till.terminal.state.desk.parked
        if parked and till.terminal.state.desk.cart is None:
            if isinstance(till.phase, Done):
                till.do(NextSale())
            till.do(Resume(parked[0].transaction_id))
        self._fill()
        cart = till.terminal.state.desk.cart
        if cart is None or not cart.lines:
            return
        way = chance.random()
        if way < 0.07 and not cart.paid:
            till.do(VoidCart())
            assert not isinstance(till.phase, AwaitingOverride)
            till.stored()
        elif way < 0.15 and not cart.paid and not parked:
            till.do(Suspend())
        else:
            self._pay()

    def _linger(self) -> None:
        if self.chance.random() < 0.5:
            self.till.writer.flush()
        if self.chance.random() < 0.5:
            time.sleep(self.chance.random() * 0.002)

    def _fill(self) -> None:
        till, chance = self.till, self.chance
        self.log.say("scanning")
        for _ in range(chance.randrange(1, 7)):
            till.do(ScanCode(some_code(chance)))
            self._linger()
            if chance.random() < 0.2:
                till.do(ChangeQuantity(1))
            if chance.random() < 0.1:
                till.do(VoidLine())
            if chance.random() < 0.3:
                self._make_sure()

    def _make_sure(self) -> None:
        """After the writer's turn the open cart is on disk: that is what a cashier relies on."""
        cart = self.till.terminal.state.desk.cart
        if cart is not None and self.till.writer.flush():
            self.log.say("safe", cart.transaction_id, cart_state(cart_to_bytes(cart)))

    def _pay(self) -> None:
        till, chance = self.till, self.chance
        till.do(StartTender())
        self._linger()
        self.log.say("tendering")
        assert isinstance(till.phase, Tendering), till.phase
        if chance.random() < 0.3 and till.phase.payment.due_minor > 100:
            till.do(ChooseTender("card"), *(KeyIn(sign) for sign in "0.50"), Settle())
            if chance.random() < 0.7:
                self._make_sure()
            till.do(ChooseTender("cash"))
        self._linger()
        if chance.random() < 0.5:
            till.do(*(KeyIn(sign) for sign in str(till.phase.payment.total_minor // 100 + 7)))
        till.do(Settle())
        if chance.random() < 0.3 and isinstance(till.phase, Committing):
            till.do(Settle(), ScanCode(some_code(chance)))
        till.stored()
        if isinstance(till.phase, Done) and chance.random() < 0.5:
            till.answered(lambda: not isinstance(till.phase, Done) or till.phase.printed)
        if isinstance(till.phase, Done):
            till.do(NextSale())

    def _close_shift(self) -> None:
        till = self.till
        if isinstance(till.phase, Done):
            till.do(NextSale())
        self.paid = "-"
        self.log.say("closing")
        till.do(StartCount())
        till.stored()
        till.do(SubmitCount())
        till.answered(lambda: isinstance(till.phase, Reporting) and not till.phase.reading)
        till.do(ChooseReason(VARIANCE_REASONS[0]), CloseShift())
        till.stored()
        till.do(Back())
