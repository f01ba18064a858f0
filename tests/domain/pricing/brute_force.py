"""The most that can fall off a tiny basket, by trying everything: the judge of the whole engine.

Written from what the fields of a promotion mean, with nothing of the engine's own: every price book that may
be left out is left out once, every unit goes through every allowed stack, every legal set of order promotions
is taken. Slow on purpose. Knows what `adversarial_baskets` makes; anything else is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product

from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.promotion import (
    Bundle,
    EachUnit,
    GoodsSet,
    NFor,
    Nth,
    Off,
    PriceBook,
    Promotion,
    QtyTier,
    Reward,
)
from tests.domain.pricing.brute_orders import OrderLayer, Unit, floor_of, meets, share_of, within
from tests.domain.pricing.brute_sharing import divide_above

#: What items left of each unit, and the groups that they used.
Left = tuple[tuple[int, ...], frozenset[str]]


def most_off(basket: Basket, promotions: Sequence[Promotion], *, per_unit: bool = False) -> int:
    """What falls off at most, in all layers; `per_unit`: order promotions round each unit by itself."""
    opened = [each for each in promotions if _has_code(each, basket)]
    worlds = [[each] for each in opened if each.stack.alone and not each.stack.alone_with]
    names = sorted({each.stack.alone_with for each in opened} - {""})
    worlds += [[each for each in opened if each.stack.alone_with == name] for name in names]
    worlds.append([each for each in opened if not each.stack.alone])
    return max(_of_world(basket, world, per_unit) for world in worlds)


def _has_code(promotion: Promotion, basket: Basket) -> bool:
    codes = promotion.needs.codes
    return not codes or any(code.code in codes and code.uses_left > 0 for code in basket.codes)


def _off(off: Off, price: int) -> int:
    if off.ppm is not None:
        return share_of(price, off.ppm)
    if off.minor is not None:
        return min(off.minor, price)
    return max(0, price - (off.price_minor or 0))


def _of_world(basket: Basket, promotions: Sequence[Promotion], per_unit: bool) -> int:
    listed = [line.amount_minor for line in basket.lines]
    books = [each for each in promotions if each.layer == "price" and meets(each, basket, listed)]
    # The lowest price is no choice, but for its code, or where something else of its group could be had.
    free = [
        each
        for each in books
        if each.needs.codes
        or (each.stack.group and sum(_rivals(each, other, basket) for other in promotions) > 1)
    ]
    always = [each for each in books if each not in free]
    best = 0
    for count in range(len(free) + 1):
        for some in combinations(free, count):
            groups = [each.stack.group for each in some if each.stack.group]
            if len(groups) == len(set(groups)):
                found = _with_books(basket, promotions, [*always, *some], set(groups), per_unit=per_unit)
                best = max(best, found)
    return best


def _rivals(one: Promotion, other: Promotion, basket: Basket) -> bool:
    """Whether they are of one group and the other is about anything in the basket."""
    kind = other.kind
    sets = [part.of for part in kind.buy] if isinstance(kind, Reward) else _parts(other)
    touches = any(within(goods, line) for goods in sets for line in basket.lines)
    return one.stack.group == other.stack.group and touches


def _with_books(
    basket: Basket, promotions: Sequence[Promotion], books: Sequence[Promotion], taken: set[str], *,
    per_unit: bool,
) -> int:  # fmt: skip
    units: list[Unit] = []
    for number, line in enumerate(basket.lines):
        offers = [(line.unit_minor, False)]
        for book in books:
            assert isinstance(book.kind, PriceBook)
            assert book.kind.off is not None
            if within(book.on, line) and not line.is_locked:
                price = line.unit_minor - _off(book.kind.off, line.unit_minor)
                offers.append((price, book.kind.locks))
        price, locks = min(offers)
        units += [(number, price, locks or line.is_locked, min(line.floor_minor, price))] * line.quantity
    off = sum(basket.lines[unit[0]].unit_minor - unit[1] for unit in units)
    amounts = [0] * len(basket.lines)
    for number, price, _, _ in units:
        amounts[number] += price
    others = [
        each
        for each in promotions
        if each.layer in ("item", "order")
        and each.stack.group not in (taken - {""})
        and (each.needs.judged_on == "after_items" or meets(each, basket, amounts))
    ]
    orders = [each for each in others if each.layer == "order"]
    legal = [list(some) for some in _legal(orders)]
    best = 0
    for left, groups in _items(basket, units, [each for each in others if each.layer == "item"]):
        saved = sum(unit[1] for unit in units) - sum(left)
        for some in legal:
            if not groups.intersection(each.stack.group for each in some):
                best = max(best, saved + OrderLayer(basket, units, left, per_unit).taken(some))
    return off + best


def _legal(orders: Sequence[Promotion]) -> Iterator[tuple[Promotion, ...]]:
    for count in range(len(orders) + 1):
        for some in combinations(orders, count):
            groups = [each.stack.group for each in some if each.stack.group]
            if len(groups) == len(set(groups)):
                yield some


# ------------------------------------------------------------------ items
def _items(basket: Basket, units: Sequence[Unit], promotions: Sequence[Promotion]) -> set[Left]:
    """All that the items may leave."""
    order = sorted(range(len(units)), key=lambda n: (-units[n][1], n))
    options = [[()] if units[n][2] else _stacks(promotions, basket.lines[units[n][0]]) for n in order]
    found: set[Left] = set()
    for assigned in product(*options):
        left = _after(units, order, promotions, assigned)
        if left is not None:
            used = {n for stack in assigned for n, _ in stack}
            groups = [promotions[n].stack.group for n in used if promotions[n].stack.group]
            if len(groups) == len(set(groups)):
                found.add((tuple(left), frozenset(groups)))
    return found


_Stack = tuple[tuple[int, int], ...]


def _parts(promotion: Promotion) -> list[GoodsSet]:
    kind = promotion.kind
    if isinstance(kind, Bundle):
        return [part.of for part in kind.parts]
    if isinstance(kind, Reward):
        return [*(part.of for part in kind.buy), kind.get.of]
    return [promotion.on]


def _makes_groups(promotion: Promotion) -> bool:
    return isinstance(promotion.kind, Nth | NFor | Bundle | Reward)


def _stacks(promotions: Sequence[Promotion], line: BasketLine) -> list[_Stack]:
    """The ways of one unit: unit-wise promotions that agree by priority, at most one that makes groups."""
    ways: list[_Stack] = []
    places = [
        [(n, slot) for slot, goods in enumerate(_parts(each)) if within(goods, line)]
        for n, each in enumerate(promotions)
    ]
    for count in range(len(promotions) + 1):
        for some in combinations(range(len(promotions)), count):
            if not all(_agree(promotions[a], promotions[b]) for a, b in combinations(some, 2)):
                continue
            if sum(_makes_groups(promotions[n]) for n in some) > 1:
                continue
            turn = sorted(
                some,
                key=lambda n: (
                    _makes_groups(promotions[n]),
                    -promotions[n].stack.priority,
                    promotions[n].promotion_id,
                ),
            )
            ways += product(*(places[n] for n in turn))
    return ways


def _agree(one: Promotion, other: Promotion) -> bool:
    return all(
        "*" in a.stack.agrees or not a.stack.agrees.isdisjoint(b.stack.tags)
        for a, b in ((one, other), (other, one))
    )


def _after(
    units: Sequence[Unit], order: Sequence[int], promotions: Sequence[Promotion], assigned: Sequence[_Stack]
) -> list[int] | None:
    """What is left of each unit; None where a rule is broken."""
    left = [unit[1] for unit in units]
    of: dict[int, list[tuple[int, int]]] = {}
    for place, stack in zip(order, assigned, strict=True):
        for n, slot in stack:
            of.setdefault(n, []).append((place, slot))
    room = {n: each.limits.max_minor for n, each in enumerate(promotions)}
    done = sorted(of, key=lambda n: (-promotions[n].stack.priority, promotions[n].promotion_id))
    for n in [n for n in done if not _makes_groups(promotions[n])]:
        if not _each(promotions[n], [place for place, _ in of[n]], left, units, room, n):
            return None
    for n in [n for n in done if _makes_groups(promotions[n])]:
        groups = _groups(promotions[n], of[n])
        if groups is None or not _reduce_groups(promotions[n], groups, left, units, room, n):
            return None
    return left


def _of_lines(places: Sequence[int], units: Sequence[Unit]) -> Iterator[int]:
    """For each of these units, the how manieth it is of its line."""
    of_line: dict[int, int] = {}
    for place in places:
        of_line[units[place][0]] = of_line.get(units[place][0], 0) + 1
        yield of_line[units[place][0]]


def _cap(room: dict[int, int | None], n: int, amount: int) -> int:
    most = room[n]
    if most is not None:
        amount = min(amount, most)
        room[n] = most - amount
    return amount


def _each(
    promotion: Promotion, places: Sequence[int], left: list[int], units: Sequence[Unit],
    room: dict[int, int | None], n: int,
) -> bool:  # fmt: skip
    kind, limits = promotion.kind, promotion.limits
    if isinstance(kind, QtyTier):
        reached = [step for step in kind.steps if step.least <= len(places)]
        if not reached:
            return False
        off = max(reached, key=lambda step: step.least).off
    else:
        assert isinstance(kind, EachUnit)
        off = kind.off
        if any(most is not None and len(places) > most for most in (limits.per_order, limits.max_units)):
            return False
        per_line = limits.max_units_per_line
        if per_line is not None and max(_of_lines(places, units), default=0) > per_line:
            return False
    for place in places:
        gain = min(_off(off, left[place]), left[place] - floor_of(promotion, units[place]))
        left[place] -= _cap(room, n, max(0, gain))
    return True


_Group = tuple[list[int], list[int]]


def _groups(promotion: Promotion, taken: Sequence[tuple[int, int]]) -> list[_Group] | None:
    """All units and the reduced ones of each group; dearest first in every slot."""
    kind = promotion.kind
    if isinstance(kind, Nth | NFor):
        places = [place for place, _ in taken]
        if len(places) % kind.n:
            return None
        groups = [places[n : n + kind.n] for n in range(0, len(places), kind.n)]
        if isinstance(kind, NFor):
            found = [(group, group) for group in groups]
        elif kind.which == "cheapest":
            found = [(group, group[kind.n - kind.count :]) for group in groups]
        else:
            found = [(group, group[: kind.count]) for group in groups]
    else:
        assert isinstance(kind, Bundle | Reward)
        sizes = [part.qty for part in (kind.parts if isinstance(kind, Bundle) else (*kind.buy, kind.get))]
        slots = [[place for place, slot in taken if slot == number] for number in range(len(sizes))]
        times = -(-len(slots[-1]) // sizes[-1])
        for number, size in enumerate(sizes):
            is_short = isinstance(kind, Reward) and number == len(sizes) - 1
            if times == 0 or (not is_short and len(slots[number]) != times * size):
                return None
        found = []
        for t in range(times):
            cut = [slot[t * size : (t + 1) * size] for slot, size in zip(slots, sizes, strict=True)]
            whole = [place for part in cut for place in part]
            found.append((whole, cut[-1] if isinstance(kind, Reward) else whole))
    most = promotion.limits.per_order
    return found if most is None or len(found) <= most else None


def _reduce_groups(
    promotion: Promotion, groups: Sequence[_Group], left: list[int], units: Sequence[Unit],
    room: dict[int, int | None], n: int,
) -> bool:  # fmt: skip
    off = promotion.kind.off  # type: ignore[union-attr]
    per_line = promotion.limits.max_units_per_line
    if per_line is not None and isinstance(promotion.kind, NFor | Bundle):
        if max(_of_lines([place for whole, _ in groups for place in whole], units)) > per_line:
            return False
    elif per_line is not None:
        # Of each line the dearest that come to be reduced.
        mine = [place for _, reduced in groups for place in reduced]
        paid = {place for place, count in zip(mine, _of_lines(mine, units), strict=True) if count <= per_line}
        groups = [(whole, [place for place in reduced if place in paid]) for whole, reduced in groups]
    for whole, reduced in groups:
        free = {place: max(0, left[place] - floor_of(promotion, units[place])) for place in whole}
        is_all = isinstance(promotion.kind, Bundle) and off.minor is not None
        if isinstance(promotion.kind, NFor | Bundle) and off.price_minor is not None:
            amount = max(0, sum(left[place] for place in whole) - off.price_minor)
            amount = min(amount, sum(free.values()))
        elif is_all:
            amount = min(off.minor, sum(free.values()))
        else:
            amount = sum(min(_off(off, left[place]), free[place]) for place in reduced)
        amount = _cap(room, n, amount)
        if amount <= 0:
            continue
        by_place = sorted(whole)
        for place, part in zip(by_place, divide_above(amount, by_place, left, free), strict=True):
            left[place] -= part
    return True
