"""Identities: UUIDv7 from a given time and given randomness, so that tests and replays can fix both."""

from __future__ import annotations


def uuid7(now_ms: int, random_bytes: bytes) -> str:
    """A UUIDv7 (RFC 9562 §5.7) as text, from epoch milliseconds and ten random bytes."""
    if len(random_bytes) != 10:
        raise ValueError("a UUIDv7 takes exactly ten random bytes")
    value = (now_ms & (1 << 48) - 1) << 80 | int.from_bytes(random_bytes, "big")
    value &= ~(0xF << 76) & ~(0x3 << 62)
    # Spelled out: uuid.UUID takes four times as long, and every fact of a sale takes an id.
    text = f"{value | 0x7 << 76 | 0x2 << 62:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
