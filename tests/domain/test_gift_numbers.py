"""Numbers of gift cards: every wrong sign shows, and what people misread is read right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.members.gift_numbers import RANDOM_BYTES, gift_number, gift_tail, make_gift_number

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@given(st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES), st.integers(1, 15), st.sampled_from(SIGNS))
def test_a_number_is_known_again_and_no_single_wrong_sign_is(noise: bytes, at: int, sign: str) -> None:
    number = make_gift_number(noise)
    assert gift_number(number) == number
    assert gift_number(f" {number[:4]} {number[4:8]}-{number[8:]}".lower()) == number
    wrong = number[:at] + sign + number[at + 1 :]
    assert gift_number(wrong) == (number if wrong == number else None)


def test_misread_signs_and_the_tail() -> None:
    number = make_gift_number(bytes([0, 1] * 7))
    assert number.startswith("G01010101010101")
    assert gift_number(number.replace("0", "O").replace("1", "l")) == number
    assert gift_tail("G0000000000007F3K") == "··7F3K"


@pytest.mark.parametrize("text", ["", "G", "6901234567892", "M0123456789ABCDEF", "G" * 16])
def test_other_texts_are_none(text: str) -> None:
    assert gift_number(text) is None


def test_too_little_noise_makes_no_number() -> None:
    with pytest.raises(ValueError, match="14 bytes"):
        make_gift_number(b"short")
