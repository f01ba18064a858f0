"""Documents of recalls, markdowns and stock: read leniently, counted where they cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.exchange.shop_rules import StockRow, read_markdowns, read_recalls, read_stock


@pytest.mark.parametrize(
    ("document", "row"),
    [
        (b'{"sku":"a","sellable":12,"as_of_ms":5}', StockRow(12, 5)),
        (b'{"sku":"a","sellable":-3}', StockRow(-3, 0)),
        (b'{"sku":"a","sellable":1.5}', None),
        (b'{"sku":"a","sellable":true}', None),
        (b'{"sku":"a","sellable":1,"as_of_ms":"x"}', None),
        (b'{"sku":"a","sellable":99999999999999999999}', None),
        (b'{"sku":"a"}', None),
        (b"[]", None),
        (b"\xff", None),
    ],
)
def test_a_figure_or_none(document: bytes, row: StockRow | None) -> None:
    assert read_stock(document) == row


def test_a_percentage_with_a_point_keeps_its_digits() -> None:
    sent = read_markdowns([b'{"rule_id":"r","all":true,"steps":[{"days_left":1,"percent":12.5}]}', b"{}"])
    assert (sent.rules.for_all[0].steps[0].ppm, sent.unreadable) == (125_000, 1)


@given(st.lists(st.binary(max_size=40), max_size=3))
def test_whatever_comes_is_counted(documents: list[bytes]) -> None:
    recalls, rules = read_recalls(documents), read_markdowns(documents)
    assert recalls.list.count + recalls.unreadable == len(documents)
    assert rules.rules.count + rules.unreadable == len(documents)


def test_deeply_nested_bytes_are_unreadable() -> None:
    assert read_recalls([b"[" * 100_000]).unreadable == 1
