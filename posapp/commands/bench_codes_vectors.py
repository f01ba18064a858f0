"""Runs the vectors of the GS1 engine: files of inputs with what is expected of them, section by section.

Knows how each section of a vector file is asked and what counts as right; gives counts and the first
differences. Refuses to print: `posapp bench codes` and the tests do that in their own ways. The files lie
in tests/domain/vectors of a work tree; an installed program is told where they are.
"""

from __future__ import annotations

import datetime
import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posapp.domain.codes.ai_linters import LINTERS
from posapp.domain.codes.ai_table import AiTable
from posapp.domain.codes.dates import iso_day, iso_moment, iso_span
from posapp.domain.codes.digital_link import decoded, read_digital_link
from posapp.domain.codes.elements import (
    FNC1,
    exclusion_fault,
    read_bracketed,
    read_elements,
    repeat_fault,
    requisite_fault,
    serial_fault,
)
from posapp.domain.codes.gs1_fault import Elements, Gs1Fault
from posapp.domain.codes.gtin import is_gtin
from posapp.domain.codes.scan_data import PlainText, read_scan_data

Case = Mapping[str, Any]

#: Where the vectors lie in a work tree.
VECTORS = Path(__file__).resolve().parents[2] / "tests" / "domain" / "vectors"

#: Sections of whole messages.
_TIMED = ("scan data", "Digital Link", "element strings")

#: Day on which sliding centuries are asked where a case names none.
TODAY = datetime.date(2026, 11, 22)

_RULES: Mapping[str, Callable[[list[tuple[str, str]], AiTable], Gs1Fault | None]] = {
    "repeats": lambda pairs, _: repeat_fault(pairs),
    "excludes": exclusion_fault,
    "requires": requisite_fault,
    "serial": serial_fault,
}


@dataclass(frozen=True, slots=True)
class Section:
    """How one section went: `wrong` holds input, expected and got of every case that differs."""

    file: str
    name: str
    cases: int
    wrong: tuple[tuple[str, str, str], ...]


def run_vectors(table: AiTable, folder: Path = VECTORS) -> list[Section]:
    """Run every section of every vector file of a folder, in the order of file names."""
    sections: list[Section] = []
    for file, name, cases in read_vectors(folder):
        asked = _ASKED.get((file, name))
        if asked is None and file == "gs1_linters":
            asked = _linter_of(name)
        if asked is None:
            raise ValueError(f"nobody knows how to ask the section {name!r} of {file}")
        wrong = []
        for case in cases:
            expected, got = asked(case, table)
            if expected != got:
                wrong.append((str(case.get("in")), repr(expected), repr(got)))
        sections.append(Section(file, name, len(cases), tuple(wrong)))
    return sections


def read_vectors(folder: Path = VECTORS) -> Iterator[tuple[str, str, Sequence[Case]]]:
    """Every section of the GS1 vector files: name of the file, name of the section and its cases."""
    for path in sorted(folder.glob("gs1_*.json")):
        for name, section in json.loads(path.read_text("utf-8"))["sections"].items():
            yield path.stem, name, section["cases"]


def parses(table: AiTable, folder: Path = VECTORS) -> list[tuple[str, str, Callable[[], object]]]:
    """Every whole message of the vectors with the call that reads it, for timing: section, input, call."""
    found: list[tuple[str, str, Callable[[], object]]] = []
    for _, name, cases in read_vectors(folder):
        for case in cases if name in _TIMED else ():
            text: str = case["in"]
            call: Callable[[], object]
            if name == "element strings":
                text = text.replace("^", FNC1)
                call = functools.partial(read_elements, text, table)
            elif name == "scan data":
                call = functools.partial(read_scan_data, text, table)
            else:
                call = functools.partial(read_digital_link, text, table, lenient=bool(case.get("lenient")))
            found.append((name, text, call))
    return found


def canonical(read: Elements, table: AiTable) -> str:
    """An element string as GS1's own tests write it: a caret for FNC1, none after predefined lengths."""
    text, separate = "", True
    for ai, value in read.pairs:
        text += ("^" if separate else "") + ai + value
        rule = table.rule(ai)
        separate = rule is None or not rule.predefined
    return text


