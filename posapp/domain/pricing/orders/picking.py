"""Which units an order promotion is about, where it is not about all: the dearest, the cheapest, so many.

Units are told apart by what they cost after the items. Of equal ones the dearest are taken from the front of
the basket and the cheapest from its back, line by line; of equal units of one line those of which most may
still be taken, so that it never matters which of them an earlier promotion or the items fell on.
"""

from __future__ import annotations

from posapp.domain.pricing.goods.runs import Run, room
from posapp.domain.pricing.terms.promotion import OrderOff, Promotion


def picked(runs: list[Run], promotion: Promotion, group: frozenset[int]) -> list[int]:
    """The runs of a group by place in the list; where only some units count, runs are split for them."""
    limits = promotion.limits
    mine = [n for n, run in enumerate(runs) if run.at in group and not run.is_locked]
    per_line = limits.max_units_per_line
    limit = _units_max(runs, mine, promotion)
    if limit is None or sum(runs[n].count for n in mine) <= limit:
        return mine
    kind = promotion.kind
    sign = 1 if isinstance(kind, OrderOff) and kind.units == "cheapest" else -1
    floors = limits.floor_ppm or 0, limits.floor_minor or 0

    def turn(n: int) -> tuple[int, ...]:
        run = runs[n]
        open_to = room([run], *floors) // run.count
        return sign * run.base_minor, -sign * run.at, -open_to, -run.left_minor, run.price_minor, n

    kept: dict[int, int] = {}
    left = {} if per_line is None else dict.fromkeys([runs[n].at for n in mine], per_line)
    for n in sorted(mine, key=turn):
        at = runs[n].at
        kept[n] = min(limit, runs[n].count, left.get(at, limit))
        limit -= kept[n]
        if at in left:
            left[at] -= kept[n]
    chosen: list[int] = []
    whole: list[Run] = []
    for n, run in enumerate(runs):
        some = kept.get(n, 0)
        if some:
            chosen.append(len(whole))
            whole.append(run.part(some))
        if run.count > some:
            whole.append(run.part(run.count - some))
    runs[:] = whole
    return chosen


def _units_max(runs: list[Run], mine: list[int], promotion: Promotion) -> int | None:
    """How many units it is about; None where all of them."""
    kind, limits = promotion.kind, promotion.limits
    limit, per_line = limits.max_units, limits.max_units_per_line
    if isinstance(kind, OrderOff) and kind.units != "all":
        limit = kind.count if limit is None else min(limit, kind.count)
    if per_line is None:
        return limit
    of_line: dict[int, int] = {}
    for n in mine:
        of_line[runs[n].at] = of_line.get(runs[n].at, 0) + runs[n].count
    within = sum([min(count, per_line) for count in of_line.values()])
    if within < sum(of_line.values()):
        limit = within if limit is None else min(limit, within)
    return limit
