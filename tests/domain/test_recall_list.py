"""The recall list: its form, what each row covers, and what is said about a wrong one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.facts import PackData
from posapp.domain.recalls import RecallFault, RecallList, RecallProblem, parse_recalls
from posapp.domain.shop import word

GTIN = "6901028180559"
HEAD = "gtin,lot,reason\n"


def listed(*rows: str) -> RecallList:
    """The list of rows that are right."""
    found = parse_recalls((HEAD + "\n".join(rows)).encode())
    assert isinstance(found, RecallList)
    return found


def why(recalls: RecallList, gtin14: str, lot: str, **more: str) -> str:
    """The reason for a pack with this lot, "" where it may be sold."""
    found = recalls.found(gtin14, PackData(gtin14, lot, **more))
    return word(found.reason, "en") if found is not None else ""


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
    assert [why(recalls, GTIN.zfill(14), each) for each in covered] == ["Glass"] * len(covered)
    assert [why(recalls, GTIN.zfill(14), each) for each in free] == [""] * len(free)
    assert why(recalls, "0" * 14, "A12") == ""
    assert recalls.wants_a_look(GTIN.zfill(14), None) == bool(lot)
    assert not recalls.wants_a_look("0" * 14, None)


def test_every_spelling_of_a_number_and_further_columns() -> None:
    head = "\ufeffDate;REASON;Gtin;Lot\r\n# spring\r\n\r\n"
    rows = "2026-05-01;Metal, small;96385074;L1\r\n;x;00000096385074;L2\r\n"
    found = parse_recalls((head + rows).encode())
    assert isinstance(found, RecallList)
    assert found.count == 2
    assert why(found, "00000096385074", "L1") == "Metal, small"
    assert why(listed(f'{GTIN},L1,"Glass, sharp"'), GTIN.zfill(14), "L1") == "Glass, sharp"


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


WIDE = "gtin,lot,reason,id,serial,expiry_from,expiry_to,reason_en,reason_zh_cn\n"


def test_serials_days_and_reasons_by_language() -> None:
    rows = f"{GTIN},,Glass,R1,S-1,,,,\n{GTIN},,Milk,R2,,2026-11-20,2026-11-25,Milk,含牛奶\n"
    found = parse_recalls((WIDE + rows).encode())
    assert isinstance(found, RecallList)
    gtin14 = GTIN.zfill(14)
    assert why(found, gtin14, "", serial="S-1") == "Glass"
    assert why(found, gtin14, "", serial="S-2") == ""
    for day, reason in (("19", ""), ("20", "Milk"), ("25", "Milk"), ("26", "")):
        assert why(found, gtin14, "", expires_on=f"2026-11-{day}", serial="S-2") == reason
        assert why(found, gtin14, "", best_before_on=f"2026-11-{day}", serial="S-2") == reason
    spoken = found.found(gtin14, PackData(gtin14, expires_on="2026-11-21"))
    assert spoken is not None
    assert (word(spoken.reason, "zh_CN"), spoken.recall_id) == ("含牛奶", "R2")
    # Whoever is told neither a serial number nor a day has to look.
    assert found.wants_a_look(gtin14, PackData(gtin14, "L1"))
    assert found.wants_a_look(gtin14, PackData(gtin14, serial="S-2"))
    assert not found.wants_a_look(gtin14, PackData(gtin14, serial="S-2", expires_on="2026-12-01"))


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (f"{GTIN},,x,R,{'9' * 21},,,,", RecallProblem(RecallFault.BadSerial, 2, "9" * 21)),
        (f"{GTIN},,x,R,,2026-02-30,,,", RecallProblem(RecallFault.BadDay, 2, "2026-02-30")),
        (f"{GTIN},,x,R,,2026-02-03,2026-02-02,,", RecallProblem(RecallFault.BadDay, 2, "2026-02-03")),
        (f"{GTIN},,x,R,,,,{'y' * 121},", RecallProblem(RecallFault.NoReason, 2)),
    ],
)
def test_a_wrong_further_cell_names_its_line(row: str, problem: RecallProblem) -> None:
    assert parse_recalls((WIDE + row).encode()) == problem


def test_two_lists_are_one() -> None:
    mine, hubs = listed(f"{GTIN},A1,Glass"), listed(f"{GTIN},B1,Metal", "96385074,,Plastic")
    both = mine.with_list(hubs)
    assert both.count == 3
    assert [why(both, GTIN.zfill(14), lot) for lot in ("A1", "B1", "C1")] == ["Glass", "Metal", ""]
    assert why(both, "00000096385074", "") == "Plastic"
    assert mine.with_list(RecallList()) is mine
    assert RecallList().with_list(hubs) is hubs


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
        assert why(found, GTIN.zfill(14), first) == why(found, GTIN.zfill(14), last) == "x"
        assert why(found, GTIN.zfill(14), lot) in ("", "x")
