"""The item layer, solved: the applications that take most money off, component by component, and its cache.

Ties: fewest coupons, then the coupons that end first, then least cost to the store by funding, then the
promotion with the lowest id on the first unit that differs. Refuses to know groups, conditions and the order
layer: the engine asks with the rights that hold. `cache` only makes the next scan quicker, never different.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from datetime import datetime
from itertools import combinations
from math import gcd

from posapp.domain.pricing.items.components import components
from posapp.domain.pricing.items.frontier import combined_frontier
from posapp.domain.pricing.items.set_cache import SetCache
from posapp.domain.pricing.items.solving import Prepared, Solved, solve_alone, solve_component
from posapp.domain.pricing.items.standing import Standing
from posapp.domain.pricing.items.units import normal_form
from posapp.domain.pricing.items.writing_out import gifts_of, joined
from posapp.domain.pricing.terms.applications import (
    Application,
    FreeGift,
    Frontier,
    ItemChoice,
    LinePart,
    Lot,
    Right,
)
from posapp.domain.pricing.terms.policy import Policy
from posapp.values import dataclass

#: Components kept at most; then the oldest half goes.
COMPONENTS_MAX = 4_000
#: With more codes than this only those that are used are tried without.
CODES_MAX = 5


@dataclass(slots=True)
class ItemCache:
    """What a till keeps from scan to scan: sets of goods, and components by their content."""

    sets: SetCache = field(default_factory=SetCache)
    solved: dict[object, Solved] = field(default_factory=dict)
    policy: Policy | None = None
    #: The basket that was asked about last.
    standing: Standing | None = None

    def get_ready(self, policy: Policy) -> None:
        """Begin anew for another policy or where it has grown full; drop the older half of the components."""
        is_other = self.policy is not policy and self.policy != policy
        self.policy = policy
        if is_other or self.sets.is_full:
            self.sets = SetCache()
            self.standing = None
            self.solved.clear()
        if len(self.solved) > COMPONENTS_MAX:
            for key in list(self.solved)[: COMPONENTS_MAX // 2]:
                del self.solved[key]


def solve_items(
    lots: Sequence[Lot], rights: Sequence[Right], policy: Policy = Policy(), cache: ItemCache | None = None
) -> ItemChoice:
    """The best combination of item promotions whose gates are open, for units after the price layer."""
    cache = cache or ItemCache()
    choice = _solve(lots, rights, policy, cache)
    if any(right.code for right in rights) and any(one.code for one in choice.applications):
        choice = _fewest_codes(lots, rights, policy, cache, choice)
    gifts = gifts_of(lots, rights, choice.applications)
    return replace(choice, gifts=gifts) if gifts else choice


def prepare_items(lots: Sequence[Lot], rights: Sequence[Right], policy: Policy, cache: ItemCache) -> None:
    """Bring lots and rights into their normal form, so that nothing but the search is left to be done."""
    _standing(policy, cache).parts(lots, rights)


def _standing(policy: Policy, cache: ItemCache) -> Standing:
    cache.get_ready(policy)
    standing = cache.standing
    if standing is None:
        standing = cache.standing = Standing(cache.sets, policy)
    return standing


def _solve(lots: Sequence[Lot], rights: Sequence[Right], policy: Policy, cache: ItemCache) -> ItemChoice:
    standing = _standing(policy, cache)
    weights: dict[str, int] | None = None
    is_weighed = False
    found: list[Application] = []
    value = states = 0
    is_proven = True
    parts: list[tuple[frozenset[int], int]] = []
    solved = cache.solved
    for part in standing.parts(lots, rights):
        answer = part.solved or solved.get(part.key)
        left = policy.states_max - states
        # What another basket had more work for is done anew with less: a till's past changes no answer.
        if answer is None or answer.states > left:
            if not is_weighed:
                weights, is_weighed = _weights(standing.lots, rights), True
            form, component = part.taken_apart()
            if part.is_tied:
                answer = solve_component(Prepared(form, component, weights), left)
            else:
                answer = solve_alone(form, component, weights)
            # What was cut short hangs on the rest of the basket: it is not kept.
            if answer.is_proven:
                solved[part.key] = answer
        if answer.is_proven:
            part.solved = answer
        found.extend(answer.applications)
        value += answer.value_minor
        parts.append((part.lines, answer.value_minor))
        states += answer.states
        is_proven = is_proven and answer.is_proven
    return ItemChoice(joined(found), value, states, is_proven, components=tuple(parts))


def item_frontier(
    lots: Sequence[Lot],
    rights: Sequence[Right],
    policy: Policy = Policy(),
    *,
    parts: Sequence[LinePart],
    window_minor: int,
    cache: ItemCache | None = None,
) -> Frontier:
    """All choices whose value is within the window of the best and that no other beats in value and parts."""
    cache = cache or ItemCache()
    cache.get_ready(policy)
    form = normal_form(lots, rights, policy, cache.sets, is_frontier=True)
    tied = [Prepared(form, component) for component in components(form)]
    return combined_frontier(form, tied, policy, parts, window_minor)


def touched_lines(lots: Sequence[Lot], rights: Sequence[Right], cache: ItemCache) -> frozenset[int]:
    """Numbers of the lines that hold goods of any part of an item right."""
    open_lots = cache.sets.open_lots(lots)
    positions: set[int] = set()
    for right in rights:
        positions.update(open_lots.reached(right.promotion)[0])
    return frozenset([open_lots.lots[position].line.line_no for position in positions])


def _weights(lots: Iterable[Lot], rights: Sequence[Right]) -> dict[str, int] | None:
    """By promotion: a unit of money counts for more than all cost of the store, which breaks ties."""
    if len({id(right.promotion.funding) for right in rights}) < 2:
        return None
    store = {right.promotion.promotion_id: store_ppm(right) for right in rights}
    shares = set(store.values())
    if len(shares) < 2:
        return None
    scale = gcd(*shares)
    goods = sum([lot.count * lot.price_minor for lot in lots])
    whole = 1 << (goods * (max(shares) // scale)).bit_length()
    return {promotion_id: whole - share // scale for promotion_id, share in store.items()}


def store_ppm(right: Right) -> int:
    """The share of a reduction that the store itself pays."""
    return sum(part.ppm for part in right.promotion.funding if part.party == "store")


def _fewest_codes(
    lots: Sequence[Lot], rights: Sequence[Right], policy: Policy, cache: ItemCache, choice: ItemChoice
) -> ItemChoice:
    """Of all answers with the same value one with the fewest codes, of these those that end first."""
    used = {one.code for one in choice.applications if one.code}
    ends: dict[str, tuple[bool, str]] = {}
    for right in rights:
        if right.code:
            ends.setdefault(right.code, _end(right.promotion.ends))
    codes = sorted(ends if len(ends) <= CODES_MAX else used)
    states = choice.states
    for count in range(len(used) + 1):
        by_end = [(sorted([ends[code] for code in some]), some) for some in combinations(codes, count)]
        for _, some in sorted(by_end):
            if set(some) >= used:
                return replace(choice, states=states)
            fewer = [right for right in rights if not right.code or right.code in some]
            other = _solve(lots, fewer, policy, cache)
            states += other.states
            if other.value_minor == choice.value_minor and other.is_proven:
                return replace(other, states=states, is_proven=choice.is_proven, components=choice.components)
    return replace(choice, states=states)


def _end(ends: datetime | None) -> tuple[bool, str]:
    """For sorting: what ends first comes first, what never ends last."""
    return (ends is None, ends.isoformat() if ends is not None else "")


__all__ = [
    "Application",
    "FreeGift",
    "ItemCache",
    "ItemChoice",
    "Lot",
    "Right",
    "item_frontier",
    "solve_items",
]
