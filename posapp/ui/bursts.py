"""Tells a scanner's burst from a person's typing, by the times of keys and by what they spell.

Plain values in, decisions out: no window, no timer, no clock. Keys are held until it is sure whose they
are; a person's keys come back in order, a scan comes back as one text. Times are those of the key events,
never of their arrival, because a stalled window delivers a typist's keys as fast as a scanner's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from posapp.ui.burst_search import Found, Search
from posapp.ui.decisions import Decision, Scan, Typed
from posapp.ui.evidence import (
    FAST_GAP_MS,
    FAST_MEDIAN_MS,
    HAND_MS,
    LEAST_LENGTH,
    MACHINE_GAP_MS,
    OUTLIER,
    SLOW_MEDIAN_MS,
    SLOW_P90_MS,
    TAP_MS,
    TAPPED_MEDIAN_MS,
    Struck,
    gaps_of,
    is_slow,
    median,
)
from posapp.ui.spelling import Speller
from posapp.ui.strokes import Key, KeyKind
from posapp.ui.tracing import trace_of

__all__ = ["BurstDetector", "Decision", "Key", "KeyKind", "Scan", "Typed"]

FIRST_HOLD_MS = 60
"""How long a lone key may be kept back: a scanner's second key is here by then."""
TAPPED_HOLD_MS = 110
"""The same for a key that was let go as fast as no finger does: radio scanners can be late."""
BURST_TIMEOUT_MS = 150
"""A burst without a terminator ends after this silence."""
END_HOLD_MS = 40
"""How long a terminator is looked at where it may be a person's Enter: a scanner lets it go before."""
PAUSE_MS = 70
"""Longer than any gap inside most bursts: a text that is whole before it is a scan of its own."""
SECOND_END_MS = 100
"""CR LF and CR Tab: the second terminator follows within this."""
LATE_END_MS = 300
"""A terminator this late after a timed-out scan is still the scanner's."""
RADIO_GAP_MS, RADIO_DOWN_MS = 50, 25
"""Only a radio link makes pauses and strokes this long in a burst: then a key is waited on longer, too."""
RADIO_TIMEOUT_MS = 200
ENDLESS = 2
"""A scanner that sent no terminator so often in a row is taken to send none."""
_NEVER_MS = 1_000_000


