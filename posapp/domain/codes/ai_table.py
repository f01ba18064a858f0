"""The application identifiers of GS1 as a table that is handed in, and what each asks of its value.

Knows the project's own compact format (described at the head of the data file) and turns a line of it into
something that checks a value quickly. It reads no file and knows no message: how values follow each other
is said in `elements`. A line is worked out when its AI is first met, since a shop meets few of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from posapp.domain.codes.ai_linters import LINTERS, Linter
from posapp.domain.codes.gs1_fault import Gs1Fault, Gs1Problem

#: Characters of a component by its letter: digits, sets 82 and 39 of the General Specifications, base64url.
CHARACTERS = {
    "N": "[0-9]",
    "X": r'[!"%-?A-Z_a-z]',
    "Y": r"[#\-/0-9A-Z]",
    "Z": r"[\-0-9A-Z_a-z=]",
}

_COMPONENT = re.compile(r"(\[)?([NXYZ])(\.\.)?([0-9]{1,2})\]?((?:,[a-z0-9]+)*)\Z")
_AIS = re.compile(r"([0-9]{2,4})(?:-([0-9]{2,4}))?\Z")


class Component(NamedTuple):
    """One part of a value: its characters, its shortest and longest length and the checks of its content."""

    letter: str
    shortest: int
    longest: int
    optional: bool
    linters: tuple[Linter, ...]


class AiRule:
    """What one AI asks of its value and of the AIs beside it."""

    __slots__ = (
        "ai", "attribute", "checks", "components", "excludes", "key", "longest", "match", "predefined",
        "requires", "shortest", "title",
    )  # fmt: skip

    def __init__(self, ai: str, line: _Line, spec: _Spec) -> None:
        pattern, components = spec
        self.ai = ai
        self.title = line.title
        self.predefined = "*" in line.flags
        self.key = "!" in line.flags
        self.attribute = "?" in line.flags
        self.components = components
        self.match = pattern.match
        self.checks = _checks(components)
        self.longest = sum(component.longest for component in components)
        self.shortest = sum(component.shortest for component in components if not component.optional)
        self.requires: tuple[Requirement, ...] = ()
        self.excludes: frozenset[str] = frozenset()

    def fault(self, value: str) -> Gs1Fault | None:
        """What is wrong with a whole value, or None. The length comes first, then part by part."""
        if not value:
            return Gs1Fault(Gs1Problem.ValueEmpty, self.ai)
        if len(value) < self.shortest:
            return Gs1Fault(Gs1Problem.TooShort, self.ai)
        if len(value) > self.longest:
            return Gs1Fault(Gs1Problem.TooLong, self.ai)
        at = 0
        for component in self.components:
            piece = value[at : at + component.longest]
            if component.optional and not piece:
                continue
            if len(piece) < component.shortest:
                return Gs1Fault(Gs1Problem.WrongLength, self.ai)
            found = _character_problem(component.letter, piece)
            if found is not None:
                return Gs1Fault(found, self.ai)
            for linter in component.linters:
                wrong = linter(piece)
                if wrong is not None:
                    return Gs1Fault(wrong[0], self.ai, wrong[1])
            at += len(piece)
        return None


class Requirement(NamedTuple):
    """One of `single` or the whole of one of `groups` has to stand beside; `written` is the table's text."""

    single: frozenset[str]
    groups: tuple[tuple[str, ...], ...]
    written: str


#: A specification understood: one expression for the whole value, and its parts.
_Spec = tuple[re.Pattern[str], tuple[Component, ...]]


class _Line(NamedTuple):
    flags: str
    spec: str
    rules: str
    title: str


