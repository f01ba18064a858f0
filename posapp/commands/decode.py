"""`posapp decode FILE…`: what codes are on pictures.

Prints a line a picture, for people or as JSON. A file that cannot be read is a line too, and the exit
code 1 at the end; the others are still decoded.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from posapp.commands.output import allow_any_text


def run(options: argparse.Namespace) -> int:
    """Decode the pictures named; returns 0, or 1 if one could not be read."""
    try:
        from posapp.devices.decoding.pictures import read_grey
        from posapp.devices.decoding.pipeline import decode, prepare

        prepare()
    except ImportError as error:
        print(f"Pictures cannot be decoded here: {error}. Run ./pos setup.", file=sys.stderr)
        return 2
    allow_any_text(as_json=options.json)
    failed = False
    for name in options.files:
        grey = read_grey(Path(name))
        if isinstance(grey, str):
            failed = True
            line: dict[str, Any] = {"file": name, "codes": [], "ms": 0.0, "error": grey}
        else:
            decoded = decode(grey, budget_us=options.budget_ms * 1000)
            codes = [{"format": symbol.format, "text": symbol.text} for symbol in decoded.symbols]
            line = {"file": name, "codes": codes, "ms": round(decoded.cpu_us / 1000, 2)}
        print(json.dumps(line, ensure_ascii=False) if options.json else _readable(line), flush=True)
    return 1 if failed else 0


def _readable(line: dict[str, Any]) -> str:
    if "error" in line:
        return f"{line['file']}: {line['error']}"
    said = ", ".join(f"{code['format']} {_visible(code['text'])}" for code in line["codes"])
    return f"{line['file']}: {said or 'no code'} ({line['ms']} ms)"


def _visible(text: str) -> str:
    """A text with its control characters escaped, so that it cannot play with the terminal."""
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in text)
