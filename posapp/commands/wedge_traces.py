"""Made-up sessions at a keyboard wedge: scanners, people and things on the keys, from a seed.

Ranges. USB scanners: 1, 8 or 20 ms a key (±15 %), a key down for 30 to 60 % of that. Radio scanners: reports
queued every 3 to 14 ms and sent at connections every 7.5 to 30 ms, two to six at once, one connection in 25
lost. Hands: 85 to 400 ms from key to key (names from 95), spread 15 to 45 %, never under 22 ms, each key
down 42 to 160 ms, so that fast ones roll over. Auto-repeat after 250 to 660 ms every 25 to 40 ms. Things on
the keys press two to six at once for 0.6 to 3 s. Windows stand still for 80 to 900 ms. Event times are exact
or, in every fifth session, come in steps of 15.6 ms as on Windows. Terminators CR, LF (Ctrl+J), Tab, CR LF,
none, late ones after 160 to 230 ms; without one the next scan is 90 ms (radio: 260 ms) away at least.
A person strikes no key that a scanner has down at that time and none under its Shift, Ctrl or Alt: window
systems merge keyboards, so nobody could tell those apart.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from posapp.commands.wedge_layouts import LAYOUTS, PLACES, places_in
from posapp.commands.wedge_payloads import GS, Amount, payload, typed_text
from posapp.ui.spelling import Layout, WedgeSettings
from posapp.ui.strokes import Stroke, StrokeKind

Disguise = Literal["raw", "ctrl", "alt3", "alt4", "dropped", "f8", "substitute"]
SUBSTITUTE = "~"
WINDOWS_STEP_MS = 15.6
_PAD = dict(zip("7894561230", (71, 72, 73, 75, 76, 77, 79, 80, 81, 82), strict=True))
_NAMED = {"shift": 42, "ctrl": 29, "alt": 56, "f8": 66, "\r": 28, "\t": 15, "back": 14}


@dataclass(frozen=True, slots=True)
class Cap:
    """What one key press looks like to the window system."""

    kind: StrokeKind
    text: str
    code: int
    name: str = ""
    place: int = 0
    digit: str = ""
    shift: bool = False
    ctrl: bool = False
    alt: bool = False


@dataclass(frozen=True, slots=True)
class Touch:
    """A key that goes down or up at a true time, by a scan (its number) or a person (None)."""

    at_ms: float
    down: bool
    cap: Cap
    scan: int | None
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class Scanner:
    """How one session's scanner is made and set."""

    radio: bool
    key_ms: float
    end: str
    layout: str
    pc_layout: str
    disguise: Disguise
    keypad: bool
    caps: bool
    late_end: bool


@dataclass(slots=True)
class Session:
    """One session: strokes with their arrivals, what was scanned and how the window stood still."""

    seed: int
    settings: WedgeSettings
    arrivals: list[tuple[int, Stroke]] = field(default_factory=list)
    scans: list[str] = field(default_factory=list)
    typed_runs: int = 0
    stalls: list[tuple[float, float]] = field(default_factory=list)
    timer_first: bool = False
    scanner: Scanner | None = None


def session(seed: int) -> Session:
    """The session of a seed: the same one every time."""
    dice = random.Random(seed)
    scanner = _scanner(dice)
    layout: Layout = "us" if scanner.pc_layout != "us" and dice.random() < 0.3 else "auto"
    if scanner.layout != "us":
        layout = "auto"
    substitute = SUBSTITUTE if scanner.disguise == "substitute" else ""
    made = Session(seed, WedgeSettings(layout, substitute), scanner=scanner)
    touches: list[Touch] = []
    at_ms = 1000.0
    for _ in range(dice.randint(5, 8)):
        at_ms += dice.uniform(300, 2500)
        at_ms = _episode(dice, made, scanner, touches, at_ms)
    touches = _apart(sorted(touches, key=lambda touch: touch.at_ms))
    made.stalls = _stalls(dice, touches)
    made.timer_first = dice.random() < 0.5
    step = WINDOWS_STEP_MS if dice.random() < 0.2 else 1.0
    made.arrivals = _arrivals(dice, touches, made.stalls, step)
    return made


