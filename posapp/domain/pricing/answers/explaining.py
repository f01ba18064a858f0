"""What was not used and why, and what one more piece would bring: told on request, never on a scan.

Both come from the engine itself: a promotion that lost is priced by itself, and a next step is only told
after the changed basket was priced. Promotions of other times, stores and channels are no loss and left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from posapp.domain.pricing.answers.engine import PriceCache, Promotions, goods_of, price_among, touching
from posapp.domain.pricing.goods.gates import Closed, Open, gate, unmet
from posapp.domain.pricing.goods.missing import Missing, missing_of
from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import Lost, NextStep, PricedBasket
from posapp.domain.pricing.terms.promotion import Needs, PriceBook, Promotion, Who
from posapp.values import dataclass

#: Closed for these reasons a promotion is not of now and here.
_NOT_HERE = frozenset({"disabled", "time", "store", "region", "channel", "currency"})
#: Baskets that are priced at most while next steps are looked for, and steps that are told.
_PROBES_MAX = 24
_STEPS_MAX = 3
#: More pieces than this are no next step.
_PIECES_MAX = 3


@dataclass(frozen=True, slots=True)
class _Case:
    """One basket, its answer, and how others are priced beside it."""

    basket: Basket
    promotions: tuple[Promotion, ...]
    policy: Policy
    priced: PricedBasket
    cache: PriceCache

    @property
    def books(self) -> tuple[Promotion, ...]:
        return tuple(each for each in self.promotions if each.layer == "price")

    def discounts(self, basket: Basket, promotions: Iterable[Promotion]) -> PricedBasket:
        """Priced without points: those are the shopper's own money."""
        without = replace(basket, points_wanted=0)
        return price_among(without, tuple(promotions), replace(self.policy, cash_step_minor=1), self.cache)


def explained(
    basket: Basket,
    promotions: Promotions,
    policy: Policy,
    priced: PricedBasket,
    *,
    cache: PriceCache | None = None,
    goods: Sequence[BasketLine] = (),
    lost_on: Sequence[BasketLine] | None = None,
) -> PricedBasket:
    """The answer with what was lost and the next steps; `goods` are further ones that might be added.

    With `lost_on` only promotions that have one of these lines are looked at for what was lost.
    """
    case = _Case(basket, touching(basket, promotions), policy, priced, cache or PriceCache())
    return replace(priced, lost=_lost(case, lost_on), next_steps=_next_steps(case, goods, promotions))


# ------------------------------------------------------------------ lost
def _lost(case: _Case, on: Sequence[BasketLine] | None) -> tuple[Lost, ...]:
    used = {each.promotion_id for each in case.priced.discounts}
    used |= {gift.promotion_id for gift in case.priced.gifts}
    found = []
    for promotion in case.promotions:
        if promotion.layer == "points" or promotion.promotion_id in used:
            continue
        if on is not None and not any(_has(promotion, line) for line in on):
            continue
        lost = _why(case, promotion, used)
        if lost is not None:
            found.append(lost)
    return tuple(sorted(found, key=lambda each: (-each.would_give_minor, each.promotion_id)))


def _why(case: _Case, promotion: Promotion, used: set[str]) -> Lost | None:
    opened = _opened(case, promotion)
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


def _opened(case: _Case, promotion: Promotion) -> Open | Closed:
    """The gate, with the conditions that are judged after items too."""
    opened = gate(promotion, case.basket)
    if isinstance(opened, Closed) or promotion.needs.judged_on != "after_items":
        return opened
    return unmet(promotion.needs, case.basket.lines, _amounts(case)(promotion)) or opened


def _alone(case: _Case, promotion: Promotion) -> int:
    """What it takes off by itself: a price book from the list, others from the prices after the books."""
    books = () if promotion.layer == "price" else case.books
    before = case.discounts(case.basket, books).discount_minor
    return case.discounts(case.basket, (*books, promotion)).discount_minor - before


def _gives_nothing(case: _Case, promotion: Promotion) -> Lost:
    lines = [line for line in case.basket.lines if _has(promotion, line)]
    if lines and all(line.is_locked for line in lines):
        return Lost(promotion.promotion_id, promotion.names, "locked")
    missing = next(iter(missing_of(promotion, case.basket, _amounts(case))), None)
    if missing is None:
        return Lost(promotion.promotion_id, promotion.names, "saves_nothing")
    return Lost(
        promotion.promotion_id, promotion.names, "condition",
        missing_minor=missing.minor, missing_qty=missing.pieces,
    )  # fmt: skip


