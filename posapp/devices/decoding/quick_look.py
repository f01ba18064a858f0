"""Cheap second looks at a claim, for the many pictures that are read at once.

For EAN and UPC the drawn text is laid over a few rows between the claimed corners: does every digit fit
best where it is claimed, and by how much? Symbols with a strong check character are read again from
other rows. Says yes only when it is plain; everything else goes to the full proof. Refuses to look for
a symbol that is not where it was claimed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from posapp.devices.decoding.bars import cell_places, retail_cells
from posapp.devices.decoding.digit_cells import PATTERNS, SAMPLES, bank, blurred, correlation
from posapp.devices.decoding.families import Claim, Corners, Grey, zxing
from posapp.devices.decoding.row_places import at_places
from posapp.devices.decoding.symbol import Format

Row = NDArray[np.float32]
_ROWS = 5
_BESIDE = 8  # modules of quiet zone that are looked at
_SIGMAS = (0.35, 0.6, 0.85, 1.1)
_INKS = (-0.25, 0.0, 0.25)
_ROUNDS = 3
_STIFF = np.diag([0.5, 0.5, 1.0, 2.0])
#: Share of the misfit by which the nearest other text must fit worse, and the likeness to the drawing.
_MARGIN = 0.4
_LIKENESS = 0.91
#: Short symbols are read out of longer ones: nothing dark may stand beside them (-1 light, 1 dark).
_SHORT: tuple[Format, ...] = ("UPC-E", "EAN-8")
_SHORT_LIKENESS = 0.935
_DARK_BESIDE = -0.3
#: Fewest pixel rows of a band.
_BAND_ROWS = 5
_OTHER_SCALE = 1.31
#: Share of the contrast by which the ground beside a symbol may be darker than its spaces.
_DARKEST_BESIDE = 0.32
_FEWEST_BESIDE = 4  # half modules


def plain_to_see(grey: Grey, claim: Claim) -> bool:
    """Whether a claimed EAN or UPC stands between its corners beyond reasonable doubt."""
    cells = retail_cells(claim.format, claim.text)
    if cells is None:
        return False
    modules = cell_places(claim.format)[1]
    row = _row(grey, claim.corners, modules)
    if row is None:
        return False
    level = _levelled(row)
    rows = tuple("ABC".index(kind) * 10 + digit for digit, kind in cells)
    powers = _powers(modules)
    at = _settled(level, _drawn(claim.format, rows, 0.6, 0.0), modules)
    sigma, ink = 0.6, 0.0
    for turn in range(_ROUNDS):
        drawn = _drawn(claim.format, rows, sigma, ink)
        moves = powers * (np.gradient(drawn) * SAMPLES)[:, None]
        seen = np.asarray(at_places(level, at), np.float32)
        if turn:
            seen = _relit(seen, drawn, powers)
        shift = powers @ np.linalg.solve(moves.T @ moves + _STIFF, moves.T @ (seen - drawn))
        at = at - np.clip(shift, -0.7, 0.7) * SAMPLES
        seen = _relit(np.asarray(at_places(level, at), np.float32), drawn, powers)
        choices = [(sigma, one) for one in _INKS] if turn == 1 else [(one, ink) for one in _SIGMAS]
        misfits = [_misfit(seen, _drawn(claim.format, rows, *choice)) for choice in choices]
        sigma, ink = choices[int(np.argmin(misfits))]
        if _is_plain(seen, claim, rows, (sigma, ink)):
            return claim.format not in _SHORT or _alone(level, at)
    return False


def _is_plain(seen: Row, claim: Claim, rows: tuple[int, ...], look: tuple[float, float]) -> bool:
    drawn = _drawn(claim.format, rows, *look)
    if correlation(seen, drawn) < (_SHORT_LIKENESS if claim.format in _SHORT else _LIKENESS):
        return False
    return _ahead(seen, rows, cell_places(claim.format)[0], *look) >= _MARGIN * _misfit(seen, drawn)


def _relit(seen: Row, drawn: Row, powers: Any) -> Row:
    """What is seen, with white and contrast put where the drawing has them, slowly changing along it."""
    light = np.concatenate([powers[:, :3], powers[:, :3] * drawn[:, None]], axis=1)
    levels = np.linalg.solve(light.T @ light + 0.1 * np.eye(6), light.T @ seen)
    gain = np.maximum(powers[:, :3] @ levels[3:], 0.25)
    return np.asarray((seen - powers[:, :3] @ levels[:3]) / gain, np.float32)


def _ahead(seen: Row, rows: tuple[int, ...], places: tuple[int, ...], sigma: float, ink: float) -> float:
    """How much worse the nearest other text fits at least: two digits differ, for the check digit's sake."""
    windows = np.array(places)[:, None] * SAMPLES + np.arange(7 * SAMPLES)
    templates, squares = bank(sigma, ink)
    costs = squares - 2 * seen[windows] @ templates.T
    cells = np.arange(len(rows))
    own = costs[cells, list(rows)]
    costs[cells, list(rows)] = np.inf
    right = np.array(rows) >= 20
    costs[~right, 20:] = np.inf  # a right digit begins dark and can stand on the right side only
    costs[right, :20] = np.inf
    worse = np.sort(costs.min(axis=1) - own)
    return float(worse[0] + worse[1]) if worse[0] > 0 else -1.0


