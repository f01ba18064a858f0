"""Writes posapp/domain/scanner_drawings.py anew: `python -m tests.devices.probe_drawings`.

The till shows and prints its test codes without any library that draws codes; what it shows is drawn here,
once, by those libraries, and a test compares and decodes it.
"""

from __future__ import annotations

from pathlib import Path

from posapp.devices.barcodes import BarcodeKind, draw
from posapp.domain.code_modules import CodeModules
from posapp.domain.scanner_probes import PROBES, Probe

TARGET = Path(__file__).resolve().parents[2] / "posapp" / "domain" / "scanner_drawings.py"
HEAD = '''"""The test codes for scanners as modules, drawn ahead so that showing them needs no library.

Made by `python -m tests.devices.probe_drawings`; a test draws them anew and reads them back. A row is a
hexadecimal number whose binary digits are its modules.
"""

from __future__ import annotations

from posapp.domain.code_modules import CodeModules

DRAWINGS: dict[str, CodeModules] = {
'''
_BRACKETED = {
    "gs1-128": "(10)Lot7(21)a9K",
    "gs1-datamatrix": "(01)09506000134352(10)aB7(21)Zq42",
}


def modules_of(probe: Probe) -> CodeModules:
    """A probe as the libraries draw it."""
    kind: BarcodeKind = probe.symbol
    drawing = draw(kind, _BRACKETED.get(probe.symbol, probe.text))
    digits = -(-drawing.width // 4)
    rows = tuple(
        format(int("".join("01"[dark] for dark in row).ljust(4 * digits, "0"), 2), f"0{digits}x")
        for row in drawing.rows
    )
    return CodeModules(drawing.width, max(drawing.quiet, 4), rows)


def main() -> None:
    """Write the file."""
    parts = [HEAD]
    for probe in PROBES:
        drawn = modules_of(probe)
        parts.append(f'    "{probe.probe_id}": CodeModules({drawn.width}, {drawn.quiet}, (\n')
        line = ""
        for row in drawn.rows:
            piece = f'"{row}", '
            if len(line) + len(piece) > 95:
                parts.append(f"        {line.rstrip()}\n")
                line = ""
            line += piece
        parts.append(f"        {line.rstrip()}\n    )),\n")
    parts.append("}  # fmt: skip\n")
    TARGET.write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
