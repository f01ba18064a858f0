"""Finds the scans in a run of held characters: all of it, a part of it, or several one after another.

A person may strike a key just before, in the middle of, or just after a burst. Whose key it was is told by
how long it was down, and by the payload that is whole only without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from posapp.ui.evidence import (
    FAST_GAP_MS,
    FAST_LENGTH,
    LEAST_LENGTH,
    MACHINE_GAP_MS,
    MOST,
    NEARLY_ALL,
    Struck,
    collapsed,
    edges,
    gaps_of,
    hands,
    is_even,
    is_fast,
    is_machine,
    is_slow,
    median,
    taps,
)
from posapp.ui.spelling import Speller, Spelling
from posapp.values import dataclass

PART_GAP_MS = 40
PART_RATIO = 3
"""Between two bursts without a terminator is a pause this many times the gap inside them."""


@dataclass(frozen=True, slots=True)
class Found:
    """A scan: the places of its characters in the run, and what they spell."""

    places: tuple[int, ...]
    spelling: Spelling


@dataclass(frozen=True, slots=True)
class Search:
    """One look at a run: `now_ms` is the time of the decision, `end_ms` that of a terminator, if one came."""

    run: Sequence[Struck]
    speller: Speller
    now_ms: int
    end_ms: int | None = None
    parted: int = 1
    """Whether scans may follow each other without a terminator: 0 no, 1 known payloads only, 2 any."""

    def scans(self) -> list[Found]:
        """The scans in the run, in order; none where all keys were a person's."""
        everything = tuple(range(len(self.run)))
        others = hands(self.run, self.now_ms, ended=self.end_ms is not None)
        machine = tuple(place for place in everything if place not in others)
        ends = edges(self.run, machine, self.now_ms)
        inner = tuple(place for place in machine if place not in ends)
        whole = self._known(machine)
        if whole is not None and len(whole.places) == len(machine) and whole.spelling.gtin:
            return [whole]
        several = self._several(machine) if self.parted else []
        if len(several) > 1:
            return several
        for places in dict.fromkeys((machine, everything, inner)):
            found = self._known(places)
            if found is not None:
                return [found]
        if several:
            return several
        for places in dict.fromkeys((machine, inner)):
            found = self._unknown(places)
            if found is not None:
                return [found]
        return []

    def _part(self, places: Sequence[int]) -> list[Struck]:
        return [self.run[place] for place in places]

    def _spell(self, part: Sequence[Struck]) -> Spelling:
        return self.speller.spell([struck.key for struck in part])

    def _known(self, places: Sequence[int]) -> Found | None:
        """A known payload with a scanner's rhythm at the end of these places."""
        for start in self._starts(places):
            part = self._part(places[start:])
            if len(part) < LEAST_LENGTH - 1:
                continue
            share = taps(part, self.now_ms)
            spelling = self._spell(part)
            tapped = share is not None and share >= MOST
            if is_slow(spelling.text, gaps_of(part), tapped=tapped) and spelling.known:
                return Found(tuple(places[start:]), spelling)
        return None

    def _unknown(self, places: Sequence[int]) -> Found | None:
        """Any text that no hand could have struck."""
        for start in self._starts(places):
            part = self._part(places[start:])
            if (taps(self._part(places[:start]), self.now_ms) or 0.0) > 0.5:
                continue  # a scanner struck these, too
            spelling = self._spell(part)
            if part and self._no_hand(part, spelling.text):
                return Found(tuple(places[start:]), spelling)
        return None

    def _no_hand(self, part: Sequence[Struck], text: str) -> bool:
        if collapsed(part):
            return False
        gaps, share = gaps_of(part), taps(part, self.now_ms)
        if share is not None and share < MOST:
            return False
        ended = self.end_ms is not None
        if share is None and not ended:
            return False  # nothing was let go for so long: something lies on the keys
        if is_fast(text, gaps):
            return True
        surely = share is not None and share >= NEARLY_ALL
        if self.end_ms is not None:
            limit_ms = FAST_GAP_MS if surely else MACHINE_GAP_MS
            if is_machine([*gaps, self.end_ms - part[-1].key.at_ms], limit_ms):
                return True
        return surely and len(text) >= FAST_LENGTH and is_slow(text, gaps, tapped=True)

    def _starts(self, places: Sequence[int]) -> Iterator[int]:
        """Where a scan may begin: at the first key, or where the keys became much faster than before."""
        yield 0
        gaps = gaps_of(self._part(places))
        for index, gap in enumerate(gaps):
            if gap > FAST_GAP_MS and gap >= 2 * median(gaps[index + 1 :]):
                yield index + 1

    def _several(self, places: Sequence[int]) -> list[Found]:
        """Bursts parted by pauses only, each even in itself."""
        gaps = gaps_of(self._part(places))
        if len(gaps) < LEAST_LENGTH:
            return []
        least = max(PART_GAP_MS, PART_RATIO * median(gaps))
        cuts = [0, *(index + 1 for index, gap in enumerate(gaps) if gap >= least), len(places)]
        if len(cuts) == 2:
            return []
        parts = [places[cuts[step] : cuts[step + 1]] for step in range(len(cuts) - 1)]
        return [found for number, part in enumerate(parts) for found in self._in_part(part, number, parts)]

    def _in_part(self, places: Sequence[int], number: int, parts: Sequence[Sequence[int]]) -> list[Found]:
        """The scan in one of several parts, a person's keys around it aside."""
        last = number == len(parts) - 1
        now_ms = self.now_ms if last else self.run[parts[number + 1][0]].key.at_ms
        run = self._part(places)
        search = Search(run, self.speller, now_ms, self.end_ms if last else None, 0)
        machine = [
            at
            for at in range(len(run))
            if at not in hands(run, now_ms, ended=last and search.end_ms is not None)
        ]
        if not is_even(gaps_of([run[at] for at in machine])):
            return []
        return [
            Found(tuple(places[at] for at in found.places), found.spelling)
            for found in search.scans()
            if found.spelling.text[0] >= " " and (found.spelling.known or self.parted > 1)
        ]
