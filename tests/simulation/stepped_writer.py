"""The ledger's writer without its thread, and a seeded day of work for it.

The loop's body is the writer's own; only when it takes a turn is the campaign's choice. So one seed makes
the same calls to the disk in every run, and the moment of every answer is known.
"""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from posapp.domain.facts import TransactionCompleted
from posapp.flows.effects import Commit, ParkDraft, Record, SaveDraft, UnparkDraft
from posapp.flows.intents import CommitFailed, Committed
from posapp.store.writer import LedgerWriter
from sync.engine.ports import Beginning, Held, Reason
from sync.protocol.messages import EpochMark
from tests.simulation.made_up_facts import DAY_MS, FactMaker

T = TypeVar("T")
U = TypeVar("U")


class _NoThread:
    """Stands where the writer's thread would."""

    ident = None

    def start(self) -> None:
        return


class SteppedWriter(LedgerWriter):
    """Works when it is told to; `faults` holds what the thread would only have written down."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._thread: Any = _NoThread()
        self.faults: list[str] = []

    def _tried(self, act: Callable[[], T], otherwise: U) -> T | U:
        def watched() -> T:
            try:
                return act()
            except Exception:
                self.faults.append(traceback.format_exc(limit=-4))
                raise

        return super()._tried(watched, otherwise)

    def turn(self) -> bool:
        """Do the most urgent work, as the thread does; false where none waits."""
        work = self._lanes.take(0.0)
        if work is None:
            return False
        self._tried(partial(self._do, work), None)
        self._is_tidy = False
        self._tried(self._force_checkpoint, None)
        return True

    def work_off(self) -> None:
        """Do what waits."""
        while self.turn():
            pass

    def idle(self) -> None:
        """A moment with nothing to do; wakes what rests after a trouble."""
        self._tried(self._idle, None)


@dataclass
class Told:
    """What the till was told, on the outside: nothing here is in any database.

    `sales` are receipt number and total by transaction, in the order of the answers; `at` is the place of
    the disk's log at which each answer came. `carts` are the carts that are open or parked, `recorded` the
    number of facts that nobody waits for; both are stored sooner or later.
    """

    sales: dict[str, tuple[str, int]] = field(default_factory=dict)
    at: list[int] = field(default_factory=list)
    carts: dict[str, bytes] = field(default_factory=dict)
    recorded: int = 0
    failed: int = 0
    unanswered: list[str] = field(default_factory=list)


#: Begins an act of this name; the function it gives is called when the act was answered.
Watch = Callable[[str], Callable[[], None]]


@dataclass
class LedgerDay:
    """Acts of one till, one after the other; `watch` frames each of them."""

    writer: SteppedWriter
    maker: FactMaker
    chance: random.Random
    watch: Watch
    held: Callable[[], Held]
    told: Told = field(default_factory=Told)
    place: Callable[[], int] = lambda: 0
    parked: list[str] = field(default_factory=list)
    extra: dict[str, Callable[[], None]] = field(default_factory=dict)
    #: Asked after every commit that failed: whether the cashier presses once more.
    again: Callable[[], bool] = lambda: False

    def begin(self, shift: Any) -> None:
        """Go on in the shift that the ledger holds, or open one."""
        self.maker.shift = shift
        if shift is None:
            self._open_shift()

    def act(self) -> None:
        """One thing that happens at a till."""
        kinds: list[tuple[Callable[[], None], int]] = [
            (self.sell, 10), (self.void, 1), (self.park, 1), (self.aside, 3), (self.set, 2),
            (self.acknowledge, 2), (self.idle, 5), (self.close_shift, 1), (self.take_marks, 1),
            (self.begin_epoch, 1), (self.let_weeks_pass, 1),
        ]  # fmt: skip
        kinds += [(partial(self._framed, name, extra), 1) for name, extra in self.extra.items()]
        acts, weights = zip(*kinds, strict=True)
        self.chance.choices(acts, weights)[0]()

    def _framed(self, name: str, work: Callable[[], None]) -> None:
        answered = self.watch(name)
        work()
        self.writer.work_off()
        answered()

    def sell(self) -> None:
        """A sale: its cart is stored some times, it is paid, its slip is noted as begun and as out."""
        transaction_id = self.parked.pop() if self.parked else self.maker.new_id()
        if self.chance.random() < 0.3:
            self._framed("cart", lambda: self.writer.draft(UnparkDraft(transaction_id)))
        for _ in range(self.chance.randrange(3)):
            cart = self.told.carts[transaction_id] = self.maker.cart()
            self._framed("cart", partial(self.writer.draft, SaveDraft(transaction_id, cart)))
        commit, job_id = self.maker.sale(transaction_id)
        if isinstance(self._commit("sale", commit), CommitFailed):
            return
        if self.chance.random() < 0.7:
            self._framed("slip", lambda: self.writer.mark_print((job_id,), "printing"))
        if self.chance.random() < 0.7:
            self._framed("slip", lambda: self.writer.mark_print((job_id,), "printed"))

    def void(self) -> None:
        """A cart that is given up."""
        self._commit("void", self.maker.voided(self.maker.new_id()))

    def park(self) -> None:
        """A cart that waits for its customer."""
        transaction_id = self.maker.new_id()
        cart = self.told.carts[transaction_id] = self.maker.cart()
        park = ParkDraft(transaction_id, "blue coat", 1, "Li Na", 100, 2, cart)
        self._framed("cart", lambda: self.writer.draft(park))
        self.parked.append(transaction_id)

    def aside(self) -> None:
        """Facts that nobody waits for."""
        facts = tuple(self.maker.aside() for _ in range(self.chance.randrange(1, 4)))
        self.told.recorded += len(facts)
        self._framed("aside", lambda: self.writer.record(Record(facts)))

    def set(self) -> None:
        """A setting of a person, or of the hub with its cursor."""
        if self.chance.random() < 0.5:
            language = self.chance.choice(("en", "zh_CN"))
            self._framed("setting", lambda: self.writer.set_language(language))
            return
        document, cursor = self.maker.cart(), self.maker.new_id()
        self._framed(
            "setting", lambda: self.writer.apply_settings({"shop": document}, cursor, lambda _trouble: None)
        )

    def acknowledge(self) -> None:
        """The hub has some more, and has put some of it into a backup."""
        held = self.held()
        mark = held.marks[-1]
        through = self.chance.randint(mark.acked_through, max(mark.acked_through, held.seq))
        backed_up = self.chance.randint(0, through)
        self._framed(
            "acknowledged",
            lambda: self.writer.acknowledge(held.epoch, through, backed_up, lambda _trouble: None),
        )

    def take_marks(self) -> None:
        """The hub was put back to its backup, or is another one."""
        held = self.held()
        keeps = self.chance.random() < 0.7
        marks = [
            EpochMark(mark.epoch, mark.backed_up_through, mark.backed_up_through)
            for mark in held.marks
            if keeps
        ]
        hub_id = self.maker.new_id()
        self._framed("hub put back", lambda: self.writer.take_marks(hub_id, marks, lambda _trouble: None))

    def begin_epoch(self) -> None:
        """The hub has heard of more than the ledger holds, or of other content under its numbers."""
        held = self.held()
        reason: Reason = self.chance.choice(("restored", "forked"))
        wish = Beginning(reason, held.epoch, held.epoch, held.receipt_seq, held.shift_number)
        self._framed("new epoch", lambda: self.writer.begin(wish, lambda _trouble: None))
        self.maker.next_shift_number = self.held().shift_number + 1

    def idle(self) -> None:
        """Nobody is there: the log is stretched or put away."""
        answered = self.watch("idle")
        self.writer.idle()
        answered()

    def let_weeks_pass(self) -> None:
        """The hub has put everything into a backup, and weeks later the old lines may go."""
        held = self.held()
        self._framed(
            "acknowledged",
            lambda: self.writer.acknowledge(held.epoch, held.seq, held.seq, lambda _trouble: None),
        )
        self.maker.let_pass(20 * DAY_MS)
        self.close_shift()
        for _ in range(4):
            self.idle()

    def close_shift(self) -> None:
        """The shift is counted and settled, and the next one begins."""
        answer = self._commit("shift settled", self.maker.settled())
        if isinstance(answer, Committed):
            self._open_shift()

    def _open_shift(self) -> None:
        self._commit("shift opened", self.maker.opened())

    def _commit(self, name: str, commit: Commit) -> Committed | CommitFailed | None:
        answer = self._pressed(name, commit)
        while isinstance(answer, CommitFailed) and self.again():
            answer = self._pressed(name, commit)
        return answer

    def _pressed(self, name: str, commit: Commit) -> Committed | CommitFailed | None:
        answers: list[Committed | CommitFailed] = []
        answered = self.watch(name)
        sales = [fact for fact in commit.facts if isinstance(fact, TransactionCompleted)]

        def done(answer: Committed | CommitFailed) -> None:
            answers.append(answer)
            answered()
            if isinstance(answer, CommitFailed):
                self.told.failed += 1
                return
            self.maker.shift = answer.shift
            if commit.drops_draft is not None:
                self.told.carts.pop(commit.drops_draft, None)
            for sale in sales:
                assert answer.receipt_number is not None
                self.told.sales[sale.transaction_id] = (answer.receipt_number, sale.total_minor)
                self.told.at.append(self.place())

        self.writer.commit(commit, done)
        self.writer.work_off()
        if len(answers) != 1:
            self.told.unanswered.append(commit.commit_id)
        return answers[0] if answers else None
