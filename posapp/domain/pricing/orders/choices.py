"""The choices around the layers: one of each group, those that go alone, and which coupons are worth using.

What a set of active promotions gives is asked of the layers and never estimated. Exact because more rights
never save less (items are optional, the order layer only takes more): the answer with a group's rivals all
active is a bound for every choice among them, and where it uses no two of them it is the answer. Only price
books are not like that, since a lower price may miss a threshold: groups that hold one, and `alone`, are
tried one by one. Coupons are given back where the same is saved without them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, product
from typing import Generic, TypeVar

from posapp.domain.pricing.terms.alone import lonely_sets
from posapp.domain.pricing.terms.promotion import Promotion
from posapp.values import dataclass

T = TypeVar("T")
#: More coupons than this that may be spared are given back one by one, not in every combination.
_SPARED_MAX = 8
_NEVER = (9999, 12, 31, 23, 59, 59)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What a set of active promotions gives; `used` are the ids of those that take effect."""

    saving_minor: int
    gifts: int
    used: frozenset[str]
    store_minor: int
    states: int
    is_proven: bool
    result: T

    @property
    def worth(self) -> tuple[int, int]:
        """What the customer looks at: money off, then gifts."""
        return self.saving_minor, self.gifts


@dataclass(frozen=True, slots=True)
class Chosen(Generic[T]):
    """The best outcome, the states of the whole search, and whether it came to its end."""

    outcome: Outcome[T]
    states: int
    is_proven: bool


