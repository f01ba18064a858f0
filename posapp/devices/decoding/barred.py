"""Where a picture has bars: areas whose gradients all point one way, and the strips across them.

Works with the structure tensor of a reduced picture, at any angle. Knows nothing of symbologies: an
area is a place worth turning upright and reading, and often it is a carpet.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from posapp.devices.decoding.pictures import Grey

Row = NDArray[np.float32]
_SIDE = 300
_STRIPS = 8
#: Of an area's width, added at either side, so that the quiet zones are seen.
_BESIDE = 0.12
_STRIP_WIDTH = 420


@dataclass(frozen=True, slots=True)
class Area:
    """A barred area: `angle` of the direction across the bars (radians), and its extent in pixels along
    that direction (`left`, `right`) and along the bars (`top`, `bottom`), as projections of (x, y)."""

    angle: float
    left: float
    right: float
    top: float
    bottom: float
    strength: float


@dataclass(frozen=True, slots=True)
class Strips:
    """An area turned upright: `rows` strips along it, shifted so that bars stand straight; `profile` is
    their mean; `margin` samples lie beside the area at either end; `scale` samples make one pixel;
    `to_picture` maps (sample, pixel row) to the picture."""

    rows: Row
    profile: Row
    margin: float
    scale: float
    height: int
    to_picture: NDArray[np.float32]


def barred_areas(grey: Grey, limit: int = 3, *, weakest: float = 8.0) -> list[Area]:
    """The areas that look most like bars, the largest and clearest first.

    `weakest` is the gradient (Scharr's, 32 for a grey level a pixel) below which one counts for little.
    """
    shrink = min(1.0, _SIDE / max(grey.shape))
    small: Any = grey
    if min(grey.shape) * shrink < 12:
        return []
    if shrink < 1:
        small = cv2.resize(grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    across, down, both, strength = _tensor(small, weakest)
    energy = across + down
    coherence = strength / (energy + 0.01)
    score = np.sqrt(strength) * coherence * coherence
    barred = ((score > 0.45 * np.percentile(score[::2, ::2], 98)) & (coherence > 0.6)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(barred, connectivity=4)
    areas = []
    for label in sorted(range(1, count), key=lambda one: -int(stats[one, cv2.CC_STAT_AREA]))[:8]:
        x, y, width, height, size = (int(value) for value in stats[label])
        if size < 0.004 * small.size:
            break
        part = np.s_[y : y + height, x : x + width]
        inside = labels[part] == label
        a, b, c, s = (float(each[part][inside].sum()) for each in (across, down, both, strength))
        angle = 0.5 * float(np.arctan2(2 * c, a - b))
        rows, columns = np.nonzero(inside)
        u = (columns + x) * np.cos(angle) + (rows + y) * np.sin(angle)
        v = (rows + y) * np.cos(angle) - (columns + x) * np.sin(angle)
        left, right = (float(end) / shrink for end in np.percentile(u, (0.5, 99.5)))
        top, bottom = (float(end) / shrink for end in np.percentile(v, (2, 98)))
        areas.append(Area(angle, left, right, top, bottom, size * float(np.sqrt(s / size))))
    return sorted(areas, key=lambda area: -area.strength)[:limit]


def _tensor(small: Grey, weakest: float) -> tuple[Any, Any, Any, Any]:
    """Local sums of the gradient's products, and how far one direction outweighs the other.

    Gradients are damped where they are strong, or else the edge of a label outshines blurred bars.
    """
    gx, gy = cv2.Scharr(small, cv2.CV_32F, 1, 0), cv2.Scharr(small, cv2.CV_32F, 0, 1)
    size = cv2.magnitude(gx, gy)
    damp = 1.0 / (size + float(np.percentile(size[::3, ::3], 85)) + weakest)
    gx, gy = gx * damp, gy * damp
    window = max(5, int(min(small.shape) / 12)) | 1
    across, down, both = (cv2.blur(product, (window, window)) for product in (gx * gx, gy * gy, gx * gy))
    return across, down, both, np.sqrt((across - down) ** 2 + 4 * both * both)


def upright(
    grey: Grey, area: Area, *, scale: float | None = None, beside: float = _BESIDE
) -> tuple[Grey, Any, float]:
    """The area turned so that its bars stand upright: the crop, the map from crop to picture, and the scale
    (samples a pixel, across the bars only)."""
    width = area.right - area.left
    scale = max(1.0, _STRIP_WIDTH / max(width, 1.0)) if scale is None else scale
    left, right = area.left - beside * width, area.right + beside * width
    tall = area.bottom - area.top
    top, bottom = area.top + 0.08 * tall, area.bottom - 0.08 * tall
    size = (max(16, int((right - left) * scale)), max(8, int(bottom - top)))
    cos, sin = float(np.cos(area.angle)), float(np.sin(area.angle))
    to_picture = np.array(
        [
            [cos / scale, -sin, left * cos - top * sin],
            [sin / scale, cos, left * sin + top * cos],
        ],
        np.float32,
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop: Any = cv2.warpAffine(grey, to_picture, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return crop, to_picture, scale


def strips(grey: Grey, area: Area) -> Strips:
    """The area as eight strips whose bars stand straight."""
    crop, to_picture, scale = upright(grey, area)
    parts = np.array_split(crop.astype(np.float32), min(_STRIPS, len(crop)), axis=0)
    rows = _straight(np.stack([part.mean(axis=0) for part in parts]))
    margin = _BESIDE * (area.right - area.left) * scale
    return Strips(rows, rows.mean(axis=0), margin, scale, len(crop), to_picture)


def _straight(rows: Row) -> Row:
    """The strips shifted by the slant that makes their mean sharpest."""
    coarse = rows[:, ::2]
    shifts = _slants(len(rows), coarse.shape[1])
    means = np.take_along_axis(coarse[None], shifts, axis=2).sum(axis=1)
    steps = np.diff(means, axis=1)
    slant = float(_SLANTS[int(np.einsum("ij,ij->i", steps, steps).argmax())])
    middle = np.arange(len(rows)) - (len(rows) - 1) / 2
    return np.stack([np.roll(row, round(slant * at)) for row, at in zip(rows, middle, strict=True)])


#: Samples from one strip to the next.
_SLANTS = np.arange(-8.0, 8.1, 0.5)


@lru_cache(maxsize=8)
def _slants(count: int, width: int) -> Any:
    middle = np.arange(count) - (count - 1) / 2
    shift = np.round(_SLANTS[:, None] * middle / 2).astype(np.intp)
    return (np.arange(width) - shift[:, :, None]) % width


def alternations(profile: Row, margin: float) -> int:
    """How often a profile turns from rising to falling or back within the area, small ripples left out."""
    step = np.diff(profile)[int(margin) : -int(margin) or None]
    if not len(step):
        return 0
    signs = np.sign(step) * (np.abs(step) > 0.3 * np.percentile(np.abs(step), 90))
    signs = signs[signs != 0]
    return int(np.count_nonzero(np.diff(signs)))


def blur_of(profile: Row, margin: float) -> float:
    """The blur of the steepest edges in samples, as the sigma of a Gaussian."""
    inner = profile[int(margin) : -int(margin) or None]
    steepest = float(np.percentile(np.abs(np.diff(inner)), 98)) if len(inner) > 2 else 0.0
    contrast = float(np.percentile(inner, 97) - np.percentile(inner, 3)) if len(inner) else 0.0
    return contrast / max(steepest * 2.5, 1e-3)


def ends(profile: Row, width: float, limit: int = 6) -> tuple[list[float], list[float]]:
    """Where a symbol may begin (an edge into the dark behind something quiet) and end; likeliest first."""
    step = np.diff(profile)
    size = np.abs(step)
    count = len(size)
    if count < 12:
        return [], []
    window = max(5, int(0.25 * width)) | 1
    local = cv2.blur(size.reshape(1, -1), (window, 1), borderType=cv2.BORDER_REFLECT).ravel()
    local = local + 0.05 * float(size.mean()) + 1e-3
    sums = np.concatenate([[0.0], np.cumsum(size)])
    near, far = max(1, round(0.009 * width)), max(3, round(0.048 * width))

    def unrest(low: Any, high: Any) -> Any:
        low, high = np.clip(low, 0, count), np.clip(high, 0, count)
        return (sums[high] - sums[low]) / np.maximum(high - low, 1)

    def exact(at: int) -> float:
        before, here, behind = size[at - 1], size[at], size[at + 1]
        return float(at + 1 + 0.5 * (before - behind) / (before - 2 * here + behind - 1e-9))

    inner = np.arange(1, count - 1)
    peak = (size[inner] >= size[inner - 1]) & (size[inner] > size[inner + 1])
    found = []
    for falling in (True, False):
        at = inner[peak & ((step[inner] < 0) == falling)]
        at = at[at < 0.75 * count] if falling else at[at > 0.25 * count]
        quiet = unrest(at - far, at - near) if falling else unrest(at + near, at + far)
        rank = np.minimum((size[at] - 2.0 * quiet) / local[at], 1.5)
        found.append([exact(int(one)) for one in at[np.argsort(-rank, kind="stable")[:limit]]])
    return found[0], found[1]
