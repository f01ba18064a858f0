"""A whole message as a scanner sends it with its AIM identifier, retail and composite symbols included.

Knows what each identifier promises: a number of fixed length, an element string, plain text that may be a
Digital Link. A composite symbol of a retail number comes as a second message behind a bar. Refuses texts
without an identifier: what those are is for the code reader to find out. Source: GS1 General Specifications,
section 7.8 and figure 5.1.3-2.
"""

from __future__ import annotations

from posapp.domain.codes.ai_linters import check_digit
from posapp.domain.codes.ai_table import AiTable
from posapp.domain.codes.digital_link import read_digital_link
from posapp.domain.codes.elements import ELEMENT_SYMBOLS, Pairs, association_fault, split
from posapp.domain.codes.gs1_fault import Elements, Gs1Fault, Gs1Problem
from posapp.values import dataclass

_RETAIL = {"]E0": 13, "]E4": 8}
_PLAIN = frozenset(("]Q1", "]d1"))
#: Starts the second message of a composite symbol.
COMPOSITE = "|]e0"


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text that promises nothing about its form."""

    text: str


def read_scan_data(data: str, table: AiTable, *, lenient: bool = False) -> Elements | PlainText | Gs1Fault:
    """Read a message with its identifier; a retail number becomes AI 01 with fourteen digits."""
    symbol, text = data[:3], data[3:]
    if symbol in _RETAIL:
        return _retail(text, _RETAIL[symbol], table)
    if symbol in ELEMENT_SYMBOLS:
        pairs: Pairs = []
        fault = split(data, 3, table, pairs) or association_fault(pairs, table)
        return fault if fault is not None else Elements(tuple(pairs))
    if symbol not in _PLAIN:
        return Gs1Fault(Gs1Problem.UnknownSymbology, "", symbol if symbol.isprintable() else "")
    if text[:8].lower() == "https://" or text[:7].lower() == "http://":
        return read_digital_link(text, table, lenient=lenient)
    return PlainText(text)


def _retail(text: str, length: int, table: AiTable) -> Elements | Gs1Fault:
    number, second = text[:length], text[length:]
    if len(number) < length or (second and not second.startswith(COMPOSITE)):
        return Gs1Fault(Gs1Problem.WrongNumberLength)
    if not (number.isascii() and number.isdigit()):
        return Gs1Fault(Gs1Problem.NotDigits)
    if check_digit(number) is not None:
        return Gs1Fault(Gs1Problem.NumberCheckDigit)
    table.rule("01")
    pairs: Pairs = [("01", number.zfill(14))]
    if second:
        fault = split(second, len(COMPOSITE), table, pairs) or association_fault(pairs, table)
        if fault is not None:
            return fault
    return Elements(tuple(pairs))
