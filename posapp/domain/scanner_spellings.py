"""Every text that a wrongly set scanner may deliver for a test code, the likeliest first.

Knows the settings one by one (what of a number is sent, how the separator is sent, letter case, keyboard
layout) and puts at most two that are wrong together. Refuses to look at what really came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Enum
from functools import cache
from typing import Literal

from posapp.domain.keyboards import LAYOUTS, typed_on
from posapp.domain.scanner_probes import CHINESE, GS, Probe
from posapp.values import dataclass

Level = Literal["mend", "note"]


class Fault(Enum):
    """Everything that can be told from a test code; the value is what stands on record."""

    NO_TERMINATOR = "no terminator"
    TAB_TERMINATOR = "tab as terminator"
    TWO_TERMINATORS = "two terminators"
    PREFIX = "prefix"
    SUFFIX = "suffix"
    SEPARATOR_LOST = "separator lost"
    SEPARATOR_REPLACED = "separator replaced"
    SEPARATOR_AS_KEY = "separator as a key"
    SEPARATOR_AS_ALT = "separator as Alt code"
    NO_IDENTIFIERS = "no identifiers"
    GS1_AS_PLAIN = "GS1 announced as plain"
    UPC_AS_EAN = "UPC-A as EAN-13"
    EAN_8_AS_EAN_13 = "EAN-8 as EAN-13"
    UPC_E_EXPANDED = "UPC-E expanded"
    LEADING_DIGIT_CUT = "leading digit cut"
    CHECK_DIGIT_CUT = "check digit cut"
    CAPS_LOCK = "caps lock"
    ALL_CAPITALS = "all capitals"
    ALL_SMALL = "all small"
    LAYOUT_OF_PC = "layout of the PC"
    LAYOUT_OF_SCANNER = "layout of the scanner"
    CHARACTERS_LOST = "characters lost"
    INPUT_METHOD = "input method"
    CHINESE_LOST = "Chinese lost"
    CHINESE_GARBLED = "Chinese garbled"
    NOT_READ = "not read"
    NOT_READ_2D = "2D not read"
    READ_TWICE = "read twice"
    TYPED_BY_HAND = "typed by hand"
    OTHER_CODE = "another code"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is set otherwise than it should be; a "note" does no harm at this till.

    `detail` is the prefix or suffix, what stands for the separator, the number of lost characters, the
    identifier, or the short names of the layouts that explain the text equally well, with spaces between.
    """

    fault: Fault
    detail: str = ""
    level: Level = "mend"


@dataclass(frozen=True, slots=True)
class Spelling:
    """A text that a scanner may send. `gap` says what it means when anything stands in place of the GS."""

    text: str
    findings: tuple[Finding, ...]
    cost: int
    identified: bool
    gap: Fault | None = None
    hidden: tuple[str, ...] = ()  # the identifiers it lacks, without their bracket, in small letters

    @property
    def plain(self) -> bool:
        """Whether nothing but the identifier differs from what the code says."""
        return not self.findings and self.gap is None


#: A change of the text by one wrong setting, with its finding and cost.
_Change = tuple[Callable[[str], str], Finding, int]

#: What scanners are set to send for a group separator, next to the separator itself.
_SUBSTITUTES = ("|", "~", "^", "#", "{GS}", "<GS>", "^]", "\\x1d", "029", "\x1e", "\x1c", "␝")
_NOTE: Level = "note"
_STAGES_TOGETHER = 2


@cache
def spellings(probe: Probe) -> tuple[Spelling, ...]:
    """All texts that are tried for a code, by growing cost; a text that two ways lead to is told once."""
    best: dict[tuple[str, bool], Spelling] = {}
    for each in _all(probe):
        key = (each.text, each.gap is not None)
        known = best.get(key)
        if known is None or each.cost < known.cost - 1:
            best[key] = each
        elif (tied := _tie(known, each)) is not None:
            best[key] = tied
    return tuple(sorted(best.values(), key=lambda each: each.cost))


