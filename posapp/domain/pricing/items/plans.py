"""Automata without money: for rules whose states hang on no price, what each state becomes, made once.

How many pieces a group has, which of them are reduced and where groups end is the same for thousands of
promotions; only what falls off differs from lot to lot. So a plan is kept for each shape, with the kind of
gain of every move, and a lot adds its gains by kind. It says what `take` of the rule says, move by move.
Rules whose states hold sums of prices have no plan.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from posapp.domain.pricing.goods.reductions import off_gain
from posapp.domain.pricing.items.group_rules import CountRule, GroupRule, SlotsRule
from posapp.domain.pricing.items.rules import LimitedRule, Mark, Rule, Spot, State, TierRule

#: Next state, kind of gain, where in its groups the unit went.
_Next = tuple[State, int, Mark | None]
_Steps = Callable[[State, int], list[_Next]]

#: What a plan knows units by where a rule asks for no slots.
ONLY: tuple[int, ...] = (0,)
#: Rules of more states are tabulated as they come.
STATES_MAX = 400
#: Plans kept at most; then they are made anew.
PLANS_MAX = 2_000


class Moves(NamedTuple):
    """All ways of units of some slots: those of the nth state stand from `first[n]` to `first[n + 1]`."""

    first: list[int]
    targets: list[int]
    kinds: list[int]
    marks: list[Mark | None]

    @property
    def words(self) -> list[int]:
        """The same as plain integers."""
        return [len(self.targets), *self.first, *self.targets, *self.kinds]


class Plan:
    """The states of an automaton by number (0 is the start), those in which it may stop, and its moves."""

    __slots__ = ("_known", "_numbers", "_steps", "_words", "alone", "ends", "states")

    def __init__(self, rule: Rule, steps: _Steps, slots: Sequence[int], depth: int) -> None:
        self._steps = steps
        self.states: list[State] = [rule.start]
        self._numbers: dict[State, int] = {rule.start: 0}
        layer: list[State] = [rule.start]
        for _ in range(depth):
            after: list[State] = []
            for state in layer:
                for slot in slots:
                    for then, _, _ in steps(state, slot):
                        if then not in self._numbers:
                            self._numbers[then] = len(self.states)
                            self.states.append(then)
                            after.append(then)
            if not after or len(self.states) > STATES_MAX:
                break
            layer = after
        #: The states as those of a cluster with this rule alone.
        self.alone: list[tuple[State, ...]] = [(state,) for state in self.states]
        self.ends = [int(rule.accepts(state)) for state in self.states]
        self._known: dict[tuple[int, ...], Moves] = {}
        self._words: dict[tuple[int, ...], list[int]] = {}

    def moves(self, slots: tuple[int, ...]) -> Moves:
        """The ways of units that fit these slots."""
        known = self._known.get(slots)
        if known is not None:
            return known
        numbers = self._numbers
        known = Moves([0], [], [], [])
        for state in self.states:
            for slot in slots:
                for then, kind, mark in self._steps(state, slot):
                    # What lies further than there are units is never asked for.
                    if then in numbers:
                        known.targets.append(numbers[then])
                        known.kinds.append(kind)
                        known.marks.append(mark)
            known.first.append(len(known.targets))
        self._known[slots] = known
        return known

    def words(self, slots: tuple[int, ...]) -> list[int]:
        """The same moves as plain integers, for the kernel."""
        known = self._words.get(slots)
        if known is None:
            known = self._words[slots] = self.moves(slots).words
        return known


#: Plans by shape: no price, promotion or basket is in them.
_plans: dict[tuple[object, ...], Plan | None] = {}


def plan_of(rule: Rule, pieces: int) -> Plan | None:
    """The plan of a rule for so many units; None where its states hang on prices or are too many."""
    depth, slots = STATES_MAX, ONLY
    make: Callable[[Rule], _Steps]
    if isinstance(rule, CountRule):
        slot = rule.shape.slots[0]
        key: tuple[object, ...] = ("count", slot.pieces, _reduced(rule)[0], rule.shape.groups_max)
        make = _count_steps
    elif isinstance(rule, SlotsRule):
        shape = rule.shape
        counts = tuple([(slot.pieces, slot.is_open) for slot in shape.slots])
        key = ("slots", counts, _reduced(rule), shape.groups_max, pieces)
        depth, slots = pieces, tuple(range(len(counts)))
        make = _slots_steps
    elif isinstance(rule, TierRule) and rule.is_by_count:
        key = ("tier", tuple([step.least for step in rule.steps]), rule.ends, rule.units)
        make = _tier_steps
    elif isinstance(rule, LimitedRule) and rule.is_by_count:
        key = ("limited", rule.start)
        make = _limited_steps
    else:
        return None
    if key in _plans:
        return _plans[key]
    if len(_plans) >= PLANS_MAX:
        _plans.clear()
    plan = Plan(rule, make(rule), slots, depth)
    _plans[key] = plan if len(plan.states) <= STATES_MAX else None
    return _plans[key]


def slots_asked(rule: Rule, spot: Spot) -> tuple[int, ...]:
    """The slots by which a plan knows a lot's units."""
    return spot.slots if isinstance(rule, SlotsRule) else ONLY


