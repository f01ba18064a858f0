"""How the bars of a text stand: modules and edges of every linear symbology the till reads.

Knows the digit patterns of EAN and UPC (GS1 General Specifications, section 5.2), ITF's and Code 39's
wide and narrow elements (ISO/IEC 16390, 16388) and asks zxing-cpp to draw the others. A pattern is its
edges in modules from the symbol's first bar, light to dark first. Refuses to know pictures.
"""

from __future__ import annotations

from functools import lru_cache

from posapp.devices.decoding.bar_edges import Bars
from posapp.devices.decoding.symbol import Format
from posapp.domain.codes.gtin import check_digit

#: Widths of the four elements of a digit of set A (odd parity), in modules.
_SET_A = ("3211", "2221", "2122", "1411", "1132", "1231", "1114", "1312", "1213", "3112")
#: Which of the six left digits are of set B, by the first digit of an EAN-13 (1 = set B).
FIRST_DIGIT_SETS = (
    "000000", "001011", "001101", "001110", "010011", "011001", "011100", "010101", "010110", "011010",
)  # fmt: skip
#: Which digits of a UPC-E with number system 0 are of set B, by the check digit; system 1 is the reverse.
UPCE_SETS = (
    "111000", "110100", "110010", "110001", "101100", "100110", "100011", "101010", "101001", "100101",
)  # fmt: skip
_ITF_WIDE = ("00110", "10001", "01001", "11000", "00101", "10100", "01100", "00011", "10010", "01010")
_CODE39_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. *$/+%"
_CODE39_WIDE = (
    "000110100", "100100001", "001100001", "101100000", "000110001", "100110000", "001110000",
    "000100101", "100100100", "001100100", "100001001", "001001001", "101001000", "000011001",
    "100011000", "001011000", "000001101", "100001100", "001001100", "000011100", "100000011",
    "001000011", "101000010", "000010011", "100010010", "001010010", "000000111", "100000110",
    "001000110", "000010110", "110000001", "011000001", "111000000", "010010001", "110010000",
    "011010000", "010000101", "110000100", "011000100", "010010100", "010101000", "010100010",
    "010001010", "000101010",
)  # fmt: skip


def digit_edges(digit: int, kind: str) -> tuple[float, ...]:
    """The two bars of a digit within its seven modules, by number set "A", "B" or "C"."""
    widths = _SET_A[digit] if kind != "B" else _SET_A[digit][::-1]
    at, places = 0, [0.0]
    for width in widths:
        at += int(width)
        places.append(float(at))
    return tuple(places[1:]) if kind != "C" else tuple(places[:-1])


@lru_cache(maxsize=64)
def drawn(symbol_format: Format, text: str) -> tuple[Bars, ...]:
    """The ways in which a text may be drawn, the likeliest first; empty for a text that cannot be."""
    if symbol_format in ("EAN-13", "EAN-8", "UPC-A", "UPC-E"):
        cells = retail_cells(symbol_format, text)
        return (_retail(symbol_format, cells),) if cells is not None else ()
    if symbol_format == "ITF":
        return tuple(bars for ratio in (2.5, 3.0, 2.0) if (bars := _itf(text, ratio)))
    if symbol_format == "Code 39":
        return tuple(bars for ratio in (2.5, 3.0, 2.0) if (bars := _code39(text, ratio)))
    if symbol_format == "Code 128":
        from posapp.devices.decoding.code128_bars import code128_bars

        return code128_bars(text)
    return _databar(symbol_format, text)


def retail_cells(symbol_format: Format, text: str) -> tuple[tuple[int, str], ...] | None:
    """The drawn digits of a text with their number sets; None if the text breaks its own rules."""
    if not (text.isascii() and text.isdigit()):
        return None
    if symbol_format == "UPC-E":
        return _upce_cells(text)
    size = {"EAN-13": 13, "UPC-A": 12, "EAN-8": 8}.get(symbol_format, 0)
    if len(text) != size or check_digit(text[:-1]) != text[-1]:
        return None
    if symbol_format == "EAN-8":
        return tuple((int(sign), "A" if place < 4 else "C") for place, sign in enumerate(text))
    text = text.zfill(13)
    sets = FIRST_DIGIT_SETS[int(text[0])]
    left = [(int(sign), "B" if mark == "1" else "A") for sign, mark in zip(text[1:7], sets, strict=True)]
    return (*left, *((int(sign), "C") for sign in text[7:]))


def expand_upce(text: str) -> str:
    """The eleven digits (no check digit) that the seven digits "system + six" of a UPC-E stand for."""
    system, body, last = text[0], text[1:6], int(text[6])
    if last <= 2:
        return f"{system}{body[:2]}{last}0000{body[2:]}"
    if last == 3:
        return f"{system}{body[:3]}00000{body[3:]}"
    if last == 4:
        return f"{system}{body[:4]}00000{body[4:]}"
    return f"{system}{body}0000{last}"


