"""What a receipt printer says about itself, and the few bytes in which it says it.

Knows the real-time status questions (DLE EOT) and the in-turn question (GS r) whose answer comes
only after everything before it was printed. Refuses to know who asks and over which wire.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PrinterState = Literal["ready", "paper_out", "cover_open", "offline", "unknown"]

ASK_PRINTER = b"\x10\x04\x01"
ASK_CAUSE = b"\x10\x04\x02"
ASK_PAPER = b"\x10\x04\x04"
QUESTIONS = (ASK_PRINTER, ASK_CAUSE, ASK_PAPER)
MARKER = b"\x1dr\x01"
"""Asks in turn: the answer says that all bytes before it were carried out."""

_OFFLINE = 0x08
_COVER_OPEN = 0x04
_PAPER_END_STOP = 0x20
_ERROR = 0x40
_PAPER_END = 0x60


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """How the printer is and how many slips wait for it; `unknown` until it was asked."""

    state: PrinterState
    waiting: int = 0


def is_status_answer(byte: int) -> bool:
    """Whether a byte answers a real-time question (bits 1 and 4 set, 0 and 7 clear)."""
    return byte & 0x93 == 0x12


def is_marker_answer(byte: int) -> bool:
    """Whether a byte answers the in-turn question (bits 4 and 7 clear)."""
    return byte & 0x90 == 0x00


def state_of(printer: int, cause: int, paper: int) -> PrinterState:
    """The state that the three real-time answers describe; an open cover explains missing paper."""
    if cause & _COVER_OPEN:
        return "cover_open"
    if cause & _PAPER_END_STOP or paper & _PAPER_END == _PAPER_END:
        return "paper_out"
    if printer & _OFFLINE or cause & _ERROR:
        return "unknown"
    return "ready"


def answers_of(*, paper_out: bool, cover_open: bool, drawer_open: bool) -> dict[bytes, int]:
    """The answer byte to each question, as a printer in that condition gives it."""
    stopped = _OFFLINE if paper_out or cover_open else 0
    return {
        ASK_PRINTER: 0x12 | stopped | (0x04 if drawer_open else 0),
        ASK_CAUSE: 0x12 | (_COVER_OPEN if cover_open else 0) | (_PAPER_END_STOP if paper_out else 0),
        b"\x10\x04\x03": 0x12,
        ASK_PAPER: 0x12 | (_PAPER_END if paper_out else 0),
        MARKER: 0x0C if paper_out else 0x00,
        b"\x1dr\x02": 1 if drawer_open else 0,
    }