def _scanner(dice: random.Random) -> Scanner:
    radio = dice.random() < 0.3
    pc = dice.choice(("us",) * 7 + ("german", "french", "british"))
    caps = pc == "us" and dice.random() < 0.06
    end = dice.choices(("\r", "\n", "\t", "\r\n", ""), (55, 6, 17, 10, 12))[0]
    return Scanner(
        radio,
        dice.uniform(3, 14) if radio else dice.choice((1.0, 8.0, 20.0)),
        end,
        dice.choice(("us", pc)),
        pc,
        dice.choice(("raw", "ctrl", "ctrl", "alt3", "alt4", "dropped", "f8", "substitute")),
        dice.random() < 0.1,
        caps,
        end in ("\r", "\t") and dice.random() < 0.04,
    )


def _kinds(scanner: Scanner) -> Amount:
    if scanner.keypad:
        return "digits"
    if scanner.caps:
        return "provable"
    return "any" if scanner.pc_layout == "us" else "known"


def _episode(
    dice: random.Random, made: Session, scanner: Scanner, touches: list[Touch], at_ms: float
) -> float:
    """Something happens: scans, typing, both at once, a held key, a thing on the keys. Returns its end."""
    roll = dice.random()
    if roll < 0.35:
        return _scans(dice, made, scanner, touches, at_ms)
    if roll < 0.8:
        made.typed_runs += 1
        begun = len(touches)
        end_ms = _type(dice, touches, typed_text(dice), at_ms)
        if roll < 0.52:  # a scan in the middle of it, wherever it falls
            struck = dice.choice(touches[begun:]).at_ms
            return max(
                end_ms, _scans(dice, made, scanner, touches, max(at_ms, struck + dice.uniform(-60, 90)))
            )
        return end_ms
    if roll < 0.92:
        made.typed_runs += 1
        return _hold(dice, touches, [_cap(dice.choice("0123456789+-"))], at_ms)
    lying = dice.sample("asdfghjkl;qwertyuiop0123456789", dice.randint(2, 6))
    return _hold(dice, touches, [_cap(each) for each in lying], at_ms)


# ---------------------------------------------------------------------------------- people


def _type(dice: random.Random, touches: list[Touch], text: str, at_ms: float) -> float:
    letters = any(each.isalpha() for each in text)
    middle = dice.choice((95, 130, 180, 300) if letters else (85, 100, 120, 160, 240, 400))
    spread = dice.uniform(0.15, 0.45)
    up_ms = at_ms
    for place, each in enumerate(text):
        cap = _cap(each)
        down_ms = min(160.0, max(42.0, dice.gauss(80, 20)))
        touches += [Touch(at_ms, True, cap, None), Touch(at_ms + down_ms, False, cap, None)]
        up_ms = max(up_ms, at_ms + down_ms)
        # One finger cannot strike a key again before it has left it.
        at_ms += max(22.0, dice.gauss(middle, middle * spread))
        if text[place + 1 : place + 2] == each:
            at_ms = max(at_ms, up_ms + 12)
    return at_ms


def _hold(dice: random.Random, touches: list[Touch], caps: Sequence[Cap], at_ms: float) -> float:
    last = caps[-1]
    for cap in caps:
        touches.append(Touch(at_ms, True, cap, None))
        at_ms += dice.uniform(0, 25)
    end_ms = at_ms + dice.uniform(600, 3000)
    again_ms = at_ms + dice.uniform(250, 660)
    pace_ms = dice.uniform(25, 40)
    while again_ms < end_ms - 5:
        touches += [Touch(again_ms, False, last, None, True), Touch(again_ms + 0.01, True, last, None, True)]
        again_ms += pace_ms
    touches += [Touch(end_ms + dice.uniform(0, 4), False, cap, None) for cap in caps]
    return end_ms + 5


# ---------------------------------------------------------------------------------- scanners


def _scans(dice: random.Random, made: Session, scanner: Scanner, touches: list[Touch], at_ms: float) -> float:
    """One scan, or some back to back."""
    for _ in range(dice.choice((1, 1, 1, 2, 3, 6))):
        text = payload(dice, _kinds(scanner))
        if len(text) < 6 and (scanner.radio or not scanner.end or scanner.late_end):
            text += "0815"  # a short one without a mark of any kind can be told by nobody
        number = len(made.scans)
        made.scans.append(text)
        groups = _presses(scanner, text)
        at_ms = _strike(dice, scanner, touches, groups, number, at_ms)
        least = 45.0 if scanner.end else (260.0 if scanner.radio else 90.0)
        if scanner.late_end:
            least = 300.0
        at_ms += dice.uniform(least, least * 4)
    return at_ms


