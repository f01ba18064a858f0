"""One component's losses: all values within a window below its best, with what falls on the parts.

A forward pass as in the search, but every way is kept that loses no more than the window allows: by states of
the clusters, and by what groups hold unit by unit where their shares fall on several parts. How a loss came
about is found by walking the layers back, for those that are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from posapp.domain.pricing.goods.runs import shares_of
from posapp.domain.pricing.items.group_rules import GroupRule
from posapp.domain.pricing.items.losses import Losses, Parts, Watch, minus, move, plus
from posapp.domain.pricing.items.search import search, tightened
from posapp.domain.pricing.items.solving import Prepared
from posapp.domain.pricing.items.tables import Cluster, Step, free_ways
from posapp.domain.pricing.items.writing_out import (
    NOTHING_PENDING,
    Pending,
    Taken,
    group_application,
    group_floor,
    with_unit,
)
from posapp.domain.pricing.terms.policy import Policy

#: Groups of the rules whose shares are not known before they end.
_Pending = tuple[Pending, ...]
#: States of all clusters in one number, and those groups.
_Key = tuple[int, _Pending]
_Layer = dict[_Key, Losses]
#: What to add to the states, what it loses, what is done, what falls on the parts (None: groups tell).
_Turn = tuple[int, int, tuple[Step, ...], Parts | None]
#: The key before, what was lost, what fell on the parts, what was done.
_From = tuple[_Key, int, Parts, tuple[Step, ...]]


class ComponentLosses:
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
        #: By place: the bits of the clusters that touch it, and the ways from their states.
        self._masks: list[int] = []
        self._memo: list[dict[int, list[_Turn]]] = []
        self._free: dict[int, list[tuple[int, tuple[Step, ...]]]] = {}
        #: By place: from where each key is come to; laid out when the first choice is asked for.
        self._come: list[dict[_Key, list[_From]] | None] = []

    def solve(self, states_max: int) -> None:
        """Losses against the component's best that are inside the window, and its best value."""
        units = self.prepared.units
        for cluster in self.prepared.clusters:
            self.states += cluster.tabulate(units, max(1, states_max - self.states))
            if cluster.back:
                self.clusters.append(cluster)
        best = self._best(states_max)
        if best is None or len(self.clusters) < len(self.prepared.clusters):
            self.is_proven = False
            return
        self.duals, states = tightened(units, self.clusters)
        self.states += states
        self._track()
        self._lay_out()
        bound = sum([unit[2] for unit in units]) + sum(self.duals)
        bound += sum([cluster.back[0][0] for cluster in self.clusters])
        is_whole = self.watch.has_whole or any(any(found) for found in self.in_parts.values())
        window = self.watch.window if is_whole else 0
        # The bound is not the best: look as far below it as the best is.
        limit = window + bound - best
        while self.is_proven and (not self._run(limit, states_max) or self.least + window > limit):
            limit = max(self.least + window, 2 * limit + 1)
        if not self.is_proven:
            return
        self.value = bound - self.least
        mask = (2 << window) - 1
        cut = {reduced: bits >> self.least & mask for reduced, bits in self.ends.items()}
        self.ends = {reduced: bits for reduced, bits in cut.items() if bits}

    def _best(self, states_max: int) -> int | None:
        """What the search finds for the component; less where it was cut short, None where tables were."""
        found = search(self.prepared.units, self.clusters, states_max)
        self.states += found.states
        if not all(cluster.back for cluster in self.clusters):
            return None
        value = 0
        for unit, done in zip(self.prepared.units, found.done, strict=True):
            value += unit[2] if done is None else sum([step.gain for step in done])
        return value

    def _lay_out(self) -> None:
        """Where each cluster stands at each unit, and where its states stand in the key."""
        self.touching = [[] for _ in self.prepared.units]
        self._masks = [0] * len(self.prepared.units)
        self._memo = [{} for _ in self.prepared.units]
        shift = 0
        for number, cluster in enumerate(self.clusters):
            cluster.shift = shift
            cluster.mask = ((1 << cluster.bits) - 1) << shift
            shift += cluster.bits
            for k, position in enumerate(cluster.positions):
                self.touching[position].append((number, k))
                self._masks[position] |= cluster.mask

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
        start: _Key = (0, (NOTHING_PENDING,) * len(self.tracked))
        self.layers = [{start: {nothing: 1}}]
        for place in range(len(self.prepared.units)):
            after: _Layer = {}
            for key, losses in self.layers[-1].items():
                state, pending = key
                for delta, loss, steps, fallen in self._ways(place, state):
                    if loss > limit:
                        continue
                    then = (state + delta, pending)
                    if fallen is None:
                        made = self._done(place, pending, steps)
                        if made is None:
                            continue
                        then, fallen = (state + delta, made[0]), made[1]
                    self.states += len(losses)
                    known = after.get(then)
                    if known is None:
                        known = after[then] = {}
                    move(losses, known, loss, fallen, mask)
                if self.states > states_max:
                    self.is_proven = False
                    return False
            layer = {
                then: self.watch.unbeaten(found, is_open=any(map(any, then[1])))
                for then, found in after.items()
                if found
            }
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
        state, pending = key
        for delta, loss, steps, fallen in self._ways(place, state):
            if fallen is not None:
                yield (state + delta, pending), loss, fallen, steps
                continue
            made = self._done(place, pending, steps)
            if made is not None:
                yield (state + delta, made[0]), loss, made[1], steps

    def _ways(self, place: int, state: int) -> list[_Turn]:
        mine = state & self._masks[place]
        turns = self._memo[place].get(mine)
        if turns is None:
            turns = self._memo[place][mine] = self._made_ways(place, mine)
        return turns

    def _made_ways(self, place: int, mine: int) -> list[_Turn]:
        lot, price, base, _ = self.prepared.units[place]
        least = base + self.duals[place]
        # What it loses, and what becomes of the states, where every cluster leaves the unit alone.
        idle = delta = 0
        bound = -1
        standing: list[tuple[Cluster, int, int, int, dict[int, int], bool]] = []
        for number, (n, k) in enumerate(self.touching[place]):
            cluster = self.clusters[n]
            state = (mine & cluster.mask) >> cluster.shift
            here, after = cluster.back[k][state], cluster.back[k + 1]
            rest = after.get(state)
            is_last = k + 1 == len(cluster.rows)
            delta -= state << cluster.shift if is_last else 0
            if rest is None:
                # It cannot do without this unit; two such clusters cannot both have it.
                if bound >= 0:
                    return []
                bound = number
            idle += 0 if rest is None else here - rest
            standing.append((cluster, state, here, 0 if rest is None else here - rest, after, is_last))
        turns: dict[tuple[int, int, Parts], _Turn] = {}
        if bound < 0:
            for value, steps in self._free_ways(lot, price):
                self._add(turns, place, delta, least + idle - value, steps)
        for number, (cluster, state, here, alone, after, is_last) in enumerate(standing):
            if 0 <= bound != number:
                continue
            moved = delta + (state << cluster.shift if is_last else 0)
            spent = least + idle - alone + here
            for target, value, _, steps in cluster.all_ways(lot, price, 0, state):
                rest = after.get(target)
                if rest is not None:
                    step = (-state if is_last else target - state) << cluster.shift
                    self._add(turns, place, moved + step, spent - value - rest, steps)
        return list(turns.values())

    def _free_ways(self, lot: int, price: int) -> list[tuple[int, tuple[Step, ...]]]:
        """Value and steps of all that a unit may have by itself, nothing first."""
        known = self._free.get(lot)
        if known is None:
            made = [free_ways(stack, price) for stack in self.prepared.free[lot]]
            known = self._free[lot] = [(0, ()), *[one for one in made if one is not None]]
        return known

    def _add(
        self, turns: dict[tuple[int, int, Parts], _Turn], place: int, delta: int, loss: int,
        steps: tuple[Step, ...],
    ) -> None:  # fmt: skip
        """Ways that are alike in all that counts are one, except where groups are kept unit by unit."""
        fallen = self._fallen(place, steps)
        name = (delta, loss, fallen if fallen is not None else (-len(turns) - 1,))
        turns.setdefault(name, (delta, loss, steps, fallen))

    def _fallen(self, place: int, steps: tuple[Step, ...]) -> Parts | None:
        if self.tracked and any(id(step.rule) in self.tracked for step in steps):
            return None
        if not self.watch.kept:
            return ()
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
            spot, slot, _ = step.mark
            role = "buy" if spot < 0 else step.rule.shape.slots[slot].role
            floor = group_floor(step.rule, self.prepared.form.lots[position])
            unit: Taken = (line_no, index, step.price, step.gain, role, floor)
            mine, ended = with_unit(step.rule, pending[tracked], step.mark, unit)
            if ended:
                added = self._shared(step.rule, ended)
                if added is None:
                    return None
                fallen = plus(fallen, added)
            pending = (*pending[:tracked], mine, *pending[tracked + 1 :])
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
            over, groups, _ = pending[self.tracked[id(rule)]]
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
            (key, mine) for key, mine in self._last[reduced] if self.layers[-1][key][mine] >> loss & 1
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
        layer = self.layers[place]
        for before, lost, fallen, steps in self._comings(place)[key]:
            if lost <= loss:
                mine = minus(reduced, fallen)
                if layer[before].get(mine, 0) >> (loss - lost) & 1:
                    return before, mine, loss - lost, steps
        raise AssertionError("a loss that nothing makes")

    def _comings(self, place: int) -> dict[_Key, list[_From]]:
        """By what a unit leads to: all that leads there, in the order of the layer; laid out once."""
        if not self._come:
            self._come = [None] * len(self.prepared.units)
        found = self._come[place]
        if found is None:
            found = {then: [] for then in self.layers[place + 1]}
            for before in self.layers[place]:
                for then, lost, fallen, steps in self._turns(place, before):
                    if then in found:
                        found[then].append((before, lost, fallen, steps))
            self._come[place] = found
        return found
