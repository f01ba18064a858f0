"""The ledger's one thread: takes waiting work, most urgent first, and answers when it is durable.

Every method returns at once and may be called from the screen's thread; answers come on the ledger's
thread. Keeping the write-ahead log short is done here too, only while nobody waits. A fault of the program
ends one act and never the thread: a till whose only writer is gone would wait for ever.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from posapp.domain.facts import EpochBegun, Fact, ShiftTotals
from posapp.domain.paper import PaperDocument
from posapp.flows.effects import Commit, Record
from posapp.flows.intents import CommitFailed, Recovered, ShiftRead
from posapp.flows.member_answers import JoinKept
from posapp.flows.member_effects import KeepJoin
from posapp.flows.ports import Clock
from posapp.store import outbox, tidying
from posapp.store.drafts import DraftAct, write_draft
from posapp.store.engine import Connection
from posapp.store.joins import put_join
from posapp.store.lanes import (
    AskWork,
    CommitDone,
    CommitWork,
    DraftWork,
    InboxWork,
    Lanes,
    RecordWork,
    Work,
)
from posapp.store.leases import HeldLeases, held_leases
from posapp.store.ledger import Ledger, Write
from posapp.store.prints import PrintState, Slip, mark_prints, pending_prints, receipt_of
from posapp.store.programme import settle_programme
from posapp.store.pruning import prune
from posapp.store.recovery import recover
from posapp.store.settings import LANGUAGE, put_clock, put_cursor, put_scanners, put_setting
from posapp.store.shift_reading import read_shift
from posapp.store.troubles import UNFIT, DatabaseError, Trouble
from posapp.values import dataclass
from sync.engine.ports import Beginning
from sync.protocol.messages import EpochMark

LOGGER = logging.getLogger(__name__)

T = TypeVar("T")
U = TypeVar("U")

_FLUSH_S: Final = 10.0
_CLOSE_S: Final = 30.0
#: A fault of the program is no trouble of the disk: it is not mended by waiting.
_FAULT: Final[Trouble] = "integrity"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the thread waits: before it tidies up, and before it tries the disk again."""

    idle_s: float = 0.25
    retry_s: float = 1.0


