"""A receipt printer that is not there: it takes a real printer's bytes and behaves like one.

Knows what an 80 mm printer with a knife, a drawer socket and a two-way link does: it prints in
turn, answers real-time questions at once, stops without paper and goes on where it stopped, and
can be made to fail on purpose. Refuses to know who prints. It has no thread of its own; every
method may be called from any thread.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from posapp.devices.fonts import RasterFonts
from posapp.devices.status import answers_of
from posapp.devices.virtual_commands import Command, CommandReader
from posapp.devices.virtual_paper import Paper, Slip

_CUTS = ("GS V", "ESC i", "ESC m")
_REAL_TIME = ("DLE EOT", "DLE DC4", "DLE ENQ")


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with the printer on purpose.

    `offline` takes bytes and answers nothing, `dies_after_bytes` breaks every link and forgets
    what was not printed once that many more bytes have come, `bytes_per_second` makes it slow.
    """

    paper_out: bool = False
    cover_open: bool = False
    offline: bool = False
    dies_after_bytes: int | None = None
    bytes_per_second: int | None = None


class Link:
    """One connection to the virtual printer, as a wire sees it."""

    def __init__(
        self, printer: VirtualPrinter, on_answer: Callable[[bytes], None], on_lost: Callable[[], None]
    ) -> None:
        """Used by `VirtualPrinter.connect` only."""
        self._printer = printer
        self.on_answer = on_answer
        self.on_lost = on_lost
        self.gone = threading.Event()

    def send(self, data: bytes) -> None:
        """Bytes reach the printer; they are taken in order, whatever pieces they come in."""
        self._printer.receive(self, data)

    def close(self) -> None:
        """The wire is pulled; bytes that the printer already has are printed all the same."""
        self._printer.disconnect(self)


