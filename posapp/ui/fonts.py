"""The bundled fonts, registered with Qt.

Knows which families the program brings and falls back on when a file is missing, and builds a font
object with tabular figures and the tightened large sizes, which a style sheet cannot express. It does
not know type roles: the theme names sizes and weights.
"""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication

from posapp.resources import resource_path
from posapp.ui.tokens import Letters

_registered: dict[tuple[str, ...], tuple[int, ...]] = {}


def load_fonts(letters: Letters) -> tuple[str, ...]:
    """Register the bundled fonts once per application and return the families to ask for, in order."""
    if QGuiApplication.instance() is None:
        raise RuntimeError("fonts need a QGuiApplication")
    numbers = _registered.get(letters.files, ())
    # A new QGuiApplication starts without the fonts of the one before.
    if not any(QFontDatabase.applicationFontFamilies(number) for number in numbers):
        paths = (str(resource_path("fonts", file)) for file in letters.files)
        numbers = tuple(QFontDatabase.addApplicationFont(path) for path in paths)
        _registered[letters.files] = numbers
    brought = {family for number in numbers for family in QFontDatabase.applicationFontFamilies(number)}
    wanted = tuple(dict.fromkeys((*letters.latin, *letters.cjk, *letters.arabic)))
    # Asking for a family that is not there makes Qt read the aliases of every font on the machine.
    return tuple(family for family in wanted if family in brought) or wanted


def make_font(letters: Letters, families: tuple[str, ...], size: int, weight: int) -> QFont:
    """Return a font of `size` pixels with the figures and letter spacing of the house."""
    font = QFont(list(families))
    font.setPixelSize(size)
    font.setWeight(QFont.Weight(weight))
    for tag in letters.features:
        font.setFeature(QFont.Tag(tag), 1)
    if size >= letters.tight_from:
        font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 100 + letters.tight_percent)
    return font
