"""Recalls and markdown rules as an owner's files, checked and put into their streams.

A file is the whole list: what is no longer in it is taken back. Every wrong line of it is named, and nothing
is put while there is one: half a list would look like a whole one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from posapp.domain.markdown_document import DAYS_LEFT_MAX, markdown_to_document, ppm_of_percent
from posapp.domain.markdowns import MarkdownRule, MarkdownStep
from posapp.domain.recall_document import recall_key, recall_to_document
from posapp.domain.recalls import RecallProblem, is_day, read_recall_rows
from sync.hub.feeds.streams import changed_rows, put_rows
from sync.hub.schema.feeds import FEED_ROW
from sync.protocol.versions import STREAM_MARKDOWNS, STREAM_RECALLS

MARKDOWN_COLUMNS: Final = ("rule", "for", "days_left", "percent")
MARKDOWN_FURTHER: Final = ("valid_from", "valid_to")
_RULE_MAX_CHARS: Final = 100
_PROBLEMS_MAX: Final = 50
_ENCODER: Final = msgspec.json.Encoder()


class RuleFileError(Exception):
    """What is wrong with a file, one sentence for each wrong line."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class PutReport:
    """What became of a list: rows that are new or changed, that stayed, and that were taken back."""

    put: int
    unchanged: int
    taken_back: int


def recall_rows(data: bytes, name: str) -> dict[str, bytes]:
    """The rows of the recalls stream that a CSV file stands for; raises RuleFileError."""
    read = read_recall_rows(data)
    if isinstance(read, RecallProblem):
        why = read.fault.sentence.format(text=read.text)
        raise RuleFileError((f"{name}, line {read.line}: {why}",))
    return {
        recall_key(gtin14, recall): _ENCODER.encode(recall_to_document(gtin14, recall))
        for gtin14, recall in read
    }


def markdown_rows(data: bytes, name: str) -> dict[str, bytes]:
    """The rows of the markdowns stream that a CSV file stands for; raises RuleFileError.

    Each line is a step of a rule: lines of one rule are joined. `for` is all, or any of sku:… and category:…
    with spaces between them.
    """
    rules = _MarkdownFile(name).read(data)
    return {rule.rule_id: _ENCODER.encode(markdown_to_document(rule)) for rule in rules}


def put_list(
    connection: Connection, store_id: str, stream: str, rows: Mapping[str, bytes], now_ms: int
) -> PutReport:
    """Make a stream hold exactly these rows; rows that stay as they are get no new revision."""
    if stream not in (STREAM_RECALLS, STREAM_MARKDOWNS):
        raise ValueError(f"{stream} is no list of an owner's")
    changed = changed_rows(connection, store_id, stream, rows.items())
    query = select(FEED_ROW.c.key).where(
        FEED_ROW.c.store_id == store_id, FEED_ROW.c.stream == stream, FEED_ROW.c.deleted == 0
    )
    gone = sorted(set(connection.execute(query).scalars()) - set(rows))
    put_rows(connection, store_id, stream, [*changed, *((key, None) for key in gone)], now_ms)
    return PutReport(len(changed), len(rows) - len(changed), len(gone))


