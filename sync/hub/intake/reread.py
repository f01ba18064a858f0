"""Reads a quarantined line again, with what this hub has learnt since: it becomes the fact that it is.

The same checks hold as when a batch comes in, and the same rows are made; only acknowledgements stay as they
are, since the line was acknowledged when it was put aside. What still cannot be read stays in quarantine.
"""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import Connection

from sync.hub.doubts.exception_list import Kind, note_exception
from sync.hub.doubts.record import put_on_record
from sync.hub.doubts.settling import LineKey, line_name, one_line, settle_lines
from sync.hub.goods.stock import wish_for_stock
from sync.hub.goods.stock_facts import MOVED_KIND, STOCK_KINDS
from sync.hub.intake.explode import SALE_KIND, SaleBody
from sync.hub.intake.held import HeldEvent, held_at, held_events
from sync.hub.intake.progress import lock_progress, raise_numbers
from sync.hub.intake.reading import arrival_of, read_body, read_envelope, write_events, write_sales
from sync.hub.intake.return_rows import RETURN_KIND, ReturnBody, read_return, write_returns
from sync.hub.intake.sale_checks import day_of
from sync.hub.loyalty.folding import wish_for_loyalty
from sync.protocol.envelope import Envelope

Outcome = Literal["read", "unreadable", "gone", "missing"]


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
    envelope, fact = read
    if held is None:
        write_events(connection, [arrival_of(envelope, content)], now_ms=now_ms)
    if fact is not None:
        _add_fact(connection, envelope, content, fact, now_ms)
    if envelope.kind in STOCK_KINDS:
        place = (key[0], key[1], key[2])
        wish_for_stock(connection, place, [envelope.seq], only_sold=envelope.kind != MOVED_KIND)
    wish_for_loyalty(connection, key[:3], [(envelope.kind, envelope.seq, content)])
    return "read"


def _held(connection: Connection, envelope: Envelope) -> HeldEvent | None:
    """The event under this one's id, where it is held: under its date, or at its place under another."""
    place = (envelope.store_id, envelope.terminal_id, envelope.epoch)
    by_id = held_at(connection, place, [envelope.seq]) | held_events(
        connection, envelope.store_id, [envelope.event_id], days=[day_of(envelope.business_date)]
    )
    return by_id.get(envelope.event_id)


def _read(key: LineKey, line: bytes) -> tuple[Envelope, SaleBody | ReturnBody | None] | str:
    envelope = read_envelope(line, (key[0], key[1], key[2]))
    if isinstance(envelope, str) or envelope.kind not in (SALE_KIND, RETURN_KIND):
        return envelope if isinstance(envelope, str) else (envelope, None)
    fact = read_body(envelope) if envelope.kind == SALE_KIND else read_return(envelope)
    return fact if isinstance(fact, str) else (envelope, fact)


def _add_fact(
    connection: Connection, envelope: Envelope, line: bytes, fact: SaleBody | ReturnBody, now_ms: int
) -> None:
    def tell(kind: Kind, key: str, **detail: Any) -> None:
        note_exception(
            connection,
            envelope.store_id,
            kind,
            key,
            terminal_id=envelope.terminal_id,
            detail={"epoch": envelope.epoch, **detail},
            now_ms=now_ms,
        )

    store_id, one = envelope.store_id, arrival_of(envelope, line)
    if isinstance(fact, SaleBody):
        receipt_seq = write_sales(connection, store_id, [(one, fact)], tell)
    else:
        receipt_seq = write_returns(connection, store_id, [(one, fact)], tell)
    raise_numbers(
        connection, envelope.store_id, envelope.terminal_id, receipt_seq=receipt_seq, shift_number=0
    )
