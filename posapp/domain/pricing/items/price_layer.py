"""The price layer: every unit takes the lowest right of its price books, and some prices lock.

A book counts only where it lowers the price. Where two lower it alike, the one that does not lock goes first,
then the lower id. Books with a limit are dealt out one after the other by id, each to the units that it
saves most against what they have otherwise. Knows no other layer.
"""

from __future__ import annotations

from collections.abc import Sequence

from posapp.domain.money import Mode
from posapp.domain.pricing.goods.members import Members
from posapp.domain.pricing.goods.reductions import floor_of, off_gain
from posapp.domain.pricing.terms.applications import Lot, Right
from posapp.domain.pricing.terms.basket import BasketLine
from posapp.domain.pricing.terms.promotion import PriceBook

#: What a unit pays, by which right; the price first, so that the lowest is the least.
_Offer = tuple[int, bool, str, Right]


def price_lots(
    lines: Sequence[BasketLine],
    books: Sequence[Right],
    mode: Mode = "half_up",
    members: Members | None = None,
) -> tuple[Lot, ...]:
    """The lines as lots with their prices, in the order of the lines; a line of nothing has no lot."""
    if not books:
        return tuple(
            Lot(line, 0, line.quantity, line.unit_minor, line.is_locked) for line in lines if line.quantity
        )
    members = members or Members()
    places = [members.place(line) for line in lines]
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
    dealt = _deal(lines, offers)
    lots: list[Lot] = []
    for number, line in enumerate(lines):
        lots.extend(_lots_of(line, sorted(offers[number], key=_order), dealt[number]))
    return tuple(lots)


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


def _order(offer: _Offer) -> tuple[int, bool, str]:
    return offer[:3]


def _is_limited(right: Right) -> bool:
    return units_max(right) is not None or right.promotion.limits.max_units_per_line is not None


def _deal(lines: Sequence[BasketLine], offers: list[list[_Offer]]) -> list[dict[str, int]]:
    """How many units of each line every limited book gives, by its id."""
    dealt: list[dict[str, int]] = [{} for _ in lines]
    limited = {offer[2]: offer[3] for found in offers for offer in found if _is_limited(offer[3])}
    for promotion_id in sorted(limited):
        right = limited[promotion_id]
        left = units_max(right)
        per_line = right.promotion.limits.max_units_per_line
        wishes: list[tuple[int, int, int]] = []
        for number, found in enumerate(offers):
            mine = next((offer for offer in found if offer[2] == promotion_id), None)
            if mine is None:
                continue
            free = [offer[0] for offer in found if not _is_limited(offer[3])]
            other = min(free, default=lines[number].unit_minor)
            if mine[0] < other:
                wishes.append((mine[0] - other, number, lines[number].quantity))
        for _, number, quantity in sorted(wishes):
            room = quantity - sum(dealt[number].values())
            if per_line is not None:
                room = min(room, per_line)
            if left is not None:
                room = min(room, left)
                left -= room
            if room:
                dealt[number][promotion_id] = room
    return dealt


def _lots_of(line: BasketLine, offers: list[_Offer], dealt: dict[str, int]) -> list[Lot]:
    lots: list[Lot] = []
    first = 0
    for price, locks, promotion_id, right in offers:
        left = line.quantity - first
        count = min(left, dealt.get(promotion_id, 0)) if _is_limited(right) else left
        if count:
            lots.append(Lot(line, first, count, price, locks, right.promotion))
            first += count
    if first < line.quantity:
        lots.append(Lot(line, first, line.quantity - first, line.unit_minor, line.is_locked))
    return lots
