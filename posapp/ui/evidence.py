"""What the times of keys tell: a machine's taps or a hand's strokes. Pure functions on runs of keys.

A scanner lets every key go before or as it presses the next, within a few milliseconds; a finger stays on
a key for 45 ms and more, and a hand that is fast has two keys down at once. So how long keys are down says
more than the gaps between them, and it survives a scanner that is as slow as a hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from posapp.ui.strokes import Key

FAST_GAP_MS = 35
FAST_MEDIAN_MS = 20
FAST_LENGTH = 6
SLOW_MEDIAN_MS = 45
SLOW_P90_MS = 62
TAPPED_MEDIAN_MS = 90
TAPPED_P90_MS = 120
"""For known payloads of slow radio scanners, whose keys are taps all the same."""
LEAST_LENGTH = 4
MACHINE_GAP_MS = 20
"""No hand strikes key after key, and the terminator too, this fast: even a short code is a scan then."""
MACHINE_LENGTH = 2
TAP_MS = 33
"""A key that is let go within this was hardly struck by a finger: radio links need as much."""
HAND_MS = 38
"""A finger stays at least this long; times of Windows come in steps of 15.6 ms."""
OUTLIER = 2.5
MOST = 0.75
NEARLY_ALL = 0.8


@dataclass(slots=True)
class Struck:
    """A key that is held back, and when it was let go (None: still down)."""

    key: Key
    up_ms: int | None = None

    def down_ms(self, now_ms: int) -> int:
        """How long it was, or is by now, down."""
        return (now_ms if self.up_ms is None else self.up_ms) - self.key.at_ms


def gaps_of(run: Sequence[Struck]) -> list[int]:
    """Milliseconds between neighbours."""
    return [later.key.at_ms - earlier.key.at_ms for earlier, later in pairwise(run)]


def taps(run: Sequence[Struck], now_ms: int) -> float | None:
    """The share of keys that were tapped as by a machine; None where no key was ever let go."""
    if all(struck.up_ms is None for struck in run):
        return None  # so for no keys at all
    return sum(struck.down_ms(now_ms) <= TAP_MS for struck in run) / len(run)


def hands(run: Sequence[Struck], now_ms: int, *, ended: bool) -> frozenset[int]:
    """Places of a person's keys among a scanner's: those still down when the next key went down.

    Empty where the two cannot be told apart. `ended` says that a terminator came: by then a scanner has
    let go all its characters.
    """
    count = len(run)
    if count < 2 or all(struck.up_ms is None for struck in run):
        return frozenset()
    found = _overlapping(run, now_ms)
    if ended:
        down = {place for place in range(count) if (run[place].up_ms or now_ms + 1) > now_ms}
        if _lets_go_first([run[place] for place in range(count) if place not in found | down]):
            found |= down
    rest = [place for place in range(count) if place not in found]
    fingers = edges(run, rest, now_ms)
    longest_ms = max((run[place].down_ms(now_ms) for place in rest if place not in fingers), default=0)
    # At either end only a long stroke among short ones: a radio link may hold up any release.
    found |= {place for place in fingers if run[place].down_ms(now_ms) >= OUTLIER * longest_ms}
    rest = [place for place in rest if place not in found]
    if len(rest) < max(LEAST_LENGTH - 1, len(found)):
        return frozenset()
    tapped = sum(run[place].down_ms(now_ms) <= TAP_MS for place in rest)
    return frozenset(found) if tapped >= MOST * len(rest) else frozenset()


def edges(run: Sequence[Struck], places: Sequence[int], now_ms: int) -> frozenset[int]:
    """Of these places those at either end whose keys were down as long as under a finger."""
    found: set[int] = set()
    for order in (places, places[::-1]):
        for place in order:
            if run[place].down_ms(now_ms) < HAND_MS:
                break
            found.add(place)
    return frozenset(found)


def _overlapping(run: Sequence[Struck], now_ms: int) -> set[int]:
    """Places of keys that stayed down under a later one: a whole stroke of that, or longer than a machine's
    would. Looked at once from the end on, since a signed code has hundreds of keys.
    """
    found: set[int] = set()
    first_up_ms: int | None = None
    for place in range(len(run) - 2, -1, -1):
        struck, after = run[place], run[place + 1]
        if after.up_ms is not None and (first_up_ms is None or after.up_ms < first_up_ms):
            first_up_ms = after.up_ms
        until_ms = now_ms + 1 if struck.up_ms is None else struck.up_ms
        is_whole = first_up_ms is not None and first_up_ms < until_ms
        if is_whole or (after.key.at_ms < until_ms and struck.down_ms(now_ms) >= HAND_MS):
            found.add(place)
    return found


def _lets_go_first(run: Sequence[Struck]) -> bool:
    """Whether every key was up when the next went down."""
    return len(run) >= LEAST_LENGTH - 1 and all(
        earlier.up_ms is not None and earlier.up_ms <= later.key.at_ms for earlier, later in pairwise(run)
    )


def collapsed(run: Sequence[Struck]) -> bool:
    """Whether arrivals say nothing: keys without a time of their own came out of a stall all at once."""
    gaps = gaps_of(run)
    return any(not struck.key.timed for struck in run) and any(
        first == second == 0 for first, second in pairwise(gaps)
    )


def is_even(gaps_ms: Sequence[int]) -> bool:
    """Whether a scanner on a cable may have struck keys with these gaps: some twice as long, for Shift."""
    return not gaps_ms or max(gaps_ms) <= 2 * median(gaps_ms) + 20


def is_machine(gaps_ms: Sequence[int], limit_ms: int = MACHINE_GAP_MS) -> bool:
    """Whether keys with these gaps, the terminator's included, are faster than any hand."""
    return len(gaps_ms) >= MACHINE_LENGTH and max(gaps_ms) <= limit_ms


def is_fast(text: str, gaps_ms: Sequence[int]) -> bool:
    """Whether keys with these gaps are a scanner's whatever they spell."""
    if len(text) < FAST_LENGTH or len(set(text)) == 1 or not gaps_ms:
        return False
    return max(gaps_ms) <= FAST_GAP_MS and median(gaps_ms) <= FAST_MEDIAN_MS


def is_slow(text: str, gaps_ms: Sequence[int], *, tapped: bool = False) -> bool:
    """Whether keys with these gaps may be a scanner's, if they spell a known payload."""
    if len(text) < LEAST_LENGTH or len(set(text)) == 1 or not gaps_ms:
        return False
    middle, late = median(gaps_ms), quantile_90(gaps_ms)
    if tapped and middle <= TAPPED_MEDIAN_MS and late <= TAPPED_P90_MS:
        return True
    return middle <= SLOW_MEDIAN_MS and late <= SLOW_P90_MS


def is_scan(text: str, gaps_ms: Sequence[int], check: Callable[[str], bool]) -> bool:
    """Whether keys spelling `text` with these gaps came from a scanner, by rhythm and payload alone."""
    return is_fast(text, gaps_ms) or (is_slow(text, gaps_ms) and check(text))


def quantile_90(values: Sequence[int]) -> int:
    """The value that nine tenths of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-9 * len(ordered) // 10) - 1)]


def median(values: Sequence[int]) -> float:
    """The middle of the values, 0 where there are none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    half = len(ordered) // 2
    return float(ordered[half]) if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
