"""What the device tests share: the bundled letters, a virtual printer."""

from __future__ import annotations

from pathlib import Path

import pytest

from posapp.devices.fonts import RasterFonts
from posapp.devices.virtual_printer import VirtualPrinter

FONTS = Path(__file__).resolve().parents[2] / "resources" / "fonts"


@pytest.fixture(scope="session")
def letters() -> RasterFonts:
    """The letters for encoding; only ever used by one thread at a time."""
    return RasterFonts.bundled(FONTS)


@pytest.fixture(scope="session")
def printer_letters() -> RasterFonts:
    """The letters inside virtual printers."""
    return RasterFonts.bundled(FONTS)


@pytest.fixture
def printer(printer_letters: RasterFonts) -> VirtualPrinter:
    """A virtual printer with nothing wrong."""
    return VirtualPrinter(printer_letters)
