"""What is set wrong on a scanner, told from what came back for a code whose right text is known.

Every setting that goes wrong changes the text in a known way, so the ways are tried forwards, the
likeliest first, alone and in pairs, until one explains what came. Knows no screen and no device; which
words people read is decided elsewhere. A text that nothing explains is called unknown, never guessed at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from posapp.domain.scanner_probes import CHINESE, GS, PROBES, Probe
from posapp.domain.scanner_spellings import Fault, Finding, Spelling, spellings
from posapp.values import dataclass

#: Most characters that a prefix or a suffix is believed to have.
AFFIX_MAX = 8
#: More lost characters than this part of a code, in percent, make it another code.
LOST_PERCENT = 40
# Costs are in hundredths: about 100 for one setting that is wrong.
_PREFIX_COST, _SUFFIX_COST, _EACH_COST = 130, 131, 2
_LOST_COST, _LOST_EACH = 160, 30

#: What a Chinese or Japanese input method makes of ASCII signs, full-width forms apart.
_PUNCTUATION = {
    "，": ",", "。": ".", "、": "/", "；": ";", "：": ":", "？": "?", "！": "!", "（": "(", "）": ")",
    "【": "[", "】": "]", "「": "{", "」": "}", "“": '"', "”": '"', "‘": "'", "’": "'", "《": "<", "》": ">",
    "￥": "$", "·": "`", "\u3000": " ",
}  # fmt: skip
_WIDE = {wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)}
_NARROWED = _WIDE | {ord(sign): plain for sign, plain in _PUNCTUATION.items()}

Channel = Literal["keyboard", "serial", "hid", "hand"]


@dataclass(frozen=True, slots=True)
class Received:
    """What came back, before anything of it was mended.

    `terminator` holds the control characters after the code ("" for none), None where the way it came
    does not tell. `separator` names the key that stood for a group separator where it was not the
    character itself: "Alt" or the name of a key. `mended` is what the till makes of the text.
    """

    text: str
    terminator: str | None = None
    channel: Channel = "keyboard"
    separator: str = ""
    mended: str = ""
    again: bool = False  # the same code had just come


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What one code says about the scanner; `cost` grows with how far-fetched the explanation is.

    `identified` tells whether an AIM identifier came, None where the code was not recognised.
    """

    findings: tuple[Finding, ...]
    cost: int
    identified: bool | None

    @property
    def right(self) -> bool:
        """Whether nothing has to be mended."""
        return not any(finding.level == "mend" for finding in self.findings)


#: Up to this cost, two settings at most, a text is taken for a code that is not on the screen.
PLAINLY = 250
#: Nothing that a setting does to the code explains the text.
NOTHING_FITS = Diagnosis((Finding(Fault.OTHER_CODE),), 9900, None)


def diagnose(probe: Probe, received: Received) -> Diagnosis:
    """Compare what came back with what the code says; no finding means that all is right."""
    if received.channel == "hand":
        return Diagnosis((Finding(Fault.TYPED_BY_HAND),), 0, None)
    around = _around(probe, received)
    told = _text_findings(probe, received.text)
    if told.cost and received.mended and received.mended != received.text:
        mended = _text_findings(probe, received.mended)
        if mended.right and mended.identified is not None and told.identified is not None:
            told = replace(told, findings=tuple(replace(each, level="note") for each in told.findings))
    return replace(told, findings=(*told.findings, *around))


def recognise(shown: int, received: Received, probes: Sequence[Probe] = PROBES) -> tuple[int, Diagnosis]:
    """Which of the codes came back, and what it says; `shown` is taken where none fits better.

    A printed sheet is scanned in any order, so another code that fits plainly is taken for itself.
    """
    here = diagnose(probes[shown], received)
    if here.cost == 0 or received.channel == "hand":
        return shown, here
    best = shown, here
    for number, probe in enumerate(probes):
        if number == shown:
            continue
        there = diagnose(probe, received)
        if there.cost <= PLAINLY and there.cost < best[1].cost - 50:
            best = number, there
    return best