class BurstDetector:
    """Holds keys back until they are a scan or a person's; `check` says whether a text is a known payload."""

    def __init__(self, check: Callable[[str], bool], speller: Speller | None = None) -> None:
        self._speller = speller or Speller(check)
        self._held: list[Struck] = []
        self._chars: list[int] = []  # positions of characters in _held
        self._eaten: set[int] = set()
        self._end_key: Key | None = None  # a terminator that may be a person's Enter
        self._waiting: list[Key] = []  # what came while that one is down
        self._doubt: Key | None = None  # the same, with no burst before it
        self._last_end_ms: int | None = None
        self._timed_out_ms: int | None = None
        self._ended = 0  # scans with a terminator
        self._twofold = False  # whether the last scan was ended twice
        self._longest_ms = 0  # that a key of the last scan was down
        self._radio = False  # whether the last scan had the pauses of a radio link
        self._endless = 0  # scans without a terminator since the last one with

    def hold_ms(self) -> int | None:
        """Milliseconds of silence after which `expire` is due; None when nothing is held."""
        if self._end_key is not None:
            return END_HOLD_MS
        if self._doubt is not None:
            return self._doubt_ms()
        if not self._chars:
            return None
        return self._limit_ms()

    def feed(self, key: Key) -> list[Decision]:
        """Take one key event in order of time; what is decided by it comes back in order."""
        if self._end_key is not None:
            return self._while_ending(key, self._end_key)
        match key.kind:
            case "release":
                return self._release(key)
            case "modifier":
                if self._chars:
                    self._held.append(Struck(key))
                    return []
                return [Typed(key.token)]
            case "other":
                return self._other(key)
            case "end":
                return self._end(key)
            case "char":
                return self._char(key)

    def expire(self) -> list[Decision]:
        """The hold is over and no key came: decide what is held."""
        if self._doubt is not None:
            return self._settle_doubt(persons=True)
        if self._end_key is not None:
            return self._adopt_end() if self._waiting else self._finish()
        if not self._chars:
            return []
        last_ms = self._last_char().key.at_ms
        decided = self._decide(last_ms + self._limit_ms())
        if any(isinstance(decision, Scan) for decision in decided):
            self._timed_out_ms = last_ms
        return decided

    def interrupt(self) -> list[Decision]:
        """A pointer is pressed: what a person struck before comes before it; a scanner's burst goes on."""
        # A person is at the till: the next Enter is theirs, not the second half of a scanner's.
        self._last_end_ms = self._timed_out_ms = None
        if self._end_key is not None or self._doubt is not None:
            return self.expire()
        gaps = gaps_of(self._run())
        fast = len(gaps) >= LEAST_LENGTH - 1 and max(gaps) <= FAST_GAP_MS and median(gaps) <= FAST_MEDIAN_MS
        if not self._chars or fast or self._is_whole():
            return []
        return self._give_back(len(self._chars))

    # ------------------------------------------------------------------ kinds of keys

    def _release(self, key: Key) -> list[Decision]:
        if self._doubt is not None and key.code == self._doubt.code:
            tapped = key.at_ms - self._doubt.at_ms <= self._doubt_ms()
            decided = self._settle_doubt(persons=not tapped)
            return decided if tapped else [*decided, Typed(key.token)]
        if key.code in self._eaten:
            if not key.repeat:
                self._eaten.discard(key.code)
            return []
        if not self._chars:
            return [Typed(key.token)]
        for struck in reversed(self._held):
            if struck.key.code == key.code and struck.key.kind != "release":
                struck.up_ms = struck.up_ms or key.at_ms
                break
        self._held.append(Struck(key))
        return []

    def _other(self, key: Key) -> list[Decision]:
        self._eaten.discard(key.code)
        decided = self._resolve()
        run = self._run()
        # A person's key in the middle of a burst must not cut it in two.
        rushing = len(run) >= 2 and self._rushing(key) and is_slow("abcd", gaps_of(run))
        if rushing and not self._is_whole():
            self._held.append(Struck(key))
            return decided
        return [*decided, *self._decide(key.at_ms), Typed(key.token)]

    def _char(self, key: Key) -> list[Decision]:
        decided = self._resolve()
        self._eaten.discard(key.code)
        if self._chars:
            gap_ms = self._gap_to(key)
            ends = self._ended > 0 and self._endless == 0
            whole = gap_ms > PAUSE_MS and not ends and self._is_whole(sure=True)
            if gap_ms > self._limit_ms() or whole or (key.repeat and gap_ms > FAST_GAP_MS):
                decided += self._decide(key.at_ms)
        if key.repeat and not self._chars:
            return [*decided, Typed(key.token)]  # a held key starts no burst
        if key.repeat and self._last_char().key.code != key.code:
            self._held.append(Struck(Key("other", "", key.at_ms, key.code, True, key.token)))
            return decided  # a held key's repeats between a scanner's characters
        self._chars.append(len(self._held))
        self._held.append(Struck(key))
        return decided + self._let_go_early(key.at_ms)

    def _while_ending(self, key: Key, end: Key) -> list[Decision]:
        """A terminator is being looked at: a scanner lets it go before anything else, a finger does not."""
        if key.kind == "release" and key.code == end.code:
            if key.at_ms - end.at_ms > END_HOLD_MS and self._waiting:
                return [*self._adopt_end(), *self.feed(key)]
            decided = self._finish(key.at_ms)
            if key.code in self._eaten:
                self._eaten.discard(key.code)
            else:
                decided.append(Typed(key.token))
            return decided + self._feed_waiting()
        if key.kind == "release" and all(other.code != key.code for other in self._waiting):
            return self._release(key)
        if 0 <= key.at_ms - end.at_ms <= END_HOLD_MS:
            self._waiting.append(key)
            return []
        decided = self._adopt_end() if self._waiting else self._finish()
        return [*decided, *self.feed(key)]

    def _adopt_end(self) -> list[Decision]:
        """It was a person's Enter in the middle of a burst."""
        assert self._end_key is not None
        self._held.append(Struck(self._end_key))
        self._end_key = None
        return self._feed_waiting()

    def _feed_waiting(self) -> list[Decision]:
        waiting, self._waiting = self._waiting, []
        return [decision for key in waiting for decision in self.feed(key)]

    def _resolve(self) -> list[Decision]:
        """A key came while a late terminator was looked at: that was a person's."""
        return [] if self._doubt is None else self._settle_doubt(persons=True)

    def _end(self, key: Key) -> list[Decision]:
        decided = self._resolve()
        self._eaten.discard(key.code)
        if self._chars and self._gap_to(key) > BURST_TIMEOUT_MS:
            decided += self.expire()
        after = self._comes_after(key)
        if self._chars:
            found = self._search(key.at_ms, key).scans()
            self._end_key = key
            habit = self._ended > 0 and self._endless < ENDLESS
            if habit and found and all(each.spelling.sure for each in found):
                return decided + self._finish()
            if found or self._rushing(key):
                return decided
            self._end_key = None
            decided += self._decide(key.at_ms)
        if after:
            self._timed_out_ms = None
            self._doubt = key
            return decided
        return [*decided, Typed(key.token)]

    def _doubt_ms(self) -> int:
        """How long a scanner's terminator may be down, from how long its other keys were."""
        return min(2 * END_HOLD_MS, max(END_HOLD_MS, int(OUTLIER * self._longest_ms)))

    def _settle_doubt(self, *, persons: bool) -> list[Decision]:
        """A terminator after a scan: the second half of CR LF, a late one, or a person's Enter."""
        key, self._doubt = self._doubt, None
        assert key is not None
        self._twofold = not persons
        return [Typed(key.token)] if persons else []

    def _finish(self, up_ms: int | None = None) -> list[Decision]:
        """The terminator that was looked at closes the burst, if it is one; `up_ms` is when it was let go."""
        key, self._end_key = self._end_key, None
        assert key is not None
        found = self._search(key.at_ms, key).scans()
        tapped = up_ms is not None and up_ms - key.at_ms <= TAP_MS
        mine = tapped and self._comes_after(key)
        if found:
            gap_ms = key.at_ms - self._held[self._chars[found[-1].places[-1]]].key.at_ms
            longest_ms = max(self._held[self._chars[at]].down_ms(key.at_ms) for at in found[-1].places)
            finger = up_ms is not None and up_ms - key.at_ms >= max(HAND_MS, OUTLIER * longest_ms)
            near = self._endless < ENDLESS and gap_ms <= SLOW_P90_MS and (not finger or self._ended > 0)
            always = self._ended > 0 and self._endless == 0 and gap_ms <= BURST_TIMEOUT_MS
            mine = near or always or (tapped and gap_ms <= LATE_END_MS)
        decided = self._emit(found, key if mine else None)
        if not mine:
            self._endless += len(found)
            return [*decided, Typed(key.token)]
        self._endless = 0
        self._ended += 1
        self._eaten.add(key.code)
        self._last_end_ms = key.at_ms
        return decided

    def _comes_after(self, key: Key) -> bool:
        """Whether a terminator may be the second half of CR LF, or a late one of a scan that timed out."""
        since = ((self._last_end_ms, SECOND_END_MS), (self._timed_out_ms, LATE_END_MS))
        return any(at is not None and 0 <= key.at_ms - at <= within_ms for at, within_ms in since)

    # ------------------------------------------------------------------ whose keys

    def _run(self) -> list[Struck]:
        return [self._held[position] for position in self._chars]

    def _last_char(self) -> Struck:
        return self._held[self._chars[-1]]

    def _limit_ms(self) -> int:
        """How long the next key of a burst may take."""
        if len(self._chars) > 1:
            return RADIO_TIMEOUT_MS if self._radio else BURST_TIMEOUT_MS
        first = self._held[self._chars[0]]
        tapped = first.up_ms is not None and first.up_ms - first.key.at_ms <= TAP_MS
        return TAPPED_HOLD_MS if tapped or self._radio else FIRST_HOLD_MS

    def _gap_to(self, key: Key) -> int:
        gap_ms = key.at_ms - self._last_char().key.at_ms
        return gap_ms if gap_ms >= 0 else _NEVER_MS  # the clock of the window system began anew

    def _rushing(self, key: Key) -> bool:
        """Whether all that is held was tapped as by a machine, a person's keys that are still down aside."""
        run = [struck for struck in self._run() if struck.up_ms is not None]
        tapped = [struck for struck in run if struck.down_ms(0) <= TAP_MS]
        if not run:
            return self._gap_to(key) <= MACHINE_GAP_MS
        return bool(tapped) and 2 * len(tapped) >= len(run) and self._gap_to(key) <= SLOW_P90_MS

    def _search(self, now_ms: int, end: Key | None = None) -> Search:
        parted = 2 if self._endless and not self._radio else int(self._endless > 0 or self._ended < 3)
        return Search(self._run(), self._speller, now_ms, None if end is None else end.at_ms, parted)

    def _is_whole(self, *, sure: bool = False) -> bool:
        run = self._run()
        spelling = self._speller.spell([struck.key for struck in run])
        return is_slow(spelling.text, gaps_of(run)) and (spelling.sure if sure else spelling.known)

    def _let_go_early(self, now_ms: int) -> list[Decision]:
        """Give a person's keys back as soon as the rhythm rules a scanner out, all but the last run."""
        run = self._run()
        gaps = gaps_of(run)
        if len(gaps) < 2:
            return []
        middle = median(gaps)
        tapped = sum(struck.up_ms is not None and struck.down_ms(now_ms) <= TAP_MS for struck in run[:-1])
        if tapped >= 0.4 * len(gaps):
            hurried = middle <= TAPPED_MEDIAN_MS
        else:
            hurried = middle <= SLOW_P90_MS and (len(gaps) < 4 or middle <= SLOW_MEDIAN_MS)
        if hurried:
            return []
        keep = max(index + 1 for index, gap in enumerate(gaps) if gap > FAST_GAP_MS)
        return self._settle_first(keep, now_ms) if tapped >= LEAST_LENGTH else self._give_back(keep)

    def _settle_first(self, chars: int, now_ms: int) -> list[Decision]:
        """Decide the first `chars` characters, a scan among a person's keys perhaps, and hold the rest."""
        cut = self._chars[chars]
        rest, places = self._held[cut:], [position - cut for position in self._chars[chars:]]
        self._held, self._chars = self._held[:cut], self._chars[:chars]
        decided = self._decide(now_ms)
        self._held, self._chars = rest, places
        return decided

    def _give_back(self, chars: int) -> list[Decision]:
        """The first `chars` characters, and all keys between them, were a person's."""
        cut = self._chars[chars] if chars < len(self._chars) else len(self._held)
        typed: list[Decision] = [Typed(struck.key.token) for struck in self._held[:cut]]
        self._held = self._held[cut:]
        self._chars = [position - cut for position in self._chars[chars:]]
        return typed

    def _decide(self, now_ms: int) -> list[Decision]:
        """Empty what is held: scans, and a person's keys before, between and after them."""
        if not self._chars:
            return []
        found = self._search(now_ms).scans()
        self._endless += len(found)
        return self._emit(found)

    def _get_to_know(self, run: Sequence[Struck], now_ms: int) -> None:
        self._longest_ms = max(struck.down_ms(now_ms) for struck in run)
        self._radio = self._longest_ms > RADIO_DOWN_MS or max(gaps_of(run)) > RADIO_GAP_MS

    def _emit(self, found: Sequence[Found], end: Key | None = None) -> list[Decision]:
        if not found:
            return self._give_back(len(self._chars))
        run = self._run()
        owner = {self._chars[place]: each for each in found for place in each.places}
        spans = [(self._chars[each.places[0]], self._chars[each.places[-1]]) for each in found]
        decided: list[Decision] = []
        persons: set[int] = set()
        for position, struck in enumerate(self._held):
            key, scan = struck.key, owner.get(position)
            if scan is not None:
                if struck.up_ms is None:
                    self._eaten.add(key.code)
                if position == self._chars[scan.places[-1]]:
                    self._get_to_know([run[place] for place in scan.places], key.at_ms)
                    keys = [run[place].key for place in scan.places]
                    self._speller.learn(keys, scan.spelling)
                    trace = trace_of(keys, end if scan is found[-1] else None, twofold=self._twofold)
                    self._twofold = False
                    decided.append(Scan(scan.spelling.text, key.at_ms, scan.spelling.mended, trace))
            elif key.kind == "release":
                if key.code in persons:
                    persons.discard(key.code)
                    decided.append(Typed(key.token))
            elif key.kind != "modifier" or not any(first < position < last for first, last in spans):
                persons.add(key.code)
                decided.append(Typed(key.token))
        self._held, self._chars = [], []
        return decided
