"""What the item layer keeps from scan to scan: which goods fit which promotion, and the rules made of it.

Goods are asked for by their traits, not promotion by promotion: a scan costs what it touches. Promotions go
by number, so that equal ids cannot be mixed up; what is equal has one number. Nothing here changes an answer.
"""

from __future__ import annotations

from posapp.domain.pricing.goods.members import Members
from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.items.rules import FreeRule, Rule, Spot
from posapp.domain.pricing.terms.applications import Lot
from posapp.domain.pricing.terms.basket import BasketLine
from posapp.domain.pricing.terms.promotion import (
    AllOf,
    AnyOf,
    Bundle,
    GoodsSet,
    Having,
    NFor,
    Nth,
    Promotion,
    QtyTier,
    Reward,
)

#: A rule and what it knows of a lot's units.
Eligible = tuple[Rule, Spot]
#: Kinds of goods and promotions kept at most; then the cache begins anew.
GOODS_MAX = 4_000
PROMOTIONS_MAX = 20_000
#: Sets of more values are asked set by set when new goods come.
VALUES_MAX = 64
#: One right's rules, each with its lots by their place in what the right reaches.
Made = list[tuple[Rule, list[tuple[int, Eligible]]]]


class SetCache:
    """Goods by number with the slots of promotions that they fit, and the rules that were made last."""

    __slots__ = (
        "_alike", "_asked", "_lots", "_new", "_posted", "_serial", "_tokens", "free", "least", "made",
        "members", "slots",
    )  # fmt: skip

    def __init__(self) -> None:
        self.members = Members()
        #: For each kind of goods: promotions by number, with the slots that the goods fit.
        self.slots: list[dict[int, tuple[int, ...]]] = []
        #: So many units a promotion needs at least.
        self.least: dict[int, int] = {}
        #: Rules without limits, which hang on nothing but their promotion.
        self.free: dict[tuple[object, ...], FreeRule] = {}
        #: By promotion and its limits: the lots that it reached last, and the rules made for them.
        self.made: dict[tuple[object, ...], tuple[tuple[int, ...], Made]] = {}
        self._tokens: dict[int, tuple[Promotion, int]] = {}
        self._alike: dict[str, list[tuple[Promotion, int]]] = {}
        self._lots: dict[tuple[int, int, int, int, int, int], int] = {}
        self._serial = 0
        #: Promotions that new goods do not know yet; those found by a value, those to be asked each.
        self._new: list[tuple[int, Promotion]] = []
        self._posted: dict[tuple[str, str], list[tuple[int, int, GoodsSet | None]]] = {}
        self._asked: list[tuple[int, int, GoodsSet]] = []

    @property
    def is_full(self) -> bool:
        """Whether it is time to begin anew."""
        return (
            len(self._tokens) > PROMOTIONS_MAX
            or self.members.count > GOODS_MAX
            or self.members.lines_kept > PROMOTIONS_MAX
            or len(self._lots) > PROMOTIONS_MAX
        )

    def token(self, promotion: Promotion) -> int:
        """The number of a promotion; it is held, so that its identity is not given to another."""
        known = self._tokens.get(id(promotion))
        if known is not None:
            return known[1]
        # Copies are made anew for each basket (by what goods must be alike in): equal ones are one.
        alike = self._alike.setdefault(promotion.promotion_id, [])
        for other, number in alike:
            if other == promotion:
                self._tokens[id(promotion)] = (promotion, number)
                return number
        token = len(self._tokens)
        self._tokens[id(promotion)] = (promotion, token)
        alike.append((promotion, token))
        self.least[token] = least_pieces(promotion)
        self._tell_old_goods(token, promotion)
        self._new.append((token, promotion))
        return token

    def place(self, line: BasketLine) -> int:
        """The number of a line's goods."""
        place = self.members.place(line)
        if place == len(self.slots):
            self._find_for(line)
        return place

    def lot(self, lot: Lot) -> int:
        """The number of a lot by all that counts of it."""
        line = lot.line
        key = (self.place(line), line.line_no, lot.first, lot.count, lot.price_minor, line.floor_minor)
        return self._lots.setdefault(key, len(self._lots))

    def numbered(self, made: Made) -> Made:
        """Rules with their serial numbers, under which components are known."""
        for rule, _ in made:
            if not rule.serial:
                self._serial += 1
                rule.serial = self._serial
        return made

    def _tell_old_goods(self, token: int, promotion: Promotion) -> None:
        for number, goods in enumerate(sets_of(promotion)):
            mask = self.members.mask(goods)
            while mask:
                low = mask & -mask
                mask ^= low
                fits = self.slots[low.bit_length() - 1]
                fits[token] = (*fits.get(token, ()), number)

    def _find_for(self, line: BasketLine) -> None:
        """What new goods fit, of all promotions seen so far."""
        for token, promotion in self._new:
            for number, goods in enumerate(sets_of(promotion)):
                values = values_in(goods)
                if values is None:
                    self._asked.append((token, number, goods))
                    continue
                asked = goods if _must_be_asked(goods) else None
                for value in values:
                    self._posted.setdefault(value, []).append((token, number, asked))
        self._new = []
        traits = line.traits
        found: set[tuple[int, int]] = set()
        posted = self._posted
        names = [("sku", line.sku), *[("category", name) for name in traits.category]]
        for name in (*names, ("brand", traits.brand), *[("tag", tag) for tag in traits.tags]):
            for token, number, asked in posted.get(name, ()):
                if asked is None or holds(asked, line):
                    found.add((token, number))
        for token, number, goods in self._asked:
            if holds(goods, line):
                found.add((token, number))
        fits: dict[int, tuple[int, ...]] = {}
        # In the order of numbers: nothing hangs on how a set is laid out.
        for token, number in sorted(found):
            fits[token] = (*fits.get(token, ()), number)
        self.slots.append(fits)


def values_in(goods: GoodsSet) -> list[tuple[str, str]] | None:
    """Values of which all goods of a set have one, None where there are none or too many."""
    if isinstance(goods, Having):
        return [(goods.what, value) for value in goods.values] if len(goods.values) <= VALUES_MAX else None
    if isinstance(goods, AnyOf):
        found: list[tuple[str, str]] = []
        for one in goods.sets:
            values = values_in(one)
            if values is None:
                return None
            found += values
        return found
    if isinstance(goods, AllOf):
        known = [values for values in map(values_in, goods.sets) if values is not None]
        return min(known, key=len, default=None)
    return None


def _must_be_asked(goods: GoodsSet) -> bool:
    """Whether one of its values is not enough for goods to be in a set."""
    if isinstance(goods, AnyOf):
        return any(_must_be_asked(one) for one in goods.sets)
    return not isinstance(goods, Having)


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
