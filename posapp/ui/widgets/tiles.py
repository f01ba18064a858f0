"""Tiles and rows that are chosen: items without a code, tabs, ways, people, denominations, search results.

Each takes a value of the view by `show_*` and redraws only when it differs. What is chosen is what the
view says; a press only hands the intent on.
"""

from __future__ import annotations

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from posapp.flows.views import Choice, CountRow, Found, OperatorTile, QuickKey, Tab
from posapp.ui.widgets.base import Face, Pick, Press, draw_tile, spaced_lines
from posapp.ui.widgets.ink import Style

GAP = 8


class TileButton(Press):
    """An item without a code: its name and price."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent, ground="canvas")
        self.key: QuickKey | None = None

    def show_key(self, key: QuickKey) -> None:
        """Show this item and mean its intent."""
        if key == self.key:
            return
        self.key = key
        self.intent = key.intent
        self.setEnabled(key.enabled)
        self.setAccessibleName(f"{key.label}, {key.price}")
        self.update()

    def draw(self, painter: QPainter) -> None:
        """Draw the tile."""
        key = self.key
        if key is None:
            return
        ink = self.face.ink
        draw_tile(self, painter)
        color = "ink" if self.isEnabled() else "ink_3"
        wide = self.width() - 30
        price = Style("body", "ink_2" if color == "ink" else color)
        name = Style("item", color)
        if ink.width(key.label, name) > wide:
            name = Style("body", color)
        lines = ink.wrapped(key.label, name, wide)
        if len(lines) > 1 and self.height() >= 76:
            second = key.label[len(lines[0]) :].strip()
            rows = ((lines[0], name), (second, name), (key.price, price))
            spaced_lines(painter, ink, (15, 0, wide, self.height()), *rows)
            return
        step = min(34, (self.height() - 16) / 2)
        middle = self.height() / 2
        ink.text(painter, (15, middle - step, wide, step), key.label, name)
        ink.text(painter, (15, middle, wide, step), key.price, price)


class TabButton(Pick):
    """A page of quick keys."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent, ground="canvas")
        self.tab: Tab | None = None

    def show_tab(self, tab: Tab) -> None:
        """Show this page."""
        if tab == self.tab:
            return
        self.tab = tab
        self.intent = tab.intent
        self.set_chosen(tab.chosen)
        self.setAccessibleName(tab.label)
        self.update()

    def needed(self) -> int:
        """Width in pixels that the label asks for."""
        assert self.tab is not None
        return max(64, round(self.face.ink.width(self.tab.label, Style("body", strong=True))) + 38)

    def draw(self, painter: QPainter) -> None:
        """Draw the tab."""
        tab = self.tab
        if tab is None:
            return
        ink = self.face.ink
        if tab.chosen or self.isDown():
            fill = "primary_soft" if tab.chosen else "sunken"
            ink.ground(painter, (0, 0, self.width(), self.height()), fill, "primary" if tab.chosen else None)
        style = Style("body", "primary_ink" if tab.chosen else "ink", strong=tab.chosen)
        ink.text(painter, (4, 0, self.width() - 8, self.height()), tab.label, style, "middle")


