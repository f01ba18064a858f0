"""Every kind of fact becomes bytes that read back as the same fact."""

from __future__ import annotations

import typing
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain import facts
from posapp.domain.facts import FACT_KINDS, Fact, PackData, SaleLine, TransactionCompleted
from posapp.domain.price_facts import PriceModifier, UnitsPaid
from posapp.exchange.outgoing import (
    Place,
    Position,
    body_bytes,
    business_date_of,
    envelope_bytes,
    last_scan_of,
    occurred_at,
    transaction_of,
)
from sync.protocol.codec import decode_envelope

PLACE = Place("S001", "T03", 3)

st.register_type_strategy(
    typing.get_origin(facts.Words) or dict,  # type: ignore[arg-type]
    st.dictionaries(st.sampled_from(["en", "zh_CN"]), st.text(st.characters(exclude_categories=["Cs"]))),
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def every_fact() -> st.SearchStrategy[Fact]:
    """Any fact of any kind, with text that can be written down."""
    st.register_type_strategy(str, TEXTS)
    st.register_type_strategy(int, st.integers(-(2**53), 2**53))
    return st.one_of([st.from_type(kind) for kind in FACT_KINDS])


@given(every_fact(), TEXTS)
def test_there_and_back(fact: Fact, date: str) -> None:
    line = envelope_bytes(fact, PLACE, Position("id", 2, 7), business_date=date)
    envelope = decode_envelope(line)
    assert (envelope.epoch, envelope.seq, envelope.event_id) == (2, 7, "id")
    assert (envelope.store_id, envelope.terminal_id, envelope.version) == ("S001", "T03", 1)
    assert (envelope.business_date, envelope.occurred_at) == (date, occurred_at(fact))
    assert FACT_KINDS[type(fact)] == envelope.kind
    assert msgspec.json.decode(envelope.body, type=type(fact)) == fact
    assert b"\n" not in line


def test_a_line_of_a_till_before_packs_reads_back() -> None:
    line = SaleLine(1, "a", {"en": "A"}, "1", 1, "pcs", 5, 5, "std", pack=PackData("0" * 14, "L", "S"))
    body = msgspec.json.decode(msgspec.json.encode(line))
    assert msgspec.convert(body, SaleLine) == line
    del body["pack"]
    assert msgspec.convert(body, SaleLine) == replace(line, pack=None)


def test_a_sale_of_a_till_before_promotions_reads_back() -> None:
    line = SaleLine(1, "a", {"en": "A"}, "1", 2, "pcs", 5, 10, "std", paid_minor=9, runs=(UnitsPaid(1, 4),))
    body = msgspec.json.decode(msgspec.json.encode(line))
    assert msgspec.convert(body, SaleLine) == line
    for added in ("paid_minor", "runs"):
        del body[added]
    assert msgspec.convert(body, SaleLine) == replace(line, paid_minor=None, runs=())


def test_a_discount_as_it_travels() -> None:
    off = PriceModifier(1, "p", 3, {"en": "P"}, "item", "nth", 5, ((2, 5),), (("store", "", 5),))
    assert msgspec.json.decode(msgspec.json.encode(off)) == {
        "modifier_no": 1,
        "promotion_id": "p",
        "version": 3,
        "names": {"en": "P"},
        "layer": "item",
        "rule": "nth",
        "amount_minor": 5,
        "lines": [[2, 5]],
        "funding": [["store", "", 5]],
        "applications": 1,
        "code": "",
        "base_minor": 0,
        "points": 0,
        "gl_code": "",
    }


@given(st.builds(TransactionCompleted, receipt_number=st.just("")), TEXTS)
def test_the_receipt_number_is_put_in_last(sale: TransactionCompleted, number: str) -> None:
    body = msgspec.json.decode(body_bytes(sale, number))
    assert body["receipt_number"] == number
    assert body | {"receipt_number": ""} == msgspec.json.decode(body_bytes(sale))


def test_a_number_that_is_there_already_stays() -> None:
    shift = facts.OperatorSignedOn("s", "op", 1)
    assert body_bytes(shift, "S-1") == body_bytes(shift)


def scanned(*numbers: int) -> tuple[facts.ScanRecord, ...]:
    return tuple(facts.ScanRecord(number, "code", 10 * number, None, None) for number in numbers)


VOIDED = facts.TransactionVoided("t-1", "s", "2026-05-28", "o", 1, 2, "CNY", 0, (), (), scanned(4, 9, 2))
REFUSED = facts.ScanRefused(scanned(6)[0], "o", "2026-05-29")
OVERRIDE = facts.OverrideGiven("o-1", "void_sale", "a", "b", "why", 1, "t-2", 3)


@pytest.mark.parametrize(
    ("fact", "date", "transaction", "scan", "at_ms"),
    [
        (VOIDED, "2026-05-28", "t-1", 9, 2),
        (REFUSED, "2026-05-29", None, 6, 60),
        (OVERRIDE, "otherwise", "t-2", 0, 3),
    ],
)
def test_what_the_journal_notes_of_a_fact(
    fact: Any, date: str, transaction: str | None, scan: int, at_ms: int
) -> None:
    assert business_date_of(fact, "otherwise") == date
    assert transaction_of(fact) == transaction
    assert last_scan_of(fact) == scan
    assert occurred_at(fact) == at_ms


def test_words_may_be_any_mapping() -> None:
    words = MappingProxyType({"en": "VAT"})
    tax = facts.TaxLine("r", words, 1, True, 1, 1)
    totals = facts.ShiftTotals("s", 1, "d", "o", "n", 0, "CNY", 0, taxes=(tax,))
    settled = facts.ShiftSettled("s", "o", totals, 0, 0, 0, "", (), 1)
    assert b'"names":{"en":"VAT"}' in body_bytes(settled)
    with pytest.raises(TypeError, match="object"):
        body_bytes(facts.OperatorSignedOn("s", object(), 1))  # type: ignore[arg-type]
