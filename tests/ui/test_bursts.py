"""Scans and typing told apart: worked examples, then generated traces of scanners, people and both."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posapp.ui.bursts import (
    BURST_TIMEOUT_MS,
    FIRST_HOLD_MS,
    BurstDetector,
    Key,
    Scan,
    Typed,
)
from posapp.ui.evidence import is_scan, median

EAN = "4006381333931"
END = "\r"


def good_payload(text: str) -> bool:
    """A valid GTIN check digit, an AIM identifier or an own prefix."""
    if text.startswith(("]", "POS-")):
        return True
    if not (text.isdigit() and len(text) in (8, 12, 13, 14)):
        return False
    weights = [3 if place % 2 else 1 for place in range(len(text))]
    return sum(int(digit) * weight for digit, weight in zip(reversed(text), weights, strict=True)) % 10 == 0


@dataclass
class Bench:
    """Feeds strokes (time, text) as a window would, timer included; collects what comes out."""

    detector: BurstDetector
    out: list[str]
    last_ms: int = 0

    def stroke(self, at_ms: int, text: str, *, repeat: bool = False, stalled: bool = False) -> None:
        """A key that is let go at once."""
        self.press(at_ms, text, repeat=repeat, stalled=stalled)
        self.let_go(at_ms, text, repeat=repeat)

    def press(self, at_ms: int, text: str, *, repeat: bool = False, stalled: bool = False) -> None:
        hold = self.detector.hold_ms()
        if hold is not None and at_ms - self.last_ms > hold and not stalled:
            self.take(self.detector.expire())
        kind = "end" if text in ("\r", "\n", "\t") else "char"
        self.take(self.detector.feed(Key(kind, text, at_ms, ord(text), repeat, text)))
        if kind == "char":
            self.last_ms = at_ms

    def let_go(self, at_ms: int, text: str, *, repeat: bool = False) -> None:
        self.take(self.detector.feed(Key("release", text, at_ms, ord(text), repeat, None)))

    def rest(self) -> None:
        while self.detector.hold_ms() is not None:
            self.take(self.detector.expire())

    def take(self, decided: list[Scan | Typed]) -> None:
        for decision in decided:
            if isinstance(decision, Scan):
                self.out.append(f"<{decision.text}>")
            elif isinstance(decision.token, str):
                self.out.append(decision.token)

    def result(self) -> str:
        self.rest()
        return "".join(self.out)


def bench() -> Bench:
    return Bench(BurstDetector(good_payload), [])


def run(strokes: list[tuple[int, str]], *, stalled: bool = False, down_ms: int = 0) -> str:
    """What comes out of these strokes, each key being down for a while."""
    table = bench()
    presses = [(at_ms, 1, number, text) for number, (at_ms, text) in enumerate(strokes)]
    releases = [(at_ms + down_ms, 2, number, text) for number, (at_ms, text) in enumerate(strokes)]
    order = [(at, number, step, text) for at, step, number, text in (*presses, *releases)]
    for at_ms, _number, step, text in sorted(order):
        if step == 1:
            table.press(at_ms, text, stalled=stalled)
        else:
            table.let_go(at_ms, text)
    return table.result()


HAND_MS = 70
"""How long a finger stays on a key."""


def burst(text: str, start_ms: int = 1000, gap_ms: int = 5, end: str = END) -> list[tuple[int, str]]:
    return [(start_ms + gap_ms * place, each) for place, each in enumerate(text + end)]


# --------------------------------------------------------------------------- worked examples


@pytest.mark.parametrize("gap_ms", [0, 1, 5, 8, 20])
@pytest.mark.parametrize("end", ["\r", "\n", "\t", ""])
def test_a_usb_scanner_is_taken_whole(gap_ms: int, end: str) -> None:
    assert run(burst(EAN, gap_ms=gap_ms, end=end)) == f"<{EAN}>"


def test_cr_lf_is_eaten_whole() -> None:
    strokes = burst(EAN)
    strokes.append((strokes[-1][0] + 5, "\n"))
    assert run(strokes) == f"<{EAN}>"


def test_a_late_terminator_is_still_the_scanners() -> None:
    strokes = [*burst(EAN, end=""), (1000 + 12 * 5 + 200, END)]
    assert run(strokes) == f"<{EAN}>"


def test_a_slow_scanner_needs_a_known_payload() -> None:
    assert run(burst(EAN, gap_ms=40)) == f"<{EAN}>"
    wrong = EAN[:-1] + "5"
    assert run(burst(wrong, gap_ms=40), down_ms=HAND_MS) == wrong + END


def test_a_slow_scanner_is_known_by_its_taps_whatever_it_spells() -> None:
    """Else a misread code would land in an amount, and its Enter would settle the sale."""
    assert run(burst("SKU-0815", gap_ms=40), down_ms=8) == "<SKU-0815>"
    assert run(burst("SKU-0815", gap_ms=40), down_ms=HAND_MS) == "SKU-0815" + END


@pytest.mark.parametrize("gap_ms", [60, 85])
def test_a_very_slow_scanner_is_known_by_its_taps_and_its_payload(gap_ms: int) -> None:
    assert run(burst(EAN, gap_ms=gap_ms), down_ms=9) == f"<{EAN}>"
    assert run(burst(EAN, gap_ms=gap_ms), down_ms=HAND_MS) == EAN + END


def test_a_short_code_without_a_terminator_needs_a_known_payload() -> None:
    assert run(burst("1234", end="")) == "1234"
    assert run(burst("POS-7", end="")) == "<POS-7>"


@pytest.mark.parametrize("code", ["12", "111", "00050", "1234", "0000000"])
def test_what_no_hand_can_do_is_a_scan_whatever_it_spells(code: str) -> None:
    """Else a short or odd code would land in an amount and its Enter would settle the sale."""
    assert run(burst(code)) == f"<{code}>"


@pytest.mark.parametrize("code", ["12", "111", "00050", "1234"])
def test_a_quick_hand_stays_a_hand(code: str) -> None:
    strokes = [(40 * place, sign) for place, sign in enumerate([*code, END])]
    assert run(strokes, down_ms=HAND_MS) == code + END


def test_one_key_only_is_no_scan() -> None:
    assert run(burst("0000000", end="")) == "0000000"


def test_two_bursts_back_to_back_stay_apart_and_in_order() -> None:
    first = burst(EAN)
    second = burst("96385074", start_ms=first[-1][0] + 2)
    assert run([*first, *second]) == f"<{EAN}><96385074>"


def test_without_a_terminator_a_pause_parts_two_scans() -> None:
    first = burst(EAN, end="")
    second = burst("96385074", start_ms=first[-1][0] + 90, end="")
    assert run([*first, *second]) == f"<{EAN}><96385074>"


def test_a_digit_typed_just_before_a_scan_is_kept_apart() -> None:
    assert run([(1000, "3"), *burst(EAN, start_ms=1050)]) == f"3<{EAN}>"


def test_digits_typed_before_a_scan_are_given_back_and_the_scan_is_whole() -> None:
    typed = [(1000 + 58 * place, each) for place, each in enumerate("123")]
    assert run([*typed, *burst(EAN, start_ms=1000 + 58 * 3)]) == f"123<{EAN}>"


def test_a_typist_behind_a_stalled_window_is_still_a_typist() -> None:
    typed = [(1000 + 61 * place, each) for place, each in enumerate(EAN + END)]
    assert run(typed, stalled=True, down_ms=HAND_MS) == EAN + END


def test_a_scanner_behind_a_stalled_window_is_still_a_scanner() -> None:
    assert run(burst(EAN), stalled=True) == f"<{EAN}>"


def test_a_held_key_comes_through_as_it_is() -> None:
    table = bench()
    table.stroke(1000, "5")
    for place in range(8):
        table.stroke(1660 + 40 * place, "5", repeat=True)
    assert table.result() == "5" * 9


def test_doubled_digits_marked_as_repeats_by_the_window_system_belong_to_the_burst() -> None:
    table = bench()
    for place, (before, each) in enumerate(pairwise(" " + EAN)):
        table.stroke(1000 + place, each, repeat=before == each)
    table.stroke(1014, END)
    assert table.result() == f"<{EAN}>"


def test_shift_inside_a_burst_does_not_break_it_and_reaches_nobody() -> None:
    detector = BurstDetector(good_payload)
    out: list[Scan | Typed] = []
    for place, each in enumerate("POS-7Xy2"):
        at_ms = 1000 + 6 * place
        if each.isupper():
            out += detector.feed(Key("modifier", "", at_ms, 50, token="shift down"))
        out += detector.feed(Key("char", each, at_ms, ord(each), token=each))
        out += detector.feed(Key("release", each, at_ms, ord(each), token=f"{each} up"))
        if each.isupper():
            out += detector.feed(Key("release", "", at_ms, 50, token="shift up"))
    out += detector.feed(Key("end", END, 1060, 13, token=END))
    out += detector.feed(Key("release", "", 1063, 13, token="end up"))
    assert [each for each in out if isinstance(each, Scan)] == [Scan("POS-7Xy2", 1042)]
    # Shift went down before the burst had begun: nothing else may come out.
    assert [each.token for each in out if isinstance(each, Typed)] == ["shift down"]


def test_releases_after_a_scan_reach_nobody() -> None:
    detector = BurstDetector(good_payload)
    out: list[Scan | Typed] = []
    for place, each in enumerate(EAN):
        out += detector.feed(Key("char", each, 1000 + place, ord(each), token=each))
    out += detector.feed(Key("end", END, 1020, 13, token=END))
    for each in {*EAN, END}:
        code = 13 if each == END else ord(each)
        out += detector.feed(Key("release", "", 1030, code, token=f"{each} up"))
    assert out == [Scan(EAN, 1012)]


def test_another_key_decides_what_is_held_and_comes_after_it() -> None:
    detector = BurstDetector(good_payload)
    assert detector.feed(Key("char", "7", 1000, 55, token="7")) == []
    assert detector.feed(Key("other", "", 1010, 99, token="F12")) == [Typed("7"), Typed("F12")]


@pytest.mark.parametrize("gap_ms", [5, 40, 90])
def test_a_press_lets_out_what_a_person_struck_before_it(gap_ms: int) -> None:
    table = bench()
    for place, each in enumerate("250"):
        table.stroke(1000 + gap_ms * place, each)
    table.take(table.detector.interrupt())
    assert "".join(table.out) == "250"
    assert table.detector.hold_ms() is None
    assert table.detector.interrupt() == []


@pytest.mark.parametrize(("gap_ms", "before"), [(5, 4), (5, 12), (30, 13)])
def test_a_press_in_the_middle_of_a_burst_does_not_cut_it(gap_ms: int, before: int) -> None:
    table = bench()
    for place, (at_ms, each) in enumerate(burst(EAN, gap_ms=gap_ms)):
        if place == before:
            table.take(table.detector.interrupt())
        table.stroke(at_ms, each)
    assert table.result() == f"<{EAN}>"


@pytest.mark.parametrize(("pressed", "out"), [(False, f"<{EAN}>"), (True, f"<{EAN}>\r")])
def test_a_tapped_enter_soon_after_a_scan_is_a_persons_once_they_pressed_something(
    pressed: bool, out: str
) -> None:
    """Without the press it would be the second half of CR LF."""
    table = bench()
    strokes = burst(EAN)
    for at_ms, each in strokes:
        table.stroke(at_ms, each)
    if pressed:
        table.take(table.detector.interrupt())
    table.stroke(strokes[-1][0] + 50, "\r")
    assert table.result() == out


def test_enter_alone_is_not_held() -> None:
    detector = BurstDetector(good_payload)
    assert detector.feed(Key("end", END, 1000, 13, token=END)) == [Typed(END)]
    assert detector.hold_ms() is None


def test_a_lone_key_is_held_no_longer_than_promised() -> None:
    detector = BurstDetector(good_payload)
    detector.feed(Key("char", "7", 1000, 55, token="7"))
    assert detector.hold_ms() == FIRST_HOLD_MS <= 60
    detector.feed(Key("char", "8", 1020, 56, token="8"))
    assert detector.hold_ms() == BURST_TIMEOUT_MS
    assert 150 <= BURST_TIMEOUT_MS <= 200


def test_a_clock_that_begins_anew_loses_no_key() -> None:
    table = bench()
    for at_ms, text in [(2**32 - 10, "4"), *burst(EAN, start_ms=5)]:
        table.stroke(at_ms, text, stalled=True)
    assert table.result() == f"4<{EAN}>"


# --------------------------------------------------------------------------- generated traces

codes = st.one_of(
    st.sampled_from([EAN, "96385074", "012345678905", "4012345000009", "3700000000370"]),
    st.text("0123456789ABCDEFGHJKabc-./]", min_size=8, max_size=24).filter(lambda text: len(set(text)) > 1),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(codes, st.integers(0, 20), st.sampled_from(["\r", "\t"])), min_size=1, max_size=6),
    st.integers(2, 400),
    st.booleans(),
)
def test_usb_scans_come_out_once_in_order_and_nothing_else(
    scans: list[tuple[str, int, str]], between_ms: int, stalled: bool
) -> None:
    strokes: list[tuple[int, str]] = []
    at_ms = 1000
    for text, gap_ms, end in scans:
        strokes += burst(text, at_ms, gap_ms, end)
        at_ms = strokes[-1][0] + between_ms
    assert run(strokes, stalled=stalled) == "".join(f"<{text}>" for text, _gap, _end in scans)


@settings(max_examples=150, deadline=None)
@given(st.text("0123456789abc.,+", min_size=1, max_size=30), st.randoms(use_true_random=False), st.booleans())
def test_a_typist_gets_every_key_back_in_order(text: str, dice: random.Random, stalled: bool) -> None:
    at_ms, strokes = 1000, []
    for each in text:
        at_ms += dice.randint(63, 260)
        strokes.append((at_ms, each))
    strokes.append((at_ms + 90, END))
    assert run(strokes, stalled=stalled, down_ms=dice.randint(40, 120)) == text + END


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([EAN, "96385074", "012345678905", "4012345000009"]),
    st.lists(st.integers(4, 45), min_size=13, max_size=13),
    st.integers(1, 6),
    st.integers(45, 62),
)
def test_bluetooth_jitter_does_not_cut_a_known_code(
    code: str, gaps: list[int], slow_at: int, slow_ms: int
) -> None:
    gaps[slow_at] = slow_ms
    at_ms, strokes = 1000, []
    for each, gap_ms in zip(code, gaps, strict=False):
        strokes.append((at_ms, each))
        at_ms += gap_ms
    strokes.append((at_ms, END))
    assert run(strokes) == f"<{code}>"


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 220), st.sampled_from("0123456789ax")), min_size=1, max_size=40),
    st.booleans(),
    st.sampled_from([0, 8, 45, 110]),
)
def test_no_key_is_ever_lost_or_doubled(steps: list[tuple[int, str]], stalled: bool, down_ms: int) -> None:
    at_ms, strokes = 1000, []
    for gap_ms, each in steps:
        at_ms += gap_ms
        strokes.append((at_ms, each))
    told = run(strokes, stalled=stalled, down_ms=down_ms)
    assert told.replace("<", "").replace(">", "") == "".join(each for _gap, each in steps)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=3, max_size=20), st.sampled_from("0159 "))
def test_something_lying_on_one_key_is_never_a_scan(gaps: list[int], key: str) -> None:
    assert not is_scan(key * (len(gaps) + 1), gaps, lambda _text: True)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=30))
def test_the_median_parts_the_values(values: list[int]) -> None:
    middle = median(values)
    assert sum(value < middle for value in values) * 2 <= len(values)
    assert sum(value > middle for value in values) * 2 <= len(values)
