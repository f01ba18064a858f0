"""Where one code ends and the next begins in a stream of bytes.

Knows the usual ends (CR, LF, CRLF, Tab, ETX, STX … ETX, silence) and that a code may come in pieces, be cut
off, or never end. What is no whole code comes out as `Broken`, never as a shorter code: half an EAN-13 may
well be somebody else's number. Refuses to know what the bytes mean and what time it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

#: The largest QR code holds 7,089 digits (ISO/IEC 18004); what is longer is no code.
CODE_BYTES_MAX: Final = 8192
#: Without its end a code that began this long ago will not be finished.
HALF_MS: Final = 500
#: After so many codes without their end the scanner was set anew: it ends them by silence.
HALVES_MAX: Final = 2

_CR, _LF, _TAB, _STX, _ETX = 0x0D, 0x0A, 0x09, 0x02, 0x03
_ENDS: Final = {
    "auto": {_CR, _LF, _TAB, _ETX},
    "cr": {_CR},
    "lf": {_LF},
    "crlf": {_LF},
    "tab": {_TAB},
    "etx": {_ETX},
    "stx-etx": {_ETX},
    "silence": set[int](),
}


@dataclass(frozen=True, slots=True)
class Complete:
    """A whole code without its ends; `at_ms` is when its end came."""

    data: bytes
    at_ms: int


@dataclass(frozen=True, slots=True)
class Broken:
    """Bytes that are no whole code."""

    reason: Literal["half", "too_long", "noise"]
    at_ms: int


Framed = Complete | Broken


class Framer:
    """Cuts one stream. In the frame "auto" every usual end counts, and silence until the first one came."""

    def __init__(self, frame: str = "auto", *, silence_ms: int = 100) -> None:
        """A framer at the beginning of a stream; `frame` is one of the settings' frames."""
        self._frame = frame
        self._ends = _ENDS[frame]
        self._silence_ms = silence_ms
        self._data = bytearray()
        self._last_ms = 0
        self._in_text = frame != "stx-etx"
        self._spoiled: Literal["half", "too_long"] | None = None
        self._seen_end = frame not in ("auto", "silence")
        self._halves = 0

    def feed(self, data: bytes, at_ms: int) -> list[Framed]:
        """Take bytes that came at a time."""
        found = self.idle(at_ms)
        self._last_ms = at_ms
        for byte in data:
            if framed := self._take(byte, at_ms):
                found.append(framed)
        return found

    def idle(self, now_ms: int) -> list[Framed]:
        """Say that nothing came up to now."""
        if not self._data and self._spoiled is None:
            return []
        quiet_ms = now_ms - self._last_ms
        if not self._seen_end:
            return self._ended(self._last_ms) if quiet_ms >= self._silence_ms else []
        if quiet_ms < HALF_MS:
            return []
        self._halves += 1
        if self._frame == "auto" and self._halves >= HALVES_MAX:
            self._seen_end = False
        return self._cut_off(now_ms)

    def spoil(self, now_ms: int) -> None:
        """Bytes were lost on the way: what comes up to the next end is no whole code."""
        self._spoiled = "half"
        self._last_ms = now_ms

    def reset(self, now_ms: int) -> list[Framed]:
        """The stream broke off: what was begun is lost."""
        found = self._cut_off(now_ms) if self._data or self._spoiled else []
        self._in_text = self._frame != "stx-etx"
        return found

    def _take(self, byte: int, at_ms: int) -> Framed | None:
        if byte == _STX and self._frame in ("stx-etx", "auto"):
            half = bool(self._data)
            self._clear()
            self._in_text = True
            return Broken("half", at_ms) if half else None
        if not self._in_text:
            return None
        if byte in self._ends and (self._frame != "crlf" or self._data[-1:] == b"\r"):
            self._seen_end, self._halves = self._frame != "silence", 0
            self._in_text = self._frame != "stx-etx"
            ended = self._ended(at_ms)
            return ended[0] if ended else None
        if len(self._data) >= CODE_BYTES_MAX:
            self._spoiled = "too_long"
        else:
            self._data.append(byte)
        return None

    def _ended(self, at_ms: int) -> list[Framed]:
        data, spoiled = bytes(self._data), self._spoiled
        self._clear()
        if spoiled is not None:
            return [Broken(spoiled, at_ms)]
        data = data.strip(b"\r\n\0") if self._frame != "cr" else data.strip(b"\n\0")
        return [Complete(data, at_ms)] if data else []

    def _cut_off(self, at_ms: int) -> list[Framed]:
        reason = self._spoiled
        noise = reason is None and not self._data.strip(b"\r\n\0")
        self._clear()
        return [] if noise else [Broken(reason or "half", at_ms)]

    def _clear(self) -> None:
        self._data.clear()
        self._spoiled = None