class ChoiceButton(Pick):
    """One of several ways, people or reasons."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.choice: Choice | None = None
        self.chip = False

    def show_choice(self, choice: Choice, chip: bool) -> None:
        """Show this choice."""
        if choice == self.choice and chip == self.chip:
            return
        self.choice, self.chip = choice, chip
        self.intent = choice.intent
        self.setEnabled(choice.enabled)
        self.set_chosen(choice.chosen)
        self.setAccessibleName(", ".join(part for part in (choice.label, choice.detail) if part))
        self.update()

    def needed(self) -> int:
        """Width in pixels of a chip."""
        assert self.choice is not None
        icon = 24 + GAP if self.choice.icon else 0
        return max(64, round(self.face.ink.width(self.choice.label, Style("body", strong=True))) + 32 + icon)

    def lines(self, width: int) -> int:
        """How many lines its label and detail take at this width."""
        assert self.choice is not None
        left = 65 if self.choice.initial else 50 if self.choice.icon else 16
        return 1 + len(self.face.ink.wrapped(self.choice.detail, Style("body"), width - left - 8))

    def draw(self, painter: QPainter) -> None:
        """Draw the choice."""
        choice = self.choice
        if choice is None:
            return
        ink = self.face.ink
        draw_tile(self, painter, choice.chosen)
        width, height = self.width(), self.height()
        color = "ink" if choice.enabled else "ink_3"
        if self.chip:
            style = Style("body", "primary_ink" if choice.chosen else color, strong=choice.chosen)
            ink.text(painter, (8, 0, width - 16, height), choice.label, style, "middle")
            return
        x = 16.0
        if choice.initial:
            fill = "surface" if choice.chosen else "primary_soft"
            ink.disc(painter, (33, height / 2), 40, fill)
            ink.text(
                painter, (13, 0, 40, height), choice.initial, Style("button", "primary_ink", True), "middle"
            )
            x = 65.0
        elif choice.icon:
            tone = "primary_ink" if choice.chosen else color if choice.enabled else "ink_disabled"
            ink.icon(painter, choice.icon, (14, 0, 24, height), tone)
            x = 50.0
        name = Style(
            "body" if choice.initial else "item", color, strong=choice.chosen or bool(choice.initial)
        )
        low = Style("body", "ink_2" if choice.enabled else "ink_3")
        details = [(line, low) for line in ink.wrapped(choice.detail, low, width - x - 8)]
        spaced_lines(painter, ink, (x, 0, width - x - 8, height), (choice.label, name), *details)


class OperatorButton(Pick):
    """Somebody who may sign on."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent, ground="canvas")
        self.tile: OperatorTile | None = None

    def show_tile(self, tile: OperatorTile) -> None:
        """Show this person."""
        if tile == self.tile:
            return
        self.tile = tile
        self.intent = tile.intent
        self.set_chosen(tile.chosen)
        words = (tile.name, tile.role, tile.locked, tile.pin_hint)
        self.setAccessibleName(", ".join(word for word in words if word))
        self.update()

    def draw(self, painter: QPainter) -> None:
        """Draw the tile."""
        tile = self.tile
        if tile is None:
            return
        ink = self.face.ink
        draw_tile(self, painter, tile.chosen)
        width, height = self.width(), self.height()
        ink.disc(painter, (41, height / 2), 48, "surface" if tile.chosen else "primary_soft")
        ink.text(painter, (17, 0, 48, height), tile.initial, Style("amount", "primary_ink", True), "middle")
        low = Style("body", "danger_ink" if tile.locked else "ink_2")
        room = width - 77 - 12
        if tile.pin_hint and not tile.locked:
            hint = Style("body", "info_ink")
            taken = ink.width(tile.pin_hint, hint)
            ink.text(painter, (77, height / 2, width - 77 - 16, 26), tile.pin_hint, hint, "end")
            ink.text(painter, (77, height / 2, room - taken - 12, 26), tile.role, low)
        else:
            ink.text(painter, (77, height / 2, room, 26), tile.locked or tile.role, low)
        ink.text(painter, (77, height / 2 - 26, room, 26), tile.name, Style("item", strong=True))


class CountButton(Pick):
    """A kind of note or coin being counted."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent, ground="canvas")
        self.row: CountRow | None = None
        self.currency = ""

    def show_row(self, row: CountRow, currency: str) -> None:
        """Show this kind, its pieces and its amount."""
        if row == self.row and currency == self.currency:
            return
        self.row, self.currency = row, currency
        self.intent = row.intent
        self.set_chosen(row.marked)
        words = (f"{currency}{row.label}", row.count, row.amount)
        self.setAccessibleName(", ".join(word for word in words if word))
        self.update()

    def draw(self, painter: QPainter) -> None:
        """Draw the row."""
        row = self.row
        if row is None:
            return
        ink = self.face.ink
        draw_tile(self, painter, row.marked)
        width, height = self.width(), self.height()
        x = 17 + ink.text(painter, (17, 4, 60, height - 4), self.currency, Style("keycap", "ink_2"), "start")
        ink.text(painter, (x + 1, 0, 116 - x, height), row.label, Style("heading", strong=True))
        ink.text(painter, (118, 0, 130, height), row.count, Style("amount", strong=True))
        ink.text(painter, (width / 2 - 17, 0, width / 2, height), row.amount, Style("item", "ink_2"), "end")


class FoundButton(Press):
    """A search result."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.found: Found | None = None
        self.first = False

    def show_found(self, found: Found, first: bool) -> None:
        """Show this item; the first is taken by Enter."""
        if found == self.found and first == self.first:
            return
        self.found, self.first = found, first
        self.intent = found.intent
        self.setEnabled(found.enabled)
        self.setAccessibleName(", ".join(part for part in (found.name, found.detail, found.price) if part))
        self.update()

    def draw(self, painter: QPainter) -> None:
        """Draw the row with its hairline."""
        found = self.found
        if found is None:
            return
        ink = self.face.ink
        width, height = self.width(), self.height()
        if self.first or self.isDown():
            painter.fillRect(self.rect(), ink.brush("primary_soft"))
            painter.fillRect(0, 0, 4, height, ink.brush("primary"))
        color = "ink" if found.enabled else "ink_3"
        price = ink.text(
            painter, (width / 2, 0, width / 2 - 16, height), found.price, Style("amount", color, True), "end"
        )
        room = width - 16 - price - 40
        low = Style("body", "ink_3")
        spaced_lines(
            painter, ink, (16, 0, room, height), (found.name, Style("item", color)), (found.detail, low)
        )
        ink.rule(painter, 0, height - 1, width)
