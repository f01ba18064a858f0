"""Which signs of Code 128 stand in a picture, when no usual encoding of the text fits.

The number of signs and the code sets are not known from a text, so every possible number is tried and
each eleven modules are compared with all 106 signs. What is found counts only if it spells the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from posapp.devices.decoding.bar_edges import Bars
from posapp.devices.decoding.code128_bars import bars_of, text_of
from posapp.devices.decoding.proof_fit import MARGIN, SAMPLES, Row, profile
from posapp.devices.decoding.proof_rivals import templates

_ENDS = (-1.2, -0.6, 0.0, 0.6, 1.2)
_NOMINAL = 112.0


def seen_code128(gray: NDArray[np.uint8], corners: Sequence[tuple[float, float]], text: str) -> Bars | None:
    """The drawing of the signs that the picture shows, if they spell this text; else None."""
    observed = profile(gray, corners, _NOMINAL)
    if not len(observed):
        return None
    observed = observed - cv2.blur(observed[None, :], (SAMPLES * 14 + 1, 1))[0]
    wanted = _plain(text)
    tried: list[tuple[float, int, bool]] = []
    for turned in (False, True):
        row = observed[::-1] if turned else observed
        for count in range(max(3, len(wanted) // 2 + 2), len(wanted) + 6):
            score, _ = _read(row, count, 0.0, 0.0)
            tried.append((score, count, turned))
    for _, count, turned in sorted(tried, reverse=True)[:3]:
        row = observed[::-1] if turned else observed
        reads = sorted((_read(row, count, a, b) for a in _ENDS for b in _ENDS), reverse=True)
        for _, values in reads[:6]:
            spelt = text_of(values[:-1])
            check = sum(value * max(1, place) for place, value in enumerate(values[:-1])) % 103
            if spelt is not None and check == values[-1] and _plain(spelt) == wanted:
                return bars_of(values[:-1])
    return None


def _plain(text: str) -> str:
    return text.replace("\x1d", "").replace("(", "").replace(")", "")


def _read(row: Row, count: int, start: float, end: float) -> tuple[float, tuple[int, ...]]:
    """The best sign for each of `count` cells, and how well they fit on the whole."""
    length = 11 * count + 13
    table = _signs()
    grid = (np.arange(11 * count * SAMPLES) + 0.5) / SAMPLES
    along = (start + grid * (length + end - start) / length) / length
    cells: Any = np.interp((along * _NOMINAL + MARGIN) * SAMPLES - 0.5, np.arange(len(row)), row)
    cells = cells.reshape(count, 11 * SAMPLES)
    cells = cells - cells.mean(axis=1, keepdims=True)
    cells /= np.sqrt(np.einsum("ij,ij->i", cells, cells))[:, None] + 1e-6
    likeness = cells @ table.T
    likeness[0, :103] = -1.0
    likeness[1:, 103:] = -1.0
    return float(likeness.max(axis=1).mean()), tuple(map(int, likeness.argmax(axis=1)))


def _signs() -> Any:
    table = templates("code128", 0.0, 0.5, 0.0)
    tail = (table.shape[1] - 11 * SAMPLES) // 2
    table = table[:, tail : tail + 11 * SAMPLES]
    table = table - table.mean(axis=1, keepdims=True)
    return table / np.sqrt(np.einsum("ij,ij->i", table, table))[:, None]
