"""The price layer: every unit takes the lowest right of its price books, and some prices lock.

A book counts only where it lowers the price. Where two lower it alike, the one that does not lock goes first,
then the lower id. Books with a limit are dealt out one after the other, each to the units that it saves most
against what they have otherwise; where several want the same goods every turn of a few of them is tried, and
the least is paid. Knows no other layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, permutations

from posapp.domain.money import Mode
from posapp.domain.pricing.goods.members import Members
from posapp.domain.pricing.goods.reductions import floor_of, off_gain
from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.terms.applications import Lot, Right
from posapp.domain.pricing.terms.basket import BasketLine
from posapp.domain.pricing.terms.promotion import Limits, PriceBook, Promotion

#: What a unit pays, by which right; the price first, so that the lowest is the least.
_Offer = tuple[int, bool, str, Right]
#: Turns of limited books that are tried: all of up to four books.
_TURNS_MAX = 24


def price_lots(
    lines: Sequence[BasketLine],
    books: Sequence[Right],
    mode: Mode = "half_up",
) -> tuple[Lot, ...]:
    """The lines as lots with their prices, in the order of the lines; a line of nothing has no lot."""
    if not books:
        return tuple(
            Lot(line, 0, line.quantity, line.unit_minor, line.is_locked) for line in lines if line.quantity
        )
    members = Members()
    places = [members.put(line) for line in lines]
    offers: list[list[_Offer]] = [[] for _ in lines]
    for right in books:
        mask = members.mask(right.promotion.on)
        for number, line in enumerate(lines):
            if mask >> places[number] & 1 and not line.is_locked:
                price = book_price(right, line, mode)
                if price is not None and price < line.unit_minor:
                    kind = right.promotion.kind
                    locks = isinstance(kind, PriceBook) and kind.locks
                    offers[number].append((price, locks, right.promotion.promotion_id, right))
    limited = _limited(books)
    turns = permutations(limited) if _are_rivals(offers) else (limited,)
    return min((_lots(lines, offers, turn) for turn in islice(turns, _TURNS_MAX)), key=_paid)


def _are_rivals(offers: Sequence[Sequence[_Offer]]) -> bool:
    """Whether several books with a limit want the same goods."""
    return any(sum(_is_limited(offer[3]) for offer in found) > 1 for found in offers)


def _lots(
    lines: Sequence[BasketLine], offers: Sequence[Sequence[_Offer]], limited: Sequence[Right]
) -> tuple[Lot, ...]:
    dealt = _deal(lines, offers, limited)
    lots: list[Lot] = []
    for number, line in enumerate(lines):
        lots.extend(_lots_of(line, offers[number], dealt[number]))
    return tuple(lots)


def _paid(lots: Sequence[Lot]) -> int:
    return sum([lot.price_minor * lot.count for lot in lots])


def may_be_rivals(lines: Sequence[BasketLine], promotions: Sequence[Promotion]) -> bool:
    """Whether price books with a limit want the same goods: then no deal is proven to be the best."""
    limited = [each for each in promotions if each.layer == "price" and _has_limit(each.limits)]
    if len(limited) < 2:
        return False
    return any(sum(holds(each.on, line) for each in limited) > 1 for line in lines)


def _has_limit(limits: Limits) -> bool:
    known = (
        limits.per_order, limits.per_member, limits.per_day, limits.campaign, limits.max_units,
        limits.max_units_per_line, limits.max_minor, limits.campaign_minor,
    )  # fmt: skip
    return any(most is not None for most in known)


def book_price(right: Right, line: BasketLine, mode: Mode = "half_up") -> int | None:
    """What one unit of a line costs by a price book, its floors kept; None where the book has no price."""
    promotion = right.promotion
    kind = promotion.kind
    if not isinstance(kind, PriceBook):
        return None
    base = line.unit_minor
    price = None if line.is_weighed else kind.prices.get(line.sku)
    if price is None:
        if kind.off is None:
            return None
        price = base - off_gain(kind.off, base, mode)
    return max(price, floor_of(promotion.limits, base, line.floor_minor))


def units_max(right: Right) -> int | None:
    """How many units a unit-wise right reaches at most; None is without a limit."""
    limits = right.promotion.limits
    known = [most for most in (limits.per_order, limits.max_units, right.uses_max) if most is not None]
    return min(known) if known else None


def minor_max(right: Right) -> int | None:
    """How much a right takes off at most in this basket; None is without a limit."""
    known = [most for most in (right.promotion.limits.max_minor, right.left_minor) if most is not None]
    return min(known) if known else None


def _order(offer: _Offer) -> tuple[int, bool, str]:
    return offer[:3]


def _is_limited(right: Right) -> bool:
    return (
        units_max(right) is not None
        or minor_max(right) is not None
        or right.promotion.limits.max_units_per_line is not None
    )


def _limited(books: Sequence[Right]) -> list[Right]:
    return sorted(
        [right for right in books if _is_limited(right)], key=lambda right: right.promotion.promotion_id
    )


def _deal(
    lines: Sequence[BasketLine], offers: Sequence[Sequence[_Offer]], limited: Sequence[Right]
) -> list[list[tuple[_Offer, int]]]:
    """What every limited book gives of each line: at which price how many units."""
    dealt: list[list[tuple[_Offer, int]]] = [[] for _ in lines]
    for right in limited:
        left, minor = units_max(right), minor_max(right)
        wishes: list[tuple[int, int, _Offer, int]] = []
        for number, found in enumerate(offers):
            mine = next((offer for offer in found if offer[3] is right), None)
            free = [offer[0] for offer in found if not _is_limited(offer[3])]
            other = min(free, default=lines[number].unit_minor)
            if mine is not None and mine[0] < other:
                wishes.append((mine[0] - other, number, mine, other))
        for _, number, mine, other in sorted(wishes, key=lambda wish: wish[:2]):
            room = _room(lines[number], dealt[number], right, left)
            if minor is None:
                dealt[number] += [(mine, room)] if room else []
            else:
                parts = _within(mine, room, lines[number].unit_minor, minor, other)
                minor -= sum((lines[number].unit_minor - offer[0]) * count for offer, count in parts)
                room = sum(count for _, count in parts)
                dealt[number] += parts
            left = None if left is None else left - room
    return dealt


def _room(line: BasketLine, dealt: Sequence[tuple[_Offer, int]], right: Right, left: int | None) -> int:
    """How many units of a line a book may still take."""
    known = (
        line.quantity - sum(count for _, count in dealt),
        right.promotion.limits.max_units_per_line,
        left,
    )
    return min(most for most in known if most is not None)


def _within(offer: _Offer, room: int, unit_minor: int, minor: int, other: int) -> list[tuple[_Offer, int]]:
    """Units at the book's price while the money lasts, and one that gets what is left of it."""
    count = min(room, minor // (unit_minor - offer[0]))
    parts = [(offer, count)] if count else []
    last = unit_minor - (minor - (unit_minor - offer[0]) * count)
    if count < room and last < other:
        parts.append(((last, *offer[1:]), 1))
    return parts


def _lots_of(line: BasketLine, offers: Sequence[_Offer], dealt: Sequence[tuple[_Offer, int]]) -> list[Lot]:
    free = [(offer, line.quantity) for offer in offers if not _is_limited(offer[3])]
    lots: list[Lot] = []
    first = 0
    for (price, locks, _, right), most in sorted([*dealt, *free], key=lambda part: _order(part[0])):
        count = min(line.quantity - first, most)
        if count:
            lots.append(Lot(line, first, count, price, locks, right.promotion))
            first += count
    if first < line.quantity:
        lots.append(Lot(line, first, line.quantity - first, line.unit_minor, line.is_locked))
    return lots
