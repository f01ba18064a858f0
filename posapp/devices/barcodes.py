"""Codes drawn as modules: the bars of python-barcode, the squares of segno, GS1's own by zxing-cpp.

Knows which text each symbology can carry and says in a sentence why not. Refuses to know millimetres,
paper and fonts: a drawing is a grid of dark and light, and whoever places it chooses the size. GS1
data comes in brackets, "(01)…(10)…", or as a scanner delivers it, with 0x1D between elements.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from posapp.devices.code128 import bar_widths, fits_code128, printer_data, read_printer_data

BarcodeKind = Literal[
    "ean-13", "ean-8", "upc-a", "upc-e", "itf", "code-39", "code-128", "gs1-128",
    "qr", "gs1-qr", "gs1-datamatrix", "databar-expanded",
]  # fmt: skip
KINDS: tuple[BarcodeKind, ...] = get_args(BarcodeKind)

#: Quiet zone in modules on each side that readers count on (ISO/IEC 15420, 15417, 18004, 16022).
_QUIET: dict[BarcodeKind, int] = {"ean-13": 11, "upc-a": 9, "upc-e": 9, "ean-8": 7, "qr": 4, "gs1-qr": 4,
                                  "gs1-datamatrix": 2, "databar-expanded": 2}  # fmt: skip
_LINEAR_QUIET = 10
_DIGITS: dict[BarcodeKind, tuple[int, ...]] = {
    "ean-13": (12, 13), "ean-8": (7, 8), "upc-a": (11, 12), "upc-e": (8, 8),
}  # fmt: skip
#: ITF with bars of one and three modules, as ISO/IEC 16390 allows: a case's number then fits on a label.
_OPTIONS: dict[BarcodeKind, dict[str, int]] = {
    "itf": {"narrow": 1, "wide": 3},
    "code-39": {"add_checksum": False},
}
_FNC1 = "\xf1"
#: First two digits of the identifiers whose elements need no end mark (GenSpecs figure 7.8.5-2).
_PREDEFINED = re.compile("0[0-4]|1[1-9]|20|3[1-6]|41")
_LONGEST = 300


class DrawingError(ValueError):
    """The text does not fit the symbology; the message is one sentence with what mends it."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Rows of modules, True is dark; a linear code has one row.

    `text` is the code as people write it, `payload` the bytes that a decoder reports for it.
    """

    kind: BarcodeKind
    text: str
    rows: tuple[tuple[bool, ...], ...]
    payload: bytes

    @property
    def width(self) -> int:
        """Modules across, quiet zones not counted."""
        return len(self.rows[0])

    @property
    def linear(self) -> bool:
        """Whether its rows may be drawn as high as one likes."""
        return len(self.rows) == 1

    @property
    def quiet(self) -> int:
        """Modules to leave light on each side."""
        return _QUIET.get(self.kind, _LINEAR_QUIET)


def draw(kind: BarcodeKind, text: str) -> Drawing:
    """The modules of a text; raises DrawingError. A missing check digit is added, a wrong one refused."""
    if not text or len(text) > _LONGEST:
        raise DrawingError(f"A code has 1 to {_LONGEST} characters, not {len(text)}. Give another text.")
    lengths = _DIGITS.get(kind)
    if lengths and not (text.isascii() and text.isdigit() and len(text) in lengths):
        wanted = " or ".join(str(length) for length in dict.fromkeys(lengths))
        raise DrawingError(f"{kind} takes {wanted} digits, not {text!r}. Mend the number.")
    match kind:
        case "qr":
            return _qr(text)
        case "upc-e" | "gs1-qr" | "gs1-datamatrix" | "databar-expanded":
            return _by_zxing(kind, text)
        case "code-128":
            return _code128(text)
        case _:
            return _bars(kind, text)


def _code128(text: str) -> Drawing:
    """By our own table: python-barcode 0.16.1 leaves out a leading "99", taking it for a code set switch."""
    if not fits_code128(text):
        raise DrawingError(f"code-128 takes letters, digits and signs of ASCII, not {text!r}. Mend the text.")
    widths = bar_widths(read_printer_data(printer_data(text))[1])
    row = tuple(place % 2 == 0 for place, width in enumerate(widths) for _ in range(width))
    return Drawing("code-128", text, (row,), text.encode("ascii"))


def bracketed(text: str) -> str:
    """GS1 data in brackets as it stands; raises DrawingError where it is not so written.

    The delivered form, with 0x1D, cannot be bracketed without GS1's table: that is the reader's work.
    """
    if not re.fullmatch(r"(\(\d{2,4}\)[^()\x1d]+)+", text):
        raise DrawingError(
            f"GS1 data is written as (01)…(10)…, not {text!r}. Put every identifier in brackets."
        )
    return text


def _bars(kind: BarcodeKind, text: str) -> Drawing:
    import barcode
    from barcode.errors import BarcodeError

    name = {"ean-13": "ean13", "ean-8": "ean8", "upc-a": "upca", "gs1-128": "gs1_128"}.get(kind)
    if kind == "gs1-128":
        text, data = bracketed(text), _element_string(text)
    else:
        data = text
    if kind == "itf" and not (text.isascii() and text.isdigit() and len(text) % 2 == 0):
        raise DrawingError(f"itf takes an even number of digits, not {text!r}. Put a 0 in front.")
    if kind == "code-39" and not re.fullmatch(r"[0-9A-Z .$/+%-]+", text):
        raise DrawingError(f"code-39 takes digits, capitals and - . $ / + %, not {text!r}. Mend the text.")
    try:
        made = barcode.get_barcode_class(name or kind.replace("-", ""))
        drawn = made(data, **_OPTIONS.get(kind, {}))
        modules = drawn.build()[0]
    except (BarcodeError, KeyError, ValueError) as error:
        raise DrawingError(f"{kind} cannot carry {text!r}: {error}.") from None
    full = drawn.get_fullcode() if kind in _DIGITS else text
    if kind in _DIGITS and len(text) == _DIGITS[kind][1] and full != text:
        raise DrawingError(f"The check digit of {text} is wrong: it would be {full[-1]}. Mend the number.")
    payload = (
        full.zfill(13) if kind == "upc-a" else data.replace(_FNC1, "\x1d") if kind == "gs1-128" else full
    )
    return Drawing(kind, full, (tuple(module == "1" for module in modules),), payload.encode("ascii"))


def _element_string(brackets: str) -> str:
    """The data of GS1-128: FNC1 after elements of no predefined length (GenSpecs 7.8).

    python-barcode puts the first FNC1 in front by itself; a second one there would be read as data.
    """
    parts = re.findall(r"\((\d+)\)([^(]+)", brackets)
    ended = (f"{ai}{value}" + ("" if _PREDEFINED.match(ai) else _FNC1) for ai, value in parts)
    return "".join(ended).removesuffix(_FNC1)


def _qr(text: str) -> Drawing:
    import segno

    try:
        code = segno.make_qr(text, error="m", encoding="utf-8")
    except (segno.DataOverflowError, UnicodeError) as error:
        raise DrawingError(f"A QR code cannot carry this text: {error}.") from None
    rows = tuple(tuple(bool(module) for module in row) for row in code.matrix)
    return Drawing("qr", text, rows, text.encode("utf-8"))


def _by_zxing(kind: BarcodeKind, text: str) -> Drawing:
    import numpy as np
    import zxingcpp

    formats = {
        "upc-e": zxingcpp.BarcodeFormat.UPCE,
        "gs1-qr": zxingcpp.BarcodeFormat.QRCode,
        "gs1-datamatrix": zxingcpp.BarcodeFormat.DataMatrix,
        "databar-expanded": zxingcpp.BarcodeFormat.DataBarExp,
    }
    options = {"gs1": True} if kind in ("gs1-qr", "gs1-datamatrix") else {}
    data = text if kind == "upc-e" else bracketed(text)
    try:
        made = zxingcpp.create_barcode(data, formats[kind], **options)
        dots = np.array(made.to_image(scale=1, add_quiet_zones=False, add_hrt=False)) < 128
    except (ValueError, RuntimeError) as error:
        raise DrawingError(f"{kind} cannot carry {text!r}: {error}.") from None
    if kind in ("upc-e", "databar-expanded"):
        dots = dots[:1]
    rows = tuple(tuple(bool(module) for module in row) for row in dots)
    return Drawing(kind, text, rows, bytes(made.bytes))
