"""Prices on units that prove a bound, exactly: a small linear programme over whole numbers.

The programme picks plans of rules (each rule one, each unit in at most one) so that they gain most; its dual
prices say what a unit is worth to the plans that compete for it. Plans are found as they are needed, by a
pass over a rule's table. Fraction-free pivots keep every number exact. Knows tables only, no promotions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from posapp.values import dataclass

#: One rule: units it may take, by unit and state the moves (next state, gain, names), states it may end in.
Rule = Mapping[str, Any]
#: Pivots after which the prices are taken as they are: they prove a bound all the same.
PIVOTS_MAX = 400


@dataclass(frozen=True, slots=True)
class Fixed:
    """Decisions of a branch: units that a rule must take, and pairs of unit and rule that are forbidden."""

    used: Mapping[int, int]
    banned: frozenset[tuple[int, int]]

    def allows(self, unit: int, rule: int) -> bool:
        """Whether a rule may take a unit."""
        return self.used.get(unit, rule) == rule and (unit, rule) not in self.banned


@dataclass(frozen=True, slots=True)
class Priced:
    """Prices of units, and the share of each pair of unit and rule in the best mixture of plans."""

    duals: tuple[Fraction, ...]
    shares: Mapping[tuple[int, int], Fraction]


Plan = tuple[int, tuple[int, ...]]


def best_plan(rule: Rule, number: int, prices: Sequence[int], scale: int, fixed: Fixed) -> Plan | None:
    """A rule's best plan where a unit costs its price over `scale`: gain (without prices), units taken."""
    must = {unit for unit, wanted in fixed.used.items() if wanted == number}
    after: dict[str, tuple[int, int, Any]] = dict.fromkeys(rule["ends"], (0, 0, None))
    for unit, ways in zip(reversed(rule["units"]), reversed(rule["moves"]), strict=True):
        now = {} if unit in must else dict(after)
        if fixed.allows(unit, number):
            price = prices[unit]
            for state, moves in ways.items():
                for then, gain, _ in moves:
                    rest = after.get(then)
                    if rest is not None:
                        worth = rest[0] + gain * scale - price
                        known = now.get(state)
                        if known is None or worth > known[0]:
                            now[state] = (worth, rest[1] + gain, (unit, rest[2]))
        after = now
    found = after.get("0")
    if found is None:
        return None
    units: list[int] = []
    link = found[2]
    while link is not None:
        units.append(link[0])
        link = link[1]
    return found[1], tuple(units)


class _Programme:
    """The revised simplex method with whole numbers: the inverse of the basis over one denominator."""

    def __init__(self, units: int, rules: int) -> None:
        self.units = units
        self.rows = units + rules
        self.det = 1
        self.inverse = [[int(n == m) for m in range(self.rows)] for n in range(self.rows)]
        #: By row: cost and, for plans, (rule, units); slack variables have none.
        self.costs = [0] * self.rows
        self.basis: list[tuple[int, tuple[int, ...]] | None] = [None] * self.rows
        self.amounts = [1] * self.rows

    def prices(self) -> list[int]:
        """Prices of all rows over the denominator."""
        found = [0] * self.rows
        for cost, row in zip(self.costs, self.inverse, strict=True):
            if cost:
                for m, each in enumerate(row):
                    if each:
                        found[m] += cost * each
        return found

    def enter(self, column: Sequence[int], cost: int, plan: tuple[int, tuple[int, ...]] | None) -> bool:
        """Bring a column (rows with a one) into the basis; False where nothing bounds it."""
        change = [sum([row[m] for m in column]) for row in self.inverse]
        leaving = -1
        for n, each in enumerate(change):
            if each > 0 and (leaving < 0 or self.amounts[n] * change[leaving] < self.amounts[leaving] * each):
                leaving = n
        if leaving < 0:
            return False
        pivot, old = change[leaving], self.det
        mine, amount = self.inverse[leaving], self.amounts[leaving]
        for n, each in enumerate(change):
            if n != leaving:
                row = self.inverse[n]
                self.inverse[n] = [(a * pivot - each * b) // old for a, b in zip(row, mine, strict=True)]
                self.amounts[n] = (self.amounts[n] * pivot - each * amount) // old
        self.det = pivot
        self.costs[leaving], self.basis[leaving] = cost, plan
        return True


def price_units(units: int, rules: Sequence[Rule], fixed: Fixed, most: int) -> Priced:
    """The best prices for a branch; `most` is more than anything can gain."""
    wanted_by = [sum(unit in set(rule["units"]) for rule in rules) for unit in range(units)]
    shared = [unit for unit, count in enumerate(wanted_by) if count > 1]
    row_of = {unit: row for row, unit in enumerate(shared)}
    programme = _Programme(len(shared), len(rules))
    bonus = [most * sum(1 for wanted in fixed.used.values() if wanted == n) for n in range(len(rules))]
    prices = programme.prices()
    on_units = [0] * units
    for _ in range(PIVOTS_MAX):
        entering: tuple[int, list[int], int, tuple[int, tuple[int, ...]] | None] | None = None
        for m, price in enumerate(prices):
            if price < 0 and (entering is None or -price > entering[0]):
                entering = (-price, [m], 0, None)
        for number, rule in enumerate(rules):
            plan = best_plan(rule, number, on_units, programme.det, fixed)
            if plan is None:
                continue
            gain = plan[0] + bonus[number]
            row = len(shared) + number
            worth = gain * programme.det - sum([on_units[unit] for unit in plan[1]]) - prices[row]
            if worth > 0 and (entering is None or worth > entering[0]):
                column = [row_of[unit] for unit in plan[1] if unit in row_of]
                entering = (worth, [*column, row], gain, (number, plan[1]))
        if entering is None or not programme.enter(entering[1], entering[2], entering[3]):
            break
        prices = programme.prices()
        for unit, row in row_of.items():
            on_units[unit] = prices[row]
    duals = tuple(Fraction(max(0, price), programme.det) for price in on_units)
    return Priced(duals, _shares(programme))


def _shares(programme: _Programme) -> dict[tuple[int, int], Fraction]:
    shares: dict[tuple[int, int], Fraction] = {}
    for plan, amount in zip(programme.basis, programme.amounts, strict=True):
        if plan is not None and amount:
            for unit in plan[1]:
                pair = unit, plan[0]
                shares[pair] = shares.get(pair, Fraction()) + Fraction(amount, programme.det)
    return shares
