"""Where the cells of an EAN-13 lie in a profile: proposals that are read and judged elsewhere.

Two ways: cells of varying width laid end to end (curved packs, tilted labels), and one stiff ruler laid
from a likely start to a likely end (blur, where single cells say little). Neither knows yet which way
round the symbol stands, so a digit may also be a mirrored one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from posapp.devices.decoding.digit_cells import (
    CELLS,
    GUARDS,
    MODULES,
    PATTERNS,
    SAMPLES,
    bank,
    blurred,
    guards,
)

Row = NDArray[np.float32]
_STEPS = 3  # samples a module of the chain of cells
_WIDTHS = np.array([0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3], np.float32)
_UNEVEN = np.float32(0.4)
_FAR = np.float32(1e6)
_CHAIN = (7, 7, 7, 7, 7, 7, 7, 5, 7, 7, 7, 7, 7, 7, 7)
#: Module at which each link of the chain begins; the first takes four modules of quiet zone with it.
_LINKS = np.cumsum((0, *_CHAIN)) - 4
#: -1..1 over the symbol, at the samples' middles, and its powers.
ALONG = ((np.arange(MODULES * SAMPLES) + 0.5) / (MODULES * SAMPLES) * 2 - 1).astype(np.float64)
POWERS = np.stack([ALONG**power for power in range(6)], axis=1)
_LINK_POWERS = np.stack([(_LINKS / MODULES * 2 - 1) ** power for power in range(6)], axis=1)


def levelled(profile: Row, module: float, reach: float = 11.0) -> Row:
    """A brightness profile as darkness -1..1 between the local white and black; `module` in samples."""
    window = round(reach * module) | 1
    kernel = np.ones((1, window), np.uint8)
    line = profile.reshape(1, -1).astype(np.float32)
    white = cv2.blur(cv2.dilate(line, kernel), (window, 1))
    black = cv2.blur(cv2.erode(line, kernel), (window, 1))
    row: Row = np.asarray(((white + black - 2 * line) / np.maximum(white - black, 6)).ravel(), np.float32)
    return row


def evenly_lit(profile: Row, margin: float, width: float, sigma: float, *, bent: bool = False) -> Row:
    """The same for a blurred symbol, where no bar reaches black and no narrow space white.

    White runs straight (or `bent`) over the symbol, black is everywhere the same part of it, and both
    are put as much further apart as a blur of `sigma` modules drew them together.
    """
    window = round((0.16 if bent else 0.34) * width) | 1
    line = profile.reshape(1, -1).astype(np.float32)
    along = (np.arange(len(profile)) - margin) / width * 2 - 1
    powers = np.stack([along**power for power in range(3 if bent else 2)], axis=1)
    part = slice(int(margin + 0.04 * width), int(margin + 0.96 * width))
    white = _through(powers, part, cv2.dilate(line, np.ones((1, window), np.uint8)).ravel())
    if bent:
        black = _through(powers, part, cv2.erode(line, np.ones((1, window), np.uint8)).ravel())
    else:
        black = white * float(np.percentile((profile / np.maximum(white, 1))[part], 1.5))
    half = np.maximum((white - black) / 2, 4) / math.erf(1.38 / sigma)
    return np.asarray(np.clip(((white + black) / 2 - profile) / half, -1.3, 1.3), np.float32)


def _through(powers: Any, part: slice, seen: Any) -> Any:
    return powers @ np.linalg.lstsq(powers[part], seen[part], rcond=None)[0]


def at_places(row: Row, places: Any) -> Any:
    """A row's values between its samples, which are `places` 0.5, 1.5, …"""
    inside = np.clip(places - 0.5, 0, len(row) - 1.001)
    whole = inside.astype(np.int32)
    part = (inside - whole).astype(np.float32)
    return row[whole] * (1 - part) + row[whole + 1] * part


@cache
def _links(sigma: float) -> tuple[Row, Row]:
    """What a link may look like, 21 samples: twenty digits of the left half, twenty of the right, guards."""

    def seen(before: Sequence[float], modules: Any, behind: Sequence[float]) -> Row:
        fine = np.concatenate([before, modules, behind]).astype(np.float32)
        row = blurred(fine, sigma, 0.0)
        line = np.interp(
            (np.arange(len(fine) * _STEPS) + 0.5) / _STEPS, (np.arange(len(row)) + 0.5) / SAMPLES, row
        )
        start = len(before) * _STEPS
        whole = np.zeros(7 * _STEPS, np.float32)
        whole[: len(modules) * _STEPS] = 2 * line[start : start + len(modules) * _STEPS] - 1
        return whole

    half, light = [0.5, 0.5, 0.5], [0.0] * 8
    rows = [seen([0.4, 0.5, 0, 1], modules, [0, *half]) for modules in PATTERNS[:20]]
    rows += [seen([*half, 0], modules[::-1], [1, 0, 0.5, 0.4]) for modules in PATTERNS[:20]]
    rows.append(seen(light, [0, 0, 0, 0, 1, 0, 1], [0, *half]))
    rows.append(seen([*half, 1], [0, 1, 0, 1, 0], [1, *half]))
    rows.append(seen([*half, 0], [1, 0, 1, 0, 0, 0, 0], light))
    found = np.array(rows, np.float32)
    return found, np.asarray((found * found).sum(axis=1), np.float32)


