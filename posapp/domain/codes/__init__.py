"""What a scanned or typed code is: from raw text to an item, a person, a coupon or a plain "unknown".

Knows check digits, GS1's syntax, restricted numbers and the shop's own codes. Refuses to know the
catalogue, the clock and the disk: candidates are handed out in order and others ask for them; tables
and patterns are handed in as data, signatures are checked through a port.
"""

from __future__ import annotations

from posapp.domain.codes.gtin import (
    CODE_MAX_CHARS,
    GTIN_LENGTHS,
    INTERNAL_MARK,
    Code,
    EmbeddedValue,
    check_digit,
    clean,
    is_gtin,
    normalise,
    pattern_match,
)
from posapp.domain.codes.known import is_known_payload

__all__ = [
    "CODE_MAX_CHARS",
    "GTIN_LENGTHS",
    "INTERNAL_MARK",
    "Code",
    "EmbeddedValue",
    "check_digit",
    "clean",
    "is_gtin",
    "is_known_payload",
    "normalise",
    "pattern_match",
]