def _strike(
    dice: random.Random,
    scanner: Scanner,
    touches: list[Touch],
    groups: Sequence[Sequence[Cap]],
    number: int,
    at_ms: float,
) -> float:
    """Press and release what a scan needs; a group's first keys stay down around its last."""
    reports: list[tuple[bool, Cap]] = []
    for group in groups:
        *around, last = group
        if around and around[0].kind == "alt":  # Alt stays down while digit after digit is struck
            reports.append((True, around[0]))
            for cap in group[1:]:
                reports += [(True, cap), (False, cap)]
            reports.append((False, around[0]))
            continue
        reports += [(True, cap) for cap in around]
        reports += [(True, last), (False, last)]
        reports += [(False, cap) for cap in around]
    ends = len(_ends(scanner.end)) * 2
    times = _times(dice, scanner, len(reports), at_ms)
    if scanner.late_end and ends:
        late_ms = dice.uniform(160, 230)
        times = [*times[:-ends], *(each + late_ms for each in times[-ends:])]
    touches += [Touch(each, down, cap, number) for each, (down, cap) in zip(times, reports, strict=True)]
    return times[-1]


def _times(dice: random.Random, scanner: Scanner, count: int, at_ms: float) -> list[float]:
    if not scanner.radio:
        times, share = [], dice.uniform(0.3, 0.6)
        for number in range(count):
            times.append(at_ms)
            part = share if number % 2 == 0 else 1 - share
            at_ms += scanner.key_ms * part * dice.uniform(0.85, 1.15)
        return times
    interval_ms, at_once = dice.choice((7.5, 11.25, 15.0, 22.5, 30.0)), dice.randint(2, 6)
    queued = [at_ms + scanner.key_ms * number for number in range(count)]
    times = []
    connection_ms = at_ms + dice.uniform(0, interval_ms)
    while len(times) < count:
        if dice.random() > 0.04:
            ready = [each for each in queued[len(times) :] if each <= connection_ms][:at_once]
            times += [connection_ms + 0.1 * step for step in range(len(ready))]
        connection_ms += interval_ms
    return times


def _presses(scanner: Scanner, text: str) -> list[list[Cap]]:
    """The keys of each character: modifiers first."""
    places = PLACES if scanner.layout == "us" else places_in(scanner.layout)
    bent = LAYOUTS[scanner.pc_layout] if scanner.layout == "us" else {}
    groups: list[list[Cap]] = []
    for each in text:
        if each == GS:
            groups += _gs(scanner, bent)
        elif each not in places:
            groups.append(_alt(str(ord(each))))
        elif scanner.keypad and each in _PAD:
            groups.append([_pad(each)])
        else:
            groups.append(_plain(scanner, each, places[each], bent))
    return groups + _ends(scanner.end)


def _plain(scanner: Scanner, each: str, at: tuple[int, int], bent: dict[str, str]) -> list[Cap]:
    place, shifted = at
    text = bent.get(each, each)
    if scanner.caps and text.isalpha():
        text = text.swapcase()
    cap = Cap("plain", text, place + 8, text.upper() if text.isascii() else "", place, shift=bool(shifted))
    return [Cap("modifier", "", _NAMED["shift"] + 8), cap] if shifted else [cap]


def _gs(scanner: Scanner, bent: dict[str, str]) -> list[list[Cap]]:
    match scanner.disguise:
        case "raw":
            return [[Cap("plain", GS, 900)]]
        case "ctrl":
            place = 27 if scanner.layout == "us" else 0
            name = bent.get("]", "]") or "^"
            text = GS if name == "]" else ""
            return [[Cap("modifier", "", 37), Cap("plain", text, 35, name, place, ctrl=True)]]
        case "alt3" | "alt4":
            return [_alt("029" if scanner.disguise == "alt3" else "0029")]
        case "dropped":
            return [[_pad(each)] for each in "029"]
        case "f8":
            return [[Cap("f8", "", _NAMED["f8"] + 8)]]
        case "substitute":
            place, shifted = PLACES[SUBSTITUTE] if scanner.layout == "us" else (0, 1)
            sign = bent.get(SUBSTITUTE, SUBSTITUTE)
            return [[Cap("plain", sign, 49, "", place, shift=bool(shifted))]]


