"""What a till claimed, on the outside: lines appended to a file that no database knows of.

Every line is one `write` to a file opened for appending, so it is there however the process ends. The
till writes a line before or after the act that it speaks of, as each kind says; `Log` can stop the whole
process right after a line, so that it can be killed at exactly that moment.
"""

from __future__ import annotations

import os
import signal
import threading
import zlib
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from posapp.domain.cart_record import cart_from_bytes, cart_to_bytes


@dataclass(frozen=True, slots=True)
class Aim:
    """Stop after the n-th line of a kind; `go_on` tells the parent through a pipe instead of stopping."""

    kind: str
    nth: int
    go_on: bool = False


class Log:
    """Writes claims; may be used from any thread."""

    def __init__(self, path: Path, aim: Aim | None, told: int) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._aim = aim
        self._told = told
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()

    def say(self, kind: str, *words: object) -> None:
        """Write one line, and stop here if this is the moment that was aimed at."""
        os.write(self._file, (" ".join((kind, *map(str, words))) + "\n").encode())
        aim = self._aim
        if aim is None or aim.kind != kind:
            return
        with self._lock:
            self._seen[kind] += 1
            is_it = self._seen[kind] == aim.nth
        if is_it and aim.go_on:
            os.write(self._told, b".")
        elif is_it:
            # To this very thread: the process stops before another instruction of it runs.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def lives(path: Path) -> list[list[list[str]]]:
    """The claims of every life of the till: lines of words; none of one that ended before its first."""
    found: list[list[list[str]]] = []
    for line in path.read_text().splitlines() if path.exists() else ():
        words = line.split(" ")
        if words[0] == "life":
            found.append([])
        found[-1].append(words)
    return found


def cart_state(written: bytes) -> int:
    """A number for what an open cart holds; what it cost when it was written is no part of that."""
    cart = cart_from_bytes(written)
    assert cart is not None
    return zlib.crc32(cart_to_bytes(replace(cart, shown=None)))


PHASES = (
    "starting",
    "idle",
    "scanning",
    "writing the cart",
    "tendering",
    "commit sent",
    "in the transaction",
    "in COMMIT",
    "stored, not yet told",
    "told, before drawer and paper",
    "printing",
    "closing a shift",
)


def phase_of(life: list[list[str]]) -> str:
    """What was going on when this life ended, by its last claims; the store comes before the screen."""
    screen, store, paper = "starting", "", False
    for words in life:
        match words[0]:
            case "idle" | "scanning" | "tendering" | "closing":
                screen = {"closing": "closing a shift"}.get(words[0], words[0])
            case "settle":
                screen, store = "commit sent", ""
            case "storing" | "statement":
                store = "in the transaction"
            case "syncing":
                store = "in COMMIT"
            case "synced":
                store = "stored, not yet told"
            case "shown":
                screen, store = "told, before drawer and paper", ""
            case "drafting":
                store = "writing the cart"
            case "drafted" | "answered":
                store = "" if words[0] == "drafted" else store
            case "begun":
                paper = True
            case "paper":
                paper = False
    if store:
        return store
    if screen in ("commit sent", "closing a shift"):
        return screen
    return "printing" if paper else screen
