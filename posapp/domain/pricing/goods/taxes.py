"""Tax of goods: included in prices or added to them, several rates, compound, fixed by the piece.

All is exact in integers up to the one rounding that the policy names, and what is rounded is shared out again
to the lines, so that net + tax is the price on every line and the lines add up to the document in every mode.
Knows no promotion: it is given what is paid for each line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import lcm

from posapp.domain.money import Mode, round_div
from posapp.domain.pricing.goods.tax_shares import Share, shares_of, spent_taxes
from posapp.domain.pricing.terms.basket import PPM_OF_ALL, Basket, LineTax
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import PricedLine, TaxSum
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class TaxedLine:
    """What tax falls on: an amount for so many pieces; `units` are (pieces, amount of each) where known."""

    line_no: int
    amount_minor: int
    taxes: tuple[LineTax, ...]
    quantity: int = 1
    units: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TaxSums:
    """Tax by rate in the order in which the lines name them, and what it adds to the price of the goods.

    `added_minor` is the added taxes and, with "net_total", what the document's rounding moves the price by.
    """

    sums: tuple[TaxSum, ...]
    added_minor: int


_NO_TAX = TaxSums((), 0)
#: A rate, and where it falls: (place of the line, place of the tax on it).
_Rate = tuple[tuple[str, int, bool], tuple[tuple[int, int], ...]]


@lru_cache(maxsize=256)
def _layout(
    taxes: tuple[tuple[LineTax, ...], ...],
) -> tuple[tuple[tuple[Share, ...], ...], tuple[_Rate, ...]]:
    """The shares of each line, and the rates in the order in which the lines name them.

    A basket has the same layout from scan to scan but for the line that was added.
    """
    rates: dict[tuple[str, int, bool], list[tuple[int, int]]] = {}
    for at, of_line in enumerate(taxes):
        for nth, tax in enumerate(of_line):
            rates.setdefault((tax.rate_id, tax.ppm, tax.included), []).append((at, nth))
    return tuple(shares_of(of_line) for of_line in taxes), tuple((key, tuple(p)) for key, p in rates.items())


def net_of(amount_minor: int, taxes: tuple[LineTax, ...], quantity: int = 1) -> tuple[int, int]:
    """An amount without the taxes that it has in it, exactly: (above, below) of a fraction."""
    shares = shares_of(taxes)
    divisor = shares[0].divisor if shares else 1
    return amount_minor * divisor - _in_price(TaxedLine(0, amount_minor, taxes, quantity)), divisor


def with_taxes(
    amount_minor: int, taxes: tuple[LineTax, ...], mode: Mode, pieces: int = 1
) -> tuple[int, tuple[LineTax, ...]]:
    """The price of so many pieces with all of its taxes in it, and these as included ones."""
    divisor = shares_of(taxes)[0].divisor if taxes else 1
    added = sum(
        share.numerator(amount_minor, pieces)
        for share, tax in zip(shares_of(taxes), taxes, strict=True)
        if not tax.included
    )
    return amount_minor + round_div(added, divisor, mode), tuple(replace(tax, included=True) for tax in taxes)


def taxed_weight(amount_minor: int, taxes: tuple[LineTax, ...]) -> int:
    """What an amount comes to with all of its rates, finely enough to share something out by it."""
    rates = tuple(replace(tax, per_unit_minor=0) for tax in taxes)
    return with_taxes(amount_minor * PPM_OF_ALL, rates, "half_up")[0]


def with_rounding(sums: TaxSums, minor: int) -> TaxSums:
    """The sums where the largest tax carries an amount that was rounded; as they are where there is none."""
    if not minor or not sums.sums:
        return sums
    place = max(range(len(sums.sums)), key=lambda n: (abs(sums.sums[n].tax_minor), -n))
    tax = sums.sums[place]
    at = max(range(len(tax.line_shares)), key=lambda n: (abs(tax.line_shares[n][2]), -n))
    line_no, net, own = tax.line_shares[at]
    shares = (*tax.line_shares[:at], (line_no, net, own + minor), *tax.line_shares[at + 1 :])
    changed = replace(tax, tax_minor=tax.tax_minor + minor, line_shares=shares)
    return TaxSums((*sums.sums[:place], changed, *sums.sums[place + 1 :]), sums.added_minor + minor)


def taxed_lines(basket: Basket, lines: Sequence[PricedLine], policy: Policy) -> tuple[TaxedLine, ...]:
    """What tax falls on in a priced basket: what is paid or, where the policy says so, the list amount.

    The units are told where taxes are rounded on them.
    """
    of_basket = {line.line_no: line for line in basket.lines}
    if policy.tax_base == "list":
        return tuple(
            TaxedLine(
                line.line_no,
                line.list_minor,
                of_basket[line.line_no].taxes,
                line.quantity,
                ((line.quantity, of_basket[line.line_no].unit_minor),),
            )
            for line in lines
        )
    by_unit = policy.tax_rounding == "unit"
    return tuple(
        [
            TaxedLine(
                line.line_no,
                line.paid_minor,
                of_basket[line.line_no].taxes,
                line.quantity,
                tuple([(run.count, run.paid_minor) for run in line.runs]) if by_unit else (),
            )
            for line in lines
        ]
    )


def tax_sums(lines: Sequence[TaxedLine], policy: Policy) -> TaxSums:
    """Tax of the lines, rounded as the policy says; net + included tax = amount on every line."""
    shares, rates = _layout(tuple([line.taxes for line in lines]))
    if not rates and policy.tax_rounding not in ("net_total", "net_document"):
        return _NO_TAX
    if policy.tax_rounding in ("net_total", "net_document"):
        nets = _nets(lines, policy, by_line=policy.tax_rounding == "net_total")
        return _by_net(lines, nets, rates, policy)
    if policy.tax_rounding == "line":
        taxes = [_of_line(line, of_line, policy) for line, of_line in zip(lines, shares, strict=True)]
    elif policy.tax_rounding == "line_kept":
        taxes = [_beside_net(line, of_line, policy) for line, of_line in zip(lines, shares, strict=True)]
    elif policy.tax_rounding == "unit":
        taxes = [_of_units(line, of_line, policy) for line, of_line in zip(lines, shares, strict=True)]
    else:
        taxes = _over_the_document(lines, shares, rates, policy)
    return _summed(lines, taxes, rates, is_of_all=policy.tax_rounding in ("total", "kept"))


def _rounded(above: int, divisor: int, policy: Policy) -> int:
    """A tax as a whole number of the policy's steps."""
    step = policy.tax_step_minor
    return step * round_div(above, divisor * step, policy.tax_round_mode)


