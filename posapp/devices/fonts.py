"""The letters that receipts are drawn with: one glyph per cell, as black dots.

Knows the bundled font files, picks the one that has a character, and fits it into its cell of
12 dots per column. Refuses to know where cells stand on paper. A font without a character passes
it on; a character that no font has shows the box that fonts keep for it, never nothing.
One `RasterFonts` belongs to one thread at a time.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from posapp.devices.widths import Cluster

CELL_DOTS = 12
"""Width of one narrow column in dots."""
CELL_HEIGHT_DOTS = 24
"""Height of a character as printers count it."""
INK_HEIGHT_DOTS = 28
"""Height that the glyphs of one line may cover, tails of g and j included."""
_BASELINE_DOTS = 21
# Between grey and black: thermal heads thicken what they print, thin strokes must survive.
_INK_FROM = 95
_CACHE_LIMIT = 6000

_NARROW = (("receipt/Iosevka-Medium.ttf",), ("receipt/Iosevka-Bold.ttf",))
_WIDE = (
    ("NotoSansCJKsc-Regular.otf", "NotoSansSC-Regular.otf", "NotoSansSC-Regular.ttf"),
    ("NotoSansCJKsc-Bold.otf", "NotoSansSC-Bold.otf", "NotoSansSC-Bold.ttf"),
)


class RasterFonts:
    """Draws characters as dots, narrow ones from a fixed-pitch face and wide ones from a Chinese one."""

    def __init__(self, *, narrow: tuple[Path, Path], wide: tuple[Path, Path]) -> None:
        """Take the regular and the bold file of both faces; they are opened when first needed."""
        self._files = {"narrow": narrow, "wide": wide}
        self._fonts: dict[tuple[str, bool, int], ImageFont.FreeTypeFont] = {}
        self._glyphs: dict[tuple[str, int, bool, int], Image.Image] = {}

    @classmethod
    def bundled(cls, folder: Path) -> RasterFonts:
        """The fonts in the project's own folder; FileNotFoundError names what is missing."""
        return cls(
            narrow=(_first_of(folder, _NARROW[0]), _first_of(folder, _NARROW[1])),
            wide=(_first_of(folder, _WIDE[0]), _first_of(folder, _WIDE[1])),
        )

    def glyph(self, cluster: Cluster, *, bold: bool, scale: int) -> Image.Image:
        """Dots of a character: mode "1", ink set, `12 × width × scale` by `28 × scale` dots."""
        key = (cluster.text, cluster.width, bold, scale)
        glyph = self._glyphs.get(key)
        if glyph is None:
            if len(self._glyphs) >= _CACHE_LIMIT:
                self._glyphs.clear()
            glyph = self._glyphs[key] = self._draw(cluster, bold, scale)
        return glyph

    def _draw(self, cluster: Cluster, bold: bool, scale: int) -> Image.Image:
        width = CELL_DOTS * cluster.width * scale
        grey = Image.new("L", (width, INK_HEIGHT_DOTS * scale))
        if not cluster.is_space:
            font = self._fitting(cluster.text[0], self._face_for(cluster, bold, scale), width)
            marks = [mark for mark in cluster.text[1:] if _has(font, mark)]
            at = (width / 2, _BASELINE_DOTS * scale)
            ImageDraw.Draw(grey).text(at, cluster.text[0] + "".join(marks), fill=255, font=font, anchor="ms")
        return grey.point(_INK).convert("1")

    def _face_for(self, cluster: Cluster, bold: bool, scale: int) -> ImageFont.FreeTypeFont:
        order = ("wide", "narrow") if cluster.width == 2 else ("narrow", "wide")
        for face in order:
            font = self._font(face, bold, CELL_HEIGHT_DOTS * scale)
            if _has(font, cluster.text[0]):
                return font
        return self._font(order[0], bold, CELL_HEIGHT_DOTS * scale)

    def _font(self, face: str, bold: bool, size: int) -> ImageFont.FreeTypeFont:
        key = (face, bold, size)
        if key not in self._fonts:
            path = self._files[face][bold]
            self._fonts[key] = ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
        return self._fonts[key]

    def _fitting(self, character: str, font: ImageFont.FreeTypeFont, width: int) -> ImageFont.FreeTypeFont:
        """The font itself, or a smaller one where the character would leave its cell."""
        needed = font.getlength(character)
        if needed <= width + 1:
            return font
        return font.font_variant(size=max(6, int(font.size * width / needed)))


_INK = [255 if grey >= _INK_FROM else 0 for grey in range(256)]


def _has(font: ImageFont.FreeTypeFont, character: str) -> bool:
    """Whether the font has a picture of its own for the character."""
    return _picture(font, character) != _picture(font, "\U0010fffe")


def _picture(font: ImageFont.FreeTypeFont, character: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(character, mode="L")
    return mask.size, bytes(mask)


def _first_of(folder: Path, names: tuple[str, ...]) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"{folder} has none of {', '.join(names)}")
