"""Numbers of gift cards: too many to guess, one wrong sign shows, and people can read them out.

`G`, fourteen signs drawn at random (70 bits) and a check sign, all of Crockford's base 32 (no I, L, O, U).
The check sign is that of ISO/IEC 7064's hybrid systems for 32 signs (MOD 33,32): it shows every single wrong
sign. A number is also the subject of the card's signed code; whether there is such a card only the hub knows.
"""

from __future__ import annotations

import re
from typing import Final

from posapp.domain.codes.gtin import clean
from posapp.domain.members.member_codes import card_number

_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BASE: Final = len(_SIGNS)
_RANDOM_CHARS: Final = 14
#: What `make_gift_number` wants: a sign for each byte.
RANDOM_BYTES: Final = _RANDOM_CHARS
_SHAPE: Final = re.compile(rf"G[{_SIGNS}]{{{_RANDOM_CHARS + 1}}}")
#: Signs that people take for others, and what may stand between groups of signs.
_MISREAD: Final = str.maketrans({"I": "1", "L": "1", "O": "0", " ": None, "-": None})
_TAIL_CHARS: Final = 4


def make_gift_number(noise: bytes) -> str:
    """The number that these 14 random bytes make; raises ValueError for another count."""
    if len(noise) != RANDOM_BYTES:
        raise ValueError(f"a number is made of {RANDOM_BYTES} bytes")
    body = "".join(_SIGNS[byte % _BASE] for byte in noise)
    return f"G{body}{_check_sign(body)}"


def gift_number(text: str) -> str | None:
    """The number of a gift card as it was keyed or scanned, or None where it is none."""
    found = text.strip().upper().translate(_MISREAD)
    if _SHAPE.fullmatch(found) is None or _check_sign(found[1:-1]) != found[-1]:
        return None
    return found


def known_gift_number(text: str, patterns: tuple[str, ...]) -> str | None:
    """The number of a gift card, ours or by the retailer's own patterns, or None where it is neither."""
    return gift_number(text) or card_number(text, patterns)


def is_gift_code(text: str) -> bool:
    """Whether a text holds a gift card's code or number, whole or damaged: who has it can pay with it."""
    return "P1V." in clean(text).upper() or gift_number(text) is not None


def gift_tail(card_id: str) -> str:
    """A card as people are shown it: ``··7F3K``."""
    return f"··{card_id[-_TAIL_CHARS:]}"


def _check_sign(body: str) -> str:
    value = _BASE
    for sign in body:
        value = (value + _SIGNS.index(sign)) % _BASE or _BASE
        value = value * 2 % (_BASE + 1)
    return _SIGNS[(1 - value) % _BASE]