def _exact(line: TaxedLine, shares: Sequence[Share]) -> list[tuple[int, int]]:
    """Each tax of a line as a fraction; where less is paid than is fixed in the price, whole and no more."""
    if len(shares) == 1 and not shares[0].of_pieces:
        # As most goods have it: one rate, nothing fixed.
        return [(shares[0].of_amount * line.amount_minor, shares[0].divisor)]
    spent = spent_taxes(line.taxes, shares, line.amount_minor, line.quantity)
    if spent is not None:
        return [(tax, 1) for tax in spent]
    return [(share.numerator(line.amount_minor, line.quantity), share.divisor) for share in shares]


def _of_line(line: TaxedLine, shares: Sequence[Share], policy: Policy) -> list[int]:
    """Each tax of a line, rounded for the line as one."""
    return [_rounded(*tax, policy) for tax in _exact(line, shares)]


def _beside_net(line: TaxedLine, shares: Sequence[Share], policy: Policy) -> list[int]:
    """Each tax of a line, where its net is rounded and the last included tax is what the others leave."""
    taxes = _of_line(line, shares, policy)
    in_price = [place for place, tax in enumerate(line.taxes) if tax.included]
    if in_price:
        divisor = shares[0].divisor
        net = _rounded(line.amount_minor * divisor - _in_price(line), divisor, policy)
        taxes[in_price[-1]] = line.amount_minor - net - sum(taxes[place] for place in in_price[:-1])
    return taxes


def _of_units(line: TaxedLine, shares: Sequence[Share], policy: Policy) -> list[int]:
    """Each tax of a line, rounded on each unit; a line whose units are not known is one."""
    if not line.units:
        return _of_line(line, shares, policy)
    sums = [0] * len(shares)
    for count, amount in line.units:
        for nth, tax in enumerate(_exact(TaxedLine(line.line_no, amount, line.taxes), shares)):
            sums[nth] += count * _rounded(*tax, policy)
    return sums


def _over_the_document(
    lines: Sequence[TaxedLine],
    shares: Sequence[Sequence[Share]],
    rates: Sequence[_Rate],
    policy: Policy,
) -> list[list[int]]:
    """Each tax of each line, where a rate is rounded once over the document and shared out again."""
    taxes = [[0] * len(line.taxes) for line in lines]
    of_lines = [_exact(line, of_line) for line, of_line in zip(lines, shares, strict=True)]
    for (_, _, included), places in rates:
        exact = [of_lines[at][nth] for at, nth in places]
        beside = None
        if policy.tax_rounding == "kept" and included:
            beside = sum(lines[at].amount_minor for at, _ in places)
        amounts = _shared(exact, policy, beside=beside)
        for (at, nth), amount in zip(places, amounts, strict=True):
            taxes[at][nth] = amount
    return taxes


