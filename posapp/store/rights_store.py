"""What asking the hub for rights needs of the ledger: leases as they are held, wishes to join that wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from posapp.domain.member_facts import LeaseClosed
from posapp.domain.return_facts import ReturnCompleted
from posapp.flows.member_answers import JoinKept
from posapp.flows.member_effects import KeepJoin
from posapp.store.joins import forget_joins, pending_joins
from posapp.store.leases import GrantedLease, HeldLeases, held_leases, take_leases
from posapp.store.ledger_reader import LedgerReader, wait_for
from posapp.store.returns import FoundSale, find_sale, returns_of
from posapp.store.writer import LedgerWriter
from sync.engine.ports import StoreUnavailable
from sync.protocol.loyalty import JoinRequest


class RightsStore:
    """Reads and durable writes of one worker thread; each raises StoreUnavailable where it cannot be now."""

    def __init__(self, ledger: Path, writer: LedgerWriter) -> None:
        """The file is opened with the first question."""
        self._reader = LedgerReader(ledger)
        self._sales = LedgerReader(ledger)
        self._writer = writer

    def leases(self) -> HeldLeases:
        """The leases as they are stored."""
        return self._reader.ask(held_leases)

    def close_leases(self, facts: Sequence[LeaseClosed]) -> None:
        """Give nothing more away under these; back when that is durable."""
        wait_for(lambda done: self._writer.change(tuple(facts), done))

    def take_leases(
        self, granted: Sequence[GrantedLease], *, epoch: int, worst_minor: tuple[int, int], now_ms: int
    ) -> None:
        """Take all leases that the hub says this till may use; back when that is durable."""
        wait_for(
            lambda done: self._writer.change(
                (
                    lambda connection: take_leases(
                        connection, granted, epoch=epoch, worst_minor=worst_minor, now_ms=now_ms
                    ),
                ),
                done,
            )
        )

    def keep_join(self, effect: KeepJoin, done: Callable[[JoinKept], None]) -> None:
        """Store a wish to join with its fact; returns at once, from any thread."""
        self._writer.keep_join(effect, done)

    def pending_joins(self) -> Sequence[JoinRequest]:
        """The oldest wishes to join that wait."""
        return self._reader.ask(pending_joins)

    def forget_join(self, join_id: str) -> None:
        """Delete a wish that the hub has; back when that is durable."""
        wait_for(
            lambda done: self._writer.change((lambda connection: forget_joins(connection, join_id),), done)
        )

    def find_sale(self, receipt: str) -> FoundSale | None:
        """The sale with this receipt number and its returns as this till knows them; asked on another thread
        than the rest. None also where the ledger cannot be read now.
        """
        try:
            return self._sales.ask(lambda connection: find_sale(connection, receipt))
        except StoreUnavailable:
            return None

    def returns_of(self, sale_id: str) -> tuple[ReturnCompleted, ...] | None:
        """What this till took back of a sale, whoever made it; None where it cannot be read now."""
        try:
            return self._reader.ask(lambda connection: returns_of(connection, sale_id))
        except StoreUnavailable:
            return None

    def close(self) -> None:
        """Let the file go; called when the worker has ended."""
        self._reader.close()
        self._sales.close()
