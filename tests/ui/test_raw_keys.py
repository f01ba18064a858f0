"""Raw Input: bytes of key structures to codes of the paired scanner, and whose stroke it is.

The bytes are laid out by the published 64-bit structures; none were recorded on a real Windows.
"""

from __future__ import annotations

import ctypes
import struct
from ctypes import wintypes

import pytest

from posapp.config import parse_scanner
from posapp.ui.raw_input import WM_INPUT, RawInputFilter
from posapp.ui.raw_keys import FORGET_MS, SILENCE_MS, RawKey, RawKeyboards, device_line, raw_key
from posapp.ui.strokes import Stroke
from posapp.ui.us_keyboard import US

SCANNER, HAND = 0x10043, 0x10049
NAMES = {
    SCANNER: r"\\?\HID#VID_0C2E&PID_0B61&MI_00#7&2a4e3f1b&0&0000#{884b96c3-56ef-11d1-bc8c-00a0c91405dd}",
    HAND: r"\\?\HID#VID_046D&PID_C31C&MI_00#8&1f1f2b2c&0&0000#{884b96c3-56ef-11d1-bc8c-00a0c91405dd}",
}
LINE = "keyboard:0c2e:0b61"
PLACES = {text: (place, shifted) for place, pair in US.items() for shifted, text in enumerate(pair)}
SHIFT, CTRL, ALT, ENTER, F8 = 42, 29, 56, 28, 66
PAD = dict(zip("7894561230", (71, 72, 73, 75, 76, 77, 79, 80, 81, 82), strict=True))


def raw(device: int, make: int, flags: int = 0, *, kind: int = 1) -> bytes:
    """The bytes of a RAWINPUT with a RAWKEYBOARD."""
    return struct.pack("<IIQQ", kind, 40, device, 0) + struct.pack("<HHHHII", make, flags, 0, 0x41, 0x100, 0)


class Pc:
    """Keyboards whose keys come as bytes, 5 ms apart; codes that come out."""

    def __init__(self, *lines: str) -> None:
        self.codes: list[tuple[str, str, int]] = []
        self.keyboards = RawKeyboards(lambda line, text, at_ms: self.codes.append((line, text, at_ms)))
        self.keyboards.keep(lines)
        self.at_ms = 1_000

    def send(self, device: int, place: int, *, down: bool, extended: bool = False) -> None:
        self.at_ms += 5
        key = raw_key(raw(device, place, (not down) + (2 if extended else 0)))
        assert key is not None
        self.keyboards.heard(key, NAMES[device], self.at_ms)

    def tap(self, device: int, *places: int) -> None:
        """The last key, struck while the others are down."""
        for place in places:
            self.send(device, place, down=True)
        for place in reversed(places):
            self.send(device, place, down=False)

    def type(self, device: int, text: str) -> None:
        for sign in text:
            place, shifted = PLACES[sign]
            self.tap(device, SHIFT, place) if shifted else self.tap(device, place)

    def texts(self) -> list[str]:
        return [text for _line, text, _at in self.codes]


def test_the_structures_are_read() -> None:
    assert raw_key(raw(SCANNER, 0x1C, 2)) == RawKey(SCANNER, 0x11C, True)
    assert raw_key(raw(SCANNER, 0x1E, 1)) == RawKey(SCANNER, 0x1E, False)
    header = "010000002800000043000100000000000000000000000000"
    keyboard = "1e000000000041000001000000000000"
    assert raw_key(bytes.fromhex(header + keyboard)) == RawKey(SCANNER, 0x1E, True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        raw(SCANNER, 0x1E)[:39],
        raw(SCANNER, 0x1E, kind=0),
        raw(SCANNER, 0xFF),
        raw(SCANNER, 0),
        raw(SCANNER, 0x1D, 4),
        raw(0, 0x1E),
    ],
)
def test_what_is_no_key_of_a_device_is_nothing(data: bytes) -> None:
    assert raw_key(data) is None


def test_a_device_has_the_line_that_the_settings_take() -> None:
    assert device_line(NAMES[SCANNER]) == LINE
    line = parse_scanner(device_line(NAMES[SCANNER]))
    assert (line.kind, str(line.usb)) == ("keyboard", "0c2e:0b61")
    assert device_line(r"\\?\ACPI#PNP0303#4&30250dae&0#{884b96c3}") == ""


def test_a_paired_scanners_keys_are_codes_whatever_they_spell_and_however_slow() -> None:
    pc = Pc(LINE)
    pc.type(SCANNER, "7")
    pc.tap(SCANNER, ENTER)
    pc.type(SCANNER, "]C1HA-7@x")
    pc.tap(SCANNER, CTRL, 27)
    pc.tap(SCANNER, F8)
    pc.send(SCANNER, ALT, down=True)
    for digit in "0029":
        pc.tap(SCANNER, PAD[digit])
    pc.send(SCANNER, ALT, down=False)
    pc.type(SCANNER, "21")
    pc.tap(SCANNER, 15)
    assert pc.texts() == ["7", "]C1HA-7@x\x1d\x1d\x1d21"]
    assert {line for line, _text, _at in pc.codes} == {LINE}


