"""The most that can fall off a tiny basket, by trying everything: the judge of the whole engine.

Written from what the fields of a promotion mean, with nothing of the engine's own: every price book that may
be left out is left out once, every unit goes through every allowed stack, every legal set of order promotions
is taken. Slow on purpose. Knows what `adversarial_baskets` makes; anything else is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product

from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.promotion import (
    AllOf,
    AnyOf,
    Bundle,
    EachUnit,
    Every,
    Except,
    GoodsSet,
    Having,
    NFor,
    Nth,
    Off,
    OrderOff,
    PriceBook,
    Promotion,
    QtyTier,
    Reward,
    SpendTier,
)
from tests.domain.pricing.brute_sharing import divide, divide_above

MILLION = 1_000_000
#: A unit: number of its line, price after the price layer, locked.
Unit = tuple[int, int, bool]
#: What items left of each unit, and the groups that they used.
Left = tuple[tuple[int, ...], frozenset[str]]


def most_off(basket: Basket, promotions: Sequence[Promotion]) -> int:
    """What falls off at most, in all layers."""
    opened = [each for each in promotions if _has_code(each, basket)]
    worlds = [[each] for each in opened if each.stack.alone]
    return max(_of_world(basket, world) for world in ([e for e in opened if not e.stack.alone], *worlds))


def _has_code(promotion: Promotion, basket: Basket) -> bool:
    codes = promotion.needs.codes
    return not codes or any(code.code in codes and code.uses_left > 0 for code in basket.codes)


def _within(goods: GoodsSet, line: BasketLine) -> bool:
    match goods:
        case Every():
            return True
        case Having("sku", values):
            return line.sku in values
        case Having("tag", values):
            return bool(values & line.traits.tags)
        case AnyOf(sets):
            return any(_within(one, line) for one in sets)
        case AllOf(sets):
            return all(_within(one, line) for one in sets)
        case Except(of):
            return not _within(of, line)
    raise TypeError(f"{goods!r} is no set of goods")


def _share(price: int, ppm: int) -> int:
    whole, rest = divmod(price * ppm, MILLION)
    return whole + (2 * rest >= MILLION)


def _off(off: Off, price: int) -> int:
    if off.ppm is not None:
        return _share(price, off.ppm)
    if off.minor is not None:
        return min(off.minor, price)
    return max(0, price - (off.price_minor or 0))


def _of_world(basket: Basket, promotions: Sequence[Promotion]) -> int:
    listed = [line.amount_minor for line in basket.lines]
    books = [each for each in promotions if each.layer == "price" and _meets(each, basket, listed)]
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
                best = max(best, _with_books(basket, promotions, [*always, *some], set(groups)))
    return best


def _rivals(one: Promotion, other: Promotion, basket: Basket) -> bool:
    """Whether they are of one group and the other is about anything in the basket."""
    kind = other.kind
    sets = [part.of for part in kind.buy] if isinstance(kind, Reward) else _parts(other)
    touches = any(_within(goods, line) for goods in sets for line in basket.lines)
    return one.stack.group == other.stack.group and touches


def _with_books(
    basket: Basket, promotions: Sequence[Promotion], books: Sequence[Promotion], taken: set[str]
) -> int:
    units: list[Unit] = []
    for number, line in enumerate(basket.lines):
        offers = [(line.unit_minor, False)]
        for book in books:
            assert isinstance(book.kind, PriceBook)
            assert book.kind.off is not None
            if _within(book.on, line) and not line.is_locked:
                price = line.unit_minor - _off(book.kind.off, line.unit_minor)
                offers.append((price, book.kind.locks))
        price, locks = min(offers)
        units += [(number, price, locks or line.is_locked)] * line.quantity
    off = sum(basket.lines[unit[0]].unit_minor - unit[1] for unit in units)
    amounts = [0] * len(basket.lines)
    for number, price, _ in units:
        amounts[number] += price
    others = [
        each
        for each in promotions
        if each.layer in ("item", "order")
        and each.stack.group not in (taken - {""})
        and (each.needs.judged_on == "after_items" or _meets(each, basket, amounts))
    ]
    orders = [each for each in others if each.layer == "order"]
    legal = [list(some) for some in _legal(orders)]
    best = 0
    for left, groups in _items(basket, units, [each for each in others if each.layer == "item"]):
        saved = sum(unit[1] for unit in units) - sum(left)
        for some in legal:
            if not groups.intersection(each.stack.group for each in some):
                best = max(best, saved + _order_layer(basket, units, left, some))
    return off + best


def _meets(promotion: Promotion, basket: Basket, amounts: Sequence[int]) -> bool:
    for condition in promotion.needs.conditions:
        mine = [
            n for n, line in enumerate(basket.lines) if not line.is_locked and _within(condition.of, line)
        ]
        if sum(basket.lines[n].quantity for n in mine) < (condition.min_qty or 0):
            return False
        amount = sum(amounts[n] for n in mine)
        if amount < (condition.min_minor or 0) or amount > (condition.max_minor or 1 << 60):
            return False
    return True


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
        [(n, slot) for slot, goods in enumerate(_parts(each)) if _within(goods, line)]
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


def _floor(promotion: Promotion, price: int) -> int:
    limits = promotion.limits
    return max(limits.floor_minor or 0, -(-price * (limits.floor_ppm or 0) // MILLION))


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
    for place in places:
        gain = min(_off(off, left[place]), left[place] - _floor(promotion, units[place][1]))
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
    for whole, reduced in groups:
        free = {place: max(0, left[place] - _floor(promotion, units[place][1])) for place in whole}
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


# ------------------------------------------------------------------ the order layer
def _order_layer(
    basket: Basket, units: Sequence[Unit], after: Sequence[int], orders: Iterable[Promotion]
) -> int:
    left = list(after)
    total = 0
    amounts = [0] * len(basket.lines)
    for unit, amount in zip(units, after, strict=True):
        amounts[unit[0]] += amount
    for each in sorted(orders, key=lambda one: (-one.stack.priority, one.promotion_id)):
        if each.needs.judged_on == "after_items" and not _meets(each, basket, amounts):
            continue
        held = [n for n, unit in enumerate(units) if not unit[2] and _within(each.on, basket.lines[unit[0]])]
        mine = _picked(each, held, after)
        base = sum(after[n] for n in mine)
        judged = base if each.needs.judged_on == "after_items" else sum(units[n][1] for n in mine)
        amount = min(_order_off(each, base, judged), sum(left[n] for n in mine))
        caps = (each.limits.max_minor, getattr(each.kind, "cap_minor", None))
        amount = min([amount, *(cap for cap in caps if cap is not None)])
        if amount <= 0:
            continue
        total += amount
        numbers = sorted({units[n][0] for n in mine})
        lines = [[n for n in mine if units[n][0] == number] for number in numbers]
        shares = divide(amount, [sum(left[n] for n in line) for line in lines])
        for line, part in zip(lines, shares, strict=True):
            for n, piece in zip(line, divide(part, [left[n] for n in line]), strict=True):
                left[n] -= piece
    return total


def _picked(promotion: Promotion, mine: list[int], after: Sequence[int]) -> list[int]:
    """The dearest units where only some count, or the cheapest where it says so."""
    kind = promotion.kind
    some = kind.count if isinstance(kind, OrderOff) and kind.units != "all" else None
    most = min([limit for limit in (some, promotion.limits.max_units, len(mine)) if limit is not None])
    by_price = sorted(mine, key=lambda n: (-after[n], n))
    is_low = isinstance(kind, OrderOff) and kind.units == "cheapest"
    return sorted(by_price[len(mine) - most :] if is_low else by_price[:most])


def _order_off(promotion: Promotion, base: int, judged: int) -> int:
    kind = promotion.kind
    if isinstance(kind, OrderOff):
        return (kind.off.minor or 0) if kind.off.ppm is None else _share(base, kind.off.ppm)
    assert isinstance(kind, SpendTier)
    reached = [step for step in kind.steps if step.least <= judged]
    if not reached:
        return 0
    step = max(reached, key=lambda one: one.least)
    times = judged // step.least if kind.every else 1
    assert step.off.minor is not None
    return step.off.minor * times
