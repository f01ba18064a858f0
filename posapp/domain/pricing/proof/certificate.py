"""Why nothing better exists, written down so that a program that knows no search can check it.

A certificate holds the answer and every alternative to it (which of a group, what goes alone). Of each
alternative: its parts with units, the rules' tables, and a tree of branches that prices on units close; what
the order layer takes off at each value of the items. Made on demand, never while selling. Where the prices
alone do not close an alternative (a threshold inside the window), `is_closed` is False and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from posapp.domain.pricing.answers.engine import Case, PriceCache, Promotions, case_of, touching
from posapp.domain.pricing.items.components import components
from posapp.domain.pricing.items.set_cache import SetCache
from posapp.domain.pricing.items.solving import Prepared, best_steps
from posapp.domain.pricing.items.tables import Cluster, Step, free_ways
from posapp.domain.pricing.items.units import normal_form
from posapp.domain.pricing.proof.certificate_orders import falls_of
from posapp.domain.pricing.proof.duals import Fixed, price_units
from posapp.domain.pricing.terms.applications import Right
from posapp.domain.pricing.terms.basket import Basket
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import Promotion
from posapp.values import dataclass

Table = dict[str, Any]
#: Branches of one part, and alternatives, after which the proof is given up.
BRANCHES_MAX, ALTERNATIVES_MAX = 400, 400
#: By itself: the first rule of every part, which takes any unit and ties nothing.
ALONE = 0


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate, and whether it proves its answer."""

    certificate: Table
    is_closed: bool


def certify(basket: Basket, promotions: Promotions, policy: Policy = Policy()) -> Certified:
    """The certificate of the best price of a basket (`policy.choose` "best")."""
    case = case_of(basket, touching(basket, promotions), policy, PriceCache())
    return _Certifying(case).done()


