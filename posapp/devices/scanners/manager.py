"""All scanners of one till that have a line of their own: who they are, how each is, and their codes.

Each has a thread that reads and a life-cycle that holds codes back until the till says it is ready for
one more; nothing is lost meanwhile and the order of each scanner is kept. Which keyboard is a scanner is
found out here and told to whoever keeps settings. What a code means is not known here.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from posapp.config import ConfigError, ScannerLine, parse_scanner
from posapp.devices.scanners.lifecycle import DataEvent, ErrorEvent, Event, LifeCycle, Move, StatusEvent
from posapp.devices.scanners.reading import (
    PAUSES_S,
    Code,
    Heard,
    Listener,
    PortTrouble,
    ReadingThread,
    ScannerPort,
)
from posapp.flows.answers import Pairing, ScannersChanged, ScannerStatus
from posapp.flows.intents import Intent
from posapp.flows.ports import Clock
from posapp.flows.wishes import ScanCode

LOGGER = logging.getLogger(__name__)

#: How long all threads together may take to end; the window waits for it.
_JOIN_S = 2.0
#: So many things in a row that are no code mean that a scanner is set wrong.
NOISES_MAX: Final = 2
_MINUTE_MS: Final = 60_000


class PairingWait(Protocol):
    """Somebody is waiting for a code of the scanner that is to be paired."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def join(self, timeout_s: float) -> bool: ...


class ScannerSystem(Protocol):
    """The devices of this PC. `can_pair` says whether it lets one keyboard be told from another."""

    can_pair: bool

    def load(self) -> None:
        """Load the code that these scanners need."""

    def port(self, line: ScannerLine, named: Sequence[ScannerLine]) -> ScannerPort | None:
        """The wire to a scanner; None where its codes come another way (`ScannerManager.heard`)."""

    def pairing(self, done: Callable[[Pairing], None]) -> PairingWait:
        """A waiting that does not run yet; `done` is told on any thread."""


@dataclass(slots=True)
class _Slot:
    """One scanner."""

    line: ScannerLine
    status: ScannerStatus
    life: LifeCycle = field(default_factory=LifeCycle)
    reading: ReadingThread | None = None
    noises: int = 0


