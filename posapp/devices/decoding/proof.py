"""Proof of a text by synthesis: the bars it would have are drawn and laid over the picture.

`prove` answers whether a decoder's text is really on the picture, by three things together: `likeness`,
the correlation of drawing and picture (0.95 and more for what is read rightly), `margin`, by how much
the best other text that keeps all rules of the symbology fits worse (negative: another text fits
better), and quiet zones that are free of bars, so that no part of a longer code passes for a whole one.
Symbols with Reed-Solomon correction prove themselves. Corners may be roughly right (a module or two at
the ends) and may enclose a thin strip. The limits stand in `_LIMITS`; they refuse rather than guess: set
on one half of 576 photographs (by a hash of the file name), they proved what zxing-cpp reads in 357 of
371 pictures and none of 222 wrong texts that decoders gave nor of 2,250 made-up ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from posapp.devices.decoding.bar_edges import Bars
from posapp.devices.decoding.bars import drawn
from posapp.devices.decoding.proof_code128 import seen_code128
from posapp.devices.decoding.proof_fit import QUIET, SAMPLES, Fit, Row, fit, profile
from posapp.devices.decoding.proof_place import replaced
from posapp.devices.decoding.proof_rivals import rival
from posapp.devices.decoding.symbol import Format


@dataclass(frozen=True, slots=True)
class Proof:
    """How well a text explains the picture.

    `likeness` and `least` (of the worst quarter of the symbol) are correlations up to 1; `margin` is in
    square darkness times modules and 0 where rivals are not known; `quiet` is the darkest module beside
    the symbol, 0 white to 1 bar; `ok` is the verdict.
    """

    likeness: float
    margin: float
    ok: bool
    least: float = 0.0
    quiet: float = 1.0


@dataclass(frozen=True, slots=True)
class _Limits:
    likeness: float
    least: float
    margin: float
    quiet: float


_NOTHING = Proof(0.0, -1.0, False)
_SURE = Proof(1.0, 9.0, True, 1.0, 0.0)
_ENOUGH = 0.9
_FLAWLESS = 0.98
#: Long enough that a strip of them says enough. It must say so clearly: folds have been seen at 0.94.
_STRIPPED = ("EAN-13", "UPC-A")
_STRIP_LIKENESS, _STRIP_LEAST, _STRIP_REACH = 0.965, 0.92, 0.03
_LIMITS: dict[Format, _Limits] = {
    "EAN-13": _Limits(0.945, 0.85, 0.25, 0.35),
    "UPC-A": _Limits(0.945, 0.85, 0.25, 0.35),
    "EAN-8": _Limits(0.95, 0.88, 0.4, 0.3),
    "UPC-E": _Limits(0.955, 0.9, 0.35, 0.25),
    "Code 128": _Limits(0.93, 0.8, 0.25, 0.4),
    "Code 39": _Limits(0.94, 0.85, 0.25, 0.3),
    "ITF": _Limits(0.94, 0.9, 0.25, 0.3),
    "GS1 DataBar": _Limits(0.93, 0.85, 0.0, 9.0),
    "GS1 DataBar Expanded": _Limits(0.93, 0.85, 0.0, 9.0),
}
#: A UPC-E of number system 1 looks like the left half of an EAN-13: only a flawless one is believed.
_UPCE_SYSTEM_1 = _Limits(0.975, 0.96, 0.5, 0.15)


def prove(
    gray: NDArray[np.uint8],
    symbol_format: Format,
    text: str,
    corners: Sequence[tuple[float, float]],
    *,
    thorough: bool = True,
) -> Proof:
    """Whether the text stands between these corners (clockwise, from the symbol's own top left).

    `thorough` tries harder on texts that do not fit at once: worth some 10 ms where corners are poor.
    """
    if symbol_format in ("QR Code", "Data Matrix"):
        return _SURE
    best = _NOTHING
    for bars in drawn(symbol_format, text):
        proof = _laid(gray, symbol_format, text, corners, bars)
        if proof.likeness > best.likeness:
            best = proof
        if best.likeness >= _ENOUGH and not bars.ratio:
            break
    if thorough and best.likeness < _ENOUGH and symbol_format in _STRIPPED:
        for strip in _strips(corners):
            proof = _laid(gray, symbol_format, text, strip, drawn(symbol_format, text)[0], reach=_STRIP_REACH)
            if proof.likeness >= _STRIP_LIKENESS and proof.least >= _STRIP_LEAST:
                return replace(proof, ok=_holds(proof, symbol_format, text))
    if thorough and best.likeness < _ENOUGH:
        best = max((best, *_elsewhere(gray, symbol_format, text, corners)), key=lambda proof: proof.likeness)
    return replace(best, ok=_holds(best, symbol_format, text))


def _strips(corners: Sequence[tuple[float, float]]) -> Iterator[tuple[tuple[float, float], ...]]:
    """The upper and the lower end of a tall symbol, for when its middle is glare or dirt."""
    top_left, top_right, low_right, low_left = (np.asarray(corner, np.float64) for corner in corners)
    if np.hypot(*(low_left - top_left)) < 0.15 * np.hypot(*(top_right - top_left)):
        return
    for high, low in ((0.02, 0.14), (0.86, 0.98)):
        left, right = low_left - top_left, low_right - top_right
        ends = (
            top_left + high * left,
            top_right + high * right,
            top_right + low * right,
            top_left + low * left,
        )
        yield tuple((float(x), float(y)) for x, y in ends)


def _elsewhere(
    gray: NDArray[np.uint8], symbol_format: Format, text: str, corners: Sequence[tuple[float, float]]
) -> Iterator[Proof]:
    """Proofs with the ends looked for along the line, and with another encoding than the usual ones."""
    for bars in drawn(symbol_format, text)[:3]:
        yield _laid(gray, symbol_format, text, corners, bars, wide=True)
        moved = replaced(gray, corners, bars.edges, bars.length)
        if moved is not None:
            yield _laid(gray, symbol_format, text, moved, bars)
    if symbol_format == "Code 128":
        seen = seen_code128(gray, corners, text)
        if seen is not None:
            yield _laid(gray, symbol_format, text, corners, seen)


def _holds(proof: Proof, symbol_format: Format, text: str) -> bool:
    limits = _LIMITS[symbol_format]
    if symbol_format == "UPC-E" and text.startswith("1"):
        limits = _UPCE_SYSTEM_1
    flawless = proof.likeness >= _FLAWLESS
    whole = flawless and symbol_format in ("EAN-13", "UPC-A")  # too long to be a part of another code
    return (
        proof.likeness >= limits.likeness
        and proof.least >= limits.least
        and proof.margin >= (0.6 if flawless else 1.0) * limits.margin
        and (whole or proof.quiet <= limits.quiet)
    )


def _laid(
    gray: NDArray[np.uint8],
    symbol_format: Format,
    text: str,
    corners: Sequence[tuple[float, float]],
    bars: Bars,
    *,
    wide: bool = False,
    reach: float = 0.1,
) -> Proof:
    found = fit(profile(gray, corners, bars.length, reach=reach), bars.edges, bars.length, wide=wide)
    if found is None or found.likeness < 0.5:
        return _NOTHING
    margin = rival(found, symbol_format, text, bars)
    return Proof(found.likeness, 0.0 if margin is None else margin, False, _least(found), _quiet(found))


def _least(found: Fit) -> float:
    """The correlation over the worst quarter of the symbol."""
    size = (len(found.flat) - 2 * (QUIET - 2) * SAMPLES) // 4
    begin = (QUIET - 2) * SAMPLES
    return min(
        _correlation(found.flat[at : at + size], found.model[at : at + size])
        for at in range(begin, begin + 3 * size + 1, size // 2)
    )


def _correlation(one: Row, other: Row) -> float:
    one, other = one - one.mean(), other - other.mean()
    return float(one @ other / np.sqrt((one @ one) * (other @ other) + 1e-9))


def _quiet(found: Fit) -> float:
    """The darkest module beside the symbol, from one module off its ends."""
    size = (QUIET - 1) * SAMPLES
    sides = (found.flat[2:size], found.flat[-size:-2])
    module = np.ones(SAMPLES, np.float32) / SAMPLES
    return max(float(np.convolve(side, module, "valid").max()) for side in sides)
