"""AIM symbology identifiers: the three characters before a text that say which symbol it came from.

Knows which identifiers promise a GS1 element string, which a retail number, and which only plain text:
a Code 128 without FNC1 (]C0) or a plain QR code (]Q1) is never an element string, however much its
digits look like one. Refuses to read the text behind the identifier. Source: ISO/IEC 15424 and GS1
General Specifications 7.8 and figure 5.1.3-2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from posapp.values import dataclass

Syntax = Literal["retail", "add-on", "ean-8", "itf", "gs1", "plain", "open"]
Carrier = Literal["linear", "2d", "unknown"]

#: An identifier is only one when something follows it: a three-letter code may start with "]".
_IDENTIFIER: Final = re.compile(r"\]([A-Za-z])([0-9A-Za-z])(?=.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Aim:
    """An identifier understood: `syntax` is what the text behind it may be read as.

    "open" is a text without (useful) identifier: it must bring its own evidence.
    """

    identifier: str
    name: str
    syntax: Syntax
    carrier: Carrier


NO_AIM: Final = Aim("", "", "open", "unknown")

_LINEAR: Final[Mapping[str, str]] = {
    "A": "Code 39", "B": "Telepen", "C": "Code 128", "F": "Codabar", "G": "Code 93", "H": "Code 11",
    "I": "ITF", "M": "MSI", "N": "Anker", "P": "Plessey", "R": "Straight 2 of 5", "S": "2 of 5",
    "E": "EAN/UPC", "e": "DataBar",
}  # fmt: skip
_STACKED: Final[Mapping[str, str]] = {
    "D": "Code One", "J": "DotCode", "K": "Code 16K", "L": "PDF417", "O": "Codablock", "Q": "QR Code",
    "T": "Code 49", "U": "MaxiCode", "d": "Data Matrix", "g": "Grid Matrix", "h": "Han Xin", "z": "Aztec",
}  # fmt: skip
#: FNC1 in the first place: what follows is an element string or the symbol is wrong.
_GS1: Final[Mapping[str, str]] = {
    "C1": "GS1-128", "e0": "GS1 DataBar", "e1": "GS1 Composite", "e2": "GS1 Composite",
    "d2": "GS1 DataMatrix", "d5": "GS1 DataMatrix", "Q3": "GS1 QR Code", "Q4": "GS1 QR Code",
    "J1": "GS1 DotCode",
}  # fmt: skip
_RETAIL: Final[Mapping[str, tuple[str, Syntax]]] = {
    "E0": ("EAN-13 or UPC", "retail"),
    "E3": ("EAN-13 with add-on", "add-on"),
    "E4": ("EAN-8", "ean-8"),
    "I0": ("ITF", "itf"),
    "I1": ("ITF with check digit", "itf"),
}


def _table() -> Mapping[str, Aim]:
    table: dict[str, Aim] = {}
    for letter, name in {**_LINEAR, **_STACKED}.items():
        for modifier in "0123456789ABCDEFabcdef":
            key = letter + modifier
            table[key] = Aim(f"]{key}", name, "plain", "linear" if letter in _LINEAR else "2d")
    for key, name in _GS1.items():
        table[key] = Aim(f"]{key}", name, "gs1", table[key].carrier)
    for key, (name, syntax) in _RETAIL.items():
        table[key] = Aim(f"]{key}", name, syntax, "linear")
    # Datalogic sends ]X0 for what it has no letter for, ISBN among it: the text must speak for itself.
    for key in ("X0", "X1", "Z0", "Z1"):
        table[key] = Aim(f"]{key}", "other", "open", "unknown")
    return MappingProxyType(table)


_TABLE: Final = _table()


def split_aim(text: str) -> tuple[Aim, str]:
    """A text as (identifier, rest); a text without one, or with an unknown one, is "open"."""
    if not text.startswith("]"):
        return NO_AIM, text
    found = _IDENTIFIER.match(text)
    if found is None:
        return NO_AIM, text
    key = found.group(1) + found.group(2)
    aim = _TABLE.get(key) or Aim(f"]{key}", "other", "open", "unknown")
    return aim, text[3:]
