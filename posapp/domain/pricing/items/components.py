"""Parts of a basket that have nothing to do with each other, so that each is searched by itself.

Only rules that tie units together join lots; what every unit may have by itself is its base. Promotions that
agree make stacks, and rules that stand in one stack are one cluster. Also the content of a component as a
key, so that a scan solves again only what it touched.
"""

from __future__ import annotations

from collections.abc import Iterable

from posapp.domain.pricing.items.rules import Rule
from posapp.domain.pricing.items.set_cache import Eligible
from posapp.domain.pricing.items.tables import Stack, stack_rank
from posapp.domain.pricing.items.units import NormalForm
from posapp.domain.pricing.terms.promotion import Promotion


class Component:
    """Positions of lots that are tied together, by falling price; `is_tied` False: nothing ties its units."""

    __slots__ = ("is_tied", "key", "positions")

    def __init__(self, positions: list[int], is_tied: bool, key: tuple[int, ...]) -> None:
        self.positions = positions
        self.is_tied = is_tied
        self.key = key


def components(form: NormalForm) -> list[Component]:
    """All components of a basket with at least one rule, by their first lot."""
    parent = list(range(len(form.lots)))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    first_of: dict[int, int] = {}
    tied: set[int] = set()
    for position, eligible in enumerate(form.eligible):
        for rule, _ in eligible:
            if rule.is_coupling:
                tied.add(position)
                first = first_of.setdefault(id(rule), position)
                if first != position:
                    a, b = root(first), root(position)
                    if a != b:
                        parent[max(a, b)] = min(a, b)
    groups: dict[int, list[int]] = {}
    for position, eligible in enumerate(form.eligible):
        if eligible:
            groups.setdefault(root(position), []).append(position)
    numbers, lots = form.numbers, form.eligible
    found: list[Component] = []
    for positions in groups.values():
        key: list[int] = []
        for position in positions:
            # Lots and rules are numbered by all that counts of them.
            key.append(-1 - numbers[position])
            key += [rule.serial for rule, _ in lots[position]]
        found.append(Component(positions, positions[0] in tied, tuple(key)))
    return found


def agree(one: Promotion, other: Promotion) -> bool:
    """Whether two promotions go together on one unit: each names a tag of the other, or all."""
    return _names(one, other) and _names(other, one)


def _names(one: Promotion, other: Promotion) -> bool:
    return "*" in one.stack.agrees or not one.stack.agrees.isdisjoint(other.stack.tags)


def stacks_of(eligible: Iterable[Eligible]) -> list[Stack]:
    """All stacks that a unit may go through, alone ones first; unit-wise rules by priority, a group last."""
    found: list[Stack] = []
    agreeing: list[Eligible] = []
    for one in eligible:
        found.append((one,))
        if one[0].promotion.stack.agrees:
            agreeing.append(one)
    if len(agreeing) < 2:
        return found
    agreeing.sort(key=lambda one: (one[0].is_group, -one[0].promotion.stack.priority, one[0].rank))
    grown: list[Stack] = [(one,) for one in agreeing]
    while grown:
        larger: list[Stack] = []
        for stack in grown:
            last = agreeing.index(stack[-1])
            for one in agreeing[last + 1 :]:
                if one[0].is_group and stack[-1][0].is_group:
                    continue
                if all(agree(one[0].promotion, rule.promotion) for rule, _ in stack):
                    larger.append((*stack, one))
        found.extend(larger)
        grown = larger
    return found


def coupling_of(stack: Stack) -> list[Rule]:
    """The rules of a stack that tie units together."""
    return [rule for rule, _ in stack if rule.is_coupling]


def by_rank(stacks: list[Stack]) -> list[Stack]:
    """Stacks in the order in which they win ties."""
    return sorted(stacks, key=stack_rank)