def _upce_cells(text: str) -> tuple[tuple[int, str], ...] | None:
    if len(text) != 8 or text[0] not in "01" or check_digit(expand_upce(text[:7])) != text[7]:
        return None
    sets = UPCE_SETS[int(text[7])]
    even = "1" if text[0] == "0" else "0"
    return tuple(
        (int(sign), "B" if mark == even else "A") for sign, mark in zip(text[1:7], sets, strict=True)
    )


def cell_places(symbol_format: Format) -> tuple[tuple[int, ...], int]:
    """Where the digit cells of a retail symbology begin, and how many modules the symbol has."""
    if symbol_format == "UPC-E":
        return tuple(range(3, 45, 7)), 51
    half = 4 if symbol_format == "EAN-8" else 6
    centre = 3 + 7 * half
    return (*range(3, centre, 7), *range(centre + 5, centre + 5 + 7 * half, 7)), 2 * centre + 5


def guard_edges(symbol_format: Format) -> tuple[float, ...]:
    """The guard bars of a retail symbology."""
    places, length = cell_places(symbol_format)
    if symbol_format == "UPC-E":
        return (0.0, 1.0, 2.0, 3.0, 46.0, 47.0, 48.0, 49.0, 50.0, 51.0)
    centre = places[len(places) // 2] - 5
    middle = (centre + 1.0, centre + 2.0, centre + 3.0, centre + 4.0)
    return (0.0, 1.0, 2.0, 3.0, *middle, length - 3.0, length - 2.0, length - 1.0, float(length))


def _retail(symbol_format: Format, cells: tuple[tuple[int, str], ...]) -> Bars:
    places, length = cell_places(symbol_format)
    edges = list(guard_edges(symbol_format))
    for place, (digit, kind) in zip(places, cells, strict=True):
        edges.extend(place + edge for edge in digit_edges(digit, kind))
    return Bars(tuple(sorted(edges)), float(length), tuple(map(float, places)))


@lru_cache(maxsize=8)
def itf_alphabet(ratio: float) -> tuple[tuple[float, ...], ...]:
    """The edges of all pairs of digits, by pair from "00" to "99"."""
    rows = []
    for bar in _ITF_WIDE:
        for space in _ITF_WIDE:
            marks = "".join(a + b for a, b in zip(bar, space, strict=True))
            rows.append(_elements(marks, ratio)[:-1])
    return tuple(rows)


@lru_cache(maxsize=8)
def code39_alphabet(ratio: float) -> tuple[tuple[float, ...], ...]:
    """The edges of all signs of Code 39 in the order of its check values."""
    return tuple(_elements(marks, ratio) for marks in _CODE39_WIDE[:43])


def code39_values(text: str) -> tuple[int, ...]:
    """The check values of a text's signs."""
    return tuple(_CODE39_SIGNS.index(sign) for sign in text)


def _elements(wide: str, ratio: float) -> tuple[float, ...]:
    at, edges = 0.0, [0.0]
    for mark in wide:
        at += ratio if mark == "1" else 1.0
        edges.append(at)
    return tuple(edges)


def _itf(text: str, ratio: float) -> Bars | None:
    if len(text) < 2 or len(text) % 2 or not (text.isascii() and text.isdigit()):
        return None
    marks = ["0000"]
    for bar, space in zip(text[::2], text[1::2], strict=True):
        marks.extend(a + b for a, b in zip(_ITF_WIDE[int(bar)], _ITF_WIDE[int(space)], strict=True))
    edges = _elements("".join((*marks, "100")), ratio)
    cells = tuple(4 + (6 + 4 * ratio) * pair for pair in range(len(text) // 2))
    return Bars(edges, edges[-1], cells, ratio)


def _code39(text: str, ratio: float) -> Bars | None:
    if not text or any(sign not in _CODE39_SIGNS or sign == "*" for sign in text):
        return None
    marks = "0".join(_CODE39_WIDE[_CODE39_SIGNS.index(sign)] for sign in f"*{text}*")
    edges = _elements(marks, ratio)
    return Bars(edges, edges[-1], tuple((7 + 3 * ratio) * place for place in range(len(text) + 2)), ratio)


def _databar(symbol_format: Format, text: str) -> tuple[Bars, ...]:
    import numpy as np
    import zxingcpp

    formats = zxingcpp.BarcodeFormat
    kind = formats.DataBarOmni if symbol_format == "GS1 DataBar" else formats.DataBarExp
    try:
        picture = np.array(zxingcpp.create_barcode(text, kind).to_image(scale=1, add_quiet_zones=False))
    except (ValueError, RuntimeError):
        return ()
    dark = picture[picture.shape[0] // 2] < 128
    edges = np.flatnonzero(np.diff(np.concatenate(([False], dark, [False])).astype(np.int8)))
    return (Bars(tuple(float(edge) for edge in edges), float(edges[-1])),)
