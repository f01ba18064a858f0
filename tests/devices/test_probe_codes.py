"""The test codes for scanners say what they should: in their drawings, and printed on paper."""

from __future__ import annotations

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from posapp.devices.escpos import encode
from posapp.devices.fonts import RasterFonts
from posapp.devices.raster import Geometry, draw_modules
from posapp.devices.virtual_printer import VirtualPrinter
from posapp.domain.code_modules import CodeModules
from posapp.domain.paper import ModulesRow, PaperDocument
from posapp.domain.scanner_drawings import DRAWINGS
from posapp.domain.scanner_probes import GS, PROBES, Probe
from posapp.domain.scanner_spellings import Fault, Finding, expanded_upc_e
from posapp.flows.formatting import Speech
from posapp.flows.scanner_paper import findings_slip, probe_sheet
from tests.devices.probe_drawings import modules_of
from tests.domain.shops import SHOP

IDS = [probe.probe_id for probe in PROBES]


def wanted(probe: Probe) -> str:
    """What a decoder says to a probe: it knows short retail codes by their 13 digits."""
    match probe.symbol:
        case "upc-a":
            return "0" + probe.text
        case "upc-e":
            return "0" + expanded_upc_e(probe.text)
    return probe.text


def texts_on(picture: Image.Image) -> list[tuple[str, str]]:
    """Text and AIM identifier of every code on a picture."""
    found = zxingcpp.read_barcodes(np.asarray(picture.convert("L")), text_mode=zxingcpp.TextMode.Plain)
    return sorted((code.text, code.symbology_identifier) for code in found)


def printed(document: PaperDocument, fonts: RasterFonts, dots_width: int = 576) -> Image.Image:
    """The slip as it comes out of a printer."""
    printer = VirtualPrinter(fonts, dots_width=dots_width)
    link = printer.connect(lambda _: None, lambda: None)
    link.send(encode(document, fonts, dots_width))
    assert (printer.unknown, printer.complaints) == ((), ())
    return printer.slips[-1].picture()


@pytest.mark.parametrize("probe", PROBES, ids=IDS)
def test_drawings_are_what_the_libraries_draw(probe: Probe) -> None:
    assert DRAWINGS[probe.probe_id] == modules_of(probe), "run: python -m tests.devices.probe_drawings"


def test_every_probe_has_one_drawing() -> None:
    assert set(DRAWINGS) == set(IDS)
    assert sum(GS in probe.text for probe in PROBES) == 2


@pytest.mark.parametrize("dots_width", [576, 384])
@pytest.mark.parametrize("probe", PROBES, ids=IDS)
def test_each_code_reads_back_from_paper(probe: Probe, dots_width: int, letters: RasterFonts) -> None:
    document = PaperDocument("", (ModulesRow(DRAWINGS[probe.probe_id]),), dots_width // 12)
    found = texts_on(printed(document, letters, dots_width))
    assert len(found) == 1
    text, identifier = found[0]
    assert text == wanted(probe)
    assert identifier in (*probe.identifiers, "]E0", "]Q2")


def test_the_sheet_carries_all_codes_apart(letters: RasterFonts) -> None:
    for language in ("en", "zh_CN"):
        picture = printed(probe_sheet(SHOP, Speech(language)), letters)
        read = {text for text, _identifier in texts_on(picture)}
        assert read == {wanted(probe) for probe in PROBES}


def test_what_to_change_is_a_list_to_tick(letters: RasterFonts) -> None:
    found = (
        Finding(Fault.PREFIX, "*"),
        Finding(Fault.SEPARATOR_REPLACED, "\x1e"),
        Finding(Fault.NO_IDENTIFIERS, level="note"),
    )
    slip = findings_slip(found, (PROBES[-1],), SHOP, Speech("en"), scanner="", at_ms=0)
    rows = [getattr(row, "left", "") for row in slip.rows]
    assert "The scanner puts “*” before the code." in rows
    assert "[ ] Clear the scanner's prefix." in rows
    assert any("<RS>" in row for row in rows)
    assert any(row.startswith("[ ] Switch QR Code") for row in rows)
    assert printed(slip, letters).height > 200
    none = findings_slip((), (), SHOP, Speech("en"), scanner="COM3", at_ms=0)
    assert "Nothing: this scanner is set right." in [getattr(row, "left", "") for row in none.rows]


def test_bars_that_are_too_wide_stand_upright() -> None:
    wide = DRAWINGS["letters"]
    lying, standing = draw_modules(wide, Geometry(576, 48)), draw_modules(wide, Geometry(384, 32))
    assert lying.height < 120
    assert standing.height == 2 * (wide.width + 2 * wide.quiet)


def test_bits_fill_rows_to_their_width() -> None:
    modules = CodeModules(6, 1, ("a8", "54"))
    assert modules.bits() == ("101010", "010101")
    assert not modules.linear
