"""The item layer of a certificate: units, each rule's moves as a table, and prices on the units.

What a move takes off is told part by part of the lines. Where a group's amount is shared over several parts
it falls when the group is whole, so that a rule's state remembers the units of its open groups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import lcm
from typing import Any

from posapp.domain.pricing.goods.runs import shares_of
from posapp.domain.pricing.items.group_rules import GroupRule
from posapp.domain.pricing.items.rules import Rule
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
from posapp.domain.pricing.proof.checker import ahead_of
from posapp.domain.pricing.proof.duals import price_units
from posapp.domain.pricing.terms.policy import Policy
from posapp.values import dataclass

#: Moves of all rules of one certificate, after which the proof is given up.
MOVES_MAX = 60_000
#: What falls off each part.
Fallen = list[int]
#: By open rule: pieces bought over, the units of each open group, and of one that waits for the former.
_Pending = tuple[Pending, ...]
#: Unit, state, next state, what falls off, promotions that take something off.
Move = list[Any]


class TooLargeError(Exception):
    """A rule's own table is larger than a certificate should be."""


@dataclass(frozen=True, slots=True)
class Tabled:
    """The table of the items, and for each rule and move the promotions that a unit goes through."""

    items: dict[str, Any]
    promotions: list[list[frozenset[str]]]
    places: list[tuple[int, int]]


@dataclass(slots=True)
class _Part:
    """One component: places, rules, promotions of their moves, prices, and by how much these are loose."""

    places: list[tuple[int, int]]
    rules: list[dict[str, Any]]
    promotions: list[list[frozenset[str]]]
    duals: Sequence[Any]
    loose: int


def tabled(
    parts_of: Mapping[int, int], count: int, prepared: Sequence[tuple[Prepared, int]], policy: Policy
) -> Tabled:
    """All components with their best values, those whose prices leave something open first."""
    left = MOVES_MAX
    parts: list[_Part] = []
    for each, value in prepared:
        part = _Tabling(each, parts_of, count, policy, left).part(value)
        left -= sum(len(rule["moves"]) for rule in part.rules)
        parts.append(part)
    parts.sort(key=lambda part: -part.loose)
    units: list[list[int]] = []
    rules: list[dict[str, Any]] = []
    names: list[list[frozenset[str]]] = []
    places: list[tuple[int, int]] = []
    for part in parts:
        first = len(places)
        places += part.places
        rules += [
            {**rule, "moves": [[first + move[0], *move[1:]] for move in rule["moves"]]} for rule in part.rules
        ]
        names += part.promotions
    units = [list(place) for place in places]
    per = lcm(*[dual.denominator for part in parts for dual in part.duals])
    duals = [int(dual * per) for part in parts for dual in part.duals]
    items = {"units": units, "parts": count, "rules": rules, "per": per, "duals": duals}
    return Tabled(items, names, places)


