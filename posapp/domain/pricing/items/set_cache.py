"""What the item layer keeps from scan to scan: numbers of lots and promotions, and the rules made of them.

Promotions go by number, so that equal ids cannot be mixed up; what is equal has one number. Which lots a
promotion reaches is asked of one basket's goods together, set by set and not lot by lot, so that it costs
what lies in the basket. Nothing here changes an answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from posapp.domain.pricing.goods.members import Members
from posapp.domain.pricing.items.rules import FreeRule, Rule, Spot
from posapp.domain.pricing.terms.applications import Lot
from posapp.domain.pricing.terms.promotion import Bundle, GoodsSet, NFor, Nth, Promotion, QtyTier, Reward

#: A rule and what it knows of a lot's units.
Eligible = tuple[Rule, Spot]
#: Lots and promotions kept at most; then the cache begins anew.
LOTS_MAX = 20_000
PROMOTIONS_MAX = 20_000
#: One right's rules, each with its lots by their place in what the right reaches.
Made = list[tuple[Rule, list[tuple[int, Eligible]]]]
#: Positions of the lots that a promotion reaches, the slots that each of them fits, and whether their units
#: are as many as it needs at least.
Reached = tuple[list[int], list[tuple[int, ...]], bool]

ONLY: tuple[int, ...] = (0,)
#: By identity, which holds them: the sets of a promotion's slots, and the units that it needs at least. They
#: hang on nothing else, so that every cache has the same.
_known: dict[int, tuple[Promotion, list[GoodsSet], int]] = {}


def asked(promotion: Promotion) -> tuple[Promotion, list[GoodsSet], int]:
    """A promotion, the sets of its slots, and the units that it needs at least."""
    known = _known.get(id(promotion))
    if known is None:
        if len(_known) >= PROMOTIONS_MAX:
            _known.clear()
        known = _known[id(promotion)] = promotion, sets_of(promotion), least_pieces(promotion)
    return known


class OpenLots:
    """The lots of a basket that promotions may take, by falling price (then by line); what reaches them."""

    __slots__ = ("_known", "_members", "given", "lots")

    def __init__(self, lots: Sequence[Lot]) -> None:
        #: Held, so that it is known again by identity.
        self.given = lots
        self.lots = [lot for lot in lots if not lot.is_locked and lot.count > 0]
        self.lots.sort(key=_by_price)
        self._members = Members()
        for lot in self.lots:
            self._members.put(lot.line)
        self._known: dict[int, tuple[Promotion, Reached]] = {}

    def reached(self, promotion: Promotion) -> Reached:
        """The lots that fit any slot of a promotion."""
        known = self._known.get(id(promotion))
        if known is None:
            _, sets, least = asked(promotion)
            known = self._known[id(promotion)] = (promotion, self._reached(sets, least))
        return known[1]

    def _reached(self, sets: Sequence[GoodsSet], least: int) -> Reached:
        lots = self.lots
        of = self._members.mask
        masks = [of(goods) for goods in sets]
        mask = masks[0]
        for other in masks:
            mask |= other
        positions: list[int] = []
        pieces = 0
        while mask:
            low = mask & -mask
            mask ^= low
            position = low.bit_length() - 1
            positions.append(position)
            pieces += lots[position].count
        if len(masks) == 1:
            return positions, [ONLY] * len(positions), pieces >= least
        slots = [
            tuple([number for number, inside in enumerate(masks) if inside >> position & 1])
            for position in positions
        ]
        return positions, slots, pieces >= least


def _by_price(lot: Lot) -> tuple[int, int, int]:
    return -lot.price_minor, lot.line.line_no, lot.first


class SetCache:
    """Numbers of lots and promotions, and the rules that were made last."""

    __slots__ = ("_alike", "_by_lot", "_last", "_lots", "_serial", "_tokens", "free", "made")

    def __init__(self) -> None:
        #: Rules without limits, which hang on nothing but their promotion.
        self.free: dict[tuple[object, ...], FreeRule] = {}
        #: By promotion and its limits: the lots that it reached last, and the rules made for them.
        self.made: dict[tuple[object, ...], tuple[tuple[int, ...], Made]] = {}
        self._tokens: dict[int, tuple[Promotion, int]] = {}
        self._alike: dict[str, list[tuple[Promotion, int]]] = {}
        #: By identity, which holds them, and by content.
        self._by_lot: dict[int, tuple[Lot, int]] = {}
        self._lots: dict[tuple[object, ...], int] = {}
        self._last: OpenLots | None = None
        self._serial = 0

    @property
    def is_full(self) -> bool:
        """Whether it is time to begin anew."""
        return len(self._tokens) > PROMOTIONS_MAX or len(self._by_lot) > LOTS_MAX

    def token(self, promotion: Promotion) -> int:
        """The number of a promotion; it is held, so that its identity is not given to another."""
        known = self._tokens.get(id(promotion))
        if known is not None:
            return known[1]
        # Copies are made anew for each basket (by what goods must be alike in): equal ones are one.
        alike = self._alike.get(promotion.promotion_id)
        if alike is None:
            alike = self._alike[promotion.promotion_id] = []
        for other, number in alike:
            if other == promotion:
                self._tokens[id(promotion)] = (promotion, number)
                return number
        token = len(self._tokens)
        self._tokens[id(promotion)] = (promotion, token)
        alike.append((promotion, token))
        return token

    def open_lots(self, lots: Sequence[Lot]) -> OpenLots:
        """A basket's open lots; those that were asked for last are the same."""
        last = self._last
        if last is None or last.given is not lots:
            last = self._last = OpenLots(lots)
        return last

    def lot(self, lot: Lot) -> int:
        """The number of a lot by all that counts of it."""
        known = self._by_lot.get(id(lot))
        if known is None:
            line = lot.line
            key = (
                line.sku, line.unit_minor, line.traits, line.line_no, lot.first, lot.count, lot.price_minor,
                line.floor_minor, lot.of_line,
            )  # fmt: skip
            known = self._by_lot[id(lot)] = lot, self._lots.setdefault(key, len(self._lots))
        return known[1]

    def numbered(self, made: Made) -> Made:
        """Rules with their serial numbers, under which components are known."""
        for rule, _ in made:
            if not rule.serial:
                self._serial += 1
                rule.serial = self._serial
        return made


def sets_of(promotion: Promotion) -> list[GoodsSet]:
    """The sets of a promotion's slots, in their order."""
    kind = promotion.kind
    if isinstance(kind, Bundle):
        return [part.of for part in kind.parts]
    if isinstance(kind, Reward):
        found = [part.of for part in kind.buy]
        if kind.buy_minor is not None:
            found.append(kind.buy_of)
        return [*found, kind.get.of]
    return [promotion.on]


def least_pieces(promotion: Promotion) -> int:
    """So many units must be there before a promotion does anything."""
    kind = promotion.kind
    if isinstance(kind, Nth | NFor):
        return kind.n
    if isinstance(kind, Bundle):
        return sum(part.qty for part in kind.parts)
    if isinstance(kind, Reward):
        return sum(part.qty for part in kind.buy) + (kind.buy_minor is not None) + kind.over + 1
    if isinstance(kind, QtyTier):
        return min(step.least for step in kind.steps) if kind.counts == "used" else 1
    return 1
