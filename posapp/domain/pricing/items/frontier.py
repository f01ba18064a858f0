"""All choices that might be best once the order layer has its say: value against what falls on parts.

Where a threshold on the amount after items binds, less off an item may be more off the order. So all values
within a window below the best are kept that no other beats, with what falls on the parts as it is shared out,
unit by unit. Values are kept as losses against a bound, a bit for each: what is lost by the next unit shifts
them, and components are added up by shifting too, so that thousands of values cost hardly more than one.
Which units made a value is found only for those that are asked for, by walking the layers back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from posapp.domain.pricing.goods.runs import shares_of
from posapp.domain.pricing.items.group_rules import GroupRule
from posapp.domain.pricing.items.losses import Losses, Parts, Watch, added, losses_in, minus, move, plus
from posapp.domain.pricing.items.search import tightened
from posapp.domain.pricing.items.solving import Prepared
from posapp.domain.pricing.items.tables import Cluster, Step, free_ways
from posapp.domain.pricing.items.units import NormalForm
from posapp.domain.pricing.items.writing_out import (
    Taken,
    applications_of,
    group_application,
    group_floor,
    joined,
)
from posapp.domain.pricing.terms.applications import (
    Application,
    Frontier,
    FrontierPoint,
    ItemChoice,
    LinePart,
)
from posapp.domain.pricing.terms.policy import Policy

#: Open groups of the rules whose shares are not known before they end: per rule pieces bought over, groups.
_Pending = tuple[tuple[tuple[Taken, ...], tuple[tuple[Taken, ...], ...]], ...]
_Key = tuple[tuple[int, ...], _Pending]
_Layer = dict[_Key, Losses]
#: States after it, what it loses, what is done, what falls on the parts (None: pending groups tell).
_Turn = tuple[tuple[int, ...], int, tuple[Step, ...], Parts | None]


def combined_frontier(
    form: NormalForm, tied: Sequence[Prepared], policy: Policy, parts: Sequence[LinePart], window_minor: int
) -> Frontier:
    """The frontier of a whole basket."""
    touched = {form.lots[position].line.line_no for prepared in tied for position in prepared.bases}
    watch = Watch(parts, touched, window_minor)
    found: list[_Component] = []
    totals: list[Losses] = [{watch.nothing: 1}]
    states = 0
    for prepared in tied:
        component = _Component(prepared, policy, watch)
        component.solve(policy.states_max - states)
        states += component.states
        pairs = len(totals[-1]) * sum([bits.bit_count() for bits in component.ends.values()])
        if not component.is_proven or states + pairs > policy.states_max:
            # The best by items stands; whether less of them were more in all is not known.
            return Frontier((), states, False)
        total = watch.unbeaten(added(totals[-1], component.ends, watch.mask), is_end=True)
        states += pairs + watch.work
        watch.work = 0
        found.append(component)
        totals.append(total)
    value = sum(component.value for component in found)
    losses = [
        (reduced, loss) for reduced, bits in totals[-1].items() for loss in watch.best_between(bits, value)
    ]
    states += len(losses)
    making = _Making(form, found, totals, states)
    points = [
        FrontierPoint(value - loss, watch.told(reduced, value - loss), making.of(reduced, loss))
        for reduced, loss in losses
    ]
    points.sort(key=lambda point: (-point.value_minor, point.reductions_minor))
    return Frontier(tuple(points), states)


class _Making:
    """Makes the choice of a point when it is asked for: most points are looked at by their numbers only."""

    def __init__(
        self,
        form: NormalForm,
        components: Sequence[_Component],
        totals: Sequence[Losses],
        states: int,
    ) -> None:
        self._form = form
        self._components = components
        self._totals = totals
        self._states = states

    def of(self, reduced: Parts, loss: int) -> _One:
        """What makes one point."""
        return _One(self, reduced, loss)

    def made(self, reduced: Parts, loss: int) -> ItemChoice:
        """The choice with these reductions and this loss."""
        found: list[Application] = []
        for component, before in reversed(list(zip(self._components, self._totals, strict=False))):
            reduced, loss, steps = _one_of(component, before, reduced, loss)
            found.extend(applications_of(self._form, component.prepared.places, steps))
        value = sum(one.amount_minor for one in found)
        return ItemChoice(joined(found), value, self._states)


def _one_of(
    component: _Component, before: Losses, reduced: Parts, loss: int
) -> tuple[Parts, int, list[tuple[Step, ...]]]:
    """How a component and those before it come to a loss: what is left for those, and its own steps."""
    for mine, bits in component.ends.items():
        others = before.get(minus(reduced, mine), 0)
        for lost in losses_in(bits) if others else ():
            if lost <= loss and others >> (loss - lost) & 1:
                return minus(reduced, mine), loss - lost, component.steps(mine, lost)
    raise AssertionError("a loss that nothing makes")


class _One:
    """A point's choice, not made yet."""

    __slots__ = ("_loss", "_making", "_reduced")

    def __init__(self, making: _Making, reduced: Parts, loss: int) -> None:
        self._making = making
        self._reduced = reduced
        self._loss = loss

    def __call__(self) -> ItemChoice:
        return self._making.made(self._reduced, self._loss)