def _tie(known: Spelling, other: Spelling) -> Spelling | None:
    """Two layouts that spell the same: both are named."""
    mine, theirs = known.findings, other.findings
    if len(mine) != len(theirs) or [a.fault for a in mine] != [b.fault for b in theirs]:
        return None
    differ = [index for index, (a, b) in enumerate(zip(mine, theirs, strict=True)) if a != b]
    if len(differ) != 1 or mine[differ[0]].fault not in (Fault.LAYOUT_OF_PC, Fault.LAYOUT_OF_SCANNER):
        return None
    index = differ[0]
    both = Finding(mine[index].fault, f"{mine[index].detail} {theirs[index].detail}")
    findings = (*mine[:index], both, *mine[index + 1 :])
    return replace(known, findings=findings)


def _all(probe: Probe) -> Iterator[Spelling]:
    for start in _sent(probe):
        for separated, used in _separated(probe, start):
            yield from _typed(separated, _STAGES_TOGETHER - len(start.findings) - used)


# --- what of the code is sent -------------------------------------------------------------------


def _sent(probe: Probe) -> Iterator[Spelling]:
    """What the decoder hands on, without and with each identifier."""
    for text, findings, cost in _parts(probe):
        hidden = tuple(mark[1:].lower() for mark in (*probe.identifiers, *_PLAIN.get(probe.symbol, ())))
        yield Spelling(text, findings, cost, False, hidden=hidden)
        for identifier in _identifiers(probe, findings):
            harmless = tuple(each for each in findings if each.fault not in _PROMISED)
            less = cost if harmless == findings else cost - 50
            yield Spelling(identifier + text, harmless, max(0, less), True)
        for plain in _PLAIN.get(probe.symbol, ()):
            finding = Finding(Fault.GS1_AS_PLAIN, plain)
            yield Spelling(plain + text, (*findings, finding), cost + 80, True)


#: What the identifier of EAN-13 promises: thirteen digits, also of the short forms.
_PROMISED = (Fault.UPC_AS_EAN, Fault.UPC_E_EXPANDED)


