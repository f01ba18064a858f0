"""The item layer, solved: the applications that take most money off, component by component, and its cache.

Ties: fewest coupons, then the coupons that end first, then least cost to the store by funding, then the
promotion with the lowest id on the first unit that differs. Refuses to know groups, conditions and the order
layer: the engine asks with the rights that hold. `cache` only makes the next scan quicker, never different.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import combinations
from math import gcd

from posapp.domain.pricing.applications import (
    Application,
    FreeGift,
    ItemChoice,
    Lot,
    Right,
)
from posapp.domain.pricing.components import Component, components, coupling_of, stacks_of
from posapp.domain.pricing.policy import Policy
from posapp.domain.pricing.rules import Rule
from posapp.domain.pricing.search import Unit, search
from posapp.domain.pricing.tables import NO_RANK, Cluster, Stack, Step, free_ways, stack_rank
from posapp.domain.pricing.units import NormalForm, SetCache, normal_form
from posapp.domain.pricing.writing_out import applications_of, gifts_of

#: Components kept at most; then the oldest half goes.
COMPONENTS_MAX = 4_000
#: With more codes than this only those that are used are tried without.
CODES_MAX = 5


@dataclass(frozen=True, slots=True)
class Solved:
    """One component's answer."""

    applications: tuple[Application, ...]
    value_minor: int
    states: int
    is_proven: bool


@dataclass(slots=True)
class ItemCache:
    """What a till keeps from scan to scan: sets of goods, and components by their content."""

    sets: SetCache = field(default_factory=SetCache)
    solved: dict[object, Solved] = field(default_factory=dict)
    policy: Policy | None = None

    def get_ready(self, policy: Policy) -> None:
        """Begin anew for another policy or where it has grown full; drop the older half of the components."""
        if self.policy is not policy and self.policy != policy:
            self.solved.clear()
            self.policy = policy
        if self.sets.is_full:
            self.sets = SetCache()
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
    gifts = gifts_of(lots, rights, choice.applications, cache.sets)
    return replace(choice, gifts=gifts) if gifts else choice


def _solve(lots: Sequence[Lot], rights: Sequence[Right], policy: Policy, cache: ItemCache) -> ItemChoice:
    cache.get_ready(policy)
    form = normal_form(lots, rights, policy, cache.sets)
    set_weights(form, rights)
    found: list[Application] = []
    value = states = 0
    is_proven = True
    solved = cache.solved
    for component in components(form):
        answer = solved.get(component.key)
        if answer is None:
            answer = _solve_component(form, component, policy.states_max - states)
            # What was cut short hangs on the rest of the basket: it is not kept.
            if answer.is_proven:
                solved[component.key] = answer
        found.extend(answer.applications)
        value += answer.value_minor
        states += answer.states
        is_proven = is_proven and answer.is_proven
    return ItemChoice(_joined(found), value, states, is_proven)


def _joined(found: list[Application]) -> tuple[Application, ...]:
    """Unit-wise applications of a promotion become one; all by promotion, then by their first unit."""
    parts: dict[int, list[Application]] = {}
    joined: list[Application] = []
    for one in found:
        if one.is_unitwise:
            parts.setdefault(id(one.promotion), []).append(one)
        else:
            joined.append(one)
    for same in parts.values():
        if len(same) == 1:
            joined.append(same[0])
            continue
        units = tuple(sorted(unit for one in same for unit in one.units))
        amount = sum(one.amount_minor for one in same)
        joined.append(replace(same[0], units=units, amount_minor=amount, times=len(units)))
    joined.sort(key=lambda one: (one.promotion.promotion_id, one.units[0][:2]))
    return tuple(joined)