class VirtualPrinter:
    """The simulated twin of an 80 mm, 203 dpi receipt printer."""

    def __init__(
        self,
        fonts: RasterFonts,
        *,
        dots_width: int = 576,
        keep: int = 200,
        on_slip: Callable[[Slip], None] | None = None,
    ) -> None:
        """Draw with `fonts` (its own, not shared with another thread) and keep the last `keep` slips.

        `on_slip` is called in the sender's thread for every piece of paper that comes out.
        """
        self._lock = threading.RLock()
        self._paper = Paper(fonts, dots_width)
        self._reader = CommandReader()
        self._links: list[Link] = []
        self._waiting: deque[tuple[Link, Command]] = deque()
        self._faults = Faults()
        self._paper_left_dots: int | None = None
        self._dead = False
        self._slips: deque[Slip] = deque(maxlen=keep)
        self._drawer_opened: list[int] = []
        self._unknown: list[bytes] = []
        self._on_slip = on_slip or (lambda _: None)

    # ------------------------------------------------------------------ what came out

    @property
    def slips(self) -> tuple[Slip, ...]:
        """The pieces of paper that came out, oldest first."""
        with self._lock:
            return tuple(self._slips)

    @property
    def drawer_opened(self) -> tuple[int, ...]:
        """The drawer pins that were pulsed, in order."""
        with self._lock:
            return tuple(self._drawer_opened)

    @property
    def unknown(self) -> tuple[bytes, ...]:
        """The first bytes of commands that no table has."""
        with self._lock:
            return tuple(self._unknown)

    @property
    def complaints(self) -> tuple[str, ...]:
        """What the printer was asked for and could not print."""
        with self._lock:
            return tuple(self._paper.complaints)

    # ------------------------------------------------------------------ faults

    @property
    def faults(self) -> Faults:
        """What is wrong at the moment."""
        with self._lock:
            return self._faults

    def set_faults(self, faults: Faults) -> None:
        """Break or mend the printer; mended, it goes on with what it holds."""
        with self._lock:
            if self._faults.paper_out and not faults.paper_out:
                self._change_roll()
            self._faults = faults
            self._dead = False
            if faults.offline:
                self._lose_power()
            self._go_on()

    def load_paper(self, length_dots: int | None = None) -> None:
        """Put a new roll in; with a length the paper runs out again after that many dots."""
        with self._lock:
            self.set_faults(replace(self._faults, paper_out=False, cover_open=False))
            self._paper_left_dots = length_dots

    def _change_roll(self) -> None:
        if not self._paper.blank:
            self._finish(cut=False)

    def _lose_power(self) -> None:
        self._reader.forget()
        self._waiting.clear()
        self._paper.lose_power()

    def _die(self) -> None:
        self._dead = True
        self._faults = replace(self._faults, dies_after_bytes=None)
        self._lose_power()
        links, self._links = self._links, []
        for link in links:
            link.gone.set()
            link.on_lost()

    # ------------------------------------------------------------------ the wire

    def connect(self, on_answer: Callable[[bytes], None], on_lost: Callable[[], None]) -> Link:
        """Plug a wire in; raises ConnectionRefusedError while the printer is dead.

        Both callbacks must return at once: they are called with the printer's lock held.
        """
        with self._lock:
            if self._dead:
                raise ConnectionRefusedError("the printer is dead")
            link = Link(self, on_answer, on_lost)
            self._links.append(link)
            return link

    def disconnect(self, link: Link) -> None:
        """Take a wire out; what the printer still has to print it prints."""
        with self._lock:
            link.gone.set()
            if link in self._links:
                self._links.remove(link)

    def receive(self, link: Link, data: bytes) -> None:
        """Take bytes from a wire; ConnectionResetError if the link is gone or goes with them."""
        rate = self.faults.bytes_per_second
        if rate:
            link.gone.wait(len(data) / rate)
        with self._lock:
            if link not in self._links:
                raise ConnectionResetError("the printer is gone")
            if self._faults.offline:
                return
            left = self._faults.dies_after_bytes
            taken = data if left is None else data[:left]
            if left is not None:
                self._faults = replace(self._faults, dies_after_bytes=left - len(taken))
            for command in self._reader.read(taken):
                if command.name in _REAL_TIME:
                    self._at_once(link, command)
                else:
                    self._waiting.append((link, command))
                    self._go_on()
            if left is not None and len(taken) == left:
                self._die()
                raise ConnectionResetError("the printer died")

    # ------------------------------------------------------------------ carrying out

    def _go_on(self) -> None:
        while self._waiting and not (self._faults.paper_out or self._faults.cover_open):
            link, command = self._waiting.popleft()
            self._carry_out(link, command)
            self._use_paper()

    def _carry_out(self, link: Link, command: Command) -> None:
        if command.name in _CUTS:
            self._paper.feed_before_cut(command.data)
            self._finish(cut=True)
        elif command.name == "ESC p":
            self._drawer_opened.append(5 if command.data[0] % 48 else 2)
        elif command.name == "GS r":
            self._answer(link, b"\x1dr" + command.data)
        elif not self._paper.carry_out(command):
            self._unknown.append(command.data if command.name == "unknown" else command.name.encode())

    def _use_paper(self) -> None:
        left = self._paper_left_dots
        if left is not None and self._paper.height_dots >= left:
            self._paper_left_dots = None
            self._faults = replace(self._faults, paper_out=True)

    def _finish(self, *, cut: bool) -> None:
        if self._paper_left_dots is not None:
            self._paper_left_dots = max(0, self._paper_left_dots - self._paper.height_dots)
        slip = self._paper.take(cut=cut)
        self._slips.append(slip)
        self._on_slip(slip)

    def _at_once(self, link: Link, command: Command) -> None:
        match command.name, command.data[0]:
            case "DLE EOT", _:
                self._answer(link, b"\x10\x04" + command.data)
            case "DLE DC4", 1:
                self._drawer_opened.append(5 if command.data[1] % 48 else 2)
            case _:
                self._unknown.append(command.name.encode() + command.data)

    def _answer(self, link: Link, question: bytes) -> None:
        answers = answers_of(
            paper_out=self._faults.paper_out, cover_open=self._faults.cover_open, drawer_open=False
        )
        if question in answers and link in self._links:
            link.on_answer(bytes((answers[question],)))
