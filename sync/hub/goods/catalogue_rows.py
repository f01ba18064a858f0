"""Rows of an owner's catalogue file, checked one by one: a record, or why the row is refused.

Knows CSV and TSV, plain or gzipped, and which column means what. Refuses to know the database: whether a
code is taken or a row changes anything is found out by the import. Nothing here stops at a bad row.
"""

from __future__ import annotations

import csv
import gzip
import io
import unicodedata
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, cast
from zoneinfo import ZoneInfo

from posapp.domain.codes import CODE_MAX_CHARS, Code, normalise
from posapp.domain.money import parse_amount
from posapp.domain.quantity import Unit

SKU_MAX_CHARS: Final = 64
NAME_MAX_CHARS: Final = 200
PRICE_MAX_MINOR: Final = 10**12
CODE_SEPARATOR: Final = ";"
TRAIT_MAX_CHARS: Final = 64
CATEGORY_SEPARATOR: Final = "/"
FIELDS: Final = (
    "sku", "code", "name", "tax_category", "unit", "price", "price_from", "category", "brand", "tags",
)  # fmt: skip
_UNITS: Final = {"": "pcs", "pcs": "pcs", "g": "g"}


class ColumnsError(ValueError):
    """A header or an option that cannot be understood; the text says what to write instead."""


class RowRefusedError(ValueError):
    """A row that cannot be taken, and why."""


@dataclass(slots=True)
class Record:
    """One item of the file; `prices` is None where the file says nothing about them."""

    row_no: int
    sku: str
    codes: list[Code]
    names: dict[str, str]
    tax_category: str
    unit: Unit
    prices: dict[int, int] | None
    content: str = field(default="", repr=False)
    category: tuple[str, ...] = ()
    brand: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken: its number in the file (from 1), why, and what it said."""

    row_no: int
    reason: str
    content: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands in a row; `names` by language."""

    count: int
    places: Mapping[str, int]
    names: Mapping[str, int]

    @property
    def has_sku(self) -> bool:
        """Whether rows name their SKU, so that several rows may speak of one item."""
        return "sku" in self.places


@dataclass(frozen=True, slots=True)
class RowRules:
    """What a shop allows: its currency, tax categories, and how prices come about."""

    currency: str
    tax_categories: frozenset[str]
    default_tax_category: str
    time_zone: str
    derive_prices: bool


def derived_price_minor(code: str) -> int:
    """A made-up but repeatable price of 1.00 to 99.99: 100 + CRC-32 of the code (UTF-8) modulo 9900."""
    return 100 + zlib.crc32(code.encode()) % 9_900


def read_columns(header: Sequence[str], *, renamed: Mapping[str, str], language: str) -> Columns:
    """Columns from a header; `renamed` gives the file's own heading for a field. Raises ColumnsError."""
    if not any(heading.strip() for heading in header):
        raise ColumnsError("the file is empty: its first line names the columns")
    own = {heading.strip().casefold(): name for name, heading in renamed.items()}
    headings = [heading.strip().casefold() for heading in header]
    missing = [heading for heading in own if heading not in headings]
    if missing:
        raise ColumnsError(f"--map names a column that the file does not have: {missing[0]!r}")
    places: dict[str, int] = {}
    names: dict[str, int] = {}
    for place, heading in enumerate(headings):
        name = own.get(heading, heading)
        if name.startswith("name_"):
            names[_language_tag(name[5:])] = place
        elif name == "name":
            names[language] = place
        elif name in FIELDS and name not in places:
            places[name] = place
        elif name in FIELDS:
            raise ColumnsError(f"two columns are called {name!r}")
    if len(headings) == 1 and ";" in headings[0]:
        raise ColumnsError("the columns are parted by semicolons; save the file with commas or tabs instead")
    if "code" not in places and "sku" not in places:
        raise ColumnsError("no column is called code or sku; say which with --map or --columns")
    if not names:
        raise ColumnsError("no column is called name or name_<language>; say which with --map or --columns")
    return Columns(len(headings), places, names)


def _language_tag(text: str) -> str:
    first, _, rest = text.replace("-", "_").partition("_")
    # A region is written in capitals, a script ("hant") with a capital letter.
    return f"{first}_{rest.upper() if len(rest) == 2 else rest.title()}" if rest else first


class CatalogueFile:
    """A file on disk, whose rows can be gone through any number of times."""

    def __init__(self, path: Path) -> None:
        self.path = path
        bare = path.name.removesuffix(".gz")
        self._packed = bare != path.name
        self._is_csv = bare.endswith(".csv")

    def rows(
        self, on_bytes: Callable[[int], object] | None = None
    ) -> Generator[tuple[int, list[str]], None, None]:
        """Row numbers from 1 with their cells; bad UTF-8 becomes lone surrogates, which the check finds.

        `on_bytes` is told now and then how many further bytes of the stored file were gone through.
        """
        with (
            self.path.open("rb") as stored,
            gzip.GzipFile(fileobj=stored) if self._packed else nullcontext(stored) as plain,
        ):
            text = io.TextIOWrapper(
                cast("IO[bytes]", plain), "utf-8-sig", errors="surrogateescape", newline="\n"
            )
            try:
                lines = _heard(text, stored, on_bytes or _unheard)
                if self._is_csv:
                    yield from _csv_rows(lines)
                else:
                    for row_no, line in enumerate(lines, 1):
                        # A tab at the end of a row is an empty cell, so only the line end goes.
                        yield row_no, line.rstrip("\r\n").split("\t")
            finally:
                text.detach()


def _heard(text: io.TextIOWrapper, stored: IO[bytes], on_bytes: Callable[[int], object]) -> Iterator[str]:
    """The lines of a text, telling now and then how far the stored file was gone through."""
    told = 0
    for number, line in enumerate(text):
        if number % 4096 == 0:
            at = stored.tell()
            on_bytes(at - told)
            told = at
        yield line
    on_bytes(stored.tell() - told)


