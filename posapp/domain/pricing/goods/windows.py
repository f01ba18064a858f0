"""When a price may change by the clock alone: the next moment at which a promotion's window opens or closes.

Hours are the shop's own, as its clock on the wall shows them. A moment at which nothing happens after all
does no harm: the basket is priced again and comes out the same. Knows neither whose right a promotion is nor
what it does.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from posapp.domain.pricing.goods.gates import is_before
from posapp.domain.pricing.terms.promotion import Promotion

_DAY_MINUTES = 24 * 60


def next_turn(promotions: Iterable[Promotion], at: datetime) -> datetime | None:
    """The first moment after `at` (local, with its zone) at which one begins or ends, or None."""
    minutes: set[int] = set()
    found: list[datetime] = []
    for promotion in promotions:
        found += [
            moment if moment.tzinfo is not None else moment.replace(tzinfo=at.tzinfo)
            for moment in (promotion.begins, promotion.ends)
            if moment is not None and is_before(at, moment)
        ]
        for window in promotion.weekly:
            # Midnight too: a whole day of the week is a window.
            minutes |= {0, window.from_minute % _DAY_MINUTES, window.to_minute % _DAY_MINUTES}
    found += [_next_at(minute, at) for minute in minutes]
    return min(found, default=None)


def _next_at(minute: int, at: datetime) -> datetime:
    today = at.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)
    return today if today > at else today + timedelta(days=1)
