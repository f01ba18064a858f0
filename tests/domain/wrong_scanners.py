"""Scanners that are set wrong on purpose: what each delivers for a code, made from its settings.

Written apart from the diagnosis: here settings are applied one after the other as a scanner and a PC
would, there texts are searched.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from posapp.domain.keyboards import LAYOUTS, US, Keyboard
from posapp.domain.scanner_check import Received
from posapp.domain.scanner_probes import CHINESE, GS, Probe
from posapp.domain.scanner_spellings import Fault

BOARDS = {board.layout: board for board in (US, *LAYOUTS)}
#: In the order in which a scanner and the PC behind it apply them.
ORDER = (
    Fault.UPC_E_EXPANDED, Fault.LEADING_DIGIT_CUT, Fault.UPC_AS_EAN, Fault.EAN_8_AS_EAN_13,
    Fault.CHECK_DIGIT_CUT, Fault.GS1_AS_PLAIN, Fault.SEPARATOR_LOST, Fault.SEPARATOR_REPLACED,
    Fault.CHINESE_LOST, Fault.CHINESE_GARBLED, Fault.PREFIX, Fault.SUFFIX, Fault.ALL_CAPITALS,
    Fault.ALL_SMALL, Fault.LAYOUT_OF_SCANNER, Fault.LAYOUT_OF_PC, Fault.CAPS_LOCK, Fault.INPUT_METHOD,
    Fault.CHARACTERS_LOST, Fault.READ_TWICE, Fault.NO_TERMINATOR, Fault.TAB_TERMINATOR,
    Fault.TWO_TERMINATORS, Fault.SEPARATOR_AS_ALT, Fault.SEPARATOR_AS_KEY, Fault.TYPED_BY_HAND,
)  # fmt: skip
#: Several ways of one setting.
DETAILS: dict[Fault, tuple[str, ...]] = {
    Fault.PREFIX: ("*", "~", "P01"),
    Fault.SUFFIX: ("%", "END"),
    Fault.SEPARATOR_REPLACED: ("|", "~", "{GS}", "029", "$", "=="),
    Fault.CHINESE_GARBLED: ("????", CHINESE.encode().decode("latin-1"), "2001325991", "涓枃"),
    Fault.LAYOUT_OF_PC: tuple(board.layout for board in LAYOUTS),
    Fault.LAYOUT_OF_SCANNER: tuple(board.layout for board in LAYOUTS),
    Fault.SEPARATOR_AS_KEY: ("F8",),
    Fault.TWO_TERMINATORS: ("\r\n", "\r\r", "\r\t"),
}
#: Settings of which one scanner can have but one.
EXCLUDING = (
    {Fault.NO_TERMINATOR, Fault.TAB_TERMINATOR, Fault.TWO_TERMINATORS},
    {Fault.SEPARATOR_LOST, Fault.SEPARATOR_REPLACED, Fault.SEPARATOR_AS_ALT, Fault.SEPARATOR_AS_KEY},
    {Fault.CHINESE_LOST, Fault.CHINESE_GARBLED},
    {Fault.ALL_CAPITALS, Fault.ALL_SMALL},
    {Fault.UPC_AS_EAN, Fault.LEADING_DIGIT_CUT},
    {Fault.LAYOUT_OF_PC, Fault.LAYOUT_OF_SCANNER},
    {Fault.INPUT_METHOD, Fault.LAYOUT_OF_PC},
    {Fault.INPUT_METHOD, Fault.LAYOUT_OF_SCANNER},
    {Fault.INPUT_METHOD, Fault.CHINESE_GARBLED},
)


@dataclass(frozen=True)
class Setting:
    """One setting that is wrong."""

    fault: Fault
    detail: str = ""


@dataclass
class Wire:
    """What is on its way, and what is told about it."""

    text: str
    identifier: str = ""
    terminator: str = "\r"
    separator: str = ""
    by_hand: bool = False
    dice: random.Random = field(default_factory=lambda: random.Random(7))


def all_settings() -> list[Setting]:
    """Every setting in each of its ways."""
    return [Setting(fault, detail) for fault in ORDER for detail in DETAILS.get(fault, ("",))]


def together(one: Setting, other: Setting) -> bool:
    """Whether one scanner can be set wrong in both ways."""
    return one.fault is not other.fault and not any(
        {one.fault, other.fault} <= excluding for excluding in EXCLUDING
    )


def deliver(probe: Probe, identifier: str, settings: list[Setting]) -> Received:
    """What comes of a code from a scanner with these settings wrong."""
    wire = Wire(probe.text, identifier)
    if identifier == "]E0" and probe.symbol in ("upc-a", "upc-e"):
        # The identifier promises thirteen digits, however short forms are set.
        wire.text = "0" + {"upc-e": "042100005264"}.get(probe.symbol, wire.text)
    for setting in sorted(settings, key=lambda each: ORDER.index(each.fault)):
        if ORDER.index(setting.fault) >= ORDER.index(Fault.PREFIX):
            wire.text, wire.identifier = wire.identifier + wire.text, ""
        _apply(probe, wire, setting)
    text = wire.identifier + wire.text
    channel = "hand" if wire.by_hand else "keyboard"
    return Received(text, wire.terminator, channel, wire.separator)  # type: ignore[arg-type]


def moved(text: str, sends: Keyboard, shows: Keyboard) -> str:
    """Key by key: where a character lies on one keyboard, and what that key writes on the other."""
    out = ""
    for sign in text:
        if not " " < sign < "\x7f":
            out += sign
        elif sign in sends.plain:
            out += shows.plain[sends.plain.index(sign)].strip(" ")
        elif sign in sends.shifted:
            out += shows.shifted[sends.shifted.index(sign)].strip(" ")
    return out


def _apply(probe: Probe, wire: Wire, setting: Setting) -> None:
    text, detail = wire.text, setting.detail
    match setting.fault:
        case Fault.UPC_E_EXPANDED | Fault.LEADING_DIGIT_CUT | Fault.UPC_AS_EAN if wire.identifier:
            pass
        case Fault.UPC_E_EXPANDED if probe.symbol == "upc-e":
            wire.text = "042100005264"
        case Fault.LEADING_DIGIT_CUT if probe.symbol in ("upc-a", "upc-e"):
            wire.text = text[1:]
        case Fault.UPC_AS_EAN if probe.symbol == "upc-a":
            wire.text = "0" + text
        case Fault.EAN_8_AS_EAN_13 if probe.symbol == "ean-8":
            wire.text = "00000" + text
        case Fault.CHECK_DIGIT_CUT if probe.symbol in ("ean-13", "ean-8", "upc-a", "upc-e"):
            wire.text = text[:-1]
        case Fault.GS1_AS_PLAIN if wire.identifier in ("]C1", "]d2"):
            wire.identifier = {"]C1": "]C0", "]d2": "]d1"}[wire.identifier]
        case Fault.SEPARATOR_LOST | Fault.SEPARATOR_REPLACED:
            wire.text = text.replace(GS, detail)
        case Fault.CHINESE_LOST | Fault.CHINESE_GARBLED:
            wire.text = text.replace(CHINESE, detail)
        case Fault.PREFIX:
            wire.text = detail + text
        case Fault.SUFFIX:
            wire.text = text + detail
        case Fault.ALL_CAPITALS:
            wire.text = text.upper()
        case Fault.ALL_SMALL:
            wire.text = text.lower()
        case Fault.CAPS_LOCK:
            wire.text = "".join(sign.swapcase() if len(sign.swapcase()) == 1 else sign for sign in text)
        case Fault.LAYOUT_OF_PC:
            wire.text = moved(text, US, BOARDS[detail])
        case Fault.LAYOUT_OF_SCANNER:
            wire.text = moved(text, BOARDS[detail], US)
        case Fault.INPUT_METHOD:
            wire.text = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)
        case _:
            _apply_to_the_end(wire, setting)


def _apply_to_the_end(wire: Wire, setting: Setting) -> None:
    text = wire.text
    match setting.fault:
        case Fault.CHARACTERS_LOST:
            inner = [place for place in range(1, len(text) - 1) if text[place] != GS]
            for place in sorted(wire.dice.sample(inner, min(2, len(inner))), reverse=True):
                wire.text = wire.text[:place] + wire.text[place + 1 :]
        case Fault.READ_TWICE:
            wire.text = text + text
        case Fault.NO_TERMINATOR:
            wire.terminator = ""
        case Fault.TAB_TERMINATOR:
            wire.terminator = "\t"
        case Fault.TWO_TERMINATORS:
            wire.terminator = setting.detail
        case Fault.SEPARATOR_AS_ALT if GS in text:
            wire.separator = "Alt"
        case Fault.SEPARATOR_AS_KEY if GS in text:
            wire.separator = setting.detail
        case Fault.TYPED_BY_HAND:
            wire.by_hand = True
