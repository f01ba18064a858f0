"""Codes: check digits, one key for every spelling, embedded values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.codes import EmbeddedValue, check_digit, is_gtin, normalise, pattern_match
from posapp.domain.shop import CodePattern

PRICE = CodePattern("21", 5, 5, "price")
WEIGHT = CodePattern("22", 4, 6, "weight")
digits = st.text("0123456789", min_size=7, max_size=13)


def plain_check_digit(body: str) -> str:
    """The rule as GS1 words it, digit by digit."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return str((10 - total % 10) % 10)


@given(digits)
def test_check_digit_is_the_rule(body: str) -> None:
    assert check_digit(body) == plain_check_digit(body)


@given(digits.filter(lambda body: len(body) in (7, 11, 12, 13) and body.strip("0")))
def test_every_spelling_of_a_gtin_has_one_key(body: str) -> None:
    gtin = body + check_digit(body)
    key = gtin.zfill(14)
    spellings = {gtin, gtin.zfill(14), f" {gtin}\r\n", f"]E0{gtin}", "\ufeff" + gtin, " ".join(gtin)}
    spellings |= {gtin.zfill(length) for length in (12, 13) if length >= len(gtin)}
    assert {normalise(text).key for text in spellings} == {key}
    assert all(normalise(text).kind == "gtin" and normalise(text).gtin14 == key for text in spellings)


@given(st.text(max_size=30))
def test_no_internal_code_looks_like_a_gtin_and_cleaning_settles(text: str) -> None:
    code = normalise(text)
    assert (code.kind == "internal") == code.key.startswith("=")
    assert (code.kind == "internal") == (code.gtin14 is None)
    if code.kind == "internal":
        again = normalise(code.text)
        assert again.key == code.key or code.text.startswith("]")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("4006381333931", "04006381333931"),
        ("036000291452", "00036000291452"),
        ("96385074", "00000096385074"),
        ("４００６３８１３３３９３１", "04006381333931"),
        ("4006381333930", "=4006381333930"),
        ("400638133393", "=400638133393"),
        ("0000000000000", "=0000000000000"),
        ("ABC-12", "=ABC-12"),
        ("abc 12", "=abc12"),
        ("]C1ABC", "=ABC"),
        ("]C", "=]C"),
        ("", "="),
        (" \t\r\n", "="),
        ("ＡＢ－１", "=AB-1"),
        ("²¹", "=²¹"),
    ],
)
def test_examples(text: str, key: str) -> None:
    assert normalise(text).key == key


def test_only_gtin_lengths_are_gtins() -> None:
    assert not is_gtin("17")
    assert not is_gtin("٤٠٠٦٣٨١٣٣٣٩٣١")


def numbered(body: str) -> str:
    return body + check_digit(body)


def test_price_and_weight_are_read_and_the_key_is_renewed() -> None:
    read = pattern_match(normalise(numbered("210012301999")), [WEIGHT, PRICE])
    assert read == EmbeddedValue("0" + numbered("210012300000"), 1999, "price")
    read = pattern_match(normalise(numbered("220042001286")), [PRICE, WEIGHT])
    assert read == EmbeddedValue("0" + numbered("220042000000"), 1286, "weight")


@pytest.mark.parametrize(
    "text",
    ["210012301990", "ABC", numbered("230012301999"), numbered("2100123"), numbered("210012300000"), ""],
)
def test_what_carries_nothing(text: str) -> None:
    assert pattern_match(normalise(text), [PRICE, WEIGHT]) is None


@given(st.integers(0, 99_999), st.integers(1, 99_999))
def test_the_key_of_an_item_does_not_depend_on_the_value(item: int, value: int) -> None:
    read = pattern_match(normalise(numbered(f"21{item:05d}{value:05d}")), [PRICE])
    assert read is not None
    assert read.value == value
    assert normalise(read.lookup_key).key == read.lookup_key
    assert read.lookup_key == "0" + numbered(f"21{item:05d}00000")
