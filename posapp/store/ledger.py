"""The ledger of one till: every fact is stored here in one durable transaction, or not at all.

One connection, used by one thread. It answers in values: a trouble of the disk is an answer, not an
exception, and after any trouble nothing of the act is stored. It knows neither queues nor threads;
those are the writer's affair.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from posapp.domain.facts import (
    EpochBegun,
    Fact,
    OverrideGiven,
    ShiftOpened,
    ShiftSettled,
    ShiftTotals,
    TransactionCompleted,
    TransactionVoided,
)
from posapp.domain.price_facts import PromotionSetAside
from posapp.domain.return_facts import ReturnCompleted
from posapp.exchange.outgoing import Place, last_scan_of
from posapp.flows.effects import Commit
from posapp.flows.intents import CommitFailed, Committed
from posapp.flows.ports import Clock, Ids
from posapp.store import tidying
from posapp.store.doubts import Doubts
from posapp.store.drafts import drop_draft
from posapp.store.engine import Connection, ConnectionFactory
from posapp.store.epochs import begin, forget_restored, was_restored
from posapp.store.journal import Journal
from posapp.store.leases import drop_leases, note_rights
from posapp.store.prints import insert_print
from posapp.store.returns import insert_return, return_number_of
from posapp.store.sales import SalePlace, insert_sale, receipt_number_of
from posapp.store.settings import note_lockout
from posapp.store.shift_reading import PROMOTIONS, first_time, quarantine
from posapp.store.shifts import (
    expect_open,
    insert_override,
    insert_shift,
    is_known,
    is_override_known,
    settle_shift,
    totals_of,
)
from posapp.store.state import OpenShift, TillState, read_state, write_state
from posapp.store.totals import check_return, check_sale, with_override, with_return, with_sale, with_voided
from posapp.store.troubles import UNFIT, DatabaseError, NoSuchShiftError, Trouble, trouble_of
from sync.engine.ports import Beginning

T = TypeVar("T")

#: A change made inside a transaction of its caller.
Write = Callable[[Connection], None]

#: Answers remembered for commits that are asked again within this run.
_ANSWERS_MAX: Final = 64


@dataclass(slots=True)
class _Act:
    """One transaction while it is made; `state` becomes the till's own when it is durable."""

    connection: Connection
    state: TillState
    receipt_number: str | None = None
    job_no: int | None = None
    settled: ShiftTotals | None = None
    has_leases_changed: bool = False


