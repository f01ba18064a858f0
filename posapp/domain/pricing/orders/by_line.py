"""The order layer in sums of lines, where these tell everything: shares of what the items leave, no floors.

Amounts go to lines first and by what is left of them, so that what a right takes off each line hangs on no
single unit. Rights are worked out on one number a line, and the units get their shares at the end, line by
line and in the same order. Where a right picks units, or goods have floors, the layer goes by runs.
"""

from __future__ import annotations

from collections.abc import Sequence

from posapp.domain.pricing.goods.runs import Run, Shares
from posapp.domain.pricing.goods.sharing import largest_remainder, share_runs
from posapp.domain.pricing.orders.layer import (
    OrderEffect,
    OrderRight,
    apply_orders,
    capped,
    conditions_hold,
    in_order,
    off_of,
    wanted,
)
from posapp.domain.pricing.terms.basket import BasketLine
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import OrderOff

#: Units of a run: how many, what is left of each, what fell off it, the run.
_Part = tuple[int, int, Shares, Run]


class _Sums:
    """By place of the line: what it came to before the items and after them, its pieces, what is left."""

    __slots__ = ("after", "before", "fallen", "left", "pieces", "runs")

    def __init__(self, count: int) -> None:
        #: What falls off: (slot, amount).
        self.fallen: list[list[tuple[int, int]]] = [[] for _ in range(count)]
        self.after = [0] * count
        self.before = [0] * count
        self.pieces = [0] * count
        self.left: list[int] = []
        self.runs: list[list[Run]] = [[] for _ in range(count)]


def taken_off(
    runs: list[Run], rights: Sequence[OrderRight], first_slot: int, lines: Sequence[BasketLine],
    policy: Policy,
) -> list[OrderEffect]:  # fmt: skip
    """Take all rights off the runs, which are changed; the nth effect's slot is `first_slot` + n."""
    sums = _sums(runs, len(lines)) if _is_by_line(rights, policy) else None
    if sums is None:
        return apply_orders(runs, rights, first_slot, lines, policy)
    effects: list[OrderEffect] = []
    for right in in_order(rights):
        if right.conditions and not conditions_hold(right, sums.after, lines):
            continue
        effect = _effect(right, first_slot + len(effects), sums, policy)
        if effect is not None:
            effects.append(effect)
    if effects:
        _lay(runs, sums)
    return effects


def _is_by_line(rights: Sequence[OrderRight], policy: Policy) -> bool:
    """Whether no right asks for more than sums of lines."""
    return (
        policy.percent_of == "base"
        and policy.order_percent_per == "order"
        and policy.sharing == "largest_remainder"
        and policy.share_by == "gross"
        and all(_is_of_all(right) for right in rights)
    )


def _is_of_all(right: OrderRight) -> bool:
    """Whether it is of all of its goods, down to nothing."""
    kind, limits = right.promotion.kind, right.promotion.limits
    return (
        limits.max_units is None
        and limits.max_units_per_line is None
        and not (limits.floor_ppm or limits.floor_minor)
        and not (isinstance(kind, OrderOff) and kind.units != "all")
    )


def _sums(runs: Sequence[Run], count: int) -> _Sums | None:
    """None where floors, locked goods or less than nothing are among them."""
    found = _Sums(count)
    after, before, pieces, of_line = found.after, found.before, found.pieces, found.runs
    last = 0
    for run in runs:
        at, units, base = run.at, run.count, run.base_minor
        if base < 0 or run.floor_minor or run.is_locked or at < last:
            return None
        last = at
        after[at] += base * units
        before[at] += run.price_minor * units
        pieces[at] += units
        of_line[at].append(run)
    found.left = after.copy()
    return found


def _effect(right: OrderRight, slot: int, sums: _Sums, policy: Policy) -> OrderEffect | None:
    """What a right takes off the lines; None for nothing."""
    limits = right.promotion.limits
    is_before = right.promotion.needs.judged_on == "list"
    taken = times = whole_base = 0
    left, fallen = sums.left, sums.fallen
    for group in right.groups:
        places: Sequence[int] = range(len(left)) if len(group) == len(left) else sorted(group)
        base = sum([sums.after[at] for at in places])
        measure = sum([sums.before[at] for at in places]) if is_before else base
        want = wanted(right, measure=measure, pieces=sum([sums.pieces[at] for at in places]))
        if want is None:
            continue
        whole_base += base
        amount = capped(right, want, off_of(want.off, base, want.times, policy) + want.more_minor)
        for cap in (limits.max_minor, right.budget_minor):
            if cap is not None:
                amount = min(amount, cap - taken)
        weights = [left[at] for at in places]
        amount = min(amount, sum(weights))
        if amount <= 0:
            continue
        taken += amount
        times += want.times
        for at, part in zip(places, largest_remainder(amount, weights), strict=True):
            if part:
                left[at] -= part
                fallen[at].append((slot, part))
    return OrderEffect(right, taken, times, whole_base) if taken else None


def _lay(runs: list[Run], sums: _Sums) -> None:
    """Give every unit its share of what falls off its line."""
    split = False
    for at, amounts in enumerate(sums.fallen):
        if not amounts:
            continue
        mine = sums.runs[at]
        if len(mine) == 1 and mine[0].count == 1:
            run = mine[0]
            run.left_minor = sums.left[at]
            run.shares = (*run.shares, *amounts)
            continue
        mine = _over_units(mine, amounts)
        split = split or len(mine) > len(sums.runs[at])
        sums.runs[at] = mine
    if split:
        runs[:] = [run for mine in sums.runs for run in mine]


def _over_units(mine: list[Run], amounts: Sequence[tuple[int, int]]) -> list[Run]:
    """The runs of a line with their shares of one amount after the other, split where units part ways."""
    parts: list[_Part] = [(run.count, run.left_minor, (), run) for run in mine]
    for slot, amount in amounts:
        parts = _shared(parts, slot, amount)
    found: list[Run] = []
    for count, left, shares, run in parts:
        piece = run if count == run.count else run.part(count)
        piece.left_minor = left
        piece.shares = (*run.shares, *shares)
        found.append(piece)
    return found


def _shared(parts: list[_Part], slot: int, amount: int) -> list[_Part]:
    if len(parts) > 1:
        shared = share_runs(amount, [(left, count) for count, left, _, _ in parts])
    else:
        each, more = divmod(amount, parts[0][0])
        rest = parts[0][0] - more
        shared = [((more, each + 1), (rest, each)) if more else ((rest, each),)]
    found: list[_Part] = []
    for (_, left, shares, run), counts in zip(parts, shared, strict=True):
        for count, part in counts:
            found.append((count, left - part, (*shares, (slot, part)) if part else shares, run))
    return found
