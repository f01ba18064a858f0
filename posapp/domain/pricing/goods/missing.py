"""What a basket lacks for a promotion, or for its next step: pieces or money of a set.

Read off the promotion's own numbers; whether it is worth it is found out by pricing the changed basket, which
is not done here. One set at a time: a shopper who lacks goods of two sets is more than a step away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from posapp.domain.pricing.goods.gates import Closed, Open
from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.terms.basket import Basket
from posapp.domain.pricing.terms.promotion import (
    AllOf,
    Bundle,
    GoodsSet,
    Having,
    NFor,
    Nth,
    Part,
    Promotion,
    QtyTier,
    Reward,
    SpendTier,
    Step,
)
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Missing:
    """So many pieces of a set, or goods of it for an amount; `is_new`: of items that do not lie there yet."""

    of: GoodsSet
    pieces: int = 0
    minor: int = 0
    is_new: bool = False


def missing_of(
    promotion: Promotion,
    basket: Basket,
    amounts: Callable[[Promotion], Sequence[int]],
    opened: Open | Closed | None = None,
) -> list[Missing]:
    """What is missing, nearest first; empty where adding goods would change nothing.

    `amounts` gives what the lines come to as the promotion judges them.
    """
    if isinstance(opened, Closed):
        return _for_conditions(promotion, basket, opened)
    kind, on = promotion.kind, promotion.on
    have = _pieces(on, basket)
    if isinstance(kind, SpendTier):
        return _to_next(promotion, kind, have, _amount(on, basket, amounts(promotion)))
    if isinstance(kind, QtyTier):
        return _to_next_step(on, kind, have, basket)
    if isinstance(kind, Nth | NFor):
        return _to_group(promotion, kind.n, have)
    if isinstance(kind, Bundle):
        return _parts(kind.parts, basket)
    if isinstance(kind, Reward):
        if kind.buy_minor is not None:
            short = kind.buy_minor - _amount(kind.buy_of, basket, amounts(promotion))
            if short > 0:
                return [Missing(kind.buy_of, minor=short)]
        return _parts((*kind.buy, kind.get), basket)
    return []


def _to_next_step(on: GoodsSet, tier: QtyTier, have: int, basket: Basket) -> list[Missing]:
    """What the next step misses; of an item or a line that counts by itself the nearest one's."""
    if tier.counts in ("line", "sku"):
        pieces: dict[str | int, int] = {}
        skus: dict[str | int, str] = {}
        for line in basket.lines:
            if not line.is_locked and holds(on, line):
                key = line.sku if tier.counts == "sku" else line.line_no
                pieces[key] = pieces.get(key, 0) + line.quantity
                skus[key] = line.sku
        nearest = [
            (step.least - count, skus[key])
            for key, count in pieces.items()
            for step in tier.steps
            if step.least > count
        ]
        if not nearest:
            return []
        short, sku = min(nearest)
        return [Missing(AllOf((on, Having("sku", frozenset({sku})))), short)]
    nexts = [step.least - have for step in tier.steps if step.least > have]
    return [Missing(on, min(nexts))] if nexts else []


def _to_group(promotion: Promotion, n: int, have: int) -> list[Missing]:
    """What the group misses that is begun; where its units must differ, an item that is not there."""
    if promotion.differ:
        return [Missing(promotion.on, 1, is_new=True)] if have else []
    return [Missing(promotion.on, n - have % n)] if have % n else []


def _for_conditions(promotion: Promotion, basket: Basket, closed: Closed) -> list[Missing]:
    """What the one condition that can be mended misses."""
    if closed.reason != "condition" or not (closed.missing_minor or closed.missing_qty):
        return []
    for condition in promotion.needs.conditions:
        if not closed.missing_qty:
            if condition.min_minor is not None:
                return [Missing(condition.of, minor=closed.missing_minor)]
        elif (condition.min_qty or 0) - _pieces(condition.of, basket) == closed.missing_qty:
            return [Missing(condition.of, pieces=closed.missing_qty)]
        elif (condition.min_items or 0) - _items(condition.of, basket) == closed.missing_qty == 1:
            # Different items are asked for: one that is new, and only where one is enough.
            return [Missing(condition.of, pieces=1, is_new=True)]
    return []


def _to_next(promotion: Promotion, tier: SpendTier, pieces: int, amount: int) -> list[Missing]:
    have = pieces if tier.by == "qty" else amount
    nexts = [step.least for step in tier.steps if step.least > have]
    reached = [step for step in tier.steps if step.least <= have]
    if tier.every and reached:
        nexts.append(_next_multiple(max(reached, key=lambda step: step.least), have))
    if not nexts:
        return []
    short = min(nexts) - have
    is_pieces = tier.by == "qty"
    return [Missing(promotion.on, pieces=short if is_pieces else 0, minor=0 if is_pieces else short)]


def _next_multiple(step: Step, have: int) -> int:
    return (have // step.least + 1) * step.least if step.least > 0 else have


def _parts(parts: Sequence[Part], basket: Basket) -> list[Missing]:
    """The one part that is missing, where all others are there."""
    short = [(part, part.qty - _pieces(part.of, basket)) for part in parts]
    lacking = [(part, pieces) for part, pieces in short if pieces > 0]
    if len(lacking) > 1:
        return []
    if lacking:
        return [Missing(lacking[0][0].of, lacking[0][1])]
    # All is there, but the same piece may have been counted twice: one more of the last part.
    return [Missing(parts[-1].of, parts[-1].qty)] if parts else []


def _pieces(goods: GoodsSet, basket: Basket) -> int:
    return sum(line.quantity for line in basket.lines if not line.is_locked and holds(goods, line))


def _items(goods: GoodsSet, basket: Basket) -> int:
    return len({line.sku for line in basket.lines if not line.is_locked and holds(goods, line)})


def _amount(goods: GoodsSet, basket: Basket, amounts: Sequence[int]) -> int:
    pairs = zip(basket.lines, amounts, strict=True)
    return sum(amount for line, amount in pairs if not line.is_locked and holds(goods, line))
