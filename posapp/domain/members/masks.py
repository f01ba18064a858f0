"""How little of a person a till shows, and how it finds somebody without knowing them.

Names are shown as one sign of each word, phones as their last four digits. What a till looks members up by
are keyed digests of phones, card numbers and names, the same at both ends; the key is the programme's.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from typing import Final, Literal

RefKind = Literal["phone", "card", "name"]

MASK: Final = "**"
_WORDS_MAX: Final = 3
_TAIL_DIGITS: Final = 4
#: E.164 knows numbers of at most fifteen digits, their country's among them.
_PHONE: Final = re.compile(r"[0-9]{7,15}")
#: Chinese mobiles begin with 1 and landlines with 0, so this cannot be a number without its country.
_CHINA_WITH_CODE: Final = re.compile(r"861[0-9]{10}")
_BETWEEN_DIGITS: Final = re.compile(r"[\s().\-/]+")
_DIGEST_SIGNS: Final = 32


def masked_name(name: str) -> str:
    """A name as screens and paper may show it: 陈思雨 is 陈**, Maria Gonzales is M** G**; "" stays "".

    The length of a name is not told. Of more than three words the first three are shown.
    """
    words = unicodedata.normalize("NFC", name).split()
    return " ".join(_first(word) + MASK for word in words[:_WORDS_MAX])


def _first(word: str) -> str:
    return next((sign for sign in word if sign.isalnum()), "").upper()


def initial(name: str) -> str:
    """The one sign that stands for somebody on a disc, of a name masked or not; "" of none."""
    return _first(unicodedata.normalize("NFC", name))


def normalised_phone(text: str, calling_code: str) -> str:
    """A phone number as "+" and digits (E.164), "" where it is none.

    A number without a country's code gets `calling_code`; zeros that are dialled before it inside the
    country fall away.
    """
    digits = _BETWEEN_DIGITS.sub("", unicodedata.normalize("NFKC", text))
    if digits.startswith("+"):
        digits = digits[1:]
    elif digits.startswith("00"):
        digits = digits[2:]
    elif calling_code != "86" or not _CHINA_WITH_CODE.fullmatch(digits):
        digits = calling_code + digits.lstrip("0")
    # Signs of other scripts are digits to Python as well.
    return f"+{digits}" if digits.isascii() and _PHONE.fullmatch(digits) else ""


def phone_tail(phone: str) -> str:
    """The last four digits of a phone number, as it is told at tills."""
    digits = "".join(sign for sign in phone if sign.isdigit())
    return digits[-_TAIL_DIGITS:] if len(digits) >= _TAIL_DIGITS else ""


def normalised_name(name: str) -> str:
    """A name as it is looked up: without white space, and small letters for capitals."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def normalised_card(text: str) -> str:
    """A card number as it is looked up: without spaces and hyphens, capitals for small letters."""
    return re.sub(r"[\s-]+", "", unicodedata.normalize("NFKC", text)).upper()


def lookup_ref(key: str, kind: RefKind, text: str) -> str:
    """What somebody is found by: 32 hex signs of an HMAC-SHA-256 (RFC 2104) under the programme's key (hex).

    `text` has to be normalised already; the same text of another kind has another digest.
    """
    digest = hmac.new(bytes.fromhex(key), f"{kind}\0{text}".encode(), hashlib.sha256)
    return digest.hexdigest()[:_DIGEST_SIGNS]
