"""Picture 01: who works here, what time it is, whether the till is well."""

from __future__ import annotations

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from posapp.flows.views import SignOnMain
from posapp.ui.blocks import Scroller
from posapp.ui.screens.page import NoteSlot, Page
from posapp.ui.widgets.base import Face, Panel, keep_as_many, make_group, spaced_lines
from posapp.ui.widgets.ink import Style
from posapp.ui.widgets.rows import TONE_INK
from posapp.ui.widgets.tiles import OperatorButton

LEAST_TILE = 250
GAP = 12


class SignOnScreen(Page[SignOnMain]):
    """The sign-on screen."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.tiles: list[OperatorButton] = []
        self.note = NoteSlot(face, self)
        self.content = Panel(face)
        self.scroller = Scroller(face, self)
        self.scroller.setWidget(self.content)
        self.badge = (0, 0, 0, 0)

    def changed(self, old: SignOnMain | None, value: SignOnMain) -> None:
        """Keep the tiles that are there."""
        keep_as_many(self.tiles, len(value.operators), lambda: OperatorButton(self.face, self.content))
        for tile, operator in zip(self.tiles, value.operators, strict=True):
            tile.show_tile(operator)
        make_group(self.content, list(self.tiles))
        self.note.take(value.note)
        self.setAccessibleName(f"{value.store}, {value.terminal}")
        self.arrange()
        self.update()

    def _margin(self) -> int:
        return 48 if self.face.metrics.rail_words else 32

    def _foot(self) -> int:
        return 69 if self.face.metrics.rail_words else 56

    def arrange(self) -> None:
        """Badge note, tiles, perhaps a note, the self-check at the foot."""
        margin = self._margin()
        wide = self.width() - 2 * margin
        top = 172 if self.face.metrics.rail_words else 136
        self.badge = (margin, top, wide, 72)
        y = top + 72 + (20 if self.face.metrics.rail_words else 12)
        bottom = self.height() - self._foot() - 12
        if self.note.shown:
            high = self.note.part.room(wide).wanted
            self.note.place(margin, bottom - high, wide)
            bottom -= high + 12
        tile = 88 if self.face.metrics.rail_words else 80
        columns = 3 if (wide + GAP) // 3 - GAP >= LEAST_TILE else 2
        rows = -(-len(self.tiles) // columns)
        needed = max(1, rows * (tile + GAP) - GAP)
        self.scroller.setGeometry(margin, y, wide, max(tile, min(needed, bottom - y)))
        self.content.resize(wide, needed)
        for index, each in enumerate(self.tiles):
            row, column = divmod(index, columns)
            left = (wide + GAP) * column // columns
            right = (wide + GAP) * (column + 1) // columns - GAP
            each.setGeometry(left, row * (tile + GAP), right - left, tile)

    def draw_value(self, painter: QPainter, value: SignOnMain) -> None:
        """Draw store, clock, badge note and self-check."""
        ink, margin = self.face.ink, self._margin()
        wide = self.width() - 2 * margin
        up = 0 if self.face.metrics.rail_words else 20
        ink.text(painter, (margin, 32 - up, wide - 220, 32), value.store, Style("heading", strong=True))
        ink.text(painter, (margin, 68 - up, wide - 220, 26), value.terminal, Style("item", "ink_2"))
        box = (margin, 32 - up, wide, 86)
        ink.text(painter, box, value.clock, Style("hero", strong=True), "end", False)
        ink.text(painter, (margin, 121 - up, wide, 26), value.date, Style("item", "ink_2"), "end")
        x, y, width, height = self.badge
        ink.ground(painter, self.badge, "info_soft")
        ink.icon(painter, "id-card", (x + 20, y, 32, height), "info_ink", 32)
        title, hint = Style("item", strong=True), Style("body", "ink_2")
        room = (x + 64, y, width - 76, height)
        spaced_lines(painter, ink, room, (value.badge_title, title), (value.badge_hint, hint))
        self._checks(painter, value, (margin, self.height() - self._foot(), wide))

    def _checks(self, painter: QPainter, value: SignOnMain, place: tuple[int, int, int]) -> None:
        ink = self.face.ink
        x, y, width = place
        ink.rule(painter, x, y, width)
        if not value.checks:
            return
        label, middle = Style("body", "ink_2"), self._foot() - 2
        widths = [
            28 + ink.width(check.label, label) + 9 + ink.width(check.value, Style("body", strong=True))
            for check in value.checks
        ]
        spare = (width - sum(widths)) / max(1, len(widths) - 1)
        if spare < 12:  # the words go before the values do
            widths = [28 + ink.width(check.value, Style("body", strong=True)) for check in value.checks]
            spare = (width - sum(widths)) / max(1, len(widths) - 1)
        words = (
            spare >= 12
            and sum(widths) > 0
            and widths[0] > 28 + ink.width(value.checks[0].value, Style("body", strong=True))
        )
        for check, wide in zip(value.checks, widths, strict=True):
            at = float(x)
            ink.icon(painter, check.icon, (at, y, 20, middle), "ink_2", 20)
            at += 28
            if words:
                at += ink.text(painter, (at, y, wide, middle), check.label, label, "start", False) + 9
            tone = "ink" if check.tone in ("plain", "done") else TONE_INK[check.tone]
            ink.text(painter, (at, y, wide, middle), check.value, Style("body", tone, True), "start", False)
            x += round(wide + spare)
