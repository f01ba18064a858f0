"""Laying drawn bars over a grey profile: place, stretch, curvature, ink spread and blur.

Works in modules of the drawn symbol: a profile is sampled along the symbol, a coarse search finds where
it begins and ends, then Gauss-Newton steps refine everything at once. The result is the profile as it
would look on a flat, evenly lit label (1 = bar, 0 = space) and how well the drawing explains it.
Refuses to know what the bars mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.float32]

#: Samples a module, of profiles, drawings and flattened profiles alike.
SAMPLES = 6
#: Modules of quiet zone that are looked at on either side.
QUIET = 6
#: Rows that are looked at across the symbol.
ROWS = 9
MARGIN = 8
#: Modules of quiet zone that take part in the fit.
_LAID = 4
_COARSE_SIGMA = 0.8
#: Modules from which on a symbol is bent often enough to look for it.
_LONG = 80


@dataclass(frozen=True, slots=True)
class Fit:
    """A drawing laid over a profile.

    `likeness` is the correlation of the two (1 = the same); `flat` is the profile in modules from
    -QUIET to length + QUIET, SAMPLES a module; `model` is the drawing on the same grid; `sigma` is the
    blur and `ink` the growth of a bar, both in modules; `warp` says how far the start, the end and the
    middle lay from where they were expected.
    """

    likeness: float
    flat: Row
    model: Row
    sigma: float
    ink: float
    warp: tuple[float, ...]


def profile(
    gray: NDArray[np.uint8],
    corners: Sequence[tuple[float, float]],
    length: float,
    margin: int = MARGIN,
    *,
    reach: float = 0.1,
) -> Row:
    """The darkness along the symbol, averaged over rows that agree; SAMPLES a module from -margin on.

    Rows are looked for beyond corners that enclose a thin strip only: a fold or a scratch that changes
    one strip must not speak for the whole symbol; `reach` says how far at least, in symbol lengths. Empty
    if the corners enclose nothing.
    """
    top_left, top_right, low_right, low_left = (np.asarray(corner, np.float64) for corner in corners)
    start, end = (top_left + low_left) / 2, (top_right + low_right) / 2
    along = end - start
    span = float(np.hypot(*along))
    if span < 8.0:
        return np.zeros(0, np.float32)
    across = ((low_left - top_left) + (low_right - top_right)) / 2
    height = float(np.hypot(*across))
    upright = np.array([-along[1], along[0]]) / span
    if height < 0.05 * span:
        across, height = upright, 1.0
    reach_px = max(reach * span, min(0.35 * height, 0.2 * span))
    offsets = np.linspace(-1.0, 1.0, ROWS) * reach_px / height
    places = (np.arange(round((length + 2 * margin) * SAMPLES)) + 0.5) / SAMPLES - margin
    steps = places / length
    x = start[0] + along[0] * steps[None, :] + across[0] * offsets[:, None]
    y = start[1] + along[1] * steps[None, :] + across[1] * offsets[:, None]
    rows = cv2.remap(
        gray, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return _agreeing(rows.astype(np.float32), 3 if length > _LONG else 1)


def _agreeing(rows: NDArray[np.float32], parts: int) -> Row:
    """The mean of the rows, each moved and stretched to the middle one; what looks different is left out."""
    size = rows.shape[1]
    centred = rows - cv2.blur(rows, (SAMPLES * 12 + 1, 1))
    middle = centred[len(rows) // 2]
    reach = 4 * SAMPLES
    padded = np.concatenate([np.zeros(reach, np.float32), middle, np.zeros(reach, np.float32)])
    moved = np.lib.stride_tricks.sliding_window_view(padded, size)
    lags = []
    for part in np.array_split(np.arange(size), parts):
        piece = slice(part[0], part[-1] + 1)
        norms = np.sqrt(np.einsum("ij,ij->i", centred[:, piece], centred[:, piece])) + 1e-3
        likeness = (centred[:, piece] @ moved[:, piece].T) / (norms[:, None] * norms[len(rows) // 2])
        lag = likeness.argmax(axis=1)
        lags.append(np.where(likeness[np.arange(len(rows)), lag] > 0.7, lag - reach, 999))
    kept = [row for row in range(len(rows)) if max(lag[row] for lag in lags) < 999]
    if not kept:
        return np.zeros(0, np.float32)
    grid = np.arange(size, dtype=np.float64)
    share = 3 * grid / size - 1.5  # -1, 0 and 1 in the middles of the thirds
    total = np.zeros(size)
    for row in kept:
        left, middle_lag, right = (float(lags[part * (parts // 2)][row]) for part in range(3))
        shift = middle_lag + (right - left) / 2 * share + ((left + right) / 2 - middle_lag) * share**2
        total += np.interp(grid - shift, grid, rows[row])
    mean: Row = (255.0 - total / len(kept)).astype(np.float32)
    return mean


@lru_cache(maxsize=128)
def _integral(edges: tuple[float, ...], length: float, ink: float) -> tuple[Any, Any]:
    """Cell borders of the drawing's grid and the amount of bar up to each of them."""
    borders = np.arange(round((length + 2 * MARGIN) * SAMPLES) + 1) / SAMPLES - MARGIN
    moved = np.asarray(edges) + np.where(np.arange(len(edges)) % 2, ink / 2, -ink / 2)
    moved = np.maximum.accumulate(moved)
    widths = np.diff(moved) * (np.arange(len(moved) - 1) % 2 == 0)
    amount = np.interp(borders, moved, np.concatenate(([0.0], np.cumsum(widths))))
    return borders, amount


