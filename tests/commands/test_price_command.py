"""`posapp price`: what it prints, what it refuses, and what a return would give back."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from posapp.domain.pricing.proof.checker import check
from posapp.main import cli

CASE: dict[str, Any] = {
    "currency": "CNY",
    "basket": [{"sku": "a", "unit_price": "100", "qty": 2, "tax": [{"rate_pct": 13}]}],
    "promotions": [{"id": "half", "kind": {"type": "nth", "n": 2, "pct": 50}}],
}


@pytest.fixture
def case(tmp_path: Path) -> Path:
    return written(tmp_path, CASE)


def written(folder: Path, document: Any, name: str = "CASE.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(document), "utf-8")
    return path


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    document = json.loads(capsys.readouterr().out)
    assert isinstance(document, dict)
    return document


def test_the_answer_has_every_key(capsys: pytest.CaptureFixture[str], case: Path) -> None:
    assert cli(["price", str(case)]) == 0
    answer = told(capsys)
    wanted = {"total", "tax", "rounding", "lines", "discounts", "gifts", "points_earned", "certificate"}
    assert wanted | {"explanation"} <= set(answer)
    assert answer["total"] == "150.00"
    assert answer["tax"][0]["rate"] == "13"
    assert answer["tax"][0]["amount"] == "17.26"
    assert answer["lines"][0]["unit_shares"] == ["75.00", "75.00"]
    (discount,) = answer["discounts"]
    assert (discount["promotion"], discount["amount"]) == ("half", "50.00")
    assert discount["funding"] == [{"party": "store", "name": "", "amount": "50.00"}]


def test_a_case_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(CASE)))
    assert cli(["price", "-"]) == 0
    assert told(capsys)["total"] == "150.00"


def test_a_return(capsys: pytest.CaptureFixture[str], case: Path, tmp_path: Path) -> None:
    assert cli(["price", str(case), "--refund", "a=1"]) == 0
    assert told(capsys)["total"] == "75.00"
    returns = written(tmp_path, [{"a": 1}, {"#1": 1}], "returns.json")
    assert cli(["price", str(case), "--refund", str(returns)]) == 0
    answer = told(capsys)
    assert (answer["total"], answer["units"]) == (
        "75.00",
        [{"line": 1, "sku": "a", "unit": 2, "amount": "75.00"}],
    )
    assert answer["discounts"] == [{"promotion": "half", "amount": "25.00"}]


def test_what_remains_priced_again(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    case = written(tmp_path, CASE | {"policy": {"refund": "reprice"}})
    assert cli(["price", str(case), "--refund", "a=1"]) == 0
    assert told(capsys)["total"] == "50.00"
    faulty = written(tmp_path, {"returns": [{"a": 1}], "faulty": True}, "returns.json")
    assert cli(["price", str(case), "--refund", str(faulty)]) == 0
    assert told(capsys)["total"] == "75.00"


@pytest.mark.parametrize(
    ("returns", "sentence"),
    [
        ("a=3", "returns[0].a: only 2 can come back, not 3."),
        ("b=1", "returns[0].b: no line of the basket has it"),
        ("a=x", "'a=x' is no return"),
        ("a=0", "returns[0].a: must be pieces by SKU, a whole number above 0"),
        ([], "returns: must be a list of returns"),
        ([{}], "returns[0]: must be pieces by SKU"),
        ([{"a": True}], "returns[0].a: must be pieces by SKU, a whole number above 0"),
        ({"returns": [{"a": 1}], "gift": 1}, "gift is not known"),
        ({"returns": [{"a": 1}], "faulty": 1}, "faulty: must be true or false"),
        ({"returns": [{"a": 1}], "gifts_back": {"b": "x"}}, "gifts_back: must be pieces by SKU"),
    ],
)
def test_what_cannot_come_back_is_a_sentence(
    capsys: pytest.CaptureFixture[str], case: Path, tmp_path: Path, returns: Any, sentence: str
) -> None:
    wanted = returns if isinstance(returns, str) else str(written(tmp_path, returns, "returns.json"))
    assert cli(["price", str(case), "--refund", wanted]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(sentence)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{", "This is no JSON"),
        (b"\xff", "The file is no UTF-8 text"),
        (b'{"currency": "EUR"}', "basket: is missing; add it."),
    ],
)
def test_a_case_that_cannot_be_read_is_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "CASE.json"
    path.write_bytes(content)
    assert cli(["price", str(path)]) == 2
    assert capsys.readouterr().err.startswith(sentence)


def test_goods_of_the_shop_are_proposed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    parts = [{"of": {"sku": [sku]}} for sku in ("cola", "crisps")]
    meal = {"id": "meal", "kind": {"type": "bundle", "parts": parts, "price": "6"}}
    document = {
        "currency": "EUR",
        "basket": [{"sku": "cola", "unit_price": "5"}],
        "goods": [{"sku": "hat", "unit_price": "1"}, {"sku": "crisps", "unit_price": "3"}],
        "promotions": [meal],
    }
    assert cli(["price", str(written(tmp_path, document))]) == 0
    answer = told(capsys)
    assert answer["total"] == "5.00"
    assert answer["next_steps"] == [
        {
            "promotion": "meal",
            "saves": "2.00",
            "add_qty": 1,
            "add_amount": "0.00",
            "skus": ["crisps"],
            "new": True,
        }
    ]
    assert "Add 1 × crisps at 3.00 and save 2.00 by meal." in answer["explanation"]
    assert any("1 more of its goods is missing." in sentence for sentence in answer["explanation"])


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli(["price", str(tmp_path / "none.json")]) == 2
    assert capsys.readouterr().err.startswith("The file cannot be read")


def test_a_certificate_of_another_basket_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    goods = {"sku": "a", "unit_price": "10", "qty": 3}
    promotions = [
        {"id": "x", "kind": {"type": "pct", "pct": "50"}},
        {"id": "o", "kind": {"type": "order_pct", "pct": "10"}},
    ]
    case = written(tmp_path, {"currency": "CNY", "basket": [goods], "promotions": promotions})
    assert cli(["price", str(case)]) == 0
    answer = told(capsys)
    own = written(tmp_path, answer, "own.json")
    assert cli(["price", str(case), "--check", "--certificate", str(own)]) == 0
    forged = answer["certificate"]
    forged |= {"saving": 0, "answer": forged["answer"] | {"taken": [], "orders": []}}
    for each in forged["alternatives"]:
        each |= {"goods": 0, "open": []}
    # A proof of its own, but not of this basket.
    assert check(forged) == []
    capsys.readouterr()
    path = str(written(tmp_path, forged, "forged.json"))
    assert cli(["price", str(case), "--certificate", path]) == 1
    faults = capsys.readouterr().err
    assert "a saving of 0, the basket saves 1650." in faults
    assert "alternatives[0].goods is not what the case comes to" in faults
    other = written(
        tmp_path, {"currency": "CNY", "basket": [goods | {"qty": 2}], "promotions": promotions}, "other.json"
    )
    assert cli(["price", str(other), "--certificate", str(own)]) == 1
    assert "items[0].units" in capsys.readouterr().err
    assert cli(["price", str(case), "--certificate", str(written(tmp_path, [], "none.json"))]) == 2


def test_goods_taken_back_in_the_sale_itself_cannot_come_back(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    basket = [
        {"sku": "a", "unit_price": "10", "qty": -1},
        {"sku": "b", "unit_price": "10", "qty": -1},
        {"sku": "b", "unit_price": "30"},
    ]
    case = written(tmp_path, {"currency": "CNY", "basket": basket, "promotions": []})
    for wanted in ("a=1", "#1=1"):
        assert cli(["price", str(case), "--refund", wanted]) == 2
        assert "was taken back in this sale itself" in capsys.readouterr().err
    # Of goods that go both ways those that were sold come back.
    assert cli(["price", str(case), "--refund", "b=1"]) == 0
    assert told(capsys)["total"] == "30.00"
    assert cli(["price", str(case), "--refund", "b=2"]) == 2
    assert "only 1 can come back" in capsys.readouterr().err


def test_check_fails_for_a_promotion_that_cannot_be_read(
    capsys: pytest.CaptureFixture[str], case: Path, tmp_path: Path
) -> None:
    assert cli(["price", str(case), "--check"]) == 0
    capsys.readouterr()
    bad = written(tmp_path, CASE | {"promotions": [{"id": "x", "kind": {"type": "magic"}}]})
    assert cli(["price", str(bad)]) == 0
    assert told(capsys)["unread"][0]["promotion"] == "x"
    assert cli(["price", str(bad), "--check"]) == 1
    assert "promotions[0].kind.type" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "why"), [(b"\xff\xfe{}", "no UTF-8"), (b"", "no JSON"), (None, "no standard")]
)
def test_standard_input_that_is_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, content: bytes | None, why: str
) -> None:
    given = None if content is None else io.TextIOWrapper(io.BytesIO(content), "ascii")
    monkeypatch.setattr(sys, "stdin", given)
    assert cli(["price", "-"]) == 2
    assert why in capsys.readouterr().err


def test_standard_input_is_utf_8_with_its_mark_as_a_file_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = json.dumps(CASE | {"promotions": [{"id": "半价", "kind": {"type": "nth", "n": 2, "pct": 50}}]})
    piped = io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbf" + text.encode()), "ascii")
    monkeypatch.setattr(sys, "stdin", piped)
    assert cli(["price", "-"]) == 0
    assert told(capsys)["discounts"][0]["promotion"] == "半价"
