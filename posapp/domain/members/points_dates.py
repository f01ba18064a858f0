"""When points ripen and end: rules of the programme, the same wherever points are counted.

Points of a sale are pending while its goods may come back, then they can be spent until they end. Points that
a return gives back keep their old end, but never end before somebody could use them.
"""

from __future__ import annotations

from posapp.domain.members.programme import DAY_MS, Programme
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class PointsDates:
    """From when on points may be spent, and when they end (None: never); epoch milliseconds."""

    ripen_ms: int
    end_ms: int | None


def dates_of_earned(programme: Programme, sold_at_ms: int) -> PointsDates:
    """When the points of a sale ripen and end."""
    ripen_ms = sold_at_ms + programme.return_days * DAY_MS
    end_ms = ripen_ms + programme.points_days * DAY_MS if programme.points_days else None
    return PointsDates(ripen_ms, end_ms)


def least_end_of_points_back_ms(programme: Programme, now_ms: int) -> int:
    """Before when no points end that a return gives back now; those with a later end keep it."""
    return now_ms + programme.points_back_days * DAY_MS
