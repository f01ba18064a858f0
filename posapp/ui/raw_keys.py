"""Which keyboard sent a key, where the system tells it (Raw Input of Windows): plain bytes in, codes out.

Knows the structures RAWINPUTHEADER and RAWKEYBOARD as published for 64-bit Windows, which keyboards are
scanners, and what their keys spell on the US layout. A paired scanner's keys are always a code and never
reach a field; other keyboards' keys are never a code. Made from the published structures and tried with
bytes laid out like them: no Windows was at hand.
"""

from __future__ import annotations

import re
import struct
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import field
from typing import Literal

from posapp.ui.spelling import fold
from posapp.ui.strokes import Key, Stroke, StrokeReader
from posapp.ui.us_keyboard import ENDS, KEYPAD, TAB, US
from posapp.values import dataclass

HEADER = struct.Struct("<IIQQ")
"""dwType, dwSize, hDevice, wParam of a RAWINPUTHEADER in 64 bits."""
KEYBOARD = struct.Struct("<HHHHII")
"""MakeCode, Flags, Reserved, VKey, Message, ExtraInformation of a RAWKEYBOARD."""
TYPE_KEYBOARD = 1
_BREAK, _E0, _E1 = 1, 2, 4
_OVERRUN = 0xFF
_SHIFTS, _CONTROLS, _ALTS = frozenset((42, 54)), frozenset((29, 0x11D)), frozenset((56, 0x138))
_F8 = 66
_USB_ID = re.compile(r"VID_([0-9A-F]{4})&PID_([0-9A-F]{4})", re.IGNORECASE)

SILENCE_MS = 150
"""A code without a terminator ends after this."""
FORGET_MS = 1_000
"""A key that the window has not told of by then went to another window."""
PAIR_LENGTH, PAIR_MS = 6, 50
"""A scanner to be paired spells this many signs, this fast on average."""

Origin = Literal["scanner", "keyboard", "unknown"]


@dataclass(frozen=True, slots=True)
class RawKey:
    """One key of one device: its place as in `us_keyboard`, and whether it went down."""

    device: int
    place: int
    down: bool


def raw_key(data: bytes) -> RawKey | None:
    """The key that a RAWINPUT structure tells of; None where it is none, or one of no keyboard."""
    if len(data) < HEADER.size + KEYBOARD.size:
        return None
    kind, _size, device, _param = HEADER.unpack_from(data)
    make, flags, _reserved, _virtual, _message, _extra = KEYBOARD.unpack_from(data, HEADER.size)
    if kind != TYPE_KEYBOARD or device == 0 or make in (0, _OVERRUN) or flags & _E1:
        return None
    return RawKey(device, make & 0x7F | (0x100 if flags & _E0 else 0), not flags & _BREAK)


def device_line(name: str) -> str:
    r"""The line of a keyboard named like \\?\HID#VID_0C2E&PID_0B61#…; "" where it is not on USB."""
    found = _USB_ID.search(name)
    return f"keyboard:{found[1]}:{found[2]}".lower() if found else ""


@dataclass(slots=True)
class DeviceText:
    """The keys of one device as text."""

    reader: StrokeReader = field(default_factory=StrokeReader)
    keys: list[Key] = field(default_factory=list)
    held: set[int] = field(default_factory=set)
    first_ms: int = 0
    last_ms: int = 0

    def feed(self, key: RawKey, at_ms: int) -> str:
        """The code that this key ends, or ""; a code that silence has ended must be taken before."""
        if not key.down:
            self.held.discard(key.place)
            self.reader.read(self._stroke(key), at_ms)
            return ""
        repeat = key.place in self.held
        self.held.add(key.place)
        if repeat:
            return ""
        read = self.reader.read(self._stroke(key), at_ms)
        if read.kind == "end":
            return self.take()
        if read.kind == "char":
            self.first_ms = self.first_ms if self.keys else at_ms
            self.last_ms = at_ms
            self.keys.append(read)
        return ""

    def take(self) -> str:
        """What was spelt so far; begins anew."""
        text = fold(self.keys, us=True)[0]
        self.keys = []
        return text

    def _stroke(self, key: RawKey) -> Stroke:
        digit = KEYPAD.get(key.place, "")
        kind: Literal["plain", "end", "alt", "modifier", "f8"] = "plain"
        if key.place in ENDS:
            kind = "end"
        elif key.place in _ALTS:
            kind = "alt"
        elif key.place in _SHIFTS | _CONTROLS:
            kind = "modifier"
        elif key.place == _F8:
            kind = "f8"
        shift, control = bool(self.held & _SHIFTS), bool(self.held & _CONTROLS)
        text = KEYPAD.get(key.place, "") or US.get(key.place, ("", ""))[shift]
        text = "\t" if key.place == TAB else "\r" if key.place in ENDS else text
        name = US.get(key.place, ("", ""))[0].upper()
        return Stroke(
            key.down, kind, _controlled(name, text) if control else text, key.place, 1, name, key.place,
            digit if digit.isdigit() else "", shift, control, bool(self.held & _ALTS),
        )  # fmt: skip