class _Certifying:
    """One basket's alternatives as they are found."""

    def __init__(self, case: Case) -> None:
        self.case = case
        choosing = case.choosing()
        self.outcome = choosing.best().outcome
        self.saving = self.outcome.saving_minor
        self.offered = case.offered()
        self.alternatives: list[Table] = []
        self.answer: Table | None = None
        self.is_closed = True
        self._parts: dict[frozenset[str], list[Table]] = {}

    def done(self) -> Certified:
        """All alternatives, the answer among them."""
        told = [promotion for promotion in self.offered.values() if not _is_given(promotion)]
        for world in self._worlds(told):
            self._cover(world)
        if self.answer is None:
            self._give_answer()
        certificate = {
            "currency": self.case.basket.currency,
            "saving": self.saving,
            "promotions": [
                {
                    "id": each.promotion_id,
                    "group": each.stack.group,
                    "alone": each.stack.alone,
                    "exact": each.layer == "price",
                }
                for each in told
            ],
            "answer": self.answer,
            "alternatives": self.alternatives,
        }
        return Certified(certificate, self.is_closed)

    def _worlds(self, told: Sequence[Promotion]) -> list[frozenset[str]]:
        """Where prices are the same: each choice of price books, and what goes alone."""
        together = frozenset(each.promotion_id for each in told if not each.stack.alone)
        books = [each for each in told if each.layer == "price" and not each.stack.alone]
        worlds = [together - {book.promotion_id for book in books}]
        for book in books:
            worlds += [
                world | {book.promotion_id} for world in worlds if _has_room(self.offered, world, book)
            ]
        return worlds + [frozenset({each.promotion_id}) for each in told if each.stack.alone]

    # ------------------------------------------------------------------ alternatives
    def _cover(self, active: frozenset[str]) -> None:
        """One alternative that closes, or the same for each member of a group that is in its way."""
        made = self._alternative(active)
        most = made["books"] + _most(made)
        if most > self.saving and len(self.alternatives) < ALTERNATIVES_MAX:
            groups: dict[str, list[str]] = {}
            for name in sorted(active):
                groups.setdefault(self.offered[name].stack.group, []).append(name)
            rivals = next((names for group, names in groups.items() if group and len(names) > 1), None)
            if rivals:
                for kept in rivals:
                    self._cover(active - set(rivals) | {kept})
                return
        self.is_closed = self.is_closed and most <= self.saving
        self.alternatives.append(made)
        if self.answer is None and self.outcome.used <= active | self._given(active):
            self.answer = self._taken(made, len(self.alternatives) - 1)

    def _given(self, active: frozenset[str]) -> frozenset[str]:
        """Price books that nobody has to choose; none where something goes alone."""
        if any(self.offered[name].stack.alone for name in active):
            return frozenset()
        return frozenset(name for name, each in self.offered.items() if _is_given(each))

    def _alternative(self, active: frozenset[str]) -> Table:
        given = self._given(active)
        names = active | given
        books = frozenset(name for name in names if self.offered[name].layer == "price")
        world = self.case.world(books)
        rights = [right for right in world.items if right.promotion.promotion_id in names]
        lots = world.goods.lots
        key = books | {right.promotion.promotion_id for right in rights}
        if key not in self._parts:
            self._parts[key] = self._make_parts(rights, books)
        parts = self._parts[key]
        touched = frozenset(unit[0] for part in parts for unit in part["units"])
        orders = [right for right in world.orders if right.promotion_id in names]
        most = sum(part["most"] for part in parts)
        return {
            "active": sorted(active),
            "booked": sorted({lot.book.promotion_id for lot in lots if lot.book is not None} - given),
            "books": sum((lot.line.unit_minor - lot.price_minor) * lot.count for lot in lots),
            "parts": parts,
            "orders": [
                {
                    "id": right.promotion_id,
                    "falls": falls_of(world.goods, right, touched, most, self.case.policy),
                }
                for right in orders
            ],
        }

    # ------------------------------------------------------------------ parts
    def _make_parts(self, rights: Sequence[Right], books: frozenset[str]) -> list[Table]:
        goods = self.case.world(books).goods
        form = normal_form(goods.lots, rights, self.case.policy, SetCache())
        return [_part(Prepared(form, one), self.case.policy) for one in components(form)]

    def _taken(self, made: Table, number: int) -> Table | None:
        """The moves of the answer in an alternative, where they are the best of its parts."""
        combined = self.outcome.result
        value = sum(sum(step[3] for step in part["best"]) for part in made["parts"])
        names = {name for part in made["parts"] for name in _used(part)}
        if value != combined.choice.value_minor or not names <= self.outcome.used:
            return None
        taken = [[step[:3] for step in part["best"]] for part in made["parts"]]
        orders = [[each.right.promotion_id, each.amount_minor] for each in combined.effects]
        return {"alternative": number, "taken": taken, "orders": orders}

    def _give_answer(self) -> None:
        """The answer in an alternative of its own: what it uses and no more."""
        names = self.outcome.used & frozenset(n for n, each in self.offered.items() if not _is_given(each))
        made = self._alternative(names)
        self.alternatives.append(made)
        self.answer = self._taken(made, len(self.alternatives) - 1)
        if self.answer is None:
            self.is_closed = False
            self.answer = {"alternative": len(self.alternatives) - 1, "taken": [], "orders": []}


def _is_given(promotion: Promotion) -> bool:
    """A price book that costs nothing to take: the lowest price is no choice."""
    needs = promotion.needs
    is_choice = promotion.stack.group or promotion.stack.alone or needs.is_coupon or needs.points
    return promotion.layer == "price" and not is_choice


def _has_room(offered: dict[str, Promotion], world: frozenset[str], book: Promotion) -> bool:
    group = book.stack.group
    return not group or not any(
        offered[name].stack.group == group and offered[name].layer == "price" for name in world
    )


