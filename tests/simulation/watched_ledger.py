"""The ledger of the cashier who is going to be killed: it says where a commit is, and spends from a lease.

Each mutant of it breaks one promise on purpose, to show that the audit can fail.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from posapp.domain.facts import TransactionCompleted
from posapp.domain.member_facts import SaleMember
from posapp.domain.members.leases import Lease
from posapp.flows.effects import Commit
from posapp.flows.intents import CommitFailed, Committed
from posapp.store.engine import Connection
from posapp.store.leases import GrantedLease, spends_of, take_leases
from posapp.store.ledger import Ledger
from tests.simulation.claims import Log


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


class SpendsOutside(WatchedLedger):
    """A mutant: counts what a sale gives away under a lease in a transaction of its own, after the sale's."""

    def commit(self, effect: Commit) -> Committed | CommitFailed:
        answer = super().commit(effect)
        if isinstance(answer, Committed):
            self.write(lambda held: self._count(held, effect, 1))
        return answer

    def _commit(self, connection: Connection, effect: Commit) -> Committed:
        stored = super()._commit(connection, effect)
        self._count(connection, effect, -1)
        return stored

    def _count(self, connection: Connection, effect: Commit, sign: int) -> None:
        for fact in self.spent[effect.commit_id].facts if effect.commit_id in self.spent else ():
            for amount, lease_id in spends_of(fact) if isinstance(fact, TransactionCompleted) else ():
                connection.execute(
                    "UPDATE lease SET spent = spent + ? WHERE lease_id = ?", (sign * amount, lease_id)
                )


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


#: Ledgers that are wrong, by the name of what is wrong with them.
LEDGERS: Mapping[str, type[WatchedLedger]] = {
    "number_outside": NumberOutside,
    "answers_early": AnswersEarly,
    "spends_outside": SpendsOutside,
}