def _identifiers(probe: Probe, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """As EAN-13 an EAN-8 carries the identifier of EAN-13."""
    extended = any(each.fault is Fault.EAN_8_AS_EAN_13 for each in findings)
    return ("]E0", *probe.identifiers) if extended else probe.identifiers


#: How a GS1 code is announced by a scanner that takes no notice of its first FNC1.
_PLAIN = {"gs1-128": ("]C0",), "gs1-datamatrix": ("]d1",)}

_Part = tuple[str, tuple[Finding, ...], int]


def _parts(probe: Probe) -> Iterator[_Part]:
    text = probe.text
    yield text, (), 0
    forms: list[_Part] = []
    match probe.symbol:
        case "upc-a":
            forms.append(("0" + text, (Finding(Fault.UPC_AS_EAN, level=_NOTE),), 50))
            forms.append((text[1:], (Finding(Fault.LEADING_DIGIT_CUT),), 100))
        case "ean-8":
            forms.append(("00000" + text, (Finding(Fault.EAN_8_AS_EAN_13, level=_NOTE),), 50))
        case "upc-e":
            whole = expanded_upc_e(text)
            note = (Finding(Fault.UPC_E_EXPANDED, level=_NOTE),)
            cut = Finding(Fault.LEADING_DIGIT_CUT)
            forms += [(whole, note, 50), ("0" + whole, note, 50), (text[1:], (cut,), 100)]
            forms.append((whole[1:], (*note, cut), 150))
        case "ean-13":
            pass
        case _:
            return
    yield from forms
    check = Finding(Fault.CHECK_DIGIT_CUT)
    for sent, findings, cost in [(text, (), 0), *forms]:
        yield sent[:-1], (*findings, check), cost + 100


def expanded_upc_e(text: str) -> str:
    """The 12 digits of UPC-A that 8 digits of UPC-E stand for (GS1 General Specifications, 5.2.2.4.2)."""
    system, body, last, check = text[0], text[1:7], text[6], text[7]
    match last:
        case "0" | "1" | "2":
            middle = f"{body[:2]}{last}0000{body[2:5]}"
        case "3":
            middle = f"{body[:3]}00000{body[3:5]}"
        case "4":
            middle = f"{body[:4]}00000{body[4]}"
        case _:
            middle = f"{body[:5]}0000{last}"
    return f"{system}{middle}{check}"


# --- how the separator and Chinese are sent -----------------------------------------------------


def _separated(probe: Probe, start: Spelling) -> Iterator[tuple[Spelling, int]]:
    """The spelling with each fate of its separator or its Chinese, and how many settings that took."""
    yield start, 0
    text, plain = start.text, not start.findings
    if GS in text:
        for sent in ("", *_SUBSTITUTES):
            finding = Finding(Fault.SEPARATOR_REPLACED, sent) if sent else Finding(Fault.SEPARATOR_LOST)
            changed = text.replace(GS, sent)
            yield _more(start, changed, finding, 100), 1
        if plain:
            yield replace(start, cost=start.cost + 120, gap=Fault.SEPARATOR_REPLACED), 1
    if CHINESE in text and plain:
        lost = Finding(Fault.CHINESE_LOST, level=_NOTE)
        yield _more(start, text.replace(CHINESE, ""), lost, 90), 1
        marked = text.replace(CHINESE, GS)
        yield replace(start, text=marked, cost=start.cost + 120, gap=Fault.CHINESE_GARBLED), 1


# --- how it is typed ----------------------------------------------------------------------------


def _swapped(text: str) -> str:
    return "".join(sign.swapcase() if len(sign.swapcase()) == 1 else sign for sign in text)


def _by(scanner: str, computer: str) -> Callable[[str], str]:
    return lambda text: typed_on(text, scanner=scanner, computer=computer)


_CASES: tuple[_Change, ...] = (
    (str.upper, Finding(Fault.ALL_CAPITALS), 105),
    (str.lower, Finding(Fault.ALL_SMALL), 110),
)
_CAPS: _Change = (_swapped, Finding(Fault.CAPS_LOCK), 100)
_BOARDS: tuple[_Change, ...] = (
    *((_by("us", each.layout), Finding(Fault.LAYOUT_OF_PC, each.layout), 120) for each in LAYOUTS),
    *((_by(each.layout, "us"), Finding(Fault.LAYOUT_OF_SCANNER, each.layout), 125) for each in LAYOUTS),
)


def _typed(start: Spelling, left: int) -> Iterator[Spelling]:
    """The spelling as the keyboard brings it, with at most `left` more settings wrong."""
    yield start
    if left < 1:
        return
    once: list[Spelling] = [_changed(start, change) for change in (*_CASES, *_BOARDS, _CAPS)]
    # A layout without Latin letters leaves little: around a gap for anything, too little to know it by.
    least = 0 if start.gap is None else len(start.text) // 2
    once = [each for each in once if each.text != start.text and len(each.text) > least]
    yield from once
    if left < 2:
        return
    # The scanner changes the case before the keyboard types it; Caps Lock changes what is typed.
    for change in _CASES:
        cased = _changed(start, change)
        twice = [_changed(cased, board) for board in _BOARDS]
        yield from (each for each in twice if start.text != cased.text != each.text)
    for board in _BOARDS:
        shown = _changed(start, board)
        locked = _changed(shown, _CAPS)
        if start.text != shown.text != locked.text:
            yield locked


def _changed(start: Spelling, change: _Change) -> Spelling:
    how, finding, cost = change
    return _more(start, how(start.text), finding, cost)


def _more(start: Spelling, text: str, finding: Finding, cost: int) -> Spelling:
    return replace(start, text=text, findings=(*start.findings, finding), cost=start.cost + cost)