class Ledger:
    """All writing to the ledger's file."""

    def __init__(self, connect: ConnectionFactory, *, place: Place, clock: Clock, ids: Ids) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self._clock = clock
        self._journal = Journal(place, ids)
        self._state: TillState | None = None
        self._is_log_sound = False
        self._doubts = Doubts()
        self._answers: OrderedDict[str, Committed] = OrderedDict()
        self._has_leases_changed = False

    def connection(self) -> Connection:
        """The connection, opened anew where a trouble closed it."""
        if self._connection is None:
            self._connection = self._connect()
            self._is_log_sound = False
        return self._connection

    def close(self) -> None:
        """Let the file go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def have_leases_changed(self) -> bool:
        """Whether leases may be otherwise than when this was asked last."""
        changed, self._has_leases_changed = self._has_leases_changed, False
        return changed

    def write(self, work: Write) -> Trouble | None:
        """Run work in one durable transaction; the trouble's name where nothing was stored."""
        try:
            self._transact(work)
        except (DatabaseError, *UNFIT) as error:
            return trouble_of(error)
        return None

    def ask(self, question: Callable[[Connection], T], otherwise: T) -> T:
        """The answer to a question that only reads, or the other value where it cannot be read."""
        try:
            return question(self.connection())
        except (DatabaseError, *UNFIT):
            return otherwise

    def commit(self, effect: Commit) -> Committed | CommitFailed:
        """Store the facts of a commit, or tell why nothing was stored; safe to ask again."""
        answer = self._answers.get(effect.commit_id)
        if answer is not None:
            return answer
        try:
            answer = self._transact(lambda connection: self._commit(connection, effect))
        except (DatabaseError, *UNFIT) as error:
            trouble = trouble_of(error)
            stored = self._stored_answer(effect) if trouble == "integrity" else None
            if stored is None:
                return CommitFailed(effect.commit_id, trouble)
            answer = stored
        self._answers[effect.commit_id] = answer
        if len(self._answers) > _ANSWERS_MAX:
            self._answers.popitem(last=False)
        return answer

    def record(self, things: Sequence[Fact | Write]) -> Trouble | None:
        """Store facts and small changes that nobody waits for; None when all are durable."""

        def work(connection: Connection) -> None:
            # Facts first: they set the till's state, which the changes may touch as well.
            facts = tuple(thing for thing in things if not callable(thing))
            if facts:
                self._commit(connection, Commit(commit_id="", facts=facts))
            for thing in things:
                if callable(thing):
                    thing(connection)

        return self.write(work)

    def begin(self, wish: Beginning) -> EpochBegun | Trouble | None:
        """Go on with numbers that nobody has given out, on record; None where there was nothing to do."""
        try:
            return self._transact(lambda connection: self._begin(connection, wish))
        except (DatabaseError, *UNFIT) as error:
            return trouble_of(error)

    def begin_if_restored(self) -> EpochBegun | None:
        """Begin the new life of a ledger that was put back; raises the database's error."""

        def work(connection: Connection) -> EpochBegun | None:
            epoch = read_state(connection).epoch
            fact = self._begin(connection, Beginning("restored", epoch, 0, 0, 0))
            forget_restored(connection)
            return fact

        return self._transact(work) if was_restored(self.connection()) else None

    def _begin(self, connection: Connection, wish: Beginning) -> EpochBegun | None:
        fact = begin(connection, wish, now_ms=self._clock.now_ms())
        self._state = None
        if fact is not None:
            if fact.epoch != fact.epoch_before:
                # Another copy of this ledger may be giving away what it was granted.
                drop_leases(connection)
                self._has_leases_changed = True
            self._commit(connection, Commit(commit_id="", facts=(fact,)))
        return fact

    def quarantine(self, what: object, trouble: Trouble) -> Trouble | None:
        """Set aside what can never be stored as it is, so that it does not block the rest."""

        def work(connection: Connection) -> None:
            now_ms, key = self._clock.now_ms(), self._journal.ids.new_id()
            quarantine(connection, "record", key, reason=f"{trouble}: {type(what).__name__}", now_ms=now_ms)

        return self.write(work)

    def _transact(self, work: Callable[[Connection], T]) -> T:
        connection = self.connection()
        try:
            if not self._is_log_sound:
                tidying.begin_anew(connection)
                self._is_log_sound = True
            connection.execute("BEGIN IMMEDIATE")
            self._doubts.begin(connection)
            result = work(connection)
            self._doubts.end()
            connection.execute("COMMIT")
        except BaseException:
            self._undo(connection)
            raise
        self._doubts.done()
        return result

    def _undo(self, connection: Connection) -> None:
        # What is kept may hold what was just undone.
        self._state = None
        self._doubts.failed()
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except DatabaseError:
            # Closing undoes it as well; the next act opens the file anew.
            self._connection = None
            connection.close()

    def _commit(self, connection: Connection, effect: Commit) -> Committed:
        sale = _numbered(effect)
        before = self._state or read_state(connection)
        facts = self._doubts.without_stored(effect.facts)
        if effect.facts and not facts:
            return self._answer_of_stored(connection, effect, before)
        act = _Act(connection, before.copy())
        if sale is not None:
            act.state.receipt_seq += 1
            act.receipt_number = self._journal.receipt_number(act.state.receipt_seq)
        for request in effect.prints:
            job_no = insert_print(
                connection,
                request,
                transaction_id=None if sale is None else _id_of(sale),
                receipt_number=act.receipt_number,
                now_ms=self._clock.now_ms(),
            )
            if request.kind in ("receipt", "return"):
                act.job_no = job_no
        for fact in facts:
            self._write_fact(act, fact)
        if effect.drops_draft is not None:
            drop_draft(connection, effect.drops_draft)
        write_state(connection, before, act.state)
        self._state = act.state
        self._has_leases_changed |= act.has_leases_changed
        self._doubts.note(facts, act.state)
        totals = act.settled if act.state.shift is None else act.state.shift.totals
        return Committed(effect.commit_id, act.receipt_number, totals)

    def _write_fact(self, act: _Act, fact: Fact) -> None:
        connection, state, shift = act.connection, act.state, act.state.shift
        if type(fact) is PromotionSetAside and not _is_news(connection, fact):
            return
        state.scan_no = max(state.scan_no, last_scan_of(fact))
        journal_no = self._journal.append(connection, fact, state, receipt_number=act.receipt_number)
        act.has_leases_changed |= note_rights(connection, fact)
        match fact:
            case TransactionCompleted():
                shift = expect_open(shift, fact.shift_id)
                assert act.receipt_number is not None
                place = SalePlace(
                    state.receipt_seq, act.receipt_number, shift.shift_no, journal_no, act.job_no
                )
                insert_sale(connection, fact, place)
                state.shift = OpenShift(shift.shift_no, with_sale(shift.totals, fact))
            case ReturnCompleted():
                shift = expect_open(shift, fact.shift_id)
                assert act.receipt_number is not None
                place = SalePlace(
                    state.receipt_seq, act.receipt_number, shift.shift_no, journal_no, act.job_no
                )
                insert_return(connection, fact, place)
                state.shift = OpenShift(shift.shift_no, with_return(shift.totals, fact))
            case TransactionVoided():
                shift = expect_open(shift, fact.shift_id)
                state.shift = OpenShift(shift.shift_no, with_voided(shift.totals, fact))
            case OverrideGiven():
                insert_override(connection, fact, None if shift is None else shift.shift_no)
                note_lockout(connection, fact)
                if shift is not None:
                    state.shift = OpenShift(shift.shift_no, with_override(shift.totals, fact))
            case ShiftOpened():
                if shift is not None:
                    raise NoSuchShiftError("another shift is open")
                state.shift = insert_shift(connection, fact, state)
                state.shift_number = max(state.shift_number, fact.number)
            case ShiftSettled():
                shift = expect_open(shift, fact.shift_id)
                settle_shift(connection, shift, fact)
                state.shift, act.settled = None, fact.totals
            case _:
                note_lockout(connection, fact)

    def _answer_of_stored(self, connection: Connection, effect: Commit, state: TillState) -> Committed:
        """The answer to a commit that failed and had happened all the same."""
        known = _answer_of(connection, effect)
        totals = None if state.shift is None else state.shift.totals
        return known or Committed(effect.commit_id, None, totals)

    def _stored_answer(self, effect: Commit) -> Committed | None:
        """The answer that was lost, where every fact of this commit is in the ledger already."""
        try:
            return _answer_of(self.connection(), effect)
        except (DatabaseError, *UNFIT):
            return None