def set_weights(form: NormalForm, rights: Sequence[Right]) -> None:
    """Let the store's own cost break ties: a unit of money counts for more than all cost together."""
    store = {id(right.promotion): store_ppm(right) for right in rights}
    shares = set(store.values())
    if len(shares) < 2:
        return
    scale = gcd(*shares)
    goods = sum(lot.count * lot.price_minor for lot in form.lots)
    whole = 1 << (goods * (max(shares) // scale)).bit_length()
    for eligible in form.eligible:
        for rule, _ in eligible:
            rule.weight = whole - store[id(rule.right.promotion)] // scale


def store_ppm(right: Right) -> int:
    """The share of a reduction that the store itself pays."""
    return sum(part.ppm for part in right.promotion.funding if part.party == "store")


def base_of(stacks: Sequence[Stack], price: int) -> tuple[int, tuple[int, ...], tuple[Step, ...]]:
    """The best that a unit has by itself: value, rank and steps, of stacks that tie nothing."""
    best: tuple[int, tuple[int, ...], tuple[Step, ...]] = (0, NO_RANK, ())
    for stack in stacks:
        if any(rule.is_coupling for rule, _ in stack):
            continue
        ways = free_ways(stack, price)
        if ways is not None:
            rank = stack_rank(stack)
            if ways[0] > best[0] or (ways[0] == best[0] and rank < best[1]):
                best = (ways[0], rank, ways[1])
    return best


def _solve_component(form: NormalForm, component: Component, states_max: int) -> Solved:
    bases: dict[int, tuple[int, tuple[int, ...], tuple[Step, ...]]] = {}
    units: list[Unit] = []
    places: list[tuple[int, int]] = []
    tying: dict[int, list[Stack]] = {}
    for position in component.positions:
        lot = form.lots[position]
        stacks = stacks_of(form.eligible[position])
        base = base_of(stacks, lot.price_minor)
        bases[position] = base
        if component.is_tied:
            tying[position] = [stack for stack in stacks if any(rule.is_coupling for rule, _ in stack)]
        unit = (position, lot.price_minor, base[0], base[1])
        for index in range(lot.first, lot.first + lot.count):
            units.append(unit)
            places.append((position, index))
    if not component.is_tied:
        steps = [bases[position][2] for position, _ in places]
        found = applications_of(form, places, steps)
        return Solved(found, sum(one.amount_minor for one in found), len(component.positions), True)
    clusters = _clusters(tying, units)
    answer = search(units, clusters, states_max)
    steps = [
        bases[place[0]][2] if done is None else done for place, done in zip(places, answer.done, strict=True)
    ]
    found = applications_of(form, places, steps)
    return Solved(found, sum(one.amount_minor for one in found), answer.states, answer.is_proven)


def _clusters(tying: dict[int, list[Stack]], units: Sequence[Unit]) -> list[Cluster]:
    """Rules that tie units, those of one stack together, each with its stacks and its units."""
    owner: dict[int, int] = {}
    rules: dict[int, Rule] = {}

    def root(n: int) -> int:
        while owner[n] != n:
            n = owner[n]
        return n

    for stacks in tying.values():
        for stack in stacks:
            first = -1
            for rule in coupling_of(stack):
                rules.setdefault(id(rule), rule)
                owner.setdefault(id(rule), id(rule))
                if first >= 0:
                    owner[root(id(rule))] = root(first)
                first = id(rule)
    members: dict[int, list[Rule]] = {}
    for number, rule in rules.items():
        members.setdefault(root(number), []).append(rule)
    clusters = {number: Cluster(together) for number, together in members.items()}
    for position, stacks in tying.items():
        for stack in stacks:
            clusters[root(id(coupling_of(stack)[0]))].add(position, stack)
    reached = {number: {lot for lot in tying if cluster.reaches(lot)} for number, cluster in clusters.items()}
    for place, unit in enumerate(units):
        for number, cluster in clusters.items():
            if unit[0] in reached[number]:
                cluster.positions.append(place)
    return list(clusters.values())


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
        for some in sorted(combinations(codes, count), key=lambda one: (sorted(ends[code] for code in one), one)):
            if set(some) >= used:
                return replace(choice, states=states)
            fewer = [right for right in rights if not right.code or right.code in some]
            other = _solve(lots, fewer, policy, cache)
            states += other.states
            if other.value_minor == choice.value_minor and other.is_proven:
                return replace(other, states=states, is_proven=choice.is_proven)
    return replace(choice, states=states)


def _end(ends: datetime | None) -> tuple[bool, str]:
    """For sorting: what ends first comes first, what never ends last."""
    return (ends is None, ends.isoformat() if ends is not None else "")


__all__ = ["Application", "FreeGift", "ItemCache", "ItemChoice", "Lot", "Right", "solve_items"]
