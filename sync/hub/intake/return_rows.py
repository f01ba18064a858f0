"""Rows out of the body of a return; a piece that came back before is told, and both returns stand.

Only the fields that reports need are read; the exact bytes stay in the event. Two tills without a network may
take the same piece back: both have given money, so the hub keeps both and puts it before a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from sqlalchemy import Connection, select

from sync.hub.database import insert_rows, upsert
from sync.hub.intake.explode import (
    NUL_ESCAPED,
    Amount,
    Name,
    Row,
    TaxBody,
    TenderBody,
    Text,
    Whole,
    holds_nul,
    number_of_receipt,
)
from sync.hub.intake.reading import REASON_MAX_CHARS, Arrival, Tell
from sync.hub.schema.returns import GOODS_RETURN, REFUND_TAX, REFUND_TENDER, RETURN_LINE, RETURN_UNIT
from sync.protocol.envelope import Envelope

RETURN_KIND: Final = "ReturnCompleted"
#: No line has more pieces.
_UNITS_MOST: Final = 10_000
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
_Units = Annotated[list[Whole], msgspec.Meta(min_length=1, max_length=_UNITS_MOST)]


class ReturnLineBody(msgspec.Struct, gc=False):
    """Pieces of one line that came back, as they travel."""

    line_no: Whole
    sku: Text
    quantity: Whole
    unit: Literal["pcs", "g"]
    units: _Units
    amount_minor: Amount
    reason: Text = ""
    disposition: Literal["resell", "damaged"] = "resell"
    is_faulty: bool = False
    names: msgspec.Raw = msgspec.Raw(b"{}")


class ReturnBody(msgspec.Struct, gc=False):
    """A return as it travels."""

    return_id: _Id
    sale_id: _Id
    sale_receipt: Text
    shift_id: Text
    business_date: Text
    operator_id: Text
    completed_at_ms: Whole
    currency: Text
    lines: list[ReturnLineBody]
    taxes: list[TaxBody]
    tenders: list[TenderBody]
    goods_minor: Amount
    kept_minor: Amount
    tax_added_minor: Amount
    rounding_minor: Amount
    total_minor: Amount
    receipt_number: Text
    member_id: Name = ""
    points_back: Amount = 0
    points_taken: Amount = 0


_BODIES: Final = msgspec.json.Decoder(ReturnBody)


def read_return(envelope: Envelope) -> ReturnBody | str:
    """The return of an envelope, or why it cannot be read."""
    try:
        text = str(envelope.body, "utf-8")
        back = _BODIES.decode(envelope.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as trouble:
        return f"body: {trouble}"[:REASON_MAX_CHARS]
    if NUL_ESCAPED in text and holds_nul(back):
        return "body: a text holds the character NUL"
    for what, numbers in (
        ("line_no", [line.line_no for line in back.lines]),
        ("tender_no", [tender.tender_no for tender in back.tenders]),
        ("rate_id", [tax.rate_id for tax in back.taxes]),
    ):
        if len(set(numbers)) != len(numbers):
            return f"body: {what} is used twice"
    return back


def write_returns(
    connection: Connection, store_id: str, returns: Sequence[tuple[Arrival, ReturnBody]], tell: Tell
) -> int:
    """Store what reports need of new events' returns; the highest count of their receipts, 0 for none."""
    receipt_seq = 0
    for one, back in returns:
        receipt_seq = max(receipt_seq, number_of_receipt(back.receipt_number))
        if not _add_head(connection, one, back):
            about = {"transaction_id": back.return_id, "event_id": one.envelope.event_id}
            tell("duplicate_transaction", one.envelope.event_id, seq=one.envelope.seq, **about)
            continue
        key = (store_id, back.return_id)
        for table, rows in _rows(key, back):
            insert_rows(connection, table, rows)
        twice = _add_units(connection, store_id, back)
        if twice:
            tell("returned_twice", back.return_id, **_about_twice(connection, one, back, twice))
        found = return_doubts(back, day=one.day)
        if found:
            about = {"transaction_id": back.return_id, "event_id": one.envelope.event_id}
            detail = {"doubts": found, "total_minor": back.total_minor}
            tell("sale_doubtful", one.envelope.event_id, seq=one.envelope.seq, **about, **detail)
    return receipt_seq


def return_doubts(back: ReturnBody, *, day: str) -> tuple[str, ...]:
    """What does not fit in a return, as fixed words."""
    found = []
    if sum(line.amount_minor for line in back.lines) != back.goods_minor:
        found.append("goods")
    if sum(tax.tax_minor for tax in back.taxes if not tax.included) != back.tax_added_minor:
        found.append("tax")
    due = back.goods_minor - back.kept_minor + back.tax_added_minor + back.rounding_minor
    if due != back.total_minor or back.total_minor < 0:
        found.append("total")
    if sum(tender.amount_minor for tender in back.tenders) != back.total_minor:
        found.append("tenders")
    if not day or back.business_date != day:
        found.append("business_date")
    return tuple(found)


