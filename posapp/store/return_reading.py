"""A return as its stored rows say it, for adding a shift up again: money, taxes and pieces, no more."""

from __future__ import annotations

from typing import Any

import msgspec

from posapp.domain.return_facts import RefundTax, RefundTender, ReturnCompleted, ReturnLine
from posapp.store.engine import Connection


def read_return(connection: Connection, receipt_seq: int) -> ReturnCompleted | None:
    """The return with this number, or None; raises ValueError or TypeError for broken rows."""
    head = connection.execute(
        "SELECT return_id, sale_id, sale_receipt, operator_id, completed_at_ms, goods_minor, kept_minor, "
        "tax_added_minor, rounding_minor, total_minor, receipt_number FROM return_transaction "
        "WHERE receipt_seq = ?",
        (receipt_seq,),
    ).fetchone()
    if head is None:
        return None
    goods, kept, added, rounding, total = (_whole(value) for value in head[5:10])
    return ReturnCompleted(
        return_id=head[0],
        sale_id=head[1],
        sale_receipt=head[2],
        store_id="",
        terminal_id="",
        shift_id="",
        business_date="",
        operator_id=head[3],
        operator_name="",
        completed_at_ms=head[4],
        currency="",
        language="",
        lines=_lines(connection, receipt_seq),
        taxes=_taxes(connection, receipt_seq),
        tenders=_tenders(connection, receipt_seq),
        goods_minor=goods,
        kept_minor=kept,
        tax_added_minor=added,
        rounding_minor=rounding,
        total_minor=total,
        receipt_number=head[10],
    )


def _lines(connection: Connection, receipt_seq: int) -> tuple[ReturnLine, ...]:
    units: dict[int, list[int]] = {}
    pieces = connection.execute(
        "SELECT line_no, unit_no FROM return_unit WHERE sale_id = "
        "(SELECT sale_id FROM return_transaction WHERE receipt_seq = ?1) AND receipt_seq = ?1 "
        "ORDER BY line_no, unit_no",
        (receipt_seq,),
    )
    for line_no, unit in pieces:
        units.setdefault(line_no, []).append(unit)
    rows = connection.execute(
        "SELECT line_no, sku, names, quantity, unit, amount_minor, reason, disposition, is_faulty "
        "FROM return_line WHERE receipt_seq = ? ORDER BY line_no",
        (receipt_seq,),
    )
    return tuple(
        ReturnLine(
            row[0], row[1], _words(row[2]), _whole(row[3]), row[4], tuple(units.get(row[0], ())),
            _whole(row[5]), row[6], row[7], bool(row[8]),
        )
        for row in rows
    )  # fmt: skip


def _tenders(connection: Connection, receipt_seq: int) -> tuple[RefundTender, ...]:
    rows = connection.execute(
        "SELECT line_no, what, kind, names, amount_minor, text FROM refund_line "
        "WHERE receipt_seq = ? AND part = 2 ORDER BY line_no",
        (receipt_seq,),
    )
    return tuple(RefundTender(row[0], row[1], row[2], _words(row[3]), _whole(row[4]), row[5]) for row in rows)


def _taxes(connection: Connection, receipt_seq: int) -> tuple[RefundTax, ...]:
    rows = connection.execute(
        "SELECT what, number, kind, base_minor, amount_minor, names FROM refund_line "
        "WHERE receipt_seq = ? AND part = 3 ORDER BY line_no",
        (receipt_seq,),
    )
    return tuple(
        RefundTax(
            row[0], _whole(row[1]), row[2] == "included", _whole(row[3]), _whole(row[4]), _words(row[5])
        )
        for row in rows
    )


def _words(text: str) -> dict[str, str]:
    return msgspec.json.decode(text, type=dict[str, str])


def _whole(value: Any) -> int:
    # A damaged column may hold text or a float; neither is money.
    if type(value) is not int:
        raise TypeError(f"{type(value).__name__} where a whole number belongs")
    return value
