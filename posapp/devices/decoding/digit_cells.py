"""How well every digit would fit in every cell of an EAN-13, and the best and second best whole text.

Works on a profile that is already laid out in modules, 1 = bar, -1 = space, four samples a module. A
text must keep its number sets and its check digit, so the runner-up is a text that could really be.
Refuses to know where the cells are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from posapp.devices.decoding.bars import FIRST_DIGIT_SETS, digit_edges

Row = NDArray[np.float32]
SAMPLES = 4
MODULES = 95
CELLS = (*range(3, 45, 7), *range(50, 92, 7))
_SUB = 8
_BEYOND = 10
_HUGE = np.float32(1e9)
#: What stands beside a digit: left digits begin light and end dark, right ones the reverse; further off
#: nothing is known.
_BESIDE_LEFT = ((0.4, 0.5, 0.0, 1.0), (0.0, 0.5, 0.5, 0.5))
_BESIDE_RIGHT = ((0.5, 0.5, 0.5, 0.0), (1.0, 0.5, 0.5, 0.5))
#: Samples of every cell, and of the guards.
WINDOWS = np.array(CELLS)[:, None] * SAMPLES + np.arange(7 * SAMPLES)
GUARDS = np.setdiff1d(np.arange(MODULES * SAMPLES), WINDOWS.ravel())


def _modules_of(digit: int, kind: str) -> list[float]:
    edges = digit_edges(digit, kind)
    return [float(any(a <= at < b for a, b in zip(edges[::2], edges[1::2], strict=True))) for at in range(7)]


#: Modules of the digits 0-9 of the sets A, B and C, thirty rows.
PATTERNS = np.array([_modules_of(digit, kind) for kind in "ABC" for digit in range(10)], np.float32)
_GUARD_MODULES = {0: 1.0, 2: 1.0, 46: 1.0, 48: 1.0, 92: 1.0, 94: 1.0}
#: Sets of the six left digits by first digit, as offsets into PATTERNS.
_SETS = np.array([[10 * int(mark) for mark in sets] for sets in FIRST_DIGIT_SETS])
_WEIGHTS = (3, 1) * 6
#: Where a sum modulo ten came from (or goes to), by weight, sum and digit.
_CAME = {w: (np.arange(10)[:, None] - w * np.arange(10)) % 10 for w in (1, 3)}
_GOES = {w: (np.arange(10)[:, None] + w * np.arange(10)) % 10 for w in (1, 3)}


@dataclass(frozen=True, slots=True)
class Best:
    """The cheapest text and what it costs, the cost of the next one, and the rows of PATTERNS it uses."""

    text: str
    cost: float
    second: float
    rows: tuple[int, ...]


def blurred(modules: Any, sigma: float, ink: float) -> Row:
    """Modules as a lens would show them: bars grown by `ink` and blurred by `sigma` (both in modules)."""
    fine = np.repeat(np.asarray(modules, np.float32), _SUB).reshape(1, -1)
    grown = round(abs(ink) * _SUB / 2)
    if grown:
        kernel = np.ones((1, 2 * grown + 1), np.uint8)
        fine = np.asarray(cv2.dilate(fine, kernel) if ink > 0 else cv2.erode(fine, kernel), np.float32)
    fine = np.asarray(cv2.GaussianBlur(fine, (0, 0), sigma * _SUB, borderType=cv2.BORDER_REPLICATE))
    row: Row = fine.reshape(-1, _SUB // SAMPLES).mean(axis=1, dtype=np.float32)
    return row


@cache
def bank(sigma: float, ink: float, known_beside: bool = True) -> tuple[Row, Row]:
    """The thirty digits as seen in their cells (rows of 28 samples, -1..1) and their squares' sums.

    Without `known_beside` nothing but light stands around: then neighbours' blur is to be added.
    """
    rows = []
    for place, modules in enumerate(PATTERNS):
        before, behind = _BESIDE_LEFT if place < 20 else _BESIDE_RIGHT
        if not known_beside:
            before, behind = (0.0,) * 4, (0.0,) * 4
        seen = blurred(np.concatenate([before, modules, behind]), sigma, ink)
        rows.append(2 * seen[4 * SAMPLES : 11 * SAMPLES] - 1)
    found = np.array(rows, np.float32)
    return found, np.asarray((found * found).sum(axis=1), np.float32)


@cache
def guards(sigma: float, ink: float) -> Row:
    """The guard bars with unknown digits between them, -1..1, over the whole symbol."""
    modules = np.zeros(MODULES, np.float32)
    for place, cell in enumerate(CELLS):
        modules[cell : cell + 7] = 0.5
        modules[cell], modules[cell + 6] = (0.0, 1.0) if place < 6 else (1.0, 0.0)
    return 2 * _beyond(modules, sigma, ink)[_BEYOND * SAMPLES : -_BEYOND * SAMPLES] - 1


@lru_cache(maxsize=256)
def drawn_text(rows: tuple[int, ...], sigma: float, ink: float) -> Row:
    """The whole symbol as it would be seen, 0..1, with ten light modules at either end."""
    modules = np.zeros(MODULES, np.float32)
    for cell, row in zip(CELLS, rows, strict=True):
        modules[cell : cell + 7] = PATTERNS[row]
    return _beyond(modules, sigma, ink)


def _beyond(modules: Row, sigma: float, ink: float) -> Row:
    for at, dark in _GUARD_MODULES.items():
        modules[at] = dark
    quiet = np.zeros(_BEYOND, np.float32)
    return blurred(np.concatenate([quiet, modules, quiet]), sigma, ink)


@lru_cache(maxsize=64)
def rows_of(text: str) -> tuple[int, ...]:
    """The rows of PATTERNS that thirteen digits use."""
    sets = _SETS[int(text[0])]
    left = [int(sets[cell]) + int(text[1 + cell]) for cell in range(6)]
    return (*left, *(20 + int(digit) for digit in text[7:]))


def correlation(one: Any, other: Any) -> float:
    """How alike two rows are, 1 = the same but for level and contrast."""
    one, other = one - one.mean(), other - other.mean()
    return float(one @ other / (np.sqrt((one @ one) * (other @ other)) + 1e-9))


def inside(drawn: Row) -> Row:
    """A drawn text without the quiet zones."""
    return drawn[_BEYOND * SAMPLES : -_BEYOND * SAMPLES]


def cell_costs(seen: Row, sigma: float, ink: float, beside: Row | None = None) -> tuple[Row, Row]:
    """Squared differences of every digit in every cell: left (6, 20), right (6, 10).

    `beside` is the darkness that the neighbours' blur adds in every cell (12, 28).
    """
    templates, squares = bank(sigma, ink, beside is None)
    cells = seen[WINDOWS] if beside is None else seen[WINDOWS] - 2 * beside
    own = np.einsum("ij,ij->i", cells, cells)[:, None]
    left = own[:6] + squares[:20] - 2 * cells[:6] @ templates[:20].T
    right = own[6:] + squares[20:] - 2 * cells[6:] @ templates[20:].T
    return left, right


def likeliest_rows(left: Row, right: Row) -> tuple[int, ...]:
    """The cheapest digits under number sets alone, as rows of PATTERNS; the check digit may be wrong."""
    by_set = left.reshape(6, 2, 10)
    cheapest = by_set.min(axis=2)
    sets = _SETS[int(cheapest[np.arange(6), _SETS // 10].sum(axis=1).argmin())]
    digits = by_set[np.arange(6), sets // 10].argmin(axis=1)
    return (*map(int, sets + digits), *map(int, 20 + right.argmin(axis=1)))


def best_texts(left: Row, right: Row) -> Best:
    """The cheapest thirteen digits under number sets and check digit, and the cost of the next cheapest."""
    costs = np.empty((12, 10, 10), np.float32)  # cell, first digit, digit
    for cell in range(6):
        costs[cell] = left[cell][_SETS[:, cell, None] + np.arange(10)]
    costs[6:] = right[:, None, :]
    forward = np.full((13, 10, 10), _HUGE, np.float32)
    forward[0, np.arange(10), np.arange(10)] = 0
    for cell, weight in enumerate(_WEIGHTS):
        forward[cell + 1] = (forward[cell][:, _CAME[weight]] + costs[cell][:, None, :]).min(axis=-1)
    backward = np.full((10, 10), _HUGE, np.float32)
    backward[:, 0] = 0
    through = np.empty((12, 10, 10), np.float32)
    for cell in range(11, -1, -1):
        total = backward[:, _GOES[_WEIGHTS[cell]]] + costs[cell][:, None, :]
        backward = total.min(axis=-1)
        through[cell] = (total + forward[cell][:, :, None]).min(axis=1)
    by_first = through[0].min(axis=-1)
    first = int(by_first.argmin())
    digits = [int(one) for one in through[:, first].argmin(axis=-1)]
    others = through[:, first].copy()
    others[np.arange(12), digits] = _HUGE
    second = min(float(others.min()), float(np.delete(by_first, first).min()))
    rows = tuple(
        int(_SETS[first, cell]) + digit if cell < 6 else 20 + digit for cell, digit in enumerate(digits)
    )
    return Best(f"{first}{''.join(map(str, digits))}", float(by_first[first]), second, rows)
