"""Slips of paper as compact JSON in the ledger, and back.

Rows are short arrays with a letter in front: a sale stores its whole receipt, so every byte is written
on the way of a customer. Only this till reads them again.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from posapp.domain.code_modules import CodeModules
from posapp.domain.paper import CodeRow, FeedRow, ModulesRow, PaperDocument, Row, RuleRow, TextRow

#: What the commit replaces by the number it gives.
RECEIPT_NUMBER_MARK: Final = b"{receipt_number}"

_encode: Final = msgspec.json.Encoder().encode
_BOLD, _DOUBLE = 1, 2


def paper_to_bytes(document: PaperDocument, receipt_number: str | None = None) -> bytes:
    """The document as JSON, with the receipt number in place of its mark if one is given."""
    rows = [
        # Plain rows are nearly all there are; they are told here, without a call for each.
        ("t", row.left, row.right)
        if type(row) is TextRow and row.align == "left" and not (row.bold or row.double)
        else _row(row)
        for row in document.rows
    ]
    data = _encode((document.title, document.columns, rows))
    if receipt_number is None:
        return data
    return data.replace(RECEIPT_NUMBER_MARK, _encode(receipt_number)[1:-1])


def paper_from_bytes(data: bytes) -> PaperDocument:
    """The document again; raises ValueError for bytes that are none."""
    try:
        title, columns, rows = msgspec.json.decode(data)
        return PaperDocument(title, tuple(_to_row(row) for row in rows), columns)
    except (TypeError, LookupError) as error:
        raise ValueError("no stored slip") from error


def _row(row: Row) -> tuple[Any, ...]:
    if type(row) is TextRow:
        style = (_BOLD if row.bold else 0) | (_DOUBLE if row.double else 0)
        return ("t", row.left, row.right, row.align, style)
    if type(row) is RuleRow:
        return ("r", row.heavy)
    if type(row) is FeedRow:
        return ("f", row.rows)
    if type(row) is ModulesRow:
        return ("m", row.modules.width, row.modules.quiet, row.modules.rows)
    assert isinstance(row, CodeRow)
    return ("c", row.kind, row.text)


def _to_row(row: list[Any]) -> Row:
    match row:
        case ["t", left, right]:
            return TextRow(left, right)
        case ["t", left, right, align, style]:
            return TextRow(left, right, align, bool(style & _BOLD), bool(style & _DOUBLE))
        case ["r", heavy]:
            return RuleRow(heavy)
        case ["f", rows]:
            return FeedRow(rows)
        case ["m", width, quiet, rows]:
            return ModulesRow(CodeModules(width, quiet, tuple(rows)))
        case ["c", kind, text]:
            return CodeRow(kind, text)
        case _:
            raise ValueError("no stored row of a slip")
