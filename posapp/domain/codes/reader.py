"""The one code reader: from raw text to what it is, with every look-up key it may stand for, in order.

Knows the order of the questions: identifier, own codes, web addresses, element strings, numbers under
bars, payment codes. Refuses to know the catalogue, the disk and the clock: candidates are asked for
elsewhere, the AI table and patterns are handed in, the day is an argument, signatures are checked through
a port. A web address is only taken apart, never opened.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from posapp.domain.codes.aim import Aim, split_aim
from posapp.domain.codes.contents import box_content, read_content, refused, written
from posapp.domain.codes.digital_link import read_digital_link
from posapp.domain.codes.elements import association_fault, read_bracketed, read_elements
from posapp.domain.codes.gs1_fault import Elements, Gs1Fault, Gs1Problem
from posapp.domain.codes.gtin import check_digit, clean, is_gtin
from posapp.domain.codes.numbers import NumberReader, internal
from posapp.domain.codes.own import read_own
from posapp.domain.codes.payment import payment_provider
from posapp.domain.codes.reading import CodeRefusal, Reading
from posapp.domain.codes.scan_data import COMPOSITE
from posapp.domain.shop import CodePattern
from posapp.values import dataclass

if TYPE_CHECKING:
    from posapp.domain.codes.ai_table import AiTable

#: More characters than the largest QR code holds (7,089 digits).
RAW_MAX_CHARS: Final = 7_200
#: As much of a long text as people and journals are shown.
SHOWN_MAX_CHARS: Final = 400

_GS: Final = "\x1d"
_EDGES: Final = " \t\r\n\v\f\x00\ufeff"
_FULL_WIDTH: Final = {ordinal + 0xFEE0: ordinal for ordinal in range(0x21, 0x7F)}
_WEB: Final = re.compile(r"https?://", re.IGNORECASE)
_BRACKETED: Final = re.compile(r"\([0-9]{2,4}\)")
#: What our receipts print: store, terminal number and a count without gaps.
_RECEIPT: Final = re.compile(r"[0-9A-Za-z_-]{1,32}-[0-9]{2,4}-[0-9]{6,12}")
#: Extended channel interpretation, which scanners may send for codes that are not plain ASCII.
_ECI: Final = re.compile(r"\A\\[0-9]{6}")
_NO_LINK: Final = frozenset(
    {
        Gs1Problem.NotWeb, Gs1Problem.BadUri, Gs1Problem.BadDomain, Gs1Problem.NoPath, Gs1Problem.NoKey,
        Gs1Problem.Compressed,
    }
)  # fmt: skip


class Signatures(Protocol):
    """Checks who made one of our own codes."""

    def verify(self, issuer: str, message: bytes, signature: bytes) -> bool:
        """Whether this issuer signed exactly these bytes."""


@dataclass(frozen=True, slots=True)
class CodeRules:
    """What the reader is told: GS1's table and the patterns of restricted numbers.

    `currency` is the shop's, for the minor units of prices in codes; `region` the shop's country
    (ISO 3166 alpha-2, "" where unknown), which orders EAN-8 and UPC-E. Without `signatures` no signed
    code is believed. `lenient_links` takes GTINs of 8, 12 and 13 digits in web addresses too.
    """

    table: AiTable
    patterns: tuple[CodePattern, ...] = ()
    currency: str = ""
    region: str = ""
    signatures: Signatures | None = None
    lenient_links: bool = False


class CodeReader:
    """Reads texts by a shop's rules; it keeps nothing between them."""

    def __init__(self, rules: CodeRules) -> None:
        self._rules = rules
        self._numbers = NumberReader(rules.patterns, rules.currency, rules.region)

    def read(self, raw: str, *, today: datetime.date) -> Reading:
        """What a raw text is, whatever it is; never an exception. `today` places two-digit years."""
        if len(raw) > RAW_MAX_CHARS:
            return Reading("unknown", _shown(raw[:SHOWN_MAX_CHARS]), refusal=CodeRefusal.TooLong)
        text = raw.strip(_EDGES)
        if not text.isascii():
            # A keyboard may send half a character, which nothing can store.
            text = text.translate(_FULL_WIDTH).encode("utf-8", "replace").decode()
        aim, body = split_aim(text)
        if aim.syntax == "gs1":
            return self._element_string(aim, body, today)
        if aim.syntax in ("retail", "ean-8") and COMPOSITE in body:
            return self._composite(aim, body, today)
        if aim.syntax in ("retail", "add-on", "ean-8", "itf"):
            return self._numbers.read(aim, body) or _unknown(aim, body)
        return self._worded(aim, body, today)

    def _worded(self, aim: Aim, body: str, today: datetime.date) -> Reading:
        """A text without an identifier that promises numbers: it has to say by itself what it is."""
        if aim.syntax == "plain":
            body = _ECI.sub("", body, count=1)
        elif _GS in body:
            return self._element_string(aim, body, today)
        if _WEB.match(body):
            return self._web(aim, body, today)
        if body[:2] in ("P1", "p1") and (own := self._own(aim, body)) is not None:
            return own
        if aim.syntax == "open" and _BRACKETED.match(body):
            return self._message(aim, read_bracketed(body, self._rules.table, associated=False), body, today)
        number = self._numbers.read(aim, body)
        if number is not None and number.kind != "unknown":
            return self._paid(number)
        if aim.syntax == "open" and (elements := self._evident(body)) is not None:
            return self._message(aim, elements, body, today)
        return self._paid(number or _unknown(aim, body))

    def _evident(self, body: str) -> Elements | None:
        """Elements without FNC1 or identifier, where the text itself is evidence enough."""
        first = body[:2]
        if first == "00":
            proved = len(body) == 20 and body.isdigit() and check_digit(body[:-1]) == body[-1]
        elif first in ("01", "02"):
            proved = len(body) >= 16 and is_gtin(body[2:16])
        else:
            proved = body[:4] in ("8110", "8112") and len(body) >= 20
        if not proved:
            return None
        found = read_elements(body, self._rules.table, associated=False)
        return found if isinstance(found, Elements) else None

    def _element_string(self, aim: Aim, body: str, today: datetime.date) -> Reading:
        body = body.strip(_GS)
        if aim.syntax == "gs1" and _WEB.match(body):
            return self._web(aim, body, today)
        # FNC1 in front: a second identifier inside the text is none.
        found = read_elements(_GS + body, self._rules.table, associated=False)
        return self._message(aim, found, body, today)

    def _composite(self, aim: Aim, body: str, today: datetime.date) -> Reading:
        """A number under bars with a second symbol above it: the number becomes AI 01."""
        number, _, second = body.partition(COMPOSITE)
        if not is_gtin(number):
            return self._numbers.read(aim, number) or _unknown(aim, number)
        found = read_elements(f"01{number.zfill(14)}{second}", self._rules.table, associated=False)
        return self._message(aim, found, body, today)

    def _message(self, aim: Aim, found: Elements | Gs1Fault, body: str, today: datetime.date) -> Reading:
        """The reading of a message taken apart, or of what is wrong with it."""
        if isinstance(found, Gs1Fault):
            return refused(_unknown(aim, body), CodeRefusal.NotGs1, found)
        pairs = found.pairs
        text = written(pairs)[:SHOWN_MAX_CHARS]
        base = Reading("unknown", text, aim.identifier, internal(clean(body)), pairs, aim.carrier)
        fault = None if box_content(pairs) else association_fault(list(pairs), self._rules.table)
        if fault is not None:
            return refused(base, CodeRefusal.NotGs1, fault)
        return read_content(base, link=False, currency=self._rules.currency, today=today)

    def _web(self, aim: Aim, body: str, today: datetime.date) -> Reading:
        scheme, _, rest = body.partition("://")
        address = f"{scheme.lower()}://{rest}"
        found = read_digital_link(address, self._rules.table, lenient=self._rules.lenient_links)
        text = clean(body)
        carrier = "2d" if aim.carrier == "unknown" else aim.carrier
        pairs = found.pairs if isinstance(found, Elements) else ()
        base = Reading("unknown", text[:SHOWN_MAX_CHARS], aim.identifier, internal(text), pairs, carrier)
        if isinstance(found, Gs1Fault):
            why = CodeRefusal.NotAProduct if found.problem in _NO_LINK else CodeRefusal.BadDigitalLink
            return refused(base, why, found)
        return read_content(base, link=True, currency=self._rules.currency, today=today)

    def _own(self, aim: Aim, body: str) -> Reading | None:
        sealed = read_own(clean(body))
        if sealed is None:
            return None
        code, port = sealed.code, self._rules.signatures
        genuine = sealed.whole
        if genuine and sealed.signature is not None:
            genuine = port is not None and port.verify(code.issuer, sealed.message, sealed.signature)
        base = Reading("unknown", _shown(body), symbology=aim.identifier, carrier=aim.carrier)
        if not genuine:
            return replace(base, refusal=CodeRefusal.BadSignature, detail=f"a {code.kind} code by its form")
        extras = {"issuer": code.issuer, "valid_until": code.valid_until}
        extras |= {f"field_{letter}": value for letter, value in code.fields.items()}
        return replace(base, kind=code.kind, subject=code.subject, extras=extras)

    def _paid(self, reading: Reading) -> Reading:
        """The reading, as a payment or receipt where its form says so; its candidates stay."""
        provider = payment_provider(reading.text)
        if provider is not None:
            extras = {**reading.extras, "provider": provider}
            return replace(reading, kind="payment", subject=reading.text, refusal=None, extras=extras)
        if reading.kind == "unknown" and _RECEIPT.fullmatch(reading.text):
            return replace(reading, kind="receipt", subject=reading.text, refusal=None)
        return reading


def _unknown(aim: Aim, body: str) -> Reading:
    """A text that says nothing by itself; a shop may still sell by it where it is short enough."""
    cleaned = clean(body)
    if not cleaned:
        return Reading("unknown", "", aim.identifier, carrier=aim.carrier, refusal=CodeRefusal.Empty)
    candidates = internal(cleaned)
    refusal = None if candidates and aim.carrier != "2d" else CodeRefusal.NotAProduct
    return Reading(
        "unknown",
        cleaned[:SHOWN_MAX_CHARS],
        symbology=aim.identifier,
        candidates=candidates,
        carrier=aim.carrier,
        refusal=refusal,
    )


def _shown(text: str) -> str:
    """A text as people see it: without control characters and half characters."""
    return clean(text.encode("utf-8", "replace").decode())[:SHOWN_MAX_CHARS]
