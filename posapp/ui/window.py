"""The one window: the fixed skeleton, and the views painted into it.

`render` compares the new view with the one shown, region by region, and touches only what differs. What
people do comes out of one signal, `intent`. The window holds no business: what a key or a press means is
written in the view.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from posapp.flows.intents import ScanCode
from posapp.flows.views import (
    CartMain,
    CountMain,
    DoneMain,
    Main,
    MessageMain,
    PromptMain,
    ReportMain,
    ReturnMain,
    ScannerMain,
    SearchMain,
    SignOnMain,
    StatusMain,
    View,
)
from posapp.ui.blocks import Column, Scroller
from posapp.ui.bursts import Scan
from posapp.ui.focus_ring import FocusRing
from posapp.ui.keyboard import Keyboard
from posapp.ui.raw_keys import RawKeyboards
from posapp.ui.screens.cart import CartScreen
from posapp.ui.screens.count import CountScreen
from posapp.ui.screens.done import DoneScreen
from posapp.ui.screens.message import MessageScreen
from posapp.ui.screens.page import Page
from posapp.ui.screens.prompt import PromptScreen
from posapp.ui.screens.report import ReportScreen
from posapp.ui.screens.returns import ReturnScreen
from posapp.ui.screens.scanner_test import ScannerScreen
from posapp.ui.screens.search import SearchScreen
from posapp.ui.screens.sign_on import SignOnScreen
from posapp.ui.screens.status import StatusScreen
from posapp.ui.sheet import SHADOW, Shadow, SheetPanel
from posapp.ui.skeleton import Rect, Skeleton, skeleton
from posapp.ui.spelling import Layout, WedgeSettings
from posapp.ui.theme import Theme
from posapp.ui.tokens import SMALLEST_WINDOW, Metrics
from posapp.ui.wedge import Wedge, arrival_ms
from posapp.ui.widgets.anchor import AnchorBlock
from posapp.ui.widgets.base import Face, Panel
from posapp.ui.widgets.camera_picture import CameraBlock, Frame
from posapp.ui.widgets.ink import Ink
from posapp.ui.widgets.rail import Rail
from posapp.ui.widgets.rows import RING
from posapp.ui.widgets.sizes import Setting
from posapp.ui.widgets.topbar import TopBarPanel

SCREENS: dict[type, Callable[[Face, QWidget], Page[Main]]] = {
    SignOnMain: SignOnScreen,  # type: ignore[dict-item]
    PromptMain: PromptScreen,  # type: ignore[dict-item]
    CartMain: CartScreen,  # type: ignore[dict-item]
    ScannerMain: ScannerScreen,  # type: ignore[dict-item]
    SearchMain: SearchScreen,  # type: ignore[dict-item]
    DoneMain: DoneScreen,  # type: ignore[dict-item]
    CountMain: CountScreen,  # type: ignore[dict-item]
    ReportMain: ReportScreen,  # type: ignore[dict-item]
    ReturnMain: ReturnScreen,  # type: ignore[dict-item]
    StatusMain: StatusScreen,  # type: ignore[dict-item]
    MessageMain: MessageScreen,  # type: ignore[dict-item]
}


class SidePanel(Panel):
    """The end side: one column of blocks that may be pulled."""

    def __init__(self, face: Face, parent: QWidget) -> None:
        super().__init__(face, parent, ground="surface")
        self.column = Column(face, Setting(in_side=True, bleed=RING))
        self.scroller = Scroller(face, self)
        self.scroller.setWidget(self.column)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The column keeps the margins."""
        margin = self.face.metrics.margin
        x, _y, width, _height = self.face.metrics.primary
        top = margin if self.face.metrics.rail_words else 8
        high = self.height() - 2 * top
        self.scroller.setGeometry(x - RING, top - RING, width + 2 * RING, high + 2 * RING)
        self.column.fit(width + 2 * RING, high + 2 * RING)

    def draw(self, painter: QPainter) -> None:
        """Draw the edge."""
        painter.fillRect(0, 0, 1, self.height(), self.face.ink.brush("line"))


class Parts:
    """All regions, made for one layout."""

    def __init__(self, face: Face, window: QWidget) -> None:
        self.face = face
        self.top = TopBarPanel(face, window)
        self.rail = Rail(face, window)
        self.screens: dict[type, Page[Main]] = {}
        self.side = SidePanel(face, window)
        self.shadow = Shadow(face, window)
        self.sheet = SheetPanel(face, window)
        self.anchor = AnchorBlock(face, window)
        self.shadow.hide()
        self.sheet.hide()

    def all(self) -> list[QWidget]:
        """Every region's widget."""
        fixed = [self.top, self.rail, self.side, self.shadow, self.sheet, self.anchor]
        return [*fixed, *self.screens.values()]