def stream_rows(connection: Connection, store_id: str, stream: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows that a stream holds, by key, each with its document."""
    for key, body in stream_bodies(connection, store_id, stream):
        yield key, msgspec.json.decode(body)


def stream_bodies(connection: Connection, store_id: str, stream: str) -> Iterator[tuple[str, bytes]]:
    """The rows that a stream holds, by key, each as it goes down."""
    query = select(FEED_ROW.c.key, FEED_ROW.c.body).where(
        FEED_ROW.c.store_id == store_id, FEED_ROW.c.stream == stream, FEED_ROW.c.deleted == 0
    )
    for key, body in connection.execute(query.order_by(FEED_ROW.c.key)):
        yield key, bytes(body)


@dataclass(slots=True)
class _Gathered:
    """A rule as its lines told it so far; `head` is what each of them must say alike."""

    line: int
    head: tuple[str, str, str]
    steps: dict[int, int] = field(default_factory=dict)


class _MarkdownFile:
    """One file of markdown rules on its way in."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._problems: list[str] = []
        self._rules: dict[str, _Gathered] = {}

    def read(self, data: bytes) -> list[MarkdownRule]:
        """The rules in the order of the file; raises RuleFileError."""
        try:
            lines = data.decode("utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise RuleFileError(
                (self._at(line, "no text in UTF-8. Save the file as CSV in UTF-8."),)
            ) from error
        rows = [
            (n, line) for n, line in enumerate(lines, 1) if line.strip(" \t,;") and line.lstrip()[0] != "#"
        ]
        head = _cells(rows[0][1]) if rows else []
        names = [cell.strip().lower() for cell in head]
        if not set(MARKDOWN_COLUMNS) <= set(names):
            line = rows[0][0] if rows else 1
            columns = ", ".join(MARKDOWN_COLUMNS)
            raise RuleFileError((self._at(line, f"the first line must name the columns: {columns}."),))
        for line, text in rows[1:]:
            cells = [cell.strip() for cell in _cells(text)]
            if len(cells) != len(names):
                self._say(
                    line, "another number of columns than the first line. Put texts with commas in quotes."
                )
                continue
            self._take(line, dict(zip(names, cells, strict=True)))
        if self._problems:
            raise RuleFileError(self._problems[:_PROBLEMS_MAX])
        return [_rule(rule_id, told) for rule_id, told in self._rules.items()]

    def _take(self, line: int, row: Mapping[str, str]) -> None:
        days, ppm = row["days_left"], ppm_of_percent(row["percent"])
        from_to = [row.get(name, "") for name in MARKDOWN_FURTHER]
        wrong = [
            (not 1 <= len(row["rule"]) <= _RULE_MAX_CHARS, "a rule needs a name of at most 100 signs."),
            (
                not _is_for(row["for"]),
                f"{row['for']!r} is not all, sku:… or category:…, with spaces between.",
            ),
            (not _is_days(days), f"{days!r} is no number of days from 0 to {DAYS_LEFT_MAX}."),
            (ppm is None, f"{row['percent']!r} is no percentage above 0 and at most 100."),
            (
                any(day and not is_day(day) for day in from_to),
                "valid_from and valid_to are days like 2026-11-30.",
            ),
            (all(from_to) and from_to[0] > from_to[1], "valid_from comes after valid_to."),
        ]
        said = [why for is_wrong, why in wrong if is_wrong]
        for why in said:
            self._say(line, why)
        if said or ppm is None:
            return
        head = (" ".join(sorted(row["for"].split())), from_to[0], from_to[1])
        rule = self._rules.setdefault(row["rule"], _Gathered(line, head))
        if rule.head != head:
            self._say(
                line, f"rule {row['rule']} has another for, valid_from or valid_to in line {rule.line}."
            )
        elif int(days) in rule.steps:
            self._say(line, f"rule {row['rule']} has a step for {days} day(s) left already.")
        else:
            rule.steps[int(days)] = ppm

    def _say(self, line: int, why: str) -> None:
        self._problems.append(self._at(line, why))

    def _at(self, line: int, why: str) -> str:
        return f"{self._name}, line {line}: {why}"


def _rule(rule_id: str, told: _Gathered) -> MarkdownRule:
    names = told.head[0].split()
    steps = sorted(told.steps.items(), reverse=True)
    return MarkdownRule(
        rule_id=rule_id,
        steps=tuple(MarkdownStep(days, ppm) for days, ppm in steps),
        skus=frozenset(name[4:] for name in names if name.startswith("sku:")),
        categories=frozenset(name[9:] for name in names if name.startswith("category:")),
        everything="all" in names,
        valid_from=told.head[1],
        valid_to=told.head[2],
    )


def _is_for(text: str) -> bool:
    names = text.split()
    return bool(names) and all(
        name == "all" or (name.partition(":")[0] in ("sku", "category") and name.partition(":")[2])
        for name in names
    )


def _is_days(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= DAYS_LEFT_MAX


def _cells(line: str) -> list[str]:
    mark = "\t" if "\t" in line else ","
    try:
        return next(iter(csv.reader([line], delimiter=mark)), [])
    except csv.Error:
        return []
