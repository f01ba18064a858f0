"""Rows for reports out of the body of a completed sale.

Only the fields that reports need are read; the exact bytes stay in the event, so nothing is lost where a
till says more than this hub understands. A body that cannot be read never stops the event from being
kept: the caller puts it aside for a person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

import msgspec

from sync.protocol.codec import SEQ_MAX
from sync.protocol.envelope import Envelope

SALE_KIND: Final = "TransactionCompleted"

#: What a 64-bit column holds; a larger number is a broken body, not a crash of the hub.
Whole = Annotated[int, msgspec.Meta(ge=-SEQ_MAX, le=SEQ_MAX)]
Text = Annotated[str, msgspec.Meta(max_length=500)]
Row = tuple[Any, ...]


class LineBody(msgspec.Struct):
    """A sold line as it travels."""

    line_no: Whole
    sku: Text
    names: dict[str, str]
    code: Text
    quantity: Whole
    unit: Literal["pcs", "g"]
    unit_price_minor: Whole
    amount_minor: Whole
    tax_category: Text
    price_reason: Text = "list"


class TenderBody(msgspec.Struct):
    """A tender line as it travels."""

    tender_no: Whole
    tender_id: Text
    kind: Text
    amount_minor: Whole
    reference: Text = ""


class TaxBody(msgspec.Struct):
    """Tax of one rate as it travels."""

    rate_id: Text
    ppm: Whole
    included: bool
    taxable_minor: Whole
    tax_minor: Whole


class SaleBody(msgspec.Struct):
    """A completed sale as it travels."""

    transaction_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    shift_id: Text
    business_date: Text
    operator_id: Text
    opened_at_ms: Whole
    completed_at_ms: Whole
    currency: Text
    lines: list[LineBody]
    taxes: list[TaxBody]
    tenders: list[TenderBody]
    goods_minor: Whole
    tax_added_minor: Whole
    rounding_minor: Whole
    total_minor: Whole
    tendered_minor: Whole
    change_minor: Whole
    receipt_number: Text


@dataclass(slots=True)
class SaleRows:
    """Rows of many sales, in the order of the tables' columns."""

    transactions: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    tenders: list[Row] = field(default_factory=list)
    taxes: list[Row] = field(default_factory=list)


_BODIES: Final = msgspec.json.Decoder(SaleBody)
_NAMES: Final = msgspec.json.Encoder()


def read_sale(envelope: Envelope) -> SaleBody | str:
    """The sale of an envelope, or why it cannot be read."""
    try:
        sale = _BODIES.decode(envelope.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as trouble:
        return f"body: {trouble}"
    for what, numbers in (
        ("line_no", [line.line_no for line in sale.lines]),
        ("tender_no", [tender.tender_no for tender in sale.tenders]),
        ("rate_id", [tax.rate_id for tax in sale.taxes]),
    ):
        if len(set(numbers)) != len(numbers):
            return f"body: {what} is used twice"
    return sale


def add_sale(rows: SaleRows, envelope: Envelope, sale: SaleBody) -> None:
    """Add the rows of one sale; store and terminal are the envelope's, which was authorised."""
    key = (envelope.store_id, sale.transaction_id)
    rows.transactions.append(
        (
            *key,
            envelope.terminal_id,
            envelope.epoch,
            envelope.seq,
            sale.receipt_number,
            sale.shift_id,
            sale.business_date,
            sale.operator_id,
            sale.currency,
            sale.opened_at_ms,
            sale.completed_at_ms,
            sale.goods_minor,
            sale.tax_added_minor,
            sale.rounding_minor,
            sale.total_minor,
            sale.tendered_minor,
            sale.change_minor,
        )
    )
    rows.lines.extend(
        (
            *key,
            line.line_no,
            line.sku,
            _NAMES.encode(line.names).decode(),
            line.code,
            line.unit,
            line.tax_category,
            line.price_reason,
            line.quantity,
            line.unit_price_minor,
            line.amount_minor,
        )
        for line in sale.lines
    )
    rows.tenders.extend(
        (*key, one.tender_no, one.tender_id, one.kind, one.reference, one.amount_minor)
        for one in sale.tenders
    )
    rows.taxes.extend(
        (*key, tax.rate_id, tax.ppm, int(tax.included), tax.taxable_minor, tax.tax_minor)
        for tax in sale.taxes
    )
