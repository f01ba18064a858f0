"""Goods that were called back: GTINs with the lots, pieces or days that must not be sold, and why.

Knows whether a pack is on a list, and the list's form as a file: CSV with the columns gtin, lot, reason,
and where they are wanted id, serial, expiry_from, expiry_to and reasons by language (reason_en). Refuses to
know where a list lies and when it changes. A file with a wrong row is refused as a whole and the row is
named: half a recall list would look like a whole one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import date
from enum import Enum

from posapp.domain.codes.gtin import is_gtin
from posapp.domain.facts import PackData
from posapp.domain.shop import Words
from posapp.values import dataclass

COLUMNS = ("gtin", "lot", "reason")
#: GS1 lets a lot and a serial number have 20 signs (AI 10, AI 21).
LOT_MAX_CHARS = 20
SERIAL_MAX_CHARS = 20
REASON_MAX_CHARS = 120
ROWS_MAX = 100_000


class RecallFault(Enum):
    """What is wrong with a list; the sentence ends with what mends it."""

    NotText = "This is no text in UTF-8. Save the file as CSV in UTF-8."
    NoColumns = "The first line must name the columns: gtin, lot, reason. Write them."
    BadCells = "This line has another number of columns than the first. Put texts with commas in quotes."
    BadGtin = "{text} is not a product number with a right check digit. Correct its digits."
    BadLot = "{text} is not a lot, a beginning with * or a range with two dots. Correct it."
    BadSerial = "{text} is not a serial number of at most 20 signs. Correct it."
    BadDay = "{text} is not a day such as 2026-11-30, or the first day comes after the last. Correct it."
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
class LotSpan:
    """The lots from `first` to `last`, those beginning with `first`, or just `first`."""

    first: str
    last: str = ""
    is_beginning: bool = False

    def covers(self, lot: str) -> bool:
        """Whether a lot is one of these."""
        if self.is_beginning:
            return lot.startswith(self.first)
        return _within(lot, self.first, self.last) if self.last else lot == self.first

    @property
    def text(self) -> str:
        """The span as it is written in a list."""
        return f"{self.first}..{self.last}" if self.last else self.first + "*" * self.is_beginning


def lot_span(text: str) -> LotSpan | None:
    """The span that "A12", "A12*" or "A100..A199" means, None where it is none of these."""
    first, dots, last = text.partition("..")
    if dots:
        has_ends = _within(first, first, last) and _within(last, first, last)
        return LotSpan(first, last) if _are_lots((first, last)) and has_ends else None
    first = text.removesuffix("*")
    return LotSpan(first, is_beginning=text.endswith("*")) if _are_lots((first,)) else None


@dataclass(frozen=True, slots=True)
class Recall:
    """Packs of one GTIN that must not be sold: any of these lots, pieces, or days (ISO, both included).

    One that names none of them means every pack, also one of which nobody knows anything. `unclear` is
    one that named some which could not be read: it covers no pack, and every pack wants a look.
    """

    reason: Words
    lots: tuple[LotSpan, ...] = ()
    serials: frozenset[str] = frozenset()
    expiry_from: str = ""
    expiry_to: str = ""
    recall_id: str = ""
    unclear: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether every pack of the item is meant."""
        return not (self.lots or self.serials or self.has_days or self.unclear)

    @property
    def has_days(self) -> bool:
        """Whether the recall goes by the days on the packs."""
        return bool(self.expiry_from or self.expiry_to)

    def covers(self, pack: PackData | None) -> bool:
        """Whether what is known of a pack says that it must not be sold."""
        if self.is_whole or pack is None:
            return self.is_whole
        if pack.lot and any(span.covers(pack.lot) for span in self.lots):
            return True
        return pack.serial in self.serials or (self.has_days and any(map(self._in_days, _days(pack))))

    def wants_a_look(self, pack: PackData | None) -> bool:
        """Whether only a person can tell that a pack is none of these, since its code is silent."""
        if self.is_whole:
            return False
        if self.unclear or pack is None:
            return True
        silent = (self.lots and not pack.lot) or (self.serials and not pack.serial)
        return bool(silent or (self.has_days and not any(_days(pack))))

    def _in_days(self, day: str) -> bool:
        # ISO days compare as texts.
        return bool(day) and self.expiry_from <= day and (not self.expiry_to or day <= self.expiry_to)


def _days(pack: PackData) -> tuple[str, str]:
    return pack.expires_on, pack.best_before_on


def _within(lot: str, first: str, last: str) -> bool:
    """Whether a lot lies in a range: figures by their value, all else sign by sign at the same length."""
    if all(text.isascii() and text.isdigit() for text in (lot, first, last)):
        return int(first) <= int(lot) <= int(last)
    return len(lot) == len(first) and first <= lot <= last