def _link_costs(row: Row, count: int, sigma: float) -> list[Any]:
    """Costs by place and width: start, left digit, centre, right digit, end."""
    templates, squares = _links(sigma)
    size = 7 * _STEPS
    costs = [np.empty((count, len(_WIDTHS)), np.float32) for _ in range(5)]
    place = np.arange(count)
    for at, width in enumerate(_WIDTHS):
        line = cv2.resize(row.reshape(1, -1), (max(8, round(count / width)) + 1, 1)).ravel()
        line = np.concatenate([line, np.full(size, -1, np.float32)])
        windows = np.lib.stride_tricks.sliding_window_view(line, size)
        fits = squares - 2 * np.ascontiguousarray(windows) @ templates.T
        sums = np.concatenate([[0.0], np.cumsum(line * line)]).astype(np.float32)
        own, own_centre = sums[size:] - sums[:-size], sums[5 * _STEPS :][: len(fits)] - sums[: len(fits)]
        pick = np.minimum(np.round(place / width).astype(np.intp), len(fits) - 1)
        costs[0][:, at] = (fits[:, 40] + own)[pick]
        costs[1][:, at] = (fits[:, :20].min(axis=1) + own)[pick]
        costs[2][:, at] = (fits[:, 41] + own_centre)[pick]
        costs[3][:, at] = (fits[:, 20:40].min(axis=1) + own)[pick]
        costs[4][:, at] = (fits[:, 42] + own)[pick]
    return costs


def chained(row: Row, module: float, sigma: float) -> NDArray[np.float64]:
    """The cheapest chain of start, digits, centre, digits and end: the place of every sample."""
    step = module / _STEPS
    scaled = max(60, int(len(row) / step))
    start, left, centre, right, end = _link_costs(row, scaled, sigma)
    links = [start, *[left] * 6, centre, *[right] * 6, end]
    widths = len(_WIDTHS)
    reach = {modules: np.round(modules * _WIDTHS * _STEPS).astype(int) for modules in (5, 7)}
    reached = np.zeros((scaled, widths), np.float32)
    chosen: list[Any] = []
    for modules, cost in zip(_CHAIN, links, strict=True):
        near = np.full((3, scaled, widths), _FAR, np.float32)
        near[1] = reached
        near[0, :, 1:] = reached[:, :-1] + _UNEVEN
        near[2, :, :-1] = reached[:, 1:] + _UNEVEN
        chosen.append(near.argmin(axis=0))
        total = near.min(axis=0) + cost
        reached = np.full((scaled, widths), _FAR, np.float32)
        for at, far in enumerate(reach[modules]):
            if far < scaled:
                reached[far:, at] = total[: scaled - far, at]
    place, width = divmod(int(reached.argmin()), widths)
    places = [place * step]
    for link in range(len(links) - 1, -1, -1):
        place -= int(reach[_CHAIN[link]][width])
        places.append(place * step)
        width += int(chosen[link][place, width]) - 1 if link else 0
    smooth = np.linalg.lstsq(_LINK_POWERS, np.array(places[::-1]), rcond=None)[0]
    places_of_samples: NDArray[np.float64] = POWERS @ smooth
    return places_of_samples


_HALF_WINDOWS = np.array(CELLS)[:, None] * 2 + np.arange(14)
_HALF_GUARDS = GUARDS[::2] // 2
_HALF_ALONG = ((np.arange(MODULES * 2) + 0.5) / (MODULES * 2)).astype(np.float32)


@cache
def _half_bank(sigma: float) -> tuple[Row, Row, Row]:
    """Digits at two samples a module, their squares' sums, and the guards."""
    digits = bank(sigma, 0.0)[0][:20].reshape(20, 14, 2).mean(axis=2)
    return digits, np.asarray((digits * digits).sum(axis=1)), guards(sigma, 0.0).reshape(-1, 2).mean(axis=1)


def ruled(
    row: Row, pairs: Sequence[tuple[float, float]], sigma: float, keep: int
) -> list[NDArray[np.float64]]:
    """Stiff rulers from starts to ends over a levelled row, bent a little: places of samples, best first."""
    first, last = (np.array(side, np.float32) for side in zip(*pairs, strict=True))
    bend = np.zeros_like(first)
    for step, kept in ((1.0, 4), (0.7, 4), (0.35, keep)):
        moves = (np.array([0.0], np.float32), np.array([-step, 0, step], np.float32))
        move = moves[1] if step < 1 else moves[0]
        a, b, c = (each.ravel() for each in np.meshgrid(move, move, moves[1]))
        width = ((last - first) / MODULES)[:, None]
        first, last, bend = (
            np.asarray((each[:, None] + by * width).ravel(), np.float32)
            for each, by in ((first, a), (last, b), (bend, c))
        )
        cost = _ruler_cost(row, first, last, bend, sigma)
        order = np.argsort(cost, kind="stable")[:kept]
        first, last, bend = first[order], last[order], bend[order]
    share = (ALONG + 1) / 2
    return [
        first[at] + (last[at] - first[at]) * share + bend[at] * 4 * share * (1 - share)
        for at in range(len(first))
    ]


def _ruler_cost(row: Row, first: Row, last: Row, bend: Row, sigma: float) -> Any:
    digits, squares, guard = _half_bank(sigma)
    share = _HALF_ALONG
    places = first[:, None] + (last - first)[:, None] * share + bend[:, None] * (4 * share * (1 - share))
    seen = at_places(row, places)
    cells = seen[:, _HALF_WINDOWS]
    left = (squares - 2 * cells[:, :6] @ digits.T).min(axis=-1).sum(axis=-1)
    right = (squares - 2 * cells[:, 6:] @ digits[:, ::-1].T).min(axis=-1).sum(axis=-1)
    off = seen[:, _HALF_GUARDS] - guard[_HALF_GUARDS]
    return left + right + np.einsum("ijk,ijk->i", cells, cells) + (off * off).sum(axis=-1)
