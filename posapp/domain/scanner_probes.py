"""The codes that a scanner is tried with, and what a rightly set scanner delivers for each.

Between them they show every setting that goes wrong at tills: check digits and leading zeros of retail
codes, letters and signs that move between keyboard layouts, the separator of GS1 codes, 2D codes, Chinese
characters, and a text long enough to lose characters on a slow line. The numbers are those that GS1 and
textbooks use for examples; no shop sells them.
"""

from __future__ import annotations

from typing import Literal

from posapp.values import dataclass

GS = "\x1d"

Symbol = Literal["ean-13", "upc-a", "ean-8", "upc-e", "code-128", "gs1-128", "gs1-datamatrix", "qr"]

#: Identifiers (ISO/IEC 15424) that a scanner may rightly put before each kind of code; a scanner without
#: identifiers is right too.
_IDENTIFIERS: dict[Symbol, tuple[str, ...]] = {
    "ean-13": ("]E0", "]X0"),
    "upc-a": ("]E0", "]X0"),
    "ean-8": ("]E4", "]X0"),
    "upc-e": ("]E0", "]X0"),
    "code-128": ("]C0", "]X0"),
    "gs1-128": ("]C1",),
    "gs1-datamatrix": ("]d2",),
    "qr": ("]Q1", "]Q0", "]Q2", "]X0"),
}


@dataclass(frozen=True, slots=True)
class Probe:
    """One test code: `text` is what it says, with 0x1D where a GS1 code has its separator.

    `optional` codes may rightly be switched off: no answer to them is worth a note only.
    """

    probe_id: str
    name: str
    symbol: Symbol
    text: str
    optional: bool = False

    @property
    def linear(self) -> bool:
        """Whether the code is made of bars."""
        return self.symbol not in ("qr", "gs1-datamatrix")

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The AIM identifiers that may stand before the text."""
        return _IDENTIFIERS[self.symbol]


CHINESE = "中文扫码"
_LONG = "".join(f"{row:02d}abcdefGHIJKLmnop" for row in range(1, 10))[:160]

PROBES: tuple[Probe, ...] = (
    Probe("ean-13", "EAN-13", "ean-13", "9506000134352"),
    Probe("upc-a", "UPC-A", "upc-a", "012345678905"),
    Probe("ean-8", "EAN-8", "ean-8", "96385074"),
    Probe("upc-e", "UPC-E", "upc-e", "04252614", optional=True),
    Probe("letters", "Code 128", "code-128", 'aqwzymAZ]-/@"#1234567890'),
    Probe("gs1-128", "GS1-128", "gs1-128", f"10Lot7{GS}21a9K"),
    Probe("gs1-datamatrix", "GS1 DataMatrix", "gs1-datamatrix", f"010950600013435210aB7{GS}21Zq42"),
    Probe("web-link", "QR web link", "qr", "https://example.com/01/09506000134352/10/Ab7?17=301231"),
    Probe("chinese", "QR, Chinese", "qr", f"Aa1{CHINESE}zZ9", optional=True),
    Probe("long", "QR, long", "qr", _LONG),
)