def _unheard(_count: int) -> None:
    return


def _csv_rows(lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            # A field that no reader takes: as one cell it is refused for its number of columns.
            cells = ["unreadable CSV"]
        yield reader.line_num, cells


class RowReader:
    """Turns cells into records by a shop's rules."""

    def __init__(self, columns: Columns, rules: RowRules) -> None:
        self._columns = columns
        self._rules = rules
        self._code_at = columns.places.get("code")
        self._sku_at = columns.places.get("sku")
        self._further = {name: columns.places[name] for name in FIELDS[3:] if name in columns.places}
        self._zone = ZoneInfo(rules.time_zone) if "price_from" in columns.places else UTC

    def record(self, row_no: int, cells: list[str]) -> Record:
        """The record of a row; raises RowRefusedError."""
        if len(cells) != self._columns.count:
            raise RowRefusedError(f"{len(cells)} columns instead of {self._columns.count}")
        for cell in cells:
            if not cell.isprintable():
                check_signs(cell)
        codes = self._codes(cells)
        sku = cells[self._sku_at].strip() if self._sku_at is not None else codes[0].text if codes else ""
        if not sku:
            raise RowRefusedError("the SKU is empty" if self._sku_at is not None else "the code is empty")
        if len(sku) > SKU_MAX_CHARS:
            raise RowRefusedError(f"the SKU is longer than {SKU_MAX_CHARS} characters")
        names = self._names(cells)
        further = self._further
        if not further:
            prices = {0: derived_price_minor(sku)} if self._rules.derive_prices else None
            return Record(row_no, sku, codes, names, self._rules.default_tax_category, "pcs", prices)
        return Record(
            row_no, sku, codes, names, self._tax_category(cells), self._unit(cells), self._prices(cells, sku),
            category=self._traits(cells, "category", CATEGORY_SEPARATOR),
            brand="".join(self._traits(cells, "brand", "\n")),
            tags=tuple(sorted(set(self._traits(cells, "tags", CODE_SEPARATOR)))),
        )  # fmt: skip

    def _codes(self, cells: list[str]) -> list[Code]:
        if self._code_at is None:
            return []
        cell = cells[self._code_at]
        parts = cell.split(CODE_SEPARATOR) if CODE_SEPARATOR in cell else (cell,)
        # Spellings of one GTIN at one item are one code.
        by_key = {code.key: code for code in reversed([*map(normalise, parts)]) if code.text}
        codes = [*reversed(by_key.values())]
        for code in codes:
            if len(code.text) > CODE_MAX_CHARS:
                raise RowRefusedError(f"a code is longer than {CODE_MAX_CHARS} characters")
        return codes

    def _names(self, cells: list[str]) -> dict[str, str]:
        names = {}
        for language, place in self._columns.names.items():
            name = cells[place].strip()
            if len(name) > NAME_MAX_CHARS:
                raise RowRefusedError(f"a name is longer than {NAME_MAX_CHARS} characters")
            if name:
                names[language] = name
        if not names:
            raise RowRefusedError("the name is empty")
        return names

    def _cell(self, cells: list[str], name: str) -> str:
        return cells[self._further[name]].strip() if name in self._further else ""

    def _tax_category(self, cells: list[str]) -> str:
        category = self._cell(cells, "tax_category") or self._rules.default_tax_category
        if category not in self._rules.tax_categories:
            raise RowRefusedError("the tax category is not one of the shop's")
        return category

    def _traits(self, cells: list[str], name: str, separator: str) -> tuple[str, ...]:
        """What promotions may pick the item by: a category's steps from the widest, a brand, or tags."""
        parts = tuple(filter(None, (part.strip() for part in self._cell(cells, name).split(separator))))
        if any(len(part) > TRAIT_MAX_CHARS for part in parts):
            raise RowRefusedError(f"the {name} holds a word longer than {TRAIT_MAX_CHARS} characters")
        return parts

    def _unit(self, cells: list[str]) -> Unit:
        unit = _UNITS.get(self._cell(cells, "unit"))
        if unit is None:
            raise RowRefusedError("the unit must be pcs or g")
        return cast("Unit", unit)

    def _prices(self, cells: list[str], sku: str) -> dict[int, int] | None:
        price, since = self._cell(cells, "price"), self._cell(cells, "price_from")
        since_ms = self._since_ms(since) if since else 0
        if not price:
            return {0: derived_price_minor(sku)} if self._rules.derive_prices else None
        if price.startswith(("-", "−")):
            raise RowRefusedError("the price is negative")
        price_minor = parse_amount(price, self._rules.currency)
        if price_minor is None or price_minor > PRICE_MAX_MINOR:
            raise RowRefusedError(f"the price is no amount in {self._rules.currency}")
        return {since_ms: price_minor}

    def _since_ms(self, text: str) -> int:
        try:
            since = datetime.fromisoformat(text)
            aware = since if since.tzinfo is not None else since.replace(tzinfo=self._zone)
            since_ms = int(aware.timestamp()) * 1000
        except (ValueError, OverflowError) as trouble:
            raise RowRefusedError("price_from must be a date such as 2026-12-01") from trouble
        if since_ms < 0:
            raise RowRefusedError("price_from lies before 1970")
        return since_ms


def check_signs(cell: str) -> None:
    """Raise RowRefusedError for bytes that were no UTF-8 and for control characters."""
    for sign in cell:
        category = unicodedata.category(sign)
        if category == "Cs":
            raise RowRefusedError("the row is not valid UTF-8")
        if category == "Cc":
            raise RowRefusedError("the row holds a control character")