def _most(made: Table) -> int:
    """What an alternative may save besides its price books."""
    most = sum(part["most"] for part in made["parts"])
    return max(
        [value + sum(fall(one["falls"], value) for one in made["orders"]) for value in range(most + 1)],
        default=0,
    )


def fall(falls: Sequence[Sequence[int]], value: int) -> int:
    """What an order promotion takes off at most where the items take off a value."""
    for most, minor, ppm, base, cap in falls:
        if value <= most:
            return int(min(cap, minor + (2 * (base - value) * ppm + 1_000_000) // 2_000_000))
    return 0


def _part(prepared: Prepared, policy: Policy) -> Table:
    """A component's units, its rules as tables, what is best for it, and the proof of that."""
    units = prepared.units
    alone: Table = {"units": list(range(len(units))), "moves": [], "ends": ["0"]}
    names: list[list[tuple[Step, ...]]] = []
    for lot, price, _, _ in units:
        ways = [made for stack in prepared.free[lot] if (made := free_ways(stack, price)) is not None]
        alone["moves"].append({"0": [["0", value, _names(steps)] for value, steps in ways]})
        names.append([steps for _, steps in ways])
    steps, _, _ = best_steps(prepared, policy.states_max)
    # What the search left out as hopeless has its table too: the checker is to see every rule.
    rules = [alone]
    for cluster in prepared.clusters:
        if not cluster.back:
            cluster.tabulate(units, policy.states_max)
        rules.append(_rule(cluster, units))
    best = _walked(prepared, steps, names, rules)
    lines = prepared.form.lots
    part: Table = {
        "units": [
            [lines[position].line.line_no, index, lines[position].price_minor]
            for position, index in prepared.places
        ],
        "rules": rules,
        "best": best,
    }
    value = sum(step[3] for step in best)
    part["proof"], part["most"] = _Proving(part, value).done()
    return part


def _used(part: Table) -> set[str]:
    """The promotions of what is best for a part."""
    used: set[str] = set()
    states: dict[int, str] = {}
    for unit, number, place, _ in part["best"]:
        rule = part["rules"][number]
        moves = rule["moves"][rule["units"].index(unit)][states.get(number, "0")]
        states[number] = moves[place][0]
        used.update(moves[place][2])
    return used


def _names(steps: Sequence[Step]) -> list[str]:
    return [step.rule.promotion.promotion_id for step in steps if step.gain > 0]


def _rule(cluster: Cluster, units: Sequence[Any]) -> Table:
    moves = []
    for position, row in zip(cluster.positions, cluster.rows, strict=True):
        base = units[position][2]
        moves.append(
            {
                str(state): [[str(then), value + base, _names(steps)] for then, value, _, steps in ways]
                for state, ways in row.items()
                if ways
            }
        )
    ends = [str(state) for state in cluster.back[-1]]
    return {"units": list(cluster.positions), "moves": moves, "ends": ends}


def _walked(
    prepared: Prepared, steps: Sequence[tuple[Step, ...]], names: Sequence[Any], rules: Sequence[Table]
) -> list[list[Any]]:
    """The solution as moves: (unit, rule, number of the move, gain)."""
    taken: list[list[Any]] = []
    owner = {id(rule): n for n, cluster in enumerate(prepared.clusters, 1) for rule in cluster.rules}
    of_rule: dict[int, list[tuple[int, tuple[Step, ...]]]] = {}
    for unit, done in enumerate(steps):
        if done:
            number = next((owner[id(step.rule)] for step in done if id(step.rule) in owner), ALONE)
            if number == ALONE:
                gain = sum(step.gain for step in done)
                taken.append([unit, ALONE, list(names[unit]).index(done), gain])
            else:
                of_rule.setdefault(number, []).append((unit, done))
    for number, mine in of_rule.items():
        cluster = prepared.clusters[number - 1]
        places = _places(cluster, mine, 0)
        assert places is not None
        for (unit, done), place in zip(mine, places, strict=True):
            taken.append([unit, number, place, sum(step.gain for step in done)])
    return sorted(taken)


def _places(cluster: Cluster, mine: Sequence[tuple[int, tuple[Step, ...]]], state: int) -> list[int] | None:
    """The numbers of the moves that do the same: what a unit gets may not tell the next state."""
    if not mine:
        return [] if state in cluster.back[-1] else None
    unit, done = mine[0]
    for place, way in enumerate(cluster.rows[cluster.positions.index(unit)][state]):
        if way[3] == done:
            rest = _places(cluster, mine[1:], way[0])
            if rest is not None:
                return [place, *rest]
    return None


class _Proving:
    """The tree of one part: prices that close it, or two branches that do."""

    def __init__(self, part: Table, value: int) -> None:
        self.part = part
        self.value = value
        self.rules = part["rules"]
        self.units = len(part["units"])
        self.base = [
            max([0, *(gain for _, gain, _ in ways.get("0", ()))]) for ways in self.rules[ALONE]["moves"]
        ]
        self.branches = 0

    def done(self) -> tuple[Table, int]:
        """The proof and what it proves."""
        return self._node(Fixed({}, frozenset()))

    def _node(self, fixed: Fixed) -> tuple[Table, int]:
        base = [0 if unit in fixed.used else gain for unit, gain in enumerate(self.base)]
        tying = [_relative(rule, base) for rule in self.rules[1:]]
        inner = Fixed(
            {unit: rule - 1 for unit, rule in fixed.used.items()},
            frozenset((unit, rule - 1) for unit, rule in fixed.banned),
        )
        priced = price_units(self.units, tying, inner, 4 * (sum(self.base) + self.value) + 1_000)
        duals = [dual + gain for dual, gain in zip(priced.duals, base, strict=True)]
        leaf: Table = {"duals": [str(dual) for dual in duals]}
        most = self._bound(duals, fixed)
        open_pairs = [(abs(2 * share - 1), pair) for pair, share in priced.shares.items() if 0 < share < 1]
        if most <= self.value or not open_pairs or self.branches >= BRANCHES_MAX:
            return leaf, most
        self.branches += 1
        _, (unit, rule) = min(open_pairs)
        used, banned = Fixed({**fixed.used, unit: rule + 1}, fixed.banned), fixed.banned | {(unit, rule + 1)}
        with_it, first = self._node(used)
        without, second = self._node(Fixed(fixed.used, banned))
        return {"unit": unit, "rule": rule + 1, "with": with_it, "without": without}, max(first, second)

    def _bound(self, duals: Sequence[Fraction], fixed: Fixed) -> int:
        total = sum(duals, Fraction())
        for number, rule in enumerate(self.rules):
            plan = _best_of(rule, number, duals, fixed)
            if plan is None:
                return -1
            total += plan
        return int(total // 1)


def _relative(rule: Table, base: Sequence[int]) -> Table:
    """The rule's gains over what each unit has by itself."""
    moves = [
        {
            state: [(then, gain - base[unit], names) for then, gain, names in found]
            for state, found in ways.items()
        }
        for unit, ways in zip(rule["units"], rule["moves"], strict=True)
    ]
    return {"units": rule["units"], "moves": moves, "ends": rule["ends"]}


def _best_of(rule: Table, number: int, duals: Sequence[Fraction], fixed: Fixed) -> Fraction | None:
    """What a rule alone gains above the prices of units."""
    after = {state: Fraction() for state in rule["ends"]}
    for unit, ways in zip(reversed(rule["units"]), reversed(rule["moves"]), strict=True):
        now = {} if fixed.used.get(unit) == number else dict(after)
        if fixed.allows(unit, number):
            for state, moves in ways.items():
                for then, gain, _ in moves:
                    if then in after:
                        worth = after[then] + gain - duals[unit]
                        now[state] = max(now.get(state, worth), worth)
        after = now
    return after.get("0")
