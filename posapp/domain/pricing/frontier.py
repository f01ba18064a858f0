"""All choices that might be best once the order layer has its say: value against what falls on parts.

Where a threshold on the amount after items binds, less off an item may be more off the order. So for each
component all reductions are kept that no other beats, within a window below the best value, and components
are added up. Reductions on a part are counted as they are shared out, unit by unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from posapp.domain.pricing.applications import Application, Frontier, FrontierPoint, ItemChoice, LinePart
from posapp.domain.pricing.group_rules import GroupRule
from posapp.domain.pricing.policy import Policy
from posapp.domain.pricing.solving import Prepared, best_steps
from posapp.domain.pricing.tables import Cluster, Step, free_ways
from posapp.domain.pricing.units import NormalForm
from posapp.domain.pricing.writing_out import Taken, applications_of, group_application, joined, shares_of


class Node(NamedTuple):
    """Value and reductions of the parts so far, and the way here: the node before, what was done now."""

    value: int
    parts: tuple[int, ...]
    before: Node | None
    steps: tuple[Step, ...]


#: Open groups of the rules whose shares are not known before they end: per rule pieces bought over, groups.
_Pending = tuple[tuple[tuple[Taken, ...], tuple[tuple[Taken, ...], ...]], ...]
_Layer = dict[tuple[tuple[int, ...], _Pending], list[Node]]


def combined_frontier(
    form: NormalForm, tied: Sequence[Prepared], policy: Policy, parts: Sequence[LinePart], window_minor: int
) -> Frontier:
    """The frontier of a whole basket."""
    low = [part.is_counted_low for part in parts]
    most = [window_minor + sum(lot.count * lot.price_minor for lot in form.lots) for _ in parts]
    most = [
        top if part.most_minor is None else part.most_minor for top, part in zip(most, parts, strict=True)
    ]
    start = Node(0, (0,) * len(parts), None, ())
    totals: list[tuple[Node, tuple[Node, ...]]] = [(start, ())]
    states = 0
    is_proven = True
    for prepared in tied:
        component = _Component(prepared, policy, parts, window_minor)
        nodes = component.nodes(policy.states_max - states)
        states += component.states
        is_proven = is_proven and component.is_proven
        best = max(total.value for total, _ in totals) + max(node.value for node in nodes)
        grown = [
            (
                Node(total.value + node.value, _sum_within(total.parts, node.parts, most), None, ()),
                (*way, node),
            )
            for total, way in totals
            for node in nodes
            if total.value + node.value >= best - window_minor
        ]
        states += len(grown)
        kept = _unbeaten([total for total, _ in grown], low)
        totals = [grown[n] for n in kept]
        if states > policy.states_max:
            is_proven = False
            totals = totals[: max(1, policy.states_max >> 8)]
    points = [
        FrontierPoint(total.value, total.parts, _Making(form, tied, way, states, is_proven))
        for total, way in totals
    ]
    points.sort(key=lambda point: (-point.value_minor, point.reductions_minor))
    return Frontier(tuple(points), states, is_proven)


class _Making:
    """Makes a point's choice when it is asked for: most points are looked at by their numbers only."""

    __slots__ = ("_form", "_is_proven", "_states", "_tied", "_way")

    def __init__(
        self, form: NormalForm, tied: Sequence[Prepared], way: tuple[Node, ...], states: int, is_proven: bool
    ) -> None:
        self._form = form
        self._tied = tied
        self._way = way
        self._states = states
        self._is_proven = is_proven

    def __call__(self) -> ItemChoice:
        found: list[Application] = []
        for prepared, last in zip(self._tied, self._way, strict=True):
            steps: list[tuple[Step, ...]] = []
            node: Node | None = last
            while node is not None and node.before is not None:
                steps.append(node.steps)
                node = node.before
            steps.reverse()
            found.extend(applications_of(self._form, prepared.places, steps))
        value = sum(one.amount_minor for one in found)
        return ItemChoice(joined(found), value, self._states, self._is_proven)


