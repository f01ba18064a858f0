"""How many columns a text takes on paper, and where it may be broken.

Knows display width (East Asian wide characters take two columns), which characters stay together,
and the few rules of Chinese and Latin line breaking. Refuses to know about fonts and printers.
Everything the printer cannot show as a glyph (control characters, direction marks) ends here, so
no item name can ever smuggle a command into the byte stream.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_LINE_ENDS = frozenset("\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_NO_LINE_START = frozenset("、。，．：；！？）］｝〉》」』】〕’”…·%,.:;!?)]}％℃元")
_NO_LINE_END = frozenset("（［｛〈《「『【〔‘“([{￥¥$€£")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A character with the marks that sit on it; `width` is 1 or 2 columns."""

    text: str
    width: int

    @property
    def is_space(self) -> bool:
        """Whether it shows nothing."""
        return self.text.isspace()


def printable(text: str) -> str:
    """The text with nothing in it but visible characters, plain spaces and line ends."""
    return "".join(
        _visible(character) for character in unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    )


def _visible(character: str) -> str:
    if character in _LINE_ENDS:
        return "\n"
    match unicodedata.category(character):
        case "Cc":
            return " "
        case "Cf":
            return ""
        case "Cs":
            return "\ufffd"
        case "Zs" if character != "\u3000":
            return " "
    return character


def clusters(text: str) -> tuple[Cluster, ...]:
    """Split printable text into characters with their marks."""
    found: list[Cluster] = []
    for character in text:
        if found and unicodedata.category(character) in ("Mn", "Me"):
            found[-1] = Cluster(found[-1].text + character, found[-1].width)
        else:
            wide = unicodedata.east_asian_width(character) in "WF"
            found.append(Cluster(character, 2 if wide else 1))
    return tuple(found)


def width_of(text: str) -> int:
    """Columns that printable text takes on one row."""
    return sum(cluster.width for cluster in clusters(text))


def wrap(text: str, width: int) -> tuple[str, ...]:
    """Break printable text into rows of at most `width` columns (2 or more), at least one row.

    Only spaces at a break are dropped. Rows after the first keep the first one's indent.
    """
    if width < 2:
        raise ValueError("a wide character needs two columns")
    rows: list[str] = []
    for paragraph in text.split("\n"):
        rows.extend(_wrap_paragraph(paragraph, width))
    return tuple(rows)


def _wrap_paragraph(paragraph: str, width: int) -> list[str]:
    stripped = paragraph.lstrip(" ")
    indent = " " * min(len(paragraph) - len(stripped), width // 3)
    rest = clusters(stripped.rstrip(" "))
    room = max(2, width - len(indent))
    indent = indent[: width - room]
    rows: list[str] = []
    while rest:
        end = _break_at(rest, room)
        rows.append(indent + "".join(cluster.text for cluster in rest[:end]).rstrip(" "))
        while end < len(rest) and rest[end].text == " ":
            end += 1
        rest = rest[end:]
    return rows or [""]


def _break_at(rest: tuple[Cluster, ...], room: int) -> int:
    """How many clusters go on this row: all, up to the best break, or as many as fit."""
    used = 0
    best = 0
    for place, cluster in enumerate(rest):
        if place and _may_break(rest[place - 1], cluster):
            best = place
        if used + cluster.width > room:
            return best or place
        used += cluster.width
    return len(rest)


def _may_break(before: Cluster, after: Cluster) -> bool:
    if after.is_space:
        return True
    if before.is_space:
        return True
    if after.text[0] in _NO_LINE_START or before.text[0] in _NO_LINE_END:
        return False
    if before.text == "-":
        return after.text[0].isalpha()
    return before.width == 2 or after.width == 2
