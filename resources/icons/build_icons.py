#!/usr/bin/env python3
"""Trim the Lucide icons the screens use.

Knows the stroke of the house and, from `names.txt`, the icons wanted; it writes each as a one-line SVG whose
colour is `currentColor`, so that the theme can tint it. It never downloads: unpack the npm package
`lucide-static` (1.62.0) and name its folder. `logo.svg` is the project's own drawing and stays.

    python resources/icons/build_icons.py path/to/lucide-static
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
STROKE = "1.75"
OPENING = (
    f'<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24" fill="none" '
    f'stroke="currentColor" stroke-width="{STROKE}" stroke-linecap="round" stroke-linejoin="round">'
)


def trimmed(original: str) -> str:
    """Return the icon as one line with the house stroke and without comments."""
    body = re.search(r"<svg[^>]*>(.*)</svg>", original, re.DOTALL)
    if body is None:
        message = "not an SVG picture"
        raise ValueError(message)
    shapes = re.sub(r">\s+<", "><", body.group(1).strip()).replace(" />", "/>")
    return f"{OPENING}{shapes}</svg>\n"


def main() -> int:
    """Write every named icon beside this file."""
    source = Path(sys.argv[1]) / "icons"
    names = (HERE / "names.txt").read_text(encoding="utf-8").split()
    for name in names:
        original = (source / f"{name}.svg").read_text(encoding="utf-8")
        (HERE / f"{name}.svg").write_text(trimmed(original), encoding="utf-8")
    sys.stdout.write(f"{len(names)} icons\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
