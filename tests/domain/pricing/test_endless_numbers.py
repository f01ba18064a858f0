"""A few bytes of a document that nobody could ever work out are refused at once: no till waits for them."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from posapp.domain.pricing.cases.reading import BadCase, read_case
from posapp.domain.pricing.documents.reading import read_promotion
from posapp.domain.pricing.documents.reading_values import decimal_of
from posapp.domain.pricing.terms.promotion import UnreadablePromotion

ENDLESS = ("1E-999999999", "1." + "0" * 300_000 + "1", "7E-101")


@pytest.mark.parametrize("text", ENDLESS, ids=("far", "long", "just"))
def test_a_number_without_end_is_no_number(text: str) -> None:
    number = Decimal(text)
    assert decimal_of(number) is None
    for kind in ({"type": "amount", "amount": number}, {"type": "points_x", "times": number}):
        found = read_promotion({"id": "P", "kind": kind}, currency="EUR")
        assert isinstance(found, UnreadablePromotion)
    line = '{"sku": "a", "unit_price": ' + text + "}"
    with pytest.raises(BadCase, match="unit_price"):
        read_case('{"currency": "EUR", "basket": [' + line + "]}")


@pytest.mark.parametrize("text", ["1E+1", "10.000", "0E-999999999", "0.10000000000000000555"])
def test_other_ways_to_write_a_number_are_read(text: str) -> None:
    assert decimal_of(json.loads(text, parse_float=Decimal)) == Decimal(text)


def test_a_number_too_large_to_be_one_is_told() -> None:
    with pytest.raises(BadCase, match="too large"):
        read_case('{"currency": "EUR", "basket": [{"sku": "a", "unit_price": 1e9999999999999999999}]}')
