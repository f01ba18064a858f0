"""The units of a basket while promotions are computed one after the other: what is left of each, and by what
they are counted, shared and told apart under the policy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from posapp.domain.money import round_div
from posapp.domain.pricing.goods.sharing import share
from posapp.domain.pricing.goods.taxes import net_of, taxed_weight, with_taxes
from posapp.domain.pricing.terms.basket import PPM_OF_ALL, BasketLine, LineTax
from posapp.domain.pricing.terms.policy import Policy, Sharing
from posapp.domain.pricing.terms.promotion import GoodsSet, Promotion
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """One piece: its line (by place), the price the promotions begin with, and its list price."""

    line: int
    base_minor: int
    list_minor: int


@dataclass(slots=True)
class Goods:
    """The units of a basket and what is left of each; `begins`: what a share of "base" is of."""

    lines: Sequence[BasketLine]
    units: Sequence[Unit]
    left: list[int]
    begins: Sequence[int]
    policy: Policy
    holds: Callable[[GoodsSet, BasketLine], bool]
    #: Units that promotions may count, and those that they may take.
    unlocked: Sequence[int]
    open_units: Sequence[int]

    def of_set(self, promotion: Promotion) -> list[int]:
        """Open units of a promotion's set, as listed."""
        return [unit for unit in self.open_units if self.has(promotion.on, unit)]

    def has(self, goods: GoodsSet, unit: int) -> bool:
        """Whether a unit is in a set."""
        return self.holds(goods, self.lines[self.units[unit].line])

    def share_base(self, unit: int, promotion: Promotion) -> int:
        """What a share is taken of."""
        of = self.policy.percent_of
        if promotion.layer == "item" and self.policy.item_percent_of != "same":
            of = self.policy.item_percent_of
        if of == "list":
            return self.units[unit].list_minor
        return self.left[unit] if of == "left" else self.begins[unit]

    def weight(self, unit: int) -> int:
        """What amounts are shared out by."""
        if self.policy.share_by == "quantity":
            return 1
        if self.policy.share_by == "net":
            return _without_tax(self.left[unit], self.lines[self.units[unit].line].taxes)
        if self.policy.share_by == "with_tax":
            return taxed_weight(self.left[unit], self.lines[self.units[unit].line].taxes)
        return self.left[unit]

    def shared(
        self, amount: int, units: Sequence[int], rooms: Sequence[int], how: Sharing | None = None
    ) -> tuple[int, ...]:
        """An amount shared out to units as the policy says; `rooms` is what each can take at most."""
        return self.shared_by(amount, units, [self.weight(unit) for unit in units], rooms, how)

    def shared_by(
        self,
        amount: int,
        units: Sequence[int],
        weights: Sequence[int],
        rooms: Sequence[int] | None = None,
        how: Sharing | None = None,
    ) -> tuple[int, ...]:
        """The same by weights of the caller: over the units at once, or first over their lines."""
        how = how or self.policy.sharing
        lines: dict[int, list[int]] = {}
        for place, unit in enumerate(units):
            lines.setdefault(self.units[unit].line, []).append(place)
        if self.policy.share_among == "units" or len(lines) == len(units):
            return share(amount, weights, how, rooms=rooms)
        places = list(lines.values())
        room_of = [sum(rooms[place] for place in each) for each in places] if rooms is not None else None
        of_lines = share(
            amount, [sum(weights[place] for place in each) for each in places], how, rooms=room_of
        )
        found = [0] * len(units)
        for each, part in zip(places, of_lines, strict=True):
            most = [rooms[place] for place in each] if rooms is not None else None
            for place, one in zip(each, share(part, [weights[at] for at in each], rooms=most), strict=True):
                found[place] = one
        return tuple(found)

    def with_tax(self, unit: int, tax: str, *, is_left: bool) -> int:
        """What a condition counts of a unit: as it is priced, or with or without the tax that falls on it."""
        amount = self.left[unit] if is_left else self.units[unit].base_minor
        taxes = self.lines[self.units[unit].line].taxes
        if tax == "as_priced":
            return amount
        return _without_tax(amount, taxes) if tax == "without" else with_taxes(amount, taxes, "half_up")[0]

    def floor(self, unit: int, promotion: Promotion) -> int:
        """What a promotion never takes a unit below."""
        limits, line = promotion.limits, self.lines[self.units[unit].line]
        share_of = -(-self.units[unit].base_minor * (limits.floor_ppm or 0) // PPM_OF_ALL)
        return max(limits.floor_minor or 0, share_of, line.floor_minor)

    def room(self, unit: int, promotion: Promotion) -> int:
        """What may still fall off a unit."""
        return max(0, self.left[unit] - self.floor(unit, promotion))


def _without_tax(amount: int, taxes: tuple[LineTax, ...]) -> int:
    return max(0, round_div(*net_of(amount, taxes)))


def trait(goods: Goods, unit: int, what: str) -> tuple[str, ...]:
    """A unit's value of what `same` and `differ` name; several tags of one prefix are one value."""
    line = goods.lines[goods.units[unit].line]
    if what == "sku":
        return (line.sku,)
    if what == "category":
        return line.traits.category[-1:]
    if what == "brand":
        return (line.traits.brand,)
    if what == "price":
        return (str(goods.units[unit].base_minor),)
    prefix = what.removeprefix("tag:")
    return tuple(sorted(tag for tag in line.traits.tags if tag.startswith(prefix)))
