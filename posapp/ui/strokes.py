"""Plain key events, and what each may be in a scan: a character, a terminator, a separator in disguise.

Knows the guises in which scanners type what has no key (GS as a control character, as Ctrl+], as F8, as
Alt with digits of the number pad). It decides nothing: whether a key was a scanner's is told by time and
by what the whole run spells.
"""

from __future__ import annotations

from typing import Literal

from posapp.ui.alt_codes import alt_text
from posapp.ui.us_keyboard import CONTROLS, ENDS, KEYPAD, US, us_text
from posapp.values import dataclass

GROUP_SEPARATOR = "\x1d"
_SEPARATORS = frozenset(CONTROLS.values())
_CONTROL_ENDS = frozenset("MJI")
"""Ctrl+M, Ctrl+J and Ctrl+I are CR, LF and Tab for scanners that send control characters."""

KeyKind = Literal["char", "end", "modifier", "release", "other"]
StrokeKind = Literal["plain", "end", "alt", "modifier", "f8"]


@dataclass(frozen=True, slots=True)
class Stroke:
    """One key event as the window system told it, without Qt.

    `name` is the sign on the key's cap in this layout, `place` its place (see `us_keyboard`, 0 unknown),
    `digit` the digit of a number pad's key whatever Num Lock says, `event_ms` 0 for no time.
    """

    down: bool
    kind: StrokeKind
    text: str
    code: int
    event_ms: int
    name: str = ""
    place: int = 0
    digit: str = ""
    shift: bool = False
    ctrl: bool = False
    alt: bool = False
    meta: bool = False
    repeat: bool = False
    token: object = None


@dataclass(frozen=True, slots=True)
class Key:
    """One key event for the detector: `code` pairs press and release, `token` is handed back untouched.

    `us` is what the key is on a US keyboard and `bare` that without Shift, both "" where unknown; `alt`
    numbers the press of Alt under which a digit of the number pad was struck; `timed` is false where
    only the arrival is known.
    """

    kind: KeyKind
    text: str
    at_ms: int
    code: int
    repeat: bool = False
    token: object = None
    us: str = ""
    bare: str = ""
    digit: str = ""
    alt: int = 0
    timed: bool = True
    guise: str = ""  # the key that a separator was typed by, where it was not the character itself


class StrokeReader:
    """Turns strokes into keys; remembers only which press of Alt is on and what was struck under it."""

    def __init__(self) -> None:
        self._alts = 0
        self._alt_open = False
        self._alt_seen = False
        self._composing = ""

    def read(self, stroke: Stroke, at_ms: int) -> Key:
        """The key that a stroke is; `at_ms` is its time in a clock without breaks."""
        timed = stroke.event_ms != 0
        kind: KeyKind
        text, us, bare, digit, alt = stroke.text, "", "", "", 0
        if not stroke.down:
            kind = "release"
            self._alt_open = self._alt_open and stroke.kind != "alt"
        elif stroke.kind in ("alt", "modifier"):
            kind = "modifier"
            if stroke.kind == "alt" and not stroke.repeat:
                self._next_alt()
                self._alt_seen = True
        elif stroke.alt and not stroke.ctrl and stroke.digit:
            if not self._alt_open:  # the press of Alt itself was taken by somebody else
                self._next_alt()
                self._alt_seen = False
            kind, text, digit, alt = "char", "", stroke.digit, self._alts
            self._composing += stroke.digit
        else:
            self._alt_open = self._alt_open and (stroke.alt or self._alt_seen)
            kind = _kind(stroke)
            if self._composing and not stroke.place and stroke.text == alt_text([self._composing]):
                kind = "modifier"  # Windows composes the sequence too: the scan has it already
            self._composing = ""
            if kind == "char":
                text, us, bare = _readings(stroke)
                digit = stroke.digit
        guise = "F8" if stroke.kind == "f8" else ""
        return Key(
            kind, text, at_ms, stroke.code, stroke.repeat, stroke.token, us, bare, digit, alt, timed, guise
        )

    def _next_alt(self) -> None:
        self._alts += 1
        self._alt_open = True
        self._composing = ""


def _kind(stroke: Stroke) -> KeyKind:
    if _separator(stroke) or stroke.kind == "f8":
        return "char"
    if stroke.ctrl and not stroke.alt and stroke.name in _CONTROL_ENDS and stroke.text in ("\r", "\n", "\t"):
        return "end"
    if stroke.meta or stroke.ctrl != stroke.alt:  # both together are AltGr on some systems
        return "other"
    if stroke.kind == "end":
        return "end"
    if stroke.text and stroke.text.isprintable():
        return "char"
    # A dead key has no text of its own, a number pad without Num Lock none that is meant.
    known = stroke.place in US or bool(stroke.digit)
    return "char" if known and not stroke.ctrl else "other"


def _separator(stroke: Stroke) -> str:
    """The separator that a stroke stands for; Ctrl with a digit is a person's, whatever text it has."""
    if stroke.name.isdigit():
        return CONTROLS.get(stroke.place, "") if stroke.ctrl and stroke.shift and stroke.place == 7 else ""
    if stroke.text in _SEPARATORS:
        return stroke.text
    if stroke.ctrl and not stroke.alt and not stroke.meta:
        if stroke.name == "]":
            return GROUP_SEPARATOR
        return CONTROLS.get(stroke.place, "") if stroke.place == 27 else ""
    return ""


def _readings(stroke: Stroke) -> tuple[str, str, str]:
    """What the system made of a key, what it is on a US keyboard, and the latter without Shift."""
    separator = GROUP_SEPARATOR if stroke.kind == "f8" else _separator(stroke)
    if separator:
        return separator, separator, separator
    text = stroke.text if stroke.text.isprintable() else ""
    if stroke.digit:
        return text or stroke.digit, stroke.digit, stroke.digit
    if stroke.place in KEYPAD or stroke.place in ENDS:
        return text, us_text(stroke.place, shifted=False) or text, text
    if stroke.alt or not stroke.place:
        return text, "", ""
    return text, us_text(stroke.place, shifted=stroke.shift), us_text(stroke.place, shifted=False)
