"""Recalls as documents: they come back as they went, and what cannot be read never makes one narrower."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.facts import PackData
from posapp.domain.recall_document import recall_from_document, recall_key, recall_to_document
from posapp.domain.recalls import LotSpan, Recall, lot_span

GTIN = "6901028180559"
GTIN14 = GTIN.zfill(14)
DAYS = st.dates().map(lambda day: day.isoformat()) | st.just("")
LOTS = st.builds(LotSpan, st.text("ABC129", min_size=1, max_size=6), is_beginning=st.booleans())


def read(**more: Any) -> Recall:
    """The recall of a document of one item."""
    found = recall_from_document({"recall_id": "R1", "gtin": GTIN} | more)
    assert found is not None
    assert found[0] == GTIN14
    return found[1]


@given(
    st.builds(
        Recall,
        reason=st.just({"zh_CN": "玻璃", "en": "Glass"}),
        lots=st.lists(LOTS, max_size=4).map(tuple),
        serials=st.frozensets(st.text("S123", min_size=1, max_size=20), max_size=3),
        expiry_from=DAYS,
        expiry_to=DAYS,
        recall_id=st.just("R1"),
    )
)
def test_a_recall_comes_back_as_it_went(recall: Recall) -> None:
    if recall.expiry_to and recall.expiry_from > recall.expiry_to:
        return
    document = json.loads(json.dumps(recall_to_document(GTIN14, recall)))
    assert recall_from_document(document) == (GTIN14, recall)
    assert recall_key(GTIN14, recall) == recall_key(GTIN14, recall_from_document(document)[1])


def test_unknown_fields_are_passed_over_and_nothing_named_means_every_pack() -> None:
    recall = read(reason={"en": "Glass"}, colour="red", lots=[], serials=None)
    assert recall.is_whole
    assert recall.covers(None)


@pytest.mark.parametrize(
    "more",
    [
        {"lots": [7]},
        {"lots": {"first": "A"}},
        {"lots": ["A*B"]},
        {"serials": ["x" * 21]},
        {"expiry_from": "soon"},
        {"expiry_from": "2026-11-02", "expiry_to": "2026-11-01"},
    ],
)
def test_what_cannot_be_read_wants_a_look_at_every_pack(more: dict[str, Any]) -> None:
    recall = read(**more)
    known = PackData(GTIN14, "L1", "S1", "2026-11-30")
    assert recall.unclear
    assert not recall.covers(known)
    assert recall.wants_a_look(known)


def test_the_lots_that_can_be_read_are_stopped_all_the_same() -> None:
    recall = read(lots=["A1", "A*B", "B*"])
    assert [recall.covers(PackData(GTIN14, lot)) for lot in ("A1", "B7", "C1")] == [True, True, False]
    assert recall.wants_a_look(PackData(GTIN14, "C1"))


@pytest.mark.parametrize("gtin", [None, 6901028180559, "6901028180550", ""])
def test_a_document_without_an_item_is_none(gtin: object) -> None:
    assert recall_from_document({"recall_id": "R1", "gtin": gtin}) is None


@given(st.dictionaries(st.sampled_from(["lots", "serials", "expiry_from", "reason"]), st.none() | st.text()
       | st.lists(st.none() | st.integers() | st.text(max_size=30), max_size=3), max_size=4))  # fmt: skip
def test_whatever_it_holds_is_a_recall(more: dict[str, Any]) -> None:
    named = any(more.get(name) for name in ("lots", "serials", "expiry_from"))
    assert read(**more).is_whole <= (not named)


@given(st.text("AB12*.", max_size=8))
def test_a_span_is_written_as_it_was_read(text: str) -> None:
    span = lot_span(text)
    assert span is None or span.text == text
