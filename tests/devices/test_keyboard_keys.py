"""From the keys of a scanner that types to its text: the US layout, control characters in every disguise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.devices.scanners import evdev
from posapp.devices.scanners.evdev import Dropped, KeyEvent
from posapp.devices.scanners.framing import Complete
from posapp.devices.scanners.keyboard_port import KeyStream
from posapp.devices.scanners.keys_us import PLAIN, SHIFTED, KeyTexts, alt_character
from tests.devices.keyboard_parts import (
    ALT,
    CAPS,
    CTRL,
    EAN,
    ENTER,
    PAD,
    SHIFT,
    Keys,
    held,
    raw,
    stroke,
    typed,
)


def text_of(keys: Keys) -> str:
    stream = KeyTexts()
    return "".join(stream.feed(code, value) for code, value in keys)


@pytest.mark.parametrize(
    "text",
    [
        EAN,
        "]C1010690102818055910lot-A/b_1\x1d17261231",
        "HTTPS://example.com/01/06901028180559?17=261231&x=~!@#$%^&*()[]{}|\\;:'\"<>,./`+=",
        "会员码 8812",
        "[)>\x1e06\x1d12P\x1e",
    ],
)
def test_what_a_scanner_types_is_what_was_scanned(text: str) -> None:
    assert text_of(typed(text)) == text


@given(
    st.text(
        st.sampled_from(sorted({*PLAIN.values(), *SHIFTED.values(), "\x1d", "\x1e", "中", "酒"})), max_size=40
    )
)
def test_any_text_of_the_us_layout_comes_back(text: str) -> None:
    assert text_of(typed(text)) == text


def test_digits_of_the_keypad_are_digits_and_so_is_enter_there() -> None:
    keys = [key for char in "0123456789.-+*/" for key in stroke(PAD[char])] + stroke(96)
    assert text_of(keys) == "0123456789.-+*/\r"


@pytest.mark.parametrize(
    "keys",
    [
        held(CTRL, 27), held(97, 27), stroke(66), held(ALT, PAD["0"], PAD["2"], PAD["9"]),
        held(100, PAD["2"], PAD["9"]),
    ],
)  # fmt: skip
def test_the_group_separator_in_every_disguise(keys: Keys) -> None:
    assert text_of(keys) == "\x1d"


@pytest.mark.parametrize(
    ("digits", "char"),
    [
        ("065", "A"), ("65", "A"), ("0233", "é"), ("233", "Θ"), ("013", "\r"), ("29", "\x1d"),
        ("20013", "中"), ("54992", "中"), ("47811", "好"), ("128512", "😀"), ("0", ""), ("", ""),
        ("55296", ""), ("55457", "亍"), ("9999999", ""), ("0129", ""), ("8364", "€"),
    ],
)  # fmt: skip
def test_alt_and_a_number(digits: str, char: str) -> None:
    assert alt_character(digits) == char


@given(st.integers(0, 10**7 - 1), st.booleans())
def test_no_number_is_an_exception(number: int, zero: bool) -> None:
    sign = alt_character(("0" if zero else "") + str(number))
    assert sign.encode("utf-8").decode("utf-8") == sign


def test_caps_lock_turns_letters_only_and_shift_turns_them_back() -> None:
    assert (
        text_of([*stroke(CAPS), *typed("ab1"), *held(SHIFT, 30, 2), *stroke(CAPS), *typed("a")]) == "AB1a!a"
    )


def test_keys_that_repeat_and_keys_without_a_character_give_nothing() -> None:
    assert text_of([(30, 1), (30, 2), (30, 2), (30, 0), *stroke(59), *stroke(103), *held(ALT, 30)]) == "a"


def test_a_piece_of_an_event_and_other_events_are_left_out() -> None:
    data = raw(stroke(30)) + b"\1\2\3"
    assert evdev.parse_events(data) == [KeyEvent(30, 1, 1000), KeyEvent(30, 0, 1002)]
    lost = evdev.EVENT.pack(3, 500_000, evdev.EV_SYN, evdev.SYN_DROPPED, 0)
    assert evdev.parse_events(lost) == [Dropped(3500)]


def test_what_the_kernel_dropped_is_no_code_and_a_stuck_shift_is_forgotten() -> None:
    stream = KeyStream(100)
    found = stream.feed(evdev.parse_events(raw([*typed(EAN[:6]), (SHIFT, 1)])))
    found += stream.feed([Dropped(1100)])
    found += stream.feed(evdev.parse_events(raw([*typed(EAN[9:]), *stroke(ENTER)], start_ms=1110)))
    found += stream.feed(evdev.parse_events(raw([*typed(EAN), *stroke(ENTER)], start_ms=1300)))
    assert [each.data for each in found if isinstance(each, Complete)] == [EAN.encode()]
    assert len(found) == 2
