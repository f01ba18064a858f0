"""Every kind of code that can be drawn is read back by a decoder, and what cannot be drawn is refused."""

from __future__ import annotations

import numpy as np
import pytest
import zxingcpp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from posapp.devices.barcodes import KINDS, Drawing, DrawingError, draw

GS1 = "(01)06901234567892(10)AB12(21)77"
SAMPLES = {
    "ean-13": "690123456789",
    "ean-8": "1234567",
    "upc-a": "03600029145",
    "upc-e": "01234565",
    "itf": "12345678901231",
    "code-39": "ABC-12",
    "code-128": "Ab-]/1234567",
    "gs1-128": GS1,
    "qr": "会员 é M1",
    "gs1-qr": GS1,
    "gs1-datamatrix": GS1,
    "databar-expanded": "(01)98898765432106(3103)001750",
}


def read(drawing: Drawing) -> list[zxingcpp.Barcode]:
    """What a decoder finds in a drawing at three dots a module with its own quiet zone."""
    modules = np.array(drawing.rows)
    if drawing.linear:
        modules = np.repeat(modules, 30, axis=0)
    dots = np.kron(np.pad(modules, drawing.quiet), np.ones((3, 3), bool))
    return zxingcpp.read_barcodes(np.where(dots, 0, 255).astype(np.uint8))


def test_there_is_a_sample_of_every_kind() -> None:
    assert set(SAMPLES) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_drawn_is_read(kind) -> None:
    drawing = draw(kind, SAMPLES[kind])
    assert [found.bytes for found in read(drawing)] == [drawing.payload]


@pytest.mark.parametrize(
    ("kind", "identifier"), [("gs1-128", "]C1"), ("gs1-qr", "]Q3"), ("gs1-datamatrix", "]d2")]
)
def test_gs1_symbols_say_that_they_are_gs1(kind, identifier) -> None:
    found = read(draw(kind, GS1))
    assert [code.symbology_identifier for code in found] == [identifier]
    assert found[0].bytes.lstrip(b"\x1d") == b"010690123456789210AB12\x1d2177"


def test_missing_check_digits_are_added() -> None:
    assert draw("ean-13", "690123456789").text == "6901234567892"
    assert draw("ean-8", "1234567").text == "12345670"
    assert draw("upc-a", "03600029145").text == "036000291452"


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("ean-13", "6901234567890", "it would be 2"),
        ("ean-13", "69012", "12 or 13 digits"),
        ("ean-13", "69012345678９0", "12 or 13 digits"),
        ("ean-8", "12345671", "it would be 0"),
        ("upc-e", "1234565", "8 digits"),
        ("upc-e", "01234560", "check digit"),
        ("itf", "123", "even number"),
        ("code-39", "abc", "capitals"),
        ("code-128", "中", "of ASCII"),
        ("gs1-128", "0106901234567892", "in brackets"),
        ("gs1-datamatrix", "(01)", "in brackets"),
        ("qr", "", "1 to 300"),
        ("qr", "x" * 301, "1 to 300"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(kind, text, says) -> None:
    with pytest.raises(DrawingError, match=says):
        draw(kind, text)


@pytest.mark.parametrize("kind", ["code-128", "gs1-128"])
def test_a_leading_99_is_not_lost(kind) -> None:
    """What looks like a switch of code sets is data."""
    drawing = draw(kind, "9912345678" if kind == "code-128" else "(99)99123456")
    assert [found.bytes for found in read(drawing)] == [drawing.payload]
    assert b"9912345" in drawing.payload


@example("99")
@example("100")
@example("1011")
@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=24))
def test_any_plain_text_as_bars(text) -> None:
    drawing = draw("code-128", text)
    assert [found.bytes for found in read(drawing)] == [text.encode("ascii")]
