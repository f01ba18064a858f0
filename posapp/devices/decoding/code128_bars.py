"""The bars of a Code 128 text: one drawing for each way in which printers usually encode it.

A text does not tell which code sets its bars use, so several encodings are offered and the picture
decides. Knows the cells and the check symbol; refuses to know pictures.
"""

from __future__ import annotations

import re

from posapp.devices.code128 import bar_widths
from posapp.devices.decoding.bar_edges import Bars, edges_of

_FNC1 = 102
_START = {"A": 103, "B": 104, "C": 105}
_SWITCH = {"A": 101, "B": 100, "C": 99}
#: Application identifiers of fixed length by their first two digits: no separator behind them.
_FIXED = frozenset(("00", "01", "02", "03", "04", *map(str, range(11, 21)), *map(str, range(31, 37)), "41"))
_GROUP = "\x1d"
#: How printers encode: from how many digits on they pack, which set they use else, and whether the odd
#: digit of a run comes last.
_HABITS = (
    (4, "B", False), (4, "B", True), (2, "B", False), (2, "B", True), (6, "B", False), (4, "A", False),
    (99, "B", False), (99, "A", False),
)  # fmt: skip


def code128_bars(text: str) -> tuple[Bars, ...]:
    """Drawings of a text, GS1 element strings in parentheses included, the likeliest first."""
    bodies = [text]
    if re.match(r"\(\d{2,4}\)", text):
        bodies.insert(0, _element_string(text))
    elif text.isascii() and text.isdigit():
        bodies.append(_GROUP + text)
    found: dict[tuple[int, ...], None] = {}
    for body in bodies:
        for least, plain, late in _HABITS:
            values = _values(body, least, plain, late=late)
            if values is not None:
                found.setdefault(values)
    if text.isascii() and text.isdigit() and len(text) % 2:
        for values in (_odd_digits(text, first=True), _odd_digits(text, first=False)):
            found.setdefault(values)
    return tuple(bars_of(values) for values in found)


def bars_of(values: tuple[int, ...]) -> Bars:
    """The drawing of start and data values; the check symbol and the stop are put behind them."""
    check = sum(value * max(1, place) for place, value in enumerate(values)) % 103
    edges = edges_of("".join(map(str, bar_widths((*values, check)))))
    return Bars(edges, edges[-1], tuple(11.0 * place for place in range(len(values) + 1)))


def sign_edges() -> tuple[tuple[float, ...], ...]:
    """The edges of the 106 signs within their eleven modules, by value; the last three are the starts."""
    return tuple(edges_of("".join(map(str, bar_widths((value,))[:6])))[:6] for value in range(106))


def text_of(values: tuple[int, ...]) -> str | None:
    """The text that start and data values spell, FNC1 as 0x1D; None if they spell none."""
    code_set = {number: name for name, number in _START.items()}.get(values[0])
    text, shifted = "", ""
    for value in values[1:]:
        current, shifted = shifted or code_set, ""
        if value == _FNC1:
            text += _GROUP
        elif current == "C" and value < 100:
            text += f"{value:02d}"
        elif value in (99, 100, 101) and current != {99: "C", 100: "B", 101: "A"}[value]:
            code_set = {99: "C", 100: "B", 101: "A"}[value]
        elif value == 98 and current != "C":
            shifted = "B" if current == "A" else "A"
        elif value < 96 and current in ("A", "B"):
            text += chr(value + 32 if current == "B" or value < 64 else value - 64)
        else:
            return None
    return text


def _element_string(text: str) -> str:
    """FNC1 and the element string of a text with its identifiers in parentheses."""
    parts = re.findall(r"\((\d{2,4})\)([^(]*)", text)
    body = _GROUP
    for place, (identifier, value) in enumerate(parts):
        closed = identifier[:2] in _FIXED or place == len(parts) - 1
        body += identifier + value + ("" if closed else _GROUP)
    return body


def _odd_digits(text: str, *, first: bool) -> tuple[int, ...]:
    pairs = text[1:] if first else text[:-1]
    packed = [int(pairs[at : at + 2]) for at in range(0, len(pairs), 2)]
    if first:
        return (_START["B"], int(text[0]) + 16, _SWITCH["C"], *packed)
    return (_START["C"], *packed, _SWITCH["B"], int(text[-1]) + 16)


def _values(text: str, least: int, plain: str, *, late: bool) -> tuple[int, ...] | None:
    """Start and data values, packing runs of at least this many digits by two; None if impossible."""
    values: list[int] = []
    code_set = ""
    for run in re.findall(rf"\d{{{least},}}|{_GROUP}|.", text, re.DOTALL):
        if run == _GROUP:
            if not code_set:
                code_set = "C" if re.match(rf".\d{{{least}}}", text, re.DOTALL) else plain
                values.append(_START[code_set])
            values.append(_FNC1)
            continue
        if len(run) > 1:
            code_set = _packed(values, run, code_set, plain, late=late)
            continue
        value = _plain_value(run, plain)
        if value is None:
            return None
        if code_set != plain:
            values.append(_SWITCH[plain] if values else _START[plain])
            code_set = plain
        values.append(value)
    return tuple(values) if values else None


def _packed(values: list[int], run: str, code_set: str, plain: str, *, late: bool) -> str:
    odd = len(run) % 2
    if odd and not late and code_set in ("", plain):
        if not values:
            values.append(_START[plain])
        values.append(int(run[0]) + 16)
        run, odd, code_set = run[1:], 0, plain
    if code_set != "C":
        values.append(_SWITCH["C"] if values else _START["C"])
    values.extend(int(run[at : at + 2]) for at in range(0, len(run) - odd, 2))
    if odd:
        values.extend((_SWITCH[plain], int(run[-1]) + 16))
        return plain
    return "C"


def _plain_value(sign: str, plain: str) -> int | None:
    code = ord(sign)
    if plain == "B":
        return code - 32 if 32 <= code <= 127 else None
    return code - 32 if 32 <= code <= 95 else code + 64 if code < 32 else None
