"""Separators in disguise, foreign layouts, Caps Lock and Alt sequences: what a run of keys spells."""

from __future__ import annotations

import pytest

from posapp.commands.wedge_layouts import LAYOUTS
from posapp.ui.alt_codes import alt_text
from posapp.ui.bursts import Scan, Typed
from posapp.ui.keygate import KeyGate
from posapp.ui.spelling import Speller, WedgeSettings
from posapp.ui.strokes import Key, Stroke, StrokeReader
from posapp.ui.us_keyboard import ENTER, KEYPAD, US, from_evdev, from_windows, places_of, us_text

EAN = "4006381333931"
GS1 = "]C10104006381333931" + "10AB7\x1d21X9"
PLACES = {text: (place, shifted) for place, pair in US.items() for shifted, text in enumerate(pair)}
PAD = {text: place for place, text in KEYPAD.items()}


def known(text: str) -> bool:
    """An EAN, an AIM identifier or an own prefix, and no sign that no such code has."""
    return text == EAN or (text.startswith(("]C1", "POS-")) and not set(text) & set('"£°üß+'))


class Hand:
    """Presses keys of a US scanner on a PC with some layout, 4 ms apart, and reads what comes out."""

    def __init__(self, layout: str = "us", settings: WedgeSettings | None = None) -> None:
        self.gate = KeyGate(known, settings)
        self.bent = LAYOUTS[layout]
        self.at_ms = 1_000
        self.out: list[object] = []

    def stroke(self, down: bool, **parts: object) -> None:
        self.at_ms += 2
        made = Stroke(down=down, event_ms=self.at_ms, **parts)  # type: ignore[arg-type]
        self.out += self.gate.feed(made, self.at_ms)

    def tap(self, **parts: object) -> None:
        self.stroke(True, **parts)
        self.stroke(False, **parts)

    def key(self, sign: str, *, caps: bool = False, shift: bool | None = None) -> None:
        place, shifted = PLACES[sign]
        text = self.bent.get(sign, sign)
        if shift:
            text, shifted = US[place][1], 1
        text = text.swapcase() if caps else text
        self.tap(kind="plain", text=text, code=place + 8, name=text.upper(), place=place, shift=bool(shifted))

    def pad(self, digits: str, *, alt: bool = False, locked: bool = True) -> None:
        for digit in digits:
            place = PAD[digit]
            text = digit if locked else ""
            self.tap(kind="plain", text=text, code=place, name=digit if locked else "", place=place,
                     digit=digit, alt=alt)  # fmt: skip

    def alt(self, digits: str, *, seen: bool = True) -> None:
        if seen:
            self.stroke(True, kind="alt", text="", code=64)
        self.pad(digits, alt=True)
        if seen:
            self.stroke(False, kind="alt", text="", code=64)

    def text(self, text: str, gs: str = "raw") -> None:
        for sign in text:
            if sign != "\x1d":
                self.key(sign)
            elif gs == "ctrl":
                name = self.bent.get("]", "]")
                self.tap(
                    kind="plain", text="\x1d" if name == "]" else "", code=35, name=name, place=27, ctrl=True
                )
            elif gs == "f8":
                self.tap(kind="f8", text="", code=74)
            elif gs == "raw":
                self.tap(kind="plain", text="\x1d", code=900)
            elif gs == "dropped":
                self.pad("029")
            elif gs == "unseen":
                self.alt("029", seen=False)
            else:
                self.alt(gs)

    def end(self) -> list[object]:
        self.tap(kind="end", text="\r", code=ENTER + 8, place=ENTER)
        while self.gate.due_ms is not None:
            self.out += self.gate.look(self.gate.due_ms)
        return [each.text for each in self.out if isinstance(each, Scan)]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("gs", ["raw", "ctrl", "f8", "029", "0029", "dropped", "unseen"])
def test_every_disguise_of_gs_is_one_separator_on_every_layout(gs: str, layout: str) -> None:
    hand = Hand(layout)
    hand.text(GS1, gs)
    assert hand.end() == [GS1]


def test_a_configured_sign_stands_for_gs() -> None:
    hand = Hand(settings=WedgeSettings(substitute="~"))
    hand.text(GS1.replace("\x1d", "~"))
    assert hand.end() == [GS1]


def test_ctrl_with_a_digit_is_a_persons_whatever_text_it_has() -> None:
    reader = StrokeReader()
    stroke = Stroke(True, "plain", "\x1d", 14, 5, "5", 6, ctrl=True)
    assert reader.read(stroke, 5).kind == "other"