class MainWindow(QWidget):
    """The till's window."""

    intent = Signal(object)

    def __init__(
        self, theme: Theme, is_payload: Callable[[str], bool], parent: QWidget | None = None
    ) -> None:
        """`is_payload` says whether a text is a known payload: a valid check digit, a known prefix, a URL."""
        super().__init__(parent)
        self._theme = theme
        self._view: View | None = None
        self._main: Page[Main] | None = None
        self._metrics: Metrics = theme.metrics
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(*SMALLEST_WINDOW)
        self._wedge = Wedge(self, is_payload, on_scan=self._scanned, on_key=self._typed)
        self._raw: object = None
        self._ring = FocusRing(self, theme)
        self.resize(1366, 768)
        self._build(theme)

    # ------------------------------------------------------------------ what others ask for

    def render(self, view: View) -> None:  # type: ignore[override]
        """Show this view; whatever is the same as before is not touched."""
        old, self._view = self._view, view
        if view is old:
            return
        focus = self.focusWidget()
        parts = self.parts
        if old is None or view.top is not old.top:
            parts.top.take(view.top)
        if old is None or view.rail is not old.rail:
            parts.rail.take(view.rail)
        self._show_sheet(old, view)
        self._show_main(old, view)
        if old is None or view.side is not old.side:
            parts.side.column.show_blocks(view.side)
        if old is None or view.anchor is not old.anchor:
            parts.anchor.take(view.anchor)
        if old is None or bool(view.rail) != bool(old.rail) or (view.sheet is None) != (old.sheet is None):
            self._place()
        if old is not None and view.clear_scan != old.clear_scan:
            self._keyboard.empty_field()
        if focus is not self.focusWidget():  # a part went away: its neighbour must not be pressed by mistake
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_frame(self, frame: Frame) -> None:
        """Show what the camera sees, where the view has a place for it."""
        for part in self.parts.side.column.parts:
            if isinstance(part, CameraBlock):
                part.show_frame(frame)

    def use_keyboards(self, layout: Layout, separator: str, raw: RawKeyboards | None = None) -> None:
        """How the shop's keyboard scanners are set, and who knows them apart; the window must be shown.

        `separator` is the one sign that they send in place of GS, "" for none.
        """
        self._wedge.configure(WedgeSettings(layout, separator))
        if raw is not None:
            from posapp.ui.raw_input import listen

            self._raw = listen(int(self.winId()), raw, QCoreApplication.instance(), arrival_ms)
            self._wedge.ask_origin(raw.origin)

    def view(self) -> View | None:
        """The view that is shown."""
        return self._view

    def set_theme(self, theme: Theme) -> None:
        """Paint everything with another theme from now on."""
        for part in self.parts.all():
            part.hide()
            part.setParent(None)
            part.deleteLater()
        self._keyboard.deleteLater()
        self._build(theme)

    def regions(self) -> Skeleton:
        """Where the regions lie now."""
        sheet = self._view is not None and self._view.sheet is not None
        rail = self._view is None or bool(self._view.rail)
        return skeleton(self.width(), self.height(), self._metrics, rail=rail, sheet=sheet)

    # ------------------------------------------------------------------ parts

    def _build(self, theme: Theme) -> None:
        """Make all parts anew, for a scheme and a layout."""
        metrics = theme.tokens.metrics_for(self.width())
        if metrics is not theme.metrics:
            theme = Theme(theme.scheme, metrics, tokens=theme.tokens)
        self._theme, self._metrics = theme, metrics
        self.face = Face(Ink(theme), metrics, self._send)
        self.parts = Parts(self.face, self)
        self._main = None
        edit = self.parts.top.scan.edit
        self._keyboard = Keyboard(self.face, self, edit, self.parts.anchor, self.view)
        self._ring.set_theme(theme)
        view, self._view = self._view, None
        for part in (self.parts.top, self.parts.rail, self.parts.side, self.parts.anchor):
            part.setVisible(True)
        if view is not None:
            self.render(view)
        self._place()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_main(self, old: View | None, view: View) -> None:
        kind = type(view.main)
        page = self.parts.screens.get(kind)
        if page is None:
            page = self.parts.screens[kind] = SCREENS[kind](self.face, self)
            page.stackUnder(self.parts.side)
        if page is not self._main:
            if self._main is not None:
                if self._holds_focus(self._main):
                    self.setFocus(Qt.FocusReason.OtherFocusReason)
                self._main.hide()
            self._main = page
            self._put(page, self.regions().main)
            page.take(view.main)
            page.show()
            self._ring.raise_()
        elif old is None or view.main is not old.main:
            page.take(view.main)

    def _show_sheet(self, old: View | None, view: View) -> None:
        parts = self.parts
        if view.sheet is not None:
            parts.sheet.take(view.sheet)
        if old is not None and (view.sheet is None) == (old.sheet is None):
            return
        is_open = view.sheet is not None
        if self._holds_focus(parts.side if is_open else parts.sheet):
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        parts.sheet.setVisible(is_open)
        parts.shadow.setVisible(is_open)
        parts.side.setVisible(not is_open)
        parts.anchor.set_edged(not is_open)

    def _holds_focus(self, part: QWidget) -> bool:
        focus: QWidget | None = self.focusWidget()
        return focus is not None and part.isAncestorOf(focus)

    def _place(self) -> None:
        """Give every region its rectangle."""
        parts, place = self.parts, self.regions()
        self._put(parts.top, place.top)
        parts.rail.setVisible(place.rail[2] > 0)
        if place.rail[2]:
            self._put(parts.rail, place.rail)
        if self._main is not None:
            self._put(self._main, place.main)
        self._put(parts.side, place.side)
        self._put(parts.sheet, place.sheet)
        x, y, _width, height = place.sheet
        parts.shadow.setGeometry(x - SHADOW, y, SHADOW, height)
        self._put(parts.anchor, place.anchor)
        parts.shadow.raise_()
        parts.sheet.raise_()
        parts.anchor.raise_()
        self._ring.raise_()

    @staticmethod
    def _put(part: QWidget, place: Rect) -> None:
        x, y, width, height = place
        if (part.x(), part.y(), part.width(), part.height()) != place:
            part.setGeometry(x, y, width, height)

    # ------------------------------------------------------------------ what comes out

    def _send(self, intent: object) -> None:
        self.intent.emit(intent)

    def _scanned(self, scan: Scan) -> None:
        self._send(ScanCode(scan.text, scan.at_ms, trace=scan.trace))

    def _typed(self, event: QKeyEvent, focus: QWidget | None) -> None:
        self._keyboard.take(event, focus)

    # ------------------------------------------------------------------ Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A key that was sent to a part directly comes here: it is looked at like any other."""
        if self.face.handing_on:
            event.ignore()
            return
        self._wedge.feed(event)
        event.accept()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """As `keyPressEvent`."""
        if self.face.handing_on:
            event.ignore()
            return
        self._wedge.feed(event)
        event.accept()

    def focusNextPrevChild(self, forwards: bool) -> bool:
        """Tab goes in reading order: top bar, rail, main, side or sheet, anchor."""
        parts = self.parts
        regions = (parts.top, parts.rail, self._main, parts.side, parts.sheet, parts.anchor)
        stops = [stop for region in regions if region is not None for stop in tab_stops(region)]
        if not stops:
            return False
        focus = self.focusWidget()
        here = stops.index(focus) if focus in stops else (-1 if forwards else 0)
        reason = Qt.FocusReason.TabFocusReason if forwards else Qt.FocusReason.BacktabFocusReason
        stops[(here + (1 if forwards else -1)) % len(stops)].setFocus(reason)
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width may need another layout."""
        if self._theme.tokens.metrics_for(self.width()) is not self._metrics:
            self.set_theme(self._theme)
        else:
            self._place()

    def showEvent(self, event: QShowEvent) -> None:
        """From now on keys come through the window's handle."""
        self._wedge.watch()
        if not self._holds_focus(self):
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill what no part covers."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), self.face.ink.brush("canvas"))
        painter.end()


def tab_stops(region: QWidget) -> list[QWidget]:
    """What Tab stops at inside a region, from top to bottom and from start to end."""
    stops = [
        part
        for part in region.findChildren(QWidget)
        if part.isVisible() and part.isEnabled() and part.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    places = {part: part.mapTo(region, part.rect().center()) for part in stops}
    return sorted(stops, key=lambda part: (places[part].y() // 8, places[part].x()))