def _impulses(edges: tuple[float, ...], size: int) -> Row:
    """The edges on the drawing's grid as peaks of height 1, split between the two nearest cells."""
    place = (np.asarray(edges) + MARGIN) * SAMPLES - 0.5
    low = np.floor(place).astype(np.intp)
    share = place - low
    peaks = np.bincount(low, 1 - share, size) + np.bincount(low + 1, share, size)
    return peaks.astype(np.float32) * SAMPLES


def draw(edges: tuple[float, ...], length: float, ink: float, sigma: float) -> tuple[Row, Row, Row]:
    """The drawing with its ink spread and blur, its slope by place and its change by ink; from -MARGIN on."""
    _, amount = _integral(edges, length, round(ink, 2))
    raw = (np.diff(amount) * SAMPLES).astype(np.float32)
    both = np.stack([raw, _impulses(edges, len(raw)) / 2])
    both = cv2.GaussianBlur(
        both, (0, 1), sigmaX=sigma * SAMPLES, sigmaY=1e-6, borderType=cv2.BORDER_REPLICATE
    )
    slope = np.gradient(both[0]).astype(np.float32) * SAMPLES
    return both[0], slope, both[1]


def fit(observed: Row, edges: tuple[float, ...], length: float, *, wide: bool = False) -> Fit | None:
    """Lay a drawing over a profile, the right way round; None if there is nothing to lay it over.

    `wide` also looks for ends some modules off and for strong curvature, at three times the cost.
    """
    if len(observed) < 24 or float(observed.std()) < 1.5:
        return None
    forward, state = _coarse(observed, edges, length, wide)
    backward, turned = _coarse(observed[::-1], edges, length, wide)
    if backward > forward:
        observed, state = observed[::-1], turned
    sigma, ink = 1.1 if wide else _COARSE_SIGMA, 0.0
    for step in range(12):
        state, ink, sigma, change = _refine(observed, edges, length, state, ink, sigma)
        if step > 1 and change < 0.03:
            break
    return _result(observed, edges, length, state, ink, sigma)


def _grid(length: float, size: int) -> tuple[Any, Any, Any]:
    """Places of a profile's samples in modules, the same from -1 to 1 over the symbol, warp shapes."""
    places = (np.arange(size) + 0.5) / SAMPLES - MARGIN
    t = 2 * places / length - 1
    inner = np.clip(t, -1.0, 1.0)  # curvature must not pull the quiet zones
    bump = 1 - inner * inner
    return places, t, np.stack([np.ones_like(t), t, bump, inner * bump, (5 * inner * inner - 1) * bump])


def _coarse(observed: Row, edges: tuple[float, ...], length: float, wide: bool) -> tuple[float, Any]:
    """The start, end and curvature with the best correlation, tried on a coarse grid."""
    drawing, _, _ = draw(edges, length, 0.0, 1.4 if wide else _COARSE_SIGMA)
    places, _, shapes = _grid(length, len(observed))
    inside = slice((MARGIN - 2) * SAMPLES, len(observed) - (MARGIN - 2) * SAMPLES, 7 if wide else 5)
    detrended = observed - cv2.blur(observed[None, :], (SAMPLES * 20 + 1, 1))[0]
    seen = detrended[inside]
    tries = _tries(wide)
    at = places[inside] + tries @ shapes[:, inside]
    drawn = drawing.take(((at + MARGIN) * SAMPLES).astype(np.intp), mode="clip")
    drawn -= drawn.mean(axis=1, keepdims=True)
    power = np.einsum("ij,ij->i", drawn, drawn) * float(seen.var() * len(seen))
    score = (drawn @ (seen - seen.mean())) / (np.sqrt(power) + 1e-6)
    best = int(score.argmax())
    return float(score[best]), tries[best]


