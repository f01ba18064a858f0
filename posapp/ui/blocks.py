"""The blocks of the side and of a sheet: every kind of the view's blocks as a part in a column.

A column keeps its parts as long as the kinds stay the same, so that a scan changes texts and nothing
else. Where room is short, pads and rows give way down to what a finger needs; after that the column
scrolls. It knows how high a block wants to be and nothing of what it means.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QScroller, QWidget

from posapp.flows import views
from posapp.ui.widgets.base import Face, Panel
from posapp.ui.widgets.camera_picture import CameraBlock
from posapp.ui.widgets.groups import (
    ActionsBlock,
    ChoicesBlock,
    FactsBlock,
    KeypadBlock,
    SumsBlock,
)
from posapp.ui.widgets.note import NoteBlock
from posapp.ui.widgets.parked import ParkedBlock
from posapp.ui.widgets.prices import SavedBlock, StepsBlock
from posapp.ui.widgets.rows import RING, FieldPart, HeadingPart, PersonPart
from posapp.ui.widgets.sizes import Room, Setting
from posapp.ui.widgets.step_rows import StepRowsBlock


class FieldBlock(FieldPart):
    """The field in hand in a column; in a sheet its ring reaches into the margin."""

    def __init__(self, face: Face, setting: Setting, parent: QWidget) -> None:
        super().__init__(face, parent)
        self.in_side = setting.in_side
        self.outset = 0 if setting.in_side else RING

    def room(self, width: int) -> Room:
        """Height in pixels."""
        return Room(58, 74) if self.in_side else Room(48, 58)


class HeadingBlock(HeadingPart):
    """A title in a column."""

    outset = 0

    def __init__(self, face: Face, setting: Setting, parent: QWidget) -> None:
        super().__init__(face, parent)

    def room(self, width: int) -> Room:
        """Height in pixels."""
        return Room(32, 40)


class PersonBlock(PersonPart):
    """A person in a column."""

    outset = 0

    def __init__(self, face: Face, setting: Setting, parent: QWidget) -> None:
        super().__init__(face, parent)

    def room(self, width: int) -> Room:
        """Height in pixels."""
        return Room(56, 64)


Part = (
    HeadingBlock | PersonBlock | FieldBlock | SumsBlock | NoteBlock | KeypadBlock | ChoicesBlock | FactsBlock
    | ActionsBlock | ParkedBlock | CameraBlock | SavedBlock | StepsBlock | StepRowsBlock
)  # fmt: skip
PARTS: dict[type, Callable[[Face, Setting, QWidget], Part]] = {
    views.CameraPicture: CameraBlock,
    views.Heading: HeadingBlock,
    views.Person: PersonBlock,
    views.SumRows: SumsBlock,
    views.SavedBand: SavedBlock,
    views.PriceSteps: StepsBlock,
    views.StepRows: StepRowsBlock,
    views.Note: NoteBlock,
    views.Field: FieldBlock,
    views.Keypad: KeypadBlock,
    views.Choices: ChoicesBlock,
    views.Facts: FactsBlock,
    views.Actions: ActionsBlock,
    views.ParkedCards: ParkedBlock,
}
GAPS: dict[tuple[type, type], int] = {
    (views.Heading, views.SumRows): 0,
    (views.Heading, views.Facts): 0,
    (views.Heading, views.Choices): 4,
    (views.Field, views.Keypad): 10,
    (views.Note, views.Actions): 8,
    (views.Note, views.SumRows): 8,
    (views.Actions, views.Actions): 8,
    (views.PriceSteps, views.Note): 8,
    (views.SavedBand, views.SumRows): 4,
    (views.Note, views.Note): 8,
}


class Column(Panel):
    """Blocks under each other; springs take what is left."""

    def __init__(self, face: Face, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(face, parent, ground="surface")
        self.setting = setting
        self.blocks: tuple[views.Block, ...] = ()
        self.parts: list[Part | None] = []
        self._room: tuple[Room, ...] = ()
        self.available = 0

    def show_blocks(self, blocks: tuple[views.Block, ...]) -> None:
        """Show these blocks."""
        if blocks is self.blocks or blocks == self.blocks:
            return
        same = len(blocks) == len(self.blocks) and all(
            type(new) is type(old) for new, old in zip(blocks, self.blocks, strict=True)
        )
        if not same:
            self._renew(blocks)
        for part, new, old in zip(self.parts, blocks, self.blocks if same else blocks, strict=True):
            if part is not None and (not same or new is not old):
                part.take(new)  # type: ignore[arg-type]
        self.blocks = blocks
        if not same or self._rooms() != self._room:
            self.arrange()

    def _renew(self, blocks: tuple[views.Block, ...]) -> None:
        spare: dict[type, list[Part]] = {}
        for block, part in zip(self.blocks, self.parts, strict=True):
            if part is not None:
                spare.setdefault(type(block), []).append(part)
        self.parts = []
        for block in blocks:
            kept = spare.get(type(block))
            if kept:
                self.parts.append(kept.pop(0))
            elif isinstance(block, views.Spring):
                self.parts.append(None)
            else:
                part = PARTS[type(block)](self.face, self.setting, self)
                part.show()
                self.parts.append(part)
        for kept in spare.values():
            for part in kept:
                part.hide()
                part.deleteLater()
        before: QWidget | None = None
        for part in self.parts:
            if part is not None:
                part.raise_()
                if before is not None:
                    QWidget.setTabOrder(before, part)
                before = part

    def _rooms(self) -> tuple[Room, ...]:
        width = self.width() - 2 * self.setting.bleed
        return tuple(Room(0, 0) if part is None else part.room(width) for part in self.parts)

    def _gaps(self) -> list[int]:
        gaps = [0] * len(self.blocks)
        previous: views.Block | None = None
        for index, block in enumerate(self.blocks):
            if isinstance(block, views.Spring):
                continue
            if previous is not None:
                gaps[index] = GAPS.get((type(previous), type(block)), self.face.metrics.gutter)
            previous = block
        return gaps

    def wanted(self) -> int:
        """The height at which every block looks best."""
        return sum(room.wanted for room in self._rooms()) + sum(self._gaps())

    def least(self) -> int:
        """The height below which the column has to scroll."""
        return sum(room.least for room in self._rooms()) + sum(self._gaps())

    def fit(self, width: int, available: int) -> None:
        """Take this width and at least this height; more where the blocks need it."""
        if (width, available) == (self.width(), self.available):
            return
        self.available = available
        self.resize(width, max(available, 1))
        self.arrange()

    def arrange(self) -> None:
        """Give each block its place."""
        rooms, gaps = self._rooms(), self._gaps()
        self._room = rooms
        wanted = sum(room.wanted for room in rooms) + sum(gaps)
        least = sum(room.least for room in rooms) + sum(gaps)
        bleed = self.setting.bleed
        height = max(self.available - 2 * bleed, least)
        heights = [room.wanted for room in rooms]
        if wanted > height:
            give = wanted - height
            slack = wanted - least
            heights = [room.wanted - round(give * (room.wanted - room.least) / slack) for room in rooms]
        springs = [index for index, part in enumerate(self.parts) if part is None]
        spare = max(0, height - sum(heights) - sum(gaps))
        if height + 2 * bleed != self.height():
            self.resize(self.width(), height + 2 * bleed)
        y = bleed
        for index, part in enumerate(self.parts):
            y += gaps[index]
            if part is None:
                y += spare // len(springs)
                continue
            out = part.outset
            width = self.width() - 2 * bleed + 2 * out
            part.setGeometry(bleed - out, y - out, width, heights[index] + 2 * out)
            y += heights[index]


class Scroller(QScrollArea):
    """Lets a column or page that is too high be pulled; shows no bar."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.face = face
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.viewport().setAutoFillBackground(False)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)
