"""The recall list: its form, what each row covers, and what is said about a wrong one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.recalls import RecallFault, RecallList, RecallProblem, parse_recalls

GTIN = "6901028180559"
HEAD = "gtin,lot,reason\n"


def listed(*rows: str) -> RecallList:
    """The list of rows that are right."""
    found = parse_recalls((HEAD + "\n".join(rows)).encode())
    assert isinstance(found, RecallList)
    return found


@pytest.mark.parametrize(
    ("lot", "covered", "free"),
    [
        ("A12", ["A12"], ["A1", "A123", "a12", ""]),
        ("A1*", ["A1", "A12", "A1-9"], ["A2", "a1", "BA1", ""]),
        ("A10..A19", ["A10", "A15", "A19"], ["A9", "A20", "A1", "A155", "B15", ""]),
        ("8..12", ["8", "9", "12", "010"], ["7", "13", "A9", ""]),
        ("", ["A12", "anything", ""], []),
    ],
)
def test_what_a_row_covers(lot: str, covered: list[str], free: list[str]) -> None:
    recalls = listed(f"{GTIN},{lot},Glass")
    assert [recalls.reason(GTIN.zfill(14), each) for each in covered] == ["Glass"] * len(covered)
    assert [recalls.reason(GTIN.zfill(14), each) for each in free] == [""] * len(free)
    assert recalls.reason("0" * 14, "A12") == ""
    assert recalls.has_some_lots(GTIN.zfill(14))
    assert not recalls.has_some_lots("0" * 14)


def test_every_spelling_of_a_number_and_further_columns() -> None:
    head = "\ufeffDate;REASON;Gtin;Lot\r\n# spring\r\n\r\n"
    rows = "2026-05-01;Metal, small;96385074;L1\r\n;x;00000096385074;L2\r\n"
    found = parse_recalls((head + rows).encode())
    assert isinstance(found, RecallList)
    assert found.count == 2
    assert found.reason("00000096385074", "L1") == "Metal, small"
    assert listed(f'{GTIN},L1,"Glass, sharp"').reason(GTIN.zfill(14), "L1") == "Glass, sharp"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", RecallProblem(RecallFault.NoColumns, 1)),
        (b"\n\n6901028180559,A,x\n", RecallProblem(RecallFault.NoColumns, 3)),
        (b"gtin,lot,reason\n# ok\n6901028180550,A,x", RecallProblem(RecallFault.BadGtin, 3, "6901028180550")),
        (b"gtin,lot,reason\n6901028180559,A", RecallProblem(RecallFault.BadCells, 2)),
        (b"gtin,lot,reason\n" + b"x" * 200_000, RecallProblem(RecallFault.BadCells, 2)),
        (b"gtin,lot,reason\n6901028180559,A,", RecallProblem(RecallFault.NoReason, 2)),
        (b"gtin,lot,reason\n6901028180559,*,x", RecallProblem(RecallFault.BadLot, 2, "*")),
        (b"gtin,lot,reason\n6901028180559,A*B,x", RecallProblem(RecallFault.BadLot, 2, "A*B")),
        (b"gtin,lot,reason\n6901028180559,9..8,x", RecallProblem(RecallFault.BadLot, 2, "9..8")),
        (b"gtin,lot,reason\n6901028180559,A1..A,x", RecallProblem(RecallFault.BadLot, 2, "A1..A")),
        (
            b"gtin,lot,reason\n6901028180559," + b"A" * 21 + b",x",
            RecallProblem(RecallFault.BadLot, 2, "A" * 21),
        ),
        (b"gtin,lot,reason\n6901028180559,A,\xff", RecallProblem(RecallFault.NotText, 2)),
    ],
)
def test_a_wrong_list_names_its_line(data: bytes, problem: RecallProblem) -> None:
    assert parse_recalls(data) == problem


def test_a_list_of_nothing_is_a_list() -> None:
    assert listed().count == 0


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: (HEAD + text).encode("utf-8", "replace"))
)
def test_whatever_the_file_holds_is_a_list_or_a_problem(data: bytes) -> None:
    found = parse_recalls(data)
    assert isinstance(found, RecallList) or found.line >= 1


@given(st.lists(st.text("A0123456789", min_size=1, max_size=4), min_size=3, max_size=3))
def test_ranges_hold_their_ends(lots: list[str]) -> None:
    first, last, lot = lots
    found = parse_recalls(f"{HEAD}{GTIN},{first}..{last},x".encode())
    if isinstance(found, RecallList):
        assert found.reason(GTIN.zfill(14), first) == found.reason(GTIN.zfill(14), last) == "x"
        assert found.reason(GTIN.zfill(14), lot) in ("", "x")