def gains_of(rule: Rule, price: int, spot: Spot) -> list[int] | None:
    """What falls off a unit by kind of gain; None where the rule does not take it at all."""
    mode = rule.mode
    room = price - spot.floor
    if isinstance(rule, GroupRule):
        end = rule.at_end
        if rule.shape.price is not None:
            own = [0, *([price] * len(rule.shape.slots))]
        else:
            own = [0]
            for slot in rule.shape.slots:
                gain = 0 if slot.off is None else min(off_gain(slot.off, price, mode), room)
                own.append(max(0, gain))
        return own + [gain + end for gain in own]
    if isinstance(rule, TierRule):
        return [0, *[max(0, min(off_gain(step.off, price, mode), room)) for step in rule.steps]]
    assert isinstance(rule, LimitedRule)
    gain = min(off_gain(rule.offs[spot.slots[0]], price, mode), room)
    return [gain] if gain > 0 else None


def _reduced(rule: GroupRule) -> tuple[range, ...]:
    """For each slot the places whose units have a gain of their own."""
    shape = rule.shape
    if shape.price is not None:
        return tuple([range(slot.pieces) for slot in shape.slots])
    return tuple([slot.reduced if slot.off is not None else range(0) for slot in shape.slots])


def _count_steps(rule: Rule) -> _Steps:
    assert isinstance(rule, CountRule)
    n, most, reduced = rule.shape.slots[0].pieces, rule.shape.groups_max, _reduced(rule)[0]

    def steps(state: State, _slot: int) -> list[_Next]:
        assert isinstance(state, int)
        closed, had = divmod(state, n)
        if had == 0 and most is not None and closed >= most:
            return []
        kind = int(had in reduced)
        if had + 1 < n:
            return [(state + 1, kind, (0, 0, False))]
        return [((closed + 1) * n if most is not None else 0, 2 + kind, (0, 0, True))]

    return steps


def _slots_steps(rule: Rule) -> _Steps:
    assert isinstance(rule, SlotsRule)
    pieces = [slot.pieces for slot in rule.shape.slots]
    most, reduced = rule.shape.groups_max, _reduced(rule)

    def steps(state: State, number: int) -> list[_Next]:
        assert isinstance(state, tuple)
        had = state[number + 1]
        place, over = divmod(had, pieces[number])
        if most is not None and state[0] + place >= most:
            return []
        kind = number + 1 if over in reduced[number] else 0
        after = list(state)
        after[number + 1] = had + 1
        ends = place == 0 and all(count >= asked for count, asked in zip(after[1:], pieces, strict=True))
        if ends:
            kind += 1 + len(pieces)
            after[1:] = [count - asked for count, asked in zip(after[1:], pieces, strict=True)]
            if most is not None:
                after[0] += 1
        return [(tuple(after), kind, (place, number, ends))]

    return steps


def _tier_steps(rule: Rule) -> _Steps:
    assert isinstance(rule, TierRule)
    leasts, ends, units = [step.least for step in rule.steps], rule.ends, rule.units

    def one(step: int, count: int, rest: tuple[object, ...]) -> list[_Next]:
        least, end = leasts[step], ends[step]
        if end is not None and count + 1 >= end:
            return []
        is_within = units is None or count < units
        if not is_within and count >= least:
            return []
        top = max(least, units or 0) if end is None else end
        return [((step, min(count + 1, top), *rest), step + 1 if is_within else 0, None)]

    def steps(state: State, _slot: int) -> list[_Next]:
        if state is None:
            return [move for step in range(len(leasts)) for move in one(step, 0, (-1, ()))]
        assert isinstance(state, tuple)
        return one(state[0], state[1], state[2:])

    return steps


def _limited_steps(_rule: Rule) -> _Steps:
    def steps(state: State, _slot: int) -> list[_Next]:
        assert isinstance(state, tuple)
        units, *rest = state
        if units == 0:
            return []
        return [((units - 1 if units > 0 else units, *rest), 0, None)]

    return steps
