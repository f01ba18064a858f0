"""Picture 11: the receipt on a card, its goods with a stepper each, the reasons for the marked one below."""

from __future__ import annotations

from PySide6.QtGui import QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from posapp.flows.views import Action, ReturnMain, ReturnRow
from posapp.ui.blocks import Scroller
from posapp.ui.screens.page import NoteSlot, Page, Strip
from posapp.ui.widgets.base import Face, Painted, Panel, keep_as_many, make_group, spaced_lines
from posapp.ui.widgets.buttons import IconButton
from posapp.ui.widgets.ink import Style

CARD = 84
HEAD = 36
ROW = 72
STEP = 52
#: The column of pieces without steppers.
LOCKED = 64
AMOUNT = 104
PAD = 17


class ReturnRowPart(Painted):
    """A line of the receipt; pressing it marks it, its stepper changes how many come back."""

    def __init__(self, face: Face, parent: QWidget) -> None:
        super().__init__(face, parent)
        self.value: ReturnRow | None = None
        self.fewer = IconButton(face, "minus", self, ground=None)
        self.more = IconButton(face, "plus", self, ground=None)
        self.steps = True
        self.pieces_width = 3 * STEP

    def take(self, value: ReturnRow, heads: tuple[str, str], pieces_width: int) -> None:
        """Show this line; `heads` are the words for how many come back and what they paid."""
        if value == self.value and pieces_width == self.pieces_width:
            return
        self.value, self.pieces_width = value, pieces_width
        words = (
            value.name,
            value.second,
            value.reason,
            f"{heads[0]} {value.pieces}",
            f"{heads[1]} {value.amount}",
        )
        self.setAccessibleName(", ".join(word for word in words if word))
        self.steps = value.fewer is not None or value.more is not None
        for button, action in ((self.fewer, value.fewer), (self.more, value.more)):
            button.setVisible(self.steps)
            button.show_action(action or Action("", value.mark, enabled=False, name=value.name))
        self._place()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The stepper stands before the amount."""
        self._place()

    def _stepper(self) -> int:
        return self.width() - PAD - AMOUNT - 12 - self.pieces_width

    def _place(self) -> None:
        x, y = self._stepper(), (self.height() - 48) // 2
        self.fewer.setGeometry(x, y, STEP, 48)
        self.more.setGeometry(x + 2 * STEP, y, STEP, 48)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The line itself is marked."""
        if self.value is not None and not self.value.stays:
            self.face.send(self.value.mark)

    def draw(self, painter: QPainter) -> None:
        """Draw the line."""
        row = self.value
        if row is None:
            return
        ink, width, height = self.face.ink, self.width(), self.height()
        if row.marked:
            painter.fillRect(0, 0, width, height, ink.brush("primary_soft"))
            painter.fillRect(0, 0, 4, height, ink.brush("primary"))
        ink.rule(painter, 0, height - 1, width)
        stepper = self._stepper()
        box = (float(PAD), 0.0, stepper - PAD - 12.0, float(height))
        faint = "ink_3" if row.stays else "ink"
        reason = ink.width(row.reason, Style("body", "ink_2"))
        if row.reason and box[2] - reason > 160:
            at = stepper - 12 - reason
            ink.text(painter, (at, 0, reason + 1, height), row.reason, Style("body", "ink_2"), "start", False)
            box = (box[0], box[1], box[2] - reason - 12, box[3])
            second = row.second
        else:
            second = " · ".join(part for part in (row.reason, row.second) if part)
        spaced_lines(painter, ink, box, (row.name, Style("item", faint)), (second, Style("body", "ink_2")))
        if self.steps:
            y = (height - 48) // 2
            ink.ground(painter, (stepper, y, 3 * STEP, 48), "surface", "line_strong", 8)
        middle = (stepper, 0, self.pieces_width, height)
        ink.text(
            painter, middle, row.pieces, Style("item", faint, row.pieces not in ("0", "—")), "middle", False
        )
        self._draw_amount(painter, row)

    def _draw_amount(self, painter: QPainter, row: ReturnRow) -> None:
        ink, height = self.face.ink, self.height()
        x, strong = self.width() - PAD - AMOUNT, row.pieces not in ("0", "—")
        style = Style("amount", "ink_3" if row.stays else "ink", strong)
        if not row.was:
            ink.text(painter, (x, 0, AMOUNT, height), row.amount, style, "end", False)
            return
        ink.text(painter, (x, height / 2 - 28, AMOUNT, 28), row.amount, style, "end", False)
        was = Style("body", "ink_3")
        wide = ink.text(painter, (x, height / 2, AMOUNT, 24), row.was, was, "end", False)
        painter.fillRect(round(x + AMOUNT - wide), round(height / 2 + 12), round(wide), 1, ink.brush("ink_3"))