@dataclass(frozen=True, slots=True)
class RecallList:
    """Recalls by GTIN-14, in the order of the list: a scan asks one dictionary."""

    by_gtin14: Mapping[str, tuple[Recall, ...]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many recalls there are."""
        return sum(len(recalls) for recalls in self.by_gtin14.values())

    def found(self, gtin14: str, pack: PackData | None) -> Recall | None:
        """The first recall that a pack falls under, or None."""
        return next((each for each in self.by_gtin14.get(gtin14, ()) if each.covers(pack)), None)

    def wants_a_look(self, gtin14: str, pack: PackData | None) -> bool:
        """Whether some packs of this item are recalled and the code does not say that this is none."""
        return any(each.wants_a_look(pack) for each in self.by_gtin14.get(gtin14, ()))

    def with_list(self, other: RecallList) -> RecallList:
        """Both lists as one."""
        if not self.by_gtin14 or not other.by_gtin14:
            return other if other.by_gtin14 else self
        both = dict(self.by_gtin14)
        for gtin14, recalls in other.by_gtin14.items():
            both[gtin14] = (*both.get(gtin14, ()), *recalls)
        return RecallList(both)


def by_gtin14(found: Iterable[tuple[str, Recall]]) -> RecallList:
    """The list of pairs of a GTIN-14 and a recall."""
    lists: dict[str, list[Recall]] = {}
    for gtin14, recall in found:
        lists.setdefault(gtin14, []).append(recall)
    return RecallList({gtin14: tuple(recalls) for gtin14, recalls in lists.items()})


def parse_recalls(data: bytes) -> RecallList | RecallProblem:
    """The list of a CSV file (comma or semicolon, header with gtin, lot, reason), or the first thing wrong.

    `lot` is empty for the whole item, one lot, a beginning such as "A12*" or a range such as
    "A100..A199". Empty lines and lines that begin with # are passed over; further columns too.
    """
    rows = read_recall_rows(data)
    return rows if isinstance(rows, RecallProblem) else by_gtin14(rows)


def read_recall_rows(data: bytes) -> list[tuple[str, Recall]] | RecallProblem:
    """The rows of a CSV file as pairs of a GTIN-14 and its recall, or the first thing wrong."""
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


def _parse(lines: list[tuple[int, str]]) -> list[tuple[str, Recall]] | RecallProblem:
    if not lines:
        return RecallProblem(RecallFault.NoColumns, 1)
    number, head = lines[0]
    mark = ";" if ";" in head else ","
    names = [name.strip().lower() for name in _cells(head, mark)]
    if not set(COLUMNS) <= set(names):
        return RecallProblem(RecallFault.NoColumns, number)
    found: list[tuple[str, Recall]] = []
    for number, line in lines[1:]:
        cells = [cell.strip() for cell in _cells(line, mark)]
        if len(cells) != len(names):
            return RecallProblem(RecallFault.BadCells, number)
        row = dict(zip(reversed(names), reversed(cells), strict=True))
        if not is_gtin(row["gtin"]):
            return RecallProblem(RecallFault.BadGtin, number, row["gtin"][:40])
        recall = _recall(row)
        if not isinstance(recall, Recall):
            return RecallProblem(recall[0], number, recall[1][:40])
        found.append((row["gtin"].zfill(14), recall))
    return found


def _cells(line: str, mark: str) -> list[str]:
    try:
        return next(iter(csv.reader([line], delimiter=mark)), [])
    except csv.Error:
        # A cell longer than the csv module takes, such as a picture saved under the list's name.
        return []


def _recall(row: Mapping[str, str]) -> Recall | tuple[RecallFault, str]:
    reasons = {"": row["reason"], **dict(_reasons(row))}
    if not all(1 <= len(text) <= REASON_MAX_CHARS for text in reasons.values()):
        return RecallFault.NoReason, ""
    span = lot_span(row["lot"]) if row["lot"] else None
    if row["lot"] and span is None:
        return RecallFault.BadLot, row["lot"]
    serial, days = row.get("serial", ""), (row.get("expiry_from", ""), row.get("expiry_to", ""))
    if len(serial) > SERIAL_MAX_CHARS:
        return RecallFault.BadSerial, serial
    wrong = next((day for day in days if day and not is_day(day)), None)
    if wrong is not None or (all(days) and days[0] > days[1]):
        return RecallFault.BadDay, wrong or days[0]
    return Recall(
        reasons, (span,) if span else (), frozenset(filter(None, (serial,))), *days, row.get("id", "")
    )


def _reasons(row: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The reasons by language; the column `reason` is for all the others."""
    for name, text in row.items():
        base, mark, language = name.partition("_")
        if base == "reason" and mark and text:
            # Column names were made small: a territory is written in capitals.
            tongue, _, territory = language.partition("_")
            yield (f"{tongue}_{territory.upper()}" if territory else tongue), text


def is_day(text: str) -> bool:
    """Whether a text is an ISO day such as 2026-11-30."""
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _are_lots(texts: Iterable[str]) -> bool:
    return all(1 <= len(text) <= LOT_MAX_CHARS and "*" not in text and ".." not in text for text in texts)
