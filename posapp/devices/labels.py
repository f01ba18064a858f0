"""Labels drawn to the dot: shelf prices, stickers for goods, member and coupon cards.

Knows where name, price and code stand on a label of given millimetres, and that a module of a code is a
whole number of dots. Every label is read back with a decoder before it is handed out, so none leaves
that a scanner could not read. Refuses to know prices, languages and signatures: texts come in ready.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from posapp.devices.barcodes import BarcodeKind, Drawing, DrawingError, draw
from posapp.devices.fonts import CELL_DOTS, INK_HEIGHT_DOTS, RasterFonts
from posapp.devices.raster import LINE_DOTS
from posapp.devices.widths import clusters, printable, width_of, wrap

_MARGIN_DOTS = 12
_GAP_DOTS = 8
_BARS_LEAST_DOTS = 40
_BARS_MOST_DOTS = 96
_MODULE_DOTS = (3, 2)  # at 203 dpi 0.375 mm and 0.25 mm: what laser and camera scanners read on a shelf
_SQUARE_DOTS = (8, 7, 6, 5, 4, 3)
_PRICE_DOTS = (120, 96, 80, 64, 52, 44, 36)


@dataclass(frozen=True, slots=True)
class LabelSize:
    """Paper of one label in millimetres and the printer's dots per inch."""

    width_mm: int = 60
    height_mm: int = 40
    dpi: int = 203

    @property
    def dots(self) -> tuple[int, int]:
        """Width and height in dots; the width is a whole number of bytes."""
        width = self.width_mm * self.dpi * 10 // 254
        return width - width % 8, self.height_mm * self.dpi * 10 // 254


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on a label: a title of up to two lines, small lines, a price or none, and a code."""

    title: str
    kind: BarcodeKind
    code: str
    price: str = ""
    notes: tuple[str, ...] = ()
    caption: str = field(default="")  # below the code; the code itself where empty

    @property
    def below(self) -> str:
        """What people read below the code."""
        return self.caption or self.code


def draw_label(label: Label, fonts: RasterFonts, face: Path, size: LabelSize) -> Image.Image:
    """A label as dots (mode "1", ink set); raises DrawingError where it does not fit or can't be read.

    `face` is the font file of the large price.
    """
    width, height = size.dots
    drawing = draw(label.kind, label.code)
    sheet = Image.new("1", (width, height))
    inner = width - 2 * _MARGIN_DOTS
    y = _text(sheet, fonts, wrap(printable(label.title), inner // CELL_DOTS)[:2], y=_GAP_DOTS, bold=True)
    y = _text(sheet, fonts, [_cut(note, inner // CELL_DOTS) for note in label.notes], y=y)
    if drawing.linear:
        y = _price(sheet, label.price, face, (y, height - _BARS_LEAST_DOTS - LINE_DOTS - _GAP_DOTS))
        _place_bars(sheet, drawing, label, fonts, y)
    else:
        _place_square(sheet, drawing, label, fonts, y)
        _price(sheet, label.price, face, (y, height - LINE_DOTS), beside=True)
    _read_back(sheet, label, drawing)
    return sheet


def save(labels: Sequence[Image.Image], path: Path, size: LabelSize) -> None:
    """Write labels as one PNG, or all of them as pages of a PDF, in their true size."""
    pages = [Image.eval(label.convert("L"), lambda dot: 255 - dot).convert("1") for label in labels]
    if path.suffix.lower() == ".pdf":
        pages[0].save(path, resolution=size.dpi, save_all=True, append_images=pages[1:])
    else:
        pages[0].save(path, dpi=(size.dpi, size.dpi))


def _cut(text: str, columns: int) -> str:
    lines = wrap(printable(text).replace("\n", " "), columns)
    return lines[0] if lines else ""


def _text(sheet: Image.Image, fonts: RasterFonts, lines: Sequence[str], *, y: int, bold: bool = False) -> int:
    """Draw lines from the left margin; the row below them."""
    for line in lines:
        _line(sheet, fonts, line, (_MARGIN_DOTS, y), bold=bold)
        y += LINE_DOTS
    return y


def _line(
    sheet: Image.Image, fonts: RasterFonts, line: str, at: tuple[int, int], *, bold: bool = False
) -> None:
    x, y = at
    for cluster in clusters(line):
        sheet.paste(fonts.glyph(cluster, bold=bold, scale=1), (x, y))
        x += cluster.width * CELL_DOTS


def _price(sheet: Image.Image, price: str, face: Path, rows: tuple[int, int], *, beside: bool = False) -> int:
    """Draw the price as large as it fits between two rows, at the right; the row below it."""
    top, bottom = rows
    if not price:
        return top
    room = sheet.width - 2 * _MARGIN_DOTS
    for dots in _PRICE_DOTS:
        font = ImageFont.truetype(face, dots)
        left, upper, right, lower = font.getbbox(price)
        wide, high = int(right - left), int(lower - upper)
        if wide <= (room * 11 // 20 if beside else room) and high <= bottom - top - _GAP_DOTS:
            at = (sheet.width - _MARGIN_DOTS - wide - left, top + _GAP_DOTS // 2 - upper)
            ImageDraw.Draw(sheet).text(at, price, font=font, fill=1)
            return top + high + _GAP_DOTS
    raise DrawingError(f"The price {price} does not fit on this label. Take a larger one.")


def _place_bars(sheet: Image.Image, drawing: Drawing, label: Label, fonts: RasterFonts, y: int) -> None:
    """Bars in the middle with their text below, in the height that is left."""
    modules = drawing.width + 2 * drawing.quiet
    dots = next((dots for dots in _MODULE_DOTS if modules * dots <= sheet.width), 0)
    high = min(sheet.height - y - LINE_DOTS - _GAP_DOTS, _BARS_MOST_DOTS)
    if not dots or high < _BARS_LEAST_DOTS:
        raise DrawingError(f"{label.code} does not fit on this label. Take a larger one.")
    top = sheet.height - LINE_DOTS - high
    left = (sheet.width - drawing.width * dots) // 2
    pen = ImageDraw.Draw(sheet)
    for column, dark in enumerate(drawing.rows[0]):
        if dark:
            pen.rectangle(
                (left + column * dots, top, left + column * dots + dots - 1, top + high - 1), fill=1
            )
    below = _cut(label.below, sheet.width // CELL_DOTS)
    at = ((sheet.width - width_of(below) * CELL_DOTS) // 2, sheet.height - INK_HEIGHT_DOTS - 2)
    _line(sheet, fonts, below, at)


def _place_square(sheet: Image.Image, drawing: Drawing, label: Label, fonts: RasterFonts, y: int) -> None:
    """A square code at the left, its caption below it."""
    modules = drawing.width + 2 * drawing.quiet
    room = min(sheet.height - y - LINE_DOTS, sheet.width * (9 if label.price else 20) // 20)
    dots = next((dots for dots in _SQUARE_DOTS if modules * dots <= room), 0)
    if not dots:
        raise DrawingError(f"{label.title or label.code} does not fit on this label. Take a larger one.")
    inset = drawing.quiet * dots
    pen = ImageDraw.Draw(sheet)
    for row, modules_of_row in enumerate(drawing.rows):
        for column, dark in enumerate(modules_of_row):
            if dark:
                x, top = inset + column * dots, y + inset + row * dots
                pen.rectangle((x, top, x + dots - 1, top + dots - 1), fill=1)
    below = _cut(label.caption, (sheet.width - _MARGIN_DOTS) // CELL_DOTS)
    _line(sheet, fonts, below, (_MARGIN_DOTS, sheet.height - INK_HEIGHT_DOTS - 2))


def _read_back(sheet: Image.Image, label: Label, drawing: Drawing) -> None:
    """Raise DrawingError unless a decoder reads the code off the finished label."""
    import zxingcpp

    picture = Image.eval(sheet.convert("L"), lambda dot: 255 - dot)
    if not any(found.bytes == drawing.payload for found in zxingcpp.read_barcodes(picture)):
        raise DrawingError(f"The code {label.code} could not be read back off the label. Take a larger one.")