def _controlled(name: str, text: str) -> str:
    """What Ctrl makes of a letter: M is CR, J is LF, I is Tab."""
    return chr(ord(name) & 0x1F) if len(name) == 1 and name.isalpha() else text


class RawKeyboards:
    """All keyboards of a PC that tells them apart; `on_code` gets a scanner's line, a text and its time."""

    def __init__(self, on_code: Callable[[str, str, int], None]) -> None:
        self._on_code = on_code
        self._lines: frozenset[str] = frozenset()
        self._texts: dict[int, DeviceText] = {}
        self._names: dict[int, str] = {}
        self._told: deque[tuple[RawKey, str, int]] = deque()
        self._pairing: Callable[[str, str], None] | None = None
        self._last_origin: Origin = "unknown"

    def keep(self, lines: Iterable[str]) -> None:
        """From now on these keyboards (by their lines) are scanners and no others."""
        self._lines = frozenset(line.lower() for line in lines)
        self._texts.clear()

    def pair(self, done: Callable[[str, str], None] | None) -> None:
        """Tell the line and the name of the next keyboard that spells a code; None: wait no longer."""
        self._pairing = done
        self._texts.clear()

    def heard(self, key: RawKey, name: str, at_ms: int) -> None:
        """A device sent a key; `name` is what the system calls it."""
        line = device_line(name)
        self._names[key.device] = name
        self._told.append((key, line, at_ms))
        while at_ms - self._told[0][2] > FORGET_MS:
            self._told.popleft()
        if line not in self._lines and self._pairing is None:
            return
        text = self._texts.setdefault(key.device, DeviceText())
        if text.keys and at_ms - text.last_ms > SILENCE_MS:
            self._ended(key.device, text, text.take())
        code = text.feed(key, at_ms)
        if code:
            self._ended(key.device, text, code)

    def idle(self, now_ms: int) -> None:
        """No key came: codes without a terminator end."""
        for device, text in list(self._texts.items()):
            if text.keys and now_ms - text.last_ms > SILENCE_MS:
                self._ended(device, text, text.take())

    @property
    def waiting(self) -> bool:
        """Whether a code has begun that silence may end."""
        return any(text.keys for text in self._texts.values())

    def origin(self, stroke: Stroke) -> Origin:
        """Whose stroke it is that the window tells of; "unknown" while no keyboard is a scanner."""
        if not self._lines:
            self._told.clear()
            return "unknown"
        for index, (key, line, _at_ms) in enumerate(self._told):
            if (key.place, key.down) == (stroke.code & 0x1FF, stroke.down):
                for _ in range(index + 1):
                    self._told.popleft()
                self._last_origin = "scanner" if line in self._lines else "keyboard"
                return self._last_origin
        # Windows composes a scanner's Alt sequence once more by itself: that has no key of its own.
        return "scanner" if not stroke.place and self._last_origin == "scanner" else "unknown"

    def _ended(self, device: int, text: DeviceText, code: str) -> None:
        name = self._names.get(device, "")
        line = device_line(name)
        if self._pairing is not None and line:
            if len(code) >= PAIR_LENGTH and text.last_ms - text.first_ms <= PAIR_MS * len(code):
                done, self._pairing = self._pairing, None
                done(line, name)
        elif line in self._lines and code:
            self._on_code(line, code, text.last_ms)
