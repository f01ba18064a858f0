"""What a scanned or typed code is: a GTIN in one spelling, or the shop's own code kept as it stands.

Knows check digits, the one key under which a code is looked up, and restricted numbers that carry a
price or a weight. Refuses to know the catalogue: whether a key belongs to an item is asked elsewhere,
and an exact hit there comes before any pattern here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal

from posapp.domain.shop import CodePattern
from posapp.values import dataclass

GTIN_LENGTHS = (8, 12, 13, 14)

#: Starts the key of an internal code, so that it can never be mistaken for a GTIN's 14 digits.
INTERNAL_MARK = "="

#: Longest code that a catalogue may hold, counted after cleaning.
CODE_MAX_CHARS = 64

_AIM_IDENTIFIER = re.compile(r"\][A-Za-z][0-9A-Za-z](?=.)")
#: What a Chinese or Japanese input method makes of the keys of a scanner, back to plain ASCII.
_FULL_WIDTH = {ordinal + 0xFEE0: ordinal for ordinal in range(0x21, 0x7F)}
_UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp")
_UNSEEN_ASCII = re.compile(r"[\x00-\x20\x7f]+")


@dataclass(frozen=True, slots=True)
class Code:
    """A cleaned code: `key` finds the item, `gtin14` is set for a valid GTIN, `text` is what was read."""

    kind: Literal["gtin", "internal"]
    key: str
    gtin14: str | None
    text: str


@dataclass(frozen=True, slots=True)
class EmbeddedValue:
    """What a restricted number says: which item, and how many minor units or grams by `carries`."""

    lookup_key: str
    value: int
    carries: Literal["price", "weight", "count"]


def check_digit(digits: str) -> str:
    """GS1 check digit (modulo 10, weights 3 and 1 from the right) of digits that still lack one."""
    body = digits.encode("ascii")[::-1]
    # 48 is the byte of "0": odd places from the right weigh three.
    total = 3 * (sum(body[::2]) - 48 * len(body[::2])) + sum(body[1::2]) - 48 * len(body[1::2])
    return str(-total % 10)


def is_gtin(digits: str) -> bool:
    """Whether a text is a GTIN-8, 12, 13 or 14 with a right check digit; nothing but zeros is none."""
    if len(digits) not in GTIN_LENGTHS or not (digits.isascii() and digits.isdigit()):
        return False
    return check_digit(digits[:-1]) == digits[-1] and digits.strip("0") != ""


def clean(text: str) -> str:
    """A code without white space, control characters and AIM identifier; full-width signs made plain."""
    if not (text.isascii() and text.isalnum()):
        if text.isascii():
            text = _UNSEEN_ASCII.sub("", text)
        else:
            plain = text.translate(_FULL_WIDTH)
            text = "".join(sign for sign in plain if unicodedata.category(sign) not in _UNSEEN)
        if text.startswith("]"):
            text = _AIM_IDENTIFIER.sub("", text, count=1)
    return text


def normalise(text: str) -> Code:
    """The code that a text stands for; every spelling of one GTIN gives the same 14-digit key.

    Anything that is no valid GTIN is an internal code; an empty text gives the bare mark as its key.
    """
    cleaned = clean(text)
    if is_gtin(cleaned):
        gtin14 = cleaned.zfill(14)
        return Code("gtin", gtin14, gtin14, cleaned)
    return Code("internal", INTERNAL_MARK + cleaned, None, cleaned)


def pattern_match(code: Code, patterns: Iterable[CodePattern]) -> EmbeddedValue | None:
    """What the first fitting pattern reads from a 13-digit number, or None.

    The look-up key is the number with its value set to zero and the check digit renewed. A value
    of zero carries nothing and is no match.
    """
    if code.gtin14 is None or not code.gtin14.startswith("0"):
        return None
    digits = code.gtin14[1:]
    for pattern in patterns:
        if not digits.startswith(pattern.prefix):
            continue
        head = len(pattern.prefix) + pattern.item_digits
        if head + pattern.value_digits != len(digits) - 1:
            continue
        value = int(digits[head:-1])
        if value == 0:
            return None
        bare = digits[:head] + "0" * pattern.value_digits
        return EmbeddedValue(f"0{bare}{check_digit(bare)}", value, pattern.carries)
    return None
