"""The best other text that the same bars might be: how far a claimed text is ahead of its rivals.

Knows, for each cell of a flattened profile, how badly every sign of its alphabet would fit there, and
which signs may stand together: number sets and check digits of EAN and UPC, the check symbol of Code
128. Differences are in square darkness times modules: two printed modules exchanged count 2 when sharp.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

import cv2
import numpy as np

from posapp.devices.decoding.bar_edges import Bars
from posapp.devices.decoding.bars import (
    FIRST_DIGIT_SETS,
    UPCE_SETS,
    cell_places,
    code39_alphabet,
    code39_values,
    digit_edges,
    expand_upce,
    itf_alphabet,
    retail_cells,
)
from posapp.devices.decoding.code128_bars import sign_edges
from posapp.devices.decoding.proof_fit import QUIET, SAMPLES, Fit
from posapp.devices.decoding.symbol import Format

Alphabet = Literal["retail", "code128", "itf", "code39"]
_TAIL = 3
_SETS = "ABC"


@lru_cache(maxsize=16)
def _raw(alphabet: Alphabet, ratio: float) -> tuple[tuple[float, ...], ...]:
    match alphabet:
        case "retail":
            return tuple(digit_edges(digit, kind) for kind in _SETS for digit in range(10))
        case "code128":
            return sign_edges()
        case "itf":
            return itf_alphabet(ratio)
        case "code39":
            return code39_alphabet(ratio)


@lru_cache(maxsize=256)
def templates(alphabet: Alphabet, ratio: float, sigma: float, ink: float) -> Any:
    """Every sign's darkness from _TAIL modules before its cell to _TAIL behind it, one row a sign."""
    modules = {"retail": 7.0, "code128": 11.0, "itf": 6 + 4 * ratio, "code39": 6 + 3 * ratio}[alphabet]
    borders = np.arange(round((modules + 2 * _TAIL) * SAMPLES) + 1) / SAMPLES - _TAIL
    rows = []
    for edges in _raw(alphabet, ratio):
        moved = np.asarray(edges) + np.where(np.arange(len(edges)) % 2, ink / 2, -ink / 2)
        widths = np.diff(moved) * (np.arange(len(moved) - 1) % 2 == 0)
        amount = np.interp(borders, moved, np.concatenate(([0.0], np.cumsum(widths))))
        rows.append(np.diff(amount) * SAMPLES)
    raw = np.asarray(rows, np.float32)
    return cv2.GaussianBlur(raw, (0, 1), sigmaX=sigma * SAMPLES, sigmaY=1e-6)


def cell_costs(
    found: Fit, alphabet: Alphabet, places: tuple[float, ...], claimed: tuple[int, ...], ratio: float = 0.0
) -> Any:
    """For each cell (rows) how much worse each sign fits than the claimed one, in darkness² modules."""
    table = templates(alphabet, ratio, round(found.sigma * 20) / 20, round(found.ink * 20) / 20)
    width = table.shape[1]
    left = found.flat - found.model
    costs = np.empty((len(places), len(table)))
    for row, (place, sign) in enumerate(zip(places, claimed, strict=True)):
        begin = round((place - _TAIL + QUIET) * SAMPLES)
        piece = left[begin : begin + width]
        change = table[:, : len(piece)] - table[sign, : len(piece)]
        costs[row] = (np.einsum("ij,ij->i", change, change) - 2 * change @ piece) / SAMPLES
    return costs


def rival(found: Fit, symbol_format: Format, text: str, bars: Bars) -> float | None:
    """By how much the best other text fits worse than this one (below 0: better); None if not known."""
    match symbol_format:
        case "EAN-13" | "UPC-A" | "EAN-8" | "UPC-E":
            return _retail_rival(found, symbol_format, text)
        case "Code 128":
            claimed = code128_values(bars)
            costs = cell_costs(found, "code128", bars.cells, claimed)
            costs[np.arange(len(claimed)), claimed] = np.inf
            # Two signs must change together for the check symbol to hold.
            return float(np.sort(costs[1:, :103].min(axis=1))[:2].sum())
        case "ITF":
            claimed = tuple(int(text[at : at + 2]) for at in range(0, len(text), 2))
            costs = cell_costs(found, "itf", bars.cells, claimed, bars.ratio)
        case "Code 39":
            claimed = code39_values(text)
            costs = cell_costs(found, "code39", bars.cells[1:-1], claimed, bars.ratio)
        case _:
            return None
    costs[np.arange(len(claimed)), claimed] = np.inf
    return float(costs.min())


