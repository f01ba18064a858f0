"""Prices on units that prove a bound, exactly: a small linear programme over whole numbers.

The programme picks plans of rules (each rule one, each unit in at most one) so that they gain most; its dual
prices say what a unit is worth to the plans that compete for it. Plans are found as they are needed, by a
pass over a rule's table. Fraction-free pivots keep every number exact. Knows tables only, no promotions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

#: One rule: its moves by unit (unit, state, next state, what falls off, names), and states it may end in.
Rule = Mapping[str, Any]
#: Pivots after which the prices are taken as they are: they prove a bound all the same.
PIVOTS_MAX = 400


Plan = tuple[int, tuple[int, ...]]


def best_plan(rule: Rule, gains: Sequence[int], prices: Sequence[int], scale: int) -> Plan | None:
    """A rule's best plan where a unit costs its price over `scale`: gain (without prices), units taken.

    `gains` are those of its moves, over what the unit has by itself.
    """
    # Below each unit all values stay as they are: what a move changes is kept back until its unit is through.
    after: dict[str, tuple[int, int, Any]] = dict.fromkeys(rule["ends"], (0, 0, None))
    now = after
    at = -1
    for (unit, state, then, _, _), gain in zip(reversed(rule["moves"]), reversed(gains), strict=True):
        if unit != at:
            after, at = now, unit
            now = dict(after)
        rest = after.get(then)
        if rest is not None:
            worth = rest[0] + gain * scale - prices[unit]
            known = now.get(state)
            if known is None or worth > known[0]:
                now[state] = (worth, rest[1] + gain, (unit, rest[2]))
    found = now.get("0")
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
        self.costs = [0] * self.rows
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

    def enter(self, column: Sequence[int], cost: int) -> bool:
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
        self.costs[leaving] = cost
        return True


def price_units(units: int, rules: Sequence[Rule]) -> tuple[Fraction, ...]:
    """The best prices: above what each unit has by itself, which is what the first rule says."""
    base = [0] * units
    for unit, _, _, fallen, _ in rules[0]["moves"]:
        base[unit] = max(base[unit], sum(fallen))
    tying = rules[1:]
    gains = [[sum(move[3]) - base[move[0]] for move in rule["moves"]] for rule in tying]
    wanted_by = [0] * units
    for rule in tying:
        for unit in {move[0] for move in rule["moves"]}:
            wanted_by[unit] += 1
    shared = [unit for unit, count in enumerate(wanted_by) if count > 1]
    row_of = {unit: row for row, unit in enumerate(shared)}
    programme = _Programme(len(shared), len(tying))
    prices = programme.prices()
    on_units = [0] * units
    for _ in range(PIVOTS_MAX):
        entering: tuple[int, list[int], int] | None = None
        for m, price in enumerate(prices):
            if price < 0 and (entering is None or -price > entering[0]):
                entering = (-price, [m], 0)
        for number, rule in enumerate(tying):
            plan = best_plan(rule, gains[number], on_units, programme.det)
            if plan is None:
                continue
            row = len(shared) + number
            worth = plan[0] * programme.det - sum([on_units[unit] for unit in plan[1]]) - prices[row]
            if worth > 0 and (entering is None or worth > entering[0]):
                column = [row_of[unit] for unit in plan[1] if unit in row_of]
                entering = (worth, [*column, row], plan[0])
        if entering is None or not programme.enter(entering[1], entering[2]):
            break
        prices = programme.prices()
        for unit, row in row_of.items():
            on_units[unit] = prices[row]
    pairs = zip(on_units, base, strict=True)
    return tuple([Fraction(max(0, price), programme.det) + own for price, own in pairs])
