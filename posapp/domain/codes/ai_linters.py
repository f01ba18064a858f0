"""The checks of content that application identifiers name: one function each, from a text to what is wrong.

Knows check digits, dates, lists and formats as GS1's syntax dictionary asks for them; each takes any text,
since it may be asked before the characters were looked at. Refuses to know in which AI a component stands
and how long it may be there. Coupons of North America are in `ai_coupons`, dates as days in `dates`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Container

from posapp.domain.codes.ai_coupons import coupon_code, positive_offer
from posapp.domain.codes.gs1_fault import Gs1Problem
from posapp.domain.codes.iso_lists import (
    COUNTRY_LETTERS,
    COUNTRY_NUMBERS,
    CURRENCY_NUMBERS,
    PACKAGE_TYPES,
)

#: What is wrong, and the part of the value it is wrong in where that has a name.
Wrong = tuple[Gs1Problem, str]
Linter = Callable[[str], Wrong | None]

CSET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_CSET_32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_WEIGHT_82 = {sign: weight for weight, sign in enumerate(CSET_82)}
_PRIMES = tuple(n for n in range(2, 510) if all(n % d for d in range(2, math.isqrt(n) + 1)))
_DAYS = {f"{month:02}": 30 if month in (4, 6, 9, 11) else 29 if month == 2 else 31 for month in range(1, 13)}
_BASE64URL = re.compile(r"[\-0-9A-Z_a-z]*\Z")
_IMPORTER = re.compile(r"[\-0-9A-Z_a-z]\Z")
_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_POSITION = re.compile(r"([0-9]+)/([0-9]+)\Z")
_PREFIX_DIGITS = 4  # the shortest company prefix


def _wrong(problem: Gs1Problem) -> Wrong:
    return problem, ""


_NOT_NUMERIC = _wrong(Gs1Problem.NotNumeric)
_BAD_CHARACTER = _wrong(Gs1Problem.BadCharacter)
_TOO_SHORT, _TOO_LONG = _wrong(Gs1Problem.TooShort), _wrong(Gs1Problem.TooLong)
_CHECK_DIGIT, _CHECK_PAIR = _wrong(Gs1Problem.CheckDigit), _wrong(Gs1Problem.CheckPair)
_MONTH, _DAY = _wrong(Gs1Problem.Month), _wrong(Gs1Problem.Day)
_COMPANY_PREFIX = _wrong(Gs1Problem.CompanyPrefix)
_ILLEGAL_ZERO, _LEADING_ZERO = _wrong(Gs1Problem.IllegalZero), _wrong(Gs1Problem.LeadingZero)
_SEQUENCE, _PIECE = _wrong(Gs1Problem.Sequence), _wrong(Gs1Problem.PieceOfTotal)
_IBAN = _wrong(Gs1Problem.Iban)


def _is_digits(value: str) -> bool:
    return value.isascii() and value.isdigit()


def _numeric(value: str) -> Wrong | None:
    return None if value == "" or _is_digits(value) else _NOT_NUMERIC


def _among(allowed: str, problem: Wrong) -> Linter:
    fits = re.compile(f"[{re.escape(allowed)}]*\\Z").match

    def check(value: str) -> Wrong | None:
        return None if fits(value) else problem

    return check


def _one_of(allowed: Container[str], problem: Gs1Problem) -> Linter:
    wrong = _wrong(problem)

    def check(value: str) -> Wrong | None:
        return None if value in allowed else wrong

    return check


def check_digit(value: str) -> Wrong | None:
    """Modulo 10, weights 3 and 1 from the right; the General Specifications, section 7.9.1."""
    if not value:
        return _TOO_SHORT
    if not _is_digits(value):
        return _NOT_NUMERIC
    places = value.encode()[::-1]
    # 48 is the byte of "0", and 48 × (one and three in turn) is no multiple of ten.
    total = sum(places[::2]) + 3 * sum(places[1::2]) - 48 * (len(places) + 2 * (len(places) // 2))
    return _CHECK_DIGIT if total % 10 else None


def check_pair(value: str) -> Wrong | None:
    """Two check characters: set 82 weighted by primes modulo 1021; the General Specifications, 7.9.5."""
    if len(value) < 2:
        return _TOO_SHORT
    body, pair = value[:-2], value[-2:]
    if len(body) > len(_PRIMES):
        return _TOO_LONG
    if any(sign not in _WEIGHT_82 for sign in body) or any(sign not in _CSET_32 for sign in pair):
        return _BAD_CHARACTER
    total = sum(_WEIGHT_82[sign] * prime for sign, prime in zip(reversed(body), _PRIMES, strict=False)) % 1021
    return None if pair == _CSET_32[total >> 5] + _CSET_32[total & 31] else _CHECK_PAIR


def company_prefix(value: str) -> Wrong | None:
    """Begins with at least the four digits of the shortest company prefix; none is looked up."""
    if len(value) < _PREFIX_DIGITS:
        return _TOO_SHORT
    return None if _is_digits(value[:_PREFIX_DIGITS]) else _COMPANY_PREFIX


def indicator_and_prefix(value: str) -> Wrong | None:
    """A company prefix after one indicator or extension digit."""
    if len(value) < _PREFIX_DIGITS + 1:
        return _TOO_SHORT
    if not _is_digits(value[0]):
        return _NOT_NUMERIC
    return None if _is_digits(value[1 : _PREFIX_DIGITS + 1]) else _COMPANY_PREFIX


def day_or_month(value: str) -> Wrong | None:
    """YYMMDD where DD may be 00; every fourth year leaps, since two digits never mean 1900 nor 2100."""
    if len(value) != 6:
        return _TOO_SHORT if len(value) < 6 else _TOO_LONG
    if not _is_digits(value):
        return _NOT_NUMERIC
    days = _DAYS.get(value[2:4])
    if days is None:
        return _MONTH
    if value[4:] > str(days) or (value[2:] == "0229" and int(value[:2]) % 4):
        return _DAY
    return None


def day(value: str) -> Wrong | None:
    """YYMMDD with a day."""
    return day_or_month(value) or (_DAY if value[4:] == "00" else None)


def long_day_or_month(value: str) -> Wrong | None:
    """YYYYMMDD where DD may be 00."""
    if len(value) != 8:
        return _TOO_SHORT if len(value) < 8 else _TOO_LONG
    if not _is_digits(value):
        return _NOT_NUMERIC
    days = _DAYS.get(value[4:6])
    if days is None:
        return _MONTH
    year = int(value[:4])
    leaps = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if value[6:] > str(days) or (value[4:] == "0229" and not leaps):
        return _DAY
    return None


def long_day(value: str) -> Wrong | None:
    """YYYYMMDD with a day."""
    return long_day_or_month(value) or (_DAY if value[6:] == "00" else None)


def _two_digits(limit: int, problem: Gs1Problem) -> Linter:
    wrong = _wrong(problem)

    def check(value: str) -> Wrong | None:
        if len(value) != 2:
            return _TOO_SHORT if len(value) < 2 else _TOO_LONG
        if not _is_digits(value):
            return _NOT_NUMERIC
        return None if int(value) < limit else wrong

    return check


_hour = _two_digits(24, Gs1Problem.Hour)
_minute = _two_digits(60, Gs1Problem.Minute)
_second = _two_digits(60, Gs1Problem.Second)


def hour_and_minute(value: str) -> Wrong | None:
    """HHMM."""
    if len(value) != 4:
        return _TOO_SHORT if len(value) < 4 else _TOO_LONG
    return _hour(value[:2]) or _minute(value[2:])


def base64url(value: str) -> Wrong | None:
    """Base64 safe for files and URIs, with padding or without; padding fills up to threes as GS1 has it."""
    body = value.rstrip("=")
    pads = len(value) - len(body)
    if pads and (pads > 2 or len(value) % 3):
        return _wrong(Gs1Problem.BadPadding)
    return None if _BASE64URL.match(body) else _BAD_CHARACTER


def percent_encoded(value: str) -> Wrong | None:
    """Every percent sign begins two hexadecimal digits."""
    return _wrong(Gs1Problem.Percent) if _BROKEN_PERCENT.search(value) else None


def piece_of_total(value: str) -> Wrong | None:
    """Two numbers of the same width: which piece, and of how many."""
    if not value or len(value) % 2:
        return _wrong(Gs1Problem.WrongLength)
    if not _is_digits(value):
        return _NOT_NUMERIC
    half = len(value) // 2
    piece, total = int(value[:half]), int(value[half:])
    if piece == 0 or total == 0:
        return _ILLEGAL_ZERO
    return _PIECE if piece > total else None


def position_in_sequence(value: str) -> Wrong | None:
    """Two numbers with a slash between, such as 2/3."""
    found = _POSITION.match(value)
    if found is None:
        return _SEQUENCE
    position, end = found.groups()
    if position[0] == "0" or end[0] == "0":
        return _LEADING_ZERO
    return _SEQUENCE if int(position) > int(end) else None


def iban(value: str) -> Wrong | None:
    """A bank account number with its check digits; ISO 13616."""
    if not 10 < len(value) <= 34 or value[:2] not in COUNTRY_LETTERS:
        return _IBAN
    if not (value.isascii() and value.isalnum() and value == value.upper()):
        return _IBAN
    digits = "".join(str(int(sign, 36)) for sign in value[4:] + value[:4])
    return None if int(digits) % 97 == 1 else _IBAN


def _below(limit: int, problem: Gs1Problem) -> Linter:
    wrong = _wrong(problem)

    def check(value: str) -> Wrong | None:
        if len(value) != 10:
            return _wrong(Gs1Problem.WrongLength)
        if not _is_digits(value):
            return _NOT_NUMERIC
        return None if int(value) <= limit else wrong

    return check


def _not_zero(value: str) -> Wrong | None:
    return _numeric(value) or (_ILLEGAL_ZERO if value and not value.strip("0") else None)


def _zero(value: str) -> Wrong | None:
    return _numeric(value) or (_wrong(Gs1Problem.NotZero) if value.strip("0") else None)


def _no_leading_zero(value: str) -> Wrong | None:
    return _numeric(value) or (_LEADING_ZERO if value.startswith("0") else None)


def _has_non_digit(value: str) -> Wrong | None:
    return _wrong(Gs1Problem.NoNonDigit) if value == "" or _is_digits(value) else None


def _importer(value: str) -> Wrong | None:
    return None if _IMPORTER.match(value) else _wrong(Gs1Problem.ImporterIndex)


#: Every check by the name that the table gives it.
LINTERS: dict[str, Linter] = {
    "csetnumeric": _numeric,
    "cset82": _among(CSET_82, _BAD_CHARACTER),
    "cset39": _among("#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", _BAD_CHARACTER),
    "cset64": base64url,
    "csum": check_digit,
    "csumalpha": check_pair,
    "gcppos1": company_prefix,
    "gcppos2": indicator_and_prefix,
    "yymmdd": day,
    "yymmd0": day_or_month,
    "yyyymmdd": long_day,
    "yyyymmd0": long_day_or_month,
    "hh": _hour,
    "mi": _minute,
    "ss": _second,
    "hhmi": hour_and_minute,
    "iso3166": _one_of(COUNTRY_NUMBERS, Gs1Problem.Country),
    "iso3166999": _one_of(COUNTRY_NUMBERS | {"999"}, Gs1Problem.Country),
    "iso3166alpha2": _one_of(COUNTRY_LETTERS, Gs1Problem.Country),
    "iso4217": _one_of(CURRENCY_NUMBERS, Gs1Problem.Currency),
    "iso5218": _one_of(frozenset("0129"), Gs1Problem.SexCode),
    "packagetype": _one_of(PACKAGE_TYPES, Gs1Problem.PackageType),
    "mediatype": _one_of(
        frozenset(f"{n:02}" for n in (*range(1, 11), *range(80, 100))), Gs1Problem.MediaType
    ),
    "yesno": _one_of(frozenset("01"), Gs1Problem.NotYesNo),
    "winding": _one_of(frozenset("019"), Gs1Problem.Winding),
    "hyphen": _among("-", _wrong(Gs1Problem.NotHyphen)),
    "importeridx": _importer,
    "nonzero": _not_zero,
    "zero": _zero,
    "nozeroprefix": _no_leading_zero,
    "hasnondigit": _has_non_digit,
    "pcenc": percent_encoded,
    "pieceoftotal": piece_of_total,
    "posinseqslash": position_in_sequence,
    "iban": iban,
    "latitude": _below(1_800_000_000, Gs1Problem.Latitude),
    "longitude": _below(3_600_000_000, Gs1Problem.Longitude),
    "couponcode": coupon_code,
    "couponposoffer": positive_offer,
}
