"""Reading EAN-13 and UPC-A where threshold decoders fail: blurred, curved, badly lit.

The mean of many straightened rows is compared with what every text would look like (place, bend, light,
blur and ink fitted in turn), and the text is taken with the distance to the second best. Knows its own
confidence; refuses to decide what confidence is enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posapp.devices.decoding.barred import Strips, alternations, blur_of, ends
from posapp.devices.decoding.digit_cells import (
    GUARDS,
    MODULES,
    SAMPLES,
    WINDOWS,
    bank,
    best_texts,
    cell_costs,
    correlation,
    drawn_text,
    guards,
    inside,
    likeliest_rows,
)
from posapp.devices.decoding.row_places import POWERS, at_places, chained, evenly_lit, levelled, ruled
from posapp.devices.decoding.symbol import Point

Row = NDArray[np.float32]
_SIGMAS = (0.35, 0.6, 0.85, 1.1, 1.4, 1.7)
_INKS = (-0.25, 0.0, 0.25)
_FEWEST_TURNS = 12
_REFINED = 3
#: Blur in modules from which stiff rulers are tried first.
_BLURRED = 0.75
_LIGHT = POWERS[:, :4]
_STIFF = np.diag([0.5, 0.5, 1.0, 2.0, 4.0, 4.0])


@dataclass(frozen=True, slots=True)
class RowReading:
    """Thirteen digits; `likeness` is the correlation with the drawn text, `margin` how much worse the second
    best text fits (share of the best one's misfit), `misfit` in squared half contrasts times samples.
    `sigma` is the blur in modules, `first` and `last` the symbol's ends in samples of the strips."""

    text: str
    likeness: float
    margin: float
    misfit: float
    sigma: float
    contrast: float
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class _Laid:
    """A proposal: rows as seen in one direction and where its samples lie."""

    profile: Row
    row: Row
    places: NDArray[np.float64]
    turned: bool
    misfit: float
    sigma: float
    ink: float


def read_rows(strips: Strips) -> Iterator[RowReading]:
    """The texts that the strips most look like, from the likeliest proposal of where they lie on."""
    margin = strips.margin
    width = len(strips.profile) - 2 * margin
    middle = _middle(strips)
    if alternations(strips.profile, margin) < _FEWEST_TURNS:
        return
    plans = _BLURRED_PLANS if is_blurred(strips) else _SHARP_PLANS
    for plan in plans:
        laid = [
            _laid(profile, row, places, turned)
            for profile, row, places in plan(strips.profile, middle, margin, width)
            for turned in (False, True)
        ]
        for proposal in sorted(laid, key=lambda one: one.misfit)[:_REFINED]:
            yield _refined(proposal)


def is_blurred(strips: Strips) -> bool:
    """Whether edges are so soft that single cells say little; taken for a symbol as wide as the area."""
    width = len(strips.profile) - 2 * strips.margin
    return blur_of(_middle(strips), strips.margin) > _BLURRED * width / MODULES


def _middle(strips: Strips) -> Row:
    quarter = len(strips.rows) // 4
    return np.asarray(strips.rows[quarter : -quarter or None].mean(axis=0), np.float32)


_Proposals = Iterator[tuple[Row, Row, NDArray[np.float64]]]


def _pairs(profile: Row, width: float, limit: int) -> list[tuple[float, float]]:
    starts, stops = ends(profile, width, limit)
    return [(a, b) for a in starts for b in stops if 0.5 * width < b - a < 1.25 * width]


def _chain(whole: Row, middle: Row, margin: float, width: float) -> _Proposals:
    """Cells of varying width: sharp symbols on curved packs."""
    for module in _modules(_pairs(whole, width, 6))[:1]:
        row = levelled(whole, module)
        yield whole, row, chained(row, module, 0.7)


def _local(whole: Row, middle: Row, margin: float, width: float) -> _Proposals:
    """A ruler over all strips, each place lit for itself."""
    pairs = _pairs(whole, width, 6)
    if pairs:
        row = levelled(whole, float(np.median([b - a for a, b in pairs])) / MODULES, 15.0)
        for places in ruled(row, pairs, 1.1, 2):
            yield whole, row, places


def _other_chain(whole: Row, middle: Row, margin: float, width: float) -> _Proposals:
    """Cells of the next likely width: an add-on stands beside the symbol."""
    for module in _modules(_pairs(whole, width, 6))[1:2]:
        row = levelled(whole, module)
        yield whole, row, chained(row, module, 0.7)


def _soft_chain(whole: Row, middle: Row, margin: float, width: float) -> _Proposals:
    """Cells of varying width, blurred."""
    for module in _modules(_pairs(whole, width, 6))[:1]:
        row = levelled(whole, module)
        yield whole, row, chained(row, module, 1.2)


def _modules(pairs: list[tuple[float, float]]) -> list[float]:
    """Widths of a module in samples, by start and stop, likeliest first, no two nearly the same."""
    modules: list[float] = []
    for start, stop in pairs:
        module = (stop - start) / MODULES
        if all(abs(module / other - 1) >= 0.12 for other in modules):
            modules.append(module)
    return modules


def _stiff(whole: Row, middle: Row, margin: float, width: float) -> _Proposals:
    """A ruler over the middle strips, which perspective bends least: blurred symbols."""
    yield from _rulers(middle, margin, width, bent=False)


def _stiff_whole(whole: Row, middle: Row, margin: float, width: float) -> _Proposals:
    """A ruler over all strips: blurred symbols in noise."""
    yield from _rulers(whole, margin, width, bent=False)


def _bent(whole: Row, middle: Row, margin: float, width: float) -> _Proposals:
    """A ruler over the middle strips under uneven light."""
    yield from _rulers(middle, margin, width, bent=True)


def _rulers(profile: Row, margin: float, width: float, *, bent: bool) -> _Proposals:
    pairs = _pairs(profile, width, 9)
    for sigma in (1.1, 1.5) if pairs else ():
        row = evenly_lit(profile, margin, width, sigma, bent=bent)
        for places in ruled(row, pairs, sigma, 3):
            yield profile, row, places


_BLURRED_PLANS = (_stiff, _stiff_whole, _bent, _chain, _local)
_SHARP_PLANS = (_chain, _local, _other_chain, _soft_chain, _stiff, _bent)


def _laid(profile: Row, row: Row, places: NDArray[np.float64], turned: bool) -> _Laid:
    if turned:
        profile, row, places = profile[::-1], row[::-1], (len(row) - places)[::-1]
    seen = at_places(row, places)
    best = min((_unread_misfit(seen, sigma, 0.0), sigma) for sigma in _SIGMAS)
    return _Laid(profile, row, places, turned, best[0], best[1], 0.0)


def _unread_misfit(seen: Row, sigma: float, ink: float) -> float:
    left, right = cell_costs(seen, sigma, ink)
    off = (seen - guards(sigma, ink))[GUARDS]
    return float(left.min(axis=1).sum() + right.min(axis=1).sum() + off @ off)


def _refined(laid: _Laid, rounds: int = 4) -> RowReading:
    """Read, draw what was read, fit light, place and blur to it, and read again."""
    profile, places = laid.profile, laid.places
    seen = at_places(laid.row, places).astype(np.float32)
    _, sigma, ink = min((_unread_misfit(seen, laid.sigma, ink), laid.sigma, ink) for ink in _INKS)
    module = float(places[-1] - places[0]) / MODULES
    beside: Row | None = None
    for turn in range(rounds):
        costs = cell_costs(seen, sigma, ink, beside)
        if turn == rounds - 1:
            best = best_texts(*costs)
        read = best.rows if turn == rounds - 1 else likeliest_rows(*costs)
        drawn = 2 * drawn_text(read, sigma, ink) - 1
        wanted = inside(drawn)
        bright = at_places(profile, places)
        light = np.concatenate([_LIGHT, _LIGHT * wanted[:, None]], axis=1)
        levels = np.linalg.solve(light.T @ light + 0.05 * np.eye(8), light.T @ bright)
        white, gain = _LIGHT @ levels[:4], _LIGHT @ levels[4:]
        if turn == rounds - 1:
            break
        gain = np.minimum(gain, -3.0)
        slope = inside(np.gradient(drawn).astype(np.float32)) * SAMPLES
        moves = POWERS * slope[:, None]
        wrong = (bright - white) / gain - wanted
        shift = POWERS @ np.linalg.solve(moves.T @ moves + _STIFF, moves.T @ wrong)
        places = places - np.clip(shift, -0.6, 0.6) * module
        seen = np.clip((at_places(profile, places) - white) / gain, -1.6, 1.6).astype(np.float32)
        sigma, ink, beside = _sharpness(seen, read, sigma)
    off = (seen - wanted)[GUARDS]
    guard = float(off @ off)
    cost = best.cost + guard
    first, last = float(places[0]), float(places[-1])
    if laid.turned:
        first, last = len(profile) - first, len(profile) - last
    return RowReading(
        best.text,
        correlation(light @ levels, bright),
        (best.second - best.cost) / max(cost, 1e-3),
        cost,
        sigma,
        -2.0 * float(gain.mean()),
        first,
        last,
    )


def _sharpness(seen: Row, read: tuple[int, ...], last: float) -> tuple[float, float, Row]:
    """The blur and ink with which the text read looks most like what is seen, and the neighbours' share."""
    found: tuple[float, float, float, Any] | None = None
    at = _SIGMAS.index(last)
    for sigma in _SIGMAS[max(0, at - 1) : at + 2]:
        for ink in _INKS:
            drawn = inside(drawn_text(read, sigma, ink))
            off = seen - 2 * drawn + 1
            misfit = float(off @ off)
            if found is None or misfit < found[0]:
                found = (misfit, sigma, ink, drawn)
    assert found is not None
    _, sigma, ink, drawn = found
    alone = (bank(sigma, ink, False)[0][list(read)] + 1) / 2
    return sigma, ink, drawn[WINDOWS] - alone


def corners_of(strips: Strips, reading: RowReading) -> tuple[Point, Point, Point, Point]:
    """Where a reading stands in the picture, clockwise from the symbol's own top left."""
    top, bottom = (0.0, float(strips.height)) if reading.first < reading.last else (float(strips.height), 0.0)
    places = ((reading.first, top), (reading.last, top), (reading.last, bottom), (reading.first, bottom))
    matrix = strips.to_picture
    points = [matrix @ np.array([x, y, 1.0], np.float32) for x, y in places]
    a, b, c, d = ((float(x), float(y)) for x, y in points)
    return a, b, c, d
