"""Whether a text by its own form is something that scanners read and people do not type by chance.

It tells a slow scanner from a person at the keyboard, so it never asks a table or a catalogue and says no
to everything that a person may well type: names, amounts, telephone and identity numbers.
"""

from __future__ import annotations

import re
from typing import Final

from posapp.domain.codes.aim import split_aim
from posapp.domain.codes.gtin import check_digit, clean, is_gtin
from posapp.domain.codes.own import OWN_MAX_CHARS, read_own
from posapp.domain.codes.payment import is_identity_number, payment_provider

_WEB: Final = ("http://", "https://")
_GS: Final = "\x1d"
_ELEMENTS_WITH_GS: Final = re.compile(r"\x1d*[0-9]{2,4}[!-z\x1d]+")
_SCALE_LABEL_DIGITS: Final = 18
#: SSCC with its AI, a pallet label read without identifier.
_SSCC_DIGITS: Final = 20
_FIRST_GTIN: Final = slice(2, 16)


def is_known_payload(text: str) -> bool:
    """Whether a text by its own form is something that scanners read.

    A GTIN, an AIM identifier, a web address, one of our own codes, a payment code, a label of a scale
    or an element string. A slow burst of keys that ends in one was a scanner.
    """
    if text.startswith("]") and split_aim(text)[0].identifier:
        return True
    if text[:8].lower().startswith(_WEB):
        return True
    if len(text) > OWN_MAX_CHARS:
        return False
    if _GS in text and _ELEMENTS_WITH_GS.fullmatch(text.strip()):
        return True
    cleaned = clean(text)
    if not (cleaned.isascii() and cleaned.isdigit()):
        return _is_worded(cleaned)
    return is_gtin(cleaned) or _is_long_number(cleaned)


def _is_worded(text: str) -> bool:
    own = read_own(text)
    if own is not None:
        return own.whole
    return text[:2] == "01" and len(text) > 16 and is_gtin(text[_FIRST_GTIN])


def _is_long_number(digits: str) -> bool:
    if len(digits) < 16:
        return False
    if digits[:2] == "01" and is_gtin(digits[_FIRST_GTIN]):
        return True
    if payment_provider(digits) is not None:
        return True
    has_check = check_digit(digits[:-1]) == digits[-1]
    if len(digits) == _SCALE_LABEL_DIGITS:
        return digits[0] == "2" and has_check and not is_identity_number(digits)
    return len(digits) == _SSCC_DIGITS and digits[:2] == "00" and has_check