def _alone(level: Row, at: Any) -> bool:
    """Whether light stands for six modules at either end."""
    module = (at[-1] - at[0]) / len(at) * SAMPLES
    for end, way in ((at[0], -1.0), (at[-1], 1.0)):
        beside = at_places(level, end + way * module * np.linspace(1.0, 6.5, 23))
        if float(np.convolve(beside, np.ones(3) / 3, "valid").max()) > _DARK_BESIDE:
            return False
    return True


@lru_cache(maxsize=512)
def _drawn(symbol_format: Format, rows: tuple[int, ...], sigma: float, ink: float) -> Row:
    places, count = cell_places(symbol_format)
    modules = np.zeros(count + 20, np.float32)
    for place, row in zip(places, rows, strict=True):
        modules[10 + place : 17 + place] = PATTERNS[row]
    bars = (
        (0, 2, 46, 48, 50)
        if symbol_format == "UPC-E"
        else (0, 2, count // 2 - 1, count // 2 + 1, count - 3, count - 1)
    )
    for bar in bars:
        modules[10 + bar] = 1.0
    return 2 * blurred(modules, sigma, ink)[10 * SAMPLES : -10 * SAMPLES] - 1


def _row(grey: Grey, corners: Corners, modules: int) -> Row | None:
    """The mean brightness along the symbol, four samples a module, with eight modules at either end."""
    a, b, c, d = np.array(corners, np.float64)
    start, end, down = (a + d) / 2, (b + c) / 2, ((d - a) + (c - b)) / 2
    along = end - start
    if float(np.hypot(*along)) < modules * 0.9:
        return None
    share, offsets = _grid(modules)
    x = (start[0] + along[0] * share + down[0] * offsets).astype(np.float32)
    y = (start[1] + along[1] * share + down[1] * offsets).astype(np.float32)
    rows = cv2.remap(grey, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(rows.mean(axis=0, dtype=np.float32), np.float32)


@lru_cache(maxsize=4)
def _grid(modules: int) -> tuple[Any, Any]:
    count = (modules + 2 * _BESIDE) * SAMPLES
    share = ((np.arange(count) + 0.5) / SAMPLES - _BESIDE) / modules
    return share[None, :], np.linspace(-0.3, 0.3, _ROWS)[:, None]


def _levelled(row: Row) -> Row:
    window = 11 * SAMPLES + 1
    kernel = np.ones((1, window), np.uint8)
    line = row.reshape(1, -1)
    white = cv2.blur(cv2.dilate(line, kernel), (window, 1))
    black = cv2.blur(cv2.erode(line, kernel), (window, 1))
    return np.asarray(((white + black - 2 * line) / np.maximum(white - black, 8)).ravel(), np.float32)


@lru_cache(maxsize=4)
def _powers(modules: int) -> Any:
    along = (np.arange(modules * SAMPLES) + 0.5) / (modules * SAMPLES) * 2 - 1
    return np.stack([along**power for power in range(4)], axis=1)


@lru_cache(maxsize=4)
def _shifts(modules: int) -> tuple[Any, Any]:
    """Every third sample nearest to its place for every error of the two ends, and all samples' places."""
    count = modules * SAMPLES
    share = (np.arange(count) + 0.5) / count
    moves = np.linspace(-2.4, 2.4, 9) * SAMPLES
    first, last = (each.ravel()[:, None] for each in np.meshgrid(moves, moves))
    places = _BESIDE * SAMPLES + first + (count + last - first) * share
    return np.round(places[:, ::3] - 0.5).astype(np.intp), places


def _settled(level: Row, drawn: Row, modules: int) -> Any:
    """The places of the symbol's samples, its ends moved to where the claimed text fits best."""
    coarse, places = _shifts(modules)
    off = level[coarse] - drawn[::3]
    return places[int(np.einsum("ij,ij->i", off, off).argmin())]


def _misfit(seen: Row, drawn: Row) -> float:
    off = seen - drawn
    return float(off @ off)


def read_in_two_bands(grey: Grey, claim: Claim) -> bool:
    """Whether the upper and the lower part of a linear symbol say the same, each read by itself."""
    crop = _crop(grey, claim.corners)
    if crop is None or len(crop) < 2 * _BAND_ROWS:
        return False
    half = len(crop) // 2
    return all(_says(part, claim) for part in (crop[:half], crop[half:]))


def read_on_another_scale(grey: Grey, claim: Claim) -> bool:
    """Whether a symbol of several rows is read again when its pixels fall elsewhere."""
    for scale in (_OTHER_SCALE, 1 / _OTHER_SCALE):
        changed: Any = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
        if _says(changed, claim):
            return True
    return False


def light_beside(grey: Grey, corners: Corners, module_px: float, *, digits_beside: bool = False) -> bool:
    """Whether five modules at either end, or three before the picture ends, are as light as spaces.

    For symbologies whose start and stop are found in the middle of longer codes, too.
    """
    a, b, c, d = np.array(corners, np.float64)
    start, end, down = (a + d) / 2, (b + c) / 2, ((d - a) + (c - b)) / 2
    length = float(np.hypot(*(end - start)))
    if length < 1 or module_px <= 0:
        return False
    along = (end - start) / length
    offsets = np.linspace(-0.3, 0.3, _ROWS)[:, None]

    def seen(origin: Any, places: Any) -> Any:
        x = origin[0] + along[0] * places + down[0] * offsets
        y = origin[1] + along[1] * places + down[1] * offsets
        inside = (x >= 0) & (x <= grey.shape[1] - 1) & (y >= 0) & (y <= grey.shape[0] - 1)
        rows = cv2.remap(grey, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR)
        # A digit printed beside the symbol darkens some rows, a bar all of them.
        lightest = np.sort(rows.astype(np.float32), axis=0)
        return lightest[-2 if digits_beside else _ROWS // 2][inside.all(axis=0)]

    own = seen(start, np.linspace(0, length, max(32, int(2 * length)))[None, :])
    steps = np.arange(1.5, 5.1, 0.5)[None, :] * module_px
    sides = (seen(start, -steps), seen(end, steps))
    if min(len(own), len(sides[0]), len(sides[1])) < _FEWEST_BESIDE:
        return False
    black, white = (float(level) for level in np.percentile(own, (10, 90)))
    lightest_allowed = white - _DARKEST_BESIDE * (white - black)
    return all(float(side.min()) >= lightest_allowed for side in sides)


def _says(crop: Grey, claim: Claim) -> bool:
    return any((again.format, again.text) == (claim.format, claim.text) for again in zxing(crop, linear=True))


def _crop(grey: Grey, corners: Corners) -> Grey | None:
    """The symbol turned upright, with a fifth of its width beside it."""
    a, b, _, d = np.array(corners, np.float64)
    width, height = float(np.hypot(*(b - a))), float(np.hypot(*(d - a)))
    if width < 20 or height < 4:
        return None
    along, down = (b - a) / width, (d - a) / height
    start = a - along * 0.2 * width - down * 0.02 * height
    matrix = np.stack([along, down, start], axis=1)
    size = (int(1.4 * width), max(4, int(1.04 * height)))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop: Any = cv2.warpAffine(grey, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)
