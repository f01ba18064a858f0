"""One code found in a picture, as every decoder here hands it on.

Names of formats and spellings of texts are the ones that people print: a UPC-A has twelve digits, a
UPC-E eight, DataBar Expanded shows its application identifiers in parentheses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Format = Literal[
    "EAN-13", "EAN-8", "UPC-A", "UPC-E", "Code 128", "Code 39", "ITF", "GS1 DataBar",
    "GS1 DataBar Expanded", "QR Code", "Data Matrix",
]  # fmt: skip

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Symbol:
    """A code with its text. `raw` is what a scanner would send: the AIM identifier, then the data with
    FNC1 as 0x1D. `corners` are pixels of the picture, clockwise from the symbol's own top left."""

    format: Format
    text: str
    raw: str
    corners: tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class Decoded:
    """What was proved to be in one picture, and the processor time it took in microseconds."""

    symbols: tuple[Symbol, ...]
    cpu_us: int
    complete: bool = True  # False: the time limit came before every step was tried
