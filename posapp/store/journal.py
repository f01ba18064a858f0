"""Facts written down: one row with the exact bytes to send, at its place in the till's order and chain.

The journal is the outbox: the bytes stand there once, and what the hub has is one number elsewhere.
Numbers are taken from the state of the caller's transaction, so an undone one leaves no gap.
"""

from __future__ import annotations

from posapp.domain.facts import FACT_KINDS, Fact
from posapp.exchange.outgoing import (
    Place,
    Position,
    business_date_of,
    envelope_bytes,
    occurred_at,
    transaction_of,
)
from posapp.flows.ports import Ids
from posapp.store.engine import Blob, Connection
from posapp.store.state import TillState
from posapp.values import dataclass
from sync.protocol.chain import chain_after


@dataclass(frozen=True, slots=True)
class Journal:
    """Writes facts down for one till."""

    place: Place
    ids: Ids

    def receipt_number(self, receipt_seq: int) -> str:
        """The number a customer reads: store, terminal, and a count without gaps."""
        return f"{self.place.store_id}-{self.place.terminal_number:02d}-{receipt_seq:06d}"

    def append(
        self, connection: Connection, fact: Fact, state: TillState, *, receipt_number: str | None = None
    ) -> int:
        """Write one fact as the next envelope; tells the journal row's number."""
        state.seq += 1
        state.journal_no += 1
        shift = state.shift
        position = Position(self.ids.new_id(), state.epoch, state.seq)
        date = business_date_of(fact, "" if shift is None else shift.totals.business_date)
        body = envelope_bytes(fact, self.place, position, business_date=date, receipt_number=receipt_number)
        state.chain = chain_after(state.chain, body)
        connection.execute(
            "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                state.journal_no,
                position.epoch,
                position.seq,
                position.event_id,
                FACT_KINDS[type(fact)],
                transaction_of(fact),
                None if shift is None else shift.shift_no,
                occurred_at(fact),
                date,
                Blob(body),
                Blob(state.chain),
            ),
        )
        return state.journal_no
