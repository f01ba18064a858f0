"""What was not used and why, and what one more piece would bring: told on request, never on a scan.

Both come from the engine itself: a promotion that lost is priced by itself, and a next step is only told
after the changed basket was priced. Promotions of other times, stores and channels are no loss and left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from posapp.domain.pricing.answers.beside import Beside
from posapp.domain.pricing.answers.engine import PriceCache, Promotions, goods_of, indexed
from posapp.domain.pricing.answers.next_steps import MoreGoods, next_steps, no_more
from posapp.domain.pricing.goods.gates import Closed
from posapp.domain.pricing.goods.missing import missing_of
from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.terms.alone import are_fellows
from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import Lost, PricedBasket
from posapp.domain.pricing.terms.promotion import Needs, PriceBook, Promotion, Who

#: So many coupons that nobody showed are told at most, in the order of promotions.
_UNSHOWN_MAX = 50
#: Closed for these reasons a promotion is not of now and here.
_NOT_HERE = frozenset({"disabled", "time", "store", "region", "channel", "currency"})


def explained(
    basket: Basket,
    promotions: Promotions,
    policy: Policy,
    priced: PricedBasket,
    *,
    cache: PriceCache | None = None,
    goods: MoreGoods = no_more,
    lost_on: Sequence[BasketLine] | None = None,
) -> PricedBasket:
    """The answer with what was lost and the next steps; `goods` finds more that might be added of a set.

    With `lost_on` only promotions that have one of these lines are looked at for what was lost.
    """
    index = indexed(promotions)
    case = Beside(basket, index.touching(basket), policy, priced, cache or PriceCache())
    # Coupons are told when their goods are there, however the index comes to know them.
    unshown = index.unshown(basket, _UNSHOWN_MAX)
    return replace(priced, lost=_lost(case, unshown, lost_on), next_steps=next_steps(case, index, goods))


# ------------------------------------------------------------------ lost
def _lost(case: Beside, unshown: Sequence[Promotion], on: Sequence[BasketLine] | None) -> tuple[Lost, ...]:
    used = {each.promotion_id for each in case.priced.discounts}
    used |= {gift.promotion_id for gift in case.priced.gifts}
    found = []
    for promotion in (*case.promotions, *unshown):
        if promotion.layer == "points" or promotion.promotion_id in used:
            continue
        if on is not None and not any(_has(promotion, line) for line in on):
            continue
        lost = _why(case, promotion, used)
        if lost is not None:
            found.append(lost)
    return tuple(sorted(found, key=lambda each: (-each.would_give_minor, each.promotion_id)))


def _why(case: Beside, promotion: Promotion, used: set[str]) -> Lost | None:
    opened = case.opened(promotion)
    if isinstance(opened, Closed):
        if opened.reason in _NOT_HERE:
            return None
        free = replace(promotion, needs=Needs(), who=Who())
        return Lost(
            promotion.promotion_id, promotion.names, opened.reason, _alone(case, free),
            opened.missing_minor, opened.missing_qty,
        )  # fmt: skip
    gives = _alone(case, promotion)
    if gives <= 0:
        return _gives_nothing(case, promotion)
    reason, by = _beaten_by(case, promotion, used)
    return Lost(promotion.promotion_id, promotion.names, reason, gives, by=tuple(sorted(by)))


def _alone(case: Beside, promotion: Promotion) -> int:
    """What it takes off by itself: a price book from the list, others from the prices after the books."""
    books = () if promotion.layer == "price" else case.books
    before = case.discounts(case.basket, books).discount_minor
    return case.discounts(case.basket, (*books, promotion)).discount_minor - before


def _gives_nothing(case: Beside, promotion: Promotion) -> Lost:
    lines = [line for line in case.basket.lines if _has(promotion, line)]
    if lines and all(line.is_locked for line in lines):
        return Lost(promotion.promotion_id, promotion.names, "locked")
    missing = next(iter(missing_of(promotion, case.basket, case.amounts())), None)
    if missing is None:
        return Lost(promotion.promotion_id, promotion.names, "saves_nothing")
    return Lost(
        promotion.promotion_id, promotion.names, "condition",
        missing_minor=missing.minor, missing_qty=missing.pieces,
    )  # fmt: skip


def _beaten_by(case: Beside, promotion: Promotion, used: set[str]) -> tuple[str, set[str]]:
    by_id = {each.promotion_id: each for each in case.promotions}
    rest = {n for n in used if n in by_id and by_id[n].layer != "points"}
    group = promotion.stack.group
    rivals = {n for n in rest if group and by_id[n].stack.group == group}
    if rivals:
        return "group", rivals
    lonely = {n for n in rest if by_id[n].stack.alone}
    if not any(are_fellows(promotion.stack, by_id[n].stack) for n in lonely):
        if lonely:
            return "alone", lonely
        if promotion.stack.alone:
            return "alone", rest
    mine = {line.line_no for line in case.basket.lines if _has(promotion, line)}
    took = {
        each.promotion_id
        for each in case.priced.discounts
        if each.layer == promotion.layer and mine.intersection(no for no, _ in each.lines)
    }
    return "beaten", took


def _has(promotion: Promotion, line: BasketLine) -> bool:
    kind = promotion.kind
    if isinstance(kind, PriceBook) and kind.off is None and line.sku not in kind.prices:
        return False
    return any(holds(goods, line) for goods in goods_of(promotion))