class AiTable:
    """Every application identifier by its digits; made by `parse`."""

    def __init__(self, lines: dict[str, _Line], predefined: dict[str, int]) -> None:
        self._lines = lines
        self.rules: dict[str, AiRule] = {}  # those met so far
        #: Length of the AI by its first two digits; all that begin alike are equally long.
        self.lengths = {ai[:2]: len(ai) for ai in lines}
        #: Length of the value by the first two digits where it is predefined and needs no separator.
        self.predefined = predefined
        self._specs: dict[str, _Spec] = {}
        self._paths: dict[tuple[str, ...], bool] | None = None

    @classmethod
    def parse(cls, text: str) -> AiTable:
        """Read a table from its data text; raises ValueError with the line that is no line of it."""
        lines: dict[str, _Line] = {}
        predefined: dict[str, int] = {}
        for number, line in enumerate(text.splitlines(), 1):
            if not line or line[0] == "#":
                continue
            if line.startswith("predefined "):
                predefined = {prefix: int(length) for prefix, _, length in _assigned(line.split()[1:])}
                continue
            fields = [field.strip() for field in line.split("|", 3)]
            # A rule may itself hold bars: the title stands after the last one.
            rules, bar, title = fields[-1].rpartition("|")
            if len(fields) != 4 or not bar or not fields[2]:
                raise ValueError(f"line {number} is no line of the AI table: {line!r}")
            entry = _Line(fields[1], fields[2], rules.strip(), title.strip())
            for ai in _ais(fields[0], number):
                lines[ai] = entry
        return cls(lines, predefined)

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def rule(self, ai: str) -> AiRule | None:
        """The rule of an AI, or None where there is no such AI."""
        known = self.rules.get(ai)
        if known is not None:
            return known
        line = self._lines.get(ai)
        if line is None:
            return None
        spec = self._specs.get(line.spec)
        if spec is None:
            components = tuple(_components(line.spec))
            spec = self._specs[line.spec] = (_pattern(components), components)
        rule = AiRule(ai, line, spec)
        asked = line.rules.split()
        rule.requires = tuple(self._requirement(part[4:]) for part in asked if part.startswith("req="))
        patterns = [pattern for part in asked if part.startswith("ex=") for pattern in part[3:].split(",")]
        rule.excludes = self._expand(patterns) - {ai}
        self.rules[ai] = rule
        return rule

    def is_path(self, ais: tuple[str, ...]) -> bool:
        """Whether AIs in this order make the path of a Digital Link: a key, then some of its qualifiers."""
        if self._paths is None:
            self._paths = dict.fromkeys(self._all_paths(), True)
        return ais in self._paths

    def _all_paths(self) -> Iterator[tuple[str, ...]]:
        for ai, line in self._lines.items():
            for part in line.rules.split():
                if part == "key" or part.startswith("key="):
                    for sequence in part[4:].split("|"):
                        paths: list[tuple[str, ...]] = [(ai,)]
                        for qualifier in filter(None, sequence.split(",")):
                            paths += [(*path, qualifier) for path in paths]
                        yield from paths

    def _expand(self, patterns: list[str]) -> frozenset[str]:
        """The AIs of the table that fit any pattern; "n" stands for a digit at its end."""
        found: set[str] = set()
        for pattern in patterns:
            stem = pattern.rstrip("n")
            if stem == pattern:
                found.add(pattern)
            else:
                found.update(ai for ai in self._lines if len(ai) == len(pattern) and ai.startswith(stem))
        return frozenset(found)

    def _requirement(self, written: str) -> Requirement:
        choices = written.split(",")
        single = self._expand([choice for choice in choices if "+" not in choice])
        groups = tuple(tuple(choice.split("+")) for choice in choices if "+" in choice)
        return Requirement(single, groups, written)


def _assigned(words: list[str]) -> Iterator[tuple[str, str, str]]:
    for word in words:
        yield word.partition("=")


def _ais(field: str, number: int) -> list[str]:
    """The AIs that a first field names: one, or a range that differs in its last digit."""
    found = _AIS.match(field)
    if found is None:
        raise ValueError(f"line {number} of the AI table begins with no AI: {field!r}")
    first, last = found.group(1), found.group(2) or found.group(1)
    return [str(value).zfill(len(first)) for value in range(int(first), int(last) + 1)]


def _components(spec: str) -> Iterator[Component]:
    for word in spec.split():
        found = _COMPONENT.match(word)
        if found is None:
            raise ValueError(f"no component of an AI: {word!r}")
        bracket, letter, dots, length, linters = found.groups()
        longest = int(length)
        names = [name for name in linters.split(",") if name]
        # Digits alone always begin with what may be a company prefix.
        checks = tuple(LINTERS[name] for name in names if letter != "N" or not name.startswith("gcppos"))
        yield Component(letter, 1 if dots else longest, longest, bool(bracket), checks)


def _pattern(components: tuple[Component, ...]) -> re.Pattern[str]:
    """One expression for the whole value; which part is wrong is found out only when it does not fit."""
    text, closing = "", ""
    for component in components:
        if component.optional:
            text, closing = text + "(?:", closing + ")?"
        text += f"{CHARACTERS[component.letter]}{{{component.shortest},{component.longest}}}"
    return re.compile(text + closing)


def _checks(components: tuple[Component, ...]) -> tuple[tuple[Linter, int, int], ...]:
    """Every check of content with the places it looks at; only the last component varies in length."""
    found: list[tuple[Linter, int, int]] = []
    at = 0
    for component in components:
        if component.letter == "Z":
            found.append((LINTERS["cset64"], at, at + component.longest))
        found.extend((linter, at, at + component.longest) for linter in component.linters)
        at += component.longest
    return tuple(found)


def _character_problem(letter: str, piece: str) -> Gs1Problem | None:
    if letter == "Z":
        wrong = LINTERS["cset64"](piece)
        return None if wrong is None else wrong[0]
    if re.fullmatch(CHARACTERS[letter] + "*", piece):
        return None
    return Gs1Problem.NotNumeric if letter == "N" else Gs1Problem.BadCharacter