def _add_head(connection: Connection, one: Arrival, back: ReturnBody) -> bool:
    envelope = one.envelope
    row = {
        "store_id": envelope.store_id,
        "return_id": back.return_id,
        "business_date": one.day,
        "terminal_id": envelope.terminal_id,
        "event_id": envelope.event_id,
        "receipt_number": back.receipt_number,
        "sale_id": back.sale_id,
        "sale_receipt": back.sale_receipt,
        "shift_id": back.shift_id,
        "operator_id": back.operator_id,
        "currency": back.currency,
        "member_id": back.member_id,
        "epoch": envelope.epoch,
        "seq": envelope.seq,
        "completed_at_ms": back.completed_at_ms,
        "goods_minor": back.goods_minor,
        "kept_minor": back.kept_minor,
        "tax_added_minor": back.tax_added_minor,
        "rounding_minor": back.rounding_minor,
        "total_minor": back.total_minor,
        "points_back": back.points_back,
        "points_taken": back.points_taken,
    }
    added = connection.execute(
        upsert(connection, GOODS_RETURN).values(row).on_conflict_do_nothing().returning(GOODS_RETURN.c.seq)
    )
    return added.first() is not None


def _rows(key: tuple[str, str], back: ReturnBody) -> tuple[tuple[Any, list[Row]], ...]:
    lines: list[Row] = [
        (
            *key, line.line_no, line.sku, str(line.names, "utf-8"), line.unit, line.reason, line.disposition,
            line.quantity, line.amount_minor, int(line.is_faulty),
        )
        for line in back.lines
    ]  # fmt: skip
    tenders: list[Row] = [
        (*key, one.tender_no, one.tender_id, one.kind, one.reference, one.amount_minor)
        for one in back.tenders
    ]
    taxes: list[Row] = [
        (*key, tax.rate_id, tax.ppm, int(tax.included), tax.taxable_minor, tax.tax_minor)
        for tax in back.taxes
    ]
    return (RETURN_LINE, lines), (REFUND_TENDER, tenders), (REFUND_TAX, taxes)


def _add_units(connection: Connection, store_id: str, back: ReturnBody) -> list[tuple[int, int]]:
    """Write the pieces down; those that another return has already."""
    # In one order everywhere, so that two tills with the same pieces wait for each other and not in a ring.
    wanted = sorted({(line.line_no, unit) for line in back.lines for unit in line.units})
    twice = []
    for line_no, unit in wanted:
        row = {
            "store_id": store_id,
            "sale_id": back.sale_id,
            "line_no": line_no,
            "unit_no": unit,
            "return_id": back.return_id,
        }
        added = connection.execute(
            upsert(connection, RETURN_UNIT)
            .values(row)
            .on_conflict_do_nothing()
            .returning(RETURN_UNIT.c.unit_no)
        )
        if added.first() is None:
            twice.append((line_no, unit))
    return twice


def _about_twice(
    connection: Connection, one: Arrival, back: ReturnBody, twice: list[tuple[int, int]]
) -> dict[str, Any]:
    """Which pieces, what was given back for their lines, and by whom both times."""
    line_no, unit = twice[0]
    query = (
        select(GOODS_RETURN.c.return_id, GOODS_RETURN.c.operator_id, GOODS_RETURN.c.terminal_id)
        .join(
            RETURN_UNIT,
            (RETURN_UNIT.c.store_id == GOODS_RETURN.c.store_id)
            & (RETURN_UNIT.c.return_id == GOODS_RETURN.c.return_id),
        )
        .where(
            RETURN_UNIT.c.store_id == one.envelope.store_id,
            RETURN_UNIT.c.sale_id == back.sale_id,
            RETURN_UNIT.c.line_no == line_no,
            RETURN_UNIT.c.unit_no == unit,
        )
    )
    first = connection.execute(query).first()
    doubled = {line for line, _unit in twice}
    amount = sum(
        line.amount_minor * sum(1 for each in twice if each[0] == line.line_no) // len(line.units)
        for line in back.lines
        if line.line_no in doubled
    )
    return {
        "event_id": one.envelope.event_id,
        "sale_receipt": back.sale_receipt,
        "pieces": len(twice),
        "amount_minor": amount,
        "operator_id": back.operator_id,
        "first_operator_id": "" if first is None else first.operator_id,
        "first_terminal_id": "" if first is None else first.terminal_id,
        "first_return_id": "" if first is None else first.return_id,
    }
