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


@dataclass(frozen=True, slots=True)
class _Share:
    """Tax as a share of an amount and pieces: (of_amount × amount + of_pieces × pieces) / divisor."""

    of_amount: int
    of_pieces: int
    divisor: int

    def numerator(self, amount: int, pieces: int) -> int:
        return self.of_amount * amount + self.of_pieces * pieces


@lru_cache(maxsize=4096)
def _shares(taxes: tuple[LineTax, ...]) -> tuple[_Share, ...]:
    """The share of each tax, every one exact and with the same divisor.

    With N the net price, a tax is slope × N + fixed; a higher level stands on N and on all lower taxes. What
    is included makes amount = N + Σ included, which gives N, and N gives each tax.
    """
    levels = sorted({tax.level for tax in taxes})
    scale = PPM_OF_ALL ** max(len(levels), 1)
    slopes, fixed = [0] * len(taxes), [0] * len(taxes)
    below_slope, below_fixed = 0, 0
    for level in levels:
        here = [place for place, tax in enumerate(taxes) if tax.level == level]
        for place in here:
            tax = taxes[place]
            slopes[place] = tax.ppm * (scale + below_slope) // PPM_OF_ALL
            fixed[place] = tax.ppm * below_fixed // PPM_OF_ALL + tax.per_unit_minor * scale
        below_slope += sum(slopes[place] for place in here)
        below_fixed += sum(fixed[place] for place in here)
    in_price = [place for place, tax in enumerate(taxes) if tax.included]
    price_slope = scale + sum(slopes[place] for place in in_price)
    price_fixed = sum(fixed[place] for place in in_price)
    return tuple(
        _Share(slope * scale, own * price_slope - slope * price_fixed, scale * price_slope)
        for slope, own in zip(slopes, fixed, strict=True)
    )


#: A rate, and where it falls: (place of the line, place of the tax on it).
_Rate = tuple[tuple[str, int, bool], tuple[tuple[int, int], ...]]


@lru_cache(maxsize=256)
def _layout(
    taxes: tuple[tuple[LineTax, ...], ...],
) -> tuple[tuple[tuple[_Share, ...], ...], tuple[_Rate, ...]]:
    """The shares of each line, and the rates in the order in which the lines name them.

    A basket has the same layout from scan to scan but for the line that was added.
    """
    rates: dict[tuple[str, int, bool], list[tuple[int, int]]] = {}
    for at, of_line in enumerate(taxes):
        for nth, tax in enumerate(of_line):
            rates.setdefault((tax.rate_id, tax.ppm, tax.included), []).append((at, nth))
    return tuple(_shares(of_line) for of_line in taxes), tuple((key, tuple(p)) for key, p in rates.items())


def with_taxes(unit_minor: int, taxes: tuple[LineTax, ...], mode: Mode) -> tuple[int, tuple[LineTax, ...]]:
    """A price with all of its taxes in it, and these as included ones."""
    divisor = _shares(taxes)[0].divisor if taxes else 1
    added = sum(
        share.numerator(unit_minor, 1)
        for share, tax in zip(_shares(taxes), taxes, strict=True)
        if not tax.included
    )
    return unit_minor + round_div(added, divisor, mode), tuple(replace(tax, included=True) for tax in taxes)


def taxed_lines(basket: Basket, lines: Sequence[PricedLine], policy: Policy) -> tuple[TaxedLine, ...]:
    """What tax falls on in a priced basket: what is paid or, where the policy says so, the list amount."""
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
    return tuple(
        TaxedLine(
            line.line_no,
            line.paid_minor,
            of_basket[line.line_no].taxes,
            line.quantity,
            tuple((run.count, run.paid_minor) for run in line.runs),
        )
        for line in lines
    )


def tax_sums(lines: Sequence[TaxedLine], policy: Policy) -> TaxSums:
    """Tax of the lines, rounded as the policy says; net + included tax = amount on every line."""
    shares, rates = _layout(tuple(line.taxes for line in lines))
    mode = policy.tax_round_mode
    if policy.tax_rounding in ("net_total", "net_document"):
        nets = _nets(lines, mode, by_line=policy.tax_rounding == "net_total")
        return _by_net(lines, nets, rates, mode)
    if policy.tax_rounding == "line":
        taxes = [_of_line(line, of_line, mode) for line, of_line in zip(lines, shares, strict=True)]
    elif policy.tax_rounding == "unit":
        taxes = [_of_units(line, of_line, mode) for line, of_line in zip(lines, shares, strict=True)]
    else:
        taxes = _over_the_document(lines, shares, rates, policy)
    return _summed(lines, taxes, rates)


def _of_line(line: TaxedLine, shares: Sequence[_Share], mode: Mode) -> list[int]:
    """Each tax of a line, rounded for the line as one."""
    return [
        round_div(share.numerator(line.amount_minor, line.quantity), share.divisor, mode) for share in shares
    ]


