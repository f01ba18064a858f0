"""Cheap second looks at a claim, for the many pictures that are read at once.

For an EAN-13 or UPC-A the cells are laid over a few rows between the claimed corners: which text fits
best, and by how much? Symbols with a strong check character are read again from other rows. Says yes
only when it is plain; everything else goes to the full proof. Refuses to look for a symbol that is not
where it was claimed.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from posapp.devices.decoding.digit_cells import (
    GUARDS,
    MODULES,
    SAMPLES,
    best_texts,
    cell_costs,
    correlation,
    drawn_text,
    inside,
    rows_of,
)
from posapp.devices.decoding.families import Claim, Corners, Grey, zxing
from posapp.devices.decoding.row_places import POWERS, at_places

Row = NDArray[np.float32]
_ROWS = 5
_BESIDE = 8  # modules of quiet zone that are looked at
_SIGMAS = (0.35, 0.6, 0.85)
_ROUNDS = 2
_STIFF = np.diag([0.5, 0.5, 1.0, 2.0])
#: Second best text at least this much worse, and the picture at least this much like the drawing.
_MARGIN = 0.5
_LIKENESS = 0.94
#: Fewest pixel rows of a band.
_BAND_ROWS = 5
_OTHER_SCALE = 1.37


def plain_to_see(grey: Grey, text: str, corners: Corners) -> bool:
    """Whether thirteen digits stand between these corners beyond reasonable doubt."""
    row = _row(grey, corners)
    if row is None:
        return False
    level = _levelled(row)
    claimed = rows_of(text)
    places = _settled(level, inside(drawn_text(claimed, 0.6, 0.0)))
    sigma = 0.6
    for _ in range(_ROUNDS):
        drawn = 2 * drawn_text(claimed, sigma, 0.0) - 1
        moves = POWERS[:, :4] * (inside(np.gradient(drawn).astype(np.float32)) * SAMPLES)[:, None]
        off = at_places(level, places) - inside(drawn)
        shift = POWERS[:, :4] @ np.linalg.solve(moves.T @ moves + _STIFF, moves.T @ off)
        places = places - np.clip(shift, -0.7, 0.7) * SAMPLES
        seen = at_places(level, places).astype(np.float32)
        sigma = min(_SIGMAS, key=lambda one: _misfit(seen, claimed, one))
    best = best_texts(*cell_costs(seen, sigma, 0.0))
    if best.text != text:
        return False
    drawn = 2 * inside(drawn_text(best.rows, sigma, 0.0)) - 1
    off = (seen - drawn)[GUARDS]
    cost = best.cost + float(off @ off)
    return correlation(seen, drawn) >= _LIKENESS and best.second - best.cost >= _MARGIN * cost


def _row(grey: Grey, corners: Corners) -> Row | None:
    """The mean brightness along the symbol, four samples a module, with eight modules at either end."""
    a, b, c, d = np.array(corners, np.float64)
    start, end, down = (a + d) / 2, (b + c) / 2, ((d - a) + (c - b)) / 2
    along = end - start
    if float(np.hypot(*along)) < MODULES * 0.9:
        return None
    share, offsets = _grid()
    x = (start[0] + along[0] * share + down[0] * offsets).astype(np.float32)
    y = (start[1] + along[1] * share + down[1] * offsets).astype(np.float32)
    rows = cv2.remap(grey, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(rows.mean(axis=0, dtype=np.float32), np.float32)


@cache
def _grid() -> tuple[Any, Any]:
    count = (MODULES + 2 * _BESIDE) * SAMPLES
    share = ((np.arange(count) + 0.5) / SAMPLES - _BESIDE) / MODULES
    return share[None, :], np.linspace(-0.3, 0.3, _ROWS)[:, None]


def _levelled(row: Row) -> Row:
    window = 11 * SAMPLES + 1
    kernel = np.ones((1, window), np.uint8)
    line = row.reshape(1, -1)
    white = cv2.blur(cv2.dilate(line, kernel), (window, 1))
    black = cv2.blur(cv2.erode(line, kernel), (window, 1))
    return np.asarray(((white + black - 2 * line) / np.maximum(white - black, 8)).ravel(), np.float32)


@cache
def _shifts() -> tuple[Any, Any]:
    """Every second sample's place for every error of the two ends, and all samples' places for no bend."""
    count = MODULES * SAMPLES
    share = (np.arange(count) + 0.5) / count
    moves = np.linspace(-2.5, 2.5, 11) * SAMPLES
    first, last = (each.ravel()[:, None] for each in np.meshgrid(moves, moves))
    places = _BESIDE * SAMPLES + first + (count + last - first) * share
    return places[:, ::2].astype(np.float32), places


def _settled(level: Row, drawn: Row) -> Any:
    """The places of the symbol's samples, its ends moved to where the claimed text fits best."""
    coarse, places = _shifts()
    off = at_places(level, coarse) - (2 * drawn[::2] - 1)
    return places[int(np.einsum("ij,ij->i", off, off).argmin())]


def _misfit(seen: Row, rows: tuple[int, ...], sigma: float) -> float:
    off = seen - 2 * inside(drawn_text(rows, sigma, 0.0)) + 1
    return float(off @ off)


def read_in_two_bands(grey: Grey, claim: Claim) -> bool:
    """Whether the upper and the lower part of a linear symbol say the same, each read by itself."""
    crop = _crop(grey, claim.corners, 1.0)
    if crop is None or len(crop) < 2 * _BAND_ROWS:
        return False
    half = len(crop) // 2
    return all(_says(part, claim) for part in (crop[:half], crop[half:]))


def read_on_another_scale(grey: Grey, claim: Claim) -> bool:
    """Whether a symbol of several rows is read again when its pixels fall elsewhere."""
    crop = _crop(grey, claim.corners, _OTHER_SCALE)
    return crop is not None and _says(crop, claim)


def _says(crop: Grey, claim: Claim) -> bool:
    return any((again.format, again.text) == (claim.format, claim.text) for again in zxing(crop, linear=True))


def _crop(grey: Grey, corners: Corners, scale: float) -> Grey | None:
    """The symbol turned upright, with a fifth of its width beside it."""
    a, b, c, d = np.array(corners, np.float64)
    width, height = float(np.hypot(*(b - a))), float(np.hypot(*(d - a)))
    if width < 20 or height < 4:
        return None
    along, down = (b - a) / width, (d - a) / height
    start = a - along * 0.2 * width - down * 0.02 * height
    matrix = np.stack([along / scale, down / scale, start], axis=1)
    size = (int(1.4 * width * scale), max(4, int(1.04 * height * scale)))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop: Any = cv2.warpAffine(grey, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)
