"""A paper document as the bytes of an ESC/POS receipt printer; a pure function of its input.

Knows the command set that practically every receipt printer understands, and nothing of how bytes
travel. Rows of plain ASCII are typed in the printer's own letters, every other row is drawn: a
printer's Chinese or currency tables are never trusted, since they differ from model to model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from posapp.devices.code128 import fits_code128, module_count, printer_data
from posapp.devices.fonts import RasterFonts
from posapp.devices.layout import Placed, PlacedLine, lay_out
from posapp.devices.raster import LINE_DOTS, Geometry, draw_line, draw_modules, draw_rule, line_dots, pack
from posapp.domain.paper import CodeRow, FeedRow, ModulesRow, PaperDocument, RuleRow, TextRow

DrawerPin = Literal[2, 5]

RESET = b"\x1b@"
CUT = b"\x1dVB\x18"
"""Feed to the knife and 24 dots past the last row, then cut."""
# Kanji mode off, code page 437, American signs, font A, motion units of one dot, plain letters.
START = RESET + b"\x1c.\x1bt\x00\x1bR\x00\x1bM\x00\x1dP\xcb\xcb\x1ba\x00\x1bE\x00\x1d!\x00"

_BARCODE_DOTS = 72
_QUIET_MODULES = 20
# Bytes that a QR code of each version from 1 holds at level M.
_QR_BYTES = (
    14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412, 450, 504, 560, 624, 666,
    711, 779, 857, 911, 997, 1059, 1125, 1190, 1264, 1370, 1452, 1538, 1628, 1722, 1809, 1911, 1989,
    2099, 2213, 2331,
)  # fmt: skip
_QR_LARGEST_DOTS = 6


def encode(document: PaperDocument, fonts: RasterFonts, dots_width: int = 576) -> bytes:
    """All bytes that print a document and cut it off, on paper of `dots_width` dots."""
    return b"".join(segments(document, fonts, dots_width))


def segments(document: PaperDocument, fonts: RasterFonts, dots_width: int = 576) -> Iterator[bytes]:
    """The bytes of `encode` in pieces that end between two commands, where others may be put in."""
    geometry = Geometry.of(dots_width, document.columns)
    yield START
    for placed in lay_out(document, geometry.columns):
        yield from _row(placed, fonts, geometry)
    yield CUT


def kick_drawer(pin: DrawerPin) -> bytes:
    """Open the drawer on a connector pin, in turn with what is printed."""
    return b"\x1bp" + (b"\x00" if pin == 2 else b"\x01") + b"\x32\xfa"


def kick_drawer_now(pin: DrawerPin) -> bytes:
    """Open the drawer even while the printer waits for paper or a closed cover (real-time command)."""
    return b"\x10\x14\x01" + (b"\x00" if pin == 2 else b"\x01") + b"\x01"


def _row(placed: Placed, fonts: RasterFonts, geometry: Geometry) -> Iterator[bytes]:
    match placed:
        case PlacedLine(typed=True):
            yield _typed(placed, geometry)
        case PlacedLine():
            yield from pack(draw_line(placed, fonts, geometry))
        case RuleRow():
            yield from pack(draw_rule(placed.heavy, geometry))
        case FeedRow():
            yield from _feed(placed.rows)
        case CodeRow():
            yield from _code(placed, fonts, geometry)
        case ModulesRow():
            yield from pack(draw_modules(placed.modules, geometry))


def _typed(line: PlacedLine, geometry: Geometry) -> bytes:
    """A line in the printer's letters; gaps are narrow spaces, so columns match the drawn ones."""
    out = bytearray(b"\x1b3" + bytes([line_dots(line)]))
    out += b"\x1ba" + (b"\x01" if line.centered else b"\x00")
    at = 0
    for span in line.spans:
        if not line.centered:
            out += b" " * (geometry.margin_columns + span.column - at)
            at = geometry.margin_columns + span.column + len(span.text) * line.scale
        style = b"\x1d!\x11" if line.double else b""
        style += b"\x1bE\x01" if line.bold else b""
        plain = b"\x1d!\x00" if line.double else b""
        plain += b"\x1bE\x00" if line.bold else b""
        out += style + span.text.encode("ascii") + plain
    # Back to the left at once: a printer keeps the alignment, and would centre the next picture too.
    return bytes(out + b"\n" + (b"\x1ba\x00" if line.centered else b""))


def _feed(rows: int) -> Iterator[bytes]:
    while rows > 0:
        step = min(rows, 255)
        yield b"\x1b3" + bytes([LINE_DOTS]) + b"\x1bd" + bytes([step])
        rows -= step


def _code(row: CodeRow, fonts: RasterFonts, geometry: Geometry) -> Iterator[bytes]:
    """A code in the middle: what bars cannot carry becomes a QR code, what that cannot plain text."""
    if row.kind == "code128" and fits_code128(row.text):
        modules = module_count(row.text) + _QUIET_MODULES
        for module_dots in (3, 2):
            if modules * module_dots <= geometry.dots_width:
                yield b"\x1ba\x01" + _bars(row.text, module_dots) + b"\x1ba\x00"
                return
    data = row.text.encode("utf-8", errors="replace")
    dots = qr_module_dots(len(data), geometry.dots_width)
    if data and dots:
        yield b"\x1ba\x01" + _qr(data, dots) + b"\x1ba\x00"
        return
    as_text = PaperDocument("", (TextRow(row.text),))
    for placed in lay_out(as_text, geometry.columns):
        yield from _row(placed, fonts, geometry)


def _bars(text: str, module_dots: int) -> bytes:
    data = printer_data(text)
    look = b"\x1dh" + bytes([_BARCODE_DOTS]) + b"\x1dw" + bytes([module_dots]) + b"\x1df\x00\x1dH\x02"
    return look + b"\x1dkI" + bytes([len(data)]) + data


def _qr(data: bytes, dots: int) -> bytes:
    quiet = b"\x1bJ" + bytes([2 * dots])
    return b"".join(
        (
            quiet,
            _qr_command(b"A2\x00"),
            _qr_command(b"C" + bytes([dots])),
            _qr_command(b"E1"),
            _qr_command(b"P0" + data),
            _qr_command(b"Q0"),
            quiet,
        )
    )


def _qr_command(body: bytes) -> bytes:
    return b"\x1d(k" + (len(body) + 1).to_bytes(2, "little") + b"1" + body


def qr_module_dots(length: int, dots_width: int) -> int:
    """Dots per module for that many bytes: big enough to read, at most about half the paper.

    Zero where no readable QR code holds that much on that paper.
    """
    version = next((number for number, most in enumerate(_QR_BYTES, 1) if length <= most), None)
    modules = 17 + 4 * (version or 0) + 8
    if version is None or modules * 2 > dots_width:
        return 0
    return max(2, min(_QR_LARGEST_DOTS, dots_width // 2 // modules))