def _numbered(effect: Commit) -> TransactionCompleted | ReturnCompleted | None:
    """The one fact of a commit that takes a receipt number, checked; raises ValueError."""
    found: TransactionCompleted | ReturnCompleted | None = None
    for fact in effect.facts:
        if not isinstance(fact, TransactionCompleted | ReturnCompleted):
            continue
        if found is not None:
            raise ValueError("a commit stores one sale or one return")
        found = fact
        if isinstance(fact, TransactionCompleted):
            check_sale(fact)
        else:
            check_return(fact)
    return found


def _id_of(fact: TransactionCompleted | ReturnCompleted) -> str:
    return fact.transaction_id if isinstance(fact, TransactionCompleted) else fact.return_id


def _is_news(connection: Connection, fact: PromotionSetAside) -> bool:
    """Whether this version of a promotion is set aside for the first time."""
    key = f"{fact.promotion_id}@{fact.document_sha256}"
    return first_time(connection, PROMOTIONS, key, reason=fact.problem, now_ms=fact.at_ms)


def _answer_of(connection: Connection, effect: Commit) -> Committed | None:
    number: str | None = None
    totals: ShiftTotals | None = None
    is_stored = False
    for fact in effect.facts:
        match fact:
            case TransactionCompleted():
                number = receipt_number_of(connection, fact.transaction_id)
                is_stored = number is not None
                totals = totals_of(connection, fact.shift_id)
            case ReturnCompleted():
                number = return_number_of(connection, fact.return_id)
                is_stored = number is not None
                totals = totals_of(connection, fact.shift_id)
            case ShiftOpened() | ShiftSettled():
                is_stored = is_known(connection, fact.shift_id, settled=isinstance(fact, ShiftSettled))
                totals = totals_of(connection, fact.shift_id)
            case OverrideGiven():
                is_stored = is_override_known(connection, fact.override_id)
            case _:
                # These have no identity of their own and are in the same transaction as the others.
                continue
        if not is_stored:
            return None
    if is_stored and totals is None:
        shift = read_state(connection).shift
        totals = None if shift is None else shift.totals
    return Committed(effect.commit_id, number, totals) if is_stored else None
