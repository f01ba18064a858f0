"""Tells a scanner's burst from a person's typing, by the time between keys and by what they spell.

Plain values in, decisions out: no window, no timer, no clock. Keys are held until it is sure whose they
are; a person's keys come back in order, a scan comes back as one text. Times are those of the key events,
never of their arrival, because a stalled window delivers a typist's keys as fast as a scanner's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

FIRST_HOLD_MS = 60
"""How long a lone key may be kept back: a scanner's second key is here by then."""
BURST_TIMEOUT_MS = 150
"""A burst without a terminator ends after this silence."""
FAST_GAP_MS = 35
FAST_MEDIAN_MS = 20
FAST_LENGTH = 6
SLOW_MEDIAN_MS = 45
SLOW_P90_MS = 62
LEAST_LENGTH = 4
MACHINE_GAP_MS = 20
"""No hand strikes key after key, and the terminator too, this fast: even a short code is a scan then."""
MACHINE_LENGTH = 2
PAUSE_MS = 70
"""Longer than any gap inside most bursts: a text that is whole before it is a scan of its own."""
SECOND_END_MS = 60
"""CR LF and CR Tab: the second terminator follows within this."""
LATE_END_MS = 250
"""A terminator this late after a timed-out scan is still the scanner's."""

KeyKind = Literal["char", "end", "modifier", "release", "other"]


@dataclass(frozen=True, slots=True)
class Key:
    """One key event: `code` pairs press and release, `token` is handed back untouched."""

    kind: KeyKind
    text: str
    at_ms: int
    code: int
    repeat: bool = False
    token: object = None


@dataclass(frozen=True, slots=True)
class Scan:
    """A scanner delivered this text; `at_ms` is the time of its last key."""

    text: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Typed:
    """A person's key event, to be delivered as it was meant."""

    token: object


Decision = Scan | Typed