def _retail_rival(found: Fit, symbol_format: Format, text: str) -> float | None:
    cells = retail_cells(symbol_format, text)
    if cells is None:
        return None
    places, _ = cell_places(symbol_format)
    claimed = tuple(digit + 10 * _SETS.index(kind) for digit, kind in cells)
    costs = cell_costs(found, "retail", places, claimed)
    if symbol_format == "UPC-E":
        return best_upce(costs, text)[0]
    if symbol_format == "EAN-8":
        return best_ean8(costs, text)[0]
    return best_ean13(costs, text.zfill(13))[0]


def code128_values(bars: Bars) -> tuple[int, ...]:
    """The values of a drawing's signs, start and check symbol included."""
    signs = sign_edges()
    values = []
    for place in bars.cells:
        at = bars.edges.index(place)
        values.append(signs.index(tuple(edge - place for edge in bars.edges[at : at + 6])))
    return tuple(values)


def _step(state: Any, cost: Any, weight: int) -> tuple[Any, Any]:
    """Add one digit to sums modulo 10: the cheapest way to each sum, and the digit that it took.

    `state` is (..., 10) by the sum so far, `cost` (..., 10) by digit.
    """
    before = (np.arange(10)[:, None] - weight * np.arange(10)[None, :]) % 10
    ways = state[..., before] + cost[..., None, :]
    return ways.min(axis=-1), ways.argmin(axis=-1)


def _chain(costs: Any, weights: tuple[int, ...], start: Any) -> tuple[Any, list[Any]]:
    """`costs` is (texts, digits, 10); the cheapest total by sum, and the choices to trace back."""
    state, choices = start, []
    for place, weight in enumerate(weights):
        state, choice = _step(state, costs[:, place], weight)
        choices.append(choice)
    return state, choices


def _trace(choices: list[Any], weights: tuple[int, ...], kind: int, total: int) -> str:
    digits = []
    for choice, weight in zip(reversed(choices), reversed(weights), strict=True):
        digit = int(choice[kind, total])
        digits.append(str(digit))
        total = (total - weight * digit) % 10
    return "".join(reversed(digits))


def _start(kinds: int) -> Any:
    start = np.full((kinds, 10), np.inf)
    start[:, 0] = 0.0
    return start


_EAN13_WEIGHTS = (3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1)
_EAN8_WEIGHTS = (3, 1, 3, 1, 3, 1, 3, 1)


def _ean13_costs(costs: Any) -> Any:
    """Costs by first digit, place and digit from those by place and sign."""
    sets = np.array([[int(mark) for mark in row] for row in FIRST_DIGIT_SETS])
    by_set = costs[:, :20].reshape(12, 2, 10)
    left = by_set[np.arange(6)[None, :], sets]
    right = np.broadcast_to(costs[6:, 20:], (10, 6, 10))
    return np.concatenate([left, right], axis=1)


def best_ean13(costs: Any, claimed: str | None) -> tuple[float, str]:
    """The cheapest EAN-13 other than the claimed one (any, with None) and what it costs."""
    table = _ean13_costs(costs)
    if claimed is None:
        return _cheapest(table, _EAN13_WEIGHTS, -np.arange(10) % 10, tuple("0123456789"))
    first = int(claimed[0])
    variants = []
    for place, sign in enumerate(claimed[1:]):
        one = table[first : first + 1].copy()
        one[0, place, int(sign)] = np.inf
        variants.append(one)
    stacked = np.concatenate([*variants, np.delete(table, first, axis=0)])
    firsts = np.concatenate([np.full(12, first), np.delete(np.arange(10), first)])
    return _cheapest(stacked, _EAN13_WEIGHTS, -firsts % 10, tuple(map(str, firsts)))


