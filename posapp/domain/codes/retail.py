"""Numbers under the bars: UPC-E in its short spellings, books, magazines and their add-on digits.

Knows how every one of them is written out as a GTIN. Refuses to choose: eight digits may be EAN-8 and
UPC-E at once, and what they are is answered by the catalogue. Sources: GS1 General Specifications 5.2.2.4
(UPC-E), ISO 2108 (ISBN), ISO 3297 (ISSN) and GS1 General Specifications 5.2.4 (add-ons).
"""

from __future__ import annotations

import re
from typing import Final

from posapp.domain.codes.gtin import check_digit, is_gtin

#: Prefixes of periodicals and books, which alone (with UPC-A) carry add-on digits.
BOOK_PREFIXES: Final = ("977", "978", "979")
ISSN_PREFIX: Final = "977"

_BOOK: Final = re.compile(r"(?:ISBN(?:-1[03])?|ISSN)?[:\s]*([0-9][0-9\- ]{5,19}[0-9Xx])", re.IGNORECASE)
_ADD_ON_APART: Final = re.compile(r"([0-9]{12,13})[ +\-]([0-9]{5}|[0-9]{2})")
_ADD_ON_JOINED: Final = re.compile(r"([0-9]{13}|[0-9]{12})([0-9]{5}|[0-9]{2})")
#: Number systems of UPC-A under which periodicals and books are sold; not coupons, drugs or weighed goods.
_UPC_WITH_ADD_ON: Final = "016789"


def upc_a_of(digits: str) -> str | None:
    """The UPC-A of six, seven or eight digits read as UPC-E; None where they are none.

    Six digits mean number system 0, seven begin with the number system, eight end with the check
    digit, which must be right.
    """
    if not (digits.isascii() and digits.isdigit()):
        return None
    if len(digits) == 6:
        digits = "0" + digits
    if len(digits) not in (7, 8) or digits[0] not in "01":
        return None
    last = digits[6]
    if last in "012":
        body = digits[:3] + last + "0000" + digits[3:6]
    elif last == "3":
        body = digits[:4] + "00000" + digits[4:6]
    elif last == "4":
        body = digits[:5] + "00000" + digits[5]
    else:
        body = digits[:6] + "0000" + last
    full = body + check_digit(body)
    if len(digits) == 8 and digits[7] != full[11]:
        return None
    return full if full.strip("0") else None


def book_ean(text: str) -> str | None:
    """The EAN-13 of an ISBN-10, an ISSN or a hyphenated ISBN-13; None for anything else.

    Ten bare digits count where their check character is right. Eight bare digits are no ISSN: only
    the hyphen, the word or an X tells it from an EAN-8.
    """
    found = _BOOK.fullmatch(text)
    if found is None:
        return None
    number = found.group(1)
    digits = number.replace("-", "").replace(" ", "").upper()
    told = len(digits) != len(text.strip())
    if len(digits) == 13 and told and digits.startswith(BOOK_PREFIXES) and is_gtin(digits):
        return digits
    if len(digits) == 10 and digits[:9].isdigit() and _modulo_11(digits):
        return _with_check("978" + digits[:9])
    is_issn = re.fullmatch(r"[0-9]{4}-[0-9]{3}[0-9Xx]", number) or digits[-1] == "X" or told
    if len(digits) == 8 and is_issn and digits[:7].isdigit() and _modulo_11(digits):
        return _with_check(ISSN_PREFIX + digits[:7] + "00")
    return None


def split_add_on(text: str, *, told: bool) -> tuple[str, str] | None:
    """An EAN-13 or UPC-A and the two or five digits beside it, or None.

    `told` is true where the scanner's identifier says that there are add-on digits; without it only
    numbers that may carry some are split, since 14, 17 and 18 digits are also other things.
    """
    found = _ADD_ON_APART.fullmatch(text)
    apart = found is not None
    found = found or _ADD_ON_JOINED.fullmatch(text)
    if found is None or (len(text) == 14 and not told and is_gtin(text)):
        return None
    number, add_on = found.groups()
    if not is_gtin(number):
        return None
    if told or apart or number.startswith(BOOK_PREFIXES):
        return number, add_on
    ean = number.zfill(13)
    return (number, add_on) if ean[0] == "0" and ean[1] in _UPC_WITH_ADD_ON else None


def _with_check(body: str) -> str:
    return body + check_digit(body)


def _modulo_11(text: str) -> bool:
    """The check of ISBN-10 and ISSN: weights 10 (or 8) down to 1, X counting ten."""
    values = [10 if sign == "X" else int(sign) for sign in text]
    weights = range(len(text), 0, -1)
    return sum(weight * value for weight, value in zip(weights, values, strict=True)) % 11 == 0
