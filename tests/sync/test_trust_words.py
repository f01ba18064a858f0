"""Codes as people type them, statements that cannot be mistaken for each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.protocol import chain
from sync.protocol.trust import (
    enrol_statement,
    from_text,
    plain_code,
    rotate_statement,
    session_statement,
    spelled_code,
    to_text,
)


@given(st.binary(min_size=10, max_size=10), st.sampled_from(["-", " ", "", " - "]), st.booleans())
def test_a_code_survives_being_written_down(secret: bytes, between: str, small: bool) -> None:
    code = spelled_code(secret)
    assert len(code) == 19
    typed = between.join(code.split("-"))
    typed = typed.lower() if small else typed
    assert plain_code(typed) == plain_code(code) == code.replace("-", "")
    assert plain_code(typed.replace("0", "O").replace("1", "l")) == plain_code(code)


@given(st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_different_secrets_are_different_codes(one: bytes, other: bytes) -> None:
    assert (spelled_code(one) == spelled_code(other)) == (one == other)


@pytest.mark.parametrize("typed", ["", "0000", "0000-0000-0000-000U", "0" * 17, "0000-0000-0000-000é"])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert plain_code(typed) is None


@given(st.binary(max_size=80))
def test_bytes_travel_without_padding(value: bytes) -> None:
    assert "=" not in to_text(value)
    assert from_text(to_text(value)) == value


@given(st.text(max_size=12))
def test_any_text_is_bytes_or_none(text: str) -> None:
    assert from_text(text) is None or isinstance(from_text(text), bytes)


def test_no_statement_is_another() -> None:
    made = [
        enrol_statement("a", "b"),
        session_statement("a", "b"),
        rotate_statement("a", "b", "c"),
        chain.batch_statement("a", "b", epoch=1, last_seq=1, chain=bytes(32)),
    ]
    beginnings = {one.partition(b"\0")[0] for one in made}
    assert len(beginnings) == len(made)