def _outcome(read: Elements | PlainText | Gs1Fault, case: Case, table: AiTable) -> tuple[object, object]:
    """What is expected and what came, in the terms that the case uses."""
    if "plain" in case:
        return ("plain", case["plain"]), ("plain", read.text) if isinstance(read, PlainText) else read
    if "elements" in case:
        return case["elements"], canonical(read, table) if isinstance(read, Elements) else read
    if not isinstance(read, Gs1Fault):
        return "refused", read
    if "refused" in case:
        return True, True
    expected = (case["problem"], case.get("ai", read.ai), case.get("part", read.part))
    return expected, (read.code, read.ai, read.part)


def _scan_data(case: Case, table: AiTable) -> tuple[object, object]:
    return _outcome(read_scan_data(case["in"], table), case, table)


def _link(case: Case, table: AiTable) -> tuple[object, object]:
    lenient, words = bool(case.get("lenient")), bool(case.get("words"))
    return _outcome(read_digital_link(case["in"], table, lenient=lenient, words=words), case, table)


def _engine_elements(case: Case, table: AiTable) -> tuple[object, object]:
    # GS1's case begins with its FNC1, and asks for one: ours may come without, since scanners drop it.
    text = case["in"]
    read = read_elements(text.replace("^", FNC1), table, associated=False) if text.startswith("^") else None
    return case["good"], isinstance(read, Elements)


def _own_elements(case: Case, table: AiTable) -> tuple[object, object]:
    return _outcome(read_elements(case["in"], table), case, table)


def _bracketed(case: Case, table: AiTable) -> tuple[object, object]:
    return _outcome(read_bracketed(case["in"], table, associated=False), case, table)


def _contents(case: Case, table: AiTable) -> tuple[object, object]:
    read = read_bracketed(case["in"], table, associated=False)
    if case["problem"] is None:
        return True, isinstance(read, Elements)
    return _outcome(read, case, table)


def _associations(case: Case, table: AiTable) -> tuple[object, object]:
    read = read_bracketed(case["in"], table, associated=False)
    if isinstance(read, Gs1Fault):
        return "read", read
    return case["good"], _RULES[case["rule"]](list(read.pairs), table) is None


def _linter(case: Case, name: str) -> tuple[object, object]:
    wrong = LINTERS[name](case["in"])
    return case["problem"], None if wrong is None else wrong[0].name


def _linter_of(name: str) -> Callable[[Case, AiTable], tuple[object, object]]:
    return lambda case, _: _linter(case, name)


def _decoded(case: Case, _: AiTable) -> tuple[object, object]:
    got = decoded(case["in"], query=False), decoded(case["in"], query=True)
    return (case["path"], case["query"]), got


def _span(case: Case, _: AiTable) -> tuple[object, object]:
    expected = None if case["first"] is None else (case["first"], case["last"])
    return expected, iso_span(case["in"], TODAY)


#: How each section is asked: the case gives what is expected and what came.
_ASKED: Mapping[tuple[str, str], Callable[[Case, AiTable], tuple[object, object]]] = {
    ("gs1_engine", "scan data"): _scan_data,
    ("gs1_engine", "composites"): _scan_data,
    ("gs1_engine", "Digital Link"): _link,
    ("gs1_engine", "element strings"): _engine_elements,
    ("gs1_engine", "bracketed"): _bracketed,
    ("gs1_engine", "contents"): _contents,
    ("gs1_engine", "associations"): _associations,
    ("gs1_engine", "lengths of AIs"): lambda case, table: (case["length"], table.lengths.get(case["in"])),
    ("gs1_engine", "paths of links"): lambda case, table: (True, table.is_path(tuple(case["in"]))),
    ("gs1_engine", "percent decoding"): _decoded,
    ("gs1_own", "element strings"): _own_elements,
    ("gs1_own", "Digital Link"): _link,
    ("gs1_own", "days"): lambda case, _: (
        case["day"],
        iso_day(case["in"], datetime.date.fromisoformat(case["today"])),
    ),
    ("gs1_own", "moments"): lambda case, _: (case["moment"], iso_moment(case["in"], TODAY)),
    ("gs1_own", "spans"): _span,
    ("gs1_own", "GTIN"): lambda case, _: (case["good"], is_gtin(case["in"])),
    ("gs1_own", "linters"): lambda case, _: _linter(case, case["linter"]),
}
