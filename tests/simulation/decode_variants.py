"""Pictures turned, cut, spoilt and pressed together: whatever is read of them must stand on them.

    python -m tests.simulation.decode_variants DIR --pictures 0:576 [--budget-ms 400] [--seed 1]

DIR holds pictures and an `expected.json` as `posapp bench decode` takes it. Every picture is altered in
eighteen ways; each wrong text is printed as it comes, and the last line says how far the run came, so that
another goes on from there. Exits 1 after a wrong text.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from posapp.devices.decoding.pipeline import decode

Grey = Any


def turned(grey: Grey, degrees: float) -> Grey:
    """The picture turned about its middle, nothing cut off."""
    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    c, s = abs(matrix[0, 0]), abs(matrix[0, 1])
    wide, high = int(height * s + width * c), int(height * c + width * s)
    matrix[0, 2] += wide / 2 - width / 2
    matrix[1, 2] += high / 2 - height / 2
    return cv2.warpAffine(grey, matrix, (wide, high), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def altered(grey: Grey, rng: np.random.Generator) -> Iterator[tuple[str, Grey]]:
    """Every alteration of a picture with its name."""
    height, width = grey.shape
    yield "quarter turn", np.ascontiguousarray(np.rot90(grey))
    yield "upside down", np.ascontiguousarray(grey[::-1, ::-1])
    yield "turned", turned(grey, float(rng.uniform(5, 40)))
    yield "turned back", turned(grey, -float(rng.uniform(5, 40)))
    yield "mirrored", np.ascontiguousarray(grey[:, ::-1])
    yield "left cut", np.ascontiguousarray(grey[:, rng.integers(width // 6, width // 2) :])
    yield "right cut", np.ascontiguousarray(grey[:, : rng.integers(width // 2, 5 * width // 6)])
    yield "smaller", cv2.resize(grey, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    yield "larger", cv2.resize(grey, None, fx=1.5, fy=1.5, interpolation=cv2.INTER_LINEAR)
    yield "squeezed", cv2.resize(grey, None, fx=0.7, fy=1, interpolation=cv2.INTER_AREA)
    yield "pressed", cv2.imdecode(cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, 25])[1], 0)
    yield "noisy", np.clip(grey + rng.normal(0, 14, grey.shape), 0, 255).astype(np.uint8)
    yield "blurred", cv2.GaussianBlur(grey, (0, 0), float(rng.uniform(0.8, 1.8)))
    long = int(rng.integers(3, 9))
    kernel = np.zeros((long, long), np.float32)
    kernel[long // 2] = 1 / long
    yield "moved", cv2.filter2D(grey, -1, kernel)
    spot = grey.copy()
    at = (int(rng.integers(width // 4, 3 * width // 4)), int(rng.integers(height // 4, 3 * height // 4)))
    cv2.circle(spot, at, max(1, min(height, width) // 8), int(rng.integers(0, 255)), -1)
    yield "spotted", spot
    crossed = grey.copy()
    x = int(rng.integers(width // 4, 3 * width // 4))
    cv2.rectangle(crossed, (x, 0), (x + max(1, width // 12), height), int(rng.integers(0, 255)), -1)
    yield "crossed", crossed
    yield "darker", (255 * (grey / 255.0) ** 2.2).astype(np.uint8)
    yield "paler", (120 + grey.astype(np.uint16) * 100 // 255).astype(np.uint8)


def is_right(symbol_format: str, text: str, expected: dict[str, Any]) -> bool:
    """Whether a text stands on the picture."""
    if expected["text"] is None:
        return False
    if (symbol_format, text) == (expected["format"], expected["text"]):
        return True
    return text.isdigit() and text.zfill(14) in expected.get("also_gtin14", ())


def wrong_texts(
    grey: Grey, expected: dict[str, Any], *, seed: int, budget_us: int, read: Counter[str]
) -> Iterator[str]:
    """Every wrong text of the alterations of one picture; `read` counts the right ones by alteration."""
    for name, picture in altered(grey, np.random.default_rng(seed)):
        for symbol in decode(picture, budget_us=budget_us).symbols:
            if is_right(symbol.format, symbol.text, expected):
                read[name] += 1
            else:
                yield f"{name}: {symbol.format} {symbol.text!r}"


def main(arguments: list[str] | None = None) -> int:
    """Run over a range of the pictures of a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", default="0:1000000", help="which of them, from:to")
    parser.add_argument("--budget-ms", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    first, _, last = options.pictures.partition(":")
    names = json.loads((options.folder / "expected.json").read_text("utf-8"))
    read: Counter[str] = Counter()
    wrong = done = 0
    for name in sorted(names)[int(first) : int(last)]:
        grey = cv2.imread(str(options.folder / name), cv2.IMREAD_GRAYSCALE)
        seed = zlib.crc32(f"{options.seed} {name}".encode())
        budget_us = options.budget_ms * 1000
        for text in wrong_texts(grey, names[name], seed=seed, budget_us=budget_us, read=read):
            wrong += 1
            print(f"WRONG {name} {text}", flush=True)
        done += 1
    print(f"{done} pictures from {first}, {18 * done} alterations, {wrong} wrong; read: {dict(read)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