class BurstDetector:
    """Holds keys back until they are a scan or a person's; `check` says whether a text is a known payload."""

    def __init__(self, check: Callable[[str], bool]) -> None:
        self._check = check
        self._held: list[Key] = []
        self._chars: list[int] = []  # positions of characters in _held
        self._eaten: set[int] = set()
        self._last_end_ms: int | None = None
        self._timed_out_ms: int | None = None

    def hold_ms(self) -> int | None:
        """Milliseconds of silence after which `expire` is due; None when nothing is held."""
        if not self._chars:
            return None
        return FIRST_HOLD_MS if len(self._chars) == 1 else BURST_TIMEOUT_MS

    def feed(self, key: Key) -> list[Decision]:
        """Take one key event in order of time; what is decided by it comes back in order."""
        match key.kind:
            case "release":
                return self._release(key)
            case "modifier":
                if self._chars:
                    self._held.append(key)
                    return []
                return [Typed(key.token)]
            case "other":
                self._eaten.discard(key.code)
                return [*self._decide(), Typed(key.token)]
            case "end":
                return self._end(key)
            case "char":
                return self._char(key)

    def expire(self) -> list[Decision]:
        """The hold is over and no key came: decide what is held."""
        last_ms = self._held[self._chars[-1]].at_ms if self._chars else None
        decided = self._decide()
        if any(isinstance(decision, Scan) for decision in decided):
            self._timed_out_ms = last_ms
        return decided

    def interrupt(self) -> list[Decision]:
        """A pointer is pressed: what a person struck before comes before it; a scanner's burst goes on."""
        gaps = self._gaps(0)
        fast = len(gaps) >= LEAST_LENGTH - 1 and max(gaps) <= FAST_GAP_MS and median(gaps) <= FAST_MEDIAN_MS
        if not self._chars or fast or self._is_whole():
            return []
        return self._give_back(len(self._chars))

    # ------------------------------------------------------------------ kinds of keys

    def _release(self, key: Key) -> list[Decision]:
        if key.code in self._eaten:
            if not key.repeat:
                self._eaten.discard(key.code)
            return []
        if self._chars:
            self._held.append(key)
            return []
        return [Typed(key.token)]

    def _char(self, key: Key) -> list[Decision]:
        self._eaten.discard(key.code)
        decided: list[Decision] = []
        if self._chars:
            gap_ms = self._gap_to(key)
            limit_ms = FIRST_HOLD_MS if len(self._chars) == 1 else BURST_TIMEOUT_MS
            whole = gap_ms > PAUSE_MS and self._is_whole()
            if gap_ms > limit_ms or whole or (key.repeat and gap_ms > FAST_GAP_MS):
                decided += self._decide()
        if key.repeat and not self._chars:
            return [*decided, Typed(key.token)]  # a held key starts no burst
        self._chars.append(len(self._held))
        self._held.append(key)
        return decided + self._let_go_early()

    def _end(self, key: Key) -> list[Decision]:
        self._eaten.discard(key.code)
        decided: list[Decision] = []
        if self._chars and self._gap_to(key) > BURST_TIMEOUT_MS:
            last_ms = self._held[self._chars[-1]].at_ms
            decided = self._decide()
            if any(isinstance(decision, Scan) for decision in decided):
                self._timed_out_ms = last_ms
        if self._chars:
            decided = self._decide(end_gap_ms=self._gap_to(key))
            if decided and isinstance(decided[-1], Scan):
                self._eaten.add(key.code)
                self._last_end_ms = key.at_ms
                return decided
            return [*decided, Typed(key.token)]
        if self._follows(key, self._last_end_ms, SECOND_END_MS) or self._follows(
            key, self._timed_out_ms, LATE_END_MS
        ):
            self._eaten.add(key.code)
            self._timed_out_ms = None
            return decided
        return [*decided, Typed(key.token)]

    @staticmethod
    def _follows(key: Key, since_ms: int | None, within_ms: int) -> bool:
        return since_ms is not None and 0 <= key.at_ms - since_ms <= within_ms

    # ------------------------------------------------------------------ whose keys

    def _gap_to(self, key: Key) -> int:
        gap_ms = key.at_ms - self._held[self._chars[-1]].at_ms
        return gap_ms if gap_ms >= 0 else 1_000_000  # the clock of the window system began anew

    def _gaps(self, start: int) -> list[int]:
        times = [self._held[position].at_ms for position in self._chars[start:]]
        return [later - earlier for earlier, later in pairwise(times)]

    def _text(self, start: int) -> str:
        return "".join(self._held[position].text for position in self._chars[start:])

    def _is_whole(self) -> bool:
        return is_scan(self._text(0), self._gaps(0), self._check) and self._check(self._text(0))

    def _let_go_early(self) -> list[Decision]:
        """Give a person's keys back as soon as the rhythm rules a scanner out, all but the last run."""
        gaps = self._gaps(0)
        middle = median(gaps)
        if (len(gaps) < 2 or middle <= SLOW_P90_MS) and (len(gaps) < 4 or middle <= SLOW_MEDIAN_MS):
            return []
        keep = max(index + 1 for index, gap in enumerate(gaps) if gap > FAST_GAP_MS)
        return self._give_back(keep)

    def _give_back(self, chars: int) -> list[Decision]:
        """The first `chars` characters, and all keys between them, were a person's."""
        cut = self._chars[chars] if chars < len(self._chars) else len(self._held)
        typed: list[Decision] = [Typed(key.token) for key in self._held[:cut]]
        self._held = self._held[cut:]
        self._chars = [position - cut for position in self._chars[chars:]]
        return typed

    def _starts(self) -> list[int]:
        """Where a scan may begin: at the first key, or where the keys became much faster than before."""
        gaps = self._gaps(0)
        faster = (
            index + 1
            for index, gap in enumerate(gaps)
            if gap > FAST_GAP_MS and gap >= 2 * median(gaps[index + 1 :])
        )
        return [0, *faster]

    def _decide(self, end_gap_ms: int | None = None) -> list[Decision]:
        """Empty what is held: a person's keys before a scan, the scan, or a person's keys only.

        `end_gap_ms` is how long after the last character its terminator came, where one came.
        """
        if not self._chars:
            return []
        for start in self._starts():
            text, gaps = self._text(start), self._gaps(start)
            machine = end_gap_ms is not None and is_machine([*gaps, end_gap_ms])
            if machine or is_scan(text, gaps, self._check):
                decided = self._give_back(start)
                last_ms = self._held[self._chars[-1]].at_ms
                released = {key.code for key in self._held if key.kind == "release"}
                pressed = {key.code for key in self._held if key.kind == "char"}
                self._eaten |= pressed - released
                self._held, self._chars = [], []
                return [*decided, Scan(text, last_ms)]
        return self._give_back(len(self._chars))


def is_machine(gaps_ms: Sequence[int]) -> bool:
    """Whether keys with these gaps, the terminator's included, are faster than any hand."""
    return len(gaps_ms) >= MACHINE_LENGTH and max(gaps_ms) <= MACHINE_GAP_MS


def is_scan(text: str, gaps_ms: Sequence[int], check: Callable[[str], bool]) -> bool:
    """Whether keys spelling `text` with these gaps came from a scanner."""
    if len(text) < LEAST_LENGTH or len(set(text)) == 1 or not gaps_ms:
        return False
    middle = median(gaps_ms)
    if len(text) >= FAST_LENGTH and max(gaps_ms) <= FAST_GAP_MS and middle <= FAST_MEDIAN_MS:
        return True
    ordered = sorted(gaps_ms)
    p90 = ordered[max(0, -(-9 * len(ordered) // 10) - 1)]
    return middle <= SLOW_MEDIAN_MS and p90 <= SLOW_P90_MS and check(text)


def median(values: Sequence[int]) -> float:
    """The middle of the values, 0 where there are none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    half = len(ordered) // 2
    return float(ordered[half]) if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
