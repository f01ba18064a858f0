"""Rows of a document laid out in columns, before anybody decides how they are drawn.

Knows where each piece of text starts, counted in narrow columns of the paper, and whether its row
can be typed in the printer's own letters. Refuses to know about dots, fonts and printer commands,
so that typed rows and drawn rows share one geometry and their amounts stand in one line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from posapp.devices.widths import printable, width_of, wrap
from posapp.domain.paper import CodeRow, FeedRow, ModulesRow, PaperDocument, RuleRow, TextRow

FEWEST_COLUMNS = 16
_GAP = 2


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text that starts at a narrow column, counted from the block's left edge."""

    column: int
    text: str


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """One line on paper; `typed` says that the printer's own letters can show its whole row."""

    spans: tuple[Span, ...] = ()
    centered: bool = False
    bold: bool = False
    double: bool = False
    typed: bool = True

    @property
    def scale(self) -> int:
        """How many narrow columns one of its columns takes."""
        return 2 if self.double else 1


Placed = PlacedLine | RuleRow | FeedRow | CodeRow | ModulesRow


def lay_out(document: PaperDocument, columns: int) -> tuple[Placed, ...]:
    """Lay a document out in `columns` narrow columns (at least 16); no character is lost."""
    if columns < FEWEST_COLUMNS:
        raise ValueError(f"a slip needs {FEWEST_COLUMNS} columns, not {columns}")
    placed: list[Placed] = []
    for row in document.rows:
        if isinstance(row, TextRow):
            placed.extend(_text_lines(row, columns))
        else:
            placed.append(row)
    return tuple(placed)


def _text_lines(row: TextRow, columns: int) -> Iterator[PlacedLine]:
    left = printable(row.left)
    right = printable(row.right).replace("\n", " ").strip(" ")
    typed = left.isascii() and right.isascii()
    for spans, centered in _spans(left, right, row, columns):
        yield PlacedLine(spans, centered, row.bold, row.double, typed)


def _spans(left: str, right: str, row: TextRow, columns: int) -> Iterator[tuple[tuple[Span, ...], bool]]:
    scale = 2 if row.double else 1
    if not right:
        for text in wrap(left, columns // scale):
            yield _aligned(text, row, columns)
        return
    for at_left, at_right in _pairs(left, right, columns // scale):
        spans: tuple[Span, ...] = (Span(0, at_left),) if at_left else ()
        if at_right:
            spans += (Span(columns - width_of(at_right) * scale, at_right),)
        yield spans, False


def _aligned(text: str, row: TextRow, columns: int) -> tuple[tuple[Span, ...], bool]:
    """A text alone on its line."""
    if not text.strip(" "):
        return (), False
    match row.align:
        case "center":
            return (Span(0, text.strip(" ")),), True
        case "right":
            width = width_of(text) * (2 if row.double else 1)
            return (Span(columns - width, text),), False
        case _:
            return (Span(0, text),), False


def _pairs(left: str, right: str, cells: int) -> list[tuple[str, str]]:
    """Left and right texts line by line: right stands on the last line, or below where it must."""
    room = cells - width_of(right) - (_GAP if cells > FEWEST_COLUMNS else 1)
    if not left.strip(" "):
        rights = wrap(right, cells)
        return [("", text) for text in rights]
    # A narrow gutter of left text would read worse than an amount on a line of its own.
    if room >= 2 and (width_of(left) <= room or room >= cells // 3):
        lefts = wrap(left, room)
        return [*((text, "") for text in lefts[:-1]), (lefts[-1], right)]
    lefts = wrap(left, cells)
    if width_of(lefts[-1]) <= room:
        return [*((text, "") for text in lefts[:-1]), (lefts[-1], right)]
    return [*((text, "") for text in lefts), *(("", text) for text in wrap(right, cells))]
