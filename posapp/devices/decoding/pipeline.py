"""From a grey picture to proved symbols: the cheapest step first, dearer ones while nothing is proved.

A search is a chain of steps that can be stopped and taken up again, so that a live picture spends its
time limit and goes on with the next one. Knows the order of steps; what is believed stands in the
evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from time import thread_time_ns
from typing import Any

import cv2
import numpy as np

from posapp.devices.decoding import families
from posapp.devices.decoding.barred import Area, Strips, barred_areas, strips, upright
from posapp.devices.decoding.digit_cells import drawn_text, rows_of
from posapp.devices.decoding.evidence import Evidence
from posapp.devices.decoding.families import Claim, Grey, spelt
from posapp.devices.decoding.rows import corners_of, is_blurred, read_rows
from posapp.devices.decoding.symbol import Decoded, Symbol

#: Processor time that a single picture is worth by default.
BUDGET_US = 40_000
#: A row reading whose second best text is nearer than this is not worth a proof.
_ROW_MARGIN = 0.13
#: Row readings of an area before other ways are tried.
_SHARP_FIRST = 5
_BLURRED_FIRST = 9
_CROP_WIDTH = 500
_CROP_EDGE = 6
_DOUBLED_SIDE = 500


def prepare() -> None:
    """Load the decoders, draw the templates, and keep OpenCV to the thread that calls it.

    Takes a fifth of a second once, which is then not taken from the first pictures' time.
    """
    cv2.setNumThreads(1)
    bars = 255 - 215 * drawn_text(rows_of("4006381333931"), 0.35, 0.0)
    label = np.repeat(np.clip(bars, 0, 255).astype(np.uint8)[None, :], 120, axis=0)
    for blur in (0.5, 5.0, 14.0):
        search = Search(np.asarray(cv2.GaussianBlur(label, (0, 0), blur), np.uint8))
        for _ in search.steps():
            pass


#: Pixels of a side below which there is nothing to read, and nothing that OpenCV would take.
_SMALLEST = 8


def decode(grey: Grey, *, budget_us: int = BUDGET_US) -> Decoded:
    """What is proved to be on a picture, found within the processor time given (the step begun is ended)."""
    begun = thread_time_ns()
    if min(grey.shape) < _SMALLEST:
        return Decoded((), 0)
    search = Search(grey)
    complete = True
    symbols: tuple[Symbol, ...] = ()
    for _ in search.steps():
        symbols = search.symbols()
        if symbols:
            break
        if (thread_time_ns() - begun) // 1000 >= budget_us:
            complete = False
            break
    return Decoded(symbols, (thread_time_ns() - begun) // 1000, complete)


@dataclass(slots=True)
class Search:
    """One picture being searched."""

    grey: Grey
    evidence: Evidence = field(init=False)

    def __post_init__(self) -> None:
        self.evidence = Evidence(self.grey)

    def symbols(self) -> tuple[Symbol, ...]:
        """What is proved so far."""
        return self.evidence.symbols()

    def steps(self) -> Iterator[str]:
        """Do the next step and say which it was, until every one is done."""
        grey = self.grey
        self._add(families.zxing(grey))
        yield "zxing plain"
        self._add(families.zxing(grey, full=True))
        yield "zxing full"
        areas = [area for area in barred_areas(grey) if _worth_reading(area)]
        rest: Iterator[str] = iter(())
        for place, area in enumerate(areas[:2]):
            yield from self._area(area, place)
            found = strips(grey, area)
            rows = self._rows(found, place)
            yield from islice(rows, _BLURRED_FIRST if is_blurred(found) else _SHARP_FIRST)
            if place == 0:
                yield from self._enlarged()
                rest = rows
        if not areas:
            yield from self._enlarged()
        self._add(families.zbar(grey))
        yield "zbar"
        yield from rest

    def _enlarged(self) -> Iterator[str]:
        doubled, factor = _doubled(self.grey)
        even = _clahe().apply(doubled)
        self._add(families.zxing(even, turned=True), _scaling(1 / factor), "enlarged")
        yield "zxing enlarged and evened"
        self._add(families.zxing(_sharpened(doubled, 2.0)), _scaling(1 / factor), "enlarged")
        yield "zxing enlarged and sharpened"

    def _area(self, area: Area, place: int) -> Iterator[str]:
        scale = max(1.0, min(3.0, _CROP_WIDTH / (area.right - area.left)))
        crop, matrix, _ = upright(self.grey, area, scale=scale)
        framed: Any = cv2.copyMakeBorder(crop, _CROP_EDGE, _CROP_EDGE, 0, 0, cv2.BORDER_REPLICATE)
        matrix = matrix.astype(np.float64)
        matrix[:, 2] -= matrix[:, 1] * _CROP_EDGE
        self._add(families.zxing(framed, linear=True), matrix, "crop")
        yield f"zxing on area {place}"
        self._add(families.zxing(_sharpened(framed, 2.0), linear=True), matrix, "crop")
        yield f"zxing on area {place} sharpened"
        self._add(families.zbar(framed), matrix, "crop")
        yield f"zbar on area {place}"

    def _rows(self, found: Strips, place: int) -> Iterator[str]:
        for reading in read_rows(found):
            if reading.margin >= _ROW_MARGIN:
                claim = spelt("EAN-13", reading.text, "]E0", corners_of(found, reading), "rows")
                if claim is not None:
                    self.evidence.add_rows(claim, reading)
            yield f"rows of area {place}"

    def _add(self, claims: Iterable[Claim], matrix: Any = None, rendering: str = "picture") -> None:
        for claim in claims:
            self.evidence.add(claim if matrix is None else _placed(claim, matrix), rendering)


def _worth_reading(area: Area) -> bool:
    return area.right - area.left > 24 and area.bottom - area.top > 6


def _placed(claim: Claim, matrix: Any) -> Claim:
    """A claim on a changed picture, with its corners on the picture it was made from."""
    a, b, c, d = ((float(x), float(y)) for x, y in (matrix @ (*corner, 1.0) for corner in claim.corners))
    return replace(claim, corners=(a, b, c, d))


def _scaling(factor: float) -> Any:
    return np.array([[factor, 0, 0], [0, factor, 0]])


def _doubled(grey: Grey) -> tuple[Any, float]:
    factor = 2.0 if max(grey.shape) <= _DOUBLED_SIDE else 1.0
    if factor == 1.0:
        return grey, factor
    return cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), factor


def _sharpened(grey: Any, sigma: float) -> Any:
    return cv2.addWeighted(grey, 2.5, cv2.GaussianBlur(grey, (0, 0), sigma), -1.5, 0)


@cache
def _clahe() -> Any:
    return cv2.createCLAHE(3.0, (8, 8))