def _pieces_width(value: ReturnMain) -> int:
    """Width of the column of pieces: without steppers the names need the room more."""
    return LOCKED if value.locked else 3 * STEP


class ReturnScreen(Page[ReturnMain]):
    """Goods that come back."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(face, parent)
        self.note = NoteSlot(face, self)
        self.rows: list[ReturnRowPart] = []
        self.content = Panel(face, ground="surface")
        self.scroller = Scroller(face, self)
        self.scroller.setWidget(self.content)
        self.strip = Strip(face, self)
        self.boxes = ((0, 0, 0, 0), (0, 0, 0, 0))

    def changed(self, old: ReturnMain | None, value: ReturnMain) -> None:
        """Keep the rows that are there."""
        keep_as_many(self.rows, len(value.rows), lambda: ReturnRowPart(self.face, self.content))
        heads = (value.heads.pieces, value.heads.paid)
        for part, row in zip(self.rows, value.rows, strict=True):
            part.take(row, heads, _pieces_width(value))
        make_group(self.content, [button for row in self.rows for button in (row.fewer, row.more)])
        self.setAccessibleName(f"{value.receipt}, {value.detail}, {value.paid_label} {value.paid}")
        self.note.take(value.note)
        self.strip.take(value.actions, None)
        self.arrange()
        self.update()

    def arrange(self) -> None:
        """Receipt, note, goods, and the reasons at the foot."""
        metrics = self.face.metrics
        margin = metrics.margin
        wide = self.width() - 2 * margin
        y = margin
        card = (margin, y, wide, CARD)
        y += CARD + 12
        used = self.note.place(margin, y, wide)
        y += used + (12 if used else 0)
        strip = self.height() - margin - metrics.control
        self.strip.place(margin, strip, wide, metrics.control)
        high = min(strip - 12 - y, HEAD + 8 + len(self.rows) * ROW)
        self.boxes = (card, (margin, y, wide, high))
        self.scroller.setGeometry(margin + 1, y + 1 + HEAD, wide - 2, max(0, high - 8 - HEAD))
        self.content.resize(wide - 2, max(1, len(self.rows) * ROW))
        for index, row in enumerate(self.rows):
            row.setGeometry(0, index * ROW, wide - 2, ROW)
        marked = next((part for part in self.rows if part.value is not None and part.value.marked), None)
        if marked is not None:
            self.scroller.ensureVisible(0, marked.y() + ROW // 2, 0, ROW // 2)

    def draw_value(self, painter: QPainter, value: ReturnMain) -> None:
        """Draw the receipt's card, the heads, and the sentence that locks it all."""
        ink = self.face.ink
        (x, y, width, height), (lx, ly, lw, lh) = self.boxes
        ink.ground(painter, (x, y, width, height), "surface", "line", 10)
        ink.icon(painter, "receipt", (x + 20, y, 32, height), "primary_ink", 32)
        label, figure = Style("body", "ink_2"), Style("amount", strong=True)
        ink.text(painter, (x, y + 14, width - PAD, 28), value.paid_label, label, "end", False)
        money = f"{value.currency}{value.paid}"
        end = ink.text(painter, (x, y + 40, width - PAD, 30), money, figure, "end", False)
        room = width - 68 - PAD - 12 - max(end, ink.width(value.paid_label, label))
        spaced_lines(
            painter, ink, (x + 68, y, room, height),
            (value.receipt, Style("amount", strong=True)), (value.detail, label),
        )  # fmt: skip
        ink.ground(painter, (lx, ly, lw, lh), "surface", "line", 10)
        ink.text(painter, (lx + PAD, ly, 200, HEAD), value.heads.item, label)
        pieces = _pieces_width(value)
        stepper = lx + lw - 1 - PAD - AMOUNT - 12 - pieces
        ink.text(painter, (stepper, ly, pieces, HEAD), value.heads.pieces, label, "middle", False)
        ink.text(painter, (lx, ly, lw - PAD, HEAD), value.heads.paid, label, "end", False)
        reason = ink.width(value.heads.reason, label)
        if stepper - lx - PAD - reason > 260:
            at = stepper - 12 - reason
            ink.text(painter, (at, ly, reason + 1, HEAD), value.heads.reason, label, "start", False)
        ink.rule(painter, lx + 1, ly + HEAD, lw - 2)
        if value.locked:
            foot = self.height() - self.face.metrics.margin - self.face.metrics.control
            ink.icon(painter, "lock", (x, foot, 20, self.face.metrics.control), "ink_2", 20)
            box = (x + 28, foot, width - 28, self.face.metrics.control)
            ink.text(painter, box, value.locked, Style("body", "ink_2"))
