"""The face of the till for one colour scheme and one window width.

Knows how a role becomes a colour, a font or a tinted icon, and dresses the application and its
buttons in them; widgets and delegates ask it and hold no colour, size or family themselves. It knows
no screen and no text. Everything is made when first asked for, since the first paint waits for it.
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QGuiApplication, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget

from posapp.ui.fonts import load_fonts, make_font
from posapp.ui.icons import tinted_icon
from posapp.ui.stylesheet import build_stylesheet
from posapp.ui.tokens import Metrics, Scheme, Tokens, load_tokens

Kind = Literal["primary", "button", "risk", "key", "tile", "tab", "rail", "quiet"]
KIND_PROPERTY = "kind"
ROLE_PROPERTY = "ink"
FRAME_PROPERTY = "frame"
RAIL_ITEM_HEIGHT = 80
# How the label of each kind of button is set: its type role, and whether it is strong.
_LABELS: dict[str, tuple[str, bool]] = {
    "primary": ("heading", True),
    "key": ("heading", True),
    "tile": ("item", False),
    "tab": ("body", False),
    "rail": ("body", False),
    "quiet": ("body", False),
}


def _color(text: str) -> QColor:
    """Read `#RRGGBB` or `#RRGGBBAA`; Qt itself would take the latter's alpha from the front."""
    color = QColor(text[:7])
    if len(text) == 9:
        color.setAlpha(int(text[7:], 16))
    return color


class Theme:
    """Colours, fonts, icons and the style sheet of one scheme and one layout."""

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

    def currency_font(self, figure: QFont) -> QFont:
        """Return the smaller, regular font of the currency sign that stands before `figure`."""
        return self.font_px(round(figure.pixelSize() * self.tokens.letters.currency_scale))

    def figure_font(self, text: str, width: int, sign: str = "") -> QFont:
        """Return the largest step of the anchor's figure in which `sign` and `text` fit `width` pixels."""
        font = QFont()
        for size in self.metrics.figure_steps:
            font = self.font_px(size, strong=True)
            needed = QFontMetrics(font).horizontalAdvance(text)
            needed += QFontMetrics(self.currency_font(font)).horizontalAdvance(sign)
            if needed <= width:
                break
        return font

    def line_height(self, type_role: str) -> int:
        """Return the line height of a type role in pixels."""
        return self.tokens.type[type_role].line

    def space(self, step: int) -> int:
        """Return a spacing step from 1 to 7 in pixels."""
        return self.tokens.space[f"x{step}"]

    def pixmap(self, icon_name: str, role: str = "ink", size: int = 24, dpr: float = 1.0) -> QPixmap:
        """Return an icon in the colour of `role`, `size` logical pixels square, kept for the next call."""
        return tinted_icon(icon_name, self.color(role), size, dpr)

    def icon(
        self, icon_name: str, role: str = "ink", size: int = 24, off_role: str = "ink_disabled"
    ) -> QIcon:
        """Return a QIcon for a button, off state included, sharp on every screen that is attached."""
        icon = QIcon()
        for dpr in sorted({screen.devicePixelRatio() for screen in QGuiApplication.screens()} or {1.0}):
            icon.addPixmap(self.pixmap(icon_name, role, size, dpr), QIcon.Mode.Normal)
            icon.addPixmap(self.pixmap(icon_name, off_role, size, dpr), QIcon.Mode.Disabled)
        return icon

    def palette(self) -> QPalette:
        """Return the palette of the scheme, for widgets which the style sheet does not name."""
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

    def qss(self) -> str:
        """Return the style sheet for standard widgets; fonts are not in it, see `dress_button`."""
        return build_stylesheet(self.tokens, self.scheme)

    def apply(self, application: QApplication) -> None:
        """Give the whole application this theme; called again, it changes the scheme at run time."""
        application.setFont(self.font("body"))
        application.setPalette(self.palette())
        application.setStyleSheet(self.qss())

    def dress_button(self, button: QAbstractButton, kind: Kind = "button") -> None:
        """Make `button` one of the kinds: its look, its font, its least size, its icon's size."""
        role, strong = _LABELS.get(kind, ("button", False))
        button.setProperty(KIND_PROPERTY, kind)
        button.setFont(self.font(role, strong))
        least = self.tokens.target["least"]
        height = {
            "primary": self.metrics.primary[3],
            "key": self.metrics.key,
            "rail": min(self.metrics.rail, RAIL_ITEM_HEIGHT),
            "tab": least,
            "quiet": least,
        }.get(kind, self.metrics.control)
        button.setMinimumSize(least, height)
        side = self.tokens.icon["normal"]
        button.setIconSize(QSize(side, side))
        repolish(button)

    def dress_label(self, label: QLabel, type_role: str, ink: str = "ink", strong: bool = False) -> None:
        """Set a label in a type role and a text colour of the theme."""
        label.setFont(self.font(type_role, strong))
        label.setProperty(ROLE_PROPERTY, ink)
        repolish(label)

    def dress_field(self, field: QLineEdit, type_role: str = "body") -> None:
        """Set a field's font and its least height."""
        field.setFont(self.font(type_role))
        field.setMinimumHeight(self.tokens.target["least"])


def dress_frame(frame: QWidget, kind: str) -> None:
    """Make a frame one of `card`, `bar`, `side`, `sheet`, `well` or a tinted band such as `warn`."""
    frame.setProperty(FRAME_PROPERTY, kind)
    frame.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
    repolish(frame)


def repolish(widget: QWidget) -> None:
    """Let the style sheet see a property that was changed after the widget was first painted."""
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()
