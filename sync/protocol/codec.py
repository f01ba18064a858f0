"""Bytes on the wire: one JSON line per envelope, lines in a zstd batch, nothing larger than agreed.

A line is never re-encoded on its way: what the till stored is what the hub keeps, byte for byte.
Compressed data is unpacked in steps and given up at the bound, so a small request cannot fill memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

import msgspec
import zstandard

from sync.protocol.envelope import Envelope

BATCH_MAX_LINES: Final = 2_000
BATCH_MAX_BYTES: Final = 8 * 1024 * 1024
BATCH_MAX_PLAIN_BYTES: Final = 32 * 1024 * 1024
LINE_MAX_BYTES: Final = 1024 * 1024
SEQ_MAX: Final = 2**63 - 1

_ZSTD_LEVEL: Final = 3
#: Sales come out smaller at this level than at the next three, and sooner.
_BATCH_ZSTD_LEVEL: Final = 1
#: 8 MiB, as RFC 9659 bounds the window for HTTP; a larger one is refused before it is allocated.
_ZSTD_WINDOW_MAX: Final = 8 * 1024 * 1024
_STEP_BYTES: Final = 1024
_ID_MAX_CHARS: Final = 64
_ENCODER: Final = msgspec.json.Encoder()
_ENVELOPES: Final = msgspec.json.Decoder(Envelope)

Message = TypeVar("Message")


class WireError(ValueError):
    """Bytes that do not say what they should; the text names what is wrong, never what they hold."""


class TooLargeError(WireError):
    """More bytes or lines than agreed."""


def encode_envelope(envelope: Envelope) -> bytes:
    """The one line that stands for an envelope, without its line end."""
    return _ENCODER.encode(envelope)


def decode_envelope(line: bytes) -> Envelope:
    """The envelope of a line; raises WireError where a field is missing, mistyped or out of bounds."""
    if len(line) > LINE_MAX_BYTES:
        raise TooLargeError(f"line of {len(line)} bytes")
    try:
        envelope = _ENVELOPES.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as trouble:
        raise WireError(str(trouble)) from trouble
    if not 1 <= envelope.seq <= SEQ_MAX:
        raise WireError("seq is out of bounds")
    if not 0 <= envelope.epoch <= SEQ_MAX:
        raise WireError("epoch is out of bounds")
    if not -SEQ_MAX <= envelope.occurred_at <= SEQ_MAX:
        raise WireError("occurred_at is out of bounds")
    if not 1 <= len(envelope.event_id) <= _ID_MAX_CHARS or not 1 <= len(envelope.kind) <= _ID_MAX_CHARS:
        raise WireError("event_id or kind is empty or too long")
    return envelope


def pack(lines: Sequence[bytes]) -> bytes:
    """A batch of lines, compressed; raises WireError for a line that holds a line end."""
    if any(b"\n" in line for line in lines):
        raise WireError("a line may not hold a line end")
    return compress(b"".join(line + b"\n" for line in lines), level=_BATCH_ZSTD_LEVEL)


def unpack(data: bytes) -> list[bytes]:
    """The lines of a batch exactly as packed; raises TooLargeError or WireError."""
    if len(data) > BATCH_MAX_BYTES:
        raise TooLargeError(f"batch of {len(data)} bytes")
    plain = decompress(data, max_bytes=BATCH_MAX_PLAIN_BYTES)
    if not plain:
        return []
    if plain.count(b"\n") > BATCH_MAX_LINES:
        raise TooLargeError(f"more than {BATCH_MAX_LINES} lines")
    lines = plain.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


def compress(plain: bytes, *, level: int = _ZSTD_LEVEL) -> bytes:
    """One zstd frame that states its length."""
    return zstandard.ZstdCompressor(level=level).compress(plain)


def decompress(data: bytes, *, max_bytes: int) -> bytes:
    """The content of exactly one zstd frame; raises TooLargeError above the bound, WireError when broken."""
    unpacking = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_MAX).decompressobj()
    plain = bytearray()
    try:
        # Small pieces of input bound what one step can blow up to: a block of four bytes may
        # stand for 128 KiB.
        for start in range(0, len(data), _STEP_BYTES):
            if unpacking.eof:
                raise WireError("more than one zstd frame")
            plain += unpacking.decompress(data[start : start + _STEP_BYTES])
            if len(plain) > max_bytes:
                raise TooLargeError(f"more than {max_bytes} bytes when unpacked")
    except zstandard.ZstdError as trouble:
        raise WireError("no readable zstd frame") from trouble
    if not unpacking.eof or unpacking.unused_data:
        raise WireError("not exactly one whole zstd frame")
    return bytes(plain)


def encode_message(message: Any) -> bytes:
    """A message as JSON."""
    return _ENCODER.encode(message)


@lru_cache(maxsize=32)
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def decode_message(data: bytes | msgspec.Raw, kind: type[Message]) -> Message:
    """A message of the wanted kind; raises WireError."""
    try:
        decoded: Message = _decoder(cast("Any", kind)).decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as trouble:
        raise WireError(str(trouble)) from trouble
    return decoded
