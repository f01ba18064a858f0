"""The cashier who is going to be killed: sells seeded random baskets for ever and claims what happens.

Runs in a child process over the real terminal, runner, ledger and spooler. The parts that are watched are
wrapped, not changed; a mutant changes one of them on purpose, to show that the audit can fail.
"""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

from posapp.config import Settings
from posapp.devices.transports import VirtualTransport
from posapp.devices.virtual_printer import VirtualPrinter
from posapp.domain.cart_record import cart_to_bytes
from posapp.domain.facts import TransactionCompleted
from posapp.flows.effects import Commit, KickDrawer, ParkDraft, Print, PrintNow, SaveDraft
from posapp.flows.intents import (
    Back,
    ChangeQuantity,
    ChooseReason,
    ChooseTender,
    CloseShift,
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
from tests.simulation.claims import Log, cart_state
from tests.simulation.counter import Counter, Hooks, QuickPrinting
from tests.simulation.goods import some_code
from tests.simulation.watched_ledger import LEDGERS, WatchedConnection, WatchedLedger

MUTANTS = ("prints_early", "forgets_carts", "begins_unnoted", *LEDGERS)


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
        ledger = type("Ledger", (LEDGERS.get(self._mutant, WatchedLedger),), {"log": self.log})

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
