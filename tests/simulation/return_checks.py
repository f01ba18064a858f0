"""What must hold of the returns of a cart: all of it comes back, never more, in every order and split.

Under "keep_shares" each unit gives its own, whatever came before; under "reprice" what was paid less the
price of what remains, never less than before. Each check yields sentences, none where all is well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from random import Random
from typing import Final

from posapp.domain.money import round_to_step
from posapp.domain.pricing.answers.refunds import Refund, Sale, UnitName, refund
from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.priced import PricedBasket
from tests.simulation.cart_drawings import Cart

#: Carts of more units are returned in some splits only.
EVERY_ORDER_MAX: Final = 6


def returns(
    cart: Cart, priced: PricedBasket, price_again: Callable[[Basket], PricedBasket], dice: Random,
    *, every_subset: bool,
) -> Iterator[str]:  # fmt: skip
    """All comes back in some order and split; and, where asked for, after every subset any one unit."""
    known: dict[tuple[tuple[int, int], ...], PricedBasket] = {}

    def again(basket: Basket) -> PricedBasket:
        left = tuple((line.line_no, line.quantity) for line in basket.lines)
        if left not in known:
            known[left] = price_again(basket)
        return known[left]

    sale = Sale(cart.basket, priced, cart.policy, again)
    units = [(each.line_no, n) for each in priced.lines for n in range(each.quantity)]
    alone: dict[UnitName, int] = {}
    if cart.policy.refund == "keep_shares":
        alone = {unit: refund(sale, [unit]).amount_minor for unit in units}
    for _ in range(2):
        dice.shuffle(units)
        ends = sorted({*(n for n in range(1, len(units)) if dice.random() < 0.5), len(units)})
        steps = [units[first:end] for first, end in zip([0, *ends[:-1]], ends, strict=True)]
        given = [refund(sale, step, earlier=steps[:n]) for n, step in enumerate(steps)]
        yield from _all_back(priced, given)
        yield from _each_as_promised(priced, sale, steps, given, alone)
    if every_subset and len(units) <= EVERY_ORDER_MAX:
        by_order = _lattice if cart.policy.refund == "keep_shares" else _every_order
        yield from by_order(sale, sorted(units))


def _all_back(priced: PricedBasket, given: Sequence[Refund]) -> Iterator[str]:
    if any(each.total_minor < 0 or each.points_back < 0 or each.points_taken < 0 for each in given):
        yield "a return that costs money or points"
    if sum(each.total_minor for each in given) != priced.total_minor:
        yield f"gives back {sum(each.total_minor for each in given)} of {priced.total_minor}"
    if sum(each.points_back for each in given) != priced.points_used:
        yield "not the points that were used"
    if sum(each.points_taken for each in given) != priced.points_earned:
        yield "not the points that were earned"
    back: Counter[tuple[str, int, bool, str]] = Counter()
    for each in given:
        for tax in each.taxes:
            back[tax.rate_id, tax.ppm, tax.included, "net"] += tax.taxable_minor
            back[tax.rate_id, tax.ppm, tax.included, "tax"] += tax.tax_minor
    for tax in priced.taxes:
        back[tax.rate_id, tax.ppm, tax.included, "net"] -= tax.taxable_minor
        back[tax.rate_id, tax.ppm, tax.included, "tax"] -= tax.tax_minor
    if any(back.values()):
        yield f"not the tax of each rate: {dict(back)}"
    if max(accumulate(each.amount_minor for each in given)) > priced.total_minor - priced.rounding_minor:
        yield "more than was paid, for a while"
    codes = sorted(code for each in given for code in each.coupons_back)
    if codes != sorted({each.code for each in priced.discounts if each.code}):
        yield "not each coupon once"
    for each in given:
        if sum(unit.amount_minor for unit in each.units) != each.amount_minor:
            yield "units are not the return"
        if each.amount_minor - each.kept_minor + each.rounding_minor != each.total_minor:
            yield "amount and rounding are not the return"


def _each_as_promised(
    priced: PricedBasket,
    sale: Sale,
    steps: Sequence[Sequence[UnitName]],
    given: Sequence[Refund],
    alone: Mapping[UnitName, int],
) -> Iterator[str]:
    """Shares kept: each its own, whatever came before. Priced again: paid less the price of what remains."""
    policy = sale.policy

    def in_cash(minor: int) -> int:
        return round_to_step(minor, policy.cash_step_minor, policy.cash_mode)

    exact = priced.total_minor - priced.rounding_minor
    if policy.refund == "keep_shares":
        back = [sum(alone[unit] for unit in step) for step in steps]
        so_far = list(accumulate(back))
    else:
        so_far = []
        for n in range(1, len(steps) + 1):
            gone = [unit for step in steps[:n] for unit in step]
            left = _without(sale.basket, gone)
            again = sale.price_again(left) if left.lines and sale.price_again else None
            worth = exact - (again.total_minor - again.rounding_minor if again else 0)
            so_far.append(max(worth, so_far[-1] if so_far else 0))
    want = [now - before for before, now in zip([0, *so_far[:-1]], so_far, strict=True)]
    if [each.amount_minor for each in given] != want:
        yield f"{policy.refund}: gives {[each.amount_minor for each in given]}, promised {want}"
    sums_in_cash = [in_cash(minor) for minor in so_far]
    if list(accumulate(each.total_minor for each in given)) != sums_in_cash and sums_in_cash == sorted(
        sums_in_cash
    ):
        yield "cash that goes back is not rounded over all returns"


def _without(basket: Basket, gone: Sequence[UnitName]) -> Basket:
    lines: list[BasketLine] = []
    for line in basket.lines:
        left = line.quantity - sum(line_no == line.line_no for line_no, _ in gone)
        lines += [replace(line, quantity=left)] if left else []
    return replace(basket, lines=tuple(lines))


def _lattice(sale: Sale, units: Sequence[UnitName]) -> Iterator[str]:
    """Every subset at once, and every next unit after every subset: so every order there is."""
    whole: dict[int, int] = {0: 0}
    for mask in range(1, 2 ** len(units)):
        whole[mask] = refund(sale, [unit for n, unit in enumerate(units) if mask >> n & 1]).total_minor
    for mask, before in whole.items():
        gone = [unit for n, unit in enumerate(units) if mask >> n & 1]
        for n, unit in enumerate(units):
            if mask >> n & 1:
                continue
            one = refund(sale, [unit], earlier=[gone] if gone else [])
            if before + one.total_minor != whole[mask | 1 << n]:
                yield f"{unit} after {gone} gives {one.total_minor}"


def _every_order(sale: Sale, units: Sequence[UnitName]) -> Iterator[str]:
    """Unit by unit in every order: never below nothing, never more than was paid, all of it in the end.

    What is still to come hangs on which units are gone and on how much was given for them, not on the way
    there: of ways that agree in these one is walked. What remains has no names for the pieces of a line:
    the first that is left goes first.
    """
    exact = sale.priced.total_minor - sale.priced.rounding_minor
    ways: dict[tuple[frozenset[UnitName], int, int], list[UnitName]] = {(frozenset(), 0, 0): []}
    while ways:
        (gone, given, in_cash), way = ways.popitem()
        if len(gone) == len(units):
            if given != exact or in_cash != sale.priced.total_minor:
                yield f"{way} gives {given} of {exact}, in cash {in_cash}"
            continue
        first = {line_no: (line_no, n) for line_no, n in reversed(units) if (line_no, n) not in gone}
        for unit in first.values():
            one = refund(sale, [unit], earlier=[[each] for each in way])
            now = given + one.amount_minor
            if one.amount_minor < 0 or one.total_minor < 0 or now > exact:
                yield f"{unit} after {way} gives {one.amount_minor}: {now} of {exact}"
            ways.setdefault((gone | {unit}, now, in_cash + one.total_minor), [*way, unit])
