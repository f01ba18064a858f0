"""A GS1 element string as people print it: application identifiers in parentheses.

Knows only how long identifiers are and which elements end without a separator (GS1 General
Specifications 7.8.5 and its table of pre-defined lengths). Refuses to judge contents: the code reader
does.
"""

from __future__ import annotations

_SEPARATOR = "\x1d"
#: Digits of an identifier by its first two; the others have two.
_IDENTIFIER_DIGITS = {
    **dict.fromkeys(("23", "24", "25", "40", "41", "42", "71"), 3),
    **dict.fromkeys(("31", "32", "33", "34", "35", "36", "39", "43", "70", "72", "80", "81", "82"), 4),
}
#: Characters of identifier and content together, by the identifier's first two digits.
_WHOLE_LENGTH = {
    "00": 20, "01": 16, "02": 16, "03": 16, "04": 18,
    **dict.fromkeys(("11", "12", "13", "14", "15", "16", "17", "18", "19"), 8),
    "20": 4,
    **dict.fromkeys(("31", "32", "33", "34", "35", "36"), 10),
    "41": 16,
}  # fmt: skip


def gs1_in_parentheses(data: str) -> str:
    """Element string with 0x1D as separator → "(01)…(3103)…"."""
    said: list[str] = []
    at = 0
    while at < len(data):
        if data[at] == _SEPARATOR:
            at += 1
            continue
        start = data[at : at + 2]
        value_at = at + _IDENTIFIER_DIGITS.get(start, 2)
        length = _WHOLE_LENGTH.get(start)
        stop = data.find(_SEPARATOR, at)
        end = len(data) if stop < 0 else stop
        if length is not None:
            end = min(end, at + length)
        said.append(f"({data[at:value_at]}){data[value_at:end]}")
        at = max(end, value_at)
    return "".join(said)
