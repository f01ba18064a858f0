"""The same programme as textbooks write it: a column for each possible application, a row for each unit.

Set packing is what a solver is usually given for promotions, and what it costs is told beside the compact
programme of `bench_price_judge`, which counts units of lots and is the harder one to beat. Only what makes
groups differs: tiers and the order layer are written as there. Where the groups are too many to be listed
the basket is left out, and how many were is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from posapp.commands.bench_price_judge import INFINITE, Programme, Verdict, Writing, gain_of, solved
from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.promotion import Bundle, NFor, Nth, Part, Promotion, Reward

#: With more groups than these a basket is left out.
GROUPS_MAX = 20_000


class TooManyGroupsError(Exception):
    """The groups that are possible are too many to be listed."""


def packed(basket: Basket, promotions: Sequence[Promotion], *, seconds: float = 60.0) -> Verdict:
    """The verdict of HiGHS on the packing programme; raises TooManyGroupsError."""
    return solved(lambda: packing_of(basket, promotions), seconds=seconds)


def packing_of(basket: Basket, promotions: Sequence[Promotion]) -> Programme:
    """The whole basket, unit by unit."""
    units = [replace(line, quantity=1) for line in basket.lines for _ in range(line.quantity)]
    lines = tuple(replace(unit, line_no=number) for number, unit in enumerate(units, 1))
    writing = _Packing(replace(basket, lines=lines), Programme())
    codes = {code.code for code in basket.codes}
    opened = [each for each in promotions if not each.needs.codes or each.needs.codes & codes]
    writing.items([each for each in opened if each.layer == "item"])
    writing.orders([each for each in opened if each.layer == "order"])
    return writing.programme


class _Packing(Writing):
    """Groups as columns of their own."""

    groups = 0

    def item(self, promotion: Promotion) -> None:
        """Its groups one by one; what makes none is written as it is."""
        kind = promotion.kind
        if not isinstance(kind, Nth | NFor | Bundle | Reward):
            super().item(promotion)
            return
        columns = [(self._group(units, gain), 1.0) for units, gain in self._groups(promotion) if gain > 0]
        if promotion.limits.per_order is not None:
            self.programme.row(-INFINITE, promotion.limits.per_order, columns)

    def _group(self, units: Sequence[BasketLine], gain: int) -> int:
        self.groups += 1
        if self.groups > GROUPS_MAX:
            raise TooManyGroupsError
        column = self.gained(gain, 1)
        for unit in units:
            self.uses[unit.line_no].append((column, 1.0))
        return column

    def _groups(self, promotion: Promotion) -> Iterator[tuple[Sequence[BasketLine], int]]:
        """Every group, and what falls off it."""
        kind = promotion.kind
        if isinstance(kind, Nth | NFor):
            mine = [unit for unit in self.lines if holds(promotion.on, unit)]
            for group in combinations(mine, kind.n):
                # By falling price: the last is the cheapest.
                yield group, gain_of(kind.off, group[-1]) if isinstance(kind, Nth) else _off(kind, group)
        elif isinstance(kind, Bundle):
            for group in self._parts(kind.parts, ()):
                yield group, _off(kind, group)
        elif isinstance(kind, Reward):
            for bought in self._parts(kind.buy, ()):
                for count in range(1, kind.get.qty + 1):
                    for whole in self._parts((Part(kind.get.of, count),), bought):
                        got = whole[len(bought) :]
                        yield whole, sum(gain_of(kind.off, unit) for unit in got)

    def _parts(
        self, parts: Sequence[Part], taken: tuple[BasketLine, ...]
    ) -> Iterator[tuple[BasketLine, ...]]:
        """Every way to fill the parts with units that are not taken."""
        if not parts:
            yield taken
            return
        mine = [unit for unit in self.lines if unit not in taken and holds(parts[0].of, unit)]
        for some in combinations(mine, parts[0].qty):
            yield from self._parts(parts[1:], (*taken, *some))


def _off(kind: NFor | Bundle, group: Sequence[BasketLine]) -> int:
    if kind.off.price_minor is not None:
        return sum(unit.unit_minor for unit in group) - kind.off.price_minor
    return sum(gain_of(kind.off, unit) for unit in group)
