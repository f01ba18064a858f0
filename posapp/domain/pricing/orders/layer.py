"""The order layer: what falls off the goods together, on top of what the items gave.

Every order promotion is judged and computed on the same base, the amounts after the items (judged "list": the
amounts before them), high priority first; none takes what is not there any more, and each is shared over what
the earlier ones left. Knows runs of units and promotions whose gates are open; which of a group, what the
items do and who may have it are decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from posapp.domain.money import round_div
from posapp.domain.pricing.goods.gates import Open, unmet
from posapp.domain.pricing.goods.held import Held, HeldMemory
from posapp.domain.pricing.goods.runs import Run, Spread, room, spread
from posapp.domain.pricing.orders.picking import picked
from posapp.domain.pricing.terms.basket import PPM_OF_ALL, Basket, BasketLine
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import (
    Condition,
    Deposit,
    Off,
    OrderOff,
    Promotion,
    SpendTier,
    Step,
)
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class OrderRight:
    """An order promotion whose gate is open, with the places of the lines it is about.

    `conditions` are those judged after the items, each with its places; `budget_minor` is what the campaign
    has left; `groups` are the places that it acts on by themselves (line by line, or all).
    """

    promotion: Promotion
    places: frozenset[int]
    groups: tuple[frozenset[int], ...]
    conditions: tuple[tuple[Condition, frozenset[int]], ...] = ()
    code: str = ""
    budget_minor: int | None = None
    deposit_minor: int = 0
    #: The most it takes off whatever the items do, where that is known.
    most_minor: int | None = None

    @property
    def promotion_id(self) -> str:
        """The promotion's id."""
        return self.promotion.promotion_id


@dataclass(frozen=True, slots=True)
class OrderEffect:
    """What one order promotion took off: amount, how often it applied, and what it was computed on."""

    right: OrderRight
    amount_minor: int
    times: int
    base_minor: int


def order_right(promotion: Promotion, basket: Basket, opened: Open, held: Held | None = None) -> OrderRight:
    """The right that an open order promotion (one value of it, where it acts on alike goods) gives here."""
    lines = basket.lines
    held = held or HeldMemory().of(lines)
    needs, kind = promotion.needs, promotion.kind
    places = held.places(promotion.on)
    # What is taken back in the same basket gives nothing off and takes nothing away.
    taken_back = [at for at in places if lines[at].unit_minor < 0]
    places = places.difference(taken_back) if taken_back else places
    by_line = isinstance(kind, OrderOff | SpendTier) and kind.per == "line"
    groups = tuple(frozenset({at}) for at in sorted(places)) if by_line else (places,)
    conditions = needs.conditions if needs.judged_on == "after_items" else ()
    return OrderRight(
        promotion, places, groups, tuple([(each, held.places(each.of)) for each in conditions]), opened.code,
        opened.most_minor, basket.deposits.get(promotion.promotion_id, 0),
    )  # fmt: skip


def with_most(right: OrderRight, most_minor: int) -> OrderRight:
    """The right with the most that it takes off."""
    return OrderRight(
        right.promotion, right.places, right.groups, right.conditions, right.code, right.budget_minor,
        right.deposit_minor, most_minor,
    )  # fmt: skip


def in_order(rights: Sequence[OrderRight]) -> list[OrderRight]:
    """High priority first, then by id: the stated order in which they are computed."""
    return sorted(rights, key=lambda right: (-right.promotion.stack.priority, right.promotion_id))


def conditions_hold(right: OrderRight, amounts: Sequence[int], lines: Sequence[BasketLine]) -> bool:
    """Whether what is judged after the items holds where the lines come to these amounts then."""
    places = [mine for _, mine in right.conditions]
    return not places or unmet(right.promotion.needs, lines, amounts, places=places) is None


# ------------------------------------------------------------------ amounts
def reached(tier: SpendTier, measure: int, uses_max: int | None) -> tuple[Step | None, int]:
    """The highest step that a measure reaches, and how often it counts."""
    best: Step | None = None
    for step in tier.steps:
        if step.least <= measure and (best is None or step.least > best.least):
            best = step
    if best is None:
        return None, 0
    times = measure // best.least if tier.every and best.least > 0 else 1
    return best, times if uses_max is None else min(times, uses_max)


