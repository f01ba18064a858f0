"""A shift added up again from its stored rows, for the close: broken rows are set aside, not fatal.

What cannot be read or does not add up goes to the quarantine, is counted, and the rest is summed. So a
damaged row is seen by people and can never keep a shop from closing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import msgspec

from posapp.domain.facts import SaleLine, ShiftTotals, TaxLine, TenderLine, TransactionCompleted, VoidedLine
from posapp.domain.price_facts import PriceModifier, UnitsPaid
from posapp.store.engine import Connection
from posapp.store.return_reading import read_return
from posapp.store.totals import check_return, check_sale, with_return, with_sale
from posapp.store.troubles import UNFIT, DatabaseError

_SALE_COLUMNS: Final = (
    "transaction_id, receipt_number, operator_id, opened_at_ms, completed_at_ms, goods_minor, "
    "tax_added_minor, rounding_minor, total_minor, tendered_minor, change_minor, voided_lines, "
    "discount_minor"
)
_LINE_COLUMNS: Final = (
    "line_no, sku, names, code, quantity, unit, unit_price_minor, amount_minor, tax_category, price_reason, "
    "paid_minor, runs"
)
#: Where promotions are kept that could not be read, so that each version is told once.
PROMOTIONS: Final = "promotion"
_VOIDED: Final = VoidedLine(0, "", 0, "pcs", 0, 0)
_UNREADABLE = (*UNFIT, DatabaseError, LookupError)


class _VoidedBody(msgspec.Struct):
    voided: list[msgspec.Raw]


class _VoidedEnvelope(msgspec.Struct):
    body: _VoidedBody


def read_shift(connection: Connection, shift_id: str, *, now_ms: int | None) -> ShiftTotals | None:
    """The figures of a shift as its rows add up, or None where the shift itself is not known.

    What is broken is noted in the quarantine, once for each row; without a time nothing is written.
    """
    row = connection.execute(
        "SELECT shift_no, number, business_date, operator_id, operator_name, opened_at_ms, currency, "
        "float_minor, first_receipt_seq, first_journal_no, "
        "coalesce((SELECT min(later.first_receipt_seq) - 1 FROM shift AS later "
        "WHERE later.shift_no > shift.shift_no), (SELECT receipt_seq FROM till)) "
        "FROM shift WHERE shift_id = ?",
        (shift_id,),
    ).fetchone()
    if row is None:
        return None
    shift_no, first_seq, first_journal, last_seq = row[0], row[8], row[9], row[10]
    totals = ShiftTotals(shift_id, *row[1:8])
    broken: list[tuple[str, str, str]] = []
    for receipt_seq in _numbers(connection, first_seq, last_seq):
        try:
            back = read_return(connection, receipt_seq)
            if back is not None:
                check_return(back)
                totals = with_return(totals, back)
                continue
            sale = _read_sale(connection, receipt_seq)
            check_sale(sale)
            totals = with_sale(totals, sale)
        except _UNREADABLE as error:
            broken.append(("retail_transaction", str(receipt_seq), str(error)))
    voided_sales, voided_lines, broken_voids = _read_voids(connection, shift_no, first_journal)
    broken += broken_voids
    overrides = connection.execute(
        "SELECT count(*) FROM override_given WHERE shift_no = ?", (shift_no,)
    ).fetchone()[0]
    for source, key, reason in broken if now_ms is not None else ():
        assert now_ms is not None
        quarantine(connection, source, key, reason=reason, now_ms=now_ms)
    return replace(
        totals,
        voided_sales=voided_sales,
        voided_lines=totals.voided_lines + voided_lines,
        overrides=overrides,
        quarantined=len(broken),
    )


def quarantine(connection: Connection, source: str, key: str, *, reason: str, now_ms: int) -> None:
    """Set something aside for people to look at; a second time for the same thing changes nothing."""
    first_time(connection, source, key, reason=reason, now_ms=now_ms)


def first_time(connection: Connection, source: str, key: str, *, reason: str, now_ms: int) -> bool:
    """Set something aside; False where it had been before."""
    return bool(
        connection.execute(
            "INSERT OR IGNORE INTO quarantine (source, source_key, reason, at_ms) VALUES (?, ?, ?, ?)",
            (source, key, reason, now_ms),
        ).rowcount
    )


def quarantined_count(connection: Connection) -> int:
    """How many records were set aside; promotions that could not be read are told where they are counted."""
    question = "SELECT count(*) FROM quarantine WHERE source <> ?"
    return int(connection.execute(question, (PROMOTIONS,)).fetchone()[0])


def _numbers(connection: Connection, first_seq: int, last_seq: int) -> Iterator[int]:
    """Receipts that were given out, one by one: a missing one has to be noticed, a skipped one not."""
    skipped = connection.execute(
        "SELECT after_seq, through_seq FROM numbers_skipped WHERE through_seq >= ? ORDER BY after_seq",
        (first_seq,),
    )
    for after_seq, through_seq in skipped.fetchall():
        yield from range(first_seq, min(after_seq, last_seq) + 1)
        first_seq = max(first_seq, through_seq + 1)
    yield from range(first_seq, last_seq + 1)


def _read_sale(connection: Connection, receipt_seq: int) -> TransactionCompleted:
    head = connection.execute(
        f"SELECT {_SALE_COLUMNS} FROM retail_transaction WHERE receipt_seq = ?",  # noqa: S608 - constants
        (receipt_seq,),
    ).fetchone()
    if head is None:
        raise LookupError("the sale is missing")
    lines = connection.execute(
        f"SELECT {_LINE_COLUMNS} FROM sale_line WHERE receipt_seq = ? ORDER BY line_no",  # noqa: S608
        (receipt_seq,),
    )
    tenders = connection.execute(
        "SELECT tender_no, tender_id, kind, names, amount_minor, reference FROM tender_line "
        "WHERE receipt_seq = ? ORDER BY tender_no",
        (receipt_seq,),
    )
    taxes = connection.execute(
        "SELECT rate_id, names, ppm, included, taxable_minor, tax_minor FROM tax_line "
        "WHERE receipt_seq = ? ORDER BY tax_no",
        (receipt_seq,),
    )
    modifiers = connection.execute(
        "SELECT modifier_no, promotion_id, version, names, layer, rule, amount_minor, lines, funding, "
        "applications, code, base_minor, points, gl_code "
        "FROM price_modifier WHERE receipt_seq = ? ORDER BY modifier_no",
        (receipt_seq,),
    )
    sums = [_whole(value) for value in head[5:13]]
    return TransactionCompleted(
        transaction_id=head[0],
        store_id="",
        terminal_id="",
        shift_id="",
        business_date="",
        operator_id=head[2],
        operator_name="",
        opened_at_ms=head[3],
        completed_at_ms=head[4],
        currency="",
        language="",
        lines=tuple(_sale_line(row) for row in lines),
        taxes=tuple(
            TaxLine(row[0], _words(row[1]), _whole(row[2]), bool(row[3]), _whole(row[4]), _whole(row[5]))
            for row in taxes
        ),
        tenders=tuple(
            TenderLine(row[0], row[1], row[2], _words(row[3]), _whole(row[4]), row[5]) for row in tenders
        ),
        goods_minor=sums[0],
        tax_added_minor=sums[1],
        rounding_minor=sums[2],
        total_minor=sums[3],
        tendered_minor=sums[4],
        change_minor=sums[5],
        # Only how many is stored in the row; which ones stands in the journal.
        voided=(_VOIDED,) * sums[6],
        discount_minor=sums[7],
        discounts=tuple(_modifier(row) for row in modifiers),
        receipt_number=head[1],
    )


def _read_voids(
    connection: Connection, shift_no: int, first_journal: int
) -> tuple[int, int, list[tuple[str, str, str]]]:
    sales = lines = 0
    broken = []
    rows = connection.execute(
        "SELECT journal_no, body FROM journal "
        "WHERE journal_no > ? AND shift_no = ? AND kind = 'TransactionVoided'",
        (first_journal, shift_no),
    ).fetchall()
    for journal_no, body in rows:
        try:
            voided = msgspec.json.decode(body, type=_VoidedEnvelope).body.voided
        except _UNREADABLE as error:
            broken.append(("journal", str(journal_no), str(error)))
        else:
            sales += 1
            lines += len(voided)
    return sales, lines, broken


def _sale_line(row: tuple[Any, ...]) -> SaleLine:
    return SaleLine(
        line_no=_whole(row[0]),
        sku=row[1],
        names=_words(row[2]),
        code=row[3],
        quantity=_whole(row[4]),
        unit=row[5],
        unit_price_minor=_whole(row[6]),
        amount_minor=_whole(row[7]),
        tax_category=row[8],
        price_reason=row[9],
        paid_minor=_whole(row[10]),
        runs=msgspec.json.decode(row[11], type=tuple[UnitsPaid, ...]) if row[11] else (),
    )


def _modifier(row: tuple[Any, ...]) -> PriceModifier:
    return PriceModifier(
        modifier_no=_whole(row[0]),
        promotion_id=row[1],
        version=_whole(row[2]),
        names=_words(row[3]),
        layer=row[4],
        rule=row[5],
        amount_minor=_whole(row[6]),
        lines=msgspec.json.decode(row[7], type=tuple[tuple[int, int], ...]),
        funding=msgspec.json.decode(row[8], type=tuple[tuple[str, str, int], ...]),
        applications=_whole(row[9]),
        code=row[10],
        base_minor=_whole(row[11]),
        points=_whole(row[12]),
        gl_code=row[13],
    )


def _words(text: str) -> dict[str, str]:
    return msgspec.json.decode(text, type=dict[str, str])


def _whole(value: Any) -> int:
    # A damaged column may hold text or a float; neither is money.
    if type(value) is not int:
        raise TypeError(f"{type(value).__name__} where a whole number belongs")
    return value