def test_alt_with_the_number_pad_under_a_finger_comes_back_key_by_key() -> None:
    hand = Hand()
    hand.stroke(True, kind="alt", text="", code=64, token="alt")
    for digit in "0233":
        parts = {"kind": "plain", "text": digit, "code": PAD[digit], "digit": digit, "alt": True}
        hand.stroke(True, **parts, token=digit)
        hand.at_ms += 80
        hand.stroke(False, **parts)
        hand.at_ms += 150
    hand.stroke(False, kind="alt", text="", code=64)
    assert hand.end() == []
    tokens = [each.token for each in hand.out if isinstance(each, Typed)]
    assert [each for each in tokens if each is not None] == ["alt", *"0233"]


def test_what_windows_composes_itself_is_not_doubled() -> None:
    hand = Hand()
    hand.text("]C10104006381333931")
    hand.text("10AB7")
    hand.alt("029")
    hand.tap(kind="plain", text="\x1d", code=0)
    hand.text("21X9")
    assert hand.end() == [GS1]


def test_chinese_by_alt_sequences() -> None:
    hand = Hand()
    hand.text("POS-")
    for sign in "会员":
        hand.alt(str(ord(sign)))
    hand.text("88")
    assert hand.end() == ["POS-会员88"]


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        (["029"], "\x1d"),
        (["65", "066"], "AB"),
        (["20250", "21592"], "会员"),
        (["48097", "54449"], "会员"),  # double bytes of GB 2312
        (["0228", "0189", "0160"], "你"),  # bytes of UTF-8
        (["0233"], "é"),
        (["130"], "é"),
        (["55296"], ""),
        (["99999999"], ""),
    ],
)
def test_the_tables_of_alt_sequences(numbers: list[str], text: str) -> None:
    assert alt_text(numbers) == text


@pytest.mark.parametrize("layout", ["german", "french", "british"])
def test_a_us_scanner_on_another_layout_is_read_by_places_where_that_is_proven(layout: str) -> None:
    hand = Hand(layout)
    hand.text("POS-yz/7@#")
    assert hand.end() == ["POS-yz/7@#"]


def test_without_a_proof_the_text_stays_until_a_scan_has_given_one() -> None:
    hand = Hand("french")
    hand.text("HA112-X")
    assert hand.end() == ["HQ&&é)X"]
    hand.text(EAN)
    assert hand.end()[-1] == EAN
    hand.text("HA112-X")
    assert hand.end()[-1] == "HA112-X"


@pytest.mark.parametrize(("layout", "text"), [("us", "HA112-X"), ("system", "HQ&&é)X"), ("auto", "HQ&&é)X")])
def test_the_configured_layout_decides_what_nothing_proves(layout: str, text: str) -> None:
    hand = Hand("french", WedgeSettings(layout))  # type: ignore[arg-type]
    hand.text("HA112-X")
    assert hand.end() == [text]


def test_letters_bent_by_caps_lock_and_digits_by_a_held_shift_are_mended_by_proof() -> None:
    hand = Hand()
    for sign in "POS-aBc7":
        hand.key(sign, caps=True)
    assert hand.end() == ["POS-aBc7"]
    hand = Hand()
    for sign in EAN:
        hand.key(sign, shift=True)
    assert hand.end() == [EAN]
    assert [each.mended for each in hand.out if isinstance(each, Scan)] == [("shift",)]


def test_the_number_pad_without_num_lock_gives_digits() -> None:
    hand = Hand()
    hand.pad(EAN, locked=False)
    assert hand.end() == [EAN]


def test_places_of_keys() -> None:
    assert (from_evdev(10), from_evdev(35), from_evdev(104), from_evdev(106)) == (2, 27, 0x11C, 0x135)
    assert (from_windows(0x1B), from_windows(0x135), from_windows(0x3B)) == (27, 0x135, 0)
    assert places_of("offscreen")(10) == 0
    assert places_of("xcb") is from_evdev
    assert [us_text(place, shifted=True) for place in (2, 27, 57, 79)] == ["!", "}", " ", "1"]


def test_the_speller_asks_in_the_order_of_proof() -> None:
    asked: list[str] = []

    def check(text: str) -> bool:
        asked.append(text)
        return False

    keys = [Key("char", text, 0, 1, us=us, bare=us) for text, us in (("Q", "A"), ("&", "1"))]
    assert Speller(check).spell(keys).text == "Q&"
    assert asked == ["Q&", "A1", "q&", "a1"]