def not_answered(probe: Probe) -> Finding:
    """What it means that a scanner says nothing when this code is held before it."""
    if probe.optional:
        return Finding(Fault.NOT_READ, level="note")
    return Finding(Fault.NOT_READ if probe.linear else Fault.NOT_READ_2D)


def summary(diagnoses: Iterable[tuple[Probe, Diagnosis]]) -> tuple[Finding, ...]:
    """Every finding of a whole test once: what must be mended first, then what is good to know.

    A layout is believed from the code that shows most of it. Codes without identifiers are told once.
    """
    told = list(diagnoses)
    found: dict[tuple[Fault, str], Finding] = {}
    shown: list[tuple[int, Finding]] = [
        (len(set(probe.text)), each)
        for probe, diagnosis in told
        for each in diagnosis.findings
        if each.fault in LAYOUT_FAULTS
    ]
    for _probe, diagnosis in told:
        for each in diagnosis.findings:
            if each.fault in PER_CODE:
                continue
            if each.fault in LAYOUT_FAULTS:
                each = replace(max(shown, key=lambda pair: pair[0])[1], level=each.level)
            key = (each.fault, "" if each.fault is Fault.CHARACTERS_LOST else each.detail)
            if key not in found or (found[key].level == "note" and each.level == "mend"):
                found[key] = each
    identified = [diagnosis.identified for _probe, diagnosis in told if diagnosis.identified is not None]
    if identified and not any(identified):
        found[Fault.NO_IDENTIFIERS, ""] = Finding(Fault.NO_IDENTIFIERS, level="note")
    return tuple(sorted(found.values(), key=lambda each: each.level != "mend"))


def to_repeat(diagnoses: Iterable[tuple[Probe, Diagnosis]]) -> tuple[Probe, ...]:
    """The codes whose scan says nothing about the scanner, so that they must be scanned once more."""
    return tuple(
        probe
        for probe, diagnosis in diagnoses
        if any(each.fault in NOT_THE_CODE and each.level == "mend" for each in diagnosis.findings)
    )


LAYOUT_FAULTS = frozenset((Fault.LAYOUT_OF_PC, Fault.LAYOUT_OF_SCANNER))
#: Findings that say something about one scan and nothing about the scanner.
NOT_THE_CODE = frozenset((Fault.OTHER_CODE, Fault.TYPED_BY_HAND))
PER_CODE = NOT_THE_CODE | {Fault.NOT_READ, Fault.NOT_READ_2D}


# --- around the text ----------------------------------------------------------------------------


def _around(probe: Probe, received: Received) -> tuple[Finding, ...]:
    found: list[Finding] = []
    if received.terminator is not None and received.channel == "keyboard":
        end = received.terminator
        if not end:
            found.append(Finding(Fault.NO_TERMINATOR))
        elif len(end) > 1:
            found.append(Finding(Fault.TWO_TERMINATORS))
        elif end == "\t":
            found.append(Finding(Fault.TAB_TERMINATOR))
    if received.separator and GS in probe.text:
        fault = Fault.SEPARATOR_AS_ALT if received.separator == "Alt" else Fault.SEPARATOR_AS_KEY
        found.append(Finding(fault, received.separator, "note"))
    if received.again:
        found.append(Finding(Fault.READ_TWICE))
    return tuple(found)


# --- the text -----------------------------------------------------------------------------------


def _text_findings(probe: Probe, text: str) -> Diagnosis:
    extra: list[Finding] = []
    cost = 0
    half = len(text) // 2
    if half >= 6 and text[:half] == text[half:]:
        text = text[:half]
        extra.append(Finding(Fault.READ_TWICE))
        cost += 100
    found = _explain(probe, text)
    narrow = text.translate(_WIDE if CHINESE in probe.text else _NARROWED)
    if narrow != text and (found is None or found.cost > 100):
        narrowed = _explain(probe, narrow)
        if narrowed is not None and (found is None or narrowed.cost + 100 < found.cost):
            found = narrowed
            extra.append(Finding(Fault.INPUT_METHOD))
            cost += 100
    if found is None:
        return NOTHING_FITS
    return Diagnosis((*found.findings, *extra), found.cost + cost, found.identified)


