"""Paints one line of the sale and says what lies where in it.

Columns follow the width: the unit price goes first, then the steppers, so that no amount ever hides. It
holds no line and no state.
"""

from __future__ import annotations

from PySide6.QtGui import QPainter

from posapp.flows.views import LineHeads, LineView
from posapp.ui.widgets.base import Face
from posapp.ui.widgets.ink import Style
from posapp.values import dataclass

NUMBER = Style("body", "ink_3")
NAME = Style("item", "ink")
SECOND = Style("body", "ink_3")
SECOND_WARNS = Style("body", "warn_ink")
OFFERS = Style("body", "saving_ink")
WAS = Style("body", "ink_3")
QUANTITY = Style("item", "ink")
QUANTITY_STRONG = Style("item", "ink", strong=True)
PRICE = Style("body", "ink_3")
AMOUNT = Style("amount", "ink", strong=True)
HEAD = Style("body", "ink_3")

STEPPER = 158
STEPPER_HEIGHT = 50
TEXT_X = 48
SHARE = 40
"""Less than this of what a pack says is not worth its room."""
WITH_PRICE = 700
NARROW = 500


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns begin and how wide they are, in pixels; a price 0 wide is not shown."""

    item_width: int
    quantity_x: int
    quantity_width: int
    price_x: int
    price_width: int
    amount_x: int
    amount_width: int
    stepper: bool


def columns(width: int, locked: bool) -> Columns:
    """The columns of a row of this width; a locked list has neither steppers nor unit prices."""
    price = 88 if width >= WITH_PRICE and not locked else 0
    amount = 124 if width >= WITH_PRICE or (locked and width >= NARROW) else 106
    quantity = (88 if width >= NARROW else 78) if locked else 168
    amount_x = width - 16 - amount
    price_x = amount_x - price
    quantity_x = price_x - quantity
    return Columns(
        item_width=quantity_x - TEXT_X - 8,
        quantity_x=quantity_x,
        quantity_width=quantity,
        price_x=price_x,
        price_width=price,
        amount_x=amount_x,
        amount_width=amount,
        stepper=not locked,
    )


class LinePainter:
    """Paints rows and their heads with one face."""

    def __init__(self, face: Face) -> None:
        self.face = face
        self._columns: dict[tuple[int, bool], Columns] = {}

    def _of(self, width: int, locked: bool) -> Columns:
        found = self._columns.get((width, locked))
        if found is None:
            found = self._columns[width, locked] = columns(width, locked)
        return found

    def heads(
        self, painter: QPainter, heads: LineHeads, box: tuple[int, int, int, int], locked: bool
    ) -> None:
        """Paint the column heads."""
        x, y, width, height = box
        cols, ink = self._of(width, locked), self.face.ink
        ink.text(painter, (x + TEXT_X, y, cols.item_width, height), heads.item, HEAD)
        middle = (x + cols.quantity_x, y, cols.quantity_width, height)
        ink.text(painter, middle, heads.quantity, HEAD, "middle")
        if cols.price_width:
            ink.text(painter, (x + cols.price_x, y, cols.price_width, height), heads.price, HEAD, "end")
        ink.text(painter, (x + cols.amount_x, y, cols.amount_width, height), heads.amount, HEAD, "end")

    def paint(
        self, painter: QPainter, line: LineView, place: tuple[int, int], locked: bool, pressed: str
    ) -> None:
        """Paint one line at `place` (y, width)."""
        y, width = place
        height = self.face.metrics.row
        ink = self.face.ink
        marked = line.marked
        painter.fillRect(0, y, width, height, ink.brush("primary_soft" if marked else "surface"))
        if marked:
            painter.fillRect(0, y, 4, height, ink.brush("primary"))
        painter.fillRect(0, y + height - 1, width, 1, ink.brush("line"))
        cols = self._of(width, locked)
        ink.text(painter, (8, y, 26, height), str(line.line_no), NUMBER, "middle", False)
        self._texts(painter, line, y, cols)
        if marked and line.steps and cols.stepper:
            self._stepper(painter, line, y, cols, pressed)
        else:
            style = QUANTITY_STRONG if line.quantity_strong else QUANTITY
            box = (cols.quantity_x, y, cols.quantity_width, height)
            ink.text(painter, box, line.quantity, style, "middle", False)
        if cols.price_width:
            ink.text(
                painter, (cols.price_x, y, cols.price_width, height), line.unit_price, PRICE, "end", False
            )
        if not line.was:
            box = (cols.amount_x, y, cols.amount_width, height)
            ink.text(painter, box, line.amount, AMOUNT, "end", False)
            return
        top = y + (height - 50) // 2
        ink.text(painter, (cols.amount_x, top, cols.amount_width, 26), line.amount, AMOUNT, "end", False)
        low = top + 27
        taken = ink.text(painter, (cols.amount_x, low, cols.amount_width, 24), line.was, WAS, "end", False)
        end = cols.amount_x + cols.amount_width
        painter.fillRect(round(end - taken), low + 12, round(taken), 1, ink.brush("ink_3"))

    def _texts(self, painter: QPainter, line: LineView, y: int, cols: Columns) -> None:
        ink = self.face.ink
        room, height = cols.item_width, self.face.metrics.row
        if not (line.second or line.offers):
            ink.text(painter, (TEXT_X, y, room, height), line.name, NAME)
            return
        top = y + (height - 50) // 2
        ink.text(painter, (TEXT_X, top, room, 26), line.name, NAME)
        x, left = float(TEXT_X), float(room)
        if line.second:
            # What the pack says is cut before the reason of the price is.
            offers = ink.width(f" · {line.offers}", OFFERS) if line.offers else 0.0
            share = max(left - offers, left / 3 if line.warns else 0.0) if offers else left
            style = SECOND_WARNS if line.warns else SECOND
            taken = ink.text(painter, (x, top + 27, share, 24), line.second, style) if share >= SHARE else 0.0
            x, left = x + taken, left - taken
        if line.offers:
            words = f" · {line.offers}" if x > TEXT_X else line.offers
            self._offers(painter, words, (x, top + 27, left, 24))

    def _offers(self, painter: QPainter, words: str, box: tuple[float, float, float, float]) -> None:
        """Reasons are cut before the last amount is, which stays whole."""
        ink, (x, y, room, height) = self.face.ink, box
        reason, _, amount = words.rpartition(" ")
        if reason and ink.width(words, OFFERS) > room:
            amount = f" {amount}"
            wide = ink.width(amount, OFFERS)
            taken = ink.text(painter, (x, y, room - wide, height), reason, OFFERS)
            x, room, words = x + taken, wide + 1, amount
        ink.text(painter, (x, y, room, height), words, OFFERS)

    def _stepper(self, painter: QPainter, line: LineView, y: int, cols: Columns, pressed: str) -> None:
        ink = self.face.ink
        x, top = self._stepper_place(cols)
        top += y
        ink.ground(painter, (x, top, STEPPER, STEPPER_HEIGHT), "surface", "line_strong")
        for part, at in (("minus", x), ("plus", x + STEPPER - 53)):
            if pressed == part:
                ink.ground(painter, (at + 1, top + 1, 51, STEPPER_HEIGHT - 2), "sunken", None, 7)
        painter.fillRect(x + 53, top + 1, 1, STEPPER_HEIGHT - 2, ink.brush("line_mid"))
        painter.fillRect(x + STEPPER - 54, top + 1, 1, STEPPER_HEIGHT - 2, ink.brush("line_mid"))
        minus = "trash-2" if line.at_one else "minus"
        ink.icon(painter, minus, (x, top, 53, STEPPER_HEIGHT), "ink", 20)
        ink.icon(painter, "plus", (x + STEPPER - 53, top, 53, STEPPER_HEIGHT), "ink", 20)
        number = line.quantity.removeprefix("×").strip()
        ink.text(painter, (x + 54, top, 50, STEPPER_HEIGHT), number, QUANTITY_STRONG, "middle", False)

    def _stepper_place(self, cols: Columns) -> tuple[int, int]:
        top = (self.face.metrics.row - STEPPER_HEIGHT) // 2
        return cols.quantity_x + (cols.quantity_width - STEPPER) // 2, top

    def part_at(self, line: LineView, x: int, y: int, width: int) -> str:
        """What lies at a place of the row: `minus`, `plus`, `number` or `row`."""
        cols = self._of(width, False)
        left, _top = self._stepper_place(cols)
        if not (line.marked and line.steps) or not left <= x < left + STEPPER:
            return "row"
        if x < left + 53:
            return "minus"
        return "plus" if x >= left + STEPPER - 53 else "number"
