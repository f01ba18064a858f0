"""The face of the till for one colour scheme and one window width.

Knows how a role becomes a colour, a font or a tinted icon; parts ask it and hold no colour, size or
family themselves. It knows no screen and no text, and writes no style sheet: parts are painted.
Everything is made when first asked for, since the first paint waits for it.
"""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QPalette, QPixmap

from posapp.ui.fonts import load_fonts, make_font
from posapp.ui.icons import tinted_icon
from posapp.ui.tokens import Metrics, Scheme, Tokens, load_tokens


def _color(text: str) -> QColor:
    """Read `#RRGGBB` or `#RRGGBBAA`; Qt itself would take the latter's alpha from the front."""
    color = QColor(text[:7])
    if len(text) == 9:
        color.setAlpha(int(text[7:], 16))
    return color


class Theme:
    """Colours, fonts and icons of one scheme and one layout."""

    def __init__(
        self, scheme: Scheme = "light", metrics: Metrics | None = None, *, tokens: Tokens | None = None
    ) -> None:
        self.tokens = tokens or load_tokens()
        self.scheme: Scheme = scheme
        self.metrics = metrics or self.tokens.metrics_for(1366)
        self._colors: dict[str, QColor] = {}
        self._fonts: dict[tuple[int, bool], QFont] = {}
        self._families: tuple[str, ...] = ()

    def color(self, role: str) -> QColor:
        """Return the colour of a role, chart roles too; KeyError if there is none. Do not change it."""
        found = self._colors.get(role)
        if found is None:
            found = self._colors[role] = _color(self.tokens.colors[self.scheme][role])
        return found

    def font(self, type_role: str, strong: bool = False) -> QFont:
        """Return the font of a type role such as `body`; KeyError if there is none."""
        return self.font_px(self.tokens.type[type_role].size, strong)

    def font_px(self, size: int, strong: bool = False) -> QFont:
        """Return a font of a size in pixels that is no role's own, as the steps of the figure are."""
        found = self._fonts.get((size, strong))
        if found is None:
            letters = self.tokens.letters
            self._families = self._families or load_fonts(letters)
            weight = letters.weight_strong if strong else letters.weight_regular
            found = self._fonts[size, strong] = make_font(letters, self._families, size, weight)
        return QFont(found)

    def pixmap(self, icon_name: str, role: str = "ink", size: int = 24, dpr: float = 1.0) -> QPixmap:
        """Return an icon in the colour of `role`, `size` logical pixels square, kept for the next call."""
        return tinted_icon(icon_name, self.color(role), size, dpr)

    def palette(self) -> QPalette:
        """Return the palette of the scheme, for whatever Qt paints itself."""
        palette = QPalette()
        for part, role in (
            (QPalette.ColorRole.Window, "canvas"),
            (QPalette.ColorRole.WindowText, "ink"),
            (QPalette.ColorRole.Base, "surface"),
            (QPalette.ColorRole.AlternateBase, "sunken"),
            (QPalette.ColorRole.Text, "ink"),
            (QPalette.ColorRole.Button, "surface"),
            (QPalette.ColorRole.ButtonText, "ink"),
            (QPalette.ColorRole.PlaceholderText, "ink_3"),
            (QPalette.ColorRole.Highlight, "primary"),
            (QPalette.ColorRole.HighlightedText, "on_primary"),
            (QPalette.ColorRole.Link, "primary_ink"),
        ):
            palette.setColor(part, self.color(role))
        palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text, self.color("ink_3"))
        palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText, self.color("ink_3"))
        return palette
