"""Where a symbol really begins and ends, when a decoder's corners are only roughly there.

Slides drawings of several widths along a longer profile and takes the best correlation. Knows nothing of
texts; a wrong text may be moved anywhere and still has to be proved there.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from posapp.devices.decoding.proof_fit import MARGIN, SAMPLES, Row, draw, profile

Corners = Sequence[tuple[float, float]]

_SIGMA = 0.9
_EDGE = 3  # modules of quiet zone that belong to a drawing
_STRETCHES = np.linspace(0.82, 1.12, 16)
_LEAST = 0.5


def replaced(
    gray: NDArray[np.uint8], corners: Corners, edges: tuple[float, ...], length: float
) -> tuple[tuple[float, float], ...] | None:
    """Better corners for this drawing, in the picture's order; None if it is nowhere near."""
    reach = int(0.2 * length) + _EDGE
    observed = _level(profile(gray, corners, length, reach)[::2])
    if not len(observed):
        return None
    drawing, _, _ = draw(edges, length, 0.0, _SIGMA)
    drawing = drawing[(MARGIN - _EDGE) * SAMPLES : -(MARGIN - _EDGE) * SAMPLES]
    best = (_LEAST, 0.0, 0.0)
    for row in (drawing, drawing[::-1]):
        for stretch in _STRETCHES:
            size = int(len(row) * stretch / 2)
            if size >= len(observed):
                break
            template = _level(cv2.resize(row[None, :], (size, 1), interpolation=cv2.INTER_AREA)[0])
            scores = cv2.matchTemplate(observed[None, :], template[None, :], cv2.TM_CCOEFF_NORMED)[0]
            at = int(scores.argmax())
            if scores[at] > best[0]:
                start = at * 2 / SAMPLES - reach + _EDGE * stretch
                best = (float(scores[at]), start, start + length * stretch)
    if best[2] == best[1]:
        return None
    top_left, top_right, low_right, low_left = (np.asarray(corner, np.float64) for corner in corners)
    first, last = best[1] / length, best[2] / length
    top, low = top_right - top_left, low_right - low_left
    moved = (top_left + first * top, top_left + last * top, low_left + last * low, low_left + first * low)
    return tuple((float(x), float(y)) for x, y in moved)


def _level(row: Row) -> Row:
    """The row without its slow changes of light, both profile and drawing treated alike."""
    if not len(row):
        return row
    level: Row = (row - cv2.blur(row[None, :], (SAMPLES * 7 + 1, 1))[0]).astype(np.float32)
    return level
