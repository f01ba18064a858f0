"""The order layer of the brute force: which units count, what falls off them, and how it goes over them.

Written from what the fields mean, with nothing of the engine's own, unit by unit. Of equal units the dearest
are taken from the front of the basket and the cheapest from its back, line by line; in a line those of which
most may still be taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.promotion import (
    AllOf,
    AnyOf,
    Every,
    Except,
    GoodsSet,
    Having,
    OrderOff,
    Promotion,
    SpendTier,
    Step,
)
from tests.domain.pricing.brute_sharing import divide_above

MILLION = 1_000_000
#: A unit: number of its line, price after the price layer, locked, what it never falls below.
Unit = tuple[int, int, bool, int]


def within(goods: GoodsSet, line: BasketLine) -> bool:
    """Whether a line's goods are in a set."""
    match goods:
        case Every():
            return True
        case Having("sku", values):
            return line.sku in values
        case Having("tag", values):
            return bool(values & line.traits.tags)
        case AnyOf(sets):
            return any(within(one, line) for one in sets)
        case AllOf(sets):
            return all(within(one, line) for one in sets)
        case Except(of):
            return not within(of, line)
    raise TypeError(f"{goods!r} is no set of goods")


def share_of(price: int, ppm: int) -> int:
    """A share of a price, halves up."""
    whole, rest = divmod(price * ppm, MILLION)
    return whole + (2 * rest >= MILLION)


def floor_of(promotion: Promotion, unit: Unit) -> int:
    """What a unit does not fall below by a promotion."""
    limits = promotion.limits
    return max(unit[3], limits.floor_minor or 0, -(-unit[1] * (limits.floor_ppm or 0) // MILLION))


def meets(promotion: Promotion, basket: Basket, amounts: Sequence[int]) -> bool:
    """Whether its conditions hold where the lines come to these amounts."""
    for condition in promotion.needs.conditions:
        mine = [n for n, line in enumerate(basket.lines) if not line.is_locked and within(condition.of, line)]
        if sum(basket.lines[n].quantity for n in mine) < (condition.min_qty or 0):
            return False
        amount = sum(amounts[n] for n in mine)
        if amount < (condition.min_minor or 0) or amount > (condition.max_minor or 1 << 60):
            return False
    return True


@dataclass
class OrderLayer:
    """The order layer on units that the items left at `after`; what is left is counted down."""

    basket: Basket
    units: Sequence[Unit]
    after: Sequence[int]
    #: A share is rounded for each unit by itself.
    per_unit: bool = False
    left: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.left = list(self.after)

    def taken(self, orders: Iterable[Promotion]) -> int:
        """What these take off in all."""
        total = 0
        amounts = [0] * len(self.basket.lines)
        for unit, amount in zip(self.units, self.after, strict=True):
            amounts[unit[0]] += amount
        for each in sorted(orders, key=lambda one: (-one.stack.priority, one.promotion_id)):
            if each.needs.judged_on == "after_items" and not meets(each, self.basket, amounts):
                continue
            held = [
                n for n, unit in enumerate(self.units)
                if not unit[2] and within(each.on, self.basket.lines[unit[0]])
            ]  # fmt: skip
            groups = [held]
            if getattr(each.kind, "per", "order") == "line":
                numbers = sorted({self.units[n][0] for n in held})
                groups = [[n for n in held if self.units[n][0] == number] for number in numbers]
            of_it = 0
            for group in groups:
                of_it += self._take(each, group, of_it)
            total += of_it
        return total

    def _room(self, promotion: Promotion, n: int) -> int:
        return max(0, self.left[n] - floor_of(promotion, self.units[n]))

    def _take(self, promotion: Promotion, held: list[int], before: int) -> int:
        """What falls off a group, where `before` fell off others."""
        mine = self._picked(promotion, held)
        if not mine:
            return 0
        kind = promotion.kind
        judged_after = promotion.needs.judged_on == "after_items"
        judged = sum(self.after[n] if judged_after else self.units[n][1] for n in mine)
        step = _step(promotion, len(mine) if isinstance(kind, SpendTier) and kind.by == "qty" else judged)
        if step is None:
            return 0
        assert isinstance(kind, OrderOff | SpendTier)
        times = judged // step.least if isinstance(kind, SpendTier) and kind.every else 1
        base = sum(self.after[n] for n in mine)
        parts: list[int] = []
        if step.off.ppm is not None and self.per_unit:
            parts = [share_of(self.after[n], min(step.off.ppm * times, MILLION)) for n in mine]
            whole = sum(parts)
        elif step.off.ppm is not None:
            whole = share_of(base, min(step.off.ppm * times, MILLION))
        else:
            assert step.off.minor is not None
            whole = step.off.minor * times
        room = {n: self._room(promotion, n) for n in mine}
        most = promotion.limits.max_minor
        amount = min(whole, sum(room.values()), *(cap for cap in (kind.cap_minor,) if cap is not None))
        amount = amount if most is None else min(amount, most - before)
        if amount <= 0:
            return 0
        if parts and amount == whole and all(part <= room[n] for n, part in zip(mine, parts, strict=True)):
            for n, part in zip(mine, parts, strict=True):
                self.left[n] -= part
            return amount
        self._spread(amount, mine, room)
        return amount

    def _spread(self, amount: int, mine: Sequence[int], room: dict[int, int]) -> None:
        """To the lines first, then to the units of each: by what is left, above the floors."""
        numbers = sorted({self.units[n][0] for n in mine})
        lines = [[n for n in mine if self.units[n][0] == number] for number in numbers]
        shares = divide_above(
            amount, range(len(lines)), [sum(self.left[n] for n in line) for line in lines],
            {at: sum(room[n] for n in line) for at, line in enumerate(lines)},
        )  # fmt: skip
        for line, part in zip(lines, shares, strict=True):
            for n, piece in zip(line, divide_above(part, line, self.left, room), strict=True):
                self.left[n] -= piece

    def _picked(self, promotion: Promotion, held: list[int]) -> list[int]:
        """The dearest units where only some count, or the cheapest where it says so."""
        kind, limits = promotion.kind, promotion.limits
        cheapest = isinstance(kind, OrderOff) and kind.units == "cheapest"
        some = kind.count if isinstance(kind, OrderOff) and kind.units != "all" else len(held)
        most = min(some, len(held) if limits.max_units is None else limits.max_units)
        sign = 1 if cheapest else -1
        picked: list[int] = []
        of_line: dict[int, int] = {}
        if most == len(held) and limits.max_units_per_line is None:
            return held
        for n in sorted(
            held,
            key=lambda n: (
                sign * self.after[n],
                -sign * self.units[n][0],
                -self._room(promotion, n),
                -self.left[n],
            ),
        ):
            number = self.units[n][0]
            had = of_line.get(number, 0)
            if len(picked) < most and had < (limits.max_units_per_line or len(held)):
                picked.append(n)
                of_line[number] = had + 1
        return sorted(picked)


def _step(promotion: Promotion, judged: int) -> Step | None:
    """The highest step that is reached."""
    kind = promotion.kind
    if isinstance(kind, OrderOff):
        return Step(1, kind.off)
    assert isinstance(kind, SpendTier)
    reached = [step for step in kind.steps if step.least <= judged]
    return max(reached, key=lambda one: one.least) if reached else None