class _Component:
    """One component: states of all clusters, groups not shared out yet, and the losses of each."""

    def __init__(self, prepared: Prepared, policy: Policy, watch: Watch) -> None:
        self.prepared = prepared
        self.policy = policy
        self.watch = watch
        lots = prepared.form.lots
        self.in_parts = {
            position: tuple([int(lots[position].line.line_no in part.line_nos) for part in watch.kept])
            for position in prepared.bases
        }
        self.lines = {lots[position].line.line_no: found for position, found in self.in_parts.items()}
        self.states = self.value = self.least = 0
        self.is_proven = True
        self.tracked: dict[int, int] = {}
        self.clusters: list[Cluster] = []
        #: Prices on units that make the bound low.
        self.duals: list[int] = []
        self.touching: list[list[tuple[int, int]]] = []
        self.layers: list[_Layer] = []
        self.ends: Losses = {}
        self._last: dict[Parts, list[tuple[_Key, Parts]]] = {}
        self._memo: dict[tuple[int, tuple[int, ...]], list[_Turn]] = {}

    def solve(self, states_max: int) -> None:
        """Losses against the component's best that are inside the window, and its best value."""
        units = self.prepared.units
        for cluster in self.prepared.clusters:
            self.states += cluster.tabulate(units, max(1, states_max - self.states))
            if cluster.back:
                self.clusters.append(cluster)
        self.is_proven = len(self.clusters) == len(self.prepared.clusters)
        self.duals, states = tightened(units, self.clusters)
        self.states += states
        self._track()
        self.touching = [[] for _ in units]
        for number, cluster in enumerate(self.clusters):
            for k, position in enumerate(cluster.positions):
                self.touching[position].append((number, k))
        bound = sum([unit[2] for unit in units]) + sum(self.duals)
        bound += sum([cluster.back[0][0] for cluster in self.clusters])
        is_whole = self.watch.has_whole or any(any(found) for found in self.in_parts.values())
        window = self.watch.window if is_whole else 0
        limit = window
        while self.is_proven and (not self._run(limit, states_max) or self.least + window > limit):
            # The bound is not the best: look as far below it as the best is.
            limit = max(self.least + window, 2 * limit + 1)
        if not self.is_proven:
            return
        self.value = bound - self.least
        mask = (2 << window) - 1
        cut = {reduced: bits >> self.least & mask for reduced, bits in self.ends.items()}
        self.ends = {reduced: bits for reduced, bits in cut.items() if bits}

    def _track(self) -> None:
        """Groups whose shares may fall on several parts are kept unit by unit."""
        for cluster in self.clusters:
            lots = {self.prepared.units[position][0] for position in cluster.positions}
            if len({self.in_parts[position] for position in lots}) > 1:
                for rule in cluster.rules:
                    if isinstance(rule, GroupRule):
                        self.tracked[id(rule)] = len(self.tracked)

    # ------------------------------------------------------------------ forward
    def _run(self, limit: int, states_max: int) -> bool:
        """All layers of losses up to a limit; False where nothing gets through."""
        mask = (2 << limit) - 1
        nothing = self.watch.nothing
        start: _Key = ((0,) * len(self.clusters), (((), ()),) * len(self.tracked))
        self.layers = [{start: {nothing: 1}}]
        for place in range(len(self.prepared.units)):
            after: _Layer = {}
            for key, losses in self.layers[-1].items():
                for then, loss, fallen, _ in self._turns(place, key):
                    if loss <= limit:
                        self.states += len(losses)
                        move(losses, after.setdefault(then, {}), loss, fallen, mask)
                if self.states > states_max:
                    self.is_proven = False
                    return False
            layer = {then: self.watch.unbeaten(found) for then, found in after.items() if found}
            self.states += self.watch.work
            self.watch.work = 0
            if not layer:
                return False
            self.layers.append(layer)
        return self._end()

    def _end(self) -> bool:
        """Losses at the end, with groups shared out that were left open where they suffice as they are."""
        self.ends, self._last = {}, {}
        for key, losses in self.layers[-1].items():
            for reduced, bits in losses.items():
                last = self._ended(reduced, key[1])
                if last is not None:
                    self.ends[last] = self.ends.get(last, 0) | bits
                    self._last.setdefault(last, []).append((key, reduced))
        if not self.ends:
            return False
        self.least = min([(bits & -bits).bit_length() - 1 for bits in self.ends.values()])
        self.ends = self.watch.unbeaten(self.ends)
        return True

    def _turns(self, place: int, key: _Key) -> Iterator[tuple[_Key, int, Parts, tuple[Step, ...]]]:
        """Next state, loss, what falls on the parts and what is done, for every way over a unit."""
        states, pending = key
        touching = self.touching[place]
        mine = tuple([states[number] for number, _ in touching])
        turns = self._memo.get((place, mine))
        if turns is None:
            turns = self._memo[place, mine] = self._made_turns(place, mine)
        for target, loss, steps, fallen in turns:
            then = states
            if touching:
                changed = list(states)
                for (number, _), state in zip(touching, target, strict=True):
                    changed[number] = state
                then = tuple(changed)
            if fallen is not None:
                yield (then, pending), loss, fallen, steps
                continue
            made = self._done(place, pending, steps)
            if made is not None:
                yield (then, made[0]), loss, made[1], steps

    def _made_turns(self, place: int, mine: tuple[int, ...]) -> list[_Turn]:
        lot, price, base, _ = self.prepared.units[place]
        dual = self.duals[place]
        touching = self.touching[place]
        clusters = self.clusters
        here = [clusters[number].back[k][state] for (number, k), state in zip(touching, mine, strict=True)]
        ends = [k + 1 == len(clusters[number].rows) for number, k in touching]
        after = [clusters[number].back[k + 1] for number, k in touching]
        ways: list[tuple[int, int, int, tuple[Step, ...]]] = [(-1, 0, 0, ())]
        for stack in self.prepared.free[lot]:
            made = free_ways(stack, price)
            if made is not None:
                ways.append((-1, 0, made[0], made[1]))
        for at, (number, _k) in enumerate(touching):
            if after[at]:
                for target, value, _, steps in clusters[number].all_ways(lot, price, 0, mine[at]):
                    ways.append((at, target, value, steps))
        turns: dict[tuple[tuple[int, ...], int, Parts | None], _Turn] = {}
        for at, target, value, steps in ways:
            moved = [target if n == at else state for n, state in enumerate(mine)]
            if any(state not in rest for state, rest in zip(moved, after, strict=True)):
                continue
            loss = base + dual - value + sum(here) - sum([after[n][state] for n, state in enumerate(moved)])
            then = tuple([0 if is_last else state for state, is_last in zip(moved, ends, strict=True)])
            fallen = self._fallen(place, steps)
            # Ways that are alike in all that counts are one, except where groups are kept unit by unit.
            name = (then, loss, fallen) if fallen is not None else (then, loss, (-len(turns) - 1,))
            turns.setdefault(name, (then, loss, steps, fallen))
        return list(turns.values())

    def _fallen(self, place: int, steps: tuple[Step, ...]) -> Parts | None:
        if any(id(step.rule) in self.tracked for step in steps):
            return None
        gain = sum([step.gain for step in steps])
        return tuple([gain * inside for inside in self.in_parts[self.prepared.places[place][0]]])

    def _done(self, place: int, pending: _Pending, steps: tuple[Step, ...]) -> tuple[_Pending, Parts] | None:
        """Open groups after a unit went through steps, and what fell; None where a group came to nothing."""
        position, index = self.prepared.places[place]
        inside = self.in_parts[position]
        line_no = self.prepared.form.lots[position].line.line_no
        fallen = self.watch.nothing
        for step in steps:
            tracked = self.tracked.get(id(step.rule))
            if tracked is None:
                fallen = plus(fallen, tuple([step.gain * is_in for is_in in inside]))
                continue
            assert step.mark is not None
            assert isinstance(step.rule, GroupRule)
            spot, slot, ends = step.mark
            over, groups = pending[tracked]
            role = "buy" if spot < 0 else step.rule.shape.slots[slot].role
            floor = group_floor(step.rule, self.prepared.form.lots[position])
            unit: Taken = (line_no, index, step.price, step.gain, role, floor)
            if spot < 0:
                over = (*over, unit)
            else:
                group = (*groups[spot], unit) if spot < len(groups) else (unit,)
                groups = (*groups[:spot], *(() if ends else (group,)), *groups[spot + 1 :])
                if ends:
                    added = self._shared(step.rule, (*group, *over))
                    if added is None:
                        return None
                    fallen = plus(fallen, added)
                    over = ()
            pending = (*pending[:tracked], (over, groups), *pending[tracked + 1 :])
        return pending, fallen

    def _shared(self, rule: GroupRule, group: tuple[Taken, ...]) -> Parts | None:
        made = group_application(rule, list(group))
        if made is None:
            return None
        found = self.watch.nothing
        for unit, share in zip(made.units, shares_of(made, self.policy), strict=True):
            found = plus(found, tuple([share * is_in for is_in in self.lines[unit.line_no]]))
        return found

    def _ended(self, reduced: Parts, pending: _Pending) -> Parts | None:
        if not pending:
            return reduced
        rules = [rule for cluster in self.clusters for rule in cluster.rules if id(rule) in self.tracked]
        for rule in rules:
            assert isinstance(rule, GroupRule)
            over, groups = pending[self.tracked[id(rule)]]
            for group in groups:
                added = self._shared(rule, (*group, *over))
                if added is None:
                    return None
                over = ()
                reduced = plus(reduced, added)
        return reduced

    # ------------------------------------------------------------------ back
    def steps(self, reduced: Parts, loss: int) -> list[tuple[Step, ...]]:
        """What is done with each unit to come to these reductions and this loss."""
        loss += self.least
        key, reduced = next(
            (key, mine) for key, mine in self._last[reduced] if self.layers[-1][key].get(mine, 0) >> loss & 1
        )
        found: list[tuple[Step, ...]] = []
        for place in range(len(self.prepared.units) - 1, -1, -1):
            key, reduced, loss, steps = self._before(place, key, reduced, loss)
            found.append(steps)
        found.reverse()
        return found

    def _before(
        self, place: int, key: _Key, reduced: Parts, loss: int
    ) -> tuple[_Key, Parts, int, tuple[Step, ...]]:
        for before, losses in self.layers[place].items():
            for then, lost, fallen, steps in self._turns(place, before):
                if then == key and lost <= loss:
                    mine = minus(reduced, fallen)
                    if losses.get(mine, 0) >> (loss - lost) & 1:
                        return before, mine, loss - lost, steps
        raise AssertionError("a loss that nothing makes")
