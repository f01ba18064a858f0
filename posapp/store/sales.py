"""Rows of a paid sale: head, lines, tenders, taxes, discounts and serial numbers, written once for all."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from posapp.domain.facts import TransactionCompleted
from posapp.domain.members.terms import COUPON_PIECE
from posapp.domain.price_facts import PriceModifier
from posapp.flows.intents import LastSale
from posapp.store.engine import Connection
from posapp.values import dataclass

#: Parts of a transaction, as the views on its lines tell them apart.
_GOODS, _TENDER, _TAX = 1, 2, 3
_encode: Final = msgspec.json.Encoder(enc_hook=dict).encode


_INSERT_LINE: Final = "INSERT INTO transaction_line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_MODIFIER: Final = "INSERT INTO price_modifier VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def line_ids(receipt_seq: int, part: int) -> int:
    """What the ids of a part's lines begin after; the next part's begin 16384 later."""
    return receipt_seq * 65536 + part * 16384


@dataclass(frozen=True, slots=True)
class SalePlace:
    """Where a sale stands in the ledger: its receipt, shift, journal row and receipt slip."""

    receipt_seq: int
    receipt_number: str
    shift_no: int
    journal_no: int
    job_no: int | None


def insert_sale(connection: Connection, sale: TransactionCompleted, place: SalePlace) -> None:
    """Write the rows of a sale that has its place."""
    receipt_seq = place.receipt_seq
    connection.execute(
        "INSERT INTO retail_transaction VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            receipt_seq,
            sale.transaction_id,
            place.receipt_number,
            place.shift_no,
            place.journal_no,
            place.job_no,
            sale.operator_id,
            sale.opened_at_ms,
            sale.completed_at_ms,
            sale.goods_minor,
            sale.tax_added_minor,
            sale.rounding_minor,
            sale.total_minor,
            sale.tendered_minor,
            sale.change_minor,
            len(sale.voided),
            sale.discount_minor,
        ),
    )
    goods, tenders, taxes = (line_ids(receipt_seq, part) for part in (_GOODS, _TENDER, _TAX))
    rows = _goods_rows(sale, receipt_seq, goods)
    _add_tenders_and_taxes(rows, sale, receipt_seq, (tenders, taxes))
    connection.executemany(_INSERT_LINE, rows)
    if sale.discounts:
        connection.executemany(_INSERT_MODIFIER, [_modifier(receipt_seq, each) for each in sale.discounts])
    _insert_pieces(connection, sale, receipt_seq)


def _goods_rows(sale: TransactionCompleted, receipt_seq: int, goods: int) -> list[tuple[Any, ...]]:
    return [
        (
            goods + line.line_no,
            receipt_seq,
            _GOODS,
            line.line_no,
            line.sku,
            _encode(line.names).decode(),
            line.unit,
            line.code,
            line.quantity,
            line.unit_price_minor,
            line.amount_minor,
            line.tax_category,
            line.price_reason,
            line.paid_minor,
            _encode(line.runs).decode() if line.runs else "",
        )
        for line in sale.lines
    ]


def _add_tenders_and_taxes(
    rows: list[tuple[Any, ...]], sale: TransactionCompleted, receipt_seq: int, after: tuple[int, int]
) -> None:
    tenders, taxes = after
    for tender in sale.tenders:
        names, text, amount_minor = _encode(tender.names).decode(), tender.reference, tender.amount_minor
        number, kind, tender_id = tender.tender_no, tender.kind, tender.tender_id
        row_id = tenders + number
        rows.append(
            (
                row_id,
                receipt_seq,
                _TENDER,
                number,
                tender_id,
                names,
                kind,
                text,
                0,
                0,
                amount_minor,
                "",
                "",
                None,
                "",
            )
        )
    for number, tax in enumerate(sale.taxes, 1):
        names, way = _encode(tax.names).decode(), "included" if tax.included else "added"
        head = (taxes + number, receipt_seq, _TAX, number, tax.rate_id, names, way, "")
        rows.append((*head, tax.ppm, tax.taxable_minor, tax.tax_minor, "", "", None, ""))


def _modifier(receipt_seq: int, each: PriceModifier) -> tuple[Any, ...]:
    return (
        receipt_seq * 16384 + each.modifier_no,
        receipt_seq,
        each.modifier_no,
        each.promotion_id,
        each.version,
        _encode(each.names).decode(),
        each.layer,
        each.rule,
        each.amount_minor,
        _encode(each.lines).decode(),
        _encode(each.funding).decode(),
        each.applications,
        each.code,
        each.base_minor,
        each.points,
        each.gl_code,
    )


def _insert_pieces(connection: Connection, sale: TransactionCompleted, receipt_seq: int) -> None:
    packs = [line.pack for line in sale.lines if line.pack is not None]
    pieces = [(pack.gtin14, pack.serial, receipt_seq) for pack in packs if pack.serial]
    # A gift card is taken once under a lease, as a piece is sold once: the lease stands for the number.
    pieces += [(each.lease_id, each.reference, receipt_seq) for each in sale.tenders if each.lease_id]
    # Without the hub this till at least knows which coupons it used up itself.
    pieces += [(COUPON_PIECE, each.coupon_id, receipt_seq) for each in sale.coupons]
    if pieces:
        # A sale that is paid is never refused for what its codes said.
        connection.executemany("INSERT OR IGNORE INTO serial_sold VALUES (?, ?, ?)", pieces)


def receipt_number_of(connection: Connection, transaction_id: str) -> str | None:
    """The number a sale was stored under, or None where it is not stored."""
    row = connection.execute(
        "SELECT receipt_number FROM retail_transaction WHERE transaction_id = ?", (transaction_id,)
    ).fetchone()
    return None if row is None else str(row[0])


def last_sale(connection: Connection) -> LastSale | None:
    """The newest sale of this till."""
    row: Any = connection.execute(
        "SELECT transaction_id, receipt_number, total_minor, change_minor, completed_at_ms "
        "FROM retail_transaction ORDER BY receipt_seq DESC LIMIT 1"
    ).fetchone()
    return None if row is None else LastSale(*row)
