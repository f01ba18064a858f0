"""What is given back for goods of a sale: known before it is done, and exact in every order of returns.

With "keep_shares" each unit gives back what it paid, fixed at the sale; with "reprice" it is what was paid
less the price of what remains, with the promotions as of the sale, at least 0. Points, coupons and gifts go
the same way. Only says what would be: nothing here books, prints or pays anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace

from posapp.domain.money import allocate, round_to_step
from posapp.domain.pricing.orders.points import earned_by_unit
from posapp.domain.pricing.terms.basket import Basket
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import Gift, PricedBasket, PricedLine
from posapp.values import dataclass

#: One piece of a sale: the number of its line, and which piece of the line it is, counted from 0.
UnitName = tuple[int, int]
#: (rate id, ppm, whether the price has it in it) -> (net, tax).
_Taxes = dict[tuple[str, int, bool], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class RefundedUnit:
    """A unit and what it gives back, with its tax; `discounts` are (place in the sale's, amount) given up."""

    line_no: int
    index: int
    amount_minor: int
    discounts: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class RefundedTax:
    """Tax of one rate that is given back."""

    rate_id: str
    ppm: int
    included: bool
    taxable_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class Refund:
    """What a return gives back: Σ units − kept for gifts + rounding = total.

    `points_back` are used points that come back, `points_taken` earned ones that go; `coupons_back` codes
    that no remaining unit has any use of. `gifts_due` have no right to stay: returned with the goods, or
    their declared value is in `kept_minor`.
    """

    how: str
    units: tuple[RefundedUnit, ...]
    taxes: tuple[RefundedTax, ...]
    amount_minor: int
    kept_minor: int
    rounding_minor: int
    total_minor: int
    points_back: int = 0
    points_taken: int = 0
    coupons_back: tuple[str, ...] = ()
    gifts_due: tuple[Gift, ...] = ()


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale as it was: basket, price and policy, and how a basket is priced as of then (for "reprice")."""

    basket: Basket
    priced: PricedBasket
    policy: Policy
    price_again: Callable[[Basket], PricedBasket] | None = None
    #: What a gift is worth where it stays with the shopper, by SKU.
    gift_values: Mapping[str, int] | None = None
    #: What was not paid in cash: it goes back first, and is not rounded.
    otherwise_minor: int = 0
    _shares: dict[UnitName, _UnitSum] = field(default_factory=dict, compare=False, repr=False)

    def shares(self) -> dict[UnitName, _UnitSum]:
        """Every unit's part of the sale; the same at each asking."""
        if not self._shares:
            self._shares.update(_unit_sums(self.priced, self.policy))
        return self._shares


@dataclass(frozen=True, slots=True)
class _Sums:
    """All that was given back up to some return."""

    amount: int = 0
    taxes: tuple[tuple[tuple[str, int, bool], tuple[int, int]], ...] = ()
    kept: int = 0


def next_units(
    priced: PricedBasket, quantities: Mapping[int, int], earlier: Iterable[UnitName] = ()
) -> tuple[UnitName, ...]:
    """The first units of each line that have not come back yet; raises ValueError where there are too few."""
    gone = set(earlier)
    found: list[UnitName] = []
    for line_no, quantity in quantities.items():
        line = next((line for line in priced.lines if line.line_no == line_no), None)
        free = [(line_no, n) for n in range(line.quantity if line else 0) if (line_no, n) not in gone]
        if not 0 < quantity <= len(free):
            raise ValueError(f"line {line_no} has {len(free)} pieces that can come back, not {quantity}")
        found += free[:quantity]
    return tuple(found)


def refund(
    sale: Sale,
    returned: Iterable[UnitName],
    *,
    earlier: Sequence[Iterable[UnitName]] = (),
    gifts_back: Mapping[str, int] | None = None,
    is_faulty: bool = False,
) -> Refund:
    """What these units give back after the earlier returns (in their order).

    Faulty goods always give back their shares. Raises ValueError where a unit is not of the sale or has come
    back before.
    """
    steps = [tuple(step) for step in (*earlier, tuple(returned))]
    _check(sale.priced, [unit for step in steps for unit in step])
    reprices = sale.policy.refund == "reprice" and not is_faulty
    if reprices and sale.price_again is None:
        raise ValueError("re-pricing what remains needs the promotions as of the sale")
    shares = sale.shares()
    gone: set[UnitName] = set()
    before = now = _Sums()
    due: tuple[Gift, ...] = ()
    for n, step in enumerate(steps, 2):
        gone.update(step)
        if n < len(steps) and not reprices:
            # Shares do not hang on what came before: of earlier returns only the sum counts.
            continue
        before = now
        now = _repriced(sale, gone, before) if reprices else _kept_shares(shares, gone)
        due = _gifts_due(sale, gone)
        now = replace(now, kept=_kept_back(sale, due, gifts_back or {}))
    return _result(
        sale, steps[-1], gone, (before, now), shares, due=due, how="reprice" if reprices else "keep_shares"
    )


def _check(priced: PricedBasket, units: Sequence[UnitName]) -> None:
    known = {(line.line_no, n) for line in priced.lines for n in range(line.quantity)}
    seen: set[UnitName] = set()
    for unit in units:
        if unit not in known:
            raise ValueError(f"line {unit[0]} has no piece {unit[1] + 1}")
        if unit in seen:
            raise ValueError(f"piece {unit[1] + 1} of line {unit[0]} has come back already")
        seen.add(unit)


# ------------------------------------------------------------------ shares fixed at the sale
@dataclass(frozen=True, slots=True)
class _UnitSum:
    """What one unit paid with its tax, what of it is tax, what each discount took, its points."""

    amount: int
    taxes: tuple[tuple[tuple[str, int, bool], int, int], ...]
    discounts: tuple[tuple[int, int], ...]
    paid: int


def _unit_sums(priced: PricedBasket, policy: Policy) -> dict[UnitName, _UnitSum]:
    """Every unit's part of the sale; tax of a line goes over its units by what it fell on."""
    of_line: dict[int, list[tuple[tuple[str, int, bool], int, int]]] = {}
    for sums in priced.taxes:
        for line_no, net, tax in sums.line_shares:
            of_line.setdefault(line_no, []).append(((sums.rate_id, sums.ppm, sums.included), net, tax))
    found: dict[UnitName, _UnitSum] = {}
    for line in priced.lines:
        paid = line.unit_shares
        # Tax of the list price has nothing to do with what a unit paid: only what it adds is paid besides.
        is_listed = policy.tax_base == "list" and line.quantity
        base = [line.list_minor // line.quantity] * line.quantity if is_listed else paid
        nets, by_rate = _unit_taxes(base, of_line.get(line.line_no, []))
        for n, discounts in enumerate(_unit_discounts(line)):
            own = tuple((key, nets[n], parts[n]) for key, parts in by_rate)
            amount = paid[n] - base[n] + nets[n] + sum(tax for _, _, tax in own)
            found[line.line_no, n] = _UnitSum(amount, own, discounts, paid[n])
    return _lifted(priced, found)


def _lifted(priced: PricedBasket, sums: dict[UnitName, _UnitSum]) -> dict[UnitName, _UnitSum]:
    """No unit gives back less than nothing, and all of them give back what was paid: others bear the rest."""
    taken_back = {line.line_no for line in priced.lines if line.list_minor < 0}
    names = [name for name in sums if name[0] not in taken_back]
    least = [max(0, sums[name].amount) for name in names]
    kept = sum(sums[name].amount for name in sums if name[0] in taken_back)
    rest = _exact(priced) - kept - sum(least)
    if sum(least) + rest >= 0:
        least = [each + part for each, part in zip(least, allocate(rest, least), strict=True)]
        sums |= {name: replace(sums[name], amount=each) for name, each in zip(names, least, strict=True)}
    return sums


def _unit_taxes(
    paid: Sequence[int], taxes: Sequence[tuple[tuple[str, int, bool], int, int]]
) -> tuple[Sequence[int], list[tuple[tuple[str, int, bool], Sequence[int]]]]:
    """The net of each unit, and by rate its tax; net and included taxes of a unit come to what it paid."""
    weights = [max(0, each) for each in paid]
    if not taxes:
        return paid, []
    net = taxes[0][1]
    if sum(paid) != net + sum(tax for (_, _, included), _, tax in taxes if included):
        # Taxes that round the net have moved the price: the units are the line's new sum.
        return allocate(net, weights), [(key, allocate(tax, weights)) for key, _, tax in taxes]
    # Net and tax shared out by themselves would each give the same unit its odd cent.
    left = list(paid)
    by_rate: list[tuple[tuple[str, int, bool], Sequence[int]]] = []
    for key, _, tax in taxes:
        parts = allocate(tax, [max(0, each) for each in left] if key[2] else weights)
        by_rate.append((key, parts))
        if key[2]:
            left = [each - part for each, part in zip(left, parts, strict=True)]
    return left, by_rate


def _unit_discounts(line: PricedLine) -> list[tuple[tuple[int, int], ...]]:
    return [run.shares for run in line.runs for _ in range(run.count)]


def _kept_shares(shares: Mapping[UnitName, _UnitSum], gone: set[UnitName]) -> _Sums:
    taxes: _Taxes = {}
    for unit in sorted(gone):
        for key, net, tax in shares[unit].taxes:
            before = taxes.get(key, (0, 0))
            taxes[key] = (before[0] + net, before[1] + tax)
    return _Sums(sum(shares[unit].amount for unit in gone), tuple(taxes.items()))


# ------------------------------------------------------------------ what remains, priced again
def remaining(basket: Basket, gone: Iterable[UnitName]) -> Basket:
    """The basket without units that came back."""
    away: dict[int, int] = {}
    for line_no, _ in gone:
        away[line_no] = away.get(line_no, 0) + 1
    lines = (replace(line, quantity=line.quantity - away.get(line.line_no, 0)) for line in basket.lines)
    return replace(basket, lines=tuple(line for line in lines if line.quantity))


def _exact(priced: PricedBasket) -> int:
    """The total before rounding of cash."""
    return priced.total_minor - priced.rounding_minor


def _repriced(sale: Sale, gone: set[UnitName], before: _Sums) -> _Sums:
    left = remaining(sale.basket, gone)
    again = sale.price_again(left) if left.lines and sale.price_again else None
    amount = _exact(sale.priced) - (_exact(again) if again else 0)
    if amount <= before.amount:
        return before
    taxes: _Taxes = {}
    for sums, sign in ((sale.priced.taxes, 1), (again.taxes if again else (), -1)):
        for each in sums:
            key = (each.rate_id, each.ppm, each.included)
            net, tax = taxes.get(key, (0, 0))
            taxes[key] = (net + sign * each.taxable_minor, tax + sign * each.tax_minor)
    return _Sums(amount, tuple(taxes.items()))


# ------------------------------------------------------------------ gifts, points, coupons
def _gifts_due(sale: Sale, gone: set[UnitName]) -> tuple[Gift, ...]:
    """Gifts beside the basket that what remains gives no right to; without promotions when all came back."""
    gifts = [gift for gift in sale.priced.gifts if not gift.in_basket]
    if not gifts:
        return ()
    left = remaining(sale.basket, gone)
    if not left.lines:
        return tuple(gifts)
    if sale.price_again is None:
        return ()
    still: dict[tuple[str, str], int] = {}
    for gift in sale.price_again(left).gifts:
        if not gift.in_basket:
            still[gift.promotion_id, gift.sku] = still.get((gift.promotion_id, gift.sku), 0) + gift.quantity
    due = [
        replace(gift, quantity=gift.quantity - still.get((gift.promotion_id, gift.sku), 0)) for gift in gifts
    ]
    return tuple(gift for gift in due if gift.quantity > 0)


def _kept_back(sale: Sale, due: Sequence[Gift], gifts_back: Mapping[str, int]) -> int:
    """The declared values of gifts that are due and were not brought back."""
    values, back, kept = sale.gift_values or {}, dict(gifts_back), 0
    for gift in due:
        brought = min(gift.quantity, back.get(gift.sku, 0))
        back[gift.sku] = back.get(gift.sku, 0) - brought
        kept += (gift.quantity - brought) * values.get(gift.sku, 0)
    return kept


def points_by_unit(priced: PricedBasket) -> dict[UnitName, tuple[int, int]]:
    """Points (used, earned) that belong to each unit of a sale; all of them together are the sale's own.

    A return gives those back and takes these, in whatever order and split it comes; it hangs on nothing but
    what units paid, so that till and hub agree without asking.
    """
    fallen = {
        (line.line_no, n): dict(parts)
        for line in priced.lines
        for n, parts in enumerate(_unit_discounts(line))
    }
    names = list(fallen)
    if not names:
        return {}
    used = dict.fromkeys(names, 0)

    def add(points: int, weights: Sequence[int]) -> None:
        for name, part in zip(names, allocate(points, weights), strict=True):
            used[name] += part

    costs = priced.points_used
    for place, discount in enumerate(priced.discounts):
        points = discount.points + discount.cost_points
        if points:
            add(points, [fallen[name].get(place, 0) for name in names])
            costs -= points
    # What gifts cost that lie in no line goes with the units that were made cheaper.
    if costs:
        add(costs, [sum(fallen[name].values()) for name in names])
    earned = earned_by_unit(priced.lines, priced.points_earned, priced.silent)
    return {name: (used[name], earned[name]) for name in names}


def _coupons(
    priced: PricedBasket, shares: Mapping[UnitName, _UnitSum], gone: set[UnitName], step: Sequence[UnitName]
) -> tuple[str, ...]:
    """Codes whose last unit comes back with this return."""
    # One code may have opened several promotions: it comes back with the last unit of all of them.
    of_code: dict[str, set[UnitName]] = {}
    for place, discount in enumerate(priced.discounts):
        if discount.code:
            of_it = {unit for unit, sums in shares.items() if dict(sums.discounts).get(place)}
            of_code.setdefault(discount.code, set()).update(of_it)
    # One that only gave a gift has no units: it comes back when nothing is left of the sale.
    given = {gift.code for gift in priced.gifts if gift.code} - of_code.keys()
    of_code |= {code: set(shares) for code in given}
    return tuple(sorted(code for code, units in of_code.items() if units <= gone and units & set(step)))


def _result(
    sale: Sale,
    step: Sequence[UnitName],
    gone: set[UnitName],
    sums: tuple[_Sums, _Sums],
    shares: Mapping[UnitName, _UnitSum],
    *,
    due: tuple[Gift, ...],
    how: str,
) -> Refund:
    before, now = sums
    amount = now.amount - before.amount
    kept = max(0, min(now.kept - before.kept, amount))
    policy = sale.policy

    def paid_out(minor: int) -> int:
        otherwise = min(minor, sale.otherwise_minor)
        return otherwise + round_to_step(minor - otherwise, policy.cash_step_minor, policy.cash_mode)

    # Rounded over all returns so far, so that the last one brings the sum to what was paid.
    total = paid_out(now.amount - now.kept) - paid_out(before.amount - before.kept)
    total = max(0, total)
    wanted = [shares[unit].amount for unit in step]
    parts = wanted if how == "keep_shares" else allocate(amount, [max(0, each) for each in wanted])
    earlier = dict(before.taxes)
    taxes = []
    for (rate_id, ppm, included), (net, tax) in now.taxes:
        old = earlier.get((rate_id, ppm, included), (0, 0))
        if (net, tax) != old:
            taxes.append(RefundedTax(rate_id, ppm, included, net - old[0], tax - old[1]))
    points = points_by_unit(sale.priced) if sale.priced.points_used or sale.priced.points_earned else {}
    return Refund(
        how,
        tuple(
            RefundedUnit(line_no, n, part, shares[line_no, n].discounts)
            for (line_no, n), part in zip(step, parts, strict=True)
        ),
        tuple(taxes),
        amount,
        kept,
        total - (amount - kept),
        total,
        sum(points[unit][0] for unit in step if points),
        sum(points[unit][1] for unit in step if points),
        _coupons(sale.priced, shares, gone, step),
        due,
    )
