"""GS1 element strings: application identifiers with their values, as they follow each other in a symbol.

Knows how values are told apart (predefined lengths, the separator FNC1 as 0x1D), the bracketed form that is
printed for people, and which AIs must or may not stand beside each other. Refuses to know what a till does
with a value, where a text came from and the day. An AI unknown to the table is refused: nobody can tell
where its value ends. Source: GS1 General Specifications, sections 3, 4.13, 4.14 and 7.8.
"""

from __future__ import annotations

from posapp.domain.codes.ai_table import AiRule, AiTable
from posapp.domain.codes.gs1_fault import Elements, Gs1Fault, Gs1Problem

#: How scanners send FNC1 where it separates values.
FNC1 = "\x1d"

#: AIM identifiers of the symbols whose text is an element string.
ELEMENT_SYMBOLS = frozenset(("]C1", "]e0", "]e1", "]e2", "]d2", "]Q3", "]J1"))

#: More elements than any symbol can hold.
MOST_ELEMENTS = 64

#: Keys that have to carry their serial where a digital signature (8030) stands beside them.
_SERIAL_BESIDE_SIGNATURE = ("253", "255", "8003")

Pairs = list[tuple[str, str]]


def read_elements(data: str, table: AiTable, *, associated: bool = True) -> Elements | Gs1Fault:
    """Read an element string as scanned; an AIM identifier or FNC1 may come first.

    `associated` asks whether the AIs may and must stand beside each other, which is right for everything
    known of one item: a caller that still has another symbol of it looks later, by `association_fault`.
    """
    at = 0
    if data[:1] == "]" and data[:3] in ELEMENT_SYMBOLS:
        at = 3
    if data[at : at + 1] == FNC1:
        at += 1
    pairs: Pairs = []
    fault = split(data, at, table, pairs)
    if fault is None and associated:
        fault = association_fault(pairs, table)
    return fault if fault is not None else Elements(tuple(pairs))


def split(data: str, at: int, table: AiTable, pairs: Pairs) -> Gs1Fault | None:
    """Append the elements of a text from a place on; gives what is wrong, or None."""
    end = len(data)
    if at >= end:
        return Gs1Fault(Gs1Problem.Empty)
    lengths, rules = table.lengths, table.rules
    while at < end:
        ai = data[at : at + lengths.get(data[at : at + 2], 2)]
        rule = rules.get(ai) or table.rule(ai)
        if rule is None:
            return Gs1Fault(Gs1Problem.UnknownAi, "", printable(data[at : at + 4]))
        at += len(ai)
        found = rule.match(data, at)
        if found is None:
            return _unfit(data, at, rule)
        value = found.group()
        stop = found.end()
        if not rule.predefined and stop < end and data[stop] != FNC1:
            return _unfit(data, at, rule)
        for linter, first, last in rule.checks:
            if (first < len(value) or not first) and linter(value[first:last]) is not None:
                return rule.fault(value)
        pairs.append((ai, value))
        # A separator is allowed, if idle, even after a value of predefined length.
        at = stop + 1 if stop < end and data[stop] == FNC1 else stop
        if len(pairs) > MOST_ELEMENTS:
            return Gs1Fault(Gs1Problem.TooLong, ai)
    return None


def _unfit(data: str, at: int, rule: AiRule) -> Gs1Fault:
    """Why a value does not fit its AI."""
    stop = data.find(FNC1, at)
    value = data[at:] if stop < 0 else data[at:stop]
    if rule.predefined:
        value = value[: rule.longest]
    return rule.fault(value) or Gs1Fault(Gs1Problem.TooLong, rule.ai)


def read_bracketed(text: str, table: AiTable, *, associated: bool = True) -> Elements | Gs1Fault:
    """Read the form for people, "(01)…(10)…"; a bracket inside a value stands behind a backslash."""
    pairs: Pairs = []
    at = 0
    while at < len(text):
        close = text.find(")", at)
        if text[at] != "(" or close < 0 or close + 1 == len(text):
            return Gs1Fault(Gs1Problem.NotBracketed)
        ai = text[at + 1 : close]
        rule = table.rule(ai)
        if rule is None:
            return Gs1Fault(Gs1Problem.UnknownAi, "", printable(ai))
        at = close + 1
        opening = text.find("(", at)
        while opening > 0 and text[opening - 1] == "\\":
            opening = text.find("(", opening + 1)
        stop = len(text) if opening < 0 else opening
        value = text[at:stop].replace("\\(", "(")
        fault = rule.fault(value)
        if fault is not None:
            return fault
        pairs.append((ai, value))
        at = stop
    if not pairs:
        return Gs1Fault(Gs1Problem.Empty)
    fault = association_fault(pairs, table) if associated else None
    return fault if fault is not None else Elements(tuple(pairs))


def association_fault(pairs: Pairs, table: AiTable) -> Gs1Fault | None:
    """What stands beside each other that may not, what is missing, and what repeats differently."""
    return exclusion_fault(pairs, table) or requisite_fault(pairs, table) or repeat_fault(pairs) or (
        serial_fault(pairs, table)
    )  # fmt: skip


def exclusion_fault(pairs: Pairs, table: AiTable) -> Gs1Fault | None:
    """The first AI beside which another one may not stand."""
    if len(pairs) == 1:
        return None
    present = {ai for ai, _ in pairs}
    for ai, _ in pairs:
        rule = table.rules[ai]
        if rule.excludes and not rule.excludes.isdisjoint(present):
            return Gs1Fault(Gs1Problem.Exclusive, ai, min(rule.excludes & present))
    return None


def requisite_fault(pairs: Pairs, table: AiTable) -> Gs1Fault | None:
    """The first AI that stands without one that it needs."""
    present = {ai for ai, _ in pairs}
    for ai, _ in pairs:
        for single, groups, written in table.rules[ai].requires:
            if single.isdisjoint(present) and not any(present.issuperset(group) for group in groups):
                return Gs1Fault(Gs1Problem.Missing, ai, written.replace(",", "/"))
    return None


def repeat_fault(pairs: Pairs) -> Gs1Fault | None:
    """The first AI that stands again with another value; the same value twice is what two symbols say."""
    values: dict[str, str] = {}
    for ai, value in pairs:
        if values.setdefault(ai, value) != value:
            return Gs1Fault(Gs1Problem.Differs, ai)
    return None


def serial_fault(pairs: Pairs, table: AiTable) -> Gs1Fault | None:
    """A key without its serial beside a digital signature, which signs one unit."""
    if not any(ai == "8030" for ai, _ in pairs):
        return None
    for ai, value in pairs:
        if ai in _SERIAL_BESIDE_SIGNATURE and len(value) == table.rules[ai].shortest:
            return Gs1Fault(Gs1Problem.SerialMissing, ai)
    return None


def printable(text: str) -> str:
    """A text for a sentence: control characters and what no font shows become a question mark."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