@lru_cache(maxsize=2)
def _tries(wide: bool) -> Any:
    ends = np.arange(-5.0, 5.1, 1.0) if wide else np.arange(-1.8, 1.81, 0.6)
    bumps = np.arange(-6.0, 6.1, 1.0) if wide else np.array([-1.5, -0.5, 0.5, 1.5])
    return np.array(
        [((a + b) / 2, (b - a) / 2, bump, 0.0, 0.0) for a in ends for b in ends for bump in bumps],
        np.float64,
    )


def _refine(
    observed: Row, edges: tuple[float, ...], length: float, state: Any, ink: float, sigma: float
) -> tuple[Any, float, float, float]:
    """One Gauss-Newton step for the warp, the ink and the blur; the last figure is the warp's change."""
    drawing, slope, growth = draw(edges, length, ink, sigma)
    places, t, shapes = _grid(length, len(observed))
    at = places + state @ shapes
    begin, end = np.searchsorted(at, (-_LAID, length + _LAID))
    inside = slice(begin, end, 2)
    at, seen, t, shapes = at[inside], observed[inside].astype(np.float64), t[inside], shapes[:, inside]
    drawn, tangent, by_ink = (np.interp(at, places, row) for row in (drawing, slope, growth))
    curve = np.interp(at, places, np.gradient(slope) * SAMPLES)
    light = np.stack([np.ones_like(t), t, t * t, drawn, drawn * t])
    tone = _least_squares(light, seen)
    gain = tone[3] + tone[4] * t
    columns = np.vstack([light, gain * tangent * shapes, gain * by_ink, gain * curve * sigma])
    normal = columns @ columns.T
    normal[np.diag_indices_from(normal)] += 1e-6 * np.trace(normal) / len(normal)
    gauge = float(np.mean(gain**2)) * len(at) / 60
    normal[7, 7] += gauge * 0.2
    normal[8, 8] += gauge * 0.4
    normal[9, 9] += gauge * (0.6 if length > _LONG else 60)
    normal[10, 10] += gauge * 0.2
    normal[11, 11] += gauge * 0.1
    step = np.linalg.solve(normal, columns @ (seen - tone @ light))
    warp_step = np.clip(step[5:10], -0.6, 0.6)
    ink = float(np.clip(ink + np.clip(step[10], -0.3, 0.3), -0.6, 0.6))
    sigma = float(np.clip(sigma + np.clip(step[11], -0.25, 0.25), 0.22, 1.6))
    return state + warp_step, ink, sigma, float(np.abs(warp_step).max())


def _least_squares(columns: Any, seen: Any) -> Any:
    normal = columns @ columns.T
    normal[np.diag_indices_from(normal)] += 1e-7 * np.trace(normal)
    return np.linalg.solve(normal, columns @ seen)


def _result(
    observed: Row, edges: tuple[float, ...], length: float, state: Any, ink: float, sigma: float
) -> Fit:
    places, _, shapes = _grid(length, len(observed))
    at = places + state @ shapes
    grid = (np.arange(round((length + 2 * QUIET) * SAMPLES)) + 0.5) / SAMPLES - QUIET
    seen = np.interp(grid, at, observed)
    drawing, _, _ = draw(edges, length, ink, sigma)
    model = drawing[(MARGIN - QUIET) * SAMPLES :][: len(grid)].astype(np.float64)
    s = 2 * grid / length - 1
    light = np.stack([np.ones_like(s), s, s * s, model, model * s])
    laid = slice((QUIET - _LAID) * SAMPLES, len(grid) - (QUIET - _LAID) * SAMPLES)
    tone = _least_squares(light[:, laid], seen[laid])
    plain = _least_squares(light[:3, laid], seen[laid])
    left, whole = (seen[laid] - factors @ light[: len(factors), laid] for factors in (tone, plain))
    level, gain = tone[:3] @ light[:3], tone[3] + tone[4] * s
    explained = 1.0 - float(left @ left) / max(float(whole @ whole), 1e-9)
    likeness = float(np.sqrt(max(explained, 0.0))) if tone[3] > 0 else 0.0
    flat = (seen - level) / np.where(np.abs(gain) < 0.2 * abs(tone[3]) + 1e-6, np.inf, gain)
    return Fit(
        likeness, flat.astype(np.float32), model.astype(np.float32), sigma, ink, tuple(map(float, state))
    )
