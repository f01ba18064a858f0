"""Spellings that a stranger would try in a CASE: null for nothing, keys twice, codes of no promotion."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from posapp.domain.pricing.cases.answer import answer
from posapp.domain.pricing.cases.reading import BadCase, read_case
from posapp.domain.pricing.cases.running import price_case

CASE_KEYS = [
    "minor_digits", "tax_mode", "tax_rounding", "at", "store", "region", "channel", "member", "promotions",
    "codes", "points", "policy", "uses", "deposits", "tender", "paid_otherwise", "gift_cards", "goods",
    "gift_values", "allocate", "round", "tax_exempt",
]  # fmt: skip
LINE_KEYS = ["qty", "tax", "tags", "category", "brand", "name", "locked", "floor", "margin"]
PROMOTION = {"id": "p", "kind": {"type": "pct", "pct": 10}}


def told(**case: Any) -> dict[str, Any]:
    read = read_case(json.dumps({"currency": "EUR", "basket": [{"sku": "a", "unit_price": "10"}]} | case))
    return answer(read, price_case(read))


def sentence(text: str) -> str:
    with pytest.raises(BadCase) as caught:
        read_case(text)
    return str(caught.value)


@pytest.mark.parametrize("key", CASE_KEYS)
def test_null_is_not_stated(key: str) -> None:
    assert told(**{key: None}) == told()


@pytest.mark.parametrize("key", LINE_KEYS)
def test_null_of_a_line_is_not_stated(key: str) -> None:
    assert told(basket=[{"sku": "a", "unit_price": "10", key: None}]) == told()


def test_null_of_what_is_required_is_missing() -> None:
    assert sentence('{"currency": null, "basket": []}') == "currency: is missing; add it."
    assert sentence('{"currency": "EUR", "basket": null}') == "basket: is missing; add it."


def test_null_in_a_promotion_is_judged_as_its_schema_judges_it() -> None:
    found = told(promotions=[PROMOTION | {"on": None}])
    assert [each["path"] for each in found["unread"]] == ["promotions[0].on"]
    assert found["total"] == "10.00"


@pytest.mark.parametrize(
    "text",
    [
        '{"currency": "EUR", "currency": "USD", "basket": []}',
        '{"basket": [{"sku": "a", "unit_price": 1, "unit_price": 2}], "currency": "EUR"}',
    ],
)
def test_a_key_that_stands_twice_is_a_sentence(text: str) -> None:
    assert "stands twice in one table" in sentence(text)


def test_a_code_that_no_promotion_asks_for_is_told() -> None:
    coupon = PROMOTION | {"needs": {"coupon": {"code": "TEN"}}}
    letter = {"id": "q", "kind": {"type": "amount", "amount": 1}, "needs": {"coupon": {"batch": "spring"}}}
    found = told(codes=["ten", "NOPE", {"code": "4711", "batch": "spring"}], promotions=[coupon, letter])
    assert [one for one in found["explanation"] if one.startswith("Code ")] == [
        "Code NOPE is of no promotion here."
    ]


def test_prices_of_an_exempt_sale_are_what_their_rounded_tax_leaves() -> None:
    basket = [{"sku": "a", "unit_price": "9.99", "tax": [{"rate_pct": 20, "price_includes": True}]}]
    assert told(basket=basket, tax_exempt=True)["total"] == "8.32"
    assert told(basket=basket, tax_exempt=True, policy={"tax_round_mode": "half_down"})["total"] == "8.33"


def test_taxes_are_put_into_prices_line_by_line() -> None:
    taxed = {"qty": 3, "tax": [{"rate_pct": 7, "price_includes": False}]}
    basket = [{"sku": "a", "unit_price": "1.05"} | taxed, {"sku": "b", "unit_price": "2.00"} | taxed]
    found = told(basket=basket, policy={"amounts": "with_tax"})
    assert (found["total"], found["goods"], found["tax_added"]) == ("9.79", "9.79", "0.00")
    assert [(each["line"], each["sku"], each["qty"], each["amount"]) for each in found["lines"]] == [
        (1, "a", 2, "2.24"), (2, "b", 3, "6.42"), (3, "a", 1, "1.13"),
    ]  # fmt: skip


@pytest.mark.parametrize("amounts", ["as_priced", "with_tax", "without_tax"])
def test_a_line_of_no_pieces_is_no_line(amounts: str) -> None:
    tax = {"tax": [{"rate_pct": 7, "price_includes": amounts == "without_tax"}]}
    goods = [
        {"sku": "a", "unit_price": "1.05", "qty": 0} | tax,
        {"sku": "b", "unit_price": "2.005", "qty": "0.0"} | tax,
    ]
    found = told(basket=[*goods, {"sku": "c", "unit_price": "3"}], policy={"amounts": amounts})
    assert [(each["line"], each["sku"], each["amount"]) for each in found["lines"]] == [(3, "c", "3.00")]
    assert (found["total"], found["tax"]) == ("3.00", [])
    assert "unit_price: is missing" in sentence('{"currency": "EUR", "basket": [{"sku": "a", "qty": 0}]}')


def test_a_reader_that_has_seen_enough_is_no_fault(tmp_path: Path) -> None:
    case = tmp_path / "case.json"
    case.write_text(json.dumps({"currency": "EUR", "basket": [{"sku": "a", "unit_price": 1, "qty": 9999}]}))
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "posapp", "price", str(case)],
            stdout=closed, stderr=subprocess.PIPE, timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
