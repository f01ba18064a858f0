"""One component from lots and rules to units and clusters, and its answer written out.

What every unit may have by itself is worked out first: its base. Only what ties units goes to the search.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from posapp.domain.pricing.items.components import Component, coupling_of, stacks_of
from posapp.domain.pricing.items.rules import FreeRule, Rule
from posapp.domain.pricing.items.search import Unit, search
from posapp.domain.pricing.items.tables import NO_RANK, Cluster, Rank, Stack, Step, free_ways, stack_rank
from posapp.domain.pricing.items.units import NormalForm
from posapp.domain.pricing.items.writing_out import applications_of
from posapp.domain.pricing.terms.applications import Application, TakenUnit
from posapp.values import dataclass

Base = tuple[int, Rank, tuple[Step, ...]]


@dataclass(frozen=True, slots=True)
class Solved:
    """One component's answer."""

    applications: tuple[Application, ...]
    value_minor: int
    states: int
    is_proven: bool


class Prepared:
    """A component's units in the order of the search, their bases and free stacks, and its clusters."""

    __slots__ = ("bases", "clusters", "form", "free", "places", "units")

    def __init__(
        self, form: NormalForm, component: Component, weights: Mapping[str, int] | None = None
    ) -> None:
        self.form = form
        for position in component.positions:
            for rule, _ in form.eligible[position]:
                # Rules outlive a basket, weights do not.
                rule.weight = weights[rule.rank] if weights else 1
        #: By position of the lot: the best that a unit has by itself, and all that it might have.
        self.bases: dict[int, Base] = {}
        self.free: dict[int, list[Stack]] = {}
        self.units: list[Unit] = []
        #: Position of the lot and number of the unit in its line.
        self.places: list[tuple[int, int]] = []
        tying: dict[int, list[Stack]] = {}
        for position in component.positions:
            lot = form.lots[position]
            free = stacks = stacks_of(form.eligible[position])
            if component.is_tied:
                free = []
                tying[position] = []
                for stack in stacks:
                    (tying[position] if _is_tying(stack) else free).append(stack)
            self.free[position] = free
            base = self.bases[position] = base_of(free, lot.price_minor)
            unit = (position, lot.price_minor, base[0], base[1])
            for index in range(lot.first, lot.first + lot.count):
                self.units.append(unit)
                self.places.append((position, index))
        self.clusters = _clusters(tying, self.units) if tying else []


def _is_tying(stack: Stack) -> bool:
    return any(rule.is_coupling for rule, _ in stack)


def base_of(free: Sequence[Stack], price: int) -> Base:
    """The best that a unit has by itself: value, rank and steps, of stacks that tie nothing."""
    best: Base = (0, NO_RANK, ())
    for stack in free:
        if len(stack) == 1:
            rule, spot = stack[0]
            assert isinstance(rule, FreeRule)
            gain = rule.gain(price, spot)
            value = gain * rule.weight
            if value > best[0] or (value == best[0] and gain > 0 and (rule.rank,) < best[1]):
                best = (value, (rule.rank,), (Step(rule, spot, price, gain, None),))
            continue
        ways = free_ways(stack, price)
        if ways is not None:
            rank = stack_rank(stack)
            if ways[0] > best[0] or (ways[0] == best[0] and rank < best[1]):
                best = (ways[0], rank, ways[1])
    return best


def solve_alone(form: NormalForm, component: Component, weights: Mapping[str, int] | None = None) -> Solved:
    """The best of a lot that nothing ties to others: each of its units has what is best by itself."""
    position = component.positions[0]
    lot, eligible = form.lots[position], form.eligible[position]
    for rule, _ in eligible:
        rule.weight = weights[rule.rank] if weights else 1
    found: list[Application] = []
    for step in base_of(stacks_of(eligible), lot.price_minor)[2]:
        line_no, price, gain = lot.line.line_no, step.price, step.gain
        units = [TakenUnit(line_no, n, price, gain, "each") for n in range(lot.first, lot.first + lot.count)]
        rule = step.rule
        found.append(
            Application(rule.promotion, tuple(units), gain * lot.count, lot.count, True, rule.right.code)
        )
    return Solved(tuple(found), sum([one.amount_minor for one in found]), 1, True)


def solve_component(prepared: Prepared, states_max: int) -> Solved:
    """The best of one component."""
    steps, states, is_proven = best_steps(prepared, states_max)
    found = applications_of(prepared.form, prepared.places, steps)
    return Solved(found, sum([one.amount_minor for one in found]), states, is_proven)


def best_steps(prepared: Prepared, states_max: int) -> tuple[list[tuple[Step, ...]], int, bool]:
    """What is done with each unit, the states that it took, and whether it is the best."""
    bases = prepared.bases
    steps = [bases[position][2] for position, _ in prepared.places]
    if not prepared.clusters:
        return steps, len(bases), True
    answer = search(prepared.units, prepared.clusters, states_max)
    steps = [base if done is None else done for base, done in zip(steps, answer.done, strict=True)]
    return steps, answer.states, answer.is_proven


def _clusters(tying: dict[int, list[Stack]], units: Sequence[Unit]) -> list[Cluster]:
    """Rules that tie units, those of one stack together, each with its stacks and its units."""
    if all(len(stack) == 1 for stacks in tying.values() for stack in stacks):
        return _single(tying, units)
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
                number = id(rule)
                rules[number] = rule
                owner.setdefault(number, number)
                if first >= 0:
                    owner[root(number)] = root(first)
                first = number
    members: dict[int, list[Rule]] = {}
    for number, rule in rules.items():
        members.setdefault(root(number), []).append(rule)
    clusters = {number: Cluster(together) for number, together in members.items()}
    of_lot: dict[int, list[Cluster]] = {}
    for position, stacks in tying.items():
        of_lot[position] = []
        for stack in stacks:
            cluster = clusters[root(id(coupling_of(stack)[0]))]
            cluster.add(position, stack)
            if cluster not in of_lot[position]:
                of_lot[position].append(cluster)
    for place, unit in enumerate(units):
        for cluster in of_lot[unit[0]]:
            cluster.positions.append(place)
    return list(clusters.values())


def _single(tying: dict[int, list[Stack]], units: Sequence[Unit]) -> list[Cluster]:
    """The same where each of the rules stands by itself."""
    clusters: dict[int, Cluster] = {}
    of_lot: dict[int, list[Cluster]] = {}
    for position, stacks in tying.items():
        mine = of_lot[position] = []
        for stack in stacks:
            rule = stack[0][0]
            cluster = clusters.get(id(rule))
            if cluster is None:
                cluster = clusters[id(rule)] = Cluster((rule,))
            cluster.add(position, stack)
            mine.append(cluster)
    for place, unit in enumerate(units):
        for cluster in of_lot[unit[0]]:
            cluster.positions.append(place)
    return list(clusters.values())
