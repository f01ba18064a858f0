"""What waits for the ledger's one thread, sorted by who cannot wait.

A sale goes first, then the open cart, then questions, then records that nobody waits for, then what
the hub sent. Of several states of one cart only the newest is kept. Knows nothing of databases.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any

from posapp.domain.facts import Fact
from posapp.flows.effects import Commit, SaveDraft
from posapp.flows.intents import CommitFailed, Committed
from posapp.store.drafts import DraftAct
from posapp.store.ledger import Write
from posapp.store.troubles import Trouble
from posapp.values import dataclass

CommitDone = Callable[[Committed | CommitFailed], None]
Thing = Fact | Write


@dataclass(frozen=True, slots=True)
class CommitWork:
    """A commit and who waits for its answer."""

    effect: Commit
    done: CommitDone


@dataclass(frozen=True, slots=True)
class DraftWork:
    """Carts to store, in one transaction."""

    acts: tuple[DraftAct, ...]


@dataclass(frozen=True, slots=True)
class AskWork:
    """A question; the ledger's thread runs it and it answers for itself."""

    run: Callable[[], None]


@dataclass(frozen=True, slots=True)
class RecordWork:
    """Facts and small changes, in one transaction."""

    things: tuple[Thing, ...]


@dataclass(frozen=True, slots=True)
class InboxWork:
    """A change from the hub and who waits for it."""

    write: Write
    done: Callable[[Trouble | None], None]


Work = CommitWork | DraftWork | AskWork | RecordWork | InboxWork


class LanesFullError(RuntimeError):
    """More waits than a till can ever have waiting: the ledger's thread is not keeping up."""


@dataclass(slots=True)
class Lanes:
    """The waiting work; every method may be called from any thread and returns at once but `take`."""

    limit: int = 4_096
    batch: int = 64
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _commits: deque[CommitWork] = field(default_factory=deque)
    _drafts: deque[DraftAct] = field(default_factory=deque)
    _asks: deque[AskWork] = field(default_factory=deque)
    _records: deque[Thing] = field(default_factory=deque)
    _inbox: deque[InboxWork] = field(default_factory=deque)
    _resting: bool = False
    _stopped: bool = False
    _busy: bool = False

    def put(self, work: CommitWork | AskWork | InboxWork) -> None:
        """Add work to its lane."""
        lane: deque[Any] = self._inbox
        if isinstance(work, CommitWork):
            lane = self._commits
        elif isinstance(work, AskWork):
            lane = self._asks
        self._add(lane, work)

    def put_record(self, things: Sequence[Thing]) -> None:
        """Add facts or small changes, in order."""
        for thing in things:
            self._add(self._records, thing)

    def put_draft(self, act: DraftAct) -> None:
        """Add a cart; a newer state of a cart takes the place of one that still waits."""
        with self._changed:
            # A new state is worth a new try, also while the disk is in trouble.
            self._resting = False
            for place in range(len(self._drafts) - 1, -1, -1):
                waiting = self._drafts[place]
                if waiting.transaction_id == act.transaction_id:
                    if isinstance(act, SaveDraft) and isinstance(waiting, SaveDraft):
                        self._drafts[place] = act
                        self._changed.notify_all()
                        return
                    break
        self._add(self._drafts, act)

    def _add(self, lane: deque[Any], work: object) -> None:
        with self._changed:
            if len(lane) >= self.limit:
                raise LanesFullError(f"{len(lane)} wait already")
            lane.append(work)
            self._changed.notify_all()

    def put_back(self, work: DraftWork | RecordWork) -> None:
        """Return work that could not be stored to the head of its lane and rest these lanes."""
        with self._changed:
            self._resting = True
            if isinstance(work, RecordWork):
                self._records.extendleft(reversed(work.things))
                return
            newer = {act.transaction_id for act in self._drafts if not _needs_earlier(act)}
            self._drafts.extendleft(act for act in reversed(work.acts) if act.transaction_id not in newer)

    def forget_drafts(self, transaction_id: str) -> None:
        """Drop waiting states of a cart that was paid or given up."""
        with self._changed:
            for act in [act for act in self._drafts if act.transaction_id == transaction_id]:
                self._drafts.remove(act)

    def take(self, timeout_s: float | None) -> Work | None:
        """The most urgent work; waits for some, and tells None after the time or when stopped."""
        with self._changed:
            self._busy = False
            self._changed.notify_all()
            work = self._first()
            if work is None and not self._stopped:
                self._changed.wait(timeout_s)
                work = self._first()
            self._busy = work is not None
            return work

    def _first(self) -> Work | None:
        if self._commits:
            return self._commits.popleft()
        if self._drafts and not self._resting:
            acts = tuple(self._drafts)
            self._drafts.clear()
            return DraftWork(acts)
        if self._asks:
            return self._asks.popleft()
        if self._records and not self._resting:
            count = min(self.batch, len(self._records))
            return RecordWork(tuple(self._records.popleft() for _ in range(count)))
        if self._inbox:
            return self._inbox.popleft()
        return None

    def wake(self) -> None:
        """Rest is over: try again what could not be stored."""
        with self._changed:
            self._resting = False
            self._changed.notify_all()

    @property
    def resting(self) -> bool:
        """Whether something waits for the disk to be mended."""
        with self._changed:
            return self._resting and bool(self._drafts or self._records)

    def stop(self) -> None:
        """Wait for nothing more; what is in the lanes is still taken."""
        with self._changed:
            self._stopped = True
            self._resting = False
            self._changed.notify_all()

    @property
    def stopped(self) -> bool:
        """Whether the end was asked for."""
        with self._changed:
            return self._stopped

    def drained(self, timeout_s: float) -> bool:
        """Wait until nothing waits and nothing is worked on; false when the time is over first."""
        with self._changed:
            return self._changed.wait_for(self._is_empty, timeout_s)

    def _is_empty(self) -> bool:
        lanes = (self._commits, self._drafts, self._asks, self._records, self._inbox)
        return not self._busy and not any(lanes)


def _needs_earlier(act: DraftAct) -> bool:
    # An unpark says nothing of the cart's content, so it cannot replace what waits before it.
    return not hasattr(act, "cart")
