"""What the keys of a scan said goes along with it: text as typed, terminator, guise of the separator."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

from posapp.domain.scan_trace import ScanTrace
from posapp.flows.intents import ScanCode
from posapp.ui.bursts import BurstDetector, Key, Scan
from posapp.ui.keygate import KeyGate
from posapp.ui.strokes import Stroke

EAN = "4006381333931"


def scan(detector: BurstDetector, keys: list[Key], end: str, at_ms: int) -> list[Scan]:
    """Feed keys 2 ms apart, each let go at once, and a terminator; the scans that come out."""
    ends = [Key("end", sign, 0, 900 + place) for place, sign in enumerate(end)]
    out = []
    for place, key in enumerate([*keys, *ends]):
        now_ms = at_ms + 2 * place
        down = Key(
            key.kind, key.text, now_ms, key.code, us=key.us, digit=key.digit, alt=key.alt, guise=key.guise
        )
        out += detector.feed(down)
        out += detector.feed(Key("release", "", now_ms + 1, key.code))
    while detector.hold_ms() is not None:
        out += detector.expire()
    return [each for each in out if isinstance(each, Scan)]


def plain(text: str) -> list[Key]:
    """Keys that type a text, the same on a US keyboard."""
    return [Key("char", sign, 0, ord(sign), us=sign) for sign in text]


def detector() -> BurstDetector:
    """One that knows payloads of digits and of the shop's own."""
    return BurstDetector(lambda text: text == EAN or text.startswith("10Lot7\x1d"))


def test_the_terminator_goes_along() -> None:
    for end in ("\r", "\n", "\t", ""):
        (found,) = scan(detector(), plain(EAN), end, 1000)
        assert found.trace == ScanTrace(EAN, end)


def test_a_second_terminator_is_told_by_the_next_scan() -> None:
    bench = detector()
    assert scan(bench, plain(EAN), "\r\n", 1000)[0].trace == ScanTrace(EAN, "\r")
    assert scan(bench, plain(EAN), "\r", 3000)[0].trace == ScanTrace(EAN, "\r", twofold=True)
    assert scan(bench, plain(EAN), "\r", 5000)[0].trace == ScanTrace(EAN, "\r")


def test_the_text_is_that_of_the_pcs_own_layout() -> None:
    french = dict(zip("0123456789", "à&é\"'(-è_ç", strict=True))
    keys = [Key("char", french[digit], 0, ord(digit), us=digit) for digit in EAN]
    (found,) = scan(detector(), keys, "\r", 1000)
    assert found.text == EAN
    assert found.trace is not None
    assert found.trace.typed == "".join(french[digit] for digit in EAN)


def test_the_guise_of_the_separator_is_told() -> None:
    gs = Key("char", "\x1d", 0, 29, us="\x1d")
    (found,) = scan(detector(), [*plain("10Lot7"), gs, *plain("21a9K")], "\r", 1000)
    assert found.trace == ScanTrace("10Lot7\x1d21a9K", "\r")
    key = Key("char", "\x1d", 0, 29, us="\x1d", guise="F8")
    (found,) = scan(detector(), [*plain("10Lot7"), key, *plain("21a9K")], "\r", 1000)
    assert found.trace == ScanTrace("10Lot7\x1d21a9K", "\r", "F8")
    alt = [Key("char", "", 0, 300 + place, digit=digit, alt=1) for place, digit in enumerate("029")]
    (found,) = scan(detector(), [*plain("10Lot7"), *alt, *plain("21a9K")], "\r", 1000)
    assert found.trace == ScanTrace("10Lot7\x1d21a9K", "\r", "Alt")


def test_f8_is_told_from_the_stroke_itself() -> None:
    gate = KeyGate(lambda text: text.startswith("10Lot7"))
    found: list[Scan] = []
    strokes = [
        *((sign, "plain") for sign in "10Lot7"),
        ("", "f8"),
        *((sign, "plain") for sign in "21a9K"),
        ("\r", "end"),
    ]
    for place, (sign, kind) in enumerate(strokes):
        for down in (True, False):
            stroke = Stroke(down, kind, sign, 50 + place, 1000 + 2 * place + (not down), sign.upper())  # type: ignore[arg-type]
            found += [each for each in gate.feed(stroke, stroke.event_ms) if isinstance(each, Scan)]
    found += [each for each in gate.expire() if isinstance(each, Scan)]
    assert [(each.text, each.trace) for each in found] == [
        ("10Lot7\x1d21a9K", ScanTrace("10Lot7\x1d21a9K", "\r", "F8"))
    ]


def test_the_window_hands_the_trace_on(till) -> None:
    for place, sign in enumerate([*EAN, "\t"]):
        key = Qt.Key.Key_Tab if sign == "\t" else Qt.Key(ord(sign))
        for kind, late in ((QEvent.Type.KeyPress, 0), (QEvent.Type.KeyRelease, 1)):
            event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, sign)
            event.setTimestamp(5000 + 3 * place + late)
            till.window._wedge.feed(event)
    till.window._wedge.settle()
    (sent,) = [each for each in till.taken() if isinstance(each, ScanCode)]
    assert (sent.text, sent.trace) == (EAN, ScanTrace(EAN, "\t"))
