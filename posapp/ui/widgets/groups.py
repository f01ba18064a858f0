"""Blocks made of several parts: sums, facts, acts, choices, pads.

Parts are kept while their number stays the same, so that only changed ones redraw. Tab enters a group of
choices or keys once; arrows move inside.
"""

from __future__ import annotations

from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from posapp.flows.views import Actions, Choices, Facts, Keypad, SumRows
from posapp.ui.widgets.base import Face, Panel, keep_as_many, make_group
from posapp.ui.widgets.buttons import ActionButton, PadButton
from posapp.ui.widgets.ink import Style
from posapp.ui.widgets.rows import FactPart, SumPart
from posapp.ui.widgets.sizes import Room, Setting
from posapp.ui.widgets.tiles import ChoiceButton


class Group(Panel):
    """A block that holds parts of one kind."""

    outset = 0

    def __init__(self, face: Face, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(face, parent, ground="surface")
        self.setting = setting

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give each part its place."""
        self.arrange()

    def arrange(self) -> None:
        """Give each part its place."""


class SumsBlock(Group):
    """Sums under each other."""

    def __init__(self, face: Face, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(face, setting, parent)
        self.value: SumRows | None = None
        self.parts: list[SumPart] = []

    def take(self, value: SumRows) -> None:
        """Show these sums."""
        many = len(self.parts)
        role, ink = ("body", "ink_2") if self.setting.compact else ("amount", "ink")
        keep_as_many(
            self.parts, len(value.rows), lambda: SumPart(self.face, self, amount_role=role, label_ink=ink)
        )
        old, self.value = self.value, value
        for part, row in zip(self.parts, value.rows, strict=True):
            part.take(row)
        tall = [bool(row.icon) for row in value.rows]
        if many != len(self.parts) or old is None or tall != [bool(row.icon) for row in old.rows]:
            self.arrange()

    def room(self, width: int) -> Room:
        """Height in pixels; a reason of its own line takes more."""
        wanted = 32 if self.setting.compact else 44
        tall = self._tall()
        many = len(self.parts)
        return Room(28 * many + 20 * tall, wanted * many + 12 * tall)

    def _tall(self) -> int:
        return sum(1 for row in (self.value.rows if self.value is not None else ()) if row.icon)

    def arrange(self) -> None:
        """Rows of one height, those with a reason below somewhat higher."""
        weights = [56 if row.icon else 44 for row in (self.value.rows if self.value is not None else ())]
        whole, before = max(1, sum(weights)), 0
        for part, weight in zip(self.parts, weights, strict=True):
            top = self.height() * before // whole
            before += weight
            part.setGeometry(0, top, self.width(), self.height() * before // whole - top)


class FactsBlock(Group):
    """Facts under each other."""

    def __init__(self, face: Face, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(face, setting, parent)
        self.parts: list[FactPart] = []

    def take(self, value: Facts) -> None:
        """Show these facts."""
        many = len(self.parts)
        role = "body" if self.setting.compact else "item"
        keep_as_many(self.parts, len(value.rows), lambda: FactPart(self.face, self, role=role))
        for part, row in zip(self.parts, value.rows, strict=True):
            part.take(row)
        if many != len(self.parts):
            self.arrange()

    def room(self, width: int) -> Room:
        """Height in pixels."""
        wanted = 36 if self.setting.compact else 48
        return Room(30 * len(self.parts), wanted * len(self.parts))

    def arrange(self) -> None:
        """Rows of one height."""
        many = max(1, len(self.parts))
        for index, part in enumerate(self.parts):
            top = self.height() * index // many
            part.setGeometry(0, top, self.width(), self.height() * (index + 1) // many - top)


class ActionsBlock(Group):
    """Acts under each other; what cannot be taken back stands apart."""

    gap = 8

    def __init__(self, face: Face, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(face, setting, parent)
        self.value: Actions | None = None
        self.buttons: list[ActionButton] = []

    def take(self, value: Actions) -> None:
        """Show these acts."""
        keep_as_many(self.buttons, len(value.actions), lambda: ActionButton(self.face, self))
        self.value = value
        for button, action in zip(self.buttons, value.actions, strict=True):
            button.wide = len(value.actions) > 1 or bool(action.key)
            button.show_action(action)
        self.arrange()

    def _gap_before(self, index: int) -> int:
        if index == 0 or self.value is None:
            return 0
        risky = self.value.actions[index].kind == "risk" or self.value.actions[index - 1].kind == "risk"
        return 24 if risky else self.gap

    def room(self, width: int) -> Room:
        """Height in pixels."""
        gaps = sum(self._gap_before(index) for index in range(len(self.buttons)))
        return Room(48 * len(self.buttons) + gaps, 56 * len(self.buttons) + gaps)

    def arrange(self) -> None:
        """Buttons of one height."""
        gaps = sum(self._gap_before(index) for index in range(len(self.buttons)))
        height = (self.height() - gaps) // max(1, len(self.buttons))
        y = 0
        for index, button in enumerate(self.buttons):
            y += self._gap_before(index)
            button.setGeometry(0, y, self.width(), height)
            y += height


class ChoicesBlock(Group):
    """Choices under each other, or chips in a flow."""

    gap = 8

    def __init__(self, face: Face, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(face, setting, parent)
        self.value: Choices | None = None
        self.buttons: list[ChoiceButton] = []

    def take(self, value: Choices) -> None:
        """Show these choices."""
        keep_as_many(self.buttons, len(value.choices), lambda: ChoiceButton(self.face, self))
        retitled = self.value is None or self.value.title != value.title
        self.value = value
        self.setAccessibleName(value.title)
        for button, choice in zip(self.buttons, value.choices, strict=True):
            button.show_choice(choice, value.look == "chips")
        make_group(self, list(self.buttons))
        self.arrange()
        if retitled:
            self.update()

    def _head(self) -> int:
        high = 32 if self.face.metrics.rail_words else 26
        return high if self.value is not None and self.value.title else 0

    def _chip_rows(self, width: int) -> list[list[tuple[ChoiceButton, int]]]:
        rows: list[list[tuple[ChoiceButton, int]]] = [[]]
        taken = 0
        for button in self.buttons:
            wide = min(button.needed(), width)
            if rows[-1] and taken + wide > width:
                rows.append([])
                taken = 0
            rows[-1].append((button, wide))
            taken += wide + self.gap
        return rows

    def room(self, width: int) -> Room:
        """Height in pixels."""
        if self.value is None:
            return Room(0, 0)
        if self.value.look == "chips":
            rows = len(self._chip_rows(width))
            high = self._head() + rows * 48 + (rows - 1) * self.gap
            return Room(high, high)
        many = len(self.buttons)
        each = 62 if self.value.look == "ways" else 64
        if not self.face.metrics.rail_words:
            each = 56
        gaps = self._head() + self.gap * (many - 1)
        lines = max((button.lines(width) for button in self.buttons), default=1)
        least = max(48, 24 * lines)
        return Room(least * many + gaps, max(each, least + 10) * many + gaps)

    def arrange(self) -> None:
        """Chips flow, the rest stands under each other."""
        if self.value is None or not self.buttons:
            return
        y = self._head()
        if self.value.look == "chips":
            for row in self._chip_rows(self.width()):
                x = 0
                for button, wide in row:
                    button.setGeometry(x, y, wide, 48)
                    x += wide + self.gap
                y += 48 + self.gap
            return
        many = len(self.buttons)
        height = (self.height() - y - self.gap * (many - 1)) // many
        for button in self.buttons:
            button.setGeometry(0, y, self.width(), height)
            y += height + self.gap

    def draw(self, painter: QPainter) -> None:
        """Draw the title."""
        if self.value is not None and self.value.title:
            self.face.ink.text(painter, (0, 0, self.width(), 26), self.value.title, Style("body", "ink_2"))


class KeypadBlock(Group):
    """Keys row by row; the fourth column carries cash amounts and is wider."""

    gap = 6

    def __init__(self, face: Face, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(face, setting, parent)
        self.value: Keypad | None = None
        self.buttons: list[PadButton] = []

    def take(self, value: Keypad) -> None:
        """Show these keys."""
        keep_as_many(self.buttons, len(value.keys), lambda: PadButton(self.face, self))
        renewed = self.value is None or len(self.value.keys) != len(value.keys)
        self.value = value
        for button, key in zip(self.buttons, value.keys, strict=True):
            button.show_key(key)
            button.setVisible(bool(key.label or key.icon))
        if renewed:
            make_group(self, list(self.buttons))
            self.arrange()

    def _rows(self) -> int:
        assert self.value is not None
        return -(-len(self.value.keys) // self.value.columns)

    def room(self, width: int) -> Room:
        """Height in pixels."""
        if self.value is None:
            return Room(0, 0)
        metrics = self.face.metrics
        key = metrics.key_roomy if self.setting.in_side else metrics.key
        if not self.setting.in_side and self.value.columns == 3:
            key = metrics.control
        gaps = self.gap * (self._rows() - 1)
        return Room(48 * self._rows() + gaps, key * self._rows() + gaps)

    def arrange(self) -> None:
        """Keys of one size, the cash column a quarter wider."""
        if self.value is None:
            return
        many, rows = self.value.columns, self._rows()
        width, height = self.width(), self.height()
        room = width - self.gap * (many - 1)
        last = round(room * 103 / 349) if many == 4 else room // many
        other = (room - last) // (many - 1) if many > 1 else room
        key_height = (height - self.gap * (rows - 1)) // rows
        for index, button in enumerate(self.buttons):
            row, column = divmod(index, many)
            x = column * (other + self.gap)
            wide = width - x if column == many - 1 else other
            button.setGeometry(x, row * (key_height + self.gap), wide, key_height)