class ScannerManager:
    """The scanners of one till. All methods may be called from any thread; all but `close` return at once."""

    def __init__(
        self,
        lines: Sequence[ScannerLine],
        *,
        clock: Clock,
        post: Callable[[Intent], bool],
        on_paired: Callable[[tuple[str, ...]], None],
        system: ScannerSystem,
        pauses_s: Sequence[float] = PAUSES_S,
    ) -> None:
        """`post` brings an intent to the till and says whether it was taken; it must not wait."""
        self._clock = clock
        self._post = post
        self._on_paired = on_paired
        self._system = system
        self._pauses_s = pauses_s
        self._lock = threading.RLock()
        self._slots = [_slot(line, paired=False) for line in lines]
        self._pairing = Pairing()
        self._pairing_wait: PairingWait | None = None
        self._ended: list[ReadingThread | PairingWait] = []
        self._outgoing: deque[ScanCode] = deque()
        self._told: ScannersChanged | None = None
        self._is_ready = False
        self._running = False

    # --- start and end --------------------------------------------------------------------------

    def load(self) -> None:
        """Load the devices' code, so that `start` need not."""
        if self._slots:
            self._system.load()

    def start(self, paired: Sequence[str] = ()) -> None:
        """Begin to read all scanners, and those that were paired at the till in earlier runs."""
        with self._lock:
            self._running = True
            for text in paired:
                self._add_paired(text)
            for slot in self._slots:
                self._start(slot)
            self._tell()

    def close(self) -> None:
        """End every thread and let the devices go; codes that wait are dropped.

        A thread whose driver does not answer within two seconds is left alone.
        """
        with self._lock:
            self._running = False
            self._end_pairing()
            for slot in self._slots:
                self._stop(slot)
            self._outgoing.clear()
            ended, self._ended = self._ended, []
        until_ms = self._clock.monotonic_ms() + int(_JOIN_S * 1000)
        hung = 0
        for thread in ended:
            left_ms = until_ms - self._clock.monotonic_ms()
            hung += not thread.join(max(0, left_ms) / 1000)
        if hung:
            LOGGER.warning("threads of scanners that do not answer are left alone: %d", hung)

    # --- from the till --------------------------------------------------------------------------

    def set_ready(self, ready: bool) -> None:
        """Say after each step whether the till can take codes now; hands out one of each scanner."""
        # Asked after every step of the till: nothing is locked while nothing waits.
        if ready and self._is_ready and not self._waits():
            return
        with self._lock:
            self._is_ready = ready
            for slot in self._slots:
                if slot.life.is_open and slot.life.data_event_enabled != ready:
                    self._carry_on(slot, slot.life.enable_data_event(ready))
            self._flush()

    def pair(self) -> None:
        """Wait for a code of a scanner that types."""
        with self._lock:
            if self._pairing_wait is not None or not self._running:
                return
            self._pairing = Pairing("waiting")
            self._pairing_wait = self._system.pairing(self._paired)
            self._pairing_wait.start()
            self._tell()

    def end_pairing(self) -> None:
        """Wait no longer; the last result is forgotten."""
        with self._lock:
            self._end_pairing()
            self._pairing = Pairing()
            self._tell()

    def unpair(self, device_id: str) -> None:
        """Let a scanner that was paired at the till be a keyboard again."""
        with self._lock:
            for slot in [slot for slot in self._slots if slot.status.paired]:
                if slot.status.device_id == device_id:
                    self._stop(slot)
                    self._slots.remove(slot)
                    self._pairing = Pairing()
                    self._on_paired(self.paired())
                    self._tell()

    def paired(self) -> tuple[str, ...]:
        """The lines of the scanners that were paired at the till."""
        with self._lock:
            return tuple(slot.status.device_id for slot in self._slots if slot.status.paired)

    # --- from other sources ---------------------------------------------------------------------

    def heard(self, device_id: str, heard: Heard) -> None:
        """A code, or something that is none, of a scanner that has no port of its own here."""
        with self._lock:
            for slot in self._slots:
                if slot.status.device_id == device_id:
                    self._heard(slot, heard)

    def found(self, device_id: str, name: str) -> None:
        """A scanner without a port here is there."""
        with self._lock:
            for slot in self._slots:
                if slot.status.device_id == device_id:
                    self._ready(slot, name)

    def lost(self, device_id: str, trouble: PortTrouble) -> None:
        """A scanner without a port here is not there."""
        with self._lock:
            for slot in self._slots:
                if slot.status.device_id == device_id:
                    self._away(slot, trouble)

    # --- inside, under the lock -----------------------------------------------------------------

    def _waits(self) -> bool:
        return bool(self._outgoing) or self._told is None or any(
            slot.life.is_open and not slot.life.data_event_enabled for slot in self._slots
        )  # fmt: skip

    def _start(self, slot: _Slot) -> None:
        for move in (LifeCycle.open, LifeCycle.claim, _enable):
            slot.life = move(slot.life).state
        slot.life = slot.life.enable_data_event(self._is_ready).state
        port = self._system.port(slot.line, [other.line for other in self._slots if other is not slot])
        if port is None:
            return

        def locked(act: Callable[[_Slot, Heard], None]) -> Callable[[Heard], None]:
            def call(heard: Heard) -> None:
                with self._lock:
                    act(slot, heard)

            return call

        def ready(name: str) -> None:
            with self._lock:
                self._ready(slot, name)

        def away(trouble: PortTrouble) -> None:
            with self._lock:
                self._away(slot, trouble)

        listener = Listener(locked(self._heard), ready, away, lambda: slot.life.is_full)
        name = f"scanner {slot.status.device_id}"
        slot.reading = ReadingThread(port, listener, name, pauses_s=self._pauses_s)
        slot.reading.start()

    def _stop(self, slot: _Slot) -> None:
        if slot.reading is not None:
            slot.reading.stop()
            self._ended.append(slot.reading)
            slot.reading = None
        slot.life = slot.life.close().state

    def _heard(self, slot: _Slot, heard: Heard) -> None:
        if isinstance(heard, Code):
            slot.noises = 0
            text = heard.text
            now_ms = self._clock.now_ms()
            slot.status = replace(slot.status, state="ready", trouble="", last_code_ms=now_ms)
            self._carry_on(slot, slot.life.accept(DataEvent(text.raw, text.aim, text.label, heard.at_ms)))
        else:
            slot.noises += 1
            self._carry_on(slot, slot.life.accept(ErrorEvent(heard.reason, heard.at_ms)))
            if slot.noises >= NOISES_MAX:
                slot.status = replace(slot.status, state="trouble", trouble="garbage")
        self._tell()

    def _ready(self, slot: _Slot, name: str) -> None:
        slot.noises = 0
        slot.status = replace(slot.status, name=name or slot.status.name, state="ready", trouble="")
        self._carry_on(slot, slot.life.accept(StatusEvent("online")))
        self._tell()

    def _away(self, slot: _Slot, trouble: PortTrouble) -> None:
        slot.status = replace(slot.status, state="away", trouble=trouble.trouble)
        self._carry_on(slot, slot.life.accept(StatusEvent("off_offline")))
        self._tell()

    def _carry_on(self, slot: _Slot, move: Move) -> None:
        slot.life = move.state
        again: list[Event] = list(move.events)
        while again:
            event = again.pop()
            if isinstance(event, DataEvent):
                self._outgoing.append(ScanCode(event.scan_data, event.at_ms, slot.status.device_id))
                self._flush()
            elif isinstance(event, ErrorEvent) and self._is_ready:
                # Nobody is to do anything about one: the till is as ready as before.
                move = slot.life.enable_data_event(True)
                slot.life = move.state
                again += move.events

    def _flush(self) -> None:
        """Bring out what the till had no room for."""
        while self._outgoing and self._running and self._post(self._outgoing[0]):
            self._outgoing.popleft()
        if self._told is None:
            self._tell()

    def _tell(self) -> None:
        """Tell how all are, where that changed by more than the seconds of the last code."""
        statuses = tuple(slot.status for slot in self._slots)
        news = ScannersChanged(statuses, self._pairing, self._system.can_pair)
        if not self._running or (self._told is not None and _plain(news) == _plain(self._told)):
            return
        self._told = news if self._post(news) else None

    def _paired(self, result: Pairing) -> None:
        """Somebody scanned with the scanner to pair, or nobody did."""
        with self._lock:
            if not self._running or self._pairing.state != "waiting":
                return
            self._end_pairing()
            self._pairing = result
            if result.state == "done" and (slot := self._add_paired(result.device_id)):
                slot.status = replace(slot.status, name=result.name)
                self._start(slot)
                self._on_paired(self.paired())
            self._tell()

    def _end_pairing(self) -> None:
        wait, self._pairing_wait = self._pairing_wait, None
        if wait is not None:
            wait.stop()
            self._ended.append(wait)

    def _add_paired(self, text: str) -> _Slot | None:
        """A slot for a paired scanner; None where it has one, or its line is none."""
        try:
            line = parse_scanner(text)
        except ConfigError:
            return None  # written by another version: the scanner is paired anew
        if line.text in (slot.status.device_id for slot in self._slots):
            return None
        slot = _slot(line, paired=True)
        self._slots.append(slot)
        return slot


def _slot(line: ScannerLine, *, paired: bool) -> _Slot:
    return _Slot(line, ScannerStatus(line.text, line.kind, paired=paired))


def _enable(life: LifeCycle) -> Move:
    return life.enable(True)


def _plain(news: ScannersChanged) -> ScannersChanged:
    """News without the seconds of codes, which would make every scan news twice."""
    minutes = (
        replace(each, last_code_ms=None if each.last_code_ms is None else each.last_code_ms // _MINUTE_MS)
        for each in news.scanners
    )
    return replace(news, scanners=tuple(minutes))
