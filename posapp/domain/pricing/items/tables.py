"""One cluster of rules by itself: its states, its ways over the units, and the best it could still gain.

A cluster is one rule that ties units together, or several of them that agree on a unit. Its table lists for
each of its units what every state may become. With prices put on the units (`duals`), the best plan of the
cluster alone is a plain backward pass; the search takes its bounds from the sums of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from posapp.domain.pricing.items.plans import Moves, Plan, gains_of, plan_of, slots_asked
from posapp.domain.pricing.items.rules import FreeRule, Mark, Rule, Spot, State
from posapp.domain.pricing.items.set_cache import Eligible

#: Rules that one unit goes through together, in the order of computing.
Stack = tuple[Eligible, ...]


class Step(NamedTuple):
    """One rule on one unit: the price before it, what it took off, and where in its groups the unit went."""

    rule: Rule
    spot: Spot
    price: int
    gain: int
    mark: Mark | None


#: The ids of the promotions of a stack, lowest first.
#: A way over a unit: next state, value gained over doing without the cluster, rank, what was done.
Rank = tuple[str, ...]
Way = tuple[int, int, Rank, tuple[Step, ...]]
#: Doing nothing comes last.
NO_RANK: Rank = ("\U0010ffff",)


def stack_rank(stack: Stack) -> Rank:
    """What decides between stacks that gain the same: the ids of their promotions, lowest first."""
    return tuple(sorted([rule.rank for rule, _ in stack])) if stack else NO_RANK


def free_ways(stack: Stack, price: int) -> tuple[int, tuple[Step, ...]] | None:
    """Value and steps of a stack of free rules; None where one of them takes nothing off."""
    value = 0
    steps: list[Step] = []
    for rule, spot in stack:
        assert isinstance(rule, FreeRule)
        gain = rule.gain(price, spot)
        if gain <= 0:
            return None
        steps.append(Step(rule, spot, price, gain, None))
        value += gain * rule.weight
        price -= gain
    return value, tuple(steps)


class Cluster:
    """Rules with their common states, numbered as they are met; number 0 is the start."""

    __slots__ = (
        "_ids", "_memo", "_plan", "_stacks", "_states", "_tables", "back", "bits", "mask", "positions",
        "rows", "rules", "shift",
    )  # fmt: skip

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        start = tuple(rule.start for rule in rules)
        self._states: list[tuple[State, ...]] = [start]
        self._ids: dict[tuple[State, ...], int] = {start: 0}
        self._stacks: dict[int, list[tuple[Stack, Rank]]] = {}
        self._memo: dict[int, dict[int, list[Way]]] = {}
        self._plan: Plan | bool | None = False
        #: By lot: the moves of its units and what they gain, where there is a plan.
        self._tables: dict[int, tuple[Moves, list[int]]] = {}
        #: The cluster's units, by their place in the component.
        self.positions: list[int] = []
        self.rows: list[dict[int, list[Way]]] = []
        #: For each of its units (and the end): the best still to gain from each state that can end well.
        self.back: list[dict[int, int]] = []
        self.shift = self.mask = self.bits = 0

    def add(self, lot: int, stack: Stack) -> None:
        """Let units of a lot go through a stack."""
        self._stacks.setdefault(lot, []).append((stack, stack_rank(stack)))

    def reaches(self, lot: int) -> bool:
        """Whether units of a lot may go through the cluster."""
        return lot in self._stacks

    @property
    def plan(self) -> Plan | None:
        """The states and moves of a rule by itself, where they hang on no price."""
        plan = self._plan
        if not isinstance(plan, bool):
            return plan
        self._plan = None
        if len(self.rules) > 1:
            return None
        for stacks in self._stacks.values():
            if len(stacks) > 1 or len(stacks[0][0]) > 1:
                return None
        self._plan = plan = plan_of(self.rules[0], len(self.positions))
        if plan is not None:
            self._states = plan.alone
        return plan

    @property
    def ranks(self) -> list[Rank]:
        """The ranks of all its ways."""
        return [rank for stacks in self._stacks.values() for _, rank in stacks]

    def slots(self, lot: int) -> tuple[int, ...]:
        """The slots by which its plan knows units of a lot."""
        return slots_asked(self.rules[0], self._stacks[lot][0][0][0][1])

    def table(self, lot: int, price: int) -> tuple[Moves, list[int]]:
        """The moves of a lot's units by its plan, and what falls off by kind."""
        table = self._tables.get(lot)
        if table is None:
            assert isinstance(self._plan, Plan)
            rule = self.rules[0]
            spot = self._stacks[lot][0][0][0][1]
            gains = gains_of(rule, price, spot)
            moves = self._plan.moves(slots_asked(rule, spot) if gains is not None else ())
            table = self._tables[lot] = (moves, gains or [])
        return table

    def is_hopeless(self, units: Sequence[tuple[int, int, int, Rank]]) -> bool:
        """Whether a lone rule surely gains nothing; then no table is needed."""
        if len(self.rules) > 1:
            return False
        spots: dict[int, Spot] = {}
        for lot, stacks in self._stacks.items():
            if len(stacks) > 1:
                return False
            spots[lot] = stacks[0][0][-1][1]
        mine = [units[position] for position in self.positions]
        return self.rules[0].is_hopeless([(price, base, spots[lot]) for lot, price, base, _ in mine])

    def tabulate(self, units: Sequence[tuple[int, int, int, Rank]], states_max: int) -> int:
        """Fill the rows and say how many states were met; beyond the most it stops."""
        self.rows, self.back = [], []
        reach: dict[int, None] = {0: None}
        count = 0
        for lot, price, base, _ in (units[position] for position in self.positions):
            if count + len(reach) > states_max:
                # Known before its ways are, which may be many from each.
                return count + len(reach)
            memo = self._memo.setdefault(lot, {})
            row: dict[int, list[Way]] = {}
            after = dict(reach)
            for state in reach:
                ways = memo.get(state)
                if ways is None:
                    ways = memo[state] = self._ways(lot, price, base, state)
                row[state] = ways
                for way in ways:
                    after[way[0]] = None
            self.rows.append(row)
            count += len(row)
            reach = after
        accepted = {state: 0 for state in reach if self._may_end(state)}
        self.back = [{} for _ in self.rows]
        self.back.append(accepted)
        self.bits = max(1, (len(self._states) - 1).bit_length())
        return count

    def backward(self, duals: Sequence[int]) -> int:
        """The best plan's value with a price on each unit; fills `back`."""
        back = self.back
        after = back[-1]
        for k in range(len(self.rows) - 1, -1, -1):
            dual = duals[self.positions[k]]
            now: dict[int, int] = {}
            for state, ways in self.rows[k].items():
                best = after.get(state)
                for way in ways:
                    rest = after.get(way[0])
                    if rest is not None:
                        rest += way[1] - dual
                        if best is None or rest > best:
                            best = rest
                if best is not None:
                    now[state] = best
            back[k] = after = now
        return after[0]

    def margin(self, k: int, ahead: dict[int, int]) -> int:
        """What the k-th unit (without a price) is worth to the cluster, with best values `ahead` of it."""
        after = self.back[k + 1]
        with_it = without = -(1 << 200)
        row = self.rows[k]
        for state, value in ahead.items():
            rest = after.get(state)
            if rest is not None and value + rest > without:
                without = value + rest
            for way in row[state]:
                rest = after.get(way[0])
                if rest is not None:
                    rest += value + way[1]
                    if rest > with_it:
                        with_it = rest
        return with_it - without

    def advance(self, k: int, ahead: dict[int, int], dual: int) -> dict[int, int]:
        """Best values after the k-th unit, of those before it."""
        after = dict(ahead)
        row = self.rows[k]
        for state, value in ahead.items():
            for way in row[state]:
                now = value + way[1] - dual
                known = after.get(way[0])
                if known is None or now > known:
                    after[way[0]] = now
        return after

    def all_ways(self, lot: int, price: int, base: int, state: int) -> list[Way]:
        """Every way over a unit from a state, also those that another one beats."""
        if self.plan is not None:
            return self._planned(lot, price, base, state)
        found: list[Way] = []
        states = self._states[state]
        if len(states) == 1:
            start = states[0]
            for stack, rank in self._stacks[lot]:
                if len(stack) > 1:
                    self._through(found, stack, rank, states, price, base)
                    continue
                rule, spot = stack[0]
                for after, gain, mark in rule.take(start, price, spot):
                    step = Step(rule, spot, price, gain, mark)
                    found.append((self._number((after,)), gain * rule.weight - base, rank, (step,)))
        else:
            for stack, rank in self._stacks[lot]:
                self._through(found, stack, rank, states, price, base)
        return found

    def _planned(self, lot: int, price: int, base: int, state: int) -> list[Way]:
        moves, gains = self.table(lot, price)
        rule = self.rules[0]
        stack, rank = self._stacks[lot][0]
        spot, weight = stack[0][1], rule.weight
        found: list[Way] = []
        for n in range(moves.first[state], moves.first[state + 1]):
            gain = gains[moves.kinds[n]]
            step = Step(rule, spot, price, gain, moves.marks[n])
            found.append((moves.targets[n], gain * weight - base, rank, (step,)))
        return found

    def step(self, lot: int, price: int, state: int, way: int) -> tuple[Step, ...]:
        """What is done with a unit that takes a way from a state."""
        if self.plan is None:
            return self._memo[lot][state][way][3]
        moves, gains = self.table(lot, price)
        n = moves.first[state] + way
        rule = self.rules[0]
        return (Step(rule, self._stacks[lot][0][0][0][1], price, gains[moves.kinds[n]], moves.marks[n]),)

    def _may_end(self, state: int) -> bool:
        if self.plan is not None:
            return bool(self.plan.ends[state])
        values = self._states[state]
        return all(rule.accepts(value) for rule, value in zip(self.rules, values, strict=True))

    @property
    def ends(self) -> list[int]:
        """For each state whether it may end there."""
        plan = self.plan
        if plan is not None:
            return plan.ends
        return [int(self._may_end(state)) for state in range(len(self._states))]

    def ways(self, lot: int) -> dict[int, list[Way]]:
        """Ways over units of a lot by state, as far as they were tabulated."""
        return self._memo[lot]

    def _ways(self, lot: int, price: int, base: int, state: int) -> list[Way]:
        """For each next state the best way, of equals the lowest rank."""
        found = self.all_ways(lot, price, base, state)
        if len(found) < 2:
            return found
        best: dict[int, Way] = {}
        for way in found:
            known = best.get(way[0])
            if known is None or way[1] > known[1] or (way[1] == known[1] and way[2] < known[2]):
                best[way[0]] = way
        return list(best.values())

    def _number(self, states: tuple[State, ...]) -> int:
        number = self._ids.get(states)
        if number is None:
            number = self._ids[states] = len(self._states)
            self._states.append(states)
        return number

    def _through(
        self, found: list[Way], stack: Stack, rank: Rank, start: tuple[State, ...], price: int,
        base: int,
    ) -> None:  # fmt: skip
        partial: list[tuple[tuple[State, ...], int, int, tuple[Step, ...]]] = [(start, price, -base, ())]
        for rule, spot in stack:
            grown: list[tuple[tuple[State, ...], int, int, tuple[Step, ...]]] = []
            for states, left, value, steps in partial:
                if isinstance(rule, FreeRule):
                    gain = rule.gain(left, spot)
                    if gain > 0:
                        step = Step(rule, spot, left, gain, None)
                        grown.append((states, left - gain, value + gain * rule.weight, (*steps, step)))
                    continue
                n = self.rules.index(rule)
                for after, gain, mark in rule.take(states[n], left, spot):
                    step = Step(rule, spot, left, gain, mark)
                    then = (*states[:n], after, *states[n + 1 :])
                    grown.append((then, left - gain, value + gain * rule.weight, (*steps, step)))
            partial = grown
        found.extend([(self._number(states), value, rank, steps) for states, _, value, steps in partial])
