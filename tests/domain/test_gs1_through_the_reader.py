"""GS1's published messages through the whole code reader: what the till makes of them."""

from __future__ import annotations

import datetime

import pytest

from posapp.code_rules import ai_table
from posapp.commands.bench_codes_vectors import Case, canonical, read_vectors
from posapp.domain.codes.gs1_fault import Elements
from posapp.domain.codes.reader import CodeReader, CodeRules

TODAY = datetime.date(2026, 11, 22)
STRICT = CodeReader(CodeRules(ai_table(), currency="CNY"))
LENIENT = CodeReader(CodeRules(ai_table(), currency="CNY", lenient_links=True))

#: Where the till takes more than GS1 does: a scheme in any letters; a UPC-A that a scanner sends without its
#: leading zero, with or without an add-on; and other addresses are texts like any other.
MORE_THAN_GS1 = {
    "HtTp://a/b/00/006141411234567890",
    "]E0123456789012",
    "]E012345678901234",
    "ftp://",
}


def cases(name: str) -> list[Case]:
    """The cases of one section of GS1's own tests."""
    return [
        case
        for file, section, found in read_vectors()
        if (file, section) == ("gs1_engine", name)
        for case in found
        if not case.get("words") and case["in"] not in MORE_THAN_GS1
    ]


@pytest.mark.parametrize("case", cases("scan data") + cases("composites"), ids=lambda case: repr(case["in"]))
def test_scan_data(case: Case) -> None:
    reading = STRICT.read(case["in"], today=TODAY)
    if "elements" not in case:
        assert reading.elements == ()
        assert reading.gtin14 is None
    elif reading.elements:
        assert canonical(Elements(reading.elements), ai_table()) == case["elements"]
    else:
        assert f"^01{reading.gtin14}" == case["elements"]


@pytest.mark.parametrize("case", cases("Digital Link"), ids=lambda case: repr(case["in"]))
def test_digital_links(case: Case) -> None:
    reader = LENIENT if case.get("lenient") else STRICT
    reading = reader.read(case["in"], today=TODAY)
    if "elements" in case:
        assert canonical(Elements(reading.elements), ai_table()) == case["elements"]
    else:
        assert reading.elements == ()
        assert reading.gtin14 is None
        assert reading.refusal is not None
