"""Goods that came back, in the ledger: rows of a return, each piece once, and a sale found by its receipt.

The exact bytes of a sale stand in the journal, from which old lines go once a backup of the hub has them: a
sale that is found by its number but has no bytes left has to be asked of the hub.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from posapp.domain.facts import TransactionCompleted
from posapp.domain.return_facts import ReturnCompleted
from posapp.exchange.kept_facts import return_of_line, sale_of_line
from posapp.store.engine import Connection
from posapp.store.sales import SalePlace
from posapp.values import dataclass

#: Parts of a return beside its goods.
_TENDER, _TAX = 2, 3
_PARTS: Final = 16384

_encode: Final = msgspec.json.Encoder(enc_hook=dict).encode

_SALE: Final = (
    "SELECT journal.body FROM retail_transaction JOIN journal USING (journal_no) "
    "WHERE retail_transaction.receipt_seq = ? AND retail_transaction.receipt_number = ?"
)
_RETURNS: Final = (
    "SELECT body FROM journal WHERE journal_no IN (SELECT journal_no FROM return_transaction "
    "WHERE receipt_seq IN (SELECT receipt_seq FROM return_unit WHERE sale_id = ?)) ORDER BY journal_no"
)


@dataclass(frozen=True, slots=True)
class FoundSale:
    """A sale with the returns of it that are known here."""

    sale: TransactionCompleted
    returns: tuple[ReturnCompleted, ...] = ()

    def with_returns(self, others: tuple[ReturnCompleted, ...]) -> FoundSale:
        """The same with what somebody else knows of it, each return once."""
        known = {each.return_id for each in self.returns}
        return FoundSale(
            self.sale, (*self.returns, *(each for each in others if each.return_id not in known))
        )


def find_sale(connection: Connection, receipt: str) -> FoundSale | None:
    """The sale with this receipt number and its returns, as far as this till's own ledger has them."""
    seq = _seq_of(receipt)
    row = None if seq is None else connection.execute(_SALE, (seq, receipt)).fetchone()
    sale = None if row is None else sale_of_line(bytes(row[0]))
    return None if sale is None else FoundSale(sale, returns_of(connection, sale.transaction_id))


def returns_of(connection: Connection, sale_id: str) -> tuple[ReturnCompleted, ...]:
    """What was taken back of a sale at this till, also where the sale itself is another's."""
    found = (return_of_line(bytes(row[0])) for row in connection.execute(_RETURNS, (sale_id,)).fetchall())
    return tuple(each for each in found if each is not None)


def _seq_of(receipt: str) -> int | None:
    last = receipt.rpartition("-")[2]
    return int(last) if last.isascii() and last.isdigit() and len(last) <= 15 else None


def insert_return(connection: Connection, fact: ReturnCompleted, place: SalePlace) -> None:
    """Write the rows of a return that has its place; a piece that came back before is an integrity error."""
    receipt_seq = place.receipt_seq
    connection.execute(
        "INSERT INTO return_transaction VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            receipt_seq,
            fact.return_id,
            place.receipt_number,
            fact.sale_id,
            fact.sale_receipt,
            place.shift_no,
            place.journal_no,
            place.job_no,
            fact.operator_id,
            fact.completed_at_ms,
            fact.goods_minor,
            fact.kept_minor,
            fact.tax_added_minor,
            fact.rounding_minor,
            fact.total_minor,
        ),
    )
    _insert_goods(connection, fact, receipt_seq)
    _insert_money(connection, fact, receipt_seq)


def _insert_goods(connection: Connection, fact: ReturnCompleted, receipt_seq: int) -> None:
    connection.executemany(
        "INSERT INTO return_line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                receipt_seq * _PARTS + line.line_no,
                receipt_seq,
                line.line_no,
                line.sku,
                _encode(line.names).decode(),
                line.unit,
                line.quantity,
                line.amount_minor,
                line.reason,
                line.disposition,
                int(line.is_faulty),
            )
            for line in fact.lines
        ],
    )
    connection.executemany(
        "INSERT INTO return_unit VALUES (?, ?, ?, ?)",
        [(fact.sale_id, line.line_no, unit, receipt_seq) for line in fact.lines for unit in line.units],
    )
    pieces = [(line.gtin14, line.serial, receipt_seq) for line in fact.lines if line.serial]
    if pieces:
        connection.executemany("INSERT OR IGNORE INTO serial_back VALUES (?, ?, ?)", pieces)


def _insert_money(connection: Connection, fact: ReturnCompleted, receipt_seq: int) -> None:
    rows: list[tuple[Any, ...]] = [
        (
            receipt_seq, _TENDER, each.tender_no, each.tender_id, _encode(each.names).decode(), each.kind,
            each.reference, 0, 0, each.amount_minor,
        )
        for each in fact.tenders
    ]  # fmt: skip
    rows += [
        (
            receipt_seq, _TAX, number, tax.rate_id, _encode(tax.names).decode(),
            "included" if tax.included else "added", "", tax.ppm, tax.taxable_minor, tax.tax_minor,
        )
        for number, tax in enumerate(fact.taxes, 1)
    ]  # fmt: skip
    connection.executemany("INSERT INTO refund_line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def return_number_of(connection: Connection, return_id: str) -> str | None:
    """The number a return was stored under, or None where it is not stored."""
    row = connection.execute(
        "SELECT receipt_number FROM return_transaction WHERE return_id = ?", (return_id,)
    ).fetchone()
    return None if row is None else str(row[0])