def _explain(probe: Probe, text: str) -> Diagnosis | None:
    """The cheapest way from what the code says to what came."""
    best: Diagnosis | None = None
    for spelling in spellings(probe):
        if best is not None and spelling.cost >= best.cost:
            break
        for found in _fits(spelling, text):
            if best is None or found.cost < best.cost:
                best = found
    return best


def _fits(spelling: Spelling, text: str) -> Iterable[Diagnosis]:
    if text == spelling.text:
        yield _told(spelling)
        return
    if spelling.gap is not None:
        yield from _with_anything(spelling, spelling.gap, text)
        return
    at = text.find(spelling.text)
    if at >= 0:
        before, after = text[:at], text[at + len(spelling.text) :]
        if len(before) <= AFFIX_MAX and len(after) <= AFFIX_MAX:
            yield _told(spelling, *_affixes(before, after, spelling.hidden))
        return
    yield from _with_losses(spelling, text)


def _told(spelling: Spelling, *more: tuple[Finding, int]) -> Diagnosis:
    findings = (*spelling.findings, *(finding for finding, _cost in more))
    return Diagnosis(findings, spelling.cost + sum(cost for _finding, cost in more), spelling.identified)


def _affixes(before: str, after: str, hidden: Iterable[str] = ()) -> Iterable[tuple[Finding, int]]:
    """What stands around a code; a prefix that holds a damaged identifier is hard to believe."""
    if before:
        damaged = any(mark in before.lower() for mark in hidden)
        yield Finding(Fault.PREFIX, before), _PREFIX_COST * (1 + damaged) + _EACH_COST * len(before)
    if after:
        yield Finding(Fault.SUFFIX, after), _SUFFIX_COST + _EACH_COST * len(after)


def _with_anything(spelling: Spelling, gap: Fault, text: str) -> Iterable[Diagnosis]:
    """A text with something unforeseen where `GS` stands in the spelling."""
    left, _mark, right = spelling.text.partition(GS)
    at, end = text.find(left), text.rfind(right)
    if at < 0 or end < at + len(left):
        return
    before, between, after = text[:at], text[at + len(left) : end], text[end + len(right) :]
    most = AFFIX_MAX if gap is Fault.SEPARATOR_REPLACED else 12 * len(CHINESE)
    if not 0 < len(between) <= most or len(before) > AFFIX_MAX or len(after) > AFFIX_MAX:
        return
    level: Literal["mend", "note"] = "note" if gap is Fault.CHINESE_GARBLED else "mend"
    affixes = _affixes(before, after, spelling.hidden)
    yield _told(spelling, (Finding(gap, between, level), 0), *affixes)


def _with_losses(spelling: Spelling, text: str) -> Iterable[Diagnosis]:
    """Some characters missing; only plain spellings may have a prefix or suffix besides."""
    whole = spelling.text
    most = max(1, len(whole) * LOST_PERCENT // 100)
    affix = AFFIX_MAX if spelling.plain else 0
    if len(whole) - most > len(text) or len(text) >= len(whole) + 2 * affix:
        return
    for before in range(affix + 1):
        for after in range(affix + 1 - before):
            core = text[before : len(text) - after]
            lost = len(whole) - len(core)
            if 0 < lost <= most and is_thinned(core, whole):
                finding = Finding(Fault.CHARACTERS_LOST, str(lost))
                affixes = _affixes(text[:before], text[len(text) - after :] if after else "", spelling.hidden)
                # By chance any character is lost; the first and the separator have likelier reasons.
                unlikely = (GS in whole and GS not in core) + (core[:1] != whole[:1])
                cost = _LOST_COST + _LOST_EACH * (lost + unlikely)
                yield _told(spelling, (finding, cost), *affixes)


def is_thinned(core: str, whole: str) -> bool:
    """Whether a text is another one with some characters left out."""
    rest = iter(whole)
    return all(sign in rest for sign in core)
