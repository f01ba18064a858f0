"""The dearer ways to read one frame of a live picture, each short enough to be one frame's extra work.

Bars turned upright, bars read from blurred rows, squares made sharp again. Knows where in a frame it is
worth looking. Refuses to know what is believed and which way's turn it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from posapp.devices.decoding import families
from posapp.devices.decoding.barred import Area, barred_areas, strips, upright
from posapp.devices.decoding.families import Claim, Grey, spelt
from posapp.devices.decoding.rows import RowReading, corners_of, read_rows

_CROP_WIDTH = 500
_EDGE = 6
_LEAST_ROW_MARGIN = 0.06
#: Blur in pixels and noise share of the filters that sharpen squares, taken in turn.
_SHARPENERS = ((2.4, 0.005), (1.8, 0.01), (3.0, 0.003), (1.3, 0.02))
_SIDE_PX = 460
#: A table's soft shades are no bars: some ten grey levels a pixel of the reduced frame.
_WEAKEST = 400.0
_SAME_ANGLE = 0.2


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a frame in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    def of(self, grey: Grey) -> Grey:
        """What the frame shows there."""
        return grey[self.top : self.bottom, self.left : self.right]


def bar_areas(grey: Grey, limit: int = 2) -> list[Area]:
    """Where a frame has bars; parts of one symbol that were found apart are put together."""
    areas: list[Area] = []
    for area in barred_areas(grey, 6, weakest=_WEAKEST):
        for place, other in enumerate(areas):
            whole = _together(other, area)
            if whole is not None:
                areas[place] = whole
                break
        else:
            areas.append(area)
    large = [area for area in areas if area.right - area.left > 40 and area.bottom - area.top > 12]
    return sorted(large, key=lambda area: -area.strength)[:limit]


def _together(one: Area, other: Area) -> Area | None:
    """Both areas as one, if the second goes on where the first ends."""
    turn = (other.angle - one.angle + np.pi / 2) % np.pi - np.pi / 2
    if abs(turn) > _SAME_ANGLE:
        return None
    cos, sin = float(np.cos(one.angle)), float(np.sin(one.angle))
    x, y = middle_of(other)
    along, down = x * cos + y * sin, y * cos - x * sin
    reach, tall = (other.right - other.left) / 2, (other.bottom - other.top) / 2
    gap = abs(along - (one.left + one.right) / 2) - reach - (one.right - one.left) / 2
    aside = abs(down - (one.top + one.bottom) / 2)
    if gap > 0.3 * (one.right - one.left) or aside > 0.6 * max(tall, (one.bottom - one.top) / 2):
        return None
    return Area(
        one.angle,
        min(one.left, along - reach),
        max(one.right, along + reach),
        min(one.top, down - tall),
        max(one.bottom, down + tall),
        one.strength + other.strength,
    )


def middle_of(area: Area) -> tuple[float, float]:
    """The middle of an area in pixels of the frame."""
    along, down = (area.left + area.right) / 2, (area.top + area.bottom) / 2
    cos, sin = float(np.cos(area.angle)), float(np.sin(area.angle))
    return along * cos - down * sin, along * sin + down * cos


def bars_upright(grey: Grey, area: Area) -> Iterator[Claim]:
    """What zxing-cpp reads on a barred area turned upright, and on the same made sharper."""
    scale = max(1.0, min(3.0, _CROP_WIDTH / (area.right - area.left)))
    crop, matrix, _ = upright(grey, area, scale=scale)
    framed: Any = cv2.copyMakeBorder(crop, _EDGE, _EDGE, 0, 0, cv2.BORDER_REPLICATE)
    place = np.asarray(matrix, np.float64)
    place[:, 2] -= place[:, 1] * _EDGE
    found = families.zxing(framed, linear=True)
    if not found:
        sharp: Any = cv2.addWeighted(framed, 2.5, cv2.GaussianBlur(framed, (0, 0), 2.0), -1.5, 0)
        found = families.zxing(sharp, linear=True)
    for claim in found:
        yield _placed(claim, place)


def bars_by_rows(grey: Grey, area: Area) -> Iterator[tuple[Claim, RowReading]]:
    """What blurred rows look most like, each with what is known of it."""
    straight = strips(grey, area)
    for reading in read_rows(straight):
        if reading.margin >= _LEAST_ROW_MARGIN:
            claim = spelt("EAN-13", reading.text, "]E0", corners_of(straight, reading), "rows")
            if claim is not None:
                yield claim, reading


def square_areas(grey: Grey, limit: int = 2) -> list[Box]:
    """Where a frame has fine texture in every direction, as a matrix code has; the finest first."""
    high, wide = grey.shape
    shrink = max(1, round(max(high, wide) / 320))
    small = cv2.resize(grey, (wide // shrink, high // shrink), interpolation=cv2.INTER_AREA)
    across, down = cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1)
    window = (9, 9)
    xx, yy, xy = (cv2.blur(each, window) for each in (across * across, down * down, across * down))
    least = (xx + yy) / 2 - np.sqrt(((xx - yy) / 2) ** 2 + xy * xy)  # of both directions, the weaker
    textured: Any = (least > max(60.0, 0.3 * float(least.max()))).astype(np.uint8)
    textured = cv2.morphologyEx(textured, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(textured, connectivity=4)
    boxes: list[tuple[int, Box]] = []
    for label in range(1, count):
        x, y, w, h, size = (int(value) for value in stats[label])
        if min(w, h) < 12 or max(w, h) > 2 * min(w, h) or size < 0.5 * w * h:
            continue
        beside = max(w, h) // 4 + 3
        box = Box(
            max(0, (x - beside) * shrink),
            max(0, (y - beside) * shrink),
            min(wide, (x + w + beside) * shrink),
            min(high, (y + h + beside) * shrink),
        )
        boxes.append((size, box))
    return [box for _, box in sorted(boxes, key=lambda one: -one[0])[:limit]]


def squares_sharpened(grey: Grey, box: Box, turn: int) -> Iterator[Claim]:
    """What zxing-cpp reads on a textured area made sharp again, with two other assumed blurs every turn."""
    for way in (2 * turn, 2 * turn + 1):
        yield from _square_sharpened(grey, box, *_SHARPENERS[way % len(_SHARPENERS)])


def _square_sharpened(grey: Grey, box: Box, sigma: float, noise: float) -> Iterator[Claim]:
    part = box.of(grey)
    sharp: Any = _unblurred(part, sigma, noise)
    scale = max(1.0, min(3.0, _SIDE_PX / max(part.shape)))
    sharp = cv2.resize(sharp, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    matrix = np.array([[1 / scale, 0, box.left], [0, 1 / scale, box.top]], np.float64)
    for claim in families.zxing(sharp):
        yield _placed(claim, matrix)


def _unblurred(part: Grey, sigma: float, noise: float) -> Grey:
    """Wiener's filter against a Gaussian blur."""
    high, wide = (cv2.getOptimalDFTSize(side) for side in part.shape)
    padded = cv2.copyMakeBorder(
        part, 0, high - part.shape[0], 0, wide - part.shape[1], cv2.BORDER_REFLECT
    ).astype(np.float32)
    mean = float(padded.mean())
    spectrum = cv2.dft(padded - mean, flags=cv2.DFT_COMPLEX_OUTPUT)
    spectrum = spectrum * _wiener(high, wide, sigma, noise)[:, :, None]
    back = cv2.idft(spectrum, flags=cv2.DFT_SCALE | cv2.DFT_REAL_OUTPUT)
    sharp: Grey = np.clip(back[: part.shape[0], : part.shape[1]] + mean, 0, 255).astype(np.uint8)
    return sharp


@lru_cache(maxsize=32)
def _wiener(high: int, wide: int, sigma: float, noise: float) -> NDArray[np.float32]:
    down, across = np.fft.fftfreq(high)[:, None], np.fft.fftfreq(wide)[None, :]
    seen = np.exp(-2 * np.pi**2 * sigma**2 * (down**2 + across**2))
    return (seen / (seen * seen + noise)).astype(np.float32)


def _placed(claim: Claim, matrix: Any) -> Claim:
    a, b, c, d = ((float(x), float(y)) for x, y in (matrix @ (*corner, 1.0) for corner in claim.corners))
    return replace(claim, corners=(a, b, c, d))
