"""Picture 02: nothing scanned yet; the prompt and the quick keys."""

from __future__ import annotations

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from posapp.flows.views import PromptMain
from posapp.ui.blocks import Scroller
from posapp.ui.screens.page import NoteSlot, Page
from posapp.ui.widgets.base import Face, Panel, keep_as_many, make_group
from posapp.ui.widgets.ink import Style
from posapp.ui.widgets.member_strip import MemberStripPart
from posapp.ui.widgets.tiles import TabButton, TileButton

COLUMNS = 4
LEAST_TILE = 60
TAB = 48


class PromptScreen(Page[PromptMain]):
    """The prompt."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.member = MemberStripPart(face, self)
        self.note = NoteSlot(face, self)
        self.tabs: list[TabButton] = []
        self.keys: list[TileButton] = []
        self.tab_bar = Panel(face, self)
        self.pad = Panel(face)
        self.scroller = Scroller(face, self)
        self.scroller.setWidget(self.pad)
        self.prompt = (0, 0, 0, 0)

    def changed(self, old: PromptMain | None, value: PromptMain) -> None:
        """Keep what is there."""
        self.member.take(value.member)
        self.note.take(value.note)
        keep_as_many(self.tabs, len(value.tabs), lambda: TabButton(self.face, self.tab_bar))
        for button, tab_value in zip(self.tabs, value.tabs, strict=True):
            button.show_tab(tab_value)
        keep_as_many(self.keys, len(value.keys), lambda: TileButton(self.face, self.pad))
        for tile, key in zip(self.keys, value.keys, strict=True):
            tile.show_key(key)
        make_group(self.tab_bar, list(self.tabs))
        make_group(self.pad, list(self.keys))
        self.arrange()
        self.update()

    def arrange(self) -> None:
        """Member and note on top, keys at the foot, the prompt in what is left."""
        metrics = self.face.metrics
        margin, gutter = metrics.margin, metrics.gutter
        wide = self.width() - 2 * margin
        used = self.member.place(margin, margin, wide)
        top = margin + (used + gutter if used else 0)
        used = self.note.place(margin, top, wide)
        top += used + gutter if used else 0
        bottom = self.height() - margin
        rows = max(-(-len(self.keys) // COLUMNS), 3 if self.keys else 0)
        tabs = TAB + gutter if self.tabs else 0
        tile = 84 if metrics.rail_words else 76
        room = bottom - top - tabs - 104
        if rows * (tile + 8) - 8 > room:
            tile = max(LEAST_TILE, (room + 8) // rows - 8)
        shown = min(rows * (tile + 8) - 8, room) if rows else 0
        y = bottom - shown
        self.scroller.setVisible(bool(self.keys))
        self.scroller.setGeometry(margin, y, wide, max(1, shown))
        self._place_keys(wide, tile)
        y -= tabs
        self.tab_bar.setVisible(bool(self.tabs))
        self.tab_bar.setGeometry(margin, y, wide, TAB)
        x = 0
        for tab in self.tabs:
            tab.setGeometry(x, 0, tab.needed(), TAB)
            x += tab.needed() + 8
        self.prompt = (margin, top, wide, max(0, y - top))

    def _place_keys(self, wide: int, tile: int) -> None:
        rows = -(-len(self.keys) // COLUMNS)
        self.pad.resize(wide, max(1, rows * (tile + 8) - 8))
        for index, key in enumerate(self.keys):
            row, column = divmod(index, COLUMNS)
            left = (wide + 8) * column // COLUMNS
            right = (wide + 8) * (column + 1) // COLUMNS - 8
            key.setGeometry(left, row * (tile + 8), right - left, tile)

    def draw_value(self, painter: QPainter, value: PromptMain) -> None:
        """Draw disc, title and hint."""
        ink = self.face.ink
        x, y, width, height = self.prompt
        middle = y + height / 2
        ink.disc(painter, (x + 52, middle), 72, "primary_soft")
        ink.icon(painter, "scan-barcode", (x + 16, middle - 36, 72, 72), "primary_ink", 32)
        left = x + 108
        room = width - 116
        hints = ink.wrapped(value.hint, Style("item", "ink_2"), room)[:2]
        top = middle - (32 + 26 * len(hints)) / 2 - 1
        ink.text(painter, (left, top, room, 32), value.title, Style("heading", strong=True))
        for index, hint in enumerate(hints):
            ink.text(painter, (left, top + 34 + 26 * index, room, 26), hint, Style("item", "ink_2"))
