"""Rows for reports out of the body of a completed sale.

Only the fields that reports need are read; the exact bytes stay in the event, so nothing is lost where a
till says more than this hub understands. A body that cannot be read never stops the event from being
kept: the caller puts it aside for a person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

import msgspec
from sqlalchemy import Table

from sync.hub.schema.events import (
    PRICE_MODIFIER,
    PRICE_MODIFIER_FUNDING,
    RETAIL_TRANSACTION,
    SALE_LINE,
    SALE_LINE_PACK,
    TAX_LINE,
    TENDER_LINE,
)
from sync.protocol.codec import SEQ_MAX
from sync.protocol.envelope import Envelope

SALE_KIND: Final = "TransactionCompleted"

#: What a 64-bit column holds; a larger number is a broken body, not a crash of the hub.
Whole = Annotated[int, msgspec.Meta(ge=-SEQ_MAX, le=SEQ_MAX)]
#: Far above any real amount, and far enough below 64 bits that sums over many sales fit as well.
AMOUNT_MAX_MINOR: Final = 10**15
Amount = Annotated[int, msgspec.Meta(ge=-AMOUNT_MAX_MINOR, le=AMOUNT_MAX_MINOR)]
Text = Annotated[str, msgspec.Meta(max_length=500)]
#: What stands in a key: an index of PostgreSQL holds less than 2,704 bytes.
Name = Annotated[str, msgspec.Meta(max_length=64)]
Row = tuple[Any, ...]

# None of these can be part of a ring of references: the collector need not look at a batch's thousands.


class PackBody(msgspec.Struct, gc=False):
    """What a pack's code said, as it travels."""

    gtin14: Name
    lot: Name = ""
    serial: Name = ""
    expires_on: Name = ""
    best_before_on: Name = ""
    sell_by_on: Name = ""


class UnitsBody(msgspec.Struct, gc=False):
    """Units of one line that came out the same; `shares` are (modifier number, amount off one of them)."""

    count: Whole
    paid_minor: Amount
    shares: list[tuple[Whole, Amount]] = []


class ModifierBody(msgspec.Struct, gc=False):
    """What one promotion took off, as it travels; `lines` are (line number, amount), `funding` who pays."""

    modifier_no: Whole
    promotion_id: Text
    layer: Text
    rule: Text
    amount_minor: Amount
    version: Amount = 1
    names: msgspec.Raw = msgspec.Raw(b"{}")
    lines: list[tuple[Whole, Amount]] = []
    funding: list[tuple[Text, Text, Amount]] = []
    applications: Amount = 1
    code: Text = ""
    base_minor: Amount = 0
    points: Amount = 0
    gl_code: Text = ""

    @property
    def payers(self) -> list[tuple[str, str, int]]:
        """Who pays how much of it; the store where nobody is named."""
        return self.funding or [("store", "", self.amount_minor)]


class LineBody(msgspec.Struct, gc=False):
    """A sold line as it travels."""

    line_no: Whole
    sku: Text
    names: msgspec.Raw
    code: Text
    quantity: Whole
    unit: Literal["pcs", "g"]
    unit_price_minor: Amount
    amount_minor: Amount
    tax_category: Text
    price_reason: Text = "list"
    pack: PackBody | None = None
    paid_minor: Amount | None = None
    runs: list[UnitsBody] = []


class TenderBody(msgspec.Struct, gc=False):
    """A tender line as it travels."""

    tender_no: Whole
    tender_id: Text
    kind: Text
    amount_minor: Amount
    reference: Text = ""


class TaxBody(msgspec.Struct, gc=False):
    """Tax of one rate as it travels."""

    rate_id: Name
    ppm: Whole
    included: bool
    taxable_minor: Amount
    tax_minor: Amount


class SaleBody(msgspec.Struct, gc=False):
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
    goods_minor: Amount
    tax_added_minor: Amount
    rounding_minor: Amount
    total_minor: Amount
    tendered_minor: Amount
    change_minor: Amount
    receipt_number: Text
    discount_minor: Amount = 0
    discounts: list[ModifierBody] = []


@dataclass(slots=True)
class SaleRows:
    """Rows of many sales, in the order of the tables' columns."""

    transactions: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    tenders: list[Row] = field(default_factory=list)
    taxes: list[Row] = field(default_factory=list)
    packs: list[Row] = field(default_factory=list)
    modifiers: list[Row] = field(default_factory=list)
    fundings: list[Row] = field(default_factory=list)

    def by_table(self) -> tuple[tuple[Table, list[Row]], ...]:
        """The tables, each with its rows."""
        return (
            (RETAIL_TRANSACTION, self.transactions),
            (SALE_LINE, self.lines),
            (TENDER_LINE, self.tenders),
            (TAX_LINE, self.taxes),
            (SALE_LINE_PACK, self.packs),
            (PRICE_MODIFIER, self.modifiers),
            (PRICE_MODIFIER_FUNDING, self.fundings),
        )


_Count = Annotated[int, msgspec.Meta(ge=0, le=10**15)]


