"""The shop's own codes: members, coupons, vouchers, pick-ups, operators, parked sales and receipts.

One grammar for QR and Code 128, in capitals that a QR code packs tightly and no keyboard layout moves:

    P1 kind . issuer . until . subject { . letter value } . seal

`until` is YYMMDD or empty. The seal of the five kinds that are worth something is a signature in base32
over everything before it; receipts and parked sales end with two check characters, since the till looks
them up anyway. Small letters are read as capitals. Nothing is encrypted here: checking is a port.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Final, Literal

from posapp.domain.codes.gtin import clean
from posapp.values import dataclass

OwnKind = Literal["member", "coupon", "voucher", "pickup", "operator", "suspended", "receipt"]

_LETTERS: Final[Mapping[str, OwnKind]] = MappingProxyType(
    {
        "M": "member", "C": "coupon", "V": "voucher", "P": "pickup", "O": "operator",
        "S": "suspended", "R": "receipt",
    }
)  # fmt: skip
_KINDS: Final[Mapping[OwnKind, str]] = MappingProxyType({kind: letter for letter, kind in _LETTERS.items()})
#: Kinds that are looked up where they were made and so need no signature.
UNSIGNED: Final[frozenset[OwnKind]] = frozenset({"suspended", "receipt"})

OWN_MAX_CHARS: Final = 400
_ISSUER: Final = re.compile(r"[0-9A-Z-]{1,24}")
_SUBJECT: Final = re.compile(r"[0-9A-Z-]{1,48}")
_FIELD: Final = re.compile(r"[A-Z][0-9A-Z$%*+/:-]{0,64}")
_SHAPE: Final = re.compile(
    r"(P1([MCVPOSR])\.([0-9A-Z-]{1,24})\.([0-9]{6})?\.([0-9A-Z-]{1,48})"
    r"((?:\.[A-Z][0-9A-Z$%*+/:-]{0,64}){0,8})\.)([0-9A-Z]{2,128})"
)
_SIGNED: Final = re.compile(r"P1[MCVP]\.")
_CHECK_SIGNS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ$%*+-./: "
#: The largest prime below 36 squared: every single wrong sign and every swap of neighbours shows.
_CHECK_MODULUS: Final = 1291
_CENTURY: Final = 2000


@dataclass(frozen=True, slots=True)
class OwnCode:
    """What one of our codes says; `valid_until` is an ISO day or "" for no end.

    `fields` are single capital letters with values, such as an amount in minor units under "A".
    """

    kind: OwnKind
    issuer: str
    subject: str
    valid_until: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SealedCode:
    """One of our codes as read: what it says, the bytes its seal covers, and the seal.

    `signature` is None for the kinds without; `whole` is False where check characters or base32 are wrong.
    """

    code: OwnCode
    message: bytes
    signature: bytes | None
    whole: bool


def make_own(code: OwnCode, sign: Callable[[bytes], bytes] | None = None) -> str:
    """The text to print; raises ValueError for signs that it may not hold or a missing signer."""
    parts = [f"P1{_KINDS[code.kind]}", code.issuer, _short(code.valid_until), code.subject]
    parts += [letter + value for letter, value in code.fields.items()]
    if not _ISSUER.fullmatch(code.issuer) or not _SUBJECT.fullmatch(code.subject):
        raise ValueError("issuer and subject may hold capitals, digits and hyphens only")
    if not all(_FIELD.fullmatch(part) for part in parts[4:]) or not all(len(key) == 1 for key in code.fields):
        raise ValueError("a field is one capital and a value of capitals, digits and $%*+/:-")
    body = ".".join(parts) + "."
    if code.kind in UNSIGNED:
        return body + check_characters(body)
    if sign is None:
        raise ValueError(f"a code of kind {code.kind} must be signed")
    text = body + base64.b32encode(sign(body.encode("ascii"))).decode("ascii").rstrip("=")
    if not _SHAPE.fullmatch(text):
        raise ValueError("the signature or the code is longer than the grammar allows")
    return text


def read_own(text: str) -> SealedCode | None:
    """One of our codes taken apart, its seal not yet checked by anybody; None for any other text."""
    if len(text) > OWN_MAX_CHARS or text[:2] not in ("P1", "p1") or not text.isascii():
        return None
    found = _SHAPE.fullmatch(text.upper())
    if found is None:
        return None
    body, letter, issuer, until, subject, fields, seal = found.groups()
    day = _day(until) if until else ""
    if day is None:
        return None
    kind = _LETTERS[letter]
    values = {part[0]: part[1:] for part in fields.split(".")[1:]}
    code = OwnCode(kind, issuer, subject, day, values)
    message = body.encode("ascii")
    if kind in UNSIGNED:
        return SealedCode(code, message, None, seal == check_characters(body))
    signature = _from_base32(seal)
    return SealedCode(code, message, signature, signature is not None)


def is_operator_code(text: str) -> bool:
    """Whether a text holds one of our operator codes, whole or damaged: it lets somebody in, as a badge does.

    Signs around it are no matter, since scanners put prefixes before what they read.
    """
    return "P1O." in clean(text).upper()


def without_seal(text: str) -> str:
    """What may be written down of a text: of our signed codes all but the seal, which makes them good."""
    found = _SIGNED.search(text.upper())
    return text[: max(text.rfind("."), found.end())] if found is not None else text


def check_characters(body: str) -> str:
    """Two characters over signs of the grammar; a wrong sign or two swapped ones change them."""
    value = 0
    for sign in body:
        value = (value * len(_CHECK_SIGNS) + _CHECK_SIGNS.index(sign)) % _CHECK_MODULUS
    high, low = divmod(value, 36)
    return _CHECK_SIGNS[high] + _CHECK_SIGNS[low]


def _from_base32(seal: str) -> bytes | None:
    try:
        signature = base64.b32decode(seal + "=" * (-len(seal) % 8))
    except binascii.Error:
        return None
    # The last sign may hold bits that mean nothing (RFC 4648 §3.5): one code has one spelling.
    return signature if base64.b32encode(signature).decode("ascii").rstrip("=") == seal else None


def _short(day: str) -> str:
    """YYMMDD of an ISO day of this century."""
    if not day:
        return ""
    date = datetime.date.fromisoformat(day)
    if not _CENTURY <= date.year < _CENTURY + 100:
        raise ValueError("a code can only end in this century")
    return f"{date.year - _CENTURY:02d}{date.month:02d}{date.day:02d}"


def _day(short: str) -> str | None:
    try:
        return datetime.date(_CENTURY + int(short[:2]), int(short[2:4]), int(short[4:])).isoformat()
    except ValueError:
        return None