class Choosing(Generic[T]):
    """One basket's choice among promotions that are open; `evaluate` is given the ids of the active ones."""

    def __init__(
        self,
        promotions: Sequence[Promotion],
        evaluate: Callable[[frozenset[str], int], Outcome[T]],
        bound: Callable[[frozenset[str]], int] | None = None,
        *,
        points: int,
        states_max: int,
        world_states: int = 0,
    ) -> None:
        self._promotions = {each.promotion_id: each for each in promotions}
        self._evaluate_anew = evaluate
        self._bound_anew = bound
        self._bounds: dict[frozenset[str], int] = {}
        self._points = points
        self._states_max = states_max
        #: What it costs to look at another choice of price books, and the choices that were looked at.
        self._world_states = world_states
        self._looked: set[frozenset[str]] = set()
        self._known: dict[frozenset[str], Outcome[T]] = {}
        self._coupons = frozenset(n for n, each in self._promotions.items() if each.needs.is_coupon)
        self._groups: dict[str, list[str]] = {}
        for promotion_id, each in self._promotions.items():
            if each.stack.group and not each.stack.alone:
                self._groups.setdefault(each.stack.group, []).append(promotion_id)
        self.states = 0
        self.is_complete = True

    @property
    def offered(self) -> dict[str, Promotion]:
        """What there is to choose from, by id."""
        return dict(self._promotions)

    def best(self) -> Chosen[T]:
        """Most money off, then fewest coupons, the coupon that ends first, least cost, the lowest id."""
        best = self._best_without(frozenset())
        best = self._spare_coupons(best)
        return Chosen(best, self.states, best.is_proven and self.is_complete)

    # ------------------------------------------------------------------ groups
    def _best_without(self, banned: frozenset[str]) -> Outcome[T]:
        best: Outcome[T] | None = None
        for world in self._worlds(banned):
            best = self._within(world, best, 0)
        return self._evaluate(frozenset(), 0) if best is None else best

    def _as_good_without(self, banned: frozenset[str], best: Outcome[T]) -> Outcome[T] | None:
        """The best without these, where it is worth as much as the best; less is not looked into."""
        found: Outcome[T] | None = None
        for world in self._worlds(banned):
            found = self._within(world, found, best.saving_minor)
        return found if found is not None and found.worth >= best.worth else None

    def _worlds(self, banned: frozenset[str]) -> Iterator[frozenset[str]]:
        """Sets to be looked at by themselves: each that goes alone, and the rest by their price books."""
        together = {n for n, each in self._promotions.items() if not each.stack.alone}
        yield from self._by_books(together - banned)
        lonely = [names - banned for names in lonely_sets(self._promotions.values())]
        for names in sorted(lonely, key=sorted):
            if len(names) > 1:
                yield from self._by_books(set(names))
            elif names:
                yield names

    def _by_books(self, together: set[str]) -> Iterator[frozenset[str]]:
        """What goes together, with each choice of the price books that need not be taken."""
        by_hand = [
            sorted(together.intersection(members))
            for _, members in sorted(self._groups.items())
            if len(members) > 1 and any(self._promotions[n].layer == "price" for n in members)
        ]
        # A price that costs a coupon or points need not be taken.
        chosen = {n for members in by_hand for n in members}
        by_hand += [
            [n]
            for n in sorted(together - chosen)
            if self._promotions[n].layer == "price"
            and (n in self._coupons or self._promotions[n].needs.points)
        ]
        rivals = {n for members in by_hand for n in members}
        for number, kept in enumerate(product(*([*members, ""] for members in by_hand))):
            books = frozenset(kept) - {""}
            if number and self.states >= self._states_max:
                self.is_complete = False
                return
            if number and books not in self._looked:
                # Other prices are other goods: all is worked out anew before the first look.
                self.states += self._world_states
            self._looked.add(books)
            yield frozenset(together - rivals | books)

    def _within(self, world: frozenset[str], best: Outcome[T] | None, least: int) -> Outcome[T] | None:
        """The better of the best so far and of the best of a world, by branching where a group is broken.

        Where nobody asks for what saves less than `least`, it may be left out.
        """
        rest = [world]
        # One that goes alone takes few looks and may give more than all others: it has as much once more.
        states_max = self._states_max * (2 if len(world) == 1 else 1)
        while rest:
            if best is not None and self.states >= states_max:
                self.is_complete = False
                return best
            active = rest.pop()
            at_least = least if best is None else max(least, best.saving_minor)
            rivals = self._order_rivals(active)
            if rivals and self._bound_anew is not None:
                bounds = sorted((self._bound(way), sorted(way)) for way in self._one_of(active, rivals))
                rest += [frozenset(way) for most, way in bounds if most >= at_least]
                continue
            if self._bound_anew is not None and at_least and self._bound(active) < at_least:
                continue
            outcome = self._evaluate(active, at_least)
            is_less = best is not None and outcome.worth < best.worth
            ways = [] if is_less else self._ways_out(active, outcome)
            if not ways and not outcome.is_proven:
                # Whichever is taken in the end: what this set could have given is not known.
                self.is_complete = False
            if is_less:
                continue
            if ways:
                rest += self._by_worth(ways, outcome, at_least)
            elif best is None or self._key(outcome) < self._key(best):
                best = outcome
        return best

    def _by_worth(
        self, ways: Sequence[frozenset[str]], outcome: Outcome[T], at_least: int
    ) -> list[frozenset[str]]:
        """The last one is looked at first: the way that keeps most. At the limit those that came last go."""
        found: list[tuple[tuple[int, int], list[str], frozenset[str]]] = []
        for way in sorted(ways, key=lambda one: (-len(one & outcome.used), sorted(one))):
            if found and self.states >= self._states_max:
                self.is_complete = False
                break
            found.append((self._evaluate(way, at_least).worth, sorted(way), way))
        return [way for _, _, way in sorted(found, key=lambda one: one[:2])]

    def _bound(self, active: frozenset[str]) -> int:
        """No set of these saves more; asked for once."""
        known = self._bounds.get(active)
        if known is None:
            assert self._bound_anew is not None
            known = self._bounds[active] = self._bound_anew(active)
        return known

    def _order_rivals(self, active: frozenset[str]) -> frozenset[str]:
        """Active members of a group that is of order promotions only: a bound tells them apart cheaply."""
        for _, members in sorted(self._groups.items()):
            rivals = active.intersection(members)
            if len(rivals) > 1 and all(self._promotions[n].layer == "order" for n in rivals):
                return rivals
        return frozenset()

    @staticmethod
    def _one_of(active: frozenset[str], rivals: frozenset[str]) -> list[frozenset[str]]:
        return [active - rivals | {kept} for kept in rivals]

    def _ways_out(self, active: frozenset[str], outcome: Outcome[T]) -> list[frozenset[str]]:
        """Smaller sets that together hold every choice without the first thing that is broken."""
        for _, members in sorted(self._groups.items()):
            if len(outcome.used.intersection(members)) > 1:
                rivals = active.intersection(members)
                return self._one_of(active, rivals)
        costly = [n for n in outcome.used if n in self._promotions and self._promotions[n].needs.points]
        if sum(self._promotions[n].needs.points for n in costly) > self._points:
            return [active - {n} for n in sorted(costly)]
        return []

    def _evaluate(self, active: frozenset[str], at_least: int) -> Outcome[T]:
        """What a set gives, exactly where it is `at_least` that much: less is never compared with less."""
        outcome = self._known.get(active)
        if outcome is None:
            outcome = self._known[active] = self._evaluate_anew(active, at_least)
            self.states += 1 + outcome.states
        return outcome

    # ------------------------------------------------------------------ coupons
    def _spare_coupons(self, best: Outcome[T]) -> Outcome[T]:
        """The same worth with the fewest coupons, then with those that end first."""
        used = best.used & self._coupons
        needed = frozenset(n for n in used if self._as_good_without(frozenset({n}), best) is None)
        if needed == used:
            return best
        others = sorted(self._coupons - needed)
        if len(others) > _SPARED_MAX:
            return self._spared_in_turn(best, others)
        for size in range(len(others) + 1):
            found = [
                outcome
                for kept in combinations(others, size)
                if (outcome := self._as_good_without(frozenset(others) - set(kept), best)) is not None
            ]
            if found:
                return min(found, key=self._key)
        return best

    def _spared_in_turn(self, best: Outcome[T], others: Sequence[str]) -> Outcome[T]:
        """One by one, the coupon that ends last first: the fewest of these, not always of all."""
        banned: frozenset[str] = frozenset()
        for promotion_id in sorted(others, key=lambda n: (self._ends(n), n), reverse=True):
            outcome = self._as_good_without(banned | {promotion_id}, best)
            if outcome is not None:
                banned, best = banned | {promotion_id}, outcome
        return best

    def _ends(self, promotion_id: str) -> tuple[int, ...]:
        ends = self._promotions[promotion_id].ends
        return _NEVER if ends is None else tuple(ends.utctimetuple()[:6])

    def _key(self, outcome: Outcome[T]) -> tuple[object, ...]:
        coupons = outcome.used & self._coupons
        ends = sorted(self._ends(n) for n in coupons)
        saving, gifts = outcome.worth
        return -saving, -gifts, len(coupons), ends, outcome.store_minor, sorted(outcome.used)
