"""Where codes begin and end in a stream, and what text their bytes are."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.devices.scanners.framing import CODE_BYTES_MAX, HALF_MS, Broken, Complete, Framed, Framer
from posapp.devices.scanners.symbologies import ScanDataType, aim_of, is_aim, scan_data_type
from posapp.devices.scanners.texts import ScannedText, decode, scanned_text

A, B = b"6901028180559", b"]C1010690102818055910LOT\x1d17261231"


def codes(found: list[Framed]) -> list[bytes]:
    return [each.data for each in found if isinstance(each, Complete)]


@pytest.mark.parametrize(
    ("frame", "sent"),
    [
        ("cr", A + b"\r" + B + b"\r"),
        ("cr", A + b"\r\n" + B + b"\r\n"),
        ("lf", A + b"\n" + B + b"\n"),
        ("lf", A + b"\r\n" + B + b"\r\n"),
        ("crlf", A + b"\r\n" + B + b"\r\n"),
        ("tab", A + b"\t" + B + b"\t"),
        ("etx", A + b"\x03" + B + b"\x03"),
        ("stx-etx", b"\x02" + A + b"\x03\x02" + B + b"\x03"),
        ("stx-etx", b"noise\x02" + A + b"\x03noise\x02" + B + b"\x03"),
        ("auto", A + b"\r" + B + b"\n"),
        ("auto", A + b"\r\n" + B + b"\t"),
        ("auto", b"\x02" + A + b"\x03\x02" + B + b"\x03"),
        ("auto", b"\0\0" + A + b"\r\n\r\n" + B + b"\r"),
    ],
)
def test_the_ends_part_the_codes_however_the_bytes_are_cut(frame: str, sent: bytes) -> None:
    whole = Framer(frame)
    assert codes(whole.feed(sent, 0)) == [A, B]
    bytewise = Framer(frame)
    found = [each for i in range(len(sent)) for each in bytewise.feed(sent[i : i + 1], i)]
    assert codes(found) == [A, B]
    assert not [each for each in found if isinstance(each, Broken)]


def test_silence_ends_a_code_where_that_is_the_frame() -> None:
    framer = Framer("silence", silence_ms=80)
    assert framer.feed(A, 0) == []
    assert framer.idle(79) == []
    assert framer.idle(80) == [Complete(A, 0)]
    assert framer.idle(1000) == []
    assert framer.feed(B, 1000) == []
    assert codes(framer.feed(A, 1100)) == [B]


def test_a_text_of_several_lines_is_one_code_where_silence_ends_it() -> None:
    framer = Framer("silence", silence_ms=80)
    framer.feed(b"BEGIN:VCARD\r\nN:Li\tMing\r\n", 0)
    assert codes(framer.idle(500)) == [b"BEGIN:VCARD\r\nN:Li\tMing"]


def test_without_ends_silence_counts_until_the_first_end_came() -> None:
    framer = Framer("auto", silence_ms=80)
    framer.feed(A, 0)
    assert codes(framer.idle(100)) == [A]
    assert codes(framer.feed(B + b"\r", 200)) == [B]
    framer.feed(A[:6], 300)
    assert framer.idle(300 + HALF_MS - 1) == []
    assert framer.idle(300 + HALF_MS) == [Broken("half", 300 + HALF_MS)]


def test_half_a_code_never_joins_the_next_nor_counts_as_one() -> None:
    framer = Framer("cr")
    framer.feed(A[:6], 0)
    assert framer.feed(B + b"\r", 10_000) == [Broken("half", 10_000), Complete(B, 10_000)]


def test_a_scanner_that_was_set_to_send_no_end_is_understood_after_two_codes() -> None:
    framer = Framer("auto", silence_ms=80)
    framer.feed(A + b"\r", 0)
    for start in (1000, 3000):
        framer.feed(A, start)
        assert [type(each) for each in framer.idle(start + HALF_MS)] == [Broken]
    framer.feed(A, 5000)
    assert codes(framer.idle(5080)) == [A]


def test_stx_in_the_middle_begins_anew() -> None:
    framer = Framer("stx-etx")
    assert framer.feed(b"\x02" + A[:5] + b"\x02" + A + b"\x03", 0) == [Broken("half", 0), Complete(A, 0)]


def test_what_never_ends_is_bounded_and_dropped_up_to_its_end() -> None:
    framer = Framer("cr")
    assert framer.feed(b"x" * (CODE_BYTES_MAX + 500), 0) == []
    assert len(framer._data) == CODE_BYTES_MAX
    assert framer.feed(b"yz\r" + A + b"\r", 1) == [Broken("too_long", 1), Complete(A, 1)]
    assert codes(framer.feed(b"7" * CODE_BYTES_MAX + b"\r", 2)) == [b"7" * CODE_BYTES_MAX]


def test_a_broken_stream_loses_what_was_begun_only() -> None:
    framer = Framer("auto")
    framer.feed(A + b"\r" + B[:9], 0)
    assert framer.reset(5) == [Broken("half", 5)]
    assert framer.reset(6) == []
    assert codes(framer.feed(B + b"\r", 7)) == [B]


def test_what_follows_lost_bytes_is_no_code_up_to_its_end() -> None:
    framer = Framer("auto")
    framer.feed(A + b"\r" + A[:4], 0)
    framer.spoil(1)
    assert framer.feed(A[7:] + b"\r" + B + b"\r", 2) == [Broken("half", 2), Complete(B, 2)]


CODES = st.binary(min_size=1, max_size=30).filter(lambda data: not set(data) & set(b"\r\n\0"))


@given(st.lists(CODES, max_size=8), st.randoms(use_true_random=False))
def test_any_bytes_in_any_pieces_come_out_as_they_went_in(sent: list[bytes], dice: random.Random) -> None:
    stream, framer, found = b"".join(data + b"\r" for data in sent), Framer("cr"), []
    while stream:
        cut = dice.randint(1, len(stream))
        found += framer.feed(stream[:cut], 0)
        stream = stream[cut:]
    assert codes(found) == sent


# ----------------------------------------------------------------- texts
@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        (B, "auto", B.decode()),
        ("会员码 8812".encode(), "auto", "会员码 8812"),
        ("会员码 8812".encode("gb18030"), "auto", "会员码 8812"),
        ("𠮷野家".encode("gb18030"), "auto", "𠮷野家"),
        ("\ufeff订单".encode(), "auto", "订单"),
        ("Café".encode("latin-1"), "latin-1", "Café"),
        ("会员".encode("gb18030"), "utf-8", None),
        (b"\xff\xfe\x9c\x80", "auto", None),
        (b"690\x07102", "auto", None),
        (b"690\0102", "auto", None),
        (b"", "auto", None),
        (b"[)>\x1e06\x1d12P\x1e\x04", "auto", "[)>\x1e06\x1d12P\x1e\x04"),
    ],
)
def test_bytes_become_the_text_they_are_or_none(data: bytes, encoding: str, text: str | None) -> None:
    assert decode(data, encoding) == text


@given(st.binary(max_size=60))
def test_no_bytes_are_an_exception(data: bytes) -> None:
    text = decode(data)
    assert text is None or text


def test_an_identifier_is_told_apart_once() -> None:
    assert scanned_text("]E06901028180559") == ScannedText("]E06901028180559", "]E0", "6901028180559")
    assert scanned_text("6901028180559", "]E0") == ScannedText("]E06901028180559", "]E0", "6901028180559")
    assert scanned_text("]E06901028180559", "]E0").raw == "]E06901028180559"
    assert scanned_text("6901028180559") == ScannedText("6901028180559", "", "6901028180559")
    assert scanned_text("]E0") == ScannedText("]E0", "", "]E0")
    assert scanned_text("]会员码") == ScannedText("]会员码", "", "]会员码")


# ----------------------------------------------------------------- names of symbologies
@pytest.mark.parametrize(
    ("aim", "label", "kind"),
    [
        ("]E0", "6901028180559", ScanDataType.EAN13),
        ("]E0", "012345678905", ScanDataType.UPCA),
        ("]E0", "01234565", ScanDataType.UPCE),
        ("]E3", "977123456700312", ScanDataType.EAN13_S),
        ("]E4", "96385074", ScanDataType.EAN8),
        ("]C0", "X", ScanDataType.CODE128),
        ("]C1", "0106901028180559", ScanDataType.GS1128),
        ("]e0", "0106901028180559", ScanDataType.GS1DATABAR),
        ("]e0", "010690102818055910LOT", ScanDataType.GS1DATABAR_E),
        ("]Q1", "x", ScanDataType.QRCODE),
        ("]Q3", "x", ScanDataType.GS1QRCODE),
        ("]d1", "x", ScanDataType.DATAMATRIX),
        ("]d2", "x", ScanDataType.GS1DATAMATRIX),
        ("]I1", "16901028180556", ScanDataType.ITF_CK),
        ("]X0", "x", ScanDataType.OTHER),
        ("]y9", "x", ScanDataType.OTHER),
        ("", "6901028180559", ScanDataType.UNKNOWN),
        ("E0]", "6901028180559", ScanDataType.UNKNOWN),
    ],
)
def test_the_identifier_names_the_symbology(aim: str, label: str, kind: ScanDataType) -> None:
    assert scan_data_type(aim, label) is kind


def test_there_and_back_again_every_identifier_is_one_of_its_own_symbology() -> None:
    for kind in ScanDataType:
        aim = aim_of(kind)
        assert (aim == "") == (kind in (ScanDataType.UNKNOWN, ScanDataType.OTHER, ScanDataType.TFMAT))
        assert not aim or is_aim(aim)
    # Where the number of digits and the option decide nothing, the way back is the same symbology.
    for kind in (
        ScanDataType.CODE39,
        ScanDataType.GS1128,
        ScanDataType.QRCODE,
        ScanDataType.AZTEC,
        ScanDataType.EAN8,
    ):
        assert scan_data_type(aim_of(kind), "12345670") is kind