class _ShiftBody(msgspec.Struct):
    number: _Count


class _EpochBody(msgspec.Struct):
    receipt_seq: _Count
    shift_number: _Count


SHIFT_KIND: Final = "ShiftOpened"
#: A terminal that was restored or copied tells from where on its numbers go.
EPOCH_KIND: Final = "EpochBegun"
_COUNT_MAX_DIGITS: Final = 15
_SHIFTS: Final = msgspec.json.Decoder(_ShiftBody)
_EPOCHS: Final = msgspec.json.Decoder(_EpochBody)
_BODIES: Final = msgspec.json.Decoder(SaleBody)
#: How JSON spells the one character that PostgreSQL cannot hold in a text; it may also be a harmless
#: backslash before these letters, which only costs a closer look.
NUL_ESCAPED: Final = "\\u0000"


def read_sale(envelope: Envelope) -> SaleBody | str:
    """The sale of an envelope, or why it cannot be read."""
    try:
        text = str(envelope.body, "utf-8")
        sale = _BODIES.decode(envelope.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as trouble:
        return f"body: {trouble}"
    if NUL_ESCAPED in text and holds_nul(sale):
        return "body: a text holds the character NUL"
    if len({line.line_no for line in sale.lines}) != len(sale.lines):
        return "body: line_no is used twice"
    if len({tender.tender_no for tender in sale.tenders}) != len(sale.tenders):
        return "body: tender_no is used twice"
    if len({tax.rate_id for tax in sale.taxes}) != len(sale.taxes):
        return "body: rate_id is used twice"
    if len({one.modifier_no for one in sale.discounts}) != len(sale.discounts):
        return "body: modifier_no is used twice"
    return sale


def holds_nul(value: Any) -> bool:
    """Whether a text in a body holds the one character that PostgreSQL cannot keep."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, msgspec.Struct):
        return any(holds_nul(getattr(value, name)) for name in value.__struct_fields__)
    return isinstance(value, (list, tuple)) and any(map(holds_nul, value))


def add_sale(rows: SaleRows, envelope: Envelope, sale: SaleBody, *, day: str) -> None:
    """Add the rows of one sale; store, terminal and `day` are the envelope's, which was authorised."""
    key = (envelope.store_id, day, sale.transaction_id)
    rows.transactions.append(
        (
            *key,
            envelope.terminal_id,
            envelope.epoch,
            envelope.seq,
            sale.receipt_number,
            sale.shift_id,
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
    rows.lines += [
        (
            *key,
            line.line_no,
            line.sku,
            # JSON as it came: names are shown, never searched by.
            str(line.names, "utf-8"),
            line.code,
            line.unit,
            line.tax_category,
            line.price_reason,
            line.quantity,
            line.unit_price_minor,
            line.amount_minor,
        )
        for line in sale.lines
    ]
    rows.tenders += [
        (*key, one.tender_no, one.tender_id, one.kind, one.reference, one.amount_minor)
        for one in sale.tenders
    ]
    rows.taxes += [
        (*key, tax.rate_id, tax.ppm, int(tax.included), tax.taxable_minor, tax.tax_minor)
        for tax in sale.taxes
    ]
    rows.packs += [
        (*key, line.line_no, pack.gtin14, pack.lot, pack.serial, *_days(pack))
        for line in sale.lines
        if (pack := line.pack) is not None
    ]
    _add_discounts(rows, key, sale.discounts)


def _add_discounts(rows: SaleRows, key: tuple[str, str, str], discounts: list[ModifierBody]) -> None:
    for one in discounts:
        rows.modifiers.append(
            (
                *key,
                one.modifier_no,
                one.promotion_id,
                one.layer,
                one.rule,
                one.code,
                one.gl_code,
                str(one.names, "utf-8"),
                msgspec.json.encode(one.lines).decode(),
                one.version,
                one.amount_minor,
                one.base_minor,
                one.applications,
                one.points,
            )
        )
        rows.fundings.extend(
            (*key, one.modifier_no, number, *part) for number, part in enumerate(one.payers, 1)
        )


def _days(pack: PackBody) -> tuple[str, str, str]:
    return pack.expires_on, pack.best_before_on, pack.sell_by_on


def number_of_receipt(receipt_number: str) -> int:
    """The count at the end of a receipt number, or 0 where there is none."""
    last = receipt_number.rpartition("-")[2]
    return int(last) if last.isascii() and last.isdigit() and len(last) <= _COUNT_MAX_DIGITS else 0


def numbers_used(envelope: Envelope) -> tuple[int, int]:
    """The receipts and shifts that an event other than a sale says were counted; 0 where it says nothing."""
    try:
        if envelope.kind == SHIFT_KIND:
            return 0, _SHIFTS.decode(envelope.body).number
        if envelope.kind == EPOCH_KIND:
            begun = _EPOCHS.decode(envelope.body)
            return begun.receipt_seq, begun.shift_number
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return 0, 0
    return 0, 0
