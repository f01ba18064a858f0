"""Slips survive the ledger."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.paper import CodeRow, FeedRow, PaperDocument, RuleRow, TextRow
from posapp.store.paper_record import paper_from_bytes, paper_to_bytes

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
ROWS = st.one_of(
    st.builds(
        TextRow,
        TEXTS,
        TEXTS,
        st.sampled_from(["left", "center", "right"]),
        bold=st.booleans(),
        double=st.booleans(),
    ),
    st.builds(RuleRow, st.booleans()),
    st.builds(FeedRow, st.integers(0, 99)),
    st.builds(CodeRow, st.sampled_from(["code128", "qr"]), TEXTS),
)


@given(TEXTS, st.lists(ROWS).map(tuple), st.integers(1, 99))
def test_there_and_back(title: str, rows: tuple[object, ...], columns: int) -> None:
    document = PaperDocument(title, rows, columns)  # type: ignore[arg-type]
    assert paper_from_bytes(paper_to_bytes(document)) == document


def test_the_number_takes_the_place_of_its_mark_everywhere() -> None:
    document = PaperDocument("t", (TextRow("No {receipt_number}"), CodeRow("qr", "{receipt_number}")))
    number = 'a"b\\c店-000001'
    assert paper_from_bytes(paper_to_bytes(document, number)).rows == (
        TextRow(f"No {number}"),
        CodeRow("qr", number),
    )


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'["t",42,[["x"]]]', b'["t",42,[5]]', b"\xff"])
def test_what_is_no_slip_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        paper_from_bytes(data)