def test_silence_ends_a_code_too_and_its_time_is_that_of_the_last_key() -> None:
    pc = Pc(LINE)
    pc.type(SCANNER, "4006")
    last_ms = pc.at_ms - 5
    assert pc.keyboards.waiting
    pc.keyboards.idle(last_ms + SILENCE_MS)
    assert pc.codes == []
    pc.keyboards.idle(last_ms + SILENCE_MS + 1)
    assert pc.codes == [(LINE, "4006", last_ms)]
    pc.type(SCANNER, "12")
    pc.at_ms += SILENCE_MS
    pc.type(SCANNER, "34")
    pc.tap(SCANNER, ENTER)
    assert pc.texts()[1:] == ["12", "34"]


def test_other_keyboards_are_never_a_code_and_do_not_mix_in() -> None:
    pc = Pc(LINE)
    for sign in "4006":
        pc.type(SCANNER, sign)
        pc.type(HAND, "9")
    pc.tap(HAND, ENTER)
    pc.tap(SCANNER, ENTER)
    assert pc.texts() == ["4006"]


def stroke(place: int, *, down: bool = True, known: bool = True) -> Stroke:
    return Stroke(down, "plain", "a", place, 5, "A", place if known else 0)


def test_a_stroke_is_of_the_keyboard_that_sent_it() -> None:
    pc = Pc(LINE)
    for device in (SCANNER, HAND, SCANNER):
        pc.send(device, 30, down=True)
        pc.send(device, 30, down=False)
    origins = [pc.keyboards.origin(stroke(30, down=down)) for down in (True, False) * 3]
    assert origins == ["scanner"] * 2 + ["keyboard"] * 2 + ["scanner"] * 2
    assert pc.keyboards.origin(stroke(31)) == "unknown"


def test_keys_that_another_window_got_are_forgotten() -> None:
    pc = Pc(LINE)
    pc.send(SCANNER, 30, down=True)
    pc.at_ms += FORGET_MS
    pc.send(HAND, 30, down=True)
    assert pc.keyboards.origin(stroke(30)) == "keyboard"


def test_without_a_paired_scanner_nothing_is_known() -> None:
    pc = Pc()
    pc.type(SCANNER, "4006381333931")
    pc.tap(SCANNER, ENTER)
    assert pc.codes == []
    assert pc.keyboards.origin(stroke(5)) == "unknown"


def test_what_windows_composes_of_a_scanners_alt_is_the_scanners() -> None:
    pc = Pc(LINE)
    pc.send(SCANNER, ALT, down=True)
    assert pc.keyboards.origin(stroke(ALT, known=False)) == "scanner"
    assert pc.keyboards.origin(Stroke(True, "plain", "\x1d", 0, 5)) == "scanner"


def test_pairing_takes_the_keyboard_that_spells_a_code_fast() -> None:
    pc = Pc()
    paired: list[tuple[str, str]] = []
    pc.keyboards.pair(lambda line, name: paired.append((line, name)))
    for sign in "4006381333931":
        pc.type(HAND, sign)
        pc.at_ms += 80
    pc.tap(HAND, ENTER)
    assert paired == []
    pc.type(SCANNER, "40063")
    pc.tap(SCANNER, ENTER)
    assert paired == [], "too short"
    pc.type(SCANNER, "4006381333931")
    pc.tap(SCANNER, ENTER)
    assert paired == [(LINE, NAMES[SCANNER])]
    assert pc.codes == []
    pc.keyboards.keep([LINE])
    pc.type(SCANNER, "4006381333931")
    pc.tap(SCANNER, ENTER)
    assert pc.texts() == ["4006381333931"]


class Source:
    """What the system would say."""

    def __init__(self) -> None:
        self.handles = {7: raw(SCANNER, 30), 8: b""}

    def data(self, handle: int) -> bytes:
        return self.handles[handle]

    def name(self, device: int) -> str:
        return NAMES[device]


def test_the_filter_reads_messages_of_the_window_and_takes_none(qapp: object) -> None:
    pc = Pc(LINE)
    made = RawInputFilter(Source(), pc.keyboards, lambda: 5_000)
    for number, handle in ((WM_INPUT, 7), (WM_INPUT, 8), (0x0100, 7)):
        message = wintypes.MSG()
        message.message, message.lParam = number, handle
        address = ctypes.addressof(message)
        assert made.nativeEventFilter(b"windows_generic_MSG", address) == (False, 0)
        assert made.nativeEventFilter(b"xcb_generic_event_t", address) == (False, 0)
    assert pc.keyboards.waiting
    assert pc.keyboards.origin(stroke(30)) == "scanner"
    assert pc.keyboards.origin(stroke(30)) == "unknown"
    made._look()
    assert pc.codes == []
