"""What a run of keys spells, where the keyboard's layout, Caps Lock or a held Shift may have bent it.

Several readings of the same keys are possible. The one that is a known payload is taken; where none is,
the configured layout decides, or the layout that an earlier scan has proven. Nothing is guessed: without
a proof the text stays as the system gave it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from posapp.ui.alt_codes import alt_text
from posapp.ui.strokes import GROUP_SEPARATOR, Key
from posapp.values import dataclass

Layout = Literal["auto", "us", "system"]
_LEAST_DIGITS, _SURE_DIGITS, _MOST_DIGITS = 4, 12, 14
_DROPPED = ("029", "0029")


@dataclass(frozen=True, slots=True)
class WedgeSettings:
    """How the shop's keyboard scanners are set: their layout, and one sign that they send in place of GS."""

    layout: Layout = "auto"
    substitute: str = ""


@dataclass(frozen=True, slots=True)
class Spelling:
    """A text, whether it is a known payload, and what had to be mended to read it."""

    text: str
    known: bool
    mended: tuple[str, ...] = ()

    @property
    def sure(self) -> bool:
        """Whether the text is whole: a GTIN of 12 and more digits, which is hardly the start of another."""
        return self.gtin and len(self.text) >= _SURE_DIGITS

    @property
    def gtin(self) -> bool:
        """Whether the text looks like a whole GTIN."""
        return self.known and len(self.text) <= _MOST_DIGITS and self.text.isdigit()


class Speller:
    """Reads runs of keys; remembers which layout a scan has proven."""

    def __init__(self, check: Callable[[str], bool], settings: WedgeSettings | None = None) -> None:
        self._check = check
        self.settings = settings or WedgeSettings()
        self._proven: Literal["us", "system", ""] = ""

    def spell(self, keys: Sequence[Key]) -> Spelling:
        """The best reading of these characters."""
        first: Spelling | None = None
        foreign: Spelling | None = None
        tried: set[str] = set()
        for text, mended in self._readings(keys):
            if text in tried:
                continue
            tried.add(text)
            if not self._check(text):
                first = first or Spelling(text, False, mended)
            elif text.isascii():
                return Spelling(text, True, mended)
            else:
                foreign = foreign or Spelling(text, True, mended)  # unless a plain one is known too
        return foreign or first or Spelling("", False)

    def learn(self, keys: Sequence[Key], spelling: Spelling) -> None:
        """Remember what a scan proves of its scanner's layout: only one of two readings is a payload."""
        if not spelling.known:
            return
        system, us = fold(keys, us=False)[0], fold(keys, us=True)[0]
        if system != us and self._check(system) != self._check(us):
            self._proven = "us" if self._check(us) else "system"

    def _readings(self, keys: Sequence[Key]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Readings with the one to be taken unproven in front."""
        system, notes = fold(keys, us=False)
        us = fold(keys, us=True)[0]
        layout = self.settings.layout
        plain = [(self._substituted(system), notes)]
        if layout != "system" and us != system:
            holes = any(not (key.text or key.alt) for key in keys)
            bent = (self._substituted(us), (*notes, "layout"))
            first = layout == "us" or self._proven == "us" or (holes and self._proven != "system")
            plain.insert(0 if first else 1, bent)
        yield from plain
        for text, mended in plain:
            if text.swapcase() != text:
                yield text.swapcase(), (*mended, "caps")
        if keys and all(key.bare and key.bare != key.us for key in keys if not key.digit):
            bare = "".join(key.bare or key.text for key in keys)
            yield self._substituted(bare), (*notes, "shift")

    def _substituted(self, text: str) -> str:
        sign = self.settings.substitute
        return text.replace(sign, GROUP_SEPARATOR) if sign else text


def fold(keys: Sequence[Key], *, us: bool) -> tuple[str, tuple[str, ...]]:
    """The text of keys by the system's or by the US layout, sequences of Alt made characters; and notes."""
    if not any(key.digit for key in keys):
        return "".join((key.us or key.text) if us else key.text for key in keys), ()
    parts: list[str] = []
    notes: tuple[str, ...] = ()
    place = 0
    # Elsewhere the digits come from above the letters: then a lone 029 of the number pad lost its Alt.
    above = sum(not key.digit and (key.text.isdigit() or key.us.isdigit()) for key in keys)
    while place < len(keys):
        key = keys[place]
        if key.alt:
            end = _while(keys, place, lambda other: other.alt > 0)
            parts.append(alt_text([_digits(keys[place:end], number) for number in _alts(keys[place:end])]))
            place = end
        elif key.digit and above >= _LEAST_DIGITS:
            end = _while(keys, place, lambda other: bool(other.digit) and not other.alt)
            spelt = "".join(other.digit for other in keys[place:end])
            if spelt in _DROPPED:
                notes = ("alt",)
                spelt = GROUP_SEPARATOR
            parts.append(spelt)
            place = end
        else:
            parts.append((key.us or key.text) if us else key.text)
            place += 1
    return "".join(parts), notes


def _while(keys: Sequence[Key], start: int, holds: Callable[[Key], bool]) -> int:
    end = start
    while end < len(keys) and holds(keys[end]):
        end += 1
    return end


def _alts(keys: Sequence[Key]) -> list[int]:
    return list(dict.fromkeys(key.alt for key in keys))


def _digits(keys: Sequence[Key], number: int) -> str:
    return "".join(key.digit for key in keys if key.alt == number)
