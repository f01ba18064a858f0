"""Code 128: which data a printer's own bar code command takes, and the bars it stands for.

Knows the symbol table, the shortest practical mix of code sets B and C, and the check symbol.
Refuses to know how tall or where the bars are drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_START = {"A": 103, "B": 104, "C": 105}
_SWITCH = {"A": 101, "B": 100, "C": 99}
_STOP = "2331112"
# fmt: off
_BARS = (
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213",
    "221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132",
    "221231", "213212", "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211",
    "212123", "212321", "232121", "111323", "131123", "131321", "112313", "132113", "132311", "211313",
    "231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121", "313121", "211331",
    "231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
    "314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221", "112214",
    "112412", "122114", "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",
    "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
    "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311", "113141",
    "114131", "311141", "411131", "211412", "211214", "211232",
)
# fmt: on


def fits_code128(text: str) -> bool:
    """Whether the text is made of the printable ASCII characters that Code 128 is used for here."""
    return bool(text) and all(" " <= character <= "~" for character in text)


def printer_data(text: str) -> bytes:
    """The data of the printer command: code set marks `{B`, `{C`, pairs of figures packed in C."""
    out = bytearray()
    for code_set, part in _parts(text):
        out += b"{" + code_set.encode("ascii")
        if code_set == "C":
            out += bytes(int(part[place : place + 2]) for place in range(0, len(part), 2))
        else:
            out += part.replace("{", "{{").encode("ascii")
    return bytes(out)


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Pieces with their code set: long even runs of figures in C, everything else in B."""
    pending = ""
    for run in re.findall(r"[0-9]+|[^0-9]+", text):
        at_edge = run == text or text.startswith(run) or text.endswith(run)
        if run.isascii() and run.isdigit() and len(run) >= (4 if at_edge else 6):
            odd = len(run) % 2
            if pending + run[:odd]:
                yield "B", pending + run[:odd]
            pending = ""
            yield "C", run[odd:]
        else:
            pending += run
    if pending:
        yield "B", pending


def read_printer_data(data: bytes) -> tuple[str, tuple[int, ...]]:
    """Text and symbol values (start, data, check; without stop) of a printer command's data.

    Raises ValueError where a printer would print nothing.
    """
    values: list[int] = []
    text: list[str] = []
    code_set = ""
    place = 0
    while place < len(data):
        byte = data[place]
        place += 1
        if byte == ord("{"):
            if place == len(data):
                raise ValueError("a code set mark without its letter")
            letter = chr(data[place])
            place += 1
            if letter in _START:
                values.append(_SWITCH[letter] if values else _START[letter])
                code_set = letter
                continue
            if letter != "{" or code_set != "B":
                raise ValueError(f"unknown mark {{{letter}")
        values.append(_value(byte, code_set))
        text.append(f"{byte:02d}" if code_set == "C" else chr(byte))
    if len(values) < 2:
        raise ValueError("nothing to print")
    values.append(sum(value * max(1, weight) for weight, value in enumerate(values)) % 103)
    return "".join(text), tuple(values)


def _value(byte: int, code_set: str) -> int:
    match code_set:
        case "C" if byte <= 99:
            return byte
        case "B" if 32 <= byte <= 127:
            return byte - 32
        case "A" if byte <= 95:
            return byte - 32 if byte >= 32 else byte + 64
    raise ValueError(f"{byte} cannot be written in code set {code_set or 'none'}")


def bar_widths(values: tuple[int, ...]) -> tuple[int, ...]:
    """Widths in modules, bar and gap in turn, of a whole symbol (stop pattern included)."""
    return tuple(int(width) for width in "".join(_BARS[value] for value in values) + _STOP)


def module_count(text: str) -> int:
    """How many modules wide the symbol of a text is, without quiet zones."""
    return sum(bar_widths(read_printer_data(printer_data(text))[1]))