class LedgerWriter:
    """Everything that is stored, stored by one thread over one connection."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        *,
        on_draft_failed: Callable[[Trouble], None],
        on_stored: Callable[[], None] = lambda: None,
        on_begun: Callable[[EpochBegun], None] = lambda _begun: None,
        patience: Patience | None = None,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._on_draft_failed = on_draft_failed
        self._on_stored = on_stored
        self._on_begun = on_begun
        #: Told the leases where they are otherwise than before, on the ledger's thread.
        self.on_leases: Callable[[HeldLeases], None] = lambda _held: None
        self._patience = patience or Patience()
        self._lanes = Lanes()
        self._thread = threading.Thread(target=self._run, name="db-writer")
        self._draft_trouble: Trouble | None = None
        self._is_tidy = False
        self._is_stretched = False

    # --- start and end ------------------------------------------------------------------------

    def start(self) -> tuple[Recovered, tuple[Slip, ...]]:
        """Open the ledger, tell what it held and which slips never surely came out, start the thread.

        Raises the database's error where the ledger cannot be read at all.
        """
        connection = self._ledger.connection()
        self._ledger.begin_if_restored()
        held = recover(connection, now_ms=self._clock.now_ms())
        slips = pending_prints(connection)
        self._thread.start()
        return held, slips

    def flush(self, timeout_s: float = _FLUSH_S) -> bool:
        """Wait until nothing waits any more; false when the time is over first."""
        return self._lanes.drained(timeout_s)

    def close(self) -> None:
        """Store what waits, trying each once more, end the thread and let the file go."""
        self._lanes.stop()
        if self._thread.ident is not None:
            self._thread.join(_CLOSE_S)
        self._ledger.close()

    # --- wishes, from any thread --------------------------------------------------------------

    def commit(self, effect: Commit, done: CommitDone) -> None:
        """Store a commit before everything else; answers Committed or CommitFailed."""
        self._lanes.put(CommitWork(effect, done))

    def record(self, effect: Record) -> None:
        """Store facts that nobody waits for; tried until they are stored."""
        self._lanes.put_record(effect.facts)

    def draft(self, act: DraftAct) -> None:
        """Store, park or take up a cart; the newest state of a cart counts."""
        self._lanes.put_draft(act)

    def keep_join(self, effect: KeepJoin, done: Callable[[JoinKept], None]) -> None:
        """Store a wish to join and its fact in one transaction; answers when that is durable, or why not."""
        things = (effect.fact, lambda connection: put_join(connection, effect.joining))

        def keep() -> None:
            trouble = self._tried(partial(self._ledger.record, things), _FAULT)
            done(JoinKept(effect.joining.join_id, trouble or ""))
            if trouble is None:
                self._tried(self._on_stored, None)

        self._lanes.put(AskWork(keep))

    def set_language(self, language: str) -> None:
        """Remember the language of this till."""
        self._change(lambda connection: put_setting(connection, LANGUAGE, language.encode()))

    def keep_clock(self, floor_ms: int, offset_ms: int) -> None:
        """Remember the hub's time and how far this computer's clock was from it."""
        self._change(lambda connection: put_clock(connection, floor_ms, offset_ms))

    def set_scanners(self, lines: Sequence[str]) -> None:
        """Remember which scanners were paired at this till."""
        kept = tuple(lines)
        self._change(lambda connection: put_scanners(connection, kept))

    def mark_print(self, job_ids: Sequence[str], state: PrintState) -> None:
        """Note that slips are being printed, or have come out."""
        ids = tuple(job_ids)
        self._change(lambda connection: mark_prints(connection, ids, state))

    def begin_print(self, job_id: str, timeout_s: float) -> bool:
        """Note that a slip is about to be printed, and wait until that is durable.

        Called by the printer's thread before the first byte: after a crash such a slip comes out again
        as a copy, never as a second original. False where the ledger did not answer in time.
        """
        noted = threading.Event()
        self._lanes.put(
            InboxWork(
                lambda connection: mark_prints(connection, (job_id,), "printing"),
                lambda trouble: None if trouble else noted.set(),
            )
        )
        return noted.wait(timeout_s)

    def read_shift(self, shift_id: str, done: Callable[[ShiftRead], None]) -> None:
        """Add a shift up from its rows, setting broken ones aside."""
        self._lanes.put(AskWork(lambda: done(ShiftRead(self._read_shift(shift_id)))))

    def slips(self, job_ids: Sequence[str], done: Callable[[Sequence[Slip]], None]) -> None:
        """The stored slips of these jobs that have not come out."""
        wanted = frozenset(job_ids)

        def answer() -> None:
            nothing: tuple[Slip, ...] = ()
            waiting = self._tried(partial(self._ledger.ask, pending_prints, nothing), nothing)
            done(tuple(slip for slip in waiting if slip.job_id in wanted))

        self._lanes.put(AskWork(answer))

    def receipt(self, transaction_id: str, done: Callable[[PaperDocument | None], None]) -> None:
        """The receipt of a stored sale, to be printed again."""

        def question(connection: Connection) -> PaperDocument | None:
            return receipt_of(connection, transaction_id)

        self._lanes.put(AskWork(lambda: done(self._tried(partial(self._ledger.ask, question, None), None))))

    def apply_settings(
        self, documents: dict[str, bytes], cursor: str | None, done: Callable[[Trouble | None], None]
    ) -> None:
        """Keep settings by name with the stream's cursor; without a cursor the stream began anew."""

        def write(connection: Connection) -> None:
            for name, document in documents.items():
                put_setting(connection, name, document)
            settle_programme(connection)
            put_cursor(connection, "settings", cursor)

        self._lanes.put(InboxWork(write, done))

    def change(self, things: Sequence[Fact | Write], done: Callable[[Trouble | None], None]) -> None:
        """Store facts and small changes about rights in one transaction; tells when it is durable."""

        def act() -> None:
            trouble = self._tried(partial(self._ledger.record, things), _FAULT)
            if trouble is None:
                self._tell_leases(anew=True)
            done(trouble)
            if trouble is None:
                self._tried(self._on_stored, None)

        self._lanes.put(AskWork(act))

    def acknowledge(
        self, epoch: int, through: int, backed_up_through: int, done: Callable[[Trouble | None], None]
    ) -> None:
        """Remember how far the hub has an epoch."""

        def write(connection: Connection) -> None:
            outbox.acknowledge(connection, epoch, through, backed_up_through=backed_up_through)

        self._lanes.put(InboxWork(write, done))

    def take_marks(
        self, hub_id: str, marks: Sequence[EpochMark], done: Callable[[Trouble | None], None]
    ) -> None:
        """Take the hub's word for what it holds."""
        self._lanes.put(InboxWork(lambda connection: outbox.take_marks(connection, hub_id, marks), done))

    def begin(self, wish: Beginning, done: Callable[[Trouble | None], None]) -> None:
        """Go on with numbers that nobody has given out."""
        self._lanes.put(AskWork(lambda: done(self._begin(wish))))

    def _change(self, write: Callable[[Connection], None]) -> None:
        self._lanes.put_record((write,))

    # --- the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            work = self._lanes.take(self._pause_s())
            if work is not None:
                self._tried(partial(self._do, work), None)
                self._tell_leases()
                self._is_tidy = False
                self._tried(self._force_checkpoint, None)
            elif self._lanes.stopped:
                return
            else:
                self._tried(self._idle, None)

    def _tried(self, act: Callable[[], T], otherwise: U) -> T | U:
        """What an act gives; a fault of the program is written down and gives the other value."""
        try:
            return act()
        except Exception:
            LOGGER.critical("a fault in the ledger's thread", exc_info=True)
            return otherwise

    def _pause_s(self) -> float | None:
        if self._lanes.resting:
            return self._patience.retry_s
        return None if self._is_tidy else self._patience.idle_s

    def _do(self, work: Work) -> None:
        match work:
            case CommitWork():
                # A fault undoes the transaction: nothing is stored, and the cashier must hear of it.
                failed = CommitFailed(work.effect.commit_id, _FAULT)
                answer = self._tried(partial(self._ledger.commit, work.effect), failed)
                if work.effect.drops_draft is not None and not isinstance(answer, CommitFailed):
                    self._lanes.forget_drafts(work.effect.drops_draft)
                # Before the answer: with the next sale the till must know what is left.
                self._tell_leases()
                self._tried(partial(work.done, answer), None)
                if not isinstance(answer, CommitFailed):
                    self._tried(self._on_stored, None)
            case DraftWork():
                self._store_drafts(work)
            case AskWork():
                work.run()
            case RecordWork():
                self._store_records(work)
            case InboxWork():
                work.done(self._tried(partial(self._ledger.write, work.write), _FAULT))

    def _tell_leases(self, *, anew: bool = False) -> None:
        if not self._ledger.have_leases_changed() and not anew:
            return
        held = self._tried(partial(self._ledger.ask, held_leases, None), None)
        if held is not None:
            self._tried(partial(self.on_leases, held), None)

    def _store_drafts(self, work: DraftWork) -> None:
        def write(connection: Connection) -> None:
            for act in work.acts:
                write_draft(connection, act)

        trouble = self._tried(partial(self._ledger.write, write), _FAULT)
        if trouble == "integrity" and len(work.acts) > 1:
            for act in work.acts:
                self._store_drafts(DraftWork((act,)))
            return
        # What can never be stored is not mended by waiting: the next state of the cart is tried instead.
        if trouble not in (None, "integrity") and not self._lanes.stopped:
            self._lanes.put_back(work)
        if trouble is not None and trouble != self._draft_trouble:
            self._tried(partial(self._on_draft_failed, trouble), None)
        self._draft_trouble = trouble

    def _store_records(self, work: RecordWork) -> None:
        trouble = self._tried(partial(self._ledger.record, work.things), _FAULT)
        if trouble is None:
            self._tried(self._on_stored, None)
            return
        if trouble == "integrity" and len(work.things) > 1:
            # One of them can never be stored; the others must not wait for it.
            for thing in work.things:
                self._store_records(RecordWork((thing,)))
            return
        if trouble == "integrity":
            # What cannot even be set aside is written down by the fault itself, and left.
            trouble = self._tried(partial(self._ledger.quarantine, work.things[0], trouble), None)
        if trouble is None:
            return
        if self._lanes.stopped:
            LOGGER.error("%d records could not be stored before the end: %s", len(work.things), trouble)
        else:
            self._lanes.put_back(work)

    def _read_shift(self, shift_id: str) -> ShiftTotals | None:
        found: list[ShiftTotals | None] = []
        now_ms = self._clock.now_ms()

        def write(connection: Connection) -> None:
            found.append(read_shift(connection, shift_id, now_ms=now_ms))

        def look(connection: Connection) -> ShiftTotals | None:
            return read_shift(connection, shift_id, now_ms=None)

        trouble = self._tried(partial(self._ledger.write, write), _FAULT)
        if trouble is None:
            return found[0]
        # A disk that takes nothing must not keep a shop from closing: then nothing is set aside.
        return self._tried(partial(self._ledger.ask, look, None), None)

    def _begin(self, wish: Beginning) -> Trouble | None:
        answer = self._tried(partial(self._ledger.begin, wish), _FAULT)
        if isinstance(answer, EpochBegun):
            self._tried(partial(self._on_begun, answer), None)
            self._tried(self._on_stored, None)
            return None
        return answer

    def _idle(self) -> None:
        if self._lanes.resting:
            self._lanes.wake()
            return
        self._is_tidy = True
        try:
            connection = self._ledger.connection()
            if not self._is_stretched:
                tidying.stretch(connection)
                self._is_stretched = True
                self._is_tidy = False
            elif tidying.wipe(connection):
                self._is_tidy = False
            elif tidying.log_state(connection).frames >= tidying.CHECKPOINT_FRAMES:
                # Where a reader is in the way, the next act's idle moment tries again.
                self._is_tidy = not tidying.checkpoint(connection)
            else:
                # Piece by piece, each in an idle moment of its own.
                self._is_tidy = prune(connection) == 0
        except (DatabaseError, *UNFIT):
            # Everything stored is safe in the log; the next idle moment tries again.
            return

    def _force_checkpoint(self) -> None:
        try:
            connection = self._ledger.connection()
            if tidying.log_state(connection).frames >= tidying.FORCED_FRAMES:
                tidying.checkpoint(connection)
        except (DatabaseError, *UNFIT):
            return
