"""The paper in the virtual printer: what each command leaves on it, dot by dot.

Knows the state that printing commands change (style, alignment, line spacing) and draws letters,
raster images, Code 128 and QR codes as black dots. Refuses to know about status, faults and
wires. What stands on a finished slip can be looked at and, where it was typed, read again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import segno
from PIL import Image

from posapp.devices.code128 import bar_widths, read_printer_data
from posapp.devices.fonts import CELL_DOTS, CELL_HEIGHT_DOTS, INK_HEIGHT_DOTS, RasterFonts
from posapp.devices.virtual_commands import Command
from posapp.devices.widths import clusters

DOTS_PER_INCH = 203
_TOP_DOTS = 48
_SIDE_DOTS = 32
_PAGES = {0: "cp437", 2: "cp850", 16: "cp1252", 17: "cp866", 18: "cp852", 19: "cp858"}
_QR_LEVELS: dict[int, Literal["l", "m", "q", "h"]] = {48: "l", 49: "m", 50: "q", 51: "h"}


@dataclass(frozen=True, slots=True)
class Printed:
    """One thing on paper: typed text, a raster band, a bar code or a QR code, from its first dot row."""

    kind: Literal["text", "raster", "code128", "qr"]
    text: str
    top_dots: int
    bold: bool = False
    double: bool = False


@dataclass(frozen=True, slots=True)
class Slip:
    """A piece of paper as it came out; `cut` is False where it was torn or the roll ended."""

    number: int
    image: Image.Image = field(repr=False)
    printed: tuple[Printed, ...]
    cut: bool

    @property
    def text_rows(self) -> tuple[str, ...]:
        """The typed rows, spaces on the right dropped; drawn rows cannot be read again."""
        return tuple(item.text.rstrip(" ") for item in self.printed if item.kind == "text")

    def picture(self) -> Image.Image:
        """The slip on white paper with its unprintable sides, as a grey image to look at."""
        width = self.image.width + 2 * _SIDE_DOTS
        paper = Image.new("L", (width, self.image.height + _TOP_DOTS), 255)
        paper.paste(0, (_SIDE_DOTS, _TOP_DOTS), self.image)
        return paper

    def save(self, path: Path) -> None:
        """Write the slip as a PNG file."""
        self.picture().save(path, format="PNG", dpi=(DOTS_PER_INCH, DOTS_PER_INCH))


@dataclass(slots=True)
class _Style:
    """Everything that ESC @ puts back."""

    bold: bool = False
    wide: int = 1
    tall: int = 1
    align: int = 0
    spacing_dots: int = 34
    # Printers count feeds in half dots until they are told otherwise.
    units_per_inch: int = 2 * DOTS_PER_INCH
    page: str = "cp437"
    bar_dots: int = 162
    module_dots: int = 3
    bar_text: int = 0
    qr_dots: int = 3
    qr_level: int = 48
    qr_data: bytes = b""

    def dots(self, units: int) -> int:
        return units * DOTS_PER_INCH // self.units_per_inch


class Paper:
    """The roll from the last cut to the print head."""

    def __init__(self, fonts: RasterFonts, dots_width: int) -> None:
        """An empty piece of paper of that printable width."""
        self._fonts = fonts
        self._width = dots_width
        self._style = _Style()
        self._line: list[tuple[Image.Image, int, int]] = []
        self._line_text = ""
        self._line_bold = False
        self._x = 0
        self._pieces: list[tuple[Image.Image, int]] = []
        self._printed: list[Printed] = []
        self._height = 0
        self._number = 0
        self.complaints: list[str] = []
        self._acts: dict[str, Callable[[bytes], None]] = {
            "text": self._type,
            "LF": lambda _: self._end_line(),
            "FF": lambda _: self._end_line(),
            "CAN": lambda _: self._drop_line(),
            "ESC @": lambda _: self._reset(),
            "ESC d": self._feed_lines,
            "ESC J": lambda data: self._feed(self._style.dots(data[0])),
            "GS v": self._raster,
            "GS k": self._bar_code,
            "GS (": self._two_dimensional,
        }

    @property
    def height_dots(self) -> int:
        """How far the paper has come since the last cut."""
        return self._height

    @property
    def blank(self) -> bool:
        """Whether nothing stands on this piece of paper yet."""
        return not self._printed and not self._line

    def carry_out(self, command: Command) -> bool:
        """Do what a printing command says; False where it is none of the paper's affair."""
        act = self._acts.get(command.name)
        if act is not None:
            act(command.data)
            return True
        return self._set(command)

    def take(self, *, cut: bool) -> Slip:
        """The piece of paper up to here; a new one starts."""
        if self._line:
            self._end_line()
        image = Image.new("1", (self._width, max(1, self._height)))
        for piece, top in self._pieces:
            image.paste(1, (0, top), piece)
        self._number += 1
        slip = Slip(self._number, image, tuple(self._printed), cut)
        self._pieces, self._printed, self._height = [], [], 0
        return slip

    def feed_before_cut(self, data: bytes) -> None:
        """What GS V does to the paper before the knife falls."""
        if self._line:
            self._end_line()
        if len(data) == 2:
            self._feed(self._style.dots(data[1]))

    def lose_power(self) -> None:
        """Forget styles and the unprinted line; what stands on paper stays."""
        self._reset()

    # ------------------------------------------------------------------ settings

    def _set(self, command: Command) -> bool:
        style, value = self._style, command.data[0] if command.data else 0
        match command.name:
            case "ESC E" | "ESC G":
                style.bold = bool(value & 1)
            case "GS !":
                style.wide, style.tall = (value >> 4 & 7) + 1, (value & 7) + 1
            case "ESC !":
                style.bold = bool(value & 8)
                style.wide, style.tall = 2 if value & 32 else 1, 2 if value & 16 else 1
            case "ESC a":
                style.align = value % 48
            case "ESC 3":
                style.spacing_dots = style.dots(value)
            case "ESC 2":
                style.spacing_dots = 34
            case "GS P":
                style.units_per_inch = command.data[1] or 2 * DOTS_PER_INCH
            case "ESC t":
                style.page = _PAGES.get(value, "cp437")
            case "GS h":
                style.bar_dots = value
            case "GS w":
                style.module_dots = value
            case "GS H":
                style.bar_text = value % 48
            case _:
                return command.name in _WITHOUT_EFFECT
        return True

    def _reset(self) -> None:
        self._style = _Style()
        self._drop_line()

    # ------------------------------------------------------------------ letters

    def _type(self, data: bytes) -> None:
        style = self._style
        for character in data.decode(style.page, errors="replace"):
            width = CELL_DOTS * style.wide
            if self._x + width > self._width:
                self._end_line()
            glyph = self._fonts.glyph(clusters(character)[0], bold=style.bold, scale=1)
            if (style.wide, style.tall) != (1, 1):
                glyph = glyph.resize((width, INK_HEIGHT_DOTS * style.tall), Image.Resampling.NEAREST)
            self._line.append((glyph, self._x, style.tall))
            self._line_text += character
            self._line_bold = self._line_bold or style.bold
            self._x += width

    def _end_line(self) -> None:
        """Print the line buffer; characters of different height stand on one foot."""
        tallest = max((tall for _, _, tall in self._line), default=1)
        if self._line:
            image = Image.new("1", (self._width, INK_HEIGHT_DOTS * tallest))
            shift = self._shift(self._x)
            for glyph, x, tall in self._line:
                image.paste(1, (x + shift, CELL_HEIGHT_DOTS * (tallest - tall)), glyph)
            self._pieces.append((image, self._height))
        double = tallest > 1
        self._printed.append(Printed("text", self._line_text, self._height, self._line_bold, double))
        self._height += max(self._style.spacing_dots, CELL_HEIGHT_DOTS * tallest if self._line else 0)
        self._drop_line()

    def _drop_line(self) -> None:
        self._line, self._line_text, self._line_bold, self._x = [], "", False, 0

    def _shift(self, used: int) -> int:
        return (0, (self._width - used) // 2, self._width - used)[min(self._style.align, 2)]

    def _feed(self, dots: int) -> None:
        if self._line:
            self._end_line()
        self._height += dots

    def _feed_lines(self, data: bytes) -> None:
        self._feed(data[0] * self._style.spacing_dots)

    # ------------------------------------------------------------------ images and codes

    def _place(self, image: Image.Image, kind: Literal["raster", "code128", "qr"], text: str = "") -> None:
        if self._line:
            self._end_line()
        whole = Image.new("1", (self._width, image.height))
        whole.paste(image, (self._shift(image.width), 0))
        self._pieces.append((whole, self._height))
        self._printed.append(Printed(kind, text, self._height))
        self._height += image.height

    def _raster(self, data: bytes) -> None:
        width, height = int.from_bytes(data[2:4], "little") * 8, int.from_bytes(data[4:6], "little")
        if width and height:
            self._place(Image.frombytes("1", (width, height), data[6:]), "raster")

    def _bar_code(self, data: bytes) -> None:
        if data[0] != 73:
            self.complaints.append(f"bar code kind {data[0]} is not drawn")
            return
        try:
            text, values = read_printer_data(data[2:])
        except ValueError as wrong:
            self.complaints.append(str(wrong))
            return
        widths = bar_widths(values)
        module = self._style.module_dots
        if sum(widths) * module > self._width:
            self.complaints.append(f"bar code {text} is wider than the paper")
            return
        image = Image.new("1", (sum(widths) * module, self._style.bar_dots))
        x = 0
        for place, width in enumerate(widths):
            if place % 2 == 0:
                image.paste(1, (x, 0, x + width * module, image.height))
            x += width * module
        self._place(image, "code128", text)
        if self._style.bar_text & 2:
            self._height += 4
            style = self._style
            self._style = _Style(align=style.align, spacing_dots=30, page=style.page)
            self._type(text.encode(style.page, errors="replace"))
            self._end_line()
            self._style = style

    def _two_dimensional(self, data: bytes) -> None:
        if data[:1] != b"k" or data[3:4] != b"1":
            self.complaints.append(f"GS ( {data[:1]!r} is not carried out")
            return
        body, style = data[5:], self._style
        match data[4:5]:
            case b"C":
                style.qr_dots = body[0]
            case b"E":
                style.qr_level = body[0]
            case b"P":
                style.qr_data = body[1:]
            case b"Q" if style.qr_data:
                self._qr(style)

    def _qr(self, style: _Style) -> None:
        level = _QR_LEVELS.get(style.qr_level, "m")
        code = segno.make_qr(style.qr_data, error=level, mode="byte", boost_error=False)
        rows = [bytes(255 if dark else 0 for dark in row) for row in code.matrix]
        image = Image.frombytes("L", (len(rows[0]), len(rows)), b"".join(rows))
        size = (image.width * style.qr_dots, image.height * style.qr_dots)
        if size[0] > self._width:
            self.complaints.append("QR code is wider than the paper")
            return
        large = image.resize(size, Image.Resampling.NEAREST).convert("1")
        self._place(large, "qr", style.qr_data.decode("utf-8", errors="replace"))


# Settings that a real printer takes and that change nothing on this paper.
_WITHOUT_EFFECT = (
    {"CR", "HT", "FS .", "FS &", "FS !", "FS C", "FS S", "FS -"}
    | {f"ESC {letter}" for letter in "MR-Ur=c {V"}
    | {f"GS {letter}" for letter in "fBbaLW"}
)
