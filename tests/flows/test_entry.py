from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.money import parse_amount
from posapp.flows.entry import edit, edit_pin, grams_of

KEYS = st.lists(st.sampled_from([*"0123456789", "00", ".", "back", "clear", "", "x", "٣"]), max_size=30)


def keyed(keys: list[str], decimals: int) -> str:
    """The entry after some keys."""
    entry = ""
    for key in keys:
        entry = edit(entry, key, decimals=decimals)
    return entry


@pytest.mark.parametrize(
    ("keys", "decimals", "entry"),
    [
        ("12.34", 2, "12.34"),
        ("12.345", 2, "12.34"),
        ("1..2", 2, "1.2"),
        (".5", 2, "0.5"),
        ("12.5", 0, "125"),
        ("007", 2, "7"),
        ("0", 2, "0"),
        ("00.5", 2, "0.5"),
        ("1234567890", 2, "123456789"),
        ("", 2, ""),
    ],
)
def test_editing(keys: str, decimals: int, entry: str) -> None:
    assert keyed(list(keys), decimals) == entry


def test_keys_with_names() -> None:
    assert keyed(["1", "00", "back"], 2) == "10"
    assert keyed(["1", "clear"], 2) == ""
    assert keyed(["0", "00"], 2) == "0"
    assert keyed(["1", ".", "5", "00"], 2) == "1.5"
    assert keyed(["x", "٣", ""], 2) == ""


@given(KEYS)
def test_what_can_be_keyed_is_an_amount(keys: list[str]) -> None:
    entry = keyed(keys, 2)
    assert entry == "" or parse_amount(entry, "CNY") is not None
    assert len(entry) <= 12


def test_pins() -> None:
    assert edit_pin("00", "7") == "007"
    assert edit_pin("007", "back") == "00"
    assert edit_pin("007", "clear") == ""
    assert edit_pin("1" * 12, "1") == "1" * 12
    assert edit_pin("1", ".") == "1"


@pytest.mark.parametrize(
    ("entry", "grams"),
    [("1.286", 1286), ("1", 1000), ("1.", 1000), ("0.5", 500), ("", None), ("1.2345", None)],
)
def test_kilograms(entry: str, grams: int | None) -> None:
    assert grams_of(entry) == grams
