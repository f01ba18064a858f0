"""Facts whose COMMIT failed and which may have happened all the same.

A sync that fails leaves the transaction in the log. Mostly it is undone and written over by the next one;
where the file is opened anew before that, SQLite finds a transaction that looks whole. Nobody else writes to
the ledger, so the head of its chain tells whether it happened, and then its facts must not be written a
second time. Facts are told apart as objects: two equal ones may both have happened.
"""

from __future__ import annotations

from collections import deque
from dataclasses import field
from typing import Final

from posapp.domain.facts import Fact
from posapp.store.engine import Connection
from posapp.store.state import TillState
from posapp.values import dataclass

#: Failures remembered in a row: each attempt is written over the one before, mostly.
_UNSURE_MAX: Final = 256


@dataclass(frozen=True, slots=True)
class _Written:
    """Facts of one transaction, and where the till stands after it."""

    facts: tuple[Fact, ...]
    epoch: int
    chain: bytes


@dataclass(slots=True)
class Doubts:
    """What the ledger does not know of its own last transactions."""

    _written: _Written | None = None
    _is_ending: bool = False
    _unsure: deque[_Written] = field(default_factory=lambda: deque(maxlen=_UNSURE_MAX))
    _stored: list[Fact] = field(default_factory=list)

    def begin(self, connection: Connection) -> None:
        """A transaction has begun: see whether one that failed has happened."""
        self._written, self._is_ending = None, False
        if not self._unsure:
            return
        epoch, chain = connection.execute("SELECT epoch, chain FROM till").fetchone()
        for written in self._unsure:
            if (written.epoch, written.chain) == (epoch, bytes(chain)):
                self._stored += written.facts
                self._unsure.clear()
                break

    def note(self, facts: tuple[Fact, ...], state: TillState) -> None:
        """These facts were written, and the till is in this state."""
        self._written = _Written(facts, state.epoch, state.chain)

    def end(self) -> None:
        """COMMIT comes next: from here on a failure leaves a doubt."""
        self._is_ending = True

    def done(self) -> None:
        """COMMIT went well, over whatever had failed before it."""
        self._unsure.clear()

    def failed(self) -> None:
        """The transaction failed."""
        if self._is_ending and self._written is not None:
            self._unsure.append(self._written)
        self._written, self._is_ending = None, False

    def without_stored(self, facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
        """The facts without those that turned out to be in the ledger."""
        if not self._stored:
            return facts
        return tuple(fact for fact in facts if not any(fact is stored for stored in self._stored))
