"""Price lists as an owner's files, CSV or JSON: read into rows, or every wrong line with its remedy.

Nothing of a file is taken while a line of it is wrong. What a line is (its id) follows from what it is about,
so that the same list brought twice changes nothing and a changed price takes the old one's place.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from posapp.domain.money import minor_digits
from posapp.domain.pricing.documents.reading_values import Money, Node, Unread
from posapp.domain.pricing.documents.strict_json import read_strictly
from posapp.domain.pricing.items.prices import SCOPES, PriceRow, Scope
from sync.hub.goods.store_facts import StoreFacts

COLUMNS: Final = ("sku", "price", "scope", "from", "to", "level", "least_qty", "currency")
EVERY_MEMBER: Final = "*"
_PROBLEMS_MAX: Final = 50
_SKU_MAX_CHARS: Final = 64
_MINOR_MAX: Final = 10**12


class PriceFileError(Exception):
    """What is wrong with a file, one sentence for each wrong line."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class PriceFile:
    """Rows to put, and the ids of rows to take out (lines whose price is empty)."""

    rows: tuple[PriceRow, ...]
    gone: tuple[str, ...]


def read_price_file(data: bytes, name: str, stores: Sequence[StoreFacts]) -> PriceFile:
    """The rows of a file; raises PriceFileError."""
    problems: list[str] = []
    rows: dict[str, tuple[str, PriceRow]] = {}
    gone: list[str] = []
    for place, values in _entries(data, name):
        try:
            row = _row(values, stores)
        except Unread as unread:
            problems.append(f"{name}, {place}: {unread.path or 'the row'}: {unread.sentence}")
            continue
        if row.row_id in rows:
            problems.append(f"{name}, {place}: is about the same as {rows[row.row_id][0]}. Keep one of them.")
        rows[row.row_id] = (place, row)
        if values.get("price") in (None, ""):
            gone.append(row.row_id)
    if problems:
        raise PriceFileError(problems[:_PROBLEMS_MAX])
    taken = set(gone)
    return PriceFile(tuple(row for _place, row in rows.values() if row.row_id not in taken), tuple(gone))


def _entries(data: bytes, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PriceFileError((f"{name}, line {line}: no text in UTF-8. Save the file in UTF-8.",)) from error
    yield from _of_json(text, name) if text.lstrip()[:1] in ("[", "{") else _of_csv(text, name)


def _of_json(text: str, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        document = read_strictly(text)
    except ValueError as error:
        raise PriceFileError((f"{name}: no JSON: {error}. Write a list of rows.",)) from error
    rows = document.get("prices") if isinstance(document, dict) and "sku" not in document else document
    if isinstance(rows, dict):
        rows = [rows]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PriceFileError((f'{name}: must be a list of rows such as {{"sku": "4711", "price": "9.90"}}.',))
    for number, row in enumerate(rows):
        levels = row.get("level")
        yield f"[{number}]", row | {"level": ";".join(map(str, levels))} if isinstance(levels, list) else row


def _of_csv(text: str, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter="\t" if "\t" in head else ",")
    names: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = [cell.strip().lower() for cell in cells]
                _check_columns(names, name)
                continue
            if len(cells) != len(names):
                why = "another number of columns than the first line. Put texts with commas in quotes."
                raise PriceFileError((f"{name}, line {reader.line_num}: {why}",))
            filled = zip(names, (cell.strip() for cell in cells), strict=True)
            yield f"line {reader.line_num}", {key: value for key, value in filled if value}
    except csv.Error as error:
        raise PriceFileError((f"{name}, line {reader.line_num}: no CSV: {error}.",)) from error
    if not names:
        raise PriceFileError((f"{name}: is empty. The first line names the columns: {', '.join(COLUMNS)}.",))


def _check_columns(names: Sequence[str], name: str) -> None:
    if len(names) == 1 and ";" in names[0]:
        why = "the columns are parted by semicolons. Save the file with commas or tabs instead."
        raise PriceFileError((f"{name}, line 1: {why}",))
    twice = next((column for place, column in enumerate(names) if column in names[:place]), None)
    if twice is not None:
        raise PriceFileError((f"{name}, line 1: two columns are called {twice!r}. Keep one of them.",))
    missing = [column for column in ("sku", "price") if column not in names]
    unknown = [column for column in names if column not in COLUMNS]
    if missing or unknown:
        why = f"no column {missing[0]!r}" if missing else f"the column {unknown[0]!r} is not known"
        raise PriceFileError((f"{name}, line 1: {why}. Columns are: {', '.join(COLUMNS)}.",))


def _row(values: Mapping[str, Any], stores: Sequence[StoreFacts]) -> PriceRow:
    node = Node(_counted(values), "", Money("", 2))
    sku = node.text("sku", most=_SKU_MAX_CHARS)
    scope, place = _scope(node, stores)
    currency = _currency(node, scope, place, stores)
    node.money = Money(currency, minor_digits(currency))
    begins, ends = node.instant("from"), node.instant("to", ends=True)
    if begins is not None and ends is not None and _naive(begins) >= _naive(ends):
        raise node.problem("to", 'must come after "from".')
    level = node.text("level", "")
    levels = frozenset(filter(None, (part.strip() for part in level.split(";")))) - {EVERY_MEMBER}
    least_qty = node.whole("least_qty", 1, least=1)
    is_gone = node.has("price") is False or node.take("price") in (None, "")
    minor = 0 if is_gone else node.minor("price")
    if minor > _MINOR_MAX:
        raise node.problem("price", "is too large.")
    node.finish()
    own = "" if "currency" not in values else currency
    who = "|".join(sorted(levels)) if levels else EVERY_MEMBER if level else ""
    said = "" if begins is None else begins.isoformat()
    row_id = ":".join((scope, place, sku, who, said, str(least_qty), own))
    return PriceRow(
        row_id, sku, minor, scope, place, own, begins, ends,
        for_members=bool(level), levels=levels, least_qty=least_qty,
    )  # fmt: skip


def _counted(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values with a number of pieces that a CSV file spells as text."""
    text = values.get("least_qty")
    is_number = isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 10
    return {**values, "least_qty": int(str(text))} if is_number else values


def _scope(node: Node, stores: Sequence[StoreFacts]) -> tuple[Scope, str]:
    word, _, place = node.text("scope", "chain").partition(":")
    scope = next((each for each in SCOPES if each == word.strip()), None)
    place = place.strip()
    if scope is None or (scope == "chain") != (not place):
        raise node.problem("scope", 'must be "chain", "region:NAME", "store:ID" or "channel:NAME".')
    known = {"store": {one.store_id for one in stores}, "region": {one.region for one in stores} - {""}}
    if scope in known and place not in known[scope]:
        has = ", ".join(sorted(known[scope])) or "none yet"
        raise node.problem("scope", f"there is no {scope} {place!r}; this hub has: {has}.")
    return scope, place


def _currency(node: Node, scope: Scope, place: str, stores: Sequence[StoreFacts]) -> str:
    own = node.text("currency", "", most=3)
    if own:
        if not (len(own) == 3 and own.isascii() and own.isalpha() and own.isupper()):
            raise node.problem("currency", 'must be three capital letters of ISO 4217, such as "EUR".')
        return own
    here = {
        one.currency
        for one in stores
        if (scope == "store" and one.store_id == place)
        or (scope == "region" and one.region == place)
        or scope in ("chain", "channel")
    }
    if len(here) != 1:
        raise node.problem("currency", "the stores have several; say which one is meant.")
    return next(iter(here))


def _naive(when: datetime) -> datetime:
    return when.replace(tzinfo=None)
