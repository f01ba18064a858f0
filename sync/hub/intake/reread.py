"""Reads a quarantined line again, with what this hub has learnt since: it becomes the fact that it is.

The same checks hold as when a batch comes in, and the same rows are made; only acknowledgements stay as they
are, since the line was acknowledged when it was put aside. What still cannot be read stays in quarantine.
"""

from __future__ import annotations

from typing import Final, Literal

from sqlalchemy import Connection

from sync.hub.database import insert_rows
from sync.hub.doubts.exception_list import note_exception
from sync.hub.doubts.record import put_on_record
from sync.hub.doubts.settling import LineKey, line_name, one_line, settle_lines
from sync.hub.goods.stock import STOCK_KINDS, wish_for_stock
from sync.hub.intake.explode import SALE_KIND, SaleBody, SaleRows, add_sale, number_of_receipt, read_sale
from sync.hub.intake.held import HeldEvent, held_at, held_events, held_sales
from sync.hub.intake.progress import lock_progress, raise_numbers
from sync.hub.intake.sale_checks import day_of, doubts, store_currency
from sync.hub.schema.events import EVENT
from sync.protocol.codec import WireError, decode_envelope
from sync.protocol.envelope import Envelope

Outcome = Literal["read", "unreadable", "gone", "missing"]
_REASON_MOST_CHARS: Final = 300


def why_unreadable(key: LineKey, line: bytes) -> str:
    """Why a quarantined line still cannot be read; "" where it can."""
    found = _read(key, line)
    return found if isinstance(found, str) else ""


def read_again(connection: Connection, key: LineKey, *, who: str, now_ms: int) -> Outcome:
    """Read a quarantined line again inside the caller's transaction, on record."""
    lock_progress(connection, (key[0], key[1], key[2]))
    found = one_line(connection, key)
    if found is None:
        return "missing"
    line, content = found
    if line.outcome:
        return "gone"
    read = _read(key, content)
    held = None
    if not isinstance(read, str):
        held = _held(connection, read[0])
    if isinstance(read, str) or (held is not None and held.line != content):
        reason = read if isinstance(read, str) else "its event id is held with other content"
        put_on_record(
            connection,
            key[0],
            who=who,
            act="line_unreadable",
            subject=line_name(key),
            note=reason,
            now_ms=now_ms,
        )
        return "unreadable"
    if not settle_lines(connection, [key], who=who, note="", now_ms=now_ms, outcome="read"):
        return "gone"
    envelope, sale = read
    if held is None:
        _add_event(connection, envelope, content, now_ms)
    if sale is not None:
        _add_sale(connection, envelope, sale, now_ms)
    if envelope.kind in STOCK_KINDS:
        seq = envelope.seq
        wish_for_stock(connection, key[0], key[1], epoch=key[2], first=seq, last=seq)
    return "read"


def _held(connection: Connection, envelope: Envelope) -> HeldEvent | None:
    """The event under this one's id, where it is held: under its date, or at its place under another."""
    place = (envelope.store_id, envelope.terminal_id, envelope.epoch)
    by_id = held_at(connection, place, [envelope.seq]) | held_events(
        connection, envelope.store_id, [envelope.event_id], days=[day_of(envelope.business_date)]
    )
    return by_id.get(envelope.event_id)


def _read(key: LineKey, line: bytes) -> tuple[Envelope, SaleBody | None] | str:
    try:
        envelope = decode_envelope(line)
    except WireError as trouble:
        return str(trouble)[:_REASON_MOST_CHARS]
    if (envelope.store_id, envelope.terminal_id, envelope.epoch) != key[:3]:
        return "the envelope names another store, terminal or epoch"
    if "\0" in envelope.event_id + envelope.kind:
        return "event_id or kind holds the character NUL"
    if envelope.kind != SALE_KIND:
        return envelope, None
    sale = read_sale(envelope)
    return sale[:_REASON_MOST_CHARS] if isinstance(sale, str) else (envelope, sale)


def _add_event(connection: Connection, envelope: Envelope, line: bytes, now_ms: int) -> None:
    row = (
        envelope.store_id,
        day_of(envelope.business_date),
        envelope.event_id,
        envelope.terminal_id,
        envelope.epoch,
        envelope.seq,
        envelope.kind,
        envelope.occurred_at,
        now_ms,
        0,
        line,
    )
    insert_rows(connection, EVENT, [row])


def _add_sale(connection: Connection, envelope: Envelope, sale: SaleBody, now_ms: int) -> None:
    store_id, day = envelope.store_id, day_of(envelope.business_date)
    about = {"epoch": envelope.epoch, "seq": envelope.seq, "transaction_id": sale.transaction_id}
    if held_sales(connection, store_id, [sale.transaction_id], days={day}):
        note_exception(
            connection,
            store_id,
            "duplicate_transaction",
            envelope.event_id,
            terminal_id=envelope.terminal_id,
            detail={**about, "event_id": envelope.event_id},
            now_ms=now_ms,
        )
        return
    rows = SaleRows()
    add_sale(rows, envelope, sale, day=day)
    for table, some in rows.by_table():
        insert_rows(connection, table, some)
    raise_numbers(
        connection,
        store_id,
        envelope.terminal_id,
        receipt_seq=number_of_receipt(sale.receipt_number),
        shift_number=0,
    )
    found = doubts(sale, day=day, currency=store_currency(connection, store_id))
    if found:
        note_exception(
            connection,
            store_id,
            "sale_doubtful",
            envelope.event_id,
            terminal_id=envelope.terminal_id,
            detail={**about, "doubts": found, "total_minor": sale.total_minor},
            now_ms=now_ms,
        )