def _beaten_by(case: _Case, promotion: Promotion, used: set[str]) -> tuple[str, set[str]]:
    by_id = {each.promotion_id: each for each in case.promotions}
    rest = {n for n in used if n in by_id and by_id[n].layer != "points"}
    group = promotion.stack.group
    rivals = {n for n in rest if group and by_id[n].stack.group == group}
    if rivals:
        return "group", rivals
    lonely = {n for n in rest if by_id[n].stack.alone}
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


def _amounts(case: _Case) -> Callable[[Promotion], list[int]]:
    """What the lines come to as a promotion judges them: after the books, or after the items besides."""
    after_books = _after(case, ("price",))
    after_items = _after(case, ("price", "item"))
    return lambda promotion: after_items if promotion.needs.judged_on == "after_items" else after_books


def _after(case: _Case, layers: Sequence[str]) -> list[int]:
    off: dict[int, int] = {}
    for discount in case.priced.discounts:
        if discount.layer in layers:
            for line_no, part in discount.lines:
                off[line_no] = off.get(line_no, 0) + part
    return [line.amount_minor - off.get(line.line_no, 0) for line in case.basket.lines]


# ------------------------------------------------------------------ next steps
def _next_steps(case: _Case, goods: Sequence[BasketLine], promotions: Promotions) -> tuple[NextStep, ...]:
    """What is missing to a promotion's next step, tried on the basket; the best few."""
    now = case.discounts(case.basket, case.promotions)
    gives_now = {each.promotion_id: each.amount_minor for each in now.discounts}
    found: list[NextStep] = []
    probes = 0
    amounts = _amounts(case)
    for promotion in case.promotions:
        opened = _opened(case, promotion)
        if isinstance(opened, Closed) and opened.reason != "condition":
            continue
        for missing in missing_of(promotion, case.basket, amounts, opened):
            if missing.pieces > _PIECES_MAX or probes >= _PROBES_MAX:
                continue
            changed = _changed(case.basket, missing, goods)
            if changed is None:
                continue
            probes += 1
            basket, skus = changed
            then = case.discounts(basket, touching(basket, promotions))
            gives = next(
                (d.amount_minor for d in then.discounts if d.promotion_id == promotion.promotion_id), 0
            )
            saves = then.discount_minor - now.discount_minor
            if saves > 0 and gives > gives_now.get(promotion.promotion_id, 0):
                found.append(
                    NextStep(
                        promotion.promotion_id, promotion.names, saves, missing.pieces, missing.minor, skus
                    )
                )
    found.sort(key=lambda step: (-step.saves_minor, step.add_qty, step.add_minor, step.promotion_id))
    return tuple(found[:_STEPS_MAX])


def _changed(
    basket: Basket, missing: Missing, goods: Sequence[BasketLine]
) -> tuple[Basket, tuple[str, ...]] | None:
    """The basket with what is missing, and the SKUs that would do; None where none is known."""
    here = [line for line in basket.lines if not line.is_locked and holds(missing.of, line)]
    known = {line.sku for line in here}
    more = [line for line in goods if line.sku not in known and holds(missing.of, line)]
    fitting = [line for line in (*here, *more) if not line.is_weighed]
    if missing.minor:
        like = here or more
        if not like:
            return None
        # Goods for the amount that is missing, as like the others as can be: the set must hold them.
        number = max((line.line_no for line in basket.lines), default=0) + 1
        probe = replace(like[0], line_no=number, sku="", quantity=1, unit_minor=missing.minor, floor_minor=0)
        if not holds(missing.of, probe):
            probe = replace(probe, sku=like[0].sku)
        return replace(basket, lines=(*basket.lines, probe)), tuple(line.sku for line in fitting)
    if not fitting:
        return None
    cheapest = min(fitting, key=lambda line: (line.unit_minor, line.line_no))
    if cheapest in here:
        lines = tuple(
            replace(line, quantity=line.quantity + missing.pieces) if line is cheapest else line
            for line in basket.lines
        )
    else:
        number = max((line.line_no for line in basket.lines), default=0) + 1
        lines = (*basket.lines, replace(cheapest, line_no=number, quantity=missing.pieces))
    return replace(basket, lines=lines), tuple(line.sku for line in fitting)