def _shared(exact: Sequence[tuple[int, int]], policy: Policy, *, beside: int | None = None) -> list[int]:
    """Fractions as whole numbers whose sum is the rounded sum: down, then up by largest remainder.

    With `beside` it is the rest of that whole that is rounded, and the sum is what this leaves.
    """
    divisor = lcm(*{below for _, below in exact})
    scaled = [above * (divisor // below) for above, below in exact]
    total = sum(scaled)
    if beside is None:
        rounded = _rounded(total, divisor, policy)
    else:
        rounded = beside - _rounded(beside * divisor - total, divisor, policy)
    shares = [each // divisor for each in scaled]
    left = rounded - sum(shares)
    if left:
        by_rest = sorted(range(len(scaled)), key=lambda place: (-(scaled[place] % divisor), place))
        # Steps of more than one minor unit leave more, or less, than one for each.
        each, more = divmod(left, len(shares))
        shares = [part + each for part in shares]
        for place in by_rest[:more]:
            shares[place] += 1
    return shares


def _summed(
    lines: Sequence[TaxedLine], taxes: Sequence[list[int]], rates: Sequence[_Rate], *, is_of_all: bool
) -> TaxSums:
    nets = [line.amount_minor for line in lines]
    for (_, _, included), places in rates:
        if included:
            for at, nth in places:
                nets[at] -= taxes[at][nth]
    if min(nets, default=0) < 0:
        _lift(nets, lines, taxes, rates, is_of_all)
    sums = _sums_of(lines, nets, taxes, rates)
    return TaxSums(sums, sum(each.tax_minor for each in sums if not each.included))


def _lift(
    nets: list[int], lines: Sequence[TaxedLine], taxes: Sequence[list[int]], rates: Sequence[_Rate],
    is_of_all: bool,
) -> None:  # fmt: skip
    """Taxes that were rounded up one by one may be more than is paid: no more is taken then.

    Where a rate is rounded over all lines (`is_of_all`), others of them bear it that can.
    """
    for (_, _, included), places in reversed(rates):
        for at, nth in places if included else ():
            over = min(-nets[at], taxes[at][nth]) if lines[at].amount_minor >= 0 else 0
            if over <= 0:
                continue
            taxes[at][nth] -= over
            nets[at] += over
            by_room = sorted(places, key=lambda place: (-nets[place[0]], place)) if is_of_all else []
            for other, its in by_room:
                part = max(0, min(over, nets[other]))
                taxes[other][its] += part
                nets[other] -= part
                over -= part


def _sums_of(
    lines: Sequence[TaxedLine],
    nets: Sequence[int],
    taxes: Sequence[Sequence[int]],
    rates: Sequence[_Rate],
) -> tuple[TaxSum, ...]:
    sums = []
    for (rate_id, ppm, included), places in rates:
        shares = tuple((lines[at].line_no, nets[at], taxes[at][nth]) for at, nth in places)
        net, tax = sum(share[1] for share in shares), sum(share[2] for share in shares)
        sums.append(TaxSum(rate_id, ppm, included, net, tax, shares))
    return tuple(sums)


def _nets(lines: Sequence[TaxedLine], policy: Policy, *, by_line: bool) -> list[int]:
    """The net of each line, rounded line by line, or over all lines of the same taxes and shared again."""
    together: dict[tuple[LineTax, ...], list[int]] = {}
    for at, line in enumerate(lines):
        together.setdefault(line.taxes, []).append(at)
    nets = [0] * len(lines)
    for taxes, places in together.items():
        shares = shares_of(taxes)
        divisor = shares[0].divisor if shares else 1
        exact = [(lines[at].amount_minor * divisor - _in_price(lines[at]), divisor) for at in places]
        parts = [_rounded(*each, policy) for each in exact] if by_line else _shared(exact, policy)
        for at, part in zip(places, parts, strict=True):
            nets[at] = part
    return nets


def _in_price(line: TaxedLine) -> int:
    """Included tax of a line, times the divisor that its shares have."""
    shares = shares_of(line.taxes)
    if spent_taxes(line.taxes, shares, line.amount_minor, line.quantity) is not None:
        return line.amount_minor * shares[0].divisor
    return sum(
        share.numerator(line.amount_minor, line.quantity)
        for share, tax in zip(shares, line.taxes, strict=True)
        if tax.included
    )


def _by_net(
    lines: Sequence[TaxedLine], nets: Sequence[int], rates: Sequence[_Rate], policy: Policy
) -> TaxSums:
    """A rate's tax is that of the sum of nets, shared by largest remainder; what is paid moves with it."""
    as_added = [shares_of(tuple(_added(tax) for tax in line.taxes)) for line in lines]
    taxes = [[0] * len(line.taxes) for line in lines]
    for _, places in rates:
        exact = []
        for at, nth in places:
            line, share = lines[at], as_added[at][nth]
            spent = spent_taxes(line.taxes, shares_of(line.taxes), line.amount_minor, line.quantity)
            if spent is None:
                exact.append((share.numerator(nets[at], line.quantity), share.divisor))
            else:
                exact.append((spent[nth], 1))
        for (at, nth), amount in zip(places, _shared(exact, policy), strict=True):
            taxes[at][nth] = amount
    paid = sum(line.amount_minor for line in lines)
    return TaxSums(_sums_of(lines, nets, taxes, rates), sum(nets) + sum(map(sum, taxes)) - paid)


def _added(tax: LineTax) -> LineTax:
    return replace(tax, included=False)
