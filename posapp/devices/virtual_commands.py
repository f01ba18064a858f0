"""Cuts a stream of ESC/POS bytes into commands, however the stream arrives in pieces.

Knows how long each command is, also of those that the virtual printer does not carry out, so that
one of them never turns the rest of a slip into rubbish. Refuses to know what commands do.
A command that is not in the tables is reported as unknown with its first two bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

ESC, GS, FS, DLE = 0x1B, 0x1D, 0x1C, 0x10
_NAMES = {ESC: "ESC", GS: "GS", FS: "FS", DLE: "DLE"}
# How many bytes follow the two that name the command.
_FIXED: dict[int, dict[str, int]] = {
    ESC: dict.fromkeys("@2LS\x0c<imu", 0)
    | dict.fromkeys("aEM!-tR3dJ GV{%=eKrUT?", 1)
    | dict.fromkeys("c$\\", 2)
    | {"p": 3, "B": 2, "W": 8, "q": 1},
    GS: dict.fromkeys(":c", 0) | dict.fromkeys("!hwHfBrab/TI", 1) | dict.fromkeys("LWP$\\^", 2),
    FS: dict.fromkeys(".&", 0) | dict.fromkeys("!C-W", 1) | dict.fromkeys("Sp", 2) | {"2": 74},
}
_CUTS_WITH_FEED = frozenset((65, 66, 97, 98, 103, 104))
_ALONE = {0x0A: "LF", 0x09: "HT", 0x0D: "CR", 0x0C: "FF", 0x18: "CAN"}


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name ("ESC a", "text", "unknown") and the bytes that go with it."""

    name: str
    data: bytes = b""


class CommandReader:
    """Keeps the bytes of an unfinished command until the rest of it comes."""

    def __init__(self) -> None:
        """Start between two commands."""
        self._held = bytearray()

    def forget(self) -> None:
        """Drop an unfinished command, as a printer does that loses its power."""
        self._held.clear()

    def read(self, data: bytes) -> Iterator[Command]:
        """The commands that these bytes complete, in order."""
        self._held += data
        at = 0
        try:
            while at < len(self._held):
                length = _length(self._held, at)
                if length is None or at + length > len(self._held):
                    return
                command = _command(bytes(self._held[at : at + length]))
                at += length
                if command is not None:
                    yield command
        finally:
            del self._held[:at]


def _command(raw: bytes) -> Command | None:
    first = raw[0]
    if first >= 0x20:
        return Command("text", raw)
    if first not in _NAMES:
        return Command(_ALONE[first]) if first in _ALONE else None
    name = f"{_NAMES[first]} {chr(raw[1])}"
    if first == DLE and raw[1] in (0x04, 0x05, 0x14):
        return Command({0x04: "DLE EOT", 0x05: "DLE ENQ", 0x14: "DLE DC4"}[raw[1]], raw[2:])
    if len(raw) == 2 and raw[1] not in map(ord, _FIXED.get(first, {})):
        return Command("unknown", raw)
    return Command(name, raw[2:])


def _length(held: bytearray, at: int) -> int | None:
    """Whole length of the command at a place, or None while that cannot be told yet."""
    first = held[at]
    if first >= 0x20:
        end = at
        while end < len(held) and held[end] >= 0x20:
            end += 1
        return end - at
    if first not in _NAMES:
        return 1
    if at + 1 >= len(held):
        return None
    if first == DLE:
        return _dle_length(held, at)
    letter = chr(held[at + 1])
    fixed = _FIXED[first].get(letter)
    if fixed is not None:
        return 2 + fixed
    match first, letter:
        case (0x1D, "V"):
            return _with(held, at, 3, lambda head: 4 if head[2] in _CUTS_WITH_FEED else 3)
        case (0x1D, "k"):
            return _barcode_length(held, at)
        case (0x1D, "v"):
            return _with(held, at, 8, lambda head: 8 + _word(head, 4) * _word(head, 6))
        case (0x1D, "*"):
            return _with(held, at, 4, lambda head: 4 + head[2] * head[3] * 8)
        case (0x1D, "8"):
            return _with(held, at, 7, lambda head: 7 + int.from_bytes(head[3:7], "little"))
        case (0x1D, "(") | (0x1C, "(") | (0x1B, "("):
            return _with(held, at, 5, lambda head: 5 + _word(head, 3))
        case (0x1B, "*"):
            return _with(held, at, 5, lambda head: 5 + _word(head, 3) * (3 if head[2] >= 32 else 1))
        case (0x1B, "D"):
            end = held.find(b"\x00", at + 2)
            return None if end < 0 else end + 1 - at
    return 2


def _dle_length(held: bytearray, at: int) -> int | None:
    match held[at + 1]:
        case 0x04 | 0x05:
            return 3
        case 0x14:
            return _with(held, at, 3, lambda head: {1: 5, 2: 5, 8: 10}.get(head[2], 3))
    return 2


def _barcode_length(held: bytearray, at: int) -> int | None:
    if at + 2 >= len(held):
        return None
    if held[at + 2] >= 65:
        return _with(held, at, 4, lambda head: 4 + head[3])
    end = held.find(b"\x00", at + 3)
    return None if end < 0 else end + 1 - at


def _with(held: bytearray, at: int, needed: int, length: Callable[[bytes], int]) -> int | None:
    """Ask for the length once that many bytes are there."""
    if len(held) - at < needed:
        return None
    return length(bytes(held[at : at + needed]))


def _word(head: bytes, at: int) -> int:
    return int.from_bytes(head[at : at + 2], "little")
