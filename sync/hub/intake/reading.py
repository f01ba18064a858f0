"""Reads a terminal's lines out: into envelopes, events' rows, and sales' rows with what is doubtful in them.

Both ways in use it, a batch and a quarantined line that is read again, so that neither can check less or
write other rows than the other. Acknowledgements, places and what is known already are the callers'.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

import msgspec
from sqlalchemy import Connection

from sync.hub.database import insert_rows
from sync.hub.doubts.exception_list import Kind
from sync.hub.intake.explode import (
    NUL_ESCAPED,
    Row,
    SaleBody,
    SaleRows,
    add_sale,
    number_of_receipt,
    read_sale,
)
from sync.hub.intake.held import held_sales
from sync.hub.intake.progress import Place
from sync.hub.intake.sale_checks import day_of, doubts, store_currency
from sync.hub.schema.events import EVENT
from sync.protocol.codec import WireError, decode_envelope
from sync.protocol.envelope import Envelope

REASON_MAX_CHARS: Final = 300
_NUL: Final = NUL_ESCAPED.encode()


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """An event that is to be stored: its envelope, its exact line, its day ("" where it names none)."""

    envelope: Envelope
    line: bytes
    day: str
    is_fork: bool = False


class Tell(Protocol):
    """Puts something about an event before a person."""

    def __call__(self, kind: Kind, key: str, **detail: Any) -> None:
        """`key` tells it from others of its kind; `detail` is what a person needs to see."""


def read_envelope(line: bytes, place: Place) -> Envelope | str:
    """The envelope of a line that came from this terminal's epoch, or why it has none that counts."""
    try:
        envelope = decode_envelope(line)
    except WireError as trouble:
        return str(trouble)[:REASON_MAX_CHARS]
    if envelope.store_id != place[0] or envelope.terminal_id != place[1]:
        return "the envelope names another store or terminal"
    if envelope.epoch != place[2]:
        return "the envelope names another epoch"
    if _NUL in line and "\0" in envelope.event_id + envelope.kind:
        return "event_id or kind holds the character NUL"
    return envelope


def arrival_of(envelope: Envelope, line: bytes, *, is_fork: bool = False) -> Arrival:
    """An event that is to be stored."""
    return Arrival(envelope, line, day_of(envelope.business_date), is_fork)


def read_body(envelope: Envelope) -> SaleBody | str:
    """The sale of an envelope, or why it cannot be read."""
    sale = read_sale(envelope)
    return sale[:REASON_MAX_CHARS] if isinstance(sale, str) else sale


def write_events(connection: Connection, arrived: Sequence[Arrival], *, now_ms: int) -> None:
    """Store events that are not held yet."""
    rows: list[Row] = []
    for one in arrived:
        told = one.envelope
        rows.append(
            (
                told.store_id,
                one.day,
                told.event_id,
                told.terminal_id,
                told.epoch,
                told.seq,
                told.kind,
                told.occurred_at,
                now_ms,
                int(one.is_fork),
                one.line,
            )
        )
    insert_rows(connection, EVENT, rows)


def write_sales(
    connection: Connection, store_id: str, sales: Sequence[tuple[Arrival, SaleBody]], tell: Tell
) -> int:
    """Store what reports need of new events' sales; the highest count of their receipts, 0 for none.

    A sale under another event's transaction id is told and not stored; a doubtful one is told and stored.
    """
    if not sales:
        return 0
    transaction_ids = [sale.transaction_id for _one, sale in sales]
    known = held_sales(connection, store_id, transaction_ids, days={one.day for one, _sale in sales})
    currency = store_currency(connection, store_id)
    rows = SaleRows()
    receipt_seq = 0
    for one, sale in sales:
        envelope = one.envelope
        if sale.transaction_id in known:
            tell("duplicate_transaction", envelope.event_id, **_about(envelope, sale))
            continue
        known.add(sale.transaction_id)
        add_sale(rows, envelope, sale, day=one.day)
        receipt_seq = max(receipt_seq, number_of_receipt(sale.receipt_number))
        found = doubts(sale, day=one.day, currency=currency)
        if found:
            detail = {"doubts": found, "total_minor": sale.total_minor}
            tell("sale_doubtful", envelope.event_id, **_about(envelope, sale), **detail)
    for table, some in rows.by_table():
        insert_rows(connection, table, some)
    return receipt_seq


def _about(envelope: Envelope, sale: SaleBody) -> dict[str, Any]:
    return {"seq": envelope.seq, "transaction_id": sale.transaction_id, "event_id": envelope.event_id}
