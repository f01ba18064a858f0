"""When a price may change by the clock alone: the next moment at which a promotion's window opens or closes.

Hours are the shop's own, as its clock on the wall shows them. A moment at which nothing happens after all
does no harm: the basket is priced again and comes out the same. Knows neither whose right a promotion is nor
what it does.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from posapp.domain.pricing.goods.gates import is_before
from posapp.domain.pricing.terms.promotion import Promotion

_DAY_MINUTES = 24 * 60
_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
#: Before and after all clocks, in microseconds.
NEVER_BEFORE: Final = -(1 << 62)
NEVER: Final = 1 << 62
#: Promotions whose next turn is kept at most; then it begins anew.
TURNS_MAX: Final = 20_000


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


class Turns:
    """The next turn of promotions that are asked about again and again: each is looked up once until then."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        #: By identity of the promotion, which is held: its next turn, and when it was asked for.
        self._known: dict[int, tuple[Promotion, datetime | None, datetime]] = {}

    def next_of(self, promotions: Iterable[Promotion], at: datetime) -> datetime | None:
        """As `next_turn`."""
        if len(self._known) > TURNS_MAX:
            self._known = {}
        found: datetime | None = None
        for promotion in promotions:
            known = self._known.get(id(promotion))
            if known is None:
                known = self._known[id(promotion)] = (promotion, next_turn((promotion,), at), at)
            turn = known[1]
            if turn is None and not is_timed(promotion):
                continue
            if at < known[2] or (turn is not None and turn <= at):
                turn = next_turn((promotion,), at)
                self._known[id(promotion)] = (promotion, turn, at)
            if turn is not None and (found is None or turn < found):
                found = turn
        return found


def _next_at(minute: int, at: datetime) -> datetime:
    today = _today_at(minute, at)
    return today if today > at else today + timedelta(days=1)


def _today_at(minute: int, at: datetime) -> datetime:
    return at.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)


def is_timed(promotion: Promotion) -> bool:
    """Whether the clock has a say in it."""
    return promotion.begins is not None or promotion.ends is not None or bool(promotion.weekly)


def micros(at: datetime) -> int:
    """An instant as microseconds since 1970, exactly."""
    return (at - _EPOCH) // _MICROSECOND


def steady(promotion: Promotion, at: datetime) -> tuple[int, int]:
    """From when until when (not included; microseconds) the clock says of a promotion what it says at `at`.

    Holds while the shop's clock has the same offset as at `at`, which has a zone.
    """
    if not is_timed(promotion):
        return NEVER_BEFORE, NEVER
    now, offset = micros(at), at.utcoffset() or timedelta()
    turns: list[int] = []
    for moment in (promotion.begins, promotion.ends):
        if moment is not None:
            # Of one and the same zone the clocks on the wall are compared.
            is_wall = moment.tzinfo is None or moment.tzinfo is at.tzinfo
            turns.append(micros(moment.replace(tzinfo=UTC) - offset if is_wall else moment))
    wall = at.replace(tzinfo=UTC)
    day = timedelta(days=1) // _MICROSECOND
    for window in promotion.weekly:
        for minute in {0, window.from_minute % _DAY_MINUTES, window.to_minute % _DAY_MINUTES}:
            today = micros(_today_at(minute, wall) - offset)
            turns += [today - day, today, today + day]
    return (
        max([turn for turn in turns if turn <= now], default=NEVER_BEFORE),
        min([turn for turn in turns if turn > now], default=NEVER),
    )
