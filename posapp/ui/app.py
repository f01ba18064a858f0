"""Makes the application object and puts the window on the screen.

Knows how the till wants Qt: one style, fonts loaded before the first paint, no input method unless a part
asks for it. It knows no view and starts nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QApplication, QWidget

from posapp.ui.fonts import load_fonts
from posapp.ui.icons import forget_icons
from posapp.ui.theme import Theme
from posapp.ui.tokens import Scheme, load_tokens


def create_application(argv: Sequence[str], *, scheme: Scheme = "light") -> QApplication:
    """Return the application, made if there is none, with the theme's fonts and palette."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        application = existing
    else:
        QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_DontShowIconsInMenus)
        application = QApplication(list(argv))
    application.setApplicationName("posapp")
    application.setStyle("Fusion")
    application.aboutToQuit.connect(forget_icons)
    theme = Theme(scheme)
    load_fonts(load_tokens().letters)
    application.setFont(theme.font("body"))
    application.setPalette(theme.palette())
    return application


def show_window(window: QWidget, *, full_screen: bool) -> None:
    """Show the window, over the whole screen without a frame where asked."""
    if full_screen:
        window.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        window.showFullScreen()
    else:
        window.show()
