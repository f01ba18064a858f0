"""The conversation with one receipt printer: ask how it is, send, and learn what came of it.

Knows the order of questions and answers, that silence means offline and never ready, and how to
go on after a wire broke in the middle of a command. Refuses to know jobs, queues and threads.
A printer that knows the in-turn question confirms a slip only after carrying it out; one that does
not (found out once) confirms it by being fine after the last byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from posapp.devices.escpos import CUT, RESET, DrawerPin, kick_drawer, kick_drawer_now
from posapp.devices.raster import BAND_ROWS
from posapp.devices.status import (
    MARKER,
    QUESTIONS,
    PrinterState,
    is_marker_answer,
    is_status_answer,
    state_of,
)
from posapp.devices.transports import Transport, TransportError

_BATCH_BYTES = 2048
Sent = Literal["printed", "interrupted", "unconfirmed"]


@dataclass(frozen=True, slots=True)
class LinkTimes:
    """How long to wait for one answer, for a whole slip, and between two looks at a busy printer."""

    answer_ms: int = 700
    confirm_ms: int = 20_000
    look_ms: int = 1000


class PrinterLink:
    """Talks over one transport; every method may be called in the spool thread only."""

    def __init__(
        self,
        transport: Transport,
        times: LinkTimes,
        *,
        dots_width: int,
        monotonic: Callable[[], float],
        meanwhile: Callable[[], bool],
    ) -> None:
        """`meanwhile` is called between two commands; False from it means give up now."""
        self._transport = transport
        self._times = times
        self._monotonic = monotonic
        self._meanwhile = meanwhile
        # Enough nothing to complete any command that a broken wire cut off.
        self._filler = bytes(BAND_ROWS * dots_width // 8 + 256)
        self._is_open = False
        self._cut_off = False
        self._half_slip = False
        self._markers_due = 0
        self._marker_sent = False
        self._knows_marker: bool | None = None
        self.state: PrinterState = "unknown"

    @property
    def is_open(self) -> bool:
        """Whether the wire is up, as far as anybody knows."""
        return self._is_open

    def ask(self) -> PrinterState:
        """Ask the printer how it is, connecting first where needed; remembered in `state`."""
        was_open = self._is_open
        state = self._ask_anew()
        # A connection that was kept may have died unnoticed; a fresh one may still work.
        return self._ask_anew() if state == "offline" and was_open else state

    def kick(self, pin: DrawerPin) -> bool:
        """Open the drawer now; False where nobody answers. Works without paper, too."""
        return self.ask() != "offline" and self.kick_between(pin)

    def kick_between(self, pin: DrawerPin) -> bool:
        """Open the drawer in the middle of a slip, where the printer was just heard."""
        try:
            self._transport.write(kick_drawer(pin) if self.state == "ready" else kick_drawer_now(pin))
        except TransportError:
            self._broken()
            return False
        return True

    def print(self, pieces: Iterable[bytes]) -> Sent:
        """Print a slip on a printer that was just found ready, and wait until it is out."""
        try:
            if self._knows_marker is None:
                self._knows_marker = self._find_out_marker()
            if self._half_slip:
                self._transport.write(RESET + CUT)
            self._half_slip, self._marker_sent = True, False
            if not self._send(pieces):
                return "interrupted"
            if not self._knows_marker:
                return self._confirmed()
            self._transport.write(MARKER)
            self._markers_due += 1
            self._marker_sent = True
            return self._confirmed() if self._await_marker() else self._given_up()
        except TransportError:
            self._broken()
            return "interrupted"

    def settle(self) -> None:
        """After trouble: let the printer bring out what it still holds before anything is sent."""
        if not (self._is_open and self._half_slip and self._marker_sent):
            return
        try:
            if self._await_marker():
                self._half_slip = False
            else:
                self._given_up()
        except TransportError:
            self._broken()

    def close(self) -> None:
        """Hang up politely between two slips."""
        self._hang_up()

    # ------------------------------------------------------------------ inside

    def _ask_anew(self) -> PrinterState:
        try:
            self._connect()
        except TransportError:
            self._broken()
            return self.state
        return self._ask_here()

    def _ask_here(self) -> PrinterState:
        """Ask on this very connection: in the middle of a slip another one would prove nothing."""
        try:
            answers = [self._question(question) for question in QUESTIONS]
        except TransportError:
            self._broken()
            return self.state
        heard = [answer for answer in answers if answer is not None]
        if len(heard) < len(QUESTIONS):
            self._broken()
        else:
            self.state = state_of(*heard)
        return self.state

    def _connect(self) -> None:
        if self._is_open:
            return
        self._transport.open()
        self._is_open = True
        self._markers_due, self._marker_sent = 0, False
        if self._cut_off:
            self._transport.write(self._filler)
            self._cut_off = False

    def _hang_up(self) -> None:
        self._transport.close()
        self._is_open = False
        self._cut_off = self._cut_off or self._half_slip

    def _broken(self) -> None:
        self._hang_up()
        self.state = "offline"

    def _question(self, question: bytes) -> int | None:
        """The answer to a real-time question; answers to earlier questions are not mistaken for it."""
        self._note(self._transport.read_status(0))
        self._transport.write(question)
        deadline = self._monotonic() + self._times.answer_ms / 1000
        while (left_ms := int((deadline - self._monotonic()) * 1000)) > 0:
            found = self._note(self._transport.read_status(left_ms))
            if found is not None:
                return found
        return None

    def _note(self, received: bytes) -> int | None:
        """Count marker answers, return the last status answer."""
        status: int | None = None
        for byte in received:
            if is_status_answer(byte):
                status = byte
            elif is_marker_answer(byte) and self._markers_due:
                self._markers_due -= 1
        return status

    def _find_out_marker(self) -> bool:
        """Whether the printer answers the in-turn question; asked once, while it has nothing to do."""
        self._transport.write(MARKER)
        self._markers_due = 1
        deadline = self._monotonic() + self._times.answer_ms / 1000
        while self._markers_due and (left_ms := int((deadline - self._monotonic()) * 1000)) > 0:
            self._note(self._transport.read_status(left_ms))
        knows = not self._markers_due
        self._markers_due = 0
        return knows

    def _send(self, pieces: Iterable[bytes]) -> bool:
        batch = bytearray()
        for piece in pieces:
            batch += piece
            if len(batch) >= _BATCH_BYTES:
                self._transport.write(bytes(batch))
                batch.clear()
                if not self._meanwhile():
                    return False
        self._transport.write(bytes(batch))
        return True

    def _await_marker(self) -> bool:
        """Wait until the printer carried out everything; False on trouble or when time is up."""
        deadline = self._monotonic() + self._times.confirm_ms / 1000
        look_at = self._monotonic() + self._times.look_ms / 1000
        while self._markers_due:
            if not self._meanwhile():
                return False
            now = self._monotonic()
            if now >= deadline:
                return False
            if now >= look_at:
                if self._ask_here() != "ready":
                    return False
                look_at = self._monotonic() + self._times.look_ms / 1000
                continue
            left_ms = int(min(look_at, deadline, now + 0.1) * 1000 - now * 1000)
            self._note(self._transport.read_status(max(1, left_ms)))
        return True

    def _confirmed(self) -> Sent:
        if self._ask_here() != "ready":
            return "interrupted"
        self._half_slip = False
        return "printed"

    def _given_up(self) -> Sent:
        """What is to be said of a slip whose marker did not come back."""
        if self.state != "ready" or not self._is_open or not self._meanwhile():
            return "interrupted"
        # On a new connection a late answer cannot be taken for the next slip's.
        self._hang_up()
        return "unconfirmed"