def _cheapest(table: Any, weights: tuple[int, ...], sums: Any, heads: tuple[str, ...]) -> tuple[float, str]:
    """The cheapest of these tables that ends with its sum; `heads` stand before the digits."""
    state, choices = _chain(table, weights, _start(len(table)))
    ends = state[np.arange(len(table)), sums]
    kind = int(ends.argmin())
    body = _trace(choices, weights, kind, int(sums[kind]))
    return float(ends[kind]), heads[kind] + body


def best_ean8(costs: Any, claimed: str | None) -> tuple[float, str]:
    """The cheapest EAN-8 other than the claimed one (any, with None) and what it costs."""
    table = np.concatenate([costs[:4, :10], costs[4:, 20:]])[None]
    if claimed is None:
        return _cheapest(table, _EAN8_WEIGHTS, np.zeros(1, np.intp), ("",))
    variants = np.repeat(table, 8, axis=0)
    variants[np.arange(8), np.arange(8), [int(sign) for sign in claimed]] = np.inf
    return _cheapest(variants, _EAN8_WEIGHTS, np.zeros(8, np.intp), ("",) * 8)


def best_upce(costs: Any, claimed: str | None) -> tuple[float, str]:
    """The cheapest UPC-E other than the claimed one (any, with None) and what it costs."""
    weights = _upce_weights()
    sets = np.array([[int(mark) for mark in row] for row in UPCE_SETS])
    best, text = float("inf"), ""
    for system in (0, 1):
        rows = sets if system == 0 else 1 - sets
        table = costs[:, :20].reshape(6, 2, 10)[np.arange(6)[None, :], rows]
        for last in range(10):
            found, body = _upce_tail(table, weights[last], system, last, claimed)
            if found < best:
                best, text = found, body
    return best, text


def _upce_tail(
    table: Any, weights: tuple[int, ...], system: int, last: int, claimed: str | None
) -> tuple[float, str]:
    """The cheapest UPC-E of this system and last digit."""
    fixed = weights[5] * system + weights[6]
    sums = (-np.arange(10) - fixed) % 10
    heads, checks, tables = table[:, :5], np.arange(10), table[:, 5, last]
    if claimed is not None and int(claimed[0]) == system and int(claimed[6]) == last:
        check = int(claimed[7])
        own = np.repeat(heads[check : check + 1], 5, axis=0)
        own[np.arange(5), np.arange(5), [int(sign) for sign in claimed[1:6]]] = np.inf
        keep = checks != check
        heads = np.concatenate([heads[keep], own])
        checks = np.concatenate([checks[keep], np.full(5, check)])
        tables, sums = tables[checks], sums[checks]
    state, choices = _chain(heads, weights[:5], _start(len(heads)))
    ends = state[np.arange(len(heads)), sums] + tables
    kind = int(ends.argmin())
    body = _trace(choices, weights[:5], kind, int(sums[kind]))
    return float(ends[kind]), f"{system}{body}{last}{int(checks[kind])}"


@lru_cache(maxsize=1)
def _upce_weights() -> tuple[tuple[int, ...], ...]:
    """By last digit: the weights of the five body digits and the system, then what the last digit adds."""
    rows = []
    for last in range(10):
        own = _weighted(expand_upce(f"000000{last}"))
        ones = ["".join("1" if at == place else "0" for at in range(6)) for place in (1, 2, 3, 4, 5, 0)]
        weights = [(_weighted(expand_upce(f"{one}{last}")) - own) % 10 for one in ones]
        rows.append((*weights, own))
    return tuple(rows)


def _weighted(digits: str) -> int:
    return sum(int(sign) * (3 if place % 2 == 0 else 1) for place, sign in enumerate(digits))
