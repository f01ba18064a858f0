"""Which level a member has: by what they spent net in a window, for a term that no return can shorten.

Only lines that can come back no more count, so that a level is never bought and returned. Spending can raise
a level at once and begins a new term with it; nothing lowers it before its term is over. Knows no sales and
no clock: the sum and the time come in.
"""

from __future__ import annotations

from collections.abc import Sequence

from posapp.domain.members.programme import DAY_MS, Level, Programme
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class HeldLevel:
    """The level that a member has ("" for none), since when, and to when at least; epoch milliseconds."""

    level_id: str = ""
    since_ms: int = 0
    until_ms: int = 0


NO_LEVEL = HeldLevel()


def reached(levels: Sequence[Level], spend_minor: int) -> Level | None:
    """The highest level that so much net spending reaches; None below the lowest."""
    fitting = [each for each in levels if each.from_spend_minor <= spend_minor]
    return max(fitting, key=lambda each: each.from_spend_minor, default=None)


def to_next_minor(levels: Sequence[Level], spend_minor: int) -> tuple[Level, int] | None:
    """The next level and what is still to be spent for it; None where there is none higher."""
    higher = [each for each in levels if each.from_spend_minor > spend_minor]
    following = min(higher, key=lambda each: each.from_spend_minor, default=None)
    return None if following is None else (following, following.from_spend_minor - spend_minor)


def window_from_ms(programme: Programme, now_ms: int) -> int:
    """From when on closed lines count for levels now."""
    return now_ms - programme.level_window_days * DAY_MS


def level_after(held: HeldLevel, spend_minor: int, programme: Programme, now_ms: int) -> HeldLevel:
    """The level after a look at the spending of the window (net of returns, closed lines only).

    A level that the programme knows no more is as none. One that is reached again when its term ends goes on.
    """
    found = reached(programme.levels, spend_minor)
    until_ms = now_ms + programme.level_term_days * DAY_MS
    before = programme.level(held.level_id)
    if before is not None and now_ms < held.until_ms and not _is_higher(found, before):
        return held
    if found is None:
        return NO_LEVEL
    is_same = before is not None and found.level_id == before.level_id
    return HeldLevel(found.level_id, held.since_ms if is_same else now_ms, until_ms)


def _is_higher(level: Level | None, than: Level) -> bool:
    return level is not None and level.from_spend_minor > than.from_spend_minor
