#!/usr/bin/env python3
"""Cut the bundled fonts from the open-licensed originals.

Knows which characters a till must be able to show and print, and which tables of a font it
needs for that; the result beside this file is committed, so nobody has to run this to build or
use the till. It never downloads: the originals come from the Debian packages `fonts-inter`
(4.0~beta7) and `fonts-noto-cjk` (20220127), and fontTools does the cutting.

    apt-get install fonts-inter fonts-noto-cjk
    pip install fonttools==4.68.0
    python resources/fonts/build_fonts.py
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

HERE = Path(__file__).resolve().parent
DEBIAN_FONTS = Path("/usr/share/fonts/opentype")
SIMPLIFIED_FACE = "Noto Sans CJK SC"
# A fixed stamp (2026-01-01, in seconds since 1904): the same originals give the same bytes.
STAMP = 3850070400

LATIN_FEATURES = ("calt", "case", "ccmp", "kern", "lnum", "locl", "mark", "mkmk", "pnum", "tnum")
# In use in names of people, shops and dishes, yet in none of the three national sets below.
NEWER_NAMES = "镕堃玥珺喆昇犇垚赟祎翀璟瑄晞婳嫚屾昉朤烜燚琤瞾窸翛芃虓袆谞赑钘颙飏魆齁囍咘㗎蒟蒻丼蔘鯪嘜焗"
CJK_FEATURES = ("ccmp", "mark", "mkmk")
STYLE_REGULAR = ("Regular", 400)
STYLE_STRONG = ("Bold", 600)


@dataclass(frozen=True, slots=True)
class Cut:
    """One file to make: from which original, which characters, which style it answers to."""

    source: Path
    target: str
    family: str
    style: tuple[str, int]
    characters: frozenset[int]
    features: tuple[str, ...]


def encodable(codec: str, code_points: Iterable[int]) -> set[int]:
    """Return the code points which the double-byte character set `codec` can write."""
    found = set()
    for code_point in code_points:
        try:
            chr(code_point).encode(codec)
        except UnicodeEncodeError:
            continue
        found.add(code_point)
    return found


def big5_frequent(code_points: Iterable[int]) -> set[int]:
    """Return the 5,401 frequently used traditional characters: Big5 level 1, lead bytes A4 to C6."""
    found = set()
    for code_point in encodable("big5", code_points):
        lead, trail = chr(code_point).encode("big5")
        if 0xA440 <= (lead << 8 | trail) <= 0xC67E:
            found.add(code_point)
    return found


def jis_level_1(code_points: Iterable[int]) -> set[int]:
    """Return the 2,965 kanji of JIS X 0208 level 1: EUC rows B0 to CF."""
    found = set()
    for code_point in encodable("euc_jp", code_points):
        encoded = chr(code_point).encode("euc_jp")
        if len(encoded) == 2 and 0xB0 <= encoded[0] <= 0xCF:
            found.add(code_point)
    return found


def latin_characters() -> frozenset[int]:
    """Return Latin, Greek and Cyrillic with the signs a price, a list or a key cap uses."""
    wanted: set[int] = set()
    for first, last in (
        (0x0020, 0x024F), (0x02B0, 0x036F), (0x0370, 0x052F), (0x1E00, 0x1EFF), (0x2000, 0x206F),
        (0x2070, 0x209F), (0x20A0, 0x20CF), (0x2100, 0x214F), (0x2190, 0x21FF), (0x2200, 0x22FF),
        (0x25A0, 0x25FF), (0x2713, 0x2717), (0xFB00, 0xFB06), (0xFFFD, 0xFFFD),
    ):  # fmt: skip
        wanted.update(range(first, last + 1))
    return frozenset(wanted)


def cjk_characters() -> frozenset[int]:
    """Return GB2312 whole, frequent traditional characters and kanji, kana, punctuation, full-width forms."""
    unified = range(0x4E00, 0xA000)
    wanted = encodable("gb2312", range(0x80, 0x10000)) | big5_frequent(unified) | jis_level_1(unified)
    for first, last in (
        (0x0020, 0x007E), (0x00A0, 0x017F), (0x0370, 0x03FF), (0x0400, 0x045F), (0x2000, 0x206F),
        (0x2070, 0x209F), (0x20A0, 0x20CF), (0x2100, 0x214F), (0x2190, 0x21FF), (0x2200, 0x22FF),
        (0x2460, 0x24FF), (0x2500, 0x25FF), (0x2E80, 0x2EFF), (0x3000, 0x30FF), (0x3105, 0x312F),
        (0x3200, 0x33FF), (0xFE10, 0xFE1F), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF), (0xFFFD, 0xFFFD),
    ):  # fmt: skip
        wanted.update(range(first, last + 1))
    wanted.update(map(ord, NEWER_NAMES))
    return frozenset(wanted)


def cut(plan: Cut, out: Path) -> Path:
    """Write one subset font into the folder `out` and return its path."""
    font = open_face(plan.source)
    options = subset.Options()
    options.layout_features = list(plan.features)
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14]
    options.name_languages = [0x409]
    options.notdef_outline = True
    options.hinting = True
    options.desubroutinize = False
    options.drop_tables = [*options.drop_tables, "vhea", "vmtx", "VORG", "BASE", "DSIG", "STAT", "meta"]
    worker = subset.Subsetter(options)
    worker.populate(unicodes=plan.characters)
    worker.subset(font)
    rename(font, plan.family, plan.style)
    font.recalcTimestamp = False
    font["head"].created = font["head"].modified = STAMP
    target = out / plan.target
    font.save(target)
    return target


def open_face(source: Path) -> Any:
    """Open a font file; of a collection, the face for simplified Chinese."""
    if source.suffix != ".ttc":
        return TTFont(source)
    collection = TTCollection(source)
    for face in collection.fonts:
        if face["name"].getBestFamilyName() == SIMPLIFIED_FACE:
            return face
    message = f"{source} holds no face named {SIMPLIFIED_FACE}"
    raise LookupError(message)


def rename(font: Any, family: str, style: tuple[str, int]) -> None:
    """Make regular and strong two styles of one family on every platform."""
    style_name, weight = style
    names = font["name"]
    full = f"{family} {style_name}"
    for name_id, text in ((1, family), (2, style_name), (4, full), (6, full.replace(" ", ""))):
        names.setName(text, name_id, 3, 1, 0x409)
    names.setName(f"{full}; till subset", 3, 3, 1, 0x409)
    strong = style_name == "Bold"
    metrics = font["OS/2"]
    # A face that is heavier than asked for must say so, or Qt would embolden it once more.
    metrics.usWeightClass = max(weight, metrics.usWeightClass) if strong else weight
    metrics.fsSelection = (metrics.fsSelection & ~0b110_0001) | (0b10_0000 if strong else 0b100_0000)
    font["head"].macStyle = 1 if strong else 0


def plans(inter: Path, noto: Path) -> tuple[Cut, ...]:
    """Return the four files to make."""
    latin, cjk = latin_characters(), cjk_characters()
    return (
        Cut(inter / "Inter-Regular.otf", "Inter-Regular.otf", "Inter", STYLE_REGULAR, latin, LATIN_FEATURES),
        Cut(inter / "Inter-SemiBold.otf", "Inter-Strong.otf", "Inter", STYLE_STRONG, latin, LATIN_FEATURES),
        Cut(noto / "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", SIMPLIFIED_FACE, STYLE_REGULAR,
            cjk, CJK_FEATURES),
        Cut(noto / "NotoSansCJK-Bold.ttc", "NotoSansCJKsc-Bold.otf", SIMPLIFIED_FACE, STYLE_STRONG,
            cjk, CJK_FEATURES),
    )  # fmt: skip


def main() -> int:
    """Cut all four fonts and say how large they became."""
    parser = argparse.ArgumentParser(description="cut the bundled fonts")
    parser.add_argument("--inter", type=Path, default=DEBIAN_FONTS / "inter")
    parser.add_argument("--noto", type=Path, default=DEBIAN_FONTS / "noto")
    parser.add_argument("--out", type=Path, default=HERE)
    choice = parser.parse_args()
    for plan in plans(choice.inter, choice.noto):
        target = cut(plan, choice.out)
        sys.stdout.write(f"{target.name}: {target.stat().st_size:,} bytes\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