class _Tabling:
    """One component while its tables are made."""

    def __init__(
        self, prepared: Prepared, parts_of: Mapping[int, int], count: int, policy: Policy, left: int
    ) -> None:
        self.prepared = prepared
        self.parts_of = parts_of
        self.count = count
        self.policy = policy
        self.left = left
        lots = prepared.form.lots
        #: Line number and number of each unit; those of line 0 are no goods: groups end with them.
        self.places = [(lots[position].line.line_no, index) for position, index in prepared.places]

    def part(self, value: int) -> _Part:
        """Tables and prices."""
        rules: list[dict[str, Any]] = []
        promotions: list[list[frozenset[str]]] = []
        self._note(rules, promotions, self._alone(), ["0"])
        for cluster in self.prepared.clusters:
            cluster.tabulate(self.prepared.units, self.policy.states_max)
            if not cluster.back:
                raise TooLargeError
            self._note(rules, promotions, *self._cluster(cluster))
        duals = price_units(len(self.places), rules)
        loose = sum(duals) + sum(_best(rule, duals, self.count) for rule in rules) - value
        return _Part(self.places, rules, promotions, duals, int(loose // 1))

    def _note(
        self,
        rules: list[dict[str, Any]],
        promotions: list[list[frozenset[str]]],
        moves: list[tuple[Move, frozenset[str]]],
        ends: list[str],
    ) -> None:
        moves.sort(key=lambda pair: pair[0][0])
        rules.append({"moves": [move for move, _ in moves], "ends": ends})
        promotions.append([names for _, names in moves])

    def _alone(self) -> list[tuple[Move, frozenset[str]]]:
        """By itself: what any unit may have without being tied to others."""
        found = []
        for unit, (lot, price, _, _) in enumerate(self.prepared.units):
            for stack in self.prepared.free[lot]:
                made = free_ways(stack, price)
                if made is not None:
                    fallen = self._own(unit, sum(step.gain for step in made[1]))
                    found.append(([unit, "0", "0", fallen, _names(made[1])], _all(made[1])))
        return found

    def _own(self, unit: int, gain: int) -> Fallen:
        fallen = [0] * self.count
        fallen[self.parts_of[self.places[unit][0]]] = gain
        return fallen

    # ------------------------------------------------------------------ rules that tie units
    def _cluster(self, cluster: Cluster) -> tuple[list[tuple[Move, frozenset[str]]], list[str]]:
        parts = {self.parts_of[self.places[position][0]] for position in cluster.positions}
        open_rules = [rule for rule in cluster.rules if isinstance(rule, GroupRule) and len(parts) > 1]
        tracked = {id(rule): n for n, rule in enumerate(open_rules)}
        start: tuple[int, _Pending] = (0, (NOTHING_PENDING,) * len(tracked))
        names: dict[tuple[int, _Pending], str] = {start: "0"}
        reach = {start: None}
        found: list[tuple[Move, frozenset[str]]] = []
        for unit in cluster.positions:
            lot, price = self.prepared.units[unit][:2]
            for key in list(reach):
                for then, _, _, steps in cluster.all_ways(lot, price, 0, key[0]):
                    made = self._done(unit, key[1], steps, tracked)
                    if made is None:
                        continue
                    pending, fallen = made
                    after = then, pending
                    reach[after] = None
                    move = [unit, names[key], names.setdefault(after, str(len(names))), fallen, _names(steps)]
                    found.append((move, _all(steps)))
            if len(found) > self.left:
                raise TooLargeError
        ends: list[str] = []
        closing = [key for key in reach if key[0] in cluster.back[-1]]
        last = len(self.places)
        for key in closing:
            if not any(map(any, key[1])):
                ends.append(names[key])
                continue
            rest = self._ended(open_rules, key[1])
            if rest is not None:
                found.append(([last, names[key], "end", rest, _users(open_rules)], frozenset()))
        if any(move[0] == last for move, _ in found):
            self.places.append((0, last))
            ends.append("end")
        return found, ends

    def _done(
        self, unit: int, pending: _Pending, steps: Sequence[Step], tracked: Mapping[int, int]
    ) -> tuple[_Pending, Fallen] | None:
        """Open groups after a unit went through steps, and what fell; None where a group came to nothing."""
        position, index = self.prepared.places[unit]
        lot = self.prepared.form.lots[position]
        fallen = [0] * self.count
        for step in steps:
            number = tracked.get(id(step.rule))
            if number is None:
                fallen[self.parts_of[lot.line.line_no]] += step.gain
                continue
            assert step.mark is not None
            assert isinstance(step.rule, GroupRule)
            spot, slot, _ = step.mark
            role = "buy" if spot < 0 else step.rule.shape.slots[slot].role
            taken: Taken = (
                lot.line.line_no, index, step.price, step.gain, role, group_floor(step.rule, lot)
            )  # fmt: skip
            mine, ended = with_unit(step.rule, pending[number], step.mark, taken)
            if ended:
                added = self._shared(step.rule, ended)
                if added is None:
                    return None
                fallen = [a + b for a, b in zip(fallen, added, strict=True)]
            pending = (*pending[:number], mine, *pending[number + 1 :])
        return pending, fallen

    def _shared(self, rule: GroupRule, group: tuple[Taken, ...]) -> Fallen | None:
        made = group_application(rule, list(group))
        if made is None:
            return None
        found = [0] * self.count
        for unit, share in zip(made.units, shares_of(made, self.policy), strict=True):
            found[self.parts_of[unit.line_no]] += share
        return found

    def _ended(self, rules: Sequence[GroupRule], pending: _Pending) -> Fallen | None:
        found = [0] * self.count
        for rule, (over, groups, _) in zip(rules, pending, strict=True):
            rest = over
            for group in groups:
                added = self._shared(rule, (*group, *rest))
                if added is None:
                    return None
                rest = ()
                found = [a + b for a, b in zip(found, added, strict=True)]
        return found


def _best(rule: dict[str, Any], duals: Sequence[Any], parts: int) -> Any:
    """What a rule gains above the prices of units."""
    return ahead_of(rule, {"duals": duals, "per": 1, "parts": parts})[0]["0"]


def _names(steps: Sequence[Step]) -> list[str]:
    return [step.rule.promotion.promotion_id for step in steps if step.gain > 0]


def _all(steps: Sequence[Step]) -> frozenset[str]:
    return frozenset([step.rule.promotion.promotion_id for step in steps])


def _users(rules: Sequence[Rule]) -> list[str]:
    return [rule.promotion.promotion_id for rule in rules]
