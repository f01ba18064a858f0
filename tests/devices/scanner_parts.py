"""What tests of scanners share: a listener that waits, a system of planted ports, codes of every kind."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from posapp.config import ScannerLine, parse_scanner
from posapp.devices.scanners.reading import (
    Code,
    Heard,
    Listener,
    Noise,
    PortTrouble,
    ReadingThread,
    ScannerPort,
)
from posapp.devices.scanners.texts import scanned_text
from posapp.flows.answers import Pairing, ScannerTrouble

PATIENCE_S = 60.0
QUICK = (0.01,)
"""Pauses between two tries to open a port, for tests."""


@dataclass
class Ears:
    """Everything that was told, from any thread, and a way to wait for more of it."""

    told: list[Any] = field(default_factory=list)
    full: bool = False
    refused: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, thing: Any) -> bool:
        with self.changed:
            self.told.append(thing)
            self.changed.notify_all()
        return True

    def until(self, holds: Callable[[list[Any]], bool]) -> list[Any]:
        """Wait until this holds of all that was told."""
        with self.changed:
            assert self.changed.wait_for(lambda: holds(self.told), PATIENCE_S), self.told
            return list(self.told)

    def listener(self) -> Listener:
        return Listener(self.take, self.take, self.take, self.is_full)

    def is_full(self) -> bool:
        with self.changed:
            self.refused += self.full
            self.changed.notify_all()
            return self.full

    def texts(self) -> list[str]:
        return [each.text.raw for each in self.told if isinstance(each, Code)]

    def noises(self) -> list[str]:
        return [each.reason for each in self.told if isinstance(each, Noise)]

    def troubles(self) -> list[str]:
        return [each.trouble for each in self.told if isinstance(each, PortTrouble)]

    def until_texts(self, count: int) -> list[str]:
        """Wait for so many codes; all that came."""
        self.until(lambda _told: len(self.texts()) >= count)
        return self.texts()

    def until_name(self, count: int = 1) -> None:
        """Wait until the port was opened so often."""
        self.until(lambda told: sum(isinstance(each, str) for each in told) >= count)

    def until_trouble(self, count: int = 1) -> None:
        self.until(lambda _told: len(self.troubles()) >= count)


def code(text: str, at_ms: int = 0) -> Code:
    return Code(scanned_text(text), at_ms)


class PlantedPort:
    """A port that hears what a test puts in, and goes when a test says so."""

    def __init__(self, name: str = "Planted") -> None:
        self.name = name
        self.waiting: deque[Heard] = deque()
        self.trouble: ScannerTrouble = ""
        self.changed = threading.Condition()
        self.is_open = False
        self.opened = 0
        self.threads: set[int] = set()

    def put(self, *heard: Heard) -> None:
        with self.changed:
            self.waiting.extend(heard)
            self.changed.notify_all()

    def unplug(self, trouble: ScannerTrouble = "unplugged") -> None:
        with self.changed:
            self.trouble = trouble
            self.changed.notify_all()

    def open(self) -> str:
        self.threads.add(threading.get_ident())
        if self.trouble:
            raise PortTrouble(self.trouble)
        self.is_open = True
        self.opened += 1
        return self.name

    def read(self, wait_ms: int) -> Sequence[Heard]:
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.trouble, wait_ms / 1000)
            found = list(self.waiting)
            self.waiting.clear()
            if self.trouble and not found:
                raise PortTrouble(self.trouble)
            return found

    def close(self) -> None:
        self.is_open = False


@dataclass
class PlantedPairing:
    """A waiting for a pairing that a test ends."""

    done: Callable[[Pairing], None]
    is_started: bool = False
    is_stopped: bool = False

    def start(self) -> None:
        self.is_started = True

    def stop(self) -> None:
        self.is_stopped = True

    def join(self, timeout_s: float) -> bool:
        return self.is_stopped


@dataclass
class PlantedSystem:
    """Ports by their lines; a line without one has its codes brought in another way."""

    ports: dict[str, PlantedPort] = field(default_factory=dict)
    pairings: list[PlantedPairing] = field(default_factory=list)
    loaded: int = 0
    can_pair: bool = True

    def load(self) -> None:
        self.loaded += 1

    def port(self, line: ScannerLine, named: Sequence[ScannerLine]) -> ScannerPort | None:
        return self.ports.get(line.text)

    def pairing(self, done: Callable[[Pairing], None]) -> PlantedPairing:
        self.pairings.append(PlantedPairing(done))
        return self.pairings[-1]


def lines(*texts: str) -> list[ScannerLine]:
    return [parse_scanner(text) for text in texts]


def reading(port: ScannerPort, ears: Ears) -> ReadingThread:
    """A thread that reads a port and tries again quickly."""
    return ReadingThread(port, ears.listener(), "scanner under test", pauses_s=QUICK)