def _alt(digits: str) -> list[Cap]:
    return [Cap("alt", "", _NAMED["alt"] + 8), *(replace(_pad(each), alt=True) for each in digits)]


def _pad(digit: str) -> Cap:
    return Cap("plain", digit, _PAD[digit] + 8, digit, _PAD[digit], digit)


def _ends(end: str) -> list[list[Cap]]:
    return [
        [Cap("modifier", "", 37), Cap("plain", "\n", 44, "J", 36, ctrl=True)]
        if each == "\n"
        else [_cap(each)]
        for each in end
    ]


def _cap(sign: str) -> Cap:
    """A person's key on a US keyboard."""
    if sign in "\r\t":
        return Cap("end", sign, _NAMED[sign] + 8, "", _NAMED[sign])
    place, shifted = PLACES[sign]
    return Cap("plain", sign, place + 8, sign.upper(), place, shift=bool(shifted))


def _apart(touches: Sequence[Touch]) -> list[Touch]:
    """Without a person's strokes that a window system would merge with a scanner's."""
    scanned: list[tuple[float, float, int, bool]] = []
    typed: list[tuple[float, float, int]] = []
    down: dict[tuple[bool, int], float] = {}
    for touch in touches:
        key = (touch.scan is None, touch.cap.code)
        if touch.repeat:
            continue
        if touch.down:
            down.setdefault(key, touch.at_ms)
        elif touch.scan is None:
            typed.append((down.pop(key, touch.at_ms), touch.at_ms, touch.cap.code))
        else:
            modifier = touch.cap.kind in ("modifier", "alt")
            scanned.append((down.pop(key, touch.at_ms), touch.at_ms, touch.cap.code, modifier))
    merged = {
        (begun, code)
        for begun, end, code in typed
        for other, until, same, modifier in scanned
        if (code == same and begun < until + 40 and other < end + 40)
        or (modifier and other - 20 <= begun <= until + 20)
    }
    spans = [(begun, end, code) for begun, end, code in typed if (begun, code) in merged]
    return [
        touch
        for touch in touches
        if touch.scan is not None
        or not any(code == touch.cap.code and begun <= touch.at_ms <= end for begun, end, code in spans)
    ]


# ---------------------------------------------------------------------------------- the window


def _stalls(dice: random.Random, touches: Sequence[Touch]) -> list[tuple[float, float]]:
    """When the window stands still: mostly where keys are struck."""
    found: list[tuple[float, float]] = []
    for _ in range(dice.choice((0, 1, 1, 2))):
        begun = dice.choice(touches).at_ms + dice.uniform(-150, 50)
        found.append((begun, begun + dice.uniform(80, 900)))
    return sorted(found)


def _arrivals(
    dice: random.Random, touches: Sequence[Touch], stalls: Sequence[tuple[float, float]], step_ms: float
) -> list[tuple[int, Stroke]]:
    """Strokes as they reach the window: later than they happened, and behind every stall at once."""
    told: list[tuple[int, Stroke]] = []
    last_ms = 0.0
    begun = dice.randint(1, 1 << 31)  # of the window system's clock
    for number, touch in enumerate(touches):
        at_ms = touch.at_ms + dice.uniform(0.1, 0.9)
        at_ms = max([at_ms, *(end for start, end in stalls if start <= at_ms < end)])
        last_ms = max(at_ms, last_ms + 0.05)
        event_ms = begun + int(int(touch.at_ms / step_ms) * step_ms)
        cap = touch.cap
        stroke = Stroke(
            touch.down, cap.kind, cap.text, cap.code, event_ms, cap.name, cap.place, cap.digit, cap.shift,
            cap.ctrl, cap.alt, False, touch.repeat, (number, touch.scan),
        )  # fmt: skip
        told.append((int(last_ms) + 5_000_000, stroke))
    return told
