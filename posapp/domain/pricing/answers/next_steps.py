"""What one more piece would bring: "add one of these and save 12.00", from the engine's own answers.

What a promotion lacks is read off its numbers; a step is only told after the basket with it was priced and
came out cheaper by that promotion. Baskets priced and goods asked for are bounded, so is the time; the same
question has the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from posapp.domain.pricing.answers.beside import Beside
from posapp.domain.pricing.answers.engine import Promotions, touching
from posapp.domain.pricing.goods.gates import Closed
from posapp.domain.pricing.goods.missing import Missing, missing_of
from posapp.domain.pricing.goods.sets import holds, spread
from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.priced import NextStep, PricedBasket
from posapp.domain.pricing.terms.promotion import GoodsSet, Promotion
from posapp.values import dataclass

#: Goods of a set that the shop has besides those in the basket, as lines of one piece; a few are enough.
MoreGoods = Callable[[GoodsSet], Sequence[BasketLine]]

#: Baskets that are priced at most, and steps that are told.
_PROBES_MAX: Final = 24
_STEPS_MAX: Final = 3
#: More pieces than this are no next step.
_PIECES_MAX: Final = 3
#: Items that would do which are named.
_SKUS_MAX: Final = 6


def no_more(of: GoodsSet) -> Sequence[BasketLine]:
    """Where nobody knows what else the shop has."""
    return ()


@dataclass(frozen=True, slots=True)
class _Way:
    """What may be added: the line that is new or has grown, and the SKUs that would do as well."""

    added: BasketLine
    skus: tuple[str, ...]
    is_new: bool = False
    is_amount: bool = False

    @property
    def key(self) -> Hashable:
        """What tells one addition from another."""
        line = self.added
        return line.line_no, line.sku, line.quantity, line.unit_minor, line.traits


def next_steps(case: Beside, promotions: Promotions, goods: MoreGoods) -> tuple[NextStep, ...]:
    """What is missing to a promotion's next step, tried on the basket; the best few."""
    now = case.discounts(case.basket, case.promotions)
    gives_now = _by_promotion(now)
    shelf = _Shelf(goods)
    found: list[NextStep] = []
    #: One addition is priced once, however many promotions lack just it.
    tried: dict[Hashable, PricedBasket] = {}
    for promotion, missing in _lacking(case):
        for way in _ways(case.basket, missing, shelf):
            if way.key not in tried:
                if len(tried) >= _PROBES_MAX:
                    continue
                basket = _with(case.basket, way.added)
                tried[way.key] = case.discounts(basket, touching(basket, promotions))
            then = tried[way.key]
            gives = _by_promotion(then).get(promotion.promotion_id, 0)
            saves = then.discount_minor - now.discount_minor
            if saves > 0 and gives > gives_now.get(promotion.promotion_id, 0):
                found.append(_step(promotion, missing, way, saves))
                break
    return _best(found)


class _Shelf:
    """Goods of a set that the shop has besides; each set is asked for once, and only so many are."""

    def __init__(self, goods: MoreGoods) -> None:
        self._goods = goods
        self._asked: dict[GoodsSet, Sequence[BasketLine]] = {}

    def of(self, goods: GoodsSet) -> Sequence[BasketLine]:
        """The goods of a set; none where too many sets were asked for before."""
        if goods not in self._asked:
            if len(self._asked) >= _PROBES_MAX:
                return ()
            self._asked[goods] = self._goods(goods)
        return self._asked[goods]


def _by_promotion(priced: PricedBasket) -> dict[str, int]:
    gives: dict[str, int] = {}
    for each in priced.discounts:
        gives[each.promotion_id] = gives.get(each.promotion_id, 0) + each.amount_minor
    return gives


def _with(basket: Basket, added: BasketLine) -> Basket:
    """The basket with a line that is new, or in the place of the one it has grown from."""
    lines = tuple(added if each.line_no == added.line_no else each for each in basket.lines)
    return replace(basket, lines=lines if added in lines else (*lines, added))


def _lacking(case: Beside) -> Iterator[tuple[Promotion, Missing]]:
    """What is a step away, promotion after promotion; of one that acts on alike goods for each value."""
    amounts = case.amounts()
    for promotion in case.promotions:
        if promotion.layer == "points":
            continue
        for each in spread(promotion, case.basket.lines):
            opened = case.opened(each)
            if isinstance(opened, Closed) and opened.reason != "condition":
                continue
            for missing in missing_of(each, case.basket, amounts, opened):
                if missing.pieces <= _PIECES_MAX:
                    yield promotion, missing


def _step(promotion: Promotion, missing: Missing, way: _Way, saves_minor: int) -> NextStep:
    if way.is_amount:
        return NextStep(
            promotion.promotion_id, promotion.names, saves_minor, add_minor=missing.minor, skus=way.skus
        )
    return NextStep(
        promotion.promotion_id, promotion.names, saves_minor, missing.pieces, 0, way.skus,
        way.is_new, way.added.names, way.added.unit_minor,
    )  # fmt: skip


def _worth(step: NextStep) -> int:
    """What is saved of what has to be bought for it, in parts per thousand: 50 off 421 more is a long way."""
    costs = step.add_minor or step.add_qty * step.unit_minor
    return step.saves_minor * 1000 // max(costs, 1)


def _best(found: list[NextStep]) -> tuple[NextStep, ...]:
    """The steps that save most of what they cost, each addition once."""
    found.sort(key=lambda step: (-_worth(step), -step.saves_minor, step.add_qty, step.promotion_id))
    told: dict[object, NextStep] = {}
    for step in found:
        told.setdefault((step.skus[:1], step.add_qty) if step.add_qty else step.promotion_id, step)
    return tuple(told.values())[:_STEPS_MAX]


def _ways(basket: Basket, missing: Missing, shelf: _Shelf) -> Iterator[_Way]:
    """What is missing: of the cheapest goods that lie there, or of the cheapest others; the cheaper first."""
    here = [line for line in basket.lines if not line.is_locked and holds(missing.of, line)]
    lying = {line.sku for line in basket.lines}
    more = [line for line in shelf.of(missing.of) if line.sku not in lying and holds(missing.of, line)]
    free_no = max((line.line_no for line in basket.lines), default=0) + 1
    others = sorted((line for line in more if not line.is_weighed), key=_cheapest)
    mine = sorted((line for line in here if not line.is_weighed), key=_cheapest)
    if missing.minor:
        if here or more:
            like = replace((here or more)[0], line_no=free_no)
            yield _Way(_for_amount(like, missing), _skus((*mine, *others)), is_amount=True)
        return
    if missing.is_new:
        mine = []
    for line in sorted((*mine[:1], *others[:1]), key=_cheapest):
        skus = _skus((line, *mine, *others))
        if line in mine:
            yield _Way(replace(line, quantity=line.quantity + missing.pieces), skus)
        else:
            yield _Way(replace(line, line_no=free_no, quantity=missing.pieces), skus, is_new=True)


def _cheapest(line: BasketLine) -> tuple[int, int, str]:
    return line.unit_minor, line.line_no, line.sku


def _skus(lines: Sequence[BasketLine]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.sku for line in lines))[:_SKUS_MAX]


def _for_amount(like: BasketLine, missing: Missing) -> BasketLine:
    """Goods for the amount that is missing, as like the others as can be: the set must hold them."""
    probe = replace(like, sku="", quantity=1, unit_minor=missing.minor, floor_minor=0)
    return probe if holds(missing.of, probe) else replace(probe, sku=like.sku)
