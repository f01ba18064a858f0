"""A CASE priced by the engine: the one way for the command, the hub's page and the tests of published cases.

Also a return out of it: pieces by SKU or line, one return after the other. Reads no file and prints nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from posapp.domain.money import round_to_step
from posapp.domain.pricing.answers.engine import PriceCache, price
from posapp.domain.pricing.answers.explaining import explained
from posapp.domain.pricing.answers.refunds import Refund, Sale, UnitName, next_units, refund
from posapp.domain.pricing.cases.reading import BadCase, Case
from posapp.domain.pricing.terms.basket import Basket
from posapp.domain.pricing.terms.priced import PricedBasket


def price_case(case: Case) -> PricedBasket:
    """The priced basket of a case, with what lost and the next steps."""
    cache = PriceCache()
    priced = price(case.basket, case.promotions, case.policy, cache)
    priced = explained(
        case.basket, case.promotions, case.policy, priced, cache=cache, goods=lambda _set: case.shelf
    )
    # What is paid otherwise than in cash is not rounded.
    otherwise = _not_in_cash(case, priced)
    return _partly_in_cash(case, priced, otherwise) if otherwise else priced


def _not_in_cash(case: Case, priced: PricedBasket) -> int:
    """What is paid by other means, gift cards included."""
    return case.paid_otherwise_minor + sum(amount for _, amount in paid_by_cards(case, priced))


def paid_by_cards(case: Case, priced: PricedBasket) -> tuple[tuple[str, int], ...]:
    """What each gift card pays, in the order in which they are shown, until nothing is due."""
    left = max(0, priced.total_minor - priced.rounding_minor)
    paid = []
    for code, balance in case.gift_cards:
        amount = min(balance, left)
        left -= amount
        paid.append((code, amount))
    return tuple(paid)


def _partly_in_cash(case: Case, priced: PricedBasket, otherwise: int) -> PricedBasket:
    exact = priced.total_minor - priced.rounding_minor
    in_cash = exact - otherwise
    rounded = round_to_step(in_cash, case.policy.cash_step_minor, case.policy.cash_mode)
    return replace(priced, rounding_minor=rounded - in_cash, total_minor=exact + rounded - in_cash)


def _price(case: Case, basket: Basket) -> PricedBasket:
    return price(basket, case.promotions, case.policy)


def sale_of(case: Case, priced: PricedBasket) -> Sale:
    """The sale that a return is made of."""
    return Sale(
        case.basket,
        priced,
        case.policy,
        lambda basket: _price(case, basket),
        gift_values=case.gift_values,
        otherwise_minor=_not_in_cash(case, priced),
    )


def refund_of(case: Case, priced: PricedBasket, returns: Any) -> Refund:
    """The last of these returns; raises `BadCase` with a sentence where one cannot be.

    `returns` is a list of {"SKU" or line number: pieces}, or a table with "returns" and besides "gifts_back"
    ({SKU: pieces}) and "faulty".
    """
    table: Mapping[str, Any] = returns if isinstance(returns, Mapping) else {"returns": returns}
    unknown = sorted(set(table) - {"returns", "gifts_back", "faulty"})
    if unknown:
        own = 'returns, gifts_back, faulty; one return alone is written [{"4711": 1}]'
        raise BadCase(f"{unknown[0]} is not known; what may stand here: {own}.")
    steps = table.get("returns")
    if not isinstance(steps, Sequence) or isinstance(steps, str) or not steps:
        raise BadCase('returns: must be a list of returns such as [{"4711": 1}].')
    gone: list[UnitName] = []
    named: list[tuple[UnitName, ...]] = []
    for number, step in enumerate(steps):
        units = _units(case, priced, step, gone, f"returns[{number}]")
        named.append(units)
        gone += units
    gifts = table.get("gifts_back", {})
    if not isinstance(gifts, Mapping) or not all(_is_count(count) for count in gifts.values()):
        raise BadCase('gifts_back: must be pieces by SKU, such as {"4711": 1}.')
    is_faulty = table.get("faulty", False)
    if not isinstance(is_faulty, bool):
        raise BadCase("faulty: must be true or false, without quotes.")
    return refund(sale_of(case, priced), named[-1], earlier=named[:-1], gifts_back=gifts, is_faulty=is_faulty)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _units(
    case: Case, priced: PricedBasket, step: Any, gone: Iterable[UnitName], path: str
) -> tuple[UnitName, ...]:
    if not isinstance(step, Mapping) or not step:
        raise BadCase(f'{path}: must be pieces by SKU, such as {{"4711": 1}}.')
    away = list(gone)
    found: list[UnitName] = []
    for name, count in step.items():
        if not _is_count(count):
            raise BadCase(f'{path}.{name}: must be pieces by SKU, a whole number above 0: {{"4711": 1}}.')
        lines = [line for line in case.basket.lines if line.sku == name]
        lines = lines or [line for line in case.basket.lines if f"#{line.line_no}" == name]
        if not lines:
            raise BadCase(f'{path}.{name}: no line of the basket has it; write a SKU, or "#2" for line 2.')
        if all(line.amount_minor < 0 for line in lines):
            raise BadCase(f"{path}.{name}: was taken back in this sale itself; it cannot come back again.")
        wanted = count
        for line in lines:
            if line.amount_minor < 0:
                continue
            taken = sum(1 for line_no, _ in (*away, *found) if line_no == line.line_no)
            here = min(wanted, line.quantity - taken)
            if here:
                found += next_units(priced, {line.line_no: here}, (*away, *found))
                wanted -= here
        if wanted:
            raise BadCase(f"{path}.{name}: only {count - wanted} can come back, not {count}.")
    return tuple(found)
