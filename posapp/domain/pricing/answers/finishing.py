"""The end of a pricing: points on what is left, what each slot stands for, gifts, and the answer.

Decides nothing about promotions but those of the points layer, which come after everything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from posapp.domain.pricing.goods.gates import Open, gate
from posapp.domain.pricing.goods.runs import book_slots
from posapp.domain.pricing.orders.points import apply_points
from posapp.domain.pricing.orders.settling import Effect, Settled, Told, answer
from posapp.domain.pricing.orders.window import Combined
from posapp.domain.pricing.terms.applications import ItemChoice, Lot
from posapp.domain.pricing.terms.basket import PPM_OF_ALL, Basket
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import Gift, PricedBasket
from posapp.domain.pricing.terms.promotion import Promotion, Reward
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """States of the whole search, and whether it came to its end."""

    states: int
    is_proven: bool


def finished(
    basket: Basket, points: Sequence[Promotion], combined: Combined, policy: Policy, account: Account,
    told: Told | None = None,
) -> PricedBasket:  # fmt: skip
    """The answer for what was chosen; `points` are the promotions of the points layer, `told` a memory."""
    runs = combined.runs
    effects = effects_of(combined, basket)
    opened = [(each, found) for each in points if isinstance(found := gate(each, basket), Open)]
    used = {effect.promotion.promotion_id: effect.promotion for effect in effects.values()}
    # A gift that lies in no line takes nothing off, and is used all the same.
    used |= {gift.promotion.promotion_id: gift.promotion for gift in combined.choice.gifts}
    if opened and policy.choose == "best":
        groups = {promotion.stack.group for promotion in used.values()} - {""}
        opened = [pair for pair in opened if pair[0].stack.group not in groups]
    costs = sum([promotion.needs.points for promotion in used.values()])
    if opened:
        first = len(combined.slots) + len(combined.effects)
        runs = [run.part(run.count) for run in runs]
        paid = apply_points(runs, basket, opened, first, policy, balance=basket.points - costs)
        for slot, effect in enumerate(paid, first):
            effects[slot] = Effect(effect.promotion, effect.code, 1, effect.base_minor, effect.points)
    settled = Settled(
        runs, effects, _gifts(combined.choice, basket), account.states, account.is_proven, costs,
        tuple([(each, found.code) for each, found in opened]),
    )  # fmt: skip
    return answer(basket, settled, policy, told)


def effects_of(combined: Combined, basket: Basket) -> dict[int, Effect]:
    """What each slot of the runs stands for: price books, items, orders."""
    effects: dict[int, Effect] = {}
    lots = combined.goods.lots
    for promotion_id, slot in book_slots(lots).items():
        mine = [lot for lot in lots if lot.book is not None and lot.book.promotion_id == promotion_id]
        book = mine[0].book
        if book is not None:
            effects[slot] = Effect(
                book, _code_of(book, basket), sum([lot.count for lot in mine]), _base(mine)
            )
    sums: dict[tuple[str, str], list[int]] = {}
    for application in combined.choice.applications:
        key = application.promotion.promotion_id, application.code
        mine_all = sums.setdefault(key, [0, 0])
        mine_all[0] += application.times
        mine_all[1] += sum([unit.price_minor for unit in application.units])
    for slot, application in enumerate(combined.slots):
        times, base = sums[application.promotion.promotion_id, application.code]
        effects[slot] = Effect(application.promotion, application.code, times, base)
    for slot, effect in enumerate(combined.effects, len(combined.slots)):
        effects[slot] = Effect(effect.right.promotion, effect.right.code, effect.times, effect.base_minor)
    return effects


def _base(lots: Sequence[Lot]) -> int:
    return sum([lot.line.unit_minor * lot.count for lot in lots])


def _code_of(promotion: Promotion, basket: Basket) -> str:
    opened = gate(promotion, basket) if promotion.needs.is_coupon else None
    return opened.code if isinstance(opened, Open) else ""


def _gifts(choice: ItemChoice, basket: Basket) -> tuple[Gift, ...]:
    """What is given free: goods of the basket that cost nothing any more, and goods the till is to give."""
    found: dict[tuple[str, str, bool, str], int] = {}
    of: dict[str, Promotion] = {}
    for application in choice.applications:
        kind = application.promotion.kind
        if isinstance(kind, Reward) and kind.off.ppm == PPM_OF_ALL:
            skus = {line.line_no: line.sku for line in basket.lines}
            for unit in application.units:
                if unit.role == "get":
                    key = (application.promotion.promotion_id, skus[unit.line_no], True, "")
                    found[key] = found.get(key, 0) + 1
                    of[key[0]] = application.promotion
    for gift in choice.gifts:
        for sku in _added(gift.promotion):
            key = (gift.promotion.promotion_id, sku, False, gift.code)
            found[key] = found.get(key, 0) + gift.quantity
            of[key[0]] = gift.promotion
    return tuple(
        Gift(*key[:2], quantity, *key[2:], version=of[key[0]].version, names=of[key[0]].names)
        for key, quantity in found.items()
    )


def _added(promotion: Promotion) -> Iterable[str]:
    """The first choice of what a gift adds."""
    return promotion.kind.adds[:1] if isinstance(promotion.kind, Reward) else ()