def _sum(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple([a + b for a, b in zip(one, other, strict=True)])


def _sum_within(one: tuple[int, ...], other: tuple[int, ...], most: Sequence[int]) -> tuple[int, ...]:
    return tuple([min(a + b, top) for a, b, top in zip(one, other, most, strict=True)])


def _unbeaten(nodes: Sequence[Node], low: Sequence[bool]) -> list[int]:
    """Places of the nodes that no other beats: as much value, low parts no higher, the others equal."""
    order = sorted(range(len(nodes)), key=lambda n: -nodes[n].value)
    kept: list[int] = []
    by_exact: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    for n in order:
        parts = nodes[n].parts
        exact = tuple([amount for amount, is_low in zip(parts, low, strict=True) if not is_low])
        falling = tuple([amount for amount, is_low in zip(parts, low, strict=True) if is_low])
        seen = by_exact.setdefault(exact, [])
        if len(falling) == 1:
            if seen and seen[-1] <= falling:
                continue
            seen[:] = [falling]
        elif any(all(a <= b for a, b in zip(other, falling, strict=True)) for other in seen):
            continue
        else:
            seen.append(falling)
        kept.append(n)
    return sorted(kept)


class _Component:
    """One component's frontier: states of all clusters, groups not shared out yet, and nodes for each."""

    def __init__(self, prepared: Prepared, policy: Policy, parts: Sequence[LinePart], window: int) -> None:
        self.prepared = prepared
        self.policy = policy
        self.window = window
        self.low = [part.is_counted_low for part in parts]
        lots = prepared.form.lots
        self.in_parts = {
            position: tuple([int(lots[position].line.line_no in part.line_nos) for part in parts])
            for position in prepared.bases
        }
        self.lines = {lots[position].line.line_no: found for position, found in self.in_parts.items()}
        self.is_watched = any(any(found) for found in self.in_parts.values())
        self.states = 0
        self.is_proven = True
        self.tracked: dict[int, int] = {}

    def nodes(self, states_max: int) -> list[Node]:
        """The component's nodes at the end, at least one."""
        if not self.is_watched:
            return [self._best(states_max)]
        clusters = self.prepared.clusters
        units = self.prepared.units
        zeros = [0] * len(units)
        for cluster in clusters:
            self.states += cluster.tabulate(units, max(1, states_max - self.states))
            if cluster.back:
                cluster.backward(zeros)
        clusters = [cluster for cluster in clusters if cluster.back]
        self.is_proven = len(clusters) == len(self.prepared.clusters)
        self._track(clusters)
        begun: dict[int, list[tuple[int, int]]] = {}
        for number, cluster in enumerate(clusters):
            for k, position in enumerate(cluster.positions):
                begun.setdefault(position, []).append((number, k))
        start = Node(0, (0,) * len(self.low), None, ())
        layer: _Layer = {((0,) * len(clusters), (((), ()),) * len(self.tracked)): [start]}
        rest = sum(unit[2] for unit in units)
        for place, unit in enumerate(units):
            rest -= unit[2]
            layer = self._over(place, layer, clusters, begun.get(place, []), rest)
            self.states += sum(len(nodes) for nodes in layer.values())
            if self.states > states_max:
                # Only the best of each state goes on: an answer, but not proven.
                self.is_proven = False
                layer = {key: [max(nodes, key=lambda node: node.value)] for key, nodes in layer.items()}
        ended = [self._ended(node, pending) for (_, pending), nodes in layer.items() for node in nodes]
        found = [node for node in ended if node is not None]
        return [found[n] for n in _unbeaten(found, self.low)]

    def _best(self, states_max: int) -> Node:
        """Where no part is touched only the best counts."""
        steps, self.states, self.is_proven = best_steps(self.prepared, states_max)
        node = Node(0, (0,) * len(self.low), None, ())
        for done in steps:
            node = Node(node.value + sum([step.gain for step in done]), node.parts, node, done)
        return node

    def _track(self, clusters: Sequence[Cluster]) -> None:
        """Groups whose shares may fall on several parts, or may come to nothing, are kept unit by unit."""
        for cluster in clusters:
            lots = {self.prepared.units[position][0] for position in cluster.positions}
            is_mixed = len({self.in_parts[position] for position in lots}) > 1
            for rule in cluster.rules:
                if isinstance(rule, GroupRule) and (is_mixed or rule.shape.price is not None):
                    self.tracked[id(rule)] = len(self.tracked)

    def _over(
        self, place: int, layer: _Layer, clusters: Sequence[Cluster], touching: list[tuple[int, int]],
        rest: int,
    ) -> _Layer:  # fmt: skip
        """The layer after one unit."""
        lot, price, _, _ = self.prepared.units[place]
        idle: list[tuple[Step, ...]] = [()]
        for stack in self.prepared.free[lot]:
            ways = free_ways(stack, price)
            if ways is not None:
                idle.append(ways[1])
        after: _Layer = {}
        for (states, pending), nodes in layer.items():
            turns: list[tuple[int, int, tuple[Step, ...]]] = [(-1, 0, steps) for steps in idle]
            for number, k in touching:
                cluster = clusters[number]
                if not cluster.back[k + 1]:
                    continue
                for target, _, _, steps in cluster.all_ways(lot, price, 0, states[number]):
                    turns.append((number, target, steps))
            for number, target, steps in turns:
                then = self._moved(states, clusters, touching, number, target)
                if then is None:
                    continue
                for node in nodes:
                    made = self._done(place, node, pending, steps)
                    if made is not None:
                        after.setdefault((then, made[0]), []).append(made[1])
        return self._pruned(after, clusters, place, rest)

    def _moved(
        self, states: tuple[int, ...], clusters: Sequence[Cluster], touching: list[tuple[int, int]],
        mover: int, target: int,
    ) -> tuple[int, ...] | None:  # fmt: skip
        then = list(states)
        if mover >= 0:
            then[mover] = target
        for number, k in touching:
            if then[number] not in clusters[number].back[k + 1]:
                return None
            if k + 1 == len(clusters[number].rows):
                then[number] = 0
        return tuple(then)

    def _done(
        self, place: int, node: Node, pending: _Pending, steps: tuple[Step, ...]
    ) -> tuple[_Pending, Node] | None:
        """The node after a unit went through steps; None where a group came to nothing."""
        position, index = self.prepared.places[place]
        inside = self.in_parts[position]
        line_no = self.prepared.form.lots[position].line.line_no
        value, parts = node.value, node.parts
        for step in steps:
            value += step.gain
            tracked = self.tracked.get(id(step.rule))
            if tracked is None:
                parts = _sum(parts, tuple([step.gain * is_in for is_in in inside]))
                continue
            assert step.mark is not None
            assert isinstance(step.rule, GroupRule)
            spot, slot, ends = step.mark
            over, groups = pending[tracked]
            role = "buy" if spot < 0 else step.rule.shape.slots[slot].role
            unit: Taken = (line_no, index, step.price, step.gain, role)
            if spot < 0:
                over = (*over, unit)
            else:
                group = (*groups[spot], unit) if spot < len(groups) else (unit,)
                groups = (*groups[:spot], *(() if ends else (group,)), *groups[spot + 1 :])
                if ends:
                    added = self._shared(step.rule, (*group, *over))
                    if added is None:
                        return None
                    parts = _sum(parts, added)
                    over = ()
            pending = (*pending[:tracked], (over, groups), *pending[tracked + 1 :])
        return pending, Node(value, parts, node, steps)

    def _shared(self, rule: GroupRule, group: tuple[Taken, ...]) -> tuple[int, ...] | None:
        made = group_application(rule, list(group))
        if made is None:
            return None
        found = (0,) * len(self.low)
        for unit, share in zip(made.units, shares_of(made, self.policy), strict=True):
            found = _sum(found, tuple([share * is_in for is_in in self.lines[unit.line_no]]))
        return found

    def _ended(self, node: Node, pending: _Pending) -> Node | None:
        """With the groups that were left open where they suffice as they are."""
        rules = [
            rule for cluster in self.prepared.clusters for rule in cluster.rules if id(rule) in self.tracked
        ]
        for rule in rules:
            assert isinstance(rule, GroupRule)
            over, groups = pending[self.tracked[id(rule)]]
            for group in groups:
                added = self._shared(rule, (*group, *over))
                if added is None:
                    return None
                over = ()
                node = node._replace(parts=_sum(node.parts, added))
        return node

    def _pruned(self, layer: _Layer, clusters: Sequence[Cluster], place: int, rest: int) -> _Layer:
        """Without what is beaten in its state, and without what cannot come into the window any more."""
        counts = [_count_before(cluster, place) for cluster in clusters]
        bounds: dict[tuple[int, ...], int] = {}
        sure = 0
        for (states, _), nodes in layer.items():
            if states not in bounds:
                bounds[states] = rest + sum(
                    [
                        cluster.back[count][state]
                        for cluster, count, state in zip(clusters, counts, states, strict=True)
                    ]
                )
            if not any(states):
                # Where nothing is begun, the bases that follow can be had for sure.
                sure = max(sure, rest + max([node.value for node in nodes]))
        kept: _Layer = {}
        for key, nodes in layer.items():
            least = sure - self.window - bounds[key[0]]
            inside = [node for node in nodes if node.value >= least]
            if inside:
                kept[key] = [inside[n] for n in _unbeaten(inside, self.low)] if len(inside) > 1 else inside
        return kept


def _count_before(cluster: Cluster, place: int) -> int:
    """How many of a cluster's units come up to a place, that one included."""
    low, high = 0, len(cluster.positions)
    while low < high:
        middle = (low + high) >> 1
        if cluster.positions[middle] <= place:
            low = middle + 1
        else:
            high = middle
    return low
