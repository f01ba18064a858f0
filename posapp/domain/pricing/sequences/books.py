"""Price books beside promotions that come one after the other: one of a group, and those that go alone.

A book is a price and comes before all; what goes with no other comes before the books. In the order of
priority the first that does anything is taken, in a free order (or the best of a group) what saves most. How
a set of promotions is computed is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Generic, TypeVar

from posapp.domain.pricing.terms.alone import lonely_sets
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import Promotion
from posapp.values import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Way(Generic[T]):
    """What some promotions come to: money off and gifts, and the states that it took to find out."""

    saving_minor: int
    gifts: int
    result: T
    states: int = 0
    is_proven: bool = True

    @property
    def worth(self) -> tuple[int, int]:
        """What the customer looks at: money off, then gifts."""
        return self.saving_minor, self.gifts


#: What the promotions with these ids give, books among them.
Compute = Callable[[frozenset[str]], Way[T]]


def by_priority(promotions: Sequence[Promotion]) -> list[Promotion]:
    """High first, then as listed."""
    return sorted(promotions, key=lambda each: -each.stack.priority)


def with_books(
    promotions: Sequence[Promotion], policy: Policy, compute: Compute[T], world_states: int = 0
) -> Way[T]:
    """The sequence of all promotions, where books may be rivals of each other and of other promotions.

    `states` are those of all that was tried; where they come to the policy's limit the best so far is taken.
    `world_states` is what other prices cost besides.
    """
    acting = [each for each in promotions if each.layer != "points"]
    alone = _lonely(acting)
    rest = [each for each in acting if not each.stack.alone]
    if not any(each.layer == "price" for each in acting):
        # Without books all that there is to choose is chosen on the way.
        return compute(_ids(acting))
    if policy.sequence_order == "free":
        return _best(_ways(alone, rest), policy, compute, world_states)
    for names in alone:
        way = compute(names)
        if any(way.worth):
            return way
    return compute(_ids(rest) - _beaten(rest, policy, compute))


def _lonely(promotions: Sequence[Promotion]) -> list[frozenset[str]]:
    """What goes alone, by the highest priority of those of one name."""
    highest = {each.promotion_id: n for n, each in enumerate(by_priority(promotions))}
    return sorted(lonely_sets(promotions), key=lambda names: min(highest[name] for name in names))


def _ways(alone: Sequence[frozenset[str]], rest: Sequence[Promotion]) -> Iterator[frozenset[str]]:
    """Ids of what may be computed together: each that goes alone, and the rest by their books."""
    yield from alone
    for rivals in _rivals(rest):
        yield _ids(rest) - rivals


def _best(ways: Iterator[frozenset[str]], policy: Policy, compute: Compute[T], world_states: int) -> Way[T]:
    best = compute(next(ways))
    states, is_proven = best.states, best.is_proven
    for ids in ways:
        if states >= policy.states_max:
            is_proven = False
            break
        way = compute(ids)
        states, is_proven = states + 1 + world_states + way.states, is_proven and way.is_proven
        best = way if way.worth > best.worth else best
    return Way(best.saving_minor, best.gifts, best.result, states, is_proven)


def _ids(promotions: Sequence[Promotion]) -> frozenset[str]:
    return frozenset(each.promotion_id for each in promotions)


def _books(promotions: Sequence[Promotion]) -> dict[str, list[Promotion]]:
    """The books of each group that has any, as they are to be tried."""
    found: dict[str, list[Promotion]] = {}
    for each in by_priority(promotions):
        if each.layer == "price" and each.stack.group:
            found.setdefault(each.stack.group, []).append(each)
    return found


def _rivals(promotions: Sequence[Promotion]) -> Iterator[frozenset[str]]:
    """For each choice of one book or none of each group the ids of the others."""
    groups = list(_books(promotions).values())
    of_groups = _ids([each for books in groups for each in books])
    for kept in product(*([*books, None] for books in groups)):
        yield of_groups - {each.promotion_id for each in kept if each is not None}


def _beaten(promotions: Sequence[Promotion], policy: Policy, compute: Compute[T]) -> frozenset[str]:
    """The books that give way to another of their group: the first that does anything, or the best."""
    beaten: set[str] = set()
    for books in _books(promotions).values():
        if len(books) < 2:
            continue
        worths = [compute(frozenset({each.promotion_id})).worth for each in books]
        doing = [n for n, worth in enumerate(worths) if any(worth)] or [0]
        kept = max(doing, key=lambda n: (worths[n], -n)) if policy.of_group == "best" else doing[0]
        beaten |= {each.promotion_id for n, each in enumerate(books) if n != kept}
    return frozenset(beaten)
