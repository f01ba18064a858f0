"""Goods that were called back: a list of GTINs with the lots that must not be sold, and why.

Knows the form of the list (CSV with the columns gtin, lot, reason) and whether a pack is on it. Refuses to
know where the list lies and when it changes. A list with a wrong row is refused as a whole and the row is
named: half a recall list would look like a whole one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from posapp.domain.codes.gtin import is_gtin

COLUMNS = ("gtin", "lot", "reason")
#: GS1 lets a lot have 20 signs (AI 10).
LOT_MAX_CHARS = 20
REASON_MAX_CHARS = 120
ROWS_MAX = 100_000


class RecallFault(Enum):
    """What is wrong with a list; the sentence ends with what mends it."""

    NotText = "This is no text in UTF-8. Save the file as CSV in UTF-8."
    NoColumns = "The first line must name the columns: gtin, lot, reason. Write them."
    BadCells = "This line has another number of columns than the first. Put texts with commas in quotes."
    BadGtin = "{text} is not a product number with a right check digit. Correct its digits."
    BadLot = "{text} is not a lot, a beginning with * or a range with two dots. Correct it."
    NoReason = "A reason is missing, or it is longer than 120 characters. Write a short one."
    TooMany = "The list is longer than 100,000 lines. Take old recalls out."

    @property
    def sentence(self) -> str:
        """The English sentence, which is its msgid."""
        return self.value


@dataclass(frozen=True, slots=True)
class RecallProblem:
    """A fault with the line of the file it stands in (from 1) and the text that is wrong."""

    fault: RecallFault
    line: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Recall:
    """Lots of one GTIN from `first` to `last`, those beginning with `first`, or just `first`.

    With `first` "" every pack is meant, also one whose lot nobody knows.
    """

    reason: str
    first: str = ""
    last: str = ""
    is_beginning: bool = False

    def covers(self, lot: str) -> bool:
        """Whether a pack of this lot must not be sold."""
        if not self.first:
            return True
        if self.is_beginning:
            return lot.startswith(self.first)
        return _within(lot, self.first, self.last) if self.last else lot == self.first


def _within(lot: str, first: str, last: str) -> bool:
    """Whether a lot lies in a range: figures by their value, all else sign by sign at the same length."""
    if all(text.isascii() and text.isdigit() for text in (lot, first, last)):
        return int(first) <= int(lot) <= int(last)
    return len(lot) == len(first) and first <= lot <= last


@dataclass(frozen=True, slots=True)
class RecallList:
    """Recalls by GTIN-14, in the order of the list."""

    by_gtin14: Mapping[str, tuple[Recall, ...]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many recalls there are."""
        return sum(len(recalls) for recalls in self.by_gtin14.values())

    def reason(self, gtin14: str, lot: str) -> str:
        """Why a pack must not be sold, or "". A lot that is not known ("") is only met by whole recalls."""
        for recall in self.by_gtin14.get(gtin14, ()):
            if (lot or not recall.first) and recall.covers(lot):
                return recall.reason
        return ""

    def has_some_lots(self, gtin14: str) -> bool:
        """Whether lots of this item are recalled, so that a pack of an unknown lot needs a look."""
        return gtin14 in self.by_gtin14


def parse_recalls(data: bytes) -> RecallList | RecallProblem:
    """The list of a CSV file (comma or semicolon, header `gtin,lot,reason`), or the first thing wrong.

    `lot` is empty for the whole item, one lot, a beginning such as "A12*" or a range such as
    "A100..A199". Empty lines and lines that begin with # are passed over; further columns too.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return RecallProblem(RecallFault.NotText, data.count(b"\n", 0, error.start) + 1)
    lines = text.splitlines()
    if len(lines) > ROWS_MAX:
        return RecallProblem(RecallFault.TooMany, ROWS_MAX + 1)
    return _parse([(number, line) for number, line in enumerate(lines, 1) if _says_something(line)])


def _says_something(line: str) -> bool:
    return bool(line.strip(" \t,;")) and not line.lstrip().startswith("#")


def _parse(lines: list[tuple[int, str]]) -> RecallList | RecallProblem:
    if not lines:
        return RecallProblem(RecallFault.NoColumns, 1)
    number, head = lines[0]
    mark = ";" if ";" in head else ","
    names = [name.strip().lower() for name in _cells(head, mark)]
    if not set(COLUMNS) <= set(names):
        return RecallProblem(RecallFault.NoColumns, number)
    found: dict[str, list[Recall]] = {}
    for number, line in lines[1:]:
        cells = [cell.strip() for cell in _cells(line, mark)]
        if len(cells) != len(names):
            return RecallProblem(RecallFault.BadCells, number)
        gtin, lot, reason = (cells[names.index(name)] for name in COLUMNS)
        if not is_gtin(gtin):
            return RecallProblem(RecallFault.BadGtin, number, gtin[:40])
        if not 1 <= len(reason) <= REASON_MAX_CHARS:
            return RecallProblem(RecallFault.NoReason, number)
        recall = _recall(lot, reason)
        if recall is None:
            return RecallProblem(RecallFault.BadLot, number, lot[:40])
        found.setdefault(gtin.zfill(14), []).append(recall)
    return RecallList({gtin14: tuple(recalls) for gtin14, recalls in found.items()})


def _cells(line: str, mark: str) -> list[str]:
    try:
        return next(iter(csv.reader([line], delimiter=mark)), [])
    except csv.Error:
        # A cell longer than the csv module takes, such as a picture saved under the list's name.
        return []


def _recall(lot: str, reason: str) -> Recall | None:
    first, dots, last = lot.partition("..")
    if dots:
        has_ends = _within(first, first, last) and _within(last, first, last)
        return Recall(reason, first, last) if _are_lots((first, last)) and has_ends else None
    beginning = lot.endswith("*")
    first = lot.removesuffix("*")
    if lot and not _are_lots((first,)):
        return None
    return Recall(reason, first, is_beginning=beginning)


def _are_lots(texts: Iterable[str]) -> bool:
    return all(1 <= len(text) <= LOT_MAX_CHARS and "*" not in text and ".." not in text for text in texts)