def off_of(off: Off, base: int, times: int, policy: Policy) -> int:
    """What falls off a base: a share or an amount so many times, or what it is above a price."""
    if off.ppm is not None:
        return round_div(base * min(off.ppm * times, PPM_OF_ALL), PPM_OF_ALL, policy.percent_mode)
    if off.minor is not None:
        return off.minor * times
    return max(0, base - (off.price_minor or 0))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a right wants to take: a reduction so many times, something besides, and a cap."""

    off: Off
    times: int = 1
    more_minor: int = 0
    cap_minor: int | None = None


def wanted(right: OrderRight, *, measure: int, pieces: int) -> Wanted | None:
    """What it wants of goods that come to `measure` as it judges them; None below its threshold."""
    kind, limits = right.promotion.kind, right.promotion.limits
    if isinstance(kind, OrderOff):
        return Wanted(kind.off, cap_minor=kind.cap_minor)
    if isinstance(kind, SpendTier):
        judged = pieces if kind.by == "qty" else measure
        step, times = reached(kind, judged, limits.per_order)
        if step is None:
            return None
        more = step.more_minor * (judged - step.least) if kind.by == "qty" else 0
        return Wanted(step.off, times, more, kind.cap_minor)
    if isinstance(kind, Deposit) and kind.paid_minor:
        times = right.deposit_minor // kind.paid_minor
        times = times if limits.per_order is None else min(times, limits.per_order)
        return Wanted(Off(minor=max(0, kind.worth_minor - kind.paid_minor)), times)
    return None


def reduction(right: OrderRight, *, base: int, measure: int, pieces: int, policy: Policy) -> tuple[int, int]:
    """(amount, times) for one group: `base` is what shares are of, `measure` what amounts are judged on."""
    want = wanted(right, measure=measure, pieces=pieces)
    if want is None:
        return 0, 0
    amount = off_of(want.off, base, want.times, policy) + want.more_minor
    return capped(right, want, amount), want.times


def capped(right: OrderRight, want: Wanted, amount: int) -> int:
    """What of an amount its caps leave."""
    caps = (want.cap_minor, right.promotion.limits.max_minor, right.budget_minor)
    return max(0, min([amount, *(cap for cap in caps if cap is not None)]))


def apply_orders(
    runs: list[Run],
    rights: Sequence[OrderRight],
    first_slot: int,
    lines: Sequence[BasketLine],
    policy: Policy,
) -> list[OrderEffect]:
    """Take all rights off the runs, which are changed; the nth effect's slot is `first_slot` + n."""
    effects: list[OrderEffect] = []
    amounts = [0] * len(lines)
    for run in runs:
        amounts[run.at] += run.base_minor * run.count
    for right in in_order(rights):
        if not conditions_hold(right, amounts, lines):
            continue
        slot = first_slot + len(effects)
        taken = times = whole_base = 0
        for group in right.groups:
            amount, count, base = _take(runs, right, group, lines, _spread_of(right, slot, policy, taken))
            taken, whole_base = taken + amount, whole_base + base
            times += count if amount else 0
        if taken:
            effects.append(OrderEffect(right, taken, times, whole_base))
    return effects


@dataclass(frozen=True, slots=True)
class _Laid:
    """How a group's amount is laid, and what the promotion took off other groups already."""

    how: Spread
    taken: int


def _spread_of(right: OrderRight, slot: int, policy: Policy, taken: int) -> _Laid:
    limits = right.promotion.limits
    return _Laid(Spread(slot, policy, limits.floor_ppm or 0, limits.floor_minor or 0), taken)


def _take(
    runs: list[Run], right: OrderRight, group: frozenset[int], lines: Sequence[BasketLine], laid: _Laid
) -> tuple[int, int, int]:
    """One group: (amount taken, times, what it was computed on)."""
    policy = laid.how.policy
    chosen = picked(runs, right.promotion, group)
    mine = [runs[n] for n in chosen]
    pieces = after = before = 0
    for run in mine:
        pieces += run.count
        after += run.base_minor * run.count
        before += run.price_minor * run.count
    want = wanted(
        right, measure=before if right.promotion.needs.judged_on == "list" else after, pieces=pieces
    )
    if want is None:
        return 0, 0, 0
    pools = [(chosen, after if policy.percent_of == "base" else _base(mine, policy))]
    if want.off.ppm is not None and policy.order_percent_per != "order":
        pools = _pools(runs, chosen, lines, policy)
    parts = [off_of(want.off, base, want.times, policy) for _, base in pools]
    # Each unit is rounded by itself: a pool of one run, so many times.
    if policy.order_percent_per == "unit" and want.off.ppm is not None:
        counts = [runs[n].count for n in chosen]
        parts = [
            off_of(want.off, base // count, want.times, policy) * count
            for (_, base), count in zip(pools, counts, strict=True)
        ]
    whole = sum(parts) + want.more_minor
    amount = capped(right, want, whole)
    for cap in (right.promotion.limits.max_minor, right.budget_minor):
        if cap is not None:
            amount = min(amount, cap - laid.taken)
    amount = min(amount, room(mine, laid.how.floor_ppm, laid.how.floor_minor))
    base = sum(each for _, each in pools)
    if amount <= 0:
        return 0, want.times, base
    # What is capped is taken off all together.
    each = [(mine_of, part) for (mine_of, _), part in zip(pools, parts, strict=True)]
    if amount != whole or want.more_minor or not _have_room(runs, each, laid):
        each = [(chosen, amount)]
    spread([(part, mine_of) for mine_of, part in each], runs, lines, laid.how)
    return amount, want.times, base


def _have_room(runs: Sequence[Run], each: Sequence[tuple[list[int], int]], laid: _Laid) -> bool:
    """Whether all that are rounded by themselves can also take their part by themselves."""
    how = laid.how
    return len(each) == 1 or all(
        part <= room([runs[n] for n in mine], how.floor_ppm, how.floor_minor) for mine, part in each
    )


def _base(runs: Sequence[Run], policy: Policy) -> int:
    """What a share is of: after the items, before them, or what is left."""
    if policy.percent_of == "base":
        return sum(run.base_minor * run.count for run in runs)
    if policy.percent_of == "list":
        return sum(run.price_minor * run.count for run in runs)
    return sum(run.left_minor * run.count for run in runs)


def _pools(
    runs: Sequence[Run], chosen: Sequence[int], lines: Sequence[BasketLine], policy: Policy
) -> list[tuple[list[int], int]]:
    """Runs whose share is rounded at once, with what it is of."""
    pools: dict[object, list[int]] = {}
    for n in chosen:
        key: object = n
        if policy.order_percent_per == "line":
            key = runs[n].at
        elif policy.order_percent_per == "rate":
            key = lines[runs[n].at].taxes
        pools.setdefault(key, []).append(n)
    return [(mine, _base([runs[n] for n in mine], policy)) for mine in pools.values()]
