"""Lines and rules drawn as dots, and dots packed as the printer's raster command.

Knows the geometry that typed and drawn lines share: 12 dots a column, the block centred on the
paper, one line 32 dots high (56 when double). Refuses to know what a receipt says.
Images are mode "1" with ink set, so that their bytes are the printer's bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageDraw

from posapp.devices.fonts import CELL_DOTS, RasterFonts
from posapp.devices.layout import FEWEST_COLUMNS, PlacedLine
from posapp.devices.widths import clusters, width_of
from posapp.domain.code_modules import CodeModules

LINE_DOTS = 32
DOUBLE_LINE_DOTS = 56
BAND_ROWS = 64
"""Most rows of dots in one raster command; small printers buffer no more."""
_RULE_DOTS = 20
LEAST_MODULE_DOTS = 2
MOST_MODULE_DOTS = {True: 3, False: 6}
"""Dots a module of bars and of squares takes at most."""
BAR_DOTS = 96


@dataclass(frozen=True, slots=True)
class Geometry:
    """The paper: its printable width and the block of columns that stands in its middle."""

    dots_width: int
    columns: int

    @classmethod
    def of(cls, dots_width: int, wanted_columns: int) -> Geometry:
        """As many of the wanted columns as the paper has; ValueError where it is too narrow for a slip."""
        if dots_width % 8 or dots_width < FEWEST_COLUMNS * CELL_DOTS:
            raise ValueError(f"paper of {dots_width} dots cannot carry a slip")
        return cls(dots_width, min(max(wanted_columns, FEWEST_COLUMNS), dots_width // CELL_DOTS))

    @property
    def margin_columns(self) -> int:
        """Narrow columns left of the block; typed lines start with as many spaces."""
        return (self.dots_width // CELL_DOTS - self.columns) // 2


def line_dots(line: PlacedLine) -> int:
    """Height of a line with its leading."""
    return DOUBLE_LINE_DOTS if line.double else LINE_DOTS


def draw_line(line: PlacedLine, fonts: RasterFonts, geometry: Geometry) -> Image.Image:
    """Draw a line over the whole paper width."""
    image = Image.new("1", (geometry.dots_width, line_dots(line)))
    for span in line.spans:
        x = (geometry.margin_columns + span.column) * CELL_DOTS
        if line.centered:
            x = (geometry.dots_width - width_of(span.text) * line.scale * CELL_DOTS) // 2
        for cluster in clusters(span.text):
            image.paste(fonts.glyph(cluster, bold=line.bold, scale=line.scale), (x, 0))
            x += cluster.width * line.scale * CELL_DOTS
    return image


def draw_rule(heavy: bool, geometry: Geometry) -> Image.Image:
    """Draw a line across the block: dashes, or one solid stroke where it is heavy."""
    image = Image.new("1", (geometry.dots_width, _RULE_DOTS))
    pen = ImageDraw.Draw(image)
    left = geometry.margin_columns * CELL_DOTS
    right = left + geometry.columns * CELL_DOTS - 1
    top = _RULE_DOTS // 2 - 4
    if heavy:
        pen.rectangle((left, top, right, top + 2), fill=1)
    else:
        for x in range(left, right, CELL_DOTS):
            pen.rectangle((x + 2, top, x + 9, top + 1), fill=1)
    return image


def draw_modules(modules: CodeModules, geometry: Geometry) -> Image.Image:
    """Draw a code in the middle of the paper; bars that are too wide for it stand upright.

    Every module is a whole number of dots, two at least where the paper is wide enough: print heads make
    thinner bars unreadable.
    """
    across = modules.width + 2 * modules.quiet
    fits = geometry.dots_width // across
    upright = modules.linear and fits < LEAST_MODULE_DOTS
    dots = LEAST_MODULE_DOTS if upright else max(1, min(fits, MOST_MODULE_DOTS[modules.linear]))
    small = Image.new("1", (modules.width, len(modules.rows)))
    small.putdata([bit == "1" for row in modules.bits() for bit in row])
    height = BAR_DOTS if modules.linear else dots * len(modules.rows)
    code = small.resize((dots * modules.width, height), Image.Resampling.NEAREST)
    if upright:
        code = code.transpose(Image.Transpose.ROTATE_90)
    above = dots * modules.quiet if upright or not modules.linear else 0
    image = Image.new("1", (geometry.dots_width, code.height + 2 * above))
    image.paste(code, ((geometry.dots_width - code.width) // 2, above))
    return image


def pack(image: Image.Image) -> Iterator[bytes]:
    """The raster commands (GS v 0) that print an image, band by band, without its blank right side."""
    box = image.getbbox()
    width = 8 if box is None else (box[2] + 7) // 8 * 8
    for top in range(0, image.height, BAND_ROWS):
        band = image.crop((0, top, width, min(top + BAND_ROWS, image.height)))
        size = (width // 8).to_bytes(2, "little") + band.height.to_bytes(2, "little")
        yield b"\x1dv0\x00" + size + band.tobytes()
