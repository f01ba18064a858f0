#!/usr/bin/env python3
"""Cut the receipt fonts from Iosevka, a fixed-pitch family exactly half as wide as it is tall.

At 24 pixels every glyph is 12 dots wide: the cell of a receipt printer's own font, so drawn rows
line up with typed ones. Keeps letters, figures and signs of the European scripts, drops ligatures,
and puts the plain oval zero in the place of the dotted one. Nobody has to run this to build or use
the till: its results are committed beside it. The originals are in the npm package named below.

    npm pack @fontsource/iosevka@5.3.0 && tar xzf fontsource-iosevka-5.3.0.tgz
    pip install fonttools==4.68.0 brotli
    python resources/fonts/receipt/build_receipt_fonts.py package/files
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

HERE = Path(__file__).resolve().parent
RANGES = (
    (0x20, 0x7E), (0xA0, 0x17F), (0x192, 0x192), (0x2C6, 0x2DC), (0x370, 0x3FF), (0x400, 0x45F),
    (0x1E9E, 0x1E9E), (0x2010, 0x2027), (0x2030, 0x203A), (0x2044, 0x2044), (0x207F, 0x207F),
    (0x20A0, 0x20BF), (0x2116, 0x2122), (0x2153, 0x215E), (0x2190, 0x2195), (0x2200, 0x2265),
    (0x2310, 0x2321), (0x2500, 0x25CF), (0x2660, 0x2666), (0x2713, 0x2717), (0xFFFD, 0xFFFD),
)  # fmt: skip
# Shaping is not needed where every character has its cell; the rest is the hinting program.
TABLES_UNUSED = ("GSUB", "GPOS", "GDEF", "DSIG", "TTFA", "gasp", "cvt ", "fpgm", "prep")
PLAIN_ZERO = "zero.cv76-1"
# A fixed stamp (2026-01-01, in seconds since 1904): the same originals give the same bytes.
STAMP = 3850070400


def cut(source: Path, target: Path) -> None:
    """Write the part of `source` that receipts need to `target`, as TrueType without hints."""
    font = TTFont(source, recalcTimestamp=False)
    for table in font["cmap"].tables:
        if ord("0") in table.cmap:
            table.cmap[ord("0")] = PLAIN_ZERO
    options = subset.Options(layout_features=[], hinting=False, name_IDs=["*"])
    options.drop_tables = [*options.drop_tables, *TABLES_UNUSED]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[code for first, last in RANGES for code in range(first, last + 1)])
    cutter.subset(font)
    font.flavor = None
    font["head"].modified = STAMP
    font.save(target)


def main(arguments: list[str]) -> int:
    """Cut both weights from the folder named on the command line; 0 when done, 2 when misused."""
    if len(arguments) != 1:
        sys.stderr.write(__doc__ or "")
        return 2
    for weight, name in ((500, "Iosevka-Medium.ttf"), (700, "Iosevka-Bold.ttf")):
        cut(Path(arguments[0]) / f"iosevka-latin-{weight}-normal.woff2", HERE / name)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
