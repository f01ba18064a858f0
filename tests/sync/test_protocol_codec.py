"""Lines and batches on the wire: exact bytes there and back, and nothing larger than agreed."""

from __future__ import annotations

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.protocol import codec
from sync.protocol.envelope import Envelope
from sync.protocol.messages import Change, FeedPage, PushReply

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
name = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=64)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)
envelopes = st.builds(
    Envelope,
    event_id=name,
    kind=name,
    version=st.integers(1, 99),
    store_id=text,
    terminal_id=text,
    epoch=st.integers(0, codec.SEQ_MAX),
    seq=st.integers(1, codec.SEQ_MAX),
    occurred_at=st.integers(-codec.SEQ_MAX, codec.SEQ_MAX),
    business_date=text,
    body=json_values.map(lambda value: msgspec.Raw(msgspec.json.encode(value))),
)


@given(envelopes)
def test_an_envelope_comes_back_as_it_went(envelope: Envelope) -> None:
    line = codec.encode_envelope(envelope)
    assert b"\n" not in line
    back = codec.decode_envelope(line)
    assert codec.encode_envelope(back) == line
    assert bytes(back.body) == bytes(envelope.body)


@given(st.lists(st.binary(max_size=200).filter(lambda line: b"\n" not in line), max_size=30))
def test_a_batch_keeps_every_byte_and_every_place(lines: list[bytes]) -> None:
    assert codec.unpack(codec.pack(lines)) == lines


def test_a_line_end_inside_a_line_is_refused() -> None:
    with pytest.raises(codec.WireError):
        codec.pack([b"a\nb"])


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_never_more(data: bytes) -> None:
    for read in (codec.unpack, codec.decode_envelope, lambda raw: codec.decode_message(raw, FeedPage)):
        try:
            read(data)
        except codec.WireError:
            continue


@given(envelopes, st.data())
def test_a_damaged_line_is_refused_or_another_envelope(envelope: Envelope, data: st.DataObject) -> None:
    line = bytearray(codec.encode_envelope(envelope))
    place = data.draw(st.integers(0, len(line) - 1))
    line[place] ^= data.draw(st.integers(1, 255))
    try:
        read = codec.decode_envelope(bytes(line))
    except codec.WireError:
        return
    assert read.seq >= 1


def bomb(size: int) -> bytes:
    return zstandard.ZstdCompressor(level=19).compress(bytes(size))


def test_a_small_batch_cannot_become_a_large_one() -> None:
    packed = bomb(codec.BATCH_MAX_PLAIN_BYTES * 4)
    assert len(packed) < 100_000
    with pytest.raises(codec.TooLargeError):
        codec.unpack(packed)


@pytest.mark.parametrize("extra", [0, 1])
def test_bounds_hold_to_the_byte(extra: int) -> None:
    plain = codec.compress(bytes(1000 + extra))
    if extra:
        with pytest.raises(codec.TooLargeError):
            codec.decompress(plain, max_bytes=1000)
    else:
        assert codec.decompress(plain, max_bytes=1000) == bytes(1000)
    lines = [b"x"] * (codec.BATCH_MAX_LINES + extra)
    if extra:
        with pytest.raises(codec.TooLargeError):
            codec.unpack(codec.pack(lines))
    else:
        assert codec.unpack(codec.pack(lines)) == lines


def test_a_wide_window_is_refused_before_memory_is_taken() -> None:
    wide = zstandard.ZstdCompressionParameters(window_log=27, compression_level=1)
    stream = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    with pytest.raises(codec.WireError):
        codec.decompress(stream.compress(b"x" * 100) + stream.flush(), max_bytes=1000)


@pytest.mark.parametrize("cut", [0, 1, 5, -1])
def test_a_torn_frame_is_refused(cut: int) -> None:
    with pytest.raises(codec.WireError):
        codec.unpack(codec.pack([b"abc" * 50])[:cut])


def test_frames_behind_each_other_are_refused() -> None:
    with pytest.raises(codec.WireError):
        codec.unpack(codec.pack([b"a"]) + codec.pack([b"b"]))


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 0},
        {"seq": -1},
        {"seq": 2**63},
        {"epoch": -1},
        {"event_id": ""},
        {"event_id": "x" * 65},
        {"kind": ""},
        {"occurred_at": 2**64},
        {"store_id": None},
    ],
)
def test_envelopes_out_of_bounds_are_refused(change: dict[str, object]) -> None:
    fields: dict[str, object] = {
        "event_id": "e",
        "kind": "K",
        "store_id": "S",
        "terminal_id": "T",
        "epoch": 1,
        "seq": 1,
        "occurred_at": 0,
        "business_date": "2026-05-28",
        "body": {},
    }
    assert codec.decode_envelope(msgspec.json.encode(fields | {"of_tomorrow": 1})).seq == 1
    with pytest.raises(codec.WireError):
        codec.decode_envelope(msgspec.json.encode(fields | change))


def test_messages_come_back_and_ignore_what_they_do_not_know() -> None:
    page = FeedPage(
        (Change("upsert", "k", 3, msgspec.Raw(b'{"a":1}')), Change("delete", "l", 4)), "f:4", True
    )
    assert codec.decode_message(codec.encode_message(page), FeedPage) == page
    assert codec.decode_message(b'{"acked_through":7,"later":[]}', PushReply) == PushReply(7)