def _of_units(line: TaxedLine, shares: Sequence[_Share], mode: Mode) -> list[int]:
    """Each tax of a line, rounded on each unit; a line whose units are not known is one."""
    if not line.units:
        return _of_line(line, shares, mode)
    return [
        sum(
            count * round_div(share.numerator(amount, 1), share.divisor, mode) for count, amount in line.units
        )
        for share in shares
    ]


def _over_the_document(
    lines: Sequence[TaxedLine],
    shares: Sequence[Sequence[_Share]],
    rates: Sequence[_Rate],
    policy: Policy,
) -> list[list[int]]:
    """Each tax of each line, where a rate is rounded once over the document and shared out again."""
    taxes = [[0] * len(line.taxes) for line in lines]
    for (_, _, included), places in rates:
        exact = []
        for at, nth in places:
            share, line = shares[at][nth], lines[at]
            exact.append((share.numerator(line.amount_minor, line.quantity), share.divisor))
        beside = None
        if policy.tax_rounding == "kept" and included:
            beside = sum(lines[at].amount_minor for at, _ in places)
        amounts = _shared(exact, policy.tax_round_mode, beside=beside)
        for (at, nth), amount in zip(places, amounts, strict=True):
            taxes[at][nth] = amount
    return taxes


def _shared(exact: Sequence[tuple[int, int]], mode: Mode, *, beside: int | None = None) -> list[int]:
    """Fractions as whole numbers whose sum is the rounded sum: down, then up by largest remainder.

    With `beside` it is the rest of that whole that is rounded, and the sum is what this leaves.
    """
    divisor = lcm(*{below for _, below in exact})
    scaled = [above * (divisor // below) for above, below in exact]
    total = sum(scaled)
    if beside is None:
        rounded = round_div(total, divisor, mode)
    else:
        rounded = beside - round_div(beside * divisor - total, divisor, mode)
    shares = [each // divisor for each in scaled]
    left = rounded - sum(shares)
    if left:
        by_rest = sorted(range(len(scaled)), key=lambda place: (-(scaled[place] % divisor), place))
        for place in by_rest[:left]:
            shares[place] += 1
    return shares


def _summed(lines: Sequence[TaxedLine], taxes: Sequence[Sequence[int]], rates: Sequence[_Rate]) -> TaxSums:
    nets = [line.amount_minor for line in lines]
    for (_, _, included), places in rates:
        if included:
            for at, nth in places:
                nets[at] -= taxes[at][nth]
    sums = _sums_of(lines, nets, taxes, rates)
    return TaxSums(sums, sum(each.tax_minor for each in sums if not each.included))


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


def _nets(lines: Sequence[TaxedLine], mode: Mode, *, by_line: bool) -> list[int]:
    """The net of each line, rounded line by line, or over all lines of the same taxes and shared again."""
    together: dict[tuple[LineTax, ...], list[int]] = {}
    for at, line in enumerate(lines):
        together.setdefault(line.taxes, []).append(at)
    nets = [0] * len(lines)
    for taxes, places in together.items():
        shares = _shares(taxes)
        divisor = shares[0].divisor if shares else 1
        exact = [(lines[at].amount_minor * divisor - _in_price(lines[at]), divisor) for at in places]
        parts = [round_div(*each, mode) for each in exact] if by_line else _shared(exact, mode)
        for at, part in zip(places, parts, strict=True):
            nets[at] = part
    return nets


def _in_price(line: TaxedLine) -> int:
    """Included tax of a line, times the divisor that its shares have."""
    return sum(
        share.numerator(line.amount_minor, line.quantity)
        for share, tax in zip(_shares(line.taxes), line.taxes, strict=True)
        if tax.included
    )


def _by_net(lines: Sequence[TaxedLine], nets: Sequence[int], rates: Sequence[_Rate], mode: Mode) -> TaxSums:
    """A rate's tax is that of the sum of nets, shared by largest remainder; what is paid moves with it."""
    as_added = [_shares(tuple(_added(tax) for tax in line.taxes)) for line in lines]
    taxes = [[0] * len(line.taxes) for line in lines]
    for _, places in rates:
        exact = []
        for at, nth in places:
            share = as_added[at][nth]
            exact.append((share.numerator(nets[at], lines[at].quantity), share.divisor))
        for (at, nth), amount in zip(places, _shared(exact, mode), strict=True):
            taxes[at][nth] = amount
    paid = sum(line.amount_minor for line in lines)
    return TaxSums(_sums_of(lines, nets, taxes, rates), sum(nets) + sum(map(sum, taxes)) - paid)


def _added(tax: LineTax) -> LineTax:
    return LineTax(tax.rate_id, tax.ppm, False, tax.level, tax.per_unit_minor)
